//! Tile to features: indices and temporal statistics, held as 16-bit codes so that a threshold is exact.
//!
//! A feature is stored as `u16`: 0 says *missing*, 1 to 65535 is the value on a fixed scale ([`FeatureKind`]).
//! Training and classification use the same codes, so a threshold learnt is the threshold applied.

pub mod composite;
pub mod indices;
pub mod planar;
pub mod recipe;
pub mod temporal;

use serde::{Deserialize, Serialize};

use crate::simd::{Level, Work, dispatch, whole};

/// The code of a missing feature.
pub const MISSING: u16 = 0;

/// The fixed scale on which a feature is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// Reflectance from -0.2 to 3.07 in steps of 5e-5.
    Reflectance,
    /// A normalised index or an amplitude from -1.6 to 1.67 in steps of 5e-5.
    Index,
}

impl FeatureKind {
    /// Code 1 stands for this value.
    fn lowest(self) -> f32 {
        match self {
            Self::Reflectance => -0.2,
            Self::Index => -1.6,
        }
    }

    /// Codes per unit.
    const STEPS: f32 = 20_000.0;

    /// The code of a value: rounded to the nearest step and cut at both ends of the scale; NaN is missing.
    #[inline(always)]
    pub fn encode(self, value: f32) -> u16 {
        // Infinities land on the ends of the scale.
        let step = (value - self.lowest()) * Self::STEPS + 0.5;
        let step = if step < 65_534.0 { step } else { 65_534.0 };
        let step = if step > 0.0 { step } else { 0.0 };
        let code = whole(step) as u16 + 1;
        if value.is_nan() { MISSING } else { code }
    }

    /// The value in the middle of a code's step; NaN for missing.
    pub fn decode(self, code: u16) -> f32 {
        if code == MISSING {
            return f32::NAN;
        }
        f32::from(code - 1) / Self::STEPS + self.lowest()
    }
}

/// Codes of many values.
pub fn encode_plane(level: Level, kind: FeatureKind, values: &[f32], codes: &mut [u16]) {
    struct Encode<'a>(FeatureKind, &'a [f32], &'a mut [u16]);
    impl Work for Encode<'_> {
        type Output = ();
        #[inline(always)]
        fn run(self) {
            // The scale is fixed outside of the loop.
            let lanes = self.2.iter_mut().zip(self.1);
            match self.0 {
                FeatureKind::Reflectance => lanes.for_each(|(code, v)| *code = FeatureKind::Reflectance.encode(*v)),
                FeatureKind::Index => lanes.for_each(|(code, v)| *code = FeatureKind::Index.encode(*v)),
            }
        }
    }
    dispatch(level, Encode(kind, values, codes));
}

/// A feature's name and scale: `swir16`, `ndvi`, `nbr_min`, ...
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Name, unique in a model.
    pub name: String,
    /// Scale of its codes.
    pub kind: FeatureKind,
}

/// Features that are looked at together, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// A feature's or a band's name.
    pub name: String,
    /// Their numbers.
    pub features: Vec<usize>,
}

/// Features of a run of pixels, `[feature][pixel]`: pixel `i` of feature `f` is `codes[f * pixels + i]`.
#[derive(Clone, Debug, Default)]
pub struct FeatureBlock {
    /// Number of pixels.
    pub pixels: usize,
    /// Number of features.
    pub features: usize,
    /// The codes, feature by feature.
    pub codes: Vec<u16>,
}

impl FeatureBlock {
    /// A block of missing values.
    pub fn missing(features: usize, pixels: usize) -> Self {
        Self { pixels, features, codes: vec![MISSING; features * pixels] }
    }

    /// Blocks of the same features, one after the other.
    pub fn joined(features: usize, blocks: &[Self]) -> Self {
        let pixels = blocks.iter().map(|b| b.pixels).sum();
        let mut codes = Vec::with_capacity(features * pixels);
        for feature in 0..features {
            for block in blocks {
                codes.extend_from_slice(block.feature(feature));
            }
        }
        Self { pixels, features, codes }
    }

    /// All pixels of one feature.
    pub fn feature(&self, feature: usize) -> &[u16] {
        &self.codes[feature * self.pixels..(feature + 1) * self.pixels]
    }

    /// All pixels of one feature, to be written.
    pub fn feature_mut(&mut self, feature: usize) -> &mut [u16] {
        &mut self.codes[feature * self.pixels..(feature + 1) * self.pixels]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_monotone_and_invert_to_half_a_step() {
        for kind in [FeatureKind::Reflectance, FeatureKind::Index] {
            let mut last = 0;
            for i in 0..=3000 {
                let value = kind.lowest() + i as f32 * 0.001;
                let code = kind.encode(value);
                assert!(code > last, "{kind:?} {value}");
                assert!((kind.decode(code) - value).abs() <= 2.6e-5, "{kind:?} {value}");
                last = code;
            }
        }
    }

    #[test]
    fn odd_values_do_not_wrap() {
        let k = FeatureKind::Reflectance;
        assert_eq!(k.encode(f32::NAN), MISSING);
        assert_eq!(k.encode(f32::NEG_INFINITY), 1);
        assert_eq!(k.encode(-9.0), 1);
        assert_eq!(k.encode(f32::INFINITY), 65_535);
        assert!(k.decode(MISSING).is_nan());
    }
}
