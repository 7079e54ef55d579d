//! Census and eradication from CSV files.

use std::path::{Path, PathBuf};

use super::table::{TableError, read_table};
use crate::records::national_table::is_national;
use crate::records::parse::parse;
use crate::records::{Census, Eradication, Kind, NationalTable, Prices, RecordError, RecordFile};

/// A record file that cannot be read or used.
#[derive(Debug, thiserror::Error)]
pub enum ReadRecordsError {
    /// It is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It is a table, but not of records.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Reads a record file of any kind.
///
/// # Errors
/// [`ReadRecordsError`] naming the file, line and column.
pub fn read_record_file(path: &Path) -> Result<RecordFile, ReadRecordsError> {
    Ok(parse(&read_table(path)?, None)?)
}

/// Reads a record file that is to be of a kind, which it is taken for where at most its name tells another.
///
/// # Errors
/// [`ReadRecordsError`] naming the file, line and column.
pub fn read_record_file_as(path: &Path, kind: Kind) -> Result<RecordFile, ReadRecordsError> {
    Ok(parse(&read_table(path)?, Some(kind))?)
}

/// Reads a national series, where the file is one: years without places. `None` where it is something else.
///
/// # Errors
/// [`ReadRecordsError`] naming the file, line and column.
pub fn read_national(path: &Path) -> Result<Option<NationalTable>, ReadRecordsError> {
    let table = read_table(path)?;
    Ok(is_national(&table).then(|| NationalTable::from_table(&table)).transpose()?)
}

/// Reads prices of leaf and base per year.
///
/// # Errors
/// [`ReadRecordsError`] naming the file, line and column.
pub fn read_prices(path: &Path) -> Result<Prices, ReadRecordsError> {
    Ok(Prices::from_table(&read_table(path)?)?)
}

/// Reads a census; hectares at 31 December.
///
/// # Errors
/// [`ReadRecordsError`], also where the file is another kind of record.
pub fn read_census(path: &Path) -> Result<Census, ReadRecordsError> {
    Ok(Census::from_file(read_record_file_as(path, Kind::Census)?)?)
}

/// Reads eradication from any number of files: manual, spraying and events; each file's kind is found out.
///
/// # Errors
/// [`ReadRecordsError`], also where two files give the same method, municipality and year.
pub fn read_eradication(paths: &[PathBuf]) -> Result<Eradication, ReadRecordsError> {
    let files = paths.iter().map(|path| read_record_file(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(Eradication::from_files(&files)?)
}
