//! What the classification is worth.

pub mod error_matrix;

pub use error_matrix::ErrorMatrix;
