//! The held-out error matrix, as people read it and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::table::{figure, table};
use crate::accuracy::ErrorMatrix;
use crate::run::train::TrainReport;

/// The matrix (rows: map, columns: reference), user's and producer's accuracies, and how much stands behind them.
pub(super) fn held_out(matrix: &ErrorMatrix) -> String {
    let mut header = vec!["map \\ reference"];
    header.extend(matrix.classes.iter().map(String::as_str));
    header.extend(["user's %", "producer's %", "polygons"]);
    let share = |v: Option<f64>| figure(v.map(|v| 100.0 * v), 1);
    let rows: Vec<Vec<String>> = matrix
        .rows()
        .into_iter()
        .map(|row| {
            let mut cells = vec![row.class];
            cells.extend(row.counts.iter().map(|n| figure(Some(*n as f64), 0)));
            cells.extend([share(row.users), share(row.producers), row.units.to_string()]);
            cells
        })
        .collect();
    format!(
        "Held-out pixels: each polygon mapped by a classifier that never saw it or its block\n\n{}\n\n\
         Overall accuracy {} % of {} pixels in {} independent polygons ({} % with every polygon weighing the same).\n\
         It is the accuracy on the labelled polygons, not of the map: labels are no probability sample.\n",
        table(&header, &rows, &[0]),
        share(matrix.overall()),
        figure(Some(matrix.pixels() as f64), 0),
        matrix.total_units(),
        share(matrix.overall_by_unit()),
    )
}

/// How far the probability of coca can be taken at its word, and what the classifier looks at.
pub(super) fn model_card(report: &TrainReport) -> String {
    let mut text = String::new();
    if let Some(reliability) = &report.reliability {
        let per_cent = |v: f64| figure(Some(100.0 * v), 1);
        let rows: Vec<Vec<String>> = reliability
            .rows
            .iter()
            .map(|row| vec![per_cent(row.predicted), per_cent(row.observed), figure(Some(row.pixels as f64), 0)])
            .collect();
        let _ = write!(
            text,
            "Reliability of the probability of coca on held-out polygons\n\n{}\n\n\
             Brier score {:.4} (raw {:.4}, calibrated on other polygons {:.4}: {}); observed and predicted differ by {} \
             points on average.\n\n",
            table(&["predicted %", "observed %", "pixels"], &rows, &[]),
            reliability.brier,
            reliability.brier_raw,
            reliability.brier_calibrated,
            if reliability.brier_calibrated < reliability.brier_raw { "used" } else { "not used" },
            per_cent(reliability.calibration_error),
        );
    }
    let mut lost: Vec<(&String, f64)> = report.importance.lost.iter().map(|(name, lost)| (name, *lost)).collect();
    lost.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let points = |(name, lost): (&String, f64)| format!("{} {:.1}", name.trim_start_matches("band:"), 100.0 * lost);
    for (title, band) in [("features", false), ("bands, with all of their features", true)] {
        let of: Vec<String> =
            lost.iter().filter(|(name, _)| name.starts_with("band:") == band).take(8).map(|l| points(*l)).collect();
        if !of.is_empty() {
            let _ = writeln!(text, "Held-out accuracy lost without {title}, in points: {}", of.join(", "));
        }
    }
    text
}

/// The matrix with the accuracies drawn from it.
pub(super) fn as_json(matrix: &ErrorMatrix) -> Value {
    let classes: Vec<Value> = matrix
        .rows()
        .into_iter()
        .map(|row| {
            json!({
                "class": row.class, "counts": row.counts, "users_accuracy": row.users,
                "producers_accuracy": row.producers, "f1": row.f1, "pixels": row.pixels, "polygons": row.units,
            })
        })
        .collect();
    json!({
        "rows": "map", "columns": "reference", "classes": classes,
        "overall_accuracy": matrix.overall(), "overall_accuracy_by_polygon": matrix.overall_by_unit(),
        "pixels": matrix.pixels(), "polygons": matrix.total_units(),
    })
}
