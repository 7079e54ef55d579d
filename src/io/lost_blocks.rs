//! Going on where blocks of a raster cannot be read: their pixels are without data, and they are told.

use std::cell::RefCell;
use std::collections::BTreeSet;

use ndarray::{Array2, s};

use super::loss::Loss;
use super::raster::{Part, Raster};
use super::scene::SceneError;
use super::scene_reader::SceneReader;
use crate::scene::Window;

impl SceneReader {
    /// The same, which goes on where blocks cannot be read: they are not observed, and [`Self::take_lost`] tells of them.
    pub fn going_on(mut self) -> Self {
        self.rasters.iter_mut().for_each(|placed| placed.raster.go_on());
        self
    }

    /// The blocks that could not be read since this was last asked.
    pub fn take_lost(&self) -> BTreeSet<Loss> {
        self.rasters.iter().flat_map(|placed| placed.raster.take_lost()).collect()
    }
}

impl Raster {
    /// Goes on where blocks cannot be read: their pixels are without data, and [`Self::take_lost`] tells of them.
    pub fn go_on(&mut self) {
        self.lost = Some(RefCell::default());
    }

    /// Whether blocks that cannot be read are passed over.
    pub fn goes_on(&self) -> bool {
        self.lost.is_some()
    }

    /// The blocks that could not be read since this was last asked.
    pub fn take_lost(&self) -> BTreeSet<Loss> {
        self.lost.as_ref().map(RefCell::take).unwrap_or_default()
    }

    /// The same; where blocks that cannot be read are passed over, their pixels are `absent`.
    ///
    /// # Errors
    /// As of [`Self::read`] without `absent`, or where the raster does not go on.
    pub fn read_or<O: Copy>(
        &self,
        part: Part,
        absent: Option<O>,
        convert: impl Fn(f64) -> O,
    ) -> Result<Array2<O>, SceneError> {
        let whole = self.read_whole(part, &convert);
        match (&whole, absent, &self.lost) {
            (Err(SceneError::Read { .. }), Some(absent), Some(lost)) => {
                self.read_what_there_is(part, (absent, lost), convert)
            }
            _ => whole,
        }
    }

    /// Reads storage block by storage block: what is lost does not depend on how windows are cut.
    fn read_what_there_is<O: Copy>(
        &self,
        part: Part,
        (absent, lost): (O, &RefCell<BTreeSet<Loss>>),
        convert: impl Fn(f64) -> O,
    ) -> Result<Array2<O>, SceneError> {
        let (block_rows, block_cols) = self.block(part.index)?;
        let (rows, window) = (self.dataset.raster_size().1, part.window);
        let mut out = Array2::from_elem((window.rows, window.cols), absent);
        // Blocks are counted from the first row of the file, windows from the north.
        let own = if part.south_up { Window { row0: rows - window.row_end(), ..window } } else { window };
        for down in own.row0 / block_rows..own.row_end().div_ceil(block_rows) {
            for right in own.col0 / block_cols..own.col_end().div_ceil(block_cols) {
                let block =
                    Window { row0: down * block_rows, col0: right * block_cols, rows: block_rows, cols: block_cols };
                let Some(stored) = block.intersection(&own) else { continue };
                let shared = if part.south_up { Window { row0: rows - stored.row_end(), ..stored } } else { stored };
                match self.read_whole(Part { window: shared, ..part }, &convert) {
                    Ok(read) => {
                        let (row, col) = (shared.row0 - window.row0, shared.col0 - window.col0);
                        out.slice_mut(s![row..row + shared.rows, col..col + shared.cols]).assign(&read);
                    }
                    Err(SceneError::Read { path, band, message, .. }) => {
                        lost.borrow_mut().insert(Loss { file: path, band, block: (down, right), cause: message });
                    }
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(out)
    }
}
