//! Ground in longitude and latitude as every map layer holds it: rounded, without doubled positions, exterior rings
//! anticlockwise (RFC 7946).

use geo::{LineString, MultiPolygon};

/// Decimals of a coordinate: 0.1 m, as much as a municipal border is worth.
const DECIMALS: f64 = 1e6;

/// A closed ring of longitude and latitude.
pub(super) type Ring = Vec<[f64; 2]>;

/// Polygons, each its exterior ring and then its holes, and what they lie in.
#[derive(Clone, Debug)]
pub struct RoundedGround {
    pub(super) polygons: Vec<Vec<Ring>>,
    pub(super) bounds: Bounds,
}

impl RoundedGround {
    /// Rings that vanish at six decimals are left out, but a ground that would vanish as a whole keeps all its digits.
    pub fn new(ground: &MultiPolygon<f64>) -> Self {
        let found = polygons(ground, DECIMALS);
        if found.polygons.is_empty() { polygons(ground, 1e15) } else { found }
    }

    /// Nothing at all.
    pub(super) fn nowhere() -> Self {
        Self { polygons: Vec::new(), bounds: Bounds::EMPTY }
    }
}

fn polygons(ground: &MultiPolygon<f64>, scale: f64) -> RoundedGround {
    let mut bounds = Bounds::EMPTY;
    let polygon = |p: &geo::Polygon<f64>| {
        let mut rings = vec![ring(p.exterior(), scale, true)?];
        rings.extend(p.interiors().iter().filter_map(|r| ring(r, scale, false)));
        Some(rings)
    };
    let polygons: Vec<Vec<Ring>> = ground.iter().filter_map(polygon).collect();
    for position in polygons.iter().flatten().flatten() {
        bounds.add(position[0], position[1]);
    }
    RoundedGround { polygons, bounds }
}

/// A closed ring with rounded, distinct positions in the direction asked for; `None` when it has no area left.
fn ring(ring: &LineString<f64>, scale: f64, anticlockwise: bool) -> Option<Ring> {
    let round = |v: f64| (v * scale).round() / scale;
    let mut points: Ring = ring.coords().map(|c| [round(c.x), round(c.y)]).collect();
    points.dedup();
    let first = *points.first()?;
    let twice: f64 = points
        .windows(2)
        .map(|w| (w[0][0] - first[0]) * (w[1][1] - first[1]) - (w[1][0] - first[0]) * (w[0][1] - first[1]))
        .sum();
    if points.len() < 4 || twice == 0.0 {
        return None;
    }
    if (twice > 0.0) != anticlockwise {
        points.reverse();
    }
    Some(points)
}

/// West, south, east, north.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds([f64; 4]);

impl Bounds {
    pub(super) const EMPTY: Self = Self([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);

    pub(super) fn add(&mut self, x: f64, y: f64) {
        let [w, s, e, n] = self.0;
        self.0 = [w.min(x), s.min(y), e.max(x), n.max(y)];
    }

    pub(super) fn join(&mut self, other: &Self) {
        if let Some([w, s, e, n]) = other.corners() {
            self.add(w, s);
            self.add(e, n);
        }
    }

    /// `None` where there is nothing.
    pub(super) fn corners(&self) -> Option<[f64; 4]> {
        (self.0[0] <= self.0[2]).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    #[test]
    fn tiny_ground_keeps_its_digits() {
        let tiny = polygon![(x: -75.0, y: 1.0), (x: -74.9999999, y: 1.0), (x: -74.9999999, y: 1.0000001)];
        let ground = RoundedGround::new(&MultiPolygon::new(vec![tiny]));
        assert_eq!(ground.polygons.len(), 1);
        assert!(ground.bounds.corners().is_some());
    }
}
