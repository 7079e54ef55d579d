//! Areas of what polygons share with a cell, by cutting rings along lines.
//!
//! A ring is cut by the sides of a convex polygon, one after the other (Sutherland and Hodgman 1974, CACM 17:32). What is left
//! of a ring with bays may have edges that run along a side and back: they enclose nothing, so the signed area is exact. A
//! polygon is the sum of its rings, those of holes running the other way; a cell that is not convex is a sum of triangles.

use std::collections::BTreeMap;

use geo::orient::{Direction, Orient};
use geo::{Coord, LineString, MultiPolygon, Polygon, TriangulateEarcut};

/// A ring without its closing point.
type Ring = Vec<Coord<f64>>;

/// Side of the tiles that large polygons are cut into, in metres: a cell then meets short rings only.
const TILE_M: f64 = 8192.0;

/// Cuts off what lies beyond a line: `side` is positive or zero for points that stay.
fn cut(ring: &[Coord<f64>], side: impl Fn(Coord<f64>) -> f64) -> Ring {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    let Some(mut from) = ring.last().copied() else { return kept };
    let mut at_from = side(from);
    for to in ring.iter().copied() {
        let at_to = side(to);
        if (at_from < 0.0) != (at_to < 0.0) {
            // From the point that stays, so that an edge is cut at one place whichever way it runs.
            let (a, b, at_a, at_b) =
                if at_from < 0.0 { (to, from, at_to, at_from) } else { (from, to, at_from, at_to) };
            kept.push(a + (b - a) * (at_a / (at_a - at_b)));
        }
        if at_to >= 0.0 {
            kept.push(to);
        }
        (from, at_from) = (to, at_to);
    }
    kept
}

/// Twice the signed area of a ring, positive where it runs anticlockwise.
fn twice_area(ring: &[Coord<f64>]) -> f64 {
    let Some(origin) = ring.first().copied() else { return 0.0 };
    let cross = |w: &[Coord<f64>]| {
        let (a, b) = (w[0] - origin, w[1] - origin);
        a.x * b.y - b.x * a.y
    };
    ring.windows(2).map(cross).sum()
}

fn open(ring: &LineString<f64>) -> Ring {
    let mut points = ring.0.clone();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// Signed area of what a ring shares with a convex, anticlockwise piece.
fn shared_area(ring: &[Coord<f64>], piece: &[Coord<f64>]) -> f64 {
    let mut left = ring.to_vec();
    for (i, a) in piece.iter().enumerate() {
        let b = piece[(i + 1) % piece.len()];
        let along = b - *a;
        left = cut(&left, |c| along.x * (c.y - a.y) - along.y * (c.x - a.x));
        if left.len() < 3 {
            return 0.0;
        }
    }
    twice_area(&left) / 2.0
}

/// A polygon as convex, anticlockwise rings: itself, or triangles.
fn convex_pieces(polygon: &Polygon<f64>) -> Vec<Ring> {
    let polygon = polygon.orient(Direction::Default);
    let ring = open(polygon.exterior());
    let turn = |i: usize| {
        let (a, b, c) = (ring[i], ring[(i + 1) % ring.len()], ring[(i + 2) % ring.len()]);
        (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)
    };
    if polygon.interiors().is_empty() && (0..ring.len()).all(|i| turn(i) >= 0.0) {
        return vec![ring];
    }
    let anticlockwise = |t: geo::Triangle<f64>| {
        let [a, b, c] = t.to_array();
        if twice_area(&[a, b, c]) < 0.0 { vec![a, c, b] } else { vec![a, b, c] }
    };
    polygon.earcut_triangles().into_iter().map(anticlockwise).collect()
}

/// Box of points: lowest x and y, highest x and y.
fn bounds(ring: &[Coord<f64>]) -> [f64; 4] {
    ring.iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[l, b, r, t], c| {
        [l.min(c.x), b.min(c.y), r.max(c.x), t.max(c.y)]
    })
}

fn tile(v: f64) -> i32 {
    (v / TILE_M).floor() as i32
}

/// Layers of polygons cut into tiles.
#[derive(Debug, Clone, Default)]
pub struct TiledLayers {
    layers: usize,
    tiles: BTreeMap<(i32, i32), Vec<(usize, Ring)>>,
}

impl TiledLayers {
    /// Adds a layer of valid polygons that do not overlap each other.
    pub fn add(&mut self, ground: &MultiPolygon<f64>) {
        let layer = self.layers;
        self.layers += 1;
        for polygon in ground {
            // Exterior rings run anticlockwise after this, holes clockwise: areas of rings just add up.
            let polygon = polygon.orient(Direction::Default);
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                let ring = open(ring);
                let [left, bottom, right, top] = bounds(&ring);
                if ring.len() >= 3 {
                    self.split(layer, ring, [tile(left), tile(bottom), tile(right), tile(top)]);
                }
            }
        }
    }

    /// Halves a ring until it lies in one tile.
    fn split(&mut self, layer: usize, ring: Ring, [left, bottom, right, top]: [i32; 4]) {
        if ring.len() < 3 {
            return;
        }
        if left == right && bottom == top {
            self.tiles.entry((left, bottom)).or_default().push((layer, ring));
        } else if right - left >= top - bottom {
            let middle = left + (right - left) / 2;
            let line = f64::from(middle + 1) * TILE_M;
            self.split(layer, cut(&ring, |c| line - c.x), [left, bottom, middle, top]);
            self.split(layer, cut(&ring, |c| c.x - line), [middle + 1, bottom, right, top]);
        } else {
            let middle = bottom + (top - bottom) / 2;
            let line = f64::from(middle + 1) * TILE_M;
            self.split(layer, cut(&ring, |c| line - c.y), [left, bottom, right, middle]);
            self.split(layer, cut(&ring, |c| c.y - line), [left, middle + 1, right, top]);
        }
    }

    /// Area that a ground shares with each layer, in the units of the plane squared.
    pub fn shared(&self, ground: &MultiPolygon<f64>) -> Vec<f64> {
        let mut areas = vec![0.0; self.layers];
        self.meet(ground, |layer, area| areas[layer] += area);
        areas
    }

    /// The layers that a ground may meet, with the area that it shares with each: for many layers, of which it meets few.
    pub fn met(&self, ground: &MultiPolygon<f64>) -> BTreeMap<usize, f64> {
        let mut areas = BTreeMap::new();
        self.meet(ground, |layer, area| *areas.entry(layer).or_insert(0.0) += area);
        areas
    }

    fn meet(&self, ground: &MultiPolygon<f64>, mut found: impl FnMut(usize, f64)) {
        for piece in ground.iter().flat_map(convex_pieces) {
            let [left, bottom, right, top] = bounds(&piece);
            for x in tile(left)..=tile(right) {
                for (_, rings) in self.tiles.range((x, tile(bottom))..=(x, tile(top))) {
                    for (layer, ring) in rings {
                        found(*layer, shared_area(ring, &piece));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, BooleanOps, Rect, polygon};
    use proptest::prelude::*;

    use super::*;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon().into()
    }

    #[test]
    fn bays_and_holes_are_cut_exactly() {
        // A U whose two arms reach into the cell, and a ring with a hole.
        let u = polygon![(x: 0.0, y: 0.0), (x: 30.0, y: 0.0), (x: 30.0, y: 20.0), (x: 20.0, y: 20.0),
            (x: 20.0, y: 10.0), (x: 10.0, y: 10.0), (x: 10.0, y: 20.0), (x: 0.0, y: 20.0)];
        let holed = Polygon::new(
            LineString::from(vec![(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)]),
            vec![LineString::from(vec![(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)])],
        );
        let mut layers = TiledLayers::default();
        layers.add(&u.into());
        layers.add(&holed.into());
        assert_eq!(layers.shared(&square(5.0, 15.0, 20.0)), [5.0 * 5.0 + 5.0 * 5.0, 400.0 - 50.0]);
        assert_eq!(layers.shared(&square(100.0, 100.0, 5.0)), [0.0, 0.0]);
        assert_eq!(layers.met(&square(5.0, 15.0, 20.0)), BTreeMap::from([(0, 50.0), (1, 350.0)]));
    }

    #[test]
    fn a_polygon_over_many_tiles_keeps_its_area() {
        let far = 100_000.0;
        let triangle = polygon![(x: -far, y: -far), (x: far, y: -0.5 * far), (x: 0.0, y: far)];
        let mut layers = TiledLayers::default();
        layers.add(&triangle.clone().into());
        let whole = layers.shared(&square(-far, -far, 2.0 * far))[0];
        assert!((whole / triangle.unsigned_area() - 1.0).abs() < 1e-12, "{whole}");
        assert!(layers.tiles.len() > 100);
    }

    #[test]
    fn a_cell_that_is_not_convex_is_cut_as_it_is() {
        let l = polygon![(x: 0.0, y: 0.0), (x: 10.0, y: 0.0), (x: 10.0, y: 5.0), (x: 5.0, y: 5.0), (x: 5.0, y: 10.0),
            (x: 0.0, y: 10.0)];
        let mut layers = TiledLayers::default();
        layers.add(&square(4.0, 4.0, 100.0));
        let shared = layers.shared(&l.into())[0];
        assert!((shared - (6.0 + 6.0 - 1.0)).abs() < 1e-9, "{shared}");
    }

    /// Star-shaped polygons of any size about a middle, of either direction.
    fn star() -> impl Strategy<Value = Polygon<f64>> {
        (proptest::collection::vec(2_000.0..30_000.0_f64, 3..20), -9_000.0..9_000.0_f64, any::<bool>()).prop_map(
            |(radii, x, turned)| {
                let n = radii.len() as f64;
                let point = |(i, r): (usize, &f64)| {
                    let angle = std::f64::consts::TAU * i as f64 / n;
                    Coord { x: x + r * angle.cos(), y: r * angle.sin() }
                };
                let mut points: Vec<Coord<f64>> = radii.iter().enumerate().map(point).collect();
                if turned {
                    points.reverse();
                }
                Polygon::new(LineString::new(points), Vec::new())
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// As the boolean operations of another library have it.
        #[test]
        fn shared_areas_equal_those_of_boolean_operations(layer in star(), cell in star()) {
            let mut layers = TiledLayers::default();
            layers.add(&layer.clone().into());
            let (ours, theirs) = (layers.shared(&cell.clone().into())[0], layer.intersection(&cell).unsigned_area());
            prop_assert!((ours - theirs).abs() <= 1.0 + 1e-7 * theirs, "{ours} against {theirs} m2");
        }
    }
}
