//! A mapped year as a STAC item: its rasters with projection, classes and statistics.

use serde_json::{Map, Value, json};

use super::asset::{About, asset};
use super::{COLLECTION, Catalog, FILE, StacError, VERSION, Year, end, name_in, slug, start};
use crate::area::cell_area::metres_per_unit;
use crate::io::atomic::Staged;
use crate::io::cog::statistics::{Statistics, Values};
use crate::io::cog::{Layer, NODATA};
use crate::io::crs::projjson;
use crate::io::gdal_version;
use crate::io::rounded_ground::RoundedGround;
use crate::scene::Grid;

const PROJECTION: &str = "https://stac-extensions.github.io/projection/v2.0.0/schema.json";
const RASTER: &str = "https://stac-extensions.github.io/raster/v2.0.0/schema.json";
const CLASSIFICATION: &str = "https://stac-extensions.github.io/classification/v2.0.0/schema.json";
const PROCESSING: &str = "https://stac-extensions.github.io/processing/v1.2.0/schema.json";
/// The media type of a Cloud Optimized GeoTIFF (OGC 21-026).
const COG: &str = "image/tiff; application=geotiff; profile=cloud-optimized";

pub(super) fn item(catalog: &Catalog<'_>, year: &Year, footprint: &RoundedGround) -> Result<Value, StacError> {
    let mut properties = json!({
        "title": format!("{} {}", catalog.title(), year.year),
        "datetime": null,
        "start_datetime": start(year.days.0),
        "end_datetime": end(year.days.1),
        "processing:software": { "cocal": env!("CARGO_PKG_VERSION"), "GDAL": gdal_version() },
        "processing:lineage": catalog.lineage,
    });
    if let Some(properties) = properties.as_object_mut() {
        properties.extend(projection(catalog.grid)?);
    }
    let link = |rel: &str| json!({ "rel": rel, "href": format!("./{COLLECTION}"), "type": "application/json" });
    let links = ["root", "parent", "collection"].map(link);
    Ok(json!({
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [PROJECTION, RASTER, CLASSIFICATION, FILE, PROCESSING],
        "id": format!("{}-{}", catalog.id(), year.year),
        "collection": catalog.id(),
        "bbox": footprint.bounds.corners(),
        "geometry": { "type": "Polygon", "coordinates": footprint.polygons.first() },
        "properties": properties,
        "links": links,
        "assets": assets(catalog, year)?,
    }))
}

/// Reference system, size and place of the grid.
fn projection(grid: &Grid) -> Result<Map<String, Value>, StacError> {
    let [a, b, c, d, e, f] = grid.geo_transform();
    let mut fields = Map::new();
    fields.insert("proj:code".to_owned(), json!(grid.crs.epsg.map(|code| format!("EPSG:{code}"))));
    if grid.crs.epsg.is_none() {
        let text = projjson(&grid.crs)?;
        fields.insert("proj:projjson".to_owned(), serde_json::from_str(&text)?);
    }
    fields.insert("proj:shape".to_owned(), json!([grid.rows, grid.cols]));
    // Row by row, as affine matrices are written; GDAL's order begins with the corner.
    fields.insert("proj:transform".to_owned(), json!([b, c, a, e, f, d]));
    fields.insert("proj:bbox".to_owned(), json!(grid.bounds()));
    Ok(fields)
}

fn assets(catalog: &Catalog<'_>, year: &Year) -> Result<Map<String, Value>, StacError> {
    let find = |name: &str| -> Option<&Staged> {
        catalog.staged.iter().find(|staged| name_in(catalog.out, staged.path()) == name)
    };
    let mut assets = Map::new();
    for (name, layer, statistics) in &year.layers {
        let Some(staged) = find(&format!("mask/{name}_{}.tif", year.year)) else { continue };
        let about = About { title: layer.description.clone(), media_type: COG, role: "data" };
        let mut asset = asset(catalog.out, staged, about)?;
        asset["bands"] = json!([band(name, layer, statistics)]);
        asset["raster:sampling"] = json!("area");
        asset["raster:spatial_resolution"] = json!(resolution(catalog.grid));
        if let Some(classes) = classes(layer) {
            asset["classification:classes"] = classes;
        }
        assets.insert((*name).to_owned(), asset);
    }
    let tables = [
        (
            format!("assessment_{}.json", year.year),
            "application/json",
            "Areas with their error, from the labelled sample",
        ),
        (format!("municipal_{}.csv", year.year), "text/csv", "Areas of each municipality with their error"),
    ];
    for (name, media_type, title) in tables {
        if let Some(staged) = find(&name) {
            let key = name.split('_').next().unwrap_or(&name).to_owned();
            assets
                .insert(key, asset(catalog.out, staged, About { title: title.to_owned(), media_type, role: "data" })?);
        }
    }
    Ok(assets)
}

/// A pixel's side in metres: at the equator where the grid is in degrees.
fn resolution(grid: &Grid) -> f64 {
    let metres = grid.pixel_width * metres_per_unit(&grid.crs);
    (metres * 1e3).round() / 1e3
}

fn band(name: &str, layer: &Layer, statistics: &Statistics) -> Value {
    let mut numbers = json!({ "count": statistics.count, "valid_percent": statistics.valid_percent });
    if let Some(Values { minimum, maximum, mean, stddev }) = statistics.values {
        numbers["minimum"] = json!(minimum);
        numbers["maximum"] = json!(maximum);
        numbers["mean"] = json!(mean);
        numbers["stddev"] = json!(stddev);
    }
    let mut band = json!({
        "name": name, "description": layer.description, "data_type": "uint8", "nodata": NODATA, "statistics": numbers,
    });
    if let Some(unit) = layer.unit {
        band["unit"] = json!(unit);
    }
    band
}

/// The classes of a raster, with the unobserved value; `None` for a raster of amounts.
fn classes(layer: &Layer) -> Option<Value> {
    let class = |(value, name): &(u8, String)| {
        let slug = slug(name);
        let slug = if slug.is_empty() { format!("class-{value}") } else { slug };
        let mut class = json!({ "value": value, "name": slug, "title": name });
        if let Some((_, [r, g, b, _])) = layer.colours.iter().find(|(of, _)| of == value) {
            class["color_hint"] = json!(format!("{r:02x}{g:02x}{b:02x}"));
        }
        class
    };
    let unobserved = json!({ "value": NODATA, "name": "unobserved", "title": "unobserved", "nodata": true });
    let all: Vec<Value> = layer.categories.iter().map(class).chain([unobserved]).collect();
    (!layer.categories.is_empty()).then(|| all.into())
}
