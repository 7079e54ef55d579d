//! An association as bytes: the coefficients, and the years around large operations.

use super::csv_bytes::{CsvError, csv_bytes, text};
use crate::panel::Association;
use crate::panel::associate::{Fitted, Row};
use crate::panel::event::{EventStudy, Point};
use crate::panel::words::reading;

/// Columns of the coefficients, in order.
pub const ASSOCIATION_COLUMNS: [&str; 17] = [
    "model",
    "outcome",
    "term",
    "coefficient",
    "standard_error",
    "low",
    "high",
    "p_value",
    "permutation_p",
    "observations",
    "municipalities",
    "years",
    "first_year",
    "last_year",
    "unit",
    "reading",
    "title",
];

/// Columns of the events, in order.
pub const EVENT_COLUMNS: [&str; 14] = [
    "model",
    "outcome",
    "event_time",
    "bin",
    "coefficient",
    "standard_error",
    "low",
    "high",
    "p_value",
    "municipalities_with_event",
    "observations",
    "municipalities",
    "unit",
    "reading",
];

fn cells(fitted: &Fitted, row: &Row) -> [String; 17] {
    let estimate = &row.estimate;
    [
        fitted.model.name.to_owned(),
        fitted.form.word().to_owned(),
        estimate.term.clone(),
        estimate.coefficient.to_string(),
        estimate.standard_error.to_string(),
        estimate.low.to_string(),
        estimate.high.to_string(),
        estimate.p_value.to_string(),
        text(row.permutation_p),
        fitted.observations.to_string(),
        fitted.municipalities.to_string(),
        fitted.years.len().to_string(),
        text(fitted.years.first()),
        text(fitted.years.last()),
        format!("change of {} for 1 of {}", fitted.unit, row.unit),
        row.reading.to_owned(),
        fitted.model.title.to_owned(),
    ]
}

/// The coefficients as CSV.
///
/// # Errors
/// From the CSV writer.
pub fn association_csv(association: &Association) -> Result<Vec<u8>, CsvError> {
    let rows = association.fitted.iter().flat_map(|f| f.rows.iter().map(move |row| cells(f, row)));
    csv_bytes(ASSOCIATION_COLUMNS, rows)
}

/// The years around large operations as CSV; only the header where there were none.
///
/// # Errors
/// From the CSV writer.
pub fn events_csv(association: &Association) -> Result<Vec<u8>, CsvError> {
    let form = association.main_form.word();
    let unit = association.events.as_ref().map_or("", |e| e.unit.as_str());
    let cells = |study: &EventStudy, point: &Point| {
        let estimate = point.estimate.as_ref();
        [
            format!("event_study_{}", study.estimator),
            form.to_owned(),
            point.event_time.to_string(),
            point.bin.to_owned(),
            text(estimate.map(|e| e.coefficient)),
            text(estimate.map(|e| e.standard_error)),
            text(estimate.map(|e| e.low)),
            text(estimate.map(|e| e.high)),
            text(estimate.map(|e| e.p_value)),
            point.municipalities.to_string(),
            study.observations.to_string(),
            study.municipalities.to_string(),
            format!("{unit} at 31 December, against the December before the operation"),
            estimate.map(reading).unwrap_or_default().to_owned(),
        ]
    };
    let studies = association.events.iter().flat_map(|events| &events.studies);
    csv_bytes(EVENT_COLUMNS, studies.flat_map(|study| study.points.iter().map(move |point| cells(study, point))))
}
