//! A comparison as bytes: CSV, its totals, and GeoJSON.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use serde_json::{Map, Value};

use super::csv_bytes::{CsvError, csv_bytes, wide_csv_bytes};
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::compare::{Beside, Comparison, ComparisonRow, TotalRow};
use crate::records::national::NationalFigure;
use crate::records::parse::Elsewhere;
use crate::records::{RecordFile, Source};
use crate::territory::MunicipalityCode;

/// A comparison that cannot be written as bytes (never for its figures; the writers' own failure).
#[derive(Debug, thiserror::Error)]
pub enum ComparisonBytesError {
    /// As CSV.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// As JSON.
    #[error("cannot write the comparison as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Columns of the comparison, in order.
pub const COMPARISON_COLUMNS: [&str; 20] = [
    "municipality_code",
    "municipality_name",
    "year",
    "class",
    "mapped_area_ha",
    "observed_share",
    "unobserved_ha",
    "coverage_area_ha",
    "census_ha",
    "difference_ha",
    "previous_census_ha",
    "eradicated_ha_manual",
    "eradicated_ha_spraying",
    "change_ha",
    "growth_pct",
    "gross_gain_ha",
    "flag",
    "null_error_ha",
    "bound_low_ha",
    "bound_high_ha",
];

/// Columns of the totals, in order.
pub const TOTALS_COLUMNS: [&str; 17] = [
    "level",
    "place_code",
    "place_name",
    "year",
    "municipalities",
    "mapped_area_ha",
    "observed_share",
    "census_ha",
    "difference_ha",
    "previous_census_ha",
    "eradicated_ha_manual",
    "eradicated_ha_spraying",
    "change_ha",
    "growth_pct",
    "gross_gain_ha",
    "flag",
    "census_total_ha",
];

/// Text of a figure, blank where it is unknown.
fn text<T: ToString>(figure: &Option<T>) -> String {
    figure.as_ref().map(T::to_string).unwrap_or_default()
}

/// The cells of a row, in the order of [`COMPARISON_COLUMNS`].
pub fn comparison_cells(row: &ComparisonRow) -> [String; 20] {
    [
        row.municipality_code.to_string(),
        row.municipality_name.clone(),
        row.year.to_string(),
        row.class.clone(),
        text(&row.mapped_area_ha),
        text(&row.observed_share),
        text(&row.unobserved_ha),
        text(&row.coverage_area_ha),
        text(&row.census_ha),
        text(&row.difference_ha),
        text(&row.previous_census_ha),
        text(&row.eradicated_ha_manual),
        text(&row.eradicated_ha_spraying),
        text(&row.change_ha),
        text(&row.growth_pct),
        text(&row.gross_gain_ha),
        row.flag.to_string(),
        text(&row.null_error_ha),
        text(&row.bound_low_ha),
        text(&row.bound_high_ha),
    ]
}

/// The cells of a total, in the order of [`TOTALS_COLUMNS`].
pub fn total_cells(row: &TotalRow) -> [String; 17] {
    [
        row.level.word().to_owned(),
        row.place_code.clone(),
        row.place_name.clone(),
        row.year.to_string(),
        row.municipalities.to_string(),
        text(&row.mapped_area_ha),
        text(&row.observed_share),
        text(&row.census_ha),
        text(&row.difference_ha),
        text(&row.previous_census_ha),
        text(&row.eradicated_ha_manual),
        text(&row.eradicated_ha_spraying),
        text(&row.change_ha),
        text(&row.growth_pct),
        text(&row.gross_gain_ha),
        row.flag.to_string(),
        text(&row.census_total_ha),
    ]
}

fn header<'a>(columns: &'a [&'a str], beside: Option<&'a Beside>) -> impl Iterator<Item = &'a str> {
    columns.iter().copied().chain(beside.into_iter().flat_map(Beside::names))
}

fn with_beside<const N: usize>(cells: [String; N], beside: &Beside) -> Vec<String> {
    cells.into_iter().chain(beside.0.iter().map(|(_, value)| text(value))).collect()
}

/// Where the figures of the records stand, as CSV: place, year, figure, value, file, vintage and line.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn sources_csv(sources: &[Source]) -> Result<Vec<u8>, CsvError> {
    let header = ["place_code", "year", "figure", "value", "file", "vintage", "line"];
    let row = |s: &Source| {
        let (place, figure, value) = (s.place.clone(), s.figure.clone(), s.value.to_string());
        // What a publisher gave has no line.
        let line = if s.line == 0 { String::new() } else { s.line.to_string() };
        [place, s.year.to_string(), figure, value, s.file.clone(), s.vintage.clone(), line]
    };
    csv_bytes(header, sources.iter().map(row))
}

/// Every row that no sum holds, as CSV: file, line and why.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn left_out_csv(files: &[&RecordFile]) -> Result<Vec<u8>, CsvError> {
    let of_file = |file: &&RecordFile| {
        let why = |e: &Elsewhere| format!("no municipality: code '{}', '{}'", e.code, e.label);
        let elsewhere = file.elsewhere.iter().map(|e| (e.line, why(e)));
        let rows: BTreeMap<u64, String> =
            elsewhere.chain(file.left_out.iter().map(|row| (row.line, row.why.clone()))).collect();
        let path = file.path.clone();
        rows.into_iter().map(move |(line, why)| [path.clone(), line.to_string(), why])
    };
    csv_bytes(["file", "line", "why"], files.iter().flat_map(of_file))
}

/// National figures as CSV.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn national_csv(figures: &[NationalFigure]) -> Result<Vec<u8>, CsvError> {
    let row = |f: &NationalFigure| {
        [f.series.word(), &f.year.to_string(), &f.hectares.to_string(), f.vintage, f.source].map(str::to_owned)
    };
    csv_bytes(["series", "year", "hectares", "vintage", "source"], figures.iter().map(row))
}

/// The rows as CSV.
///
/// # Errors
/// [`ComparisonBytesError`] from the CSV writer.
pub fn comparison_csv(comparison: &Comparison) -> Result<Vec<u8>, ComparisonBytesError> {
    let rows = comparison.rows.iter().map(|row| with_beside(comparison_cells(row), &row.beside));
    let further = comparison.rows.first().map(|row| &row.beside);
    Ok(wide_csv_bytes(header(&COMPARISON_COLUMNS, further), rows)?)
}

/// The totals as CSV.
///
/// # Errors
/// [`ComparisonBytesError`] from the CSV writer.
pub fn totals_csv(comparison: &Comparison) -> Result<Vec<u8>, ComparisonBytesError> {
    let rows = comparison.totals.iter().map(|row| with_beside(total_cells(row), &row.beside));
    let further = comparison.totals.first().map(|row| &row.beside);
    Ok(wide_csv_bytes(header(&TOTALS_COLUMNS, further), rows)?)
}

/// The rows as GeoJSON features (RFC 7946) on the ground of their municipality, in WGS 84; null where `grounds` lacks it.
///
/// # Errors
/// [`ComparisonBytesError`] from the JSON writer.
pub fn comparison_geojson(
    comparison: &Comparison,
    grounds: &BTreeMap<MunicipalityCode, MultiPolygon<f64>>,
) -> Result<Vec<u8>, ComparisonBytesError> {
    let feature = |row: &ComparisonRow| {
        let properties = match serde_json::to_value(row)? {
            Value::Object(properties) => properties,
            _ => Map::new(),
        };
        let id = Some(format!("{}-{}", row.municipality_code, row.year));
        Ok(MapFeature { id, ground: grounds.get(&row.municipality_code), properties })
    };
    let features = comparison.rows.iter().map(feature).collect::<Result<Vec<_>, serde_json::Error>>()?;
    Ok(geojson_bytes(&features))
}
