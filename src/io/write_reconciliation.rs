//! Reconciled records as CSV and GeoJSON, their totals and curves.
//!
//! Places of single records do not leave by default: a feature's geometry is the cell of about 1.1 km that holds the middle of
//! its footprint. The footprints themselves are written only with a reason, which stands in every feature.

use geo::MultiPolygon;
use geojson::JsonObject;
use serde_json::Value;

use super::csv_bytes::{CsvError, csv_bytes, text};
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::reconcile::event::Event;
use crate::reconcile::outcome::Outcome;
use crate::reconcile::report::MethodCurve;
use crate::reconcile::survival::Step;
use crate::reconcile::totals::Total;
use crate::reconcile::{ReconciledRow, Reconciliation};

/// Columns of the rows.
pub const ROW_COLUMNS: [&str; 22] = [
    "record_id",
    "municipality_code",
    "date",
    "method",
    "reported_ha",
    "polygon_ha",
    "observed_share",
    "before_ha",
    "after_ha",
    "outcome",
    "redetected_on",
    "counted_twice_ha",
    "why",
    "line",
    "before_on",
    "after_on",
    "last_free_on",
    "redetected_after_days",
    "footprint",
    "footprint_ha",
    "area_differs",
    "twice_with",
];

/// A row's cells; blank where unknown.
pub fn row_cells(row: &ReconciledRow) -> [String; 22] {
    [
        row.record_id.clone(),
        text(row.municipality_code.as_ref()),
        text(row.date),
        row.method_word().to_owned(),
        text(row.reported_ha),
        text(row.polygon_ha),
        text(row.observed_share),
        text(row.before_ha),
        text(row.after_ha),
        row.outcome.word().to_owned(),
        text(row.redetected_on),
        text(row.counted_twice_ha),
        row.why.clone(),
        row.line.to_string(),
        text(row.before_on),
        text(row.after_on),
        text(row.last_free_on),
        text(row.redetected_after_days),
        row.footprint.unwrap_or_default().to_owned(),
        text(row.footprint_ha),
        row.area_differs.map_or("", |differs| if differs { "yes" } else { "no" }).to_owned(),
        row.twice_with.clone(),
    ]
}

/// The rows as CSV.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn reconciliation_csv(found: &Reconciliation) -> Result<Vec<u8>, CsvError> {
    csv_bytes(ROW_COLUMNS, found.rows.iter().map(row_cells))
}

/// The totals as CSV: records and hectares by outcome.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn totals_csv(found: &Reconciliation) -> Result<Vec<u8>, CsvError> {
    let header = [
        "level",
        "method",
        "municipality_code",
        "year",
        "records",
        "reported_ha",
        "confirmed_records",
        "confirmed_ha",
        "not_confirmed_records",
        "not_confirmed_ha",
        "nothing_seen_records",
        "nothing_seen_ha",
        "unobserved_records",
        "unobserved_ha",
        "unusable_records",
        "unusable_ha",
        "unusable_without_ha_records",
        "counted_twice_ha",
        "redetected_records",
    ];
    let cells = |total: &Total| {
        let of = |outcome| total.of(outcome);
        let [confirmed, not_confirmed, nothing, unobserved, unusable] = Outcome::ALL.map(of);
        [
            total.reach.word().to_owned(),
            total.method.clone(),
            text(total.municipality_code.as_ref()),
            text(total.year),
            total.records.to_string(),
            total.reported_ha.to_string(),
            confirmed.records.to_string(),
            confirmed.hectares.to_string(),
            not_confirmed.records.to_string(),
            not_confirmed.hectares.to_string(),
            nothing.records.to_string(),
            nothing.hectares.to_string(),
            unobserved.records.to_string(),
            unobserved.hectares.to_string(),
            unusable.records.to_string(),
            unusable.hectares.to_string(),
            total.unusable_without_ha.to_string(),
            total.counted_twice_ha.to_string(),
            total.redetected.to_string(),
        ]
    };
    csv_bytes(header, found.totals.iter().map(cells))
}

/// The curves as CSV, one row a day on which a record was seen again or last looked at.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn redetection_csv(found: &Reconciliation) -> Result<Vec<u8>, CsvError> {
    let header = ["method", "days", "at_risk", "redetected", "censored", "survival", "survival_low", "survival_high"];
    let cells = |(curve, step): (&MethodCurve, &Step)| {
        [
            curve.method.clone(),
            step.days.to_string(),
            step.at_risk.to_string(),
            step.redetected.to_string(),
            step.censored.to_string(),
            step.survival.to_string(),
            step.low.to_string(),
            step.high.to_string(),
        ]
    };
    let steps = found.redetection.iter().flat_map(|c| c.curve.steps.iter().map(move |s| (c, s)));
    csv_bytes(header, steps.map(cells))
}

/// The rows as GeoJSON features; `events` are those of the rows. With a reason the exact footprints, without one the cells
/// that hold them. Records that cannot be used have no geometry.
pub fn reconciliation_geojson(found: &Reconciliation, events: &[Event], lots_because: Option<&str>) -> Vec<u8> {
    let ground = |event: &Event| {
        let (_, footprint) = event.usable()?;
        if lots_because.is_some() { Some(footprint.ground()) } else { footprint.cell() }
    };
    let grounds: Vec<Option<MultiPolygon<f64>>> = events.iter().map(ground).collect();
    let feature = |(row, ground): (&ReconciledRow, &'_ Option<MultiPolygon<f64>>)| {
        let mut properties = properties(row);
        let (what, reason) = match lots_because {
            Some(reason) => ("footprint", Value::from(reason)),
            None => ("cell of 0.01 degrees", Value::Null),
        };
        properties.insert("geometry_is".to_owned(), if ground.is_some() { what.into() } else { Value::Null });
        if lots_because.is_some() {
            properties.insert("lots_written_because".to_owned(), reason);
        }
        properties
    };
    let features: Vec<MapFeature<'_>> = found
        .rows
        .iter()
        .zip(&grounds)
        .map(|pair| MapFeature { id: None, ground: pair.1.as_ref(), properties: feature(pair) })
        .collect();
    geojson_bytes(&features)
}

/// The cells of the table under its columns; figures as numbers, unknown ones null.
fn properties(row: &ReconciledRow) -> JsonObject {
    let number =
        |column: &str| column.ends_with("_ha") || matches!(column, "observed_share" | "line" | "redetected_after_days");
    let value = |(column, cell): (&str, String)| match cell {
        cell if cell.is_empty() => Value::Null,
        cell if number(column) => cell.parse::<serde_json::Number>().map_or(Value::Null, Value::Number),
        cell => Value::from(cell),
    };
    let pairs = ROW_COLUMNS.into_iter().zip(row_cells(row));
    pairs.map(|(column, cell)| (column.to_owned(), value((column, cell)))).collect()
}
