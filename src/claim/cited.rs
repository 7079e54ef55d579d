//! Figures of a file that keep the lines they stand in.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::place::Place;
use crate::records::{Exact, Method, RecordFile};
use crate::territory::MunicipalityCode;

/// A figure's origin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// What it is.
    pub figure: String,
    /// Its year.
    pub year: i32,
    /// The figure, hectares (kilograms of seizures).
    pub value: f64,
    /// The file, or who published it.
    pub source: String,
    /// Which edition of the figure.
    pub vintage: String,
    /// Lines of the file; blank for a published figure.
    pub rows: String,
}

/// Hectares of a year by municipality, with the lines that hold them.
pub(super) type OfYear = BTreeMap<MunicipalityCode, (Exact, Vec<u64>)>;

/// The figures of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub file: String,
    vintage: String,
    pub years: BTreeMap<i32, OfYear>,
}

impl Table {
    fn add(&mut self, year: i32, code: &MunicipalityCode, value: Exact, line: u64) {
        let cell = self.years.entry(year).or_default().entry(code.clone()).or_default();
        cell.0 += value;
        cell.1.push(line);
    }

    /// The figures of a file, of one method where its rows tell methods.
    pub fn of_file(file: &RecordFile, method: Option<Method>) -> Self {
        let vintage = format!("the file as given, years {}", span(&file.years));
        let mut table = Self { file: file.path.clone(), vintage, years: BTreeMap::new() };
        let by_columns = file.entries.iter().all(|e| e.method.is_none());
        if by_columns {
            table.years.extend(file.years.iter().map(|year| (*year, OfYear::new())));
        }
        for entry in file.entries.iter().filter(|e| e.method == method) {
            table.add(entry.year, &entry.code, entry.value, entry.line);
        }
        table
    }

    /// Sum over a place, and its source; `None` where the table does not cover the year.
    pub fn sum(&self, place: &Place, year: i32, what: &str) -> Option<(Exact, Source)> {
        let of_year = self.years.get(&year)?;
        let here = || of_year.iter().filter(|(code, _)| code.as_str().starts_with(place.prefix()));
        let sum: Exact = here().map(|(_, (value, _))| *value).sum();
        let mut lines: Vec<u64> = here().flat_map(|(_, (_, lines))| lines.iter().copied()).collect();
        lines.sort_unstable();
        Some((sum, self.source_of(what, year, sum, &lines)))
    }

    /// The source of a figure that stands in these lines of the file, in their order.
    pub fn source_of(&self, what: &str, year: i32, value: Exact, lines: &[u64]) -> Source {
        Source {
            figure: what.to_owned(),
            year,
            value: value.to_f64(),
            source: self.file.clone(),
            vintage: self.vintage.clone(),
            rows: if lines.is_empty() { "none: not listed, so zero".to_owned() } else { ranges(lines) },
        }
    }
}

/// First and last year.
pub(super) fn span(years: &BTreeSet<i32>) -> String {
    match (years.first(), years.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "none".to_owned(),
    }
}

/// `2-14, 17`.
fn ranges(lines: &[u64]) -> String {
    let mut out: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match out.last_mut() {
            Some((_, last)) if *line <= *last + 1 => *last = *line,
            _ => out.push((*line, *line)),
        }
    }
    let words = out.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    words.collect::<Vec<_>>().join(", ")
}
