//! Zones of a sample: municipalities or square cells, by pixel.

use ndarray::Array2;

use crate::area::coverage::FULL;
use crate::area::{Zones, coverage};
use crate::io::read_municipalities::MunicipalityLayer;
use crate::scene::{Grid, Window};

/// Beside classes, ground is told apart by zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// No zones.
    Whole,
    /// Number of a municipality in its layer.
    Municipality(u32),
    /// Row and column of a square cell, counted from the origin of the map's reference system.
    Cell(i64, i64),
    /// In no municipality.
    Outside,
    /// Touched by ground that is not to be sampled.
    Excluded,
}

impl Zone {
    /// Whether it is no part of the population.
    pub fn is_out(self) -> bool {
        matches!(self, Self::Outside | Self::Excluded)
    }
}

/// What makes zones.
#[derive(Clone, Debug)]
pub enum Zoning<'a> {
    /// Nothing.
    None,
    /// Municipalities: a pixel belongs to the one that holds most of it.
    Municipalities(&'a MunicipalityLayer),
    /// Square cells of so many pixels.
    Cells(usize),
}

/// Row and column on the lattice of a grid's reference system that its first pixel has.
pub fn lattice_origin(grid: &Grid) -> (i64, i64) {
    let whole = |units: f64, size: f64| (units / size + 1e-3).floor() as i64;
    (whole(-grid.origin_y, grid.pixel_height), whole(grid.origin_x, grid.pixel_width))
}

pub(super) const NOWHERE: u32 = u32::MAX;

pub(super) fn number_of(zone: Zone) -> u32 {
    match zone {
        Zone::Municipality(number) => number,
        _ => NOWHERE,
    }
}

/// The municipality that holds most of each pixel, [`NOWHERE`] where more of it is in none.
pub(super) fn municipality_of(zones: &Zones, window: &Window) -> Array2<u32> {
    let mut number = Array2::from_elem((window.rows, window.cols), NOWHERE);
    let mut best = Array2::from_elem((window.rows, window.cols), 0_i64);
    let mut rest = Array2::from_elem((window.rows, window.cols), FULL);
    for zone in zones.in_window(window) {
        for run in coverage(zones, zone, window) {
            for col in run.col0..run.col1 {
                let at = [run.row, col];
                rest[at] -= run.cover;
                if run.cover > best[at] {
                    (best[at], number[at]) = (run.cover, zone as u32);
                }
            }
        }
    }
    number.zip_mut_with(&ndarray::Zip::from(&best).and(&rest).map_collect(|best, rest| best < rest), |n, outside| {
        if *outside {
            *n = NOWHERE;
        }
    });
    number
}

/// Where a stretch of pixels is cut by cells: first pixel, cell, pixels.
pub(super) fn pieces(first: usize, length: usize, origin: i64, side: usize) -> Vec<(usize, (i64, usize))> {
    let side = side.max(1) as i64;
    let mut found = Vec::new();
    let mut at = first;
    while at < first + length {
        let place = origin + at as i64;
        let cell = place.div_euclid(side);
        let left = ((cell + 1) * side - place) as usize;
        let pixels = left.min(first + length - at);
        found.push((at, (cell, pixels)));
        at += pixels;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cut_a_stretch_at_multiples_of_their_side() {
        assert_eq!(pieces(3, 10, -5, 4), [(3, (-1, 2)), (5, (0, 4)), (9, (1, 4))]);
        assert_eq!(pieces(0, 3, 8, 100), [(0, (0, 3))]);
    }
}
