//! What a folder of outputs holds, for the report: tables, assessments, borders and the records of run and publication.
//!
//! Only `comparison.csv` or `hectares.csv` is needed; what else is missing leaves its figures unknown.

mod estimates;
mod figures;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::csv_bytes::CsvError;
use super::digest::{DigestError, sha256_of_file};
use super::project_grounds::project_grounds;
use super::read_estimates::ReadEstimatesError;
use super::read_hectares::ReadHectaresError;
use super::read_municipalities::{LayerError, read_municipalities};
use super::table::TableError;
use super::write_comparison::ComparisonBytesError;
use crate::compare::CompareError;
use crate::report::FileDigest;
use crate::report::given::Given;
use crate::scene::Crs;

/// A folder that no report can be made of.
#[derive(Debug, thiserror::Error)]
pub enum ReadOutputsError {
    /// Not a folder.
    #[error("{0} is no folder; give the output folder of cocal run")]
    NoFolder(PathBuf),
    /// Nothing to report.
    #[error(
        "{0} holds neither comparison.csv nor hectares.csv; give the output folder of cocal run, or a folder with the table of: cocal compare -o comparison.csv"
    )]
    NoTable(PathBuf),
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column is missing.
    #[error("{file}: missing column: {column}; it must be as cocal wrote it")]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
    },
    /// A cell that is no number or year.
    #[error("{file}, line {line}, column {column}: '{text}' is not {expected}")]
    BadCell {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What is needed.
        expected: &'static str,
    },
    /// A place and year twice.
    #[error(
        "{file}, line {line}: {code} in {year} is there twice (line {first} too); a report needs one row for each place and year"
    )]
    Twice {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The first.
        first: u64,
        /// The place.
        code: String,
        /// The year.
        year: i32,
    },
    /// Two columns that mean the same.
    #[error("{file}: two columns give '{column}'; take one of them out")]
    ColumnTwice {
        /// The file.
        file: String,
        /// The figure.
        column: String,
    },
    /// A header alone.
    #[error("{file} has no rows: there is nothing to report")]
    NoRows {
        /// The file.
        file: String,
    },
    /// Hectares.
    #[error(transparent)]
    Hectares(#[from] ReadHectaresError),
    /// Estimates.
    #[error(transparent)]
    Estimates(#[from] ReadEstimatesError),
    /// Hectares that are not of one class.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// Never for its figures.
    #[error(transparent)]
    Comparison(#[from] ComparisonBytesError),
    /// Never for its figures.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// Borders.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A file cannot be read.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A record that is no JSON object.
    #[error("{path} is no record of cocal ({message}); make the folder anew, or take the file away")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// Where the borders are.
#[derive(Debug, Clone)]
pub struct Borders {
    /// Polygons in any vector format that GDAL reads.
    pub layer: PathBuf,
    /// Field with the DIVIPOLA code.
    pub code_field: String,
}

/// Names of the map layer in a folder with its field of codes, the first that is there is taken.
const LAYERS: [(&str, &str); 3] = [
    ("municipalities.geojson", "municipality_code"),
    ("municipalities.gpkg", "mun_code"),
    ("municipalities.fgb", "mun_code"),
];

/// Reads a folder. `borders` stand in for the folder's own map layer.
///
/// # Errors
/// [`ReadOutputsError`] naming the file and the row.
pub fn read_outputs(folder: &Path, borders: Option<&Borders>) -> Result<Given, ReadOutputsError> {
    if !folder.is_dir() {
        return Err(ReadOutputsError::NoFolder(folder.to_owned()));
    }
    let publication = read_record(&folder.join("publication.json"))?;
    // A publication holds what of the run's record may leave.
    let of_run = || publication.as_ref().and_then(|p| p.get("run")).filter(|run| run.is_object()).cloned();
    let record = read_record(&folder.join("run.json"))?.or_else(of_run);
    let mut given = Given { record, publication, ..Given::default() };
    figures::read(folder, &mut given)?;
    estimates::read(folder, &mut given)?;
    read_grounds(folder, borders, &mut given)?;
    if given.record.is_none() {
        given.notes.push("the folder has no run.json: what the figures were made of is not recorded".to_owned());
    }
    Ok(given)
}

/// Whether a file is there and of the run that the folder's record tells of: what an earlier run left beside it is not.
pub fn is_of_run(folder: &Path, name: &str, record: Option<&Value>) -> bool {
    let listed = record.and_then(|record| record.get("outputs")).and_then(Value::as_array);
    folder.join(name).is_file() && listed.is_none_or(|names| names.iter().any(|listed| listed == name))
}

fn read_record(path: &Path) -> Result<Option<Value>, ReadOutputsError> {
    let broken = |message: String| ReadOutputsError::Record { path: path.to_owned(), message };
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| broken(e.to_string()))?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| broken(e.to_string()))?;
    if value.is_object() { Ok(Some(value)) } else { Err(broken("it is no JSON object".to_owned())) }
}

/// Takes note of a file that was read.
fn note_file(folder: &Path, name: &str, given: &mut Given) -> Result<(), ReadOutputsError> {
    let sha256 = sha256_of_file(&folder.join(name))?;
    given.files.push(FileDigest { role: String::new(), name: name.to_owned(), sha256 });
    Ok(())
}

fn read_grounds(folder: &Path, borders: Option<&Borders>, given: &mut Given) -> Result<(), ReadOutputsError> {
    let own = || LAYERS.iter().find(|(name, _)| is_of_run(folder, name, given.record.as_ref()));
    let own = own();
    let (path, field) = match (borders, own) {
        (Some(borders), _) => (borders.layer.clone(), borders.code_field.as_str()),
        (None, Some((name, field))) => {
            note_file(folder, name, given)?;
            (folder.join(name), *field)
        }
        (None, None) => {
            given.notes.push(
                "no map: the folder has no municipalities.geojson; give --municipalities and --code-field for it"
                    .to_owned(),
            );
            return Ok(());
        }
    };
    let layer = read_municipalities(&path, field, None)?;
    let grounds = project_grounds(&layer, &Crs::wgs84())?;
    let named = layer.municipalities.into_iter().map(|m| (m.code.to_string(), m.name));
    given.grounds = named.zip(grounds).map(|((code, name), ground)| (code, (name, ground))).collect();
    Ok(())
}
