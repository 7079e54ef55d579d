//! Fewer shades, for small files.

use super::{Picture, Rgba};

/// Shades of each of red, green and blue.
const SHADES: u16 = 6;

/// The picture with few shades of each colour.
pub fn reduce(picture: &Picture) -> Picture {
    let shade = |v: u8| {
        let step = 255 / (SHADES - 1);
        (((u16::from(v) + step / 2) / step) * step) as u8
    };
    picture.mapv(|[r, g, b, a]: Rgba| [shade(r), shade(g), shade(b), a])
}
