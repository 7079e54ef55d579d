//! `cocal compare`: hectares beside census and eradication.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Failure, Output, print_line};
use crate::compare::{CompareOptions, Comparison, compare};
use crate::io::atomic::{make_folder, parent, write_bytes};
use crate::io::read_hectares::read_mapped_hectares;
use crate::io::read_records::{read_census, read_eradication};
use crate::io::write_comparison::{comparison_cells, comparison_csv, comparison_geojson, total_cells, totals_csv};

/// Hold hectares against the census and the eradication records.
///
/// Beside the output, <NAME>_totals.csv holds the totals per department and for the country.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal compare --hectares hectares.csv --census census.csv --eradication eradication.csv -o comparison.csv"
)]
pub(super) struct Compare {
    /// Hectares per municipality, as `cocal hectares` and `cocal run` write them.
    ///
    /// From other tools: municipality_code, year and mapped_area_ha are needed.
    #[arg(long, value_name = "FILE.csv")]
    hectares: PathBuf,
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Eradication (manual, spraying or events); may be given more than once.
    #[arg(long, value_name = "FILE.csv", required = true, num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Only these years [default: every year in the hectares].
    #[arg(long, value_name = "N", num_args = 1..)]
    year: Vec<i32>,
    /// Municipality polygons for a .geojson output.
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

impl Compare {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let format = Format::of(&self.output)?;
        make_folder(parent(&self.output))?;
        let only_year = <[i32; 1]>::try_from(self.year.as_slice()).ok().map(|[year]| year);
        let (mapped, hectares_notes) = read_mapped_hectares(&self.hectares, only_year)?;
        let census = read_census(&self.census)?;
        let eradication = read_eradication(&self.eradication)?;
        let options = CompareOptions { years: self.year.iter().copied().collect(), municipality_area_ha: None };
        let mut comparison = compare(&mapped, &census, &eradication, &options)?;
        let of_census = census.notes.iter().map(|n| format!("{}: {n}", self.census.display()));
        let given = hectares_notes.into_iter().chain(of_census).chain(eradication.notes);
        comparison.notes.splice(0..0, given);

        let bytes = match format {
            Format::Csv => comparison_csv(&comparison)?,
            Format::GeoJson => {
                comparison.notes.push("no geometry: the features of the map layer are without ground".to_owned());
                comparison_geojson(&comparison, |_| Value::Null)?
            }
        };
        write_bytes(&self.output, &bytes)?;
        write_bytes(&totals_path(&self.output), &totals_csv(&comparison)?)?;
        if output.json {
            print_line(&serde_json::to_string_pretty(&comparison)?);
        } else if !output.quiet {
            print_line(&comparison_table(&comparison));
        }
        for note in &comparison.notes {
            tracing::warn!("{note}");
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    GeoJson,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("geojson" | "json") => Ok(Self::GeoJson),
            _ => Err(Failure::Usage(format!("{}: the output must end in .csv or .geojson", path.display()))),
        }
    }
}

/// `comparison_totals.csv` beside `comparison.csv`.
fn totals_path(output: &Path) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}_totals.csv"))
}

/// Rows and the country's totals, aligned: text left, figures right, blank where unknown.
pub(super) fn comparison_table(comparison: &Comparison) -> String {
    const HEADER: [&str; 12] = [
        "code",
        "municipality",
        "year",
        "mapped",
        "observed",
        "census",
        "difference",
        "last census",
        "manual",
        "spraying",
        "gross gain",
        "flag",
    ];
    const OF_ROW: [usize; 12] = [0, 1, 2, 4, 5, 8, 9, 10, 11, 12, 15, 16];
    const OF_TOTAL: [usize; 12] = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 14, 15];
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(comparison.rows.iter().map(|row| {
        let cells = comparison_cells(row);
        OF_ROW.map(|i| cells[i].clone())
    }));
    lines.extend(comparison.totals.iter().map(|total| {
        let cells = total_cells(total);
        OF_TOTAL.map(|i| cells[i].clone())
    }));
    for line in &mut lines[1..] {
        for (i, cell) in line.iter_mut().enumerate().filter(|(i, _)| (3..11).contains(i)) {
            *cell = if i == 4 { percent(cell) } else { hectares(cell) };
        }
    }
    align(&lines)
}

fn align(lines: &[[String; 12]]) -> String {
    let width = |i: usize| lines.iter().map(|l| l[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..12).map(width).collect();
    let rows = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths).enumerate().map(|(i, (cell, &w))| match i {
            3..=10 => format!("{cell:>w$}"),
            _ => format!("{cell:<w$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Hectares with one decimal and commas between thousands, as people read them; blank stays blank.
fn hectares(cell: &str) -> String {
    let Ok(value) = cell.parse::<f64>() else { return String::new() };
    let text = format!("{value:.1}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |d| ("-", d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fraction}")
}

fn percent(cell: &str) -> String {
    cell.parse::<f64>().map(|share| format!("{:.1} %", 100.0 * share)).unwrap_or_default()
}
