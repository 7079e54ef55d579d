//! From tokens to pieces: words with a meaning, figures with their unit, years and places.

use super::number::{self, Language, Number};
use super::place::{Gazetteer, Mention, Place};
use super::text::{Kind, Token, cleaned, tokens};
use super::words::{self, Word};

/// Years that a bare figure of four digits is taken for.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2100;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hectares,
    Percent,
    /// Of the whole, in words: a third.
    Part,
    Points,
    Kilograms,
    /// So many times as much.
    Fold,
    Years,
    /// Anything that no record counts.
    Other,
    /// None is written.
    Bare,
}

/// A figure and its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure {
    pub number: Number,
    pub unit: Unit,
    /// `-1`, `1`, or `0` where no sign is written.
    pub sign: i8,
}

/// What a part of the sentence is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Word(Word),
    Figure(Figure),
    Year(i32),
    Place(Mention),
    /// Between two years.
    Dash,
    /// Ends a clause.
    Clause,
    Question,
    Unknown,
}

/// A part of the sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub mark: Mark,
    /// Bytes of the cleaned sentence.
    pub at: (usize, usize),
    /// A comma or the like stands before it.
    pub set_off: bool,
}

/// A sentence in pieces.
#[derive(Debug, Clone)]
pub(super) struct Scanned {
    pub text: String,
    pub pieces: Vec<Piece>,
    pub language: Language,
    pub remarks: Vec<String>,
}

impl Scanned {
    /// What a piece was in the sentence.
    pub fn quote(&self, piece: &Piece) -> &str {
        &self.text[piece.at.0..piece.at.1]
    }
}

/// Reads a sentence in pieces. `figures` forces the language of its figures.
pub(super) fn scan(sentence: &str, names: &Gazetteer, figures: Option<Language>) -> Scanned {
    let text = cleaned(sentence);
    let all = tokens(&text);
    let words: Vec<&str> = all.iter().filter_map(Token::word).collect();
    let (language, told) = words::language(&words, &text);
    let mut scanner = Scanner {
        text: &text,
        tokens: &all,
        names,
        language,
        told,
        figures: figures.unwrap_or(language),
        remarks: Vec::new(),
    };
    let mut pieces = Vec::new();
    let (mut i, mut set_off) = (0, false);
    while i < all.len() {
        let (mark, used) = scanner.piece(i);
        if let Some(mark) = mark {
            pieces.push(Piece {
                mark,
                at: (all[i].at.0, all[i + used - 1].at.1),
                set_off: std::mem::take(&mut set_off),
            });
        } else {
            set_off |= matches!(all[i].kind, Kind::Mark(_));
        }
        i += used;
    }
    let remarks = scanner.remarks;
    Scanned { text, pieces, language, remarks }
}

struct Scanner<'a> {
    text: &'a str,
    tokens: &'a [Token],
    names: &'a Gazetteer,
    language: Language,
    /// The language was told by its words.
    told: bool,
    figures: Language,
    remarks: Vec<String>,
}

impl Scanner<'_> {
    /// The piece that begins at token `i` and how many tokens it takes; `None` for punctuation that says nothing.
    fn piece(&mut self, i: usize) -> (Option<Mark>, usize) {
        match &self.tokens[i].kind {
            Kind::Figure { digits, sign } => self.figure(i, &digits.clone(), *sign),
            Kind::Word(_) => self.word(i),
            Kind::Mark(c) => (self.mark(i, *c), 1),
        }
    }

    fn mark(&self, i: usize, c: char) -> Option<Mark> {
        let figure = |i: Option<usize>| {
            i.and_then(|i| self.tokens.get(i)).is_some_and(|t| matches!(t.kind, Kind::Figure { .. }))
        };
        match c {
            ';' => Some(Mark::Clause),
            '?' | '¿' => Some(Mark::Question),
            '-' | '–' | '—' if figure(i.checked_sub(1)) && figure(Some(i + 1)) => Some(Mark::Dash),
            '~' | '≈' => Some(Mark::Word(Word::About)),
            '>' => Some(Mark::Word(Word::MoreThan)),
            '<' => Some(Mark::Word(Word::LessThan)),
            '≥' => Some(Mark::Word(Word::AtLeast)),
            '≤' => Some(Mark::Word(Word::AtMost)),
            '.' | ',' | ':' | '(' | ')' | '"' | '\'' | '«' | '»' | '“' | '”' | '!' | '¡' | '-' | '–' | '—' | '…'
            | '[' | ']' => None,
            _ => Some(Mark::Unknown),
        }
    }

    /// Words that follow one another from token `i`, without punctuation between them.
    fn words_from(&self, i: usize) -> Vec<&str> {
        self.tokens[i.min(self.tokens.len())..].iter().take(8).map_while(Token::word).collect()
    }

    fn phrase(&self, words: &[&str]) -> Option<(Word, usize)> {
        words::phrase(words, self.language)
    }

    fn word(&mut self, i: usize) -> (Option<Mark>, usize) {
        let words: Vec<String> = self.words_from(i).into_iter().map(str::to_owned).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let place = self.names.find(&words);
        let phrase = self.phrase(&words);
        let spelled = number::in_words(&words, self.language).or((words[0] == "mil").then_some((1.0, 0)));
        let taken = |found: Option<usize>| found.unwrap_or(0);
        let (of_place, of_phrase) = (taken(place.as_ref().map(|p| p.1)), taken(phrase.map(|p| p.1)));
        let of_number = taken(spelled.map(|s| s.1.max(1)));
        // "one million", "una hectárea": the article counts where a scale or a unit follows.
        let counts = matches!(phrase, Some((Word::Filler, 1))) && of_number == 1 && {
            self.unit(i + 1).is_some() || words.get(1).is_some_and(|w| number::scale(w).is_some())
        };
        if (of_number > of_phrase.max(of_place) || counts)
            && let Some((value, used)) = spelled
        {
            return self.spelled(i, value, used);
        }
        // A name that is also a word is a name where it has a capital inside the sentence.
        let named = of_place > of_phrase || (of_place == of_phrase && i > 0 && self.tokens[i].capital);
        if let Some((places, used)) = place.filter(|_| named) {
            let text = &self.text[self.tokens[i].at.0..self.tokens[i + used - 1].at.1];
            return (Some(Mark::Place(Mention::new(places, text))), used);
        }
        if let Some((word, used)) = phrase {
            return (Some(Mark::Word(word)), used);
        }
        match words::phrase(&words, self.language.other()) {
            Some((word, used)) => (Some(Mark::Word(word)), used),
            None => (Some(Mark::Unknown), 1),
        }
    }

    fn spelled(&mut self, i: usize, value: f64, used: usize) -> (Option<Mark>, usize) {
        let mut number = Number::counting(value, 1.0);
        let mut at = i + used;
        if let Some(scale) = self.tokens.get(at).and_then(Token::word).and_then(number::scale) {
            number = number.times(scale);
            at += 1;
        }
        self.with_unit(i, at, number, 0)
    }

    fn figure(&mut self, i: usize, digits: &str, sign: i8) -> (Option<Mark>, usize) {
        let word = |i: Option<usize>| i.and_then(|i| self.tokens.get(i)).and_then(Token::word);
        let before = word(i.checked_sub(1));
        if digits == "31" || digits == "1" {
            match (before, word(Some(i + 1)), word(Some(i + 2))) {
                (Some("december" | "january"), ..) | (_, Some("december" | "diciembre"), _) => return (None, 1),
                (_, Some("de" | "of"), Some("diciembre" | "december" | "enero")) => return (None, 1),
                _ => {}
            }
        }
        let coded = matches!(before, Some("code" | "codigo" | "divipola" | "dane"));
        let has_unit = self.unit(i + 1).is_some();
        if digits.len() == 5
            && (coded || !has_unit)
            && let Some(place) = self.names.by_code(digits)
        {
            return (Some(Mark::Place(Mention::new(vec![place], digits))), 1);
        }
        if coded {
            return (Some(Mark::Unknown), 1);
        }
        if let Some(year) = self.year(i, digits, sign, has_unit) {
            return (Some(Mark::Year(year)), 1);
        }
        let Some(mut number) = number::read(digits, self.figures) else { return (Some(Mark::Unknown), 1) };
        let mut at = i + 1;
        if let Some(scale) = word(Some(at)).and_then(number::scale) {
            number = number.times(scale);
            number.ambiguous = false;
            at += 1;
            // "261 mil 386"
            if let Some(Kind::Figure { digits, sign: 0 }) = self.tokens.get(at).map(|t| &t.kind)
                && let (1e3, 3, Ok(rest)) = (scale, digits.len(), digits.parse::<f64>())
            {
                number = Number::counting(number.value + rest, 1.0);
                at += 1;
            }
        }
        self.with_unit(i, at, number, sign)
    }

    /// `2024`, and after a preposition `2.024`, where no unit follows.
    fn year(&mut self, i: usize, digits: &str, sign: i8, has_unit: bool) -> Option<i32> {
        let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
        let year = bare.parse().ok().filter(|y| bare.len() == 4 && YEARS.contains(y) && sign == 0 && !has_unit)?;
        if bare.len() < digits.len() {
            let before = i.checked_sub(1).and_then(|b| self.tokens[b].word());
            let led = matches!(before, Some("in" | "en" | "since" | "desde" | "de" | "of" | "ano" | "year"));
            if !led || digits.len() != 5 || digits.find(['.', ',']) != Some(1) {
                return None;
            }
            let said = format!("'{digits}' is read as the year {year}");
            if !self.remarks.contains(&said) {
                self.remarks.push(said);
            }
        }
        Some(year)
    }

    /// The unit at token `i` and how many tokens it takes, `of hectares` included.
    fn unit(&self, i: usize) -> Option<(Unit, f64, usize)> {
        if matches!(self.tokens.get(i).map(|t| &t.kind), Some(Kind::Mark('%'))) {
            return Some((Unit::Percent, 1.0, 1));
        }
        let words = self.words_from(i);
        let skipped = usize::from(matches!(words.first(), Some(&("de" | "of"))));
        let of_two = self.phrase(&words[skipped.min(words.len())..]);
        let (word, used) =
            of_two.or_else(|| words::phrase(&words[skipped.min(words.len())..], self.language.other()))?;
        let (unit, scale) = match word {
            Word::Hectares => (Unit::Hectares, 1.0),
            Word::Kilograms => (Unit::Kilograms, 1.0),
            Word::Tonnes => (Unit::Kilograms, 1000.0),
            Word::Percent if skipped == 0 => (Unit::Percent, 1.0),
            Word::Points if skipped == 0 => (Unit::Points, 1.0),
            Word::Fold if skipped == 0 => (Unit::Fold, 1.0),
            Word::Year if skipped == 0 => (Unit::Years, 1.0),
            Word::OtherUnit | Word::Municipality | Word::Department => (Unit::Other, 1.0),
            _ => return None,
        };
        Some((unit, scale, skipped + used))
    }

    fn with_unit(&mut self, i: usize, at: usize, number: Number, sign: i8) -> (Option<Mark>, usize) {
        let (unit, scale, used) = self.unit(at).unwrap_or((Unit::Bare, 1.0, 0));
        let mut number = number.times(scale);
        if number.ambiguous && !self.told && unit == Unit::Hectares {
            // Nothing tells the language: thousands of hectares are likelier than thousandths.
            if let Some(Kind::Figure { digits, .. }) = self.tokens.get(i).map(|t| &t.kind) {
                let other = number::read(digits, self.figures.other());
                number = other.filter(|o| o.value > number.value).unwrap_or(number);
            }
        }
        (Some(Mark::Figure(Figure { number, unit, sign })), at + used - i)
    }
}

/// The country where a word names it.
pub(super) fn country(text: &str) -> Mention {
    Mention::new(vec![Place::Country], text)
}
