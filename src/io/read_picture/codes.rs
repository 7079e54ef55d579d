//! Class rasters and masks for pictures, and the cells of a picture's pixels.

use std::ops::Range;
use std::path::{Path, PathBuf};

use gdal::Metadata;
use gdal::raster::RasterBand;
use ndarray::Array2;

use super::points::{Looks, Points};
use super::source::Source;
use crate::io::cell_plane::cell_plane;
use crate::io::class_raster::category_names;
use crate::io::crs::CrsError;
use crate::io::raster::Raster;
use crate::io::scene::SceneError;
use crate::report::picture::composite::View;
use crate::report::picture::mask::Cover;
use crate::report::picture::{Sight, palette};
use crate::scene::Grid;
use crate::territory::{CellIndex, CellLattice};

/// Most looks to a side of a pixel.
const MOST_LOOKS: f64 = 4.0;

/// What the numbers of a raster of one band mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Classes with their colours.
    Classes(Vec<(u8, [u8; 3])>),
    /// Probability of coca in per cent, as cocal writes it.
    Probability,
    /// Number of clear observations, as cocal writes it.
    Observations,
}

/// A raster of codes: a class raster, a mask, or another layer that is no imagery.
#[derive(Clone, Debug)]
pub struct CodeLayer {
    /// The file.
    pub path: PathBuf,
    /// Its grid (the north-up one that encloses a rotated raster).
    pub grid: Grid,
    /// What it shows.
    pub kind: Kind,
    nodata: Option<f64>,
    masked: bool,
}

impl CodeLayer {
    /// Opens a raster of one band that has a colour table or category names, or is a layer of cocal; `None` for any other, which
    /// is imagery.
    ///
    /// # Errors
    /// [`SceneError`]: missing, no raster, or nowhere on Earth.
    pub fn open(path: &Path) -> Result<Option<Self>, SceneError> {
        let raster = Raster::open(path)?;
        if raster.dataset.raster_count() != 1 {
            return Ok(None);
        }
        let band = raster.band(1)?;
        let Some(kind) = kind_of(&band) else { return Ok(None) };
        Self::with_kind(&raster, kind).map(Some)
    }

    /// Opens a mask of which only the values matter.
    ///
    /// # Errors
    /// As of [`CodeLayer::open`].
    pub fn open_mask(path: &Path) -> Result<Self, SceneError> {
        let raster = Raster::open(path)?;
        let kind = kind_of(&raster.band(1)?).unwrap_or(Kind::Classes(Vec::new()));
        Self::with_kind(&raster, kind)
    }

    fn with_kind(raster: &Raster, kind: Kind) -> Result<Self, SceneError> {
        let band = raster.band(1)?;
        let flags = band.mask_flags().ok();
        let masked = flags.is_some_and(|f| !f.is_all_valid() && !f.is_nodata());
        let (path, grid, nodata) = (raster.path.clone(), raster.frame()?.grid(), band.no_data_value());
        Ok(Self { path, grid, kind, nodata, masked })
    }
}

fn kind_of(band: &RasterBand<'_>) -> Option<Kind> {
    let description = band.description().unwrap_or_default();
    if description.starts_with("probability of coca in per cent") {
        return Some(Kind::Probability);
    }
    if description.starts_with("number of clear observations") {
        return Some(Kind::Observations);
    }
    if let Some(table) = band.color_table() {
        let channel = |v: i16| v.clamp(0, 255) as u8;
        let entry = |code: u8| {
            let c = table.entry_as_rgb(usize::from(code))?;
            (c.a > 0).then_some((code, [channel(c.r), channel(c.g), channel(c.b)]))
        };
        return Some(Kind::Classes((0..=u8::MAX).filter_map(entry).collect()));
    }
    let names = category_names(band);
    if names.is_empty() {
        return None;
    }
    let colour = |(at, (code, _)): (usize, &(u8, String))| (*code, palette::CLASSES[at % palette::CLASSES.len()]);
    Some(Kind::Classes(names.iter().enumerate().map(colour).collect()))
}

/// Reads rows of a picture from a raster of codes. Holds its own GDAL handles: one for each thread.
pub struct CodeReader {
    source: Source,
    points: Points,
    step: f64,
    cols: usize,
    layer: CodeLayer,
}

impl CodeReader {
    /// Opens a raster of codes to be drawn on the pixels of `target`.
    ///
    /// # Errors
    /// [`SceneError`]: gone, or in a system without a way to the picture's.
    pub fn open(layer: &CodeLayer, target: &Grid) -> Result<Self, SceneError> {
        let named = |source| SceneError::Crs { path: layer.path.clone(), source: Box::new(source) };
        let source = Source::open(&layer.path)?;
        let points = |side| Points::new(target, &layer.grid.crs, side).map_err(named);
        let step = source.step(&points(1)?)?;
        // A step of 1.0000001 is one pixel.
        let side = (step - 1e-3).ceil().clamp(1.0, MOST_LOOKS);
        let (points, step) = (points(side as usize)?, step / side);
        Ok(Self { source, points, step, cols: target.cols, layer: layer.clone() })
    }

    fn looks(&self, rows: Range<usize>) -> Result<Looks, SceneError> {
        let named = |source| SceneError::Crs { path: self.layer.path.clone(), source: Box::new(source) };
        self.points.rows(rows).map_err(named)
    }

    /// Codes of the looks into each pixel; `None` outside, NaN where not observed.
    fn codes(&self, rows: Range<usize>) -> Result<Vec<Option<f64>>, SceneError> {
        let looks = self.looks(rows)?;
        let mut codes = self.source.codes(1, false, &looks)?;
        // A float's nodata value is written with fewer digits than it has: equal to a millionth.
        let is_nodata = |v: f64| self.layer.nodata.is_some_and(|nd| (v - nd).abs() <= nd.abs() * 1e-6);
        codes.iter_mut().flatten().filter(|code| is_nodata(**code)).for_each(|code| *code = f64::NAN);
        if self.layer.masked {
            let mask = self.source.codes(1, true, &looks)?;
            let hidden = codes.iter_mut().flatten().zip(mask.into_iter().flatten()).filter(|(_, m)| *m == 0.0);
            hidden.for_each(|(code, _)| *code = f64::NAN);
        }
        Ok(codes)
    }

    fn each_pixel<T>(&self, rows: usize, of: impl Fn(&mut dyn Iterator<Item = usize>) -> T) -> Array2<T> {
        let (side, cols) = (self.points.side, self.cols);
        Array2::from_shape_fn((rows, cols), |(row, col)| {
            let look = |i: usize, j: usize| (row * side + i) * cols * side + col * side + j;
            of(&mut (0..side).flat_map(|i| (0..side).map(move |j| look(i, j))))
        })
    }

    /// The most frequent class of each pixel, of two the lower; `None` where it was mostly not observed or not there.
    ///
    /// # Errors
    /// [`SceneError::Read`] when pixels cannot be read.
    pub fn classes(&self, rows: Range<usize>) -> Result<Array2<Option<u8>>, SceneError> {
        let codes = self.codes(rows.clone())?;
        Ok(self.each_pixel(rows.len(), |looks| {
            let (mut counts, mut all, mut seen) = ([0_u8; 256], 0, 0);
            for at in looks {
                all += 1;
                if let Some(code) = codes[at].filter(|c| (0.0..256.0).contains(c)) {
                    seen += 1;
                    counts[code as usize] += 1;
                }
            }
            let most = (0..=u8::MAX).rev().max_by_key(|code| counts[usize::from(*code)]);
            most.filter(|_| 2 * seen >= all && seen > 0)
        }))
    }

    /// How much of each pixel was observed and is coca.
    ///
    /// # Errors
    /// [`SceneError::Read`] when pixels cannot be read.
    pub fn covers(&self, rows: Range<usize>, coca: &[u8]) -> Result<Array2<Cover>, SceneError> {
        let codes = self.codes(rows.clone())?;
        let is_coca = |code: f64| coca.iter().any(|c| f64::from(*c) == code);
        Ok(self.each_pixel(rows.len(), |looks| {
            let (mut all, mut there, mut seen, mut of_coca) = (0, 0, 0, 0);
            for at in looks {
                all += 1;
                there += u32::from(codes[at].is_some());
                let code = codes[at].filter(|c| !c.is_nan() && *c != 255.0);
                seen += u32::from(code.is_some());
                of_coca += u32::from(code.is_some_and(is_coca));
            }
            let part = |n: u32, of: u32| if of > 0 { n as f32 / of as f32 } else { 0.0 };
            Cover { observed: part(seen, all), coca: part(of_coca, seen), reached: there > 0 }
        }))
    }

    /// Values of a layer that is drawn by a ramp.
    ///
    /// # Errors
    /// [`SceneError::Read`] when pixels cannot be read.
    pub fn values(&self, rows: Range<usize>) -> Result<View, SceneError> {
        let numbers = self.source.measured(1, &self.looks(rows.clone())?, self.step)?;
        let nodata = |v: f64| self.layer.nodata == Some(v);
        let means = self.each_pixel(rows.len(), |looks| {
            let (mut sum, mut count) = (0.0, 0);
            for number in looks.map(|at| numbers[at]).filter(|v| v.is_finite() && !nodata(*v)) {
                sum += number;
                count += 1;
            }
            if count > 0 { (sum / f64::from(count)) as f32 } else { f32::NAN }
        });
        let sight = means.mapv(|v| if v.is_nan() { Sight::Nothing } else { Sight::Clear });
        Ok(View { values: means.insert_axis(ndarray::Axis(0)), sight })
    }
}

/// The cell of the national lattice that holds the middle of each pixel of some rows.
///
/// # Errors
/// [`CrsError`] where the picture lies outside the plane of the cells, EPSG:9377.
pub fn cells_of_rows(target: &Grid, rows: Range<usize>, lattice: CellLattice) -> Result<Array2<CellIndex>, CrsError> {
    let looks = Points::new(target, &cell_plane()?, 1)?.rows(rows.clone())?;
    Ok(Array2::from_shape_fn((rows.len(), target.cols), |(row, col)| {
        let at = row * target.cols + col;
        lattice.cell_of(looks.x[at], looks.y[at])
    }))
}
