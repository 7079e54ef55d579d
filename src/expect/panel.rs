//! The figures before a year, by municipality: nothing of that year or later is in here.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::census::{Completeness, completeness};
use crate::records::{Census, Eradication, Exact, Method, figures};
use crate::territory::MunicipalityCode;

/// Something that may go with coca, by municipality and year, zero or more, in any unit. A municipality or year that is
/// not here is unknown: not zero.
#[derive(Debug, Clone, Default)]
pub struct Covariate {
    /// Its name.
    pub name: String,
    /// Figures by municipality and year.
    pub values: BTreeMap<(MunicipalityCode, i32), f64>,
}

/// What an expectation is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Hectares at 31 December.
    pub census: &'a Census,
    /// Hectares eradicated, by method.
    pub eradication: &'a Eradication,
    /// Other figures.
    pub covariates: &'a [Covariate],
}

/// How a series enters the regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Hectares taken away during the year, as a share of what stood and what was taken.
    Share,
    /// The last year against the three before it.
    Change,
}

/// A series beside the census: a figure per year and municipality, `None` where unknown.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// How it enters.
    pub role: Role,
    /// Figures, by year (as in the panel) and municipality.
    pub values: Vec<Vec<Option<f64>>>,
}

/// Figures of the years before one year. Years are counted from the first of the census: year `t` is `first_year + t`,
/// and [`Panel::end`] is the year asked for.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Municipalities with a census figure before the year asked for.
    pub codes: Vec<MunicipalityCode>,
    /// Number of the department of each.
    pub departments: Vec<usize>,
    /// First year of the census.
    pub first_year: i32,
    /// Hectares of coca, by year and municipality; empty where the census has no such year.
    pub stocks: Vec<Vec<Option<f64>>>,
    /// Years whose municipal figures do not add up: their published totals, hectares.
    pub gaps: BTreeMap<usize, f64>,
    /// Eradication, spraying and covariates.
    pub series: Vec<Series>,
}

/// Methods of the series `eradication` (by hand) and `spraying`.
pub const BY_HAND: [Method; 3] = [Method::Manual, Method::ForcedManual, Method::Voluntary];
/// See [`BY_HAND`].
pub const FROM_THE_AIR: [Method; 2] = [Method::Spraying, Method::DroneSpraying];

/// Years that a record file may hold.
const ALL_YEARS: std::ops::RangeInclusive<i32> = 1980..=2100;

impl Panel {
    /// The figures of the years before `year`. `None` where the census has none.
    pub fn before(year: i32, sources: Sources) -> Option<Self> {
        let Sources { census, eradication, covariates } = sources;
        let first_year = ALL_YEARS.filter(|y| *y < year).find(|y| census.covers(*y))?;
        let years = first_year..year;
        let codes: BTreeSet<&MunicipalityCode> =
            years.clone().flat_map(|y| census.of_year(y).map(|(code, _)| code)).collect();
        let codes: Vec<MunicipalityCode> = codes.into_iter().cloned().collect();
        let of_year = |y: i32| {
            if !census.covers(y) {
                return Vec::new();
            }
            codes.iter().map(|code| census.stock(code, y).map(|s| s.to_f64())).collect()
        };
        let mut series = vec![
            flows("eradication", &BY_HAND, eradication, (years.clone(), &codes)),
            flows("spraying", &FROM_THE_AIR, eradication, (years.clone(), &codes)),
        ];
        series.extend(covariates.iter().map(|covariate| {
            let of_year = |y| codes.iter().map(|c| covariate.values.get(&(c.clone(), y)).copied()).collect();
            Series { name: covariate.name.clone(), role: Role::Change, values: years.clone().map(of_year).collect() }
        }));
        Some(Self {
            departments: numbered(codes.iter().map(MunicipalityCode::department)),
            stocks: years.clone().map(of_year).collect(),
            gaps: gaps(census, years),
            first_year,
            codes,
            series,
        })
    }

    /// The year asked for, counted from the first.
    pub fn end(&self) -> usize {
        self.stocks.len()
    }

    /// The calendar year of year `t`.
    pub fn year(&self, t: usize) -> i32 {
        self.first_year + i32::try_from(t).unwrap_or(i32::MAX)
    }

    /// Whether the census has figures of year `t`.
    pub fn covers(&self, t: usize) -> bool {
        self.stocks.get(t).is_some_and(|s| !s.is_empty())
    }

    /// Whether the change from year `t - 1` to `t` can be learned from: both are there and add up.
    pub fn sound_change(&self, t: usize) -> bool {
        t > 0 && !self.gaps.contains_key(&t) && !self.gaps.contains_key(&(t - 1))
    }

    /// The figures of the three years before `t`, the last first; `None` where one is missing.
    pub fn three_before(&self, t: usize, municipality: usize) -> Option<[f64; 3]> {
        let back = |n: usize| *self.stocks.get(t.checked_sub(n)?)?.get(municipality)?;
        Some([back(1)?, back(2)?, back(3)?])
    }
}

impl Series {
    /// Whether anything is known of year `t`.
    pub fn covers(&self, t: usize) -> bool {
        self.values.get(t).is_some_and(|values| values.iter().any(Option::is_some))
    }
}

/// The sum of the methods of a family that a table covers in a year; unknown where none does.
fn flows(
    name: &str,
    methods: &[Method],
    eradication: &Eradication,
    (years, codes): (std::ops::Range<i32>, &[MunicipalityCode]),
) -> Series {
    let of_year = |year: i32| {
        let covered: Vec<Method> = methods.iter().copied().filter(|m| eradication.covers(*m, year)).collect();
        let sum = |code: &MunicipalityCode| {
            let flows = covered.iter().filter_map(|m| eradication.flow(*m, code, year));
            (!covered.is_empty()).then(|| flows.map(|f| f.to_f64()).sum())
        };
        codes.iter().map(sum).collect()
    };
    Series { name: name.to_owned(), role: Role::Share, values: years.map(of_year).collect() }
}

/// Published totals of the years whose municipal sums differ from them, told by the earlier years alone. Where most
/// years differ the table is another series than the published one (a simulation, another way of counting), and no year of it
/// is called short.
fn gaps(census: &Census, years: std::ops::Range<i32>) -> BTreeMap<usize, f64> {
    let sum = |year: i32| -> Exact { census.of_year(year).map(|(_, stock)| stock.exact()).sum() };
    let sums: BTreeMap<i32, Exact> = years.clone().filter(|y| census.covers(*y)).map(|y| (y, sum(y))).collect();
    let with_total = sums.keys().filter(|y| figures::published(&figures::CENSUS, **y).is_some()).count();
    match completeness(&sums) {
        Completeness::Whole(gaps) if 2 * gaps.len() < with_total => {
            let number = |year: &i32| usize::try_from(year - years.start).ok();
            gaps.iter().filter_map(|(year, gap)| Some((number(year)?, gap.published.to_f64()))).collect()
        }
        Completeness::Whole(_) | Completeness::Unknown | Completeness::Part(_) => BTreeMap::new(),
    }
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    names
        .map(|name| {
            let next = seen.len();
            *seen.entry(name).or_insert(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Kind;
    use crate::records::parse::parse;
    use crate::records::text_table::{TextRow, TextTable};

    /// A census of one municipality with these hectares from 2001 on.
    fn gaps_of(hectares: &[i64]) -> Vec<usize> {
        let fields = |year: usize, ha: &i64| vec!["52835".to_owned(), (2001 + year).to_string(), ha.to_string()];
        let row = |(i, ha): (usize, &i64)| TextRow { line: i as u64 + 2, fields: fields(i, ha) };
        let table = TextTable {
            file: "census.csv".to_owned(),
            header: ["codmpio", "year", "coca_ha"].map(str::to_owned).to_vec(),
            rows: hectares.iter().enumerate().map(row).collect(),
            notes: Vec::new(),
        };
        let census = Census::from_file(parse(&table, Some(Kind::Census)).unwrap()).unwrap();
        gaps(&census, 2001..2005).into_keys().collect()
    }

    #[test]
    fn years_are_short_only_where_most_years_are_not() {
        assert_eq!(gaps_of(&[136_918, 102_071, 86_340, 80_350]), [0], "2001 is short, the others are as published");
        assert_eq!(gaps_of(&[136_918, 102_000, 86_000, 80_350]), [0; 0], "most differ: another series");
        assert_eq!(gaps_of(&[9, 9, 9, 9]), [0; 0], "a part of the country");
    }
}
