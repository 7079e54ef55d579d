//! Hectares with their error: a sample of the map, labelled by interpreters, and what it says of map and ground.
//!
//! | file | what |
//! | --- | --- |
//! | [`allocation`], [`draw`], [`drawn`] | how many units, and which pixels |
//! | [`frame`] | the population: strata and what is mapped in them |
//! | [`survey`] | the labelled sample, counted |
//! | [`scheme`] | means and ratios with their variances under a design |
//! | [`estimators`] | areas and accuracies of the whole |
//! | [`domains`], [`municipal`], [`small_area`] | the same for municipalities |
//! | [`assessment`] | what `cocal assess` leaves |
//! | [`mod@change`] | two assessments, and what changed between them |
//! | [`error_matrix`] | the classifier's own held-out matrix: no probability sample, corrects no hectares |
//!
//! Invariant: a figure that cannot be known is an error or `None`, never 0 and never certain. An unsampled stratum is an
//! error.

pub mod allocation;
pub mod assessment;
mod bootstrap;
pub mod change;
pub mod domains;
pub mod draw;
pub mod drawn;
pub mod error;
pub mod error_matrix;
pub mod estimate;
pub mod estimators;
pub mod frame;
pub mod municipal;
pub mod normal;
pub mod scheme;
pub mod small_area;
pub mod survey;

pub use assessment::{Assessment, Wanted};
pub use change::{Change, ChangeError, ClassChange, change};
pub use error::SurveyError;
pub use error_matrix::ErrorMatrix;
pub use estimate::{ClassEstimate, Estimate, Status};
pub use estimators::{Estimator, estimate};
pub use frame::{Ground, Grounds};
pub use municipal::{MunicipalEstimator, estimate_municipalities};
pub use survey::{LabelledUnit, Survey, SurveyOptions};

#[cfg(test)]
mod tests;
