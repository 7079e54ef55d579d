//! Trends as CSV.

use super::csv_bytes::{CsvError, csv_bytes, text};
use crate::trend::TrendRow;
use crate::trend::error::Interval;

/// Columns of a trend, in order.
pub const TREND_COLUMNS: [&str; 27] = [
    "place",
    "year",
    "hectares",
    "hectares_low",
    "hectares_high",
    "change_ha",
    "change_ha_low",
    "change_ha_high",
    "growth_pct",
    "growth_pct_low",
    "growth_pct_high",
    "growth_change_pp",
    "growth_change_pp_low",
    "growth_change_pp_high",
    "eradicated_ha",
    "gross_gain_ha",
    "gross_gain_ha_low",
    "gross_gain_ha_high",
    "reading_rate",
    "reading_level",
    "place_name",
    "series",
    "eradicated_methods",
    "eradicated_source",
    "flag",
    "break_even_relative_se",
    "error",
];

/// The rows as CSV; blank where a figure or its error is not known.
///
/// # Errors
/// [`CsvError`] from the CSV writer.
pub fn trend_csv(rows: &[TrendRow]) -> Result<Vec<u8>, CsvError> {
    csv_bytes(TREND_COLUMNS, rows.iter().map(cells))
}

fn cells(row: &TrendRow) -> [String; 27] {
    let low = |ci: Option<Interval>| text(ci.map(|c| c.low));
    let high = |ci: Option<Interval>| text(ci.map(|c| c.high));
    [
        row.place.clone(),
        row.year.to_string(),
        row.hectares.to_string(),
        low(row.hectares_ci),
        high(row.hectares_ci),
        text(row.change_ha),
        low(row.change_ci),
        high(row.change_ci),
        text(row.growth_pct),
        low(row.growth_ci),
        high(row.growth_ci),
        text(row.growth_change_pp),
        low(row.growth_change_ci),
        high(row.growth_change_ci),
        text(row.eradicated_ha),
        text(row.gross_gain_ha),
        low(row.gross_gain_ci),
        high(row.gross_gain_ci),
        row.reading_rate.clone(),
        row.reading_level.clone(),
        row.place_name.clone(),
        row.series.word().to_owned(),
        text(row.eradicated_methods.clone()),
        text(row.eradicated_source.clone()),
        row.flag.clone(),
        text(row.break_even_relative_se),
        row.error.to_owned(),
    ]
}
