//! A random forest over 16-bit feature codes: Breiman (2001), "Random Forests", Machine Learning 45, 5-32.
//!
//! Training sees each feature in at most 255 bins, so a threshold is one of at most 254 edges of its feature. The same
//! bins make classification fast and exact: a pixel's codes become bins once, and every node compares bytes.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`bins`] | edges of the bins, codes to bins |
//! | `grow`, `split_search` | one tree from the training set: bootstrap, histograms, Gini |
//! | [`tree`] | a tree as 4-byte words and a table of class shares; its rules |
//! | `kernel` | many pixels through many trees: the hot core |
//! | [`votes`] | sums of class shares, and the class, alternative and percentage drawn from them |
//! | [`mod@reference`] | the plain traversal that the core is held against |
//!
//! Votes are sums of integers, so they are the same for any block size, thread count and order of trees.

pub mod bins;
mod grow;
mod kernel;
pub mod reference;
mod split_search;
pub mod tree;
mod used;
pub mod votes;

use crate::features::FeatureBlock;
pub use bins::{Binned, Edges, Table, prepare};
pub use grow::grow_tree;
use kernel::Kernel;
pub use tree::{Tree, TreeError};
pub use votes::Votes;

/// How many trees a forest may hold: 65,535 times this fits a `u32` vote.
pub const MAX_TREES: usize = 65_537;

/// How many features a forest may look at: a node names one in a byte.
pub const MAX_FEATURES: usize = 256;

/// Whether rare classes weigh as much as common ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassWeights {
    /// Every sample weighs the same.
    #[default]
    None,
    /// Samples weigh inversely to their class's share of the training rows.
    Balanced,
}

/// How a forest is grown.
#[derive(Clone, Debug, PartialEq)]
pub struct ForestParameters {
    /// Number of trees.
    pub trees: usize,
    /// Most decisions from root to leaf.
    pub max_depth: usize,
    /// Fewest distinct samples in a leaf.
    pub min_leaf: usize,
    /// Features looked at per decision; `None` is the square root of their number, rounded up.
    pub features_per_split: Option<usize>,
    /// Weights of the classes.
    pub class_weights: ClassWeights,
    /// Seed: with the tree's number it fixes the tree.
    pub seed: u64,
}

impl Default for ForestParameters {
    fn default() -> Self {
        Self {
            trees: 100,
            max_depth: 24,
            min_leaf: 1,
            features_per_split: None,
            class_weights: ClassWeights::None,
            seed: 1,
        }
    }
}

/// A forest that is ready to classify.
#[derive(Clone)]
pub struct Forest {
    classes: usize,
    edges: Edges,
    trees: Vec<Tree>,
    kernel: Kernel,
}

impl Forest {
    /// Puts trees together. `classes` may exceed what the trees have seen.
    ///
    /// # Panics
    /// When the trees were grown from different [`Binned`] sets, do not look at `features` features, or know more
    /// than `classes` classes: the caller mixed up two trainings.
    pub fn from_trees(trees: Vec<Tree>, classes: usize, features: usize) -> Self {
        let edges = trees.first().map_or_else(|| Edges::none(features), |tree| tree.edges().clone());
        assert_eq!(edges.features(), features, "trees of another number of features");
        assert!(trees.iter().all(|tree| *tree.edges() == edges), "trees of different training sets");
        assert!(trees.len() <= MAX_TREES && classes <= 256, "too many trees or classes");
        let trees: Vec<Tree> = trees.into_iter().map(|tree| tree.widened(classes)).collect();
        let kernel = Kernel::new(&trees, classes, &edges);
        Self { classes, edges, trees, kernel }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.edges.features()
    }

    /// The edges between the bins of each feature.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Sends every pixel of the block through every tree; `votes` is overwritten with the sums of the leaves' shares.
    ///
    /// # Panics
    /// When the block has another number of features than the forest.
    pub fn vote(&self, block: &FeatureBlock, votes: &mut Votes) {
        assert_eq!(block.features, self.features(), "a block of another number of features");
        votes.reset(self.classes, block.pixels);
        self.kernel.vote(block, votes);
    }
}

impl PartialEq for Forest {
    fn eq(&self, other: &Self) -> bool {
        self.classes == other.classes && self.edges == other.edges && self.trees == other.trees
    }
}

impl std::fmt::Debug for Forest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forest")
            .field("classes", &self.classes)
            .field("features", &self.features())
            .field("trees", &self.trees.len())
            .finish()
    }
}
