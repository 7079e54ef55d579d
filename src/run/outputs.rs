//! What a run leaves in its folder: tables, map layer, model and `run.json`, each whole or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::assess::Assessed;
use super::error::JobError;
use super::job::Outcome;
use super::layers::LAYERS;
use super::map::YearMap;
use super::map_rows::{map_layer, round_to};
use super::plan::YearPlan;
use super::prepare::{Ground, Scenes};
use super::provenance::{Clock, Input, RunRecord};
use super::viewers::{catalog, for_qgis};
use crate::area::hectares::HectaresRow;
use crate::classify::model::Model;
use crate::classify::model_bytes::to_bytes;
use crate::compare::MappedHectares;
use crate::io::assessment_file::{assessment_csv, change_csv, json_bytes};
use crate::io::atomic::{Staged, WriteError, put_marked};
use crate::io::gdal_version;
use crate::io::raster::says_synthetic;
use crate::io::read_project::ProjectFile;
use crate::io::stac::{COLLECTION, item_name};
use crate::io::write_comparison::{comparison_csv, totals_csv};
use crate::io::write_hectares::hectares_csv;
use crate::io::write_qgis_project::PROJECT;
use crate::io::write_validation::{nulls_csv, validation_csv};
use crate::project::Format;
use crate::scene::Validity;

/// What `run.json` tells of.
pub struct Run<'a> {
    /// The project.
    pub file: &'a ProjectFile,
    /// Its scenes.
    pub scenes: &'a Scenes,
    /// Its municipalities.
    pub ground: &'a Ground,
    /// The model.
    pub model: &'a Model,
    /// Each year's map.
    pub maps: &'a [YearMap],
    /// Inputs with their digests.
    pub inputs: Vec<Input>,
    /// The years' rasters, to be put in place.
    pub staged: Vec<Staged>,
}

/// What a run writes beside its rasters.
const TABLES: [&str; 8] = [
    "hectares.csv",
    "comparison.csv",
    "comparison_totals.csv",
    "model.cocal",
    "change.csv",
    "validation.csv",
    "validation_nulls.csv",
    RECORD,
];
const RECORD: &str = "run.json";

/// `assessment_2024.json` and `municipal_2024.csv`.
fn assessment_name(name: &str, year: impl std::fmt::Display) -> String {
    format!("{name}_{year}.{}", if name == "assessment" { "json" } else { "csv" })
}

/// Every file that a run may write into its folder.
pub fn paths(out: &Path, years: &[YearPlan]) -> Vec<PathBuf> {
    let of_year = |YearPlan { year, .. }: &YearPlan| {
        let year = *year;
        let rasters = LAYERS
            .into_iter()
            .flat_map(move |layer| ["tif", "tif.aux.xml", "qml"].map(|end| format!("mask/{layer}_{}.{end}", year)));
        let tables = ["assessment", "municipal"].map(|name| assessment_name(name, year));
        rasters.chain(tables).chain([item_name(year)])
    };
    let layers = Format::ALL.map(Format::file_name);
    let once = TABLES.iter().chain(&layers).chain(&[PROJECT, COLLECTION]).map(|name| (*name).to_owned());
    once.chain(years.iter().flat_map(of_year)).map(|name| out.join(name)).collect()
}

/// Writes every output under a temporary name, then gives all of them their final names: what an earlier run left stays
/// whole until this one is. `run.json` goes first and comes last, so that its presence says that the run is whole.
///
/// # Errors
/// [`JobError`] naming the file that cannot be written.
pub fn write(mut run: Run<'_>, outcome: &mut Outcome, mut clock: Clock) -> Result<(), JobError> {
    let mut staged = std::mem::take(&mut run.staged);
    let run = &run;
    let mut put = |name: &str, bytes: Vec<u8>| {
        staged.push(Staged::bytes(&outcome.out.join(name), &bytes)?);
        Ok::<_, WriteError>(())
    };
    put("hectares.csv", hectares_csv(&outcome.hectares))?;
    if let Some(comparison) = &outcome.comparison {
        put("comparison.csv", comparison_csv(comparison)?)?;
        put("comparison_totals.csv", totals_csv(comparison)?)?;
    }
    for (name, bytes) in assessed_tables(&outcome.assessed)? {
        put(&name, bytes)?;
    }
    let layer = map_layer(run, outcome)?;
    for format in &run.file.project.output.formats {
        put(format.file_name(), layer.bytes(*format)?)?;
    }
    if outcome.training.is_some() {
        put("model.cocal", to_bytes(run.model))?;
    }
    for (name, bytes) in for_qgis(run, &layer) {
        put(&name, bytes)?;
    }
    for (name, bytes) in catalog(run, &outcome.out, &staged)? {
        staged.push(Staged::bytes(&outcome.out.join(name), &bytes)?);
    }
    clock.stage("write");
    let path = outcome.out.join(RECORD);
    // Side files of GDAL and QGIS belong to their rasters and are not named.
    let beside = |path: &PathBuf| path.extension().is_some_and(|e| e == "xml" || e == "qml");
    outcome.files.extend(staged.iter().map(|file| file.path().to_owned()).filter(|path| !beside(path)));
    let record = serde_json::to_vec_pretty(&record(run, outcome, clock)).map_err(JobError::Record)?;
    staged.push(Staged::bytes(&path, &record)?);
    outcome.files.push(path);
    put_marked(staged)?;
    Ok(())
}

/// What the labelled samples say, as files.
fn assessed_tables(assessed: &Assessed) -> Result<Vec<(String, Vec<u8>)>, JobError> {
    let mut tables = Vec::new();
    for assessment in &assessed.years {
        let year = assessment.year.unwrap_or_default();
        tables.push((assessment_name("assessment", year), json_bytes(assessment).map_err(JobError::Record)?));
        tables.push((assessment_name("municipal", year), assessment_csv(assessment)?));
    }
    if !assessed.changes.is_empty() {
        tables.push(("change.csv".to_owned(), change_csv(&assessed.changes)?));
    }
    if let Some(validation) = &assessed.validation {
        tables.push(("validation.csv".to_owned(), validation_csv(validation)?));
        tables.push(("validation_nulls.csv".to_owned(), nulls_csv(validation)?));
    }
    Ok(tables)
}

/// The model's classes with their numbers in the class raster.
pub fn numbered_classes(model: &Model) -> Vec<(u8, String)> {
    (1..=u8::MAX).zip(model.classes.iter().cloned()).collect()
}

/// Rows of coca: the model's coca class, or the sum of several, as class `coca`.
pub fn coca_rows(hectares: &[HectaresRow], model: &Model) -> Vec<MappedHectares> {
    let coca: Vec<&String> = model.classes.iter().zip(&model.coca).filter(|(_, is)| **is).map(|(c, _)| c).collect();
    let mut rows: BTreeMap<(String, Option<i32>), MappedHectares> = BTreeMap::new();
    for row in hectares.iter().filter(|row| coca.contains(&&row.class)) {
        let key = (row.municipality_code.to_string(), row.year);
        match rows.get_mut(&key) {
            Some(sum) => {
                sum.mapped_area_ha += row.mapped_area_ha;
                sum.bound_low_ha = sum.bound_low_ha.map(|low| low + row.mapped_area_ha);
                sum.bound_high_ha = sum.bound_high_ha.map(|high| high + row.mapped_area_ha);
            }
            None => {
                rows.insert(key, mapped(row));
            }
        }
    }
    rows.into_values().collect()
}

/// A row of coca with the digits of hectares.csv, so that whoever subtracts its columns gets the comparison's.
fn mapped(row: &HectaresRow) -> MappedHectares {
    let hectares = |value: f64| round_to(value, 4);
    MappedHectares {
        municipality_code: row.municipality_code.clone(),
        municipality_name: row.municipality_name.clone(),
        year: row.year.unwrap_or_default(),
        class: "coca".to_owned(),
        mapped_area_ha: hectares(row.mapped_area_ha),
        observed_share: row.observed_share.map(|share| round_to(share, 6)),
        unobserved_ha: Some(hectares(row.unobserved_ha)),
        coverage_area_ha: Some(hectares(row.coverage_area_ha)),
        bound_low_ha: Some(hectares(row.bound_low_ha)),
        bound_high_ha: Some(hectares(row.bound_high_ha)),
    }
}

fn name_in(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().into_owned()
}

fn record(run: &Run<'_>, outcome: &Outcome, clock: Clock) -> RunRecord {
    let mut counted: BTreeMap<usize, BTreeMap<String, [u64; Validity::ALL.len()]>> = BTreeMap::new();
    for (year, map) in run.scenes.years.iter().zip(run.maps) {
        for (scene, states) in &map.states {
            counted.entry(*scene).or_default().insert(year.year.to_string(), *states);
        }
    }
    let scenes = run.scenes.scenes.iter().enumerate().map(|(number, scene)| {
        let years = counted.get(&number);
        let pixels: Map<String, Value> = years
            .into_iter()
            .flatten()
            .map(|(year, states)| {
                let named = Validity::ALL.iter().zip(states).filter(|(_, n)| **n > 0);
                (year.clone(), named.map(|(v, n)| (v.name().to_owned(), json!(n))).collect::<Map<_, _>>().into())
            })
            .collect();
        json!({ "scene": scene, "pixels_by_year": pixels })
    });
    let model = run.model;
    RunRecord {
        program: format!("cocal {}", env!("CARGO_PKG_VERSION")),
        gdal: gdal_version(),
        settings: json!(run.file.project),
        synthetic: run.scenes.scenes.iter().any(|scene| says_synthetic(&scene.path)),
        inputs: run.inputs.clone(),
        outputs: outcome.files.iter().map(|file| name_in(&outcome.out, file)).collect(),
        scenes: scenes.collect(),
        model: json!({
            "classes": model.classes, "coca": model.coca, "features": model.features, "sensor": model.sensor,
            "bands": model.bands, "seed": model.seed, "training_years": model.training_years,
            "inputs": model.inputs, "temporal": model.temporal, "held_out": model.assessment,
        }),
        grid: json!(run.scenes.grid),
        notes: outcome.notes.clone(),
        failures: outcome.failures.clone(),
        timings: clock.timings(),
    }
}
