//! The layer as an OGC GeoPackage: `municipalities` with styles and described columns, and `figures`, the same figures in
//! long form (a row per municipality and year).
//!
//! GDAL writes the layers; what it has no calls for (descriptions after the Schema extension, styles as QGIS keeps them) is
//! SQL in `sql`. All dates in the file are the end of the last year that the figures are of: when it was made is not in it.

use gdal::errors::GdalError;
use gdal::raster::RasterCreationOptions;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, FieldDefn, Geometry, Layer, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, DriverManager, Metadata};

use super::columns::{Column, KEYS};
use super::{Cell, MapLayer, MapLayerError, Row, memory_file, sql, wkb};
use crate::project::Format;

/// Name of the table in long form.
const FIGURES: &str = "figures";
/// Name of the layer.
pub(in crate::io) const LAYER: &str = "municipalities";

pub(super) fn geopackage(layer: &MapLayer) -> Result<Vec<u8>, MapLayerError> {
    let date = format!("{}-12-31T00:00:00.000Z", layer.latest_year().unwrap_or(1970));
    memory_file::written(Format::Gpkg.file_name(), |path| {
        // Of this thread only: another one may be writing something else.
        let options =
            [("OGR_CURRENT_DATE", date.as_str()), ("OGR_SQLITE_SYNCHRONOUS", "OFF"), ("OGR_SQLITE_JOURNAL", "OFF")];
        for (key, value) in options {
            gdal::config::set_thread_local_config_option(key, value)?;
        }
        let done = write(path, layer, &date);
        for (key, _) in options {
            gdal::config::clear_thread_local_config_option(key)?;
        }
        done
    })
}

fn write(path: &str, layer: &MapLayer, date: &str) -> Result<(), GdalError> {
    let driver = DriverManager::get_driver_by_name("GPKG")?;
    let options = RasterCreationOptions::from_iter(["VERSION=1.3"]);
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, 0, 0, 0, &options)?;
    dataset.set_metadata_item("SOFTWARE", &format!("cocal {}", env!("CARGO_PKG_VERSION")), "")?;
    dataset.set_metadata_item("NOTE", "Land cover as seen, not offences: some coca is lawful.", "")?;
    map_table(&mut dataset, layer)?;
    long_table(&mut dataset, layer)?;
    for statement in sql::described(layer, (LAYER, FIGURES)).into_iter().chain(sql::styled(LAYER, layer, date)) {
        dataset.execute_sql(statement, None, Dialect::DEFAULT)?;
    }
    dataset.close()
}

fn map_table(dataset: &mut Dataset, layer: &MapLayer) -> Result<(), GdalError> {
    let srs = lonlat()?;
    let options = [
        "GEOMETRY_NAME=geom",
        "FID=fid",
        "IDENTIFIER=municipalities",
        "DESCRIPTION=Municipalities with their figures of each year; the columns are described in gpkg_data_columns",
    ];
    let mut inside = dataset.start_transaction()?;
    let mut made = inside.create_layer(LayerOptions {
        name: LAYER,
        srs: Some(&srs),
        ty: OGRwkbGeometryType::wkbMultiPolygon,
        options: Some(&options),
    })?;
    add_fields(&made, layer)?;
    write_rows(&mut made, layer)?;
    inside.commit()
}

/// The figures in long form: code, name, year, and a column for each figure.
fn long_table(dataset: &mut Dataset, layer: &MapLayer) -> Result<(), GdalError> {
    let figures = layer.figures();
    let options =
        ["FID=fid", "IDENTIFIER=figures", "DESCRIPTION=The same figures, a row for each municipality and year"];
    let mut inside = dataset.start_transaction()?;
    let made = inside.create_layer(LayerOptions {
        name: FIGURES,
        srs: None,
        ty: OGRwkbGeometryType::wkbNone,
        options: Some(&options),
    })?;
    for [_, short, ..] in KEYS {
        FieldDefn::new(short, OGRFieldType::OFTString)?.add_to_layer(&made)?;
    }
    FieldDefn::new("year", OGRFieldType::OFTInteger)?.add_to_layer(&made)?;
    for figure in &figures {
        FieldDefn::new(figure.about().short, field_type(figure.is_text()))?.add_to_layer(&made)?;
    }
    for row in &layer.rows {
        for year in layer.years() {
            let mut feature = Feature::new(made.defn())?;
            feature.set_field_string(0, &row.code)?;
            feature.set_field_string(1, &row.name)?;
            feature.set_field_integer(2, year)?;
            for (at, figure) in figures.iter().enumerate() {
                set(&mut feature, at + 3, layer.cell(row, Column { year, figure: *figure }))?;
            }
            feature.create(&made)?;
        }
    }
    inside.commit()
}

/// WGS 84 in the order longitude, latitude.
pub(super) fn lonlat() -> Result<SpatialRef, GdalError> {
    let mut srs = SpatialRef::from_epsg(4326)?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(srs)
}

fn field_type(text: bool) -> OGRFieldType::Type {
    if text { OGRFieldType::OFTString } else { OGRFieldType::OFTReal }
}

/// A field for each column, by its short name.
pub(super) fn add_fields(to: &Layer<'_>, layer: &MapLayer) -> Result<(), GdalError> {
    for [_, short, ..] in KEYS {
        FieldDefn::new(short, OGRFieldType::OFTString)?.add_to_layer(to)?;
    }
    for column in layer.columns() {
        FieldDefn::new(&column.short(), field_type(column.figure.is_text()))?.add_to_layer(to)?;
    }
    Ok(())
}

/// A feature for each row, in the order of [`add_fields`].
pub(super) fn write_rows(to: &mut Layer<'_>, layer: &MapLayer) -> Result<(), GdalError> {
    for row in &layer.rows {
        let Row { code, name, cells, ground } = row;
        let mut feature = Feature::new(to.defn())?;
        feature.set_field_string(0, code)?;
        feature.set_field_string(1, name)?;
        for (at, cell) in cells.iter().enumerate() {
            set(&mut feature, at + 2, cell)?;
        }
        if let Some(wkb) = wkb::wkb(ground, true) {
            feature.set_geometry(Geometry::from_wkb(&wkb)?)?;
        }
        feature.create(to)?;
    }
    Ok(())
}

fn set(feature: &mut Feature<'_>, at: usize, cell: &Cell) -> Result<(), GdalError> {
    match cell {
        Cell::Unknown => feature.set_field_null(at),
        Cell::Number(number) => feature.set_field_double(at, *number),
        Cell::Text(text) => feature.set_field_string(at, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small_layer;
    use super::*;

    fn texts(dataset: &Dataset, query: &str) -> Vec<String> {
        let mut found = dataset.execute_sql(query, None, Dialect::DEFAULT).unwrap().unwrap();
        found.features().map(|f| f.field_as_string(0).unwrap().unwrap_or_default()).collect()
    }

    #[test]
    fn figures_descriptions_and_styles_are_inside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("municipalities.gpkg");
        let bytes = small_layer().bytes(Format::Gpkg).unwrap();
        assert!(bytes == small_layer().bytes(Format::Gpkg).unwrap(), "the bytes differ from time to time");
        std::fs::write(&path, bytes).unwrap();
        let dataset = Dataset::open(&path).unwrap();
        let mut layer = dataset.layer_by_name(LAYER).unwrap();
        let (code, adjusted) =
            (layer.defn().field_index("mun_code").unwrap(), layer.defn().field_index("adj_2024").unwrap());
        let found: Vec<(Option<String>, Option<f64>)> = layer
            .features()
            .map(|f| (f.field_as_string(code).unwrap(), f.field_as_double(adjusted).unwrap()))
            .collect();
        assert_eq!(found, [(Some("05001".to_owned()), Some(3.5)), (Some("52835".to_owned()), None)]);
        assert_eq!(texts(&dataset, "SELECT map FROM figures WHERE mun_code = '52835' AND year = 2024"), ["7"]);
        let titles = texts(&dataset, "SELECT title FROM gpkg_data_columns WHERE column_name = 'map_2024'");
        assert_eq!(titles, ["Mapped coca 2024 (ha)"]);
        let styles = texts(&dataset, "SELECT styleName FROM layer_styles ORDER BY useAsDefault DESC, id");
        assert_eq!(styles, ["Estimated coca 2024", "Mapped coca 2024", "Change of the census 2024"]);
        assert_eq!(texts(&dataset, "SELECT count(*) FROM layer_styles WHERE useAsDefault = 1"), ["1"]);
        let dates = texts(&dataset, "SELECT DISTINCT last_change FROM gpkg_contents");
        assert_eq!(dates, ["2024/12/31 00:00:00+00"]);
    }
}
