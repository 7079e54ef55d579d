//! Opening a scene: which product a path is, and what its own metadata say of it.

mod error;
mod floor;
mod landsat;
mod mtl;
mod plausible;
mod sentinel2;
mod stack;

use std::path::{Path, PathBuf};

pub use error::SceneError;
pub use plausible::check_values;

use super::raster::{Frame, Raster};
use super::virtual_file::{is_folder, list, split};
use crate::scene::sensor::{Decode, LANDSAT_C2_L2, LANDSAT_L1, NAMES, SENTINEL2_L2A};
use crate::scene::source::{GIVEN, Scene, SceneOptions, ValidityLayer};

/// What a path turned out to be.
enum Product {
    /// The `MTD_MSIL2A.xml` of a SAFE folder.
    Sentinel2(PathBuf),
    /// The files of one Landsat product.
    Landsat(landsat::Files),
    /// Any raster.
    Raster,
}

/// Opens a scene and settles how it will be read; no pixel is read yet.
///
/// `path` is any raster that GDAL opens, or a product: a Sentinel-2 `.SAFE` folder or its `MTD_MSIL2A.xml`, a
/// Landsat folder, its `*_MTL.txt` or `*_MTL.xml`, or one of its band files.
///
/// # Errors
/// [`SceneError`]: the file is missing or no raster, lies nowhere on Earth, is a product without a needed field
/// or file, or does not fit the options.
pub fn open_scene(path: &Path, options: &SceneOptions) -> Result<Scene, SceneError> {
    check_options(path, options)?;
    let mut scene = match product_of(path, options)? {
        Product::Sentinel2(metadata) => sentinel2::open(path, &metadata, options)?,
        Product::Landsat(files) => landsat::open(path, &files, options)?,
        Product::Raster => return stack::open(path, options),
    };
    if let Some(wanted) = options.sensor.as_deref().filter(|s| *s != scene.sensor) {
        let missing = match wanted {
            SENTINEL2_L2A => "MTD_MSIL2A.xml",
            LANDSAT_C2_L2 => "Collection 2 Level-2 metadata",
            LANDSAT_L1 => "Level-1 metadata",
            _ => "plain raster",
        };
        return Err(SceneError::WrongSensor { path: path.to_owned(), sensor: wanted.to_owned(), missing });
    }
    overrule(&mut scene, options);
    if let Some(option) = &options.validity_band {
        let Some(file) = &option.file else {
            let field = "validity_band.file".to_owned();
            return Err(SceneError::MissingField { path: path.to_owned(), field, purpose: "a product of many files" });
        };
        add_sidecar(&mut scene, file, option)?;
    }
    if !options.bands.is_empty() {
        scene.notes.push("band indices are not used: the product names its own bands".to_owned());
    }
    Ok(scene)
}

/// Reads a text as each kind of metadata file, and asks for what products ask for: for fuzz targets.
pub(crate) fn try_metadata(text: &str) {
    let path = Path::new("metadata");
    if let Ok(mtl) = mtl::Mtl::of_text(path, text) {
        landsat::try_fields(mtl);
    }
    sentinel2::try_metadata(path, text);
}

fn check_options(path: &Path, options: &SceneOptions) -> Result<(), SceneError> {
    if let Some(name) = options.sensor.as_deref().filter(|name| !NAMES.contains(name)) {
        return Err(SceneError::UnknownSensor { name: name.to_owned(), known: NAMES.join(", ") });
    }
    let (scale, offset) = (options.scale.unwrap_or(1.0), options.offset.unwrap_or(0.0));
    if !scale.is_finite() || scale == 0.0 || !offset.is_finite() {
        return Err(SceneError::BadScale { path: path.to_owned(), scale, offset });
    }
    Ok(())
}

/// Tells products from plain rasters, by names only.
fn product_of(path: &Path, options: &SceneOptions) -> Result<Product, SceneError> {
    let (folder, name) = split(path);
    if is_folder(path) {
        return product_in_folder(path);
    }
    if !super::virtual_file::is_virtual(path) && !path.exists() && !path.to_string_lossy().contains(':') {
        return Err(SceneError::Missing { path: path.to_owned() });
    }
    let upper = name.to_ascii_uppercase();
    if upper == "MTD_MSIL2A.XML" || upper == "MTD_MSIL1C.XML" {
        return Ok(Product::Sentinel2(path.to_owned()));
    }
    if upper.ends_with("_MTL.TXT") || upper.ends_with("_MTL.XML") {
        return landsat::Files::of_metadata(path).map(Product::Landsat);
    }
    let plain = !options.bands.is_empty() || options.sensor.as_deref().is_some_and(|s| !s.starts_with("landsat"));
    if plain {
        return Ok(Product::Raster);
    }
    landsat::Files::of_band(path, &folder, &name).map(|found| found.map_or(Product::Raster, Product::Landsat))
}

fn product_in_folder(path: &Path) -> Result<Product, SceneError> {
    let names = list(path).map_err(|message| SceneError::Metadata { path: path.to_owned(), message })?;
    let metadata = |wanted: &str| names.iter().find(|n| n.eq_ignore_ascii_case(wanted)).map(|n| path.join(n));
    if let Some(file) = metadata("MTD_MSIL2A.xml").or_else(|| metadata("MTD_MSIL1C.xml")) {
        return Ok(Product::Sentinel2(file));
    }
    if let Some(files) = landsat::Files::of_folder(path, &names)? {
        return Ok(Product::Landsat(files));
    }
    let rasters = names.iter().filter(|n| n.to_ascii_lowercase().ends_with(".tif")).count();
    let hint = if rasters > 0 { format!(" ({rasters} .tif files: name them one by one)") } else { String::new() };
    Err(SceneError::NoProduct { path: path.to_owned(), hint })
}

/// What the user says goes before what the files say.
fn overrule(scene: &mut Scene, options: &SceneOptions) {
    if let Some(date) = options.date {
        scene.date = Some(date);
        scene.date_reason = "given".to_owned();
    }
    if options.scale.is_none() && options.offset.is_none() {
        return;
    }
    for band in &mut scene.bands {
        band.scale = options.scale.unwrap_or(band.scale);
        band.offset = options.offset.unwrap_or(band.offset);
        band.scale_reason = GIVEN.to_owned();
    }
}

/// Adds a validity layer from a raster of its own.
fn add_sidecar(
    scene: &mut Scene,
    file: &Path,
    option: &crate::scene::source::ValidityOption,
) -> Result<(), SceneError> {
    let raster = Raster::open(file)?;
    raster.placement_in(&Frame::of_grid(&scene.grid))?;
    let index = stack::find_band(&raster, option.band.as_deref().unwrap_or("1"))?;
    let name = format!("{} (given)", split(file).1);
    let decode = Decode::SceneClassification { clear: option.clear.clone() };
    scene.validity.push(ValidityLayer { file: file.to_owned(), index, decode, name });
    scene.files.extend(raster.files());
    Ok(())
}
