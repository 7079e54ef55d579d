//! Which features a model sees, and how each is made of the year's clear observations.

use super::indices::Index;
use super::planar::{Pixels, Workspace};
use super::{Feature, FeatureBlock, FeatureKind, Together, encode_plane};
use crate::scene::{Band, RawTile};
use crate::simd::Level;

/// A feature that the bands at hand cannot give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// A band is missing.
    #[error("feature '{feature}' needs the band '{band}'; there are: {present}")]
    MissingBand {
        /// The feature.
        feature: String,
        /// The band that it needs.
        band: String,
        /// The bands there are.
        present: String,
    },
}

/// A quantity that has a value at each date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Series {
    Reflectance(usize),
    Index(Index, [usize; 4]),
}

/// What becomes of a series over the year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Over {
    /// Of the median composite (for an index: the index of the composite, not the median of the index).
    Composite,
    Percentile(f32),
    /// 90th percentile minus 10th.
    Amplitude,
    Minimum,
    Maximum,
}

/// The features of a model, ready to be computed from tiles that hold `bands` in this order.
#[derive(Clone, Debug)]
pub struct Recipe {
    bands: Vec<Band>,
    pub(super) steps: Vec<(Series, Over, FeatureKind)>,
    pub(super) uses: Vec<Uses>,
    names: Vec<String>,
}

/// Temporal features: coca is harvested four to six times a year, so its lows and its swing tell it apart.
const TEMPORAL: [(&str, &[(&str, Over)]); 3] = [
    (
        "nbr",
        &[
            ("_min", Over::Minimum),
            ("_p10", Over::Percentile(10.0)),
            ("_p90", Over::Percentile(90.0)),
            ("_amplitude", Over::Amplitude),
        ],
    ),
    ("ndvi", &[("_p10", Over::Percentile(10.0)), ("_p90", Over::Percentile(90.0)), ("_amplitude", Over::Amplitude)]),
    ("swir16", &[("_min", Over::Minimum), ("_max", Over::Maximum)]),
];

impl Recipe {
    /// Every feature that `bands` can give: each band's median reflectance, each index of the median composite and, when
    /// `temporal`, the statistics over the dates.
    pub fn for_bands(bands: &[Band], temporal: bool) -> Self {
        let mut names: Vec<String> = bands.iter().map(|b| b.name().to_owned()).collect();
        names.extend(Index::ALL.iter().filter(|i| i.positions(bands).is_some()).map(|i| i.name().to_owned()));
        if temporal {
            for (series, overs) in TEMPORAL {
                if names.iter().any(|n| n == series) {
                    names.extend(overs.iter().map(|(suffix, _)| format!("{series}{suffix}")));
                }
            }
        }
        let steps: Vec<_> = names.iter().filter_map(|n| step(n, bands).ok()).collect();
        Self { bands: bands.to_vec(), uses: uses(&steps, bands.len()), steps, names }
    }

    /// The recipe of a model's features.
    ///
    /// # Errors
    /// [`RecipeError`] when a feature is unknown or `bands` lacks one that it needs.
    pub fn for_features(features: &[Feature], bands: &[Band]) -> Result<Self, RecipeError> {
        let steps = features.iter().map(|f| step(&f.name, bands)).collect::<Result<Vec<_>, _>>()?;
        let names = features.iter().map(|f| f.name.clone()).collect();
        Ok(Self { bands: bands.to_vec(), uses: uses(&steps, bands.len()), steps, names })
    }

    /// Names and scales, in the order of the blocks that [`Recipe::compute`] fills.
    pub fn features(&self) -> Vec<Feature> {
        self.names.iter().zip(&self.steps).map(|(name, s)| Feature { name: name.clone(), kind: s.2 }).collect()
    }

    /// The bands that tiles must hold, in this order.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// Features of some pixels as codes; a pixel without a clear observation gets missing codes. Tiles are settled.
    pub fn compute(&self, tiles: &[RawTile], pixels: Pixels<'_>, work: &mut Workspace, block: &mut FeatureBlock) {
        block.features = self.steps.len();
        block.pixels = pixels.count();
        block.codes.clear();
        block.codes.resize(block.features * block.pixels, super::MISSING);
        let level = Level::current();
        let all = block.pixels;
        self.each_block(level, tiles, pixels, work, |start, values, count| {
            for (f, (values, kind)) in values.chunks_exact(count).zip(self.kinds()).enumerate() {
                let from = f * all + start;
                encode_plane(level, kind, values, &mut block.codes[from..from + count]);
            }
        });
    }

    /// The bands that a feature needs, in the order of [`Recipe::bands`].
    pub fn bands_read(&self) -> Vec<Band> {
        self.bands.iter().zip(&self.uses).filter(|(_, uses)| uses.read).map(|(band, _)| band.clone()).collect()
    }

    /// Each feature alone, and all features of each band together (under `band:` and its name).
    pub fn together(&self) -> Vec<Together> {
        let alone = self.names.iter().enumerate();
        let mut all: Vec<_> =
            alone.map(|(number, name)| Together { name: name.clone(), features: vec![number] }).collect();
        for (band, named) in self.bands.iter().enumerate() {
            let of_band = |(series, _, _): &(Series, Over, FeatureKind)| match series {
                Series::Reflectance(own) => *own == band,
                Series::Index(index, at) => at[..index.bands().len()].contains(&band),
            };
            let features = (0..self.steps.len()).filter(|step| of_band(&self.steps[*step])).collect();
            all.push(Together { name: format!("band:{named}"), features });
        }
        all
    }

    /// The band whose reflectance a feature is where a pixel is seen at one date only.
    pub fn band_at_one_date(&self, feature: usize) -> Option<usize> {
        match self.steps.get(feature)? {
            (Series::Reflectance(_), Over::Amplitude, _) | (Series::Index(..), _, _) => None,
            (Series::Reflectance(band), _, _) => Some(*band),
        }
    }

    /// The recipe of some of the features.
    pub fn select(&self, features: &[usize]) -> Self {
        let steps: Vec<_> = features.iter().map(|f| self.steps[*f]).collect();
        let names = features.iter().map(|f| self.names[*f].clone()).collect();
        Self { bands: self.bands.clone(), uses: uses(&steps, self.bands.len()), steps, names }
    }

    /// The scale of each feature's codes.
    pub fn kinds(&self) -> impl Iterator<Item = FeatureKind> + '_ {
        self.steps.iter().map(|(_, _, kind)| *kind)
    }
}

/// What a band is needed for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// Any feature.
    pub(super) read: bool,
    /// The band's own median or extremes.
    pub(super) sorted: bool,
}

/// What each band is needed for.
fn uses(steps: &[(Series, Over, FeatureKind)], bands: usize) -> Vec<Uses> {
    let mut uses = vec![Uses::default(); bands];
    for (series, over, _) in steps {
        match series {
            Series::Reflectance(band) => uses[*band] = Uses { read: true, sorted: true },
            Series::Index(index, at) => {
                for band in at.iter().take(index.bands().len()) {
                    uses[*band].read = true;
                    uses[*band].sorted |= *over == Over::Composite;
                }
            }
        }
    }
    uses
}

/// How the feature of this name is made from `bands`.
/// A feature's name as cocal writes it, and the bands that it is made of: an index, a band, or a statistic of one over the
/// year. What is none of these is taken for the name of a band.
pub fn bands_of(name: &str) -> (String, Vec<Band>) {
    let lower = name.trim().to_ascii_lowercase();
    let (base, over) = split_name(&lower);
    if let Some(index) = Index::ALL.into_iter().find(|i| i.name() == base) {
        return (lower.clone(), index.bands().iter().map(|band| Band::new(band)).collect());
    }
    let band = if over == Over::Composite { Band::new(name) } else { Band::new(base) };
    let name = if over == Over::Composite { band.name().to_owned() } else { lower.clone() };
    (name, vec![band])
}

/// What a feature is a statistic of, and which.
fn split_name(name: &str) -> (&str, Over) {
    TEMPORAL
        .iter()
        .find_map(|(series, overs)| {
            let suffix = name.strip_prefix(series)?;
            overs.iter().find(|(s, _)| *s == suffix).map(|(_, over)| (*series, *over))
        })
        .unwrap_or((name, Over::Composite))
}

fn step(name: &str, bands: &[Band]) -> Result<(Series, Over, FeatureKind), RecipeError> {
    let (base, over) = split_name(name);
    let missing = |band: &str| RecipeError::MissingBand {
        feature: name.to_owned(),
        band: band.to_owned(),
        present: bands.iter().map(Band::name).collect::<Vec<_>>().join(", "),
    };
    if let Some(position) = bands.iter().position(|b| b.name() == base) {
        // An amplitude would need the index scale; reflectances have none.
        return Ok((Series::Reflectance(position), over, FeatureKind::Reflectance));
    }
    if let Some(index) = Index::ALL.into_iter().find(|i| i.name() == base) {
        let at = index.positions(bands).ok_or_else(|| {
            let absent = index.bands().iter().find(|n| bands.iter().all(|b| b.name() != **n));
            missing(absent.copied().unwrap_or_default())
        })?;
        return Ok((Series::Index(index, at), over, index.kind()));
    }
    Err(missing(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Tile, Validity, Window};
    use ndarray::{Array2, Array3};

    fn bands() -> Vec<Band> {
        ["red", "nir", "swir16", "swir22"].iter().map(|n| Band::new(n)).collect()
    }

    /// One pixel of constant reflectance per band.
    fn tile(values: [f32; 4], validity: Validity) -> RawTile {
        RawTile::from(Tile {
            window: Window { row0: 0, col0: 0, rows: 1, cols: 1 },
            bands: bands(),
            values: Array3::from_shape_vec((4, 1, 1), values.to_vec()).unwrap(),
            validity: Array2::from_elem((1, 1), validity),
        })
    }

    fn computed(recipe: &Recipe, tiles: &[RawTile]) -> FeatureBlock {
        let mut block = FeatureBlock::default();
        recipe.compute(tiles, Pixels::Run { first: 0, count: 1 }, &mut Workspace::default(), &mut block);
        block
    }

    fn value(recipe: &Recipe, block: &FeatureBlock, name: &str) -> f32 {
        let f = recipe.names.iter().position(|n| n == name).unwrap();
        recipe.steps[f].2.decode(block.feature(f)[0])
    }

    #[test]
    fn features_of_three_dates_skip_the_cloud() {
        let recipe = Recipe::for_bands(&bands(), true);
        let tiles = [
            tile([0.10, 0.40, 0.20, 0.10], Validity::Clear),
            tile([0.90, 0.90, 0.90, 0.90], Validity::Cloud),
            tile([0.20, 0.20, 0.30, 0.30], Validity::Clear),
        ];
        let block = computed(&recipe, &tiles);
        let close = |name: &str, expected: f32| {
            let v = value(&recipe, &block, name);
            assert!((v - expected).abs() < 5e-5, "{name}: {v} is not {expected}");
        };
        close("red", 0.15);
        close("nir", 0.30);
        close("ndvi", 0.15 / 0.45); // of the composite, not the median of 0.6 and 0.0
        close("nbr_min", -0.2);
        close("nbr_amplitude", 0.8 * 0.8); // p90 - p10 of {-0.2, 0.6}
        close("swir16_max", 0.3);
    }

    #[test]
    fn a_pixel_never_seen_is_missing() {
        let recipe = Recipe::for_bands(&bands(), true);
        let block = computed(&recipe, &[tile([0.1; 4], Validity::Cloud)]);
        assert!(!block.codes.is_empty() && block.codes.iter().all(|c| *c == super::super::MISSING));
    }

    #[test]
    fn a_model_finds_its_features_or_says_what_is_missing() {
        let recipe = Recipe::for_bands(&bands(), true);
        let again = Recipe::for_features(&recipe.features(), &bands()).unwrap();
        assert_eq!(again.steps, recipe.steps);
        let without = &bands()[..3];
        let error = Recipe::for_features(&recipe.features(), without).unwrap_err();
        assert_eq!(error.to_string(), "feature 'swir22' needs the band 'swir22'; there are: red, nir, swir16");
    }
}
