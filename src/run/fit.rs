//! Fitting a classifier to a training set, and what it is worth on groups that it never saw.

use crate::accuracy::ErrorMatrix;
use crate::accuracy::error_matrix::HeldOut;
use crate::classify::calibrate::{Calibration, Reliability};
use crate::classify::forest::{Forest, ForestParameters, grow_tree, prepare};
use crate::classify::importance::Importance;
use crate::classify::model::Classifier;
use crate::classify::split::Folds;
use crate::classify::symmetric::{Parameters, fit};
use crate::classify::training_set::TrainingSet;
use crate::features::Together;

use super::threads::Threads;

/// How a classifier is fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// Boosted symmetric trees.
    Boosted(Parameters),
    /// A random forest.
    Forest(ForestParameters),
}

impl Method {
    /// Its seed.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Boosted(parameters) => parameters.seed,
            Self::Forest(parameters) => parameters.seed,
        }
    }

    /// A classifier on some rows of the set: the same for any number of threads.
    pub fn fit(&self, threads: &Threads, set: &TrainingSet, rows: &[u32], classes: usize) -> Classifier {
        match self {
            Self::Boosted(parameters) => Classifier::Symmetric(fit(set, rows, classes, parameters, threads).trees),
            Self::Forest(parameters) => {
                let binned = prepare(set, rows);
                let numbers: Vec<usize> = (0..parameters.trees).collect();
                let trees = threads.map(&numbers, |tree| grow_tree(set, &binned, rows, parameters, *tree));
                Classifier::Forest(Forest::from_trees(trees, classes, set.features.features))
            }
        }
    }
}

/// What held-out groups say of a method.
pub struct Assessment {
    /// Each group mapped by a classifier that never saw it.
    pub matrix: ErrorMatrix,
    /// Fitted on all held-out predictions, where that helps.
    pub calibration: Option<Calibration>,
    /// Of the probabilities that are used, on folds that no calibration saw.
    pub reliability: Option<Reliability>,
    /// Accuracy lost without a feature or band.
    pub importance: Importance,
}

/// Maps every fold with a classifier that was fitted to the others. `names` are the classes, `coca` says which are coca.
pub fn assess(
    threads: &Threads,
    (set, folds): (&TrainingSet, &Folds),
    (names, coca): (&[String], &[bool]),
    method: &Method,
    together: &[Together],
) -> Assessment {
    let (mut pixels, mut importance) = (Vec::new(), Importance::default());
    let (mut share, mut is_coca, mut fold_of) = (Vec::new(), Vec::new(), Vec::new());
    for fold in 0..folds.count {
        let (held, rest) = (folds.held_out_rows(set, fold), folds.training_rows(set, fold));
        let classifier = method.fit(threads, set, &rest, names.len());
        let block = set.features_of(&held);
        let predicted = classifier.predict(&block, coca);
        let class: Vec<u8> = held.iter().map(|row| set.class[*row as usize]).collect();
        importance.add(&block, &class, together, method.seed(), |block| classifier.predict(block, coca).class);
        pixels.extend(held.iter().zip(predicted.class).map(|(row, map)| {
            let row = *row as usize;
            HeldOut { map, reference: set.class[row], unit: set.unit[row] }
        }));
        share.extend(predicted.share);
        is_coca.extend(class.iter().map(|class| coca[usize::from(*class)]));
        fold_of.resize(share.len(), fold);
    }
    let (calibration, reliability) = Calibration::assessed(&share, &is_coca, &fold_of);
    Assessment {
        matrix: ErrorMatrix::tally(names.to_vec(), &pixels, folds.not_assessed.clone()),
        calibration,
        reliability,
        importance,
    }
}
