//! A job before its first pixel is mapped: scenes, polygons, digests of the inputs, the model.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::keys::{Keys, of_training};
use super::{How, keys};
use crate::classify::model::Model;
use crate::classify::model_bytes::{from_bytes, to_bytes};
use crate::features::recipe::Recipe;
use crate::io::atomic;
use crate::io::journal::{Journal, Key};
use crate::io::loss::Failure;
use crate::io::read_project::ProjectFile;
use crate::io::scene::SceneError;
use crate::io::stamp::Stamp;
use crate::pipeline::Chain;
use crate::run::JobError;
use crate::run::budget::Room;
use crate::run::faults::Guard;
use crate::run::imagery::Imagery;
use crate::run::job::Progress;
use crate::run::map::{self, Rasters};
use crate::run::model::{dilation_pixels, model_of_project};
use crate::run::outputs;
use crate::run::plan::YearPlan;
use crate::run::prepare::{Ground, Scenes, prepare};
use crate::run::provenance::{Clock, Input, digest_inputs};
use crate::run::threads::Threads;
use crate::run::train::TrainReport;
use crate::run::windows::Windows;
use crate::run::year_job::YearJob;

/// Everything that the windows of a job share.
pub struct Prepared {
    /// The project.
    pub file: ProjectFile,
    /// Its scenes, those that can be opened.
    pub scenes: Scenes,
    /// Its municipalities.
    pub ground: Ground,
    /// Every file read, with its digest.
    pub inputs: Vec<Input>,
    /// The model.
    pub model: Model,
    /// Its training, where it was trained on the project's samples.
    pub training: Option<TrainReport>,
    /// The files of the scenes as they were when their digests were taken.
    pub guard: Guard,
}

/// Inputs without a model yet.
pub struct Opened {
    /// The project's scenes.
    pub scenes: Scenes,
    /// Its municipalities.
    pub ground: Ground,
    /// Every file read, with its digest.
    pub inputs: Vec<Input>,
}

impl Opened {
    /// Opens the inputs of a project and takes their digests. No output in `out`, where it is given, may be one of them.
    ///
    /// # Errors
    /// [`JobError`] naming the file and the rule.
    pub fn new(file: &ProjectFile, out: Option<&Path>, threads: &Threads, how: &How) -> Result<Self, JobError> {
        let (scenes, ground) = prepare(threads, file, how.on_error)?;
        let files = crate::run::job::input_files(file, &scenes, &ground);
        if let Some(out) = out {
            let may_write = outputs::paths(out, &scenes.years);
            atomic::keep_inputs(may_write.iter().map(PathBuf::as_path), files.iter().map(|(path, _)| path.as_path()))?;
        }
        let inputs = digest_inputs(threads, &files)?;
        // What was found out at the opening must be of the bytes that the digest is of.
        let other = |(path, stamp): &&(PathBuf, Stamp)| {
            inputs.iter().any(|input| input.path == *path && input.stamp != Some(*stamp))
        };
        if let Some((path, _)) = scenes.stamps.iter().find(other) {
            let what = "it was changed after it was opened,".to_owned();
            return Err(SceneError::Changed { path: path.clone(), what }.into());
        }
        Ok(Self { scenes, ground, inputs })
    }
}

impl Prepared {
    /// Opens the inputs and reads or trains the model. A model that was trained on the very same is taken from the journal.
    ///
    /// # Errors
    /// [`JobError`] naming the file and the rule.
    pub fn new(
        file: &ProjectFile,
        opened: Opened,
        (threads, clock): (&Threads, &mut Clock),
        journal: Option<&mut Journal>,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Result<Self, JobError> {
        let Opened { scenes, ground, inputs } = opened;
        let guard = Guard::new(&scenes.scenes, &inputs);
        let trains = file.project.classifier.model.is_none();
        let key = of_training(&file.project, &scenes, &inputs);
        let known = journal.as_ref().filter(|_| trains).and_then(|journal| trained(journal, &key));
        let (model, training) = match known {
            Some((model, report)) => (model, Some(report)),
            None => {
                let made = model_of_project(threads, file, (&scenes, &guard), &inputs, progress)?;
                // A model of two states of a file would be of neither.
                if trains {
                    guard.look_at_all()?;
                }
                if let (Some(journal), (model, Some(report)), true) = (journal, &made, scenes.failures.is_empty()) {
                    journal.append(&key, &training_bytes(model, report)?)?;
                }
                made
            }
        };
        clock.stage("train");
        Ok(Self { file: file.clone(), scenes, ground, inputs, model, training, guard })
    }

    /// The same with a model that is there.
    pub fn with_model(file: &ProjectFile, opened: Opened, model: Model, training: Option<TrainReport>) -> Self {
        let Opened { scenes, ground, inputs } = opened;
        let guard = Guard::new(&scenes.scenes, &inputs);
        Self { file: file.clone(), scenes, ground, inputs, model, training, guard }
    }

    /// What the features of the windows are made of.
    ///
    /// # Errors
    /// A model whose features the bands do not give.
    pub fn recipe(&self) -> Result<Recipe, JobError> {
        Ok(Recipe::for_features(&self.model.features, &self.model.bands)?)
    }

    /// What stays the same over all windows.
    pub fn chain<'a>(&'a self, recipe: &'a Recipe) -> Chain<'a> {
        let unit_ha = self.file.project.mask.minimum_mapping_unit_ha;
        let dilation = dilation_pixels(&self.file.project, &self.scenes.grid);
        Chain { model: &self.model, recipe, dilation, minimum_unit_mm2: map::unit_mm2(unit_ha) }
    }

    /// The scenes as they are read.
    ///
    /// # Errors
    /// A scene whose outline cannot be brought into the grid's CRS.
    pub fn imagery(&self) -> Result<Imagery<'_>, JobError> {
        let imagery = Imagery::new(&self.scenes.scenes, &self.scenes.grid, self.model.bands.clone())?;
        Ok(imagery.guarded(self.scenes.on_error, &self.guard))
    }

    /// What windows may take, and the threads that work on them.
    ///
    /// # Errors
    /// Too little memory.
    pub fn room(&self, how: &How, threads: &Threads) -> Result<Room, JobError> {
        use geo::CoordsIter;
        let vertices = self.ground.layer.municipalities.iter().map(|m| m.ground.coords_count()).sum();
        Ok(how.room(threads.count(), vertices)?)
    }

    /// The windows of a year.
    ///
    /// # Errors
    /// A minimum mapping unit of so many pixels that no window could look around it.
    pub fn windows(&self, imagery: &Imagery<'_>, year: &YearPlan, room: &Room) -> Result<Windows, JobError> {
        let halo = map::halo(&self.scenes.grid, self.file.project.mask.minimum_mapping_unit_ha)?;
        Ok(map::windows(imagery, year, halo, room))
    }

    /// A year's work.
    ///
    /// # Errors
    /// A network of another number of dates.
    pub fn year_job<'a>(
        &'a self,
        imagery: &'a Imagery<'a>,
        year: &'a YearPlan,
        chain: &'a Chain<'a>,
        windows: Windows,
    ) -> Result<YearJob<'a>, JobError> {
        let days = map::days(imagery, year, chain)?;
        let shape = self.rasters(Path::new(""), year, "").shape(&self.scenes.grid);
        Ok(YearJob { imagery, year, chain, zones: &self.ground.zones, shape, windows, days, recorded: true })
    }

    /// The rasters of a year.
    pub fn rasters<'a>(&self, folder: &'a Path, year: &YearPlan, suffix: &'a str) -> Rasters<'a> {
        let label = format!("{} {}", self.file.project.project.name, year.year);
        Rasters { folder, suffix, layers: crate::run::layers::layers(&self.model, Some(year.year), label.trim()) }
    }

    /// The keys of windows.
    pub fn keys<'a>(&'a self, imagery: &'a Imagery<'a>, chain: &'a Chain<'a>) -> Keys<'a> {
        keys::Keys::new((&self.scenes, &self.inputs), &self.ground, imagery, chain)
    }

    /// What could not be opened.
    pub fn failures(&self) -> BTreeSet<Failure> {
        self.scenes.failures.iter().cloned().collect()
    }
}

fn training_bytes(model: &Model, report: &TrainReport) -> Result<Vec<u8>, JobError> {
    let json = serde_json::to_vec(report).map_err(JobError::Record)?;
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes.extend(to_bytes(model));
    Ok(bytes)
}

/// The model that a journal holds under a key.
pub fn trained(journal: &Journal, key: &Key) -> Option<(Model, TrainReport)> {
    training_of(&journal.get(key)?)
}

/// A model and its report from the bytes that a journal keeps of them.
pub(crate) fn training_of(bytes: &[u8]) -> Option<(Model, TrainReport)> {
    let (length, rest) = bytes.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let (json, model) = rest.split_at_checked(length)?;
    Some((from_bytes(model).ok()?, serde_json::from_slice(json).ok()?))
}
