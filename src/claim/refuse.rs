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
        let before = kind(pieces[..k].iter().rev().find(|p| !is_idle(p)));
        let joins = before != 0 && before == kind(pieces[k + 1..].iter().find(|p| !is_idle(p)));
        pieces[k].set_off || (pieces[k].mark == Mark::Word(Word::And) && !joins)
    })
}

/// The word at a piece.
fn word(piece: &Piece) -> Option<Word> {
    if let Mark::Word(word) = piece.mark { Some(word) } else { None }
}

/// A figure and a word of growth that may be of two clauses.
fn beside_a_move(scanned: &Scanned, i: usize) -> Option<&'static str> {
    const TWO: &str = "is it the figure of the year or how much it changed? give a claim for each";
    let pieces = &scanned.pieces;
    let passed = |w: Word| {
        let bound = [Word::MoreThan, Word::LessThan, Word::AtLeast, Word::AtMost, Word::About, Word::Nearly];
        w == Word::Filler || bound.contains(&w)
    };
    let led = pieces[..i].iter().rposition(|p| !word(p).is_some_and(passed));
    match led.and_then(|k| word(&pieces[k])) {
        Some(Word::To | Word::Reach | Word::From | Word::Between) => return None,
        Some(Word::More | Word::Less) if !pieces[i].set_off && !is_amount_before(pieces, led?) => {
            return Some("'more' or 'less' before a figure: say 'more than', or put it after the figure");
        }
        _ => {}
    }
    let follows = pieces[i + 1..].iter().find(|p| !is_idle(p)).and_then(word);
    if matches!(follows, Some(Word::More | Word::Less)) {
        return None;
    }
    if led.is_some_and(|k| word(&pieces[k]) == Some(Word::Of) && only_from(scanned, k, i)) {
        return Some("fell from, below or by so much? say 'a', 'en' or 'por debajo de'");
    }
    let apart = match pieces[..i].iter().rposition(is_move) {
        Some(k) => after_a_move(scanned, k, i),
        None => before_a_move(scanned, i),
    };
    apart.then_some(TWO)
}

fn in_hectares(piece: &Piece) -> bool {
    matches!(piece.mark, Mark::Figure(f) if matches!(f.unit, Unit::Hectares | Unit::Kilograms))
}

/// The figure `i` after the word of growth `k`: `rose and was 261,386 ha`, `creció, con 261.386 ha`.
fn after_a_move(scanned: &Scanned, k: usize, i: usize) -> bool {
    let pieces = &scanned.pieces;
    let with = matches!(scanned.quote(&pieces[i - 1]).to_lowercase().as_str(), "with" | "con");
    let stood = pieces[k..i].iter().any(|p| word(p) == Some(Word::Was));
    let apart = breaks(pieces, k, i) && (stood || (in_hectares(&pieces[i]) && pieces[i].set_off));
    let joined = (k + 1..i).any(|m| word(&pieces[m]) == Some(Word::And) && breaks(pieces, m - 1, m));
    apart || with || joined
}

/// The figure `i` before a word of growth: `had 261,386 ha, up 3 %`; not `an 8,814 ha increase`.
fn before_a_move(scanned: &Scanned, i: usize) -> bool {
    let pieces = &scanned.pieces;
    let Some(j) = (i + 1..pieces.len()).find(|j| is_move(&pieces[*j])) else { return false };
    let adjacent = pieces[i + 1..j].iter().all(is_idle);
    let bare = matches!(scanned.quote(&pieces[j]).to_lowercase().as_str(), "up" | "down");
    let stood = pieces[..i].iter().any(|p| word(p) == Some(Word::Was));
    let another = (j + 1..pieces.len())
        .any(|k| is_amount(&pieces[k].mark) && !matches!(word(&pieces[k - 1]), Some(Word::To | Word::Reach)));
    breaks(pieces, i, j) || (in_hectares(&pieces[i]) && ((stood && (bare || !adjacent)) || another))
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
