//! The layer as GeoParquet 1.1: ground as WKB, a `bbox` column, rows along the Hilbert curve.
//!
//! <https://geoparquet.org/releases/v1.1.0/>. Neighbours lie in the same row group, so that a reader who wants a region skips
//! the other groups by the statistics of `bbox`.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value, json};

use super::columns::{KEYS, alias};
use super::{Cell, MapLayer, MapLayerError, Row, hilbert, wkb};
use crate::project::Format;

/// Rows of a group.
const GROUP: usize = 256;
const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

pub(super) fn geoparquet(layer: &MapLayer) -> Result<Vec<u8>, MapLayerError> {
    let file = Format::GeoParquet.file_name();
    let metadata = vec![
        KeyValue::new("geo".to_owned(), serde_json::to_string(&geo(layer))?),
        KeyValue::new("columns".to_owned(), serde_json::to_string(&described(layer))?),
    ];
    write(layer, metadata).map_err(|source| MapLayerError::Parquet { file, source })
}

/// The `geo` metadata. Without `crs` it is OGC:CRS84, longitude and latitude on WGS 84.
fn geo(layer: &MapLayer) -> Value {
    let mut kinds: Vec<&str> = layer.rows.iter().filter_map(|row| wkb::kind(&row.ground)).collect();
    kinds.sort_unstable_by(|a, b| b.cmp(a));
    kinds.dedup();
    let covering: Map<String, Value> =
        CORNERS.iter().map(|corner| ((*corner).to_owned(), json!(["bbox", corner]))).collect();
    let mut geometry = json!({
        "encoding": "WKB",
        "geometry_types": kinds,
        "orientation": "counterclockwise",
        "edges": "planar",
        "covering": { "bbox": covering },
    });
    if let Some(bounds) = layer.bounds() {
        geometry["bbox"] = json!(bounds);
    }
    json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": geometry } })
}

/// Titles, descriptions and units of the columns, for whoever reads the file's metadata.
fn described(layer: &MapLayer) -> Value {
    let keys = KEYS.iter().map(|[name, _, title, description]| {
        ((*name).to_owned(), json!({ "title": title, "description": description }))
    });
    let columns = layer.columns.iter().map(|column| {
        let about = column.figure.about();
        let title = alias(column.figure, Some(column.year));
        (column.name(), json!({ "title": title, "description": about.description, "unit": about.unit }))
    });
    keys.chain(columns).collect::<Map<_, _>>().into()
}

fn write(layer: &MapLayer, metadata: Vec<KeyValue>) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(metadata))
        .set_created_by(format!("cocal version {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema(layer)?, Arc::new(properties))?;
    let all = layer.bounds().unwrap_or_default();
    let place = |row: &Row| {
        let [w, s, e, n] = row.ground.bounds.corners().unwrap_or(all);
        hilbert::number([(w + e) / 2.0, (s + n) / 2.0], all)
    };
    let mut rows: Vec<(u32, &Row)> = layer.rows.iter().map(|row| (place(row), row)).collect();
    // Stable: municipalities of one place stay in the order of their codes.
    rows.sort_by_key(|(place, _)| *place);
    let rows: Vec<&Row> = rows.into_iter().map(|(_, row)| row).collect();
    for group in rows.chunks(GROUP) {
        let mut to = writer.next_row_group()?;
        write_group(&mut to, layer, group)?;
        to.close()?;
    }
    writer.close()?;
    Ok(bytes)
}

fn schema(layer: &MapLayer) -> Result<TypePtr, ParquetError> {
    let column = |name: &str, physical, logical, repetition| -> Result<TypePtr, ParquetError> {
        let built = Type::primitive_type_builder(name, physical).with_logical_type(logical).with_repetition(repetition);
        Ok(Arc::new(built.build()?))
    };
    let text = || (Physical::BYTE_ARRAY, Some(LogicalType::String));
    let mut fields = Vec::new();
    for [name, ..] in KEYS {
        fields.push(column(name, text().0, text().1, Repetition::REQUIRED)?);
    }
    for figure in &layer.columns {
        let (physical, logical) = if figure.figure.is_text() { text() } else { (Physical::DOUBLE, None) };
        fields.push(column(&figure.name(), physical, logical, Repetition::OPTIONAL)?);
    }
    let corners: Result<Vec<TypePtr>, ParquetError> =
        CORNERS.iter().map(|corner| column(corner, Physical::DOUBLE, None, Repetition::REQUIRED)).collect();
    let bbox = Type::group_type_builder("bbox").with_repetition(Repetition::OPTIONAL).with_fields(corners?).build()?;
    fields.push(Arc::new(bbox));
    fields.push(column("geometry", Physical::BYTE_ARRAY, None, Repetition::OPTIONAL)?);
    Ok(Arc::new(Type::group_type_builder("municipalities").with_fields(fields).build()?))
}

/// Columns in the order of [`schema`].
fn write_group<W: std::io::Write + Send>(
    to: &mut SerializedRowGroupWriter<'_, W>,
    layer: &MapLayer,
    rows: &[&Row],
) -> Result<(), ParquetError> {
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    required::<ByteArrayType, _>(to, rows.iter().map(|row| text(&row.code)).collect())?;
    required::<ByteArrayType, _>(to, rows.iter().map(|row| text(&row.name)).collect())?;
    for (at, column) in layer.columns.iter().enumerate() {
        let cells = rows.iter().map(|row| &row.cells[at]);
        if column.figure.is_text() {
            let of = |cell: &Cell| if let Cell::Text(words) = cell { Some(text(words)) } else { None };
            optional::<ByteArrayType, _>(to, cells.map(of))?;
        } else {
            let of = |cell: &Cell| if let Cell::Number(number) = cell { Some(*number) } else { None };
            optional::<DoubleType, _>(to, cells.map(of))?;
        }
    }
    for corner in 0..CORNERS.len() {
        optional::<DoubleType, _>(to, rows.iter().map(|row| row.ground.bounds.corners().map(|c| c[corner])))?;
    }
    optional::<ByteArrayType, _>(to, rows.iter().map(|row| wkb::wkb(&row.ground, false).map(ByteArray::from)))
}

fn required<T: DataType, W: std::io::Write + Send>(
    to: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<T::T>,
) -> Result<(), ParquetError> {
    put::<T, W>(to, &values, None)
}

fn optional<T: DataType, W: std::io::Write + Send>(
    to: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut known, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        known.extend(value);
    }
    put::<T, W>(to, &known, Some(&levels))
}

fn put<T: DataType, W: std::io::Write + Send>(
    to: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("more columns than the schema has".to_owned());
    let mut column = to.next_column()?.ok_or_else(missing)?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::super::tests::small_layer;
    use super::*;

    #[test]
    fn figures_ground_and_metadata_come_back() {
        let bytes = small_layer().bytes(Format::GeoParquet).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(file.path()).unwrap()).unwrap();
        let file = reader.metadata().file_metadata();
        let keys = file.key_value_metadata().unwrap();
        let geo = keys.iter().find(|pair| pair.key == "geo").unwrap().value.clone().unwrap();
        let geo: Value = serde_json::from_str(&geo).unwrap();
        assert_eq!(geo["version"], "1.1.0");
        assert_eq!(geo["columns"]["geometry"]["geometry_types"], json!(["Polygon"]));
        assert_eq!(geo["columns"]["geometry"]["bbox"], json!([-75.0, 1.0, -73.5, 1.5]));
        assert_eq!(geo["columns"]["geometry"]["covering"]["bbox"]["xmax"], json!(["bbox", "xmax"]));
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let value = |row: usize, name: &str| {
            rows[row].get_column_iter().find(|(column, _)| *column == name).map(|(_, field)| field.clone()).unwrap()
        };
        assert_eq!(value(0, "municipality_code"), Field::Str("05001".to_owned()));
        assert_eq!(value(0, "adjusted_area_ha_2024"), Field::Double(3.5));
        assert_eq!(value(1, "adjusted_area_ha_2024"), Field::Null);
        assert_eq!(value(1, "municipality_name"), Field::Str("=cmd()".to_owned()));
        assert_eq!(reader.metadata().row_group(0).num_rows(), 2);
    }
}
