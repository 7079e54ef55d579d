//! A municipality: code, label and polygons.

use geo::MultiPolygon;

use super::MunicipalityCode;

/// A municipality with its ground, in the CRS of the layer that it is part of.
#[derive(Clone, Debug)]
pub struct Municipality {
    /// DIVIPOLA code, the key.
    pub code: MunicipalityCode,
    /// Name, a label only.
    pub name: String,
    /// Valid, non-empty ground; `x, y` or `lon, lat`.
    pub ground: MultiPolygon<f64>,
}
