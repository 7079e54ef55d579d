//! Layers of any vector format that GDAL reads, with its metadata.

use std::path::Path;

use gdal::vector::{FieldValue, LayerAccess};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::MultiPolygon;
use serde_json::Value;

use super::super::crs::crs_from_gdal;
use super::super::gdal_log::watch;
use super::super::read_municipalities::collect_polygons;
use super::raster;
use crate::publish::check::Rule;
use crate::publish::check::document::{Content, Document, Geometry, Layer, Shape};
use crate::scene::Crs;

/// Fills in the layers of a file; its rasters too, as a GeoPackage may hold both.
pub fn fill(document: &mut Document, path: &Path) {
    // A shapefile's table is read with it.
    let sibling = |extension: &str| path.with_extension(extension).exists();
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if matches!(extension.as_deref(), Some("dbf" | "shx")) && (sibling("shp") || sibling("SHP")) {
        return;
    }
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR,
        open_options: Some(&["LIST_ALL_TABLES=YES"]),
        ..DatasetOptions::default()
    };
    match watch(|| crate::io::fence::open(path, options)) {
        Ok(dataset) => {
            raster::metadata(document, &dataset);
            // What a GeoPackage says of a table in its contents.
            for named in dataset.layers() {
                for (_, key, value) in raster::items(&named) {
                    document.texts.push((format!("layer {}, {key}", named.name()), value));
                }
            }
            let layers: Result<Vec<Layer>, String> = (0..dataset.layer_count()).map(|i| layer(&dataset, i)).collect();
            match layers {
                Ok(layers) => document.content = Content::Layers(layers),
                Err(message) => document.faults.push((Rule::Closed, message)),
            }
        }
        Err(_) => raster::fill(document, path),
    }
    if is_sqlite(path) {
        raster::fill_inside(document, path);
    }
}

/// Whether a file is a database of SQLite (its first 16 bytes), whatever its name: it may hold rasters beside its layers.
fn is_sqlite(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == *b"SQLite format 3\0"
}

fn layer(dataset: &Dataset, number: usize) -> Result<Layer, String> {
    let mut layer = watch(|| dataset.layer(number))?;
    let crs = layer.spatial_ref().map(|srs| crs_from_gdal(&srs));
    let other_crs = match &crs {
        Some(Ok(crs)) if crs.same_as(&Crs::wgs84()) => None,
        Some(Ok(crs)) => Some(crs.label()),
        Some(Err(_)) => Some("an unknown reference system".to_owned()),
        None => None,
    };
    let mut out = Layer { name: layer.name(), other_crs, shapes: Vec::new() };
    for (feature, number) in layer.features().zip(1..) {
        let fields = feature.fields().map(|(name, value)| (name, value.map_or(Value::Null, to_json)));
        let geometry =
            feature.geometry().filter(|g| !g.is_empty()).map_or(Geometry::Missing, |geometry| {
                match geometry.geometry_name().as_str() {
                    "POLYGON" | "MULTIPOLYGON" => {
                        let mut polygons = Vec::new();
                        collect_polygons(geometry, &mut polygons);
                        Geometry::Ground(MultiPolygon::new(polygons))
                    }
                    other => Geometry::Other(other.to_owned()),
                }
            });
        out.shapes.push(Shape { number, fields: fields.collect(), geometry, plane: None });
    }
    Ok(out)
}

fn to_json(value: FieldValue) -> Value {
    match value {
        FieldValue::StringValue(text) => text.into(),
        FieldValue::StringListValue(texts) => texts.join(" ").into(),
        FieldValue::IntegerValue(v) => v.into(),
        FieldValue::Integer64Value(v) => v.into(),
        FieldValue::RealValue(v) => v.into(),
        other => format!("{other:?}").into(),
    }
}
