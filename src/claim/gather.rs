//! From pieces to what was found in a sentence: figures with their role, years with theirs, words, places.

use super::place::{Level, Mention};
use super::refuse::clipped;
use super::scan::{Figure, Mark, Piece, Scanned, Unit, country};
use super::types::{Direction, NotUnderstood};
use super::words::Word;
use crate::records::text_table::normalised;

/// A figure where it stands: with what leads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    pub figure: Figure,
    /// From, Of, To or By.
    pub role: Option<Word>,
    /// More than, about, between ...
    pub bound: Option<Word>,
    /// The greater figure of `between`.
    pub upper: Option<Figure>,
    /// `3 % more`.
    pub suffix: Option<Direction>,
    /// `of the coca` follows.
    pub of_whole: bool,
}

/// A multiple: doubled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Multiple {
    pub factor: f64,
    pub bound: Option<Word>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub figures: Vec<Told>,
    pub multiples: Vec<Multiple>,
    /// Years and what leads them: Since, From, Of, To, Than, Between.
    pub years: Vec<(i32, Option<Word>)>,
    /// The second of two years that form a range.
    pub ranges: Vec<(i32, i32)>,
    pub words: Vec<Word>,
    pub mentions: Vec<Mention>,
    pub span: Option<i32>,
    /// A comparison: than, compared with.
    pub compared: bool,
    /// `eradication and spraying`: two methods side by side.
    pub two_methods: bool,
    /// `more than it grew`: a comparison with what is no year, place or figure.
    pub odd_comparison: bool,
    /// Coca (`c`), eradication (`e`) and directions (`d`, `D` where coca follows at once), in their order.
    pub order: String,
}

impl Found {
    /// Whether a word is there.
    pub fn has(&self, word: Word) -> bool {
        self.words.contains(&word)
    }

    /// Whether the letters of `pattern` stand in this order.
    pub fn holds_in_order(&self, pattern: &str) -> bool {
        let mut rest = self.order.chars();
        pattern.chars().all(|wanted| rest.any(|c| c == wanted))
    }

    /// As it stands behind a negation: `did not double`, `did not fall by half` is less than that, not another multiple.
    pub fn behind_a_negation(mut self) -> Self {
        for multiple in &mut self.multiples {
            multiple.bound = multiple.bound.or(Some(Word::AtLeast));
        }
        for told in self.figures.iter_mut().filter(|t| t.figure.unit == Unit::Part) {
            let bound = if told.role == Some(Word::To) { Word::LessThan } else { Word::MoreThan };
            told.bound = told.bound.or(Some(bound));
        }
        self
    }

    /// Whether one of these words is there.
    pub fn has_any(&self, words: &[Word]) -> bool {
        words.iter().any(|w| self.has(*w))
    }
}

/// Walks the pieces once.
pub(super) fn gather(scanned: &Scanned) -> Result<Found, NotUnderstood> {
    let pieces = &scanned.pieces;
    let mut walk = Walk { scanned, found: Found::default(), role: None, bound: None, than: false, hint: None };
    let mut i = 0;
    while i < pieces.len() {
        i += walk.step(pieces, i)?;
    }
    walk.found.odd_comparison |= walk.than;
    Ok(walk.found)
}

struct Walk<'a> {
    scanned: &'a Scanned,
    found: Found,
    role: Option<Word>,
    bound: Option<Word>,
    than: bool,
    /// `municipality of`.
    hint: Option<Word>,
}

pub(super) fn is_amount(mark: &Mark) -> bool {
    matches!(mark, Mark::Figure(_) | Mark::Word(Word::Part(_) | Word::Times(_)))
}

/// The next piece that says something, from `i` on.
fn next_said(pieces: &[Piece], i: usize) -> Option<&Mark> {
    let idle =
        |m: &Mark| matches!(m, Mark::Word(Word::Filler | Word::To | Word::By | Word::Of | Word::Was | Word::About));
    pieces.get(i..)?.iter().map(|p| &p.mark).find(|m| !idle(m))
}

/// The pieces that say something before `i`, the nearest first.
fn said_before(pieces: &[Piece], i: usize) -> Vec<&Mark> {
    let idle = |m: &Mark| matches!(m, Mark::Word(Word::Filler | Word::By | Word::Of));
    pieces[..i].iter().rev().map(|p| &p.mark).filter(|m| !idle(m)).take(2).collect()
}

impl Walk<'_> {
    fn step(&mut self, pieces: &[Piece], i: usize) -> Result<usize, NotUnderstood> {
        match &pieces[i].mark {
            Mark::Figure(figure) => return self.figure(pieces, i, *figure),
            Mark::Word(Word::Part(hundredths)) => {
                let number = super::number::Number::counting(*hundredths, 10.0);
                return self.figure(pieces, i, Figure { number, unit: Unit::Part, sign: 0 });
            }
            Mark::Word(Word::Times(factor)) => {
                self.found.multiples.push(Multiple { factor: *factor, bound: self.bound.take() });
                self.role = None;
            }
            Mark::Year(year) => return Ok(self.year(pieces, i, *year)),
            Mark::Place(mention) => {
                let mut mention = mention.clone();
                mention.joined = said_before(pieces, i).first() == Some(&&Mark::Word(Word::And));
                mention.beside = i > 0 && pieces[i].set_off && matches!(pieces[i - 1].mark, Mark::Place(_));
                self.place(mention);
            }
            Mark::Word(Word::Country) => self.place(country(self.scanned.quote(&pieces[i]))),
            Mark::Word(word) => self.word(pieces, i, *word),
            Mark::Dash | Mark::Clause | Mark::Question | Mark::Unknown => {}
        }
        Ok(1)
    }

    fn place(&mut self, mut mention: Mention) {
        mention.level = match self.hint.take() {
            Some(Word::Municipality) => Some(Level::Municipality),
            Some(Word::Department) => Some(Level::Department),
            _ => None,
        };
        mention.after_order = self.found.words.iter().any(|w| matches!(w, Word::Most | Word::Rank(_) | Word::Top))
            || self.found.figures.iter().any(|t| matches!(t.figure.unit, Unit::Percent | Unit::Part));
        self.found.mentions.push(mention);
        self.role = None;
        self.than = false;
    }

    fn word(&mut self, pieces: &[Piece], i: usize, word: Word) {
        self.note_order(pieces, i, word);
        match word {
            // "to a level of 261,386 ha", "to a record of ...": still to it.
            Word::Of if self.role == Some(Word::To) && next_said(pieces, i + 1).is_some_and(is_amount) => {}
            Word::Record | Word::RecordLow | Word::Top | Word::Bottom if self.role == Some(Word::To) => {
                self.found.words.push(word);
            }
            Word::From | Word::Of | Word::To | Word::By | Word::Since | Word::Between => self.role = Some(word),
            Word::Reach => {
                self.role = Some(Word::To);
                self.found.words.push(word);
            }
            Word::Went => self.role = Some(Word::From),
            Word::Than => {
                self.than = true;
                self.found.compared = true;
            }
            Word::MoreThan | Word::LessThan => {
                // "5 % more than in 2023" and "higher than in 2017" compare; "more than 5 %" bounds.
                if next_said(pieces, i + 1).is_some_and(is_amount) {
                    self.bound = Some(word);
                    // "fell below 200,000 ha" is of a level, "fell by more than 200,000 ha" of a change.
                    let place = normalised(self.scanned.quote(&pieces[i]));
                    let to = matches!(place.as_str(), "below" | "above" | "under" | "por_debajo_de" | "por_encima_de");
                    if to && self.role != Some(Word::By) {
                        self.role = Some(Word::To);
                    }
                } else {
                    // Spanish "más de coca" is more, but compares with nothing.
                    let of = self.scanned.quote(&pieces[i]).to_lowercase().ends_with("s de")
                        || self.scanned.quote(&pieces[i]).to_lowercase().ends_with("s del");
                    self.than |= !of;
                    self.found.compared |= !of;
                    let bare = if word == Word::MoreThan { Word::More } else { Word::Less };
                    self.found.words.push(bare);
                }
            }
            Word::AtLeast | Word::AtMost => self.bound = Some(word),
            Word::About | Word::Nearly => self.bound = self.bound.or(Some(word)),
            Word::Municipality | Word::Department => {
                self.hint = Some(word);
                self.found.words.push(word);
            }
            Word::And | Word::Filler | Word::Hectares => {}
            // "in the year 2024" keeps its preposition.
            Word::Year | Word::Was => self.found.words.push(word),
            Word::Eradication(_) => {
                let before = said_before(pieces, i);
                self.found.two_methods |=
                    matches!(before[..], [Mark::Word(Word::And), Mark::Word(Word::Eradication(_) | Word::Coca), ..]);
                self.role = None;
                self.found.words.push(word);
            }
            other => {
                self.role = None;
                self.found.words.push(other);
            }
        }
        if !matches!(word, Word::Municipality | Word::Department | Word::Of | Word::Filler) {
            self.hint = None;
        }
    }

    /// What moves what: coca, eradication and directions in their order.
    fn note_order(&mut self, pieces: &[Piece], i: usize, word: Word) {
        let noted = match word {
            Word::Coca => {
                let before = said_before(pieces, i);
                let joined = matches!(before[..], [Mark::Word(Word::And), Mark::Word(Word::Eradication(_)), ..]);
                self.found.two_methods |= joined;
                'c'
            }
            Word::Eradication(_) | Word::AllMethods => 'e',
            Word::Up | Word::Down if next_said(pieces, i + 1) == Some(&Mark::Word(Word::Coca)) => 'D',
            Word::Up | Word::Down => 'd',
            Word::YearBefore => {
                self.than = false;
                return;
            }
            _ => return,
        };
        self.found.odd_comparison |= self.than && noted != 'c';
        self.found.order.push(noted);
    }

    fn year(&mut self, pieces: &[Piece], i: usize, year: i32) -> usize {
        let after = |k: usize| pieces.get(i + k).map(|p| &p.mark);
        let joined = match self.role {
            Some(Word::Between) => after(1) == Some(&Mark::Word(Word::And)),
            Some(Word::From | Word::Of | Word::Since) => {
                matches!(after(1), Some(Mark::Word(Word::To)))
            }
            _ => false,
        } || after(1) == Some(&Mark::Dash)
            || (after(1) == Some(&Mark::Word(Word::To)) && matches!(after(2), Some(Mark::Year(_))));
        let role = if std::mem::take(&mut self.than) { Some(Word::Than) } else { self.role };
        self.role = None;
        if let (true, Some(Mark::Year(second))) = (joined, after(2)) {
            self.found.ranges.push((year, *second));
            return 3;
        }
        self.found.years.push((year, role));
        1
    }

    fn figure(&mut self, pieces: &[Piece], i: usize, figure: Figure) -> Result<usize, NotUnderstood> {
        let quote = self.scanned.quote(&pieces[i]);
        match figure.unit {
            Unit::Other => {
                return Err(NotUnderstood::because(format!(
                    "'{}': not hectares, per cent, points or kilograms",
                    clipped(quote)
                )));
            }
            Unit::Years => {
                self.found.span = Some(figure.number.value as i32);
                self.role = None;
                return Ok(1);
            }
            _ => {}
        }
        let mut used = 1;
        let mut told =
            Told { figure, role: self.role, bound: self.bound.take(), upper: None, suffix: None, of_whole: false };
        let after = |k: usize| pieces.get(i + k).map(|p| &p.mark);
        let article = usize::from(after(2) == Some(&Mark::Word(Word::Filler)));
        if let (Some(Word::Between), Some(Mark::Word(Word::And)), Some(Mark::Figure(upper))) =
            (self.role, after(1), after(2 + article))
        {
            (told.bound, told.upper, told.role) = (Some(Word::Between), Some(*upper), None);
            told.figure.unit = if figure.unit == Unit::Bare { upper.unit } else { figure.unit };
            used = 3 + article;
        }
        // "118,602 more hectares"
        let more = matches!(after(1), Some(Mark::Word(Word::More | Word::Less | Word::Up)));
        if figure.unit == Unit::Bare && more && after(2) == Some(&Mark::Word(Word::Hectares)) {
            told.figure.unit = Unit::Hectares;
        }
        self.role = None;
        match after(used) {
            Some(Mark::Word(Word::OrMore)) => (told.bound, used) = (Some(Word::AtLeast), used + 1),
            Some(Mark::Word(Word::OrLess)) => (told.bound, used) = (Some(Word::AtMost), used + 1),
            _ => {}
        }
        self.suffix(pieces, i + used, &mut told);
        self.found.figures.push(told);
        Ok(used)
    }

    /// `more`, `less` or `of the coca` after a figure.
    fn suffix(&mut self, pieces: &[Piece], from: usize, told: &mut Told) {
        let idle = |m: &Mark| matches!(m, Mark::Word(Word::Filler | Word::Coca | Word::Of));
        let rest = pieces.get(from..).unwrap_or_default();
        let joined = rest.iter().take_while(|p| !p.set_off).count();
        let rest = &rest[..joined];
        let next = rest.iter().position(|p| !idle(&p.mark));
        told.suffix = match next.map(|n| &rest[n].mark) {
            Some(Mark::Word(Word::More)) => Some(Direction::Up),
            Some(Mark::Word(Word::Less)) => Some(Direction::Down),
            Some(Mark::Word(word @ (Word::MoreThan | Word::LessThan)))
                if !next_said(rest, next.unwrap_or(0) + 1).is_some_and(is_amount) =>
            {
                Some(if *word == Word::MoreThan { Direction::Up } else { Direction::Down })
            }
            _ => None,
        };
        let mut whole = rest.iter().map(|p| &p.mark).skip_while(|m| matches!(m, Mark::Word(Word::Filler)));
        if whole.next() == Some(&Mark::Word(Word::Of)) {
            let named = whole.find(|m| !matches!(m, Mark::Word(Word::Filler)));
            told.of_whole = matches!(
                named,
                Some(Mark::Word(Word::Coca | Word::Total | Word::Country | Word::Eradication(_) | Word::AllMethods))
            );
        }
        if matches!(rest.first().map(|p| &p.mark), Some(Mark::Word(Word::Total))) {
            told.of_whole = true;
        }
    }
}
