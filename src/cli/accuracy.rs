//! The held-out error matrix, as people read it and as JSON.

use serde_json::{Value, json};

use super::table::{figure, table};
use crate::accuracy::ErrorMatrix;

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
        "Held-out pixels: each polygon mapped by a forest that never saw it or its block\n\n{}\n\n\
         Overall accuracy {} % of {} pixels in {} independent polygons ({} % with every polygon weighing the same).\n\
         It is the accuracy on the labelled polygons, not of the map: labels are no probability sample.\n",
        table(&header, &rows, &[0]),
        share(matrix.overall()),
        figure(Some(matrix.pixels() as f64), 0),
        matrix.total_units(),
        share(matrix.overall_by_unit()),
    )
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
