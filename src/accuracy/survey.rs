//! A labelled sample, counted: how many units of each stratum the map calls this and the reference that.
//!
//! Every estimator works on these counts. A unit of the sample is a pixel (or a point); a *domain* is a municipality.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SurveyError;
use super::frame::{Frame, Ground, Grounds, Patch, Stratum};

/// A labelled unit as it was read.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LabelledUnit {
    /// Identifier.
    pub id: String,
    /// Stratum that it was drawn from.
    pub stratum: String,
    /// Class of the map.
    pub map: Option<String>,
    /// Class that the interpreter saw.
    pub reference: String,
    /// Municipality; `None` outside all.
    pub municipality: Option<String>,
}

/// Units that are alike, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Number of the stratum.
    pub stratum: usize,
    /// Class of the map, where known.
    pub map: Option<usize>,
    /// Class of the reference.
    pub reference: usize,
    /// Municipality.
    pub domain: Option<usize>,
}

/// A labelled sample of a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Names of the classes, of map and reference together.
    pub classes: Vec<String>,
    /// The strata.
    pub strata: Vec<Stratum>,
    /// Hectares of the whole population, where known.
    pub total_ha: Option<f64>,
    /// Municipalities (codes), sorted; empty where the sample has none.
    pub domains: Vec<String>,
    /// Sample units by kind.
    pub cells: Vec<(Cell, u64)>,
    /// The population's ground by stratum, map class and municipality, as far as the table of strata tells.
    pub patches: Vec<Patch>,
    /// Whether variances are multiplied by `1 - n / N` of each stratum.
    pub finite_correction: bool,
    /// What was made of the input.
    pub notes: Vec<String>,
}

/// How a survey is to be taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurveyOptions {
    /// Multiply variances by `1 - n / N` of each stratum.
    pub finite_correction: bool,
    /// Take reference classes that the map does not have.
    pub unmapped_classes: bool,
}

/// Numbers for names, in the order in which they come.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn number(&mut self, name: &str) -> usize {
        self.0.iter().position(|n| n == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        })
    }
}

impl Survey {
    /// Counts labelled units, and checks them against the table of strata. Without one, the strata are one: a simple random
    /// sample, of which shares are known and no hectares.
    ///
    /// # Errors
    /// [`SurveyError`] naming the stratum or class.
    pub fn new(units: &[LabelledUnit], grounds: Option<&Grounds>, options: SurveyOptions) -> Result<Self, SurveyError> {
        let counted: Vec<(&LabelledUnit, u64)> = units.iter().map(|unit| (unit, 1)).collect();
        Self::from_counts(&counted, grounds, options)
    }

    /// The same of units that stand for many alike.
    ///
    /// # Errors
    /// As [`Survey::new`].
    pub fn from_counts(
        units: &[(&LabelledUnit, u64)],
        grounds: Option<&Grounds>,
        options: SurveyOptions,
    ) -> Result<Self, SurveyError> {
        let alone;
        let (grounds, simple) = match grounds {
            Some(grounds) => (grounds, false),
            None => {
                alone = one_stratum();
                (&alone, true)
            }
        };
        let frame = Frame::new(grounds)?;
        let stratum_of = |unit: &LabelledUnit| {
            let name = if simple { ONE } else { &unit.stratum };
            frame.strata.iter().position(|s| s.name == name).ok_or_else(|| SurveyError::UnknownStratum {
                stratum: name.to_owned(),
                file: grounds.file.clone(),
                present: frame.strata.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "),
            })
        };
        let classes = class_names(units, grounds, options)?;
        let number = |name: &str| classes.iter().position(|c| c == name).unwrap_or_default();
        let domains = domain_names(units, grounds);
        let domain = |name: &Option<String>| name.as_ref().and_then(|n| domains.binary_search(n).ok());
        let mut cells: BTreeMap<Cell, u64> = BTreeMap::new();
        for (unit, count) in units {
            let cell = Cell {
                stratum: stratum_of(unit)?,
                map: unit.map.as_deref().map(number),
                reference: number(&unit.reference),
                domain: domain(&unit.municipality),
            };
            *cells.entry(cell).or_default() += count;
        }
        cells.retain(|_, count| *count > 0);
        let total: f64 = grounds.lines.iter().map(|line| line.amount).sum();
        let patch = |line: &Ground| Patch {
            stratum: frame.strata.iter().position(|s| s.name == line.stratum).unwrap_or_default(),
            map: line.map.as_deref().map(number),
            domain: domain(&line.municipality),
            share: line.amount / total,
        };
        let mut survey = Self {
            patches: if simple { Vec::new() } else { grounds.lines.iter().map(patch).collect() },
            cells: cells.into_iter().collect(),
            classes,
            domains,
            total_ha: frame.total_ha,
            finite_correction: options.finite_correction,
            notes: frame.notes,
            strata: frame.strata,
        };
        if simple {
            survey.notes = vec![NO_GROUNDS.to_owned()];
        }
        survey.check(&grounds.file)?;
        survey.map_by_stratum();
        Ok(survey)
    }

    /// Every stratum needs two units, and no more than it has.
    fn check(&self, file: &str) -> Result<(), SurveyError> {
        for (number, stratum) in self.strata.iter().enumerate() {
            let n = self.units_of(number);
            if n < 2 {
                return Err(SurveyError::FewUnits { stratum: stratum.name.clone(), n });
            }
            match stratum.units {
                Some(units) if n as f64 > units => {
                    return Err(SurveyError::MoreThanAll { stratum: stratum.name.clone(), n, units });
                }
                None if self.finite_correction => {
                    return Err(SurveyError::NoUnits { file: file.to_owned(), stratum: stratum.name.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the table does not tell the map's class, it is that of the sample units where all of a stratum have the same.
    fn map_by_stratum(&mut self) {
        if self.patches.is_empty() || self.patches.iter().all(|patch| patch.map.is_some()) {
            return;
        }
        let only = |stratum: usize| {
            let mut of = self.cells.iter().filter(|(cell, _)| cell.stratum == stratum).map(|(cell, _)| cell.map);
            let first = of.next()??;
            of.all(|map| map == Some(first)).then_some(first)
        };
        let Some(map) = (0..self.strata.len()).map(only).collect::<Option<Vec<usize>>>() else { return };
        if map.iter().zip(&self.strata).any(|(map, stratum)| self.classes[*map] != stratum.name) {
            self.notes.push(
                "what the map shows was taken from the sample: all units of each stratum are mapped alike".to_owned(),
            );
        }
        self.patches.iter_mut().for_each(|patch| patch.map = Some(map[patch.stratum]));
    }

    /// Sample units of a stratum.
    pub fn units_of(&self, stratum: usize) -> u64 {
        self.cells.iter().filter(|(cell, _)| cell.stratum == stratum).map(|(_, n)| n).sum()
    }

    /// Sample units in all.
    pub fn n(&self) -> u64 {
        self.cells.iter().map(|(_, n)| n).sum()
    }

    /// Whether the map's class of every unit is known.
    pub fn has_map(&self) -> bool {
        self.cells.iter().all(|(cell, _)| cell.map.is_some())
    }

    /// The share of the population's ground that the map shows as a class; `None` where the table of strata does not tell.
    pub fn mapped_share(&self, class: usize) -> Option<f64> {
        let known = !self.patches.is_empty() && self.patches.iter().all(|patch| patch.map.is_some());
        known.then(|| self.patches.iter().filter(|p| p.map == Some(class)).fold(0.0, |sum, p| sum + p.share))
    }
}

/// Name of the one stratum of a simple random sample.
const ONE: &str = "all";

const NO_GROUNDS: &str = "no table of strata was given: the units are taken as a simple random sample, shares of the whole are known and no hectares (--strata-area gives them)";

fn one_stratum() -> Grounds {
    let all = Ground { stratum: ONE.to_owned(), amount: 1.0, ..Ground::default() };
    Grounds { file: "the sample".to_owned(), lines: vec![all], in_hectares: false }
}

fn domain_names(units: &[(&LabelledUnit, u64)], grounds: &Grounds) -> Vec<String> {
    let of_units = units.iter().filter_map(|(unit, _)| unit.municipality.clone());
    // Municipalities of the table alone are of no use where the sample knows none.
    let mut names: Vec<String> = of_units.collect();
    if !names.is_empty() {
        names.extend(grounds.lines.iter().filter_map(|line| line.municipality.clone()));
    }
    names.sort();
    names.dedup();
    names
}

/// The map's classes in the order of the table of strata, then those of the sample; a reference class beside them is refused,
/// since it is most often the same class written in another way.
fn class_names(
    units: &[(&LabelledUnit, u64)],
    grounds: &Grounds,
    options: SurveyOptions,
) -> Result<Vec<String>, SurveyError> {
    let mut names = Names::default();
    let has_map = units.iter().any(|(unit, _)| unit.map.is_some());
    let sampled: Vec<&str> = units.iter().filter_map(|(unit, _)| unit.map.as_deref()).collect();
    let references = || units.iter().filter(|(_, n)| *n > 0).map(|(unit, _)| unit.reference.as_str());
    for line in &grounds.lines {
        let stratum = line.stratum.as_str();
        match &line.map {
            Some(map) => _ = names.number(map),
            // A stratum is named after a class, or after something else.
            None if sampled.contains(&stratum) || references().any(|r| r == stratum) => _ = names.number(stratum),
            None => {}
        }
    }
    sampled.iter().for_each(|map| _ = names.number(map));
    let mut others: Vec<&str> = Vec::new();
    for reference in references() {
        if !names.0.iter().any(|name| name == reference) && !others.contains(&reference) {
            others.push(reference);
        }
    }
    others.sort_unstable();
    if has_map && !others.is_empty() && !options.unmapped_classes {
        return Err(SurveyError::OtherClasses {
            reference: others.iter().map(|r| format!("'{r}'")).collect::<Vec<_>>().join(", "),
            map: names.0.join(", "),
            hint: " (or, if the map really lacks it: cocal assess --unmapped-classes)",
        });
    }
    others.iter().for_each(|reference| _ = names.number(reference));
    Ok(names.0)
}
