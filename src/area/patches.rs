//! Pixels and hectares by class, quickly: for strata of a sample, where every pixel is whole and in one of them.
//!
//! Classes are counted in patches of 64 x 64 pixels, whose mean pixel area counts for each. Within a patch the area of pixels
//! changes by a millionth or two at 10 m, to one side as much as to the other: of a class it is right to better than that,
//! of all classes together to the last digits. [`super::tabulate()`] is exact, and takes several times as long.

use std::collections::BTreeMap;

use ndarray::ArrayView2;

use super::coverage::FULL;
use super::{AreaTable, CellArea};
use crate::scene::Window;
use crate::simd::{Level, Work, dispatch};

const SIDE: usize = 64;

/// Areas (outside of all zones) and pixels of a window, by class. `codes` is `[row, col]` of the window.
///
/// # Panics
/// When `codes` has another shape than the window.
pub fn tabulate_patches(
    window: &Window,
    codes: ArrayView2<'_, u8>,
    cells: &CellArea,
) -> (AreaTable, BTreeMap<u8, u64>) {
    assert_eq!(codes.dim(), (window.rows, window.cols), "codes must fill the window");
    let codes = codes.as_standard_layout();
    let (mut table, mut pixels) = (AreaTable::default(), BTreeMap::new());
    let Some(codes) = codes.as_slice() else { return (table, pixels) };
    let mut known: Vec<u8> = Vec::new();
    for row0 in (0..window.rows).step_by(SIDE) {
        for col0 in (0..window.cols).step_by(SIDE) {
            let (row1, col1) = ((row0 + SIDE).min(window.rows), (col0 + SIDE).min(window.cols));
            let corners = [(row0, col0), (row0, col1 - 1), (row1 - 1, col0), (row1 - 1, col1 - 1)];
            let four: i128 = corners.iter().map(|(row, col)| i128::from(cells.units(*row, *col))).sum();
            let patch = Patch { codes, cols: window.cols, rows: (row0, row1), span: (col0, col1) };
            let mut rest = ((row1 - row0) * (col1 - col0)) as u64;
            let mut number = 0;
            while rest > 0 {
                if number == known.len() {
                    known.extend(patch.first_beside(&known));
                }
                let Some(class) = known.get(number).copied() else { break };
                let count = dispatch(Level::current(), Count(patch, class));
                if count > 0 {
                    *pixels.entry(class).or_default() += count;
                    table.add_outside(class, i128::from(FULL) * i128::from(count) * four / 4);
                }
                rest -= count;
                number += 1;
            }
        }
    }
    (table, pixels)
}

/// Some rows and columns of a window's codes.
#[derive(Clone, Copy)]
struct Patch<'a> {
    codes: &'a [u8],
    cols: usize,
    rows: (usize, usize),
    span: (usize, usize),
}

impl<'a> Patch<'a> {
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [u8] {
        &self.codes[row * self.cols + self.span.0..row * self.cols + self.span.1]
    }

    /// The first code that is none of these.
    fn first_beside(&self, known: &[u8]) -> Option<u8> {
        (self.rows.0..self.rows.1).flat_map(|row| self.row(row)).copied().find(|code| !known.contains(code))
    }
}

struct Count<'a>(Patch<'a>, u8);

impl Work for Count<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        // A byte holds the count of a column: 64 at most.
        let mut sums = [0_u8; SIDE];
        for row in self.0.rows.0..self.0.rows.1 {
            let codes = self.0.row(row);
            if let Ok(codes) = <&[u8; SIDE]>::try_from(codes) {
                sums.iter_mut().zip(codes).for_each(|(sum, code)| *sum += u8::from(*code == self.1));
            } else {
                sums.iter_mut().zip(codes).for_each(|(sum, code)| *sum += u8::from(*code == self.1));
            }
        }
        sums.iter().map(|sum| u64::from(*sum)).sum()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::area::{Zones, tabulate};
    use crate::scene::{Crs, Grid};

    /// On longitude and latitude, where rows differ: a class in the north and one in the south of every patch are the worst.
    #[test]
    fn patches_count_exactly_and_weigh_nearly_so() {
        let (rows, cols) = (300, 200);
        let grid = Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 1e-4,
            pixel_height: 1e-4,
            rows,
            cols,
        };
        let window = grid.window();
        let codes = Array2::from_shape_fn((rows, cols), |(row, col)| match (row, col) {
            (299, 7) => 9,
            _ if row * 31 % 97 < 40 => 1,
            _ if col % 3 == 0 => 255,
            _ => 2,
        });
        let cells = CellArea::from_lonlat(&grid, &window, &[], &[]);
        let (table, pixels) = tabulate_patches(&window, codes.view(), &cells);
        let exact = tabulate(&window, codes.view(), &Zones::new(&grid, &[]), &cells);
        for class in [1, 2, 9, 255] {
            assert_eq!(pixels[&class], codes.iter().filter(|code| **code == class).count() as u64);
            let (near, right) = (table.outside_hectares(class), exact.outside_hectares(class));
            assert!((near / right - 1.0).abs() < 2e-6, "{class}: {near} {right}");
        }
        let sum = |table: &AreaTable| [1, 2, 9, 255].iter().map(|class| table.outside_hectares(*class)).sum::<f64>();
        assert!((sum(&table) / sum(&exact) - 1.0).abs() < 1e-9);
        assert_eq!(pixels.len(), 4);
    }
}
