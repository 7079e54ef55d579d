//! A labelled polygon or point, before any pixel is read.

use geo::MultiPolygon;

/// Where a label holds.
#[derive(Clone, Debug)]
pub enum Place {
    /// The pixel that holds this point.
    Point {
        /// x or longitude.
        x: f64,
        /// y or latitude.
        y: f64,
    },
    /// Every pixel of which at least half lies inside.
    Ground(MultiPolygon<f64>),
}

/// A labelled polygon or point.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Number of the feature in its file, from 0.
    pub number: u32,
    /// The class.
    pub class: String,
    /// The census year that it is true of; `None`: of every year.
    pub year: Option<i16>,
    /// Where.
    pub place: Place,
}
