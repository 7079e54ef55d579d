//! `cocal slurm`: a project as jobs for Slurm: an array of task ranges, and the merge after it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::log::Kind;
use super::progress::Bars;
use super::way::{Way, tell_faults};
use super::{Failure, Output, print_aside, print_json, print_line, print_notes};
use crate::io::atomic::make_folder;
use crate::io::read_project::{ProjectFile, read_project};
use crate::io::shell::{Said, run_script, write_script};
use crate::run::batch::plan_file::SIDE;
use crate::run::batch::planning::{Planned, make_plan};
use crate::run::batch::slurm::{Jobs, Planning, share_of_memory};
use crate::run::budget::parse_bytes;
use crate::run::faults::OnError;
use crate::run::threads::Threads;

/// Write the files with which Slurm runs a project: plan, job array, merge, and a script that submits them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal slurm project.toml -o slurm --tasks-per-job 50 --time 02:00:00\n  sh slurm/submit.sh"
)]
pub(super) struct Slurm {
    /// The project file.
    #[arg(value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Folder for plan, scripts, logs and parts; all nodes must see it.
    #[arg(short, long, value_name = "DIR", default_value = "slurm")]
    output: PathBuf,
    /// Folder for the outputs [default: the project's own setting, or `out` in the current folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Rows and columns of a task at most, in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE, value_parser = super::plan::side)]
    side: usize,
    /// Tasks of an element of the job array.
    #[arg(long, value_name = "N", default_value = "16")]
    tasks_per_job: NonZeroUsize,
    /// Elements of the array that may run at a time [default: as many as the cluster gives].
    #[arg(long, value_name = "N")]
    concurrent: Option<NonZeroUsize>,
    /// Elements of one array at most [default: the cluster's MaxArraySize when they are submitted].
    #[arg(long, value_name = "N")]
    array_size: Option<NonZeroUsize>,
    /// Time limit of each job: minutes, HH:MM:SS or D-HH:MM:SS [default: the cluster's].
    #[arg(long, value_name = "HH:MM:SS", value_parser = time)]
    time: Option<String>,
    /// Partition.
    #[arg(long, value_name = "NAME", value_parser = name)]
    partition: Option<String>,
    /// Account that is charged.
    #[arg(long, value_name = "NAME", value_parser = name)]
    account: Option<String>,
    /// Processors of a job; it works with as many threads.
    #[arg(long, value_name = "N", default_value = "1")]
    cpus_per_task: NonZeroUsize,
    /// Memory of a job, such as 4G; cocal keeps to nine tenths of it [default: the cluster's, and cocal's usual windows].
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    memory_per_job: Option<u64>,
    /// The program on the nodes [default: this one, where it lies].
    #[arg(long, value_name = "PATH")]
    cocal: Option<PathBuf>,
    /// Have the plan made by a job too: for inputs that only the nodes see. submit.sh then waits for it.
    #[arg(long)]
    plan_job: bool,
    /// Submit at once.
    #[arg(long)]
    submit: bool,
    #[command(flatten)]
    way: Way,
}

/// A name that needs no quotes in an `#SBATCH` line.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || "._-+,:@/".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a name of letters, digits and . _ - + , : @ / is expected".to_owned())
    }
}

/// A time as Slurm writes it.
fn time(text: &str) -> Result<String, String> {
    let number = |part: &str| !part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
    let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
    let parts: Vec<&str> = rest.split(':').collect();
    if days.is_none_or(number) && parts.len() <= 3 && parts.iter().all(|part| number(part)) {
        Ok(text.to_owned())
    } else {
        Err("a time is expected as minutes, HH:MM:SS or D-HH:MM:SS".to_owned())
    }
}

/// submit.sh that did not come to its end.
#[derive(Debug, thiserror::Error)]
enum SubmitError {
    #[error("cannot run {path}: {source}")]
    Shell { path: PathBuf, source: std::io::Error },
    #[error("{path} ended with {code}: not everything was submitted, see above; mend the cause and run it again")]
    Refused { path: PathBuf, code: String },
}

impl Slurm {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let file = read_project(&self.project)?;
        make_folder(&self.output)?;
        make_folder(&self.output.join("logs"))?;
        let plan = self.output.join("plan.json");
        let made = if self.plan_job { None } else { Some(self.plan(&file, &plan, output)?) };
        let jobs = self.jobs(&file, made.as_ref())?;
        let mut files = Vec::new();
        for (name, text) in jobs.scripts() {
            write_script(&self.output.join(name), &text)?;
            files.push(name);
        }
        print_notes(made.as_ref().map_or(&[], |made| &made.notes), output);
        let submitted = if self.submit { Some(self.submit()?) } else { None };
        let (tasks, failures) = (made.as_ref().map(|made| made.tasks), made.map(|made| made.failures));
        let failures = failures.unwrap_or_default();
        if output.json {
            print_json(&json!({ "folder": self.output, "plan": plan, "tasks": tasks, "jobs": jobs.elements(),
                "files": files, "submitted": submitted, "failures": failures }))?;
        } else if !output.quiet {
            print_line(&match (tasks, jobs.elements()) {
                (Some(tasks), Some(elements)) => format!("{tasks} tasks in {elements} array elements"),
                _ => "the plan is made by a job".to_owned(),
            });
            match &submitted {
                Some(lines) => lines.iter().for_each(|line| print_line(line)),
                None => print_line(&format!("submit them with:  sh {}", self.output.join("submit.sh").display())),
            }
        }
        tell_faults(&failures)
    }

    /// Makes the plan here. Where jobs have a memory of their own, windows are cut for a job, so it works like one.
    fn plan(&self, file: &ProjectFile, plan: &Path, output: Output) -> Result<Planned, Failure> {
        let mut how = self.way.how(OnError::Continue);
        let mut threads = output.threads.map(usize::from);
        if let (None, Some(bytes)) = (how.memory, self.memory_per_job) {
            how.memory = Some(share_of_memory(bytes));
            threads = threads.or(Some(self.cpus_per_task.get()));
        }
        let threads = Threads::start(threads)?;
        let bars = Bars::new(output);
        let made = make_plan(file, (plan, self.side), (&threads, &how), &|progress| bars.tell(progress));
        bars.finish();
        Ok(made?)
    }

    fn jobs(&self, file: &ProjectFile, made: Option<&Planned>) -> Result<Jobs, Failure> {
        let out = self.out.clone().unwrap_or_else(|| super::run::default_folder(file));
        let options = [("time", &self.time), ("partition", &self.partition), ("account", &self.account)];
        let planning = match made {
            Some(made) => Planning::Done(made.tasks),
            None => {
                Planning::Job { from: text(&std::env::current_dir()?)?, project: text(&self.project)?, side: self.side }
            }
        };
        Ok(Jobs {
            folder: text(&std::path::absolute(&self.output)?)?,
            out: text(&std::path::absolute(&out)?)?,
            cocal: self.program()?,
            planning,
            tasks_per_job: self.tasks_per_job.get(),
            array_size: self.array_size.map(NonZeroUsize::get),
            concurrent: self.concurrent.map(NonZeroUsize::get),
            cpus: self.cpus_per_task.get(),
            memory: self.memory_per_job,
            options: options.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect(),
            on_error: self.way.asked(),
        })
    }

    /// The program as the nodes call it: a bare name is looked for on their path.
    fn program(&self) -> Result<String, Failure> {
        match &self.cocal {
            None => text(&std::env::current_exe()?),
            Some(named) if named.components().count() == 1 && !named.has_root() => text(named),
            Some(path) => text(&std::path::absolute(path)?),
        }
    }

    /// Runs submit.sh; gives what it printed.
    fn submit(&self) -> Result<Vec<String>, Failure> {
        let path = self.output.join("submit.sh");
        let Said { out, aside, code } =
            run_script(&path).map_err(|source| SubmitError::Shell { path: path.clone(), source })?;
        let lines: Vec<String> = out.lines().map(str::to_owned).collect();
        if code == Some(0) {
            aside.lines().for_each(|line| print_aside(Kind::Note, line));
            return Ok(lines);
        }
        lines.iter().for_each(|line| print_aside(Kind::Note, line));
        aside.lines().for_each(|line| print_aside(Kind::Failed, line));
        let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        Err(SubmitError::Refused { path, code }.into())
    }
}

/// A path as text; in another form it could not stand in a script.
fn text(path: &Path) -> Result<String, Failure> {
    let named = || Failure::Usage(format!("{} is no UTF-8 text: rename it, scripts cannot hold it", path.display()));
    path.to_str().map(str::to_owned).ok_or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_names_are_what_slurm_takes_in_one_word() {
        for good in ["30", "02:00:00", "90:30", "1-12", "2-00:30:00"] {
            assert_eq!(time(good), Ok(good.to_owned()));
        }
        for bad in ["", "1:2:3:4", "an hour", "-1", "1-", "01:00:00\n#SBATCH --x", "1-2-3", ":", "UNLIMITED "] {
            assert!(time(bad).is_err(), "{bad}");
        }
        assert!(name("gpu_long-2,cpu").is_ok());
        for bad in ["", "a b", "a\nb", "a\"b", "a#b"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
