//! The known truth of a simulation: hectares by municipality, year and class.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::csv_bytes::plain_text;
use crate::territory::MunicipalityCode;

/// A truth table that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot read truth table {path}: {source}; needed are the columns municipality_code, municipality_name, year, class, truth_ha"
)]
pub struct TruthError {
    path: PathBuf,
    source: csv::Error,
}

/// One row of the truth table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TruthRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name, a label only.
    pub municipality_name: String,
    /// Census year.
    pub year: i32,
    /// Class.
    pub class: String,
    /// Hectares on the ellipsoid, of the ground inside the imagery.
    pub truth_ha: f64,
}

/// Reads `municipality_code,municipality_name,year,class,truth_ha`.
///
/// # Errors
/// [`TruthError`] naming the file and the line.
pub fn read_truth(path: &Path) -> Result<Vec<TruthRow>, TruthError> {
    let named = |source| TruthError { path: path.to_owned(), source };
    let mut reader = csv::Reader::from_path(path).map_err(named)?;
    let mut rows = reader.deserialize().collect::<Result<Vec<TruthRow>, _>>().map_err(named)?;
    for text in rows.iter_mut().flat_map(|row| [&mut row.municipality_name, &mut row.class]) {
        *text = plain_text(text).to_owned();
    }
    Ok(rows)
}
