//! Gradient-boosted symmetric (oblivious) trees over binned features.
//!
//! A symmetric tree asks one question per level, the same in all of its nodes, so the answers make the number of the leaf
//! (Prokhorenkova et al. 2018, "CatBoost: unbiased boosting with categorical features", NeurIPS 31). The questions are on
//! bins of one byte ([`Edges`]), and the leaves are whole multiples of [`LOGIT`]: training rounds a tree's leaves *before*
//! the next tree is fitted, so what is classified with is what was trained, to the last bit.
//!
//! A model of `k` classes has `k - 1` scores; that of class 0 is always 0, and those of the others are what their
//! log-odds are against it. The class is the one with the highest score, the lowest class where several are equal.

mod chunk;
pub mod decide;
mod fit;
mod grow;
mod histogram;
mod loss;
mod parameters;
mod scan;
#[cfg(test)]
mod tests;
mod used;
mod watch;
mod workers;

use crate::classify::forest::{Edges, Table};
use crate::simd::Level;
use crate::simd::symmetric::{LANES, MAX_DEPTH, Packed, PackedTree};
pub use fit::{Fitted, fit};
pub use parameters::Parameters;
pub use workers::{InOrder, Workers};

/// Steps of a leaf or a score in one unit of log-odds: a leaf is rounded by at most half a step, 1/8192.
pub const LOGIT: i32 = 4096;

/// The largest leaf, in steps: just below 8 units of log-odds.
pub const MAX_LEAF: i16 = i16::MAX;

/// Most levels of a tree.
pub const MOST_LEVELS: usize = MAX_DEPTH;

/// Most trees: their leaves and the base then fit an `i32` score.
pub const MAX_TREES: usize = 32_768;

/// A tree: at most [`MAX_DEPTH`] questions and a leaf for each of their answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymmetricTree {
    /// Feature and bin of each level: bit `d` of the leaf's number is set where the pixel's bin is above the level's.
    pub splits: Vec<(u8, u8)>,
    /// Leaves in steps, `[score][leaf]`.
    pub leaves: Vec<i16>,
}

/// A tree, or a set of them, that breaks a rule.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymmetricError {
    /// Too many levels.
    #[error("tree {tree} has {found} levels; at most {MAX_DEPTH} are possible")]
    Deep {
        /// The tree, from 0.
        tree: usize,
        /// Its levels.
        found: usize,
    },
    /// Not one leaf for each answer and score.
    #[error("tree {tree} has {found} leaves; its levels and scores ask for {needed}")]
    Leaves {
        /// The tree, from 0.
        tree: usize,
        /// Its leaves.
        found: usize,
        /// What is needed.
        needed: usize,
    },
    /// A question about a feature or bin that is not there.
    #[error("tree {tree} asks for bin {bin} of feature {feature}, which is not there")]
    Split {
        /// The tree, from 0.
        tree: usize,
        /// The feature.
        feature: u8,
        /// The bin.
        bin: u8,
    },
    /// Too many trees, or not as many base scores as scores.
    #[error("a model of {trees} trees, {classes} classes and {base} base scores is not possible")]
    Size {
        /// Trees.
        trees: usize,
        /// Classes.
        classes: usize,
        /// Base scores.
        base: usize,
    },
}

/// Boosted symmetric trees, ready to classify.
#[derive(Clone)]
pub struct SymmetricTrees {
    classes: usize,
    edges: Edges,
    /// Scores before the first tree, in steps, one for each class but the first.
    base: Vec<i32>,
    trees: Vec<SymmetricTree>,
    packed: Packed,
    /// Bin of every code, by feature.
    tables: Vec<Box<Table>>,
}

impl SymmetricTrees {
    /// Puts trees together.
    ///
    /// # Errors
    /// [`SymmetricError`] for the first tree that breaks a rule.
    pub fn new(
        classes: usize,
        edges: Edges,
        base: Vec<i32>,
        trees: Vec<SymmetricTree>,
    ) -> Result<Self, SymmetricError> {
        if !(2..=255).contains(&classes) || base.len() != classes - 1 || trees.len() > MAX_TREES {
            return Err(SymmetricError::Size { trees: trees.len(), classes, base: base.len() });
        }
        for (number, tree) in trees.iter().enumerate() {
            check(number, tree, classes, &edges)?;
        }
        let packed = trees.iter().map(|t| PackedTree { splits: t.splits.clone(), leaves: t.leaves.clone() });
        let packed = Packed::new(classes - 1, packed.collect());
        let tables = (0..edges.features()).map(|feature| edges.table(feature)).collect();
        Ok(Self { classes, edges, base, trees, packed, tables })
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The edges between the bins of each feature.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Scores before the first tree, in steps of 1 / [`LOGIT`].
    pub fn base(&self) -> &[i32] {
        &self.base
    }

    /// The trees.
    pub fn trees(&self) -> &[SymmetricTree] {
        &self.trees
    }

    /// The bin of a code of one feature.
    pub fn bin(&self, feature: usize, code: u16) -> u8 {
        self.tables[feature][usize::from(code)]
    }

    /// Bins of codes of one feature, as many as there are codes.
    pub fn bins(&self, feature: usize, codes: &[u16], bins: &mut [u8]) {
        let table = &self.tables[feature];
        bins.iter_mut().zip(codes).for_each(|(bin, code)| *bin = table[usize::from(*code)]);
    }

    /// Scores of a block, `[score][pixel]` with `stride` entries a score, in steps of 1 / [`LOGIT`]; overwritten.
    ///
    /// `bins` holds `[feature][pixel]`, `stride` (a multiple of [`LANES`]) bytes a feature.
    pub fn scores(&self, level: Level, bins: &[u8], stride: usize, scores: &mut Vec<i32>) {
        scores.clear();
        self.base.iter().for_each(|&base| scores.resize(scores.len() + stride, base));
        self.packed.add_scores(level, bins, stride, scores);
    }
}

/// `pixels` rounded up to whole runs of the kernels.
pub fn stride_of(pixels: usize) -> usize {
    pixels.next_multiple_of(LANES)
}

fn check(number: usize, tree: &SymmetricTree, classes: usize, edges: &Edges) -> Result<(), SymmetricError> {
    let levels = tree.splits.len();
    if levels > MAX_DEPTH {
        return Err(SymmetricError::Deep { tree: number, found: levels });
    }
    let needed = (classes - 1) << levels;
    if tree.leaves.len() != needed {
        return Err(SymmetricError::Leaves { tree: number, found: tree.leaves.len(), needed });
    }
    let absent = |&&(feature, bin): &&(u8, u8)| {
        usize::from(feature) >= edges.features() || usize::from(bin) >= edges.of(usize::from(feature)).len()
    };
    match tree.splits.iter().find(absent) {
        Some(&(feature, bin)) => Err(SymmetricError::Split { tree: number, feature, bin }),
        None => Ok(()),
    }
}

impl PartialEq for SymmetricTrees {
    fn eq(&self, other: &Self) -> bool {
        (self.classes, &self.edges, &self.base, &self.trees) == (other.classes, &other.edges, &other.base, &other.trees)
    }
}

impl std::fmt::Debug for SymmetricTrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SymmetricTrees")
            .field("classes", &self.classes)
            .field("features", &self.edges.features())
            .field("trees", &self.trees.len())
            .finish()
    }
}
