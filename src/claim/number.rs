//! Figures as English and Spanish write them.
//!
//! `31.300` is thirty-one thousand in Spanish and thirty-one point three in English. One mark before exactly three digits
//! can be either; the language of the sentence decides, and the reading is marked as ambiguous so that the judge can try
//! the other one.

/// Language of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Decimal point.
    English,
    /// Decimal comma.
    Spanish,
}

impl Language {
    /// The other one.
    pub fn other(self) -> Self {
        if self == Self::English { Self::Spanish } else { Self::English }
    }

    /// The mark between whole and decimals.
    fn decimal_mark(self) -> char {
        if self == Self::English { '.' } else { ',' }
    }
}

/// A figure that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The value.
    pub value: f64,
    /// Half a unit of its last written digit.
    pub half: f64,
    /// The other language would read another figure.
    pub ambiguous: bool,
}

impl Number {
    /// A figure whose last written digit counts `unit`.
    pub fn counting(value: f64, unit: f64) -> Self {
        Self { value, half: 0.5 * unit, ambiguous: false }
    }

    /// Thousands, millions.
    pub fn times(self, scale: f64) -> Self {
        Self { value: self.value * scale, half: self.half * scale, ..self }
    }
}

/// Reads digits with their marks; `None` where they are no figure in either language, such as `1.23.456`.
pub fn read(digits: &str, language: Language) -> Option<Number> {
    let text: String = digits.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let spaced = text.len() < digits.len();
    let (mut decimal, mut ambiguous) = (None, false);
    if let Some(at) = text.rfind(['.', ',']) {
        let mark = if text[at..].starts_with('.') { '.' } else { ',' };
        let count = text.matches(mark).count();
        let mixed = text.contains(if mark == '.' { ',' } else { '.' });
        if mixed && count > 1 {
            return None;
        }
        ambiguous =
            !mixed && count == 1 && !spaced && text.len() - at == 4 && (1..=3).contains(&at) && !text.starts_with('0');
        let groups = count > 1 || (ambiguous && mark != language.decimal_mark());
        decimal = (!groups).then_some(at);
    }
    let (whole, fraction) = decimal.map_or((text.as_str(), ""), |at| (&text[..at], &text[at + 1..]));
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let regular = groups.len() == 1 || ((1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|g| g.len() == 3));
    let whole: String = groups.concat();
    if !regular || whole.len() > 12 || fraction.len() > 9 {
        return None;
    }
    let value: f64 = format!("{whole}.{fraction}0").parse().ok()?;
    Some(Number { value, half: 0.5 * 0.1_f64.powi(fraction.len() as i32), ambiguous })
}

/// Units and tens in words. `uno`, `one` and the articles stand in the lexicon's fractions and scales, not here.
const SMALL: [(&str, &str, f64); 28] = [
    ("two", "dos", 2.0),
    ("three", "tres", 3.0),
    ("four", "cuatro", 4.0),
    ("five", "cinco", 5.0),
    ("six", "seis", 6.0),
    ("seven", "siete", 7.0),
    ("eight", "ocho", 8.0),
    ("nine", "nueve", 9.0),
    ("ten", "diez", 10.0),
    ("eleven", "once", 11.0),
    ("twelve", "doce", 12.0),
    ("thirteen", "trece", 13.0),
    ("fourteen", "catorce", 14.0),
    ("fifteen", "quince", 15.0),
    ("sixteen", "dieciseis", 16.0),
    ("seventeen", "diecisiete", 17.0),
    ("eighteen", "dieciocho", 18.0),
    ("nineteen", "diecinueve", 19.0),
    ("twenty", "veinte", 20.0),
    ("thirty", "treinta", 30.0),
    ("forty", "cuarenta", 40.0),
    ("fifty", "cincuenta", 50.0),
    ("sixty", "sesenta", 60.0),
    ("seventy", "setenta", 70.0),
    ("eighty", "ochenta", 80.0),
    ("ninety", "noventa", 90.0),
    ("one", "uno", 1.0),
    ("zero", "cero", 0.0),
];

const TWENTIES: [&str; 8] = ["dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"];

const HUNDREDS: [(&str, f64); 18] = [
    ("cien", 100.0),
    ("ciento", 100.0),
    ("doscientos", 200.0),
    ("doscientas", 200.0),
    ("trescientos", 300.0),
    ("trescientas", 300.0),
    ("cuatrocientos", 400.0),
    ("cuatrocientas", 400.0),
    ("quinientos", 500.0),
    ("quinientas", 500.0),
    ("seiscientos", 600.0),
    ("seiscientas", 600.0),
    ("setecientos", 700.0),
    ("setecientas", 700.0),
    ("ochocientos", 800.0),
    ("ochocientas", 800.0),
    ("novecientos", 900.0),
    ("novecientas", 900.0),
];

/// A word below a hundred in a language.
fn small(word: &str, language: Language) -> Option<f64> {
    if language == Language::Spanish {
        if word == "un" || word == "una" {
            return Some(1.0);
        }
        if let Some(unit) = word.strip_prefix("veinti") {
            let unit = if unit == "un" || unit == "uno" {
                Some(0)
            } else {
                TWENTIES.iter().position(|t| *t == unit).map(|p| p + 1)
            };
            return unit.map(|u| 21.0 + u as f64);
        }
    }
    let named = SMALL.iter().find(|(en, es, _)| *if language == Language::English { en } else { es } == word);
    named.map(|(_, _, value)| *value)
}

/// A figure below a thousand in words at the head of `words`: its value and how many words it takes.
///
/// `thirty one`, `two hundred and sixty one`, `treinta y uno`, `doscientos sesenta y uno`. A lone article is no figure.
pub fn in_words(words: &[&str], language: Language) -> Option<(f64, usize)> {
    let at = |i: usize| words.get(i).copied().unwrap_or_default();
    let (mut value, mut used) = (0.0, 0);
    if language == Language::Spanish {
        if let Some((_, hundreds)) = HUNDREDS.iter().find(|(word, _)| *word == at(0)) {
            (value, used) = (*hundreds, 1);
        }
    } else if at(1) == "hundred"
        && let Some(hundreds) = small(at(0), language).or((at(0) == "a").then_some(1.0)).filter(|h| *h < 10.0)
    {
        (value, used) = (100.0 * hundreds, 2);
    }
    let joint = if language == Language::Spanish { "y" } else { "and" };
    let after_and = usize::from(used > 0 && language == Language::English && at(used) == "and");
    if let Some(rest) = small(at(used + after_and), language) {
        value += rest;
        used += after_and + 1;
        let is_ten = rest >= 20.0 && rest % 10.0 == 0.0;
        let between = usize::from(language == Language::Spanish && at(used) == joint);
        if is_ten
            && (between == 1 || language == Language::English)
            && let Some(unit) = small(at(used + between), language).filter(|u| (1.0..10.0).contains(u))
        {
            value += unit;
            used += between + 1;
        }
    }
    let article = used == 1 && matches!(at(0), "un" | "una") && !matches!(at(1), "mil" | "millon");
    (used > 0 && !article).then_some((value, used))
}

/// What multiplies the figure before it: thousand, million.
pub fn scale(word: &str) -> Option<f64> {
    match word {
        "thousand" | "thousands" | "mil" | "miles" | "k" => Some(1e3),
        "million" | "millions" | "millon" | "millones" => Some(1e6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Spanish};
    use proptest::prelude::*;

    #[test]
    fn both_languages_and_both_marks() {
        for (text, language, value, half, ambiguous) in [
            ("31.300", Spanish, 31_300.0, 0.5, true),
            ("31.300", English, 31.3, 0.0005, true),
            ("31,300", English, 31_300.0, 0.5, true),
            ("31 300", Spanish, 31_300.0, 0.5, false),
            ("261.386,17", English, 261_386.17, 0.005, false),
            ("261,386.17", Spanish, 261_386.17, 0.005, false),
            ("1.261.386", English, 1_261_386.0, 0.5, false),
            ("1.261.386,5", Spanish, 1_261_386.5, 0.05, false),
            ("3.5", Spanish, 3.5, 0.05, false),
            ("3,5", English, 3.5, 0.05, false),
            ("0.300", Spanish, 0.3, 0.0005, false),
            ("2024", English, 2024.0, 0.5, false),
            ("1 234,5", Spanish, 1234.5, 0.05, false),
            ("1 234,567", Spanish, 1234.567, 0.0005, false),
        ] {
            let read = read(text, language).unwrap();
            assert!((read.value - value).abs() < 1e-9 * value, "{text}: {read:?}");
            assert!((read.half - half).abs() < 1e-12, "{text}: {read:?}");
            assert_eq!(read.ambiguous, ambiguous, "{text}");
        }
        for bad in ["1.23.456", "1,2,3", "12.34,56,7", "1234.567.890", "1.234,567.8"] {
            assert_eq!(read(bad, English), None, "{bad}");
        }
    }

    #[test]
    fn figures_in_words() {
        for (text, language, value, used) in [
            ("twenty one percent", English, 21.0, 2),
            ("two hundred and sixty one thousand", English, 261.0, 5),
            ("a hundred thousand", English, 100.0, 2),
            ("treinta y un mil", Spanish, 31.0, 3),
            ("veintitres por ciento", Spanish, 23.0, 1),
            ("doscientas sesenta y una mil", Spanish, 261.0, 4),
            ("once mil", Spanish, 11.0, 1),
            ("cien mil", Spanish, 100.0, 1),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(in_words(&words, language), Some((value, used)), "{text}");
        }
        assert_eq!(in_words(&["un", "tercio"], Spanish), None);
        assert_eq!(in_words(&["once", "more"], English), None);
    }

    fn grouped(whole: u64, mark: char) -> String {
        let digits = whole.to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(c);
        }
        out
    }

    proptest! {
        #[test]
        fn what_either_language_writes_is_read_back(whole in 0_u64..999_999_999, cents in 0_u64..100) {
            let expected = whole as f64 + cents as f64 / 100.0;
            for (language, group, decimal) in [(English, ',', '.'), (Spanish, '.', ','), (Spanish, ' ', ','), (English, ' ', '.')] {
                let text = format!("{}{decimal}{cents:02}", grouped(whole, group));
                let found = read(&text, language).unwrap();
                prop_assert!((found.value - expected).abs() < 1e-6 && (found.half - 0.005).abs() < 1e-12, "{} {:?}", text, found);
                let bare = read(&grouped(whole, group), language).unwrap();
                prop_assert_eq!(bare.value, whole as f64);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9., ']{0,20}") {
            let _ = read(&text, English);
            let _ = read(&text, Spanish);
        }
    }
}
