//! What a reader must know of an expectation: what was left out, what is unknown, what is summed.

use super::panel::{BY_HAND, FROM_THE_AIR, Panel, Role, Sources};
use super::record::{RecordYear, WithBounds};
use crate::records::{Exact, Method, StockHa};

/// Codes that a note names at most.
const NAMED: usize = 5;

pub(super) fn notes(panel: &Panel, sources: Sources, (record, bounded): (&[RecordYear], &WithBounds)) -> Vec<String> {
    let mut notes = vec![format!(
        "made from figures up to {} only: census, eradication, spraying and covariates of {} and later are not used",
        panel.year(panel.end()) - 1,
        panel.year(panel.end())
    )];
    notes.extend(gap_note(panel));
    notes.extend([&BY_HAND[..], &FROM_THE_AIR].into_iter().filter_map(|m| summed(panel, sources, m)));
    notes.extend(unknown_series(panel));
    notes.extend(covariate_holes(panel));
    notes.extend(unknown_rows(panel, sources, bounded));
    let without = bounded.intervals.iter().zip(&bounded.forecast.expected).filter(|(i, e)| i.is_none() && e.is_some());
    let without = without.count();
    if without > 0 {
        notes.push(format!(
            "{without} municipalities have no interval: too few errors of earlier years are known ({} years of record)",
            record.len()
        ));
    }
    notes
}

fn gap_note(panel: &Panel) -> Option<String> {
    let years: Vec<String> = panel.gaps.keys().map(|t| panel.year(*t).to_string()).collect();
    (!years.is_empty()).then(|| {
        format!(
            "census of {}: the municipal figures do not add up to the published total, so no change from or to that year is learned from, and in the nation's growth the published total stands for it",
            years.join(", ")
        )
    })
}

/// Methods are never summed silently.
fn summed(panel: &Panel, sources: Sources, methods: &[Method]) -> Option<String> {
    let years = panel.first_year..panel.year(panel.end());
    let given = methods.iter().filter(|m| years.clone().any(|y| sources.eradication.covers(**m, y)));
    let words: Vec<&str> = given.map(|m| m.word()).collect();
    (words.len() > 1).then(|| format!("{} enter the regression as one sum", words.join(", ")))
}

/// Series of which nothing is known in the last year, so that they tell nothing now.
fn unknown_series(panel: &Panel) -> impl Iterator<Item = String> + '_ {
    let last = panel.end() - 1;
    panel.series.iter().filter(move |s| !s.covers(last)).map(move |series| {
        let known = (0..panel.end()).rev().find(|t| series.covers(*t));
        match known {
            Some(t) => format!(
                "{} is known up to {} only, and {} is needed: left out",
                series.name,
                panel.year(t),
                panel.year(last)
            ),
            None => format!("{} is unknown in every year from {} on: left out", series.name, panel.first_year),
        }
    })
}

/// Municipalities that a covariate lacks.
fn covariate_holes(panel: &Panel) -> impl Iterator<Item = String> + '_ {
    let last = panel.end() - 1;
    let used = panel.series.iter().filter(move |s| s.role == Role::Change && s.covers(last));
    used.filter_map(move |series| {
        let missing: Vec<&str> = (0..panel.codes.len())
            .filter(|m| series.values[last][*m].is_none())
            .map(|m| panel.codes[m].as_str())
            .collect();
        (!missing.is_empty()).then(|| {
            format!(
                "{} has no figure of {} for {} municipalities of the census ({}): taken as unchanged there, not as zero",
                series.name,
                panel.year(last),
                missing.len(),
                named(&missing)
            )
        })
    })
}

/// Municipalities without an expectation, and those that the census lists from this year on only.
fn unknown_rows(panel: &Panel, sources: Sources, bounded: &WithBounds) -> Vec<String> {
    let year = panel.year(panel.end());
    let unknown: Vec<&str> = (0..panel.codes.len())
        .filter(|m| bounded.forecast.expected[*m].is_none())
        .map(|m| panel.codes[m].as_str())
        .collect();
    let mut notes = Vec::new();
    if !unknown.is_empty() {
        notes.push(format!(
            "{} municipalities lack a census figure in one of the three years before {year} ({}): nothing is expected of them",
            unknown.len(),
            named(&unknown)
        ));
    }
    let new: Vec<(&str, StockHa)> = sources
        .census
        .of_year(year)
        .filter(|(code, _)| panel.codes.binary_search(code).is_err())
        .map(|(code, stock)| (code.as_str(), stock))
        .collect();
    if !new.is_empty() {
        let hectares: Exact = new.iter().map(|(_, stock)| stock.exact()).sum();
        let codes: Vec<&str> = new.iter().map(|(code, _)| *code).collect();
        notes.push(format!(
            "{} municipalities ({}), {} ha, are in the census of {year} and in none before: they have no row",
            new.len(),
            named(&codes),
            hectares.grouped()
        ));
    }
    notes
}

fn named(codes: &[&str]) -> String {
    let more = codes.len().saturating_sub(NAMED);
    let first = codes[..codes.len() - more].join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}
