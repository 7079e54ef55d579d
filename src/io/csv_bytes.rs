//! Tables of text as the bytes of a CSV file.

/// A table that the CSV writer refuses (a row of another width; never for its figures).
#[derive(Debug, thiserror::Error)]
#[error("cannot write the table as CSV: {0}")]
pub struct CsvError(#[from] csv::Error);

/// A header and rows of the same width.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn csv_bytes<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, CsvError> {
    wide_csv_bytes(header, rows)
}

/// A header and rows whose width is known only when the program runs.
///
/// # Errors
/// [`CsvError`] from the CSV writer, also for a row of another width.
pub fn wide_csv_bytes<H: AsRef<[u8]>, R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = H>,
    rows: impl Iterator<Item = R>,
) -> Result<Vec<u8>, CsvError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()).into())
}

/// Text of a figure, blank where it is unknown.
pub fn text<T: ToString>(figure: Option<T>) -> String {
    figure.map(|f| f.to_string()).unwrap_or_default()
}
