//! `cocal classify`: scenes one by one, without years or municipalities.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::budget::Room;
use super::error::JobError;
use super::imagery::Imagery;
use super::job::Progress;
use super::layers::{LAYERS, layers};
use super::map::{self, Rasters};
use super::model::check_model;
use super::plan::YearPlan;
use super::threads::Threads;
use super::year_job::YearJob;
use crate::area::Zones;
use crate::classify::model::Model;
use crate::features::recipe::Recipe;
use crate::io::atomic::{self, Staged};
use crate::io::scene::check_values;
use crate::pipeline::Chain;
use crate::scene::{Scene, Validity};

/// What classifying one scene gives.
#[derive(Clone, Debug, Serialize)]
pub struct Classified {
    /// The scene.
    pub scene: PathBuf,
    /// Class, coca mask, probability and observations.
    pub files: Vec<PathBuf>,
    /// Hectares by class, over the whole scene.
    pub mapped_area_ha: Vec<(String, f64)>,
    /// Hectares that were not observed.
    pub unobserved_ha: f64,
    /// Pixels by state.
    pub pixels: Vec<(&'static str, u64)>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Two scenes whose outputs would have one name.
#[derive(Debug, thiserror::Error)]
#[error("scenes {first} and {second} would both be written to {output}: classify them into different folders")]
pub struct SameOutput {
    first: PathBuf,
    second: PathBuf,
    output: PathBuf,
}

/// Checks that no two scenes share their outputs.
///
/// # Errors
/// [`SameOutput`] naming two that do.
pub fn outputs_apart<'a>(scenes: impl Iterator<Item = &'a Scene>, out: &Path) -> Result<(), SameOutput> {
    let mut seen: BTreeMap<&str, &Path> = BTreeMap::new();
    for scene in scenes {
        if let Some(first) = seen.insert(&scene.id, &scene.path) {
            let output = out.join(format!("{}_{}.tif", LAYERS[0], scene.id));
            return Err(SameOutput { first: first.to_owned(), second: scene.path.clone(), output });
        }
    }
    Ok(())
}

/// What scenes are classified with, and where to.
pub struct Target<'a> {
    /// The classifier.
    pub model: &'a Model,
    /// Patches of coca smaller than this are taken off the mask, in hectares.
    pub unit_ha: f64,
    /// Folder for the outputs.
    pub out: &'a Path,
}

/// Classifies one scene into a folder.
///
/// # Errors
/// [`JobError`]: a scene that cannot be read or does not fit the model, or a folder that cannot be written.
pub fn classify_scene(
    threads: &Threads,
    scene: Scene,
    &Target { model, unit_ha, out }: &Target<'_>,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Classified, JobError> {
    atomic::make_folder(out)?;
    check_model(model, &scene)?;
    let mut notes = scene.notes.clone();
    notes.extend(check_values(&scene, &model.bands, threads)?);
    if model.temporal {
        notes.push("the model was trained on several dates a year and sees one here: its percentiles all equal that date's values".to_owned());
    }
    let (id, grid) = (scene.id.clone(), scene.grid.clone());
    let year = YearPlan { year: scene.date.map_or(0, |d| d.year()), scenes: vec![0] };
    let recipe = Recipe::for_features(&model.features, &model.bands)?;
    let scenes = [scene];
    let imagery = Imagery::new(&scenes, &grid, model.bands.clone())?;
    let halo = map::halo(&grid, unit_ha)?;
    let chain = Chain { model, recipe: &recipe, dilation: 0, minimum_unit_mm2: map::unit_mm2(unit_ha) };
    progress(Progress::Stage(&format!("classifying {id}"), grid.window().len() as u64));
    let year_tag = scenes[0].date.map(|d| d.year());
    let rasters = Rasters { folder: out, suffix: &id, layers: layers(model, year_tag, &id) };
    let files = rasters.paths();
    let inputs = scenes[0].files.iter().map(PathBuf::as_path);
    atomic::keep_inputs(files.iter().map(PathBuf::as_path), inputs)?;
    let zones = Zones::new(&grid, &[]);
    let step = |pixels: usize| progress(Progress::Step(pixels as u64));
    let windows = map::windows(&imagery, &year, halo, &Room::default());
    let (shape, days) = (rasters.shape(&grid), map::days(&imagery, &year, &chain)?);
    let job =
        YearJob { imagery: &imagery, year: &year, chain: &chain, zones: &zones, shape, windows, days, recorded: false };
    let map = map::map_year(threads, &job, &rasters, None, &step)?;
    map.staged.into_iter().try_for_each(Staged::put)?;
    let numbered = (1..).zip(&model.classes);
    let states = map.states.first().map(|(_, counts)| *counts).unwrap_or_default();
    Ok(Classified {
        scene: scenes[0].path.clone(),
        files,
        mapped_area_ha: numbered.map(|(n, class)| (class.clone(), map.table.outside_hectares(n))).collect(),
        unobserved_ha: map.table.outside_hectares(crate::area::UNOBSERVED),
        pixels: Validity::ALL.iter().map(|v| v.name()).zip(states).filter(|(_, n)| *n > 0).collect(),
        notes,
    })
}
