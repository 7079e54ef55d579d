//! The outlines of a lot's pixels: only written where single lots leave, with a reason.
//!
//! Sides between pixels of the lot and others are followed with the lot on the left hand. Where two of its pixels touch by a
//! corner only, the ring is cut in two there: rings are simple, which an outline over corners is not.

use std::collections::{BTreeMap, HashMap};

/// Pixels of a row, `col0..col1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PixelRun {
    /// Row in the grid.
    pub row: usize,
    /// First column.
    pub col0: usize,
    /// One past the last.
    pub col1: usize,
}

/// A corner of a pixel: column and row.
pub type Corner = (usize, usize);

/// An outer ring with its holes, in corners; closed.
pub type Rings = Vec<Vec<Corner>>;

/// The polygons of pixels joined over edges, each outer ring first; corners on a straight side are left out.
pub fn outlines(runs: &[PixelRun]) -> Vec<Rings> {
    let rings = rings(sides(runs));
    let (outer, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|ring| twice_area(ring) > 0);
    let mut polygons: Vec<Rings> = outer.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        // The outer ring around it: the smallest that holds a point of the pixel that the hole's first side bounds.
        let inside = beside(&hole);
        let around = polygons.iter().enumerate().filter(|(_, p)| holds(&p[0], inside));
        if let Some((at, _)) = around.min_by_key(|(_, p)| twice_area(&p[0])) {
            polygons[at].push(hole);
        }
    }
    polygons
}

/// Directed sides by where they begin, with the pixels on the left (rows grow downward).
fn sides(runs: &[PixelRun]) -> BTreeMap<Corner, Vec<Corner>> {
    let mut by_row: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    runs.iter().for_each(|run| by_row.entry(run.row).or_default().push((run.col0, run.col1)));
    let mut sides: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    let empty = Vec::new();
    for (row, own) in &by_row {
        let above = row.checked_sub(1).and_then(|r| by_row.get(&r)).unwrap_or(&empty);
        let below = by_row.get(&(row + 1)).unwrap_or(&empty);
        let in_runs = |runs: &[(usize, usize)], col: usize| runs.iter().any(|(a, b)| (*a..*b).contains(&col));
        let mut add = |from: Corner, to: Corner| sides.entry(from).or_default().push(to);
        for (col0, col1) in own {
            for col in *col0..*col1 {
                if !in_runs(above, col) {
                    add((col + 1, *row), (col, *row));
                }
                if !in_runs(below, col) {
                    add((col, row + 1), (col + 1, row + 1));
                }
            }
            if !in_runs(own, col1.to_owned()) {
                add((*col1, row + 1), (*col1, *row));
            }
            if *col0 == 0 || !in_runs(own, col0 - 1) {
                add((*col0, *row), (*col0, row + 1));
            }
        }
    }
    sides
}

/// Follows the sides until each ring closes. A way that comes back to a corner of its own closes a ring there, so that no ring
/// meets itself.
fn rings(mut sides: BTreeMap<Corner, Vec<Corner>>) -> Vec<Vec<Corner>> {
    let mut rings = Vec::new();
    while let Some((start, _)) = sides.first_key_value() {
        let mut way = vec![*start];
        let mut places = HashMap::from([(*start, 0)]);
        let mut last = None;
        while let Some(at) = way.last().copied() {
            if way.len() == 1 && !sides.contains_key(&at) {
                break;
            }
            let next = take_side(&mut sides, at, last);
            last = Some(at);
            if let Some(first) = places.get(&next).copied() {
                let mut ring = way.split_off(first);
                for corner in &ring {
                    places.remove(corner);
                }
                ring.push(next);
                rings.push(without_straight(&ring));
            }
            places.insert(next, way.len());
            way.push(next);
        }
    }
    rings
}

/// A closed ring without the corners on straight sides.
fn without_straight(ring: &[Corner]) -> Vec<Corner> {
    let count = ring.len() - 1;
    let bends = (0..count).filter(|i| turn(ring[(i + count - 1) % count], ring[*i], ring[i + 1]) != 0);
    let mut kept: Vec<Corner> = bends.map(|i| ring[i]).collect();
    kept.extend(kept.first().copied());
    kept
}

/// The side that goes on from a corner; of two that turn to the left, so that the ring keeps to its own pixel.
fn take_side(sides: &mut BTreeMap<Corner, Vec<Corner>>, at: Corner, from: Option<Corner>) -> Corner {
    let Some(ways) = sides.get_mut(&at) else { return at };
    let left = |to: &Corner| from.is_some_and(|from| turn(from, at, *to) > 0);
    let chosen = ways.iter().position(left).unwrap_or(0);
    let to = ways.swap_remove(chosen);
    if ways.is_empty() {
        sides.remove(&at);
    }
    to
}

/// Positive for a turn to the left as seen on a map, rows growing downward.
fn turn(a: Corner, b: Corner, c: Corner) -> i64 {
    let d = |p: usize, q: usize| q as i64 - p as i64;
    -(d(a.0, b.0) * d(b.1, c.1) - d(a.1, b.1) * d(b.0, c.0))
}

/// Twice the area, positive for a ring that runs anticlockwise on a map.
fn twice_area(ring: &[Corner]) -> i64 {
    -ring.windows(2).map(|w| w[0].0 as i64 * w[1].1 as i64 - w[1].0 as i64 * w[0].1 as i64).sum::<i64>()
}

/// The middle of the pixel on the left of a ring's first side, in half pixels.
fn beside(ring: &[Corner]) -> (i64, i64) {
    let ((x0, y0), (x1, y1)) = (ring[0], ring[1]);
    let (dx, dy) = ((x1 as i64 - x0 as i64).signum(), (y1 as i64 - y0 as i64).signum());
    // Left of (dx, dy) on a map whose rows grow downward is (dy, -dx).
    (2 * x0 as i64 + dx + dy, 2 * y0 as i64 + dy - dx)
}

/// Whether a ring holds a point given in half pixels (never on a side).
fn holds(ring: &[Corner], (x, y): (i64, i64)) -> bool {
    let crossed = ring.windows(2).filter(|w| {
        let (x0, y0, y1) = (2 * w[0].0 as i64, 2 * w[0].1 as i64, 2 * w[1].1 as i64);
        w[0].0 == w[1].0 && x0 > x && (y0 > y) != (y1 > y)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use geo::{Area, Coord, LineString, Polygon, Validation};
    use proptest::prelude::*;

    use super::*;

    fn run(row: usize, col0: usize, col1: usize) -> PixelRun {
        PixelRun { row, col0, col1 }
    }

    #[test]
    fn a_square_has_four_corners() {
        assert_eq!(outlines(&[run(1, 1, 3), run(2, 1, 3)]), [vec![vec![(1, 1), (1, 3), (3, 3), (3, 1), (1, 1)]]]);
    }

    #[test]
    fn a_ring_has_a_hole() {
        let found = outlines(&[run(0, 0, 3), run(1, 0, 1), run(1, 2, 3), run(2, 0, 3)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].len(), twice_area(&found[0][0]), twice_area(&found[0][1])), (2, 18, -2));
    }

    #[test]
    fn pixels_that_touch_by_a_corner_have_their_own_rings() {
        let found = outlines(&[run(0, 0, 1), run(1, 1, 2)]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|polygon| polygon[0].len() == 5));
    }

    proptest! {
        /// The polygons are valid and have as much area as there are pixels.
        #[test]
        fn outlines_are_valid_and_complete(pixels in prop::collection::vec(prop::bool::weighted(0.55), 7 * 8)) {
            let mut runs = Vec::new();
            for row in 0..7 {
                for col in (0..8).filter(|col| pixels[row * 8 + col]) {
                    match runs.last_mut() {
                        Some(PixelRun { row: r, col1, .. }) if (*r, *col1) == (row, col) => *col1 += 1,
                        _ => runs.push(run(row, col, col + 1)),
                    }
                }
            }
            let mut area = 0.0;
            for polygon in outlines(&runs) {
                let mut rings = polygon.iter().map(|ring| {
                    ring.iter().map(|(x, y)| Coord { x: *x as f64, y: -(*y as f64) }).collect::<LineString<f64>>()
                });
                let polygon = Polygon::new(rings.next().unwrap(), rings.collect());
                prop_assert!(polygon.is_valid(), "{polygon:?}");
                area += polygon.unsigned_area();
            }
            prop_assert_eq!(area, pixels.iter().filter(|p| **p).count() as f64);
        }
    }
}
