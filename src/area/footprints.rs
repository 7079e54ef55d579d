//! Ground by class inside polygons that may overlap each other: records of eradication do, municipalities do not.
//!
//! The exact parts of the pixels are kept, to be laid on the rasters of many dates of one grid. Sums are integers as in
//! [`super::AreaTable`], so a polygon that is cut by windows adds up to the same, in any order.

use geo::MultiPolygon;
use ndarray::ArrayView2;

use super::CellArea;
use super::coverage::{Outline, Run, Scratch};
use super::sums::{Mask, Sums};
use super::table::UNITS_PER_HECTARE;
use crate::scene::{Grid, Window};

/// An exact area, in the units of [`super::AreaTable`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount(i128);

impl Amount {
    /// Hectares. A polygon that only touches a pixel may hold a few units below zero of it, by rounding: that is 0.
    pub fn hectares(self) -> f64 {
        self.0.max(0) as f64 / UNITS_PER_HECTARE
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// The parts of a window's pixels inside each of some polygons.
#[derive(Debug, Default)]
pub struct Footprints {
    runs: Vec<Run>,
    /// Where the runs of each polygon end.
    ends: Vec<usize>,
}

impl Footprints {
    /// The parts inside valid polygons given in the grid's CRS.
    pub fn new(grid: &Grid, window: &Window, grounds: impl IntoIterator<Item = MultiPolygon<f64>>) -> Self {
        let (mut found, mut scratch) = (Self::default(), Scratch::default());
        for ground in grounds {
            Outline::new(grid, &ground).runs(window, &mut scratch, |run| found.runs.push(run));
            found.ends.push(found.runs.len());
        }
        found
    }

    /// Hands out the amount of every class met inside each polygon, by its number. `codes` is `[row, col]` of the window.
    ///
    /// # Panics
    /// When `codes` has fewer rows or columns than the window.
    pub fn add_up(&self, codes: ArrayView2<'_, u8>, cells: &CellArea, mut found: impl FnMut(usize, u8, Amount)) {
        let cols = codes.ncols();
        let codes = codes.as_standard_layout();
        let Some(codes) = codes.as_slice() else { return };
        let mask = Mask { codes, cols, cells };
        let (mut sums, mut start) = (Sums::new(), 0);
        for (number, end) in self.ends.iter().enumerate() {
            self.runs[start..*end].iter().for_each(|run| sums.add_run(&mask, *run));
            if start < *end {
                sums.drain(|class, amount| found(number, class, Amount(amount)));
            }
            start = *end;
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Coord, Rect};
    use ndarray::{Array2, s};

    use super::*;
    use crate::area::{Zones, tabulate};
    use crate::scene::Crs;

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon().into()
    }

    /// The table that serves municipalities must give the same, polygon by polygon, also where these overlap.
    #[test]
    fn overlapping_polygons_each_have_their_ground_and_windows_do_not_matter() {
        let grid = Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 1e-3,
            pixel_height: 1e-3,
            rows: 30,
            cols: 40,
        };
        let codes = Array2::from_shape_fn((30, 40), |(r, c)| [0, 1, 255][(r * 7 + c * 3) % 3]);
        let grounds = [square(-74.9953, 1.9853, 0.0121), square(-74.9903, 1.9803, 0.0121), square(-74.99, 1.98, 0.001)];
        let cells = |window: &Window| CellArea::from_lonlat(&grid, window, &[], &[]);
        let table = tabulate(&grid.window(), codes.view(), &Zones::new(&grid, &grounds), &cells(&grid.window()));
        assert!(table.overlap_hectares() > 10.0);
        for cut in [40, 7] {
            let mut sums = vec![[Amount::default(); 256]; 3];
            for col0 in (0..40).step_by(cut) {
                let window = Window { row0: 0, col0, rows: 30, cols: cut.min(40 - col0) };
                let part = codes.slice(s![.., col0..window.col_end()]);
                Footprints::new(&grid, &window, grounds.clone()).add_up(
                    part,
                    &cells(&window),
                    |zone, class, amount| {
                        sums[zone][usize::from(class)] += amount;
                    },
                );
            }
            for (zone, sums) in sums.iter().enumerate() {
                for class in [0, 1, 255] {
                    assert_eq!(sums[usize::from(class)].hectares(), table.hectares(zone, class), "{zone} {class}");
                }
            }
        }
    }
}
