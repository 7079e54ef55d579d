//! What words mean: the part of the lexicon that both languages share.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::number::Language;
use super::{words_en, words_es};
use crate::records::Method;

/// The meaning of a word or phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Word {
    /// Coca, the crop, its area.
    Coca,
    /// The estimate of the United States.
    UnitedStates,
    /// Eradication; `None` where no method is said.
    Eradication(Option<Method>),
    /// Every method together.
    AllMethods,
    /// Taken together.
    Together,
    /// Change of the census plus eradication.
    GrossGain,
    /// Seizures.
    Seizures,
    /// The noun growth, or pace: what slows down.
    Growth,
    /// Grew, rose, increase.
    Up,
    /// Fell, decrease.
    Down,
    /// Did not change.
    Flat,
    /// Change, without direction.
    Vary,
    /// Slowed down.
    Slower,
    /// Accelerated.
    Faster,
    /// Became so many times as much: doubled is 2, halved 0.5.
    Times(f64),
    /// So many hundredths: half is 50.
    Part(f64),
    /// More, higher (than).
    More,
    /// Less, lower (than).
    Less,
    /// The most coca.
    Most,
    /// A place in the order: second is 2.
    Rank(usize),
    /// The highest: of places or of years.
    Top,
    /// The lowest of years.
    Bottom,
    /// A record high.
    Record,
    /// A record low.
    RecordLow,
    /// Highest of all years, before and after.
    Peak,
    /// More than the figure that follows.
    MoreThan,
    /// Less than the figure that follows.
    LessThan,
    /// The figure that follows, or more.
    AtLeast,
    /// The figure that follows, or less.
    AtMost,
    /// More or less the figure that follows.
    About,
    /// A little less than the figure that follows.
    Nearly,
    /// ... or more, after a figure.
    OrMore,
    /// ... or less, after a figure.
    OrLess,
    /// Negation.
    Not,
    /// Went from one figure to another.
    Went,
    /// Had, was.
    Was,
    /// Reached: the figure that follows is a level.
    Reach,
    /// From the year that follows until the year that is spoken of.
    Since,
    /// From.
    From,
    /// Of: in Spanish the same word as from.
    Of,
    /// To.
    To,
    /// By.
    By,
    /// Between.
    Between,
    /// And.
    And,
    /// Than, compared with.
    Than,
    /// Share of a whole.
    Share,
    /// Of all.
    Total,
    /// So many years back from the latest.
    YearsBack(i32),
    /// The year before the one that is spoken of.
    YearBefore,
    /// A rate per year.
    Annual,
    /// Year(s), as a unit.
    Year,
    /// Only: of a figure it says nothing, of a place it says that no other one did.
    Only,
    /// Municipalities or departments, none of them named.
    Places,
    /// Municipality.
    Municipality,
    /// Department.
    Department,
    /// The country.
    Country,
    /// Hectares.
    Hectares,
    /// Per cent.
    Percent,
    /// Percentage points.
    Points,
    /// Kilograms.
    Kilograms,
    /// Tonnes.
    Tonnes,
    /// Times as much.
    Fold,
    /// A unit that no record is in.
    OtherUnit,
    /// Says why something came about.
    Cause,
    /// Of the future.
    Forecast,
    /// A judgement of value, or a doubt.
    Opinion,
    /// Something that no record here holds.
    OtherSubject,
    /// A place outside the records.
    OtherPlace,
    /// A region that is no department.
    Region,
    /// Joins two clauses.
    Clause,
    /// A form that the grammar leaves out.
    Unread,
    /// Says nothing that changes the figure.
    Filler,
}

/// Words of one meaning, apart by spaces; the words of a phrase are joined by `_`.
pub(super) type Entry = (Word, &'static str);

/// Most words in a phrase.
const LONGEST: usize = 6;

/// A lexicon: phrase to meaning.
type Lexicon = HashMap<String, Word>;

fn lexicon(entries: &[&[Entry]]) -> Lexicon {
    let all = entries.iter().flat_map(|table| table.iter());
    all.flat_map(|(word, text)| text.split_whitespace().map(|phrase| (phrase.replace('_', " "), *word))).collect()
}

static ENGLISH: LazyLock<Lexicon> = LazyLock::new(|| lexicon(&[BOTH, words_en::WORDS]));
static SPANISH: LazyLock<Lexicon> = LazyLock::new(|| lexicon(&[BOTH, words_es::WORDS]));

/// The longest phrase at the head of `words` in a language, and how many words it has.
pub(super) fn phrase(words: &[&str], language: Language) -> Option<(Word, usize)> {
    let lexicon: &Lexicon = if language == Language::English { &ENGLISH } else { &SPANISH };
    (1..=words.len().min(LONGEST)).rev().find_map(|n| lexicon.get(&words[..n].join(" ")).map(|word| (*word, n)))
}

/// Every entry of a language, for the printed grammar.
pub(super) fn entries(language: Language) -> Vec<Entry> {
    let own = if language == Language::English { words_en::WORDS } else { words_es::WORDS };
    BOTH.iter().chain(own).copied().collect()
}

/// The language whose little words the sentence has more of; Spanish letters count too. English where it is a tie.
pub(super) fn language(words: &[&str], sentence: &str) -> (Language, bool) {
    let count = |text: &str| {
        let little: Vec<&str> = text.split(' ').collect();
        words.iter().filter(|w| little.contains(w)).count()
    };
    let accents = sentence.to_lowercase().chars().filter(|c| "áéíóúñ¿¡".contains(*c)).count();
    let spanish = 2 * count(words_es::LITTLE) + usize::from(accents > 0);
    let english = 2 * count(words_en::LITTLE);
    (if spanish > english { Language::Spanish } else { Language::English }, spanish != english)
}

/// Words that mean the same in both languages.
const BOTH: &[Entry] = &[
    (Word::Coca, "coca simci"),
    (Word::UnitedStates, "ondcp"),
    (Word::Hectares, "ha"),
    (Word::Percent, "%"),
    (Word::Points, "pp p_p"),
    (Word::Kilograms, "kg kilos"),
    (Word::OtherUnit, "km2 km m2 m"),
    (Word::Country, "colombia"),
    (Word::Filler, "unodc onu odc pnis total_de"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two meanings the later one would win unseen: `under` that adds nothing would lose a bound.
    #[test]
    fn no_phrase_has_two_meanings() {
        for language in [Language::English, Language::Spanish] {
            let mut seen: HashMap<&str, Word> = HashMap::new();
            for (word, text) in entries(language) {
                for phrase in text.split_whitespace() {
                    let other = seen.insert(phrase, word);
                    assert!(other.is_none_or(|o| o == word), "{phrase}: {other:?} and {word:?}");
                }
            }
        }
    }
}
