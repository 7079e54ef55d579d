//! A window of one scene in memory: reflectance by band, and the validity of each pixel.

use ndarray::{Array2, Array3};

use super::{Band, Validity, Window};

/// One scene inside one window of the project's grid.
///
/// `values` is `[band, row, col]` surface (or top-of-atmosphere) reflectance, in the order of `bands`. Where
/// `validity` is not clear the values mean nothing and must not be read.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Where it lies in the project's grid.
    pub window: Window,
    /// The bands, in the order of the first axis of `values`.
    pub bands: Vec<Band>,
    /// Reflectance, `[band, row, col]`, no unit.
    pub values: Array3<f32>,
    /// State of each pixel, `[row, col]`.
    pub validity: Array2<Validity>,
}
