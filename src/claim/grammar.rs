//! The grammar as it is printed by `cocal claim --grammar`: forms, then the lexicon that the parser itself uses.

use super::number::Language;
use super::words::{Word, entries};

/// What a sentence may say, with an example in each language.
const FORMS: [(&str, &str, &str); 15] = [
    ("level", "Tumaco had 31,300 hectares in 2024", "Tumaco tuvo 31.300 hectáreas en 2024"),
    ("level, bounded", "more than 250,000 hectares", "casi 262 mil hectáreas"),
    ("change", "coca rose by 8,814 ha in 2024", "la coca aumentó 8.814 ha en 2024"),
    ("growth", "coca grew 3 % in 2024", "el cultivo creció 3 %"),
    ("fraction, multiple", "eradication fell by half", "la coca en Nariño se duplicó entre 2013 y 2017"),
    ("from ... to ...", "went from 252,572 to 261,386 ha", "pasó de 252.572 a 261.386 hectáreas"),
    ("direction", "coca fell in 2024", "el área no bajó en 2024"),
    ("no change", "coca remained stable", "la coca se mantuvo estable"),
    ("growth rate", "growth slowed in 2024", "el crecimiento se desaceleró 6 puntos"),
    ("share", "Nariño concentrates 28 % of the coca", "Nariño concentra el 28 % de la coca"),
    ("order of places", "Nariño is the department with the most coca", "Tibú es el segundo municipio con más coca"),
    ("order of years", "a record in 2024; the highest since 2001", "récord histórico en 2024"),
    ("two places", "Nariño had more coca than Putumayo", "Nariño tuvo más coca que Putumayo"),
    ("none, some", "Caldas had no coca in 2024", "no hubo aspersión en 2020"),
    ("gross gain", "the gross gain was 18,217 ha in 2024", "la ganancia bruta fue de 18.217 ha en 2024"),
];

/// A title and the words that stand below it.
type KindOfWord = (&'static str, fn(Word) -> bool);

/// Kinds of words, in the order in which they are printed.
const KINDS: [KindOfWord; 16] = [
    ("coca", |w| w == Word::Coca),
    ("eradication, by method", |w| matches!(w, Word::Eradication(_) | Word::AllMethods)),
    ("other figures", |w| matches!(w, Word::UnitedStates | Word::GrossGain | Word::Seizures)),
    ("up", |w| w == Word::Up),
    ("down", |w| w == Word::Down),
    ("growth rate", |w| matches!(w, Word::Growth | Word::Slower | Word::Faster)),
    ("no change, change", |w| matches!(w, Word::Flat | Word::Vary)),
    ("multiples and fractions", |w| matches!(w, Word::Times(_) | Word::Part(_))),
    ("bounds", |w| {
        matches!(
            w,
            Word::MoreThan
                | Word::LessThan
                | Word::AtLeast
                | Word::AtMost
                | Word::About
                | Word::Nearly
                | Word::OrMore
                | Word::OrLess
        )
    }),
    ("orders", |w| {
        matches!(w, Word::Most | Word::Rank(_) | Word::Top | Word::Bottom | Word::Record | Word::RecordLow | Word::Peak)
    }),
    ("comparison", |w| matches!(w, Word::More | Word::Less | Word::Than)),
    ("years", |w| matches!(w, Word::Since | Word::YearsBack(_) | Word::YearBefore)),
    ("units", |w| {
        matches!(w, Word::Hectares | Word::Percent | Word::Points | Word::Kilograms | Word::Tonnes | Word::Fold)
    }),
    ("negation", |w| w == Word::Not),
    ("share", |w| matches!(w, Word::Share | Word::Total)),
    ("not checkable", |w| {
        matches!(
            w,
            Word::Cause
                | Word::Forecast
                | Word::Opinion
                | Word::OtherSubject
                | Word::OtherPlace
                | Word::Region
                | Word::Clause
                | Word::Unread
        )
    }),
];

/// The whole grammar, for people.
pub fn grammar() -> String {
    let mut out = String::from(
        "A claim is a place, a year and a figure (or direction, order, record) of coca, eradication or seizures.\n\
         No place: Colombia. No year: the latest of the records. Departments by name; municipalities by the names in the\n\
         census or their DIVIPOLA code; a name of several municipalities needs its department.\n\
         Words stand here without accents, as they are compared. A word that is not in this grammar makes the claim not checkable.\n\nForms\n",
    );
    for (form, english, spanish) in FORMS {
        out.push_str(&format!("  {form:<20} {english}\n  {:<20} {spanish}\n", ""));
    }
    for (title, language) in [("English words", Language::English), ("Spanish words", Language::Spanish)] {
        out.push_str(&format!("\n{title}\n"));
        let all = entries(language);
        let mut print = |kind: &str, wanted: &dyn Fn(Word) -> bool| {
            let texts = all.iter().filter(|(word, _)| wanted(*word)).flat_map(|(_, text)| text.split_whitespace());
            let phrases: Vec<String> = texts.map(|p| p.replace('_', " ")).collect();
            out.push_str(&format!("  {kind}: {}\n", phrases.join(", ")));
        };
        KINDS.iter().for_each(|(kind, wanted)| print(kind, wanted));
        print("words that join, or add nothing", &|word| !KINDS.iter().any(|(_, wanted)| wanted(word)));
    }
    out
}
