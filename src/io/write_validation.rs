//! A validation as bytes: rows as CSV or map layer, and the nulls' table.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use serde_json::{Map, Value};

use super::csv_bytes::{CsvError, csv_bytes, text};
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::compare::skill::Skill;
use crate::compare::validate::{Validation, ValidationRow};
use crate::territory::MunicipalityCode;

/// Columns of the rows, in order.
pub const VALIDATION_COLUMNS: [&str; 19] = [
    "municipality_code",
    "municipality_name",
    "year",
    "census_ha",
    "adjusted_area_ha",
    "standard_error_ha",
    "ci95_low_ha",
    "ci95_high_ha",
    "difference_ha",
    "z",
    "p_value",
    "q_value",
    "margin_ha",
    "equivalence_p",
    "equivalent",
    "previous_census_ha",
    "verdict",
    "circular",
    "significant",
];

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn cells(row: &ValidationRow) -> [String; 19] {
    use crate::compare::validate::Verdict::{Higher, Lower};
    [
        row.municipality_code.to_string(),
        row.municipality_name.clone(),
        row.year.to_string(),
        text(row.census_ha),
        text(row.adjusted_area_ha),
        text(row.standard_error_ha),
        text(row.ci95_ha.map(|c| c[0])),
        text(row.ci95_ha.map(|c| c[1])),
        text(row.difference_ha),
        text(row.z),
        text(row.p_value),
        text(row.q_value),
        text(row.margin_ha),
        text(row.equivalence_p),
        text(row.equivalent.map(yes)),
        text(row.previous_census_ha),
        row.verdict.words().to_owned(),
        yes(row.circular).to_owned(),
        text(row.q_value.map(|_| yes(matches!(row.verdict, Higher | Lower)))),
    ]
}

/// The rows as CSV.
///
/// # Errors
/// From the CSV writer.
pub fn validation_csv(validation: &Validation) -> Result<Vec<u8>, CsvError> {
    csv_bytes(VALIDATION_COLUMNS, validation.rows.iter().map(cells))
}

/// The rows as GeoJSON features (RFC 7946) on the ground of their municipality; null where `grounds` lacks it.
///
/// # Errors
/// From the JSON writer.
pub fn validation_geojson(
    validation: &Validation,
    grounds: &BTreeMap<MunicipalityCode, MultiPolygon<f64>>,
) -> Result<Vec<u8>, serde_json::Error> {
    let feature = |row: &ValidationRow| {
        let mut properties = match serde_json::to_value(row)? {
            Value::Object(properties) => properties,
            _ => Map::new(),
        };
        // GIS tools have no columns of pairs.
        properties.remove("ci95_ha");
        properties.insert("ci95_low_ha".to_owned(), row.ci95_ha.map(|c| c[0]).into());
        properties.insert("ci95_high_ha".to_owned(), row.ci95_ha.map(|c| c[1]).into());
        let id = Some(format!("{}-{}", row.municipality_code, row.year));
        Ok(MapFeature { id, ground: grounds.get(&row.municipality_code), properties })
    };
    let features = validation.rows.iter().map(feature).collect::<Result<Vec<_>, serde_json::Error>>()?;
    Ok(geojson_bytes(&features))
}

/// The nulls' table as CSV: scope `compared` is the municipalities that estimates and nulls have, `census` all of it.
///
/// # Errors
/// From the CSV writer.
pub fn nulls_csv(validation: &Validation) -> Result<Vec<u8>, CsvError> {
    let header = [
        "year",
        "scope",
        "figures",
        "municipalities",
        "weighted_mape_pct",
        "national_error_pct",
        "pearson",
        "spearman",
        "presence_iou",
    ];
    let cells = |(year, scope, skill): (i32, &str, &Skill)| {
        [
            year.to_string(),
            scope.to_owned(),
            skill.name.to_owned(),
            skill.municipalities.to_string(),
            text(skill.weighted_mape_pct),
            text(skill.national_error_pct),
            text(skill.pearson),
            text(skill.spearman),
            text(skill.presence_iou),
        ]
    };
    let rows = validation.skill.iter().flat_map(|year| {
        let scopes = [("compared", &year.compared), ("census", &year.whole_census)];
        scopes.into_iter().flat_map(move |(scope, skills)| skills.iter().map(move |skill| (year.year, scope, skill)))
    });
    csv_bytes(header, rows.map(cells))
}
