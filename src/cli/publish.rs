//! `cocal publish`: what may be given away of a run, and the search for what may not.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::log::Kind;
use super::report::Language;
use super::{Failure, Output, print_aside, print_json, print_line, print_notes};
use crate::publish::check::{DEFAULT_K, SHORTEST_REASON, Settings, reason};
use crate::run::publish::{CheckReport, Overrides, Publication, Request, YearCount, check_folder, publish};
use crate::run::threads::Threads;
use crate::territory::CellLattice;

/// Publish a run without pointing at single lots, or search a folder for what does.
///
/// Municipalities and cells of 1 km leave; a cell with fewer than k lots shows no figure, and neither do cells or totals that
/// would give it back. Everything is written anew and checked before it is put in place. `--check` is the checker alone: it
/// ends with 1 where it finds a leak.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cocal publish out -o public\n  cocal publish out -o public --k 10 --cell 2km --min-ha 3\n  cocal publish --check public"
)]
pub(super) struct Publish {
    /// Folder of a run.
    #[arg(value_name = "OUTDIR", required_unless_present = "check")]
    out: Option<PathBuf>,
    /// Folder to publish into: a new or empty one, apart from the run's, or that of an earlier publication with the same files.
    #[arg(short, long, value_name = "DIR", required_unless_present = "check")]
    output: Option<PathBuf>,
    /// Look for leaks in a folder instead; --k, --cell and --min-ha can make its own rules stricter.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "output", "lots", "reason", "language"])]
    check: Option<PathBuf>,
    /// Lots that a cell needs to show its figures [default: 5].
    #[arg(long, value_name = "LOTS", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    k: Option<u32>,
    /// Side of the cells: whole kilometres, never less than one [default: 1km].
    #[arg(long, value_name = "SIDE")]
    cell: Option<String>,
    /// Mapped hectares that a cell needs to show its figures.
    #[arg(long, value_name = "HECTARES", value_parser = hectares)]
    min_ha: Option<f64>,
    /// Let the outlines of single lots leave too. They point at farmers: give the reason, which the publication carries.
    #[arg(long, requires = "reason")]
    lots: bool,
    /// Why lots leave, in words.
    #[arg(long, value_name = "TEXT", requires = "lots")]
    reason: Option<String>,
    /// Language that the publication is shown in first.
    #[arg(long, value_enum, default_value_t = Language::Es)]
    language: Language,
}

fn hectares(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v > 0.0 && v.is_finite());
    value.ok_or_else(|| "hectares above 0 are needed".to_owned())
}

/// A folder with leaks.
#[derive(Debug, thiserror::Error)]
#[error("{leaks} leaks in {folder}: do not publish it as it is")]
struct Leaks {
    leaks: usize,
    folder: String,
}

/// What `--json` prints of a publication.
#[derive(Serialize)]
struct Report<'a> {
    files: Vec<String>,
    years: &'a [YearCount],
    withheld_municipalities: &'a [(String, i32)],
    lots: usize,
    checked: &'a CheckReport,
    notes: &'a [String],
}

impl Publish {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let usage = |error: &dyn std::error::Error| Failure::Usage(error.to_string());
        let lattice = self.cell.as_deref().map(CellLattice::parse).transpose().map_err(|e| usage(&e))?;
        if let Some(folder) = &self.check {
            return check(folder, &Overrides { k: self.k, lattice, min_ha: self.min_ha }, output);
        }
        let (Some(out), Some(into)) = (self.out, self.output) else {
            return Err(Failure::Usage("give OUTDIR and -o DIR, or --check DIR".to_owned()));
        };
        let lots_reason = match self.reason.as_deref().map(reason) {
            Some(None) => {
                return Err(Failure::Usage(format!(
                    "--reason says too little: {SHORTEST_REASON} letters or more are needed, as it is published with the lots"
                )));
            }
            reason => reason.flatten(),
        };
        let settings = Settings {
            k: self.k.unwrap_or(DEFAULT_K),
            lattice: lattice.unwrap_or(CellLattice::KILOMETRE),
            min_ha: self.min_ha,
            lots_reason,
        };
        let threads = Threads::start(output.threads.map(usize::from))?;
        let done = publish(&threads, &Request { out, into, settings, language: self.language.into() })?;
        print_notes(&done.notes, output);
        if output.json {
            return print_json(&Report {
                files: done.files.iter().map(|f| f.display().to_string()).collect(),
                years: &done.years,
                withheld_municipalities: &done.withheld,
                lots: done.lots,
                checked: &done.checked,
                notes: &done.notes,
            });
        }
        if !output.quiet {
            print_line(&summary(&done));
        }
        Ok(())
    }
}

fn summary(done: &Publication) -> String {
    let years = done.years.iter().map(|y| {
        format!(
            "{}: {} cells with figures, {} without ({} for others' sake)",
            y.year, y.shown, y.withheld, y.complement
        )
    });
    let mut lines: Vec<String> = years.collect();
    if !done.withheld.is_empty() {
        let places: Vec<String> = done.withheld.iter().map(|(code, year)| format!("{code} {year}")).collect();
        lines.push(format!("mapped figures withheld of municipalities: {}", places.join(", ")));
    }
    lines.push(examined(&done.checked));
    lines.extend(done.files.iter().map(|file| format!("wrote {}", file.display())));
    lines.join("\n")
}

fn examined(report: &CheckReport) -> String {
    let e = &report.examined;
    format!(
        "checked {} files, {} rows, {} features, {} cells and years against k = {}, cells of {} m",
        e.files, e.rows, e.features, e.cells, report.k, report.cell_m
    )
}

fn check(folder: &Path, overrides: &Overrides, output: Output) -> Result<(), Failure> {
    let report = check_folder(folder, overrides)?;
    if let Some(reason) = &report.lots_reason {
        let lots = report.examined.lots;
        let said = format!("{} holds the outlines of {lots} SINGLE LOTS. Reason given: {reason}", folder.display());
        print_aside(Kind::Warning, &said);
    }
    if output.json {
        print_json(&report)?;
    } else {
        report.findings.iter().for_each(|finding| print_line(&finding.to_string()));
        if !output.quiet {
            print_line(&examined(&report));
        }
    }
    match report.findings.len() {
        0 => Ok(()),
        leaks => Err(Leaks { leaks, folder: folder.display().to_string() }.into()),
    }
}
