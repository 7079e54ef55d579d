//! The only folder that knows GDAL, CSV, GeoJSON and the file system.
//!
//! `open_*` and `read_*` return self-contained values; `write_*` puts bytes on disk through [`atomic`].

pub mod atomic;
pub mod class_mosaic;
pub mod class_raster;
pub mod crs;
pub mod read_project;
pub mod write_cog;
pub mod digest;
pub mod read_samples;
pub mod read_truth;
pub mod gdal_messages;
pub mod project_grounds;
pub mod read_municipalities;
pub mod write_geojson;
pub mod write_hectares;
pub mod read_hectares;
pub mod read_records;
pub mod table;
pub mod write_comparison;
pub mod model_file;
pub mod gdal_log;
pub mod raster;
mod resample;
pub mod scene;
pub mod scene_reader;
pub mod virtual_file;
