//! `cocal plan`: a project cut into tasks for other machines.

use std::path::PathBuf;

use serde_json::json;

use super::progress::Bars;
use super::way::{Way, tell_faults};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::read_project::read_project;
use crate::run::batch::plan_file::SIDE;
use crate::run::batch::planning::make_plan;
use crate::run::faults::OnError;
use crate::run::threads::Threads;

/// Cut a project into tasks that any machine can do which sees the inputs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal plan project.toml -o plan.json\n  cocal task plan.json --id 0-3 -o parts\n  cocal merge plan.json parts -o out"
)]
pub(super) struct Plan {
    /// The project file.
    #[arg(value_name = "PROJECT.toml")]
    project: PathBuf,
    /// The plan.
    #[arg(short, long, value_name = "plan.json")]
    output: PathBuf,
    /// Rows and columns of a task at most, in pixels; whole windows are taken, at least one.
    #[arg(long, value_name = "PIXELS", default_value_t = SIDE, value_parser = side)]
    side: usize,
    #[command(flatten)]
    way: Way,
}

/// Pixels of a side.
pub(super) fn side(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|side| (1..=4_000_000).contains(side)).ok_or_else(|| "1 to 4000000 pixels".to_owned())
}

impl Plan {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let how = self.way.how(OnError::Continue);
        let file = read_project(&self.project)?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let made = make_plan(&file, (&self.output, self.side), (&threads, &how), &|progress| bars.tell(progress));
        bars.finish();
        let made = made?;
        print_notes(&made.notes, output);
        if output.json {
            print_json(&json!({
                "plan": self.output, "tasks": made.tasks, "pixels": made.pixels, "years": made.years,
                "scenes": made.scenes, "failures": made.failures, "notes": made.notes,
            }))?;
        } else if !output.quiet {
            let years: Vec<String> = made.years.iter().map(ToString::to_string).collect();
            print_line(&format!(
                "{}: {} tasks, {} scenes, years {}, {:.1} million pixels",
                self.output.display(),
                made.tasks,
                made.scenes,
                years.join(", "),
                made.pixels as f64 / 1e6
            ));
        }
        tell_faults(&made.failures)
    }
}
