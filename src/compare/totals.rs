//! Totals per department and for the country, over the municipalities that were compared.

use std::collections::BTreeMap;

use serde::Serialize;

use super::beside::{self, Beside, Sources};
use super::flag::Flags;
use super::rows::{ComparisonRow, gross_gain, growth_pct};
use crate::records::figures::department_name;
use crate::records::{FlowHa, StockHa};

/// What a total is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The country.
    Country,
    /// A department.
    Department,
}

impl Level {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Department => "department",
        }
    }
}

/// A place and year. Each sum is over the compared municipalities that have the figure; a difference or change is over
/// those that have both of its figures, so it need not be the difference of two sums. `None` where no municipality has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TotalRow {
    /// Country or department.
    pub level: Level,
    /// `CO`, or the department's two digits.
    pub place_code: String,
    /// Name, a label.
    pub place_name: String,
    /// Census year (31 December).
    pub year: i32,
    /// Municipalities compared.
    pub municipalities: usize,
    /// Mapped coca.
    pub mapped_area_ha: Option<StockHa>,
    /// Observed share of the covered ground.
    pub observed_share: Option<f64>,
    /// Census.
    pub census_ha: Option<StockHa>,
    /// Mapped minus census.
    pub difference_ha: Option<FlowHa>,
    /// Census a year before.
    pub previous_census_ha: Option<StockHa>,
    /// Eradicated by hand.
    pub eradicated_ha_manual: Option<FlowHa>,
    /// Sprayed.
    pub eradicated_ha_spraying: Option<FlowHa>,
    /// Change of the census.
    pub change_ha: Option<FlowHa>,
    /// Change in per cent, over the municipalities with both years.
    pub growth_pct: Option<f64>,
    /// Change plus eradicated (also where the census lists no municipality), an accounting identity.
    pub gross_gain_ha: Option<FlowHa>,
    /// The flags of the municipalities, each once: it holds for one of them at least.
    pub flag: Flags,
    /// The whole census table of the place and year, compared or not.
    pub census_total_ha: Option<StockHa>,
    /// Further records, where they were given.
    #[serde(flatten)]
    pub beside: Beside,
}

pub(super) fn totals(rows: &[ComparisonRow], sources: Sources) -> Vec<TotalRow> {
    let mut groups: BTreeMap<(Level, String, i32), Vec<&ComparisonRow>> = BTreeMap::new();
    for row in rows {
        let department = row.municipality_code.department().to_owned();
        groups.entry((Level::Department, department, row.year)).or_default().push(row);
        groups.entry((Level::Country, "CO".to_owned(), row.year)).or_default().push(row);
    }
    groups.into_iter().map(|((level, place, year), rows)| total(level, place, year, (&rows, sources))).collect()
}

fn total(level: Level, place_code: String, year: i32, (rows, sources): (&[&ComparisonRow], Sources)) -> TotalRow {
    let (place_name, prefix) = match level {
        Level::Country => ("Colombia", ""),
        Level::Department => (department_name(&place_code).unwrap_or_default(), place_code.as_str()),
    };
    let change_ha = sum(rows, |r| r.change_ha);
    let eradicated_ha_manual = sum(rows, |r| r.eradicated_ha_manual);
    let eradicated_ha_spraying = sum(rows, |r| r.eradicated_ha_spraying);
    let eradicated = sum(rows, |r| sources.eradication.sum(&r.municipality_code, r.year).map(|e| e.hectares));
    let beside: Vec<&Beside> = rows.iter().map(|r| &r.beside).collect();
    let before = sum(rows, |r| r.previous_census_ha.filter(|_| r.change_ha.is_some()));
    TotalRow {
        level,
        place_name: place_name.to_owned(),
        year,
        municipalities: rows.len(),
        mapped_area_ha: sum(rows, |r| r.mapped_area_ha),
        observed_share: observed_share(rows),
        census_ha: sum(rows, |r| r.census_ha),
        difference_ha: sum(rows, |r| r.difference_ha),
        previous_census_ha: sum(rows, |r| r.previous_census_ha),
        eradicated_ha_manual,
        eradicated_ha_spraying,
        change_ha,
        growth_pct: change_ha.zip(before).and_then(|(c, b)| growth_pct(c, b)),
        gross_gain_ha: gross_gain(change_ha, eradicated),
        flag: rows.iter().fold(Flags::default(), |all, r| all.union(&r.flag)),
        census_total_ha: sources.census.total(prefix, year),
        beside: beside::of_total(sources, &place_code, year, &beside),
        place_code,
    }
}

/// The sum over the rows that have the figure; `None` where none has.
fn sum<T: std::iter::Sum>(rows: &[&ComparisonRow], figure: impl Fn(&ComparisonRow) -> Option<T>) -> Option<T> {
    let mut known = rows.iter().filter_map(|r| figure(r)).peekable();
    known.peek().is_some().then(|| known.sum())
}

/// Observed over covered ground, to six decimals; `None` unless every municipality tells both.
fn observed_share(rows: &[&ComparisonRow]) -> Option<f64> {
    let known: Option<Vec<(f64, f64)>> = rows
        .iter()
        .filter(|r| r.coverage_area_ha != Some(0.0))
        .map(|r| Some((r.coverage_area_ha?, r.observed_share?)))
        .collect();
    let known = known?;
    let covered: f64 = known.iter().map(|(ha, _)| ha).sum();
    let observed: f64 = known.iter().map(|(ha, share)| ha * share).sum();
    (covered > 0.0).then(|| (1e6 * observed / covered).round() / 1e6)
}
