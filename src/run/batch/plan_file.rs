//! `plan.json`: a job cut into tasks that any machine can do which sees the inputs.
//!
//! The file holds everything that was found out of the inputs (scenes, grid, digests, the model), so that a task opens no
//! more than it reads. It may come from anywhere: every number in it is checked before it is used.

use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use serde::{Deserialize, Serialize};

use super::BatchError;
use super::prepared::Prepared;
use crate::classify::model_bytes::{from_bytes, to_bytes};
use crate::io::digest::hexadecimal;
use crate::io::gdal_version;
use crate::io::journal::Key;
use crate::io::loss::Failure;
use crate::io::read_plan::{read_plan, work_from};
use crate::io::read_project::ProjectFile;
use crate::io::stamp::Stamp;
use crate::run::faults::{Guard, OnError};
use crate::run::plan::YearPlan;
use crate::run::prepare::{Scenes, read_ground};
use crate::run::provenance::Input;
use crate::run::train::TrainReport;
use crate::run::windows::{BAND_COLUMNS, MOST_HALO, Windows};
use crate::scene::source::Scene;
use crate::scene::{Band, Grid, Window};

const FORMAT: &str = "cocal plan";
const VERSION: u32 = 1;

/// Rows and columns of a task unless it is said otherwise: some seconds to minutes of work.
pub const SIDE: usize = 2_048;

/// Most rows and columns of a grid.
const MOST_PIXELS: usize = 4_000_000;

/// Most tasks of a plan, and windows of all its years.
const MOST_TASKS: usize = 20_000_000;

/// Most windows of a task. Windows are laid out in memory: few bytes of a plan shall not ask for much of it.
const MOST_WINDOWS: usize = 1 << 18;

/// A plan as it stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// What this is.
    format: String,
    /// Of the form.
    version: u32,
    /// The program and GDAL that made it; a task is done by the same ones.
    program: String,
    gdal: String,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    /// The project file as it was named.
    project: PathBuf,
    /// Its text.
    settings: String,
    on_error: OnError,
    grid: Grid,
    bands: Vec<Band>,
    scenes: Vec<Scene>,
    years: Vec<YearPlan>,
    notes: Vec<String>,
    failures: Vec<Failure>,
    inputs: Vec<PlannedInput>,
    /// The model file in base64.
    model: String,
    training: Option<TrainReport>,
    /// Rows and columns that a task has at most.
    side: usize,
    /// How each year is cut into windows.
    windows: Vec<Cutting>,
    /// The tasks, in the order of their numbers.
    pub tasks: Vec<Task>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlannedInput {
    path: PathBuf,
    role: String,
    sha256: Option<String>,
    stamp: Option<Stamp>,
}

/// Windows of a year.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cutting {
    rows: usize,
    cols: usize,
    halo: usize,
}

impl Cutting {
    /// How many windows and tasks of `side` pixels a grid has, and how many windows a task has at most.
    fn counts(&self, grid: &Grid, side: usize) -> (usize, usize, usize) {
        let along = |size: usize, step: usize| {
            let (windows, in_task) = (size.div_ceil(step), (side / step.min(size)).max(1));
            (windows, windows.div_ceil(in_task), in_task.min(windows))
        };
        let (down, across) = (along(grid.rows, self.rows), along(grid.cols, self.cols));
        (down.0 * across.0, down.1 * across.1, down.2 * across.2)
    }
}

/// Some windows of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its number.
    pub id: usize,
    /// The census year.
    pub year: i16,
    /// The pixels that it gives.
    pub window: Window,
    /// So many pixels more on every side are looked at.
    pub halo: usize,
    /// Numbers of the scenes that it reads.
    pub scenes: Vec<usize>,
    /// Digest of everything that its result depends on, in hexadecimal.
    pub key: String,
}

/// Where a task lies among the windows of its year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the year.
    pub year: usize,
    /// Rows of windows.
    pub rows: Range<usize>,
    /// Columns of windows.
    pub cols: Range<usize>,
}

/// The tasks of a year, in bands of columns: a band's overviews are whole before the next begins.
pub fn places(year: usize, windows: &Windows, side: usize) -> Vec<Place> {
    let ((down, across), (rows, cols, _)) = (windows.shape(), windows.size());
    let (tall, wide) = ((side / rows).max(1), (side / cols).max(1));
    let per_band = (BAND_COLUMNS / cols / wide).max(1) * wide;
    let mut places = Vec::new();
    for band in (0..across).step_by(per_band) {
        for row in (0..down).step_by(tall) {
            for col in (band..(band + per_band).min(across)).step_by(wide) {
                let end = (col + wide).min(band + per_band).min(across);
                places.push(Place { year, rows: row..(row + tall).min(down), cols: col..end });
            }
        }
    }
    places
}

/// A key from its text.
pub fn key_of(text: &str) -> Option<Key> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(key)
}

/// A plan that was checked, ready to be carried out.
pub struct Plan {
    /// Scenes, municipalities, model.
    pub prepared: Prepared,
    /// Windows of each year.
    pub windows: Vec<Windows>,
    /// Where each task lies.
    pub places: Vec<Place>,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Keys of the tasks.
    pub keys: Vec<Key>,
}

impl PlanFile {
    /// The plan of a job: its windows by year, and the tasks.
    pub fn new(prepared: &Prepared, settings: String, folder: PathBuf, (windows, side): (&[Windows], usize)) -> Self {
        let Scenes { scenes, years, grid, bands, notes, failures, on_error, .. } = &prepared.scenes;
        let planned = |input: &Input| PlannedInput {
            path: input.path.clone(),
            role: input.role.clone(),
            sha256: input.sha256.clone(),
            stamp: input.stamp,
        };
        let cutting = |windows: &Windows| {
            let (rows, cols, halo) = windows.size();
            Cutting { rows, cols, halo }
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: program(),
            gdal: gdal_version(),
            folder,
            project: prepared.file.path.clone(),
            settings,
            on_error: *on_error,
            grid: grid.clone(),
            bands: bands.clone(),
            scenes: scenes.clone(),
            years: years.clone(),
            notes: notes.clone(),
            failures: failures.clone(),
            inputs: prepared.inputs.iter().map(planned).collect(),
            model: base64::engine::general_purpose::STANDARD.encode(to_bytes(&prepared.model)),
            training: prepared.training.clone(),
            side,
            windows: windows.iter().map(cutting).collect(),
            tasks: Vec::new(),
        }
    }

    /// The bytes of its file: a line for each task.
    ///
    /// # Errors
    /// What the JSON writer said.
    pub fn to_bytes(&mut self) -> serde_json::Result<Vec<u8>> {
        let tasks = std::mem::take(&mut self.tasks);
        let head = serde_json::to_vec_pretty(self);
        self.tasks = tasks;
        let mut bytes = head?;
        let end = bytes.iter().rposition(|byte| *byte == b'[').unwrap_or_default();
        bytes.truncate(end + 1);
        for (number, task) in self.tasks.iter().enumerate() {
            bytes.extend(if number == 0 { &b"\n"[..] } else { b",\n" });
            serde_json::to_writer(&mut bytes, task)?;
        }
        bytes.extend(b"\n]}\n");
        Ok(bytes)
    }

    /// A plan from its bytes, checked as far as it can be without its inputs.
    ///
    /// # Errors
    /// The rule that it breaks, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let plan: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let must = |ok: bool, rule: &str| if ok { Ok(()) } else { Err(rule.to_owned()) };
        must(plan.format == FORMAT && plan.version == VERSION, "its format or version is another")?;
        let size = |n: usize| (1..=MOST_PIXELS).contains(&n);
        must(size(plan.grid.rows) && size(plan.grid.cols), "grid: rows or columns are not 1 to 4,000,000")?;
        let pixel = |v: f64| v.is_finite() && v > 0.0;
        must(pixel(plan.grid.pixel_width) && pixel(plan.grid.pixel_height), "grid: a pixel without a size")?;
        must(plan.side >= 1, "side is 0")?;
        must(plan.windows.len() == plan.years.len(), "windows: not one entry for each year")?;
        let (mut windows, mut tasks) = (0_usize, 0_usize);
        for (year, cutting) in plan.years.iter().zip(&plan.windows) {
            must(year.scenes.iter().all(|n| *n < plan.scenes.len()), "years: a scene that is not in the list")?;
            must(cutting.rows >= 1 && cutting.cols >= 1 && cutting.halo <= MOST_HALO, "windows: no such size")?;
            let (own_windows, own_tasks, in_task) = cutting.counts(&plan.grid, plan.side);
            (windows, tasks) = (windows + own_windows, tasks + own_tasks);
            must(windows <= MOST_TASKS && in_task <= MOST_WINDOWS, "windows: so small that there are too many")?;
        }
        // Before anything is made of so many.
        must(tasks == plan.tasks.len(), "tasks: not as many as the grid has")?;
        let (_, places) = plan.layout();
        must(places.len() == plan.tasks.len(), "tasks: not as many as the grid has")?;
        for (number, (task, place)) in plan.tasks.iter().zip(&places).enumerate() {
            let fits = task.id == number && task.year == plan.years[place.year].year;
            must(fits, &format!("task {number}: not in its order"))?;
            must(task.scenes.iter().all(|n| *n < plan.scenes.len()), &format!("task {number}: an unknown scene"))?;
            must(key_of(&task.key).is_some(), &format!("task {number}: its key is no digest"))?;
        }
        Ok(plan)
    }

    /// Windows of each year, and where the tasks lie.
    pub fn layout(&self) -> (Vec<Windows>, Vec<Place>) {
        let of = |c: &Cutting| Windows::of_size(&self.grid, c.rows, c.cols, c.halo);
        let windows: Vec<Windows> = self.windows.iter().map(of).collect();
        let places = windows.iter().enumerate().flat_map(|(year, windows)| places(year, windows, self.side)).collect();
        (windows, places)
    }

    /// Makes the plan ready: reads the municipalities and the model. `path` is for messages.
    ///
    /// # Errors
    /// [`crate::run::JobError`]: another program, a model or project that cannot be read, tasks that are not the grid's.
    pub fn open(self, path: &Path) -> Result<Plan, crate::run::JobError> {
        let wrong = |rule: String| BatchError::Plan { path: path.to_owned(), rule };
        if (&self.program, &self.gdal) != (&program(), &gdal_version()) {
            let (made, own) = (format!("{} with GDAL {}", self.program, self.gdal), program());
            return Err(wrong(format!("it was made by {made}, this is {own} with GDAL {}", gdal_version())).into());
        }
        let (windows, places) = self.layout();
        let misplaced =
            |(task, place): &(&Task, &Place)| windows[place.year].extent(&place.rows, &place.cols) != task.window;
        if let Some((task, _)) = self.tasks.iter().zip(&places).find(misplaced) {
            return Err(wrong(format!("task {}: its window is not one of the grid's", task.id)).into());
        }
        let keys = self.tasks.iter().map(|task| key_of(&task.key)).collect::<Option<Vec<_>>>();
        let keys = keys.ok_or_else(|| wrong("a key is no digest".to_owned()))?;
        let project = crate::project::parse(&self.settings).map_err(|e| wrong(e.to_string()))?;
        let file = ProjectFile { path: self.project, project };
        file.open_fence();
        let model = base64::engine::general_purpose::STANDARD.decode(&self.model).map_err(|e| wrong(e.to_string()))?;
        let model = from_bytes(&model).map_err(|e| wrong(format!("model: {e}")))?;
        let as_input = |input: PlannedInput| Input {
            path: input.path,
            role: input.role,
            sha256: input.sha256,
            stamp: input.stamp,
        };
        let inputs: Vec<Input> = self.inputs.into_iter().map(as_input).collect();
        let guard = Guard::new(&self.scenes, &inputs);
        let ground = read_ground(&file, &self.grid)?;
        let (scenes, years, grid) = (self.scenes, self.years, self.grid);
        let (bands, notes, failures, on_error) = (self.bands, self.notes, self.failures, self.on_error);
        let stamps = Vec::new();
        let scenes = Scenes { scenes, years, grid, bands, notes, failures, on_error, stamps };
        let prepared = Prepared { file, scenes, ground, inputs, model, training: self.training, guard };
        Ok(Plan { prepared, windows, places, tasks: self.tasks, keys })
    }
}

/// Reads a plan and makes it ready. Relative paths start from the plan's folder from then on; `paths`, which are the caller's,
/// come back as they are from there.
///
/// # Errors
/// [`crate::run::JobError`] naming the plan and the rule.
pub fn open_plan(path: &Path, paths: &[PathBuf]) -> Result<(Plan, Vec<PathBuf>), crate::run::JobError> {
    let bytes = read_plan(path).map_err(|source| BatchError::Unreadable { path: path.to_owned(), source })?;
    let wrong = |rule| BatchError::Plan { path: path.to_owned(), rule };
    let plan = PlanFile::parse(&bytes).map_err(wrong)?;
    drop(bytes);
    let unreachable = |source| BatchError::Unreadable { path: plan.folder.clone(), source };
    let paths = work_from(&plan.folder, paths).map_err(unreachable)?;
    Ok((plan.open(path)?, paths))
}

/// The tasks: what each reads, and its key.
///
/// # Errors
/// A model whose features the bands do not give, a scene without a place on the grid.
pub fn tasks(prepared: &Prepared, windows: &[Windows], side: usize) -> Result<Vec<Task>, crate::run::JobError> {
    let recipe = prepared.recipe()?;
    let (chain, imagery) = (prepared.chain(&recipe), prepared.imagery()?);
    let keys = prepared.keys(&imagery, &chain);
    let mut tasks = Vec::new();
    for (number, (year, windows)) in prepared.scenes.years.iter().zip(windows).enumerate() {
        let days = crate::run::map::days(&imagery, year, &chain)?;
        let (_, _, halo) = windows.size();
        for place in places(number, windows, side) {
            let window = windows.extent(&place.rows, &place.cols);
            let scenes = imagery.scenes_at(year, &window.with_halo(halo + chain.dilation, &prepared.scenes.grid));
            let key = hexadecimal(&keys.of(year, windows, &days, &window));
            tasks.push(Task { id: tasks.len(), year: year.year, window, halo, scenes, key });
        }
    }
    Ok(tasks)
}

fn program() -> String {
    format!("cocal {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests;
