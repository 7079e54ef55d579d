//! Coca lots: polygons of 0.25 to 2.6 ha, when each was planted, eradicated, abandoned or planted again.

use crate::landscape::{Bounds, Cover, Day, Landscape};
use crate::noise::{hash, noise_2d, unit};

/// How a lot was eradicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Manual,
    Spraying,
}

impl Method {
    pub const ALL: [Self; 2] = [Self::Manual, Self::Spraying];

    /// The name in the eradication records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Spraying => "spraying",
        }
    }
}

/// One lot.
#[derive(Clone, Debug)]
pub struct Lot {
    /// Seed of all that is particular to it.
    pub seed: u64,
    centre: [f64; 2],
    /// Largest distance from the centre to a corner, metres.
    reach: f64,
    /// Corners, metres, anticlockwise.
    corners: Vec<[f64; 2]>,
    /// First year with coca.
    planted: i32,
    /// What was there before.
    before: Cover,
    /// The day of eradication, and by which method.
    pub eradicated: Option<(Day, Method)>,
    /// Whether it was planted again in the year after its eradication.
    replanted: bool,
    /// First year in which it was left to regrow.
    abandoned: Option<i32>,
}

impl Lot {
    /// What covers it on a day.
    pub fn cover(&self, day: Day) -> Cover {
        if day.year < self.planted {
            return self.before;
        }
        if self.abandoned.is_some_and(|year| day.year >= year) {
            return Cover::SecondaryRegrowth;
        }
        match self.eradicated {
            Some((when, _)) if day >= when && day.year == when.year => Cover::BareSoil,
            Some((when, _)) if day >= when && !self.replanted => Cover::SecondaryRegrowth,
            _ => Cover::Coca,
        }
    }

    /// Whether the bushes are in their first year: small, with soil between them.
    pub fn is_young(&self, year: i32) -> bool {
        let replanted = matches!(self.eradicated, Some((when, _)) if self.replanted && year == when.year + 1);
        year == self.planted || replanted
    }

    /// Corners, metres, anticlockwise.
    pub fn corners(&self) -> &[[f64; 2]] {
        &self.corners
    }

    /// Its middle, metres.
    pub fn centre(&self) -> [f64; 2] {
        self.centre
    }

    /// Planar size, square metres.
    #[cfg(test)]
    pub fn planar_m2(&self) -> f64 {
        let n = self.corners.len();
        let twice: f64 = (0..n)
            .map(|k| {
                let ([x0, y0], [x1, y1]) = (self.corners[k], self.corners[(k + 1) % n]);
                x0 * y1 - x1 * y0
            })
            .sum();
        twice / 2.0
    }

    fn holds(&self, x: f64, y: f64) -> bool {
        let (dx, dy) = (x - self.centre[0], y - self.centre[1]);
        if dx * dx + dy * dy >= self.reach * self.reach {
            return false;
        }
        let n = self.corners.len();
        let mut inside = false;
        for k in 0..n {
            let ([x0, y0], [x1, y1]) = (self.corners[k], self.corners[(k + 1) % n]);
            if (y0 > y) != (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0 {
                inside = !inside;
            }
        }
        inside
    }
}

/// Side of the lattice cell that holds at most one lot, metres.
const CELL: f64 = 280.0;
/// The lattice is turned so that rows of lots do not follow rows of pixels.
const TURN: (f64, f64) = (0.877_582_561_890_372_8, 0.479_425_538_604_203);

/// The lots that can reach into a window, by lattice cell.
#[derive(Clone, Debug)]
pub struct LotGrid {
    pub lots: Vec<Lot>,
    /// Number of the lot of each cell, or [`NO_LOT`].
    cells: Vec<u32>,
    first: [i64; 2],
    cols: usize,
}

const NO_LOT: u32 = u32::MAX;

fn cell_of(x: f64, y: f64) -> [f64; 2] {
    [(x * TURN.0 + y * TURN.1) / CELL, (y * TURN.0 - x * TURN.1) / CELL]
}

impl LotGrid {
    /// The number of the lot at a point of the window.
    pub fn at(&self, x: f64, y: f64) -> Option<u32> {
        let [u, v] = cell_of(x, y);
        let (col, row) = (u.floor() as i64 - self.first[0], v.floor() as i64 - self.first[1]);
        let number = *self.cells.get(row as usize * self.cols + col as usize)?;
        (number != NO_LOT && self.lots[number as usize].holds(x, y)).then_some(number)
    }
}

impl Landscape {
    /// The lots that can reach into a window.
    pub fn lots(&self, bounds: &Bounds) -> LotGrid {
        let corners = [
            cell_of(bounds.min_x, bounds.min_y),
            cell_of(bounds.max_x, bounds.min_y),
            cell_of(bounds.min_x, bounds.max_y),
            cell_of(bounds.max_x, bounds.max_y),
        ];
        let range = |axis: usize| {
            let values = corners.map(|c| c[axis]);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min).floor() as i64;
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max).floor() as i64;
            low..=high
        };
        let near = bounds.grown(CELL * 1.5);
        let (mut lots, mut cells) = (Vec::new(), Vec::new());
        for j in range(1) {
            for i in range(0) {
                // The turned lattice's bounding box is larger than the window: leave out what cannot reach it.
                let (u, v) = ((i as f64 + 0.5) * CELL, (j as f64 + 0.5) * CELL);
                let (x, y) = (u * TURN.0 - v * TURN.1, u * TURN.1 + v * TURN.0);
                match near.holds(x, y).then(|| self.lot(i, j)).flatten() {
                    Some(lot) => {
                        cells.push(lots.len() as u32);
                        lots.push(lot);
                    }
                    None => cells.push(NO_LOT),
                }
            }
        }
        let cols = range(0).count();
        LotGrid { lots, cells, first: [*range(0).start(), *range(1).start()], cols }
    }

    /// The lot of a lattice cell, where there is one.
    fn lot(&self, i: i64, j: i64) -> Option<Lot> {
        let seed = hash(self.stream(20), i, j);
        let draw = |k: i64| unit(hash(seed, k, 1));
        let shape = shape(seed);
        let reach = shape.iter().map(|[x, y]| x.hypot(*y)).fold(0.0, f64::max);
        // Inside its own cell, so that one look-up finds it.
        let room = (CELL / 2.0 - reach).max(0.0);
        let u = (i as f64 + 0.5) * CELL + room * (2.0 * draw(1) - 1.0);
        let v = (j as f64 + 0.5) * CELL + room * (2.0 * draw(2) - 1.0);
        let centre = [u * TURN.0 - v * TURN.1, u * TURN.1 + v * TURN.0];

        // Lots lie at the frontier, off the river and the roads, and in clusters.
        let clearing = self.clearing(centre[0], centre[1]);
        let frontier = (-((clearing - 0.02) / 0.26).powi(2)).exp();
        let cluster = 0.5 + 0.5 * noise_2d(self.stream(21), centre[0] / 900.0, centre[1] / 900.0);
        let free = self.river_distance(centre[0], centre[1]) > reach + 110.0
            && self.road_distance(centre[0], centre[1]) > reach + 8.0;
        if !free || draw(3) > 0.12 + 2.2 * frontier * cluster {
            return None;
        }
        let corners = shape.iter().map(|[x, y]| [centre[0] + x, centre[1] + y]).collect();
        let before = if clearing > 0.0 { Cover::SecondaryRegrowth } else { Cover::PrimaryForest };
        Some(history(Lot {
            seed,
            centre,
            reach,
            corners,
            planted: 2000,
            before,
            eradicated: None,
            replanted: false,
            abandoned: None,
        }))
    }
}

/// Corners of a lot around (0, 0): a star polygon scaled to a size drawn from 0.25 to 2.6 ha (uniform in its logarithm).
fn shape(seed: u64) -> Vec<[f64; 2]> {
    let draw = |k: i64| unit(hash(seed, k, 2));
    let n = 5 + (draw(0) * 4.0) as i64;
    let (stretch, turn) = (1.0 + 0.5 * draw(1), draw(2) * std::f64::consts::TAU);
    let mut corners: Vec<[f64; 2]> = (0..n)
        .map(|k| {
            let angle = (k as f64 + 0.55 * draw(10 + k)) / n as f64 * std::f64::consts::TAU;
            let radius = 0.8 + 0.4 * draw(30 + k);
            let (x, y) = (stretch * radius * angle.cos(), radius * angle.sin());
            [x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos()]
        })
        .collect();
    let twice: f64 = (0..corners.len())
        .map(|k| {
            let ([x0, y0], [x1, y1]) = (corners[k], corners[(k + 1) % corners.len()]);
            x0 * y1 - x1 * y0
        })
        .sum();
    let wanted = 10_000.0 * 0.25 * (2.6_f64 / 0.25).powf(draw(3));
    let reach = corners.iter().map(|[x, y]| x.hypot(*y)).fold(0.0, f64::max);
    // An unusually long one shrinks to fit its cell.
    let scale = (wanted / (twice / 2.0)).sqrt().min(CELL / 2.0 / reach);
    for corner in &mut corners {
        *corner = [corner[0] * scale, corner[1] * scale];
    }
    corners
}

/// Draws what happened to a lot: of every hundred, some 72 are older than 2022; 9 a year are eradicated, of which a
/// third is planted again; 4 a year are abandoned.
fn history(mut lot: Lot) -> Lot {
    let draw = |k: i64| unit(hash(lot.seed, k, 3));
    lot.planted = match draw(0) {
        d if d < 0.72 => 2000,
        d if d < 0.80 => 2022,
        d if d < 0.89 => 2023,
        _ => 2024,
    };
    for year in 2022..=2024 {
        let draw_in = |k: i64| unit(hash(lot.seed, k, i64::from(year)));
        if lot.planted >= year || lot.eradicated.is_some() || lot.abandoned.is_some() {
            continue;
        }
        if draw_in(1) < 0.09 {
            let method = if draw_in(2) < 0.6 { Method::Manual } else { Method::Spraying };
            lot.eradicated = Some((Day { year, of_year: 90.0 + 250.0 * draw_in(3) }, method));
            lot.replanted = draw_in(4) < 0.35;
        } else if draw_in(5) < 0.04 {
            lot.abandoned = Some(year);
        }
    }
    lot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_between_a_fifth_and_three_hectares() {
        let bounds = Bounds { min_x: 0.0, min_y: -20_000.0, max_x: 20_000.0, max_y: 0.0 };
        let lots = Landscape::new(3).lots(&bounds).lots;
        assert!(lots.len() > 300, "{} lots", lots.len());
        for lot in &lots {
            let ha = lot.planar_m2() / 1e4;
            assert!((0.2..=3.0).contains(&ha), "{ha} ha");
        }
    }

    #[test]
    fn a_lot_is_the_same_from_every_window() {
        let land = Landscape::new(3);
        let whole = land.lots(&Bounds { min_x: 0.0, min_y: -4000.0, max_x: 4000.0, max_y: 0.0 });
        let part = land.lots(&Bounds { min_x: 1000.0, min_y: -3000.0, max_x: 2000.0, max_y: -2000.0 });
        let mut coca = 0;
        for k in 0..10_000 {
            let (x, y) = (1000.0 + f64::from(k % 100) * 10.0, -3000.0 + f64::from(k / 100) * 10.0);
            let seeds = [&whole, &part].map(|grid| grid.at(x, y).map(|n| grid.lots[n as usize].seed));
            assert_eq!(seeds[0], seeds[1], "at {x}, {y}");
            coca += usize::from(seeds[0].is_some());
        }
        assert!(coca > 100, "{coca} points in lots");
    }
}
