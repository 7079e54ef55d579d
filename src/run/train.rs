//! Training: labelled places to pixels, a grouped held-out assessment, and the classifier.

use std::collections::BTreeMap;
use std::path::PathBuf;

use geo::{BoundingRect, CoordsIter};
use serde::Serialize;

use super::fit::{Assessment, Method, Task, fit_and_assess};
use super::imagery::{Imagery, Readers};
use super::plan::{YearPlan, window_around};
use super::threads::Threads;
use crate::accuracy::ErrorMatrix;
use crate::area;
use crate::classify::calibrate::{Calibration, Reliability};
use crate::classify::importance::Importance;
use crate::classify::model::Classifier;
use crate::classify::sample::{Place, Sample};
use crate::classify::split::grouped_folds;
use crate::classify::training_set::TrainingSet;
use crate::features::FeatureBlock;
use crate::features::planar::{self, Workspace};
use crate::features::recipe::Recipe;
use crate::io::scene::SceneError;
use crate::scene::Window;

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
#[derive(Clone, Debug, Serialize)]
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

/// Pixels of all samples.
struct Gathered {
    classes: Vec<String>,
    set: TrainingSet,
    /// Number in the file of each unit.
    numbers: Vec<u32>,
    outside: usize,
    unseen: usize,
    other_years: usize,
}

/// Pixels of one sample in one year.
struct Pixels {
    sample: usize,
    block: FeatureBlock,
    /// Number of each pixel in the grid.
    places: Vec<u64>,
    inside: bool,
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
        if named.is_empty() { class.to_lowercase().starts_with("coca") } else { named.contains(class) }
    };
    Ok(classes.iter().map(is_coca).collect())
}

fn gather(
    threads: &Threads,
    imagery: &Imagery<'_>,
    years: &[YearPlan],
    samples: &[Sample],
    (recipe, choice): (&Recipe, &TrainChoice),
) -> Result<Gathered, TrainError> {
    let mut tasks: Vec<(usize, &YearPlan)> = Vec::new();
    let mut other_years = 0;
    for (number, sample) in samples.iter().enumerate() {
        let before = tasks.len();
        tasks.extend(years.iter().filter(|y| sample.year.is_none_or(|s| s == y.year)).map(|y| (number, y)));
        other_years += usize::from(tasks.len() == before);
    }
    let mut parts = Vec::new();
    threads.map_in_order(
        &tasks,
        || Ok(imagery.readers()),
        |readers, (sample, year)| pixels_of(readers, imagery, (*sample, &samples[*sample]), year, (recipe, choice)),
        |part| {
            parts.push(part);
            Ok::<_, SceneError>(())
        },
    )?;
    let gathered = join(samples, &parts, choice.block, other_years);
    let path = choice.samples.clone();
    match gathered.classes.len() {
        classes @ 0..=1 => {
            let Gathered { outside, unseen, .. } = gathered;
            Err(TrainError::Classes { path, classes, outside, unseen, years: other_years })
        }
        classes if classes > 250 => Err(TrainError::TooMany { path, classes }),
        _ => Ok(gathered),
    }
}

/// Features of the observed pixels of one sample in one year.
fn pixels_of(
    readers: &mut Readers<'_>,
    imagery: &Imagery<'_>,
    (number, sample): (usize, &Sample),
    year: &YearPlan,
    (recipe, choice): (&Recipe, &TrainChoice),
) -> Result<Pixels, SceneError> {
    let nothing = |inside| Pixels { sample: number, block: FeatureBlock::default(), places: Vec::new(), inside };
    let Some(window) = window_of(sample, imagery) else { return Ok(nothing(false)) };
    let wanted = labelled_pixels(sample, imagery, &window);
    let read = window.with_halo(choice.dilation, imagery.grid);
    let scenes = imagery.scenes_at(year, &window);
    if scenes.is_empty() || wanted.is_empty() {
        return Ok(nothing(false));
    }
    let tiles = readers.raw(&scenes, window, read)?;
    let tiles: Vec<_> = tiles.into_iter().map(|tile| tile.settle(choice.dilation)).collect();
    let in_tile = |(row, col): (usize, usize)| (row - window.row0, col - window.col0);
    let seen = |at: &(usize, usize)| tiles.iter().any(|t| t.validity[in_tile(*at)].is_observed());
    let wanted = wanted.into_iter().map(|(row, col)| (window.row0 + row, window.col0 + col));
    let observed: Vec<(usize, usize)> = wanted.filter(seen).collect();
    let places = observed.iter().map(|(row, col)| (row * imagery.grid.cols + col) as u64).collect();
    let numbers: Vec<u32> =
        observed.into_iter().map(in_tile).map(|(row, col)| (row * window.cols + col) as u32).collect();
    let mut block = FeatureBlock::default();
    recipe.compute(&tiles, planar::Pixels::List(&numbers), &mut Workspace::default(), &mut block);
    Ok(Pixels { sample: number, block, places, inside: true })
}

fn window_of(sample: &Sample, imagery: &Imagery<'_>) -> Option<Window> {
    match &sample.place {
        Place::Point { x, y } => {
            let (col, row) = imagery.grid.col_row(*x, *y);
            let inside = col >= 0.0 && row >= 0.0 && col < imagery.grid.cols as f64 && row < imagery.grid.rows as f64;
            inside.then_some(Window { row0: row as usize, col0: col as usize, rows: 1, cols: 1 })
        }
        Place::Ground(ground) => window_around(imagery.grid, ground.coords_iter().map(|c| (c.x, c.y)), 0),
    }
}

/// The pixels of a window, `(row, col)` in it, that a label is true of: at least half inside the polygon, or, where the
/// polygon is smaller than that, the one it covers most.
fn labelled_pixels(sample: &Sample, imagery: &Imagery<'_>, window: &Window) -> Vec<(usize, usize)> {
    let Place::Ground(ground) = &sample.place else { return vec![(0, 0)] };
    let fractions = area::pixel_fractions(ground, imagery.grid, window);
    let mostly: Vec<_> = fractions.iter().filter(|(_, _, f)| *f >= 0.5).map(|(r, c, _)| (*r, *c)).collect();
    if !mostly.is_empty() {
        return mostly;
    }
    let most = fractions.iter().max_by(|a, b| a.2.total_cmp(&b.2));
    most.map(|(r, c, _)| (*r, *c)).into_iter().collect()
}

/// Joins the samples' pixels into one set; classes are those with pixels, in alphabetical order.
fn join(samples: &[Sample], parts: &[Pixels], block_side: f64, other_years: usize) -> Gathered {
    let mut classes: Vec<String> =
        parts.iter().filter(|p| p.block.pixels > 0).map(|p| samples[p.sample].class.clone()).collect();
    classes.sort();
    classes.dedup();
    let features = parts.iter().map(|p| p.block.features).max().unwrap_or(0);
    let kept: Vec<&Pixels> = parts.iter().filter(|p| p.block.pixels > 0).collect();
    let blocks: Vec<FeatureBlock> = kept.iter().map(|p| p.block.clone()).collect();
    let pixel = kept.iter().flat_map(|part| part.places.iter().copied()).collect();
    let (mut class, mut unit, mut block, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::<u32>::new());
    let mut block_numbers = BTreeMap::new();
    for part in &kept {
        let sample = &samples[part.sample];
        if numbers.last() != Some(&sample.number) {
            numbers.push(sample.number);
        }
        let own = numbers.len() as u32 - 1;
        let class_number = classes.iter().position(|c| *c == sample.class).unwrap_or(0) as u8;
        let next = block_numbers.len() as u32;
        let in_block = *block_numbers.entry(block_of(sample, block_side, own)).or_insert(next);
        class.extend(std::iter::repeat_n(class_number, part.block.pixels));
        unit.extend(std::iter::repeat_n(own, part.block.pixels));
        block.extend(std::iter::repeat_n(in_block, part.block.pixels));
    }
    Gathered {
        classes,
        set: TrainingSet { features: FeatureBlock::joined(features, &blocks), class, unit, block, pixel },
        numbers,
        outside: parts.iter().filter(|p| !p.inside).count(),
        unseen: parts.iter().filter(|p| p.inside && p.block.pixels == 0).count(),
        other_years,
    }
}

/// The spatial block of a sample: the cell, `side` wide, that holds the middle of its bounding box; its own unit without blocks.
fn block_of(sample: &Sample, side: f64, unit: u32) -> (i64, i64) {
    let middle = match &sample.place {
        Place::Point { x, y } => Some((*x, *y)),
        Place::Ground(ground) => ground.bounding_rect().map(|r| (r.center().x, r.center().y)),
    };
    match middle {
        Some((x, y)) if side > 0.0 => ((x / side).floor() as i64, (y / side).floor() as i64),
        _ => (i64::from(unit), i64::MIN),
    }
}

impl Gathered {
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut add = |count: usize, what: &str| {
            if count > 0 {
                notes.push(format!("{count} samples {what}"));
            }
        };
        add(self.outside, "lie outside the scenes of their year and were not used");
        add(self.unseen, "have no clear observation in their year and were not used");
        add(self.other_years, "are of years that are not mapped and were not used");
        notes
    }
}
