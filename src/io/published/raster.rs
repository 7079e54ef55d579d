//! Rasters and pictures: how much ground a pixel shows, and every tag.

use std::path::Path;

use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use super::super::crs::crs_from_gdal;
use super::super::gdal_log::watch;
use crate::area::cell_area::metres_per_unit;
use crate::publish::check::Rule;
use crate::publish::check::document::{Content, Document, Raster};

/// Metres of a degree of latitude and, at the equator, of longitude.
const DEGREE_M: f64 = 111_320.0;
/// Beginnings of tags that a camera or an editor writes.
const CAMERA: [&str; 5] = ["EXIF_", "TIFFTAG_ARTIST", "TIFFTAG_HOSTCOMPUTER", "TIFFTAG_COPYRIGHT", "<?xpacket"];

/// Fills in a raster file.
pub fn fill(document: &mut Document, path: &Path) {
    match open(path) {
        Ok(dataset) => {
            metadata(document, &dataset);
            let raster = raster(&document.name, "raster", &dataset);
            document.content = Content::Rasters(vec![raster]);
        }
        Err(message) => document.faults.push((Rule::Closed, format!("no raster that can be read: {message}"))),
    }
}

/// Adds the rasters inside a GeoPackage.
pub fn fill_inside(document: &mut Document, path: &Path) {
    if let Ok(dataset) = open(path) {
        let inside = raster(&document.name, "raster inside", &dataset);
        document.pictures.push(inside);
    }
}

fn open(path: &Path) -> Result<Dataset, String> {
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_RASTER, ..DatasetOptions::default() };
    watch(|| crate::io::fence::open(path, options))
        .map_err(|message| message.replace(&path.display().to_string(), "it"))
}

/// Every item of metadata as a text; tags of cameras as faults.
pub fn metadata(document: &mut Document, dataset: &Dataset) {
    for (domain, key, value) in items(dataset) {
        // What GDAL derives from the file itself.
        if matches!(domain.as_str(), "IMAGE_STRUCTURE" | "DERIVED_SUBDATASETS" | "SUBDATASETS" | "COLOR_PROFILE") {
            continue;
        }
        if CAMERA.iter().any(|start| key.starts_with(start) || value.starts_with(start)) || domain.contains("XMP") {
            document.faults.push((Rule::PictureTags, format!("{key}={value}")));
        }
        document.texts.push((format!("tag {key}"), format!("{key} {value}")));
    }
    for number in 1..=dataset.raster_count() {
        let Ok(band) = dataset.rasterband(number) else { continue };
        for (_, key, value) in items(&band) {
            document.texts.push((format!("band {number}, tag {key}"), format!("{key} {value}")));
        }
    }
}

pub(super) fn items(of: &impl Metadata) -> Vec<(String, String, String)> {
    let mut domains = of.metadata_domains();
    domains.push(String::new());
    domains.sort();
    domains.dedup();
    let mut found = Vec::new();
    for domain in domains {
        for item in of.metadata_domain(&domain).into_iter().flatten() {
            let (key, value) = item.split_once('=').unwrap_or(("", &item));
            found.push((domain.clone(), key.to_owned(), value.to_owned()));
        }
    }
    found
}

fn raster(name: &str, place: &str, dataset: &Dataset) -> Raster {
    let mut words = vec![name.to_owned()];
    words.extend(dataset.metadata_item("TIFFTAG_IMAGEDESCRIPTION", ""));
    let bands = (1..=dataset.raster_count()).filter_map(|n| dataset.rasterband(n).ok()?.description().ok());
    words.extend(bands.filter(|text| !text.is_empty()));
    Raster { place: place.to_owned(), pixel_m: pixel_m(dataset), words: words.join("; ") }
}

/// Sides of a pixel in metres.
fn pixel_m(dataset: &Dataset) -> Option<[f64; 2]> {
    let [_, a, b, y, d, e] = dataset.geo_transform().ok()?;
    let crs = crs_from_gdal(&dataset.spatial_ref().ok()?).ok()?;
    let (width, height) = (a.hypot(d), b.hypot(e));
    if crs.geographic {
        return Some([width * DEGREE_M * y.to_radians().cos(), height * DEGREE_M]);
    }
    let unit = metres_per_unit(&crs);
    Some([width * unit, height * unit])
}
