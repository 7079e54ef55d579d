//! The layer's columns as CSV, without the ground.

use super::columns::KEYS;
use super::{Cell, MapLayer, MapLayerError};
use crate::io::csv_bytes::wide_csv_bytes;

pub(super) fn csv(layer: &MapLayer) -> Result<Vec<u8>, MapLayerError> {
    let header = KEYS.iter().map(|key| key[0].to_owned()).chain(layer.columns.iter().map(|column| column.name()));
    let rows = layer.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cell| match cell {
            Cell::Unknown => String::new(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
        });
        [row.code.clone(), row.name.clone()].into_iter().chain(cells)
    });
    Ok(wide_csv_bytes(header, rows)?)
}
