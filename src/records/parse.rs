//! From a table of text to figures per municipality and year.

use std::collections::{BTreeMap, BTreeSet};

use super::eradication::Method;
use super::error::RecordError;
use super::events::{Day, is_coca, is_hectare, parse_day, parse_method};
use super::kind::{Clues, Kind, Told, tell};
use super::layout::{Layout, Shape, find_layout};
use super::number_format::{self, Evidence, NumberFormat};
use super::odd;
use super::quantity::Exact;
use super::text_table::{TextRow, TextTable, normalised};
use crate::territory::MunicipalityCode;

/// One figure of one municipality and year, in hectares (kilograms for seizures).
#[derive(Debug, Clone)]
pub struct Entry {
    /// Municipality.
    pub code: MunicipalityCode,
    /// Year.
    pub year: i32,
    /// Method of eradication, where a column tells it.
    pub method: Option<Method>,
    /// The figure.
    pub value: Exact,
    /// Line of the file.
    pub line: u64,
}

/// A record file, read.
#[derive(Debug, Clone)]
pub struct RecordFile {
    /// The file.
    pub path: String,
    /// What it holds.
    pub kind: Kind,
    /// How that was told.
    pub why: String,
    /// Rows of data in the file.
    pub rows: usize,
    /// Municipal figures, in the order of the file.
    pub entries: Vec<Entry>,
    /// Names by code: labels.
    pub names: BTreeMap<MunicipalityCode, String>,
    /// Years that the file covers.
    pub years: BTreeSet<i32>,
    /// What is odd in it.
    pub notes: Vec<String>,
}

impl RecordFile {
    /// Sum of the municipal rows by year.
    pub fn sum_by_year(&self) -> BTreeMap<i32, Exact> {
        sums(&self.entries, &self.years)
    }

    /// How many municipalities have a row.
    pub fn municipalities(&self) -> usize {
        self.names.len()
    }
}

fn sums(entries: &[Entry], years: &BTreeSet<i32>) -> BTreeMap<i32, Exact> {
    let mut sums: BTreeMap<i32, Exact> = years.iter().map(|y| (*y, Exact::ZERO)).collect();
    for entry in entries {
        *sums.entry(entry.year).or_default() += entry.value;
    }
    sums
}

/// What is gathered while the rows go by.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub entries: Vec<Entry>,
    pub names: BTreeMap<MunicipalityCode, String>,
    pub years: BTreeSet<i32>,
    /// Rows that are no municipality, by code and label: rows and sum.
    pub other_places: BTreeMap<(String, String), (usize, Exact)>,
    /// Codes that got their leading zero back.
    pub padded: BTreeSet<MunicipalityCode>,
    /// Blank cells.
    pub blanks: usize,
    /// Year columns without a single figure.
    pub empty_years: Vec<i32>,
    /// Events left out, by crop and unit: rows and amount.
    pub left_out: BTreeMap<(String, String), (usize, Exact)>,
    /// First and last day of the events that were added up.
    pub days: Option<(Day, Day)>,
}

/// Reads the figures of a table. Where nothing tells its kind, it is `asked_for`, if that is given.
///
/// # Errors
/// [`RecordError`] naming the file, line and column.
pub fn parse(table: &TextTable, asked_for: Option<Kind>) -> Result<RecordFile, RecordError> {
    let layout = find_layout(table)?;
    let mut notes = table.notes.clone();
    let formats = Formats::decide(table, &layout.value_columns(), &mut notes)?;
    let mut gathered = Gathered::default();
    for row in &table.rows {
        Row { table, layout: &layout, formats: &formats, row }.gather(&mut gathered)?;
    }
    if gathered.names.is_empty() && gathered.other_places.is_empty() {
        return Err(RecordError::NoRows { file: table.file.clone() });
    }
    drop_empty_years(&layout, &mut gathered);
    let repeated = first_repeat(table, &layout, &gathered.entries);
    let asked_for =
        asked_for.map(|kind| Told { kind, why: "as asked for: nothing in the file tells its kind".to_owned() });
    let Some(told) = tell_kind(table, &layout, &gathered).or(asked_for) else {
        return Err(repeated.map_or(RecordError::UnknownKind { file: table.file.clone() }, |r| r.error));
    };
    match (told.kind, repeated) {
        (Kind::Events, _) | (_, None) => (),
        (Kind::Seizures, Some(r)) => notes.push(format!(
            "{} rows repeat a municipality and year (first: {}); seizures of both rows are added",
            r.count, r.key
        )),
        (_, Some(r)) => return Err(r.error),
    }
    notes.insert(0, format!("{}: {}", told.kind, told.why));
    odd::describe(&told.kind, &layout, &gathered, &mut notes);
    let Gathered { entries, names, years, .. } = gathered;
    let (kind, why) = (told.kind, told.why);
    Ok(RecordFile { path: table.file.clone(), kind, why, rows: table.rows.len(), entries, names, years, notes })
}

fn tell_kind(table: &TextTable, layout: &Layout, gathered: &Gathered) -> Option<Told> {
    let only_spraying = || {
        let mut methods = gathered.entries.iter().map(|e| e.method).peekable();
        methods.peek().is_some() && methods.all(|m| m == Some(Method::Spraying))
    };
    let by_column = match &layout.shape {
        Shape::Events { .. } => Some(Kind::Events),
        Shape::Long { kind: Some(Kind::Eradication), .. } if only_spraying() => Some(Kind::Spraying),
        Shape::Long { kind, .. } => *kind,
        Shape::Wide(_) => None,
    };
    let speaks = |row: &TextRow| row.fields.iter().any(|f| normalised(f).contains("erradi"));
    tell(&Clues {
        by_column,
        file_name: table.file_name(),
        sums: &sums(&gathered.entries, &gathered.years),
        international: gathered.other_places.keys().any(|(_, label)| normalised(label) == "internacional"),
        cells_speak_of_eradication: table.rows.iter().take(50).any(speaks),
    })
}

/// A year column without a figure is a year not yet published, not a year without coca.
fn drop_empty_years(layout: &Layout, gathered: &mut Gathered) {
    let Shape::Wide(years) = &layout.shape else { return };
    for (_, year) in years.iter().filter(|(_, y)| !gathered.years.contains(y)) {
        gathered.empty_years.push(*year);
    }
    let covered = &gathered.years;
    gathered.entries.retain(|e| covered.contains(&e.year));
}

struct Repeat {
    key: String,
    count: usize,
    error: RecordError,
}

fn first_repeat(table: &TextTable, layout: &Layout, entries: &[Entry]) -> Option<Repeat> {
    let mut seen = BTreeMap::new();
    let mut found: Option<(&Entry, u64)> = None;
    let mut lines = BTreeSet::new();
    for entry in entries {
        match seen.entry((&entry.code, entry.year, entry.method)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(entry.line);
            }
            std::collections::btree_map::Entry::Occupied(first) => {
                lines.insert(entry.line);
                found.get_or_insert((entry, *first.get()));
            }
        }
    }
    let (entry, first) = found?;
    let method = entry.method.map(|m| format!(", {}", m.word())).unwrap_or_default();
    let key = match layout.shape {
        Shape::Wide(_) => format!("municipality {}", entry.code),
        _ => format!("municipality {} in {}{method}", entry.code, entry.year),
    };
    let (file, column) = (table.file.clone(), table.header[layout.code].clone());
    let error = RecordError::DuplicateKey { file, line: entry.line, column, key: key.clone(), first };
    Some(Repeat { key, count: lines.len(), error })
}

/// The number format of each column of figures.
struct Formats(BTreeMap<usize, NumberFormat>);

impl Formats {
    fn decide(table: &TextTable, columns: &[usize], notes: &mut Vec<String>) -> Result<Self, RecordError> {
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

impl Layout {
    fn value_columns(&self) -> Vec<usize> {
        match &self.shape {
            Shape::Wide(years) => years.iter().map(|(column, _)| *column).collect(),
            Shape::Long { value, .. } => vec![*value],
            Shape::Events { amount, .. } => vec![*amount],
        }
    }
}

/// A row with all that is needed to read it.
struct Row<'a> {
    table: &'a TextTable,
    layout: &'a Layout,
    formats: &'a Formats,
    row: &'a TextRow,
}

impl Row<'_> {
    fn gather(&self, gathered: &mut Gathered) -> Result<(), RecordError> {
        match &self.layout.shape {
            Shape::Wide(years) => {
                for (column, year) in years {
                    let figure = self.figure(*column)?;
                    if figure.is_some() {
                        gathered.years.insert(*year);
                    } else {
                        gathered.blanks += 1;
                    }
                    self.add(gathered, *year, None, figure.unwrap_or_default());
                }
            }
            Shape::Long { year, value, method, .. } => {
                let year = self.year(*year)?;
                let method = method.map(|column| self.method(column)).transpose()?;
                match self.figure(*value)? {
                    Some(figure) => {
                        gathered.years.insert(year);
                        self.add(gathered, year, method, figure);
                    }
                    None => gathered.blanks += 1,
                }
            }
            Shape::Events { date, crop, unit, amount, method } => {
                let Some(day) = parse_day(self.text(*date)) else {
                    let (file, line, column, text) = self.place(*date);
                    return Err(RecordError::BadDate { file, line, column, text });
                };
                let Some(figure) = self.figure(*amount)? else {
                    gathered.blanks += 1;
                    return Ok(());
                };
                if !is_coca(self.text(*crop)) || !is_hectare(self.text(*unit)) {
                    let key = (self.text(*crop).to_owned(), self.text(*unit).to_owned());
                    let left = gathered.left_out.entry(key).or_default();
                    *left = (left.0 + 1, left.1 + figure);
                    return Ok(());
                }
                let method = method.map(|column| self.method(column)).transpose()?;
                let (first, last) = gathered.days.unwrap_or((day, day));
                gathered.days = Some((first.min(day), last.max(day)));
                gathered.years.insert(day.year);
                self.add(gathered, day.year, method, figure);
            }
        }
        Ok(())
    }

    /// Adds a figure to its municipality, or to the places that are none.
    fn add(&self, gathered: &mut Gathered, year: i32, method: Option<Method>, value: Exact) {
        let text = self.text(self.layout.code);
        let label = self.layout.name.map_or("", |column| self.text(column));
        match MunicipalityCode::parse(text) {
            // xx000 is the department itself, in tables that add their own totals.
            Ok(code) if !code.as_str().ends_with("000") => {
                if MunicipalityCode::was_padded(text) {
                    gathered.padded.insert(code.clone());
                }
                gathered.names.entry(code.clone()).or_insert_with(|| label.to_owned());
                gathered.entries.push(Entry { code, year, method, value, line: self.row.line });
            }
            _ => {
                let place = gathered.other_places.entry((text.to_owned(), label.to_owned())).or_default();
                *place = (place.0 + 1, place.1 + value);
            }
        }
    }

    fn text(&self, column: usize) -> &str {
        &self.row.fields[column]
    }

    fn place(&self, column: usize) -> (String, u64, String, String) {
        let column_name = self.table.header[column].clone();
        (self.table.file.clone(), self.row.line, column_name, self.text(column).to_owned())
    }

    fn figure(&self, column: usize) -> Result<Option<Exact>, RecordError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let format = self.formats.0.get(&column).copied().unwrap_or(NumberFormat::Point);
        let value = number_format::parse(text, format);
        let (file, line, column, text) = self.place(column);
        match value {
            Some(value) if value < Exact::ZERO => Err(RecordError::Negative { file, line, column, text }),
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

    fn year(&self, column: usize) -> Result<i32, RecordError> {
        let text = self.text(column);
        let year = text.strip_suffix(".0").unwrap_or(text).parse::<i32>().ok().filter(|y| (1980..=2100).contains(y));
        year.ok_or_else(|| {
            let (file, line, column, text) = self.place(column);
            RecordError::BadYear { file, line, column, text }
        })
    }

    fn method(&self, column: usize) -> Result<Method, RecordError> {
        parse_method(self.text(column)).ok_or_else(|| {
            let (file, line, column, text) = self.place(column);
            RecordError::BadMethod { file, line, column, text }
        })
    }
}
