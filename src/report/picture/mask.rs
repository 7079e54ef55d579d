//! A mask over imagery: translucent ground with an outline.

use ndarray::ArrayView2;

use super::{HATCH, Picture, VEIL, blend, on_hatch};

/// Colour of coca over imagery: a yellow that ground has neither in true colour nor with the near infrared as red, and lighter
/// than vegetation, so that colour-blind people see it too.
pub const COCA_OVER_IMAGERY: [u8; 3] = [255, 236, 0];
/// Part of that colour inside a patch.
const INSIDE: f32 = 0.4;
/// Part of that colour on its border.
const BORDER: f32 = 1.0;

/// What a mask says of the ground of a picture's pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cover {
    /// Part of the pixel's looks into the mask that met ground that was observed, 0 to 1.
    pub observed: f32,
    /// Part of those that met coca, 0 to 1.
    pub coca: f32,
    /// Whether the mask reaches here at all.
    pub reached: bool,
}

impl Cover {
    /// Ground that the mask does not reach.
    pub const BEYOND: Self = Self { observed: 0.0, coca: 0.0, reached: false };

    /// Whether the mask is of ground here that was not seen.
    pub fn unseen(self) -> bool {
        self.reached && self.observed <= 0.0
    }
}

/// Lays the mask's coca over a picture: patches translucent with a full outline, less than half a pixel by its part. Ground of
/// the mask that was not observed is hatched.
pub fn lay_mask(picture: &mut Picture, cover: ArrayView2<'_, Cover>) {
    let (rows, cols) = cover.dim();
    let filled = |row: usize, col: usize| cover[[row, col]].coca >= 0.5;
    // Beyond the picture a patch goes on: its edge is no border.
    let goes_on = |row: Option<usize>, col: Option<usize>| match (row, col) {
        (Some(row), Some(col)) if row < rows && col < cols => filled(row, col),
        _ => true,
    };
    for ((row, col), pixel) in picture.indexed_iter_mut() {
        let here = cover[[row, col]];
        if here.unseen() {
            *pixel = if on_hatch(row, col) { HATCH } else { VEIL };
        } else if filled(row, col) {
            let around = [
                goes_on(row.checked_sub(1), Some(col)),
                goes_on(Some(row + 1), Some(col)),
                goes_on(Some(row), col.checked_sub(1)),
                goes_on(Some(row), Some(col + 1)),
            ];
            let inside = around.iter().all(|filled| *filled);
            *pixel = blend(*pixel, COCA_OVER_IMAGERY, if inside { INSIDE } else { BORDER });
        } else if here.coca > 0.0 {
            // The root keeps a small lot visible where a pixel is far larger.
            *pixel = blend(*pixel, COCA_OVER_IMAGERY, here.coca.sqrt());
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn patches_have_an_outline_and_the_picture_shows_through() {
        let seen = |coca: f32| Cover { observed: 1.0, coca, reached: true };
        let mut cover = Array2::from_elem((5, 5), seen(0.0));
        (1..4).flat_map(|r| (1..4).map(move |c| [r, c])).for_each(|at| cover[at] = seen(1.0));
        cover[[0, 4]] = seen(0.25);
        cover[[4, 0]] = Cover { observed: 0.0, coca: 0.0, reached: true };
        cover[[4, 4]] = Cover::BEYOND;
        let ground = [200, 100, 0, 255];
        let mut picture = Picture::from_elem((5, 5), ground);
        lay_mask(&mut picture, cover.view());
        let full = [255, 236, 0, 255];
        assert_eq!((picture[[1, 1]], picture[[1, 2]], picture[[3, 3]]), (full, full, full));
        assert_eq!(picture[[2, 2]], [222, 154, 0, 255], "0.6 of the ground and 0.4 of the colour");
        assert_eq!(picture[[0, 4]], [228, 168, 0, 255], "a quarter of a pixel is drawn by half");
        assert_eq!((picture[[0, 0]], picture[[4, 4]], picture[[4, 0]]), (ground, ground, VEIL));
    }

    #[test]
    fn the_edge_of_the_picture_is_no_outline() {
        let cover = Array2::from_elem((3, 3), Cover { observed: 1.0, coca: 1.0, reached: true });
        let mut picture = Picture::from_elem((3, 3), [0, 0, 0, 255]);
        lay_mask(&mut picture, cover.view());
        assert!(picture.iter().all(|p| *p == [102, 94, 0, 255]), "{picture:?}");
    }
}
