//! `cocal reconcile`: eradication records, one by one, against masks of before and after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

use super::reconcile_text::text;
use super::run::default_folder;
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::dated_masks::{masks_in_folder, open_masks};
use crate::io::digest::sha256_of_file;
use crate::io::limit_cache_to;
use crate::io::municipality_area::municipality_areas;
use crate::io::read_events::read_event_file;
use crate::io::read_municipalities::read_municipalities;
use crate::io::read_project::{ProjectFile, read_project};
use crate::io::write_reconciliation::{reconciliation_csv, reconciliation_geojson, redetection_csv, totals_csv};
use crate::reconcile::event::read_events;
use crate::reconcile::{Reconciliation, Settings};
use crate::records::Exact;
use crate::run::reconcile::reconcile;
use crate::run::threads::Threads;
use crate::territory::MunicipalityCode;

/// MiB of blocks that GDAL keeps: every window is read once, of all days.
const CACHE: u32 = 48;
/// What the result cannot tell, in every result.
const CAVEAT: &str = "outcomes are what the masks show, with the masks' errors; no error of an outcome is known. \
'not_confirmed' may also be a lot planted again before the mask, or a mask with imagery from before the event (see --settle); a \
point's circle may lie beside its lot";

/// Hold eradication records, one by one, against masks of before and after.
///
/// Each record is confirmed (coca before, none after), not_confirmed (coca before and after), nothing_seen (none before),
/// unobserved or unusable. Beside the output, `NAME_totals.csv` holds the sums by method, municipality and year, and
/// `NAME_redetection.csv` the Kaplan-Meier curves of the time until coca was seen again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cocal reconcile --records events.geojson --mask 2022=coca_2022.tif --mask 2023=coca_2023.tif -o reconciled.csv\n  cocal reconcile --records events.csv --project sample_tiles/cocal.toml --out out -o reconciled.csv"
)]
pub(super) struct Reconcile {
    /// Events with date, method, hectares, municipality code and place: polygons or points in any vector format that GDAL
    /// reads and any CRS, or CSV with longitude and latitude or well-known text.
    #[arg(long, value_name = "EVENTS")]
    records: PathBuf,
    /// Mask or class raster and what it shows: a year (its 31 December) or a day, YYYY-MM-DD. Several of one day are one mask.
    #[arg(long, value_name = "YEAR=RASTER", num_args = 1.., value_parser = dated, required_unless_present = "project")]
    mask: Vec<(Date, PathBuf)>,
    /// Take the masks, their days and the municipalities of a project that was run.
    #[arg(long, value_name = "PROJECT.toml", conflicts_with = "mask")]
    project: Option<PathBuf>,
    /// Folder of the project's outputs [default: the project's own setting, or `out` in the current folder].
    #[arg(long, value_name = "DIR", requires = "project")]
    out: Option<PathBuf>,
    /// Values that are coca [default: those whose name begins with coca, and 1 where values have no names].
    #[arg(long, value_name = "VALUE", num_args = 1.., value_parser = clap::value_parser!(u8).range(0..=253))]
    class: Vec<u8>,
    /// Reference system of coordinates that do not say theirs [default: WGS 84 for columns of a CSV].
    #[arg(long, value_name = "EPSG:N")]
    crs: Option<String>,
    /// Municipality polygons: a record of more hectares than its municipality cannot be used.
    #[arg(long, value_name = "VECTOR", requires = "code_field", conflicts_with = "project")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    #[command(flatten)]
    lines: Lines,
    /// Write the records' exact footprints into a .geojson output instead of cells of 0.01 degrees (some 1.1 km).
    #[arg(long, requires = "reason")]
    lots: bool,
    /// Why exact footprints are needed; it stands in every feature.
    #[arg(long, value_name = "TEXT", requires = "lots")]
    reason: Option<String>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

/// Where the lines are drawn.
#[derive(Debug, clap::Args)]
struct Lines {
    /// Coca is present from so many hectares on (from half of a footprint smaller than twice that) ...
    #[arg(long, value_name = "HA", default_value_t = Settings::default().present_ha, value_parser = positive)]
    present_ha: f64,
    /// ... and from so large a share of the footprint on.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().present_share, value_parser = share)]
    present_share: f64,
    /// Coca is gone where at most so large a share of it is left.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().absent_share, value_parser = share)]
    absent_share: f64,
    /// A mask counts where it observed at least this share of the footprint.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().min_observed, value_parser = share)]
    min_observed: f64,
    /// Masks so much further from the event than need be say nothing of it.
    #[arg(long, value_name = "DAYS", default_value_t = Settings::default().max_gap_days, value_parser = days)]
    max_gap: i32,
    /// The mask after the event is at least so much later [default: 0; with --project its window_days, so that the mask holds no
    /// imagery from before the event].
    #[arg(long, value_name = "DAYS", value_parser = days)]
    settle: Option<i32>,
    /// Ground claimed again within this time is counted twice.
    #[arg(long, value_name = "DAYS", default_value_t = Settings::default().season_days, value_parser = days)]
    season: i32,
    /// Radius of a point's footprint [default: that of a circle of the reported hectares].
    #[arg(long, value_name = "METRES", value_parser = positive)]
    radius: Option<f64>,
    /// The least radius of such a circle.
    #[arg(long, value_name = "METRES", default_value_t = Settings::default().min_radius_m, value_parser = positive)]
    min_radius: f64,
    /// Events of more hectares cannot be used: they are sums, or in another unit.
    #[arg(long, value_name = "HA", default_value_t = Settings::default().largest_ha, value_parser = positive)]
    largest_ha: f64,
    /// Drawn and reported hectares differ when one is more than so many times the other.
    #[arg(long, value_name = "FACTOR", default_value_t = Settings::default().differs_by, value_parser = positive)]
    differs_by: f64,
}

impl Lines {
    /// `window_days`: over how many days the imagery of a mask was taken.
    fn settings(&self, window_days: i32) -> Settings {
        Settings {
            present_ha: self.present_ha,
            present_share: self.present_share,
            absent_share: self.absent_share,
            min_observed: self.min_observed,
            max_gap_days: self.max_gap,
            settle_days: self.settle.unwrap_or(window_days),
            season_days: self.season,
            radius_m: self.radius,
            min_radius_m: self.min_radius,
            largest_ha: self.largest_ha,
            differs_by: self.differs_by,
        }
    }
}

fn dated(text: &str) -> Result<(Date, PathBuf), String> {
    let wrong = || "YEAR=RASTER or YYYY-MM-DD=RASTER is needed, such as 2024=coca_2024.tif".to_owned();
    let (day, path) = text.split_once('=').ok_or_else(wrong)?;
    let year = day.parse().ok().filter(|year| (1980..=2100).contains(year));
    let date = match year {
        Some(year) => Date::new(year, 12, 31).ok(),
        None => day.parse().ok(),
    };
    if path.is_empty() { Err(wrong()) } else { Ok((date.ok_or_else(wrong)?, PathBuf::from(path))) }
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v >= 0.0 && *v <= 1.0);
    value.ok_or_else(|| "a share from 0 to 1 is needed, such as 0.8".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v > 0.0 && v.is_finite());
    value.ok_or_else(|| "a number above zero is needed".to_owned())
}

fn days(text: &str) -> Result<i32, String> {
    let value = text.parse().ok().filter(|v| (0..=36_600).contains(v));
    value.ok_or_else(|| "a number of days from 0 to 36600 is needed".to_owned())
}

/// A file that the result comes from.
#[derive(Serialize)]
struct Source {
    what: &'static str,
    file: PathBuf,
    /// The day that a mask shows.
    date: Option<Date>,
    sha256: Option<String>,
    rows: Option<usize>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    found: &'a Reconciliation,
    sources: &'a [Source],
    lots_written_because: Option<&'a str>,
    outputs: [&'a Path; 3],
}

/// Where the masks come from, and the most that a municipality can have.
struct Inputs {
    masks: Vec<(Date, PathBuf)>,
    municipality_ha: BTreeMap<MunicipalityCode, f64>,
    /// All files but the events and masks.
    others: Vec<PathBuf>,
    /// Over how many days the imagery of a mask was taken; 0 where that is not known.
    window_days: i32,
}

/// One raster cannot show two days: every record would be found as it was before.
fn refuse_repeats(masks: &[(Date, PathBuf)]) -> Result<(), Failure> {
    for (i, (date, path)) in masks.iter().enumerate() {
        if let Some((first, _)) = masks[..i].iter().find(|(other, file)| file == path && other != date) {
            let path = path.display();
            return Err(Failure::Usage(format!("--mask {date}={path}: the same file is the mask of {first}")));
        }
    }
    Ok(())
}

/// Masks without any coca on the ground of any record are more often a wrong class than the truth.
fn no_coca(found: &Reconciliation) -> Option<String> {
    let looked = found.rows.iter().filter(|row| row.before_ha.is_some());
    let none = looked.clone().all(|row| row.before_ha == Some(Exact::ZERO));
    (looked.count() > 0 && none).then(|| {
        "no mask shows coca on the ground of any record before it: if that cannot be, see --class (the value of coca)"
            .to_owned()
    })
}

impl Reconcile {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let as_csv = self.is_csv()?;
        limit_cache_to(CACHE);
        make_folder(parent(&self.output))?;
        let inputs = self.inputs()?;
        refuse_repeats(&inputs.masks)?;
        let (totals, curves) = (beside(&self.output, "totals"), beside(&self.output, "redetection"));
        let files = inputs.masks.iter().map(|(_, path)| path).chain([&self.records]).chain(&inputs.others);
        keep_inputs([self.output.as_path(), &totals, &curves], files.map(PathBuf::as_path))?;
        let settings = self.lines.settings(inputs.window_days);
        let placed = read_event_file(&self.records, self.crs.as_deref())?;
        let file = read_events(placed, &settings, &inputs.municipality_ha)?;
        let masks = open_masks(&inputs.masks, &self.class)?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let mut notes: Vec<String> = file.notes.iter().map(|n| format!("{}: {n}", self.records.display())).collect();
        notes.push(CAVEAT.to_owned());
        if let Some(reason) = &self.reason {
            notes.push(format!("exact footprints of single records are written, because: {reason}"));
        }
        let mut found = reconcile(&threads, &file.events, &masks, &settings, notes)?;
        found.notes.extend(no_coca(&found));
        let bytes = match as_csv {
            true => reconciliation_csv(&found)?,
            false => reconciliation_geojson(&found, &file.events, self.reason.as_deref()),
        };
        let staged = [
            Staged::bytes(&self.output, &bytes)?,
            Staged::bytes(&totals, &totals_csv(&found)?)?,
            Staged::bytes(&curves, &redetection_csv(&found)?)?,
        ];
        staged.into_iter().try_for_each(Staged::put)?;
        print_notes(&found.notes, output);
        if output.json {
            let sources = self.sources(&inputs, found.rows.len())?;
            let outputs = [self.output.as_path(), &totals, &curves];
            let lots_written_because = self.reason.as_deref();
            print_json(&Report { found: &found, sources: &sources, lots_written_because, outputs })?;
        } else if !output.quiet {
            print_line(&text(&found, &self.output));
        }
        Ok(())
    }

    fn is_csv(&self) -> Result<bool, Failure> {
        let extension = self.output.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "csv" if self.lots => {
                Err(Failure::Usage("--lots writes footprints, and a .csv output has none; write .geojson".to_owned()))
            }
            "csv" => Ok(true),
            "geojson" | "json" => Ok(false),
            _ => Err(Failure::Usage(format!("-o {}: the name must end in .csv or .geojson", self.output.display()))),
        }
    }

    fn inputs(&self) -> Result<Inputs, Failure> {
        if let Some(path) = &self.project {
            return self.of_project(&read_project(path)?);
        }
        let masks = self.mask.clone();
        let (Some(path), Some(field)) = (&self.municipalities, &self.code_field) else {
            return Ok(Inputs { masks, municipality_ha: BTreeMap::new(), others: Vec::new(), window_days: 0 });
        };
        let layer = read_municipalities(path, field, None)?;
        let municipality_ha = municipality_areas(&layer)?;
        Ok(Inputs { masks, municipality_ha, others: layer.files, window_days: 0 })
    }

    fn of_project(&self, file: &ProjectFile) -> Result<Inputs, Failure> {
        let folder = self.out.clone().unwrap_or_else(|| default_folder(file));
        let years = &file.project.years;
        let masks = masks_in_folder(&folder)?
            .into_iter()
            .map(|(year, path)| Ok((years.cutoff_date(year)?, path)))
            .collect::<Result<Vec<_>, crate::project::ProjectError>>()?;
        let territory = &file.project.territory;
        let path = file.resolve(&territory.municipalities);
        let layer = read_municipalities(&path, &territory.code_field, territory.name_field.as_deref())?;
        let mut others = layer.files.clone();
        others.push(file.path.clone());
        let municipality_ha = municipality_areas(&layer)?;
        Ok(Inputs { masks, municipality_ha, others, window_days: years.window_days })
    }

    fn sources(&self, inputs: &Inputs, rows: usize) -> Result<Vec<Source>, Failure> {
        let source = |what, file: &Path, date, rows| {
            Ok(Source { what, file: file.to_owned(), date, sha256: sha256_of_file(file)?, rows })
        };
        let records = std::iter::once(source("records", &self.records, None, Some(rows)));
        let masks = inputs.masks.iter().map(|(date, path)| source("mask", path, Some(*date), None));
        let others = inputs.others.iter().map(|path| source("project or municipalities", path, None, None));
        records.chain(masks).chain(others).collect()
    }
}

/// `reconciled_totals.csv` beside `reconciled.csv`.
fn beside(output: &Path, what: &str) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}_{what}.csv"))
}
