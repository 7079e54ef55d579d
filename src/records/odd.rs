//! What is odd in a record file, in words for the notes.

use std::collections::{BTreeMap, BTreeSet};

use super::census::{Completeness, completeness};
use super::eradication::Method;
use super::event_rows::ABSURD_HA;
use super::events::is_coca;
use super::figures;
use super::kind::Kind;
use super::layout::{Layout, Shape};
use super::parse::{Entry, Gathered, RecordFile};
use super::quantity::Exact;
use super::renamed;
use crate::territory::MunicipalityCode;

/// Adds the notes of one file.
pub(super) fn describe(kind: &Kind, layout: &Layout, gathered: &Gathered, notes: &mut Vec<String>) {
    let unit = if *kind == Kind::Seizures { "kg" } else { "ha" };
    note_blanks(*kind, layout, gathered, notes);
    note_codes(unit, gathered, notes);
    note_left_out(gathered, notes);
    if *kind == Kind::Events {
        note_events(gathered, notes);
    } else if *kind != Kind::Seizures {
        note_absurd(gathered, notes);
    }
    if *kind == Kind::Census {
        note_published_totals(&gathered.entries, notes);
    }
    let apart = *kind == Kind::Events && gathered.entries.iter().any(|e| e.method.is_some());
    if *kind == Kind::Eradication || apart {
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
        // Those are among the rows left out.
        (Shape::Events(_), _) => return,
    });
}

/// Unknown codes that a note names.
const CODES_NAMED: usize = 20;

fn note_codes(unit: &str, gathered: &Gathered, notes: &mut Vec<String>) {
    let mut places: BTreeMap<(&str, &str), (Exact, u64)> = BTreeMap::new();
    for place in &gathered.elsewhere {
        let found = places.entry((&place.code, &place.label)).or_insert((Exact::ZERO, place.line));
        found.0 += place.value;
    }
    for ((code, label), (sum, line)) in places {
        notes.push(format!(
            "'{}' (code '{}') is no municipality: {} {unit} in all years, not in the sums (line {line})",
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
        note_split(code.as_str(), gathered, notes);
        if figures::department_name(code.department()).is_none() {
            unknown.push(format!("{code} '{}' {} {unit}", printable(name), sum()));
        }
    }
    if !unknown.is_empty() {
        let all = unknown.len();
        unknown.truncate(CODES_NAMED);
        notes.push(format!(
            "{all} unknown codes: DIVIPOLA has no such department; kept in the sums, in all years: {}{}",
            unknown.join(", "),
            if all > CODES_NAMED { " ..." } else { "" }
        ));
    }
}

/// Figures of a municipality from before it was founded, and of those whose ground became smaller.
fn note_split(code: &str, gathered: &Gathered, notes: &mut Vec<String>) {
    if let Some(split) = renamed::founded(code) {
        let early =
            gathered.entries.iter().filter(|e| e.code.as_str() == code && e.year < split.since && !e.value.is_zero());
        let lines: BTreeSet<u64> = early.map(|e| e.line).collect();
        if let Some(line) = lines.first() {
            notes.push(format!(
                "line {line}: {code} {} has figures from before {}, when its ground was part of {} {}; kept as they are",
                split.name, split.since, split.parent, split.parent_name
            ));
        }
    }
    for split in renamed::children(code) {
        if gathered.years.contains(&split.since) && gathered.years.contains(&(split.since - 1)) {
            notes.push(format!(
                "{code} {} lost ground to {} {} in {}: its figures before and after are of different ground",
                split.parent_name, split.code, split.name, split.since
            ));
        }
    }
}

/// More hectares than a municipality has had in a year (the most in any census is a third of it): another unit, or a typing
/// error. Kept and noted.
const ABSURD_YEAR_HA: Exact = Exact::from_whole(100_000);

fn note_absurd(gathered: &Gathered, notes: &mut Vec<String>) {
    for entry in gathered.entries.iter().filter(|e| e.value > ABSURD_YEAR_HA).take(LINES_NAMED) {
        notes.push(format!(
            "line {}: {} ha in {} in {} is more than {}: another unit? It is in the sums",
            entry.line,
            entry.value.grouped(),
            entry.code,
            entry.year,
            ABSURD_YEAR_HA.grouped()
        ));
    }
}

/// Lines that a note names; `records check --left-out` writes all of them.
const LINES_NAMED: usize = 100;

fn note_left_out(gathered: &Gathered, notes: &mut Vec<String>) {
    let mut others: BTreeMap<(&str, &str), (Exact, Vec<u64>)> = BTreeMap::new();
    let mut bad = Vec::new();
    for row in &gathered.left_out {
        match &row.other {
            Some((crop, unit, amount)) => {
                let group = others.entry((crop, unit)).or_default();
                group.0 += *amount;
                group.1.push(row.line);
            }
            None => bad.push(row),
        }
    }
    for ((crop, unit), (amount, lines)) in others {
        let why = if is_coca(crop) { "not hectares" } else { "not coca" };
        let named: Vec<String> = lines.iter().take(LINES_NAMED).map(u64::to_string).collect();
        let more = if lines.len() > LINES_NAMED { " ..." } else { "" };
        notes.push(format!(
            "{} events of '{}' in '{}' ({} in all) are {why}: not in the sums (lines {}{more})",
            lines.len(),
            printable(crop),
            printable(unit),
            amount.grouped(),
            named.join(", ")
        ));
    }
    for row in bad.iter().take(LINES_NAMED) {
        notes.push(format!("line {} is not in the sums: {}", row.line, printable(&row.why)));
    }
    if let Some(first) = gathered.converted.first() {
        let n = gathered.converted.len();
        notes.push(format!("{n} amounts in another unit (first: line {first}) were converted exactly"));
    }
    if bad.len() > LINES_NAMED {
        notes.push(format!("and {} more rows that cannot be read are not in the sums", bad.len() - LINES_NAMED));
    }
}

fn note_events(gathered: &Gathered, notes: &mut Vec<String>) {
    for event in gathered.entries.iter().filter(|e| gathered.days.is_some() && e.value > ABSURD_HA).take(LINES_NAMED) {
        notes.push(format!(
            "line {}: {} ha in one event is more than {}: plants or square metres? It is in the sums",
            event.line,
            event.value.grouped(),
            ABSURD_HA.grouped()
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
    } else if sums.keys().map(|(_, method)| method).collect::<BTreeSet<_>>().len() > 1 {
        let parts: Vec<String> =
            sums.iter().map(|((year, m), sum)| format!("{year} {} {}", m.word(), sum.grouped())).collect();
        notes.push(format!("the sums add several methods; apart they are, in ha: {}", parts.join(", ")));
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
pub(super) fn equal_tail(a: &RecordFile, b: &RecordFile) -> Option<(i32, i32)> {
    let (a, b) = (a.sum_by_year(), b.sum_by_year());
    let common: Vec<(i32, bool)> =
        a.iter().filter_map(|(year, sum)| Some((*year, !sum.is_zero() && b.get(year)? == sum))).collect();
    let equal = common.iter().rev().take_while(|(_, equal)| *equal).count();
    (equal >= 2).then(|| (common[common.len() - equal].0, common[common.len() - 1].0))
}
