//! Sensors as tables: band names, scale and offset, quality codes. No file is opened here.

pub mod landsat;
mod quality;
pub mod sentinel2;
pub mod stack;

pub use quality::{BitRule, Decode};

/// Sentinel-2 Level-2A in SAFE form.
pub const SENTINEL2_L2A: &str = "sentinel-2-l2a";
/// Landsat Collection 2 Level 2 surface reflectance.
pub const LANDSAT_C2_L2: &str = "landsat-c2-l2";
/// Landsat Level 1: top-of-atmosphere reflectance.
pub const LANDSAT_L1: &str = "landsat-l1";
/// Any raster with named bands.
pub const STACK: &str = "stack";
/// An orthomosaic of a drone.
pub const DRONE: &str = "drone";

/// Every sensor name.
pub const NAMES: [&str; 5] = [SENTINEL2_L2A, LANDSAT_C2_L2, LANDSAT_L1, STACK, DRONE];

/// One band of a sensor: the product's name for it and the common name used here.
pub type BandName = (&'static str, &'static str);

/// The common name that a table gives to a product's band.
pub fn common_name(table: &[BandName], product: &str) -> Option<&'static str> {
    table.iter().find(|(own, _)| own.eq_ignore_ascii_case(product)).map(|(_, common)| *common)
}
