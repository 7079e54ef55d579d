//! Sentinel-2 Multispectral Instrument, Level-2A.
//!
//! # References
//! ESA, *Sentinel-2 Products Specification Document*: `BOA_QUANTIFICATION_VALUE`, `BOA_ADD_OFFSET`
//! (`reflectance = (DN + BOA_ADD_OFFSET) / BOA_QUANTIFICATION_VALUE`, from processing baseline 04.00), special
//! values NODATA = 0 and SATURATED = 65535. Common names: STAC EO extension 2.0.

use super::BandName;

/// Product band, common name. B08 is `nir` (as Landsat's broad near infrared), B8A is `nir08`.
pub const BANDS: [BandName; 12] = [
    ("B01", "coastal"),
    ("B02", "blue"),
    ("B03", "green"),
    ("B04", "red"),
    ("B05", "rededge071"),
    ("B06", "rededge075"),
    ("B07", "rededge078"),
    ("B08", "nir"),
    ("B8A", "nir08"),
    ("B09", "nir09"),
    ("B11", "swir16"),
    ("B12", "swir22"),
];

/// Product band by the metadata's `band_id` (0 to 12).
pub const BAND_IDS: [&str; 13] =
    ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"];

/// DN without data.
pub const NODATA: f64 = 0.0;
/// DN of a saturated pixel.
pub const SATURATED: f64 = 65_535.0;
/// Reflectance per DN where only the sensor is known (no metadata; offset 0).
pub const SCALE: f64 = 1e-4;

/// `B4`, `b04`, `B04_10m` in the form `B04`; `None` when it is no Sentinel-2 band.
pub fn product_band(text: &str) -> Option<&'static str> {
    let upper = text.trim().to_ascii_uppercase();
    let head = upper.split(['_', ' ']).next()?;
    let name = head.strip_prefix('B')?;
    let padded = if name.len() == 1 { format!("B0{name}") } else { format!("B{name}") };
    BANDS.iter().map(|(own, _)| *own).find(|own| *own == padded)
}

/// Whether band descriptions can only be Sentinel-2's: B8A or B12 is among them and each `B` name is in the table.
pub fn is_sentinel2(descriptions: &[String]) -> bool {
    let found: Vec<_> = descriptions.iter().filter_map(|d| product_band(d)).collect();
    found.contains(&"B8A") || found.contains(&"B12")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn band_names_in_many_forms() {
        assert_eq!(product_band("B4"), Some("B04"));
        assert_eq!(product_band("b8a"), Some("B8A"));
        assert_eq!(product_band("B11_20m"), Some("B11"));
        assert_eq!(product_band("B10"), None);
        assert_eq!(product_band("blue"), None);
    }
}
