//! What is odd in a record file, in words for the notes.

use std::collections::BTreeMap;

use super::census::{Completeness, completeness};
use super::eradication::Method;
use super::events::is_coca;
use super::figures;
use super::kind::Kind;
use super::layout::{Layout, Shape};
use super::parse::{Entry, Gathered, RecordFile};
use super::quantity::Exact;
use crate::territory::MunicipalityCode;

/// Adds the notes of one file.
pub(super) fn describe(kind: &Kind, layout: &Layout, gathered: &Gathered, notes: &mut Vec<String>) {
    let unit = if *kind == Kind::Seizures { "kg" } else { "ha" };
    note_blanks(*kind, layout, gathered, notes);
    note_codes(unit, gathered, notes);
    note_events(gathered, notes);
    if *kind == Kind::Census {
        note_published_totals(&gathered.entries, notes);
    }
    if *kind == Kind::Eradication {
        note_methods(&gathered.entries, notes);
    }
    if *kind == Kind::Events && gathered.entries.iter().all(|e| e.method.is_none()) {
        notes.push("no column of methods: events are taken as manual eradication".to_owned());
    }
}

fn note_blanks(kind: Kind, layout: &Layout, gathered: &Gathered, notes: &mut Vec<String>) {
    for year in &gathered.empty_years {
        notes.push(format!("column {year} holds no figure at all: the year is taken as not covered, not as zero"));
    }
    if gathered.blanks == 0 {
        return;
    }
    let n = gathered.blanks;
    notes.push(match (&layout.shape, kind) {
        (Shape::Wide(_), Kind::Census) => format!("{n} blank cells, which the portal writes for no coca, read as 0 ha"),
        (Shape::Wide(_), _) => format!("{n} blank cells, which the portal writes for no action, read as 0"),
        (Shape::Long { .. }, _) => format!("{n} rows without a figure: missing, not zero"),
        (Shape::Events { .. }, _) => format!("{n} events without an amount are left out"),
    });
}

fn note_codes(unit: &str, gathered: &Gathered, notes: &mut Vec<String>) {
    for ((code, label), (_, sum)) in &gathered.other_places {
        notes.push(format!(
            "'{}' (code '{}') is no municipality: {} {unit} in all years, not in the sums",
            printable(label),
            printable(code),
            sum.grouped()
        ));
    }
    if !gathered.padded.is_empty() {
        let codes: Vec<&str> = gathered.padded.iter().take(5).map(MunicipalityCode::as_str).collect();
        notes.push(format!(
            "{} codes had lost their leading zero and got it back: {}{}",
            gathered.padded.len(),
            codes.join(", "),
            if gathered.padded.len() > 5 { " ..." } else { "" }
        ));
    }
    let mut unknown = Vec::new();
    for (code, name) in &gathered.names {
        let sum = || gathered.entries.iter().filter(|e| e.code == *code).map(|e| e.value).sum::<Exact>().grouped();
        if let Some(why) = figures::retired(code.as_str()) {
            notes.push(format!("retired code {code} holds {} {unit} in all years, kept in the sums: {why}", sum()));
        }
        if figures::department_name(code.department()).is_none() {
            unknown.push(format!("{code} '{}' {} {unit}", printable(name), sum()));
        }
    }
    if !unknown.is_empty() {
        notes.push(format!(
            "{} unknown codes: DIVIPOLA has no such department; kept in the sums, in all years: {}",
            unknown.len(),
            unknown.join(", ")
        ));
    }
}

fn note_events(gathered: &Gathered, notes: &mut Vec<String>) {
    for ((crop, unit), (rows, amount)) in &gathered.left_out {
        let why = if is_coca(crop) { "not hectares" } else { "not coca" };
        notes.push(format!(
            "{rows} events of '{crop}' in '{unit}' ({} in all) are {why}: not in the sums",
            amount.grouped()
        ));
    }
    if let Some((first, last)) = gathered.days {
        notes.push(format!("events run from {first} to {last}: the last year may not be whole"));
    }
}

fn note_published_totals(entries: &[Entry], notes: &mut Vec<String>) {
    let mut sums = BTreeMap::new();
    for entry in entries {
        *sums.entry(entry.year).or_insert(Exact::ZERO) += entry.value;
    }
    match completeness(&sums) {
        Completeness::Unknown => (),
        Completeness::Part(percent) => notes.push(format!(
            "the sums are {percent:.1} % of the published national totals (median): a part of the country"
        )),
        Completeness::Whole(gaps) => notes.extend(gaps.iter().map(|(year, gap)| {
            let known = if figures::CENSUS_YEARS_WITH_A_GAP.contains(year) {
                "a known gap of the open data, kept as it is"
            } else {
                "kept as it is"
            };
            format!(
                "{year} does not add up to the published total: {} ha here, {} ha published ({:+.1} %); {known}",
                gap.sum.grouped(),
                gap.published.grouped(),
                gap.percent()
            )
        })),
    }
}

fn note_methods(entries: &[Entry], notes: &mut Vec<String>) {
    let mut sums: BTreeMap<(i32, Method), Exact> = BTreeMap::new();
    for entry in entries {
        *sums.entry((entry.year, entry.method.unwrap_or(Method::Manual))).or_default() += entry.value;
    }
    if entries.iter().all(|e| e.method.is_none()) {
        notes.push("taken as manual eradication".to_owned());
    } else if sums.keys().any(|(_, m)| *m == Method::Spraying) {
        let parts: Vec<String> =
            sums.iter().map(|((year, m), sum)| format!("{year} {} {}", m.word(), sum.grouped())).collect();
        notes.push(format!("the sums add two methods; apart they are, in ha: {}", parts.join(", ")));
    }
}

/// Text from a file as it may go to a terminal: without control characters.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Notes that need several files: seizure series that are copies of one another from some year on.
///
/// The base-paste series of a known copy of the open data repeats the leaf series from 2005. Each note goes with the
/// file's place in `files`.
pub fn copied_series(files: &[&RecordFile]) -> Vec<(usize, String)> {
    let mut notes = Vec::new();
    let seizures: Vec<usize> = (0..files.len()).filter(|i| files[*i].kind == Kind::Seizures).collect();
    for (k, &i) in seizures.iter().enumerate() {
        for &j in &seizures[k + 1..] {
            let Some((first, last)) = equal_tail(files[i], files[j]) else { continue };
            for (this, other) in [(i, j), (j, i)] {
                notes.push((
                    this,
                    format!(
                        "from {first} to {last} every yearly sum equals that of {}: one of the two series is a copy (the base-paste series is known to repeat the leaf series from 2005)",
                        files[other].path
                    ),
                ));
            }
        }
    }
    notes
}

/// The years, at least two, from which on two series have equal sums above zero.
fn equal_tail(a: &RecordFile, b: &RecordFile) -> Option<(i32, i32)> {
    let (a, b) = (a.sum_by_year(), b.sum_by_year());
    let common: Vec<(i32, bool)> =
        a.iter().filter_map(|(year, sum)| Some((*year, !sum.is_zero() && b.get(year)? == sum))).collect();
    let equal = common.iter().rev().take_while(|(_, equal)| *equal).count();
    (equal >= 2).then(|| (common[common.len() - equal].0, common[common.len() - 1].0))
}
