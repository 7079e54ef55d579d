//! From records to terms: eradication by method, that of the neighbours, and what stands beside.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::{Form, Grid, Series};
use crate::records::{Census, Eradication, Method};
use crate::territory::{MunicipalityCode, Neighbours};

/// Spraying from the air was suspended in October 2015: none in later years.
const LAST_SPRAYING: i32 = 2015;

/// The first year of spraying from drones.
const FIRST_DRONES: i32 = 2025;

/// A quantity by municipality and year that stands beside eradication: seizures, substitution. A municipality that is
/// not listed in a year that the table covers had none: zero.
#[derive(Debug, Clone, Default)]
pub struct Covariate {
    /// Name of the term.
    pub name: String,
    /// Its unit: `kg`.
    pub unit: String,
    /// Figures, zero or more.
    pub values: BTreeMap<(MunicipalityCode, i32), f64>,
    /// Years that its table covers.
    pub years: BTreeSet<i32>,
}

/// A national figure by year: a price.
#[derive(Debug, Clone, Default)]
pub struct NationalCovariate {
    /// Its name: `leaf`.
    pub name: String,
    /// Figures.
    pub by_year: BTreeMap<i32, f64>,
}

/// All that a panel is made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Hectares at 31 December.
    pub census: &'a Census,
    /// Hectares eradicated, by method.
    pub eradication: &'a Eradication,
    /// Quantities beside it.
    pub covariates: &'a [Covariate],
    /// Prices.
    pub national: &'a [NationalCovariate],
    /// Who borders on whom.
    pub neighbours: Option<&'a Neighbours>,
    /// Area of each municipality, km2.
    pub area_km2: Option<&'a BTreeMap<MunicipalityCode, f64>>,
}

/// What a term is, which decides the year it is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Eradication in the municipality.
    Own(Method),
    /// Mean eradication of its neighbours.
    Neighbours(Method),
    /// The census a year before.
    Previous,
    /// A quantity beside.
    Beside,
}

/// A term of the regressions, on the grid and in a form.
#[derive(Debug, Clone)]
pub struct Term {
    /// Name in tables.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its unit in the form.
    pub unit: String,
    /// Its figures.
    pub series: Series,
}

impl Term {
    /// Whether it is eradication, by whatever method, here or at the neighbours.
    pub fn is_eradication(&self) -> bool {
        matches!(self.kind, Kind::Own(_) | Kind::Neighbours(_))
    }
}

/// The flows of eradication of every municipality that a term needs, read once.
pub(super) struct Flows {
    pub grid: Grid,
    /// Hectares at 31 December; years whose table is not whole are left out.
    pub stock: Series,
    of: BTreeMap<Method, BTreeMap<MunicipalityCode, Vec<Option<f64>>>>,
}

impl Flows {
    pub fn new(sources: &Sources) -> Self {
        let Sources { census, eradication, neighbours, .. } = sources;
        let covered: Vec<i32> = (1980..=2100).filter(|year| census.covers(*year)).collect();
        let recorded = |year: &i32| Method::ALL.iter().any(|m| eradication.covers(*m, *year));
        let first = (1980..=2100).find(recorded).into_iter().chain(covered.first().copied()).min().unwrap_or_default();
        let years = covered.last().map_or(0, |last| (last - first + 1).max(0) as usize);
        let listed: BTreeSet<MunicipalityCode> =
            covered.iter().flat_map(|year| census.of_year(*year).map(|(code, _)| code.clone())).collect();
        let near = |code| neighbours.and_then(|n| n.of(code)).into_iter().flatten().cloned();
        let needed: BTreeSet<MunicipalityCode> = listed.iter().flat_map(near).chain(listed.iter().cloned()).collect();
        let grid = Grid { municipalities: listed.into_iter().collect(), first, years };
        let whole = |year: i32| census.gap(year).is_none();
        let stock = grid.series(|code, year| census.stock(code, year).filter(|_| whole(year)).map(|s| s.to_f64()));
        let methods = Method::ALL.into_iter().filter(|m| grid.all_years().any(|year| eradication.covers(*m, year)));
        let of_code = |method, code: &MunicipalityCode| {
            (code.clone(), grid.all_years().map(|year| flow(eradication, method, code, year)).collect())
        };
        let of = methods.map(|m| (m, needed.iter().map(|code| of_code(m, code)).collect())).collect();
        Self { grid, stock, of }
    }

    /// Methods that some table covers.
    pub fn methods(&self) -> impl Iterator<Item = Method> {
        self.of.keys().copied()
    }

    /// Hectares eradicated.
    pub fn flow(&self, method: Method, code: &MunicipalityCode, year: i32) -> Option<f64> {
        let place = usize::try_from(year - self.grid.first).ok()?;
        self.of.get(&method)?.get(code)?.get(place).copied().flatten()
    }

    /// The terms in a form, the most important first. `None` in a series leaves its row out.
    pub fn terms(&self, sources: &Sources, form: Form) -> Vec<Term> {
        let area = |code: &MunicipalityCode| sources.area_km2.and_then(|a| a.get(code)).copied();
        let own = |method| {
            move |code: &MunicipalityCode, year| self.flow(method, code, year).and_then(|x| form.apply(x, area(code)))
        };
        let mut terms = Vec::new();
        for method in self.methods() {
            let series = self.grid.series(own(method));
            let unit = form.of_unit("ha");
            terms.push(Term { name: method.word().to_owned(), kind: Kind::Own(method), unit, series });
        }
        for method in self.methods() {
            let Some(neighbours) = sources.neighbours else { break };
            // Row-standardised: every neighbour weighs the same, and the weights add up to one (Anselin 1988).
            let mean = |code: &MunicipalityCode, year| {
                let others = neighbours.of(code)?;
                let count = others.len().max(1) as f64;
                others.map(|other| own(method)(other, year)).sum::<Option<f64>>().map(|sum| sum / count)
            };
            let (name, kind) = (format!("neighbours_{}", method.word()), Kind::Neighbours(method));
            let unit = format!("{}, mean of the neighbours", form.of_unit("ha"));
            terms.push(Term { name, kind, unit, series: self.grid.series(mean) });
        }
        let previous = self.stock_in(sources, form);
        for price in sources.national {
            terms.extend(self.with_price(price, &previous, form));
        }
        let unit = form.of_unit("ha");
        let at = terms.iter().position(|t| t.kind == Kind::Previous).unwrap_or(terms.len());
        terms.insert(at, Term { name: "previous_coca".to_owned(), kind: Kind::Previous, unit, series: previous });
        for beside in sources.covariates {
            let figure = |code: &MunicipalityCode, year| {
                let covered = beside.years.contains(&year);
                let value = beside.values.get(&(code.clone(), year)).copied().or(covered.then_some(0.0));
                value.and_then(|v| form.apply(v, area(code)))
            };
            let (name, unit) = (beside.name.clone(), form.of_unit(&beside.unit));
            terms.push(Term { name, kind: Kind::Beside, unit, series: self.grid.series(figure) });
        }
        terms
    }

    /// The census in a form.
    pub fn stock_in(&self, sources: &Sources, form: Form) -> Series {
        let area = |code: &MunicipalityCode| sources.area_km2.and_then(|a| a.get(code)).copied();
        let of = |(place, stock): (usize, &Option<f64>)| {
            stock.and_then(|s| form.apply(s, area(&self.grid.municipalities[place / self.grid.years])))
        };
        self.stock.iter().enumerate().map(of).collect()
    }

    /// The census a year before times a price in standard deviations from its mean: the price itself is the same for all
    /// municipalities and goes into the years' intercepts. Its year is that of the census, one before the price's.
    fn with_price(&self, price: &NationalCovariate, previous: &Series, form: Form) -> Option<Term> {
        let used: Vec<f64> = self.grid.all_years().filter_map(|year| price.by_year.get(&year).copied()).collect();
        let n = used.len() as f64;
        let mean = used.iter().sum::<f64>() / n;
        let sd = (used.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / n).sqrt();
        // A price of one year, or always the same, tells nothing.
        if sd.is_nan() || sd <= 0.0 {
            return None;
        }
        let years = self.grid.years;
        let product = |(place, stock): (usize, &Option<f64>)| {
            let year = self.grid.first + (place % years) as i32 + 1;
            Some((*stock)? * (price.by_year.get(&year)? - mean) / sd)
        };
        let name = format!("previous_coca_x_{}_price", price.name);
        let unit = format!("{}, times standard deviations of the price", form.of_unit("ha"));
        Some(Term { name, kind: Kind::Previous, unit, series: previous.iter().enumerate().map(product).collect() })
    }
}

/// Hectares eradicated; years in which a method was not used at all are zero, other years without a table unknown.
fn flow(eradication: &Eradication, method: Method, code: &MunicipalityCode, year: i32) -> Option<f64> {
    let unused = match method {
        Method::Spraying => year > LAST_SPRAYING,
        Method::DroneSpraying => year < FIRST_DRONES,
        _ => false,
    };
    eradication.flow(method, code, year).map(|f| f.to_f64()).or(unused.then_some(0.0))
}

/// What the years and places of the records mean for the panel.
pub(super) fn notes(sources: &Sources, flows: &Flows) -> Vec<String> {
    let mut notes = Vec::new();
    let grid = &flows.grid;
    let gaps: Vec<String> =
        grid.all_years().filter(|year| sources.census.gap(*year).is_some()).map(|year| year.to_string()).collect();
    if !gaps.is_empty() {
        notes
            .push(format!("the census table of {} is not whole: changes to and from it are left out", gaps.join(", ")));
    }
    for method in flows.methods() {
        let last = grid.all_years().rev().find(|year| sources.eradication.covers(method, *year));
        if let (Method::Spraying, Some(last)) = (method, last)
            && last <= LAST_SPRAYING
        {
            notes.push(format!("spraying is zero after {LAST_SPRAYING}: it was suspended in October of that year"));
        }
    }
    if let Some(neighbours) = sources.neighbours {
        let lost: Vec<&str> =
            grid.municipalities.iter().filter(|c| !neighbours.knows(c)).map(MunicipalityCode::as_str).collect();
        if !lost.is_empty() {
            notes.push(format!(
                "{} municipalities of the census are not in the boundaries (renamed or split?), so their neighbours are not known and their rows are left out: {}",
                lost.len(),
                lost.join(", ")
            ));
        }
        let gone = sources.eradication.municipalities().into_iter().filter(|c| !neighbours.knows(c));
        let gone: Vec<&str> = gone.map(MunicipalityCode::as_str).filter(|c| !lost.contains(c)).collect();
        if !gone.is_empty() {
            notes.push(format!(
                "{} municipalities with eradication are not in the boundaries, so it is in no neighbour's mean: {}",
                gone.len(),
                gone.join(", ")
            ));
        }
        let alone = neighbours.alone();
        let alone: Vec<&str> =
            grid.municipalities.iter().filter(|c| alone.contains(c)).map(MunicipalityCode::as_str).collect();
        if !alone.is_empty() {
            notes.push(format!("no neighbour, whose mean is taken as zero: {}", alone.join(", ")));
        }
    }
    for price in sources.national {
        notes.push(format!(
            "the {} price is one figure for the country: what it is related to alike in all municipalities is in the years' intercepts; it enters times the coca of the year before",
            price.name
        ));
    }
    notes
}
