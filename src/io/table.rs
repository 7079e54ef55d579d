//! CSV text from a file: its encoding and delimiter are found out, and every row has its line number.

use std::path::{Path, PathBuf};

use super::csv_bytes::plain_text;
use crate::records::text_table::{TextRow, TextTable};

/// A file that is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it.
    #[error("{path} is empty; a CSV file with a header line is needed")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// No text.
    #[error(
        "{path}, line {line}: a NUL byte: this is no text file (a spreadsheet or an archive?); save it as CSV in UTF-8"
    )]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
    },
    /// Two encodings in one file.
    #[error(
        "{path}, line {line}: a byte that is no UTF-8 in a file that is UTF-8 before it; save the whole file in one encoding"
    )]
    MixedEncoding {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
    },
    /// Only one column.
    #[error(
        "{path}, line 1: a single column ('{header}'): no comma, semicolon, tab or bar separates fields; save it as CSV with commas"
    )]
    SingleColumn {
        /// The file.
        path: PathBuf,
        /// Its header.
        header: String,
    },
    /// A row with more or fewer fields than the header.
    #[error(
        "{path}, line {line}: {found} fields where the header has {expected}; a name or a decimal comma without quotes splits a row, a missing closing quote joins rows"
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Where.
        line: u64,
        /// Fields in the row.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// The CSV reader stopped.
    #[error("{path}: {source}")]
    Csv {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: csv::Error,
    },
}

/// Reads a CSV file as text.
///
/// UTF-8 (with or without a byte order mark), UTF-16 with one, and Windows-1252 (which holds Latin-1) are read; commas,
/// semicolons, tabs and bars separate fields. What is not plain UTF-8 with commas is noted.
///
/// # Errors
/// [`TableError`] naming file and line.
pub fn read_table(path: &Path) -> Result<TextTable, TableError> {
    table_from_bytes(path, &bytes_of_file(path)?)
}

/// The text of a file, with notes on its encoding.
///
/// # Errors
/// [`TableError`] where it cannot be read or is no text.
pub(super) fn text_of_file(path: &Path) -> Result<(String, Vec<String>), TableError> {
    let mut notes = Vec::new();
    let text = decode(path, &bytes_of_file(path)?, &mut notes)?;
    Ok((text, notes))
}

fn bytes_of_file(path: &Path) -> Result<Vec<u8>, TableError> {
    std::fs::read(path).map_err(|source| TableError::Read { path: path.to_owned(), source })
}

/// A CSV file with the cells as they stand in it: the apostrophe before text that a spreadsheet would run is still there.
///
/// # Errors
/// [`TableError`] naming file and line.
pub(super) fn read_written_table(path: &Path) -> Result<TextTable, TableError> {
    written_table(path, &bytes_of_file(path)?)
}

/// A table from the bytes of a CSV file.
///
/// # Errors
/// [`TableError`] naming file and line.
pub(crate) fn table_from_bytes(path: &Path, bytes: &[u8]) -> Result<TextTable, TableError> {
    let mut table = written_table(path, bytes)?;
    let cells = table.rows.iter_mut().flat_map(|row| &mut row.fields);
    for cell in table.header.iter_mut().chain(cells) {
        if let Some(plain) = cell.starts_with('\'').then(|| plain_text(cell)).filter(|plain| plain.len() < cell.len()) {
            *cell = plain.to_owned();
        }
    }
    Ok(table)
}

fn written_table(path: &Path, bytes: &[u8]) -> Result<TextTable, TableError> {
    let mut notes = Vec::new();
    let text = decode(path, bytes, &mut notes)?;
    let (body, skipped) = match text.split_once('\n') {
        // A spreadsheet's own hint to itself.
        Some((first, rest)) if first.trim_end().starts_with("sep=") => (rest, 1),
        _ => (text.as_str(), 0),
    };
    if body.trim().is_empty() {
        return Err(TableError::Empty { path: path.to_owned() });
    }
    let delimiter = find_delimiter(path, body)?;
    if delimiter != b',' {
        let name = match delimiter {
            b';' => "semicolons",
            b'\t' => "tabs",
            _ => "bars",
        };
        notes.push(format!("fields are separated by {name}, not commas"));
    }
    let mut table = TextTable { file: path.display().to_string(), notes, ..TextTable::default() };
    read_rows(path, body, delimiter, &mut table)?;
    for row in &mut table.rows {
        row.line += skipped;
    }
    Ok(table)
}

fn read_rows(path: &Path, body: &str, delimiter: u8, table: &mut TextTable) -> Result<(), TableError> {
    let named = |source| TableError::Csv { path: path.to_owned(), source };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(body.as_bytes());
    table.header = reader.headers().map_err(named)?.iter().map(str::to_owned).collect();
    let mut blank_rows = 0;
    for record in reader.records() {
        let record = record.map_err(named)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            blank_rows += 1;
            continue;
        }
        let (found, expected) = (record.len(), table.header.len());
        if found != expected {
            return Err(TableError::Ragged { path: path.to_owned(), line, found, expected });
        }
        table.rows.push(TextRow { line, fields: record.iter().map(str::to_owned).collect() });
    }
    if blank_rows > 0 {
        table.notes.push(format!("{blank_rows} blank rows skipped"));
    }
    Ok(())
}

/// The separator that the header line has most of, outside quotes.
fn find_delimiter(path: &Path, body: &str) -> Result<u8, TableError> {
    let header = body.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, n)) = counts.iter_mut().find(|(d, _)| *d == byte && !quoted) {
            *n += 1;
        }
    }
    // The first of equals wins: a comma before the others.
    let (delimiter, n) = counts.into_iter().rev().max_by_key(|(_, n)| *n).unwrap_or((b',', 0));
    if n == 0 {
        let header = header.chars().take(60).collect();
        return Err(TableError::SingleColumn { path: path.to_owned(), header });
    }
    Ok(delimiter)
}

fn decode(path: &Path, bytes: &[u8], notes: &mut Vec<String>) -> Result<String, TableError> {
    let line_of = |position: usize| 1 + bytes[..position].iter().filter(|b| **b == b'\n').count();
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        if encoding != encoding_rs::UTF_8 {
            notes.push(format!("the file is {}, read as such", encoding.name()));
        }
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if broken {
            return Err(TableError::MixedEncoding { path: path.to_owned(), line: line_of(bytes.len()) });
        }
        return Ok(text.into_owned());
    }
    if let Some(position) = bytes.iter().position(|b| *b == 0) {
        return Err(TableError::NotText { path: path.to_owned(), line: line_of(position) });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        // Letters beyond ASCII that were good UTF-8 up to here, and then one that is not.
        Err(e) if !bytes[..e.valid_up_to()].is_ascii() => {
            Err(TableError::MixedEncoding { path: path.to_owned(), line: line_of(e.valid_up_to()) })
        }
        Err(_) => {
            notes.push("the file is not UTF-8; read as Windows-1252 (Latin-1)".to_owned());
            Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<TextTable, TableError> {
        table_from_bytes(Path::new("t.csv"), bytes)
    }

    #[test]
    fn latin_1_names_stay_right() {
        let table = read(b"CODMPIO,MUNICIPIO\n13001,BOL\xcdVAR\n").unwrap();
        assert_eq!(table.rows[0].fields[1], "BOLÍVAR");
        assert!(table.notes[0].contains("Windows-1252"));
        assert_eq!(read("a,b\n1,BOLÍVAR\n".as_bytes()).unwrap().notes, Vec::<String>::new());
    }

    #[test]
    fn marks_and_utf_16_are_understood() {
        assert_eq!(read(b"\xef\xbb\xbfa,b\n1,2\n").unwrap().header, ["a", "b"]);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("a;b\n1;Í\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let table = read(&utf16).unwrap();
        assert_eq!(table.rows[0].fields, ["1", "Í"]);
        assert_eq!(table.notes.len(), 2, "{:?}", table.notes);
    }

    #[test]
    fn delimiters_are_found_outside_quotes() {
        assert_eq!(read(b"\"a,b,c\";x\n1;2\n").unwrap().header, ["a,b,c", "x"]);
        assert_eq!(read(b"sep=;\na;b\n1;2\n").unwrap().rows[0].line, 3);
        assert_eq!(read(b"a\tb\n1\t2\n").unwrap().rows[0].fields, ["1", "2"]);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_place() {
        let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(message(b"").contains("is empty"));
        assert!(message(b" \n\n").contains("is empty"));
        assert!(message(b"a\n1\n").contains("single column ('a')"));
        assert!(message(b"a,b\n1,2\n3\n").contains("line 3: 1 fields where the header has 2"));
        assert!(message(b"a,b\n1,\0\n").contains("line 2: a NUL byte"));
    }

    #[test]
    fn the_apostrophe_before_a_formula_comes_off() {
        let table = read(b"code,name\n05001,'=cmd()\n05002,'quoted'\n").unwrap();
        assert_eq!([&table.rows[0].fields[1], &table.rows[1].fields[1]], ["=cmd()", "'quoted'"]);
    }

    #[test]
    fn two_encodings_in_one_file_are_refused() {
        let mut bytes = "a,b\n1,BOLÍVAR\n2,".as_bytes().to_vec();
        bytes.extend(b"BOL\xcdVAR\n");
        assert!(matches!(read(&bytes), Err(TableError::MixedEncoding { line: 3, .. })));
    }
}
