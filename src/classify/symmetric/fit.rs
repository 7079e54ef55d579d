//! Boosting: tree after tree on what the trees before left over, and when to stop.
//!
//! Friedman (2001), "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 1189-1232, with
//! second-order leaves (Chen and Guestrin 2016, "XGBoost", KDD).

use super::grow::Ground;
use super::watch::Watched;
use super::workers::Workers;
use super::{LOGIT, MAX_TREES, Parameters, SymmetricTrees};
use crate::classify::forest::{Binned, ClassWeights, prepare};
use crate::classify::split::grouped_folds;
use crate::classify::training_set::TrainingSet;
use crate::features::FeatureBlock;

/// Folds of which one is watched: a fifth of the groups.
const WATCHED_FOLDS: usize = 5;

/// A trained model and what was seen on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model, trained on all rows.
    pub trees: SymmetricTrees,
    /// Mean log-loss of the watched groups before the first tree and after each, while trees were made without them;
    /// empty without early stopping, and where there were too few groups for it.
    pub watched_loss: Vec<f64>,
}

/// Trains on the samples `rows` of the set, whose classes are below `classes`.
///
/// With early stopping, a fifth of the groups (what units, blocks and shared pixels join) is held out first: trees are made
/// until the held-out log-loss has not fallen for as many trees as the parameters say, and then as many trees as gave the
/// lowest loss are made from all rows. Where a class would then be in one of the two parts only, all trees are made.
///
/// The result depends on the set, the rows and the parameters, not on `workers`.
///
/// # Panics
/// When there are not 2 to 255 classes, a sample's class is not below `classes`, or there are more than
/// [`crate::classify::forest::MAX_FEATURES`] features.
pub fn fit(set: &TrainingSet, rows: &[u32], classes: usize, parameters: &Parameters, workers: &impl Workers) -> Fitted {
    assert!((2..=255).contains(&classes), "{classes} classes; symmetric trees part 2 to 255");
    let mut watched_loss = Vec::new();
    // Without samples there is nothing to ask about.
    let mut trees = if rows.is_empty() { 0 } else { parameters.trees.min(MAX_TREES) };
    if let Some(patience) = parameters.early_stopping
        && let Some((held, rest)) = watched_rows(set, rows, classes, parameters.seed)
    {
        watched_loss = watch(set, (&held, &rest), classes, (parameters, patience), workers);
        trees = lowest(&watched_loss);
    }
    let binned = prepare(set, rows);
    let (base, mut ground) = start(set, &binned, rows, classes, parameters);
    let made = (0..trees).map(|number| ground.grow(parameters, number, workers)).collect();
    match SymmetricTrees::new(classes, binned.edges().clone(), base, made) {
        Ok(trees) => Fitted { trees, watched_loss },
        Err(rule) => unreachable!("a trained model keeps the rules: {rule}"),
    }
}

/// Where the lowest loss is first reached: as many trees gave it.
fn lowest(losses: &[f64]) -> usize {
    losses.iter().enumerate().reduce(|a, b| if b.1 < a.1 { b } else { a }).map_or(0, |(trees, _)| trees)
}

/// The losses of the held-out rows while trees are made from the rest.
fn watch(
    set: &TrainingSet,
    (held, rest): (&[u32], &[u32]),
    classes: usize,
    (parameters, patience): (&Parameters, usize),
    workers: &impl Workers,
) -> Vec<f64> {
    let binned = prepare(set, rest);
    let (base, mut ground) = start(set, &binned, rest, classes, parameters);
    let weights = class_weights(set, rest, classes, parameters.class_weights);
    let mut watched = Watched::new(&binned, (&set.class, held), &weights, &base);
    let mut losses = vec![watched.loss()];
    for number in 0..parameters.trees.min(MAX_TREES) {
        let tree = ground.grow(parameters, number, workers);
        watched.add(&tree);
        losses.push(watched.loss());
        if losses.len() - 1 - lowest(&losses) >= patience.max(1) {
            break;
        }
    }
    losses
}

/// Rows held out to be watched, and the others; `None` where a class of the rows would be missing in either.
fn watched_rows(set: &TrainingSet, rows: &[u32], classes: usize, seed: u64) -> Option<(Vec<u32>, Vec<u32>)> {
    let of = |values: &[u32]| rows.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
    let class: Vec<u8> = rows.iter().map(|&row| set.class[row as usize]).collect();
    let pixel = set.pixel.iter().any(|_| true).then(|| rows.iter().map(|&row| set.pixel[row as usize]).collect());
    let part = TrainingSet {
        features: FeatureBlock::missing(0, rows.len()),
        class,
        unit: of(&set.unit),
        block: of(&set.block),
        pixel: pixel.unwrap_or_default(),
    };
    let folds = grouped_folds(&part, classes, WATCHED_FOLDS, seed);
    if folds.count < 2 {
        return None;
    }
    let (held, rest) = (folds.held_out_rows(&part, 0), folds.training_rows(&part, 0));
    let has = |some: &[u32], class: usize| some.iter().any(|&row| usize::from(part.class[row as usize]) == class);
    let whole = (0..classes).all(|class| has(&held, class) == has(&rest, class));
    let named = |some: Vec<u32>| some.into_iter().map(|row| rows[row as usize]).collect();
    whole.then(|| (named(held), named(rest)))
}

/// The scores before the first tree, and the samples at them.
fn start(
    set: &TrainingSet,
    binned: &Binned,
    rows: &[u32],
    classes: usize,
    parameters: &Parameters,
) -> (Vec<i32>, Ground) {
    let weights = class_weights(set, rows, classes, parameters.class_weights);
    let counts = class_counts(set, rows, classes);
    // Half a sample for a class without any: its share is low, its logarithm a number.
    let share = |class: usize| f64::from(counts[class]).max(0.5) * weights[class];
    let base: Vec<i32> =
        (1..classes).map(|class| ((share(class) / share(0)).ln() * f64::from(LOGIT)).round() as i32).collect();
    let weights: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let ground = Ground::new(binned, (&set.class, rows), &weights, &base);
    (base, ground)
}

fn class_counts(set: &TrainingSet, rows: &[u32], classes: usize) -> Vec<u32> {
    let mut counts = vec![0; classes];
    rows.iter().for_each(|&row| counts[usize::from(set.class[row as usize])] += 1);
    counts
}

/// The weight of each class; balanced: rows / (classes present * rows of the class), as in scikit-learn.
fn class_weights(set: &TrainingSet, rows: &[u32], classes: usize, kind: ClassWeights) -> Vec<f64> {
    match kind {
        ClassWeights::None => vec![1.0; classes],
        ClassWeights::Balanced => {
            let counts = class_counts(set, rows, classes);
            let present = counts.iter().filter(|&&count| count > 0).count() as f64;
            counts.iter().map(|&count| rows.len() as f64 / (present * f64::from(count.max(1)))).collect()
        }
    }
}
