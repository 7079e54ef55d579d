//! `cocal plan`: from a project to `plan.json`.

use std::path::Path;

use super::How;
use super::plan_file::{PlanFile, tasks};
use super::prepared::{Opened, Prepared};
use crate::io::atomic::{keep_inputs, write_bytes};
use crate::io::loss::Failure;
use crate::io::read_project::{ProjectFile, project_text};
use crate::run::JobError;
use crate::run::job::{Progress, read_tables};
use crate::run::provenance::Clock;
use crate::run::threads::Threads;

/// What was planned.
#[derive(Debug)]
pub struct Planned {
    /// Number of tasks.
    pub tasks: usize,
    /// Pixels of all tasks.
    pub pixels: u64,
    /// The years.
    pub years: Vec<i16>,
    /// Number of scenes.
    pub scenes: usize,
    /// Scenes that cannot be opened.
    pub failures: Vec<Failure>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Opens the inputs, trains the model where it has to be, and writes the plan.
///
/// # Errors
/// [`JobError`] naming the file and the rule; then there is no plan.
pub fn make_plan(
    file: &ProjectFile,
    (path, side): (&Path, usize),
    (threads, how): (&Threads, &How),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Planned, JobError> {
    read_tables(file)?;
    let text = project_text(&file.path)?;
    progress(Progress::Stage("opening scenes", 0));
    let opened = Opened::new(file, None, threads, how)?;
    keep_inputs([path], opened.inputs.iter().map(|input| input.path.as_path()))?;
    let mut clock = Clock::start(threads.count());
    let prepared = Prepared::new(file, opened, (threads, &mut clock), None, progress)?;
    let (imagery, room) = (prepared.imagery()?, prepared.room(how, threads)?);
    let years = &prepared.scenes.years;
    let windows = years.iter().map(|year| prepared.windows(&imagery, year, &room)).collect::<Result<Vec<_>, _>>()?;
    let folder = std::env::current_dir().unwrap_or_default();
    let mut plan = PlanFile::new(&prepared, text, folder, (&windows, side));
    plan.tasks = tasks(&prepared, &windows, side)?;
    write_bytes(path, &plan.to_bytes().map_err(JobError::Record)?)?;
    Ok(Planned {
        tasks: plan.tasks.len(),
        pixels: prepared.scenes.grid.window().len() as u64 * years.len() as u64,
        years: years.iter().map(|year| year.year).collect(),
        scenes: prepared.scenes.scenes.len(),
        failures: prepared.scenes.failures.clone(),
        notes: prepared.scenes.notes.clone(),
    })
}
