//! The two readings of one number: how many hectares more or less, and how fast they grew, each with its error.
//!
//! | figure | formula |
//! | --- | --- |
//! | `change_ha` | `H(t) - H(t-1)` |
//! | `growth_pct` | `100 (H(t) / H(t-1) - 1)` |
//! | `growth_change_pp` | `growth(t) - growth(t-1)`, percentage points |
//! | `gross_gain_ha` | `change + eradicated`: an accounting identity. It is what would have been gained had every eradicated hectare stayed, if none was eradicated twice; replanting within the year is in both terms. It says nothing of causes |
//!
//! Standard errors go through these formulas by their derivatives (the delta method: Casella and Berger 2002, *Statistical
//! Inference*, section 5.5.4), through growth by Fieller's interval, with one correlation between the errors of any two years; eradication is taken as without
//! error. Where neither an estimate gives the error of `H` nor a relative one is assumed, there is no interval.

pub mod error;
pub mod places;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::records::{Exact, FlowHa, StockHa};
use error::{Errors, Interval};

pub use places::{By, Inputs, national_series, place_series};

/// What is assumed of the errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assumptions {
    /// Standard error of a figure without one of its own, as a share of it; zero: none is assumed.
    pub relative_se: f64,
    /// Correlation between the errors of any two years of a place.
    pub correlation: f64,
}

/// Hectares of a place at the end of a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The figure.
    pub hectares: StockHa,
    /// Its standard error, where an estimate gives it, hectares.
    pub standard_error: Option<f64>,
}

/// What was eradicated in a year, by which methods, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EradicatedInYear {
    /// The sum.
    pub hectares: FlowHa,
    /// The methods in it, `+` between them.
    pub methods: String,
    /// `records` for the files given, else a publisher.
    pub source: String,
}

/// One series of one place.
#[derive(Debug, Clone, Default)]
pub struct PlaceSeries {
    /// `CO`, two digits a department, five a municipality.
    pub place: String,
    /// Its name, a label.
    pub name: String,
    /// Whose hectares these are.
    pub series: SeriesKind,
    /// Hectares by year.
    pub stocks: BTreeMap<i32, Standing>,
    /// Eradicated by year.
    pub eradicated: BTreeMap<i32, EradicatedInYear>,
    /// Years whose figures are known to lack hectares.
    pub incomplete: BTreeSet<i32>,
    /// Years of estimates that some municipality with coca has none in.
    pub partial: BTreeSet<i32>,
    /// Years whose eradication is far below what was published.
    pub eradication_short: BTreeSet<i32>,
}

/// Whose hectares a series holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeriesKind {
    /// The census table that was given, summed.
    #[default]
    Census,
    /// The national totals as published.
    Published,
    /// The estimates that were given.
    Estimate,
}

impl SeriesKind {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::Published => "published",
            Self::Estimate => "estimate",
        }
    }
}

/// A place and year. Hectares, per cent and percentage points; `None` is unknown, written as a blank.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrendRow {
    /// `CO`, two digits a department, five a municipality.
    pub place: String,
    /// Year: hectares at its 31 December.
    pub year: i32,
    /// Hectares.
    pub hectares: StockHa,
    /// Its 95 % interval.
    pub hectares_ci: Option<Interval>,
    /// Change from the year before.
    pub change_ha: Option<FlowHa>,
    /// Its 95 % interval.
    pub change_ci: Option<Interval>,
    /// Growth, per cent, to four decimals.
    pub growth_pct: Option<f64>,
    /// Its 95 % interval.
    pub growth_ci: Option<Interval>,
    /// Change of the growth rate, percentage points, to four decimals.
    pub growth_change_pp: Option<f64>,
    /// Its 95 % interval.
    pub growth_change_ci: Option<Interval>,
    /// Eradicated in the year.
    pub eradicated_ha: Option<FlowHa>,
    /// Change plus eradicated.
    pub gross_gain_ha: Option<FlowHa>,
    /// Its 95 % interval.
    pub gross_gain_ci: Option<Interval>,
    /// What the growth rate says.
    pub reading_rate: String,
    /// What the hectares say.
    pub reading_level: String,
    /// Name of the place, a label.
    pub place_name: String,
    /// Whose hectares.
    pub series: SeriesKind,
    /// Methods in `eradicated_ha`.
    pub eradicated_methods: Option<String>,
    /// Who says what was eradicated.
    pub eradicated_source: Option<String>,
    /// Standard error of the hectares.
    pub standard_error_ha: Option<f64>,
    /// The relative standard error below which the change would be distinguishable from none.
    pub break_even_relative_se: Option<f64>,
    /// Of this year's hectares: `known` from an estimate, `assumed`, or blank.
    pub error: &'static str,
    /// `census_incomplete` where the year, `previous_census_incomplete` where the one before, lacks hectares; `partial_estimates`
    /// likewise; `eradication_incomplete` where the records hold less than 80 % of the published manual eradication.
    pub flag: String,
}

/// The rows of a series, by year.
pub fn trend(of: &PlaceSeries, assumptions: Assumptions) -> Vec<TrendRow> {
    of.stocks.keys().map(|year| row(of, *year, assumptions)).collect()
}

fn row(of: &PlaceSeries, year: i32, assumptions: Assumptions) -> TrendRow {
    let at = |year: i32| of.stocks.get(&year).copied();
    let now = Standing { hectares: StockHa::new(Exact::ZERO), standard_error: None };
    let (now, before, earlier) = (at(year).unwrap_or(now), at(year - 1), at(year - 2));
    let errors = Errors::new([Some(now), before, earlier], assumptions);

    let change = before.map(|b| now.hectares - b.hectares);
    let growth = before.and_then(|b| error::growth(now, b));
    let growth_before = before.zip(earlier).and_then(|(b, e)| error::growth(b, e));
    let growth_change = growth.zip(growth_before).map(|(now, before)| now - before);
    let eradicated = of.eradicated.get(&year);
    let gross_gain = change.zip(eradicated).map(|(c, e)| c + e.hectares);
    let highest = of.stocks.range(..year).all(|(_, s)| s.hectares < now.hectares) && before.is_some();

    let mut row = TrendRow {
        place: of.place.clone(),
        year,
        hectares: now.hectares,
        hectares_ci: errors.level(),
        change_ha: change,
        change_ci: change.and_then(|c| errors.change(c.to_f64())),
        growth_pct: growth.map(to_four),
        growth_ci: growth.and_then(|_| errors.growth()),
        growth_change_pp: growth_change.map(to_four),
        growth_change_ci: growth_change.and_then(|g| errors.growth_change(g)),
        eradicated_ha: eradicated.map(|e| e.hectares),
        gross_gain_ha: gross_gain,
        gross_gain_ci: gross_gain.and_then(|g| errors.change(g.to_f64())),
        reading_rate: String::new(),
        reading_level: String::new(),
        place_name: of.name.clone(),
        series: of.series,
        eradicated_methods: eradicated.map(|e| e.methods.clone()),
        eradicated_source: eradicated.map(|e| e.source.clone()),
        standard_error_ha: errors.of_level(),
        break_even_relative_se: change.and_then(|c| errors.break_even(c.to_f64())).map(|se| (1e6 * se).round() / 1e6),
        error: errors.word(),
        flag: flag(of, year),
    };
    row.reading_rate = words::rate(&row, growth_before.map(to_four));
    row.reading_level = words::level(&row, highest);
    row
}

fn flag(of: &PlaceSeries, year: i32) -> String {
    let words = [
        (of.incomplete.contains(&year), "census_incomplete"),
        (of.incomplete.contains(&(year - 1)), "previous_census_incomplete"),
        (of.partial.contains(&year), "partial_estimates"),
        (of.partial.contains(&(year - 1)), "previous_partial_estimates"),
        (of.eradication_short.contains(&year), "eradication_incomplete"),
    ];
    let words: Vec<&str> = words.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect();
    words.join(";")
}

/// What the sums of eradication hold, series by series: methods are never summed in silence.
pub fn method_notes(rows: &[TrendRow]) -> Vec<String> {
    let mut groups: BTreeMap<(SeriesKind, &str, &str), BTreeSet<i32>> = BTreeMap::new();
    for row in rows {
        if let Some((methods, source)) = row.eradicated_methods.as_deref().zip(row.eradicated_source.as_deref()) {
            groups.entry((row.series, methods, source)).or_default().insert(row.year);
        }
    }
    let note = |((series, methods, source), years): ((SeriesKind, &str, &str), BTreeSet<i32>)| {
        let years = match (years.first(), years.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            _ => years.iter().map(i32::to_string).collect(),
        };
        let without = if methods.split('+').any(|m| m == "spraying") { "" } else { ", without spraying" };
        format!("{years} ({}): eradicated_ha holds {methods}{without}; source: {source}", series.word())
    };
    groups.into_iter().map(note).collect()
}

/// Per cent to four decimals: what the figures carry.
fn to_four(value: f64) -> f64 {
    (1e4 * value).round() / 1e4
}

#[cfg(test)]
mod tests;
