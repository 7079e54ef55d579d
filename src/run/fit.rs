//! Fitting a classifier to a training set, and what it is worth on groups that it never saw.

use crate::accuracy::ErrorMatrix;
use crate::accuracy::error_matrix::HeldOut;
use crate::classify::calibrate::{Calibration, Reliability};
use crate::classify::forest::{Forest, ForestParameters, grow_tree, prepare};
use crate::classify::importance::{Importance, Lost};
use crate::classify::model::Classifier;
use crate::classify::prediction::Prediction;
use crate::classify::split::Folds;
use crate::classify::symmetric::{InOrder, Parameters, Workers, fit};
use crate::classify::training_set::TrainingSet;
use crate::features::{FeatureBlock, Together};

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

    /// A classifier on some rows of the set: the same for any workers.
    fn fit(&self, workers: &impl Workers, set: &TrainingSet, rows: &[u32], classes: usize) -> Classifier {
        match self {
            Self::Boosted(parameters) => Classifier::Symmetric(fit(set, rows, classes, parameters, workers).trees),
            Self::Forest(parameters) => {
                let binned = prepare(set, rows);
                let numbers: Vec<usize> = (0..parameters.trees).collect();
                let trees = workers.map(numbers, |tree| grow_tree(set, &binned, rows, parameters, tree));
                Classifier::Forest(Forest::from_trees(trees, classes, set.features.features))
            }
        }
    }

    /// Whether several fits at the same time are faster than one after the other on all threads. A forest's trees need
    /// nothing of each other; boosting waits for each level of each tree, long where samples are few. With many, the
    /// memory of several fits would count.
    fn is_quicker_side_by_side(&self, set: &TrainingSet) -> bool {
        matches!(self, Self::Boosted(_)) && set.samples() <= FEW
    }
}

/// Training samples up to which models are fitted side by side: one then takes some tens of MB at most.
const FEW: usize = 1 << 16;

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

/// Labelled pixels, and what is to be told apart on them.
pub struct Task<'a> {
    /// The pixels.
    pub set: &'a TrainingSet,
    /// Which of them are held out together.
    pub folds: &'a Folds,
    /// Names of the classes.
    pub names: &'a [String],
    /// Which classes are coca.
    pub coca: &'a [bool],
    /// Features that are shuffled together.
    pub together: &'a [Together],
}

/// What one model gives.
enum Made {
    Whole(Classifier),
    Fold(Prediction, Lost),
}

/// A classifier fitted to all pixels, and what it is worth: every fold mapped by a classifier that was fitted to the others.
/// The same for any number of threads.
pub fn fit_and_assess(threads: &Threads, task: &Task<'_>, method: &Method) -> (Classifier, Assessment) {
    // The largest one first.
    let jobs: Vec<Option<usize>> = std::iter::once(None).chain((0..task.folds.count).map(Some)).collect();
    let made: Vec<Made> = if !method.is_quicker_side_by_side(task.set) {
        jobs.into_iter().map(|fold| task.make(threads, method, fold)).collect()
    } else if jobs.len() >= 2 * threads.count() {
        threads.map_owned(jobs, |fold| task.make(&InOrder, method, fold))
    } else {
        threads.map_owned(jobs, |fold| task.make(threads, method, fold))
    };
    let (mut whole, mut held) = (None, Vec::new());
    for made in made {
        match made {
            Made::Whole(classifier) => whole = Some(classifier),
            Made::Fold(predicted, lost) => held.push((predicted, lost)),
        }
    }
    let Some(whole) = whole else { unreachable!("the first job is the whole") };
    (whole, task.assess(held))
}

impl Task<'_> {
    /// The model of all pixels, or of all but a fold and what it says there.
    fn make(&self, workers: &impl Workers, method: &Method, fold: Option<usize>) -> Made {
        let (set, classes) = (self.set, self.names.len());
        let Some(fold) = fold else { return Made::Whole(method.fit(workers, set, &set.all_rows(), classes)) };
        let (held, rest) = (self.folds.held_out_rows(set, fold), self.folds.training_rows(set, fold));
        let classifier = method.fit(workers, set, &rest, classes);
        let block = set.features_of(&held);
        let class: Vec<u8> = held.iter().map(|row| set.class[*row as usize]).collect();
        let predict = |block: &FeatureBlock| classifier.predict(block, self.coca).class;
        let lost = Lost::of((&block, &class), self.together, method.seed(), predict);
        Made::Fold(classifier.predict(&block, self.coca), lost)
    }

    /// Puts together what the models of the folds say, in the order of the folds.
    fn assess(&self, made: Vec<(Prediction, Lost)>) -> Assessment {
        let (mut pixels, mut importance) = (Vec::new(), Importance::default());
        let (mut share, mut is_coca, mut fold_of) = (Vec::new(), Vec::new(), Vec::new());
        for (fold, (predicted, lost)) in made.into_iter().enumerate() {
            importance.add(self.together, &lost);
            for (row, map) in self.folds.held_out_rows(self.set, fold).into_iter().zip(predicted.class) {
                let row = row as usize;
                pixels.push(HeldOut { map, reference: self.set.class[row], unit: self.set.unit[row] });
                is_coca.push(self.coca[usize::from(self.set.class[row])]);
            }
            share.extend(predicted.share);
            fold_of.resize(share.len(), fold);
        }
        let (calibration, reliability) = Calibration::assessed(&share, &is_coca, &fold_of);
        let matrix = ErrorMatrix::tally(self.names.to_vec(), &pixels, self.folds.not_assessed.clone());
        Assessment { matrix, calibration, reliability, importance }
    }
}
