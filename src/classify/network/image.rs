//! Networks that look around a pixel: patches on a lattice over the whole grid.
//!
//! A patch of `side` pixels answers for its inner part only, [`margin`] pixels from its borders; the inner parts of all
//! patches cover the grid once. So every pixel is always answered for by the same patch, whatever the windows.

use super::{Found, Make, Network, NetworkError, Room, Year};
use crate::features::planar::Pixels;
use crate::scene::Window;

/// Pixels that a patch sees around the part that it answers for: an eighth of its side, at most 32.
pub fn margin(side: usize) -> usize {
    (side / 8).min(32)
}

/// Side of the part that a patch answers for.
fn inner(side: usize) -> usize {
    side - 2 * margin(side)
}

/// All pixels of the patches that answer for a window, cut at the borders of the grid.
pub(super) fn reach(side: usize, window: &Window, (rows, cols): (usize, usize)) -> Window {
    let (inner, margin) = (inner(side), margin(side));
    let ends = |first: usize, end: usize, all: usize| {
        let from = (first / inner * inner).saturating_sub(margin);
        (from, (end.div_ceil(inner) * inner + margin).min(all) - from)
    };
    let (row0, rows) = ends(window.row0, window.row_end(), rows);
    let (col0, cols) = ends(window.col0, window.col_end(), cols);
    Window { row0, col0, rows, cols }
}

impl Network {
    /// Classifies a window patch by patch; those without an observed pixel are left out.
    pub(super) fn patches(
        &self,
        side: usize,
        year: &Year<'_>,
        coca: &[bool],
        (make, room): (&mut Make<'_>, &mut Room),
        mut put: impl FnMut(usize, Found),
    ) -> Result<(), NetworkError> {
        let (inner, window, read) = (inner(side), year.window, year.read);
        let number = |row: usize, col: usize| (row - read.row0) * read.cols + col - read.col0;
        for down in window.row0 / inner..window.row_end().div_ceil(inner) {
            for right in window.col0 / inner..window.col_end().div_ceil(inner) {
                let own = Window { row0: down * inner, col0: right * inner, rows: inner, cols: inner };
                let Some(own) = own.intersection(&window) else { continue };
                let seen = |row: usize| &year.seen[number(row, own.col0)..][..own.cols];
                if !(own.row0..own.row_end()).any(|row| seen(row).iter().any(|n| *n > 0)) {
                    continue;
                }
                let place = Place { side, rows: down * inner, cols: right * inner };
                self.see(&place, year, make, &mut room.input);
                let scores = self.run(room, &[1, self.features, side, side], self.outputs() * side * side)?;
                for row in own.row0..own.row_end() {
                    for col in own.col0..own.col_end() {
                        let pixel = number(row, col);
                        if year.seen[pixel] > 0 {
                            let at = place.at(row, col);
                            let of = scores[at..].iter().step_by(side * side).copied();
                            put(pixel, self.found(of, coca, &mut room.row));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Fills in what a patch sees.
    fn see(&self, place: &Place, year: &Year<'_>, make: &mut Make<'_>, input: &mut Vec<f32>) {
        let (side, read) = (place.side, year.read);
        input.clear();
        input.resize(self.features * side * side, 0.0);
        let margin = margin(side);
        let first = (place.rows.saturating_sub(margin), place.cols.saturating_sub(margin));
        let end = ((place.rows + side - margin).min(read.row_end()), (place.cols + side - margin).min(read.col_end()));
        let mut list = Vec::new();
        let mut at = Vec::new();
        for row in first.0..end.0 {
            let from = ((row - read.row0) * read.cols + first.1 - read.col0) as u32;
            list.extend(from..from + (end.1 - first.1) as u32);
            let place = place.at(row, first.1);
            at.extend(place..place + end.1 - first.1);
        }
        make.each(year.tiles, Pixels::List(&list), |pixel, feature, value| {
            input[feature * side * side + at[pixel]] = value;
        });
    }
}

/// A patch by the first row and column of the part that it answers for.
struct Place {
    side: usize,
    rows: usize,
    cols: usize,
}

impl Place {
    /// Where a pixel of the grid lies in the patch.
    fn at(&self, row: usize, col: usize) -> usize {
        let margin = margin(self.side);
        (row + margin - self.rows) * self.side + col + margin - self.cols
    }
}
