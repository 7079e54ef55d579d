//! The leak checker over the files of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use geo::MultiPolygon;
use serde::Serialize;
use serde_json::Value;

use super::RECORD;
use crate::io::cell_plane::{carry, cell_plane};
use crate::io::published::{DocumentReader, PublishedError, PublishedFile, files_below, local_names};
use crate::publish::check::document::Content;
use crate::publish::check::facts::Facts;
use crate::publish::check::totals::revealed;
use crate::publish::check::{Document, Examined, Finding, Rule, Settings, check_document, reason};
use crate::scene::Crs;
use crate::territory::CellLattice;

/// Settings that may only be stricter than those of `publication.json`.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Fewest lots.
    pub k: Option<u32>,
    /// The cells.
    pub lattice: Option<CellLattice>,
    /// Least hectares.
    pub min_ha: Option<f64>,
}

/// What the checker says.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// How much was looked at.
    pub examined: Examined,
    /// Fewest lots of a cell that shows its figures.
    pub k: u32,
    /// Side of the cells in metres.
    pub cell_m: u32,
    /// Least hectares.
    pub min_ha: Option<f64>,
    /// Why single lots are in it, where they are.
    pub lots_reason: Option<String>,
    /// The leaks.
    pub findings: Vec<Finding>,
}

/// Checks a folder.
///
/// # Errors
/// [`PublishedError`] where it cannot be read, or has no file: nothing was examined then.
pub fn check_folder(folder: &Path, overrides: &Overrides) -> Result<CheckReport, PublishedError> {
    check_files(&files_below(folder)?, overrides)
}

/// Checks files that are, or are about to be, in one folder.
///
/// # Errors
/// [`PublishedError`] where one cannot be read.
pub fn check_files(files: &[PublishedFile], overrides: &Overrides) -> Result<CheckReport, PublishedError> {
    let names = local_names();
    let reader = DocumentReader::new(names.clone())?;
    let mut facts = Facts::default();
    let mut findings = Vec::new();
    let record = match files.iter().find(|file| file.name == RECORD && !file.link) {
        Some(file) => match reader.read(file)? {
            Document { content: Content::Json(value), .. } => Some(value),
            _ => None,
        },
        None => None,
    };
    let settings = settings(record.as_ref(), overrides, &mut facts);
    if record.is_none() {
        let (file, place, what) = (RECORD.to_owned(), "file".to_owned(), "missing or no JSON".to_owned());
        findings.push(Finding { file, place, rule: Rule::NoPublication, what });
    }
    if let Some(k) = record.as_ref().and_then(|r| r.get("k")).filter(|k| k.as_u64().is_none_or(|k| k < 2)) {
        let (file, place, what) = (RECORD.to_owned(), "/k".to_owned(), format!("k is {k}, the least is 2"));
        findings.push(Finding { file, place, rule: Rule::FewLots, what });
    }
    for file in files {
        let document = reader.read(file)?;
        findings.extend(check_document(&document, (&settings, &names), &mut facts));
    }
    findings.extend(revealed(&facts, &on_plane(&facts)?, &settings));
    findings.sort();
    findings.dedup();
    let (k, cell_m) = (settings.k, settings.lattice.side_m() as u32);
    let Settings { min_ha, lots_reason, .. } = settings;
    Ok(CheckReport { examined: facts.examined, k, cell_m, min_ha, lots_reason, findings })
}

/// Municipalities in the plane of the cells.
fn on_plane(facts: &Facts) -> Result<BTreeMap<String, MultiPolygon<f64>>, PublishedError> {
    let mut grounds: Vec<MultiPolygon<f64>> = facts.grounds.values().cloned().collect();
    let held = carry(&mut grounds, &Crs::wgs84(), &cell_plane()?)?;
    let known = facts.grounds.keys().cloned().zip(grounds).zip(held);
    Ok(known.filter(|(_, held)| *held).map(|(ground, _)| ground).collect())
}

/// The settings of `publication.json`, or stricter ones.
fn settings(record: Option<&Value>, overrides: &Overrides, facts: &mut Facts) -> Settings {
    let get = |name: &str| record.and_then(|r| r.get(name));
    let own = Settings::default();
    let k =
        get("k").and_then(Value::as_u64).filter(|k| *k >= 2).map_or(own.k, |k| u32::try_from(k).unwrap_or(u32::MAX));
    let side = get("cell_m").and_then(Value::as_u64).and_then(|m| CellLattice::new(u32::try_from(m).ok()?).ok());
    let lattice = side.unwrap_or(own.lattice);
    let stricter = overrides.lattice.filter(|other| other.side_m() > lattice.side_m());
    let least = [get("min_ha").and_then(Value::as_f64), overrides.min_ha];
    let list = |name: &str| get(name).and_then(Value::as_array).into_iter().flatten();
    let places = |list_name: &str, name: &str| -> Vec<(String, i32)> {
        let of = |place: &Value| {
            let code = place.get(name)?.as_str()?.to_owned();
            Some((code, i32::try_from(place.get("year")?.as_i64()?).ok()?))
        };
        list(list_name).filter_map(of).collect()
    };
    facts.withheld.extend(places("withheld_municipalities", "municipality_code"));
    facts.withheld_departments.extend(places("withheld_departments", "department"));
    facts.withheld_totals.extend(list("withheld_totals").filter_map(|year| i32::try_from(year.as_i64()?).ok()));
    Settings {
        k: k.max(overrides.k.unwrap_or(0)),
        lattice: stricter.unwrap_or(lattice),
        min_ha: least.into_iter().flatten().reduce(f64::max),
        lots_reason: get("lots_reason").and_then(Value::as_str).and_then(reason),
    }
}
