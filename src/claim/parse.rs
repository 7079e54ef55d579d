//! From what was found in a sentence to what it claims.

use super::gather::{Found, Told, gather};
use super::number::Language;
use super::place::{Gazetteer, settle};
use super::refuse::refuse_what_cannot_be_checked;
use super::scan::{Unit, scan};
use super::statements::statements;
use super::types::{Claim, Methods, NotUnderstood, Statement, Subject};
use super::words::Word;

/// Most bytes of a sentence. Every word is held against every other.
const LONGEST: usize = 4_000;

/// Reads a sentence. `as_of` is the year that *last year* is told from; `figures` forces the language of the figures.
///
/// # Errors
/// [`NotUnderstood`] with the part that the grammar does not hold.
pub fn parse(
    sentence: &str,
    names: &Gazetteer,
    as_of: Option<i32>,
    figures: Option<Language>,
) -> Result<(Claim, Language), NotUnderstood> {
    if sentence.len() > LONGEST {
        return Err(NotUnderstood::because("it is longer than any claim: write each in its own line"));
    }
    let scanned = scan(sentence, names, figures);
    if scanned.pieces.is_empty() {
        return Err(NotUnderstood::because("nothing is said"));
    }
    refuse_what_cannot_be_checked(&scanned)?;
    let mut found = gather(&scanned)?;
    if found.has(Word::Not) {
        found = found.behind_a_negation();
    }
    refuse_thousands_of_rates(&found)?;
    let subject = subject(&found)?;
    let places = settle(&found.mentions, found.compared, names)?;
    let when = when(&found, as_of)?;
    let read = statements(&found, subject, &places)?;
    if read.negated && read.statements.len() > 1 {
        return Err(NotUnderstood::because("a negation of several things: give a claim for each"));
    }
    let mut claim = Claim {
        subject,
        place: places.place,
        within: places.within,
        year: when.year,
        since: when.since,
        span: found.span,
        statements: read.statements,
        negated: read.negated,
        remarks: scanned.remarks.clone(),
        ambiguous: found.figures.iter().any(|t| t.figure.number.ambiguous && !is_rate(t.figure.unit)),
    };
    claim.remarks.extend(places.remarks);
    claim.remarks.extend(read.remarks);
    check(&claim, &found)?;
    Ok((claim, scanned.language))
}

const TWO_METHODS: &str = "two things are named side by side (methods of eradication, or coca and eradication): give a claim for each; of two methods, or say that they are taken together";

fn subject(found: &Found) -> Result<Subject, NotUnderstood> {
    let mut methods: Vec<_> = found
        .words
        .iter()
        .filter_map(|w| if let Word::Eradication(Some(method)) = w { Some(*method) } else { None })
        .collect();
    methods.sort_unstable();
    methods.dedup();
    if found.has(Word::Seizures) {
        return Ok(Subject::Seizures);
    }
    if found.has(Word::GrossGain) {
        return Ok(Subject::GrossGain);
    }
    if found.has(Word::AllMethods) {
        return Ok(Subject::Eradication(Methods::All));
    }
    if found.has(Word::Together) {
        return match (methods.len(), found.has(Word::Eradication(None))) {
            (0, false) => Err(NotUnderstood::because("what is taken together? only methods of eradication are added")),
            _ => Ok(Subject::Eradication(Methods::All)),
        };
    }
    match methods.as_slice() {
        _ if found.two_methods => Err(NotUnderstood::because(TWO_METHODS)),
        [] if found.has(Word::Eradication(None)) => Ok(Subject::Eradication(Methods::Unnamed)),
        [] if found.has(Word::UnitedStates) => Ok(Subject::UnitedStates),
        [] => Ok(Subject::Coca),
        [method] => Ok(Subject::Eradication(Methods::One(*method))),
        _ => Err(NotUnderstood::because(TWO_METHODS)),
    }
}

struct When {
    year: Option<i32>,
    since: Option<i32>,
}

/// The year that is spoken of and the one that it is compared with.
fn when(found: &Found, as_of: Option<i32>) -> Result<When, NotUnderstood> {
    let mut years: Vec<i32> = Vec::new();
    let mut since: Vec<i32> = Vec::new();
    for (year, role) in &found.years {
        match role {
            Some(Word::Since | Word::From | Word::Than | Word::Between) => since.push(*year),
            _ => years.push(*year),
        }
    }
    for (first, second) in &found.ranges {
        since.push(*first);
        years.push(*second);
    }
    for word in &found.words {
        if let Word::YearsBack(back) = word {
            let Some(as_of) = as_of else {
                return Err(NotUnderstood::because("'last year' or 'this year': say of which, with --as-of YEAR"));
            };
            years.push(as_of - back);
        }
    }
    years.dedup();
    since.dedup();
    // "went from X in 2023 to Y in 2024": the years stand with their figures.
    if let ([first, second], [], true) = (years.as_slice(), since.as_slice(), has_pair(found)) {
        return Ok(When { year: Some(*second), since: Some(*first) });
    }
    match (years.as_slice(), since.as_slice()) {
        ([], []) | ([_], []) | ([], [_]) | ([_], [_]) => {
            let (year, since) = (years.first().copied(), since.first().copied());
            if let (Some(year), Some(since)) = (year, since) {
                if since == year {
                    return Err(NotUnderstood::because(format!("{year} is compared with itself")));
                }
                if since > year && !found.compared {
                    return Err(NotUnderstood::because(format!("{since} is after {year}")));
                }
            }
            Ok(When { year, since })
        }
        _ => {
            let all: Vec<String> = years.iter().chain(&since).take(8).map(i32::to_string).collect();
            Err(NotUnderstood::because(format!(
                "the years {} are not told apart; give one, or 'from ... to ...'",
                all.join(", ")
            )))
        }
    }
}

/// Two figures of one unit, the first of them led by `from` and the second by `to`.
pub(super) fn pair(found: &Found) -> Option<(Told, Told)> {
    let at = found.figures.iter().position(|t| t.role == Some(Word::To))?;
    let mut to = found.figures[at];
    let from = found.figures[..at].iter().rfind(|t| {
        let alike = t.figure.unit == to.figure.unit || [t, &to].iter().any(|t| t.figure.unit == Unit::Bare);
        alike && matches!(t.role, Some(Word::From | Word::Of | Word::Since))
    })?;
    let mut from = *from;
    if to.figure.unit == Unit::Bare {
        to.figure.unit = from.figure.unit;
    }
    from.figure.unit = to.figure.unit;
    Some((from, to))
}

fn has_pair(found: &Found) -> bool {
    pair(found).is_some()
}

/// A unit of rates: none is written in thousands.
fn is_rate(unit: Unit) -> bool {
    matches!(unit, Unit::Percent | Unit::Points | Unit::Fold)
}

/// `43,053 %` in English: thousands of per cents are not written, and decimals would be the other language's.
fn refuse_thousands_of_rates(found: &Found) -> Result<(), NotUnderstood> {
    let rates = found.figures.iter().filter(|t| is_rate(t.figure.unit)).map(|t| t.figure.number);
    let Some(number) = rates.into_iter().find(|n| n.ambiguous && n.value >= 1000.0) else { return Ok(()) };
    Err(NotUnderstood::because(format!(
        "{} per cent, points or times, or {}? the figure is written in the manner of the other language",
        number.value,
        number.value / 1000.0
    )))
}

/// What no year or span can be given to.
fn check(claim: &Claim, found: &Found) -> Result<(), NotUnderstood> {
    let moves = claim.statements.iter().any(|s| {
        !matches!(s, Statement::Level(_) | Statement::Share(_) | Statement::Rank(_) | Statement::Against { .. })
    });
    if !moves && (claim.since.is_some() || claim.span.is_some()) {
        return Err(NotUnderstood::because("two years are named for a figure of one year"));
    }
    if found.has(Word::Annual) && (claim.span.is_some() || claim.since.is_some_and(|s| claim.year != Some(s + 1))) {
        return Err(NotUnderstood::because(
            "a rate per year over several years: the grammar holds one change between two years",
        ));
    }
    if claim.span.is_some_and(|s| !(1..100).contains(&s)) || (claim.span.is_some() && claim.since.is_some()) {
        return Err(NotUnderstood::because("a span of years that is not understood"));
    }
    Ok(())
}
