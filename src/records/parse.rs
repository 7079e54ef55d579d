//! From a table of text to figures per municipality and year.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::eradication::Method;
use super::error::RecordError;
use super::events::{Day, parse_method};
use super::formats::Formats;
use super::kind::{Clue, Clues, Kind, Told, tell};
use super::layout::{self, Layout, Shape, find_layout};
use super::number_format::{self, NumberFormat};
use super::odd;
use super::quantity::Exact;
use super::seizures::Product;
use super::text_table::{TextRow, TextTable, normalised};
use super::units::Dimension;
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
    /// What was seized, where a column tells it.
    pub product: Option<Product>,
    /// The figure.
    pub value: Exact,
    /// Line of the file.
    pub line: u64,
}

/// A figure of a place that is no municipality: what was seized abroad, or a total among the rows. Never in a sum.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// What stands for its code.
    pub code: String,
    /// What stands for its name.
    pub label: String,
    /// Year.
    pub year: i32,
    /// What was seized, where a column tells it.
    pub product: Option<Product>,
    /// The figure, in the unit of the file.
    pub value: Exact,
    /// Line of the file.
    pub line: u64,
}

impl Elsewhere {
    /// Whether the place is what portals call the rest of the world.
    pub fn is_abroad(&self) -> bool {
        matches!(normalised(&self.label).as_str(), "internacional" | "international" | "exterior" | "abroad")
    }
}

/// A row that no sum holds, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Line of the file.
    pub line: u64,
    /// The rule that it breaks.
    pub why: String,
    /// Crop, unit and amount, where it is well written and of something else.
    #[serde(skip)]
    pub other: Option<(String, String, Exact)>,
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
    /// Figures of places that are no municipality, in the order of the file.
    pub elsewhere: Vec<Elsewhere>,
    /// Rows that no sum holds, in the order of the file.
    pub left_out: Vec<LeftOut>,
    /// Which edition of the figures: what the file says of it, else the years that it covers.
    pub vintage: String,
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
    /// Figures of places that are no municipality.
    pub elsewhere: Vec<Elsewhere>,
    /// Codes that got their leading zero back.
    pub padded: BTreeSet<MunicipalityCode>,
    /// Blank cells.
    pub blanks: usize,
    /// Year columns without a single figure.
    pub empty_years: Vec<i32>,
    /// Rows that no sum holds.
    pub left_out: Vec<LeftOut>,
    /// Lines whose amount was read in another unit.
    pub converted: Vec<u64>,
    /// What the units of lines measure, where a column tells them.
    pub dimensions: Vec<(u64, Dimension)>,
    /// The first row that could not be read, for a file of which none can.
    pub first_bad: Option<RecordError>,
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
    notes.extend(layout::unread_years(table));
    let formats = Formats::decide(table, &layout.value_columns(), &mut notes)?;
    let mut gathered = Gathered::default();
    for row in &table.rows {
        Row { table, layout: &layout, formats: &formats, row }.gather(&mut gathered)?;
    }
    if gathered.names.is_empty() && gathered.elsewhere.is_empty() {
        return Err(nothing_usable(table, gathered));
    }
    drop_empty_years(&layout, &mut gathered);
    let repeated = first_repeat(table, &layout, &gathered.entries);
    let Some(told) = decide_kind(tell_kind(table, &layout, &gathered), asked_for) else {
        return Err(repeated.map_or(RecordError::UnknownKind { file: table.file.clone() }, |r| r.error));
    };
    gathered.drop_other_dimensions(told.kind);
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
    let vintage = layout::vintage(table, &gathered.years);
    let Gathered { entries, elsewhere, left_out, names, years, .. } = gathered;
    let (path, Told { kind, why, .. }, rows) = (table.file.clone(), told, table.rows.len());
    Ok(RecordFile { path, kind, why, rows, entries, elsewhere, left_out, vintage, names, years, notes })
}

/// What was asked for stands where nothing, or but for a census only the file's name, tells the kind. A table of substitution
/// may call its hectares eradicated: those were, by the growers.
fn decide_kind(told: Option<Told>, asked_for: Option<Kind>) -> Option<Told> {
    let Some(kind) = asked_for else { return told };
    let yields = |told: &Told| match told.by {
        Clue::Name => kind != Kind::Census,
        Clue::Columns => (kind, told.kind) == (Kind::Substitution, Kind::Eradication),
        Clue::Figures | Clue::Asked => false,
    };
    match told {
        Some(told) if told.kind == kind || !yields(&told) => Some(told),
        _ => Some(Told { kind, why: "as asked for: nothing in the file tells its kind".to_owned(), by: Clue::Asked }),
    }
}

/// Why no row can be used: the fault of the first, where each has one.
fn nothing_usable(table: &TextTable, gathered: Gathered) -> RecordError {
    let file = table.file.clone();
    match (gathered.first_bad, gathered.left_out.first()) {
        (Some(error), _) => error,
        (None, Some(first)) => {
            RecordError::NothingUsable { file, rows: gathered.left_out.len(), line: first.line, why: first.why.clone() }
        }
        (None, None) => RecordError::NoRows { file },
    }
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
        international: gathered.elsewhere.iter().any(Elsewhere::is_abroad),
        cells_speak_of_eradication: table.rows.iter().take(50).any(speaks),
    })
}

/// A year column without a figure is a year not yet published, not a year without coca.
fn drop_empty_years(layout: &Layout, gathered: &mut Gathered) {
    let Shape::Wide(years) = &layout.shape else { return };
    let empty = years.iter().map(|(_, year)| *year).filter(|year| !gathered.years.contains(year));
    gathered.empty_years.extend(empty);
    gathered.entries.retain(|e| gathered.years.contains(&e.year));
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
        match seen.entry((&entry.code, entry.year, entry.method, entry.product)) {
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

impl Layout {
    fn value_columns(&self) -> Vec<usize> {
        match &self.shape {
            Shape::Wide(years) => years.iter().map(|(column, _)| *column).collect(),
            Shape::Long { value, .. } => vec![*value],
            Shape::Events(columns) => vec![columns.amount],
        }
    }
}

/// A row with all that is needed to read it.
pub(super) struct Row<'a> {
    pub table: &'a TextTable,
    pub layout: &'a Layout,
    pub formats: &'a Formats,
    pub row: &'a TextRow,
}

impl Row<'_> {
    fn gather(&self, gathered: &mut Gathered) -> Result<(), RecordError> {
        if let Shape::Events(columns) = &self.layout.shape {
            self.gather_event(columns, gathered);
            return Ok(());
        }
        let Some(ratio) = self.unit_of_row(gathered) else { return Ok(()) };
        match &self.layout.shape {
            Shape::Wide(years) => {
                for (column, year) in years {
                    let figure = self.figure(*column)?;
                    gathered.blanks += usize::from(figure.is_none());
                    if figure.is_some() && self.is_municipal() {
                        gathered.years.insert(*year);
                    }
                    self.add(gathered, *year, None, figure.unwrap_or_default().times_ratio(ratio.0, ratio.1));
                }
            }
            Shape::Long { year, value, method, .. } => {
                let year = self.year(*year)?;
                let method = method.map(|column| self.method(column)).transpose()?;
                match self.figure(*value)? {
                    Some(figure) => {
                        gathered.years.insert(year);
                        self.add(gathered, year, method, figure.times_ratio(ratio.0, ratio.1));
                    }
                    None => gathered.blanks += 1,
                }
            }
            Shape::Events(_) => (),
        }
        Ok(())
    }

    /// Adds a figure to its municipality, or to the places that are none.
    pub(super) fn add(&self, gathered: &mut Gathered, year: i32, method: Option<Method>, value: Exact) {
        let text = self.text(self.layout.code);
        let label = self.layout.name.map_or("", |column| self.text(column));
        let product = self.layout.product.and_then(|column| Product::from_words(self.text(column)));
        match MunicipalityCode::parse(text) {
            // xx000 is the department itself, in tables that add their own totals.
            Ok(code) if !code.as_str().ends_with("000") => {
                if MunicipalityCode::was_padded(text) {
                    gathered.padded.insert(code.clone());
                }
                gathered.names.entry(code.clone()).or_insert_with(|| label.to_owned());
                gathered.entries.push(Entry { code, year, method, product, value, line: self.row.line });
            }
            _ => {
                let (code, label, line) = (text.to_owned(), label.to_owned(), self.row.line);
                gathered.elsewhere.push(Elsewhere { code, label, year, product, value, line });
            }
        }
    }

    pub(super) fn text(&self, column: usize) -> &str {
        &self.row.fields[column]
    }

    pub(super) fn place(&self, column: usize) -> (String, u64, String, String) {
        let column_name = self.table.header[column].clone();
        (self.table.file.clone(), self.row.line, column_name, self.text(column).to_owned())
    }

    pub(super) fn figure(&self, column: usize) -> Result<Option<Exact>, RecordError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        let format = self.formats.of(column);
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

    pub(super) fn method(&self, column: usize) -> Result<Method, RecordError> {
        parse_method(self.text(column)).ok_or_else(|| {
            let (file, line, column, text) = self.place(column);
            RecordError::BadMethod { file, line, column, text }
        })
    }
}
