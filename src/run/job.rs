//! `cocal run`: a whole project, from scenes to the comparison.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::assess::{Assessed, assess_years};
use super::batch::keys::of_training;
use super::batch::prepared::{Opened, Prepared};
use super::batch::workplace::Workplace;
use super::batch::{How, Reuse};
use super::budget::Room;
use super::map::{self, Kept, Watched, YearMap};
use super::prepare::{Ground, Scenes};
use super::provenance::Clock;
use super::threads::Threads;
use super::train::TrainReport;
use super::watch::Summary;
use super::{JobError, outputs};
use crate::area::hectares::{HectaresRow, hectares_rows};
use crate::compare::{CompareOptions, Comparison, MappedHectares, compare};
use crate::io::journal::Key;
use crate::io::loss::{Failure, failures_of};
use crate::io::municipality_area::municipality_areas;
use crate::io::read_project::ProjectFile;
use crate::io::read_records::{read_census, read_eradication};
use crate::io::read_truth::{TruthRow, read_truth};
use crate::territory::MunicipalityCode;

/// What a run tells while it works.
pub enum Progress<'a> {
    /// A stage begins, with so many steps.
    Stage(&'a str, u64),
    /// So many steps are done.
    Step(u64),
    /// So many steps were done before: an earlier run or task left them.
    Found(u64),
}

/// What a run gives.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Output folder.
    pub out: PathBuf,
    /// Every file written.
    pub files: Vec<PathBuf>,
    /// Hectares by municipality, year and class.
    pub hectares: Vec<HectaresRow>,
    /// Beside census and eradication, where the project names them.
    pub comparison: Option<Comparison>,
    /// Beside the known truth, where there is one.
    pub truth: Vec<TruthBeside>,
    /// The training, where the run trained its model.
    pub training: Option<TrainReport>,
    /// Areas with their error, of every year that has a labelled sample.
    pub assessed: Assessed,
    /// Remarks.
    pub notes: Vec<String>,
    /// Parts of the work that could not be done, and what the figures have instead.
    pub failures: Vec<Failure>,
    /// How much was there already, and what took long.
    pub watched: Summary,
}

/// A mapped figure beside the simulator's truth.
#[derive(Debug, Clone, Serialize)]
pub struct TruthBeside {
    /// The truth.
    #[serde(flatten)]
    pub truth: TruthRow,
    /// Hectares mapped.
    pub mapped_area_ha: f64,
    /// Mapped minus truth.
    pub error_ha: f64,
}

/// Runs a project into a folder. Windows that are done are kept beside the outputs: a run that is killed goes on from them.
///
/// # Errors
/// [`JobError`] naming the file and the rule; then no output has been put in place.
pub fn run_project(
    file: &ProjectFile,
    out: &Path,
    threads: &Threads,
    (how, reuse): (&How, Reuse),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Outcome, JobError> {
    let mut clock = Clock::start(threads.count());
    let mut place = Workplace::open(out, reuse)?;
    // Small inputs first: a wrong table must not be found after hours of mapping.
    let tables = read_tables(file)?;
    progress(Progress::Stage("opening scenes", 0));
    let opened = Opened::new(file, Some(out), threads, how)?;
    clock.stage("open and digest inputs");
    let with = (threads, &mut clock);
    let prepared = Prepared::new(file, opened, with, Some(&mut place.journal), progress)?;
    let room = prepared.room(how, threads)?;
    let fewer = if room.threads < threads.count() { Some(Threads::start(Some(room.threads))?) } else { None };
    let (maps, keys) = map_years(&prepared, (out, &room), &mut place, fewer.as_ref().unwrap_or(threads), progress)?;
    clock.stage("map");
    let outcome = conclude(&prepared, maps, tables, out, clock)?;
    place.journal.finish(&keys)?;
    Ok(outcome)
}

/// What others say, read before anything that takes long.
pub struct Tables {
    records: Option<Records>,
    truth: Vec<TruthRow>,
}

/// Reads the tables of a project.
///
/// # Errors
/// [`JobError`] naming the file and the row.
pub fn read_tables(file: &ProjectFile) -> Result<Tables, JobError> {
    let records = read_records(file)?;
    let truth = file.project.truth.as_ref().map(|t| read_truth(&file.resolve(&t.hectares))).transpose()?;
    Ok(Tables { records, truth: truth.unwrap_or_default() })
}

/// From maps to hectares, their comparison, and every output in its place.
///
/// # Errors
/// [`JobError`]; then no output has been put in place.
pub fn conclude(
    prepared: &Prepared,
    mut maps: Vec<YearMap>,
    Tables { records, truth }: Tables,
    out: &Path,
    mut clock: Clock,
) -> Result<Outcome, JobError> {
    let Prepared { file, scenes, ground, model, training, .. } = prepared;
    clock.part("hectares", maps.iter().map(|map| map.tabulating.as_secs_f64()).sum());
    let mut notes = scenes.notes.clone();
    notes.extend(ground.layer.notes.iter().cloned());
    notes.extend(training.iter().flat_map(|t| t.notes.iter().cloned()));
    let classes = outputs::numbered_classes(model);
    let mut hectares = Vec::new();
    for (year, map) in scenes.years.iter().zip(&maps) {
        let year = Some(i32::from(year.year));
        hectares.extend(hectares_rows(&map.table, &ground.layer.municipalities, &classes, year));
    }
    let municipality_area_ha = municipality_areas(&ground.layer)?;
    let census = records.as_ref().map(|(census, _)| census);
    let assessed = assess_years(file, (scenes, ground, model), &maps, (census, &municipality_area_ha))?;
    let comparison = match &records {
        None => None,
        Some(records) => Some(compare_with(records, &outputs::coca_rows(&hectares, model), municipality_area_ha)?),
    };
    if let Some(comparison) = &comparison {
        notes.extend(comparison.notes.iter().cloned());
    }
    notes.extend(maps.iter().zip(&scenes.years).filter_map(|(map, year)| overlap_note(map, year.year)));
    notes.extend(assessed.notes.iter().cloned());
    let truth = beside_truth(truth, &hectares);
    clock.stage("compare");
    let (failures, watched) = watched(prepared, &mut maps);
    let (out, training) = (out.to_owned(), training.clone());
    let mut outcome =
        Outcome { out, files: Vec::new(), hectares, comparison, truth, training, assessed, notes, failures, watched };
    let staged = maps.iter_mut().flat_map(|map| std::mem::take(&mut map.staged)).collect();
    let inputs = prepared.inputs.clone();
    let run = outputs::Run { file, scenes, ground, model, maps: &maps, inputs, staged };
    outputs::write(run, &mut outcome, clock)?;
    Ok(outcome)
}

/// Everything that could not be done, each once, and what took long.
fn watched(prepared: &Prepared, maps: &mut [YearMap]) -> (Vec<Failure>, Summary) {
    let mut all = Watched::default();
    maps.iter_mut().for_each(|map| all.add(std::mem::take(&mut map.watched)));
    let mut failures = prepared.failures();
    failures.extend(failures_of(&all.losses));
    failures.append(&mut all.failures);
    let slowest = all.slowest.iter().map(|(took, w)| {
        let name = format!("rows {}..{}, columns {}..{}", w.row0, w.row_end(), w.col0, w.col_end());
        (name, took.as_secs_f64())
    });
    let (windows, reused) = all.windows;
    (failures.into_iter().collect(), Summary { windows, reused, retried: all.retried, slowest: slowest.collect() })
}

/// Holds the mapped coca against the records; their own notes go first.
fn compare_with(
    (census, eradication): &Records,
    mapped: &[MappedHectares],
    municipality_area_ha: BTreeMap<MunicipalityCode, f64>,
) -> Result<Comparison, JobError> {
    let options = CompareOptions { municipality_area_ha: Some(municipality_area_ha), ..CompareOptions::default() };
    let mut comparison = compare(mapped, census, eradication, &options)?;
    comparison.notes.splice(0..0, census.notes.iter().chain(&eradication.notes).cloned());
    Ok(comparison)
}

/// Polygons that overlap count ground twice: that is said, not mended.
fn overlap_note(map: &YearMap, year: i16) -> Option<String> {
    let overlap = map.table.overlap_hectares();
    (overlap > 0.01)
        .then(|| format!("{year}: municipality polygons overlap, {overlap:.2} ha are counted in more than one"))
}

type Records = (crate::records::Census, crate::records::Eradication);

fn read_records(file: &ProjectFile) -> Result<Option<Records>, JobError> {
    let records = &file.project.records;
    let Some(census) = &records.census else { return Ok(None) };
    let path = file.resolve(census);
    let mut census = read_census(&path)?;
    census.notes.iter_mut().for_each(|note| *note = format!("{}: {note}", path.display()));
    let eradication: Vec<PathBuf> = records.eradication.iter().map(|p| file.resolve(p)).collect();
    Ok(Some((census, read_eradication(&eradication)?)))
}

/// Every file that the figures depend on, with its role.
pub fn input_files(file: &ProjectFile, scenes: &Scenes, ground: &Ground) -> Vec<(PathBuf, &'static str)> {
    let project = &file.project;
    let mut files = vec![(file.path.clone(), "project")];
    let mut add = |typed: Option<&String>, role| files.extend(typed.map(|path| (file.resolve(path), role)));
    add(project.classifier.model.as_ref(), "model");
    if project.classifier.model.is_none() {
        add(project.classifier.samples.as_ref(), "samples");
    }
    add(project.records.census.as_ref(), "census");
    project.records.eradication.iter().for_each(|path| add(Some(path), "eradication"));
    add(project.truth.as_ref().map(|t| &t.hectares), "truth");
    for entry in &project.assessment {
        add(Some(&entry.sample), "reference sample");
        add(entry.key.as_ref(), "key of the reference sample");
        add(Some(&entry.strata_area), "strata of the reference sample");
    }
    files.extend(ground.layer.files.iter().map(|path| (path.clone(), "municipalities")));
    for scene in &scenes.scenes {
        files.extend(scene.files.iter().map(|path| (path.clone(), "scene")));
    }
    files
}

/// Maps all years; also the keys of their windows.
fn map_years(
    prepared: &Prepared,
    (out, room): (&Path, &Room),
    place: &mut Workplace,
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<(Vec<YearMap>, Vec<Key>), JobError> {
    let recipe = prepared.recipe()?;
    let (chain, imagery) = (prepared.chain(&recipe), prepared.imagery()?);
    let keys = prepared.keys(&imagery, &chain);
    let folder = out.join("mask");
    let mut all = vec![of_training(&prepared.file.project, &prepared.scenes, &prepared.inputs)];
    let mut maps = Vec::new();
    for year in &prepared.scenes.years {
        progress(Progress::Stage(&format!("mapping {}", year.year), prepared.scenes.grid.window().len() as u64));
        let suffix = year.year.to_string();
        let rasters = prepared.rasters(&folder, year, &suffix);
        let job = prepared.year_job(&imagery, year, &chain, prepared.windows(&imagery, year, room)?)?;
        let of = |number| keys.of(year, &job.windows, &job.days, &job.windows.window(number));
        let mut kept = Kept { journal: &mut place.journal, keys: (0..job.windows.len()).map(of).collect() };
        let step = |pixels: usize| progress(Progress::Step(pixels as u64));
        maps.push(map::map_year(threads, &job, &rasters, Some(&mut kept), &step)?);
        all.extend(kept.keys);
    }
    Ok((maps, all))
}

fn beside_truth(truth: Vec<TruthRow>, hectares: &[HectaresRow]) -> Vec<TruthBeside> {
    let mapped = |t: &TruthRow| {
        let same = |h: &&HectaresRow| {
            h.municipality_code == t.municipality_code && h.year == Some(t.year) && h.class == t.class
        };
        hectares.iter().find(same).map(|h| h.mapped_area_ha)
    };
    truth
        .into_iter()
        .filter_map(|t| {
            let mapped_area_ha = mapped(&t)?;
            Some(TruthBeside { mapped_area_ha, error_ha: mapped_area_ha - t.truth_ha, truth: t })
        })
        .collect()
}
