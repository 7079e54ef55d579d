//! `cocal slurm`: a project as jobs for Slurm: an array of task ranges, and the merge after it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::progress::Bars;
use super::way::{Way, tell_faults};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::atomic::{make_folder, write_bytes};
use crate::io::read_project::read_project;
use crate::run::batch::plan_file::SIDE;
use crate::run::batch::planning::make_plan;
use crate::run::batch::slurm::{Jobs, scripts};
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
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE)]
    side: usize,
    /// Tasks of an element of the job array.
    #[arg(long, value_name = "N", default_value = "16")]
    tasks_per_job: NonZeroUsize,
    /// Elements of the array that may run at a time [default: as many as the cluster gives].
    #[arg(long, value_name = "N")]
    concurrent: Option<NonZeroUsize>,
    /// Elements of one array: not more than the cluster's MaxArraySize.
    #[arg(long, value_name = "N", default_value = "1000")]
    array_size: NonZeroUsize,
    /// Time limit of an element and of the merge, as Slurm writes it.
    #[arg(long, value_name = "HH:MM:SS")]
    time: Option<String>,
    /// Partition.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Account that is charged.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Processors of an element; it works with as many threads.
    #[arg(long, value_name = "N", default_value = "1")]
    cpus_per_task: NonZeroUsize,
    /// Memory of an element, as Slurm writes it (4G); cocal keeps to nine tenths of it.
    #[arg(long, value_name = "SIZE")]
    memory_per_job: Option<String>,
    /// The program on the nodes.
    #[arg(long, value_name = "PATH", default_value = "cocal")]
    cocal: String,
    #[command(flatten)]
    way: Way,
}

impl Slurm {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let how = self.way.how(OnError::Continue);
        let file = read_project(&self.project)?;
        let out = self.out.clone().unwrap_or_else(|| super::run::default_folder(&file));
        make_folder(&self.output)?;
        make_folder(&self.output.join("logs"))?;
        let memory = self.memory_per_job.as_deref().map(crate::run::budget::parse_bytes).transpose();
        let memory = memory.map_err(|rule| Failure::Usage(format!("--memory-per-job: {rule}")))?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let plan = self.output.join("plan.json");
        let made = make_plan(&file, (&plan, self.side), (&threads, &how), &|progress| bars.tell(progress));
        bars.finish();
        let made = made?;
        let folder = std::path::absolute(&self.output)?;
        let jobs = Jobs {
            folder: text(&folder),
            out: text(&std::path::absolute(&out)?),
            cocal: self.cocal,
            tasks: made.tasks,
            tasks_per_job: self.tasks_per_job.get(),
            array_size: self.array_size.get(),
            concurrent: self.concurrent.map(NonZeroUsize::get),
            cpus: self.cpus_per_task.get(),
            memory,
            options: [("time", self.time), ("partition", self.partition), ("account", self.account)]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            on_error: how.on_error,
        };
        let written = scripts(&jobs);
        for (name, text) in &written {
            write_bytes(&self.output.join(name), text.as_bytes())?;
        }
        print_notes(&made.notes, output);
        if output.json {
            let files: Vec<&str> = written.iter().map(|(name, _)| *name).collect();
            print_json(&json!({ "folder": self.output, "plan": plan, "tasks": made.tasks, "jobs": jobs.elements(),
                "files": files, "failures": made.failures }))?;
        } else if !output.quiet {
            print_line(&format!(
                "{} tasks in {} array elements; submit them with:  sh {}",
                made.tasks,
                jobs.elements(),
                self.output.join("submit.sh").display()
            ));
        }
        tell_faults(&made.failures)
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
