//! What `cocal assess` leaves: the estimates, and the survey behind them, from which `cocal change` takes covariances.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::SurveyError;
use super::estimate::{ClassEstimate, Estimate};
use super::estimators::{Estimator, estimate};
use super::municipal::{MunicipalEstimator, estimate_municipalities};
use super::survey::{LabelledUnit, Survey};

/// A labelled unit, without its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitRecord {
    /// Identifier.
    pub id: String,
    /// Number of its stratum in the survey.
    pub stratum: usize,
    /// Number of its reference class.
    pub reference: usize,
    /// Number of its municipality.
    pub domain: Option<usize>,
}

/// Estimates with what they were made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Year of the map and the reference, where given.
    #[serde(default)]
    pub year: Option<i32>,
    /// The estimate of the whole.
    #[serde(flatten)]
    pub whole: Estimate,
    /// Other estimators, or municipalities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub estimates: Vec<Estimate>,
    /// What is to be known of the estimates of municipalities: variances of the models, factors by which they were made to
    /// add up, how many are not estimable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub municipal_notes: Vec<String>,
    /// The counts.
    pub survey: Survey,
    /// The units, where a sample and not a matrix was given.
    #[serde(default)]
    pub units: Vec<UnitRecord>,
}

/// Which estimators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One, of the whole.
    Whole(Estimator),
    /// All of the whole, side by side.
    WholeAll,
    /// One, for every municipality.
    Municipal(MunicipalEstimator),
    /// All, for every municipality.
    MunicipalAll,
}

impl Assessment {
    /// Estimates what is wanted. With all estimators, those that the survey does not allow are named in the notes.
    ///
    /// # Errors
    /// [`SurveyError`] where the one estimator that is wanted cannot be had.
    pub fn new(survey: Survey, units: &[LabelledUnit], wanted: Wanted) -> Result<Self, SurveyError> {
        let mut estimates = Vec::new();
        let (mut remarks, mut municipal_notes) = (Vec::new(), Vec::new());
        let first = match wanted {
            Wanted::Whole(estimator) => estimator,
            _ => Estimator::Stratified,
        };
        let mut whole = estimate(&survey, first)?;
        match wanted {
            Wanted::Whole(_) => {}
            Wanted::WholeAll => {
                for estimator in Estimator::ALL {
                    match estimate(&survey, estimator) {
                        Ok(estimate) => estimates.push(estimate),
                        Err(error) => remarks.push(format!("left out: {error}")),
                    }
                }
            }
            Wanted::Municipal(estimator) => (estimates, municipal_notes) = estimate_municipalities(&survey, estimator)?,
            Wanted::MunicipalAll => {
                for estimator in MunicipalEstimator::ALL {
                    let (of_estimator, notes) = estimate_municipalities(&survey, estimator)?;
                    estimates.extend(of_estimator);
                    municipal_notes.extend(notes);
                }
            }
        }
        whole.notes.splice(0..0, survey.notes.iter().cloned().chain([correction_note(&survey).to_owned()]));
        whole.notes.extend(remarks);
        let units = units.iter().filter(|unit| !unit.id.is_empty()).map(|unit| record(&survey, unit)).collect();
        Ok(Self { year: None, whole, estimates, municipal_notes, survey, units })
    }
}

impl Assessment {
    /// Whether its parts go together: every number of a stratum, class or municipality exists, weights are shares, units are
    /// counted once, and the estimate is the one that the counts give. False for an assessment that was not made here.
    pub fn is_whole(&self) -> bool {
        let survey = &self.survey;
        let (strata, classes, domains) = (survey.strata.len(), survey.classes.len(), survey.domains.len());
        let fits = |stratum: usize, class: usize, domain: Option<usize>| {
            stratum < strata && class < classes && domain.is_none_or(|d| d < domains)
        };
        let cell = |(cell, n): &(super::survey::Cell, u64)| {
            (1..=MOST_UNITS).contains(n)
                && fits(cell.stratum, cell.reference, cell.domain)
                && cell.map.is_none_or(|m| m < classes)
        };
        let weights: f64 = survey.strata.iter().map(|s| s.weight).sum();
        let ids: BTreeSet<&str> = self.units.iter().map(|u| u.id.as_str()).collect();
        let names: BTreeSet<&str> = self.whole.classes.iter().map(|c| c.name.as_str()).collect();
        survey.cells.iter().all(cell)
            && (0..strata).all(|h| survey.units_of(h) >= 2 && survey.strata[h].weight >= 0.0)
            && (weights - 1.0).abs() < 1e-6
            && survey.total_ha.is_none_or(|total| total.is_finite() && total > 0.0)
            && self.units.iter().all(|u| fits(u.stratum, u.reference, u.domain))
            && ids.len() == self.units.len()
            && names.len() == self.whole.classes.len()
            && (self.units.is_empty() || self.units.len() as u64 == survey.n())
            && (self.whole.estimator != Estimator::Stratified.name() || self.agrees())
    }

    /// Whether the stratified estimate is what the counts give.
    fn agrees(&self) -> bool {
        let Ok(again) = estimate(&self.survey, Estimator::Stratified) else { return false };
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(b.abs()),
            (a, b) => a.is_none() && b.is_none(),
        };
        let same = |(a, b): (&ClassEstimate, &ClassEstimate)| {
            a.name == b.name
                && near(a.adjusted_area_ha, b.adjusted_area_ha)
                && near(a.standard_error_ha, b.standard_error_ha)
        };
        again.classes.len() == self.whole.classes.len() && again.classes.iter().zip(&self.whole.classes).all(same)
    }
}

/// More units than any survey has.
const MOST_UNITS: u64 = 1_000_000_000_000;

fn correction_note(survey: &Survey) -> &'static str {
    if survey.finite_correction {
        "variances have a finite population correction: each stratum's is multiplied by 1 - n / N"
    } else {
        "variances have no finite population correction (as in Olofsson et al. 2014): a sample is a tiny part of the pixels; --fpc puts it in"
    }
}

fn record(survey: &Survey, unit: &LabelledUnit) -> UnitRecord {
    let number = |names: &[String], name: &str| names.iter().position(|n| n == name);
    UnitRecord {
        id: unit.id.clone(),
        stratum: survey.strata.iter().position(|s| s.name == unit.stratum).unwrap_or_default(),
        reference: number(&survey.classes, &unit.reference).unwrap_or_default(),
        domain: unit.municipality.as_ref().and_then(|name| number(&survey.domains, name)),
    }
}
