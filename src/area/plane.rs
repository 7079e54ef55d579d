//! A plane around a place on which areas are those of the ellipsoid, for footprints of a few kilometres.
//!
//! Longitude and Snyder's authalic `q` (see [`super::cell_area`]), stretched so that both axes are in metres at the place
//! itself: distances are right there, and areas are right everywhere, of polygons whose edges are straight in it. An edge of
//! a kilometre differs from the geodesic by less than a centimetre in the middle at the latitudes of Colombia.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::cell_area::Ellipsoid;
use crate::scene::Crs;

/// The plane around a place.
#[derive(Clone, Debug)]
pub struct EqualAreaPlane {
    ellipsoid: Ellipsoid,
    /// Radians.
    lon0: f64,
    lat0: f64,
    /// Radius of the parallel and of curvature of the meridian at the place, metres.
    parallel: f64,
    meridian: f64,
}

impl EqualAreaPlane {
    /// The plane around a longitude and latitude, degrees on WGS 84.
    pub fn around(lon: f64, lat: f64) -> Self {
        let ellipsoid = Ellipsoid::of(&Crs::wgs84());
        let (parallel, meridian) = ellipsoid.radii(lat.to_radians());
        Self { ellipsoid, lon0: lon.to_radians(), lat0: lat.to_radians(), parallel, meridian }
    }

    /// Metres east and north of the place, as far as areas allow.
    pub fn xy(&self, lon: f64, lat: f64) -> Coord<f64> {
        let q = self.ellipsoid.q_difference(self.lat0, lat.to_radians());
        let semi_major = self.ellipsoid.semi_major;
        Coord {
            x: (lon.to_radians() - self.lon0) * self.parallel,
            y: q * semi_major * semi_major / 2.0 / self.parallel,
        }
    }

    /// Longitude and latitude, degrees, of a point some metres east and north. To the square of its distance in Earth radii:
    /// 4 km off, 2 m. The area of a shape around the place is right to that square itself, since what is too far north is
    /// too near south.
    pub fn near(&self, east: f64, north: f64) -> Coord<f64> {
        Coord {
            x: (self.lon0 + east / self.parallel).to_degrees(),
            y: (self.lat0 + north / self.meridian).to_degrees(),
        }
    }

    /// A ground given in degrees, in the plane.
    pub fn project(&self, ground: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let ring = |r: &LineString<f64>| r.coords().map(|c| self.xy(c.x, c.y)).collect::<LineString<f64>>();
        ground.iter().map(|p| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, GeodesicArea};

    use super::*;

    /// Against Karney 2013 (geographiclib, through `geo`), at Leticia, Tumaco and Tibu: a star of a kilometre.
    #[test]
    fn areas_are_those_of_the_ellipsoid() {
        for (lon, lat) in [(-69.94, -4.21), (-78.79, 1.80), (-72.73, 8.64)] {
            let plane = EqualAreaPlane::around(lon, lat);
            let corner = |k: i32| {
                let (angle, r) = (f64::from(k) / 17.0 * std::f64::consts::TAU, 300.0 + 40.0 * f64::from(k * 7 % 17));
                plane.near(r * angle.cos(), r * angle.sin())
            };
            let star = Polygon::new((0..17).map(corner).collect(), Vec::new());
            let flat = plane.project(&star.clone().into()).unsigned_area();
            let geodesic = star.geodesic_area_signed().abs();
            assert!((flat / geodesic - 1.0).abs() < 1e-7, "{flat} {geodesic}");
            // Any other place has a plane of the same areas.
            let elsewhere = EqualAreaPlane::around(lon + 0.3, lat - 0.2).project(&star.into()).unsigned_area();
            assert!((elsewhere / flat - 1.0).abs() < 1e-9, "{elsewhere} {flat}");
        }
    }

    /// geographiclib 2.1 (PyPI): Geodesic.WGS84.Inverse(1.8, -78.79, 1.8, -78.78)["s12"] = 1112.6493 m,
    /// Inverse(1.8, -78.79, 1.81, -78.79)["s12"] = 1105.7538 m.
    #[test]
    fn distances_are_metres_at_the_place() {
        let plane = EqualAreaPlane::around(-78.79, 1.8);
        let east = plane.xy(-78.78, 1.8);
        let north = plane.xy(-78.79, 1.81);
        assert!((east.x - 1112.6493).abs() < 1e-3 && east.y.abs() < 1e-9, "{east:?}");
        assert!((north.y - 1105.7538).abs() < 5e-3 && north.x.abs() < 1e-9, "{north:?}");
    }
}
