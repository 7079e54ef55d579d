//! Class rasters of one year on one lattice, read as one raster: ground that two of them show is counted once.

use std::path::PathBuf;

use geo::{Area, BooleanOps, Coord, LineString, Polygon};
use ndarray::{Array2, s};

use super::class_raster::{ClassRaster, ClassRasterError, ClassReader};
use super::crs::{CrsError, Transform};
use crate::area::{OUTSIDE_RASTER, UNOBSERVED};
use crate::scene::{Crs, Grid, Window};

/// Pixels of a window are about this many on a side.
const WINDOW_SIDE: usize = 512;
/// Pixels of a window at most where storage blocks are wider than that.
const WINDOW_PIXELS: usize = 1 << 20;

/// Class rasters that cannot be added up.
#[derive(Debug, thiserror::Error)]
pub enum MosaicError {
    /// Ground that would be counted twice.
    #[error(
        "{first} and {second} lie on different grids and overlap, so ground would be counted twice; warp one onto the grid of the other (gdalwarp -r near -tap) or cut it"
    )]
    Overlap {
        /// The one file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The footprint of a raster cannot be carried to longitude and latitude.
    #[error("footprint of {path}: {source}")]
    Footprint {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<CrsError>,
    },
}

/// Rasters of one year on one lattice, and the grid that holds them all.
#[derive(Clone, Debug)]
pub struct ClassMosaic {
    /// Union of the rasters' grids.
    pub grid: Grid,
    /// Year of the rasters.
    pub year: Option<i32>,
    members: Vec<Member>,
}

/// A raster and where its first pixel lies in the union grid.
#[derive(Clone, Debug)]
struct Member {
    raster: ClassRaster,
    row: usize,
    col: usize,
}

impl Member {
    fn window(&self) -> Window {
        Window { row0: self.row, col0: self.col, rows: self.raster.grid.rows, cols: self.raster.grid.cols }
    }
}

/// The open files of a mosaic. One per thread.
pub struct MosaicReader<'a> {
    members: Vec<(&'a Member, ClassReader<'a>)>,
}

/// Sorts rasters into mosaics by year and lattice, in the order given. `year` overrides the rasters' own.
///
/// # Errors
/// [`MosaicError::Overlap`] where rasters of one year on different lattices overlap.
pub fn group_rasters(rasters: Vec<ClassRaster>, year: Option<i32>) -> Result<Vec<ClassMosaic>, MosaicError> {
    let mut groups: Vec<(Option<i32>, Vec<ClassRaster>)> = Vec::new();
    for raster in rasters {
        let year = year.or(raster.year);
        let fits = |group: &Vec<ClassRaster>| group[0].grid.lattice_offset(&raster.grid).is_some();
        match groups.iter_mut().find(|(y, group)| *y == year && fits(group)) {
            Some((_, group)) => group.push(raster),
            None => groups.push((year, vec![raster])),
        }
    }
    for (i, (year, group)) in groups.iter().enumerate() {
        let others = groups[i + 1..].iter().filter(|(y, _)| y == year).flat_map(|(_, g)| g);
        for (a, b) in others.flat_map(|b| group.iter().map(move |a| (a, b))) {
            if overlap(a, b)? {
                return Err(MosaicError::Overlap { first: a.path.clone(), second: b.path.clone() });
            }
        }
    }
    Ok(groups.into_iter().map(|(year, group)| ClassMosaic::new(group, year)).collect())
}

/// Whether two footprints share more than a thousandth of a pixel.
fn overlap(a: &ClassRaster, b: &ClassRaster) -> Result<bool, MosaicError> {
    if a.grid.crs.same_as(&b.grid.crs) {
        let (p, q) = (a.grid.bounds(), b.grid.bounds());
        let (width, height) = (p[2].min(q[2]) - p[0].max(q[0]), p[3].min(q[3]) - p[1].max(q[1]));
        return Ok(width > a.grid.pixel_width * 1e-3 && height > a.grid.pixel_height * 1e-3);
    }
    let (p, q) = (footprint(a)?, footprint(b)?);
    let pixel = p.unsigned_area() / a.grid.window().len() as f64;
    Ok(p.intersection(&q).unsigned_area() > pixel * 1e-3)
}

/// Outline of a raster in WGS 84, with 64 points a side.
fn footprint(raster: &ClassRaster) -> Result<Polygon<f64>, MosaicError> {
    let (rows, cols) = (raster.grid.rows as f64, raster.grid.cols as f64);
    let corners = [(0.0, 0.0), (0.0, rows), (cols, rows), (cols, 0.0), (0.0, 0.0)];
    let side = |(a, b): ((f64, f64), (f64, f64))| {
        (0..64).map(move |i| f64::from(i) / 64.0).map(move |t| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t))
    };
    let points = corners.iter().copied().zip(corners.iter().copied().skip(1)).flat_map(side);
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.map(|(col, row)| raster.grid.xy(col, row)).unzip();
    let failed = |e: CrsError| MosaicError::Footprint { path: raster.path.clone(), source: e.into() };
    Transform::new(&raster.grid.crs, &Crs::wgs84()).and_then(|way| way.apply(&mut x, &mut y)).map_err(failed)?;
    let ring: LineString<f64> = x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect();
    Ok(Polygon::new(ring, Vec::new()))
}

impl ClassMosaic {
    /// The mosaic of rasters that all fit the lattice of the first.
    fn new(rasters: Vec<ClassRaster>, year: Option<i32>) -> Self {
        let anchor = rasters[0].grid.clone();
        let offsets: Vec<(i64, i64)> =
            rasters.iter().map(|r| anchor.lattice_offset(&r.grid).unwrap_or_default()).collect();
        let top = offsets.iter().map(|o| o.0).min().unwrap_or(0);
        let left = offsets.iter().map(|o| o.1).min().unwrap_or(0);
        let (origin_x, origin_y) = anchor.xy(left as f64, top as f64);
        let placed = offsets.into_iter().zip(rasters).map(|((row, col), raster)| Member {
            raster,
            row: (row - top) as usize,
            col: (col - left) as usize,
        });
        let members: Vec<Member> = placed.collect();
        let rows = members.iter().map(|m| m.window().row_end()).max().unwrap_or(0);
        let cols = members.iter().map(|m| m.window().col_end()).max().unwrap_or(0);
        Self { grid: Grid { origin_x, origin_y, rows, cols, ..anchor }, year, members }
    }

    /// The rasters, in the order given.
    pub fn rasters(&self) -> impl Iterator<Item = &ClassRaster> {
        self.members.iter().map(|m| &m.raster)
    }

    /// Windows that cover every raster once, along the storage blocks of the first.
    pub fn windows(&self) -> Vec<Window> {
        let Some(first) = self.members.first() else { return Vec::new() };
        let (block_rows, block_cols) = first.raster.block;
        let round_up = |wanted: usize, block: usize| wanted.div_ceil(block).max(1) * block;
        let width = round_up(WINDOW_SIDE, block_cols).min(round_up(self.grid.cols, block_cols));
        let height = round_up((WINDOW_PIXELS / width).min(WINDOW_SIDE), block_rows);
        let col_cuts = cuts(self.grid.cols, width, first.col);
        let mut windows = Vec::new();
        for rows in cuts(self.grid.rows, height, first.row).windows(2) {
            for cols in col_cuts.windows(2) {
                let window = Window { row0: rows[0], col0: cols[0], rows: rows[1] - rows[0], cols: cols[1] - cols[0] };
                if self.members.iter().any(|m| shared(&m.window(), &window).is_some()) {
                    windows.push(window);
                }
            }
        }
        windows
    }

    /// Opens the files for reading by this thread.
    ///
    /// # Errors
    /// [`ClassRasterError::Open`].
    pub fn reader(&self) -> Result<MosaicReader<'_>, ClassRasterError> {
        let members = self.members.iter().map(|m| Ok((m, m.raster.reader()?))).collect::<Result<_, _>>()?;
        Ok(MosaicReader { members })
    }
}

impl MosaicReader<'_> {
    /// Class codes of a window of the union grid, `[row, col]`. Where rasters overlap an observation beats none, and of
    /// two observations the raster given first wins. [`OUTSIDE_RASTER`] where no raster reaches.
    ///
    /// # Errors
    /// [`ClassRasterError`], naming the file.
    pub fn read(&self, window: &Window) -> Result<Array2<u8>, ClassRasterError> {
        let parts = self.members.iter().filter_map(|(m, reader)| Some((m, reader, shared(&m.window(), window)?)));
        let own = |m: &Member, part: &Window| Window { row0: part.row0 - m.row, col0: part.col0 - m.col, ..*part };
        let parts: Vec<_> = parts.map(|(m, reader, part)| (reader, own(m, &part), part)).collect();
        if let [(reader, own, part)] = parts.as_slice()
            && part == window
        {
            return reader.read(own);
        }
        let mut codes = Array2::from_elem((window.rows, window.cols), OUTSIDE_RASTER);
        for (reader, own, part) in parts {
            let (row, col) = (part.row0 - window.row0, part.col0 - window.col0);
            let mut target = codes.slice_mut(s![row..row + part.rows, col..col + part.cols]);
            target.zip_mut_with(&reader.read(&own)?, |known, new| {
                if *known == OUTSIDE_RASTER || *known == UNOBSERVED {
                    *known = *new;
                }
            });
        }
        Ok(codes)
    }
}

/// Where a length is cut so that pieces of `step` start at `phase`.
fn cuts(length: usize, step: usize, phase: usize) -> Vec<usize> {
    let inner = (phase % step..length).step_by(step).filter(|cut| *cut > 0);
    std::iter::once(0).chain(inner).chain(std::iter::once(length)).collect()
}

/// What two windows share.
fn shared(a: &Window, b: &Window) -> Option<Window> {
    let (row0, col0) = (a.row0.max(b.row0), a.col0.max(b.col0));
    let (row1, col1) = (a.row_end().min(b.row_end()), a.col_end().min(b.col_end()));
    (row0 < row1 && col0 < col1).then(|| Window { row0, col0, rows: row1 - row0, cols: col1 - col0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_follow_the_phase_and_cover_everything() {
        assert_eq!(cuts(10, 4, 0), [0, 4, 8, 10]);
        assert_eq!(cuts(10, 4, 7), [0, 3, 7, 10]);
        assert_eq!(cuts(3, 4, 0), [0, 3]);
    }
}
