//! Features to classes and mask.
pub mod sample;
pub mod sieve;

pub mod calibrate;
mod direct;
pub mod forest;
pub mod importance;
pub mod imported;
pub mod model;
pub mod model_bytes;
pub mod network;
pub mod prediction;
pub mod split;
pub mod symmetric;
pub mod training_set;

pub use prediction::Prediction;
