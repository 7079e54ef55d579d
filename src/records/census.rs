//! The census: hectares of coca per municipality at 31 December, a stock.

use std::collections::{BTreeMap, BTreeSet};

use super::error::RecordError;
use super::figures;
use super::kind::Kind;
use super::parse::RecordFile;
use super::quantity::{Exact, StockHa};
use crate::territory::MunicipalityCode;

/// A year whose municipal figures do not add up to the published total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalGap {
    /// Sum of the municipal rows, hectares.
    pub sum: Exact,
    /// The published total, hectares.
    pub published: Exact,
}

impl TotalGap {
    /// Sum against published total, per cent; below zero where hectares are missing.
    pub fn percent(&self) -> f64 {
        100.0 * (self.sum - self.published).to_f64() / self.published.to_f64()
    }
}

/// How a census table stands to the published national totals.
#[derive(Debug, Clone, PartialEq)]
pub enum Completeness {
    /// No year with a published total, or sums far above them: another country's, or another series.
    Unknown,
    /// A part of the country: the median of sum over published, per cent.
    Part(f64),
    /// The whole country, but for these years (more than 0.1 % off).
    Whole(BTreeMap<i32, TotalGap>),
}

/// Compares yearly sums with the published totals. A table whose median year holds less than 80 % of the published
/// total is a part of the country, one whose median year holds more than 120 % is none of it; their years are not called incomplete.
pub fn completeness(sums: &BTreeMap<i32, Exact>) -> Completeness {
    let known: Vec<(i32, TotalGap)> = sums
        .iter()
        .filter_map(|(year, sum)| {
            Some((*year, TotalGap { sum: *sum, published: figures::published(&figures::CENSUS, *year)? }))
        })
        .collect();
    let mut percents: Vec<f64> = known.iter().map(|(_, gap)| gap.percent()).collect();
    percents.sort_by(f64::total_cmp);
    match percents.get(percents.len() / 2) {
        None => Completeness::Unknown,
        Some(median) if *median < -20.0 => Completeness::Part(100.0 + median),
        Some(median) if *median > 20.0 => Completeness::Unknown,
        Some(_) => {
            Completeness::Whole(known.into_iter().filter(|(_, gap)| !figures::agrees(gap.sum, gap.published)).collect())
        }
    }
}

/// Hectares at 31 December by municipality and year. A municipality or year that is not here has no figure: not zero.
#[derive(Debug, Clone, Default)]
pub struct Census {
    stocks: BTreeMap<(MunicipalityCode, i32), StockHa>,
    names: BTreeMap<MunicipalityCode, String>,
    years: BTreeSet<i32>,
    gaps: BTreeMap<i32, TotalGap>,
    whole_country: bool,
    /// What is odd in the file.
    pub notes: Vec<String>,
}

impl Census {
    /// The census of a record file.
    ///
    /// # Errors
    /// [`RecordError::WrongKind`] where the file is something else.
    pub fn from_file(file: RecordFile) -> Result<Self, RecordError> {
        if file.kind != Kind::Census {
            let (file, found, why) = (file.path, file.kind, file.why);
            return Err(RecordError::WrongKind { file, found, wanted: "a census", why });
        }
        let (gaps, whole_country) = match completeness(&file.sum_by_year()) {
            Completeness::Whole(gaps) => (gaps, true),
            _ => (BTreeMap::new(), false),
        };
        let stocks = file.entries.into_iter().map(|e| ((e.code, e.year), StockHa::new(e.value))).collect();
        Ok(Self { stocks, names: file.names, years: file.years, gaps, whole_country, notes: file.notes })
    }

    /// Hectares of a municipality at the end of a year; `None` where the census has no figure.
    pub fn stock(&self, code: &MunicipalityCode, year: i32) -> Option<StockHa> {
        self.stocks.get(&(code.clone(), year)).copied()
    }

    /// Whether the census has figures for a year.
    pub fn covers(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// The years with figures.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    /// The municipalities that are in the census in any year.
    pub fn codes(&self) -> impl Iterator<Item = &MunicipalityCode> {
        self.names.keys()
    }

    /// Whether its sums are about the published national totals.
    pub fn is_whole_country(&self) -> bool {
        self.whole_country
    }

    /// Whether a municipality is in the census in any year.
    pub fn lists(&self, code: &MunicipalityCode) -> bool {
        self.names.contains_key(code)
    }

    /// Every figure of a year.
    pub fn of_year(&self, year: i32) -> impl Iterator<Item = (&MunicipalityCode, StockHa)> {
        self.stocks.iter().filter(move |((_, y), _)| *y == year).map(|((code, _), stock)| (code, *stock))
    }

    /// Sum of the whole table for the codes that begin with `prefix` (`""` the country, two digits a department).
    pub fn total(&self, prefix: &str, year: i32) -> Option<StockHa> {
        self.covers(year).then(|| self.of_place(prefix, year).sum())
    }

    /// The figures of a year for the codes that begin with `prefix`.
    pub fn of_place(&self, prefix: &str, year: i32) -> impl Iterator<Item = StockHa> {
        let first = (MunicipalityCode::first_of(prefix), i32::MIN);
        let place = self.stocks.range(first..).take_while(move |((code, _), _)| code.as_str().starts_with(prefix));
        place.filter(move |((_, y), _)| *y == year).map(|(_, stock)| *stock)
    }

    /// How far a year's sum is from its published total, where it is more than 0.1 %.
    pub fn gap(&self, year: i32) -> Option<TotalGap> {
        self.gaps.get(&year).copied()
    }

    /// Name of a municipality: a label.
    pub fn name(&self, code: &MunicipalityCode) -> Option<&str> {
        self.names.get(code).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(scale: f64) -> BTreeMap<i32, Exact> {
        let scaled = |(year, ha): &(i32, i64)| (*year, Exact::from_f64(scale * *ha as f64).unwrap());
        figures::CENSUS.iter().map(scaled).collect()
    }

    #[test]
    fn a_table_is_held_against_the_published_totals_only_where_it_is_of_that_country() {
        assert_eq!(completeness(&sums(1.0)), Completeness::Whole(BTreeMap::new()));
        assert_eq!(completeness(&sums(0.5)), Completeness::Part(50.0));
        assert_eq!(completeness(&sums(3.0)), Completeness::Unknown);
        let mut short = sums(1.0);
        short.insert(2009, Exact::from_whole(68_027));
        let Completeness::Whole(gaps) = completeness(&short) else { panic!("it is whole but for a year") };
        assert_eq!(gaps.keys().collect::<Vec<_>>(), [&2009]);
    }
}
