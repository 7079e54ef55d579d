//! One raster of which a picture is made: numbers at points, without reading all of it.

use std::path::Path;

use gdal::raster::ResampleAlg;

use super::points::{Looks, Points};
use crate::io::gdal_log::watch;
use crate::io::raster::{Frame, Raster};
use crate::io::scene::SceneError;
use crate::scene::Window;

/// A point this close to the next source pixel (in pixels) belongs to it, so that ties do not hang on rounding.
const TIE: f64 = 1e-6;

/// An open raster.
pub(super) struct Source {
    pub(super) raster: Raster,
    frame: Frame,
}

/// Source row and column; `None` outside.
type Place = Option<(usize, usize)>;

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self, SceneError> {
        let raster = Raster::open(path)?;
        let frame = raster.frame()?;
        Ok(Self { raster, frame })
    }

    /// Source pixels from one look to the next, at the picture's middle.
    pub(super) fn step(&self, points: &Points) -> Result<f64, SceneError> {
        let named = |source| SceneError::Crs { path: self.raster.path.clone(), source: Box::new(source) };
        let [at, right, below] = points.middle().map_err(named)?.map(|(x, y)| self.frame.col_row(x, y));
        let apart = |other: (f64, f64)| (other.0 - at.0).hypot(other.1 - at.1);
        Ok(apart(right).min(apart(below)))
    }

    /// Source pixels of looks.
    fn places(&self, looks: &Looks) -> Vec<Place> {
        let place = |(x, y): (&f64, &f64)| {
            let (col, row) = self.frame.col_row(*x, *y);
            let whole = |v: f64, size: usize| {
                let v = (v + TIE).floor();
                (v >= 0.0 && v < size as f64).then_some(v as usize)
            };
            whole(row, self.frame.rows).zip(whole(col, self.frame.cols))
        };
        looks.x.iter().zip(&looks.y).map(place).collect()
    }

    /// Numbers of a band of measurements at looks that are `step` source pixels apart: one source pixel of as many as lie
    /// between two looks, from overviews where there are any. NaN outside.
    pub(super) fn measured(&self, index: usize, looks: &Looks, step: f64) -> Result<Vec<f64>, SceneError> {
        let places = self.places(looks);
        let Some((rows, cols)) = bounds(&places) else { return Ok(vec![f64::NAN; places.len()]) };
        let every = (step.floor() as usize).clamp(1, self.frame.rows.min(self.frame.cols).max(1));
        let (rows, cols) = (blocks(rows, every, self.frame.rows), blocks(cols, every, self.frame.cols));
        let size = (cols.1 - cols.0, rows.1 - rows.0);
        let window = Window { row0: rows.0 * every, col0: cols.0 * every, rows: size.1 * every, cols: size.0 * every };
        let data = self.read(Part { index, mask: false, window, size })?;
        let at = |(row, col): (usize, usize)| {
            // What is left beside the last whole block takes that one's number.
            let own = (row / every).clamp(rows.0, rows.1 - 1) - rows.0;
            data[own * size.0 + (col / every).clamp(cols.0, cols.1 - 1) - cols.0]
        };
        Ok(places.into_iter().map(|place| place.map_or(f64::NAN, at)).collect())
    }

    /// Codes of a band, or of its mask, at looks: of the very pixels, row by row. Overviews of codes may hold averages, which
    /// are other codes. `None` outside.
    pub(super) fn codes(&self, index: usize, mask: bool, looks: &Looks) -> Result<Vec<Option<f64>>, SceneError> {
        let places = self.places(looks);
        let mut order: Vec<(usize, usize, usize)> =
            (0..).zip(&places).filter_map(|(at, place)| place.map(|(row, col)| (row, col, at))).collect();
        order.sort_unstable();
        let mut out = vec![None; places.len()];
        for of_row in order.chunk_by(|a, b| a.0 == b.0) {
            let (row, first, last) = (of_row[0].0, of_row[0].1, of_row[of_row.len() - 1].1);
            let cols = last - first + 1;
            let window = Window { row0: row, col0: first, rows: 1, cols };
            let line = self.read(Part { index, mask, window, size: (cols, 1) })?;
            of_row.iter().for_each(|(_, col, at)| out[*at] = Some(line[col - first]));
        }
        Ok(out)
    }

    /// Reads a window as an array of a size; rows from the north.
    fn read(&self, part: Part) -> Result<Vec<f64>, SceneError> {
        let Part { index, mask, window, size } = part;
        let Window { row0, col0, rows, cols } = window;
        let failed = |message| SceneError::Read { path: self.raster.path.clone(), band: index, window, message };
        let band = self.raster.band(index)?;
        let mask = if mask { Some(watch(|| band.open_mask_band()).map_err(failed)?) } else { None };
        let band = mask.as_ref().unwrap_or(&band);
        let first = if self.frame.south_up { self.frame.rows - row0 - rows } else { row0 };
        let from = (col0 as isize, first as isize);
        let near = Some(ResampleAlg::NearestNeighbour);
        let buffer = watch(|| band.read_as::<f64>(from, (cols, rows), size, near)).map_err(failed)?;
        let (_, data) = buffer.into_shape_and_vec();
        if self.frame.south_up { Ok(data.chunks(size.0).rev().flatten().copied().collect()) } else { Ok(data) }
    }
}

/// What to read: source pixels, and columns and rows of what comes back.
#[derive(Clone, Copy)]
struct Part {
    index: usize,
    mask: bool,
    window: Window,
    size: (usize, usize),
}

/// First and last row, first and last column of the places.
fn bounds(places: &[Place]) -> Option<((usize, usize), (usize, usize))> {
    let mut inside = places.iter().flatten();
    let first = inside.next()?;
    let start = ((first.0, first.0), (first.1, first.1));
    Some(inside.fold(start, |(r, c), (row, col)| ((r.0.min(*row), r.1.max(*row)), (c.0.min(*col), c.1.max(*col)))))
}

/// First block and one past the last of whole blocks of `every` pixels that hold these pixels, as near as there are whole ones.
fn blocks((first, last): (usize, usize), every: usize, size: usize) -> (usize, usize) {
    let whole = size / every;
    let end = (last / every + 1).min(whole);
    ((first / every).min(end - 1), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_and_never_none() {
        assert_eq!(blocks((0, 9), 1, 10), (0, 10));
        assert_eq!(blocks((3, 9), 4, 10), (0, 2));
        assert_eq!(blocks((8, 9), 4, 10), (1, 2));
        assert_eq!(blocks((4, 5), 4, 12), (1, 2));
    }
}
