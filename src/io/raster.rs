//! One raster dataset: where its pixels lie, and reading a window of a band in source pixels.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gdal::raster::{GdalDataType, GdalType, RasterBand};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use ndarray::Array2;

use super::crs::crs_from_gdal;
use super::gdal_log::watch;
use super::loss::Loss;
use super::scene::SceneError;
use crate::scene::{Crs, Grid, Window};

/// Semi-major axes of Earth's ellipsoids lie within this distance of WGS 84's, in metres.
const EARTH_TOLERANCE_M: f64 = 30_000.0;

/// An open raster. Not shared between threads.
pub struct Raster {
    /// GDAL's dataset.
    pub dataset: Dataset,
    /// What was opened.
    pub path: PathBuf,
    /// Where blocks that cannot be read are gathered instead of failing; `None`: the first one is an error.
    pub(super) lost: Option<RefCell<BTreeSet<Loss>>>,
}

/// The pixels of a raster as they lie on Earth.
///
/// Source pixels are counted from the north where the raster is south-up, so that `affine` falls with the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Reference system.
    pub crs: Crs,
    /// GDAL's six numbers from source (col, row) to x, y.
    pub affine: [f64; 6],
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Whether rows are stored from south to north.
    pub south_up: bool,
}

impl Frame {
    /// Whether rows and columns run along the axes.
    pub fn is_north_up(&self) -> bool {
        self.affine[2] == 0.0 && self.affine[4] == 0.0 && self.affine[1] > 0.0 && self.affine[5] < 0.0
    }

    /// The frame of a north-up grid.
    pub fn of_grid(grid: &Grid) -> Self {
        let (crs, affine) = (grid.crs.clone(), grid.geo_transform());
        Self { crs, affine, rows: grid.rows, cols: grid.cols, south_up: false }
    }

    /// How this raster's pixels lie in another's: a whole number of its pixels to a side, on the same lattice.
    pub fn placement_in(&self, scene: &Self) -> Option<Placement> {
        if !self.crs.same_as(&scene.crs) {
            return None;
        }
        if !scene.is_north_up() || !self.is_north_up() {
            let same = self.affine.iter().zip(&scene.affine).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs().max(1.0));
            return same.then_some(Placement { factor: 1, row0: 0, col0: 0 });
        }
        let (own, grid) = (self.grid(), scene.grid());
        let factor = (own.pixel_width / grid.pixel_width).round();
        if !(1.0..=1e4).contains(&factor) {
            return None;
        }
        // The other raster's corner on the scene's lattice, its pixels divided into the scene's.
        let divided = Grid { pixel_width: own.pixel_width / factor, pixel_height: own.pixel_height / factor, ..own };
        let (row0, col0) = grid.lattice_offset(&divided)?;
        Some(Placement { factor: factor as usize, row0, col0 })
    }

    /// x, y of fractional source column and row.
    pub fn xy(&self, col: f64, row: f64) -> (f64, f64) {
        let a = &self.affine;
        (a[0] + col * a[1] + row * a[2], a[3] + col * a[4] + row * a[5])
    }

    /// Fractional source column and row of a point.
    pub fn col_row(&self, x: f64, y: f64) -> (f64, f64) {
        let a = &self.affine;
        let (dx, dy) = (x - a[0], y - a[3]);
        let determinant = a[1] * a[5] - a[2] * a[4];
        ((dx * a[5] - dy * a[2]) / determinant, (dy * a[1] - dx * a[4]) / determinant)
    }

    /// The north-up grid: the raster's own, or the one of the same pixel size that encloses a rotated raster.
    pub fn grid(&self) -> Grid {
        let a = &self.affine;
        if self.is_north_up() {
            return Grid {
                crs: self.crs.clone(),
                origin_x: a[0],
                origin_y: a[3],
                pixel_width: a[1],
                pixel_height: -a[5],
                rows: self.rows,
                cols: self.cols,
            };
        }
        let (r, c) = (self.rows as f64, self.cols as f64);
        let corners = [self.xy(0.0, 0.0), self.xy(c, 0.0), self.xy(0.0, r), self.xy(c, r)];
        let (mut low, mut high) = (corners[0], corners[0]);
        for (x, y) in corners {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let (width, height) = (a[1].hypot(a[4]), a[2].hypot(a[5]));
        let count = |length: f64, pixel: f64| ((length / pixel - 1e-6).ceil() as usize).max(1);
        Grid {
            crs: self.crs.clone(),
            origin_x: low.0,
            origin_y: high.1,
            pixel_width: width,
            pixel_height: height,
            rows: count(high.1 - low.1, height),
            cols: count(high.0 - low.0, width),
        }
    }
}

/// Where a raster lies in the pixels of a scene: each of its pixels covers `factor` x `factor` of the scene's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Scene pixels to a side.
    pub factor: usize,
    /// Scene row of its first pixel's upper edge.
    pub row0: i64,
    /// Scene column of its first pixel's left edge.
    pub col0: i64,
}

impl Raster {
    /// Opens a raster for reading.
    ///
    /// # Errors
    /// [`SceneError::Missing`] when there is no such file, [`SceneError::Open`] when GDAL cannot read it.
    pub fn open(path: &Path) -> Result<Self, SceneError> {
        if !super::virtual_file::is_virtual(path) && !path.exists() && !path.to_string_lossy().contains(':') {
            return Err(SceneError::Missing { path: path.to_owned() });
        }
        let options = DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_READONLY
                | GdalOpenFlags::GDAL_OF_RASTER
                | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
            ..DatasetOptions::default()
        };
        let dataset = watch(|| crate::io::fence::open(path, options))
            .map_err(|message| SceneError::Open { path: path.to_owned(), message })?;
        if dataset.raster_count() == 0 {
            let message = "it holds no raster band (a container of subdatasets?)".to_owned();
            return Err(SceneError::Open { path: path.to_owned(), message });
        }
        Ok(Self { dataset, path: path.to_owned(), lost: None })
    }

    /// Where the pixels lie.
    ///
    /// # Errors
    /// No reference system, ground control points only, another planet, or a transform that cannot be inverted.
    pub fn frame(&self) -> Result<Frame, SceneError> {
        let path = || self.path.clone();
        let (cols, rows) = self.dataset.raster_size();
        let mut affine = match self.dataset.geo_transform() {
            Ok(affine) => affine,
            Err(_) if !self.dataset.gcps().is_empty() => {
                return Err(SceneError::OnlyControlPoints { path: path(), points: self.dataset.gcps().len() });
            }
            Err(_) => return Err(SceneError::NoGeoTransform { path: path() }),
        };
        let srs = self.dataset.spatial_ref().map_err(|_| SceneError::NoCrs { path: path() })?;
        let crs = crs_from_gdal(&srs).map_err(|source| SceneError::Crs { path: path(), source: Box::new(source) })?;
        if (crs.semi_major - Crs::wgs84().semi_major).abs() > EARTH_TOLERANCE_M {
            let (name, radius_km) = (crs.label(), (crs.semi_major / 1000.0).round());
            return Err(SceneError::NotEarth { path: path(), name, radius_km });
        }
        let determinant = affine[1] * affine[5] - affine[2] * affine[4];
        if !determinant.is_finite() || determinant == 0.0 || affine.iter().any(|v| !v.is_finite()) {
            return Err(SceneError::NoGeoTransform { path: path() });
        }
        let south_up = affine[2] == 0.0 && affine[4] == 0.0 && affine[5] > 0.0;
        if south_up {
            affine[3] += affine[5] * rows as f64;
            affine[5] = -affine[5];
        }
        Ok(Frame { crs, affine, rows, cols, south_up })
    }

    /// A band by its 1-based index.
    ///
    /// # Errors
    /// [`SceneError::BandIndex`] when the raster has no such band.
    pub fn band(&self, index: usize) -> Result<RasterBand<'_>, SceneError> {
        let count = self.dataset.raster_count();
        let out = || SceneError::BandIndex { path: self.path.clone(), index, count };
        if index == 0 || index > count {
            return Err(out());
        }
        self.dataset.rasterband(index).map_err(|_| out())
    }

    /// Where this raster lies in the pixels of a scene.
    ///
    /// # Errors
    /// [`SceneError::Disagree`] when its pixels are not the scene's, or a whole number of them to a side.
    pub fn placement_in(&self, scene: &Frame) -> Result<Placement, SceneError> {
        let own = self.frame()?;
        let rule = "same CRS, pixels a whole multiple of the scene's, and a common lattice; warp it onto that grid";
        own.placement_in(scene).ok_or_else(|| self.disagreement(&own, scene, rule))
    }

    /// Checks that a file of a product has exactly the scene's pixels.
    ///
    /// # Errors
    /// [`SceneError::Disagree`].
    pub fn require_frame(&self, scene: &Frame) -> Result<(), SceneError> {
        let own = self.frame()?;
        let same = own.placement_in(scene) == Some(Placement { factor: 1, row0: 0, col0: 0 })
            && (own.rows, own.cols) == (scene.rows, scene.cols);
        let rule = "the files of a product must have one size, place and CRS; get it anew";
        if same { Ok(()) } else { Err(self.disagreement(&own, scene, rule)) }
    }

    /// Checks that a file of a product covers the scene with pixels of a whole multiple.
    ///
    /// # Errors
    /// [`SceneError::Disagree`].
    pub fn require_multiple(&self, scene: &Frame) -> Result<(), SceneError> {
        let own = self.frame()?;
        let covers = |p: Placement| {
            (p.row0, p.col0) == (0, 0) && (own.rows * p.factor, own.cols * p.factor) == (scene.rows, scene.cols)
        };
        let rule = "the files of a product must cover the same ground on nested grids; get it anew";
        if own.placement_in(scene).is_some_and(covers) { Ok(()) } else { Err(self.disagreement(&own, scene, rule)) }
    }

    fn disagreement(&self, own: &Frame, scene: &Frame, rule: &'static str) -> SceneError {
        SceneError::Disagree {
            path: self.path.clone(),
            rows: own.rows,
            cols: own.cols,
            crs: own.crs.label(),
            scene: format!("{} x {} pixels of {}", scene.rows, scene.cols, scene.crs.label()),
            rule,
        }
    }

    /// Rows and columns of a band's blocks.
    ///
    /// # Errors
    /// [`SceneError::BandIndex`].
    pub fn block(&self, index: usize) -> Result<(usize, usize), SceneError> {
        let (cols, rows) = self.band(index)?.block_size();
        Ok((rows, cols))
    }

    /// Every file that GDAL reads for this raster and that is on disk (sources of a VRT, sidecars), sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.path.clone()];
        // SAFETY: the dataset is open; GDAL returns a null-terminated list of C strings that the caller frees.
        unsafe {
            let list = gdal_sys::GDALGetFileList(self.dataset.c_dataset());
            let mut entry = list;
            while !entry.is_null() && !(*entry).is_null() {
                files.push(PathBuf::from(std::ffi::CStr::from_ptr(*entry).to_string_lossy().into_owned()));
                entry = entry.add(1);
            }
            gdal_sys::CSLDestroy(list);
        }
        files.sort();
        files.dedup();
        files
    }

    /// Reads a window of source pixels as `convert` makes them from digital numbers, `[row, col]`.
    ///
    /// Values are read in the band's own type where it is 8 or 16 bits or f32, else as f64.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file, band and window.
    pub fn read<O: Copy>(&self, part: Part, convert: impl Fn(f64) -> O) -> Result<Array2<O>, SceneError> {
        self.read_or(part, None, convert)
    }

    /// All of a window or an error.
    pub(super) fn read_whole<O: Copy>(&self, part: Part, convert: impl Fn(f64) -> O) -> Result<Array2<O>, SceneError> {
        let band = self.band(part.index)?;
        let mask = if part.mask { Some(self.watched(part, || band.open_mask_band())?) } else { None };
        let band = mask.as_ref().unwrap_or(&band);
        let values = match band.band_type() {
            GdalDataType::UInt8 => self.native::<u8, O>(band, part, convert)?,
            GdalDataType::UInt16 => self.native::<u16, O>(band, part, convert)?,
            GdalDataType::Int16 => self.native::<i16, O>(band, part, convert)?,
            GdalDataType::Float32 => self.native::<f32, O>(band, part, convert)?,
            _ => self.native::<f64, O>(band, part, convert)?,
        };
        let shape = (part.window.rows, part.window.cols);
        Array2::from_shape_vec(shape, values).map_err(|e| self.failed(part, e.to_string()))
    }

    /// Whether every number of a band fits 16 bits without a sign.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file and band.
    pub fn is_unsigned(&self, index: usize) -> Result<bool, SceneError> {
        Ok(matches!(self.band(index)?.band_type(), GdalDataType::UInt8 | GdalDataType::UInt16))
    }

    /// Reads a window of unsigned digital numbers of at most 16 bits, row by row.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file, band and window.
    pub fn numbers(&self, part: Part) -> Result<Vec<u16>, SceneError> {
        let band = self.band(part.index)?;
        let Window { row0, col0, rows, cols } = part.window;
        let first = if part.south_up { (self.dataset.raster_size().1).saturating_sub(row0 + rows) } else { row0 };
        let buffer = self
            .watched(part, || band.read_as::<u16>((col0 as isize, first as isize), (cols, rows), (cols, rows), None))?;
        let (_, numbers) = buffer.into_shape_and_vec();
        if part.south_up { Ok(numbers.chunks(cols).rev().flatten().copied().collect()) } else { Ok(numbers) }
    }

    fn native<T: Copy + GdalType + Into<f64>, O>(
        &self,
        band: &RasterBand<'_>,
        part: Part,
        convert: impl Fn(f64) -> O,
    ) -> Result<Vec<O>, SceneError> {
        let Window { row0, col0, rows, cols } = part.window;
        // A south-up raster stores the northernmost row last.
        let first = if part.south_up { (self.dataset.raster_size().1).saturating_sub(row0 + rows) } else { row0 };
        let buffer = self
            .watched(part, || band.read_as::<T>((col0 as isize, first as isize), (cols, rows), (cols, rows), None))?;
        let data = buffer.data();
        if part.south_up {
            return Ok(data.chunks(cols).rev().flatten().map(|v| convert((*v).into())).collect());
        }
        Ok(data.iter().map(|v| convert((*v).into())).collect())
    }

    fn watched<T>(&self, part: Part, call: impl FnOnce() -> gdal::errors::Result<T>) -> Result<T, SceneError> {
        watch(call).map_err(|message| self.failed(part, message))
    }

    fn failed(&self, part: Part, message: String) -> SceneError {
        SceneError::Read { path: self.path.clone(), band: part.index, window: part.window, message }
    }
}

/// What to read of a raster.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// 1-based band index.
    pub index: usize,
    /// The band's mask instead of its values.
    pub mask: bool,
    /// Source pixels, counted from the north.
    pub window: Window,
    /// Whether the raster is stored from south to north.
    pub south_up: bool,
}
/// Whether a raster says of itself that its data are made up: the tag `SYNTHETIC=yes`. What is no single raster does not.
pub fn says_synthetic(path: &Path) -> bool {
    use gdal::Metadata;
    let said = |dataset: Dataset| dataset.metadata_item("SYNTHETIC", "");
    path.is_file()
        && crate::io::fence::open(path, DatasetOptions::default())
            .ok()
            .and_then(said)
            .is_some_and(|value| value.eq_ignore_ascii_case("yes"))
}
