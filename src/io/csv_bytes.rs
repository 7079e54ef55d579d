//! Tables of text as the bytes of a CSV file that a spreadsheet can open without running anything.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab or a line end is a formula to a spreadsheet. Such text gets an apostrophe
//! before it, numbers never do ([`cell_text`]; OWASP, "CSV Injection",
//! <https://owasp.org/www-community/attacks/CSV_Injection>); the readers of tables take it off again ([`plain_text`]).

use std::borrow::Cow;

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
pub fn wide_csv_bytes<H: AsRef<str>, R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = H>,
    rows: impl Iterator<Item = R>,
) -> Result<Vec<u8>, CsvError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for name in header {
        writer.write_field(cell_text(name.as_ref()).as_bytes())?;
    }
    writer.write_record(None::<&[u8]>)?;
    for row in rows {
        for cell in row {
            writer.write_field(cell_text(&cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()).into())
}

/// Text of a figure, blank where it is unknown.
pub fn text<T: ToString>(figure: Option<T>) -> String {
    figure.map(|f| f.to_string()).unwrap_or_default()
}

/// Whether a spreadsheet would take the text for a formula. The wide forms are those that some of them turn into the others.
fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !is_number(text)
}

/// A number as this program writes it: a spreadsheet reads it as one too.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}

/// A cell as it stands in the file: text that begins like a formula gets an apostrophe; so does text that begins with
/// apostrophes and then like a formula, so that [`plain_text`] gives back what went in.
pub fn cell_text(text: &str) -> Cow<'_, str> {
    let bare = text.trim_start_matches('\'');
    if begins_a_formula(bare) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell: without the apostrophe of [`cell_text`].
pub fn plain_text(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if begins_a_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for (text, cell) in [
            ("=cmd()", "'=cmd()"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("'=x", "''=x"),
            ("-", "'-"),
            ("-inf", "'-inf"),
            ("-2.74", "-2.74"),
            ("-1e-7", "-1e-7"),
            ("", ""),
            ("D'Elhuyar", "D'Elhuyar"),
            ("'quoted'", "'quoted'"),
        ] {
            assert_eq!(cell_text(text), cell);
            assert_eq!(plain_text(cell), text);
        }
    }

    #[test]
    fn header_and_cells_are_treated_alike() {
        let bytes = wide_csv_bytes(["a", "=b"], [["=c".to_owned(), "-1.5".to_owned()]].into_iter()).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "a,'=b\n'=c,-1.5\n");
        let uneven = [vec!["1".to_owned()], vec!["1".to_owned(), "2".to_owned()]];
        assert!(wide_csv_bytes(["a"], uneven.into_iter()).is_err(), "a row of another width was written");
    }

    proptest! {
        #[test]
        fn text_comes_back(text in "['=+@\t-]{0,3}[a-z0-9.'=-]{0,6}") {
            let cell = cell_text(&text).into_owned();
            prop_assert_eq!(plain_text(&cell), text.as_str());
            prop_assert!(!begins_a_formula(&cell));
        }
    }
}
