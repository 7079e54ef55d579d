//! Features to classes and mask.
pub mod sieve;
pub mod sample;
