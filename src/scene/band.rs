//! Bands by their STAC common names (EO extension 2.0), so that a red band is `red` whatever sensor it is from.

use serde::{Deserialize, Serialize};

/// A spectral band by its STAC `eo:common_name`, or by the name that its file gives where none fits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Band(String);

/// The common names known here, in order of wavelength. Source: STAC EO extension 2.0.0, "Common Band Names".
pub const COMMON_NAMES: [&str; 14] = [
    "coastal",
    "blue",
    "green",
    "yellow",
    "red",
    "rededge071",
    "rededge075",
    "rededge078",
    "nir",
    "nir08",
    "nir09",
    "cirrus",
    "swir16",
    "swir22",
];

impl Band {
    /// A band with this name; aliases (`NIR`, `swir1`, `rededge1`) become their common name.
    pub fn new(name: &str) -> Self {
        let lower = name.trim().to_ascii_lowercase().replace([' ', '_', '-'], "");
        let common = match lower.as_str() {
            "coastalaerosol" | "aerosol" | "ultrablue" => "coastal",
            "rededge" | "rededge1" | "re1" => "rededge071",
            "rededge2" | "re2" => "rededge075",
            "rededge3" | "re3" => "rededge078",
            "nearinfrared" | "nir1" => "nir",
            "nirnarrow" | "narrownir" | "nir2" | "rededge4" => "nir08",
            "watervapour" | "watervapor" => "nir09",
            "swir1" => "swir16",
            "swir2" => "swir22",
            other => match COMMON_NAMES.iter().find(|n| **n == other) {
                Some(common) => common,
                None => return Self(name.trim().to_owned()),
            },
        };
        Self(common.to_owned())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether the name is a STAC common name.
    pub fn is_common(&self) -> bool {
        COMMON_NAMES.contains(&self.0.as_str())
    }
}

impl std::fmt::Display for Band {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_become_common_names() {
        assert_eq!(Band::new("SWIR_1").name(), "swir16");
        assert_eq!(Band::new(" NIR ").name(), "nir");
        assert_eq!(Band::new("Thermal").name(), "Thermal");
        assert!(!Band::new("Thermal").is_common());
    }
}
