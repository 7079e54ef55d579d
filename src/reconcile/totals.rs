//! What the sums hold: records and reported hectares by outcome, for each method apart.
//!
//! `reported_ha` is the sum of the four outcomes that were judged; what cannot be used stands beside it, in records and, where
//! it is known, in hectares. Methods are summed only in the row that names all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::outcome::Outcome;
use super::report::ReconciledRow;
use crate::records::{Exact, Method};
use crate::territory::MunicipalityCode;

/// The word for records whose method is not said.
pub const NOT_STATED: &str = "not_stated";

/// The word of a method.
pub fn method_word(method: Option<Method>) -> &'static str {
    method.map_or(NOT_STATED, Method::word)
}

/// Records and hectares of one outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many records.
    pub records: usize,
    /// Reported hectares (of unusable records those that are a positive number).
    pub hectares: Exact,
}

impl Sum {
    fn add(&mut self, row: &ReconciledRow) {
        self.records += 1;
        self.hectares += row.reported_ha.filter(|ha| *ha > Exact::ZERO).unwrap_or_default();
    }
}

/// How wide a total reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// One method, municipality and year.
    MunicipalityYear,
    /// One method.
    Method,
    /// All methods, which `method` names.
    All,
}

impl Reach {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::MunicipalityYear => "municipality_year",
            Self::Method => "method",
            Self::All => "all",
        }
    }
}

/// A total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// How wide.
    pub reach: Reach,
    /// The method, or the names of all with a plus between.
    pub method: String,
    /// Municipality; none where the records say none, or for all.
    pub municipality_code: Option<MunicipalityCode>,
    /// Year of the events; none where they have no date, or for all.
    pub year: Option<i16>,
    /// All records.
    pub records: usize,
    /// Hectares of the records that were judged.
    pub reported_ha: Exact,
    /// By outcome, in the order of [`Outcome::ALL`].
    #[serde(serialize_with = "by_name")]
    pub by_outcome: [Sum; 5],
    /// Unusable records whose hectares are not known, or zero or less.
    pub unusable_without_ha: usize,
    /// Hectares of ground claimed again within a season.
    pub counted_twice_ha: Exact,
    /// Confirmed records in which coca was seen again.
    pub redetected: usize,
}

impl Total {
    fn new(reach: Reach, method: String) -> Self {
        Self {
            reach,
            method,
            municipality_code: None,
            year: None,
            records: 0,
            reported_ha: Exact::ZERO,
            by_outcome: [Sum::default(); 5],
            unusable_without_ha: 0,
            counted_twice_ha: Exact::ZERO,
            redetected: 0,
        }
    }

    fn add(&mut self, row: &ReconciledRow) {
        self.records += 1;
        let known = row.reported_ha.filter(|ha| *ha > Exact::ZERO);
        if row.outcome == Outcome::Unusable {
            self.unusable_without_ha += usize::from(known.is_none());
        } else {
            self.reported_ha += known.unwrap_or_default();
        }
        self.by_outcome[row.outcome as usize].add(row);
        self.counted_twice_ha += row.counted_twice_ha.unwrap_or_default();
        self.redetected += usize::from(row.redetected_on.is_some());
    }

    /// Records and hectares of an outcome.
    pub fn of(&self, outcome: Outcome) -> Sum {
        self.by_outcome[outcome as usize]
    }
}

/// The sums of outcomes under their words.
fn by_name<S: serde::Serializer>(sums: &[Sum; 5], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Outcome::ALL.iter().map(|o| o.word()).zip(sums))
}

/// What the narrowest totals are of; none where a record does not say.
type Key<'a> = (Option<Method>, Option<&'a MunicipalityCode>, Option<i16>);

/// Totals by method, municipality and year; then by method; then one over all methods, where there are several.
pub fn totals(rows: &[ReconciledRow]) -> Vec<Total> {
    let mut places: BTreeMap<Key<'_>, Total> = BTreeMap::new();
    let mut methods: BTreeMap<Option<Method>, Total> = BTreeMap::new();
    for row in rows {
        let (code, year) = (row.municipality_code.as_ref(), row.date.map(|d| d.year()));
        let word = || method_word(row.method).to_owned();
        let total = places.entry((row.method, code, year)).or_insert_with(|| Total {
            municipality_code: code.cloned(),
            year,
            ..Total::new(Reach::MunicipalityYear, word())
        });
        total.add(row);
        methods.entry(row.method).or_insert_with(|| Total::new(Reach::Method, word())).add(row);
    }
    let mut all: Vec<Total> = places.into_values().chain(methods.values().cloned()).collect();
    if methods.len() > 1 {
        let mut whole = Total::new(Reach::All, method_names(methods.keys().copied()));
        rows.iter().for_each(|row| whole.add(row));
        all.push(whole);
    }
    all
}

/// `forced_manual + voluntary`: what a sum over methods is a sum of.
pub fn method_names(methods: impl Iterator<Item = Option<Method>>) -> String {
    let methods: BTreeSet<Option<Method>> = methods.collect();
    let words: Vec<&str> = methods.into_iter().map(method_word).collect();
    words.join(" + ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn row(method: u8, outcome: u8, hundredths: i64) -> ReconciledRow {
        ReconciledRow {
            method: [None, Some(Method::Manual), Some(Method::Voluntary)][usize::from(method)],
            outcome: Outcome::ALL[usize::from(outcome)],
            reported_ha: (hundredths != 0).then(|| Exact::from_millionths(i128::from(hundredths) * 10_000)),
            date: (outcome != 4).then(|| Date::constant(2020 + i16::from(method), 3, 1)),
            municipality_code: MunicipalityCode::parse(if hundredths % 2 == 0 { "52835" } else { "54810" }).ok(),
            ..ReconciledRow::blank(String::new(), 0)
        }
    }

    proptest! {
        /// Nothing is dropped: every level of the totals holds every record and every hectare.
        #[test]
        fn every_level_holds_every_record(rows in proptest::collection::vec((0..3_u8, 0..5_u8, -50..500_i64), 0..40)) {
            let rows: Vec<ReconciledRow> = rows.into_iter().map(|(m, o, h)| row(m, o, h)).collect();
            let all = totals(&rows);
            let hectares: Exact = rows.iter().filter_map(|r| r.reported_ha).filter(|h| *h > Exact::ZERO).sum();
            for reach in [Reach::MunicipalityYear, Reach::Method] {
                let level: Vec<&Total> = all.iter().filter(|t| t.reach == reach).collect();
                prop_assert_eq!(level.iter().map(|t| t.records).sum::<usize>(), rows.len());
                prop_assert_eq!(level.iter().flat_map(|t| t.by_outcome).map(|s| s.hectares).sum::<Exact>(), hectares);
            }
            for total in &all {
                prop_assert_eq!(total.by_outcome.iter().map(|s| s.records).sum::<usize>(), total.records);
                let judged: Exact = total.by_outcome[..4].iter().map(|s| s.hectares).sum();
                prop_assert_eq!(judged, total.reported_ha);
                prop_assert!(total.unusable_without_ha <= total.of(Outcome::Unusable).records);
            }
        }
    }

    #[test]
    fn a_sum_over_methods_names_them_and_one_method_needs_none() {
        let all = totals(&[row(1, 0, 250), row(2, 1, 100), row(0, 4, -5)]);
        let last = all.last().unwrap();
        assert_eq!((last.reach, last.method.as_str()), (Reach::All, "not_stated + manual + voluntary"));
        assert_eq!((last.records, last.reported_ha.to_string().as_str()), (3, "3.5"));
        assert_eq!((last.unusable_without_ha, last.of(Outcome::Unusable).hectares), (1, Exact::ZERO));
        assert_eq!(totals(&[row(1, 0, 250)]).last().unwrap().reach, Reach::Method);
    }
}
