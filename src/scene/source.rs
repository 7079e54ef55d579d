//! What a scene is before any pixel is read: its bands, their scale and the reason for it, its validity layers.
//!
//! Everything that was guessed carries the reason for the guess, so that `cocal inspect` can show it and a wrong
//! one can be overruled with [`SceneOptions`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use super::sensor::Decode;
use super::{Band, Grid, Validity};

/// The reason of a scale and offset that the user gave.
pub const GIVEN: &str = "given";

/// What the user says of a scene; each field overrules what the files say.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct SceneOptions {
    /// A sensor of [`super::sensor::NAMES`].
    pub sensor: Option<String>,
    /// Date of acquisition.
    pub date: Option<Date>,
    /// Band names with their 1-based index in the raster; written as a table, `{ red = 3, nir = 4 }`.
    #[serde(deserialize_with = "bands_from_table")]
    pub bands: Vec<(Band, usize)>,
    /// Reflectance per digital number: `reflectance = scale * DN + offset`.
    pub scale: Option<f64>,
    /// Reflectance at DN 0.
    pub offset: Option<f64>,
    /// A layer of codes that says which pixels were observed.
    pub validity_band: Option<ValidityOption>,
}

/// A layer of scene-classification codes that the user names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidityOption {
    /// Description or 1-based index of the band (default: the first).
    pub band: Option<String>,
    /// A raster of its own, on the same grid or on one coarser by a whole factor.
    pub file: Option<PathBuf>,
    /// Codes that are clear; without them the Sentinel-2 scene classification's.
    pub clear: Option<Vec<u16>>,
}

fn bands_from_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Band, usize)>, D::Error> {
    let table = BTreeMap::<String, usize>::deserialize(deserializer)?;
    let mut bands: Vec<_> = table.into_iter().map(|(name, index)| (Band::new(&name), index)).collect();
    bands.sort_by_key(|(_, index)| *index);
    Ok(bands)
}

/// A scene as it will be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scene {
    /// Product identifier, or the file's name without extension.
    pub id: String,
    /// What was opened.
    pub path: PathBuf,
    /// Name of the sensor's table.
    pub sensor: String,
    /// Why that one.
    pub sensor_reason: String,
    /// Date of acquisition.
    pub date: Option<Date>,
    /// Where the date is from.
    pub date_reason: String,
    /// North-up grid of the finest band. A rotated raster has the north-up grid that encloses it.
    pub grid: Grid,
    /// Rows and columns of the finest band's blocks, in pixels of `grid`.
    pub block: (usize, usize),
    /// The bands, by wavelength where they are named.
    pub bands: Vec<SceneBand>,
    /// Layers that say what was observed, in order of precedence: the first that objects gives the reason.
    pub validity: Vec<ValidityLayer>,
    /// What a pixel without data is called: [`Validity::NoData`], or [`Validity::SlcGap`] for Landsat 7 after
    /// 31 May 2003. The outer margin of such a scene cannot be told from its gaps pixel by pixel.
    pub fill: Validity,
    /// Every file that is read, for digests.
    pub files: Vec<PathBuf>,
    /// Remarks worth a user's eye.
    pub notes: Vec<String>,
}

/// One band of a scene.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SceneBand {
    /// Common name.
    pub band: Band,
    /// The product's own name (`B04`, `SR_B3`), or the band's description.
    pub source_name: String,
    /// The raster that holds it (a path or a GDAL name such as `/vsizip/...`).
    pub file: PathBuf,
    /// 1-based band index in `file`.
    pub index: usize,
    /// Pixel type as GDAL calls it (`UInt16`).
    pub data_type: String,
    /// Reflectance per digital number.
    pub scale: f64,
    /// Reflectance at DN 0: `reflectance = scale * DN + offset`.
    pub offset: f64,
    /// Where scale and offset are from.
    pub scale_reason: String,
    /// DN without data.
    pub nodata: Option<f64>,
    /// DN at or above which the detector was saturated.
    pub saturated_at: Option<f64>,
}

/// A raster layer that says of each pixel whether it was observed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ValidityLayer {
    /// The raster.
    pub file: PathBuf,
    /// 1-based band index; with [`Decode::Mask`] the band whose mask is read.
    pub index: usize,
    /// What its numbers mean.
    pub decode: Decode,
    /// What it is: `SCL`, `QA_PIXEL`, `alpha band 4`.
    pub name: String,
}

impl Scene {
    /// The band of this name.
    pub fn band(&self, band: &Band) -> Option<&SceneBand> {
        self.bands.iter().find(|b| b.band == *band)
    }

    /// Its day, counted from 1 January 1970; 0 without a date.
    pub fn day(&self) -> i32 {
        let days = |date: Date| date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        self.date.map_or(0, |date| days(date) as i32)
    }

    /// Names of all bands, separated by commas.
    pub fn band_list(&self) -> String {
        let names: Vec<_> = self.bands.iter().map(|b| b.band.name()).collect();
        names.join(", ")
    }

    /// The validity layers and band rules in words: `SCL, nodata 0`.
    pub fn validity_in_words(&self) -> String {
        let mut parts: Vec<String> = self.validity.iter().map(|layer| layer.name.clone()).collect();
        let mut nodata: Vec<f64> = self.bands.iter().filter_map(|b| b.nodata).collect();
        nodata.sort_by(f64::total_cmp);
        nodata.dedup_by(|a, b| a.total_cmp(b).is_eq());
        parts.extend(nodata.iter().map(|v| format!("nodata {v}")));
        if parts.is_empty() { "NaN and infinite values only".to_owned() } else { parts.join(", ") }
    }
}

/// Rows and columns of a window that decodes no block twice, in pixels of the scene's grid.
///
/// Whole blocks, at least 256 rows and 256 columns where the raster has them.
pub fn preferred_block(scene: &Scene) -> (usize, usize) {
    let whole = |block: usize, size: usize| {
        let block = block.max(1);
        (block * 256_usize.div_ceil(block)).min(size.max(1))
    };
    (whole(scene.block.0, scene.grid.rows), whole(scene.block.1, scene.grid.cols))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_from_a_table() {
        let options: SceneOptions = toml::from_str(
            "scale = 1e-4\nbands = { swir1 = 5, red = 3 }\nvalidity_band = { band = \"SCL\", clear = [4, 5] }",
        )
        .unwrap();
        assert_eq!(options.bands, [(Band::new("red"), 3), (Band::new("swir16"), 5)]);
        assert_eq!(options.validity_band.and_then(|v| v.clear), Some(vec![4, 5]));
        assert_eq!(options.scale, Some(1e-4));
    }
}
