//! A sample that was drawn: its strata, their ground, its units.

use serde::Serialize;

/// A stratum of the sample.
#[derive(Clone, Debug, Serialize)]
pub struct DrawnStratum {
    /// Name.
    pub stratum: String,
    /// Hectares of observed ground.
    pub area_ha: f64,
    /// Share of the observed ground.
    pub weight: f64,
    /// Pixels.
    pub units: u64,
    /// Share expected to be mapped right.
    pub expected_accuracy: f64,
    /// Units drawn.
    pub n: u64,
}

/// Ground of a stratum, by class of the map and municipality.
#[derive(Clone, Debug, Serialize)]
pub struct DrawnGround {
    /// Stratum.
    pub stratum: String,
    /// Class of the map.
    pub map: String,
    /// Code of the municipality; empty where there are none.
    pub municipality: String,
    /// Hectares.
    pub area_ha: f64,
    /// Pixels.
    pub units: u64,
}

/// A unit of the sample.
#[derive(Clone, Debug, Serialize)]
pub struct DrawnUnit {
    /// Identifier.
    pub id: String,
    /// Stratum.
    pub stratum: String,
    /// Class of the map.
    pub map: String,
    /// Code of the municipality.
    pub municipality: String,
    /// Longitude of the pixel's middle, WGS 84.
    pub lon: f64,
    /// Its latitude.
    pub lat: f64,
    /// Row of the map, from 0 (of several rasters, of their common grid).
    pub row: u32,
    /// Column.
    pub col: u32,
    /// Its place in the blinded file: random.
    #[serde(skip)]
    pub order: u64,
}

/// A sample.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// Strata.
    pub strata: Vec<DrawnStratum>,
    /// Ground by stratum, class and municipality.
    pub grounds: Vec<DrawnGround>,
    /// Units, by stratum.
    pub units: Vec<DrawnUnit>,
    /// Standard error of overall accuracy that it can be expected to have.
    pub expected_se: f64,
    /// What is to be known of it.
    pub notes: Vec<String>,
}
