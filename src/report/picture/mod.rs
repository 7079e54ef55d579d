//! Pictures of imagery and masks as arrays of colours: pure, one colour for each pixel of a north-up grid.
//!
//! Ground that was not seen is never black: no data is transparent, cloud and shadow are a light grey, and ground that nothing
//! at all is known of is hatched. So a dark place is a dark place.

pub mod cells;
pub mod composite;
pub mod few_colours;
pub mod frame;
pub mod mask;
pub mod palette;
pub mod stretch;

use ndarray::Array2;

/// Red, green, blue and alpha of a pixel; alpha is 0 or 255.
pub type Rgba = [u8; 4];
/// A picture, `[row, col]`.
pub type Picture = Array2<Rgba>;

/// Nothing is known here, and nothing is drawn.
pub const NOTHING: Rgba = [0, 0, 0, 0];
/// What a cloud or its shadow hides.
pub const VEIL: Rgba = [216, 216, 216, 255];
/// Lines over ground that was not seen.
pub const HATCH: Rgba = [128, 128, 128, 255];
/// Ground without imagery, under cells.
pub const BLANK: Rgba = [236, 236, 236, 255];

/// Pixels from one line of the hatching to the next.
const HATCH_STEP: usize = 6;

/// What can be drawn of the ground of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It was seen.
    Clear,
    /// The scene is there, and cloud, shadow, snow or a saturated detector hides the ground.
    Hidden,
    /// There is no scene here.
    Nothing,
}

/// Whether a hatching line runs through a pixel.
pub fn on_hatch(row: usize, col: usize) -> bool {
    (row + col).is_multiple_of(HATCH_STEP)
}

/// Draws the hatching of ground that was not seen where `unseen` says so.
pub fn hatch(picture: &mut Picture, unseen: impl Fn(usize, usize) -> bool) {
    for ((row, col), pixel) in picture.indexed_iter_mut() {
        if unseen(row, col) {
            *pixel = if on_hatch(row, col) { HATCH } else { VEIL };
        }
    }
}

/// `part` of one colour (0 to 1) over another, or over [`BLANK`] where nothing is drawn; opaque.
pub fn blend(under: Rgba, over: [u8; 3], part: f32) -> Rgba {
    let under = if under[3] == 0 { BLANK } else { under };
    let part = part.clamp(0.0, 1.0);
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    [mix(under[0], over[0]), mix(under[1], over[1]), mix(under[2], over[2]), 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_mix_and_hatching_is_diagonal() {
        assert_eq!(blend([0, 100, 255, 255], [255, 200, 255], 0.5), [128, 150, 255, 255]);
        assert_eq!(blend(NOTHING, [0, 0, 0], 0.5), [118, 118, 118, 255]);
        let mut picture = Picture::from_elem((2, 7), NOTHING);
        hatch(&mut picture, |row, _| row == 1);
        assert!(picture.row(0).iter().all(|p| *p == NOTHING));
        let lines: Vec<bool> = picture.row(1).iter().map(|p| *p == HATCH).collect();
        assert_eq!(lines, [false, false, false, false, false, true, false]);
    }
}
