//! Tree ensembles of other libraries, computed as those compute them.
//!
//! Whatever the library, a pixel goes left where `value <= threshold` and, without a value, where the node says; the leaves
//! that it reaches are summed tree by tree in the library's own arithmetic (or, in `fixed`, so closely that it decides nothing),
//! so that decisions are equal to its own. How a
//! leaf is found depends on the trees' shape and size: `fixed`, `masks` or `walk`.

pub mod build;
pub(super) mod bytes;
mod fixed;
mod masks;
mod planes;
mod values;
mod walk;

pub use values::{Arithmetic, Link, probabilities};

use std::sync::Arc;

use self::fixed::Fixed;
use self::masks::Masks;
use self::walk::Walk;
use super::prediction::Prediction;
use crate::simd::Level;
use crate::simd::masks::{Lines, Number};
use crate::simd::walk::{Line, Steps};

/// Most features, trees, and nodes of a tree that are taken.
pub const MOST_FEATURES: usize = 256;
/// See [`MOST_FEATURES`].
pub const MOST_CLASSES: usize = 253;
/// See [`MOST_FEATURES`].
pub const MOST_TREES: usize = 1 << 16;
/// See [`MOST_FEATURES`].
pub const MOST_NODES: usize = 1 << 24;

/// Pixels that are best given at a time: a large tree goes through the cache once for all of them.
pub const BATCH: usize = 4096;

/// Where a node sends a pixel: to another node of the tree, or to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// A node by its number, which is above that of the node that sends there.
    Node(u32),
    /// A leaf by its number.
    Leaf(u32),
}

/// A question of a tree: left where the feature's value is at most the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Number of the feature.
    pub feature: u32,
    /// The largest value that goes left.
    pub threshold: f64,
    /// Whether a pixel without a value goes left.
    pub missing_left: bool,
    /// Where values up to the threshold go.
    pub left: Child,
    /// Where the others go.
    pub right: Child,
}

/// A tree; without a node it is its only leaf.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The score that its leaves add to; `None`: a leaf holds one number for every score.
    pub score: Option<u32>,
    /// The questions, the first one first.
    pub nodes: Vec<Node>,
    /// What the leaves hold.
    pub leaves: Vec<f64>,
}

/// An ensemble that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnsembleError {
    /// Too large or empty.
    #[error("it has {found} {what}; cocal takes 1 to {most}")]
    Size {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// The most.
        most: usize,
    },
    /// A tree that is not one.
    #[error("tree {tree} (from 0) {rule}")]
    Tree {
        /// Its number.
        tree: usize,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// Scores that do not fit the classes.
    #[error("{scores} scores do not make {classes} classes")]
    Scores {
        /// Number of scores.
        scores: usize,
        /// Number of classes.
        classes: usize,
    },
}

/// A tree ensemble and how its scores become probabilities.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// The library that made it.
    pub source: String,
    features: usize,
    classes: usize,
    arithmetic: Arithmetic,
    link: Link,
    base: Vec<f64>,
    trees: Vec<Tree>,
    engine: Arc<dyn Sums>,
}

/// How leaves are found and added.
trait Sums: std::fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Puts the scores `[score][pixel]` of values `[feature][pixel]` into those of `room`, of which there are as many.
    fn add(&self, level: Level, columns: &[f64], base: &[f64], room: &mut Room);
}

fn engine<T: Number>(features: usize, scores: usize, trees: &[Tree]) -> Result<Arc<dyn Sums>, EnsembleError> {
    if let Some(masks) = Masks::<T>::of(features, scores, trees) {
        return Ok(Arc::new(masks));
    }
    let walk = Walk::<T>::of(features, scores, trees).ok_or_else(|| {
        // Each feature has two columns at most.
        let most = Steps::most(2 * features) / 2 - 1;
        let found = trees.iter().map(|tree| tree.nodes.len()).max().unwrap_or(0);
        EnsembleError::Size { what: "nodes in a tree", found, most }
    })?;
    Ok(Arc::new(walk))
}

impl PartialEq for Ensemble {
    /// The engine follows from the rest.
    fn eq(&self, other: &Self) -> bool {
        let of = |e: &Self| (e.source.clone(), e.features, e.classes, e.arithmetic, e.link);
        of(self) == of(other) && self.base == other.base && self.trees == other.trees
    }
}

/// What an ensemble is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The library that made it.
    pub source: String,
    /// Number of features.
    pub features: usize,
    /// Number of classes.
    pub classes: usize,
    /// In what its library adds.
    pub arithmetic: Arithmetic,
    /// From scores to probabilities.
    pub link: Link,
    /// Where each score begins.
    pub base: Vec<f64>,
    /// The trees, in the order in which they are added.
    pub trees: Vec<Tree>,
}

impl Ensemble {
    /// Checks the parts and gets ready.
    ///
    /// # Errors
    /// [`EnsembleError`]: sizes beyond the limits, or a tree that is not one.
    pub fn new(parts: Parts) -> Result<Self, EnsembleError> {
        let Parts { source, features, classes, arithmetic, link, base, trees } = parts;
        for (what, found, least, most) in [
            ("features", features, 1, MOST_FEATURES),
            ("classes", classes, 2, MOST_CLASSES),
            ("trees", trees.len(), 1, MOST_TREES),
        ] {
            if !(least..=most).contains(&found) {
                return Err(EnsembleError::Size { what, found, most });
            }
        }
        if link.scores(classes) != base.len() {
            return Err(EnsembleError::Scores { scores: base.len(), classes });
        }
        for (number, tree) in trees.iter().enumerate() {
            check(tree, features, base.len()).map_err(|rule| EnsembleError::Tree { tree: number, rule })?;
        }
        let fixed =
            (arithmetic == Arithmetic::Double).then(|| Fixed::of(features, (base.len(), link), &trees)).flatten();
        let engine: Arc<dyn Sums> = match (fixed, arithmetic) {
            (Some(fixed), _) => Arc::new(fixed),
            (None, Arithmetic::Single) => engine::<f32>(features, base.len(), &trees)?,
            (None, Arithmetic::Double) => engine::<f64>(features, base.len(), &trees)?,
        };
        Ok(Self { source, features, classes, arithmetic, link, base, trees, engine })
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The trees.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// How leaves are found: `fixed`, `masks` or `walk`.
    pub fn engine(&self) -> &'static str {
        self.engine.name()
    }

    /// The probabilities `[pixel][class]` of values `[feature][pixel]`; NaN is missing. Scores are those of the library in its own
    /// arithmetic, as 64 bits. [`BATCH`] pixels are best given at a time.
    ///
    /// # Panics
    /// When `out` is not of as many pixels.
    pub fn probabilities(&self, level: Level, columns: &[f64], room: &mut Room, out: &mut [f64]) {
        let pixels = columns.len() / self.features;
        assert_eq!(out.len(), pixels * self.classes, "probabilities of every pixel");
        // All are written by the engine.
        room.scores.resize(pixels * self.base.len(), 0.0);
        self.engine.add(level, columns, &self.base, room);
        probabilities(level, (self.link, self.arithmetic), (&room.scores, pixels), out);
    }

    /// Classes of pixels from values `[feature][pixel]`, `stride` a feature; they are put into `out` from `first` on.
    pub fn predict(
        &self,
        (level, values, stride): (Level, &[f32], usize),
        pixels: usize,
        coca: &[bool],
        (room, first, out): (&mut Room, usize, &mut Prediction),
    ) {
        for start in (0..pixels).step_by(BATCH) {
            let count = BATCH.min(pixels - start);
            let mut columns = std::mem::take(&mut room.columns);
            columns.clear();
            for values in values.chunks_exact(stride).take(self.features) {
                columns.extend(values[start..start + count].iter().map(|value| f64::from(*value)));
            }
            let mut all = std::mem::take(&mut room.probabilities);
            all.resize(count * self.classes, 0.0);
            self.probabilities(level, &columns, room, &mut all);
            for (i, row) in all.chunks_exact(self.classes).enumerate() {
                let at = first + start + i;
                out.class[at] = best(row, |_| true);
                out.alternative[at] =
                    if coca.contains(&false) { best(row, |class| !coca[class]) } else { out.class[at] };
                let share: f64 = row.iter().zip(coca).filter(|(_, coca)| **coca).map(|(p, _)| p).sum();
                out.share[at] = (share * 65_535.0).round() as u16;
            }
            (room.columns, room.probabilities) = (columns, all);
        }
    }
}

/// The class with the highest probability, the lowest where several have it.
pub fn best(row: &[f64], of: impl Fn(usize) -> bool) -> u8 {
    let mut best = None;
    for (class, p) in row.iter().enumerate().filter(|(class, _)| of(*class)) {
        if best.is_none_or(|(_, most)| *p > most) {
            best = Some((class, *p));
        }
    }
    best.map_or(0, |(class, _)| class as u8)
}

/// Memory that is kept from batch to batch.
#[derive(Clone, Debug, Default)]
pub struct Room {
    columns: Vec<f64>,
    planes: Vec<u8>,
    ranks: Vec<Line>,
    lines: Lines,
    sums: Vec<i32>,
    open: Vec<u64>,
    scores: Vec<f64>,
    probabilities: Vec<f64>,
}

/// A tree is whole when every node and leaf is reached once, children come after their parents, and leaves hold what they
/// should.
fn check(tree: &Tree, features: usize, scores: usize) -> Result<(), &'static str> {
    let width = if tree.score.is_some() { 1 } else { scores };
    let leaves = tree.nodes.len() + 1;
    if tree.nodes.len() > MOST_NODES {
        return Err("has more nodes than cocal takes");
    }
    if tree.leaves.len() != leaves * width {
        return Err("has not one leaf more than nodes");
    }
    if tree.score.is_some_and(|score| score as usize >= scores) {
        return Err("adds to a score that is not there");
    }
    if tree.leaves.iter().any(|leaf| !leaf.is_finite()) {
        return Err("has a leaf that is no finite number");
    }
    let (mut node_seen, mut leaf_seen) = (vec![false; tree.nodes.len()], vec![tree.nodes.is_empty(); leaves]);
    for (number, node) in tree.nodes.iter().enumerate() {
        if node.feature as usize >= features || node.threshold.is_nan() {
            return Err("asks about a feature that is not there, or has a threshold that is no number");
        }
        for child in [node.left, node.right] {
            let seen = match child {
                Child::Node(to) if to as usize > number => node_seen.get_mut(to as usize),
                Child::Node(_) => None,
                Child::Leaf(to) => leaf_seen.get_mut(to as usize),
            };
            match seen {
                Some(seen) if !*seen => *seen = true,
                _ => return Err("leads to a node twice, back, or nowhere"),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
