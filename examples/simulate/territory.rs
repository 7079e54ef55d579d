//! Fictional municipalities: polygons whose shared borders have the same vertices on both sides.

use crate::landscape::Bounds;
use crate::noise::{hash, stream, unit};

/// A municipality that does not exist.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Five digits; department 98 is not in DIVIPOLA.
    pub code: String,
    pub name: String,
    /// Metres; the outer ring first (anticlockwise), then holes (clockwise); not closed.
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// Bends straight borders: the middle of each piece moves aside, less and less, `levels` times.
#[derive(Clone, Copy)]
struct Bend {
    seed: u64,
    levels: u32,
}

impl Bend {
    /// Sideways move of the first midpoint as a share of the length. With [`Bend::DECAY`] the directions of all pieces
    /// stay within some 30 degrees of the straight line, so that no border crosses itself or its neighbours.
    const SHARE: f64 = 0.075;
    const DECAY: f64 = 0.72;

    /// From `a` (included) to `b` (excluded).
    fn border(&self, nodes: &[[f64; 2]], a: usize, b: usize) -> Vec<[f64; 2]> {
        let (low, high) = (a.min(b), a.max(b));
        let mut line = vec![nodes[low], nodes[high]];
        let edge = hash(self.seed, low as i64, high as i64);
        let mut share = Self::SHARE;
        for level in 0..self.levels {
            let mut finer = Vec::with_capacity(line.len() * 2);
            for (k, pair) in line.windows(2).enumerate() {
                let aside = share * (2.0 * unit(hash(edge, i64::from(level), k as i64)) - 1.0);
                let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
                finer.push(pair[0]);
                finer.push([(x0 + x1) / 2.0 - aside * (y1 - y0), (y0 + y1) / 2.0 + aside * (x1 - x0)]);
            }
            finer.push(nodes[high]);
            line = finer;
            share *= Self::DECAY;
        }
        if a > b {
            line.reverse();
        }
        line.pop();
        line
    }

    fn ring(&self, nodes: &[[f64; 2]], corners: &[usize]) -> Vec<[f64; 2]> {
        let next = corners.iter().cycle().skip(1);
        corners.iter().zip(next).flat_map(|(a, b)| self.border(nodes, *a, *b)).collect()
    }
}

/// The six municipalities of the sample: one with a hole that another fills, one that reaches beyond the imagery.
pub fn sample(seed: u64) -> Vec<Ground> {
    let nodes = [
        [250.0, -210.0],
        [2400.0, -180.0],
        [4500.0, -230.0],
        [7600.0, -150.0],
        [300.0, -1350.0],
        [2600.0, -1250.0],
        [4700.0, -1380.0],
        [220.0, -2370.0],
        [2300.0, -2340.0],
        [4400.0, -2390.0],
        [7500.0, -2300.0],
        [3150.0, -820.0],
        [3560.0, -1020.0],
        [3900.0, -700.0],
        [3480.0, -480.0],
    ];
    let bend = Bend { seed: stream(seed, 50), levels: 6 };
    let ring = |corners: &[usize]| bend.ring(&nodes, corners);
    let enclave = ring(&[11, 12, 13, 14]);
    let hole = enclave.iter().rev().copied().collect();
    let named =
        |number: u32, name: &str, rings| Ground { code: format!("98{number:03}"), name: name.to_owned(), rings };
    vec![
        named(1, "El Ensayo", vec![ring(&[0, 4, 5, 1])]),
        named(2, "La Maqueta", vec![ring(&[1, 5, 6, 2]), hole]),
        named(3, "Puerto Bosquejo", vec![enclave]),
        named(4, "Villa Simulacro", vec![ring(&[4, 7, 8, 5])]),
        named(5, "San Ficticio", vec![ring(&[5, 8, 9, 6])]),
        named(6, "Cerro Croquis", vec![ring(&[2, 6, 9, 10, 3])]),
    ]
}

/// `count` municipalities on a bent lattice that leaves a rim of 1 % of the bounds to nobody; some 2,000 vertices each.
pub fn lattice(seed: u64, bounds: Bounds, count: usize) -> Vec<Ground> {
    let rows = (1..=count).take_while(|d| d * d <= count).filter(|d| count.is_multiple_of(*d)).last().unwrap_or(1);
    let cols = count / rows;
    let (width, height) = (bounds.max_x - bounds.min_x, bounds.max_y - bounds.min_y);
    let step = [width * 0.98 / cols as f64, height * 0.98 / rows as f64];
    let seed = stream(seed, 51);
    let mut nodes = Vec::with_capacity((rows + 1) * (cols + 1));
    for row in 0..=rows {
        for col in 0..=cols {
            let aside = |k: i64, size: f64| 0.16 * size * (2.0 * unit(hash(seed, nodes.len() as i64, k)) - 1.0);
            let inner_x = if col == 0 || col == cols { 0.0 } else { aside(0, step[0]) };
            let inner_y = if row == 0 || row == rows { 0.0 } else { aside(1, step[1]) };
            nodes.push([
                bounds.min_x + width * 0.01 + col as f64 * step[0] + inner_x,
                bounds.max_y - height * 0.01 - row as f64 * step[1] + inner_y,
            ]);
        }
    }
    let bend = Bend { seed, levels: 9 };
    (0..rows * cols)
        .map(|k| {
            let at = k / cols * (cols + 1) + k % cols;
            let ring = bend.ring(&nodes, &[at, at + cols + 1, at + cols + 2, at + 1]);
            Ground { code: format!("98{:03}", k + 1), name: format!("Municipio Ficticio {}", k + 1), rings: vec![ring] }
        })
        .collect()
}

impl Ground {
    /// The smallest rectangle around it.
    pub fn bounds(&self) -> Bounds {
        let start =
            Bounds { min_x: f64::INFINITY, min_y: f64::INFINITY, max_x: f64::NEG_INFINITY, max_y: f64::NEG_INFINITY };
        self.rings.iter().flatten().fold(start, |b, [x, y]| Bounds {
            min_x: b.min_x.min(*x),
            min_y: b.min_y.min(*y),
            max_x: b.max_x.max(*x),
            max_y: b.max_y.max(*y),
        })
    }

    /// Where a line of constant `y` goes in and out, in order: inside between the first and the second, and so on.
    pub fn crossings(&self, y: f64) -> Vec<f64> {
        let mut found = Vec::new();
        for ring in &self.rings {
            for (k, [x0, y0]) in ring.iter().enumerate() {
                let [x1, y1] = ring[(k + 1) % ring.len()];
                if (*y0 > y) != (y1 > y) {
                    found.push(x0 + (x1 - x0) * (y - y0) / (y1 - y0));
                }
            }
        }
        found.sort_by(f64::total_cmp);
        found
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, BooleanOps, LineString, MultiPolygon, Polygon, Validation};

    use super::*;

    fn polygon(ground: &Ground) -> Polygon {
        let mut rings = ground.rings.iter().map(|r| LineString::from(r.clone()));
        Polygon::new(rings.next().unwrap(), rings.collect())
    }

    #[test]
    fn municipalities_are_valid_and_do_not_overlap() {
        let bounds = Bounds { min_x: 0.0, min_y: -9000.0, max_x: 12_000.0, max_y: 0.0 };
        for grounds in [sample(7), lattice(1, bounds, 12)] {
            let polygons: Vec<Polygon> = grounds.iter().map(polygon).collect();
            let mut union = MultiPolygon::new(vec![]);
            for p in &polygons {
                assert!(p.is_valid() && p.signed_area() > 0.0);
                union = union.union(p);
            }
            let sum: f64 = polygons.iter().map(Area::unsigned_area).sum();
            assert!((union.unsigned_area() / sum - 1.0).abs() < 1e-6, "{} of {sum}", union.unsigned_area());
        }
        assert_eq!(lattice(1, bounds, 12)[5].rings[0].len(), 2048);
    }
}
