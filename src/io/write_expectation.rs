//! An expectation as bytes: its rows, and the track record beside them.

use super::csv_bytes::{CsvError, csv_bytes, text};
use crate::expect::Expectation;
use crate::expect::record::RecordYear;
use crate::expect::rows::{ExpectedRow, Outside};

/// Columns of the rows, in order.
pub const EXPECTATION_COLUMNS: [&str; 14] = [
    "municipality_code",
    "municipality_name",
    "year",
    "expected_ha",
    "expected_low_ha",
    "expected_high_ha",
    "last_year_ha",
    "census_ha",
    "outside",
    "trend_ha",
    "regression_ha",
    "growth_nation_pct",
    "growth_department_pct",
    "growth_own_pct",
];

/// Columns of the record, in order.
pub const RECORD_COLUMNS: [&str; 19] = [
    "year",
    "municipalities",
    "census_ha",
    "error_pct",
    "last_year_error_pct",
    "mean_of_three_error_pct",
    "carried_on_error_pct",
    "closer_than_last_year",
    "with_interval",
    "held",
    "active",
    "active_held",
    "level_pct",
    "nation_expected_ha",
    "nation_low_ha",
    "nation_high_ha",
    "nation_held",
    "spoilt",
    "is_the_year_asked_for",
];

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// The rows as CSV.
///
/// # Errors
/// From the CSV writer.
pub fn expectation_csv(found: &Expectation) -> Result<Vec<u8>, CsvError> {
    let cells = |row: &ExpectedRow| {
        [
            row.municipality_code.to_string(),
            row.municipality_name.clone(),
            row.year.to_string(),
            text(row.expected_ha),
            text(row.expected_low_ha),
            text(row.expected_high_ha),
            text(row.last_year_ha),
            text(row.census_ha),
            text(row.outside.map(Outside::word)),
            text(row.trend_ha),
            text(row.regression_ha),
            text(row.growth_nation_pct),
            text(row.growth_department_pct),
            text(row.growth_own_pct),
        ]
    };
    csv_bytes(EXPECTATION_COLUMNS, found.rows.iter().map(cells))
}

/// The record as CSV, a row per year.
///
/// # Errors
/// From the CSV writer.
pub fn record_csv(found: &Expectation) -> Result<Vec<u8>, CsvError> {
    let cells = |year: &RecordYear| {
        [
            year.year.to_string(),
            year.municipalities.to_string(),
            year.census_ha.to_string(),
            text(year.error_pct),
            text(year.last_year_error_pct),
            text(year.mean_of_three_error_pct),
            text(year.carried_on_error_pct),
            text(year.closer().map(yes)),
            year.with_interval.to_string(),
            year.held.to_string(),
            year.active.to_string(),
            year.active_held.to_string(),
            year.level_pct.to_string(),
            year.nation_expected_ha.to_string(),
            text(year.nation_interval_ha.map(|i| i[0])),
            text(year.nation_interval_ha.map(|i| i[1])),
            text(year.nation_held().map(yes)),
            yes(year.spoilt).to_owned(),
            yes(year.year == found.year).to_owned(),
        ]
    };
    csv_bytes(RECORD_COLUMNS, found.record.iter().map(cells))
}
