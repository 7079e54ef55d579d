//! The words of eradication events: dates, crops, units and methods as portals write them.

use super::eradication::Method;
use super::text_table::normalised;
use super::units::{Dimension, factor};

/// A calendar date, enough to know the year and the last day that a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, 1 to 31.
    pub day: u32,
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A date from `2020-05-31`, `2020/05/31`, `31/05/2020`, `31-05-2020`, each also with a time after it. Where the second
/// number cannot be a month, it is the day (`05/31/2020`, as the portal's own export writes it); the year, which is all
/// that the sums use, is the same either way.
pub fn parse_day(text: &str) -> Option<Day> {
    let date = text.trim().split(['T', ' ']).next()?;
    let parts: Vec<&str> = date.split(['-', '/']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    let number = |s: &str| (!s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok())?;
    let (year, month, day) = match (a.len(), c.len()) {
        (4, 1..=2) => (number(a)?, number(b)?, number(c)?),
        (1..=2, 4) if number(b)? <= 12 => (number(c)?, number(b)?, number(a)?),
        (1..=2, 4) => (number(c)?, number(a)?, number(b)?),
        _ => return None,
    };
    let year = i32::try_from(year).ok()?;
    jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (1980..=2100).contains(&year).then_some(Day { year, month, day })
}

/// Whether a crop is coca and no other (`COCA`, `Cultivo de coca`; not `COCA Y AMAPOLA`).
pub fn is_coca(crop: &str) -> bool {
    let name = normalised(crop);
    let others = ["amapola", "poppy", "marihuana", "marijuana", "cannabis"];
    let mut words = name.split('_');
    words.clone().any(|word| word == "coca") && !words.any(|word| others.contains(&word))
}

/// Whether a unit is the hectare (`HECTAREA`, `Hectáreas`, `ha`).
pub fn is_hectare(unit: &str) -> bool {
    factor(unit) == Some((Dimension::Area, 1, 1))
}

/// A method from its name in either language; `None` for none, for several at once, and for what is denied.
pub fn parse_method(text: &str) -> Option<Method> {
    let name = normalised(text);
    let any = |parts: &[&str]| parts.iter().any(|p| name.contains(p));
    if name.split('_').any(|word| matches!(word, "no" | "not" | "sin" | "without")) {
        return None;
    }
    let drone = any(&["dron", "rpas", "uav"]);
    let air = any(&["aerea", "aspers", "spray", "aerial"]) && !drone;
    let voluntary = any(&["voluntari", "voluntary", "pnis"]);
    let forced = any(&["forzos", "forzad", "forced", "gme"]);
    // "Erradicacion manual forzosa" is one method, "manual" only what nothing else tells.
    let hand = any(&["manual", "terrestre", "hand"]) && !voluntary && !forced;
    let told = [
        (drone, Method::DroneSpraying),
        (air, Method::Spraying),
        (voluntary, Method::Voluntary),
        (forced, Method::ForcedManual),
        (hand, Method::Manual),
    ];
    let mut found = told.into_iter().filter(|(holds, _)| *holds).map(|(_, method)| method);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_every_form_have_their_year() {
        for (text, day) in [
            ("2020-05-31", "2020-05-31"),
            ("2020-05-31T00:00:00.000", "2020-05-31"),
            ("31/05/2020", "2020-05-31"),
            ("05/31/2020 12:00:00 AM", "2020-05-31"),
            ("1/2/2019", "2019-02-01"),
        ] {
            assert_eq!(parse_day(text).map(|d| d.to_string()).as_deref(), Some(day), "{text}");
        }
        for bad in ["", "2020", "31/31/2020", "2020-13-01", "30/02/2020", "20-05-31", "yesterday"] {
            assert_eq!(parse_day(bad), None, "{bad} was taken");
        }
    }

    #[test]
    fn only_coca_and_only_hectares() {
        assert!(is_coca("COCA") && is_coca("Cultivo de Coca") && !is_coca("AMAPOLA") && !is_coca("cocaina"));
        assert!(is_hectare("Hectáreas") && is_hectare("HECTAREA") && !is_hectare("PLANTAS") && !is_hectare("m2"));
    }

    #[test]
    fn a_method_is_one_or_none() {
        for (text, method) in [
            ("ERRADICACIÓN MANUAL FORZOSA", Some(Method::ForcedManual)),
            ("erradicación manual", Some(Method::Manual)),
            ("Aspersión aérea", Some(Method::Spraying)),
            ("aspersión con drones", Some(Method::DroneSpraying)),
            ("voluntaria PNIS", Some(Method::Voluntary)),
            ("manual; aérea", None),
            ("forzosa y voluntaria", None),
            ("no manual", None),
            ("sustitución", None),
            ("", None),
        ] {
            assert_eq!(parse_method(text), method, "{text}");
        }
    }
}
