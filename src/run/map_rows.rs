//! A run's figures by municipality, as the rows of its map layer.

use std::collections::BTreeMap;

use super::job::Outcome;
use super::outputs::{Run, coca_rows};
use crate::accuracy::normal::interval95;
use crate::io::map_layer::columns::{Column, Figure};
use crate::io::map_layer::{Cell, MapLayer, MapRow};
use crate::io::project_grounds::project_grounds;
use crate::io::read_municipalities::LayerError;
use crate::scene::Crs;

/// The map layer: a row for each municipality, in the order of the run's polygons.
///
/// # Errors
/// [`LayerError`] naming a municipality whose ground cannot be carried into WGS 84.
pub fn map_layer(run: &Run<'_>, outcome: &Outcome) -> Result<MapLayer, LayerError> {
    let layer = &run.ground.layer;
    let mut cells: BTreeMap<&str, BTreeMap<Column, Cell>> =
        layer.municipalities.iter().map(|m| (m.code.as_str(), BTreeMap::new())).collect();
    let mut put = |code: &str, year: i32, figure: Figure, cell: Cell| {
        if let Some(cells) = cells.get_mut(code) {
            cells.insert(Column { year, figure }, cell);
        }
    };
    for row in coca_rows(&outcome.hectares, run.model) {
        // No share where the raster does not reach, 0 where nobody saw the ground: both are unknown, not 0 ha.
        let seen = row.observed_share.is_some_and(|share| share > 0.0);
        for (figure, value, decimals) in [
            (Figure::MappedArea, seen.then_some(row.mapped_area_ha), 4),
            (Figure::ObservedShare, row.observed_share, 6),
            (Figure::UnobservedArea, row.unobserved_ha, 4),
            (Figure::CoverageArea, row.coverage_area_ha, 4),
        ] {
            put(row.municipality_code.as_str(), row.year, figure, number(value, decimals));
        }
    }
    for row in outcome.comparison.iter().flat_map(|c| &c.rows) {
        let code = row.municipality_code.as_str();
        for (name, value) in row.figures() {
            if let Some(figure) = Figure::named(name) {
                put(code, row.year, figure, number(value, 4));
            }
        }
        put(code, row.year, Figure::Flag, Cell::Text(row.flag.to_string()));
    }
    for row in &outcome.assessed.municipal {
        let interval = row.estimate_ha.zip(row.standard_error_ha).map(|(value, error)| interval95(value, error));
        for (figure, value) in [
            (Figure::AdjustedArea, row.estimate_ha),
            (Figure::StandardError, row.standard_error_ha),
            (Figure::IntervalLow, interval.map(|i| i[0])),
            (Figure::IntervalHigh, interval.map(|i| i[1])),
        ] {
            put(row.municipality_code.as_str(), row.year, figure, number(value, 4));
        }
    }
    let row = |m: &crate::territory::Municipality| MapRow {
        code: m.code.to_string(),
        name: m.name.clone(),
        cells: cells.remove(m.code.as_str()).unwrap_or_default(),
    };
    let rows = layer.municipalities.iter().map(row).collect();
    Ok(MapLayer::new(rows, &project_grounds(layer, &Crs::wgs84())?))
}

fn number(value: Option<f64>, decimals: i32) -> Cell {
    value.map_or(Cell::Unknown, |value| Cell::Number(round_to(value, decimals)))
}

/// A value with so many decimals.
pub(super) fn round_to(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
