//! `hectares.csv` and its map layer, as bytes.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use geojson::{JsonObject, JsonValue};

use super::csv_bytes::cell_text;
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::area::HectaresRow;
use crate::scene::Grid;
use crate::territory::MunicipalityCode;

/// Columns of `hectares.csv`, in order.
pub const COLUMNS: [&str; 11] = [
    "municipality_code",
    "municipality_name",
    "year",
    "class",
    "mapped_area_ha",
    "observed_share",
    "unobserved_ha",
    "coverage_area_ha",
    "bound_low_ha",
    "bound_high_ha",
    "zero_observations_share",
];

/// The rows as CSV: hectares with 4 decimals, shares with 6, what is not known blank.
pub fn hectares_csv(rows: &[HectaresRow]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(COLUMNS);
    for row in rows {
        let _ = writer.write_record([
            row.municipality_code.as_str().to_owned(),
            cell_text(&row.municipality_name).into_owned(),
            row.year.map_or(String::new(), |y| y.to_string()),
            cell_text(&row.class).into_owned(),
            hectares(row.mapped_area_ha),
            share(row.observed_share),
            hectares(row.unobserved_ha),
            hectares(row.coverage_area_ha),
            hectares(row.bound_low_ha),
            hectares(row.bound_high_ha),
            share(row.zero_observations_share),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

fn share(value: Option<f64>) -> String {
    value.map_or(String::new(), |v| format!("{v:.6}"))
}

fn hectares(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { String::new() }
}

/// Planar counts as CSV, from rows that were added up with [`crate::area::CellArea::planar`]: the sum of coverage
/// fractions, and that times the pixel's size in squared units of the CRS. Their columns are not called hectares.
pub fn planar_csv(rows: &[HectaresRow], grid: &Grid) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = [COLUMNS[0], COLUMNS[1], COLUMNS[2], COLUMNS[3], "planar_pixels", "planar_area_crs_units"];
    let _ = writer.write_record(columns);
    for row in rows {
        let pixels = row.mapped_area_ha;
        let _ = writer.write_record([
            row.municipality_code.as_str().to_owned(),
            cell_text(&row.municipality_name).into_owned(),
            row.year.map_or(String::new(), |y| y.to_string()),
            cell_text(&row.class).into_owned(),
            format!("{pixels:.12}"),
            format!("{:e}", pixels * grid.pixel_width * grid.pixel_height),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

/// The rows as GeoJSON, a feature each with the columns of the CSV as properties. `grounds` are in WGS 84; a
/// municipality without one gets a null geometry.
pub fn hectares_geojson(rows: &[HectaresRow], grounds: &BTreeMap<MunicipalityCode, MultiPolygon<f64>>) -> Vec<u8> {
    let features: Vec<MapFeature<'_>> = rows
        .iter()
        .map(|row| MapFeature { id: None, ground: grounds.get(&row.municipality_code), properties: properties(row) })
        .collect();
    geojson_bytes(&features)
}

/// The columns of a row as GeoJSON properties, rounded as in the CSV.
fn properties(row: &HectaresRow) -> JsonObject {
    let rounded = |v: f64, scale: f64| JsonValue::from((v * scale).round() / scale);
    let known = |v: f64| if v.is_finite() { rounded(v, 1e4) } else { JsonValue::Null };
    let share = |v: Option<f64>| v.map_or(JsonValue::Null, |v| rounded(v, 1e6));
    let values: [JsonValue; 11] = [
        row.municipality_code.as_str().into(),
        row.municipality_name.as_str().into(),
        row.year.into(),
        row.class.as_str().into(),
        known(row.mapped_area_ha),
        share(row.observed_share),
        known(row.unobserved_ha),
        known(row.coverage_area_ha),
        known(row.bound_low_ha),
        known(row.bound_high_ha),
        share(row.zero_observations_share),
    ];
    COLUMNS.iter().map(|c| (*c).to_owned()).zip(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_what_is_unknown_is_blank() {
        let row = HectaresRow {
            municipality_code: MunicipalityCode::parse("05001").unwrap(),
            municipality_name: "Medellín, D.".to_owned(),
            year: Some(2022),
            class: "coca".to_owned(),
            mapped_area_ha: 1.25,
            observed_share: None,
            unobserved_ha: 0.0,
            coverage_area_ha: 0.0,
            bound_low_ha: 1.25,
            bound_high_ha: 1.25,
            zero_observations_share: None,
        };
        let text = hectares_csv(std::slice::from_ref(&row));
        let want = "05001,\"Medellín, D.\",2022,coca,1.2500,,0.0000,0.0000,1.2500,1.2500,";
        assert_eq!(String::from_utf8_lossy(&text).lines().nth(1), Some(want));
    }
}
