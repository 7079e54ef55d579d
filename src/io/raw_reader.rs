//! Reading a scene for mapping: digital numbers as they are where the scene lies on the target's lattice, and the states of
//! its validity layers so far around as clouds may grow.

use ndarray::{Array2, Array3, s};

use super::blocks::Blocks;
use super::raster::Part;
use super::scene::SceneError;
use super::scene_reader::{Placed, SceneReader, Way, axis, overlaps, span};
use crate::scene::raw::{Decoding, Plane, RawTile};
use crate::scene::source::SceneBand;
use crate::scene::{Validity, Window};

/// Pixels of a validity layer that are looked at together.
const ALIKE: usize = 64;

/// The part of a window that lies inside a scene.
struct Inside {
    /// In the pixels of the scene.
    part: Window,
    /// Row and column of its first pixel in the window.
    at: (usize, usize),
}

impl SceneReader {
    /// Reads `core` of the target grid, and the states of `around`, which holds it. The tile is not settled yet.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file, band and source window when pixels cannot be read.
    pub fn raw(&mut self, core: Window, around: Window) -> Result<RawTile, SceneError> {
        let blank = || Array2::from_elem((around.rows, around.cols), Validity::OutsideScene);
        let (planes, validity) = match self.way {
            _ if !self.footprint.is_some_and(|f| overlaps(f, around)) => (Vec::new(), blank()),
            Way::Lattice(row, col) => self.lattice(core, around, (row, col), blank())?,
            Way::Resample(_) => {
                let tile = self.read(around)?;
                (cut_planes(&tile.values, core, around), tile.validity)
            }
        };
        Ok(RawTile { window: core, planes, validity, around, fill: self.fill, day: self.day })
    }

    /// As [`Self::raw`] of each of these `(core, around)`, neighbours of each other, decoding no block of theirs twice.
    ///
    /// # Errors
    /// As of [`Self::raw`].
    pub fn raw_of_neighbours(&mut self, windows: &[(Window, Window)]) -> Result<Vec<RawTile>, SceneError> {
        self.keep_blocks(true);
        let tiles = windows.iter().map(|(core, around)| self.raw(*core, *around)).collect();
        self.keep_blocks(false);
        tiles
    }

    fn keep_blocks(&mut self, keep: bool) {
        for placed in &mut self.rasters {
            placed.keeps = keep;
            if let Some(Some(blocks)) = placed.blocks.get_mut() {
                blocks.keep(keep);
            }
        }
    }

    fn lattice(
        &self,
        core: Window,
        around: Window,
        offset: (i64, i64),
        mut states: Array2<Validity>,
    ) -> Result<(Vec<Plane>, Array2<Validity>), SceneError> {
        let Some(wide) = self.inside(around, offset) else { return Ok((Vec::new(), states)) };
        let (row, col) = wide.at;
        states
            .slice_mut(s![row..row + wide.part.rows, col..col + wide.part.cols])
            .assign(&self.layer_states(wide.part)?);
        let (row, col) = (core.row0 - around.row0, core.col0 - around.col0);
        let own = states.slice(s![row..row + core.rows, col..col + core.cols]);
        let Some(inner) = self.inside(core, offset).filter(|_| own.iter().any(|v| v.is_observed())) else {
            return Ok((Vec::new(), states));
        };
        let planes = self.bands.iter().map(|(file, band)| self.plane(*file, band, core, &inner));
        Ok((planes.collect::<Result<_, _>>()?, states))
    }

    /// What of a window of the target lies inside the scene, whose first pixel is at `offset` in the target.
    fn inside(&self, window: Window, offset: (i64, i64)) -> Option<Inside> {
        let along = |first: usize, length: usize, offset: i64, size: usize| {
            let start = first as i64 - offset;
            let (low, high) = (start.max(0), (start + length as i64).min(size as i64));
            (low < high).then_some((low as usize, (high - low) as usize, (low - start) as usize))
        };
        let (row0, rows, at_row) = along(window.row0, window.rows, offset.0, self.frame.rows)?;
        let (col0, cols, at_col) = along(window.col0, window.cols, offset.1, self.frame.cols)?;
        Some(Inside { part: Window { row0, col0, rows, cols }, at: (at_row, at_col) })
    }

    /// One band of `core`; what lies outside the scene holds anything.
    fn plane(&self, file: usize, band: &SceneBand, core: Window, inner: &Inside) -> Result<Plane, SceneError> {
        let whole = inner.part.rows == core.rows && inner.part.cols == core.cols;
        if let Some(decoding) = Decoding::of(band).filter(|_| is_unsigned(band))
            && let Some(numbers) = self.numbers(file, band.index, inner.part)?
        {
            let numbers = if whole { numbers } else { spread(&numbers, core, inner, 0) };
            return Ok(Plane::Numbers(numbers, decoding));
        }
        let values = self.band_values(file, band, inner.part)?.into_iter().collect::<Vec<_>>();
        Ok(Plane::Reflectance(if whole { values } else { spread(&values, core, inner, f32::NAN) }))
    }

    /// Gives observed pixels the state that a layer of unsigned numbers holds for them; `false` where it is no such layer or
    /// does not reach all of them.
    pub(super) fn coded_states(
        &self,
        (file, index): (usize, usize),
        part: Window,
        states: &mut Array2<Validity>,
        of: impl Fn(f64) -> Validity,
    ) -> Result<bool, SceneError> {
        if !self.rasters[file].raster.is_unsigned(index)? {
            return Ok(false);
        }
        let Some(numbers) = self.numbers(file, index, part)? else { return Ok(false) };
        let low: [Validity; 256] = std::array::from_fn(|number| of(number as f64));
        // Bit flags lie higher.
        let mut last = (0, low[0]);
        let mut state_of = |number: u16| {
            low.get(usize::from(number)).copied().unwrap_or_else(|| {
                if number != last.0 {
                    last = (number, of(f64::from(number)));
                }
                last.1
            })
        };
        let Some(states) = states.as_slice_mut() else { return Ok(false) };
        for (states, numbers) in states.chunks_mut(ALIKE).zip(numbers.chunks(ALIKE)) {
            // Neighbours are mostly alike, and then mostly clear. Without an early end, the comparison is vector code.
            let first = numbers[0];
            if numbers.iter().fold(true, |alike, number| alike & (*number == first)) {
                let state = state_of(first);
                let observed = states.iter_mut().filter(|own| state != Validity::Clear && own.is_observed());
                observed.for_each(|own| *own = state);
            } else {
                for (own, number) in states.iter_mut().zip(numbers).filter(|(own, _)| own.is_observed()) {
                    *own = state_of(*number);
                }
            }
        }
        self.spare.give(numbers);
        Ok(true)
    }

    /// Numbers of a band for some pixels of the scene, each of a coarser raster's replicated; `None` where the raster does not
    /// reach all of them.
    fn numbers(&self, file: usize, index: usize, part: Window) -> Result<Option<Vec<u16>>, SceneError> {
        let placed = &self.rasters[file];
        let placement = placed.placement;
        let own_rows = axis(part.row0, part.rows, placement.row0, placement.factor, placed.frame.rows);
        let own_cols = axis(part.col0, part.cols, placement.col0, placement.factor, placed.frame.cols);
        let (Some(rows), Some(cols)) = (span(&own_rows), span(&own_cols)) else { return Ok(None) };
        if own_rows.iter().chain(&own_cols).any(Option::is_none) {
            return Ok(None);
        }
        let window = Window { row0: rows.0, col0: cols.0, rows: rows.1, cols: cols.1 };
        let wanted = Part { index, mask: false, window, south_up: placed.frame.south_up };
        let read = match placed.decode(wanted, self.spare.take())? {
            Some(read) => read,
            None => match placed.raster.numbers(wanted) {
                // The caller's other way tells the blocks that are there from those that are lost.
                Err(SceneError::Read { .. }) if placed.raster.goes_on() => return Ok(None),
                read => read?,
            },
        };
        if placement.factor == 1 {
            return Ok(Some(read));
        }
        let own_cols: Vec<usize> = own_cols.iter().flatten().map(|col| col - window.col0).collect();
        let mut numbers = Vec::with_capacity(part.len());
        for row in own_rows.iter().flatten().map(|row| row - window.row0) {
            let line = &read[row * window.cols..(row + 1) * window.cols];
            numbers.extend(own_cols.iter().map(|col| line[*col]));
        }
        Ok(Some(numbers))
    }
}

impl Placed {
    /// Numbers of a band straight from the file's blocks, in this memory; `None`, and the memory is freed, where GDAL has to be asked.
    fn decode(&self, wanted: Part, memory: Vec<u16>) -> Result<Option<Vec<u16>>, SceneError> {
        if wanted.south_up {
            return Ok(None);
        }
        let mut blocks = self.blocks.borrow_mut();
        let open = || {
            let mut blocks = Blocks::open(&self.raster, wanted.index)?;
            blocks.keep(self.keeps);
            Some(blocks)
        };
        let Some(blocks) = blocks.get_or_insert_with(open) else { return Ok(None) };
        Ok(blocks.read((wanted.index, &self.raster.band(wanted.index)?), wanted.window, memory))
    }
}

/// Whether every number of a band fits 16 bits without a sign.
fn is_unsigned(band: &SceneBand) -> bool {
    matches!(band.data_type.as_str(), "UInt16" | "Byte" | "UInt8")
}

/// Rows of the part inside the scene, put in their place in the window.
fn spread<T: Copy>(read: &[T], core: Window, inner: &Inside, blank: T) -> Vec<T> {
    let mut out = vec![blank; core.len()];
    for (row, line) in read.chunks_exact(inner.part.cols).enumerate() {
        let first = (inner.at.0 + row) * core.cols + inner.at.1;
        out[first..first + line.len()].copy_from_slice(line);
    }
    out
}

/// The planes of `core` of pixels read for `around`.
fn cut_planes(values: &Array3<f32>, core: Window, around: Window) -> Vec<Plane> {
    let (row, col) = (core.row0 - around.row0, core.col0 - around.col0);
    let inside = s![.., row..row + core.rows, col..col + core.cols];
    values.slice(inside).outer_iter().map(|band| Plane::Reflectance(band.iter().copied().collect())).collect()
}
