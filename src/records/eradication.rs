//! Eradication: hectares per municipality and year by method, a flow. Methods are never summed silently.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::RecordError;
use super::kind::Kind;
use super::parse::RecordFile;
use super::quantity::{Exact, FlowHa};
use crate::territory::MunicipalityCode;

/// How coca was eradicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By hand; the record does not tell whether forced or voluntary.
    Manual,
    /// By hand, by the public force or its crews.
    ForcedManual,
    /// By hand, by the growers themselves.
    Voluntary,
    /// Sprayed from the air (none after October 2015).
    Spraying,
    /// Sprayed from drones (from 2025 on).
    DroneSpraying,
}

impl Method {
    /// All methods, in the order of tables.
    pub const ALL: [Self; 5] = [Self::Manual, Self::ForcedManual, Self::Voluntary, Self::Spraying, Self::DroneSpraying];

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::ForcedManual => "forced_manual",
            Self::Voluntary => "voluntary",
            Self::DroneSpraying => "drone_spraying",
            Self::Spraying => "spraying",
        }
    }
}

/// Hectares eradicated by method, municipality and year.
///
/// These tables list actions. A municipality that is absent from a table that covers the year had none: zero. A year
/// that no table covers for a method is unknown: `None`, not zero.
#[derive(Debug, Clone, Default)]
pub struct Eradication {
    flows: BTreeMap<(Method, i32, MunicipalityCode), FlowHa>,
    years: BTreeMap<Method, BTreeSet<i32>>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

impl Eradication {
    /// Eradication of several record files: manual, spraying and events.
    ///
    /// # Errors
    /// [`RecordError::WrongKind`] for a census or seizures, [`RecordError::GivenTwice`] where two files hold the same
    /// method, municipality and year: their hectares would count twice.
    pub fn from_files(files: &[RecordFile]) -> Result<Self, RecordError> {
        let mut merged = Self::default();
        let mut given_by: BTreeMap<(Method, i32, MunicipalityCode), usize> = BTreeMap::new();
        for (i, file) in files.iter().enumerate() {
            let by_default = default_method(file)?;
            merged.notes.extend(file.notes.iter().map(|n| format!("{}: {n}", file.path)));
            if file.entries.iter().all(|e| e.method.is_none()) {
                merged.years.entry(by_default).or_default().extend(&file.years);
            }
            for entry in &file.entries {
                let method = entry.method.unwrap_or(by_default);
                let key = (method, entry.year, entry.code.clone());
                let first = *given_by.entry(key.clone()).or_insert(i);
                if first != i {
                    return Err(RecordError::GivenTwice {
                        first: files[first].path.clone(),
                        second: file.path.clone(),
                        line: entry.line,
                        method: method.word(),
                        code: entry.code.to_string(),
                        year: entry.year,
                    });
                }
                merged.years.entry(method).or_default().insert(entry.year);
                let flow = merged.flows.entry(key).or_default();
                *flow = *flow + FlowHa::new(entry.value);
            }
        }
        merged.note_undivided();
        Ok(merged)
    }

    /// Says where tables of the same work may hold the same hectares.
    fn note_undivided(&mut self) {
        for method in [Method::ForcedManual, Method::Voluntary] {
            let years = |m| self.years.get(&m).cloned().unwrap_or_default();
            let both: Vec<String> = years(method).intersection(&years(Method::Manual)).map(i32::to_string).collect();
            if !both.is_empty() {
                self.notes.push(format!(
                    "{}: manual eradication (not told how) and {} eradication are both given; the same hectares may be in both, so sums hold the former only",
                    both.join(", "),
                    method.word()
                ));
            }
        }
    }

    /// Whether a table covers a year for a method.
    pub fn covers(&self, method: Method, year: i32) -> bool {
        self.years.get(&method).is_some_and(|years| years.contains(&year))
    }

    /// Hectares eradicated in a municipality during a year; zero where a table covers the year and does not list the
    /// municipality, `None` where no table covers the year.
    pub fn flow(&self, method: Method, code: &MunicipalityCode, year: i32) -> Option<FlowHa> {
        let listed = self.flows.get(&(method, year, code.clone())).copied();
        listed.or_else(|| self.covers(method, year).then(|| FlowHa::new(Exact::ZERO)))
    }

    /// Every figure, by method, year and municipality.
    pub fn flows(&self) -> impl Iterator<Item = (Method, i32, &MunicipalityCode, FlowHa)> {
        self.flows.iter().map(|((method, year, code), flow)| (*method, *year, code, *flow))
    }

    /// Whether any table has figures of a method.
    pub fn has(&self, method: Method) -> bool {
        self.years.contains_key(&method)
    }

    /// The methods of a year that add up without counting a hectare twice.
    ///
    /// A table that does not tell how the work by hand was done may hold forced and voluntary eradication: where it covers
    /// the year, tables of those methods are not added to it.
    pub fn methods_of(&self, year: i32) -> Vec<Method> {
        let undivided = self.covers(Method::Manual, year);
        let within = |m: &Method| undivided && matches!(m, Method::ForcedManual | Method::Voluntary);
        Method::ALL.into_iter().filter(|m| self.covers(*m, year) && !within(m)).collect()
    }

    /// Hectares eradicated by the methods of [`Eradication::methods_of`]; `None` where nothing is known of work by hand.
    pub fn sum(&self, code: &MunicipalityCode, year: i32) -> Option<Eradicated> {
        self.add_up(year, |method| self.flow(method, code, year))
    }

    /// The same for all codes that begin with `prefix` (`""` the country, two digits a department).
    pub fn sum_of(&self, prefix: &str, year: i32) -> Option<Eradicated> {
        self.add_up(year, |method| self.total_of(prefix, method, year))
    }

    fn add_up(&self, year: i32, flow: impl Fn(Method) -> Option<FlowHa>) -> Option<Eradicated> {
        let methods = self.methods_of(year);
        let by_hand = |m: &Method| !matches!(m, Method::Spraying | Method::DroneSpraying);
        methods.iter().any(by_hand).then(|| {
            let hectares = methods.iter().filter_map(|m| flow(*m)).sum();
            Eradicated { hectares, methods }
        })
    }

    /// Hectares by hand, undivided or forced: what stands in the column of manual eradication.
    pub fn manual(&self, code: &MunicipalityCode, year: i32) -> Option<FlowHa> {
        self.flow(Method::Manual, code, year).or_else(|| self.flow(Method::ForcedManual, code, year))
    }

    /// Sum of a table of a method and year over the codes that begin with `prefix`; `None` where no table covers it.
    pub fn total_of(&self, prefix: &str, method: Method, year: i32) -> Option<FlowHa> {
        let first = (method, year, MunicipalityCode::first_of(prefix));
        let of_year = self
            .flows
            .range(first..)
            .take_while(|((m, y, code), _)| (*m, *y) == (method, year) && code.as_str().starts_with(prefix));
        self.covers(method, year).then(|| of_year.map(|(_, flow)| *flow).sum())
    }

    /// Sum of the whole table of a method and year; `None` where no table covers it.
    pub fn total(&self, method: Method, year: i32) -> Option<FlowHa> {
        self.total_of("", method, year)
    }
}

/// Hectares eradicated, and by which methods: a sum that says what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eradicated {
    /// The sum.
    pub hectares: FlowHa,
    /// The methods in it, in the order of tables.
    pub methods: Vec<Method>,
}

impl Eradicated {
    /// The methods in words, `+` between them.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.methods.iter().map(|m| m.word()).collect();
        words.join("+")
    }
}

fn default_method(file: &RecordFile) -> Result<Method, RecordError> {
    match file.kind {
        Kind::Eradication | Kind::Events => Ok(Method::Manual),
        Kind::Spraying => Ok(Method::Spraying),
        found @ (Kind::Census | Kind::Seizures | Kind::Substitution) => Err(RecordError::WrongKind {
            file: file.path.clone(),
            found,
            wanted: "a table of eradication, spraying or events",
            why: file.why.clone(),
        }),
    }
}

impl Eradication {
    /// Municipalities that some table lists with more than nothing eradicated.
    pub fn municipalities(&self) -> BTreeSet<&MunicipalityCode> {
        self.flows.iter().filter(|(_, flow)| !flow.exact().is_zero()).map(|((_, _, code), _)| code).collect()
    }
}
