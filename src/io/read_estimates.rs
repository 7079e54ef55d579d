//! Estimates of municipalities from CSV: that of `cocal assess --by municipality`, or any with a code and hectares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::table::{TableError, read_table};
use crate::compare::mapped::is_coca_name;
use crate::compare::validate::EstimateRow;
use crate::records::text_table::{TextRow, TextTable};
use crate::territory::MunicipalityCode;

/// Estimates that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadEstimatesError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A needed column is missing.
    #[error("{file}: missing column: {needed}; there are: {present}")]
    MissingColumn {
        /// The file.
        file: String,
        /// What is needed.
        needed: &'static str,
        /// What is there.
        present: String,
    },
    /// A cell that cannot be read.
    #[error("{file}, line {line}, column '{column}': '{text}' is not {expected}")]
    Cell {
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
    /// No year anywhere.
    #[error("{file}, line {line}: no year; give --year, or a column 'year'")]
    NoYear {
        /// The file.
        file: String,
        /// The row.
        line: u64,
    },
    /// More than one figure for a municipality and year.
    #[error(
        "{file}, line {line}: municipality {code} in {year} is there twice (first in line {first}); keep one row, or choose with --class or --estimator ({choices})"
    )]
    Twice {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// The first row.
        first: u64,
        /// The municipality.
        code: MunicipalityCode,
        /// The year.
        year: i32,
        /// Classes and estimators of the file.
        choices: String,
    },
    /// No class is coca.
    #[error("{file}: none of its classes is coca ({classes}); choose one with --class")]
    NoCoca {
        /// The file.
        file: String,
        /// The classes.
        classes: String,
    },
    /// Nothing left.
    #[error("{file}: no row of a municipality is left{chosen}")]
    NoRows {
        /// The file.
        file: String,
        /// By what they were chosen.
        chosen: String,
    },
}

/// Which rows are read.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Class; where none is given, those whose name begins with coca, or the only one.
    pub class: Option<String>,
    /// Estimator.
    pub estimator: Option<String>,
    /// Year of rows without one.
    pub year: Option<i32>,
    /// Year that the model was calibrated on, of rows that do not say.
    pub calibrated_on: Option<i32>,
}

struct Columns {
    code: usize,
    year: Option<usize>,
    class: Option<usize>,
    estimator: Option<usize>,
    area: usize,
    error: Option<usize>,
    status: Option<usize>,
    own_weight: Option<usize>,
    calibrated_on: Option<usize>,
}

impl Columns {
    fn find(table: &TextTable) -> Result<Self, ReadEstimatesError> {
        let needed = |names: &[&str], needed| {
            table.column(names).ok_or_else(|| ReadEstimatesError::MissingColumn {
                file: table.file.clone(),
                needed,
                present: table.header.join(", "),
            })
        };
        Ok(Self {
            code: needed(&["municipality_code", "municipality", "codmpio", "cod_mpio", "code"], "municipality_code")?,
            year: table.column(&["year", "ano", "anio"]),
            class: table.column(&["class"]),
            estimator: table.column(&["estimator"]),
            area: needed(
                &["adjusted_area_ha", "estimate_ha", "area_ha", "hectares", "mapped_area_ha"],
                "adjusted_area_ha (or estimate_ha, mapped_area_ha)",
            )?,
            error: table.column(&["standard_error_ha", "se_ha", "standard_error", "se"]),
            status: table.column(&["status"]),
            own_weight: table.column(&["shrinkage_weight"]),
            calibrated_on: table.column(&["calibrated_on", "calibration_year"]),
        })
    }
}

/// Reads estimates, with notes on the rows that are not used.
///
/// # Errors
/// [`ReadEstimatesError`] naming file, line and column.
pub fn read_estimates(path: &Path, chosen: &Chosen) -> Result<(Vec<EstimateRow>, Vec<String>), ReadEstimatesError> {
    estimates_of(&read_table(path)?, chosen)
}

pub(crate) fn estimates_of(
    table: &TextTable,
    chosen: &Chosen,
) -> Result<(Vec<EstimateRow>, Vec<String>), ReadEstimatesError> {
    let columns = Columns::find(table)?;
    let mut notes = table.notes.clone();
    let wanted = wanted_classes(table, &columns, chosen)?;
    let mut rows = Vec::new();
    let mut seen: BTreeMap<(MunicipalityCode, i32), u64> = BTreeMap::new();
    let (mut whole, mut wrong) = (0, Vec::new());
    for row in &table.rows {
        let text = |at: Option<usize>| at.map(|at| row.fields[at].as_str()).unwrap_or_default();
        let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(text(columns.class)))
            && chosen.estimator.as_ref().is_none_or(|name| text(columns.estimator) == name);
        if !is_wanted {
            continue;
        }
        let Ok(code) = MunicipalityCode::parse(&row.fields[columns.code]) else {
            let text = &row.fields[columns.code];
            if text.is_empty() {
                whole += 1;
            } else {
                wrong.push(format!("'{text}' in line {}", row.line));
            }
            continue;
        };
        let estimate = read_row(table, &columns, row, (code, chosen))?;
        let key = (estimate.municipality_code.clone(), estimate.year);
        if let Some(first) = seen.insert(key, row.line) {
            return Err(ReadEstimatesError::Twice {
                file: table.file.clone(),
                line: row.line,
                first,
                code: estimate.municipality_code,
                year: estimate.year,
                choices: choices(table, &columns),
            });
        }
        rows.push(estimate);
    }
    if whole > 0 {
        notes.push(format!("{}: rows without a code (of the whole), not used: {whole}", table.file));
    }
    if !wrong.is_empty() {
        let first = wrong.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let n = wrong.len();
        notes.push(format!("{}: codes that are no DIVIPOLA code of five digits, not used: {n} ({first})", table.file));
    }
    if rows.is_empty() {
        let chosen = [("class", &chosen.class), ("estimator", &chosen.estimator)];
        let words = chosen.iter().filter_map(|(what, name)| Some(format!("{what} '{}'", name.as_ref()?)));
        let chosen = words.collect::<Vec<_>>().join(" and ");
        let mut chosen = if chosen.is_empty() { chosen } else { format!(" with {chosen}") };
        if let Some(wrong) = wrong.first() {
            chosen.push_str(&format!("; the first code is no DIVIPOLA code of five digits: {wrong}"));
        }
        return Err(ReadEstimatesError::NoRows { file: table.file.clone(), chosen });
    }
    Ok((rows, notes))
}

/// The classes that are read; `None` where the file has no classes.
fn wanted_classes(
    table: &TextTable,
    columns: &Columns,
    chosen: &Chosen,
) -> Result<Option<BTreeSet<String>>, ReadEstimatesError> {
    let Some(column) = columns.class else { return Ok(None) };
    if let Some(class) = &chosen.class {
        return Ok(Some(BTreeSet::from([class.clone()])));
    }
    let all: BTreeSet<String> = table.cells(column).map(|(_, text)| text.to_owned()).collect();
    let coca: BTreeSet<String> = all.iter().filter(|c| is_coca_name(c)).cloned().collect();
    match (coca.is_empty(), all.len()) {
        (false, _) => Ok(Some(coca)),
        (true, ..=1) => Ok(None),
        _ => {
            let classes = all.into_iter().collect::<Vec<_>>().join(", ");
            Err(ReadEstimatesError::NoCoca { file: table.file.clone(), classes })
        }
    }
}

fn choices(table: &TextTable, columns: &Columns) -> String {
    let all = |column: Option<usize>| -> Vec<String> {
        let texts: BTreeSet<&str> = column.into_iter().flat_map(|c| table.cells(c)).map(|(_, text)| text).collect();
        texts.into_iter().map(str::to_owned).collect()
    };
    format!("classes: {}; estimators: {}", all(columns.class).join(", "), all(columns.estimator).join(", "))
}

fn read_row(
    table: &TextTable,
    columns: &Columns,
    row: &TextRow,
    (code, chosen): (MunicipalityCode, &Chosen),
) -> Result<EstimateRow, ReadEstimatesError> {
    let bad = |column: usize, expected| ReadEstimatesError::Cell {
        file: table.file.clone(),
        line: row.line,
        column: table.header[column].clone(),
        text: row.fields[column].clone(),
        expected,
    };
    let number = |column: usize| {
        let text = &row.fields[column];
        if text.is_empty() {
            return Ok(None);
        }
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0);
        value.map(Some).ok_or_else(|| bad(column, "a number of zero or more with a decimal point"))
    };
    let year_in = |column: Option<usize>| match column {
        Some(column) if !row.fields[column].is_empty() => {
            let year = row.fields[column].parse().ok().filter(|y| (1980..=2100).contains(y));
            year.map(Some).ok_or_else(|| bad(column, "a year from 1980 to 2100"))
        }
        _ => Ok(None),
    };
    let withheld = columns.status.is_some_and(|at| row.fields[at] == crate::accuracy::estimate::NOT_ESTIMABLE)
        || row.fields[columns.area] == crate::accuracy::estimate::NOT_ESTIMABLE;
    let year = year_in(columns.year)?.or(chosen.year);
    Ok(EstimateRow {
        municipality_code: code,
        year: year.ok_or_else(|| ReadEstimatesError::NoYear { file: table.file.clone(), line: row.line })?,
        estimate_ha: if withheld { None } else { number(columns.area)? },
        standard_error_ha: if withheld { None } else { columns.error.map_or(Ok(None), number)? },
        own_weight: columns.own_weight.map_or(Ok(None), number)?,
        calibrated_on: year_in(columns.calibrated_on)?.or(chosen.calibrated_on),
    })
}
