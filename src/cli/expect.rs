//! `cocal expect`: what would one expect of a year's census, from the years before it?

use std::path::{Path, PathBuf};

use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::expect::record::RecordYear;
use crate::expect::rows::{ExpectedRow, Outside, Summary, furthest, outside_by_chance};
use crate::expect::{Covariate, ExpectError, Expectation, Sources, expect};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::read_covariate::read_covariate;
use crate::io::read_records::{read_census, read_record_file};
use crate::io::write_expectation::{expectation_csv, record_csv};
use crate::records::{Eradication, Kind, Method, RecordError, RecordFile};

/// Rows of the printed table.
const ROWS_SHOWN: usize = 20;

/// Expect each municipality's census figure of a year from the years before it, with 90 % intervals, and flag those whose
/// census falls outside.
///
/// Nothing of the year itself or later is used. Beside the output, `NAME_track.csv` holds what the same procedure would
/// have said in every earlier year, beside last year's value, the mean of three years, and last year's change carried on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal expect --census census.csv --eradication manual.csv --spraying spraying.csv --covariate tree_loss=loss.csv --year 2024 -o expected.csv"
)]
pub(super) struct Expect {
    /// Census: hectares at 31 December, a wide or long municipal table; at least the four years before.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Eradication by hand (a table or events); may be given more than once.
    #[arg(long, value_name = "FILE.csv", required = true, num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Spraying; may be given more than once.
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    spraying: Vec<PathBuf>,
    /// Something else by municipality and year, zero or more, in any unit, such as tree_loss=loss.csv; may be given more
    /// than once. A column per year, or a row per year with the figures in a column of that name.
    #[arg(long, value_name = "NAME=FILE.csv", value_parser = named_file)]
    covariate: Vec<(String, PathBuf)>,
    /// The year whose census is expected: at most the one after the census's last.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1980..=2100))]
    year: i32,
    /// Table to write.
    #[arg(short, long, value_name = "FILE.csv")]
    output: PathBuf,
}

/// Names that the regression's own features have.
const TAKEN: [&str; 6] =
    ["eradication", "spraying", "growth_nation", "growth_department", "growth_own", "return_to_mean"];

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.trim().is_empty() && !file.is_empty() => {
            let name = name.trim();
            if TAKEN.contains(&name) {
                return Err(format!("'{name}' is a feature already; choose another name"));
            }
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("a name and a file are needed, such as tree_loss=loss.csv".to_owned()),
    }
}

impl Expect {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        if self.output.extension().is_none_or(|e| !e.eq_ignore_ascii_case("csv")) {
            return Err(Failure::Usage(format!("-o {}: the name must end in .csv", self.output.display())));
        }
        self.refuse_repeated_names()?;
        make_folder(parent(&self.output))?;
        let track = track_path(&self.output);
        let covariate_files = self.covariate.iter().map(|(_, file)| file);
        let inputs = [&self.census].into_iter().chain(&self.eradication).chain(&self.spraying).chain(covariate_files);
        keep_inputs([self.output.as_path(), &track], inputs.map(PathBuf::as_path))?;

        let census = read_census(&self.census)?;
        let eradication = self.read_eradication()?;
        let mut notes: Vec<String> = census.notes.iter().map(|n| format!("{}: {n}", self.census.display())).collect();
        notes.extend(eradication.notes.iter().cloned());
        let mut covariates: Vec<Covariate> = Vec::new();
        for (name, file) in &self.covariate {
            let (covariate, of_file) = read_covariate(name, file)?;
            covariates.push(covariate);
            notes.extend(of_file);
        }
        let sources = Sources { census: &census, eradication: &eradication, covariates: &covariates };
        let mut found = expect(self.year, sources).map_err(|error| match error {
            ExpectError::TooFar { .. } => Failure::Usage(error.to_string()),
            other => Failure::from(other),
        })?;
        found.notes.splice(0..0, notes);

        let staged =
            [Staged::bytes(&self.output, &expectation_csv(&found)?)?, Staged::bytes(&track, &record_csv(&found)?)?];
        staged.into_iter().try_for_each(Staged::put)?;
        print_notes(&found.notes, output);
        if output.json {
            print_json(&found)?;
        } else if !output.quiet {
            print_line(&expectation_text(&found));
        }
        Ok(())
    }

    fn refuse_repeated_names(&self) -> Result<(), Failure> {
        let repeated =
            |(i, (name, _)): &(usize, &(String, PathBuf))| self.covariate[..*i].iter().any(|(n, _)| n == name);
        match self.covariate.iter().enumerate().find(repeated) {
            Some((_, (name, _))) => Err(Failure::Usage(format!("--covariate {name}=... is given twice"))),
            None => Ok(()),
        }
    }

    /// Eradication and spraying as one, so that the same figure in two files is found.
    fn read_eradication(&self) -> Result<Eradication, Failure> {
        let read = |path: &PathBuf| read_record_file(path);
        let mut files = self.eradication.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        for file in self.spraying.iter().map(read) {
            let file = file?;
            if !is_spraying(&file) {
                let (file, found, why) = (file.path, file.kind, file.why);
                return Err(RecordError::WrongKind { file, found, wanted: "a table of spraying", why }.into());
            }
            files.push(file);
        }
        Ok(Eradication::from_files(&files)?)
    }
}

/// Whether all of a file is spraying: by its kind, or by its column of methods.
fn is_spraying(file: &RecordFile) -> bool {
    let sprayed = |method: Option<Method>| matches!(method, Some(Method::Spraying | Method::DroneSpraying));
    file.kind == Kind::Spraying || (!file.entries.is_empty() && file.entries.iter().all(|e| sprayed(e.method)))
}

/// `expected_track.csv` beside `expected.csv`.
fn track_path(output: &Path) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}_track.csv"))
}

/// The country, the municipalities outside, the record, and the verdict.
fn expectation_text(found: &Expectation) -> String {
    let verdict = format!("{}{}", found.summary.sentence, coverage_text(&found.summary));
    let parts = [nation_text(found), outside_text(found), record_text(found), verdict];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// What the intervals held in the years before.
fn coverage_text(summary: &Summary) -> String {
    let (Some(held), Some(active)) = (summary.held_pct, summary.active_held_pct) else { return String::new() };
    format!(
        "\ntheir 90 % intervals held {held:.1} % of municipalities ({active:.1} % of those with coca in the three years before), and the country's sum in {} of {} years",
        summary.nation_held_years, summary.nation_years
    )
}

fn nation_text(found: &Expectation) -> String {
    let nation = &found.nation;
    let held = match nation.held {
        Some(true) => "no",
        Some(false) => "yes",
        None => "",
    };
    let cells = vec![
        found.year.to_string(),
        figure(Some(nation.expected_ha), 0),
        figure(nation.interval_ha.map(|i| i[0]), 0),
        figure(nation.interval_ha.map(|i| i[1]), 0),
        figure(Some(nation.last_year_ha), 0),
        figure(nation.census_ha, 0),
        held.to_owned(),
    ];
    let header = ["country", "expected", "90 % from", "to", "last year", "census", "outside"];
    table(&header, &[cells], &[6])
}

fn outside_text(found: &Expectation) -> String {
    if found.judged == 0 {
        let without = "The census holds no figure to judge.";
        let unbounded = "No municipality with a census figure has an interval: none can be outside.";
        let held = found.rows.iter().any(|row| row.census_ha.is_some());
        return if held { unbounded } else { without }.to_owned();
    }
    let far = furthest(&found.rows);
    let count = |which: Outside| far.iter().filter(|r| r.outside == Some(which)).count();
    let mut text = format!(
        "{} of {} municipalities lie outside their interval ({} above, {} below). Intervals of 90 % leave out about {} by chance alone: being outside is a reason to look, not a finding.",
        found.outside,
        found.judged,
        count(Outside::Above),
        count(Outside::Below),
        figure(Some(outside_by_chance(found.judged)), 0)
    );
    let cells = |row: &&ExpectedRow| {
        vec![
            row.municipality_code.to_string(),
            row.municipality_name.clone(),
            figure(row.expected_ha, 1),
            figure(row.expected_low_ha, 1),
            figure(row.expected_high_ha, 1),
            figure(row.last_year_ha, 1),
            figure(row.census_ha, 1),
            row.outside.map_or("", Outside::word).to_owned(),
        ]
    };
    let shown: Vec<Vec<String>> = far.iter().take(ROWS_SHOWN).map(cells).collect();
    if !shown.is_empty() {
        let header = ["code", "municipality", "expected", "90 % from", "to", "last year", "census", "outside"];
        text.push_str(&format!("\n\n{}", table(&header, &shown, &[0, 1, 7])));
    }
    if far.len() > ROWS_SHOWN {
        text.push_str(&format!("\n{} more are in the file.", far.len() - ROWS_SHOWN));
    }
    text
}

fn record_text(found: &Expectation) -> String {
    if found.record.is_empty() {
        return String::new();
    }
    let share = |held: usize, of: usize| figure((of > 0).then(|| 100.0 * held as f64 / of as f64), 1);
    let cells = |year: &RecordYear| {
        vec![
            format!("{}{}", year.year, if year.spoilt { "*" } else { "" }),
            figure(year.error_pct, 2),
            figure(year.last_year_error_pct, 2),
            figure(year.mean_of_three_error_pct, 2),
            figure(year.carried_on_error_pct, 2),
            year.closer().map_or("", |c| if c { "yes" } else { "no" }).to_owned(),
            share(year.held, year.with_interval),
            share(year.active_held, year.active),
            figure(Some(year.nation_expected_ha), 0),
            figure(Some(year.census_ha), 0),
        ]
    };
    let header = [
        "year",
        "error %",
        "last year",
        "mean of 3",
        "carried on",
        "closer",
        "held %",
        "with coca %",
        "expected",
        "census",
    ];
    let rows: Vec<Vec<String>> = found.record.iter().map(cells).collect();
    let spoilt = if found.record.iter().any(|r| r.spoilt) {
        "\n* the census of this year or the one before does not add up to its published total"
    } else {
        ""
    };
    format!(
        "The same in earlier years, each from the years before it: sum of |error| over the census, and the share that the 90 % intervals held\n\n{}{spoilt}",
        table(&header, &rows, &[0, 5])
    )
}
