//! The figures that claims are held against, each with its source.

use std::collections::{BTreeMap, BTreeSet};

use super::cited::{Source, Table, span};
use super::interval::Uncertain;
use super::place::Place;
use super::seized::{Scope, Seized};
use crate::records::census::{Completeness, completeness};
use crate::records::national::{NationalFigure, Series, national, national_figures};
use crate::records::{Eradication, Exact, Kind, Method, RecordError, RecordFile};
use crate::territory::MunicipalityCode;

/// A figure of one place and year.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// The figure and its error.
    pub figure: Uncertain,
    /// The error is the assumed one.
    pub assumed: bool,
    /// Where it is from.
    pub sources: Vec<Source>,
    /// What must be said of it.
    pub remarks: BTreeSet<String>,
}

/// Which figure of the country's census.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// The sum of the file.
    File,
    /// As published.
    Published,
}

/// A series of yearly figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The census.
    Coca(Edition),
    /// The estimate of the United States.
    UnitedStates,
    /// One method of eradication.
    Method(Method),
    /// All methods, added.
    AllMethods,
    /// Change of the census plus all eradication.
    GrossGain(Edition),
    /// Seizures.
    Seizures(Scope),
}

/// The files that claims are held against.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Census.
    pub census: Option<RecordFile>,
    /// Eradication and spraying.
    pub eradication: Vec<RecordFile>,
    /// Seizures.
    pub seizures: Option<RecordFile>,
    /// Standard errors of municipalities, hectares, by code and year.
    pub errors: BTreeMap<(MunicipalityCode, i32), f64>,
    /// Assumed standard error of a census figure, as a share of it.
    pub relative_error: f64,
}

/// The records, ready to be asked.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    census: Table,
    names: BTreeMap<MunicipalityCode, String>,
    /// The census is of a part of the country.
    part: bool,
    flows: BTreeMap<Method, Vec<Table>>,
    seizures: Option<Seized>,
    errors: BTreeMap<(MunicipalityCode, i32), f64>,
    relative_error: f64,
    /// Years of any file or published series.
    years: BTreeSet<i32>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

impl Facts {
    /// Takes the files.
    ///
    /// # Errors
    /// [`RecordError::WrongKind`] where a file is of another kind, [`RecordError::GivenTwice`] where two files of
    /// eradication hold the same figure.
    pub fn new(inputs: Inputs) -> Result<Self, RecordError> {
        let mut facts = Self { errors: inputs.errors, relative_error: inputs.relative_error, ..Self::default() };
        if let Some(file) = &inputs.census {
            of_kind(file, Kind::Census, "a census")?;
            facts.part = matches!(completeness(&file.sum_by_year()), Completeness::Part(_));
            facts.census = Table::of_file(file, None);
            facts.names = file.names.clone();
            facts.notes.extend(file.notes.iter().map(|n| format!("{}: {n}", file.path)));
        }
        facts.notes.extend(Eradication::from_files(&inputs.eradication)?.notes);
        for file in &inputs.eradication {
            let default = if file.kind == Kind::Spraying { Method::Spraying } else { Method::Manual };
            let methods: BTreeSet<Option<Method>> = file.entries.iter().map(|e| e.method).collect();
            for method in methods {
                let table = Table::of_file(file, method);
                facts.flows.entry(method.unwrap_or(default)).or_default().push(table);
            }
        }
        if let Some(file) = &inputs.seizures {
            of_kind(file, Kind::Seizures, "a table of seizures")?;
            facts.seizures = Some(Seized::of_file(file));
            facts.notes.extend(file.notes.iter().map(|n| format!("{}: {n}", file.path)));
        }
        let files = inputs.census.iter().chain(&inputs.eradication).chain(&inputs.seizures);
        facts.years = files.flat_map(|f| f.years.iter().copied()).collect();
        facts.years.extend(national_figures().iter().map(|f| f.year));
        Ok(facts)
    }

    /// Municipalities of the census.
    pub fn names(&self) -> &BTreeMap<MunicipalityCode, String> {
        &self.names
    }

    /// The assumed standard error of a census figure, as a share of it.
    pub fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// Every municipality that the census lists, or every department.
    pub fn places_like(&self, place: &Place, within: Option<&str>) -> Vec<Place> {
        let codes = self.names.keys().filter(|code| code.as_str().starts_with(within.unwrap_or_default()));
        let mut all: Vec<Place> = match place {
            Place::Municipality(_) => codes.map(|c| Place::Municipality(c.clone())).collect(),
            _ => codes.map(|c| Place::Department(c.department().to_owned())).collect(),
        };
        all.dedup();
        all
    }

    /// A figure of a place and year.
    ///
    /// # Errors
    /// Why there is none.
    pub fn figure(&self, counted: Counted, place: &Place, year: i32) -> Result<Datum, String> {
        match counted {
            Counted::Coca(edition) => self.coca(edition, place, year),
            Counted::UnitedStates => published(Series::UnitedStates, place, year).map(|f| self.assumed(f)),
            Counted::Method(method) => self.method(method, place, year),
            Counted::AllMethods => self.all_methods(place, year),
            Counted::GrossGain(edition) => {
                let later = self.coca(edition, place, year)?;
                let earlier = self.coca(edition, place, year - 1)?;
                let mut sum = self.all_methods(place, year)?;
                sum.figure.value += later.figure.value - earlier.figure.value;
                sum.figure.error = later.figure.error.hypot(earlier.figure.error);
                sum.assumed = later.assumed || earlier.assumed;
                sum.sources.splice(0..0, later.sources.into_iter().chain(earlier.sources));
                Ok(sum)
            }
            Counted::Seizures(scope) => {
                let seized = self.seizures.as_ref().ok_or("no seizures are given: --seizures FILE")?;
                let sum = seized.sum(scope, place, year)?;
                let figure = Uncertain { value: sum.value.to_f64(), error: 0.0 };
                Ok(Datum { figure, assumed: false, sources: sum.sources, remarks: BTreeSet::from([sum.remark]) })
            }
        }
    }

    /// What was seized abroad in a year, kilograms; `None` where the file does not tell it.
    pub fn seized_abroad(&self, year: i32) -> Option<f64> {
        self.seizures.as_ref()?.abroad(year).map(Exact::to_f64)
    }

    /// Years that have a figure.
    pub fn years(&self, counted: Counted, place: &Place) -> BTreeSet<i32> {
        self.years.iter().copied().filter(|year| self.figure(counted, place, *year).is_ok()).collect()
    }

    /// The latest year that has a figure.
    ///
    /// # Errors
    /// Why none has.
    pub fn latest(&self, counted: Counted, place: &Place) -> Result<i32, String> {
        let mut why = None;
        for year in self.years.iter().rev() {
            match self.figure(counted, place, *year) {
                Ok(_) => return Ok(*year),
                Err(of_year) => {
                    why.get_or_insert(of_year);
                }
            }
        }
        Err(why.unwrap_or_else(|| "no record is given".to_owned()))
    }

    fn coca(&self, edition: Edition, place: &Place, year: i32) -> Result<Datum, String> {
        if !self.names.keys().any(|code| code.as_str().starts_with(place.prefix())) && *place != Place::Country {
            return Err("the census lists no municipality of that place".to_owned());
        }
        let of_file = || self.census.sum(place, year, "coca at 31 December, ha");
        let mut datum = match (place, edition) {
            (Place::Country, Edition::Published) => published(Series::Census, place, year)?,
            (Place::Country, Edition::File) if self.part => match published(Series::Census, place, year) {
                Ok(mut found) => {
                    let said = "the census file is of a part of the country: the published national figure is used";
                    found.remarks.insert(said.to_owned());
                    found
                }
                Err(_) => of_file().map(|(sum, source)| datum(sum, source)).ok_or_else(|| self.no_census(year))?,
            },
            _ => of_file().map(|(sum, source)| datum(sum, source)).ok_or_else(|| self.no_census(year))?,
        };
        if let Some(error) = self.known_error(place, year) {
            datum.figure.error = error;
            return Ok(datum);
        }
        Ok(self.assumed(datum))
    }

    fn no_census(&self, year: i32) -> String {
        let years: BTreeSet<i32> = self.census.years.keys().copied().collect();
        format!("the census has no figure of {year}; it holds {}", span(&years))
    }

    fn assumed(&self, mut datum: Datum) -> Datum {
        datum.figure.error = self.relative_error * datum.figure.value;
        datum.assumed = true;
        datum
    }

    /// The standard error of a place from its municipalities, where each that has coca has one.
    fn known_error(&self, place: &Place, year: i32) -> Option<f64> {
        let of_year = self.census.years.get(&year)?;
        let here = of_year.iter().filter(|(code, _)| code.as_str().starts_with(place.prefix()));
        let mut known = None;
        let mut squares = 0.0;
        for (code, (value, _)) in here {
            match self.errors.get(&(code.clone(), year)) {
                Some(error) => {
                    squares += error * error;
                    known = Some(());
                }
                None if value.is_zero() => {}
                None => return None,
            }
        }
        known.map(|()| squares.sqrt())
    }

    fn method(&self, method: Method, place: &Place, year: i32) -> Result<Datum, String> {
        if let Some(found) = self.of_files(method, place, year) {
            return Ok(found);
        }
        let by_hand = || published(Series::ManualEradication, place, year);
        match method {
            Method::Manual => {
                let parts = [Method::ForcedManual, Method::Voluntary].map(|m| self.of_files(m, place, year));
                if parts.iter().any(Option::is_some) {
                    let mut sum = add(parts.into_iter().flatten());
                    sum.remarks.insert("manual: forced and voluntary of the file, added".to_owned());
                    return Ok(sum);
                }
                by_hand()
            }
            Method::ForcedManual => {
                let mut found = self.of_files(Method::Manual, place, year).map_or_else(by_hand, Ok)?;
                let said = "the record of manual eradication does not tell forced from voluntary: all of it is used";
                found.remarks.insert(said.to_owned());
                Ok(found)
            }
            Method::Spraying => match published(Series::AerialSpraying, &Place::Country, year) {
                // None in the country is none anywhere.
                Ok(found) if *place == Place::Country || found.figure.value == 0.0 => Ok(found),
                _ => Err(needs_file(place, year)),
            },
            Method::Voluntary | Method::DroneSpraying => {
                Err(format!("no record of {} in {year} is given: --eradication FILE", method.word()))
            }
        }
    }

    fn of_files(&self, method: Method, place: &Place, year: i32) -> Option<Datum> {
        let what = format!("eradicated ({}), ha", method.word());
        let found = self.flows.get(&method)?.iter().filter_map(|t| t.sum(place, year, &what));
        let mut all = found.map(|(sum, source)| datum(sum, source)).peekable();
        all.peek()?;
        Some(add(all))
    }

    fn all_methods(&self, place: &Place, year: i32) -> Result<Datum, String> {
        let by_hand = self.method(Method::Manual, place, year)?;
        let sprayed = self.method(Method::Spraying, place, year)?;
        let drones = self.of_files(Method::DroneSpraying, place, year);
        let mut sum = add([by_hand, sprayed].into_iter().chain(drones));
        sum.remarks.insert("eradication: manual and spraying added, as the claim asks".to_owned());
        Ok(sum)
    }
}

fn of_kind(file: &RecordFile, kind: Kind, wanted: &'static str) -> Result<(), RecordError> {
    if file.kind == kind {
        return Ok(());
    }
    Err(RecordError::WrongKind { file: file.path.clone(), found: file.kind, wanted, why: file.why.clone() })
}

fn datum(sum: Exact, source: Source) -> Datum {
    let figure = Uncertain { value: sum.to_f64(), error: 0.0 };
    Datum { figure, assumed: false, sources: vec![source], remarks: BTreeSet::new() }
}

fn add(all: impl Iterator<Item = Datum>) -> Datum {
    let mut sum = Datum {
        figure: Uncertain { value: 0.0, error: 0.0 },
        assumed: false,
        sources: Vec::new(),
        remarks: BTreeSet::new(),
    };
    for one in all {
        sum.figure.value += one.figure.value;
        sum.sources.extend(one.sources);
        sum.remarks.extend(one.remarks);
    }
    sum
}

fn needs_file(place: &Place, year: i32) -> String {
    match place {
        Place::Country => format!("no national figure of {year} is known"),
        _ => format!("below the country, eradication of {year} needs a file that holds it: --eradication FILE"),
    }
}

/// The first published edition of a national figure.
fn published(series: Series, place: &Place, year: i32) -> Result<Datum, String> {
    if *place != Place::Country {
        return Err(match series {
            Series::UnitedStates => "the estimate of the United States is of the country only".to_owned(),
            _ => needs_file(place, year),
        });
    }
    let found = national(series, year).into_iter().next();
    let figure: NationalFigure =
        found.ok_or_else(|| format!("no national figure ({}) of {year} is known", series.word()))?;
    let what = format!("{}, ha", series.word());
    let source = Source {
        figure: what,
        year,
        value: figure.hectares.to_f64(),
        source: figure.source.to_owned(),
        vintage: figure.vintage.to_owned(),
        rows: String::new(),
    };
    Ok(datum(figure.hectares, source))
}
