//! Any other raster: names from its band descriptions, scale from its pixel type, date from its name.

use jiff::civil::Date;

use super::{BandName, LANDSAT_C2_L2, LANDSAT_L1, SENTINEL2_L2A, common_name, landsat, sentinel2};
use crate::scene::Band;

/// A raster with a mask and pixels below this size, in metres, is taken for a drone's.
pub const DRONE_PIXEL_M: f64 = 1.0;

/// The band names of a raster and where they are from.
#[derive(Clone, Debug, PartialEq)]
pub struct BandNames {
    /// One for each raster band.
    pub bands: Vec<Band>,
    /// Why these.
    pub reason: &'static str,
}

/// Names bands by their descriptions. `sensor` is the table that the user asks for.
///
/// `B1` to `B12` are Sentinel-2's when B8A or B12 is among them, since Landsat numbers differ; `SR_B1`... are
/// Landsat's, of OLI when there is an SR_B6 (TM's band 6 is thermal and no surface reflectance).
pub fn band_names(descriptions: &[String], sensor: Option<&str>) -> BandNames {
    let (table, reason): (&[BandName], _) = match sensor {
        Some(SENTINEL2_L2A) => (&sentinel2::BANDS, "Sentinel-2 names, as the sensor was given"),
        Some(LANDSAT_C2_L2 | LANDSAT_L1) => (landsat_table(descriptions), "Landsat names, as the sensor was given"),
        _ if sentinel2::is_sentinel2(descriptions) => (&sentinel2::BANDS, "Sentinel-2 names (B8A or B12 is there)"),
        _ if descriptions.iter().any(|d| surface_reflectance_name(d).is_some()) => {
            (landsat_table(descriptions), "Landsat surface reflectance names (SR_B...)")
        }
        _ => (&[], "the bands' own descriptions"),
    };
    let is_sentinel = std::ptr::eq(table, &sentinel2::BANDS as &[BandName]);
    let one = |index: usize, text: &String| {
        let product = if is_sentinel {
            sentinel2::product_band(text).map(str::to_owned)
        } else {
            Some(surface_reflectance_name(text).unwrap_or_else(|| text.trim().to_owned()))
        };
        let common = product.and_then(|name| common_name(table, &name));
        match common {
            Some(name) => Band::new(name),
            None if text.trim().is_empty() => Band::new(&format!("band{}", index + 1)),
            None => Band::new(text),
        }
    };
    BandNames { bands: descriptions.iter().enumerate().map(|(i, d)| one(i, d)).collect(), reason }
}

/// `SR_B4` (any case) as `B4`.
fn surface_reflectance_name(text: &str) -> Option<String> {
    text.trim().to_ascii_uppercase().strip_prefix("SR_").map(str::to_owned)
}

fn landsat_table(descriptions: &[String]) -> &'static [BandName] {
    let has_b6 = descriptions.iter().any(|d| surface_reflectance_name(d).unwrap_or_default() == "B6");
    if has_b6 { &landsat::OLI_BANDS } else { &landsat::TM_BANDS }
}

/// The date in a file name: the first `YYYYMMDD` or `YYYY-MM-DD` that is a day since 1972 and is not part of a
/// longer number.
pub fn date_in_name(name: &str) -> Option<Date> {
    let bytes = name.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        if !bytes[start].is_ascii_digit() {
            start += 1;
            continue;
        }
        let run = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
        let text = &name[start..];
        let day = match run {
            8 => day_of(&text[..4], &text[4..6], &text[6..8]),
            4 => dashed(text),
            _ => None,
        };
        if day.is_some() {
            return day;
        }
        start += run;
    }
    None
}

/// `YYYY-MM-DD` at the start of `text`, not followed by a digit.
fn dashed(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let fits = bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && text.is_char_boundary(10);
    if !fits || bytes.get(10).is_some_and(u8::is_ascii_digit) || !bytes[5..10].is_ascii() {
        return None;
    }
    day_of(&text[..4], &text[5..7], &text[8..10])
}

/// A date in metadata: `2020-01-06`, `2020:01:06 15:09:50`, `20200106`, or the same followed by a time.
pub fn date_in_metadata(text: &str) -> Option<Date> {
    let digits: Vec<u8> = text
        .trim()
        .bytes()
        .enumerate()
        .take_while(|(i, b)| b.is_ascii_digit() || (matches!(b, b'-' | b':' | b'/') && matches!(i, 4 | 7)))
        .filter_map(|(_, b)| b.is_ascii_digit().then_some(b))
        .take(8)
        .collect();
    let digits = String::from_utf8(digits).ok()?;
    if digits.len() < 8 { None } else { day_of(&digits[..4], &digits[4..6], &digits[6..8]) }
}

fn day_of(year: &str, month: &str, day: &str) -> Option<Date> {
    let (year, month, day) = (year.parse::<i16>().ok()?, month.parse::<i8>().ok()?, day.parse::<i8>().ok()?);
    // Landsat 1 flew in July 1972; earlier digits are something else.
    if !(1972..=2100).contains(&year) { None } else { Date::new(year, month, day).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn names(descriptions: &[&str], sensor: Option<&str>) -> Vec<String> {
        let owned: Vec<String> = descriptions.iter().map(|d| (*d).to_owned()).collect();
        band_names(&owned, sensor).bands.iter().map(|b| b.name().to_owned()).collect()
    }

    #[test]
    fn b_names_need_b8a_to_be_sentinel2() {
        assert_eq!(names(&["B2", "B8A", "SCL"], None), ["blue", "nir08", "SCL"]);
        assert_eq!(names(&["B2", "B4"], None), ["B2", "B4"]);
        assert_eq!(names(&["B2", "B4"], Some(SENTINEL2_L2A)), ["blue", "red"]);
        assert_eq!(names(&["SR_B4", "SR_B6"], None), ["red", "swir16"]);
        assert_eq!(names(&["SR_B4", "SR_B7"], None), ["nir", "swir22"]);
        assert_eq!(names(&["Red edge", ""], None), ["rededge071", "band2"]);
    }

    #[test]
    fn dates_in_names() {
        assert_eq!(date_in_name("S2A2A_20190723_022_BOA"), Some(date(2019, 7, 23)));
        assert_eq!(date_in_name("tile_2024-08-12_v2"), Some(date(2024, 8, 12)));
        assert_eq!(date_in_name("id_120190723_x"), None);
        assert_eq!(date_in_name("x_20191399"), None);
        assert_eq!(date_in_name("ñ_2024-0ñ"), None);
        assert_eq!(date_in_name("n18990101"), None);
    }

    #[test]
    fn dates_in_metadata() {
        assert_eq!(date_in_metadata("2016:12:09 15:09:50"), Some(date(2016, 12, 9)));
        assert_eq!(date_in_metadata("2020-01-06T01:53:22Z"), Some(date(2020, 1, 6)));
        assert_eq!(date_in_metadata("20200106"), Some(date(2020, 1, 6)));
        assert_eq!(date_in_metadata("06/01/2020"), None);
    }
}
