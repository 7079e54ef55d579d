//! Features to classes and mask.
pub mod sieve;
