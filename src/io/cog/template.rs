//! What describes a raster, in GDAL's words: reference system, names, colours and metadata as fields of a TIFF.
//!
//! GDAL writes an empty raster of the same size, and its fields are taken over: how a reference system becomes GeoKeys is
//! its business.

use std::path::Path;

use gdal::cpl::CslStringList;
use gdal::errors::GdalError;
use gdal::raster::{ColorEntry, ColorTable, PaletteInterpretation, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{DriverManager, Metadata};

use super::tiles::SIDE;
use super::{Layer, NODATA};
use crate::scene::Grid;

/// Writes an empty raster, and GDAL's side file where it needs one.
pub(super) fn write(temporary: &Path, grid: &Grid, layer: &Layer) -> Result<(), GdalError> {
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let options = RasterCreationOptions::from_iter([
        "TILED=YES".to_owned(),
        format!("BLOCKXSIZE={SIDE}"),
        format!("BLOCKYSIZE={SIDE}"),
        "COMPRESS=DEFLATE".to_owned(),
        "BIGTIFF=NO".to_owned(),
        "ENDIANNESS=LITTLE".to_owned(),
        "SPARSE_OK=TRUE".to_owned(),
    ]);
    let mut dataset =
        driver.create_with_band_type_with_options::<u8, _>(temporary, grid.cols, grid.rows, 1, &options)?;
    dataset.set_spatial_ref(&SpatialRef::from_wkt(&grid.crs.wkt)?)?;
    dataset.set_geo_transform(&grid.geo_transform())?;
    for (key, value) in &layer.metadata {
        dataset.set_metadata_item(key, value, "")?;
    }
    let mut band = dataset.rasterband(1)?;
    band.set_no_data_value(Some(f64::from(NODATA)))?;
    band.set_description(&layer.description)?;
    if !layer.colours.is_empty() {
        let mut table = ColorTable::new(PaletteInterpretation::Rgba);
        for (value, [r, g, b, a]) in &layer.colours {
            let entry = ColorEntry::rgba(i16::from(*r), i16::from(*g), i16::from(*b), i16::from(*a));
            table.set_color_entry(u16::from(*value), &entry);
        }
        table.set_color_entry(u16::from(NODATA), &ColorEntry::rgba(0, 0, 0, 0));
        band.set_color_table(&table);
    }
    if !layer.categories.is_empty() {
        set_category_names(&band, &layer.categories)?;
        // The file itself has no room for GDAL's category names; who copies it without its side file still finds them here.
        for (value, name) in &layer.categories {
            band.set_metadata_item(&format!("CATEGORY_{value}"), name, "")?;
        }
    }
    if let Some(unit) = layer.unit {
        let unit = std::ffi::CString::new(unit)?;
        // SAFETY: the band outlives the call, and GDAL copies the text.
        unsafe {
            gdal_sys::GDALSetRasterUnitType(band.c_rasterband(), unit.as_ptr());
        }
    }
    dataset.close()
}

/// GDAL wants a name for each value from 0 on; values between have an empty one.
fn set_category_names(band: &gdal::raster::RasterBand<'_>, categories: &[(u8, String)]) -> Result<(), GdalError> {
    let last = categories.iter().map(|(value, _)| *value).max().unwrap_or(0);
    let mut names = CslStringList::new();
    for value in 0..=last {
        let name = categories.iter().find(|(v, _)| *v == value).map_or("", |(_, name)| name.as_str());
        names.add_string(name)?;
    }
    // SAFETY: the band outlives the call, and GDAL copies the list, which it only reads.
    unsafe {
        gdal_sys::GDALSetRasterCategoryNames(band.c_rasterband(), names.as_ptr());
    }
    Ok(())
}
