//! Claims that may be of either of two figures: two editions of the census, seizures with and without those abroad.

use super::facts::{Counted, Edition, Facts};
use super::outcome::{Value, Verdict};
use super::place::{Gazetteer, Place};
use super::seized::Scope;
use super::types::{Claim, Statement};
use super::weigh::{Weighed, weigh};

/// Two editions of a national figure differ by more than rounding to whole hectares.
const EDITIONS_DIFFER: f64 = 1.0;

/// By the sum of the file, and where the published figure of a year differs, by that too: the claim may be of either.
pub(super) fn of_census(facts: &Facts, names: &Gazetteer, claim: &Claim, counted: fn(Edition) -> Counted) -> Weighed {
    let mut of_file = weigh(facts, names, claim, counted(Edition::File));
    let mut differ = Vec::new();
    for year in &of_file.years {
        let of = |edition| facts.figure(Counted::Coca(edition), &Place::Country, *year);
        if let (Ok(file), Ok(published)) = (of(Edition::File), of(Edition::Published)) {
            let [a, b] = [file.figure.value, published.figure.value];
            if (a - b).abs() > EDITIONS_DIFFER {
                differ.push((*year, b));
            }
        }
    }
    if !of_file.national || differ.is_empty() {
        return of_file;
    }
    let mut published = weigh(facts, names, claim, counted(Edition::Published));
    for (year, value) in &differ {
        of_file.figures.number(&format!("published_hectares_{year}"), *value);
        published.figures.number(&format!("published_hectares_{year}"), *value);
    }
    let years: Vec<String> = differ.iter().map(|(year, _)| year.to_string()).collect();
    let two =
        format!("two editions of {} differ: the sum of the census file and the published figure", years.join(", "));
    if of_file.verdict == published.verdict {
        of_file.remarks.push(format!("{two}; the verdict is the same by both"));
        of_file.add_sources(published.sources);
        return of_file;
    }
    let (mut better, other, name) = if published.verdict < of_file.verdict {
        (published, of_file, "published figure")
    } else {
        (of_file, published, "sum of the census file")
    };
    better.remarks.push(format!("{two}; this verdict is by the {name}, by the other it is {}", other.verdict.words()));
    let renamed = other
        .figures
        .0
        .into_iter()
        .filter(|(name, _)| !name.starts_with("published_") && !name.starts_with("claimed_"));
    for (name, value) in renamed.filter(|(_, v)| matches!(v, Value::Number(_))) {
        better.figures.put(format!("other_edition_{name}"), value);
    }
    better.add_sources(other.sources);
    better
}

/// By what was seized at home. The official totals count what was seized abroad too, so a figure that is not the one may be
/// the other; of a bound, a change or an order nothing tells which one is meant.
pub(super) fn home_and_abroad(facts: &Facts, names: &Gazetteer, claim: &Claim) -> Weighed {
    let mut home = weigh(facts, names, claim, Counted::Seizures(Scope::Home));
    let abroad: Vec<(i32, f64)> =
        home.years.iter().filter_map(|year| Some((*year, facts.seized_abroad(*year)?))).collect();
    if !home.national || abroad.is_empty() || home.verdict == Verdict::NotCheckable {
        return home;
    }
    let mut with = weigh(facts, names, claim, Counted::Seizures(Scope::HomeAndAbroad));
    for (year, value) in &abroad {
        home.figures.number(&format!("seized_abroad_{year}_kg"), *value);
        with.figures.number(&format!("seized_abroad_{year}_kg"), *value);
    }
    if home.verdict == with.verdict {
        home.remarks.push(format!("with those abroad the verdict is the same: {}", with.said));
        home.add_sources(with.sources);
        return home;
    }
    let closed = |s: &Statement| matches!(s, Statement::Level(t) | Statement::LevelBefore(t) if t.low.is_finite() && t.high.is_finite());
    if claim.negated || !claim.statements.iter().all(closed) {
        let mut open = Weighed::not_checkable(format!(
            "seizures in Colombia, or with those abroad? at home it is {} ({}); with those abroad it is {} ({})",
            home.verdict.words(),
            home.said,
            with.verdict.words(),
            with.said
        ));
        open.add_sources(with.sources);
        open.figures = home.figures;
        return open;
    }
    let (mut better, other, name) = if with.verdict < home.verdict {
        (with, home, "with those abroad; at home only")
    } else {
        (home, with, "at home; with those abroad")
    };
    better.remarks.push(format!("this verdict is of the seizures {name} it is {}", other.verdict.words()));
    better.add_sources(other.sources);
    better
}
