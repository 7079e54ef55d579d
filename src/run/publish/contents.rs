//! The files of a publication, as bytes.

use std::collections::BTreeSet;

use super::Content;
use super::cells::PublishedYear;
use super::error::PublishError;
use crate::io::published::local_names;
use crate::io::read_publishable::Outputs;
use crate::io::write_publication::{
    CellRow, LotsOf, cells_csv, cells_geojson, lots_geojson, municipalities_geojson, table_csv,
};
use crate::publish::check::Settings;
use crate::publish::check::text::without_folders;
use crate::publish::columns::assessment_for_all;
use crate::publish::snap::{BORDER_DECIMALS, snap};
use crate::publish::tables::{WithheldMap, merge_coca, publish_properties, publish_table};

/// All but `publication.json` and lots.
pub fn contents(
    outputs: &Outputs,
    years: &[PublishedYear],
    withheld: &WithheldMap,
    settings: &Settings,
) -> Result<Vec<Content>, PublishError> {
    let mut files = Vec::new();
    for output in &outputs.tables {
        let mut table = output.table.clone();
        if output.name == "hectares.csv" {
            merge_coca(&mut table);
        }
        let published = publish_table(output.kind, &table, output.year, withheld);
        files.push((output.name.clone(), table_csv(&published)?));
    }
    let names = local_names();
    for (name, assessment) in &outputs.assessments {
        let year = assessment.get("year").and_then(serde_json::Value::as_i64);
        let mapped = year.is_some_and(|year| !withheld.all.contains(&(year as i32)));
        let mut kept = assessment_for_all(assessment, mapped);
        if let Some(notes) = kept.get_mut("notes").and_then(serde_json::Value::as_array_mut) {
            let clean = notes.iter().filter_map(serde_json::Value::as_str).map(without_folders);
            *notes = clean.filter(|note| names.find(note).is_empty()).map(Into::into).collect();
        }
        let bytes = serde_json::to_vec_pretty(&kept)?;
        files.push((name.clone(), bytes));
    }
    files.push(("municipalities.geojson".to_owned(), municipalities(outputs, withheld)));
    let rows = rows_by_cell(years);
    files.push(("cells.csv".to_owned(), cells_csv(settings.lattice, &rows)?));
    files.push(("cells.geojson".to_owned(), cells_geojson(settings.lattice, &rows)?));
    Ok(files)
}

fn municipalities(outputs: &Outputs, withheld: &WithheldMap) -> Vec<u8> {
    let of = outputs.properties.iter().map(|properties| {
        let (kept, _) = publish_properties(properties, withheld);
        let code = kept.get("municipality_code").and_then(serde_json::Value::as_str).unwrap_or_default();
        (outputs.ground(code).and_then(|ground| snap(ground, BORDER_DECIMALS)), kept)
    });
    municipalities_geojson(of.collect())
}

/// Rows by cell, then by year.
fn rows_by_cell(years: &[PublishedYear]) -> Vec<CellRow> {
    let mut rows: Vec<CellRow> = years.iter().flat_map(|year| year.rows.iter().copied()).collect();
    rows.sort_by_key(|row| (row.cell, row.year));
    rows
}

/// Adds the lots where a reason lets them leave. How many.
pub fn add_lots(files: &mut Vec<Content>, years: &[PublishedYear], settings: &Settings) -> Result<usize, PublishError> {
    if settings.lots_reason.is_none() {
        return Ok(0);
    }
    let of_years = years.iter().flat_map(|year| year.lots.iter().map(|of| (year.count.year, of)));
    let all: Vec<LotsOf<'_>> = of_years
        .map(|(year, of)| LotsOf {
            year,
            grid: &of.grid,
            hectares: of.lots.iter().map(|lot| lot.mm2 as f64 / 1e10).collect(),
            pixels: &of.pixels,
        })
        .collect();
    files.push(("lots.geojson".to_owned(), lots_geojson(&all)?));
    Ok(all.iter().map(|of| of.hectares.len()).sum())
}

/// What the user must know of what stayed behind.
pub fn notes(outputs: &Outputs, settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    let mut left = outputs.left.clone();
    left.retain(|name| !name.starts_with('.'));
    if !left.is_empty() {
        notes.push(format!("not published: {}", left.join(", ")));
    }
    let columns: BTreeSet<&str> = outputs
        .tables
        .iter()
        .flat_map(|t| t.table.header.iter().filter(|name| t.kind.origin(name).is_none()))
        .map(String::as_str)
        .collect();
    if !columns.is_empty() {
        notes.push(format!("columns not published: {}", columns.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if let Some(reason) = &settings.lots_reason {
        notes.push(format!("SINGLE LOTS ARE IN THIS PUBLICATION (lots.geojson). Reason given: {reason}"));
    }
    notes
}
