//! Borders cut into arcs that neighbours share, so that a border is written, and simplified, once.
//!
//! A point where three arcs meet, or where a border ends on another one, is a junction: arcs run from junction to junction.
//! After Bostock's TopoJSON (the algorithm of `topojson-server`): what neighbours share stays shared, without slivers.

use std::collections::HashMap;

/// A point of the lattice that coordinates are rounded to.
pub type Point = [i32; 2];

/// Arcs, and rings as lists of them.
#[derive(Debug, Default)]
pub struct Arcs {
    /// The arcs, each once.
    pub arcs: Vec<Vec<Point>>,
    numbers: HashMap<Vec<Point>, usize>,
}

/// The neighbours of a point along the rings through it: at most two of them are those of one border.
#[derive(Debug, Clone, Copy)]
struct Beside {
    first: Point,
    second: Point,
    junction: bool,
}

/// Points that arcs begin and end at.
#[derive(Debug, Default)]
pub struct Junctions(HashMap<Point, Beside>);

impl Junctions {
    /// Takes note of a closed ring, its first point given once.
    pub fn add_ring(&mut self, ring: &[Point]) {
        for at in 0..ring.len() {
            let before = ring[(at + ring.len() - 1) % ring.len()];
            let after = ring[(at + 1) % ring.len()];
            let beside = self.0.entry(ring[at]).or_insert(Beside { first: before, second: after, junction: false });
            let same = (beside.first, beside.second) == (before, after);
            let reversed = (beside.first, beside.second) == (after, before);
            beside.junction |= !same && !reversed;
        }
    }

    fn is(&self, point: &Point) -> bool {
        self.0.get(point).is_some_and(|beside| beside.junction)
    }
}

impl Arcs {
    /// The arcs of a ring, its first point given once: numbers in order, `!number` where one runs backwards.
    pub fn ring(&mut self, ring: &[Point], junctions: &Junctions) -> Vec<i64> {
        let cuts: Vec<usize> = (0..ring.len()).filter(|at| junctions.is(&ring[*at])).collect();
        if cuts.is_empty() {
            return vec![self.number(closed(ring))];
        }
        let arc = |(place, from): (usize, &usize)| {
            let to = cuts[(place + 1) % cuts.len()];
            let steps = if to > *from { to - from } else { to + ring.len() - from };
            (0..=steps).map(|step| ring[(from + step) % ring.len()]).collect::<Vec<_>>()
        };
        let arcs: Vec<Vec<Point>> = cuts.iter().enumerate().map(arc).collect();
        arcs.into_iter().map(|arc| self.number(arc)).collect()
    }

    /// The number of an arc that may be there already, also backwards.
    fn number(&mut self, arc: Vec<Point>) -> i64 {
        if let Some(number) = self.numbers.get(&arc) {
            return *number as i64;
        }
        let reversed: Vec<Point> = arc.iter().rev().copied().collect();
        if let Some(number) = self.numbers.get(&reversed) {
            return !(*number as i64);
        }
        let number = self.arcs.len();
        self.numbers.insert(arc.clone(), number);
        self.arcs.push(arc);
        number as i64
    }

    /// The arcs alone; what finds them again is no longer needed.
    pub fn into_arcs(self) -> Vec<Vec<Point>> {
        self.arcs
    }
}

/// A ring without junctions as an arc that begins and ends at its least point, so that the same ring of two municipalities
/// (a hole and what fills it) is one arc.
fn closed(ring: &[Point]) -> Vec<Point> {
    let least = (0..ring.len()).min_by_key(|at| ring[*at]).unwrap_or(0);
    (0..=ring.len()).map(|step| ring[(least + step) % ring.len()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_the_border_between_them() {
        // Two squares beside each other, the right one with a hole that a third one fills.
        let left = [[0, 0], [4, 0], [4, 2], [4, 4], [0, 4]];
        let right = [[4, 0], [9, 0], [9, 4], [4, 4], [4, 2]];
        let (hole, filling) = ([[6, 1], [6, 3], [8, 3], [8, 1]], [[8, 1], [8, 3], [6, 3], [6, 1]]);
        let mut junctions = Junctions::default();
        for ring in [&left[..], &right, &hole, &filling] {
            junctions.add_ring(ring);
        }
        let mut arcs = Arcs::default();
        let rings = [&left[..], &right, &hole, &filling].map(|ring| arcs.ring(ring, &junctions));
        assert_eq!(arcs.arcs.len(), 4, "{:?}", arcs.arcs);
        let shared: Vec<i64> = rings[0].iter().copied().filter(|arc| rings[1].contains(&!arc)).collect();
        assert_eq!(shared.len(), 1);
        let arc = usize::try_from(shared[0].max(!shared[0])).unwrap();
        assert!(arcs.arcs[arc].contains(&[4, 2]));
        assert_eq!((rings[2].len(), rings[2][0]), (1, !rings[3][0]));
    }
}
