//! Byte rasters as Cloud Optimized GeoTIFFs with names, colours and overviews.
//!
//! Windows go into an uncompressed temporary file as they come; [`RasterSink::finish`] makes the COG of it under a second
//! temporary name, which the caller puts in place. A run that is killed leaves nothing under the final name.

use std::path::{Path, PathBuf};

use gdal::cpl::CslStringList;
use gdal::errors::GdalError;
use gdal::raster::{Buffer, ColorEntry, ColorTable, PaletteInterpretation, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};
use ndarray::Array2;

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
    /// How overviews are made: `MODE`, `NEAREST` or `AVERAGE`.
    pub overviews: &'static str,
    /// Metadata items of the dataset.
    pub metadata: Vec<(String, String)>,
}

/// The value that means *unobserved* in every byte raster: the band's nodata.
pub const NODATA: u8 = 255;

/// A raster that takes windows in any order.
pub struct RasterSink {
    path: PathBuf,
    overviews: &'static str,
    dataset: Dataset,
    temporary: tempfile::TempPath,
    /// Where GDAL keeps what the temporary file cannot hold.
    side: tempfile::TempPath,
}

impl RasterSink {
    /// Starts a raster; the folder of `path` must exist.
    ///
    /// # Errors
    /// [`CogError`] naming the final path.
    pub fn create(path: &Path, grid: &Grid, layer: &Layer) -> Result<Self, CogError> {
        let temporary = temporary_beside(path, ".tif")?;
        let side = side_file(&temporary)?;
        let named = |message| CogError::Gdal { path: path.to_owned(), message };
        let dataset = watch(|| start(&temporary, grid, layer)).map_err(named)?;
        Ok(Self { path: path.to_owned(), overviews: layer.overviews, dataset, temporary, side })
    }

    /// Puts a window in; `values` is `[row, col]` and of the window's size.
    ///
    /// # Errors
    /// [`CogError::Gdal`], mostly a full disk.
    pub fn write(&mut self, window: &Window, values: Array2<u8>) -> Result<(), CogError> {
        let named = |message| CogError::Gdal { path: self.path.clone(), message };
        let size = (window.cols, window.rows);
        let mut buffer = Buffer::new(size, values.into_iter().collect());
        let offset = (window.col0 as isize, window.row0 as isize);
        watch(|| self.dataset.rasterband(1)?.write(offset, size, &mut buffer)).map_err(named)
    }

    /// Makes the COG under a temporary name, and GDAL's side file where it needs one.
    ///
    /// # Errors
    /// [`CogError`] naming the final path.
    pub fn finish(self) -> Result<Vec<Staged>, CogError> {
        // Destructured in the order of dropping: the dataset closes before its files go.
        let Self { path, overviews, mut dataset, temporary: _temporary, side: _side } = self;
        let named = |message| CogError::Gdal { path: path.clone(), message };
        watch(|| dataset.flush_cache()).map_err(named)?;
        let finished = temporary_beside(&path, ".tif")?;
        let finished_side = side_file(&finished)?;
        let options = RasterCreationOptions::from_iter([
            "COMPRESS=DEFLATE".to_owned(),
            "BLOCKSIZE=512".to_owned(),
            "BIGTIFF=IF_SAFER".to_owned(),
            format!("OVERVIEW_RESAMPLING={overviews}"),
        ]);
        let copy = || {
            let driver = DriverManager::get_driver_by_name("COG")?;
            dataset.create_copy(&driver, &finished, &options)?.close()
        };
        watch(copy).map_err(named)?;
        watch(|| dataset.close()).map_err(named)?;
        let mut staged = Vec::new();
        // Category names live in GDAL's side file, which goes the same way as the raster.
        if finished_side.exists() {
            staged.push(Staged::new(finished_side, side_name(&path)));
        }
        staged.push(Staged::new(finished, path));
        Ok(staged)
    }
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
fn temporary_beside(path: &Path, suffix: &str) -> Result<tempfile::TempPath, CogError> {
    let folder = atomic::parent(path);
    let file = tempfile::Builder::new()
        .prefix(".cocal-")
        .suffix(suffix)
        .tempfile_in(folder)
        .map_err(|source| WriteError::Folder { folder: folder.to_owned(), source })?;
    Ok(file.into_temp_path())
}

fn start(temporary: &Path, grid: &Grid, layer: &Layer) -> Result<Dataset, GdalError> {
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let options = RasterCreationOptions::from_iter([
        "TILED=YES",
        "BLOCKXSIZE=256",
        "BLOCKYSIZE=256",
        "BIGTIFF=IF_SAFER",
        "SPARSE_OK=TRUE",
    ]);
    let mut dataset =
        driver.create_with_band_type_with_options::<u8, _>(temporary, grid.cols, grid.rows, 1, &options)?;
    dataset.set_spatial_ref(&SpatialRef::from_wkt(&grid.crs.wkt)?)?;
    dataset.set_geo_transform(&grid.geo_transform())?;
    for (key, value) in &layer.metadata {
        dataset.set_metadata_item(key, value, "")?;
    }
    let mut band = dataset.rasterband(1)?;
    band.set_no_data_value(Some(f64::from(NODATA)))?;
    band.set_description(&layer.description)?;
    if !layer.colours.is_empty() {
        let mut table = ColorTable::new(PaletteInterpretation::Rgba);
        for (value, [r, g, b, a]) in &layer.colours {
            let entry = ColorEntry::rgba(i16::from(*r), i16::from(*g), i16::from(*b), i16::from(*a));
            table.set_color_entry(u16::from(*value), &entry);
        }
        table.set_color_entry(u16::from(NODATA), &ColorEntry::rgba(0, 0, 0, 0));
        band.set_color_table(&table);
    }
    if !layer.categories.is_empty() {
        set_category_names(&band, &layer.categories)?;
    }
    Ok(dataset)
}

/// GDAL wants a name for each value from 0 on; values between have an empty one.
fn set_category_names(band: &gdal::raster::RasterBand<'_>, categories: &[(u8, String)]) -> Result<(), GdalError> {
    let last = categories.iter().map(|(value, _)| *value).max().unwrap_or(0);
    let mut names = CslStringList::new();
    for value in 0..=last {
        let name = categories.iter().find(|(v, _)| *v == value).map_or("", |(_, name)| name.as_str());
        names.add_string(name)?;
    }
    // SAFETY: the band outlives the call, and GDAL copies the list, which it only reads.
    unsafe {
        gdal_sys::GDALSetRasterCategoryNames(band.c_rasterband(), names.as_ptr());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Crs;
    use ndarray::array;

    #[test]
    fn a_raster_comes_back_with_its_names_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("class.tif");
        let grid = Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 0.1,
            pixel_height: 0.1,
            rows: 2,
            cols: 3,
        };
        let layer = Layer {
            description: "class".to_owned(),
            categories: vec![(1, "forest".to_owned()), (2, "coca".to_owned())],
            colours: vec![(1, [0, 90, 0, 255]), (2, [200, 0, 0, 255])],
            overviews: "MODE",
            metadata: vec![("COCAL_YEAR".to_owned(), "2024".to_owned())],
        };
        let mut sink = RasterSink::create(&path, &grid, &layer).unwrap();
        sink.write(&grid.window(), array![[1, 2, 255], [1, 1, 2]]).unwrap();
        assert!(!path.exists(), "the final name appeared before the raster was whole");
        let staged = sink.finish().unwrap();
        assert!(!path.exists(), "the final name appeared before it was asked for");
        staged.into_iter().for_each(|file| file.put().unwrap());
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        assert!(left.iter().all(|name| name.starts_with("class.tif")), "{left:?}");
        let again = Dataset::open(&path).unwrap();
        let band = again.rasterband(1).unwrap();
        assert_eq!(band.read_band_as::<u8>().unwrap().data(), &[1, 2, 255, 1, 1, 2]);
        assert_eq!(band.no_data_value(), Some(255.0));
        assert_eq!(again.metadata_item("COCAL_YEAR", "").as_deref(), Some("2024"));
        assert_eq!(again.metadata_item("LAYOUT", "IMAGE_STRUCTURE").as_deref(), Some("COG"));
        // SAFETY: the list belongs to the band, which is alive.
        let names = unsafe { gdal_sys::GDALGetRasterCategoryNames(band.c_rasterband()) };
        assert!(!names.is_null(), "category names were lost");
    }
}
