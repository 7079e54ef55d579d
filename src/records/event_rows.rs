//! Eradication event by event: each row is a figure of a day, or is left out by name.
//!
//! A file of events is long and written by many hands, so one bad row does not spoil it: what cannot be used is listed with
//! its line and its rule, and no sum holds it. Square metres are hectares by a factor; plants are not.

use std::collections::BTreeSet;

use super::error::RecordError;
use super::events::{is_coca, parse_day};
use super::kind::Kind;
use super::layout::EventColumns;
use super::parse::{Gathered, LeftOut, Row};
use super::quantity::Exact;
use super::units::{Dimension, factor};
use crate::territory::MunicipalityCode;

/// More hectares than one event has eradicated: an amount of other units, or a typing error. It is kept and noted.
pub(super) const ABSURD_HA: Exact = Exact::from_whole(5_000);

/// A row that no sum holds.
enum Unusable {
    /// It breaks a rule of the format.
    Bad(RecordError),
    /// It holds nothing that can be added up.
    Empty(String),
    /// It is well written, and of another crop or unit.
    Other { why: String, amount: Exact },
}

impl From<RecordError> for Unusable {
    fn from(error: RecordError) -> Self {
        Self::Bad(error)
    }
}

impl Gathered {
    /// Leaves out the rows whose unit is none of their kind: kilograms of a census, hectares of seizures.
    pub(super) fn drop_other_dimensions(&mut self, kind: Kind) {
        let wanted = if kind == Kind::Seizures { Dimension::Mass } else { Dimension::Area };
        let wrong: BTreeSet<u64> =
            self.dimensions.iter().filter(|(_, dimension)| *dimension != wanted).map(|(line, _)| *line).collect();
        self.entries.retain(|entry| !wrong.contains(&entry.line));
        let why = format!("its unit is none of {kind}");
        self.left_out.extend(wrong.into_iter().map(|line| LeftOut { line, why: why.clone(), other: None }));
        self.left_out.sort_by_key(|row| row.line);
    }
}

impl Row<'_> {
    /// Whether the row's code is one of a municipality; `xx000` is the department itself.
    pub(super) fn is_municipal(&self) -> bool {
        MunicipalityCode::parse(self.text(self.layout.code)).is_ok_and(|code| !code.as_str().ends_with("000"))
    }

    /// Adds the event, or says why not.
    pub(super) fn gather_event(&self, columns: &EventColumns, gathered: &mut Gathered) {
        let line = self.row.line;
        match self.event(columns, gathered) {
            Ok(()) => (),
            Err(Unusable::Empty(why)) => gathered.left_out.push(LeftOut { line, why, other: None }),
            Err(Unusable::Other { why, amount }) => {
                let (crop, unit) = (self.text(columns.crop).to_owned(), self.text(columns.unit).to_owned());
                gathered.left_out.push(LeftOut { line, why, other: Some((crop, unit, amount)) });
            }
            Err(Unusable::Bad(error)) => {
                gathered.left_out.push(LeftOut { line, why: error.to_string(), other: None });
                gathered.first_bad.get_or_insert(error);
            }
        }
    }

    /// The ratio that carries a row's figures into hectares or kilograms; `None` where the row is left out, which is noted: of
    /// another crop, or in a unit of neither.
    pub(super) fn unit_of_row(&self, gathered: &mut Gathered) -> Option<(i64, i64)> {
        let (line, text) = (self.row.line, |column: Option<usize>| column.map(|c| self.text(c)).unwrap_or_default());
        let (crop, unit) = (text(self.layout.crop), text(self.layout.unit));
        let mut leave_out = |why: String| gathered.left_out.push(LeftOut { line, why, other: None });
        if !crop.is_empty() && !is_coca(crop) {
            leave_out(format!("the crop is '{crop}', not coca"));
            return None;
        }
        if unit.is_empty() {
            return Some((1, 1));
        }
        let Some((dimension, over, under)) = factor(unit) else {
            leave_out(format!("the unit '{unit}' is neither hectares nor kilograms"));
            return None;
        };
        gathered.dimensions.push((line, dimension));
        if (over, under) != (1, 1) {
            gathered.converted.push(line);
        }
        Some((over, under))
    }

    fn event(&self, columns: &EventColumns, gathered: &mut Gathered) -> Result<(), Unusable> {
        let Some(day) = parse_day(self.text(columns.date)) else {
            let (file, line, column, text) = self.place(columns.date);
            return Err(RecordError::BadDate { file, line, column, text }.into());
        };
        let (crop, unit) = (self.text(columns.crop), self.text(columns.unit));
        let Some(amount) = self.figure(columns.amount)? else {
            return Err(Unusable::Empty("no amount".to_owned()));
        };
        if !is_coca(crop) {
            return Err(Unusable::Other { why: format!("the crop is '{crop}', not coca"), amount });
        }
        let hectares = match factor(unit) {
            Some((Dimension::Area, over, under)) => {
                if (over, under) != (1, 1) {
                    gathered.converted.push(self.row.line);
                }
                amount.times_ratio(over, under)
            }
            _ => {
                let why = format!("{} '{unit}' of '{crop}' are not hectares", amount.grouped());
                return Err(Unusable::Other { why, amount });
            }
        };
        let method = columns.method.map(|column| self.method(column)).transpose()?;
        let elsewhere = gathered.elsewhere.len();
        self.add(gathered, day.year, method, hectares);
        if gathered.elsewhere.len() > elsewhere {
            let place = gathered.elsewhere.pop();
            let (code, label) = place.map(|p| (p.code, p.label)).unwrap_or_default();
            return Err(Unusable::Empty(format!("no municipality: code '{code}', '{label}'")));
        }
        let (first, last) = gathered.days.unwrap_or((day, day));
        gathered.days = Some((first.min(day), last.max(day)));
        gathered.years.insert(day.year);
        Ok(())
    }
}
