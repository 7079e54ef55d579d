//! Rows of an event file as events. A row that cannot be used stays, with its faults.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::columns::{Columns, MissingColumn};
use super::dates::Evidence;
use super::footprint::{Footprint, Place};
use super::notes::Noted;
use super::quantity::QuantityColumn;
use super::settings::Settings;
use crate::records::events::{is_coca, parse_method};
use crate::records::renamed::founded;
use crate::records::text_table::{TextRow, TextTable};
use crate::records::{Exact, Method, figures};
use crate::territory::MunicipalityCode;

/// A table whose rows have places; `io` makes it from any vector file or a CSV.
#[derive(Debug)]
pub struct PlacedTable {
    /// The fields as text.
    pub table: TextTable,
    /// Place of each row.
    pub places: Vec<Place>,
    /// For each column whether its fields were numbers in the file.
    pub numeric: Vec<bool>,
}

/// Why a row cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Date absent or unreadable.
    #[error("{}", absent("date", .0))]
    NoDate(String),
    /// No geometry, or one that has no ground.
    #[error("no place: {0}")]
    NoPlace(String),
    /// Absent or no number.
    #[error("{}", absent("quantity", .0))]
    NoQuantity(String),
    /// A mark that groups thousands or begins decimals.
    #[error("the quantity '{0}' can be read in two ways, and the rest of the column does not decide")]
    AmbiguousQuantity(String),
    /// A quantity without unit in a file that has units.
    #[error("no unit for the quantity '{0}'")]
    NoUnit(String),
    /// Plants.
    #[error("{0}: plants cannot be converted into hectares (their density is not known)")]
    Plants(String),
    /// Another unit.
    #[error("{0}: the unit is none of ground")]
    Unit(String),
    /// Zero or less.
    #[error("{0} ha: an event has more than zero hectares")]
    NotPositive(Exact),
    /// More than an event can be.
    #[error("{hectares} ha: more than {limit} ha is no single event (a sum, or another unit?)")]
    TooLarge {
        /// What was reported.
        hectares: Exact,
        /// The limit.
        limit: f64,
    },
    /// More than its municipality.
    #[error("{hectares} ha: more than the whole municipality ({municipality_ha:.0} ha)")]
    LargerThanMunicipality {
        /// What was reported.
        hectares: Exact,
        /// The municipality's hectares.
        municipality_ha: f64,
    },
    /// Not coca.
    #[error("another crop: '{0}'")]
    OtherCrop(String),
}

fn absent(what: &str, text: &str) -> String {
    if text.is_empty() { format!("no {what}") } else { format!("'{text}' is no {what}") }
}

impl Fault {
    /// The kind of fault, for counts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoDate(_) => "no date",
            Self::NoPlace(_) => "no place",
            Self::NoQuantity(_) => "no quantity",
            Self::AmbiguousQuantity(_) => "a quantity that can be read in two ways",
            Self::NoUnit(_) => "no unit",
            Self::Plants(_) => "a quantity in plants",
            Self::Unit(_) => "a unit that is none of ground",
            Self::NotPositive(_) => "hectares of zero or less",
            Self::TooLarge { .. } => "more hectares than an event can have",
            Self::LargerThanMunicipality { .. } => "more hectares than the municipality",
            Self::OtherCrop(_) => "another crop than coca",
        }
    }
}

/// One record.
#[derive(Debug)]
pub struct Event {
    /// Its name in the file, or its line.
    pub record_id: String,
    /// Line of a CSV file, or number of the feature.
    pub line: u64,
    /// Municipality, as the record says.
    pub municipality_code: Option<MunicipalityCode>,
    /// Day.
    pub date: Option<Date>,
    /// Method, where the record says one.
    pub method: Option<Method>,
    /// What was reported, also where it cannot be used.
    pub reported_ha: Option<Exact>,
    /// Its ground; `None` where the row cannot be used.
    pub footprint: Option<Footprint>,
    /// Why it cannot be used.
    pub faults: Vec<Fault>,
    /// What else is to be said of it.
    pub remarks: Vec<String>,
}

impl Event {
    /// Date and ground of a record that can be used.
    pub fn usable(&self) -> Option<(Date, &Footprint)> {
        self.date.zip(self.footprint.as_ref()).filter(|_| self.faults.is_empty())
    }
}

/// A file without a single record that can be used.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A column that every event needs.
    #[error(transparent)]
    Column(#[from] MissingColumn),
    /// No rows.
    #[error("{file} has no rows")]
    NoRows {
        /// The file.
        file: String,
    },
    /// A file of another crop.
    #[error("{file}: none of its {rows} rows is coca (the first is '{crop}'); this is a file of another crop")]
    NoCoca {
        /// The file.
        file: String,
        /// How many rows.
        rows: usize,
        /// The crop of the first.
        crop: String,
    },
    /// Every row has a fault.
    #[error("{file}: none of its {rows} rows can be used: {faults}")]
    NoneUsable {
        /// The file.
        file: String,
        /// How many rows.
        rows: usize,
        /// Kinds of fault with their lines.
        faults: String,
    },
}

/// The events of a file, in its order.
#[derive(Debug)]
pub struct EventFile {
    /// One for every row.
    pub events: Vec<Event>,
    /// What is odd in the file, with lines.
    pub notes: Vec<String>,
}

/// What all rows of a file share.
struct Reader<'a> {
    columns: Columns,
    dates: Evidence,
    quantities: QuantityColumn,
    settings: &'a Settings,
    municipality_ha: &'a BTreeMap<MunicipalityCode, f64>,
}

/// Reads the events. `municipality_ha`, where known: what no event of a municipality can exceed.
///
/// # Errors
/// [`EventError`] where a needed column is missing or not one row can be used.
pub fn read_events(
    placed: PlacedTable,
    settings: &Settings,
    municipality_ha: &BTreeMap<MunicipalityCode, f64>,
) -> Result<EventFile, EventError> {
    let PlacedTable { table, places, numeric } = placed;
    let columns = Columns::find(&table)?;
    let is_number = numeric.get(columns.amount).copied().unwrap_or_default();
    let cells = table.cells(columns.amount);
    let reader = Reader {
        dates: Evidence::of(table.cells(columns.date).map(|(_, text)| text)),
        quantities: QuantityColumn::of(cells, is_number, columns.named_unit, columns.unit.is_some()),
        columns,
        settings,
        municipality_ha,
    };
    let mut noted = Noted::default();
    let rows = table.rows.iter().zip(places);
    let events: Vec<Event> = rows.map(|(row, place)| reader.event(row, place, &mut noted)).collect();
    refuse_useless(&table, &reader.columns, &events)?;
    let mut notes = table.notes.clone();
    reader.describe(&mut notes);
    noted.describe(&events, &mut notes);
    Ok(EventFile { events, notes })
}

/// An event under the code of a municipality that did not exist on its day: its ground was another's.
fn note_founding(
    code: Option<&MunicipalityCode>,
    date: Option<Date>,
    line: u64,
    (remarks, noted): (&mut Vec<String>, &mut Noted),
) {
    let Some((split, date)) = code.and_then(|code| founded(code.as_str())).zip(date) else { return };
    if i32::from(date.year()) < split.since {
        noted.early.push(line);
        let (name, since, parent) = (split.name, split.since, split.parent_name);
        remarks.push(format!(
            "{name} has figures of its own from {since} on; its ground was part of {} {parent}",
            split.parent
        ));
    }
}

impl Reader<'_> {
    fn event(&self, row: &TextRow, place: Place, noted: &mut Noted) -> Event {
        let text = |column: Option<usize>| column.map(|c| row.fields[c].as_str()).unwrap_or_default();
        let (mut faults, mut remarks) = (Vec::new(), Vec::new());
        let crop = text(self.columns.crop);
        if self.columns.crop.is_some() && !is_coca(crop) {
            faults.push(Fault::OtherCrop(crop.to_owned()));
        }
        let date = self.date(row, &mut faults, (&mut remarks, noted));
        let municipality_code = self.code(text(self.columns.code), row.line, (&mut remarks, noted));
        note_founding(municipality_code.as_ref(), date, row.line, (&mut remarks, noted));
        let method_text = text(self.columns.method);
        let method = parse_method(method_text);
        if method.is_none() {
            noted.no_method.push(row.line);
            if !method_text.is_empty() {
                remarks.push(format!("the method '{method_text}' is none that is known"));
            }
        }
        let reported_ha = match self.quantities.read(text(Some(self.columns.amount)), text(self.columns.unit)) {
            Ok(quantity) => {
                if let Some(unit) = quantity.converted_from {
                    noted.converted.push(row.line);
                    remarks.push(format!("converted from {} {unit}", text(Some(self.columns.amount))));
                }
                faults.extend(self.too_much(quantity.hectares, municipality_code.as_ref()));
                Some(quantity.hectares)
            }
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let footprint = self.footprint(place, reported_ha, &mut faults, &mut remarks);
        let id = text(self.columns.id);
        let record_id = if id.is_empty() { row.line.to_string() } else { id.to_owned() };
        let line = row.line;
        Event { record_id, line, municipality_code, date, method, reported_ha, footprint, faults, remarks }
    }

    fn date(
        &self,
        row: &TextRow,
        faults: &mut Vec<Fault>,
        (remarks, noted): (&mut Vec<String>, &mut Noted),
    ) -> Option<Date> {
        let text = &row.fields[self.columns.date];
        let Some(reading) = self.dates.read(text) else {
            faults.push(Fault::NoDate(text.clone()));
            return None;
        };
        if reading.doubtful {
            noted.doubtful_dates.push(row.line);
            remarks.push(format!("the date '{text}' was read day first; it may be month first"));
        }
        Some(reading.date)
    }

    fn code(
        &self,
        text: &str,
        line: u64,
        (remarks, noted): (&mut Vec<String>, &mut Noted),
    ) -> Option<MunicipalityCode> {
        if text.is_empty() {
            noted.no_code.push(line);
            return None;
        }
        let Ok(code) = MunicipalityCode::parse(text) else {
            noted.no_code.push(line);
            remarks.push(format!("'{text}' is no municipality code of five digits"));
            return None;
        };
        if let Some(what) = figures::retired(code.as_str()) {
            noted.retired.push(line);
            remarks.push(format!("code {code} is no longer in use: {what}"));
        }
        Some(code)
    }

    fn too_much(&self, hectares: Exact, code: Option<&MunicipalityCode>) -> Option<Fault> {
        if hectares <= Exact::ZERO {
            return Some(Fault::NotPositive(hectares));
        }
        if hectares.to_f64() > self.settings.largest_ha {
            return Some(Fault::TooLarge { hectares, limit: self.settings.largest_ha });
        }
        let municipality_ha = *self.municipality_ha.get(code?)?;
        (hectares.to_f64() > municipality_ha).then_some(Fault::LargerThanMunicipality { hectares, municipality_ha })
    }

    /// The ground of a row without faults so far; the fault of having none in any case.
    fn footprint(
        &self,
        place: Place,
        reported_ha: Option<Exact>,
        faults: &mut Vec<Fault>,
        remarks: &mut Vec<String>,
    ) -> Option<Footprint> {
        match &place {
            Place::Missing(why) => faults.push(Fault::NoPlace(why.clone())),
            Place::Polygon(_, Some(repair)) => remarks.push(repair.clone()),
            Place::Polygon(_, None) | Place::Point(_) => {}
        }
        let reported = reported_ha.filter(|_| faults.is_empty())?;
        let footprint = Footprint::of(place, reported.to_f64(), self.settings);
        if footprint.is_none() {
            faults.push(Fault::NoPlace("its polygon has no area".to_owned()));
        }
        footprint
    }

    fn describe(&self, notes: &mut Vec<String>) {
        if self.columns.crop.is_none() {
            notes.push("no column for the crop: every row is taken as coca".to_owned());
        }
        if self.quantities.assumes_hectares() {
            notes.push("no unit is said anywhere: the quantities are taken as hectares".to_owned());
        }
        if self.dates.contradicts_itself() {
            notes.push("the dates are day first in some rows and month first in others".to_owned());
        }
    }
}

fn refuse_useless(table: &TextTable, columns: &Columns, events: &[Event]) -> Result<(), EventError> {
    let (file, rows) = (table.file.clone(), events.len());
    let Some(first) = table.rows.first() else { return Err(EventError::NoRows { file }) };
    if events.iter().any(|event| event.usable().is_some()) {
        return Ok(());
    }
    let other = |event: &Event| event.faults.iter().any(|f| matches!(f, Fault::OtherCrop(_)));
    match columns.crop {
        Some(crop) if events.iter().all(other) => {
            Err(EventError::NoCoca { file, rows, crop: first.fields[crop].clone() })
        }
        _ => Err(EventError::NoneUsable { file, rows, faults: super::notes::faults(events).join("; ") }),
    }
}
