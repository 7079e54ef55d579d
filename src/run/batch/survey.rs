//! `cocal run --dry-run`: what a run would do, without writing anything.

use std::path::Path;

use serde::Serialize;

use super::keys::of_training;
use super::prepared::{Opened, Prepared, trained};
use super::workplace::journal_path;
use super::{How, Reuse};
use crate::io::journal::Journal;
use crate::io::loss::Failure;
use crate::io::read_project::ProjectFile;
use crate::run::JobError;
use crate::run::job::{Progress, read_tables};
use crate::run::provenance::Clock;
use crate::run::threads::Threads;

/// What a run would do.
#[derive(Debug, Serialize)]
pub struct Survey {
    /// Rows and columns of the grid.
    pub grid: (usize, usize),
    /// Threads that would work on windows.
    pub threads: usize,
    /// Bytes of all inputs on disk.
    pub input_bytes: u64,
    /// Whether a model would be trained first; then nobody knows yet what can be taken from the journal.
    pub trains: bool,
    /// Each year.
    pub years: Vec<YearSurvey>,
    /// Scenes that cannot be opened.
    pub failures: Vec<Failure>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// What a run would do of a year.
#[derive(Debug, Serialize)]
pub struct YearSurvey {
    /// Census year.
    pub year: i16,
    /// Its scenes.
    pub scenes: usize,
    /// Its windows.
    pub windows: usize,
    /// Those that are in the journal.
    pub reused: usize,
}

/// Opens everything that a run would open, and counts.
///
/// # Errors
/// As of a run, up to the training.
pub fn survey(
    file: &ProjectFile,
    (out, reuse): (&Path, Reuse),
    (threads, how): (&Threads, &How),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Survey, JobError> {
    read_tables(file)?;
    progress(Progress::Stage("opening scenes", 0));
    let opened = Opened::new(file, Some(out), threads, how)?;
    let journal = Journal::look(&journal_path(out)).filter(|journal| match reuse {
        Reuse::Never => false,
        Reuse::Unfinished => !journal.is_done(),
        Reuse::Always => true,
    });
    let key = of_training(&file.project, &opened.scenes, &opened.inputs);
    let known = journal.as_ref().and_then(|journal| trained(journal, &key));
    let trains = file.project.classifier.model.is_none() && known.is_none();
    let input_bytes = opened.inputs.iter().filter_map(|input| input.stamp.map(|stamp| stamp.size)).sum();
    let (grid, failures) = (&opened.scenes.grid, opened.scenes.failures.clone());
    let (grid, notes) = ((grid.rows, grid.cols), opened.scenes.notes.clone());
    if trains {
        let of = |year: &crate::run::plan::YearPlan| YearSurvey {
            year: year.year,
            scenes: year.scenes.len(),
            windows: 0,
            reused: 0,
        };
        let years = opened.scenes.years.iter().map(of).collect();
        return Ok(Survey { grid, threads: threads.count(), input_bytes, trains, years, failures, notes });
    }
    let mut clock = Clock::start(threads.count());
    let prepared = match known {
        Some((model, report)) => Prepared::with_model(file, opened, model, Some(report)),
        None => Prepared::new(file, opened, (threads, &mut clock), None, progress)?,
    };
    let years = years(&prepared, journal.as_ref(), (threads, how))?;
    let threads = prepared.room(how, threads)?.threads;
    Ok(Survey { grid, threads, input_bytes, trains, years, failures, notes })
}

fn years(
    prepared: &Prepared,
    journal: Option<&Journal>,
    (threads, how): (&Threads, &How),
) -> Result<Vec<YearSurvey>, JobError> {
    let recipe = prepared.recipe()?;
    let (chain, imagery) = (prepared.chain(&recipe), prepared.imagery()?);
    let keys = prepared.keys(&imagery, &chain);
    let room = prepared.room(how, threads)?;
    let mut years = Vec::new();
    for year in &prepared.scenes.years {
        let job = prepared.year_job(&imagery, year, &chain, prepared.windows(&imagery, year, &room)?)?;
        let is_there = |number: &usize| {
            let key = keys.of(year, &job.windows, &job.days, &job.windows.window(*number));
            journal.is_some_and(|journal| journal.holds(&key))
        };
        let windows = job.windows.len();
        let reused = (0..windows).filter(is_there).count();
        years.push(YearSurvey { year: year.year, scenes: year.scenes.len(), windows, reused });
    }
    Ok(years)
}
