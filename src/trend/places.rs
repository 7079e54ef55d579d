//! The series of places: what the census, its publisher and the estimates say of the country, departments, municipalities.

use std::collections::{BTreeMap, BTreeSet};

use super::{EradicatedInYear, PlaceSeries, SeriesKind, Standing, TrendRow};
use crate::compare::validate::EstimateRow;
use crate::records::figures::{CENSUS_YEARS_WITH_A_GAP, department_name};
use crate::records::national::{NationalFigure, Series, national};
use crate::records::{Census, Eradication, Exact, FlowHa, Method, NationalTable, Source, StockHa};
use crate::territory::MunicipalityCode;

/// Which places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The country.
    National,
    /// Its departments.
    Department,
    /// Its municipalities.
    Municipality,
}

/// What the series are made of.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Census.
    pub census: &'a Census,
    /// Eradication, where it was given.
    pub eradication: Option<&'a Eradication>,
    /// Estimates of municipalities, where they were given.
    pub estimates: &'a [EstimateRow],
}

/// The series of all places, by place: the census, the published totals (the country only, and only where the census is that
/// of the whole country), the estimates.
pub fn place_series(inputs: Inputs, by: By) -> Vec<PlaceSeries> {
    let mut all = Vec::new();
    for (place, name) in places(inputs, by) {
        let prefix = if by == By::National { "" } else { place.as_str() };
        let blank = || PlaceSeries { place: place.clone(), name: name.clone(), ..PlaceSeries::default() };
        let census = PlaceSeries {
            stocks: census_stocks(inputs.census, prefix),
            eradicated: eradicated(inputs, by, prefix),
            eradication_short: eradication_short(inputs, by),
            incomplete: inputs.census.years().filter(|y| inputs.census.gap(*y).is_some()).collect(),
            ..blank()
        };
        all.push(census);
        if by == By::National && inputs.census.is_whole_country() {
            all.push(PlaceSeries { place: place.clone(), name: name.clone(), ..published(inputs.census) });
        }
        let stocks = estimate_stocks(inputs.estimates, prefix);
        if !stocks.is_empty() {
            let partial = partial_years(inputs, prefix);
            let mut eradicated = eradicated(inputs, by, prefix);
            // What was eradicated in all of a place is no match for a part of its hectares.
            eradicated.retain(|year, _| !partial.contains(year));
            let name = if partial.is_empty() { name.clone() } else { format!("{name}, where estimated") };
            all.push(PlaceSeries { series: SeriesKind::Estimate, name, stocks, eradicated, partial, ..blank() });
        }
    }
    all.retain(|series| !series.stocks.is_empty());
    all
}

fn places(inputs: Inputs, by: By) -> Vec<(String, String)> {
    let codes: BTreeSet<&MunicipalityCode> =
        inputs.census.codes().chain(inputs.estimates.iter().map(|e| &e.municipality_code)).collect();
    match by {
        By::National => {
            let name = if inputs.census.is_whole_country() { "Colombia" } else { "all of the table" };
            vec![("CO".to_owned(), name.to_owned())]
        }
        By::Department => {
            let departments: BTreeSet<&str> = codes.into_iter().map(MunicipalityCode::department).collect();
            let named = |code: &str| (code.to_owned(), department_name(code).unwrap_or_default().to_owned());
            departments.into_iter().map(named).collect()
        }
        By::Municipality => {
            let named =
                |code: &MunicipalityCode| (code.to_string(), inputs.census.name(code).unwrap_or_default().to_owned());
            codes.into_iter().map(named).collect()
        }
    }
}

fn census_stocks(census: &Census, prefix: &str) -> BTreeMap<i32, Standing> {
    // A municipality that the table does not list in a year has no figure: no row, and no sum of nothing.
    let of_year = |year: i32| {
        census.of_place(prefix, year).next()?;
        let hectares = census.total(prefix, year)?;
        Some((year, Standing { hectares, standard_error: None }))
    };
    census.years().filter_map(of_year).collect()
}

/// Sums of estimates; their errors are taken as independent from one municipality to another. A sum of which one part is not
/// estimable is unknown.
fn estimate_stocks(estimates: &[EstimateRow], prefix: &str) -> BTreeMap<i32, Standing> {
    let mut sums: BTreeMap<i32, (Option<f64>, Option<f64>)> = BTreeMap::new();
    for row in estimates.iter().filter(|e| e.municipality_code.as_str().starts_with(prefix)) {
        let sum = sums.entry(row.year).or_insert((Some(0.0), Some(0.0)));
        sum.0 = sum.0.zip(row.estimate_ha).map(|(total, ha)| total + ha);
        sum.1 = sum.1.zip(row.standard_error_ha).map(|(variance, se)| variance + se * se);
    }
    let standing = |(year, (hectares, variance)): (i32, (Option<f64>, Option<f64>))| {
        let hectares = StockHa::new(Exact::from_f64(hectares?)?);
        Some((year, Standing { hectares, standard_error: variance.map(f64::sqrt) }))
    };
    sums.into_iter().filter_map(standing).collect()
}

/// Years of estimates in which a municipality of the place that had coca by the census has no estimate.
fn partial_years(inputs: Inputs, prefix: &str) -> BTreeSet<i32> {
    let mut estimated: BTreeMap<i32, BTreeSet<&MunicipalityCode>> = BTreeMap::new();
    for row in inputs.estimates.iter().filter(|e| e.municipality_code.as_str().starts_with(prefix)) {
        estimated.entry(row.year).or_default().insert(&row.municipality_code);
    }
    let lacks = |(year, codes): &(i32, BTreeSet<&MunicipalityCode>)| {
        let with_coca = inputs.census.of_year(*year).filter(|(_, stock)| !stock.exact().is_zero());
        with_coca.map(|(code, _)| code).any(|code| code.as_str().starts_with(prefix) && !codes.contains(code))
    };
    estimated.into_iter().filter(lacks).map(|(year, _)| year).collect()
}

/// Years in which the records of the whole country hold less than 80 % of the manual eradication that was published.
fn eradication_short(inputs: Inputs, by: By) -> BTreeSet<i32> {
    let Some(eradication) = inputs.eradication.filter(|_| by == By::National && inputs.census.is_whole_country())
    else {
        return BTreeSet::new();
    };
    let short = |year: &i32| {
        let by_hand = |m: &Method| !matches!(m, Method::Spraying | Method::DroneSpraying);
        let methods: Vec<Method> = eradication.methods_of(*year).into_iter().filter(by_hand).collect();
        let sum: FlowHa = methods.iter().filter_map(|m| eradication.total(*m, *year)).sum();
        let recorded = (!methods.is_empty()).then(|| sum.to_f64());
        let published = national(Series::ManualEradication, *year).into_iter().next().map(|f| f.hectares.to_f64());
        recorded.zip(published).is_some_and(|(recorded, published)| recorded < 0.8 * published)
    };
    inputs.census.years().filter(short).collect()
}

/// Eradication in places that have no row, by method: what the rows do not add up to.
pub fn outside_notes(inputs: Inputs, by: By) -> Vec<String> {
    let Some(eradication) = inputs.eradication.filter(|_| by != By::National) else { return Vec::new() };
    let listed: BTreeSet<String> = places(inputs, by).into_iter().map(|(place, _)| place).collect();
    let years: BTreeSet<i32> = inputs.census.years().collect();
    let place = |code: &MunicipalityCode| match by {
        By::Department => code.department().to_owned(),
        _ => code.to_string(),
    };
    let mut outside: BTreeMap<Method, (Exact, BTreeSet<String>)> = BTreeMap::new();
    for (method, year, code, flow) in eradication.flows() {
        if years.contains(&year) && !listed.contains(&place(code)) && !flow.exact().is_zero() {
            let found = outside.entry(method).or_default();
            found.0 += flow.exact();
            found.1.insert(place(code));
        }
    }
    let note = |(method, (hectares, places)): (Method, (Exact, BTreeSet<String>))| {
        format!(
            "{} ha of {} eradication in the years of the census are in no row: {} places that the census does not list",
            hectares.grouped(),
            method.word(),
            places.len()
        )
    };
    outside.into_iter().map(note).collect()
}

/// What publishers gave of the figures in rows, where no record file did.
pub fn published_sources(rows: &[TrendRow]) -> Vec<Source> {
    let figure = |series: Series, name: &'static str, year: i32| {
        national(series, year).into_iter().next().map(|f| Source {
            place: String::new(),
            year,
            figure: name.to_owned(),
            value: f.hectares,
            file: f.source.to_owned(),
            vintage: f.vintage.to_owned(),
            line: 0,
        })
    };
    let mut sources = BTreeSet::new();
    for row in rows {
        if row.series == SeriesKind::Published {
            sources.extend(figure(Series::Census, "census_ha", row.year));
        }
        if row.eradicated_source.as_deref().is_some_and(|source| source != "records") {
            sources.extend(figure(Series::ManualEradication, "eradicated_ha_manual", row.year));
            sources.extend(figure(Series::AerialSpraying, "eradicated_ha_spraying", row.year));
        }
    }
    sources.into_iter().collect()
}

/// What was eradicated by year: the records', and for the whole country, in years that they do not cover, the publishers'.
fn eradicated(inputs: Inputs, by: By, prefix: &str) -> BTreeMap<i32, EradicatedInYear> {
    let years: BTreeSet<i32> = inputs.census.years().chain(inputs.estimates.iter().map(|e| e.year)).collect();
    let country = by == By::National && inputs.census.is_whole_country();
    let of_year = |year: i32| {
        let recorded = inputs.eradication.and_then(|e| e.sum_of(prefix, year)).map(|sum| EradicatedInYear {
            hectares: sum.hectares,
            methods: sum.words(),
            source: "records".to_owned(),
        });
        let found = recorded.or_else(|| country.then(|| published_eradication(year)).flatten())?;
        Some((year, found))
    };
    years.into_iter().filter_map(of_year).collect()
}

/// Manual eradication and spraying as published, both; `None` where one of them is not known.
fn published_eradication(year: i32) -> Option<EradicatedInYear> {
    let first = |series| national(series, year).into_iter().next();
    let (manual, spraying) = (first(Series::ManualEradication)?, first(Series::AerialSpraying)?);
    let told = |f: &NationalFigure| format!("{} ({})", f.source, f.vintage);
    Some(EradicatedInYear {
        hectares: FlowHa::new(manual.hectares + spraying.hectares),
        methods: "manual+spraying".to_owned(),
        source: format!("{}; {}", told(&manual), told(&spraying)),
    })
}

fn published(census: &Census) -> PlaceSeries {
    let stock = |year: i32| {
        let figure = national(Series::Census, year).into_iter().next()?;
        Some((year, Standing { hectares: StockHa::new(figure.hectares), standard_error: None }))
    };
    let eradicated = |year: i32| Some((year, published_eradication(year)?));
    PlaceSeries {
        series: SeriesKind::Published,
        stocks: census.years().filter_map(stock).collect(),
        eradicated: census.years().filter_map(eradicated).collect(),
        ..PlaceSeries::default()
    }
}

/// The series of a national table: as published, and as its other column has it. Eradication is the table's, by hand and where
/// it is there from the air, else the publishers'.
pub fn national_series(table: &NationalTable) -> Vec<PlaceSeries> {
    let standing = |(year, (ha, _)): (&i32, &(Exact, u64))| {
        (*year, Standing { hectares: StockHa::new(*ha), standard_error: None })
    };
    let eradicated = |year: &i32| {
        let of_table = table.manual.get(year).map(|(manual, _)| {
            let spraying = table.spraying.get(year).map(|(ha, _)| *ha);
            EradicatedInYear {
                hectares: FlowHa::new(*manual + spraying.unwrap_or_default()),
                methods: if spraying.is_some() { "manual+spraying" } else { "manual" }.to_owned(),
                source: "records".to_owned(),
            }
        });
        Some((*year, of_table.or_else(|| published_eradication(*year))?))
    };
    let of = |stocks: &BTreeMap<i32, (Exact, u64)>, series| PlaceSeries {
        place: "CO".to_owned(),
        name: "Colombia".to_owned(),
        series,
        stocks: stocks.iter().map(standing).collect(),
        eradicated: stocks.keys().filter_map(eradicated).collect(),
        ..PlaceSeries::default()
    };
    let both = [of(&table.summed, SeriesKind::Census), of(&table.published, SeriesKind::Published)];
    both.into_iter().filter(|series| !series.stocks.is_empty()).collect()
}

/// What is to be said of the census years that two publishers give differently.
pub fn vintage_notes(census: &Census) -> Vec<String> {
    let gaps = census.years().filter_map(|year| Some((year, census.gap(year)?)));
    gaps.map(|(year, gap)| {
        let known = if CENSUS_YEARS_WITH_A_GAP.contains(&year) { "; a known gap of the open table" } else { "" };
        let (sum, published) = (gap.sum.grouped(), gap.published.grouped());
        format!("{year} is there in two editions: {sum} ha in the table given, {published} ha published{known}")
    })
    .collect()
}
