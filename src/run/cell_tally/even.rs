//! Boxes of pixels that have one code: sums of the codes' weights from the window's first corner to each pixel.

use ndarray::Array2;

use super::window::{COCA, OTHER, Spot};
use crate::area::{OUTSIDE_RASTER, UNOBSERVED};
use crate::scene::Window;

/// Bits for the pixels of one code.
const BITS: u32 = 21;

/// Sums over the pixels above and to the left. The sums may wrap around, those of a box that is looked at do not.
#[derive(Default)]
pub struct Even {
    sums: Vec<u64>,
    cols: usize,
}

/// Pixels of a code count one in the bits of the code; there are none for other classes than coca.
fn weight(code: u8) -> u64 {
    match code {
        UNOBSERVED => 1,
        OUTSIDE_RASTER => 1 << BITS,
        COCA => 1 << (2 * BITS),
        _ => 0,
    }
}

impl Even {
    /// Takes the codes of a window.
    pub fn fill(&mut self, codes: &Array2<u8>) {
        let (rows, cols) = codes.dim();
        self.cols = cols + 1;
        self.sums.clear();
        self.sums.resize((rows + 1) * self.cols, 0);
        for (row, line) in codes.outer_iter().enumerate() {
            let (above, below) = self.sums.split_at_mut((row + 1) * self.cols);
            let above = &above[row * self.cols + 1..];
            let mut sum = 0_u64;
            for ((code, up), here) in line.iter().zip(above).zip(&mut below[1..=cols]) {
                sum = sum.wrapping_add(weight(*code));
                *here = sum.wrapping_add(*up);
            }
        }
    }

    /// The code of all pixels of a spot of the window, where they are of one that is not coca.
    pub fn code(&self, window: &Window, spot: &Spot) -> Option<u8> {
        let part = &spot.part;
        if part.len() >= 1 << BITS {
            return None;
        }
        let at = |row: usize, col: usize| self.sums[(row - window.row0) * self.cols + col - window.col0];
        let sum = at(part.row_end(), part.col_end())
            .wrapping_sub(at(part.row0, part.col_end()))
            .wrapping_sub(at(part.row_end(), part.col0))
            .wrapping_add(at(part.row0, part.col0));
        let all = part.len() as u64;
        match sum {
            0 => Some(OTHER),
            _ if sum == all => Some(UNOBSERVED),
            _ if sum == all << BITS => Some(OUTSIDE_RASTER),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_box_has_a_code_where_all_its_pixels_have_it_and_it_is_not_coca(
            codes in proptest::collection::vec(prop_oneof![6 => Just(OTHER), 2 => Just(UNOBSERVED), 2 => Just(OUTSIDE_RASTER), 1 => Just(COCA)], 63)
        ) {
            let (rows, cols) = (7, 9);
            let codes = Array2::from_shape_vec((rows, cols), codes).unwrap();
            let window = Window { row0: 100, col0: 50, rows, cols };
            let mut even = Even::default();
            even.fill(&Array2::from_elem((2, 3), COCA));
            even.fill(&codes);
            for (row, col, height, width) in [(0, 0, 1, 1), (0, 0, 7, 9), (2, 3, 2, 2), (6, 8, 1, 1), (5, 0, 1, 3), (0, 8, 2, 1)] {
                let part = Window { row0: 100 + row, col0: 50 + col, rows: height, cols: width };
                let of_box = codes.slice(ndarray::s![row..row + height, col..col + width]);
                let first = of_box[[0, 0]];
                let expected = (first != COCA && of_box.iter().all(|code| *code == first)).then_some(first);
                prop_assert_eq!(even.code(&window, &Spot { part, of: 0 }), expected);
            }
        }
    }
}
