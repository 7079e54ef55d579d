//! The model of a job: read from its file, or trained on the project's samples.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{JobError, UnfitModel};
use super::faults::Guard;
use super::fit::Method;
use super::imagery::Imagery;
use super::job::Progress;
use super::prepare::Scenes;
use super::provenance::Input;
use super::threads::Threads;
use super::train::{TrainChoice, TrainReport, coca_flags, train};
use crate::area::cell_area::metres_per_unit;
use crate::classify::forest::ForestParameters;
use crate::classify::model::Model;
use crate::classify::symmetric::Parameters;
use crate::features::Feature;
use crate::features::recipe::Recipe;
use crate::io::model_file::read_model;
use crate::io::read_project::ProjectFile;
use crate::io::read_samples::read_samples;
use crate::project::{ClassifierChoice, ClassifierKind, Project};
use crate::scene::Grid;
use crate::scene::source::Scene;

/// Where labels come from, with what seed.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    /// The vector file.
    pub path: &'a Path,
    /// Field with the class.
    pub class_field: &'a str,
    /// Seed of classifier and split.
    pub seed: u64,
    /// The kind of classifier; `None`: the project's.
    pub kind: Option<ClassifierKind>,
}

/// The model of a project: its file, checked against the scenes, or trained now.
///
/// # Errors
/// [`JobError`]: an unreadable model or one for another sensor; samples that no model can be made of.
pub fn model_of_project(
    threads: &Threads,
    file: &ProjectFile,
    (scenes, guard): (&Scenes, &Guard),
    inputs: &[Input],
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<(Model, Option<TrainReport>), JobError> {
    let choice = &file.project.classifier;
    if let Some(typed) = &choice.model {
        let mut model = read_model(&file.resolve(typed))?;
        scenes.scenes.iter().try_for_each(|scene| check_model(&model, scene))?;
        if !file.project.mask.coca_classes.is_empty() {
            let coca = coca_flags(&model.classes, &file.project.mask.coca_classes)?;
            if coca != model.coca {
                // The calibration is of another set of classes.
                (model.coca, model.calibration) = (coca, None);
            }
        }
        require_coca(&model)?;
        return Ok((model, None));
    }
    let path = file.resolve(choice.samples.as_deref().unwrap_or_default());
    let labels = Labels { path: &path, class_field: &choice.class_field, seed: choice.seed, kind: None };
    let (model, report) = train_model(threads, file, (scenes, guard), (&labels, inputs), progress)?;
    require_coca(&model)?;
    Ok((model, Some(report)))
}

fn require_coca(model: &Model) -> Result<(), UnfitModel> {
    if model.coca.contains(&true) { Ok(()) } else { Err(UnfitModel::NoCoca { classes: model.classes.join(", ") }) }
}

/// Trains a model on labels over the scenes of a project.
///
/// # Errors
/// [`JobError`] naming the sample or scene and the rule.
pub fn train_model(
    threads: &Threads,
    file: &ProjectFile,
    (scenes, guard): (&Scenes, &Guard),
    (labels, inputs): (&Labels<'_>, &[Input]),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<(Model, TrainReport), JobError> {
    progress(Progress::Stage("training", 0));
    let project = &file.project;
    let year_field = project.classifier.year_field.as_deref();
    let samples = read_samples(labels.path, labels.class_field, year_field, &scenes.grid.crs)?;
    let imagery = Imagery::new(&scenes.scenes, &scenes.grid, scenes.bands.clone())?.guarded(scenes.on_error, guard);
    let temporal = several_dates(scenes);
    let recipe = Recipe::for_bands(&scenes.bands, temporal);
    let choice = TrainChoice {
        method: method(&project.classifier, labels.kind, labels.seed),
        coca_classes: project.mask.coca_classes.clone(),
        samples: labels.path.to_owned(),
        folds: project.classifier.folds,
        block: metres_to_units(&scenes.grid, project.classifier.block_m),
        dilation: dilation_pixels(project, &scenes.grid),
    };
    let (trained, report) = train(threads, &imagery, &scenes.years, &samples, (&recipe, &choice))?;
    let all = recipe.features();
    let features: Vec<Feature> = trained.used.iter().map(|number| all[*number].clone()).collect();
    let (classes, coca) = trained.classes.into_iter().unzip();
    let model = Model {
        classes,
        coca,
        bands: Recipe::for_features(&features, &scenes.bands)?.bands_read(),
        features,
        sensor: scenes.scenes.first().map(|s| s.sensor.clone()).unwrap_or_default(),
        seed: labels.seed,
        training_years: scenes.years.iter().map(|y| i32::from(y.year)).collect(),
        inputs: digests_of(inputs, &["samples", "scene"]),
        temporal,
        assessment: Some(report.held_out.clone()),
        calibration: trained.calibration,
        classifier: trained.classifier,
    };
    Ok((model, report))
}

/// The method that a project asks for, or the one that was asked for on the command line.
fn method(choice: &ClassifierChoice, kind: Option<ClassifierKind>, seed: u64) -> Method {
    match kind.unwrap_or(choice.kind) {
        ClassifierKind::Boosted => {
            let default = Parameters::default();
            let trees = choice.trees.unwrap_or(default.trees);
            Method::Boosted(Parameters { trees, seed, early_stopping: choice.early_stopping, ..default })
        }
        ClassifierKind::Forest => {
            let default = ForestParameters::default();
            Method::Forest(ForestParameters { trees: choice.trees.unwrap_or(default.trees), seed, ..default })
        }
    }
}

/// Whether every year has at least two dates: only then do statistics over the dates say anything.
fn several_dates(scenes: &Scenes) -> bool {
    scenes.years.iter().all(|year| {
        let first = year.scenes.first().map(|s| scenes.scenes[*s].date);
        year.scenes.iter().any(|s| Some(scenes.scenes[*s].date) != first)
    })
}

/// Whether a scene can be classified with a model.
///
/// # Errors
/// Another sensor, or a band that the scene lacks.
pub fn check_model(model: &Model, scene: &Scene) -> Result<(), UnfitModel> {
    // Other libraries' models do not say what they were trained on.
    if !model.sensor.is_empty() && model.sensor != scene.sensor {
        return Err(UnfitModel::Sensor {
            scene: scene.path.display().to_string(),
            sensor: scene.sensor.clone(),
            trained_on: model.sensor.clone(),
        });
    }
    match model.bands.iter().find(|b| scene.band(b).is_none()) {
        None => Ok(()),
        Some(band) => {
            let (scene, present) = (scene.path.display().to_string(), scene.band_list());
            Err(UnfitModel::Band { scene, band: band.to_string(), present })
        }
    }
}

/// Pixels that cloud and shadow grow by.
pub fn dilation_pixels(project: &Project, grid: &Grid) -> usize {
    (metres_to_units(grid, project.validity.dilation_m) / grid.pixel_width.min(grid.pixel_height)).ceil() as usize
}

/// Metres in units of a grid's CRS; a degree is taken as 111,320 m (of latitude), good enough for distances of a few pixels.
fn metres_to_units(grid: &Grid, metres: f64) -> f64 {
    metres / metres_per_unit(&grid.crs)
}

/// Digests by file name, for the model file.
fn digests_of(inputs: &[Input], roles: &[&str]) -> BTreeMap<String, String> {
    let named = |i: &Input| {
        let name = i.path.file_name()?.to_string_lossy().into_owned();
        Some((name, i.sha256.clone()?))
    };
    inputs.iter().filter(|i| roles.contains(&i.role.as_str())).filter_map(named).collect()
}
