//! Polygons carried into the plane of the cells, and their areas on the ellipsoid.

use geo::{Coord, CoordsIter, GeodesicArea, LineString, MultiPolygon, Polygon};

use super::crs::{CrsError, Transform, crs_from_text};
use super::project_grounds::densified;
use crate::area::cell_area::metres_per_unit;
use crate::scene::Crs;
use crate::territory::cell::CELL_EPSG;

/// Longest piece of an edge of an overlay before it is transformed, in metres.
const LONGEST_PIECE: f64 = 1000.0;

/// The plane of the cells, EPSG:9377.
///
/// # Errors
/// [`CrsError`] where PROJ does not know it (before PROJ 7.2).
pub fn cell_plane() -> Result<Crs, CrsError> {
    crs_from_text(&format!("EPSG:{CELL_EPSG}"))
}

/// Carries the corners of polygons from one system into another, all in one call. `false` for those with a corner that has
/// no image there.
///
/// # Errors
/// [`CrsError`] where there is no way.
pub fn carry(grounds: &mut [MultiPolygon<f64>], from: &Crs, to: &Crs) -> Result<Vec<bool>, CrsError> {
    let way = Transform::new(from, to)?;
    if way.is_identity() {
        return Ok(vec![true; grounds.len()]);
    }
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = grounds.iter().flat_map(|g| g.coords_iter()).map(|c| (c.x, c.y)).unzip();
    way.apply(&mut x, &mut y)?;
    let mut next = x.into_iter().zip(y).map(|(x, y)| Coord { x, y });
    let mut held = Vec::with_capacity(grounds.len());
    for ground in grounds {
        *ground = rebuilt(ground, &mut next);
        held.push(ground.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite()));
    }
    Ok(held)
}

/// Polygons of the same shape with other points, in the order of [`CoordsIter`].
fn rebuilt(ground: &MultiPolygon<f64>, next: &mut impl Iterator<Item = Coord<f64>>) -> MultiPolygon<f64> {
    let mut ring = |r: &LineString<f64>| LineString::new(next.by_ref().take(r.0.len()).collect());
    let mut polygons = Vec::with_capacity(ground.0.len());
    for polygon in ground {
        let exterior = ring(polygon.exterior());
        polygons.push(Polygon::new(exterior, polygon.interiors().iter().map(&mut ring).collect()));
    }
    MultiPolygon::new(polygons)
}

/// Polygons with points put into their edges, so that an edge of many kilometres stays where it was.
pub fn with_short_edges(ground: &MultiPolygon<f64>, crs: &Crs) -> MultiPolygon<f64> {
    let longest = LONGEST_PIECE / metres_per_unit(crs);
    let ring = |r: &LineString<f64>| LineString::new(densified(r, longest));
    let polygon = |p: &Polygon<f64>| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect());
    ground.iter().map(polygon).collect()
}

/// Hectares of polygons in WGS 84 longitude and latitude: geodesic area (Karney 2013, J. Geodesy 87:43).
pub fn geodesic_ha(lonlat: &MultiPolygon<f64>) -> f64 {
    let ring = |r: &LineString<f64>| Polygon::new(r.clone(), Vec::new()).geodesic_area_signed().abs();
    let polygon = |p: &Polygon<f64>| ring(p.exterior()) - p.interiors().iter().map(ring).sum::<f64>();
    lonlat.iter().map(polygon).sum::<f64>() / 1e4
}

#[cfg(test)]
mod tests {
    use geo::Rect;

    use super::*;

    #[test]
    fn a_square_kilometre_of_the_plane_is_some_100_hectares_on_the_ellipsoid() -> Result<(), CrsError> {
        let plane = cell_plane()?;
        // The origin of the plane: 73 W, 4 N, where the scale is 0.9992.
        let corner = Coord { x: 5_000_000.0, y: 2_000_000.0 };
        let square: MultiPolygon<f64> = Rect::new(corner, corner + Coord { x: 1000.0, y: 1000.0 }).to_polygon().into();
        let mut grounds = [square];
        assert_eq!(carry(&mut grounds, &plane, &Crs::wgs84())?, [true]);
        let first =
            grounds[0].0[0].exterior().0.iter().map(|c| (c.x + 73.0).abs() + (c.y - 4.0).abs()).fold(9.0, f64::min);
        assert!(first < 1e-9, "{first}");
        let hectares = geodesic_ha(&grounds[0]);
        assert!((hectares - 100.0 / 0.9992_f64.powi(2)).abs() < 1e-5, "{hectares}");
        Ok(())
    }
}
