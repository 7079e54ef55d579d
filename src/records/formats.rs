//! The number format of each column of figures, decided by the column, then by the table.

use std::collections::BTreeMap;

use super::error::RecordError;
use super::number_format::{Evidence, NumberFormat};
use super::text_table::TextTable;

/// The number format of each column of figures.
pub(super) struct Formats(BTreeMap<usize, NumberFormat>);

impl Formats {
    pub(super) fn decide(table: &TextTable, columns: &[usize], notes: &mut Vec<String>) -> Result<Self, RecordError> {
        let evidence: Vec<(usize, Evidence)> = columns.iter().map(|c| (*c, Evidence::of(table.cells(*c)))).collect();
        let mut told = evidence.iter().filter_map(|(_, e)| e.format());
        let of_table = told.next().filter(|first| told.all(|f| f == *first));
        let mut decided = Vec::new();
        for (column, seen) in evidence {
            let name = &table.header[column];
            if let (Some((point_line, point)), Some((comma_line, comma))) = (&seen.point, &seen.comma) {
                return Err(RecordError::MixedFormats {
                    file: table.file.clone(),
                    column: name.clone(),
                    point: point.clone(),
                    point_line: *point_line,
                    comma: comma.clone(),
                    comma_line: *comma_line,
                });
            }
            let format = match (seen.format(), &seen.ambiguous) {
                (Some(format), _) => format,
                (None, None) => NumberFormat::Point,
                (None, Some((line, text))) => of_table.ok_or_else(|| RecordError::AmbiguousNumber {
                    file: table.file.clone(),
                    line: *line,
                    column: name.clone(),
                    text: text.clone(),
                })?,
            };
            decided.push((column, seen, format));
        }
        note_formats(table, &decided, notes);
        Ok(Self(decided.into_iter().map(|(column, _, format)| (column, format)).collect()))
    }

    /// The format of a column; a decimal point where none was decided.
    pub(super) fn of(&self, column: usize) -> NumberFormat {
        self.0.get(&column).copied().unwrap_or(NumberFormat::Point)
    }
}

/// Decimal commas are noted column by column; figures of three decimals in columns of decimal points, which are many
/// and seldom wrong, in one note.
fn note_formats(table: &TextTable, columns: &[(usize, Evidence, NumberFormat)], notes: &mut Vec<String>) {
    let mut with_point = 0;
    let mut example = None;
    for (column, seen, format) in columns {
        let name = &table.header[*column];
        if let Some((line, text)) = &seen.comma {
            notes.push(format!("column {name} has decimal commas ('{text}' on line {line}); read as European format"));
        }
        let Some((line, text)) = &seen.ambiguous else { continue };
        if *format == NumberFormat::Point && seen.format().is_some() {
            with_point += seen.ambiguous_count;
            example.get_or_insert_with(|| format!("'{text}' in column {name}, line {line}"));
            continue;
        }
        let mark = if *format == NumberFormat::Comma { "comma" } else { "point" };
        let by = if seen.format().is_some() { "column" } else { "table" };
        notes.push(format!(
            "column {name}: '{text}' (line {line}; {} such figures) could be a decimal or a thousand; read with a decimal {mark}, as the rest of the {by} is written",
            seen.ambiguous_count
        ));
    }
    if let Some(example) = example {
        notes.push(format!(
            "{with_point} figures such as {example} could be decimals or thousands; read with a decimal point, as the rest of each column is written"
        ));
    }
}
