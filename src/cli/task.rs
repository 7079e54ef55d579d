//! `cocal task` and `cocal merge`: the tasks of a plan, and their parts put together.

use std::path::PathBuf;

use super::log::{Kind, fields, tell_with};
use super::progress::{Bars, print_summary};
use super::run::{as_json, print_outcome};
use super::way::{Way, tell_faults};
use super::{Failure, Output, print_aside, print_json, print_line, print_notes};
use crate::run::batch::merge::merge;
use crate::run::batch::plan_file::open_plan;
use crate::run::batch::task::run_tasks;
use crate::run::faults::OnError;
use crate::run::threads::Threads;

/// Do some tasks of a plan; those whose part is there already are left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal task plan.json --id 0-15 40 -o parts")]
pub(super) struct Task {
    /// The plan that `cocal plan` made.
    #[arg(value_name = "plan.json")]
    plan: PathBuf,
    /// Numbers of tasks, and ranges of them (0-15).
    #[arg(long = "id", value_name = "N", num_args = 1.., required = true, value_parser = ids)]
    ids: Vec<std::ops::RangeInclusive<usize>>,
    /// Folder for the parts.
    #[arg(short, long, value_name = "PARTDIR")]
    output: PathBuf,
    #[command(flatten)]
    way: Way,
}

/// `12` or `0-15`.
fn ids(text: &str) -> Result<std::ops::RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let wrong = || format!("'{text}' is no number of a task and no range such as 0-15");
    let (first, last) = (first.trim().parse().map_err(|_| wrong())?, last.trim().parse().map_err(|_| wrong())?);
    // A plan has fewer; a longer list would be memory for nothing.
    if first <= last && last < 100_000_000 { Ok(first..=last) } else { Err(wrong()) }
}

impl Task {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let how = self.way.how(OnError::Continue);
        let (plan, paths) = open_plan(&self.plan, std::slice::from_ref(&self.output))?;
        let last = plan.tasks.len().saturating_sub(1);
        if let Some(range) = self.ids.iter().find(|range| *range.end() > last) {
            return Err(Failure::Usage(format!("--id {}: the plan has tasks 0 to {last}", range.end())));
        }
        let mut ids: Vec<usize> = self.ids.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let done = run_tasks(&plan, &ids, (&paths[0], &how), &threads, &|progress| bars.tell(progress));
        bars.finish();
        let done = done?;
        if output.json {
            print_json(&done)?;
        } else if !output.quiet {
            print_line(&format!("{} tasks done, {} were there", done.done.len(), done.skipped.len()));
        }
        if !output.quiet {
            done.losses
                .iter()
                .for_each(|loss| print_aside(Kind::Note, &format!("{}: {}; {}", loss.what, loss.cause, loss.effect)));
        }
        for task in &done.failed {
            let found = fields([("task", task.id.into()), ("cause", task.cause.as_str().into())]);
            tell_with(Kind::Failed, &format!("task {}: {}", task.id, task.cause), found);
        }
        match done.failed.len() {
            0 => Ok(()),
            failed => Err(Failure::Part { failed, of: ids.len() }),
        }
    }
}

/// Put the parts of all tasks together: the same bytes as one `cocal run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal merge plan.json parts -o out")]
pub(super) struct Merge {
    /// The plan that `cocal plan` made.
    #[arg(value_name = "plan.json")]
    plan: PathBuf,
    /// Folders with parts.
    #[arg(value_name = "PARTDIR", required = true)]
    parts: Vec<PathBuf>,
    /// Folder for the outputs.
    #[arg(short, long, alias = "out", value_name = "OUTDIR")]
    output: PathBuf,
    #[command(flatten)]
    way: Way,
}

impl Merge {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        // A part that is missing is work that was not done: unlike a scene, it can be had.
        let how = self.way.how(OnError::Stop);
        let mut paths = self.parts;
        paths.push(self.output);
        let (plan, mut paths) = open_plan(&self.plan, &paths)?;
        let out = paths.pop().unwrap_or_default();
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let outcome = merge(plan, &paths, (&out, &how), &threads, &|progress| bars.tell(progress));
        let took = bars.finish();
        let outcome = outcome?;
        print_notes(&outcome.notes, output);
        print_summary(&outcome.watched, (outcome.failures.len(), took), output);
        if output.json {
            print_json(&as_json(&outcome)?)?;
        } else if !output.quiet {
            print_outcome(&outcome);
        }
        tell_faults(&outcome.failures)
    }
}
