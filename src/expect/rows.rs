//! What is said: a row per municipality, the country, the record, and whether it beats last year's value.

use serde::Serialize;

use super::error::ExpectError;
use super::forecast::{Coefficient, all_features, has_lesson};
use super::interval::{LEVEL, hundredths};
use super::panel::{Panel, Sources};
use super::record::{RecordYear, WithBounds, holds, record_year, roll};
use super::{features, notes};
use crate::records::Census;
use crate::territory::MunicipalityCode;

/// Where the census figure lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// Below the interval.
    Below,
    /// Above it.
    Above,
    /// Inside.
    No,
}

impl Outside {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Above => "above",
            Self::No => "no",
        }
    }
}

/// What is expected of a municipality, hectares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpectedRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name: a label.
    pub municipality_name: String,
    /// The year.
    pub year: i32,
    /// What is expected; blank where one of the three years before is unknown.
    pub expected_ha: Option<f64>,
    /// Lower bound of the 90 % interval; blank where too few earlier errors are known.
    pub expected_low_ha: Option<f64>,
    /// Upper bound.
    pub expected_high_ha: Option<f64>,
    /// The null: last year's census.
    pub last_year_ha: Option<f64>,
    /// The census of the year, where the file holds it.
    pub census_ha: Option<f64>,
    /// Where it lies; blank without census figure or interval.
    pub outside: Option<Outside>,
    /// Mean of the damped trends.
    pub trend_ha: Option<f64>,
    /// Mean of the regressions.
    pub regression_ha: Option<f64>,
    /// Growth of the year before: the nation, per cent.
    pub growth_nation_pct: Option<f64>,
    /// The department, drawn towards the nation.
    pub growth_department_pct: Option<f64>,
    /// The municipality, drawn towards the nation.
    pub growth_own_pct: Option<f64>,
}

/// The country: the sum over municipalities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nation {
    /// The sum of the expectations, hectares.
    pub expected_ha: f64,
    /// Its 90 % interval; absent with fewer than nine earlier years.
    pub interval_ha: Option<[f64; 2]>,
    /// Last year's sum over the same municipalities.
    pub last_year_ha: f64,
    /// The census of the year, where the file holds it, over the same municipalities.
    pub census_ha: Option<f64>,
    /// Whether the interval holds it.
    pub held: Option<bool>,
}

/// The record in one line, over the years before the one asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Years of the record.
    pub years: usize,
    /// Years in which the expectation is closer than last year's value.
    pub closer_years: usize,
    /// Mean of the yearly errors, per cent.
    pub error_pct: Option<f64>,
    /// The same of last year's value.
    pub last_year_error_pct: Option<f64>,
    /// Share of municipalities that the intervals held, over all years, per cent.
    pub held_pct: Option<f64>,
    /// The same of municipalities with coca in the three years before.
    pub active_held_pct: Option<f64>,
    /// Years in which the country's interval held the sum.
    pub nation_held_years: usize,
    /// Years in which the country had an interval.
    pub nation_years: usize,
    /// Whether the expectation is better by this record: closer on average and in most years.
    pub better_than_last_year: Option<bool>,
    /// The same in words.
    pub sentence: String,
}

/// All that `cocal expect` says.
#[derive(Debug, Clone, Serialize)]
pub struct Expectation {
    /// The year.
    pub year: i32,
    /// By municipality.
    pub rows: Vec<ExpectedRow>,
    /// The country.
    pub nation: Nation,
    /// Municipalities outside their interval, of those with interval and census figure.
    pub outside: usize,
    /// Municipalities with interval and census figure.
    pub judged: usize,
    /// Earlier years, and the year itself last where the census holds it.
    pub record: Vec<RecordYear>,
    /// The years before in one line.
    pub summary: Summary,
    /// What the regressions learned.
    pub coefficients: Vec<Coefficient>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// What one would expect of the census of `year`, from the years before it.
///
/// # Errors
/// [`ExpectError`] where the census lacks years that are needed.
pub fn expect(year: i32, sources: Sources) -> Result<Expectation, ExpectError> {
    let census = sources.census;
    let panel = checked(year, sources)?;
    let all = all_features(&panel);
    let rolled = has_lesson(&panel, &all, panel.end()).then(|| roll(&panel, &all)).flatten();
    let (mut record, bounded) = rolled.ok_or_else(|| too_few(year, census))?;
    let came: Option<Vec<Option<f64>>> =
        census.covers(year).then(|| panel.codes.iter().map(|c| census.stock(c, year).map(|s| s.to_f64())).collect());
    let summary = summary(&record, year);
    let notes = notes::notes(&panel, sources, (&record, &bounded));
    if let Some(came) = &came {
        let mut this = record_year(&panel, &bounded, came);
        this.spoilt |= census.gap(year).is_some();
        record.push(this);
    }
    let rows = rows(&panel, census, &bounded, came.as_deref());
    let judged = rows.iter().filter(|r| r.outside.is_some()).count();
    let outside = rows.iter().filter(|r| matches!(r.outside, Some(Outside::Below | Outside::Above))).count();
    let nation = nation(&bounded, record.last().filter(|_| came.is_some()));
    let coefficients = bounded.forecast.coefficients;
    Ok(Expectation { year, rows, nation, outside, judged, record, summary, coefficients, notes })
}

/// The panel, where the three years before are there.
fn checked(year: i32, sources: Sources) -> Result<Panel, ExpectError> {
    let census = sources.census;
    let covered: Vec<i32> = (1980..=2100).filter(|y| census.covers(*y)).collect();
    if let Some(last) = covered.last().filter(|last| year > **last + 1) {
        return Err(ExpectError::TooFar { year, last: *last });
    }
    let panel = Panel::before(year, sources).ok_or_else(|| too_few(year, census))?;
    let missing = (year - 3..year).find(|y| !census.covers(*y) && *y > panel.first_year);
    match missing {
        Some(missing) => Err(ExpectError::YearMissing { year, missing }),
        None => Ok(panel),
    }
}

fn too_few(year: i32, census: &Census) -> ExpectError {
    let before: Vec<String> = (1980..year).filter(|y| census.covers(*y)).map(|y| y.to_string()).collect();
    let years = if before.is_empty() { "none".to_owned() } else { before.join(", ") };
    ExpectError::TooFewYears { year, found: before.len(), years }
}

fn rows(panel: &Panel, census: &Census, bounded: &WithBounds, came: Option<&[Option<f64>]>) -> Vec<ExpectedRow> {
    let features::Features { growth, .. } = &bounded.forecast.features;
    let percent = |log: f64| hundredths(100.0 * (log.exp() - 1.0));
    let row = |m: usize| {
        let expected = bounded.forecast.expected[m].as_ref();
        let interval = bounded.intervals[m];
        let census_ha = came.and_then(|came| came[m]);
        let of_growth = |excess: f64| expected.map(|_| percent(growth.nation + excess));
        ExpectedRow {
            municipality_code: panel.codes[m].clone(),
            municipality_name: census.name(&panel.codes[m]).unwrap_or_default().to_owned(),
            year: panel.year(panel.end()),
            expected_ha: expected.map(|e| hundredths(e.hectares)),
            expected_low_ha: interval.map(|i| i[0]),
            expected_high_ha: interval.map(|i| i[1]),
            last_year_ha: expected.map(|e| e.last).or_else(|| panel.stocks[panel.end() - 1][m]),
            census_ha,
            outside: interval.zip(census_ha).map(|(interval, figure)| outside(interval, figure)),
            trend_ha: expected.map(|e| hundredths(e.trend)),
            regression_ha: expected.map(|e| hundredths(e.regression)),
            growth_nation_pct: of_growth(0.0),
            growth_department_pct: of_growth(growth.department[m]),
            growth_own_pct: of_growth(growth.own[m]),
        }
    };
    (0..panel.codes.len()).map(row).collect()
}

fn outside(interval: [f64; 2], figure: f64) -> Outside {
    if holds(interval, figure) {
        Outside::No
    } else if figure < interval[0] {
        Outside::Below
    } else {
        Outside::Above
    }
}

fn nation(bounded: &WithBounds, this: Option<&RecordYear>) -> Nation {
    Nation {
        expected_ha: bounded.total,
        interval_ha: bounded.nation,
        last_year_ha: hundredths(bounded.forecast.expected.iter().flatten().map(|e| e.last).sum()),
        census_ha: this.map(|year| year.census_ha),
        held: this.and_then(RecordYear::nation_held),
    }
}

/// The record of the years before: means over the years that have an error.
pub fn summary(record: &[RecordYear], year: i32) -> Summary {
    let known: Vec<(f64, f64)> = record.iter().filter_map(|r| Some((r.error_pct?, r.last_year_error_pct?))).collect();
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
        (!known.is_empty()).then(|| hundredths(known.iter().map(of).sum::<f64>() / known.len() as f64))
    };
    let (error, last) = (mean(&|k| k.0), mean(&|k| k.1));
    let closer = record.iter().filter(|r| r.closer() == Some(true)).count();
    let share = |held: &dyn Fn(&RecordYear) -> (usize, usize)| {
        let (held, of) = record.iter().map(held).fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
        (of > 0).then(|| hundredths(100.0 * held as f64 / of as f64))
    };
    let nation: Vec<bool> = record.iter().filter_map(RecordYear::nation_held).collect();
    let better = error.zip(last).map(|(e, l)| e < l && 2 * closer > known.len());
    let sentence = match (error, last, better) {
        (Some(error), Some(last), Some(better)) => {
            let verdict = if better {
                "better than last year's value by this record"
            } else {
                "NOT better than last year's value by this record: take last year's value"
            };
            let years: Vec<i32> = record.iter().map(|r| r.year).collect();
            format!(
                "{} years before {year} ({} to {}): the expectation errs by {error:.2} % of the census on average, last year's value by {last:.2} %; closer in {closer} of {} years (as many or more by chance alone with probability {:.2}): {verdict}",
                known.len(),
                years.iter().min().unwrap_or(&year),
                years.iter().max().unwrap_or(&year),
                known.len(),
                by_chance(closer, known.len())
            )
        }
        _ => format!(
            "no year before {year} can be recomputed: nothing shows that the expectation is better than last year's value"
        ),
    };
    Summary {
        years: known.len(),
        closer_years: closer,
        error_pct: error,
        last_year_error_pct: last,
        held_pct: share(&|r| (r.held, r.with_interval)),
        active_held_pct: share(&|r| (r.active_held, r.active)),
        nation_held_years: nation.iter().filter(|held| **held).count(),
        nation_years: nation.len(),
        better_than_last_year: better,
        sentence,
    }
}

/// Municipalities that are outside by chance alone, of so many: one minus the level of the intervals.
pub fn outside_by_chance(judged: usize) -> f64 {
    (1.0 - LEVEL) * judged as f64
}

/// Rows outside, the furthest beyond their bound, in hectares, first.
pub fn furthest(rows: &[ExpectedRow]) -> Vec<&ExpectedRow> {
    let distance = |row: &ExpectedRow| -> Option<f64> {
        let census = row.census_ha?;
        match row.outside? {
            Outside::No => None,
            Outside::Below => Some(row.expected_low_ha? - census),
            Outside::Above => Some(census - row.expected_high_ha?),
        }
    };
    let mut found: Vec<(f64, &ExpectedRow)> = rows.iter().filter_map(|r| Some((distance(r)?, r))).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, row)| row).collect()
}

/// Probability that a fair coin falls so often or more on one side: the sign test, one-sided.
fn by_chance(times: usize, of: usize) -> f64 {
    let mut term = 0.5_f64.powi(of as i32);
    let mut sum = 0.0;
    for k in 0..=of {
        if k >= times {
            sum += term;
        }
        term *= (of - k) as f64 / (k + 1) as f64;
    }
    sum.min(1.0)
}
