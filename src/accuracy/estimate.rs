//! What an estimator gives: areas with their error, and accuracies with theirs.

use serde::{Deserialize, Serialize};

use super::normal::{Z95, interval95};
use super::scheme::Measured;

/// One class of an estimate. Areas in hectares; shares and accuracies from 0 to 1; `None` where unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassEstimate {
    /// Class.
    pub name: String,
    /// Pixels counted: what the map shows.
    pub mapped_area_ha: Option<f64>,
    /// The estimate.
    pub adjusted_area_ha: Option<f64>,
    /// Its standard error.
    pub standard_error_ha: Option<f64>,
    /// Its 95 % interval.
    pub ci95_ha: Option<[f64; 2]>,
    /// The estimate as a share of the ground.
    pub adjusted_share: Option<f64>,
    /// Its standard error.
    pub standard_error_share: Option<f64>,
    /// Of the ground mapped as this class, the share that is.
    pub users_accuracy: Option<f64>,
    /// Its standard error.
    pub users_accuracy_se: Option<f64>,
    /// Of the ground that is this class, the share mapped so.
    pub producers_accuracy: Option<f64>,
    /// Its standard error.
    pub producers_accuracy_se: Option<f64>,
    /// Mapped minus adjusted: the bias of counting pixels (estimator `pixel-count` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_ha: Option<f64>,
    /// Weight of the direct estimate in a composite one; the rest is the model's (small areas only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shrinkage_weight: Option<f64>,
    /// `estimated`, or why there is no figure.
    #[serde(default)]
    pub status: Status,
}

/// Whether a figure stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// There is a figure.
    #[default]
    #[serde(rename = "estimated")]
    Estimated,
    /// Its margin of error is more than the figure itself, or nothing was found: no number is given.
    #[serde(rename = "not estimable")]
    NotEstimable,
}

impl Status {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Estimated => "estimated",
            Self::NotEstimable => NOT_ESTIMABLE,
        }
    }
}

/// What stands in the place of a figure that would mislead.
pub const NOT_ESTIMABLE: &str = "not estimable";

impl ClassEstimate {
    /// Sets the estimated area: a share of `total_ha` hectares.
    pub fn set_share(&mut self, share: Measured, total_ha: Option<f64>) {
        self.adjusted_share = Some(share.value);
        self.standard_error_share = Some(share.standard_error());
        if let Some(total) = total_ha {
            self.set_hectares(share.scaled(total));
        }
    }

    /// Sets the estimated area in hectares.
    pub fn set_hectares(&mut self, area: Measured) {
        let standard_error = area.standard_error();
        self.adjusted_area_ha = Some(area.value);
        self.standard_error_ha = Some(standard_error);
        self.ci95_ha = Some(interval95(area.value, standard_error));
    }

    /// The estimate and its standard error in hectares.
    pub fn hectares(&self) -> Option<Measured> {
        let error = self.standard_error_ha?;
        Some(Measured { value: self.adjusted_area_ha?, variance: error * error })
    }

    /// Whether the margin of error is more than the estimate, or the estimate is 0 (or less).
    pub fn is_unreliable(&self) -> bool {
        let share = self.adjusted_share.zip(self.standard_error_share);
        share.is_some_and(|(share, error)| share <= 0.0 || Z95 * error > share)
    }

    /// Takes the figures away where the margin of error is more than the estimate, or the estimate is 0 (or less).
    pub fn withhold_if_unreliable(&mut self) {
        if self.is_unreliable() {
            let kept = Self {
                name: std::mem::take(&mut self.name),
                mapped_area_ha: self.mapped_area_ha,
                shrinkage_weight: self.shrinkage_weight,
                status: Status::NotEstimable,
                ..Self::default()
            };
            *self = kept;
        }
    }
}

/// What one estimator gives for the whole, or for one municipality.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Name of the estimator.
    pub estimator: String,
    /// Code of the municipality; absent for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// Sample units behind it.
    pub n: u64,
    /// The classes.
    pub classes: Vec<ClassEstimate>,
    /// Share of the ground mapped as what it is.
    pub overall_accuracy: Option<f64>,
    /// Its standard error.
    pub overall_accuracy_se: Option<f64>,
    /// What is to be known of it.
    pub notes: Vec<String>,
}
