//! Puts scenes, polygons and tables on disk.

use std::path::{Path, PathBuf};

use cocal::io::atomic::{self, WriteError};
use cocal::io::crs::CrsError;
use cocal::scene::Window;
use gdal::errors::GdalError;
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};
use geojson::{Feature, GeometryValue, JsonObject};

use crate::records::{CRS, ORIGIN, Place};
use crate::render::{PIXEL, Planes};
use crate::sky::Acquisition;
use crate::spectra::BANDS;
use crate::territory::Ground;
use crate::training::Label;

/// Why the simulator stopped.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A raster could not be written.
    #[error("cannot write {path}: {source}")]
    Raster { path: PathBuf, source: GdalError },
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// A point could not be placed on Earth.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// A tile too small to hold municipalities, or larger than a TIFF's lattice allows.
    #[error("{rows} x {cols} pixels for {municipalities} municipalities: at least 256 x 256, and 64 x 64 for each")]
    Size { rows: usize, cols: usize, municipalities: usize },
}

/// How a GeoTIFF is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns and rows of a block, each a multiple of 16.
    pub block: [usize; 2],
    /// DEFLATE level, 1 to 9.
    pub level: u8,
    /// Whether the scene classification is an eleventh band.
    pub classification: bool,
}

/// A GeoTIFF of one acquisition, filled window by window.
pub struct SceneFile {
    dataset: Dataset,
    path: PathBuf,
    whole: Window,
    classification: bool,
}

impl SceneFile {
    /// Makes the file for the window `whole` of the world's lattice.
    pub fn create(path: &Path, whole: Window, scene: &Acquisition, layout: Layout) -> Result<Self, SimulateError> {
        let bands = BANDS.len() + usize::from(layout.classification);
        let options = [
            "TILED=YES".to_owned(),
            format!("BLOCKXSIZE={}", layout.block[0]),
            format!("BLOCKYSIZE={}", layout.block[1]),
            "COMPRESS=DEFLATE".to_owned(),
            "PREDICTOR=2".to_owned(),
            format!("ZLEVEL={}", layout.level),
            "INTERLEAVE=BAND".to_owned(),
            "BIGTIFF=IF_SAFER".to_owned(),
        ];
        let make = || -> Result<Dataset, GdalError> {
            let mut dataset = create::<u16>(path, whole, bands, options)?;
            for (key, value) in [
                ("TIFFTAG_DATETIME", format!("{} 15:06:31", scene.date.replace('-', ":"))),
                ("TIFFTAG_IMAGEDESCRIPTION", "Synthetic scene: no real ground, no real sensor".to_owned()),
                ("SYNTHETIC", "yes".to_owned()),
                ("PROCESSING_BASELINE", if scene.has_offset { "05.09" } else { "03.01" }.to_owned()),
            ] {
                dataset.set_metadata_item(key, &value, "")?;
            }
            for (k, name) in BANDS.iter().enumerate() {
                let mut band = dataset.rasterband(k + 1)?;
                band.set_description(name)?;
                band.set_no_data_value(Some(0.0))?;
                band.set_scale(1e-4)?;
                band.set_offset(if scene.has_offset { -0.1 } else { 0.0 })?;
            }
            if layout.classification {
                let mut band = dataset.rasterband(bands)?;
                band.set_description("SCL")?;
                band.set_no_data_value(Some(0.0))?;
            }
            Ok(dataset)
        };
        let dataset = make().map_err(|source| SimulateError::Raster { path: path.to_owned(), source })?;
        Ok(Self { dataset, path: path.to_owned(), whole, classification: layout.classification })
    }

    /// Writes one window, given in the world's lattice.
    pub fn write(&mut self, window: Window, planes: Planes) -> Result<(), SimulateError> {
        let named = |source| SimulateError::Raster { path: self.path.clone(), source };
        let at = ((window.col0 - self.whole.col0) as isize, (window.row0 - self.whole.row0) as isize);
        let size = (window.cols, window.rows);
        let classes = self.classification.then_some(planes.classification);
        for (k, values) in planes.bands.into_iter().chain(classes).enumerate() {
            let mut band = self.dataset.rasterband(k + 1).map_err(named)?;
            band.write(at, size, &mut Buffer::new(size, values)).map_err(named)?;
        }
        Ok(())
    }

    /// Writes what GDAL still holds.
    pub fn close(self) -> Result<(), SimulateError> {
        let path = self.path;
        self.dataset.close().map_err(|source| SimulateError::Raster { path, source })
    }
}

fn create<T: gdal::raster::GdalType>(
    path: &Path,
    whole: Window,
    bands: usize,
    options: impl IntoIterator<Item = String>,
) -> Result<Dataset, GdalError> {
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let options = RasterCreationOptions::from_iter(options);
    let mut dataset =
        driver.create_with_band_type_with_options::<T, _>(path, whole.cols, whole.rows, bands, &options)?;
    let (x, y) = (ORIGIN[0] + whole.col0 as f64 * PIXEL, ORIGIN[1] - whole.row0 as f64 * PIXEL);
    dataset.set_geo_transform(&[x, PIXEL, 0.0, y, 0.0, -PIXEL])?;
    dataset.set_spatial_ref(&SpatialRef::from_definition(CRS)?)?;
    Ok(dataset)
}

/// Writes the classes of sub-pixels as a raster of one byte each, to look at.
pub fn truth_map(path: &Path, window: Window, fine: usize, codes: Vec<u8>) -> Result<(), SimulateError> {
    let named = |source| SimulateError::Raster { path: path.to_owned(), source };
    let size = Window { row0: 0, col0: 0, rows: window.rows * fine, cols: window.cols * fine };
    let mut dataset = create::<u8>(path, size, 1, ["COMPRESS=DEFLATE".to_owned()]).map_err(named)?;
    let step = PIXEL / fine as f64;
    let (x, y) = (ORIGIN[0] + window.col0 as f64 * PIXEL, ORIGIN[1] - window.row0 as f64 * PIXEL);
    dataset.set_geo_transform(&[x, step, 0.0, y, 0.0, -step]).map_err(named)?;
    let shape = (size.cols, size.rows);
    let mut band = dataset.rasterband(1).map_err(named)?;
    band.write((0, 0), shape, &mut Buffer::new(shape, codes)).map_err(named)
}

/// Longitude and latitude with seven decimals (1 cm), closed.
pub fn positions(place: &Place, ring: &[[f64; 2]]) -> Result<Vec<geojson::Position>, CrsError> {
    let mut points = place.lon_lat(ring)?;
    points.extend(points.first().copied());
    let rounded = |v: f64| (v * 1e7).round() / 1e7;
    Ok(points.into_iter().map(|[lon, lat]| geojson::Position::from(vec![rounded(lon), rounded(lat)])).collect())
}

fn feature(place: &Place, rings: &[Vec<[f64; 2]>], properties: &[(&str, &str)]) -> Result<Feature, CrsError> {
    let rings = rings.iter().map(|ring| positions(place, ring)).collect::<Result<Vec<_>, _>>()?;
    let properties: JsonObject = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
    Ok(Feature {
        geometry: Some(geojson::Geometry::new(GeometryValue::Polygon { coordinates: rings })),
        properties: Some(properties),
        ..Feature::default()
    })
}

/// A collection with one feature a line, so that two versions can be compared.
pub fn collection(features: &[Feature]) -> String {
    let lines: Vec<String> = features.iter().map(ToString::to_string).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", lines.join(",\n"))
}

/// `municipalities.geojson`, with the field names of DANE's layers.
pub fn municipalities(place: &Place, grounds: &[Ground]) -> Result<String, CrsError> {
    let one = |ground: &Ground| {
        let fields = [
            ("MPIO_CCNCT", ground.code.as_str()),
            ("MPIO_CNMBR", ground.name.as_str()),
            ("DPTO_CCDGO", "98"),
            ("DPTO_CNMBR", "Departamento Ficticio"),
        ];
        feature(place, &ground.rings, &fields)
    };
    Ok(collection(&grounds.iter().map(one).collect::<Result<Vec<_>, _>>()?))
}

/// `training.geojson`.
pub fn training(place: &Place, labels: &[Label]) -> Result<String, CrsError> {
    let one = |label: &Label| {
        let fields = [("id", label.id.as_str()), ("class", label.cover.name())];
        let mut feature = feature(place, std::slice::from_ref(&label.ring), &fields)?;
        feature.set_property("year", label.year);
        Ok(feature)
    };
    Ok(collection(&labels.iter().map(one).collect::<Result<Vec<_>, CrsError>>()?))
}

/// Writes a text file.
pub fn text(folder: &Path, name: &str, text: &str) -> Result<(), SimulateError> {
    Ok(atomic::write_bytes(&folder.join(name), text.as_bytes())?)
}
