//! `publication.json`: what was done, from what, without a path, a person or a time of day.
//!
//! Inputs of the run have their digests. Its outputs have none: a table differs from the published one by some withheld
//! figures, and whoever knows its digest finds them by trying.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::cells::PublishedYear;
use super::{Content, Request};
use crate::io::digest::sha256_of_bytes;
use crate::io::published::local_names;
use crate::io::read_publishable::Outputs;
use crate::publish::check::text::without_folders;
use crate::publish::tables::WithheldMap;

/// The record of a publication.
pub fn record(
    request: &Request,
    outputs: &Outputs,
    (years, withheld): (&[PublishedYear], &WithheldMap),
    files: &[Content],
) -> Value {
    let settings = &request.settings;
    let cells: BTreeMap<String, Value> = years
        .iter()
        .map(|y| (y.count.year.to_string(), json!({ "shown": y.count.shown, "withheld": y.count.withheld })))
        .collect();
    let places = |set: &std::collections::BTreeSet<(String, i32)>, name: &str| -> Vec<Value> {
        set.iter().map(|(code, year)| json!({ name: code, "year": year })).collect()
    };
    let digests: Vec<Value> =
        files.iter().map(|(name, bytes)| json!({ "name": name, "sha256": sha256_of_bytes(bytes) })).collect();
    json!({
        "program": format!("cocal {}", env!("CARGO_PKG_VERSION")),
        "language": request.language,
        "k": settings.k,
        "cell_m": settings.lattice.side_m() as u32,
        "min_ha": settings.min_ha,
        "lots_reason": settings.lots_reason,
        "lot": "a patch of coca pixels joined over edges or corners, counted in the cell that holds the most of it",
        "border_decimals": crate::publish::snap::BORDER_DECIMALS,
        "years": years.iter().map(|y| y.count.year).collect::<Vec<_>>(),
        "cells": cells,
        "withheld_municipalities": places(&withheld.municipalities, "municipality_code"),
        "withheld_departments": places(&withheld.departments, "department"),
        "withheld_totals": withheld.all,
        "outputs": digests,
        "run": outputs.record.as_ref().map(|run| of_run(run, withheld)),
    })
}

/// What of `run.json` leaves.
fn of_run(run: &Value, withheld: &WithheldMap) -> Value {
    let inputs = list(run, "inputs").map(|input| {
        let name = input.get("path").and_then(Value::as_str).map(bare_name);
        json!({ "role": input.get("role"), "name": name, "sha256": input.get("sha256") })
    });
    let scenes = list(run, "scenes")
        .filter_map(|scene| scene.get("scene"))
        .map(|scene| json!({ "sensor": scene.get("sensor"), "date": scene.get("date") }));
    let (notes, dropped) = notes(run, withheld);
    json!({
        "program": run.get("program"),
        "gdal": run.get("gdal"),
        "synthetic": run.get("synthetic"),
        "inputs": inputs.collect::<Vec<_>>(),
        "settings": kept(run.get("settings"), &["mask", "years", "validity"]),
        "model": kept(run.get("model"), &["classes", "coca", "sensor", "bands", "seed", "training_years", "temporal", "held_out"]),
        "scenes": scenes.collect::<Vec<_>>(),
        "notes": notes,
        "notes_left_out": dropped,
    })
}

fn list<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn bare_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

fn kept(of: Option<&Value>, names: &[&str]) -> Value {
    let fields = of.and_then(Value::as_object).into_iter().flatten();
    let kept = fields.filter(|(name, _)| names.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

/// The run's remarks without folders, and how many stay behind: those that still tell of people or places, and, where figures
/// are withheld, those with hectares or shares from which one might be computed.
fn notes(run: &Value, withheld: &WithheldMap) -> (Vec<String>, usize) {
    let names = local_names();
    let anything = !withheld.municipalities.is_empty();
    let all: Vec<String> = list(run, "notes").filter_map(Value::as_str).map(without_folders).collect();
    let count = all.len();
    let telling = |note: &String| anything && (note.contains(" ha") || note.contains('%'));
    let kept: Vec<String> = all.into_iter().filter(|note| names.find(note).is_empty() && !telling(note)).collect();
    let dropped = count - kept.len();
    (kept, dropped)
}
