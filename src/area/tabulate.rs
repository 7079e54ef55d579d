//! One window of class codes to an [`AreaTable`]: coverage times cell area, summed by zone and class.

use ndarray::{Array2, ArrayView2};

use super::coverage::{FULL, Run, Scratch};
use super::{AreaTable, CellArea, Zones};
use crate::scene::Window;

/// Sums by class code.
struct Sums([i128; 256]);

impl Sums {
    /// Adds a run of pixels that are covered by the same part.
    fn add_run(&mut self, codes: &[u8], areas: impl Fn(usize) -> u64, cover: i64) {
        let mut col = 0;
        while col < codes.len() {
            let code = codes[col];
            let mut sum = 0_u128;
            while col < codes.len() && codes[col] == code {
                sum += u128::from(areas(col));
                col += 1;
            }
            self.0[usize::from(code)] += i128::from(cover) * sum as i128;
        }
    }

    /// The classes with something in them.
    fn found(&self) -> impl Iterator<Item = (u8, i128)> + '_ {
        self.0.iter().enumerate().filter(|(_, v)| **v != 0).map(|(class, v)| (class as u8, *v))
    }
}

/// The area table of one window. `codes` is `[row, col]` of the window: classes 0 to 253, [`super::UNOBSERVED`],
/// [`super::OUTSIDE_RASTER`].
///
/// What no zone claims of a pixel goes to "outside", so zones and outside add up to the window exactly.
///
/// # Panics
/// When `codes` has another shape than the window.
pub fn tabulate(window: &Window, codes: ArrayView2<'_, u8>, zones: &Zones, cells: &CellArea) -> AreaTable {
    assert_eq!(codes.dim(), (window.rows, window.cols), "codes must fill the window");
    let codes = codes.as_standard_layout();
    let mut table = AreaTable::default();
    let mut scratch = Scratch::default();
    // Change of the claimed part from the pixel before: two additions a run instead of one a pixel.
    let mut claims = Array2::<i64>::zeros((window.rows, window.cols + 1));
    for zone in zones.in_window(window) {
        let mut sums = Sums([0; 256]);
        zones.outline(zone).runs(window, &mut scratch, |run| {
            claims[[run.row, run.col0]] += run.cover;
            claims[[run.row, run.col1]] -= run.cover;
            add_covered(&mut sums, codes.view(), cells, run);
        });
        sums.found().for_each(|(class, amount)| table.add(zone, class, amount));
    }
    add_rest(&mut table, codes.view(), cells, claims);
    table
}

fn add_covered(sums: &mut Sums, codes: ArrayView2<'_, u8>, cells: &CellArea, run: Run) {
    let row = codes.row(run.row);
    if let Some(row) = row.as_slice() {
        sums.add_run(&row[run.col0..run.col1], |col| cells.units(run.row, run.col0 + col), run.cover);
    }
}

/// What the zones leave of every pixel goes outside; what they claim twice is counted as overlap too.
fn add_rest(table: &mut AreaTable, codes: ArrayView2<'_, u8>, cells: &CellArea, claims: Array2<i64>) {
    let mut outside = Sums([0; 256]);
    let mut overlap = 0_i128;
    for (row, (codes, claims)) in codes.rows().into_iter().zip(claims.rows()).enumerate() {
        let mut claimed = 0;
        for (col, (&code, &change)) in codes.iter().zip(claims).enumerate() {
            claimed += change;
            if claimed == FULL {
                continue;
            }
            let amount = i128::from(FULL - claimed) * i128::from(cells.units(row, col));
            outside.0[usize::from(code)] += amount;
            overlap += (-amount).max(0);
        }
    }
    outside.found().for_each(|(class, amount)| table.add_outside(class, amount));
    table.add_overlap(overlap);
}
