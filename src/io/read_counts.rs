//! Matrices of counts and tables of strata.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::read_survey::{ReadSurveyError, cell, with_leading_zero};
use super::table::read_table;
use crate::accuracy::{Ground, Grounds, LabelledUnit};
use crate::records::text_table::TextTable;

/// Reads a table of strata: `stratum,area_ha` or `stratum,weight`, and optionally `map`, `municipality` and `units`.
///
/// # Errors
/// [`ReadSurveyError`] naming file, line and column.
pub fn read_grounds(path: &Path) -> Result<Grounds, ReadSurveyError> {
    grounds_of(read_table(path)?)
}

pub(crate) fn grounds_of(table: TextTable) -> Result<Grounds, ReadSurveyError> {
    let missing =
        |needed| ReadSurveyError::MissingColumn { file: table.file.clone(), needed, present: table.header.join(", ") };
    let stratum = table.column(&["stratum", "class", "map"]).ok_or_else(|| missing("stratum"))?;
    let area = table.column(&["area_ha", "hectares", "mapped_area_ha"]);
    let amount = area.or_else(|| table.column(&["weight"])).ok_or_else(|| missing("area_ha (or weight)"))?;
    let map = table.column(&["map"]).filter(|at| *at != stratum);
    let municipality = table.column(&["municipality", "municipality_code"]);
    let units = table.column(&["units", "pixels"]);
    let mut seen: BTreeMap<(&str, Option<&str>, Option<&str>), u64> = BTreeMap::new();
    let mut lines = Vec::new();
    for row in &table.rows {
        let text = |at: Option<usize>| at.map(|at| row.fields[at].as_str()).filter(|text| !text.is_empty());
        let Some(name) = text(Some(stratum)) else {
            return Err(cell(&table, row, stratum, "is no name of a stratum"));
        };
        if let Some(first) = seen.insert((name, text(map), text(municipality)), row.line) {
            let (file, todo) = (table.file.clone(), "add its rows up");
            let (what, name) = ("stratum", name.to_owned());
            return Err(ReadSurveyError::Twice { file, line: row.line, first, what, name, todo });
        }
        let number = |at: usize, rule| {
            row.fields[at].parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| cell(&table, row, at, rule))
        };
        let whole = |at: usize| {
            let rule = "is not a number of units: a whole number of zero or more is needed";
            number(at, rule)?.to_string().parse::<u64>().map(|n| n as f64).map_err(|_| cell(&table, row, at, rule))
        };
        lines.push(Ground {
            stratum: name.to_owned(),
            map: text(map).map(str::to_owned),
            municipality: text(municipality).map(with_leading_zero),
            amount: number(amount, "is not a number with a decimal point")?,
            units: text(units).map(|_| whole(units.unwrap_or(amount))).transpose()?,
            line: row.line,
        });
    }
    if lines.is_empty() {
        return Err(ReadSurveyError::Empty { file: table.file });
    }
    Ok(Grounds { file: table.file, lines, in_hectares: area.is_some() })
}

/// More units than any survey has: sums of counts stay exact.
const MOST_UNITS: u64 = 1_000_000_000_000;

/// What a matrix gives: units that are alike with their number, and notes.
pub type Matrix = (Vec<(LabelledUnit, u64)>, Vec<String>);

/// Reads a matrix of counts: rows are strata or classes of the map, columns classes of the reference. What comes back are
/// units that are alike, and how many.
///
/// # Errors
/// [`ReadSurveyError`] naming file, line and column.
pub fn read_matrix(path: &Path) -> Result<Matrix, ReadSurveyError> {
    matrix_of(&read_table(path)?)
}

pub(crate) fn matrix_of(table: &TextTable) -> Result<Matrix, ReadSurveyError> {
    let (file, mut notes) = (table.file.clone(), table.notes.clone());
    let columns = &table.header[1..];
    for (at, name) in columns.iter().enumerate() {
        if name.is_empty() || columns[..at].contains(name) {
            let (text, column) = (name.clone(), format!("number {}", at + 2));
            let rule =
                "names no class, or one that another column has; give each reference class one column with its name";
            return Err(ReadSurveyError::Cell { file, line: 1, column, text, rule });
        }
    }
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &table.rows {
        let name = row.fields[0].as_str();
        if name.is_empty() {
            return Err(cell(table, row, 0, "is no name of a class or stratum"));
        }
        if let Some(first) = rows.insert(name, row.line) {
            let (what, name, todo) = ("row", name.to_owned(), "add the rows up");
            return Err(ReadSurveyError::Twice { file, line: row.line, first, what, name, todo });
        }
    }
    if rows.is_empty() {
        return Err(ReadSurveyError::Empty { file });
    }
    let are_classes = rows_are_classes(table, &rows, &mut notes)?;
    let mut units = Vec::new();
    for row in &table.rows {
        for (at, reference) in columns.iter().enumerate() {
            let count = row.fields[at + 1].parse::<u64>().ok().filter(|count| *count <= MOST_UNITS);
            let rule = "is not a count: a whole number of zero or more is needed (0 where no unit was found; a million million at most)";
            let unit = LabelledUnit {
                stratum: row.fields[0].clone(),
                map: are_classes.then(|| row.fields[0].clone()),
                reference: reference.clone(),
                ..LabelledUnit::default()
            };
            units.push((unit, count.ok_or_else(|| cell(table, row, at + 1, rule))?));
        }
    }
    Ok((units, notes))
}

/// Whether a matrix's rows are the map's classes. They are strata of another kind where the first column is called so and
/// some row is no class, or where no row is.
fn rows_are_classes(
    table: &TextTable,
    rows: &BTreeMap<&str, u64>,
    notes: &mut Vec<String>,
) -> Result<bool, ReadSurveyError> {
    let columns: BTreeSet<&str> = table.header[1..].iter().map(String::as_str).collect();
    let other_rows: Vec<&str> = rows.keys().copied().filter(|row| !columns.contains(row)).collect();
    let other_columns: Vec<&str> = columns.iter().copied().filter(|column| !rows.contains_key(column)).collect();
    if other_rows.is_empty() && other_columns.is_empty() {
        return Ok(true);
    }
    let called_strata = table.column(&["stratum", "strata", "estrato"]) == Some(0);
    let alike = |row: &&&str| columns.iter().any(|column| column.to_lowercase() == row.to_lowercase());
    let miswritten = !called_strata && other_rows.iter().any(|row| alike(&row));
    if (other_rows.len() == rows.len() && !miswritten) || (called_strata && !other_rows.is_empty()) {
        notes.push(format!(
            "{}: rows are strata and not the map's classes: areas are known, accuracies of the map are not",
            table.file
        ));
        return Ok(false);
    }
    if other_rows.is_empty() || other_columns.is_empty() {
        return Ok(true);
    }
    let list = |names: &[&str]| names.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    let (file, rows, columns) = (table.file.clone(), list(&other_rows), list(&other_columns));
    Err(ReadSurveyError::RowsAndColumns { file, rows, columns })
}
