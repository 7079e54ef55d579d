//! What a window of a year's map is, as bytes: hectares, states of the scenes' pixels, and the tiles of the four rasters.
//!
//! A journal and a part are rows of these. Where tiles and parts of tiles lie follows from the window, so only their bytes are
//! kept; whoever reads them checks every length against what is there and what the window asks for: the bytes may be anything.

use libdeflater::Decompressor;

use super::cog::statistics::Counts;
use super::cog::tiles::{At, Encoder, LayerTiles, Overview, Piece, SIDE, halve, tile_window, tiles_of};
use super::loss::Loss;
use crate::area::AreaTable;
use crate::scene::{Validity, Window};

/// Pixels of a scene by [`Validity`].
pub type States = [u64; Validity::ALL.len()];

/// Most scenes of a window that are believed.
const MOST_SCENES: usize = 1 << 20;

/// One window's results. Zones and scenes are counted among those of the window, so that another layer of polygons or another
/// list of scenes elsewhere changes nothing here.
#[derive(Debug)]
pub struct WindowRecord {
    /// Where.
    pub window: Window,
    /// Hectares by zone (its place among the zones of the window) and class.
    pub table: AreaTable,
    /// Pixels by state, of each scene of the window in the year's order.
    pub states: Vec<States>,
    /// Blocks that could not be read.
    pub losses: Vec<Loss>,
    /// Tiles of each raster.
    pub layers: Vec<LayerTiles>,
}

/// Bytes that are no such record.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no whole record of a window: {0}")]
pub struct RecordError(&'static str);

/// The rasters that records are of.
#[derive(Clone, Debug)]
pub struct RasterShape {
    /// Rows and columns.
    pub size: (usize, usize),
    /// How the overviews of each raster are made.
    pub overviews: Vec<Overview>,
}

impl WindowRecord {
    /// The record with these tiles in the place of its own as bytes, the same for the same record.
    pub fn to_bytes(&self, layers: &[LayerTiles], encoder: &mut Encoder) -> Vec<u8> {
        let mut out = Vec::new();
        let Window { row0, col0, rows, cols } = self.window;
        [row0, col0, rows, cols].iter().for_each(|number| put_number(&mut out, *number));
        // Neither serialises a map with keys that are no text, so neither fails.
        put_bytes(&mut out, &serde_json::to_vec(&self.table).unwrap_or_default());
        put_bytes(&mut out, &serde_json::to_vec(&self.losses).unwrap_or_default());
        put_number(&mut out, self.states.len());
        self.states.iter().flatten().for_each(|count| out.extend(count.to_le_bytes()));
        for layer in layers {
            put_number(&mut out, layer.counts.present().count());
            for (value, count) in layer.counts.present() {
                out.push(value);
                out.extend(count.to_le_bytes());
            }
            for piece in &layer.pieces {
                match piece {
                    Piece::Whole { bytes, .. } => put_bytes(&mut out, bytes),
                    Piece::Part { values, .. } => put_bytes(&mut out, &encoder.pack(values)),
                }
            }
        }
        out
    }

    /// Reads a record of a window of these rasters.
    ///
    /// # Errors
    /// [`RecordError`] for anything that [`Self::to_bytes`] does not give. No more is allocated than the bytes and the window
    /// ask for.
    pub fn from_bytes(bytes: &[u8], shape: &RasterShape) -> Result<Self, RecordError> {
        let mut bytes = Bytes(bytes);
        let window = Self::window_of(&mut bytes, shape.size)?;
        let json = RecordError("its tables are no JSON");
        let table = serde_json::from_slice(bytes.bytes()?).map_err(|_| json)?;
        let losses = serde_json::from_slice(bytes.bytes()?).map_err(|_| RecordError("its losses are no JSON"))?;
        let scenes = bytes.number()?;
        if scenes > MOST_SCENES {
            return Err(RecordError("more scenes than there can be"));
        }
        let mut states = Vec::new();
        for _ in 0..scenes {
            let mut of = States::default();
            for count in &mut of {
                *count = u64::from_le_bytes(bytes.array()?);
            }
            states.push(of);
        }
        let mut decompressor = Decompressor::new();
        let mut layers = Vec::new();
        for overview in &shape.overviews {
            let counts = counts(&mut bytes, &window)?;
            let of = |at| piece(&mut bytes, (&window, at), (shape.size, *overview), &mut decompressor);
            layers.push(LayerTiles { counts, pieces: tiles_of(&window).map(of).collect::<Result<_, _>>()? });
        }
        if bytes.0.is_empty() {
            Ok(Self { window, table, states, losses, layers })
        } else {
            Err(RecordError("bytes after its end"))
        }
    }

    fn window_of(bytes: &mut Bytes<'_>, size: (usize, usize)) -> Result<Window, RecordError> {
        let (row0, col0, rows, cols) = (bytes.number()?, bytes.number()?, bytes.number()?, bytes.number()?);
        let inside = |first: usize, length: usize, size: usize| length > 0 && first < size && length <= size - first;
        if inside(row0, rows, size.0) && inside(col0, cols, size.1) {
            Ok(Window { row0, col0, rows, cols })
        } else {
            Err(RecordError("a window outside the raster"))
        }
    }
}

/// Values of the pixels of a window.
fn counts(bytes: &mut Bytes<'_>, window: &Window) -> Result<Counts, RecordError> {
    let present = bytes.number()?.min(256);
    let pairs = (0..present).map(|_| Ok((bytes.array::<1>()?[0], u64::from_le_bytes(bytes.array()?))));
    let pairs: Vec<(u8, u64)> = pairs.collect::<Result<_, _>>()?;
    let all = pairs.iter().try_fold(0_u64, |sum, (_, n)| sum.checked_add(*n));
    let rising = pairs.is_sorted_by(|a, b| a.0 < b.0);
    if all == Some(window.len() as u64) && rising {
        Ok(Counts::from_present(pairs))
    } else {
        Err(RecordError("counts that are not those of the window"))
    }
}

/// What a window holds of a tile.
fn piece(
    bytes: &mut Bytes<'_>,
    (window, at): (&Window, At),
    (size, overview): ((usize, usize), Overview),
    decompressor: &mut Decompressor,
) -> Result<Piece, RecordError> {
    let own = tile_window(at, size);
    let shared = own.intersection(window).ok_or(RecordError("a tile beside the window"))?;
    let packed = bytes.bytes()?;
    let mut values = vec![0; if shared == own { SIDE * SIDE } else { shared.len() }];
    if decompressor.zlib_decompress(packed, &mut values) != Ok(values.len()) {
        return Err(RecordError("a tile that is not as long as it must be"));
    }
    Ok(if shared == own {
        Piece::Whole { at, bytes: packed.to_vec(), half: halve(&values, overview) }
    } else {
        Piece::Part { at, window: shared, values }
    })
}

fn put_number(out: &mut Vec<u8>, number: usize) {
    out.extend((number as u32).to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len());
    out.extend(bytes);
}

/// Bytes that are taken from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(RecordError("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn number(&mut self) -> Result<usize, RecordError> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn bytes(&mut self) -> Result<&'a [u8], RecordError> {
        let length = self.number()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn shape() -> RasterShape {
        RasterShape { size: (600, 700), overviews: vec![Overview::Mode, Overview::Average] }
    }

    fn record(encoder: &mut Encoder) -> WindowRecord {
        let window = Window { row0: 0, col0: 0, rows: 600, cols: 530 };
        let values = Array2::from_shape_fn((600, 530), |(row, col)| (row * 7 + col / 9) as u8);
        let layers = shape()
            .overviews
            .iter()
            .map(|how| LayerTiles::new(encoder, (600, 700), &window, values.view(), *how))
            .collect();
        let losses = vec![Loss { file: "a.tif".into(), band: 1, block: (0, 2), cause: "torn".into() }];
        WindowRecord { window, table: AreaTable::default(), states: vec![[3; Validity::ALL.len()]], losses, layers }
    }

    #[test]
    fn a_record_comes_back_with_its_tiles() {
        let mut encoder = Encoder::default();
        let record = record(&mut encoder);
        let bytes = record.to_bytes(&record.layers, &mut encoder);
        let back = WindowRecord::from_bytes(&bytes, &shape()).unwrap();
        assert_eq!((back.window, back.states.len(), &back.losses), (record.window, 1, &record.losses));
        assert!(back.layers == record.layers && back.layers[0].pieces.len() == 4);
        assert!(back.to_bytes(&back.layers, &mut encoder) == bytes);
    }

    /// Whatever is cut off, added or changed: an error or a record, never a panic, and nothing outside the raster.
    #[test]
    fn broken_records_are_refused() {
        let mut encoder = Encoder::default();
        let bytes = {
            let record = record(&mut encoder);
            record.to_bytes(&record.layers, &mut encoder)
        };
        for length in (0..bytes.len()).step_by(bytes.len() / 300) {
            assert!(WindowRecord::from_bytes(&bytes[..length], &shape()).is_err(), "{length}");
        }
        let more: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert_eq!(WindowRecord::from_bytes(&more, &shape()).unwrap_err(), RecordError("bytes after its end"));
        for at in (0..bytes.len()).step_by(97) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            let _ = WindowRecord::from_bytes(&changed, &shape());
        }
        let small = RasterShape { size: (600, 500), ..shape() };
        assert_eq!(WindowRecord::from_bytes(&bytes, &small).unwrap_err(), RecordError("a window outside the raster"));
    }
}
