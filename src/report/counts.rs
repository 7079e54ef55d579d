//! How many municipalities of a total were hardly seen, and in how many the census was tested.

use std::collections::BTreeMap;

use super::Place;
use super::figures::Figures;
use super::given::Given;
use super::null_errors::is_withheld;

/// Below this share of observed ground a municipality is called hardly seen (`compare::rows`).
const SEEN: f64 = 0.9;

/// Puts counts of municipalities for each total and year. One whose observed share is blank lies outside the imagery and was
/// not seen; where no row has a share, none is counted.
pub(super) fn put_counts(figures: &mut Figures, given: &Given, totals: &[Place]) {
    let shares = given.rows.columns.iter().position(|column| column == "observed_share");
    let mut seen: BTreeMap<(&str, i32), [f64; 2]> = BTreeMap::new();
    for row in &given.rows.rows {
        let share = shares.and_then(|at| row.values[at]);
        for code in ["CO", row.code.get(..2).unwrap_or_default()] {
            let counts = seen.entry((code, row.year)).or_default();
            counts[0] += 1.0;
            counts[1] += if share.is_some_and(|share| share >= SEEN) { 0.0 } else { 1.0 };
        }
    }
    if shares.is_none_or(|at| given.rows.rows.iter().all(|row| row.values[at].is_none())) {
        seen.clear();
    }
    for ((code, year), [all, poorly]) in seen {
        if let Some(at) = figures.at(code, year) {
            figures.put("municipality_count", at, Some(all));
            figures.put("poorly_seen_count", at, Some(poorly));
        }
    }
    for row in given.rows.rows.iter().filter(|row| is_withheld(row)) {
        if let Some(at) = figures.at("CO", row.year) {
            figures.put("withheld_count", at, Some(figures.get("withheld_count", at).unwrap_or(0.0) + 1.0));
        }
    }
    let mut tests: BTreeMap<(&str, i32), [f64; 3]> = BTreeMap::new();
    for test in &given.tests {
        let verdicts = ["compatible", "census higher", "census lower"];
        let Some(which) = verdicts.iter().position(|verdict| test.verdict == *verdict) else { continue };
        for total in totals.iter().filter(|total| total.code == "CO" || test.code.starts_with(&total.code)) {
            tests.entry((&total.code, test.year)).or_default()[which] += 1.0;
        }
    }
    for ((code, year), counts) in tests {
        let Some(at) = figures.at(code, year) else { continue };
        figures.put("tested_count", at, Some(counts.iter().sum()));
        for (name, count) in ["compatible_count", "higher_count", "lower_count"].into_iter().zip(counts) {
            figures.put(name, at, Some(count));
        }
    }
}
