//! The ground that a record speaks of, in longitude and latitude on WGS 84.
//!
//! A polygon is as drawn. A point has a circle of the area that was reported, which is a guess of the place of the lot: the
//! rows say so. The circle is drawn in the plane around its centre and has its area on the ellipsoid.

use geo::{Area, BoundingRect, Coord, LineString, MultiPolygon, Polygon, Rect};

use super::settings::Settings;
use crate::area::EqualAreaPlane;

/// Sides of a circle's polygon: it has the circle's area, and its outline is within 0.4 % of the radius.
const SIDES: u32 = 32;
/// Side of the cells of published places, degrees: about 1.1 km.
const CELL: f64 = 0.01;

/// Where a row says that it was.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A point, longitude and latitude.
    Point(Coord<f64>),
    /// Polygons in longitude and latitude, and what was repaired of them.
    Polygon(MultiPolygon<f64>, Option<String>),
    /// Nowhere, and why.
    Missing(String),
}

/// The ground of a record.
#[derive(Debug, Clone)]
pub enum Footprint {
    /// Around a point.
    Circle {
        /// Longitude and latitude.
        centre: Coord<f64>,
        /// Of the true circle of the same area, metres.
        radius_m: f64,
    },
    /// As drawn: the polygons and their hectares on the ellipsoid.
    Polygon(MultiPolygon<f64>, f64),
}

impl Footprint {
    /// The footprint of a place; `None` where a place is missing or its polygons have no area. `reported_ha` is positive.
    pub fn of(place: Place, reported_ha: f64, settings: &Settings) -> Option<Self> {
        match place {
            Place::Missing(_) => None,
            Place::Point(centre) => {
                let radius = (reported_ha * 1e4 / std::f64::consts::PI).sqrt().max(settings.min_radius_m);
                Some(Self::Circle { centre, radius_m: settings.radius_m.unwrap_or(radius) })
            }
            Place::Polygon(ground, _) => {
                let centre = ground.bounding_rect()?.center();
                let hectares = EqualAreaPlane::around(centre.x, centre.y).project(&ground).unsigned_area() / 1e4;
                (hectares > 0.0).then_some(Self::Polygon(ground, hectares))
            }
        }
    }

    /// The word in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Circle { .. } => "circle",
            Self::Polygon(..) => "polygon",
        }
    }

    /// Hectares on the ellipsoid.
    pub fn hectares(&self) -> f64 {
        match self {
            Self::Circle { radius_m, .. } => std::f64::consts::PI * radius_m * radius_m / 1e4,
            Self::Polygon(_, hectares) => *hectares,
        }
    }

    /// Hectares of what was drawn; `None` of a point.
    pub fn polygon_ha(&self) -> Option<f64> {
        match self {
            Self::Circle { .. } => None,
            Self::Polygon(_, hectares) => Some(*hectares),
        }
    }

    /// The ground as polygons in longitude and latitude.
    pub fn ground(&self) -> MultiPolygon<f64> {
        match self {
            Self::Circle { centre, radius_m } => circle(*centre, *radius_m).into(),
            Self::Polygon(ground, _) => ground.clone(),
        }
    }

    /// West, south, east and north of it.
    pub fn bounds(&self) -> Option<Rect<f64>> {
        match self {
            Self::Circle { centre, radius_m } => {
                let plane = EqualAreaPlane::around(centre.x, centre.y);
                let reach = circles::outer(*radius_m);
                Some(Rect::new(plane.near(-reach, -reach), plane.near(reach, reach)))
            }
            Self::Polygon(ground, _) => ground.bounding_rect(),
        }
    }

    /// The cell of a hundredth of a degree (about 1.1 km) that its middle lies in: what may be published of its place.
    pub fn cell(&self) -> Option<MultiPolygon<f64>> {
        let middle = self.bounds()?.center();
        // Corners are whole hundredths, each divided once, so that cells meet.
        let corner = |x: f64, more: f64| ((x / CELL).floor() + more) / 100.0;
        let rect = Rect::new(
            Coord { x: corner(middle.x, 0.0), y: corner(middle.y, 0.0) },
            Coord { x: corner(middle.x, 1.0), y: corner(middle.y, 1.0) },
        );
        Some(rect.to_polygon().into())
    }
}

/// How the polygon that stands for a circle lies to it.
pub(super) mod circles {
    use super::SIDES;

    /// Distance of a corner from the middle, metres.
    pub fn outer(radius_m: f64) -> f64 {
        let step = std::f64::consts::TAU / f64::from(SIDES);
        radius_m * (step / step.sin()).sqrt()
    }

    /// Distance of a side from the middle, metres.
    pub fn inner(radius_m: f64) -> f64 {
        outer(radius_m) * (std::f64::consts::PI / f64::from(SIDES)).cos()
    }
}

fn circle(centre: Coord<f64>, radius_m: f64) -> Polygon<f64> {
    let plane = EqualAreaPlane::around(centre.x, centre.y);
    let (step, reach) = (std::f64::consts::TAU / f64::from(SIDES), circles::outer(radius_m));
    let mut ring: Vec<Coord<f64>> = (0..SIDES)
        .map(|k| f64::from(k) * step)
        .map(|angle| plane.near(reach * angle.cos(), reach * angle.sin()))
        .collect();
    ring.extend(ring.first().copied());
    Polygon::new(LineString::new(ring), Vec::new())
}

#[cfg(test)]
mod tests {
    use geo::{GeodesicArea, polygon};

    use super::*;

    /// Against the geodesic area (Karney 2013, through `geo`), from Leticia to San Andrés.
    #[test]
    fn a_point_gets_a_circle_of_the_reported_area() {
        let settings = Settings::default();
        for (lon, lat) in [(-69.94, -4.21), (-78.79, 1.8), (-72.73, 8.64), (-81.7, 12.58)] {
            for (ha, tolerance) in [(0.5, 1e-7), (12.5, 1e-8), (4000.0, 1e-6)] {
                let footprint = Footprint::of(Place::Point(Coord { x: lon, y: lat }), ha, &settings).unwrap();
                let drawn = footprint.ground().0[0].geodesic_area_signed().abs() / 1e4;
                assert!((drawn / ha - 1.0).abs() < tolerance, "{lon} {lat}: {drawn} for {ha}");
                assert!((footprint.hectares() / ha - 1.0).abs() < 1e-12);
                assert_eq!((footprint.word(), footprint.polygon_ha()), ("circle", None));
                let (drawn, said) = (footprint.ground().bounding_rect().unwrap(), footprint.bounds().unwrap());
                assert!((drawn.width() - said.width()).abs() < 1e-12 && (drawn.min().y - said.min().y).abs() < 1e-12);
            }
        }
        let small = Footprint::of(Place::Point(Coord { x: -75.0, y: 2.0 }), 0.01, &settings).unwrap();
        assert!((small.hectares() - 0.282_743).abs() < 1e-6, "no smaller than 30 m around the point");
        let fixed = Settings { radius_m: Some(100.0), ..settings };
        let fixed = Footprint::of(Place::Point(Coord { x: -75.0, y: 2.0 }), 50.0, &fixed).unwrap();
        assert!((fixed.hectares() - std::f64::consts::PI).abs() < 1e-12);
    }

    #[test]
    fn a_polygon_has_its_area_and_a_cell_hides_it() {
        let square =
            polygon![(x: -75.004, y: 2.001), (x: -75.003, y: 2.001), (x: -75.003, y: 2.002), (x: -75.004, y: 2.002)];
        let geodesic = square.geodesic_area_signed() / 1e4;
        let place = Place::Polygon(square.clone().into(), None);
        let footprint = Footprint::of(place, 7.0, &Settings::default()).unwrap();
        assert!((footprint.polygon_ha().unwrap() / geodesic - 1.0).abs() < 1e-9);
        let cell = footprint.cell().unwrap().bounding_rect().unwrap();
        assert_eq!((cell.min().x, cell.min().y, cell.max().x, cell.max().y), (-75.01, 2.0, -75.0, 2.01));
        let line = polygon![(x: -75.0, y: 2.0), (x: -75.1, y: 2.0), (x: -75.0, y: 2.0)];
        assert!(Footprint::of(Place::Polygon(line.into(), None), 7.0, &Settings::default()).is_none());
    }
}
