//! Landsat 4 to 9: bands, Level-2 scale, quality bits.
//!
//! # References
//! USGS, *Landsat Collection 2 Level 2 Science Product Guides* (LSDS-1618, LSDS-1619): SR scale 2.75e-5, offset
//! -0.2, fill 0, QA_PIXEL and QA_RADSAT bits. USGS, *Landsat Collection 1 Surface Reflectance Product Guides*
//! (LSDS-1368, LSDS-1370): `pixel_qa`, `radsat_qa`. USGS, *Landsat 7 Data Users Handbook* (LSDS-1927):
//! `rho = (M * DN + A) / sin(sun elevation)` and the failure of the scan-line corrector on 31 May 2003.

use jiff::civil::{Date, date};

use super::{BandName, BitRule};
use crate::scene::Validity;

/// Reflectance per DN of Collection 2 Level-2 surface reflectance.
pub const L2_SCALE: f64 = 2.75e-5;
/// Its reflectance at DN 0.
pub const L2_OFFSET: f64 = -0.2;
/// DN without data, in Level 1 and Level 2.
pub const NODATA: f64 = 0.0;

/// TM and ETM+ (Landsat 4, 5, 7).
pub const TM_BANDS: [BandName; 6] =
    [("B1", "blue"), ("B2", "green"), ("B3", "red"), ("B4", "nir"), ("B5", "swir16"), ("B7", "swir22")];

/// OLI (Landsat 8, 9). B5 is `nir`, not STAC's `nir08`, so that a model's one near infrared is TM's B4, OLI's B5
/// and Sentinel-2's B08 alike.
pub const OLI_BANDS: [BandName; 7] = [
    ("B1", "coastal"),
    ("B2", "blue"),
    ("B3", "green"),
    ("B4", "red"),
    ("B5", "nir"),
    ("B6", "swir16"),
    ("B7", "swir22"),
];

/// The reflective bands of a spacecraft by the number of its satellite; `None` for one without these sensors.
pub fn bands(satellite: u8) -> Option<&'static [BandName]> {
    match satellite {
        4 | 5 | 7 => Some(&TM_BANDS),
        8 | 9 => Some(&OLI_BANDS),
        _ => None,
    }
}

/// What fill is called: gaps of the scan-line corrector for Landsat 7 after 31 May 2003.
///
/// The rule is local: the outer margin of such a scene cannot be told from its gaps pixel by pixel.
pub fn fill_state(satellite: u8, acquired: Option<Date>) -> Validity {
    let slc_off = satellite == 7 && acquired.is_some_and(|day| day > date(2003, 5, 31));
    if slc_off { Validity::SlcGap } else { Validity::NoData }
}

const fn bit(number: u32, state: Validity) -> BitRule {
    BitRule { mask: 1 << number, equals: 1 << number, state }
}

/// A two-bit confidence that is high (3).
const fn high(first_bit: u32, state: Validity) -> BitRule {
    BitRule { mask: 3 << first_bit, equals: 3 << first_bit, state }
}

/// Collection 2 `QA_PIXEL`.
pub fn qa_pixel(fill: Validity) -> Vec<BitRule> {
    vec![
        bit(0, fill),
        bit(3, Validity::Cloud),
        bit(4, Validity::CloudShadow),
        bit(2, Validity::Cirrus),
        bit(5, Validity::Snow),
        bit(1, Validity::NearCloud),
    ]
}

/// Collection 1 `pixel_qa` (of the Level-2 product). Cirrus confidence exists for OLI only.
pub fn pixel_qa(fill: Validity) -> Vec<BitRule> {
    vec![
        bit(0, fill),
        bit(5, Validity::Cloud),
        bit(3, Validity::CloudShadow),
        high(8, Validity::Cirrus),
        bit(4, Validity::Snow),
    ]
}

/// Collection 1 Level-1 `BQA`: fill, cloud, and shadow, snow, cirrus at high confidence; saturation of any band.
pub fn bqa(fill: Validity) -> Vec<BitRule> {
    vec![
        bit(0, fill),
        bit(4, Validity::Cloud),
        high(7, Validity::CloudShadow),
        high(11, Validity::Cirrus),
        high(9, Validity::Snow),
        high(2, Validity::Saturated),
    ]
}

/// The parts of a Landsat product identifier that are needed before its metadata are found.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductName {
    /// Up to the band: `LE07_L1TP_007059_20161209_20170130_01_T1`.
    pub product: String,
    /// What follows it, in upper case: `B4`, `SR_B4`, `QA_PIXEL`; empty when nothing does.
    pub ending: String,
}

/// Splits a file name (without extension) of a Landsat product: `LXSS_LLLL_PPPRRR_YYYYMMDD[_YYYYMMDD_CC_TX]_ending`.
pub fn product_name(stem: &str) -> Option<ProductName> {
    let parts: Vec<&str> = stem.split('_').collect();
    let head = parts.first()?.as_bytes();
    let is_digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let starts = head.len() == 4 && head[0].eq_ignore_ascii_case(&b'L') && head[2] == b'0' && head[3].is_ascii_digit();
    if !starts || parts.len() < 4 || !is_digits(parts[2], 6) || !is_digits(parts[3], 8) {
        return None;
    }
    let full = parts.len() >= 7 && is_digits(parts[4], 8) && is_digits(parts[5], 2);
    let n = if full { 7 } else { 4 };
    Some(ProductName { product: parts[..n].join("_"), ending: parts[n..].join("_").to_ascii_uppercase() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::sensor::Decode;

    #[test]
    fn fill_is_a_gap_for_etm_after_the_failure_only() {
        assert_eq!(fill_state(7, Some(date(2003, 6, 1))), Validity::SlcGap);
        assert_eq!(fill_state(7, Some(date(2003, 5, 31))), Validity::NoData);
        assert_eq!(fill_state(5, Some(date(2010, 1, 1))), Validity::NoData);
        assert_eq!(fill_state(7, None), Validity::NoData);
    }

    #[test]
    fn quality_bits() {
        let c2 = Decode::Bits(qa_pixel(Validity::NoData));
        // 21824 clear, 22280 cloud with high confidence, 23888 shadow, 1 fill (LSDS-1619).
        assert_eq!(c2.state(21_824.0, 0), Validity::Clear);
        assert_eq!(c2.state(22_280.0, 0), Validity::Cloud);
        assert_eq!(c2.state(23_888.0, 0), Validity::CloudShadow);
        assert_eq!(c2.state(1.0, 0), Validity::NoData);
        assert_eq!(c2.state(2.0, 0), Validity::NearCloud);
        let c1 = Decode::Bits(pixel_qa(Validity::SlcGap));
        // LSDS-1368: 66 clear, 72 shadow, 224 cloud, 1 fill.
        let states: Vec<_> = [66.0, 72.0, 224.0, 1.0].iter().map(|v| c1.state(*v, 0).name()).collect();
        assert_eq!(states, ["clear", "cloud_shadow", "cloud", "slc_gap"]);
        assert_eq!(c1.state(f64::from(2 + (3 << 8)), 0), Validity::Cirrus);
    }

    #[test]
    fn product_names() {
        let name = product_name("LE07_L1TP_007059_20161209_20170130_01_T1_b4").unwrap();
        assert_eq!((name.product.as_str(), name.ending.as_str()), ("LE07_L1TP_007059_20161209_20170130_01_T1", "B4"));
        let c2 = product_name("LC08_L2SP_232066_20190727_20200827_02_T1_SR_B5").unwrap();
        assert_eq!(c2.ending, "SR_B5");
        assert_eq!(product_name("Landsat_8_53_020601_7ETM_Reflec_SR_Enmask"), None);
        assert_eq!(product_name("LC08_stack"), None);
    }
}
