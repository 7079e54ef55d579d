//! `hectares.csv`: written by this tool, and read from this tool or others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use geojson::{JsonObject, JsonValue};

use super::write_geojson::{MapFeature, geojson_bytes};
use crate::area::HectaresRow;
use crate::scene::Grid;
use crate::territory::MunicipalityCode;

/// Columns of `hectares.csv`, in order.
pub const COLUMNS: [&str; 10] = [
    "municipality_code",
    "municipality_name",
    "year",
    "class",
    "mapped_area_ha",
    "observed_share",
    "unobserved_ha",
    "coverage_area_ha",
    "bound_low_ha",
    "bound_high_ha",
];

/// Columns that a file by another tool must have.
const NEEDED: [&str; 3] = ["municipality_code", "year", "mapped_area_ha"];

/// Why a table of hectares was refused.
#[derive(Debug, thiserror::Error)]
pub enum HectaresError {
    /// Missing or unreadable.
    #[error("cannot read {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A column that is needed is not there.
    #[error(
        "{path}, line 1: no column '{column}' (needed: municipality_code, year, mapped_area_ha); it has: {found}{hint}"
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
        /// What may be the matter.
        hint: &'static str,
    },
    /// A row of another length, or broken quotes.
    #[error("{path}: {source}")]
    Row {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        source: csv::Error,
    },
    /// A value that cannot be read.
    #[error("{path}, line {line}, column {column}: '{value}' is not {wanted}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// The text.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Two rows for one municipality, year and class.
    #[error("{path}, line {line}: municipality {code}, year and class are those of line {first} already; keep one row")]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// Line of the second row.
        line: u64,
        /// Line of the first row.
        first: u64,
        /// The municipality.
        code: MunicipalityCode,
    },
}

/// The rows as CSV: hectares with 4 decimals, shares with 6, what is not known blank.
pub fn hectares_csv(rows: &[HectaresRow]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(COLUMNS);
    for row in rows {
        let _ = writer.write_record([
            row.municipality_code.as_str().to_owned(),
            row.municipality_name.clone(),
            row.year.map_or(String::new(), |y| y.to_string()),
            row.class.clone(),
            hectares(row.mapped_area_ha),
            row.observed_share.map_or(String::new(), |s| format!("{s:.6}")),
            hectares(row.unobserved_ha),
            hectares(row.coverage_area_ha),
            hectares(row.bound_low_ha),
            hectares(row.bound_high_ha),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

fn hectares(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { String::new() }
}

/// Planar counts as CSV, from rows that were added up with [`crate::area::CellArea::planar`]: the sum of coverage
/// fractions, and that times the pixel's size in squared units of the CRS. Their columns are not called hectares.
pub fn planar_csv(rows: &[HectaresRow], grid: &Grid) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = [COLUMNS[0], COLUMNS[1], COLUMNS[2], COLUMNS[3], "planar_pixels", "planar_area_crs_units"];
    let _ = writer.write_record(columns);
    for row in rows {
        let pixels = row.mapped_area_ha;
        let _ = writer.write_record([
            row.municipality_code.as_str().to_owned(),
            row.municipality_name.clone(),
            row.year.map_or(String::new(), |y| y.to_string()),
            row.class.clone(),
            format!("{pixels:.12}"),
            format!("{:e}", pixels * grid.pixel_width * grid.pixel_height),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

/// The rows as GeoJSON, a feature each with the columns of the CSV as properties. `grounds` are in WGS 84; a
/// municipality without one gets a null geometry.
pub fn hectares_geojson(rows: &[HectaresRow], grounds: &BTreeMap<MunicipalityCode, MultiPolygon<f64>>) -> Vec<u8> {
    let features: Vec<MapFeature<'_>> = rows
        .iter()
        .map(|row| MapFeature { id: None, ground: grounds.get(&row.municipality_code), properties: properties(row) })
        .collect();
    geojson_bytes(&features)
}

/// The columns of a row as GeoJSON properties, rounded as in the CSV.
fn properties(row: &HectaresRow) -> JsonObject {
    let rounded = |v: f64, scale: f64| JsonValue::from((v * scale).round() / scale);
    let known = |v: f64| if v.is_finite() { rounded(v, 1e4) } else { JsonValue::Null };
    let values: [JsonValue; 10] = [
        row.municipality_code.as_str().into(),
        row.municipality_name.as_str().into(),
        row.year.into(),
        row.class.as_str().into(),
        known(row.mapped_area_ha),
        row.observed_share.map_or(JsonValue::Null, |s| rounded(s, 1e6)),
        known(row.unobserved_ha),
        known(row.coverage_area_ha),
        known(row.bound_low_ha),
        known(row.bound_high_ha),
    ];
    COLUMNS.iter().map(|c| (*c).to_owned()).zip(values).collect()
}

/// Reads hectares: `municipality_code`, `year` and `mapped_area_ha` are needed, other columns may be missing (their
/// values are then empty, `None` or NaN) and unknown ones are passed over. A blank year stays unknown.
///
/// # Errors
/// [`HectaresError`], naming the file, the line and the column.
pub fn read_hectares(path: &Path) -> Result<Vec<HectaresRow>, HectaresError> {
    let bytes = std::fs::read(path).map_err(|source| HectaresError::Open { path: path.to_owned(), source })?;
    // Spreadsheets write a byte order mark, and on some machines Latin-1.
    let text = encoding_rs::UTF_8
        .decode_without_bom_handling_and_without_replacement(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let text = text.unwrap_or_else(|| encoding_rs::WINDOWS_1252.decode(&bytes).0);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let failed = |source| HectaresError::Row { path: path.to_owned(), source };
    let places = column_places(reader.headers().map_err(failed)?, path)?;
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = Line { path, record: &record, places: &places, number: record.position().map_or(0, |p| p.line()) };
        let row = line.row()?;
        let key = (row.municipality_code.clone(), row.year, row.class.clone());
        if let Some(first) = seen.insert(key, line.number) {
            let (path, code) = (path.to_owned(), row.municipality_code);
            return Err(HectaresError::Duplicate { path, line: line.number, first, code });
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Where each of [`COLUMNS`] stands in the file.
fn column_places(headers: &csv::StringRecord, path: &Path) -> Result<[Option<usize>; 10], HectaresError> {
    let places = COLUMNS.map(|column| headers.iter().position(|h| h.eq_ignore_ascii_case(column)));
    for (column, place) in COLUMNS.into_iter().zip(places) {
        if place.is_none() && NEEDED.contains(&column) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            let other_delimiter = headers.len() == 1 && found.contains([';', '\t', '|']);
            let hint = if other_delimiter { "; the delimiter must be a comma" } else { "" };
            return Err(HectaresError::NoColumn { path: path.to_owned(), column, found, hint });
        }
    }
    Ok(places)
}

/// One line of a file that is read.
struct Line<'a> {
    path: &'a Path,
    record: &'a csv::StringRecord,
    places: &'a [Option<usize>; 10],
    number: u64,
}

impl Line<'_> {
    /// The text of the column with this number in [`COLUMNS`]; empty where the file has no such column.
    fn text(&self, column: usize) -> &str {
        self.places[column].and_then(|place| self.record.get(place)).unwrap_or_default()
    }

    fn refuse(&self, column: usize, wanted: &'static str) -> HectaresError {
        let (path, value) = (self.path.to_owned(), self.text(column).to_owned());
        HectaresError::Value { path, line: self.number, column: COLUMNS[column], value, wanted }
    }

    fn number(&self, column: usize) -> Result<f64, HectaresError> {
        let wanted = "a number of hectares with a decimal point, zero or more";
        let value: f64 = self.text(column).parse().map_err(|_| self.refuse(column, wanted))?;
        if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(self.refuse(column, wanted)) }
    }

    fn number_if_known(&self, column: usize) -> Result<f64, HectaresError> {
        if self.text(column).is_empty() { Ok(f64::NAN) } else { self.number(column) }
    }

    fn row(&self) -> Result<HectaresRow, HectaresError> {
        let code = MunicipalityCode::parse(self.text(0))
            .map_err(|_| self.refuse(0, "a DIVIPOLA municipality code of five digits, such as 05001"))?;
        let year = match self.text(2) {
            "" => None,
            text => Some(text.parse().map_err(|_| self.refuse(2, "a year, such as 2022"))?),
        };
        let share = self.number_if_known(5)?;
        if share > 1.0 {
            return Err(self.refuse(5, "a share from 0 to 1"));
        }
        let name = self.text(1);
        Ok(HectaresRow {
            municipality_name: if name.is_empty() { code.to_string() } else { name.to_owned() },
            municipality_code: code,
            year,
            class: self.text(3).to_owned(),
            mapped_area_ha: self.number(4)?,
            observed_share: (!share.is_nan()).then_some(share),
            unobserved_ha: self.number_if_known(6)?,
            coverage_area_ha: self.number_if_known(7)?,
            bound_low_ha: self.number_if_known(8)?,
            bound_high_ha: self.number_if_known(9)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<HectaresRow>, HectaresError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_hectares(file.path())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let row = HectaresRow {
            municipality_code: MunicipalityCode::parse("05001").unwrap(),
            municipality_name: "Medellín, D.".to_owned(),
            year: Some(2022),
            class: "coca".to_owned(),
            mapped_area_ha: 1.25,
            observed_share: None,
            unobserved_ha: 0.0,
            coverage_area_ha: 0.0,
            bound_low_ha: 1.25,
            bound_high_ha: 1.25,
        };
        let text = hectares_csv(std::slice::from_ref(&row));
        assert_eq!(
            String::from_utf8_lossy(&text).lines().nth(1),
            Some("05001,\"Medellín, D.\",2022,coca,1.2500,,0.0000,0.0000,1.2500,1.2500")
        );
        assert_eq!(read(&text).unwrap(), [row]);
    }

    #[test]
    fn files_by_other_tools_need_three_columns() {
        let rows = read(b"\xef\xbb\xbfyear,mapped_area_ha,municipality_code,x\n2020,3.5,5001,y\n").unwrap();
        assert_eq!(rows[0].municipality_code.as_str(), "05001");
        assert!(rows[0].coverage_area_ha.is_nan() && rows[0].observed_share.is_none());
        let latin =
            read(b"municipality_code,municipality_name,year,mapped_area_ha\n05001,Medell\xedn,2020,1\n").unwrap();
        assert_eq!(latin[0].municipality_name, "Medellín");
    }

    #[test]
    fn errors_name_line_and_column() {
        let head = "municipality_code,year,mapped_area_ha\n";
        let message = |body: &str| read(format!("{head}{body}").as_bytes()).unwrap_err().to_string();
        assert!(message("05001,2020,1\n05001,2020,2\n").contains("line 3: municipality 05001"));
        assert!(message("05001,2020,\"8.832,92\"\n").contains("line 2, column mapped_area_ha: '8.832,92'"));
        assert!(message("05001,2020,-1\n").contains("column mapped_area_ha"));
        assert!(message("5OO1,2020,1\n").contains("column municipality_code: '5OO1'"));
        assert!(message("05001,MMXX,1\n").contains("column year"));
        assert!(message("05001,2020\n").contains("line: 2"), "{}", message("05001,2020\n"));
        let delimiter = read(b"municipality_code;year;mapped_area_ha\n05001;2020;1\n").unwrap_err().to_string();
        assert!(delimiter.contains("must be a comma"), "{delimiter}");
    }
}
