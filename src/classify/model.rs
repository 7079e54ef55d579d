//! A trained classifier with all that is needed to use it rightly.

use std::collections::BTreeMap;

use super::calibrate::Calibration;
use super::direct::Direct;
use super::forest::{Forest, Votes};
use super::imported::{Ensemble, Room};
use super::network::{self, Engine, Make, Network, NetworkError, Year};
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
    /// From raw shares of coca to probabilities, fitted on held-out groups.
    pub calibration: Option<Calibration>,
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
    /// Trees of another library.
    Imported(Box<Ensemble>),
    /// A network of another library.
    Network(Network),
}

/// What one thread keeps from block to block.
pub struct Bench {
    level: Level,
    work: Workspace,
    block: FeatureBlock,
    votes: Votes,
    codes: Vec<u16>,
    bins: Vec<u8>,
    direct: Direct,
    scores: Vec<i32>,
    room: Room,
    network: network::Room,
    /// Per cent of every raw share; `None`: the votes' own.
    percent: Option<Vec<u8>>,
}

impl Bench {
    /// Room for a model's work, empty.
    pub fn new(model: &Model) -> Self {
        let plain = (!matches!(model.classifier, Classifier::Forest(_))).then(plain_percent);
        Self {
            level: Level::current(),
            work: Workspace::default(),
            block: FeatureBlock::default(),
            votes: Votes::default(),
            codes: Vec::new(),
            bins: Vec::new(),
            direct: Direct::default(),
            scores: Vec::new(),
            room: Room::default(),
            network: network::Room::default(),
            percent: model.calibration.as_ref().map(Calibration::percent_table).or(plain),
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
            }
            Classifier::Imported(ensemble) => {
                prediction.resize(pixels.count());
                let (level, room) = (bench.level, &mut bench.room);
                recipe.each_block(level, tiles, pixels, &mut bench.work, |start, values, count| {
                    ensemble.predict((level, values, count), count, &self.coca, (room, start, prediction));
                });
            }
            Classifier::Network(_) => unreachable!("networks classify windows"),
        }
        if let Some(table) = &bench.percent {
            for (percent, share) in prediction.percent.iter_mut().zip(&prediction.share) {
                *percent = table[usize::from(*share)];
            }
        }
    }
}

impl Model {
    /// The network, where the model is one.
    pub fn network(&self) -> Option<&Network> {
        match &self.classifier {
            Classifier::Network(network) => Some(network),
            _ => None,
        }
    }

    /// Classifies a window with a network: `put` gets each observed pixel's number in what was read, its class and the best
    /// class that is not coca, from 0, and its percentage of coca.
    ///
    /// # Errors
    /// [`NetworkError`]: the runtime fails.
    pub fn classify_window(
        &self,
        network: &Network,
        recipe: &Recipe,
        year: &Year<'_>,
        bench: &mut Bench,
        mut put: impl FnMut(usize, u8, u8, u8),
    ) -> Result<(), NetworkError> {
        let mut make = Make { level: bench.level, recipe, work: &mut bench.work };
        let percent = bench.percent.as_deref();
        network.predict(year, &self.coca, (&mut make, &mut bench.network), |pixel, found| {
            let percent = percent.map_or(0, |table| table[usize::from(found.share)]);
            put(pixel, found.class, found.alternative, percent);
        })
    }
}

impl Classifier {
    /// Its kind, as it is asked for: `boosted` or `forest`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Forest(_) => "forest",
            Self::Symmetric(_) => "boosted",
            Self::Imported(_) => "imported",
            Self::Network(_) => "network",
        }
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        match self {
            Self::Forest(forest) => forest.trees().len(),
            Self::Symmetric(trees) => trees.trees().len(),
            Self::Imported(ensemble) => ensemble.trees().len(),
            Self::Network(_) => 0,
        }
    }

    /// Classifies a block of codes, without a calibration: for training and tests, where nothing is imported.
    pub fn predict(&self, block: &FeatureBlock, coca: &[bool]) -> Prediction {
        let mut prediction = Prediction::default();
        match self {
            Self::Forest(forest) => {
                let mut votes = Votes::default();
                forest.vote(block, &mut votes);
                prediction = votes.predict(coca);
            }
            Self::Symmetric(trees) => {
                let (level, stride) = (Level::current(), stride_of(block.pixels));
                let (mut bins, mut scores) = (vec![0; block.features * stride], Vec::new());
                for feature in 0..block.features {
                    let own = &mut bins[feature * stride..][..block.pixels];
                    trees.bins(feature, block.feature(feature), own);
                }
                trees.scores(level, &bins, stride, &mut scores);
                decide(level, &scores, stride, block.pixels, coca, &mut prediction);
                let plain = plain_percent();
                let shares = prediction.percent.iter_mut().zip(&prediction.share);
                shares.for_each(|(percent, share)| *percent = plain[usize::from(*share)]);
            }
            Self::Imported(_) | Self::Network(_) => unreachable!("imported models are not trained"),
        }
        prediction
    }

    /// The same classifier on the features that it looks at, and their numbers. An imported one keeps all.
    pub fn keep_used(&self) -> (Self, Vec<usize>) {
        match self {
            Self::Forest(forest) => {
                let (forest, used) = forest.keep_used();
                (Self::Forest(forest), used)
            }
            Self::Symmetric(trees) => {
                let (trees, used) = trees.keep_used();
                (Self::Symmetric(trees), used)
            }
            Self::Imported(ensemble) => (self.clone(), (0..ensemble.features()).collect()),
            Self::Network(network) => (self.clone(), (0..network.features).collect()),
        }
    }
}

impl Bench {
    /// Hands in what runs a network.
    pub fn with_engine(mut self, engine: Option<Box<dyn Engine>>) -> Self {
        self.network.engine = engine;
        self
    }

    /// Bins of all features, block by block while a block's values are in the cache.
    fn fill_bins(&mut self, trees: &SymmetricTrees, recipe: &Recipe, tiles: &[RawTile], pixels: Pixels<'_>) {
        let stride = stride_of(pixels.count());
        self.bins.resize(trees.edges().features() * stride, 0);
        let (level, codes, bins) = (self.level, &mut self.codes, &mut self.bins);
        let direct = self.direct.of((trees, recipe), tiles);
        if let Some((tables, tile)) = direct {
            tables.fill(trees, tile, pixels, (bins, stride));
        }
        let (recipe, numbers) = match direct {
            Some((tables, _)) => (&tables.rest.0, Some(&tables.rest.1)),
            None => (recipe, None),
        };
        recipe.each_block(level, tiles, pixels, &mut self.work, |start, values, count| {
            codes.resize(count, 0);
            for (at, (values, kind)) in values.chunks_exact(count).zip(recipe.kinds()).enumerate() {
                let feature = numbers.map_or(at, |numbers| numbers[at]);
                encode_plane(level, kind, values, codes);
                let at = feature * stride + start;
                trees.bins(feature, codes, &mut bins[at..at + count]);
            }
        });
    }
}
