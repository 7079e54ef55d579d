//! Sentences that are refused: what no record could tell, and what could be read in two ways.

use super::gather::is_amount;
use super::scan::{Mark, Piece, Scanned, Unit};
use super::types::NotUnderstood;
use super::words::Word;
use crate::records::text_table::normalised;

/// Parts of a sentence that one reason names.
const NAMED: usize = 5;

/// Characters of a sentence that are quoted in one piece.
const QUOTED: usize = 80;

/// A part of the sentence, cut where it is long.
pub(super) fn clipped(text: &str) -> String {
    if text.chars().count() <= QUOTED {
        return text.to_owned();
    }
    let cut: String = text.chars().take(QUOTED - 3).collect();
    format!("{cut}...")
}

/// Refuses what no record here could tell, the gravest reason first.
pub(super) fn refuse_what_cannot_be_checked(scanned: &Scanned) -> Result<(), NotUnderstood> {
    let quoted = |wanted: &dyn Fn(&Mark) -> bool| -> Option<String> {
        let all: Vec<&Piece> = scanned.pieces.iter().filter(|p| wanted(&p.mark)).collect();
        let named: Vec<String> = all.iter().take(NAMED).map(|p| format!("'{}'", clipped(scanned.quote(p)))).collect();
        let more = if all.len() > NAMED { format!(" and {} more", all.len() - NAMED) } else { String::new() };
        (!all.is_empty()).then(|| format!("{}{more}", named.join(", ")))
    };
    let word = |w: Word| quoted(&|m: &Mark| *m == Mark::Word(w));
    if let Some(piece) = scanned.pieces.iter().find(|p| p.mark == Mark::Word(Word::Cause)) {
        let said = scanned.text[piece.at.0..].trim_end_matches('.');
        let before = scanned.text[..piece.at.0].trim_end_matches([' ', ',', '-', '–', '(']);
        return Err(NotUnderstood {
            why: format!(
                "the causal part ('{}') cannot be checked: records tell what was there, not why",
                clipped(said)
            ),
            rest: (!before.is_empty()).then(|| before.to_owned()),
        });
    }
    let refused = [
        (word(Word::Opinion), "a judgement, no figure of a record"),
        (word(Word::Forecast), "of the future or of what may be: no record holds it"),
        (word(Word::OtherSubject), "not in the records here, which hold hectares of coca, eradication and seizures"),
        (word(Word::OtherPlace), "outside Colombia: no record here"),
        (word(Word::Region), "a region: the census is by municipality and department; name one of them"),
        (quoted(&|m| *m == Mark::Question), "a question is no claim"),
        (quoted(&|m| matches!(m, Mark::Clause | Mark::Word(Word::Clause))), "two clauses: give a claim for each"),
        (word(Word::Unread), "the grammar does not hold it"),
        (quoted(&|m| *m == Mark::Unknown), "not understood: no word of the grammar and no place of the census"),
    ];
    let figures = scanned.pieces.iter().any(|p| is_amount(&p.mark));
    let only =
        scanned.pieces.iter().zip(scanned.pieces.iter().skip(1)).any(|(piece, next)| {
            piece.mark == Mark::Word(Word::Only) && (!figures || matches!(next.mark, Mark::Place(_)))
        });
    if only {
        return Err(NotUnderstood::because("'only' of a place: that no other one did is not in the grammar"));
    }
    match refused.into_iter().find_map(|(found, why)| found.map(|found| format!("{found}: {why}"))) {
        Some(why) => Err(NotUnderstood::because(why)),
        None => refuse_loose_order(scanned),
    }
}

/// Refuses what the order of the words leaves open: `had 261,386 ha, up 3 %`, `the largest increase`, `más 3 %`.
fn refuse_loose_order(scanned: &Scanned) -> Result<(), NotUnderstood> {
    let pieces = &scanned.pieces;
    for (i, piece) in pieces.iter().enumerate() {
        let refused = match piece.mark {
            _ if is_amount(&piece.mark) && !matches!(piece.mark, Mark::Word(Word::Times(_))) => {
                beside_a_move(scanned, i)
            }
            Mark::Word(Word::Top | Word::Bottom | Word::Most | Word::Record | Word::RecordLow | Word::Peak)
                if next_to_a_move(pieces, i) =>
            {
                Some("the order of changes, not of figures: the grammar does not hold it")
            }
            _ => None,
        };
        if let Some(why) = refused {
            return Err(NotUnderstood::because(format!("'{}': {why}", clipped(scanned.quote(piece)))));
        }
    }
    Ok(())
}

fn is_move(piece: &Piece) -> bool {
    matches!(piece.mark, Mark::Word(Word::Up | Word::Down | Word::Growth))
}

/// Adds nothing to where a figure belongs.
fn is_idle(piece: &Piece) -> bool {
    matches!(piece.mark, Mark::Word(Word::Filler | Word::Of | Word::Coca | Word::Hectares))
}

/// A comma, or an `and` that does not join two alike, among pieces that have one before and one behind them.
fn breaks(pieces: &[Piece], from: usize, to: usize) -> bool {
    let kind = |p: Option<&Piece>| match p.map(|p| &p.mark) {
        Some(Mark::Figure(_)) => 1,
        Some(Mark::Year(_)) => 2,
        Some(Mark::Place(_)) => 3,
        _ => 0,
    };
    (from + 1..=to).any(|k| {
        let joins = kind(pieces[..k].iter().rev().find(|p| !is_idle(p))) != 0
            && kind(pieces[..k].iter().rev().find(|p| !is_idle(p)))
                == kind(pieces[k + 1..].iter().find(|p| !is_idle(p)));
        pieces[k].set_off || (pieces[k].mark == Mark::Word(Word::And) && !joins)
    })
}

/// A figure and a word of growth that may be of two clauses.
fn beside_a_move(scanned: &Scanned, i: usize) -> Option<&'static str> {
    const TWO: &str = "is it the figure of the year or how much it changed? give a claim for each";
    let pieces = &scanned.pieces;
    let word = |k: usize| if let Mark::Word(word) = pieces[k].mark { Some(word) } else { None };
    let bound = |w: Word| {
        matches!(w, Word::MoreThan | Word::LessThan | Word::AtLeast | Word::AtMost | Word::About | Word::Nearly)
    };
    let led = (0..i).rev().find(|k| !word(*k).is_some_and(|w| w == Word::Filler || bound(w)));
    match led.and_then(word) {
        Some(Word::To | Word::Reach | Word::From | Word::Between) => return None,
        Some(Word::More | Word::Less) if !pieces[i].set_off && !is_amount_before(pieces, led?) => {
            return Some("'more' or 'less' before a figure: say 'more than', or put it after the figure");
        }
        _ => {}
    }
    let follows = pieces[i + 1..].iter().find(|p| !is_idle(p));
    if matches!(follows.map(|p| &p.mark), Some(Mark::Word(Word::More | Word::Less))) {
        return None;
    }
    if led.is_some_and(|k| word(k) == Some(Word::Of) && only_from(scanned, k, i)) {
        return Some("fell from, below or by so much? say 'a', 'en' or 'por debajo de'");
    }
    let hectares = matches!(pieces[i].mark, Mark::Figure(f) if matches!(f.unit, Unit::Hectares | Unit::Kilograms));
    let was = |range: &[Piece]| range.iter().any(|p| p.mark == Mark::Word(Word::Was));
    if let Some(k) = (0..i).rev().find(|k| is_move(&pieces[*k])) {
        let with = i > 0 && matches!(scanned.quote(&pieces[i - 1]).to_lowercase().as_str(), "with" | "con");
        let apart = breaks(pieces, k, i) && (was(&pieces[k..i]) || (hectares && pieces[i].set_off));
        let and = (k + 1..i).any(|m| word(m) == Some(Word::And) && breaks(pieces, m - 1, m));
        return (apart || with || and).then_some(TWO);
    }
    let j = (i + 1..pieces.len()).find(|j| is_move(&pieces[*j]))?;
    let adjacent = pieces[i + 1..j].iter().all(is_idle);
    let bare = matches!(scanned.quote(&pieces[j]).to_lowercase().as_str(), "up" | "down");
    let stood = pieces[..i].iter().any(|p| matches!(p.mark, Mark::Word(Word::Was)));
    let another = (j + 1..pieces.len())
        .any(|k| is_amount(&pieces[k].mark) && !matches!(word(k - 1), Some(Word::To | Word::Reach)));
    let level = hectares && ((stood && (bare || !adjacent)) || another);
    (level || breaks(pieces, i, j)).then_some(TWO)
}

/// Spanish verbs after which `de` is no amount of change: `no bajó de 150.000 hectáreas` is of a level.
const VERBS: [&str; 14] = [
    "bajo",
    "bajaron",
    "bajan",
    "cayo",
    "cayeron",
    "caen",
    "descendio",
    "descendieron",
    "disminuyo",
    "disminuyeron",
    "subio",
    "subieron",
    "crecio",
    "crecieron",
];

/// `bajó de 150.000 hectáreas`, and not `bajó de 252.572 a 261.386`.
fn only_from(scanned: &Scanned, of: usize, i: usize) -> bool {
    let pieces = &scanned.pieces;
    let verb = of.checked_sub(1).is_some_and(|k| VERBS.contains(&normalised(scanned.quote(&pieces[k])).as_str()));
    let to = pieces[i + 1..].windows(2).any(|w| w[0].mark == Mark::Word(Word::To) && is_amount(&w[1].mark));
    verb && !to
}

fn is_amount_before(pieces: &[Piece], k: usize) -> bool {
    pieces[..k].iter().rev().find(|p| !is_idle(p)).is_some_and(|p| is_amount(&p.mark))
}

/// `the largest increase`, `récord de crecimiento`: not `rose to a record`.
fn next_to_a_move(pieces: &[Piece], i: usize) -> bool {
    let next = pieces[i + 1..].iter().find(|p| !is_idle(p));
    let before = pieces[..i].iter().rposition(|p| !is_idle(p));
    let behind = next.is_some_and(|p| is_move(p) && !p.set_off);
    // "the increase of 2021 was the largest"
    let placed = |p: &&Piece| is_idle(p) || matches!(p.mark, Mark::Year(_) | Mark::Place(_) | Mark::Word(Word::By));
    let said_of = before.is_some_and(|k| {
        pieces[k].mark == Mark::Word(Word::Was) && pieces[..k].iter().rev().find(|p| !placed(p)).is_some_and(is_move)
    });
    let beside = before.is_some_and(|k| is_move(&pieces[k]) && pieces[k + 1..=i].iter().all(|p| !p.set_off));
    behind || said_of || beside
}
