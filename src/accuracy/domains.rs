//! What is known of each municipality: its share of the ground, what it is made of, its units.
//!
//! Units are put into *groups* that are alike in all municipalities: the strata or, where every stratum lies in one
//! municipality, the map's classes. A group's rate is the share of a class among its units, weighted by the design.

use super::scheme::{Measured, Scheme, indicator};
use super::survey::{Cell, Survey};

/// A survey seen by municipality.
pub struct Domains<'a> {
    /// The survey.
    pub survey: &'a Survey,
    /// Its design.
    pub scheme: Scheme<'a>,
    /// The municipalities.
    pub domains: Vec<Domain>,
    /// Whether areas of municipalities were taken from the sample, for want of a table.
    pub estimated_areas: bool,
    groups: usize,
    by_map: bool,
}

/// A municipality.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its share of the population's ground.
    pub share: f64,
    /// Shares of its ground in each group; they add up to 1.
    pub composition: Vec<f64>,
    /// Shares of its ground that the map shows as each class; `None` where the map is not known.
    pub mapped: Option<Vec<f64>>,
    /// Sample units in it.
    pub n: u64,
}

/// Ground of a municipality, from the table or from the sample.
struct Ground {
    domain: usize,
    group: usize,
    map: Option<usize>,
    share: f64,
}

impl<'a> Domains<'a> {
    /// A survey with municipalities.
    pub fn new(survey: &'a Survey) -> Self {
        let by_map = survey.has_map() && strata_are_nested(survey);
        let groups = if by_map { survey.classes.len() } else { survey.strata.len() };
        let group = |stratum: usize, map: Option<usize>| if by_map { map.unwrap_or_default() } else { stratum };
        let known = !survey.patches.is_empty()
            && survey.patches.iter().any(|p| p.domain.is_some())
            && (!by_map || survey.patches.iter().all(|p| p.map.is_some()));
        let grounds: Vec<Ground> = if known {
            let ground = |p: &super::frame::Patch| {
                Some(Ground { domain: p.domain?, group: group(p.stratum, p.map), map: p.map, share: p.share })
            };
            survey.patches.iter().filter_map(ground).collect()
        } else {
            let ground = |(cell, n): &(Cell, u64)| {
                let share = survey.strata[cell.stratum].weight * *n as f64 / survey.units_of(cell.stratum) as f64;
                Some(Ground { domain: cell.domain?, group: group(cell.stratum, cell.map), map: cell.map, share })
            };
            survey.cells.iter().filter_map(ground).collect()
        };
        let domain = |number: usize| {
            let own: Vec<&Ground> = grounds.iter().filter(|g| g.domain == number).collect();
            let share: f64 = own.iter().map(|g| g.share).sum();
            let part = |of: &dyn Fn(&Ground) -> bool| {
                let sum = own.iter().filter(|g| of(g)).fold(0.0, |sum, g| sum + g.share);
                if share > 0.0 { sum / share } else { 0.0 }
            };
            let has_map = own.iter().all(|g| g.map.is_some());
            let units = survey.cells.iter().filter(|(cell, _)| cell.domain == Some(number));
            Domain {
                share,
                composition: (0..groups).map(|group| part(&|g| g.group == group)).collect(),
                mapped: has_map.then(|| (0..survey.classes.len()).map(|c| part(&|g| g.map == Some(c))).collect()),
                n: units.map(|(_, n)| n).sum(),
            }
        };
        let domains = (0..survey.domains.len()).map(domain).collect();
        Self { survey, scheme: Scheme::stratified(survey), domains, estimated_areas: !known, groups, by_map }
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Group of a unit.
    pub fn group(&self, cell: &Cell) -> usize {
        if self.by_map { cell.map.unwrap_or_default() } else { cell.stratum }
    }

    /// Ground that one unit stands for, as a share of the whole.
    pub fn weight(&self, cell: &Cell) -> f64 {
        self.survey.strata[cell.stratum].weight / self.survey.units_of(cell.stratum) as f64
    }

    /// Units of a municipality.
    pub fn cells(&self, domain: usize) -> impl Iterator<Item = &(Cell, u64)> {
        self.survey.cells.iter().filter(move |(cell, _)| cell.domain == Some(domain))
    }

    /// Share of a class in every group, with its variance; `None` for a group without units.
    pub fn rates(&self, class: usize) -> Vec<Option<Measured>> {
        let rate = |group: usize| {
            let here = |cell: &Cell| indicator(self.group(cell) == group);
            self.scheme.ratio(|cell| here(cell) * indicator(cell.reference == class), here)
        };
        (0..self.groups).map(rate).collect()
    }

    /// Share of a class in every group for variances: half a unit is added to those of the class and one to all, so that a
    /// group in which none was found is not taken for certain.
    pub fn smoothed_rates(&self, class: usize) -> Vec<f64> {
        let rate = |group: usize| {
            let here = || self.survey.cells.iter().filter(|(cell, _)| self.group(cell) == group);
            let n: u64 = here().map(|(_, n)| n).sum();
            let of: u64 = here().filter(|(cell, _)| cell.reference == class).map(|(_, n)| n).sum();
            (of as f64 + 0.5) / (n as f64 + 1.0)
        };
        (0..self.groups).map(rate).collect()
    }
}

/// Whether every stratum with units lies in one municipality, and some municipality has several.
fn strata_are_nested(survey: &Survey) -> bool {
    let of = |stratum: usize| {
        let mut found: Vec<_> =
            survey.cells.iter().filter(|(cell, _)| cell.stratum == stratum).map(|(cell, _)| cell.domain).collect();
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    survey.domains.len() > 1 && (0..survey.strata.len()).all(|stratum| of(stratum) <= 1)
}
