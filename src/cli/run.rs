//! `cocal run`: a whole project.

use std::path::PathBuf;

use super::progress::{Bars, print_summary};
use super::table::{figure, table};
use super::way::{Way, tell_faults};
use super::{Failure, Output, accuracy, print_json, print_line, print_notes};
use crate::compare::Comparison;
use crate::compare::mapped::is_coca_name;
use crate::io::read_project::{ProjectFile, read_project};
use crate::run::assess::NO_ERROR_KNOWN;
use crate::run::batch::Reuse;
use crate::run::batch::survey::{Survey, survey};
use crate::run::faults::OnError;
use crate::run::job::{Outcome, TruthBeside, run_project};
use crate::run::threads::Threads;

/// Run a whole project: from scenes to the comparison with census and eradication.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal run sample_tiles/cocal.toml --out out\n  cocal run country.toml --out out --resume --memory 8GiB"
)]
pub(super) struct Run {
    /// The project file.
    #[arg(value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Folder for the outputs [default: the project's own setting, or `out` in the current folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Take every finished window that still fits its inputs, also of a run that came to its end. Without it, a run that was
    /// stopped is gone on with, and one that came to its end is done again.
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Throw away what an earlier run has finished.
    #[arg(long)]
    fresh: bool,
    /// Open everything, say what would be done, write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    way: Way,
}

impl Run {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let file = read_project(&self.project)?;
        let out = self.out.clone().unwrap_or_else(|| default_folder(&file));
        let threads = Threads::start(output.threads.map(usize::from))?;
        let how = self.way.how(OnError::Continue);
        let reuse = match (self.resume, self.fresh) {
            (true, _) => Reuse::Always,
            (_, true) => Reuse::Never,
            _ => Reuse::Unfinished,
        };
        let bars = Bars::new(output);
        if self.dry_run {
            let survey = survey(&file, (&out, reuse), (&threads, &how), &|progress| bars.tell(progress));
            bars.finish();
            return print_survey(&survey?, output);
        }
        let outcome = run_project(&file, &out, &threads, (&how, reuse), &|progress| bars.tell(progress));
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

/// What a run would do.
fn print_survey(survey: &Survey, output: Output) -> Result<(), Failure> {
    print_notes(&survey.notes, output);
    if output.json {
        print_json(survey)?;
    } else {
        let (rows, cols) = survey.grid;
        let gigabytes = survey.input_bytes as f64 / 1e9;
        print_line(&format!(
            "{rows} x {cols} pixels, {gigabytes:.2} GB of inputs, {} threads; nothing was written",
            survey.threads
        ));
        for year in &survey.years {
            let what = if survey.trains {
                "its windows follow when the model is trained".to_owned()
            } else {
                format!("{} windows, {} of them done already", year.windows, year.reused)
            };
            print_line(&format!("{}: {} scenes, {what}", year.year, year.scenes));
        }
    }
    tell_faults(&survey.failures)
}

/// The outcome, with the held-out matrix as `train --json` gives it.
pub(super) fn as_json(outcome: &Outcome) -> Result<serde_json::Value, serde_json::Error> {
    let mut value = serde_json::to_value(outcome)?;
    if let Some(training) = &outcome.training {
        value["training"]["held_out"] = accuracy::as_json(&training.held_out);
    }
    Ok(value)
}

pub(super) fn default_folder(file: &ProjectFile) -> PathBuf {
    match &file.project.project.out {
        Some(typed) => file.resolve(typed),
        None => PathBuf::from("out"),
    }
}

pub(super) fn print_outcome(outcome: &Outcome) {
    if let Some(training) = &outcome.training {
        print_line(&accuracy::held_out(&training.held_out));
    }
    let coca: Vec<&TruthBeside> = outcome.truth.iter().filter(|t| is_coca_name(&t.truth.class)).collect();
    if !coca.is_empty() {
        print_line("Mapped coca beside the simulator's truth (this scene is synthetic)\n");
        print_line(&truth_table(&coca));
        print_line("");
    }
    match &outcome.comparison {
        Some(comparison) => print_comparison(comparison),
        None => print_line("No census in the project file: hectares only, no comparison."),
    }
    print_assessed(outcome);
    print_line(&format!("Outputs in {}:", outcome.out.display()));
    for file in &outcome.files {
        let name = file.strip_prefix(&outcome.out).unwrap_or(file);
        print_line(&format!("  {}", name.display()));
    }
}

/// Areas with their error; without a labelled sample that there is none.
fn print_assessed(outcome: &Outcome) {
    print_line("");
    if outcome.assessed.years.is_empty() {
        print_line(&format!("{NO_ERROR_KNOWN}\n"));
    }
    for assessment in &outcome.assessed.years {
        let year = assessment.year.map(|y| y.to_string()).unwrap_or_default();
        print_line(&format!("Areas of {year} with their error, from the labelled sample\n"));
        print_line(&super::assess::estimate_text(&assessment.whole));
        print_line("");
    }
    for change in &outcome.assessed.changes {
        print_line("Change between the two samples\n");
        print_line(&super::change::change_text(&change.classes));
        print_line("");
    }
}

fn print_comparison(comparison: &Comparison) {
    print_line("Comparison with the census and the eradication records, hectares\n");
    print_line(&super::compare::comparison_table(comparison));
    print_line("");
    if let Some(sentence) = &comparison.null.sentence {
        print_line(sentence);
    }
}

fn truth_table(rows: &[&TruthBeside]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|r| {
            let percent = (r.truth.truth_ha > 0.0).then(|| 100.0 * r.error_ha / r.truth.truth_ha);
            vec![
                r.truth.municipality_code.to_string(),
                r.truth.municipality_name.clone(),
                r.truth.year.to_string(),
                r.truth.class.clone(),
                figure(Some(r.truth.truth_ha), 1),
                figure(Some(r.mapped_area_ha), 1),
                figure(Some(r.error_ha), 1),
                figure(percent, 1),
            ]
        })
        .collect();
    table(
        &["code", "municipality", "year", "class", "truth ha", "mapped ha", "error ha", "error %"],
        &cells,
        &[0, 1, 2, 3],
    )
}
