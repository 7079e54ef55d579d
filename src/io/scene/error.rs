//! Why a scene cannot be opened or read.

use std::path::PathBuf;

use crate::io::crs::CrsError;
use crate::scene::Window;

/// A scene that cannot be used as it is. Each message names the file, the place, the rule, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// There is no such file.
    #[error("{path}: no such file or folder")]
    Missing {
        /// What was asked for.
        path: PathBuf,
    },
    /// GDAL cannot open it.
    #[error("{path}: not a raster that GDAL can open: {message}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What GDAL said.
        message: String,
    },
    /// A folder without a known product.
    #[error(
        "{path}: a folder, but no MTD_MSIL2A.xml (Sentinel-2 L2A) and no Landsat *_MTL.txt or *_MTL.xml in it{hint}"
    )]
    NoProduct {
        /// The folder.
        path: PathBuf,
        /// What else was seen there.
        hint: String,
    },
    /// A folder with more than one product.
    #[error("{path}: more than one Landsat product in this folder ({products}); name the MTL file of one")]
    ManyProducts {
        /// The folder.
        path: PathBuf,
        /// Their metadata files.
        products: String,
    },
    /// A level or product that is not read.
    #[error("{path}: {what} is not supported; {advice}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// Metadata that cannot be read.
    #[error("{path}: cannot read the metadata: {message}")]
    Metadata {
        /// The metadata file.
        path: PathBuf,
        /// What was wrong.
        message: String,
    },
    /// Metadata without a needed field.
    #[error("{path}: the metadata have no {field}, which is needed for {purpose}")]
    MissingField {
        /// The metadata file.
        path: PathBuf,
        /// The field.
        field: String,
        /// What for.
        purpose: &'static str,
    },
    /// A metadata field that is not what it must be.
    #[error("{path}: {field} = '{value}' is not {expected}")]
    BadField {
        /// The metadata file.
        path: PathBuf,
        /// The field.
        field: String,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A file of a product that is not there.
    #[error("{path}: the product lacks {what}; download it whole")]
    MissingPart {
        /// The product.
        path: PathBuf,
        /// The file or kind of file.
        what: String,
    },
    /// Files of one scene that do not fit each other.
    #[error("{path}: {rows} x {cols} pixels of {crs} do not fit the scene's grid ({scene}): {rule}")]
    Disagree {
        /// The file.
        path: PathBuf,
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
        /// Its reference system.
        crs: String,
        /// The scene's size and reference system.
        scene: String,
        /// What must hold.
        rule: &'static str,
    },
    /// No reference system.
    #[error(
        "{path}: no coordinate reference system; assign the right one, for example with gdal_edit.py -a_srs EPSG:..."
    )]
    NoCrs {
        /// The file.
        path: PathBuf,
    },
    /// No usable geotransform.
    #[error("{path}: no usable geotransform, so nobody knows where its pixels lie; georeference it first")]
    NoGeoTransform {
        /// The file.
        path: PathBuf,
    },
    /// Ground control points instead of a geotransform.
    #[error(
        "{path}: {points} ground control points but no geotransform; warp it first, for example with gdalwarp -tps"
    )]
    OnlyControlPoints {
        /// The file.
        path: PathBuf,
        /// Their number.
        points: usize,
    },
    /// Another body than Earth.
    #[error("{path}: '{name}' is not on Earth (radius {radius_km} km)")]
    NotEarth {
        /// The file.
        path: PathBuf,
        /// Name of the reference system.
        name: String,
        /// Semi-major axis in km.
        radius_km: f64,
    },
    /// A reference system that cannot be used.
    #[error("{path}: {source}")]
    Crs {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<CrsError>,
    },
    /// An unknown sensor name.
    #[error("unknown sensor '{name}'; known are {known}")]
    UnknownSensor {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// A sensor that the file is not.
    #[error("{path}: asked to be read as {sensor}, but it is no such product (no {missing} beside it)")]
    WrongSensor {
        /// The file.
        path: PathBuf,
        /// The sensor asked for.
        sensor: String,
        /// What that sensor needs.
        missing: &'static str,
    },
    /// Bands that the scene lacks.
    #[error(
        "{path}: no band {missing}; it has {present}. Name bands by index (--bands NAME=INDEX,... or the project file)"
    )]
    BandsMissing {
        /// The scene.
        path: PathBuf,
        /// Those missing.
        missing: String,
        /// Those there.
        present: String,
    },
    /// Two bands of one name.
    #[error("{path}: two bands are called '{name}' ({first} and {second}); name bands by index")]
    DuplicateBand {
        /// The scene.
        path: PathBuf,
        /// The name.
        name: String,
        /// Index of the first.
        first: usize,
        /// Index of the second.
        second: usize,
    },
    /// A band index outside the raster.
    #[error("{path}: band {index} is out of range: the raster has {count} (counted from 1)")]
    BandIndex {
        /// The raster.
        path: PathBuf,
        /// The index asked for.
        index: usize,
        /// Number of bands.
        count: usize,
    },
    /// A scale or offset that is no number.
    #[error("{path}: scale {scale} and offset {offset} give no reflectance; both must be finite, the scale not 0")]
    BadScale {
        /// The raster.
        path: PathBuf,
        /// The scale.
        scale: f64,
        /// The offset.
        offset: f64,
    },
    /// Values of a scale of their own.
    #[error(
        "{path}: band {band}: {percent:.1} % of the sampled pixels cannot be reflectances (half of those are above or at {reflectance}): digital numbers without a scale? Give scale and offset, reflectance = scale * value + offset"
    )]
    NotReflectance {
        /// The raster.
        path: PathBuf,
        /// The band.
        band: String,
        /// Share of its clear pixels that are impossible.
        percent: f64,
        /// The middle one of those.
        reflectance: f32,
    },
    /// A fill value that the metadata do not name.
    #[error(
        "{path}: band {band}: {percent:.1} % of the sampled pixels cannot be reflectances, mostly the value {number}: if it means no data, say so (gdal_edit.py -a_nodata {number} FILE); if not, give scale and offset"
    )]
    UndeclaredFill {
        /// The raster.
        path: PathBuf,
        /// The band.
        band: String,
        /// Share of its clear pixels that are impossible.
        percent: f64,
        /// The commonest of them, as stored.
        number: f64,
    },
    /// A file that is not what it was when the work began.
    #[error("{path}: {what} while it was read; wait until it is whole, then go on with --resume")]
    Changed {
        /// The file.
        path: PathBuf,
        /// What happened to it.
        what: String,
    },
    /// Pixels that cannot be read.
    #[error(
        "{path}: band {band}: cannot read rows {}..{}, columns {}..{}: {message}; the file is damaged or cut short",
        window.row0, window.row_end(), window.col0, window.col_end()
    )]
    Read {
        /// The raster.
        path: PathBuf,
        /// 1-based band index.
        band: usize,
        /// The window in source pixels.
        window: Window,
        /// What GDAL said.
        message: String,
    },
}

impl SceneError {
    /// Whether the fault is in a file, so that work can go on without it; the others are of the project or of what was asked.
    pub fn is_of_the_file(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::Open { .. }
                | Self::NoProduct { .. }
                | Self::Metadata { .. }
                | Self::MissingPart { .. }
                | Self::Changed { .. }
                | Self::Read { .. }
        )
    }
}
