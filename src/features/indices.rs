//! Spectral indices, each with its formula and source.
//!
//! Coca is seen through disturbance: after a harvest the leaves are gone, short-wave infrared rises and the burn ratio
//! falls, while NDVI alone says little. So the set leads with NBR and NDMI.

use super::FeatureKind;
use crate::scene::Band;

/// A spectral index on reflectance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// Normalised burn ratio, (nir - swir22) / (nir + swir22). Key and Benson 2006, FIREMON, RMRS-GTR-164.
    Nbr,
    /// Normalised difference moisture index, (nir - swir16) / (nir + swir16). Gao 1996, RSE 58:257.
    Ndmi,
    /// Normalised difference vegetation index, (nir - red) / (nir + red). Rouse et al. 1974, NASA SP-351.
    Ndvi,
    /// Normalised difference red edge, (nir - rededge071) / (nir + rededge071). Barnes et al. 2000, 5th Int. Conf. Precision Agriculture.
    Ndre,
    /// Enhanced vegetation index, 2.5 (nir - red) / (nir + 6 red - 7.5 blue + 1). Huete et al. 2002, RSE 83:195.
    Evi,
    /// Bare soil index, ((swir16 + red) - (nir + blue)) / ((swir16 + red) + (nir + blue)). Rikimaru et al. 2002, Tropical Ecology 43:39.
    Bsi,
}

impl Index {
    /// Every index, in the order of their features.
    pub const ALL: [Self; 6] = [Self::Nbr, Self::Ndmi, Self::Ndvi, Self::Ndre, Self::Evi, Self::Bsi];

    /// The name of its feature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nbr => "nbr",
            Self::Ndmi => "ndmi",
            Self::Ndvi => "ndvi",
            Self::Ndre => "ndre",
            Self::Evi => "evi",
            Self::Bsi => "bsi",
        }
    }

    /// The bands that it needs, in the order in which [`Index::value`] takes them.
    pub fn bands(self) -> &'static [&'static str] {
        match self {
            Self::Nbr => &["nir", "swir22"],
            Self::Ndmi => &["nir", "swir16"],
            Self::Ndvi => &["nir", "red"],
            Self::Ndre => &["nir", "rededge071"],
            Self::Evi => &["nir", "red", "blue"],
            Self::Bsi => &["swir16", "red", "nir", "blue"],
        }
    }

    /// Positions of its bands among `bands`, or `None` when one is missing.
    pub fn positions(self, bands: &[Band]) -> Option<[usize; 4]> {
        let mut out = [0; 4];
        for (slot, name) in out.iter_mut().zip(self.bands()) {
            *slot = bands.iter().position(|b| b.name() == *name)?;
        }
        Some(out)
    }

    /// The index of one pixel; `reflectance` holds every band and `at` says which are meant.
    ///
    /// A denominator of zero gives NaN (a missing feature), never an infinite value.
    #[inline]
    pub fn value(self, reflectance: &[f32], at: [usize; 4]) -> f32 {
        self.formula(at.map(|band| reflectance[band]))
    }

    /// The index of the reflectances of its bands, in the order of [`Index::bands`]; what is beyond is not looked at.
    #[inline(always)]
    pub fn formula(self, r: [f32; 4]) -> f32 {
        match self {
            Self::Nbr | Self::Ndmi | Self::Ndvi | Self::Ndre => ratio(r[0] - r[1], r[0] + r[1]),
            Self::Evi => ratio(2.5 * (r[0] - r[1]), r[0] + 6.0 * r[1] - 7.5 * r[2] + 1.0),
            Self::Bsi => ratio((r[0] + r[1]) - (r[2] + r[3]), (r[0] + r[1]) + (r[2] + r[3])),
        }
    }

    /// Scale of its codes.
    pub fn kind(self) -> FeatureKind {
        FeatureKind::Index
    }
}

#[inline(always)]
fn ratio(numerator: f32, denominator: f32) -> f32 {
    if denominator == 0.0 { f32::NAN } else { numerator / denominator }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values by hand for blue 0.05, red 0.1, nir 0.4, swir16 0.2, swir22 0.1, rededge 0.15.
    #[test]
    fn formulas_give_the_values_worked_by_hand() {
        let bands: Vec<Band> =
            ["blue", "red", "nir", "swir16", "swir22", "rededge071"].iter().map(|n| Band::new(n)).collect();
        let pixel = [0.05, 0.1, 0.4, 0.2, 0.1, 0.15];
        let expected = [0.6, 1.0 / 3.0, 0.6, 0.25 / 0.55, 0.75 / (1.0 + 0.4 + 0.6 - 0.375), -0.15 / 0.75];
        for (index, expected) in Index::ALL.into_iter().zip(expected) {
            let at = index.positions(&bands).unwrap();
            let value = index.value(&pixel, at);
            assert!((value - expected).abs() < 1e-6, "{}: {value} is not {expected}", index.name());
        }
    }

    #[test]
    fn a_missing_band_or_denominator_is_said() {
        assert_eq!(Index::Nbr.positions(&[Band::new("nir")]), None);
        assert!(Index::Ndvi.value(&[0.0, 0.0], [0, 1, 0, 0]).is_nan());
    }
}
