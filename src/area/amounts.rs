//! The classes inside one polygon at a time: for callers that look at many small ones, of which most need no look.

use super::coverage::{Outline, Run, Scratch};
use super::sums::{Mask, Sums};
use super::table::UNITS_PER_HECTARE;
use super::{AreaTable, CellArea};
use crate::scene::Window;

/// Adds up what lies inside an outline, in the exact integers of [`AreaTable`].
pub struct Amounts {
    scratch: Scratch,
    sums: Sums,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { scratch: Scratch::default(), sums: Sums::new() }
    }
}

impl Amounts {
    /// What an outline covers of a part of a window, as runs in the rows and columns of the window. No run depends on how
    /// the part is cut, so it may be the outline's own box.
    pub fn runs(&mut self, outline: &Outline, window: &Window, part: &Window) -> Vec<Run> {
        let (down, right) = (part.row0 - window.row0, part.col0 - window.col0);
        let mut runs = Vec::new();
        outline.runs(part, &mut self.scratch, |run| {
            let (col0, col1) = (run.col0 + right, run.col1 + right);
            runs.push(Run { row: run.row + down, col0, col1, ..run });
        });
        runs
    }

    /// Calls `found` with every class in the runs and its amount. `codes` are the window's, row by row, `cols` of them in a
    /// row, and `cells` the areas of the same window.
    pub fn add_up(
        &mut self,
        runs: &[Run],
        (codes, cols): (&[u8], usize),
        cells: &CellArea,
        found: impl FnMut(u8, i128),
    ) {
        let mask = Mask { codes, cols, cells };
        runs.iter().for_each(|run| self.sums.add_run(&mask, *run));
        self.sums.drain(found);
    }
}

impl AreaTable {
    /// Hectares of an amount. A polygon that only touches a pixel may hold a few units below zero of it, by rounding: that
    /// is 0.
    pub fn hectares_of(amount: i128) -> f64 {
        amount.max(0) as f64 / UNITS_PER_HECTARE
    }

    /// The amount of so many hectares, to the digits that a floating-point number has.
    pub fn amount_of(hectares: f64) -> i128 {
        (hectares * UNITS_PER_HECTARE) as i128
    }
}
