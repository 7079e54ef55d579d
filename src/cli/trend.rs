//! `cocal trend`: the two readings of one number, level and rate, each with its error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use super::compare::beside_output;
use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::compare::validate::EstimateRow;
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::read_estimates::{Chosen, read_estimates};
use crate::io::read_given::{GivenFiles, GivenRecords, read_given};
use crate::io::read_records::read_national;
use crate::io::write_comparison::sources_csv;
use crate::io::write_trend::trend_csv;
use crate::records::{Exact, NationalTable, Source};
use crate::trend::places::{outside_notes, published_sources, vintage_notes};
use crate::trend::{Assumptions, By, Inputs, TrendRow, method_notes, national_series, place_series, trend};

/// Rows of the printed table, the last years of each place.
const ROWS_SHOWN: usize = 40;

/// What the gross gain is and is not.
const IDENTITY: &str = "gross_gain_ha = change_ha + eradicated_ha is an accounting identity: hectares replanted within the year and eradicated twice are in it twice; it says nothing of causes";

/// Change, growth, change of the growth rate and gross gain of a country, its departments or municipalities, each with an
/// interval, and both readings in words.
///
/// The census is taken as having the relative standard error that is assumed; it is printed. Beside the output,
/// `NAME_sources.csv` holds file, edition and line of every figure of the records. For the country, where the census is that
/// of all Colombia, the published totals stand beside the sums of the table.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal trend --census census.csv --eradication eradication.csv --by department -o trend.csv"
)]
pub(super) struct Trend {
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Estimates per municipality with their standard error, as `cocal assess --by municipality` writes them.
    #[arg(long, value_name = "FILE.csv")]
    estimates: Option<PathBuf>,
    /// Year of estimates that do not say.
    #[arg(long, value_name = "N", requires = "estimates")]
    estimates_year: Option<i32>,
    /// Only the estimates of this class [default: names that begin with coca, or the only one].
    #[arg(long, value_name = "NAME", requires = "estimates")]
    class: Option<String>,
    /// Only the estimates of this estimator.
    #[arg(long, value_name = "NAME", requires = "estimates")]
    estimator: Option<String>,
    /// Eradication (manual, spraying or events); may be given more than once [default, for the country: as published].
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Spraying from the air; may be given more than once.
    #[arg(long, value_name = "FILE.csv", num_args = 1.., requires = "eradication")]
    spraying: Vec<PathBuf>,
    /// Places.
    #[arg(long, value_enum, default_value_t = Places::National)]
    by: Places,
    /// Standard error assumed of each census figure, as a share of it; 0: none, and no interval.
    #[arg(long, value_name = "SHARE", default_value_t = 0.03, value_parser = relative_se)]
    relative_se: f64,
    /// Correlation assumed between the errors of two years of a place.
    #[arg(long, value_name = "R", default_value_t = 0.0, value_parser = correlation)]
    correlation: f64,
    /// Table (.csv) or JSON (.json) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.json")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Places {
    National,
    Department,
    Municipality,
}

/// A relative standard error from the command line.
pub(super) fn relative_se(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| (0.0..1.0).contains(v));
    value.ok_or_else(|| "a share from 0 to below 1 is needed, such as 0.03".to_owned())
}

fn correlation(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| (0.0..1.0).contains(v));
    value.ok_or_else(|| "a correlation from 0 to below 1 is needed, such as 0.5".to_owned())
}

/// What is written and printed.
#[derive(Serialize)]
struct Found {
    rows: Vec<TrendRow>,
    assumptions: Assumptions,
    notes: Vec<String>,
}

impl Trend {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let extension = self.output.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if !["csv", "json"].contains(&extension.as_str()) {
            let path = self.output.display();
            return Err(Failure::Usage(format!("-o {path}: the name must end in .csv or .json")));
        }
        make_folder(parent(&self.output))?;
        let sources = beside_output(&self.output, "sources");
        let given = GivenFiles {
            census: self.census.clone(),
            eradication: self.eradication.clone(),
            spraying: self.spraying.clone(),
            ..GivenFiles::default()
        };
        let inputs = given.paths().chain(&self.estimates).map(PathBuf::as_path);
        keep_inputs([self.output.as_path(), sources.as_path()], inputs)?;
        let (found, stand) = match read_national(&self.census)? {
            Some(national) => {
                let found = self.of_national(&national)?;
                // The table's own census is no publisher's; eradication that it lacks is.
                let lacking = published_sources(&found.rows).into_iter().filter(|s| s.figure != "census_ha");
                let stand = national.sources().into_iter().chain(lacking).collect();
                (found, stand)
            }
            None => {
                let records = read_given(&given)?;
                let (estimates, notes) = self.estimates()?;
                let found = self.found(&records, &estimates, notes);
                let stand = self.sources(&records, &estimates, &found.rows);
                (found, stand)
            }
        };

        let bytes = match extension.as_str() {
            "csv" => trend_csv(&found.rows)?,
            _ => serde_json::to_vec_pretty(&found)?,
        };
        let staged = [Staged::bytes(&self.output, &bytes)?, Staged::bytes(&sources, &sources_csv(&stand)?)?];
        staged.into_iter().try_for_each(Staged::put)?;
        print_notes(&found.notes, output);
        if output.json {
            print_json(&found)?;
        } else if !output.quiet {
            print_line(&trend_text(&found.rows));
        }
        Ok(())
    }

    /// Where the figures behind the rows stand.
    fn sources(&self, records: &GivenRecords, estimates: &[EstimateRow], rows: &[TrendRow]) -> Vec<Source> {
        let years: BTreeSet<i32> = rows.iter().map(|row| row.year).collect();
        let places: BTreeSet<&str> = rows.iter().map(|row| row.place.as_str()).collect();
        // The country's figures are those of all municipalities, a place's its own.
        let within = |place: &str| match self.by {
            Places::National => true,
            Places::Department => place.get(..2).is_some_and(|department| places.contains(department)),
            Places::Municipality => places.contains(place),
        };
        let mut sources = records.sources(|place, year| years.contains(&year) && within(place));
        sources.extend(published_sources(rows));
        let file = self.estimates.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        sources.extend(estimates.iter().filter_map(|row| {
            let value = Exact::from_f64(row.estimate_ha?)?;
            let (place, figure) = (row.municipality_code.to_string(), "estimate_ha".to_owned());
            let (file, vintage) = (file.clone(), String::new());
            Some(Source { place, year: row.year, figure, value, file, vintage, line: 0 })
        }));
        sources
    }

    /// Trends of a table that holds the country only.
    fn of_national(&self, national: &NationalTable) -> Result<Found, Failure> {
        let alone = matches!(self.by, Places::National)
            && self.estimates.is_none()
            && self.eradication.is_empty()
            && self.spraying.is_empty();
        if !alone {
            let rule = "is a national series, a row per year: it goes with --by national, without --estimates, --eradication or --spraying";
            return Err(Failure::Usage(format!("{} {rule}", self.census.display())));
        }
        let assumptions = Assumptions { relative_se: self.relative_se, correlation: self.correlation };
        let rows: Vec<TrendRow> =
            national_series(national).iter().flat_map(|series| trend(series, assumptions)).collect();
        let mut notes = method_notes(&rows);
        notes.extend([assumed(assumptions), IDENTITY.to_owned()]);
        Ok(Found { rows, assumptions, notes })
    }

    fn estimates(&self) -> Result<(Vec<EstimateRow>, Vec<String>), Failure> {
        let Some(path) = &self.estimates else { return Ok((Vec::new(), Vec::new())) };
        let chosen = Chosen {
            class: self.class.clone(),
            estimator: self.estimator.clone(),
            year: self.estimates_year,
            calibrated_on: None,
        };
        Ok(read_estimates(path, &chosen)?)
    }

    fn found(&self, records: &GivenRecords, estimates: &[EstimateRow], notes: Vec<String>) -> Found {
        let given = !self.eradication.is_empty() || !self.spraying.is_empty();
        let inputs = Inputs { census: &records.census, eradication: given.then_some(&records.eradication), estimates };
        let by = match self.by {
            Places::National => By::National,
            Places::Department => By::Department,
            Places::Municipality => By::Municipality,
        };
        let assumptions = Assumptions { relative_se: self.relative_se, correlation: self.correlation };
        let rows: Vec<TrendRow> =
            place_series(inputs, by).iter().flat_map(|series| trend(series, assumptions)).collect();
        let mut notes: Vec<String> = records.notes.iter().cloned().chain(notes).collect();
        notes.extend(vintage_notes(&records.census));
        notes.extend(outside_notes(inputs, by));
        notes.extend(method_notes(&rows));
        notes.push(assumed(assumptions));
        notes.push(IDENTITY.to_owned());
        Found { rows, assumptions, notes }
    }
}

/// The assumption behind the intervals, in words.
fn assumed(assumptions: Assumptions) -> String {
    let Assumptions { relative_se, correlation } = assumptions;
    if relative_se == 0.0 {
        return "no error is assumed of the census: its figures have no interval".to_owned();
    }
    format!(
        "intervals (95 %) assume a standard error of {} % of each census figure and of estimates without one, a correlation of {correlation} between two years, and eradication without error; the census publishes no standard error",
        (1e6 * relative_se).round() / 1e4
    )
}

/// The last years of each place, and both readings of the last year where there are few places.
fn trend_text(rows: &[TrendRow]) -> String {
    const HEADER: [&str; 10] =
        ["place", "name", "year", "series", "hectares", "change", "growth %", "points", "eradicated", "gross gain"];
    let mut last: BTreeMap<(&str, &str), Vec<&TrendRow>> = Default::default();
    for row in rows {
        last.entry((&row.place, row.series.word())).or_default().push(row);
    }
    let years = (ROWS_SHOWN / last.len().max(1)).max(1);
    let shown: Vec<&TrendRow> =
        last.values().flat_map(|rows| rows[rows.len().saturating_sub(years)..].to_vec()).take(ROWS_SHOWN).collect();
    // Whole hectares for a country, tenths for small places.
    let small = shown.iter().all(|row| row.hectares.to_f64() < 1_000.0);
    let digits = usize::from(small);
    let cells = |row: &&TrendRow| {
        vec![
            row.place.clone(),
            row.place_name.clone(),
            row.year.to_string(),
            row.series.word().to_owned(),
            figure(Some(row.hectares.to_f64()), digits),
            figure(row.change_ha.map(|c| c.to_f64()), digits),
            figure(row.growth_pct, 2),
            figure(row.growth_change_pp, 2),
            figure(row.eradicated_ha.map(|e| e.to_f64()), digits),
            figure(row.gross_gain_ha.map(|g| g.to_f64()), digits),
        ]
    };
    let mut text = table(&HEADER, &shown.iter().map(cells).collect::<Vec<_>>(), &[0, 1, 2, 3]);
    if shown.len() < rows.len() {
        text.push_str(&format!("\n{} more rows are in the file only.", rows.len() - shown.len()));
    }
    for series in last.values().take(4) {
        if let Some(row) = series.last() {
            let (name, year, series) = (&row.place_name, row.year, row.series.word());
            text.push_str(&format!(
                "\n\n{name} {year} ({series})\n  level: {}\n  rate:  {}",
                row.reading_level, row.reading_rate
            ));
        }
    }
    text
}
