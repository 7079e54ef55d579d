//! What would one expect? Each municipality's census figure of a year, from what was known before that year began.
//!
//! A [`Panel`] holds figures of the years before the one asked for and no others, and every step for a year `t` reads
//! years before `t` only: what came later cannot reach a forecast. The expectation is half of last year's value and half
//! of the mean of two ways ([`forecast`]); its intervals are as wide as the errors of the same procedure in earlier
//! years were ([`interval`]); and it stands beside three nulls in every year that can be recomputed ([`record`]).
//!
//! The order: [`panel`] -> [`growth`] -> [`features`] -> [`forecast`] (with [`least_absolute`]) -> [`interval`] ->
//! [`record`] -> [`rows`]. Formulas and sources: docs/expect.md.

pub mod error;
pub mod features;
pub mod forecast;
pub mod growth;
pub mod interval;
pub mod least_absolute;
mod notes;
pub mod panel;
pub mod record;
pub mod rows;

pub use error::ExpectError;
pub use panel::{Covariate, Panel, Sources};
pub use rows::{Expectation, expect};

#[cfg(test)]
mod tests;
