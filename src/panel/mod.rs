//! Did it matter? A panel of municipalities and years: eradication beside the later change of the census.
//!
//! Everything here is an **association**. A regression on records cannot tell what would have been without the
//! eradication; [`words::NOT_OBSERVED`] lists why, and goes with every result.
//!
//! The order in which it goes: [`grid`] (figures by municipality and year) -> [`sources`] (from records to series) ->
//! [`models`] (which change on which terms) -> [`within`] (the means of municipalities and years taken out) -> [`fit`]
//! (least squares, errors clustered by municipality) -> [`permute`] (placebo by random assignment); [`event`] and
//! [`staggered`] follow large operations through time.

pub mod associate;
mod beside;
pub mod event;
pub mod fit;
pub mod grid;
pub mod models;
pub mod permute;
pub mod sources;
pub mod staggered;
pub mod tails;
#[cfg(test)]
mod tests;
pub mod within;
pub mod words;

pub use associate::{Association, Options, Prepared};
pub use grid::Form;
pub use sources::{Covariate, NationalCovariate, Sources};

/// A panel that cannot be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PanelError {
    /// No municipality and year has all the figures.
    #[error(
        "{model}: no municipality and year has every figure that is needed; {coverage}. Give tables whose years meet, or leave a table out"
    )]
    NoRows {
        /// The regression.
        model: String,
        /// Which term is known in which years.
        coverage: String,
    },
    /// Nothing to relate.
    #[error(
        "{model}: {what} does not vary within municipalities once the years' means are taken out: nothing can be told from {rows} rows; give more years or municipalities"
    )]
    NoVariation {
        /// The regression.
        model: String,
        /// The outcome, or every term.
        what: String,
        /// Rows of the panel.
        rows: usize,
    },
    /// Errors by municipality need municipalities.
    #[error(
        "{model}: {found} municipalities with two or more years; at least {least} are needed for errors clustered by municipality (and fifty to trust them)"
    )]
    TooFew {
        /// The regression.
        model: String,
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
    /// No municipality had an operation as large as asked for.
    #[error(
        "no municipality had {hectares} ha or more eradicated ({method}) in a year that the census covers: lower --event-ha"
    )]
    NoEvents {
        /// The threshold.
        hectares: f64,
        /// The method.
        method: String,
    },
}
