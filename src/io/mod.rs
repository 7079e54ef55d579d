//! The only folder that knows GDAL, CSV, GeoJSON and the file system.
//!
//! `open_*` and `read_*` return self-contained values; `write_*` puts bytes on disk through [`atomic`].

pub mod atomic;
pub mod crs;
pub mod gdal_log;
pub mod raster;
mod resample;
pub mod scene;
pub mod scene_reader;
pub mod virtual_file;
