//! Errors of the map and of the null against the census: the formula of [`crate::compare::null`], also year by year.

use std::collections::{BTreeMap, BTreeSet};

use super::NullModel;
use super::figures::Figures;
use super::given::{FigureRow, FigureTable};

/// Words of flags whose mapped hectares stand for other ground than the census (`compare::flag`).
const OTHER_GROUND: [&str; 3] = ["not_observed", "outside_raster", "partly_covered"];

/// Whether a publication keeps a row's mapped figures to itself. Errors over the rest would be of other municipalities than those
/// of the run, and could name another winner.
pub(super) fn is_withheld(row: &FigureRow) -> bool {
    row.flag.split(';').any(|word| word == "withheld")
}

/// One row's census, error of the map and of the null, where they are of the same ground.
fn held(row: &FigureRow, columns: &[String]) -> Option<[f64; 3]> {
    if row.flag.split(';').any(|word| OTHER_GROUND.contains(&word)) {
        return None;
    }
    let get = |name: &str| columns.iter().position(|c| c == name).and_then(|at| row.values[at]);
    Some([get("census_ha")?, get("difference_ha")?.abs(), get("null_error_ha")?.abs()])
}

/// Errors in per cent of the census (see [`crate::compare::null`]); `None` where the census is zero.
fn error_pct(rows: impl Iterator<Item = [f64; 3]>) -> Option<[f64; 2]> {
    let sums = rows.fold([0.0; 3], |sums, row| [sums[0] + row[0], sums[1] + row[1], sums[2] + row[2]]);
    let percent = |error: f64| (1e4 * error / sums[0]).round() / 1e2;
    (sums[0] > 0.0).then(|| [percent(sums[1]), percent(sums[2])])
}

/// Puts the errors of map and null of each year.
pub(super) fn put_null_errors(figures: &mut Figures, table: &FigureTable, years: &[i32]) {
    let mut by_year: BTreeMap<i32, Vec<[f64; 3]>> = BTreeMap::new();
    let withheld: BTreeSet<i32> = table.rows.iter().filter(|row| is_withheld(row)).map(|row| row.year).collect();
    for row in table.rows.iter().filter(|row| !withheld.contains(&row.year)) {
        by_year.entry(row.year).or_default().extend(held(row, &table.columns));
    }
    for year in years {
        let errors = by_year.get(year).and_then(|rows| error_pct(rows.iter().copied()));
        if let (Some(at), Some([map, null])) = (figures.at("CO", *year), errors) {
            figures.put("map_error_pct", at, Some(map));
            figures.put("null_error_pct", at, Some(null));
        }
    }
}

/// Both errors over all years.
pub(super) fn null_model(table: &FigureTable) -> Option<NullModel> {
    if table.rows.iter().any(is_withheld) {
        return None;
    }
    let used: Vec<[f64; 3]> = table.rows.iter().filter_map(|row| held(row, &table.columns)).collect();
    let [map_error_pct, null_error_pct] = error_pct(used.iter().copied())?;
    let closer = match map_error_pct.total_cmp(&null_error_pct) {
        std::cmp::Ordering::Less => "map",
        std::cmp::Ordering::Equal => "equal",
        std::cmp::Ordering::Greater => "null",
    };
    Some(NullModel { map_error_pct, null_error_pct, rows_used: used.len(), rows: table.rows.len(), closer })
}
