//! Fitting boosted symmetric trees.
//!
//! Each tree takes a Newton step on the softmax loss (Friedman 2001, Annals of Statistics 29:1189; Chen and Guestrin 2016,
//! KDD 785): with gradient `g` and Hessian `h` of every sample, a leaf is `-rate * sum g / (sum h + l2)`, and a level's
//! question is the one that maximises `sum (sum g)^2 / (sum h + l2)` over all leaves, samples on both of its sides.
//!
//! Gradients and Hessians are rounded to fixed point before they are summed, so sums are exact, the sibling of a leaf is
//! its parent less the other child, and nothing depends on the number of threads. Leaves are rounded to the model's steps
//! before the scores are updated: the next tree mends the rounding of this one.

mod gradient;
mod grow;
mod histogram;

use crate::classify::forest::{Binned, ClassWeights, prepare};
use crate::classify::split::grouped_folds;
use crate::classify::training_set::TrainingSet;

use super::{LOGIT, MOST_LEVELS, SymmetricTrees};
use grow::Grower;

/// How trees are boosted.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Most trees.
    pub trees: usize,
    /// Levels of a tree, 1 to 6.
    pub depth: usize,
    /// Part of a Newton step that a tree takes.
    pub learning_rate: f64,
    /// Added to the Hessian of a leaf: pulls leaves of few samples towards 0.
    pub l2: f64,
    /// Share of the rows that a tree's questions are chosen on; its leaves are those of all rows.
    pub row_share: f64,
    /// Share of the features that a tree may ask for.
    pub feature_share: f64,
    /// Weights of the classes.
    pub class_weights: ClassWeights,
    /// Stop after so many trees without a smaller held-out loss, and keep those up to the smallest; `None`: all trees.
    pub early_stopping: Option<usize>,
    /// Seed of the samples of rows and features, and of the split for early stopping.
    pub seed: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            trees: 200,
            depth: 6,
            learning_rate: 0.3,
            l2: 3.0,
            row_share: 0.8,
            feature_share: 0.7,
            class_weights: ClassWeights::None,
            early_stopping: Some(30),
            seed: 1,
        }
    }
}

/// Runs tasks side by side. The result does not depend on how.
pub trait Spread: Sync {
    /// Calls `work` once for each number below `tasks`.
    fn each(&self, tasks: usize, work: &(dyn Fn(usize) + Sync));
}

/// One task after the other.
pub struct Alone;

impl Spread for Alone {
    fn each(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(work);
    }
}

/// One part in so many of the groups watches for early stopping.
const WATCHERS: usize = 5;

/// Boosts trees on some rows of a set. With early stopping, a fifth of their groups (units, blocks and pixels that belong
/// together) is held out first to find the number of trees, which is then fitted to all rows; where groups or classes are too
/// few to hold any out, all trees are grown.
///
/// # Panics
/// When `classes` is below 2, or a row's class is not below it.
pub fn fit(
    set: &TrainingSet,
    rows: &[u32],
    classes: usize,
    parameters: &Parameters,
    spread: &dyn Spread,
) -> SymmetricTrees {
    assert!(classes >= 2, "nothing to tell apart");
    let mut parameters = parameters.clone();
    if let Some(patience) = parameters.early_stopping.take()
        && let Some(trees) = best_number(set, rows, classes, (&parameters, patience), spread)
    {
        parameters.trees = trees;
    }
    let binned = prepare(set, rows);
    let mut grower = Grower::new(set, &binned, rows, classes, &parameters);
    (0..parameters.trees).for_each(|number| {
        grower.add_tree(number, spread);
    });
    grower.finish()
}

/// The number of trees with the smallest loss on held-out groups; `None` where nothing can be held out.
fn best_number(
    set: &TrainingSet,
    rows: &[u32],
    classes: usize,
    (parameters, patience): (&Parameters, usize),
    spread: &dyn Spread,
) -> Option<usize> {
    let part = set.subset(rows);
    let folds = grouped_folds(&part, classes, WATCHERS, parameters.seed);
    if folds.count < 2 || !folds.not_assessed.is_empty() {
        return None;
    }
    let (watch, train) = (folds.held_out_rows(&part, 0), folds.training_rows(&part, 0));
    let binned = prepare(&part, &train);
    let mut grower = Grower::new(&part, &binned, &train, classes, parameters);
    let mut watcher = Watcher::new(&grower, &part, &binned, watch);
    let mut best = (watcher.loss(), 0);
    for number in 0..parameters.trees {
        grower.add_tree(number, spread);
        watcher.follow(&grower);
        let loss = watcher.loss();
        if loss < best.0 {
            best = (loss, number + 1);
        } else if number + 1 - best.1 >= patience {
            break;
        }
    }
    Some(best.1.max(1))
}

/// Scores of held-out rows.
struct Watcher<'a> {
    rows: Vec<u32>,
    class: Vec<u8>,
    binned: &'a Binned,
    /// `[row][score]`.
    scores: Vec<i32>,
    outputs: usize,
}

impl<'a> Watcher<'a> {
    fn new(grower: &Grower<'_>, set: &TrainingSet, binned: &'a Binned, rows: Vec<u32>) -> Self {
        let class = rows.iter().map(|row| set.class[*row as usize]).collect();
        let scores = grower.base().repeat(rows.len());
        Self { outputs: grower.base().len(), rows, class, binned, scores }
    }

    /// Adds the newest tree.
    fn follow(&mut self, grower: &Grower<'_>) {
        let Some(tree) = grower.trees().last() else { return };
        for (row, scores) in self.rows.iter().zip(self.scores.chunks_exact_mut(self.outputs)) {
            let bin = |feature: u8| self.binned.feature(usize::from(feature))[*row as usize];
            let leaf: usize =
                tree.splits.iter().enumerate().map(|(d, (f, edge))| usize::from(bin(*f) > *edge) << d).sum();
            for (output, score) in scores.iter_mut().enumerate() {
                *score += i32::from(tree.leaves[(output << tree.splits.len()) + leaf]);
            }
        }
    }

    /// Mean negative log-likelihood.
    fn loss(&self) -> f64 {
        let mut sum = 0.0;
        for (class, scores) in self.class.iter().zip(self.scores.chunks_exact(self.outputs)) {
            let logit = |class: usize| class.checked_sub(1).map_or(0.0, |k| f64::from(scores[k]) / f64::from(LOGIT));
            let top = (0..=self.outputs).map(logit).fold(0.0, f64::max);
            let all: f64 = (0..=self.outputs).map(|k| (logit(k) - top).exp()).sum();
            sum += all.ln() + top - logit(usize::from(*class));
        }
        sum / self.class.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests;
