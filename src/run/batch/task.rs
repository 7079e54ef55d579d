//! `cocal task`: does some tasks of a plan, each into a part of its own.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::plan_file::Plan;
use super::{BatchError, How};
use crate::io::atomic;
use crate::io::digest::stamped_digest;
use crate::io::loss::{Failure, Loss, failures_of};
use crate::io::part_file::{PartWriter, part_name, read_part};
use crate::io::stamp::Stamp;
use crate::pipeline::Chain;
use crate::run::JobError;
use crate::run::faults::OnError;
use crate::run::imagery::Imagery;
use crate::run::job::Progress;
use crate::run::map::MapError;
use crate::run::provenance::Input;
use crate::run::threads::Threads;

/// What came of some tasks.
#[derive(Debug, Default, Serialize)]
pub struct TaskOutcome {
    /// Those that were done now.
    pub done: Vec<usize>,
    /// Those whose part was there, whole and of the same plan.
    pub skipped: Vec<usize>,
    /// Those that failed; they have no part.
    pub failed: Vec<FailedTask>,
    /// What could not be read in those that were done.
    pub losses: Vec<Failure>,
}

/// A task without a part.
#[derive(Debug, Serialize)]
pub struct FailedTask {
    /// Its number.
    pub id: usize,
    /// Why.
    pub cause: String,
}

/// Checks that the files that are read in whole are what they were when the plan was made: polygons and, where they are
/// wanted, tables.
///
/// # Errors
/// [`BatchError::Input`] naming the file.
pub fn check_inputs(inputs: &[Input], wanted: impl Fn(&str) -> bool) -> Result<(), BatchError> {
    for input in inputs.iter().filter(|input| wanted(&input.role)) {
        let wrong = |what: String| BatchError::Input { path: input.path.clone(), what };
        if Stamp::of(&input.path).ok().is_some_and(|stamp| input.stamp == Some(stamp)) {
            continue;
        }
        let (digest, stamp) = stamped_digest(&input.path).map_err(|e| wrong(e.to_string()))?;
        let same = if digest.is_some() { digest == input.sha256 } else { input.stamp == Some(stamp) };
        if !same {
            return Err(wrong("its bytes are others".to_owned()));
        }
    }
    Ok(())
}

/// Does tasks of a plan. One that fails does not stop the others unless that is asked for.
///
/// # Errors
/// [`JobError`]: a task that the plan does not have, a folder that cannot be written, polygons that have changed.
pub fn run_tasks(
    plan: &Plan,
    ids: &[usize],
    (out, how): (&Path, &How),
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<TaskOutcome, JobError> {
    if let Some(id) = ids.iter().find(|id| **id >= plan.tasks.len()) {
        return Err(BatchError::NoTask { id: *id, tasks: plan.tasks.len() }.into());
    }
    atomic::make_folder(out)?;
    check_inputs(&plan.prepared.inputs, |role| role == "municipalities")?;
    let recipe = plan.prepared.recipe()?;
    let (chain, imagery) = (plan.prepared.chain(&recipe), plan.prepared.imagery()?);
    let room = plan.prepared.room(how, threads)?;
    let fewer = if room.threads < threads.count() { Some(Threads::start(Some(room.threads))?) } else { None };
    let threads = fewer.as_ref().unwrap_or(threads);
    let pixels = ids.iter().map(|id| plan.tasks[*id].window.len() as u64).sum();
    progress(Progress::Stage("doing tasks", pixels));
    let mut outcome = TaskOutcome::default();
    let mut losses = BTreeSet::new();
    for id in ids {
        if is_there(plan, *id, out, (&imagery, &chain))? {
            outcome.skipped.push(*id);
            progress(Progress::Found(plan.tasks[*id].window.len() as u64));
            continue;
        }
        match run_task(plan, *id, out, (&imagery, &chain), threads, progress) {
            Ok(lost) => {
                losses.extend(lost);
                outcome.done.push(*id);
            }
            Err(error) if how.on_error == OnError::Continue && goes_on(&error) => {
                outcome.failed.push(FailedTask { id: *id, cause: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    outcome.losses = failures_of(&losses);
    Ok(outcome)
}

/// Whether other tasks can be done although one failed so: not where the disk is full.
fn goes_on(error: &JobError) -> bool {
    matches!(error, JobError::Map(MapError::Scene(_) | MapError::Window { .. }))
}

/// Whether a part is there and nothing in it can come to be better.
fn is_there(
    plan: &Plan,
    id: usize,
    out: &Path,
    (imagery, chain): (&Imagery<'_>, &Chain<'_>),
) -> Result<bool, JobError> {
    let Some(part) = read_part(&out.join(part_name(id)), &plan.keys[id]) else { return Ok(false) };
    let place = &plan.places[id];
    let year = &plan.prepared.scenes.years[place.year];
    let job = plan.prepared.year_job(imagery, year, chain, plan.windows[place.year].clone())?;
    let windows: Vec<_> = part.records().map(|record| job.part_of(record, None)).collect();
    let whole = windows.len() == place.rows.len() * place.cols.len();
    Ok(whole && windows.iter().all(|window| window.as_ref().is_some_and(|(_, part)| part.is_final())))
}

fn run_task(
    plan: &Plan,
    id: usize,
    out: &Path,
    (imagery, chain): (&Imagery<'_>, &Chain<'_>),
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<BTreeSet<Loss>, JobError> {
    let place = &plan.places[id];
    let year = &plan.prepared.scenes.years[place.year];
    let windows = plan.windows[place.year].part(place.rows.clone(), place.cols.clone());
    let job = plan.prepared.year_job(imagery, year, chain, windows)?;
    // A file that changed since the plan is noticed before it is read, not only while.
    imagery.look_before(&plan.tasks[id].scenes).map_err(MapError::from)?;
    let mut writer = PartWriter::begin(out, id, &plan.keys[id])?;
    let mut lost = BTreeSet::new();
    job.map(threads, (&[], &BTreeSet::new()), |part| {
        if let Some(failure) = &part.failure {
            return Err(MapError::Window { what: failure.what.clone(), cause: failure.cause.clone() });
        }
        lost.extend(part.losses.iter().cloned());
        writer.add(part.record.as_deref().unwrap_or_default())?;
        progress(Progress::Step(part.pixels as u64));
        Ok(())
    })?;
    writer.finish()?;
    Ok(lost)
}
