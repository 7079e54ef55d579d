//! Quality layers: from the numbers of a mask to the state of a pixel.

use serde::{Deserialize, Serialize};

use crate::scene::Validity;

/// A state that holds where `value & mask == equals`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BitRule {
    /// Bits looked at.
    pub mask: u32,
    /// What they must be.
    pub equals: u32,
    /// The state then.
    pub state: Validity,
}

/// What the numbers of a validity layer mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decode {
    /// Sentinel-2 scene classification; codes outside `clear`, where given, are unobserved.
    SceneClassification {
        /// Codes that the user calls clear.
        clear: Option<Vec<u16>>,
    },
    /// Bit flags; the first rule that holds wins. The second field is the state for fill.
    Bits(Vec<BitRule>),
    /// Alpha: 0 is no data.
    Alpha,
    /// GDAL's mask of the band: 0 is no data.
    Mask,
    /// Landsat radiometric saturation: the bit `band number + shift` says that this band is saturated.
    Saturation {
        /// 0 for Collection 1 (bit 1 is band 1), -1 for Collection 2 (bit 0 is band 1).
        shift: i32,
    },
}

impl Decode {
    /// The state that a number of the layer gives; `saturation` are the bits of the requested bands
    /// ([`Decode::saturation_bits`]). NaN and negative numbers are [`Validity::NoData`].
    pub fn state(&self, number: f64, saturation: u32) -> Validity {
        if !(0.0..=f64::from(u32::MAX)).contains(&number) {
            return Validity::NoData;
        }
        let number = number as u32;
        match self {
            Self::SceneClassification { clear } => scene_classification(number, clear.as_deref()),
            Self::Bits(rules) => {
                rules.iter().find(|rule| number & rule.mask == rule.equals).map_or(Validity::Clear, |rule| rule.state)
            }
            Self::Alpha | Self::Mask if number == 0 => Validity::NoData,
            Self::Alpha | Self::Mask => Validity::Clear,
            Self::Saturation { .. } if number & saturation != 0 => Validity::Saturated,
            Self::Saturation { .. } => Validity::Clear,
        }
    }

    /// The bits of a saturation layer that concern bands with these product names (`B4`, `SR_B4`).
    pub fn saturation_bits<'a>(&self, products: impl Iterator<Item = &'a str>) -> u32 {
        let Self::Saturation { shift } = self else { return 0 };
        products
            .filter_map(|name| name.rsplit(['B', 'b']).next()?.parse::<i32>().ok())
            .filter_map(|number| u32::try_from(number + shift).ok())
            .filter(|bit| *bit < 32)
            .fold(0, |bits, bit| bits | 1 << bit)
    }
}

/// State of a code of the Sentinel-2 scene classification (SCL).
///
/// Code 2 is "topographic casted shadows" in products from 2022-01-25 and "dark features/shadows" before; it is
/// taken as shadow in both, since reflectance in shadow says nothing of the cover. 7 (unclassified) is clear.
///
/// # References
/// Sen2Cor's classes as listed by Copernicus, <https://custom-scripts.sentinel-hub.com/sentinel-2/scene-classification/>.
fn scene_classification(code: u32, clear: Option<&[u16]>) -> Validity {
    let state = match code {
        0 => Validity::NoData,
        1 => Validity::Saturated,
        2 | 3 => Validity::CloudShadow,
        4..=7 => Validity::Clear,
        8 | 9 => Validity::Cloud,
        10 => Validity::Cirrus,
        11 => Validity::Snow,
        _ => Validity::NoData,
    };
    match clear {
        None => state,
        Some(codes) if codes.iter().any(|c| u32::from(*c) == code) => Validity::Clear,
        // A code that only the user calls unobserved has no better name.
        Some(_) if state.is_observed() => Validity::Cloud,
        Some(_) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scene_classification_by_table_and_by_user() {
        let table = Decode::SceneClassification { clear: None };
        let states: Vec<_> = (0..=12).map(|code| table.state(f64::from(code), 0).name()).collect();
        assert_eq!(
            states,
            [
                "nodata",
                "saturated",
                "cloud_shadow",
                "cloud_shadow",
                "clear",
                "clear",
                "clear",
                "clear",
                "cloud",
                "cloud",
                "cirrus",
                "snow",
                "nodata"
            ]
        );
        let user = Decode::SceneClassification { clear: Some(vec![2, 4]) };
        assert_eq!(user.state(2.0, 0), Validity::Clear);
        assert_eq!(user.state(5.0, 0), Validity::Cloud);
        assert_eq!(user.state(0.0, 0), Validity::NoData);
        assert_eq!(user.state(f64::NAN, 0), Validity::NoData);
    }

    #[test]
    fn saturation_concerns_the_requested_bands_only() {
        let c1 = Decode::Saturation { shift: 0 };
        let c2 = Decode::Saturation { shift: -1 };
        assert_eq!(c1.saturation_bits(["B3", "SR_B4"].into_iter()), 0b1_1000);
        assert_eq!(c2.saturation_bits(["B1"].into_iter()), 0b1);
        assert_eq!(c1.state(8.0, 0b1000), Validity::Saturated);
        assert_eq!(c1.state(4.0, 0b1000), Validity::Clear);
    }
}
