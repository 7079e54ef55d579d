//! The only folder that knows GDAL, CSV, GeoJSON and the file system.
//!
//! `open_*` and `read_*` return self-contained values; `write_*` puts bytes on disk through [`atomic`].

pub mod assessment_file;
pub mod atomic;
pub(crate) mod blocks;
pub mod cell_plane;
pub mod cell_raster;
pub mod class_mosaic;
pub mod class_raster;
pub mod cog;
#[cfg(test)]
pub(crate) mod colour_vision;
pub mod crs;
pub mod csv_bytes;
pub mod dated_masks;
pub mod digest;
pub mod fence;
pub mod gdal_build;
pub mod gdal_log;
pub mod import;
pub mod journal;
pub mod lock;
pub mod loss;
mod lost_blocks;
pub mod machine;
pub mod map_layer;
pub mod model_file;
pub mod municipality_area;
pub mod onnx_runtime;
pub mod part_file;
pub mod project_grounds;
pub mod published;
pub mod raster;
mod raw_reader;
mod read_cell_table;
pub mod read_cells;
pub mod read_claims;
pub mod read_counts;
pub mod read_covariate;
pub mod read_estimates;
pub mod read_events;
pub mod read_features;
pub mod read_given;
pub mod read_hectares;
pub mod read_municipalities;
pub mod read_neighbours;
pub mod read_outputs;
pub mod read_overlay;
pub mod read_picture;
pub mod read_plan;
pub mod read_points;
pub mod read_project;
pub mod read_publishable;
pub mod read_recorded_run;
pub mod read_records;
pub mod read_samples;
pub mod read_survey;
pub mod read_truth;
mod resample;
pub mod rounded_ground;
pub mod scene;
pub mod scene_reader;
pub(crate) mod scratch;
pub mod shell;
mod simple_ring;
pub mod stac;
pub mod stamp;
pub mod table;
pub mod training_overlap;
pub mod virtual_file;
pub mod window_record;
pub mod write_association;
pub mod write_comparison;
pub mod write_expectation;
pub mod write_geojson;
pub mod write_hectares;
pub mod write_permanence;
pub mod write_png;
pub mod write_predictions;
pub mod write_publication;
pub mod write_qgis_project;
pub mod write_reconciliation;
pub mod write_sample;
pub mod write_trend;
pub mod write_validation;

/// GDAL's version, such as `3.6.2`.
pub fn gdal_version() -> String {
    gdal::version::VersionInfo::release_name()
}

/// Keeps GDAL's block cache at 192 MiB (its default is 5 % of the machine's memory), unless the user set `GDAL_CACHEMAX`.
pub fn limit_cache() {
    limit_cache_to(192);
}

/// Keeps it at so many MiB, for work that comes back to no block; before the first raster is read.
pub fn limit_cache_to(mebibytes: u32) {
    if std::env::var_os("GDAL_CACHEMAX").is_none() {
        // It fails for a key or value with a NUL byte only.
        let _ = gdal::config::set_config_option("GDAL_CACHEMAX", &mebibytes.to_string());
    }
}
