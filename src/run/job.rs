//! `cocal run`: a whole project, from scenes to the comparison.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::assess::{Assessed, assess_years};
use super::imagery::Imagery;
use super::layers::layers;
use super::map::{self, Rasters, YearMap};
use super::model::{dilation_pixels, model_of_project};
use super::prepare::{Ground, Scenes, prepare};
use super::provenance::{Clock, digest_inputs};
use super::threads::Threads;
use super::train::TrainReport;
use super::{JobError, outputs};
use crate::area::hectares::{HectaresRow, hectares_rows};
use crate::classify::model::Model;
use crate::compare::{CompareOptions, Comparison, MappedHectares, compare};
use crate::features::recipe::Recipe;
use crate::io::atomic;
use crate::io::municipality_area::municipality_areas;
use crate::io::read_project::ProjectFile;
use crate::io::read_records::{read_census, read_eradication};
use crate::io::read_truth::{TruthRow, read_truth};
use crate::pipeline::Chain;
use crate::territory::MunicipalityCode;

/// What a run tells while it works.
pub enum Progress<'a> {
    /// A stage begins, with so many steps.
    Stage(&'a str, u64),
    /// So many steps are done.
    Step(u64),
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

/// Runs a project into a folder.
///
/// # Errors
/// [`JobError`] naming the file and the rule; then no output has been put in place.
pub fn run_project(
    file: &ProjectFile,
    out: &Path,
    threads: &Threads,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Outcome, JobError> {
    let mut clock = Clock::start(threads.count());
    atomic::make_folder(&out.join("mask"))?;
    // Small inputs first: a wrong table must not be found after hours of mapping.
    let records = read_records(file)?;
    let truth = file.project.truth.as_ref().map(|t| read_truth(&file.resolve(&t.hectares))).transpose()?;
    progress(Progress::Stage("opening scenes", 0));
    let (scenes, ground) = prepare(threads, file)?;
    let files = input_files(file, &scenes, &ground);
    let may_write = outputs::paths(out, &scenes.years);
    atomic::keep_inputs(may_write.iter().map(PathBuf::as_path), files.iter().map(|(path, _)| path.as_path()))?;
    let inputs = digest_inputs(threads, &files)?;
    clock.stage("open and digest inputs");
    let (model, training) = model_of_project(threads, file, &scenes, &inputs, progress)?;
    clock.stage("train");
    let mut maps = map_years(file, out, threads, (&scenes, &ground, &model), progress)?;
    clock.stage("map");
    clock.part("hectares", maps.iter().map(|map| map.tabulating.as_secs_f64()).sum());

    let mut notes = scenes.notes.clone();
    notes.extend(ground.layer.notes.iter().cloned());
    notes.extend(training.iter().flat_map(|t| t.notes.iter().cloned()));
    let classes = outputs::numbered_classes(&model);
    let mut hectares = Vec::new();
    for (year, map) in scenes.years.iter().zip(&maps) {
        let year = Some(i32::from(year.year));
        hectares.extend(hectares_rows(&map.table, &ground.layer.municipalities, &classes, year));
    }
    let municipality_area_ha = municipality_areas(&ground.layer)?;
    let census = records.as_ref().map(|(census, _)| census);
    let assessed = assess_years(file, (&scenes, &ground, &model), &maps, (census, &municipality_area_ha))?;
    let comparison = match &records {
        None => None,
        Some(records) => Some(compare_with(records, &outputs::coca_rows(&hectares, &model), municipality_area_ha)?),
    };
    if let Some(comparison) = &comparison {
        notes.extend(comparison.notes.iter().cloned());
    }
    notes.extend(maps.iter().zip(&scenes.years).filter_map(|(map, year)| overlap_note(map, year.year)));
    notes.extend(assessed.notes.iter().cloned());
    let truth = beside_truth(truth.unwrap_or_default(), &hectares);
    clock.stage("compare");
    let mut outcome =
        Outcome { out: out.to_owned(), files: Vec::new(), hectares, comparison, truth, training, assessed, notes };
    let staged = maps.iter_mut().flat_map(|map| std::mem::take(&mut map.staged)).collect();
    let run = outputs::Run { file, scenes: &scenes, ground: &ground, model: &model, maps: &maps, inputs, staged };
    outputs::write(run, &mut outcome, clock)?;
    Ok(outcome)
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
fn input_files(file: &ProjectFile, scenes: &Scenes, ground: &Ground) -> Vec<(PathBuf, &'static str)> {
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

fn map_years(
    file: &ProjectFile,
    out: &Path,
    threads: &Threads,
    (scenes, ground, model): (&Scenes, &Ground, &Model),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Vec<YearMap>, JobError> {
    let recipe = Recipe::for_features(&model.features, &model.bands)?;
    let imagery = Imagery::new(&scenes.scenes, &scenes.grid, model.bands.clone())?;
    let dilation = dilation_pixels(&file.project, &scenes.grid);
    let unit_ha = file.project.mask.minimum_mapping_unit_ha;
    let halo = map::halo(&scenes.grid, unit_ha)?;
    let chain = Chain { model, recipe: &recipe, dilation, minimum_unit_mm2: map::unit_mm2(unit_ha) };
    let mut maps = Vec::new();
    for year in &scenes.years {
        progress(Progress::Stage(&format!("mapping {}", year.year), scenes.grid.window().len() as u64));
        let label = format!("{} {}", file.project.project.name, year.year);
        let suffix = year.year.to_string();
        let rasters = Rasters {
            folder: &out.join("mask"),
            suffix: &suffix,
            layers: layers(model, Some(year.year), label.trim()),
        };
        let step = |pixels: usize| progress(Progress::Step(pixels as u64));
        maps.push(map::map_year(threads, &imagery, year, &chain, (&ground.zones, halo, &rasters, &step))?);
    }
    Ok(maps)
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
