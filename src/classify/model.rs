//! A trained classifier with all that is needed to use it rightly.

use std::collections::BTreeMap;

use super::forest::{Forest, Votes};
use super::prediction::{Prediction, plain_percent};
use super::symmetric::decide::decide;
use super::symmetric::{SymmetricTrees, stride_of};
use crate::accuracy::ErrorMatrix;
use crate::features::planar::{Pixels, Workspace};
use crate::features::recipe::Recipe;
use crate::features::{Feature, FeatureBlock, encode_plane};
use crate::scene::RawTile;
use crate::scene::band::Band;
use crate::simd::Level;

/// A trained classifier and all that is needed to use it rightly.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Whether each class is coca.
    pub coca: Vec<bool>,
    /// The features, in the order in which the classifier takes them.
    pub features: Vec<Feature>,
    /// The sensor of the training scenes.
    pub sensor: String,
    /// The bands that the features are made of.
    pub bands: Vec<Band>,
    /// Seed of the training.
    pub seed: u64,
    /// Census years of the training scenes.
    pub training_years: Vec<i32>,
    /// SHA-256 of the training's inputs by file name.
    pub inputs: BTreeMap<String, String>,
    /// Whether it was trained on several dates a year.
    pub temporal: bool,
    /// Held-out accuracy.
    pub assessment: Option<ErrorMatrix>,
    /// What classifies.
    pub classifier: Classifier,
}

/// The kinds of classifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Classifier {
    /// A random forest.
    Forest(Forest),
    /// Boosted symmetric trees.
    Symmetric(SymmetricTrees),
}

/// What one thread keeps from block to block.
pub struct Bench {
    level: Level,
    work: Workspace,
    block: FeatureBlock,
    votes: Votes,
    codes: Vec<u16>,
    bins: Vec<u8>,
    scores: Vec<i32>,
    percent: Vec<u8>,
}

impl Bench {
    /// Room for a model's work, empty.
    pub fn new(_model: &Model) -> Self {
        Self {
            level: Level::current(),
            work: Workspace::default(),
            block: FeatureBlock::default(),
            votes: Votes::default(),
            codes: Vec::new(),
            bins: Vec::new(),
            scores: Vec::new(),
            percent: plain_percent(),
        }
    }
}

impl Model {
    /// Classifies pixels of settled tiles; `prediction` is overwritten.
    pub fn classify(
        &self,
        recipe: &Recipe,
        tiles: &[RawTile],
        pixels: Pixels<'_>,
        bench: &mut Bench,
        prediction: &mut Prediction,
    ) {
        match &self.classifier {
            Classifier::Forest(forest) => {
                recipe.compute(tiles, pixels, &mut bench.work, &mut bench.block);
                forest.vote(&bench.block, &mut bench.votes);
                *prediction = bench.votes.predict(&self.coca);
            }
            Classifier::Symmetric(trees) => {
                bench.fill_bins(trees, recipe, tiles, pixels);
                let stride = stride_of(pixels.count());
                trees.scores(bench.level, &bench.bins, stride, &mut bench.scores);
                decide(bench.level, &bench.scores, stride, pixels.count(), &self.coca, prediction);
                for (percent, share) in prediction.percent.iter_mut().zip(&prediction.share) {
                    *percent = bench.percent[usize::from(*share)];
                }
            }
        }
    }
}

impl Bench {
    /// Bins of all features, block by block while a block's values are in the cache.
    fn fill_bins(&mut self, trees: &SymmetricTrees, recipe: &Recipe, tiles: &[RawTile], pixels: Pixels<'_>) {
        let stride = stride_of(pixels.count());
        self.bins.resize(trees.edges().features() * stride, 0);
        let (level, codes, bins) = (self.level, &mut self.codes, &mut self.bins);
        recipe.each_block(level, tiles, pixels, &mut self.work, |start, values, count| {
            codes.resize(count, 0);
            for (f, (values, kind)) in values.chunks_exact(count).zip(recipe.kinds()).enumerate() {
                encode_plane(level, kind, values, codes);
                let at = f * stride + start;
                trees.bins(level, f, codes, &mut bins[at..at + count]);
            }
        });
    }
}
