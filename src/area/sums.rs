//! Sums of pixel areas by class code: the inner loop of [`super::tabulate()`].
//!
//! A run of pixels that are wholly covered adds to tables of 64 bits, block by block: a block of one class is a single
//! addition, any other goes to four tables by turns, so that equal codes in a row do not wait for each other. The tables
//! are emptied into 128 bits before they could overflow. Every sum is of the same integers as pixel by pixel.

use super::cell_area::{CellArea, RowArea};
use super::coverage::{FULL, Run};
use crate::simd::zonal::{BLOCK, Known, Tables, add_block, add_constant};
use crate::simd::{Level, Work, dispatch};

/// Pixels that are added between two looks at what still fits.
const PART: usize = 1 << 14;

/// A window's class codes and the areas of its pixels.
pub(super) struct Mask<'a> {
    /// Row by row.
    pub codes: &'a [u8],
    /// Pixels in a row.
    pub cols: usize,
    /// Areas of the same window.
    pub cells: &'a CellArea,
}

impl Mask<'_> {
    /// The covered ground of a run, of all classes, in table units.
    pub fn amount(&self, run: Run) -> i128 {
        let row = self.cells.row(run.row);
        (run.col0..run.col1).map(|col| i128::from(run.cover) * i128::from(row.units(col))).sum()
    }
}

/// Adds wholly covered pixels of a row, from a column on, to the entries of their codes.
struct AddWhole<'a> {
    codes: &'a [u8],
    areas: RowArea<'a>,
    col0: usize,
    known: &'a mut Known,
    tables: &'a mut Tables,
}

impl Work for AddWhole<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { codes, areas, col0, known, tables } = self;
        match areas {
            RowArea::Same(units) => add_constant(codes, units, known, tables),
            RowArea::Nodes(line) => {
                let mut done = 0;
                while done < codes.len() {
                    let (slope, pixels) = line.slope(col0 + done);
                    let count = pixels.min(codes.len() - done).min(BLOCK);
                    add_block(&codes[done..done + count], &slope, tables);
                    done += count;
                }
            }
        }
    }
}

/// Sums by class code.
pub(super) struct Sums {
    /// In table units.
    total: [i128; 256],
    /// Areas of wholly covered pixels, not yet in `total`.
    whole: Tables,
    /// Pixels that went into `whole`.
    pixels: u64,
    /// The codes of pixels of one area.
    known: Known,
    level: Level,
}

impl Sums {
    pub fn new() -> Self {
        Self { total: [0; 256], whole: [[0; 256]; 4], pixels: 0, known: Known::default(), level: Level::current() }
    }

    /// Adds a run of pixels that are covered by the same part.
    pub fn add_run(&mut self, mask: &Mask<'_>, run: Run) {
        let start = run.row * mask.cols;
        let codes = &mask.codes[start + run.col0..start + run.col1];
        // Tables of 64 bits are for pixels of which millions fit them; one of 100 km has the whole width.
        if run.cover == FULL && codes.len() > 1 && mask.cells.fitting() >= PART as u64 {
            for (i, part) in codes.chunks(PART).enumerate() {
                self.add_whole(mask, (run.row, run.col0 + i * PART), part);
            }
        } else {
            let row = mask.cells.row(run.row);
            for (col, code) in (run.col0..).zip(codes) {
                self.total[usize::from(*code)] += i128::from(run.cover) * i128::from(row.units(col));
            }
        }
    }

    /// Adds at most [`PART`] wholly covered pixels of a row.
    fn add_whole(&mut self, mask: &Mask<'_>, (row, col0): (usize, usize), codes: &[u8]) {
        self.pixels += codes.len() as u64;
        if self.pixels > mask.cells.fitting() {
            self.empty();
            self.pixels = codes.len() as u64;
        }
        let (areas, known, tables) = (mask.cells.row(row), &mut self.known, &mut self.whole);
        dispatch(self.level, AddWhole { codes, areas, col0, known, tables });
    }

    fn empty(&mut self) {
        for code in 0..256 {
            let sum: u128 = self.whole.iter().map(|table| u128::from(table[code])).sum();
            self.total[code] += i128::from(FULL) * sum as i128;
        }
        self.whole = [[0; 256]; 4];
        self.pixels = 0;
    }

    /// Hands out the classes with something in them, and starts anew.
    pub fn drain(&mut self, mut found: impl FnMut(u8, i128)) {
        if self.pixels > 0 {
            self.empty();
        }
        for (code, sum) in self.total.iter_mut().enumerate().filter(|(_, sum)| **sum != 0) {
            found(code as u8, std::mem::take(sum));
        }
    }
}
