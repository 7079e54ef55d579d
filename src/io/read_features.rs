//! Tables of feature values: NumPy's `.npy` (format 1 to 3, `<f4` or `<f8`, rows by columns in C order) or CSV with a header.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The system cannot read it.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not what is read here.
    #[error("{path}: {rule}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        rule: String,
    },
}

/// Rows of feature values.
#[derive(Debug)]
pub struct Table {
    columns: usize,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Table {
    /// Number of features.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        let values = match &self.values {
            Values::Single(values) => values.len(),
            Values::Double(values) => values.len(),
        };
        values / self.columns.max(1)
    }

    /// Leaves in `out` the values of some rows, `[feature][row]`; NaN is missing.
    ///
    /// # Panics
    /// When there are not so many rows.
    pub fn copy_columns(&self, rows: Range<usize>, out: &mut Vec<f64>) {
        out.resize(rows.len() * self.columns, 0.0);
        let range = rows.start * self.columns..rows.end * self.columns;
        match &self.values {
            Values::Single(values) => turn(&values[range], self.columns, out),
            Values::Double(values) => turn(&values[range], self.columns, out),
        }
    }
}

/// Rows of so many values, column by column.
fn turn<T: Copy + Into<f64>>(rows: &[T], columns: usize, out: &mut [f64]) {
    // Few rows at a time, so that they stay in the first-level cache.
    const ROWS: usize = 128;
    let all = rows.len() / columns.max(1);
    for first in (0..all).step_by(ROWS) {
        let own = &rows[first * columns..(first + ROWS).min(all) * columns];
        for (column, out) in out.chunks_exact_mut(all).enumerate() {
            let values = own[column..].iter().step_by(columns);
            out[first..].iter_mut().zip(values).for_each(|(out, value)| *out = (*value).into());
        }
    }
}

/// Reads a table; an empty field of a CSV is missing.
///
/// # Errors
/// [`TableError`] naming the file, and the row and column of what is no number.
pub fn read_features(path: &Path) -> Result<Table, TableError> {
    let bytes = std::fs::read(path).map_err(|source| TableError::Read { path: path.to_owned(), source })?;
    features_of(path, &bytes)
}

/// A table from the bytes of its file; `path` is for messages.
pub(crate) fn features_of(path: &Path, bytes: &[u8]) -> Result<Table, TableError> {
    let parsed = if bytes.starts_with(b"\x93NUMPY") { npy(bytes) } else { csv_table(bytes) };
    parsed.map_err(|rule| TableError::Content { path: path.to_owned(), rule })
}

fn npy(bytes: &[u8]) -> Result<Table, String> {
    let short = || "it ends too early".to_owned();
    let wide = *bytes.get(6).ok_or_else(short)? >= 2;
    let size = bytes.get(8..if wide { 12 } else { 10 }).ok_or_else(short)?;
    let length = size.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let start = 8 + size.len();
    let header = bytes.get(start..start + length).ok_or_else(short)?;
    let header = String::from_utf8_lossy(header);
    let data = &bytes[start + length..];
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).map(|(shape, _)| shape);
    let shape: Vec<usize> = shape.unwrap_or_default().split(',').filter_map(|word| word.trim().parse().ok()).collect();
    let [rows, columns] = shape[..] else { return Err("its array is not of rows by columns".to_owned()) };
    if !header.contains("'fortran_order': False") {
        return Err("its array is in Fortran order; save numpy.ascontiguousarray of it".to_owned());
    }
    let values = if header.contains("'<f4'") {
        Values::Single(data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    } else if header.contains("'<f8'") {
        Values::Double(data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())
    } else {
        return Err("its numbers are neither float32 nor float64".to_owned());
    };
    let table = Table { columns, values };
    if columns == 0 || table.rows() != rows { Err(short()) } else { Ok(table) }
}

fn csv_table(bytes: &[u8]) -> Result<Table, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let columns = reader.headers().map_err(|e| e.to_string())?.len();
    let mut values = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|e| e.to_string())?;
        for (column, field) in record.iter().enumerate() {
            let field = field.trim();
            let value = if field.is_empty() { Ok(f64::NAN) } else { field.parse() };
            values.push(value.map_err(|_| {
                format!("row {}, column {} (both from 1): '{field}' is no number", row + 1, column + 1)
            })?);
        }
    }
    Ok(Table { columns, values: Values::Double(values) })
}
