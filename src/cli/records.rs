//! `cocal records`: look at record files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line};
use crate::io::atomic::{keep_inputs, make_folder, parent, write_bytes};
use crate::io::read_records::{ReadRecordsError, read_record_file};
use crate::io::write_comparison::{left_out_csv, national_csv};
use crate::records::national::{NationalFigure, national_figures};
use crate::records::odd::copied_series;
use crate::records::{Exact, Kind, RecordFile};

/// Look at record files: census, eradication, spraying, events, seizures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal records check census.csv eradication.csv --json")]
pub(super) struct Records {
    #[command(subcommand)]
    command: RecordsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RecordsCommand {
    /// What kind of record file it is, its rows, years and sums, and what is odd in it.
    ///
    /// Sums are in hectares, of seizures in kilograms, over the municipal rows; other rows are listed in the notes.
    #[command(after_help = "Example:\n  cocal records check census.csv eradication.csv --json")]
    Check {
        /// Record files (CSV).
        #[arg(value_name = "FILE.csv", required = true)]
        files: Vec<PathBuf>,
        /// Write every row that no sum holds, with its line and why, to this table.
        #[arg(long, value_name = "FILE.csv")]
        left_out: Option<PathBuf>,
    },
    /// The published national series: census, estimate of the United States, manual eradication, spraying, each figure
    /// with its edition and source.
    #[command(after_help = "Example:\n  cocal records national -o national.csv")]
    National {
        /// Table (.csv) to write [default: printed].
        #[arg(short, long, value_name = "FILE.csv")]
        output: Option<PathBuf>,
    },
}

impl Records {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        match self.command {
            RecordsCommand::Check { files, left_out } => check(&files, left_out.as_deref(), output),
            RecordsCommand::National { output: path } => national(path.as_deref(), output),
        }
    }
}

/// Refuses a name that promises another form than the one that is written.
fn must_be_csv(path: &Path) -> Result<(), Failure> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        return Ok(());
    }
    Err(Failure::Usage(format!("{}: the name must end in .csv", path.display())))
}

fn national(path: Option<&Path>, output: Output) -> Result<(), Failure> {
    path.map_or(Ok(()), must_be_csv)?;
    let figures = national_figures();
    if let Some(path) = path {
        make_folder(parent(path))?;
        write_bytes(path, &national_csv(&figures)?)?;
    }
    if output.json {
        print_json(&figures)?;
    } else if !output.quiet {
        let cells = |f: &NationalFigure| {
            let (series, edition) = (f.series.word().to_owned(), format!("{}; {}", f.vintage, f.source));
            vec![series, f.year.to_string(), figure(Some(f.hectares.to_f64()), 1), edition]
        };
        let rows: Vec<Vec<String>> = figures.iter().map(cells).collect();
        print_line(&table(&["series", "year", "hectares", "edition and source"], &rows, &[0, 1, 3]));
    }
    Ok(())
}

/// Some files could not be used; each has been reported.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} files cannot be used as records")]
struct SomeFailed {
    failed: usize,
    all: usize,
}

/// What is said of one file.
#[derive(Serialize)]
#[serde(untagged)]
enum Report {
    Read {
        path: String,
        kind: Kind,
        rows: usize,
        municipalities: usize,
        sum_by_year: BTreeMap<i32, Exact>,
        notes: Vec<String>,
    },
    Failed {
        path: String,
        error: String,
    },
}

#[derive(Serialize)]
struct Reports {
    files: Vec<Report>,
}

fn check(files: &[PathBuf], left_out: Option<&Path>, output: Output) -> Result<(), Failure> {
    if let Some(path) = left_out {
        must_be_csv(path)?;
        make_folder(parent(path))?;
        keep_inputs([path], files.iter().map(PathBuf::as_path))?;
    }
    let mut read: Vec<Result<RecordFile, ReadRecordsError>> = files.iter().map(|f| read_record_file(f)).collect();
    note_copies(&mut read);
    let reports: Vec<Report> = files.iter().zip(&read).map(|(path, r)| report(path, r)).collect();
    if let Some(path) = left_out {
        let good: Vec<&RecordFile> = read.iter().filter_map(|r| r.as_ref().ok()).collect();
        write_bytes(path, &left_out_csv(&good)?)?;
    }
    let failed = read.iter().filter(|r| r.is_err()).count();
    if output.json {
        print_json(&Reports { files: reports })?;
    } else if !output.quiet {
        reports.iter().for_each(print_report);
    }
    for error in read.iter().filter_map(|r| r.as_ref().err()) {
        tracing::error!("{error}");
    }
    if failed > 0 {
        return Err(SomeFailed { failed, all: files.len() }.into());
    }
    Ok(())
}

fn note_copies(read: &mut [Result<RecordFile, ReadRecordsError>]) {
    let good: Vec<&RecordFile> = read.iter().filter_map(|r| r.as_ref().ok()).collect();
    let notes = copied_series(&good);
    let mut good: Vec<&mut RecordFile> = read.iter_mut().filter_map(|r| r.as_mut().ok()).collect();
    for (i, note) in notes {
        good[i].notes.push(note);
    }
}

fn report(path: &Path, read: &Result<RecordFile, ReadRecordsError>) -> Report {
    let path = path.display().to_string();
    match read {
        Ok(file) => Report::Read {
            path,
            kind: file.kind,
            rows: file.rows,
            municipalities: file.municipalities(),
            sum_by_year: file.sum_by_year(),
            notes: file.notes.clone(),
        },
        Err(error) => Report::Failed { path, error: error.to_string() },
    }
}

fn print_report(report: &Report) {
    match report {
        Report::Failed { path, .. } => print_line(&format!("{path}\n  cannot be used: see the error")),
        Report::Read { path, kind, rows, municipalities, sum_by_year, notes } => {
            let unit = if *kind == Kind::Seizures { "kg" } else { "ha" };
            print_line(&format!("{path}\n  {kind}: {rows} rows, {municipalities} municipalities\n\n  year {unit:>18}"));
            for (year, sum) in sum_by_year {
                print_line(&format!("  {year} {:>18}", sum.grouped()));
            }
            print_line("");
            for note in notes {
                print_line(&format!("  - {note}"));
            }
            print_line("");
        }
    }
}
