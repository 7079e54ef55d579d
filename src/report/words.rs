//! Words and numbers in Spanish and English.
//!
//! A message has places to fill: `{name}`; `{+name}` always with its sign, `{|name|}` without. What a name is told by its
//! end: `_share` is shown as per cent, `_pct` is per cent, `_count` a
//! number of municipalities, `z` of standard errors, all else hectares.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

/// A language of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Spanish.
    #[default]
    Es,
    /// English.
    En,
}

type Catalogue = BTreeMap<String, String>;

fn catalogue(text: &str) -> Catalogue {
    serde_json::from_str(text).unwrap_or_default()
}

static SPANISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue(include_str!("../../report/messages/es.json")));
static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue(include_str!("../../report/messages/en.json")));

/// What a place in a message is filled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// As it is.
    Text(String),
    /// A figure.
    Number(f64),
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Es, Self::En];

    /// The code of the language (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
        }
    }

    /// The message of a key; the key itself where there is none.
    pub fn message(self, key: &str) -> &str {
        let catalogue = match self {
            Self::Es => &*SPANISH,
            Self::En => &*ENGLISH,
        };
        // A key outlives the call only as a message.
        catalogue.get(key).map_or("", String::as_str)
    }

    /// A message with its places filled; `lookup` gives nothing for what is not known.
    pub fn fill(self, key: &str, lookup: &dyn Fn(&str) -> Option<Filling>) -> String {
        let mut text = String::new();
        let mut rest = self.message(key);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((place, after)) = after.split_once('}') else { break };
            let name = place.trim_matches(['+', '|']);
            text.push_str(&match lookup(name) {
                Some(Filling::Text(words)) => words,
                Some(Filling::Number(value)) if place.starts_with('|') => self.number(name, value.abs(), false),
                Some(Filling::Number(value)) => self.number(name, value, place.starts_with('+')),
                None => self.message("ui.no_data").to_owned(),
            });
            rest = after;
        }
        text + rest
    }

    /// A figure as text: see the module for what its name says.
    pub fn number(self, name: &str, value: f64, signed: bool) -> String {
        let (value, decimals) = match name {
            _ if name.ends_with("_year") => return format!("{value:.0}"),
            _ if name.ends_with("_share") => (100.0 * value, 1),
            _ if name.ends_with("_pct") => (value, 1),
            "z" => (value, 2),
            _ if name.ends_with("_count") || value.abs() >= 1000.0 => (value, 0),
            _ if value.abs() >= 10.0 => (value, 1),
            _ => (value, 2),
        };
        let digits = fixed(value.abs(), decimals);
        let is_zero = digits.chars().all(|c| matches!(c, '0' | '.'));
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let (group, point) = match self {
            Self::Es => ('.', ','),
            Self::En => (',', '.'),
        };
        let mut text = String::new();
        if value < 0.0 && !is_zero {
            text.push('\u{2212}');
        } else if signed && !is_zero {
            text.push('+');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }
}

/// So many decimals, ties away from zero, as the page's `toFixed` does it; Rust's own form takes ties to even.
fn fixed(value: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(decimals as i32);
    let scaled = value * scale;
    let is_tie = scaled.fract() == 0.5 && value.mul_add(scale, -scaled) == 0.0;
    if is_tie { format!("{:.decimals$}", scaled.ceil() / scale) } else { format!("{value:.decimals$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        let both = |name: &str, value| Language::ALL.map(|l| l.number(name, value, false));
        assert_eq!(both("census_ha", 261_386.4), ["261.386", "261,386"]);
        assert_eq!(both("census_ha", 8832.92), ["8.833", "8,833"]);
        assert_eq!(both("census_ha", 83.32), ["83,3", "83.3"]);
        assert_eq!(both("census_ha", -0.054), ["\u{2212}0,05", "\u{2212}0.05"]);
        assert_eq!(both("census_ha", -0.004), ["0,00", "0.00"]);
        assert_eq!(both("observed_share", 0.9286), ["92,9", "92.9"]);
        assert_eq!(both("growth_pct", -11.3711), ["\u{2212}11,4", "\u{2212}11.4"]);
        assert_eq!(Language::En.number("change_ha", 3.24, true), "+3.24");
        assert_eq!(Language::En.number("change_ha", 0.0, true), "0.00");
        assert_eq!(
            ["estimate_change_from_year", "tested_count"].map(|n| Language::Es.number(n, 2024.0, false)),
            ["2024", "2.024"]
        );
        // What `toFixed` gives.
        assert_eq!(
            [(0.125, 2), (1000.5, 0), (1.005, 2), (8.345, 2), (0.5, 0)].map(|(v, d)| fixed(v, d)),
            ["0.13", "1001", "1.00", "8.35", "1"]
        );
    }

    #[test]
    fn what_is_not_known_is_said_and_never_zero() {
        let lookup = |name: &str| match name {
            "place" => Some(Filling::Text("<b>".to_owned())),
            "year" => Some(Filling::Text("2024".to_owned())),
            _ => None,
        };
        let text = Language::En.fill("sentence.level_census_only", &lookup);
        assert!(text.contains("no data ha") && text.contains("<b>") && text.contains("2024"), "{text}");
    }

    #[test]
    fn both_languages_have_the_same_keys_and_places() {
        let places = |text: &str| {
            let mut found: Vec<String> =
                text.split('{').skip(1).map(|p| p.split('}').next().unwrap_or_default().to_owned()).collect();
            found.sort();
            found
        };
        assert!(SPANISH.len() > 40, "{}", SPANISH.len());
        assert!(SPANISH.keys().eq(ENGLISH.keys()));
        for (key, text) in SPANISH.iter() {
            assert_eq!(places(text), places(&ENGLISH[key]), "{key}");
        }
    }
}
