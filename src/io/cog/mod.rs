//! Byte rasters as Cloud Optimized GeoTIFFs with names, colours and overviews, written while their pixels are made.
//!
//! A window's tiles are compressed by the thread that made it ([`tiles`]); [`RasterSink`] keeps them in a nameless file and
//! puts their halves together, and whichever thread brings the last part of an overview's tile compresses that. In what order
//! tiles come makes no difference: [`RasterSink::finish`] puts all in order (`layout`) under a temporary name, which the
//! caller puts in place. A run that is killed leaves nothing under the final name.

pub(crate) mod layout;
pub mod statistics;
mod template;
pub mod tiles;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::ArrayView2;

use self::layout::{Field, Image};
use self::statistics::{Counts, Statistics};
use self::tiles::{At, Encoder, LayerTiles, Overview, Piece, SIDE, halve, tile_window};
use super::atomic::{self, Staged, WriteError};
use super::gdal_log::watch;
use crate::scene::{Grid, Window};

/// A raster that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CogError {
    /// GDAL refused.
    #[error("cannot write raster {path}: {message}; is there room on the disk?")]
    Gdal {
        /// The final name.
        path: PathBuf,
        /// What GDAL said.
        message: String,
    },
    /// The file system refused.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a byte raster holds, for whoever opens it.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// One sentence; the band's description.
    pub description: String,
    /// Names of the values, in order of the values.
    pub categories: Vec<(u8, String)>,
    /// Colours of the values, RGBA; the unobserved value is transparent.
    pub colours: Vec<(u8, [u8; 4])>,
    /// Colours along which amounts are drawn, rising; the file itself does not hold them.
    pub ramp: Vec<(u8, [u8; 4])>,
    /// Unit of the values, where they have one.
    pub unit: Option<&'static str>,
    /// How overviews are made.
    pub overviews: Overview,
    /// Metadata items of the dataset.
    pub metadata: Vec<(String, String)>,
}

/// The value that means *unobserved* in every byte raster: the band's nodata.
pub const NODATA: u8 = 255;

/// A raster that takes the pieces of windows in any order and from any thread.
pub struct RasterSink {
    path: PathBuf,
    size: (usize, usize),
    overviews: Overview,
    /// What describes the raster, from GDAL.
    fields: Vec<Field>,
    side: tempfile::TempPath,
    came: Mutex<Came>,
}

/// What came so far.
struct Came {
    /// Tiles as they came, and how long that is.
    tiles: File,
    length: u64,
    /// The raster, then its overviews, each half as large as the one before.
    levels: Vec<Level>,
    /// Values of the raster's pixels.
    counts: Counts,
}

/// The raster or one of its overviews.
struct Level {
    /// Rows and columns.
    size: (usize, usize),
    /// Number of tiles side by side.
    across: usize,
    /// Where each tile lies among those that came, and its length.
    places: Vec<Option<(u64, u32)>>,
    /// Tiles of which some pixels came, and how many are to come.
    open: BTreeMap<At, (Vec<u8>, usize)>,
}

impl Level {
    fn new(size: (usize, usize)) -> Self {
        let (down, across) = (size.0.div_ceil(SIDE), size.1.div_ceil(SIDE));
        Self { size, across, places: vec![None; down * across], open: BTreeMap::new() }
    }

    /// Puts pixels in; the tile when they were its last.
    fn add(&mut self, at: At, window: &Window, values: &[u8], stride: usize) -> Option<Vec<u8>> {
        let own = tile_window(at, self.size);
        let (plain, left) = self.open.entry(at).or_insert_with(|| (vec![NODATA; SIDE * SIDE], own.len()));
        for (row, line) in (window.row0 - own.row0..).zip(values.chunks(stride)).take(window.rows) {
            let first = row * SIDE + window.col0 - own.col0;
            plain[first..first + window.cols].copy_from_slice(&line[..window.cols]);
        }
        *left -= window.len().min(*left);
        if *left > 0 { None } else { self.open.remove(&at).map(|(plain, _)| plain) }
    }
}

impl RasterSink {
    /// Starts a raster; the folder of `path` must exist.
    ///
    /// # Errors
    /// [`CogError`] naming the final path.
    pub fn create(path: &Path, grid: &Grid, layer: &Layer) -> Result<Self, CogError> {
        let named = |source| WriteError::File { path: path.to_owned(), source };
        let gdals = |message| CogError::Gdal { path: path.to_owned(), message };
        let template = temporary_beside(path)?;
        let side = side_file(&template)?;
        watch(|| template::write(&template, grid, layer)).map_err(gdals)?;
        check_side_file(&side, layer).map_err(named)?;
        let bytes = std::fs::read(&template).map_err(named)?;
        let fields = layout::fields(&bytes).ok_or_else(|| gdals("its template is no TIFF".to_owned()))?;
        let mut size = (grid.rows, grid.cols);
        let mut levels = vec![Level::new(size)];
        while size.0.max(size.1) > SIDE {
            size = (size.0.div_ceil(2), size.1.div_ceil(2));
            levels.push(Level::new(size));
        }
        let tiles = tempfile::tempfile_in(atomic::parent(path)).map_err(named)?;
        let came = Mutex::new(Came { tiles, length: 0, levels, counts: Counts::default() });
        let size = (grid.rows, grid.cols);
        Ok(Self { path: path.to_owned(), size, overviews: layer.overviews, fields, side, came })
    }

    /// After a panic elsewhere the run is over: what is in here is not used any more.
    fn came(&self) -> MutexGuard<'_, Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the pixels of a window `[row, col]` in.
    ///
    /// # Errors
    /// [`CogError::Write`], mostly a full disk.
    pub fn write(&self, window: &Window, values: ArrayView2<'_, u8>, encoder: &mut Encoder) -> Result<(), CogError> {
        let tiles = self.tiles(window, values, encoder);
        self.take(&tiles, encoder)
    }

    /// What this raster keeps of the pixels of a window `[row, col]`, for [`Self::take`].
    pub fn tiles(&self, window: &Window, values: ArrayView2<'_, u8>, encoder: &mut Encoder) -> LayerTiles {
        LayerTiles::new(encoder, self.size, window, values, self.overviews)
    }

    /// Puts a window in. No thread waits for another's compression.
    ///
    /// # Errors
    /// [`CogError::Write`], mostly a full disk.
    pub fn take(&self, window: &LayerTiles, encoder: &mut Encoder) -> Result<(), CogError> {
        self.came().counts.add(&window.counts);
        for piece in &window.pieces {
            match piece {
                Piece::Whole { at, bytes, half } => {
                    self.keep(0, *at, bytes)?;
                    self.add_half(0, *at, half, encoder)?;
                }
                Piece::Part { at, window, values } => {
                    let (at, whole) = (*at, self.came().levels[0].add(*at, window, values, window.cols));
                    if let Some(plain) = whole {
                        self.add_whole(0, at, &plain, encoder)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Compresses a tile and keeps it, and what it completes above.
    fn add_whole(&self, level: usize, at: At, plain: &[u8], encoder: &mut Encoder) -> Result<(), CogError> {
        let bytes = encoder.compress(plain);
        self.keep(level, at, &bytes)?;
        if level + 1 == self.came().levels.len() {
            return Ok(());
        }
        self.add_half(level, at, &halve(plain, self.overviews), encoder)
    }

    /// Puts the half of a tile into the overview above it.
    fn add_half(&self, level: usize, (row, col): At, half: &[u8], encoder: &mut Encoder) -> Result<(), CogError> {
        let side = SIDE / 2;
        let at = (row / 2, col / 2);
        let mut came = self.came();
        let Some(above) = came.levels.get_mut(level + 1) else { return Ok(()) };
        let (row0, col0) = (row * side, col * side);
        let rows = side.min(above.size.0 - row0);
        let window = Window { row0, col0, rows, cols: side.min(above.size.1 - col0) };
        let whole = above.add(at, &window, half, side);
        drop(came);
        match whole {
            Some(plain) => self.add_whole(level + 1, at, &plain, encoder),
            None => Ok(()),
        }
    }

    /// Keeps a compressed tile.
    fn keep(&self, level: usize, (row, col): At, bytes: &[u8]) -> Result<(), CogError> {
        let named = |source| WriteError::File { path: self.path.clone(), source };
        let mut came = self.came();
        came.tiles.write_all(bytes).map_err(named)?;
        let start = came.length;
        came.length += bytes.len() as u64;
        let level = &mut came.levels[level];
        level.places[row * level.across + col] = Some((start, bytes.len() as u32));
        Ok(())
    }

    /// Statistics of the pixels that came so far.
    pub fn statistics(&self) -> Statistics {
        self.came().counts.statistics()
    }

    /// Makes the COG under a temporary name, and GDAL's side file where it needs one.
    ///
    /// # Errors
    /// [`CogError`] naming the final path.
    pub fn finish(self) -> Result<Vec<Staged>, CogError> {
        let named = |source| WriteError::File { path: self.path.clone(), source };
        let came = self.came.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut images = Vec::new();
        for level in &came.levels {
            let lengths: Option<Vec<u32>> = level.places.iter().map(|place| place.map(|(_, length)| length)).collect();
            let message = "pixels of it never came".to_owned();
            let lengths = lengths.ok_or(CogError::Gdal { path: self.path.clone(), message })?;
            images.push(Image { size: level.size, lengths });
        }
        let finished = temporary_beside(&self.path)?;
        let file = File::create(&finished).map_err(named)?;
        let fields = layout::with_items(&self.fields, &came.counts.statistics().items());
        came.copy(layout::head(&fields, &images), file).map_err(named)?;
        let mut staged = Vec::new();
        // Category names live in GDAL's side file, which goes the same way as the raster.
        if self.side.exists() {
            staged.push(Staged::new(self.side, side_name(&self.path)));
        }
        staged.push(Staged::new(finished, self.path));
        Ok(staged)
    }
}

impl Came {
    /// Writes the head, then the tiles of each level from the smallest on.
    fn copy(&self, head: Vec<u8>, file: File) -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        out.write_all(&head)?;
        let mut tiles = BufReader::with_capacity(1 << 18, &self.tiles);
        let (mut bytes, mut at) = (Vec::new(), self.length as i64);
        tiles.seek(SeekFrom::Start(self.length))?;
        for (start, length) in self.levels.iter().rev().flat_map(|level| &level.places).flatten() {
            bytes.resize(*length as usize, 0);
            // Relative, so that what is in the buffer need not be read again.
            tiles.seek_relative(*start as i64 - at)?;
            tiles.read_exact(&mut bytes)?;
            at = *start as i64 + i64::from(*length);
            out.write_all(&length.to_le_bytes())?;
            out.write_all(&bytes)?;
            out.write_all(&bytes[bytes.len().saturating_sub(layout::TRAILER as usize)..])?;
        }
        out.flush()
    }
}

/// GDAL does not tell when it cannot write its side file: it must be there, whole, and hold all names.
fn check_side_file(side: &Path, layer: &Layer) -> std::io::Result<()> {
    if layer.categories.is_empty() {
        return Ok(());
    }
    let text = std::fs::read_to_string(side).unwrap_or_default();
    let whole =
        text.trim_end().ends_with("</PAMDataset>") && text.matches("<Category>").count() >= layer.categories.len();
    let message = "its side file with the names of the classes was not written whole; is there room on the disk, and the \
                   right to write there?";
    if whole { Ok(()) } else { Err(std::io::Error::other(message)) }
}

/// GDAL's name for what a raster file cannot hold.
fn side_name(raster: &Path) -> PathBuf {
    let mut name = raster.as_os_str().to_owned();
    name.push(".aux.xml");
    name.into()
}

/// The side file of a temporary raster, which may come to be; removed when dropped.
fn side_file(raster: &Path) -> Result<tempfile::TempPath, WriteError> {
    let path = side_name(raster);
    tempfile::TempPath::try_from_path(&path).map_err(|source| WriteError::File { path, source })
}

/// An empty temporary file in the folder of `path`; removed when dropped.
fn temporary_beside(path: &Path) -> Result<tempfile::TempPath, CogError> {
    let folder = atomic::parent(path);
    let file = tempfile::Builder::new()
        .prefix(".cocal-")
        .suffix(".tif")
        .tempfile_in(folder)
        .map_err(|source| WriteError::Folder { folder: folder.to_owned(), source })?;
    Ok(file.into_temp_path())
}

#[cfg(test)]
mod tests;
