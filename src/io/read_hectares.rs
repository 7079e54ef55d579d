//! Mapped hectares from a CSV file: that of `cocal hectares`, or any with `municipality_code`, `year`, `mapped_area_ha`.

use std::path::Path;

use super::table::{TableError, read_table};
use crate::compare::MappedHectares;
use crate::records::text_table::{TextRow, TextTable};
use crate::territory::MunicipalityCode;

/// Hectares that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadHectaresError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A needed column is missing.
    #[error(
        "{file}: missing column: {column}. Needed are municipality_code, year and mapped_area_ha; there are: {found}"
    )]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
        /// Its columns.
        found: String,
    },
    /// A cell that cannot be read.
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
    /// No rows.
    #[error("{file}: no row with a municipality")]
    NoRows {
        /// The file.
        file: String,
    },
}

/// Reads mapped hectares, with notes on rows that are no municipality. Numbers have a decimal point. `only_year` stands
/// in for a blank year.
///
/// # Errors
/// [`ReadHectaresError`] naming file, line and column.
pub fn read_mapped_hectares(
    path: &Path,
    only_year: Option<i32>,
) -> Result<(Vec<MappedHectares>, Vec<String>), ReadHectaresError> {
    mapped_hectares_of(read_table(path)?, only_year)
}

pub(crate) fn mapped_hectares_of(
    table: TextTable,
    only_year: Option<i32>,
) -> Result<(Vec<MappedHectares>, Vec<String>), ReadHectaresError> {
    let columns = Columns::find(&table)?;
    let mut notes: Vec<String> = table.notes.clone();
    let mut rows = Vec::new();
    for row in &table.rows {
        let reader = RowReader { table: &table, row };
        let Ok(code) = MunicipalityCode::parse(&row.fields[columns.code]) else {
            let label = &row.fields[columns.code];
            let place = if label.is_empty() { "a blank code" } else { label.as_str() };
            notes.push(format!("{}, line {}: {place} is no municipality and is not compared", table.file, row.line));
            continue;
        };
        rows.push(columns.read(&reader, code, only_year)?);
    }
    if rows.is_empty() {
        return Err(ReadHectaresError::NoRows { file: table.file });
    }
    Ok((rows, notes))
}

/// The surface of the Earth: a figure above it is none.
const MOST_HECTARES: f64 = 5.2e10;

struct Columns {
    code: usize,
    name: Option<usize>,
    year: usize,
    class: Option<usize>,
    mapped: usize,
    observed: Option<usize>,
    unobserved: Option<usize>,
    coverage: Option<usize>,
    bounds: [Option<usize>; 2],
}

impl Columns {
    fn find(table: &TextTable) -> Result<Self, ReadHectaresError> {
        let needed = |column: &'static str| {
            let found = || table.header.join(", ");
            table.column(&[column]).ok_or_else(|| ReadHectaresError::MissingColumn {
                file: table.file.clone(),
                column,
                found: found(),
            })
        };
        Ok(Self {
            code: needed("municipality_code")?,
            name: table.column(&["municipality_name"]),
            year: needed("year")?,
            class: table.column(&["class"]),
            mapped: needed("mapped_area_ha")?,
            observed: table.column(&["observed_share"]),
            unobserved: table.column(&["unobserved_ha"]),
            coverage: table.column(&["coverage_area_ha"]),
            bounds: [table.column(&["bound_low_ha"]), table.column(&["bound_high_ha"])],
        })
    }

    fn read(
        &self,
        row: &RowReader,
        municipality_code: MunicipalityCode,
        only_year: Option<i32>,
    ) -> Result<MappedHectares, ReadHectaresError> {
        let mapped = row.hectares(self.mapped)?;
        let text = |column: Option<usize>| column.map(|c| row.row.fields[c].clone()).unwrap_or_default();
        let optional = |column: Option<usize>| column.map_or(Ok(None), |c| row.hectares(c));
        let observed_share = optional(self.observed)?;
        if let (Some(column), Some(share)) = (self.observed, observed_share)
            && share > 1.0
        {
            return Err(row.bad(column, "a share from 0 to 1"));
        }
        Ok(MappedHectares {
            municipality_code,
            municipality_name: text(self.name),
            year: row.year(self.year, only_year)?,
            class: text(self.class),
            mapped_area_ha: mapped.ok_or_else(|| row.bad(self.mapped, "hectares: a blank is not zero"))?,
            observed_share,
            unobserved_ha: optional(self.unobserved)?,
            coverage_area_ha: optional(self.coverage)?,
            bound_low_ha: optional(self.bounds[0])?,
            bound_high_ha: optional(self.bounds[1])?,
        })
    }
}

struct RowReader<'a> {
    table: &'a TextTable,
    row: &'a TextRow,
}

impl RowReader<'_> {
    fn bad(&self, column: usize, expected: &'static str) -> ReadHectaresError {
        ReadHectaresError::BadCell {
            file: self.table.file.clone(),
            line: self.row.line,
            column: self.table.header[column].clone(),
            text: self.row.fields[column].clone(),
            expected,
        }
    }

    /// A figure of zero or more; `None` where the cell is blank.
    fn hectares(&self, column: usize) -> Result<Option<f64>, ReadHectaresError> {
        let text = &self.row.fields[column];
        if text.is_empty() {
            return Ok(None);
        }
        let value = text.parse::<f64>().ok().filter(|v| (0.0..=MOST_HECTARES).contains(v));
        value.map(Some).ok_or_else(|| {
            self.bad(column, "a number of zero or more with a decimal point, and no more hectares than the Earth has")
        })
    }

    fn year(&self, column: usize, only_year: Option<i32>) -> Result<i32, ReadHectaresError> {
        let text = &self.row.fields[column];
        let read = text.parse().ok().filter(|y| (1980..=2100).contains(y));
        match (read, only_year) {
            (Some(year), _) => Ok(year),
            (None, Some(year)) if text.is_empty() => Ok(year),
            _ => Err(self.bad(column, "a year from 1980 to 2100 (for blank years give one --year)")),
        }
    }
}
