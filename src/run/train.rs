//! Training: labelled places to pixels, a grouped held-out assessment, and the classifier.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fit::{Assessment, Method, Task, fit_and_assess};
use super::gather::gather;
use super::imagery::Imagery;
use super::plan::YearPlan;
use super::threads::Threads;
use crate::accuracy::ErrorMatrix;
use crate::classify::calibrate::{Calibration, Reliability};
use crate::classify::importance::Importance;
use crate::classify::model::Classifier;
use crate::classify::sample::Sample;
use crate::classify::split::grouped_folds;
use crate::compare::mapped::is_coca_name;
use crate::features::recipe::Recipe;
use crate::io::scene::SceneError;

/// Labels that no model can be made of.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A scene cannot be read.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// Fewer than two classes have a pixel.
    #[error(
        "samples {path}: labels of {classes} class(es) lie on observed ground of the mapped years; at least 2 are needed ({outside} samples lie outside the scenes, {unseen} were never observed, {years} are of other years)"
    )]
    Classes {
        /// The file.
        path: PathBuf,
        /// Classes with pixels.
        classes: usize,
        /// Samples outside every scene.
        outside: usize,
        /// Samples without a clear observation.
        unseen: usize,
        /// Samples of years that are not mapped.
        years: usize,
    },
    /// More classes than the class raster can hold.
    #[error(
        "samples {path}: {classes} classes are more than the 250 that a class raster can hold; is the class field right?"
    )]
    TooMany {
        /// The file.
        path: PathBuf,
        /// Number of classes.
        classes: usize,
    },
    /// A class named as coca has no label.
    #[error("[mask] coca_classes names '{class}', which no sample has; the classes are: {present}")]
    NoSuchClass {
        /// The class.
        class: String,
        /// The classes there are.
        present: String,
    },
}

/// How a model is to be trained.
#[derive(Clone, Debug)]
pub struct TrainChoice {
    /// The file that the labels are from, for messages.
    pub samples: PathBuf,
    /// The classifier and its parameters.
    pub method: Method,
    /// Classes that are coca; without any, those whose name begins with `coca`.
    pub coca_classes: Vec<String>,
    /// Number of folds of the held-out assessment.
    pub folds: usize,
    /// Side of the spatial blocks, in units of the grid's CRS; 0: none.
    pub block: f64,
    /// Cloud and shadow grow by so many pixels.
    pub dilation: usize,
}

/// What a training gives beside the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainReport {
    /// The held-out error matrix: each polygon is mapped by a classifier that never saw it.
    pub held_out: ErrorMatrix,
    /// How far the probability of coca can be taken at its word, on held-out groups.
    pub reliability: Option<Reliability>,
    /// Accuracy lost on held-out pixels when a feature, or all features of a band, are shuffled.
    pub importance: Importance,
    /// Fold of each sample that took part, by its number in the file; `None`: never held out.
    pub folds: BTreeMap<u32, Option<usize>>,
    /// Pixels by class.
    pub pixels: BTreeMap<String, usize>,
    /// Remarks: samples outside, unobserved, classes not assessed.
    pub notes: Vec<String>,
}

/// A classifier with what it was made for.
pub struct Trained {
    /// What classifies.
    pub classifier: Classifier,
    /// Names of the classes, and which are coca.
    pub classes: Vec<(String, bool)>,
    /// From raw shares of coca to probabilities.
    pub calibration: Option<Calibration>,
    /// The features that it looks at, by their numbers in the recipe.
    pub used: Vec<usize>,
}

/// Trains a classifier on the labelled places and assesses it on held-out ones.
///
/// # Errors
/// [`TrainError`] when a scene cannot be read, fewer than two classes have pixels, or a class named as coca has none.
pub fn train(
    threads: &Threads,
    imagery: &Imagery<'_>,
    years: &[YearPlan],
    samples: &[Sample],
    (recipe, choice): (&Recipe, &TrainChoice),
) -> Result<(Trained, TrainReport), TrainError> {
    let gathered = gather(threads, imagery, years, samples, (recipe, choice))?;
    let (names, set) = (&gathered.classes, &gathered.set);
    let coca = coca_flags(names, &choice.coca_classes)?;
    let folds = grouped_folds(set, names.len(), choice.folds, choice.method.seed());
    let together = recipe.together();
    let task = Task { set, folds: &folds, names, coca: &coca, together: &together };
    let (whole, assessed) = fit_and_assess(threads, &task, &choice.method);
    let (classifier, used) = whole.keep_used();
    let mut notes = gathered.notes();
    for class in &folds.not_assessed {
        notes.push(format!(
            "class '{}' has too few polygons or blocks to be held out: its accuracy is unknown",
            gathered.classes[*class]
        ));
    }
    let mut pixels = BTreeMap::new();
    for class in &set.class {
        *pixels.entry(gathered.classes[usize::from(*class)].clone()).or_insert(0) += 1;
    }
    let by_number =
        (0..).zip(&gathered.numbers).map(|(unit, number)| (*number, folds.of_unit.get(&unit).copied().flatten()));
    let Assessment { matrix, calibration, reliability, importance } = assessed;
    let report = TrainReport { held_out: matrix, reliability, importance, folds: by_number.collect(), pixels, notes };
    let classes = gathered.classes.into_iter().zip(coca).collect();
    Ok((Trained { classifier, classes, calibration, used }, report))
}

/// Which classes are coca: those named, or those whose name begins with `coca`.
///
/// # Errors
/// [`TrainError::NoSuchClass`] for a name that no class has.
pub fn coca_flags(classes: &[String], named: &[String]) -> Result<Vec<bool>, TrainError> {
    if let Some(absent) = named.iter().find(|n| !classes.contains(n)) {
        return Err(TrainError::NoSuchClass { class: absent.clone(), present: classes.join(", ") });
    }
    let is_coca = |class: &String| {
        if named.is_empty() { is_coca_name(class) } else { named.contains(class) }
    };
    Ok(classes.iter().map(is_coca).collect())
}
