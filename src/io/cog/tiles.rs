//! Tiles of a byte raster: compressed where the pixels were made, and halved for the overviews.

use libdeflater::{CompressionLvl, Compressor};
use ndarray::{ArrayView2, s};

use super::NODATA;
use super::statistics::Counts;
use crate::scene::Window;

/// Rows and columns of a tile.
pub const SIDE: usize = 512;

/// Rows and columns of a tile in the overview above it.
const HALF: usize = SIDE / 2;

/// How hard DEFLATE tries: level 3 makes files 1 to 7 % smaller and a whole run of `classify` take 6 % longer.
const LEVEL: i32 = 1;

/// How four pixels become one of an overview; [`NODATA`] counts only where all four have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overview {
    /// The commonest value, the first of them where there are several.
    Mode,
    /// The pixel above and left.
    #[default]
    Nearest,
    /// The rounded mean.
    Average,
}

/// A tile by its row and column among the tiles of its level.
pub type At = (usize, usize);

/// What a window holds of a tile.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// All of it, ready for the file.
    Whole {
        /// Which tile.
        at: At,
        /// Compressed.
        bytes: Vec<u8>,
        /// Its part of the overview, `HALF` x `HALF`.
        half: Vec<u8>,
    },
    /// Some of its pixels.
    Part {
        /// Which tile.
        at: At,
        /// Which pixels of the raster, row by row.
        window: Window,
        /// Their values.
        values: Vec<u8>,
    },
}

/// What a window is of a raster: its tiles and parts of tiles, and how many pixels have each value.
#[derive(Debug, PartialEq)]
pub struct LayerTiles {
    /// Values of its pixels.
    pub counts: Counts,
    /// Its pixels.
    pub pieces: Vec<Piece>,
}

impl LayerTiles {
    /// Those of a window `[row, col]` of a raster of `size` rows and columns.
    pub fn new(
        encoder: &mut Encoder,
        size: (usize, usize),
        window: &Window,
        values: ArrayView2<'_, u8>,
        how: Overview,
    ) -> Self {
        Self { counts: Counts::of(values), pieces: encoder.pieces(size, window, values, how) }
    }
}

/// Compresses tiles. One per thread.
pub struct Encoder {
    compressor: Compressor,
    plain: Vec<u8>,
    packed: Vec<u8>,
    /// A tile of one value only, as it was compressed last: many are.
    flat: [Option<Vec<u8>>; 256],
}

impl Default for Encoder {
    fn default() -> Self {
        let level = CompressionLvl::new(LEVEL).unwrap_or_default();
        Self { compressor: Compressor::new(level), plain: Vec::new(), packed: Vec::new(), flat: [const { None }; 256] }
    }
}

impl Encoder {
    /// Cuts a window `[row, col]` of a raster of `size` rows and columns into tiles and parts of tiles.
    fn pieces(
        &mut self,
        size: (usize, usize),
        window: &Window,
        values: ArrayView2<'_, u8>,
        how: Overview,
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for at in tiles_of(window) {
            let own = tile_window(at, size);
            let Some(shared) = own.intersection(window) else { continue };
            let (row, col) = (shared.row0 - window.row0, shared.col0 - window.col0);
            let view = values.slice(s![row..row + shared.rows, col..col + shared.cols]);
            pieces.push(if shared == own {
                let mut plain = std::mem::take(&mut self.plain);
                plain.clear();
                plain.resize(SIDE * SIDE, NODATA);
                for (line, row) in plain.chunks_exact_mut(SIDE).zip(view.rows()) {
                    line.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
                }
                let whole = Piece::Whole { at, bytes: self.compress(&plain), half: halve(&plain, how) };
                self.plain = plain;
                whole
            } else {
                Piece::Part { at, window: shared, values: view.iter().copied().collect() }
            });
        }
        pieces
    }

    /// A tile's pixels as a zlib stream.
    pub(super) fn compress(&mut self, plain: &[u8]) -> Vec<u8> {
        let flat = plain.first().copied().filter(|first| plain.iter().all(|value| value == first));
        if let Some(bytes) = flat.and_then(|value| self.flat[usize::from(value)].as_ref()) {
            return bytes.clone();
        }
        let bytes = self.pack(plain);
        if let Some(value) = flat {
            self.flat[usize::from(value)] = Some(bytes.clone());
        }
        bytes
    }

    /// Any pixels as a zlib stream.
    pub fn pack(&mut self, plain: &[u8]) -> Vec<u8> {
        self.packed.resize(self.compressor.zlib_compress_bound(plain.len()), 0);
        // The one error is a buffer that is too small, and the bound is the library's own.
        let length = self.compressor.zlib_compress(plain, &mut self.packed).unwrap_or(0);
        self.packed[..length].to_vec()
    }
}

/// The tiles that a window touches, row by row.
pub fn tiles_of(window: &Window) -> impl Iterator<Item = At> + use<> {
    let cols = window.col0 / SIDE..window.col_end().div_ceil(SIDE);
    (window.row0 / SIDE..window.row_end().div_ceil(SIDE)).flat_map(move |row| cols.clone().map(move |col| (row, col)))
}

/// The pixels of a tile that lie in a raster of `size` rows and columns.
pub fn tile_window((row, col): At, size: (usize, usize)) -> Window {
    let (row0, col0) = (row * SIDE, col * SIDE);
    Window { row0, col0, rows: SIDE.min(size.0 - row0), cols: SIDE.min(size.1 - col0) }
}

/// A tile at half its size.
pub fn halve(plain: &[u8], how: Overview) -> Vec<u8> {
    let mut half = vec![NODATA; HALF * HALF];
    for (out, two) in half.chunks_exact_mut(HALF).zip(plain.chunks_exact(2 * SIDE)) {
        let (above, below) = two.split_at(SIDE);
        let fours = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
        let pairs = out.iter_mut().zip(fours);
        match how {
            Overview::Mode => pairs.for_each(|(to, ([a, b], [c, d]))| *to = mode(*a, *b, *c, *d)),
            Overview::Nearest => pairs.for_each(|(to, ([a, _], _))| *to = *a),
            Overview::Average => pairs.for_each(|(to, ([a, b], [c, d]))| *to = mean([*a, *b, *c, *d])),
        }
    }
    half
}

/// Without branches, so that the compiler makes vectors of it.
fn mode(a: u8, b: u8, c: u8, d: u8) -> u8 {
    let first = if a != NODATA {
        a
    } else if b != NODATA {
        b
    } else if c != NODATA {
        c
    } else {
        d
    };
    let third = if (c != NODATA) & (c == d) { c } else { first };
    let second = if (b != NODATA) & ((b == c) | (b == d)) { b } else { third };
    if (a != NODATA) & ((a == b) | (a == c) | (a == d)) { a } else { second }
}

fn mean(four: [u8; 4]) -> u8 {
    let (mut sum, mut count) = (0_u16, 0_u16);
    for value in four {
        let seen = u16::from(value != NODATA);
        sum += seen * u16::from(value);
        count += seen;
    }
    // By thirds without a division: 65536 / 3 rounded up is exact for sums below 1024. Without branches or look-ups, the
    // compiler makes vectors of it.
    let third = ((u32::from(sum + 1) * 21_846) >> 16) as u16;
    let mean = if count == 4 { (sum + 2) >> 2 } else { third };
    let mean = if count == 2 { (sum + 1) >> 1 } else { mean };
    let mean = if count == 1 { sum } else { mean };
    if count == 0 { NODATA } else { mean as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libdeflater::Decompressor;
    use ndarray::Array2;

    #[test]
    fn four_pixels_become_one() {
        let of = |how, [a, b, c, d]: [u8; 4]| {
            let mut plain = vec![NODATA; SIDE * SIDE];
            (plain[0], plain[1], plain[SIDE], plain[SIDE + 1]) = (a, b, c, d);
            halve(&plain, how)[0]
        };
        for (four, mode, mean) in [
            ([1, 2, 2, 3], 2, 2),
            ([1, 2, 3, 4], 1, 3),
            ([4, 4, 1, 1], 4, 3),
            ([1, 2, 3, 3], 3, 2),
            ([255, 255, 3, 255], 3, 3),
            ([255, 9, 9, 255], 9, 9),
            ([255, 255, 7, 8], 7, 8),
            ([255, 0, 0, 1], 0, 0),
            ([255, 255, 255, 255], 255, 255),
        ] {
            assert_eq!((of(Overview::Mode, four), of(Overview::Average, four)), (mode, mean), "{four:?}");
            assert_eq!(of(Overview::Nearest, four), four[0]);
        }
    }

    #[test]
    fn a_mean_is_the_rounded_one() {
        for a in 0..=255 {
            for b in 0..=255 {
                let seen: Vec<u32> = [a, b, 254, 3].into_iter().filter(|v| *v != NODATA).map(u32::from).collect();
                let (sum, count) = (seen.iter().sum::<u32>(), seen.len() as u32);
                assert_eq!(u32::from(mean([a, b, 254, 3])), (sum + count / 2) / count);
            }
        }
    }

    #[test]
    fn a_window_is_whole_tiles_and_parts_of_others() {
        let size = (700, 1_300);
        let values = Array2::from_shape_fn(size, |(row, col)| (row * 7 + col * 13) as u8 % 200);
        let mut encoder = Encoder::default();
        for window in [
            Window { row0: 0, col0: 0, rows: 700, cols: 1_300 },
            Window { row0: 100, col0: 512, rows: 600, cols: 788 },
            Window { row0: 512, col0: 3, rows: 188, cols: 5 },
        ] {
            let view = values.slice(s![window.row0..window.row_end(), window.col0..window.col_end()]);
            let (mut covered, mut whole) = (0, 0);
            for piece in encoder.pieces(size, &window, view, Overview::Nearest) {
                let (own, pixels) = match &piece {
                    Piece::Part { window, values, .. } => (*window, values.clone()),
                    Piece::Whole { at, bytes, half } => {
                        let mut plain = vec![0; SIDE * SIDE];
                        Decompressor::new().zlib_decompress(bytes, &mut plain).unwrap();
                        assert_eq!(half[1], plain[2]);
                        let own = tile_window(*at, size);
                        whole += 1;
                        (own, plain.chunks(SIDE).take(own.rows).flat_map(|row| row[..own.cols].to_vec()).collect())
                    }
                };
                let expected = values.slice(s![own.row0..own.row_end(), own.col0..own.col_end()]);
                assert!(pixels.iter().eq(expected.iter()), "{own:?}");
                covered += own.len();
            }
            assert_eq!(covered, window.len());
            assert_eq!(
                whole,
                if window.col0 == 0 {
                    6
                } else if window.col0 == 512 {
                    2
                } else {
                    0
                }
            );
        }
    }
}
