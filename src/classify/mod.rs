//! Features to classes and mask.
pub mod sieve;
pub mod sample;

pub mod forest;
pub mod model;
pub mod split;
pub mod training_set;
