//! Who borders on whom: from municipal polygons, or from a list of pairs.

use std::path::{Path, PathBuf};

use super::project_grounds::project_grounds;
use super::read_municipalities::{LayerError, MunicipalityLayer};
use super::table::{TableError, read_table};
use crate::records::text_table::TextTable;
use crate::scene::Crs;
use crate::territory::MunicipalityCode;
use crate::territory::divipola::CodeError;
use crate::territory::neighbours::{BorderRule, Neighbours, shared_borders};

/// Columns of the first and the second municipality of a pair.
const FIRST: [&str; 5] = ["municipality_code", "code_a", "a", "from", "focal"];
const SECOND: [&str; 5] = ["neighbour_code", "code_b", "b", "to", "neighbor"];
const BORDER: [&str; 3] = ["border_m", "metres", "length_m"];

/// A list of pairs that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column is missing.
    #[error(
        "{path}: missing column: {missing}; a list of neighbours needs municipality_code and neighbour_code (and may have border_m)"
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// Which one.
        missing: &'static str,
    },
    /// A cell is no municipality.
    #[error("{path}, line {line}: {source}")]
    Code {
        /// The file.
        path: PathBuf,
        /// The row.
        line: u64,
        /// What is wrong.
        source: CodeError,
    },
    /// A municipality beside itself.
    #[error("{path}, line {line}: {code} is given as its own neighbour; remove the row")]
    Itself {
        /// The file.
        path: PathBuf,
        /// The row.
        line: u64,
        /// The municipality.
        code: MunicipalityCode,
    },
    /// A border that has no length.
    #[error("{path}, line {line}: '{text}' is not a length in metres of zero or more")]
    Border {
        /// The file.
        path: PathBuf,
        /// The row.
        line: u64,
        /// What stands there.
        text: String,
    },
}

/// The neighbours in a layer, by shared borders.
///
/// # Errors
/// [`LayerError`] where a polygon cannot be brought into longitude and latitude.
pub fn neighbours_of(layer: &MunicipalityLayer, rule: BorderRule) -> Result<Neighbours, LayerError> {
    let grounds = project_grounds(layer, &Crs::wgs84())?;
    let named: Vec<_> = layer.municipalities.iter().map(|m| m.code.clone()).zip(&grounds).collect();
    Ok(shared_borders(&named, rule))
}

/// Neighbours as they are asked for: `auto`, those in the layer that share a border, or a file of pairs; what was found goes to
/// the notes.
///
/// # Errors
/// [`NeighboursError`] for a bad file, and for `auto` without a layer.
pub fn neighbours_as_asked(
    asked: &Path,
    layer: Option<&MunicipalityLayer>,
    notes: &mut Vec<String>,
) -> Result<Neighbours, NeighboursError> {
    if asked != Path::new("auto") {
        return Ok(read_pairs(asked)?);
    }
    let layer = layer.ok_or(NeighboursError::NoLayer)?;
    let rule = BorderRule::default();
    let found = neighbours_of(layer, rule)?;
    notes.push(format!(
        "{} pairs of {} municipalities share a border of {} m or more (outlines up to {} m apart)",
        found.pairs().count(),
        layer.municipalities.len(),
        rule.least_m,
        rule.gap_m
    ));
    Ok(found)
}

/// Why the neighbours are not known.
#[derive(Debug, thiserror::Error)]
pub enum NeighboursError {
    /// The polygons.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The pairs.
    #[error(transparent)]
    Pairs(#[from] PairsError),
    /// Nothing to find them in.
    #[error("--boundaries-neighbours auto needs --municipalities and --code-field")]
    NoLayer,
}

/// Reads pairs of neighbours; each pair may be given once or in both directions.
///
/// # Errors
/// [`PairsError`] naming file and line.
pub fn read_pairs(path: &Path) -> Result<Neighbours, PairsError> {
    pairs_of(path, &read_table(path)?)
}

pub(crate) fn pairs_of(path: &Path, table: &TextTable) -> Result<Neighbours, PairsError> {
    let column = |names: &[&str], missing| {
        table.column(names).ok_or_else(|| PairsError::MissingColumn { path: path.to_owned(), missing })
    };
    let (first, second) = (column(&FIRST, "municipality_code")?, column(&SECOND, "neighbour_code")?);
    let border = table.column(&BORDER);
    let mut pairs = Vec::new();
    for row in &table.rows {
        let line = row.line;
        let code = |column: usize| {
            let parsed = MunicipalityCode::parse(&row.fields[column]);
            parsed.map_err(|source| PairsError::Code { path: path.to_owned(), line, source })
        };
        let (a, b) = (code(first)?, code(second)?);
        if a == b {
            return Err(PairsError::Itself { path: path.to_owned(), line, code: a });
        }
        let text = border.map(|column| row.fields[column].as_str()).filter(|text| !text.is_empty());
        let metres = text.map(|text| {
            let metres = text.parse().ok().filter(|m: &f64| m.is_finite() && *m >= 0.0);
            metres.ok_or_else(|| PairsError::Border { path: path.to_owned(), line, text: text.to_owned() })
        });
        pairs.push((a, b, metres.transpose()?));
    }
    Ok(Neighbours::from_pairs([], pairs))
}
