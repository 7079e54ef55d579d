//! `cocal run`: a whole project.

use std::path::PathBuf;

use super::progress::Bars;
use super::table::{figure, table};
use super::{Failure, Output, accuracy, print_json, print_line, print_notes};
use crate::compare::Comparison;
use crate::compare::mapped::is_coca_name;
use crate::io::read_project::{ProjectFile, read_project};
use crate::run::assess::NO_ERROR_KNOWN;
use crate::run::job::{Outcome, TruthBeside, run_project};
use crate::run::threads::Threads;

/// Run a whole project: from scenes to the comparison with census and eradication.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal run sample_tiles/cocal.toml --out out")]
pub(super) struct Run {
    /// The project file.
    #[arg(value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Folder for the outputs [default: the project's own setting, or `out` in the current folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let file = read_project(&self.project)?;
        let out = self.out.clone().unwrap_or_else(|| default_folder(&file));
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let outcome = run_project(&file, &out, &threads, &|progress| bars.tell(progress));
        bars.finish();
        let outcome = outcome?;
        print_notes(&outcome.notes, output);
        if output.json {
            print_json(&as_json(&outcome)?)?;
        } else if !output.quiet {
            print_outcome(&outcome);
        }
        Ok(())
    }
}

/// The outcome, with the held-out matrix as `train --json` gives it.
fn as_json(outcome: &Outcome) -> Result<serde_json::Value, serde_json::Error> {
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

fn print_outcome(outcome: &Outcome) {
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
