//! A covariate by municipality and year, in any unit: a column per year, or a row per municipality and year.

use std::collections::BTreeMap;
use std::path::Path;

use super::table::{TableError, read_table};
use crate::expect::Covariate;
use crate::records::RecordError;
use crate::records::layout::{Layout, Shape, find_layout};
use crate::records::number_format::{self, Evidence, NumberFormat};
use crate::records::text_table::{TextRow, TextTable, normalised};
use crate::territory::MunicipalityCode;

/// A covariate that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CovariateError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It is no table by municipality and year, or a figure is none.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Events have no figure per year.
    #[error(
        "{file}: a row per date; a covariate has a column per year, or a row per municipality and year with its figures in a column '{name}' or 'value': add the events up first"
    )]
    Events {
        /// The file.
        file: String,
        /// The covariate's name.
        name: String,
    },
    /// No figure in the whole table.
    #[error("{file}: no figure of any municipality; the code column must hold five digits, such as 05001")]
    Nothing {
        /// The file.
        file: String,
    },
}

/// Reads a covariate named `name`; blank cells are unknown. Rows whose code is no municipality are left out and noted.
///
/// # Errors
/// [`CovariateError`] naming file, line and column.
pub fn read_covariate(name: &str, path: &Path) -> Result<(Covariate, Vec<String>), CovariateError> {
    covariate_of(name, &read_table(path)?)
}

pub(crate) fn covariate_of(name: &str, table: &TextTable) -> Result<(Covariate, Vec<String>), CovariateError> {
    let mut table = table.clone();
    // The column of a long table may have the covariate's own name.
    let named = table.column(&[&normalised(name), "value", "valor"]);
    if let Some(column) = named {
        for header in table.header.iter_mut().filter(|h| normalised(h) == "value") {
            header.push_str(" (another)");
        }
        table.header[column] = "value".to_owned();
    }
    let mut layout = find_layout(&table)?;
    if let (Some(column), Shape::Long { value, .. }) = (named, &mut layout.shape) {
        // The name that was asked for goes before the names that records have.
        *value = column;
    }
    let columns: Vec<usize> = match &layout.shape {
        Shape::Wide(years) => years.iter().map(|(column, _)| *column).collect(),
        Shape::Long { value, .. } => vec![*value],
        Shape::Events { .. } => return Err(CovariateError::Events { file: table.file, name: name.to_owned() }),
    };
    let formats = columns.iter().map(|c| Ok((*c, format(&table, *c)?))).collect::<Result<_, RecordError>>()?;
    let mut reader = Reader { table: &table, layout: &layout, formats, first: BTreeMap::new(), left_out: Vec::new() };
    let mut covariate = Covariate { name: name.to_owned(), values: BTreeMap::new() };
    for row in &table.rows {
        reader.read(row, &mut covariate)?;
    }
    if covariate.values.is_empty() {
        return Err(CovariateError::Nothing { file: table.file });
    }
    let mut notes: Vec<String> = table.notes.iter().map(|note| format!("{}: {note}", table.file)).collect();
    if let Some((line, text)) = reader.left_out.first() {
        let rows = reader.left_out.len();
        notes.push(format!(
            "{}: {rows} rows without a municipality's code left out (first: '{text}', line {line})",
            table.file
        ));
    }
    Ok((covariate, notes))
}

/// The format of a column's figures; one that can be read both ways is an error.
fn format(table: &TextTable, column: usize) -> Result<NumberFormat, RecordError> {
    let seen = Evidence::of(table.cells(column));
    let (file, name) = (table.file.clone(), table.header[column].clone());
    match (seen.format(), seen.point, seen.comma, seen.ambiguous) {
        (Some(format), ..) => Ok(format),
        (None, Some((point_line, point)), Some((comma_line, comma)), _) => {
            Err(RecordError::MixedFormats { file, column: name, point, point_line, comma, comma_line })
        }
        (None, _, _, Some((line, text))) => Err(RecordError::AmbiguousNumber { file, line, column: name, text }),
        _ => Ok(NumberFormat::Point),
    }
}

struct Reader<'a> {
    table: &'a TextTable,
    layout: &'a Layout,
    formats: BTreeMap<usize, NumberFormat>,
    /// Line of each municipality and year.
    first: BTreeMap<(MunicipalityCode, i32), u64>,
    left_out: Vec<(u64, String)>,
}

impl Reader<'_> {
    fn read(&mut self, row: &TextRow, covariate: &mut Covariate) -> Result<(), CovariateError> {
        let text = &row.fields[self.layout.code];
        let code = match MunicipalityCode::parse(text) {
            Ok(code) if !code.as_str().ends_with("000") => code,
            _ => {
                self.left_out.push((row.line, text.clone()));
                return Ok(());
            }
        };
        let cells: Vec<(usize, i32)> = match &self.layout.shape {
            Shape::Wide(years) => years.clone(),
            Shape::Long { year, value, .. } => vec![(*value, self.year(row, *year)?)],
            Shape::Events { .. } => Vec::new(),
        };
        for (column, year) in cells {
            let key = (code.clone(), year);
            if let Some(first) = self.first.insert(key.clone(), row.line) {
                let (file, line) = (self.table.file.clone(), row.line);
                let (column, key) = (self.table.header[self.layout.code].clone(), format!("{code} in {year}"));
                return Err(RecordError::DuplicateKey { file, line, column, key, first }.into());
            }
            if let Some(value) = self.figure(row, column)? {
                covariate.values.insert(key, value);
            }
        }
        Ok(())
    }

    fn place(&self, row: &TextRow, column: usize) -> (String, u64, String, String) {
        (self.table.file.clone(), row.line, self.table.header[column].clone(), row.fields[column].clone())
    }

    fn year(&self, row: &TextRow, column: usize) -> Result<i32, CovariateError> {
        let text = &row.fields[column];
        let year = text.strip_suffix(".0").unwrap_or(text).parse().ok().filter(|y| (1980..=2100).contains(y));
        year.ok_or_else(|| {
            let (file, line, column, text) = self.place(row, column);
            RecordError::BadYear { file, line, column, text }.into()
        })
    }

    fn figure(&self, row: &TextRow, column: usize) -> Result<Option<f64>, RecordError> {
        let text = &row.fields[column];
        if text.is_empty() {
            return Ok(None);
        }
        let format = self.formats.get(&column).copied().unwrap_or(NumberFormat::Point);
        let (file, line, column, text) = self.place(row, column);
        match number_format::parse(&text, format).map(|v| v.to_f64()) {
            Some(value) if value < 0.0 => Err(RecordError::Negative { file, line, column, text }),
            Some(value) => Ok(Some(value)),
            None => {
                let expected = match format {
                    NumberFormat::Point => "with a decimal point",
                    NumberFormat::Comma => "with a decimal comma, as the rest of the column is written",
                };
                Err(RecordError::BadNumber { file, line, column, text, expected })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str, rows: &[&str]) -> Result<(Covariate, Vec<String>), CovariateError> {
        let fields = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
        let rows = rows.iter().enumerate().map(|(i, r)| TextRow { line: i as u64 + 2, fields: fields(r) }).collect();
        covariate_of("price", &TextTable { file: "c.csv".to_owned(), header: fields(header), rows, notes: Vec::new() })
    }

    fn at(covariate: &Covariate, code: &str, year: i32) -> Option<f64> {
        covariate.values.get(&(MunicipalityCode::parse(code).unwrap(), year)).copied()
    }

    #[test]
    fn wide_and_long_tables_are_read_and_blanks_stay_unknown() {
        let (wide, notes) = read("codmpio;2020;2021", &["5001;1,5;", "05002;2;0", "total;3;4"]).unwrap();
        assert_eq!((at(&wide, "05001", 2020), at(&wide, "05001", 2021)), (Some(1.5), None));
        assert_eq!(at(&wide, "05002", 2021), Some(0.0));
        assert!(
            notes[0].contains("1 rows without a municipality's code left out (first: 'total', line 4)"),
            "{notes:?}"
        );
        let (long, _) = read("codmpio;year;Price", &["05001;2020;7.25", "05001;2021;"]).unwrap();
        assert_eq!((at(&long, "05001", 2020), at(&long, "05001", 2021)), (Some(7.25), None));
        // The column that is named goes before those that records have, and before one called value.
        let (named, _) = read("codmpio;year;coca_ha;price;value", &["05001;2020;9;7.25;8"]).unwrap();
        assert_eq!(at(&named, "05001", 2020), Some(7.25));
    }

    #[test]
    fn bad_tables_are_refused_with_their_place() {
        let message = |header: &str, rows: &[&str]| read(header, rows).unwrap_err().to_string();
        assert!(message("codmpio;2020", &["05001;-1"]).contains("line 2, column 2020: -1 is negative"));
        assert!(message("codmpio;2020", &["05001;x"]).contains("line 2, column 2020: 'x' is not a number"));
        assert!(message("codmpio;2020", &["05001;1.5", "05002;1,5"]).contains("decimal comma"));
        assert!(message("codmpio;2020", &["05001;1.234"]).contains("may be a decimal or a thousand"));
        assert!(
            message("codmpio;2020", &["05001;1", "5001;2"])
                .contains("line 3, column codmpio: duplicate key: 05001 in 2020")
        );
        assert!(message("codmpio;year;price", &["05001;20;1"]).contains("'20' is not a year"));
        assert!(message("codmpio;2020", &["all;1"]).contains("no figure of any municipality"));
        assert!(
            message("fecha;codmpio;cultivo;unidad;cantidad", &["2020-01-01;05001;coca;ha;1"])
                .contains("a row per date")
        );
        assert!(message("name;2020", &["x;1"]).contains("no column with municipality codes"));
    }
}
