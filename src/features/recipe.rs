//! Which features a model sees, and how each is made of the year's clear observations.

use super::indices::Index;
use super::{Feature, FeatureBlock, FeatureKind, temporal};
use crate::scene::{Band, Tile};

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
enum Series {
    Reflectance(usize),
    Index(Index, [usize; 4]),
}

/// What becomes of a series over the year.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Over {
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
    steps: Vec<(Series, Over, FeatureKind)>,
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
        let steps = names.iter().filter_map(|n| step(n, bands).ok()).collect();
        Self { bands: bands.to_vec(), steps, names }
    }

    /// The recipe of a model's features.
    ///
    /// # Errors
    /// [`RecipeError`] when a feature is unknown or `bands` lacks one that it needs.
    pub fn for_features(features: &[Feature], bands: &[Band]) -> Result<Self, RecipeError> {
        let steps = features.iter().map(|f| step(&f.name, bands)).collect::<Result<_, _>>()?;
        let names = features.iter().map(|f| f.name.clone()).collect();
        Ok(Self { bands: bands.to_vec(), steps, names })
    }

    /// Names and scales, in the order of the blocks that [`Recipe::compute`] fills.
    pub fn features(&self) -> Vec<Feature> {
        self.names.iter().zip(&self.steps).map(|(name, s)| Feature { name: name.clone(), kind: s.2 }).collect()
    }

    /// The bands that tiles must hold, in this order.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// Features of the pixels numbered in `pixels` (row-major in the tiles' window); a pixel without a clear
    /// observation gets missing codes.
    pub fn compute(&self, tiles: &[Tile], pixels: &[u32], block: &mut FeatureBlock) {
        block.features = self.steps.len();
        block.pixels = pixels.len();
        block.codes.clear();
        block.codes.resize(block.features * block.pixels, super::MISSING);
        let sources: Vec<Source<'_>> = tiles.iter().filter_map(Source::of).collect();
        let mut year = Year::new(self.bands.len(), sources.len());
        for (i, &pixel) in pixels.iter().enumerate() {
            year.gather(&sources, pixel as usize);
            if year.dates > 0 {
                for (f, (series, over, kind)) in self.steps.iter().enumerate() {
                    block.codes[f * block.pixels + i] = kind.encode(year.value(*series, *over));
                }
            }
        }
    }
}

/// A tile's memory as flat slices.
struct Source<'a> {
    values: &'a [f32],
    observed: &'a [crate::scene::Validity],
}

impl<'a> Source<'a> {
    fn of(tile: &'a Tile) -> Option<Self> {
        Some(Self { values: tile.values.as_slice()?, observed: tile.validity.as_slice()? })
    }
}

/// The clear observations of one pixel, `[date][band]`, and their median by band.
struct Year {
    bands: usize,
    dates: usize,
    reflectance: Vec<f32>,
    composite: Vec<f32>,
    scratch: Vec<f32>,
    /// The series that `scratch` holds sorted: several features in a row ask for the same.
    sorted: Option<Series>,
}

impl Year {
    fn new(bands: usize, dates: usize) -> Self {
        Self {
            bands,
            dates: 0,
            reflectance: Vec::with_capacity(bands * dates),
            composite: vec![0.0; bands],
            scratch: Vec::with_capacity(dates),
            sorted: None,
        }
    }

    fn gather(&mut self, sources: &[Source<'_>], pixel: usize) {
        self.reflectance.clear();
        self.dates = 0;
        self.sorted = None;
        for source in sources.iter().filter(|s| s.observed[pixel].is_observed()) {
            let plane = source.observed.len();
            self.reflectance.extend((0..self.bands).map(|b| source.values[b * plane + pixel]));
            self.dates += 1;
        }
        for band in 0..self.bands {
            self.composite[band] = if self.dates == 1 {
                self.reflectance[band]
            } else {
                self.sort(Series::Reflectance(band));
                temporal::median(&self.scratch)
            };
        }
    }

    /// Leaves the values of a series in `scratch`, sorted, without the dates on which it has none.
    fn sort(&mut self, series: Series) {
        if self.sorted == Some(series) {
            return;
        }
        self.scratch.clear();
        for date in self.reflectance.chunks_exact(self.bands) {
            let value = series.at(date);
            if !value.is_nan() {
                self.scratch.push(value);
            }
        }
        temporal::sort(&mut self.scratch);
        self.sorted = Some(series);
    }

    fn value(&mut self, series: Series, over: Over) -> f32 {
        if over == Over::Composite {
            return series.at(&self.composite);
        }
        self.sort(series);
        let sorted = &self.scratch;
        match over {
            Over::Composite => f32::NAN,
            Over::Percentile(p) => temporal::percentile(sorted, p),
            Over::Amplitude => temporal::percentile(sorted, 90.0) - temporal::percentile(sorted, 10.0),
            Over::Minimum => sorted.first().copied().unwrap_or(f32::NAN),
            Over::Maximum => sorted.last().copied().unwrap_or(f32::NAN),
        }
    }
}

impl Series {
    #[inline]
    fn at(self, reflectance: &[f32]) -> f32 {
        match self {
            Self::Reflectance(band) => reflectance[band],
            Self::Index(index, at) => index.value(reflectance, at),
        }
    }
}

/// How the feature of this name is made from `bands`.
fn step(name: &str, bands: &[Band]) -> Result<(Series, Over, FeatureKind), RecipeError> {
    let (base, over) = TEMPORAL
        .iter()
        .find_map(|(series, overs)| {
            let suffix = name.strip_prefix(series)?;
            overs.iter().find(|(s, _)| *s == suffix).map(|(_, over)| (*series, *over))
        })
        .unwrap_or((name, Over::Composite));
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
    use crate::scene::{Validity, Window};
    use ndarray::{Array2, Array3};

    fn bands() -> Vec<Band> {
        ["red", "nir", "swir16", "swir22"].iter().map(|n| Band::new(n)).collect()
    }

    /// One pixel of constant reflectance per band.
    fn tile(values: [f32; 4], validity: Validity) -> Tile {
        Tile {
            window: Window { row0: 0, col0: 0, rows: 1, cols: 1 },
            bands: bands(),
            values: Array3::from_shape_vec((4, 1, 1), values.to_vec()).unwrap(),
            validity: Array2::from_elem((1, 1), validity),
        }
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
        let mut block = FeatureBlock::default();
        recipe.compute(&tiles, &[0], &mut block);
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
        let mut block = FeatureBlock::default();
        recipe.compute(&[tile([0.1; 4], Validity::Cloud)], &[0], &mut block);
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
