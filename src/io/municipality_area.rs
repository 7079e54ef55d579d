//! The whole ground of each municipality, on the ellipsoid.

use std::collections::BTreeMap;

use geo::GeodesicArea;

use super::project_grounds::project_grounds;
use super::read_municipalities::{LayerError, MunicipalityLayer};
use crate::scene::Crs;
use crate::territory::MunicipalityCode;

/// Hectares of each municipality: geodesic area on WGS 84 (Karney 2013, J. Geodesy 87:43).
///
/// # Errors
/// [`LayerError`] when a polygon cannot be brought into longitude and latitude.
pub fn municipality_areas(layer: &MunicipalityLayer) -> Result<BTreeMap<MunicipalityCode, f64>, LayerError> {
    let grounds = project_grounds(layer, &Crs::wgs84())?;
    // The signed value's magnitude: the unsigned one takes a clockwise ring for the rest of the Earth.
    let hectares = grounds.iter().map(|g| g.0.iter().map(|p| p.geodesic_area_signed().abs()).sum::<f64>() / 1e4);
    Ok(layer.municipalities.iter().map(|m| m.code.clone()).zip(hectares).collect())
}
