//! `cocal merge`: the parts of a plan's tasks become what one run gives, byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::plan_file::Plan;
use super::task::check_inputs;
use super::workplace::{self};
use super::{BatchError, How};
use crate::io::atomic;
use crate::io::cog::RasterSink;
use crate::io::cog::tiles::Encoder;
use crate::io::crs::Transform;
use crate::io::part_file::{parts_in, read_part};
use crate::run::JobError;
use crate::run::faults::OnError;
use crate::run::job::{Outcome, Progress, conclude, read_tables};
use crate::run::map::{MapError, Tally, YearMap};
use crate::run::outputs;
use crate::run::provenance::Clock;
use crate::run::threads::Threads;
use crate::run::year_job::{Part, YearJob};

/// Why a window without a part is unobserved.
const NO_PART: &str = "its task has no whole part";

/// Merges the parts in some folders into an output folder.
///
/// # Errors
/// [`JobError`]: tasks without a part, unless work goes on without them; inputs that have changed; a folder that cannot be
/// written.
pub fn merge(
    plan: Plan,
    folders: &[PathBuf],
    (out, how): (&Path, &How),
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Outcome, JobError> {
    let mut clock = Clock::start(threads.count());
    let _lock = workplace::lock(out)?;
    let may_write = outputs::paths(out, &plan.prepared.scenes.years);
    let inputs = plan.prepared.inputs.iter().map(|input| input.path.as_path());
    atomic::keep_inputs(may_write.iter().map(PathBuf::as_path), inputs)?;
    check_inputs(&plan.prepared.inputs, |role| role != "scene")?;
    let tables = read_tables(&plan.prepared.file)?;
    let mut parts: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    for folder in folders {
        for (id, path) in parts_in(folder)? {
            parts.entry(id).or_default().push(path);
        }
    }
    clock.stage("open and digest inputs");
    let stop = how.on_error == OnError::Stop;
    let absent: Vec<usize> = (0..plan.tasks.len()).filter(|id| !parts.contains_key(id)).collect();
    if stop && !absent.is_empty() {
        return Err(BatchError::Missing { ids: absent, tasks: plan.tasks.len() }.into());
    }
    let recipe = plan.prepared.recipe()?;
    let (chain, imagery) = (plan.prepared.chain(&recipe), plan.prepared.imagery()?);
    let (mut maps, mut broken) = (Vec::new(), Vec::new());
    let folder = out.join("mask");
    for (number, year) in plan.prepared.scenes.years.iter().enumerate() {
        progress(Progress::Stage(&format!("merging {}", year.year), plan.prepared.scenes.grid.window().len() as u64));
        let job = plan.prepared.year_job(&imagery, year, &chain, plan.windows[number].clone())?;
        let suffix = year.year.to_string();
        let sinks = plan
            .prepared
            .rasters(&folder, year, &suffix)
            .sinks(&plan.prepared.scenes.grid, threads)
            .map_err(MapError::from)?;
        let (map, missing) = merge_year(&plan, (number, &job), (&parts, sinks), threads, progress)?;
        broken.extend(missing);
        maps.push(map);
    }
    if stop && !broken.is_empty() {
        return Err(BatchError::Missing { ids: broken, tasks: plan.tasks.len() }.into());
    }
    clock.stage("map");
    conclude(&plan.prepared, maps, tables, out, clock)
}

/// A year's map, and the tasks whose parts are not whole: their windows are unobserved in it.
fn merge_year(
    plan: &Plan,
    (number, job): (usize, &YearJob<'_>),
    (parts, sinks): (&BTreeMap<usize, Vec<PathBuf>>, Vec<RasterSink>),
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<(YearMap, Vec<usize>), JobError> {
    let ids: Vec<usize> = (0..plan.tasks.len()).filter(|id| plan.places[*id].year == number).collect();
    let (mut tally, mut missing) = (Tally::default(), Vec::new());
    let start = || Ok((Transform::to_own_lonlat(&job.imagery.grid.crs)?, Encoder::default()));
    let work = |(way, encoder): &mut (Transform, Encoder), id: &usize| -> Result<_, MapError> {
        let windows = windows_of(plan, *id, job);
        let mut found = Vec::with_capacity(windows.len());
        let whole = parts.get(id).into_iter().flatten().find_map(|path| whole_part(plan, *id, path, (job, &windows)));
        let is_there = whole.is_some();
        if let Some(whole) = whole {
            for (tiles, part) in whole {
                job.put(&tiles, &sinks, encoder)?;
                found.push(part);
            }
        } else {
            for window in windows {
                let (tiles, part) = job.unobserved(window, (way, encoder), NO_PART)?;
                job.put(&tiles, &sinks, encoder)?;
                found.push(part);
            }
        }
        Ok((*id, is_there, found))
    };
    threads.map_in_order(&ids, start, work, |(id, is_there, found)| {
        if !is_there {
            missing.push(id);
        }
        for part in &found {
            tally.add(part);
            progress(Progress::Step(part.pixels as u64));
        }
        Ok(())
    })?;
    Ok((tally.finish(threads, job.year, sinks)?, missing))
}

/// The numbers of a task's windows among those of its year.
fn windows_of(plan: &Plan, id: usize, job: &YearJob<'_>) -> Vec<usize> {
    let place = &plan.places[id];
    let across = job.windows.columns();
    place.rows.clone().flat_map(|row| place.cols.clone().map(move |col| row * across + col)).collect()
}

/// The windows of a part, if they are those of the task.
fn whole_part(
    plan: &Plan,
    id: usize,
    path: &Path,
    (job, windows): (&YearJob<'_>, &[usize]),
) -> Option<Vec<(Vec<crate::io::cog::tiles::LayerTiles>, Part)>> {
    let part = read_part(path, &plan.keys[id])?;
    let records: Vec<&[u8]> = part.records().collect();
    if records.len() != windows.len() {
        return None;
    }
    records.into_iter().zip(windows).map(|(record, window)| job.part_of(record, Some(*window))).collect()
}
