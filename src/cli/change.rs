//! `cocal change`: what changed between two assessments, with its error.

use std::path::PathBuf;

use super::assess::is_csv;
use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::accuracy::{ClassChange, change};
use crate::io::assessment_file::{change_csv, json_bytes, read_assessment};
use crate::io::atomic::{keep_inputs, make_folder, parent, write_bytes};

/// Change between two assessments: hectares and growth with their intervals, and whether it is distinguishable from zero.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal change assessment_2023.json assessment_2024.json --paired -o change.json")]
pub(super) struct Change {
    /// Assessment of the earlier year, as `cocal assess` writes it.
    #[arg(value_name = "A.json")]
    before: PathBuf,
    /// Assessment of the later year.
    #[arg(value_name = "B.json")]
    after: PathBuf,
    /// The same units (ids) were interpreted in both years: use the covariance.
    #[arg(long)]
    paired: bool,
    /// Changes to write (.json or .csv).
    #[arg(short, long, value_name = "FILE.json|FILE.csv")]
    output: PathBuf,
}

impl Change {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let as_csv = is_csv(&self.output)?;
        make_folder(parent(&self.output))?;
        keep_inputs([self.output.as_path()], [self.before.as_path(), self.after.as_path()])?;
        let (before, after) = (read_assessment(&self.before)?, read_assessment(&self.after)?);
        let mut found = change(&before, &after, self.paired)?;
        if let (Some(a), Some(b)) = (before.year, after.year)
            && a >= b
        {
            found.notes.push(format!("the first assessment is of {a}, the second of {b}: is this the order you want?"));
        }
        let bytes = if as_csv { change_csv(std::slice::from_ref(&found))? } else { json_bytes(&found)? };
        write_bytes(&self.output, &bytes)?;
        print_notes(&found.notes, output);
        if output.json {
            print_json(&found)?;
        } else if !output.quiet {
            print_line(&change_text(&found.classes));
            if !found.municipalities.is_empty() {
                print_line(&format!("{} rows of municipalities are in the file.", found.municipalities.len()));
            }
        }
        Ok(())
    }
}

pub(super) fn change_text(classes: &[ClassChange]) -> String {
    let row = |c: &ClassChange| {
        let ci = |interval: Option<[f64; 2]>| {
            interval
                .map(|[low, high]| format!("{} to {}", figure(Some(low), 1), figure(Some(high), 1)))
                .unwrap_or_default()
        };
        vec![
            c.name.clone(),
            figure(Some(c.before_ha), 1),
            figure(Some(c.after_ha), 1),
            figure(Some(c.change_ha), 1),
            figure(Some(c.standard_error_ha), 1),
            figure(c.growth_pct, 1),
            ci(c.growth_ci95_pct),
            ci(c.growth_ci95_bootstrap_pct),
            figure(c.probability_of_decrease, 3),
            figure(Some(c.minimum_detectable_change_ha), 1),
        ]
    };
    let header = [
        "class",
        "before ha",
        "after ha",
        "change ha",
        "standard error",
        "growth %",
        "95 %, delta",
        "95 %, bootstrap",
        "P(decrease)",
        "detectable ha",
    ];
    let rows: Vec<Vec<String>> = classes.iter().map(row).collect();
    let sentences: Vec<&str> = classes.iter().map(|c| c.sentence.as_str()).collect();
    format!("{}\n\n{}", table(&header, &rows, &[0]), sentences.join("\n"))
}
