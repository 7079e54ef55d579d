//! A sample as files: the blinded one for interpreters, its key, and the ground of its strata.

use std::path::Path;

use gdal::DriverManager;
use gdal::errors::GdalError;
use gdal::vector::{Feature, FieldDefn, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use serde_json::json;

use super::atomic::{Staged, WriteError, parent};
use super::crs::{CrsError, spatial_ref};
use super::csv_bytes::{CsvError, csv_bytes};
use crate::accuracy::drawn::{DrawnUnit, Sample};
use crate::scene::Crs;

/// A GeoPackage that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteSampleError {
    /// GDAL refuses.
    #[error("cannot write {path}: {source}")]
    Gdal {
        /// The file.
        path: std::path::PathBuf,
        /// What GDAL said.
        source: GdalError,
    },
    /// Its reference system is not known to PROJ.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The disk refuses.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The units as interpreters get them: in random order, without stratum, class or municipality.
fn blinded(sample: &Sample) -> Vec<&DrawnUnit> {
    let mut units: Vec<&DrawnUnit> = sample.units.iter().collect();
    units.sort_by_key(|unit| (unit.order, &unit.id));
    units
}

/// Degrees with seven decimals: a centimetre.
fn degrees(value: f64) -> String {
    format!("{value:.7}")
}

fn rounded(value: f64) -> f64 {
    (value * 1e7).round() / 1e7
}

/// The blinded sample as CSV: `id,lon,lat,reference`, the last to be filled in.
///
/// # Errors
/// From the CSV writer.
pub fn sample_csv(sample: &Sample) -> Result<Vec<u8>, CsvError> {
    let rows = blinded(sample).into_iter().map(|u| [u.id.clone(), degrees(u.lon), degrees(u.lat), String::new()]);
    csv_bytes(["id", "lon", "lat", "reference"], rows)
}

/// The blinded sample as GeoJSON points (RFC 7946) with `id` and an empty `reference`.
pub fn sample_geojson(sample: &Sample) -> Vec<u8> {
    let feature = |u: &DrawnUnit| {
        json!({
            "type": "Feature", "id": u.id,
            "properties": {"id": u.id, "reference": ""},
            "geometry": {"type": "Point", "coordinates": [rounded(u.lon), rounded(u.lat)]},
        })
        .to_string()
    };
    let features: Vec<String> = blinded(sample).into_iter().map(feature).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n")).into_bytes()
}

/// The blinded sample as a GeoPackage, under a temporary name.
///
/// # Errors
/// [`WriteSampleError`] naming the file.
pub fn sample_gpkg(path: &Path, sample: &Sample) -> Result<Staged, WriteSampleError> {
    let named = |source| WriteSampleError::Gdal { path: path.to_owned(), source };
    let temporary = tempfile::Builder::new()
        .prefix(".cocal-")
        .suffix(".gpkg")
        .tempfile_in(parent(path))
        .map_err(|source| WriteError::File { path: path.to_owned(), source })?
        .into_temp_path();
    write_gpkg(&temporary, sample, &spatial_ref(&Crs::wgs84())?).map_err(named)?;
    Ok(Staged::new(temporary, path.to_owned()))
}

fn write_gpkg(path: &Path, sample: &Sample, srs: &gdal::spatial_ref::SpatialRef) -> Result<(), GdalError> {
    // The same sample is the same bytes: not the time at which it was written.
    gdal::config::set_thread_local_config_option("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z")?;
    // GDAL makes the file anew where an empty one lies.
    let _ = std::fs::remove_file(path);
    let mut dataset = DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)?;
    let options = LayerOptions { name: "sample", srs: Some(srs), ty: OGRwkbGeometryType::wkbPoint, options: None };
    let layer = dataset.create_layer(options)?;
    for name in ["id", "reference"] {
        FieldDefn::new(name, OGRFieldType::OFTString)?.add_to_layer(&layer)?;
    }
    let defn = layer.defn();
    let (id, reference) = (defn.field_index("id")?, defn.field_index("reference")?);
    for unit in blinded(sample) {
        let mut feature = Feature::new(defn)?;
        let mut point = Geometry::empty(OGRwkbGeometryType::wkbPoint)?;
        point.add_point_2d((rounded(unit.lon), rounded(unit.lat)));
        feature.set_geometry(point)?;
        feature.set_field_string(id, &unit.id)?;
        feature.set_field_string(reference, "")?;
        feature.create(&layer)?;
    }
    dataset.close()
}

/// The key: what each id is. It stays apart from the sample until that is labelled.
///
/// # Errors
/// From the CSV writer.
pub fn key_csv(sample: &Sample) -> Result<Vec<u8>, CsvError> {
    let cells = |u: &DrawnUnit| {
        let (lon, lat) = (degrees(u.lon), degrees(u.lat));
        let text = [&u.id, &u.stratum, &u.map, &u.municipality].map(String::clone);
        let [id, stratum, map, municipality] = text;
        [id, stratum, map, municipality, lon, lat, u.row.to_string(), u.col.to_string()]
    };
    let header = ["id", "stratum", "map", "municipality", "lon", "lat", "row", "col"];
    csv_bytes(header, sample.units.iter().map(cells))
}

/// The ground of the strata, by class of the map and municipality: the table that `cocal assess --strata-area` takes.
///
/// # Errors
/// From the CSV writer.
pub fn strata_csv(sample: &Sample) -> Result<Vec<u8>, CsvError> {
    let cells = |g: &crate::accuracy::drawn::DrawnGround| {
        [
            g.stratum.clone(),
            g.map.clone(),
            g.municipality.clone(),
            // Six decimals of a hectare are a hundredth of a square metre.
            format!("{:.6}", g.area_ha),
            g.units.to_string(),
        ]
    };
    csv_bytes(["stratum", "map", "municipality", "area_ha", "units"], sample.grounds.iter().map(cells))
}
