//! Coca by cell of the national lattice: the finest that a picture for others shows of a mask.
//!
//! A cell is drawn by its hectares alone, so where a lot lies in it cannot be read off. A cell of which less than half was
//! observed, or lies on the mask, is drawn as not seen: its few pixels would point at what is in them.

use std::collections::BTreeMap;

use ndarray::ArrayView2;

use super::{HATCH, Picture, Rgba, VEIL, blend, on_hatch};
use crate::territory::CellIndex;

/// Lower ends of the classes, in hectares of coca for each square kilometre.
pub const CLASSES: [f64; 4] = [0.1, 1.0, 4.0, 8.0];
/// Their colours: ever darker, so that colour-blind people and a grey print keep their order, and none is the red of vegetation
/// in the near infrared.
pub const COLOURS: [[u8; 3]; 4] = [[250, 222, 70], [116, 201, 168], [38, 128, 184], [38, 24, 110]];
/// Part of a class's colour over imagery, which lies under it in grey: its own colours would make other classes of it.
const TINT: f32 = 0.5;
/// The same where cells have no border of the full colour.
const TINT_ALONE: f32 = 0.75;
/// Cells narrower than so many pixels have no border.
const NARROWEST: usize = 6;

/// What is drawn of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Less than half of it was observed.
    Unseen,
    /// Observed, with less coca than the first class.
    Bare,
    /// A class of [`CLASSES`].
    Class(usize),
}

impl Tint {
    /// The class of a cell with so many hectares of coca for each square kilometre.
    pub fn of_density(hectares: f64) -> Self {
        match CLASSES.iter().rposition(|low| hectares >= *low) {
            Some(class) => Self::Class(class),
            None => Self::Bare,
        }
    }
}

/// Lays cells over a picture. `cells` is the cell of each pixel's middle; pixels of cells that are not in `tints` stay as they
/// are.
pub fn lay_cells(picture: &mut Picture, cells: ArrayView2<'_, CellIndex>, tints: &BTreeMap<CellIndex, Tint>) {
    let borders = widest(cells) >= NARROWEST;
    for ((row, col), pixel) in picture.indexed_iter_mut() {
        let cell = cells[[row, col]];
        match tints.get(&cell) {
            Some(Tint::Unseen) => *pixel = if on_hatch(row, col) { HATCH } else { VEIL },
            Some(Tint::Class(class)) => {
                let part = match borders {
                    true if on_border(cells, (row, col)) => 1.0,
                    true => TINT,
                    false => TINT_ALONE,
                };
                *pixel = blend(grey(*pixel), COLOURS[*class], part);
            }
            Some(Tint::Bare) | None => {}
        }
    }
}

/// The lightness of a colour, halfway to a middle grey, in eight steps: with the 216 colours of a small picture the classes over
/// them fit into a palette.
fn grey(colour: Rgba) -> Rgba {
    if colour[3] == 0 {
        return colour;
    }
    let [r, g, b, _] = colour.map(u16::from);
    let light = (((3 * r + 6 * g + b) / 10 + 160) / 2) as u8 / 16 * 16 + 8;
    [light, light, light, 255]
}

/// Whether a pixel is the first or last of its cell in its row or column.
fn on_border(cells: ArrayView2<'_, CellIndex>, (row, col): (usize, usize)) -> bool {
    let own = cells[[row, col]];
    let differs = |row: Option<usize>, col: Option<usize>| {
        row.zip(col).and_then(|at| cells.get(at)).is_some_and(|other| *other != own)
    };
    differs(row.checked_sub(1), Some(col))
        || differs(Some(row + 1), Some(col))
        || differs(Some(row), col.checked_sub(1))
        || differs(Some(row), Some(col + 1))
}

/// The most pixels of one cell in the middle row.
fn widest(cells: ArrayView2<'_, CellIndex>) -> usize {
    let (rows, _) = cells.dim();
    let mut counts: BTreeMap<CellIndex, usize> = BTreeMap::new();
    if rows > 0 {
        cells.row(rows / 2).iter().for_each(|cell| *counts.entry(*cell).or_default() += 1);
    }
    counts.into_values().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn cell(east: i32) -> CellIndex {
        CellIndex { north: 0, east }
    }

    #[test]
    fn classes_are_told_apart_by_lightness_alone() {
        // CIE 1976 L* of an sRGB colour.
        let lightness = |colour: [u8; 3]| {
            let linear = colour.map(|c| (f64::from(c) / 255.0 + 0.055) / 1.055).map(|c| c.max(0.0).powf(2.4));
            let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
            116.0 * y.cbrt() - 16.0
        };
        let steps = COLOURS.map(lightness);
        assert!(steps.windows(2).all(|pair| pair[0] - pair[1] > 12.0), "{steps:?}");
    }

    #[test]
    fn densities_fall_into_classes() {
        let tint = |ha| Tint::of_density(ha);
        assert_eq!([tint(0.0), tint(0.099)], [Tint::Bare; 2]);
        assert_eq!([tint(0.1), tint(1.0), tint(7.9), tint(100.0)], [0, 1, 2, 3].map(Tint::Class));
    }

    #[test]
    fn a_cell_is_one_colour_with_a_border_and_an_unseen_one_is_hatched() {
        let cells = Array2::from_shape_fn((8, 24), |(_, col)| cell(col as i32 / 8));
        let tints = BTreeMap::from([(cell(0), Tint::Class(3)), (cell(1), Tint::Unseen), (cell(2), Tint::Bare)]);
        let ground = [100, 100, 100, 255];
        let mut picture = Picture::from_elem((8, 24), ground);
        lay_cells(&mut picture, cells.view(), &tints);
        assert_eq!(picture[[4, 3]], [87, 80, 123, 255], "half of the ground's grey, 136, and half of the colour");
        assert_eq!((picture[[4, 7]], picture[[0, 3]]), ([38, 24, 110, 255], [87, 80, 123, 255]));
        assert!((8..16).all(|col| [HATCH, VEIL].contains(&picture[[4, col]])));
        assert!((16..24).all(|col| picture[[4, col]] == ground));
        // Narrow cells have no border.
        let narrow = Array2::from_shape_fn((2, 6), |(_, col)| cell(col as i32 / 3));
        let mut picture = Picture::from_elem((2, 6), ground);
        lay_cells(&mut picture, narrow.view(), &BTreeMap::from([(cell(0), Tint::Class(3))]));
        assert!((0..3).all(|col| picture[[0, col]] == [63, 52, 117, 255]));
    }
}
