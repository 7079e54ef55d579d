//! The map layer of a run, one row per municipality, as bytes of each format that it can be written in.
//!
//! All formats hold the same figures and the same ground: what is rounded is rounded once, here.

pub mod columns;
mod csv;
mod flatgeobuf;
mod geopackage;
mod geoparquet;
mod hilbert;
pub mod legend;
mod memory_file;
mod sld;
mod sql;
pub(super) mod style;
mod wkb;

use std::collections::BTreeMap;

use geo::MultiPolygon;
use geojson::JsonObject;
use serde_json::Value;

use self::columns::{Column, Figure, KEYS};
use super::csv_bytes::CsvError;
use super::rounded_ground::RoundedGround;
use super::write_geojson::{collection_bytes, feature};
use crate::project::Format;

/// A map layer that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum MapLayerError {
    /// GDAL refused.
    #[error(
        "cannot write {file}: {message}; if this GDAL lacks the driver (`ogrinfo --formats` lists them), leave the format out of [output] formats"
    )]
    Gdal {
        /// The file's name.
        file: &'static str,
        /// What GDAL said.
        message: String,
    },
    /// The Parquet writer refused.
    #[error("cannot write {file}: {source}")]
    Parquet {
        /// The file's name.
        file: &'static str,
        /// What it said.
        source: parquet::errors::ParquetError,
    },
    /// The CSV writer refused.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The JSON writer refused.
    #[error("cannot write the map layer's metadata: {0}")]
    Json(#[from] serde_json::Error),
}

/// A value of the layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known, never zero.
    Unknown,
    /// A number in the unit of its column.
    Number(f64),
    /// Words.
    Text(String),
}

/// A municipality's figures on their way into the layer.
#[derive(Clone, Debug)]
pub struct MapRow {
    /// DIVIPOLA code.
    pub code: String,
    /// Name, a label.
    pub name: String,
    /// Its figures.
    pub cells: BTreeMap<Column, Cell>,
}

/// The layer: every row has every column.
#[derive(Clone, Debug)]
pub struct MapLayer {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    code: String,
    name: String,
    /// In the order of the columns.
    cells: Vec<Cell>,
    ground: RoundedGround,
}

impl MapLayer {
    /// Rows with their grounds in WGS 84 longitude and latitude, in the same order. A column that any row has is one of the
    /// layer's; where a row lacks it, it is unknown.
    pub fn new(rows: Vec<MapRow>, grounds: &[MultiPolygon<f64>]) -> Self {
        let mut columns: Vec<Column> = rows.iter().flat_map(|row| row.cells.keys().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        let row = |(row, ground): (MapRow, &MultiPolygon<f64>)| {
            let MapRow { code, name, mut cells } = row;
            let cells = columns.iter().map(|column| cells.remove(column).unwrap_or(Cell::Unknown)).collect();
            Row { code, name, cells, ground: RoundedGround::new(ground) }
        };
        let rows = rows.into_iter().zip(grounds).map(row).collect();
        Self { columns, rows }
    }

    /// The columns, by year and then in the order of [`Figure::ALL`].
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The last year that a column is of.
    pub fn latest_year(&self) -> Option<i32> {
        self.columns.iter().map(|column| column.year).max()
    }

    /// The years that columns are of, rising.
    fn years(&self) -> Vec<i32> {
        let mut years: Vec<i32> = self.columns.iter().map(|column| column.year).collect();
        years.dedup();
        years
    }

    /// The figures that any year has, in the order of [`Figure::ALL`].
    fn figures(&self) -> Vec<Figure> {
        let mut figures: Vec<Figure> = self.columns.iter().map(|column| column.figure).collect();
        figures.sort_unstable();
        figures.dedup();
        figures
    }

    fn cell<'a>(&self, row: &'a Row, column: Column) -> &'a Cell {
        self.columns.binary_search(&column).map_or(&Cell::Unknown, |at| &row.cells[at])
    }

    /// The known numbers of a column.
    pub(super) fn numbers(&self, column: Column) -> Vec<f64> {
        let at = self.columns.binary_search(&column).ok();
        let cells = at.into_iter().flat_map(|at| self.rows.iter().map(move |row| &row.cells[at]));
        cells.filter_map(|cell| if let Cell::Number(number) = cell { Some(*number) } else { None }).collect()
    }

    /// The bytes of a format. The same layer gives the same bytes, with the same GDAL.
    ///
    /// # Errors
    /// [`MapLayerError`] naming the file.
    pub fn bytes(&self, format: Format) -> Result<Vec<u8>, MapLayerError> {
        match format {
            Format::GeoJson => Ok(self.geojson()),
            Format::Gpkg => geopackage::geopackage(self),
            Format::GeoParquet => geoparquet::geoparquet(self),
            Format::FlatGeobuf => flatgeobuf::flatgeobuf(self),
            Format::Csv => csv::csv(self),
        }
    }

    fn geojson(&self) -> Vec<u8> {
        let names: Vec<String> = self.columns.iter().map(|column| column.name()).collect();
        collection_bytes(self.rows.iter().map(|row| {
            let mut properties = JsonObject::new();
            properties.insert(KEYS[0][0].to_owned(), row.code.as_str().into());
            properties.insert(KEYS[1][0].to_owned(), row.name.as_str().into());
            properties.extend(names.iter().cloned().zip(row.cells.iter().map(Cell::json)));
            feature(Some(row.code.clone()), &row.ground, properties)
        }))
    }

    /// West, south, east, north of all grounds; `None` where there is none.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let mut all = super::rounded_ground::Bounds::EMPTY;
        self.rows.iter().for_each(|row| all.join(&row.ground.bounds));
        all.corners()
    }
}

impl Cell {
    fn json(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use geo::polygon;

    use super::*;

    /// Two squares with made-up figures of two years; the second has no estimate, and a name that is no plain one.
    pub(in crate::io) fn small_layer() -> MapLayer {
        let square = |x: f64| {
            let ring = polygon![(x: x, y: 1.0), (x: x + 0.5, y: 1.0), (x: x + 0.5, y: 1.5), (x: x, y: 1.5)];
            MultiPolygon::new(vec![ring])
        };
        let row = |code: &str, name: &str, known: &[(i32, Figure, f64)]| {
            let mut cells: BTreeMap<Column, Cell> = known
                .iter()
                .map(|(year, figure, v)| (Column { year: *year, figure: *figure }, Cell::Number(*v)))
                .collect();
            cells.insert(Column { year: 2024, figure: Figure::Flag }, Cell::Text("partly_observed".to_owned()));
            MapRow { code: code.to_owned(), name: name.to_owned(), cells }
        };
        let rows = vec![
            row(
                "05001",
                "Uno",
                &[
                    (2023, Figure::MappedArea, 1.25),
                    (2024, Figure::MappedArea, 2.5),
                    (2024, Figure::AdjustedArea, 3.5),
                    (2024, Figure::Change, -1.0),
                ],
            ),
            row("52835", "=cmd()", &[(2023, Figure::MappedArea, 0.0), (2024, Figure::MappedArea, 7.0)]),
        ];
        MapLayer::new(rows, &[square(-75.0), square(-74.0)])
    }

    #[test]
    fn every_row_has_every_column_and_what_is_unknown_is_null() {
        let layer = small_layer();
        let names: Vec<String> = layer.columns().iter().map(|c| c.short()).collect();
        assert_eq!(names, ["map_2023", "map_2024", "adj_2024", "chg_2024", "flag_2024"]);
        let text = String::from_utf8(layer.bytes(Format::GeoJson).unwrap()).unwrap();
        assert!(text.contains("\"adjusted_area_ha_2024\":null"), "{text}");
        assert_eq!(layer.numbers(Column { year: 2024, figure: Figure::MappedArea }), [2.5, 7.0]);
        assert_eq!(layer.numbers(Column { year: 1999, figure: Figure::MappedArea }), Vec::<f64>::new());
    }
}
