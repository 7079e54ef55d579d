//! Rings that are simple beyond doubt, so that GEOS need not be asked: most of the time of reading a layer would be its.
//!
//! Every edge goes into the cells of a grid that its box meets, and edges that share a cell are held against each other. Nothing
//! here says that a ring is wrong: what is not plain by a margin of rounding, or not cheap, is for GEOS to tell.

use geo::{Coord, LineString};

/// GEOS takes the sign of a determinant for sure beyond this share of its terms.
const MARGIN: f64 = 1e-15;
/// Entries in cells for each edge, and pairs of edges, at most: more than these are not cheap.
const MOST_CELLS: usize = 8;
const MOST_PAIRS: usize = 64;

/// An edge with its place in the ring.
#[derive(Clone, Copy)]
struct Edge {
    a: Coord<f64>,
    b: Coord<f64>,
}

/// Whether a closed ring crosses and touches itself nowhere, for sure.
pub(super) fn surely_simple(ring: &LineString<f64>) -> bool {
    let edges: Vec<Edge> = ring.lines().map(|line| Edge { a: line.start, b: line.end }).collect();
    if edges.len() < 3 || !ring.is_closed() || u32::try_from(edges.len()).is_err() {
        return false;
    }
    let turns = edges.iter().zip(edges.iter().cycle().skip(1));
    turns.into_iter().all(|(first, second)| goes_on(first, second)) && apart_in_cells(&edges)
}

/// Whether two edges, the end of the first the start of the second, share no other point.
fn goes_on(first: &Edge, second: &Edge) -> bool {
    let (u, v) = (first.b - first.a, second.b - second.a);
    let ahead = (u.x * v.x, u.y * v.y);
    ahead.0 + ahead.1 > MARGIN * (ahead.0.abs() + ahead.1.abs()) || side(first.a, first.b, second.b) != 0
}

/// On which side of the line from `a` to `b` a point lies: 1 or -1, or 0 when in doubt.
fn side(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> i32 {
    let (left, right) = ((a.x - c.x) * (b.y - c.y), (a.y - c.y) * (b.x - c.x));
    let (det, doubt) = (left - right, MARGIN * (left.abs() + right.abs()));
    i32::from(det > doubt) - i32::from(det < -doubt)
}

/// Whether two edges share no point, for sure.
fn apart(p: &Edge, q: &Edge) -> bool {
    let beside = |a: f64, b: f64, c: f64, d: f64| a.max(b) < c.min(d) || c.max(d) < a.min(b);
    if beside(p.a.x, p.b.x, q.a.x, q.b.x) || beside(p.a.y, p.b.y, q.a.y, q.b.y) {
        return true;
    }
    let one_side = |line: &Edge, other: &Edge| side(line.a, line.b, other.a) * side(line.a, line.b, other.b) > 0;
    one_side(p, q) || one_side(q, p)
}

/// Whether all edges that are not neighbours are apart.
fn apart_in_cells(edges: &[Edge]) -> bool {
    let Some(entries) = cells(edges) else { return false };
    let mut pairs = MOST_PAIRS * edges.len();
    entries.chunk_by(|a, b| a.0 == b.0).all(|cell| {
        let checks = cell.len() * cell.len() / 2;
        if checks > pairs {
            return false;
        }
        pairs -= checks;
        cell.iter()
            .enumerate()
            .all(|(at, (_, i))| cell[..at].iter().all(|(_, j)| held(edges, *i as usize, *j as usize)))
    })
}

fn held(edges: &[Edge], i: usize, j: usize) -> bool {
    let between = i.abs_diff(j);
    between == 1 || between == edges.len() - 1 || apart(&edges[i], &edges[j])
}

/// Cell and edge of every cell that the box of an edge meets, by cell; none when these are many.
fn cells(edges: &[Edge]) -> Option<Vec<(u64, u32)>> {
    let (mut left, mut top) = (f64::INFINITY, f64::INFINITY);
    let mut length = 0.0;
    for edge in edges {
        (left, top) = (left.min(edge.a.x), top.min(edge.a.y));
        length += (edge.b.x - edge.a.x).abs() + (edge.b.y - edge.a.y).abs();
    }
    let size = 2.0 * length / edges.len() as f64;
    // A ring is at most half as wide as it is long: a quarter as many cells as it has edges.
    let cell = |value: f64, from: f64| ((value - from) / size) as u64;
    let mut entries = Vec::with_capacity(2 * edges.len());
    for (i, edge) in edges.iter().enumerate() {
        let span = |a: f64, b: f64, from: f64| cell(a.min(b), from)..=cell(a.max(b), from);
        let (cols, rows) = (span(edge.a.x, edge.b.x, left), span(edge.a.y, edge.b.y, top));
        let fits = |cells: u64| entries.len() as u64 + cells <= (MOST_CELLS * edges.len()) as u64;
        let count = (cols.end() - cols.start() + 1).saturating_mul(rows.end() - rows.start() + 1);
        if !(size > 0.0 && size.is_finite() && fits(count)) {
            return None;
        }
        entries.extend(rows.flat_map(|row| cols.clone().map(move |col| (row << 32 | col, i as u32))));
    }
    entries.sort_unstable();
    Some(entries)
}

#[cfg(test)]
mod tests {
    use geo::{Polygon, Validation};
    use proptest::prelude::*;

    use super::*;

    fn simple(points: &[(f64, f64)]) -> bool {
        let mut ring = points.to_vec();
        ring.extend(points.first());
        surely_simple(&LineString::from(ring))
    }

    #[test]
    fn plain_rings_are_simple_and_doubtful_ones_are_not() {
        assert!(simple(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]));
        assert!(simple(&[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]), "a point on a straight line");
        for (what, ring) in [
            ("a bow", vec![(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0)]),
            ("a spike", vec![(0.0, 0.0), (2.0, 0.0), (1.0, 0.0), (1.0, 2.0)]),
            ("a spike at the start", vec![(1.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0), (1.5, 0.0)]),
            ("no area", vec![(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]),
            ("a point twice", vec![(0.0, 0.0), (2.0, 0.0), (2.0, 0.0), (2.0, 2.0)]),
            ("a touch", vec![(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 0.0), (0.0, 4.0)]),
            ("two points", vec![(0.0, 0.0), (1.0, 1.0)]),
            ("one place", vec![(1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)]),
        ] {
            assert!(!simple(&ring), "{what}");
        }
        assert!(!surely_simple(&LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])), "open");
    }

    #[test]
    fn a_long_smooth_ring_is_simple() {
        let ring: Vec<_> = (0..4000)
            .map(|i| (f64::from(i) / 4000.0 * std::f64::consts::TAU, 300.0 + f64::from(i * 37 % 11) / 11.0))
            .map(|(angle, radius)| (radius * angle.cos(), radius * angle.sin()))
            .collect();
        assert!(simple(&ring));
    }

    proptest! {
        #[test]
        fn what_is_simple_here_is_valid(points in proptest::collection::vec((0..6_i32, 0..6_i32), 3..9)) {
            let ring: Vec<_> = points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
            let polygon = Polygon::new(LineString::from(ring.clone()), Vec::new());
            prop_assert!(!simple(&ring) || polygon.is_valid());
        }
    }
}
