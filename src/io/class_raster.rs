//! Class rasters and masks, by this tool or by others, as class codes.
//!
//! One band of whole numbers: 0 to 253 are classes; 255, the band's nodata value, what its mask band hides and NaN are
//! unobserved. A nodata value of 0 therefore means "not seen", not "no coca": such a file has no class 0.

use std::path::{Path, PathBuf};

use gdal::raster::GdalDataType;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};
use ndarray::Array2;

use super::crs::{CrsError, crs_from_gdal};
use super::gdal_log::watch;
use super::virtual_file::exists;
use crate::area::cell_area::metres_per_unit;
use crate::area::{OUTSIDE_RASTER, UNOBSERVED};
use crate::scene::{Grid, Window};

/// Largest side of a pixel, in metres: what an area of 64 bits holds, and far more than makes sense.
const COARSEST: f64 = 100_000.0;

/// Why a class raster was refused.
#[derive(Debug, thiserror::Error)]
pub enum ClassRasterError {
    /// Missing, or not a raster.
    #[error("cannot read class raster {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        source: gdal::errors::GdalError,
    },
    /// A part of it cannot be read: truncated or damaged.
    #[error("cannot read rows {row0} to {row_last} of {path} (truncated or damaged?): {message}")]
    Read {
        /// The file.
        path: PathBuf,
        /// First row of the part, from 0.
        row0: usize,
        /// Last row of the part.
        row_last: usize,
        /// What GDAL said.
        message: String,
    },
    /// More bands than one.
    #[error("{path} has {bands} bands; a class raster has one (cocal classify makes one; gdal_translate -b picks one)")]
    Bands {
        /// The file.
        path: PathBuf,
        /// Number of bands.
        bands: usize,
    },
    /// No geotransform.
    #[error("{path} has no georeference; set it with: gdal_translate -a_ullr ULX ULY LRX LRY -a_srs EPSG:N")]
    NoGeoTransform {
        /// The file.
        path: PathBuf,
    },
    /// Rotated, sheared or mirrored east to west.
    #[error(
        "{path} is rotated (geotransform {transform:?}); make it north-up with: gdalwarp -r near {path} north_up.tif"
    )]
    Rotated {
        /// The file.
        path: PathBuf,
        /// GDAL's six numbers.
        transform: [f64; 6],
    },
    /// Pixels too large to cut municipalities by.
    #[error(
        "{path} has pixels of {width} x {height} (units of {crs}): more than 100 km; masks for municipalities are finer"
    )]
    TooCoarse {
        /// The file.
        path: PathBuf,
        /// Width of a pixel.
        width: f64,
        /// Height of a pixel.
        height: f64,
        /// Its reference system.
        crs: String,
    },
    /// Nothing there.
    #[error("{path}: no such file")]
    NotThere {
        /// The name.
        path: PathBuf,
    },
    /// No reference system.
    #[error("{path} has no coordinate reference system; set it with: gdal_edit.py -a_srs EPSG:N {path}")]
    NoCrs {
        /// The file.
        path: PathBuf,
    },
    /// A reference system that cannot be used.
    #[error("{path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<CrsError>,
    },
    /// A value that is no class.
    #[error(
        "{path}, row {row}, column {col} (from 0): {value} is not a class; classes are whole numbers from 0 to 253, 255 is unobserved (set other fill values as nodata)"
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// Row as stored in the file.
        row: usize,
        /// Column.
        col: usize,
        /// The value.
        value: f64,
    },
}

/// What is known of a class raster without reading its pixels; shared between threads, each opens its own
/// [`ClassReader`].
#[derive(Clone, Debug)]
pub struct ClassRaster {
    /// The file.
    pub path: PathBuf,
    /// North-up grid (rows of a south-up file are turned round).
    pub grid: Grid,
    /// Year: metadata item COCAL_YEAR, else TIFFTAG_DATETIME, else the one year in the file name.
    pub year: Option<i32>,
    /// Names of class values, where the band has category names.
    pub categories: Vec<(u8, String)>,
    /// Rows and columns of a storage block.
    pub block: (usize, usize),
    nodata: Option<f64>,
    bytes: bool,
    south_up: bool,
    masked: bool,
}

/// An open class raster. One per thread.
pub struct ClassReader<'a> {
    raster: &'a ClassRaster,
    dataset: Dataset,
}

fn open_dataset(path: &Path) -> Result<Dataset, ClassRasterError> {
    if !exists(path) {
        return Err(ClassRasterError::NotThere { path: path.to_owned() });
    }
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_RASTER, ..DatasetOptions::default() };
    crate::io::fence::open(path, options).map_err(|source| ClassRasterError::Open { path: path.to_owned(), source })
}

impl ClassRaster {
    /// Opens and checks a class raster.
    ///
    /// # Errors
    /// [`ClassRasterError`], naming the file.
    pub fn open(path: &Path) -> Result<Self, ClassRasterError> {
        let owned = || path.to_owned();
        let open = |source| ClassRasterError::Open { path: owned(), source };
        let dataset = open_dataset(path)?;
        if dataset.raster_count() != 1 {
            return Err(ClassRasterError::Bands { path: owned(), bands: dataset.raster_count() });
        }
        let band = dataset.rasterband(1).map_err(open)?;
        let (grid, south_up) = read_grid(&dataset, path)?;
        let (block_cols, block_rows) = band.block_size();
        let flags = band.mask_flags().map_err(open)?;
        Ok(Self {
            path: owned(),
            grid,
            year: year_of(&dataset, path),
            categories: category_names(&band),
            block: (block_rows.max(1), block_cols.max(1)),
            nodata: band.no_data_value(),
            bytes: band.band_type() == GdalDataType::UInt8,
            south_up,
            masked: !flags.is_all_valid() && !flags.is_nodata(),
        })
    }

    /// Opens the file for reading by this thread.
    ///
    /// # Errors
    /// [`ClassRasterError::Open`] when it has gone.
    pub fn reader(&self) -> Result<ClassReader<'_>, ClassRasterError> {
        Ok(ClassReader { raster: self, dataset: open_dataset(&self.path)? })
    }
}

impl ClassReader<'_> {
    /// Class codes of a window of the raster's grid, `[row, col]`: 0 to 253 and [`UNOBSERVED`].
    ///
    /// # Errors
    /// [`ClassRasterError::Read`] or [`ClassRasterError::Value`].
    pub fn read(&self, window: &Window) -> Result<Array2<u8>, ClassRasterError> {
        let raster = self.raster;
        let first = if raster.south_up { raster.grid.rows - window.row_end() } else { window.row0 };
        let failed = |message| ClassRasterError::Read {
            path: raster.path.clone(),
            row0: first,
            row_last: first + window.rows.saturating_sub(1),
            message,
        };
        let band = watch(|| self.dataset.rasterband(1)).map_err(failed)?;
        let (at, size) = ((window.col0 as isize, first as isize), (window.cols, window.rows));
        let refuse = |i: usize, value: f64| ClassRasterError::Value {
            path: raster.path.clone(),
            row: first + i / window.cols,
            col: window.col0 + i % window.cols,
            value,
        };
        let mut codes = if raster.bytes {
            let (_, mut values) =
                watch(|| band.read_as::<u8>(at, size, size, None)).map_err(failed)?.into_shape_and_vec();
            for (byte, code) in changed_bytes(raster.nodata) {
                match code {
                    _ if !contains(&values, byte) => {}
                    Some(code) => values.iter_mut().for_each(|v| *v = if *v == byte { code } else { *v }),
                    None => {
                        let wrong = values.iter().position(|v| *v == byte).unwrap_or_default();
                        return Err(refuse(wrong, f64::from(byte)));
                    }
                }
            }
            values
        } else {
            let values = watch(|| band.read_as::<f64>(at, size, size, None)).map_err(failed)?;
            to_codes(values.data().iter().copied(), raster.nodata, refuse)?
        };
        if raster.masked {
            let read_mask = || band.open_mask_band()?.read_as::<u8>(at, size, size, None);
            let mask = watch(read_mask).map_err(failed)?;
            codes.iter_mut().zip(mask.data()).filter(|(_, m)| **m == 0).for_each(|(code, _)| *code = UNOBSERVED);
        }
        let mut grid = Array2::from_shape_vec((window.rows, window.cols), codes).map_err(|e| failed(e.to_string()))?;
        if raster.south_up {
            grid.invert_axis(ndarray::Axis(0));
            grid = grid.as_standard_layout().into_owned();
        }
        Ok(grid)
    }
}

/// The bytes that are not their own class code, two at most, and the codes that they are; `None` for one that is no class.
fn changed_bytes(nodata: Option<f64>) -> impl Iterator<Item = (u8, Option<u8>)> {
    let code = move |byte: u8| {
        to_codes([f64::from(byte)].into_iter(), nodata, |_, _| ()).ok().and_then(|codes| codes.first().copied())
    };
    (0..=u8::MAX).map(move |byte| (byte, code(byte))).filter(|(byte, code)| *code != Some(*byte))
}

/// Whether a byte occurs. Every byte of a part is looked at, which the compiler makes vectors of.
fn contains(values: &[u8], byte: u8) -> bool {
    values.chunks(4096).any(|part| part.iter().fold(false, |found, value| found | (*value == byte)))
}

fn to_codes<E>(
    values: impl Iterator<Item = f64>,
    nodata: Option<f64>,
    refuse: impl Fn(usize, f64) -> E,
) -> Result<Vec<u8>, E> {
    let code = |(i, v): (usize, f64)| {
        // A float's nodata value is written with fewer digits than it has: equal to a millionth.
        let is_nodata = nodata.is_some_and(|nd| (v - nd).abs() <= nd.abs() * 1e-6);
        if v.is_nan() || v == f64::from(UNOBSERVED) || is_nodata {
            Ok(UNOBSERVED)
        } else if v >= 0.0 && v < f64::from(OUTSIDE_RASTER) && v.fract() == 0.0 {
            Ok(v as u8)
        } else {
            Err(refuse(i, v))
        }
    };
    values.enumerate().map(code).collect()
}

/// The grid turned north-up, and whether it had to be turned.
fn read_grid(dataset: &Dataset, path: &Path) -> Result<(Grid, bool), ClassRasterError> {
    let owned = || path.to_owned();
    let transform = dataset.geo_transform().map_err(|_| ClassRasterError::NoGeoTransform { path: owned() })?;
    let [x, width, shear_x, y, shear_y, height] = transform;
    if shear_x != 0.0 || shear_y != 0.0 || width <= 0.0 || height == 0.0 {
        return Err(ClassRasterError::Rotated { path: owned(), transform });
    }
    let srs = dataset.spatial_ref().map_err(|_| ClassRasterError::NoCrs { path: owned() })?;
    let crs = crs_from_gdal(&srs).map_err(|e| ClassRasterError::Crs { path: owned(), source: e.into() })?;
    if width.max(height.abs()) * metres_per_unit(&crs) > COARSEST {
        return Err(ClassRasterError::TooCoarse { path: owned(), width, height: height.abs(), crs: crs.label() });
    }
    let (cols, rows) = dataset.raster_size();
    let south_up = height > 0.0;
    let origin_y = if south_up { y + rows as f64 * height } else { y };
    Ok((Grid { crs, origin_x: x, origin_y, pixel_width: width, pixel_height: height.abs(), rows, cols }, south_up))
}

fn year_of(dataset: &Dataset, path: &Path) -> Option<i32> {
    let item = |key: &str| dataset.metadata_item(key, "").and_then(|v| v.get(..4)?.parse().ok());
    item("COCAL_YEAR").or_else(|| item("TIFFTAG_DATETIME")).or_else(|| year_in_name(path))
}

/// The only group of exactly four digits from 1980 to 2100 in a file name.
fn year_in_name(path: &Path) -> Option<i32> {
    let stem = path.file_stem()?.to_str()?;
    let groups = stem.split(|c: char| !c.is_ascii_digit()).filter(|group| group.len() == 4);
    let mut years: Vec<i32> = groups.filter_map(|g| g.parse().ok()).filter(|y| (1980..=2100).contains(y)).collect();
    years.dedup();
    if years.len() == 1 { years.pop() } else { None }
}

/// Category names of a band; empty names are left out.
pub(super) fn category_names(band: &gdal::raster::RasterBand<'_>) -> Vec<(u8, String)> {
    let mut names = Vec::new();
    // SAFETY: the band outlives the call; GDAL owns the list (null when there is none), a null pointer ends it, and its
    // strings are copied before the band is used again.
    unsafe {
        let list = gdal_sys::GDALGetRasterCategoryNames(band.c_rasterband());
        for code in 0..OUTSIDE_RASTER {
            let entry = if list.is_null() { std::ptr::null_mut() } else { *list.add(usize::from(code)) };
            if entry.is_null() {
                break;
            }
            let name = std::ffi::CStr::from_ptr(entry).to_string_lossy().trim().to_owned();
            if !name.is_empty() {
                names.push((code, name));
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_year_is_taken_from_the_name() {
        let year = |name: &str| year_in_name(Path::new(name));
        assert_eq!(year("x/coca_2022.tif"), Some(2022));
        assert_eq!(year("simci_coca_first_year_4326.tif"), None);
        assert_eq!(year("T18NTG_20220114_mask.tif"), None);
        assert_eq!(year("2020_2021.tif"), None);
    }

    #[test]
    fn values_become_codes_or_are_refused() {
        let refuse = |i, value| ClassRasterError::Value { path: PathBuf::new(), row: 0, col: i, value };
        let codes = |values: &[f64], nodata| to_codes(values.iter().copied(), nodata, refuse).ok();
        assert_eq!(codes(&[0.0, 253.0, 255.0, f64::NAN], None), Some(vec![0, 253, 255, 255]));
        assert_eq!(codes(&[0.0, 1.0], Some(0.0)), Some(vec![255, 1]), "a nodata value of 0 is unobserved");
        assert_eq!(codes(&[-9999.0], Some(-9999.0)), Some(vec![255]));
        for bad in [254.0, 256.0, -1.0, 0.5, f64::INFINITY] {
            assert!(codes(&[1.0, bad], None).is_none(), "{bad} was taken");
        }
    }
}
