//! The population that a sample was drawn from: strata with their share of the ground, and what is mapped in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SurveyError;

/// The Earth's surface, hectares (and far more than any sum of weights).
const EARTH_HA: f64 = 5.1e10;
/// How far weights may be from adding up to 1 and still be taken: published weights are rounded.
const ROUNDED: f64 = 0.005;
/// Within this they are said to add up to 1.
const EXACT: f64 = 1e-9;

/// A line of a table of strata: the ground of a stratum, or of a part of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ground {
    /// Stratum.
    pub stratum: String,
    /// Class that the map shows on this ground, where the table says so.
    pub map: Option<String>,
    /// Municipality of this ground, where the table says so.
    pub municipality: Option<String>,
    /// Hectares, or a share of the whole where [`Grounds::in_hectares`] is false.
    pub amount: f64,
    /// Sampling units (pixels) on this ground, where the table says so.
    pub units: Option<f64>,
    /// Line of the table, from 1.
    pub line: u64,
}

/// A table of strata as it was read.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    /// The file.
    pub file: String,
    /// Its lines.
    pub lines: Vec<Ground>,
    /// Whether amounts are hectares; otherwise they are weights.
    pub in_hectares: bool,
}

/// A stratum of the population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// Name.
    pub name: String,
    /// Share of the population's ground, 0 to 1; all strata add up to 1.
    pub weight: f64,
    /// Sampling units in it, where known; only a finite population correction needs them.
    pub units: Option<f64>,
}

/// Ground of a stratum in a municipality under a class of the map, as a share of the population's ground.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    /// Number of the stratum.
    pub stratum: usize,
    /// Number of the map's class.
    pub map: Option<usize>,
    /// Number of the municipality.
    pub domain: Option<usize>,
    /// Share of the population's ground.
    pub share: f64,
}

/// The strata of a table, added up by name in the order of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The strata.
    pub strata: Vec<Stratum>,
    /// Hectares of the whole population, where known.
    pub total_ha: Option<f64>,
    /// What was made of the table.
    pub notes: Vec<String>,
}

impl Frame {
    /// Adds up a table of strata and checks it.
    ///
    /// Weights that add up to 1 within half a per cent (as rounded ones do), or to 100 as per cent do, are normalised and a
    /// note says so.
    ///
    /// # Errors
    /// [`SurveyError`] where an amount is negative or no number, a stratum has no ground, or weights do not add up to 1.
    pub fn new(grounds: &Grounds) -> Result<Self, SurveyError> {
        let file = || grounds.file.clone();
        let mut order: Vec<&str> = Vec::new();
        let mut sums: BTreeMap<&str, (f64, Option<f64>)> = BTreeMap::new();
        for line in &grounds.lines {
            if !line.amount.is_finite() || line.amount < 0.0 {
                let what = if grounds.in_hectares { "hectares" } else { "a weight" };
                return Err(SurveyError::Amount { file: file(), line: line.line, what, amount: line.amount });
            }
            let sum = sums.entry(&line.stratum).or_insert_with(|| {
                order.push(&line.stratum);
                (0.0, Some(0.0))
            });
            sum.0 += line.amount;
            sum.1 = sum.1.zip(line.units).map(|(a, b)| a + b);
        }
        let total: f64 = sums.values().map(|s| s.0).sum();
        if total > EARTH_HA {
            return Err(SurveyError::TooLarge { file: file(), total });
        }
        if let Some(empty) = order.iter().find(|name| sums[**name].0 <= 0.0) {
            return Err(SurveyError::NoGround { file: file(), stratum: (*empty).to_owned() });
        }
        let notes = if grounds.in_hectares { Vec::new() } else { vec![weights_note(&grounds.file, total)?] };
        let stratum = |name: &&str| {
            let (amount, units) = sums[*name];
            Stratum { name: (*name).to_owned(), weight: amount / total, units }
        };
        let total_ha = grounds.in_hectares.then_some(total);
        Ok(Self { strata: order.iter().map(stratum).collect(), total_ha, notes })
    }
}

/// What is said of weights with this sum; refused where they are neither shares nor per cent.
fn weights_note(file: &str, total: f64) -> Result<String, SurveyError> {
    if (total - 1.0).abs() <= EXACT {
        return Ok("weights add up to 1; hectares are not known, so figures are shares of the whole".to_owned());
    }
    let near = |whole: f64| (total / whole - 1.0).abs() <= ROUNDED;
    if near(1.0) || near(100.0) {
        let total = rounded(total);
        return Ok(format!(
            "weights add up to {total} and were normalised: each was divided by {total}; hectares are not known, so figures are shares of the whole"
        ));
    }
    Err(SurveyError::Weights { file: file.to_owned(), total: rounded(total) })
}

/// Without the noise of the last digits of a binary sum.
fn rounded(total: f64) -> f64 {
    (total * 1e9).round() / 1e9
}
