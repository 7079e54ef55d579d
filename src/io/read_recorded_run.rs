//! The scenes and the grid of a finished run, as its `run.json` records them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::scene::{Grid, Scene};

/// A folder that is not that of a finished run.
#[derive(Debug, thiserror::Error)]
pub enum RecordedRunError {
    /// No `run.json`.
    #[error("{folder} has no run.json: it is not the folder of a finished run; make one with: cocal run project.toml")]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what a run writes.
    #[error("{path} is not the record of a run: {source}; run the project again")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// What pictures need of a record.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedRun {
    /// The grid that was mapped on.
    pub grid: Grid,
    /// The scenes.
    pub scenes: Vec<RecordedScene>,
    /// Files of the run, by their names in the folder.
    pub outputs: Vec<String>,
}

/// A scene of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedScene {
    /// As it was read.
    pub scene: Scene,
    /// Pixels of the run's grid by census year and state, of the years that used the scene.
    #[serde(default)]
    pub pixels_by_year: BTreeMap<i32, BTreeMap<String, u64>>,
}

impl RecordedScene {
    /// Part of the scene's pixels that was clear in a year, 0 to 1; `None` where the year did not use it.
    pub fn clear_share(&self, year: i32) -> Option<f64> {
        let states = self.pixels_by_year.get(&year)?;
        let of = |name: &str| states.get(name).copied().unwrap_or(0);
        let all = states.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
        let inside = all.saturating_sub(of("outside_scene"));
        (inside > 0).then(|| of("clear") as f64 / inside as f64)
    }
}

impl RecordedRun {
    /// Census years with a mask of coca, ascending.
    pub fn years(&self) -> Vec<i32> {
        let year = |name: &String| name.strip_prefix("mask/coca_")?.strip_suffix(".tif")?.parse().ok();
        let mut years: Vec<i32> = self.outputs.iter().filter_map(year).collect();
        years.sort_unstable();
        years
    }
}

/// The mask of a year in the folder of a run.
pub fn mask_path(folder: &Path, year: i32) -> PathBuf {
    folder.join("mask").join(format!("coca_{year}.tif"))
}

/// Whether a folder holds the record of a run.
pub fn has_record(folder: &Path) -> bool {
    folder.join("run.json").is_file()
}

/// Reads `run.json` of a folder.
///
/// # Errors
/// [`RecordedRunError`] naming the folder or the file.
pub fn read_recorded_run(folder: &Path) -> Result<RecordedRun, RecordedRunError> {
    let path = folder.join("run.json");
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => RecordedRunError::Missing { folder: folder.to_owned() },
        _ => RecordedRunError::Read { path: path.clone(), source },
    })?;
    let mut run = recorded_run_of(&bytes).map_err(|source| RecordedRunError::Form { path, source })?;
    // Paths are as the run opened them, from its working folder: seen from here that may be one around its outputs.
    let around = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for recorded in &mut run.scenes {
        let scene = &mut recorded.scene;
        if scene.path.is_relative() && !scene.path.exists() {
            let holds = |from: &&Path| from.join(&scene.path).exists();
            if let Some(from) = around.ancestors().find(holds) {
                move_scene(scene, from);
            }
        }
    }
    Ok(run)
}

/// A run's record from the bytes of its `run.json`.
///
/// # Errors
/// What the JSON reader said.
pub(crate) fn recorded_run_of(bytes: &[u8]) -> Result<RecordedRun, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// Puts a folder in front of every path of a scene.
fn move_scene(scene: &mut Scene, from: &Path) {
    let bands = scene.bands.iter_mut().map(|band| &mut band.file);
    let layers = scene.validity.iter_mut().map(|layer| &mut layer.file);
    for path in bands.chain(layers).chain(&mut scene.files).chain([&mut scene.path]) {
        *path = from.join(path.as_path());
    }
}
