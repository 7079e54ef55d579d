//! Which sentences hold for a place and year. Their words stand in `report/messages` and are filled with the figures of that
//! place and year, so that a sentence cannot say another figure than the table.

use serde::Serialize;

use super::figures::Figures;

/// Sentences by number.
#[derive(Debug, Default, Serialize)]
pub struct Sentences {
    /// Keys of messages, without their `sentence.`.
    pub keys: Vec<&'static str>,
    /// For each municipality and year, laid out like the figures.
    pub places: Vec<Vec<usize>>,
    /// For each total and year.
    pub totals: Vec<Vec<usize>>,
}

impl Sentences {
    /// The numbers of keys; keys that are new are added.
    pub fn numbered(&mut self, found: Vec<&'static str>) -> Vec<usize> {
        let mut number = |key| {
            self.keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                self.keys.push(key);
                self.keys.len() - 1
            })
        };
        found.into_iter().map(&mut number).collect()
    }
}

/// What else than figures decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// Words of the comparison, `;` between them.
    pub flag: &'a str,
    /// Verdict of the census test; blank where there is none.
    pub verdict: &'a str,
    /// Whether no unit of the sample changed between the two years.
    pub no_unit_changed: bool,
    /// Whether it is of several municipalities: the flags are those of any of them.
    pub total: bool,
}

/// The keys of the sentences that hold, in the order in which they are read: what was seen, how much, whether it changed,
/// whether the census agrees, whether the map is better than none, eradication.
pub fn sentences(figures: &Figures, at: usize, said: Said<'_>) -> Vec<&'static str> {
    let about = About { figures, at, said };
    let mut keys = about.observation();
    keys.push(about.level());
    keys.extend(about.change_of_estimate());
    keys.push(about.change_of_census());
    keys.extend(about.census_test());
    keys.extend(about.nulls());
    keys.extend(about.eradication());
    keys
}

struct About<'a> {
    figures: &'a Figures,
    at: usize,
    said: Said<'a>,
}

/// By an interval: above zero, below it, or not told from it.
fn by_side(low: f64, high: f64, keys: [&'static str; 3]) -> &'static str {
    match (low > 0.0, high < 0.0) {
        (true, _) => keys[0],
        (_, true) => keys[1],
        _ => keys[2],
    }
}

impl About<'_> {
    fn get(&self, name: &str) -> Option<f64> {
        self.figures.get(name, self.at)
    }

    fn flagged(&self, word: &str) -> bool {
        self.said.flag.split(';').any(|flag| flag == word)
    }

    fn observation(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if self.said.total && self.get("mapped_ha").is_some() {
            keys.push(match (self.get("observed_share"), self.get("municipality_count")) {
                (Some(_), Some(_)) => "observed_all",
                (None, Some(_)) => "observed_count",
                _ => "observed_unknown",
            });
        }
        let of_any = [
            ("outside_raster", "some_outside_raster"),
            ("not_observed", "some_not_observed"),
            ("partly_covered", "some_partly_covered"),
        ];
        let of_one = ["outside_raster", "not_observed", "partly_observed", "partly_covered"].map(|word| (word, word));
        let words: &[(&'static str, &'static str)] = if self.said.total { &of_any } else { &of_one };
        keys.extend(words.iter().filter(|(word, _)| self.flagged(word)).map(|(_, key)| *key));
        keys
    }

    fn level(&self) -> &'static str {
        match (self.get("estimate_ha"), self.get("mapped_ha"), self.get("census_ha")) {
            (Some(_), Some(_), _) => "level_interval",
            (Some(_), None, _) => "level_interval_only",
            (None, Some(_), _) => "level_mapped_only",
            (None, None, _) if self.flagged("withheld") => "withheld",
            (None, None, Some(_)) => "level_census_only",
            (None, None, None) => "level_unknown",
        }
    }

    fn change_of_estimate(&self) -> Option<&'static str> {
        if self.said.no_unit_changed {
            return Some("estimate_change_no_unit");
        }
        let (low, high) = (self.get("estimate_change_low_ha")?, self.get("estimate_change_high_ha")?);
        Some(by_side(low, high, ["estimate_change_up", "estimate_change_down", "estimate_change_none"]))
    }

    fn change_of_census(&self) -> &'static str {
        let (now, before) = (self.get("census_ha"), self.get("previous_census_ha"));
        match (now, before, self.get("change_ha")) {
            (None, ..) => "census_unknown",
            (Some(_), None, _) | (_, _, None) => "census_no_previous",
            (Some(0.0), Some(0.0), _) => "census_still_zero",
            (Some(_), Some(0.0), _) => "census_from_zero",
            (Some(_), Some(_), Some(_)) => match self.get("change_low_ha").zip(self.get("change_high_ha")) {
                Some((low, high)) => {
                    by_side(low, high, ["census_change_up", "census_change_down", "census_change_none"])
                }
                None => "census_change_no_error",
            },
        }
    }

    fn census_test(&self) -> Option<&'static str> {
        let key = match self.said.verdict {
            "compatible" => "census_agrees",
            "census higher" => "census_above",
            "census lower" => "census_below",
            _ if self.get("tested_count").is_some() => "census_tests",
            _ => "census_no_test",
        };
        let both =
            self.get("census_ha").is_some() && (self.get("estimate_ha").is_some() || self.get("mapped_ha").is_some());
        both.then_some(key)
    }

    fn nulls(&self) -> Vec<&'static str> {
        let against = |ours: &str, null: &str, keys: [&'static str; 3]| {
            let (ours, null) = (self.get(ours)?, self.get(null)?);
            Some(by_side(null - ours, null - ours, keys))
        };
        let map = against("map_error_pct", "null_error_pct", ["null_map_better", "null_map_worse", "null_equal"]);
        let estimate = against(
            "estimate_error_pct",
            "estimate_null_error_pct",
            ["null_estimate_better", "null_estimate_worse", "null_estimate_equal"],
        );
        let withheld = self.get("withheld_count").map(|_| "null_withheld");
        map.into_iter().chain(withheld).chain(estimate).collect()
    }

    fn eradication(&self) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if self.get("eradicated_ha").is_some() {
            keys.push(if self.get("gross_gain_ha").is_some() { "eradication_gross_gain" } else { "eradication_alone" });
            if self.flagged("spraying_not_recorded") {
                keys.push("spraying_not_recorded");
            }
        } else {
            keys.push("eradication_unknown");
        }
        if self.flagged("census_total_incomplete") || self.flagged("previous_census_incomplete") {
            keys.push("census_incomplete");
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::Language;
    use super::*;

    fn keys(figures: &[(&str, f64)], said: Said<'_>) -> Vec<&'static str> {
        let mut all = Figures::new(["98001"].into_iter(), &[2024]);
        figures.iter().for_each(|(name, value)| all.put(name, 0, Some(*value)));
        let keys = sentences(&all, 0, said);
        for key in &keys {
            for language in Language::ALL {
                assert!(!language.message(&format!("sentence.{key}")).is_empty(), "{key} has no words");
            }
        }
        keys
    }

    #[test]
    fn an_interval_decides_what_is_said_of_a_change() {
        let of = |low, high| {
            let figures = [("estimate_ha", 50.0), ("estimate_change_low_ha", low), ("estimate_change_high_ha", high)];
            keys(&figures, Said::default())[1]
        };
        assert_eq!(of(0.1, 9.0), "estimate_change_up");
        assert_eq!(of(-9.0, -0.1), "estimate_change_down");
        assert_eq!(of(-0.1, 9.0), "estimate_change_none");
        let said = Said { no_unit_changed: true, ..Said::default() };
        assert_eq!(keys(&[("estimate_ha", 50.0)], said)[1], "estimate_change_no_unit");
    }

    #[test]
    fn counted_pixels_are_never_called_an_estimate_and_the_unknown_is_said() {
        assert_eq!(keys(&[], Said::default()), ["level_unknown", "census_unknown", "eradication_unknown"]);
        assert_eq!(keys(&[("mapped_ha", 3.0)], Said::default())[0], "level_mapped_only");
        let said = Said { flag: "not_observed;spraying_not_recorded", ..Said::default() };
        let found = keys(&[("census_ha", 2.0), ("eradicated_ha", 1.0)], said);
        let want =
            ["not_observed", "level_census_only", "census_no_previous", "eradication_alone", "spraying_not_recorded"];
        assert_eq!(found, want);
    }

    #[test]
    fn the_census_and_the_nulls_are_judged() {
        let figures = [
            ("estimate_ha", 9.0),
            ("mapped_ha", 12.0),
            ("census_ha", 10.0),
            ("previous_census_ha", 8.0),
            ("change_ha", 2.0),
            ("map_error_pct", 20.0),
            ("null_error_pct", 14.5),
            ("estimate_error_pct", 9.0),
            ("estimate_null_error_pct", 9.0),
        ];
        let said = Said { verdict: "census higher", ..Said::default() };
        let want = [
            "level_interval",
            "census_change_no_error",
            "census_above",
            "null_map_worse",
            "null_estimate_equal",
            "eradication_unknown",
        ];
        assert_eq!(keys(&figures, said), want);
        assert_eq!(keys(&figures, Said::default())[2], "census_no_test");
    }
}
