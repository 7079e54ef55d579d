//! A publication as bytes: cells, lots where a reason lets them leave, tables, the layer of municipalities.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde_json::{Map, Value};

use super::cell_plane::{carry, cell_plane};
use super::crs::{CrsError, Transform};
use super::csv_bytes::{CsvError, csv_bytes, text, wide_csv_bytes};
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::publish::outline::{PixelRun, outlines};
use crate::publish::snap::{CELL_DECIMALS, snapped};
use crate::publish::tables::Published;
use crate::scene::{Crs, Grid};
use crate::territory::{CellIndex, CellLattice};

/// What is published of a cell in a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellRow {
    /// The cell.
    pub cell: CellIndex,
    /// The year.
    pub year: i32,
    /// Part of its ground in reach of the masks that was observed.
    pub observed_share: f64,
    /// Hectares in reach of the masks.
    pub coverage_ha: f64,
    /// Lots and mapped hectares, where they are shown.
    pub figures: Option<(u32, f64)>,
}

/// The cells as a table, a row for each year; rows in the order given.
///
/// # Errors
/// [`CsvError`].
pub fn cells_csv(lattice: CellLattice, rows: &[CellRow]) -> Result<Vec<u8>, CsvError> {
    const HEADER: [&str; 7] =
        ["cell", "year", "observed_share", "coverage_area_ha", "lots", "mapped_area_ha", "withheld"];
    let cells = |r: &CellRow| {
        [
            lattice.name(r.cell),
            r.year.to_string(),
            format!("{:.6}", r.observed_share),
            format!("{:.4}", r.coverage_ha),
            text(r.figures.map(|(lots, _)| lots)),
            text(r.figures.map(|(_, ha)| format!("{ha:.4}"))),
            if r.figures.is_some() { "no" } else { "yes" }.to_owned(),
        ]
    };
    csv_bytes(HEADER, rows.iter().map(cells))
}

/// The cells as GeoJSON (RFC 7946): a feature for each, with the year at the end of each figure's name. A withheld figure is
/// null. Written as text: a country has a million of them.
///
/// # Errors
/// [`CrsError`] where the cells cannot be carried to WGS 84.
pub fn cells_geojson(lattice: CellLattice, rows: &[CellRow]) -> Result<Vec<u8>, CrsError> {
    let mut by_cell: BTreeMap<CellIndex, Vec<&CellRow>> = BTreeMap::new();
    rows.iter().for_each(|row| by_cell.entry(row.cell).or_default().push(row));
    let cells: Vec<CellIndex> = by_cell.keys().copied().collect();
    let grounds = cell_grounds(lattice, &cells)?;
    let mut out = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    for (i, (cell, rows)) in by_cell.iter().enumerate() {
        let name = lattice.name(*cell);
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(
            out,
            "{comma}{{\"type\":\"Feature\",\"id\":\"{name}\",\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[["
        );
        let ring = grounds.get(i).and_then(|g| g.0.first()).map(|p| p.exterior().0.as_slice()).unwrap_or_default();
        for (n, c) in ring.iter().enumerate() {
            let _ = write!(out, "{}[{},{}]", if n == 0 { "" } else { "," }, c.x, c.y);
        }
        let _ = write!(out, "]]}},\"properties\":{{\"cell\":\"{name}\"");
        for row in rows {
            let year = row.year;
            let _ = write!(out, ",\"observed_share_{year}\":{}", rounded(row.observed_share, 6));
            let _ = write!(out, ",\"coverage_area_ha_{year}\":{}", rounded(row.coverage_ha, 4));
            let (lots, mapped) = match row.figures {
                Some((lots, ha)) => (lots.to_string(), rounded(ha, 4).to_string()),
                None => ("null".to_owned(), "null".to_owned()),
            };
            let _ = write!(out, ",\"lots_{year}\":{lots},\"mapped_area_ha_{year}\":{mapped}");
        }
        out.push_str("}}");
    }
    out.push_str("]}\n");
    Ok(out.into_bytes())
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// Cells in longitude and latitude, corners rounded as they are published, anticlockwise.
///
/// # Errors
/// [`CrsError`] where they cannot be carried to WGS 84.
pub fn cell_grounds(lattice: CellLattice, cells: &[CellIndex]) -> Result<Vec<MultiPolygon<f64>>, CrsError> {
    let square = |cell: &CellIndex| {
        let ((x, y), side) = (lattice.corner(*cell), lattice.side_m());
        let ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)];
        MultiPolygon::new(vec![Polygon::new(LineString::from(ring.to_vec()), Vec::new())])
    };
    let mut grounds: Vec<MultiPolygon<f64>> = cells.iter().map(square).collect();
    carry(&mut grounds, &cell_plane()?, &Crs::wgs84())?;
    for ground in &mut grounds {
        let round = |c: Coord<f64>| Coord { x: snapped(c.x, CELL_DECIMALS), y: snapped(c.y, CELL_DECIMALS) };
        *ground = geo::MapCoords::map_coords(ground, round);
    }
    Ok(grounds)
}

/// The lots of one mosaic and year.
pub struct LotsOf<'a> {
    /// The year.
    pub year: i32,
    /// Grid of their pixels.
    pub grid: &'a Grid,
    /// Hectares by number.
    pub hectares: Vec<f64>,
    /// Number and pixels.
    pub pixels: &'a [(u32, PixelRun)],
}

/// Lots as GeoJSON: only called where a reason lets them leave.
///
/// # Errors
/// [`CrsError`] where pixels cannot be carried to WGS 84.
pub fn lots_geojson(all: &[LotsOf<'_>]) -> Result<Vec<u8>, CrsError> {
    let mut grounds: Vec<(String, MultiPolygon<f64>, Map<String, Value>)> = Vec::new();
    for lots in all {
        let way = Transform::new(&lots.grid.crs, &Crs::wgs84())?;
        let mut by_lot: Vec<Vec<PixelRun>> = vec![Vec::new(); lots.hectares.len()];
        lots.pixels.iter().for_each(|(lot, run)| by_lot[*lot as usize].push(*run));
        for (number, runs) in by_lot.iter().enumerate() {
            let name = format!("{}-{}", lots.year, number + 1);
            let properties = Map::from_iter([
                ("lot".to_owned(), name.clone().into()),
                ("year".to_owned(), lots.year.into()),
                ("mapped_area_ha".to_owned(), rounded(lots.hectares[number], 4).into()),
            ]);
            grounds.push((name, lot_ground(runs, lots.grid, &way)?, properties));
        }
    }
    let features: Vec<MapFeature<'_>> = grounds
        .iter()
        .map(|(id, ground, properties)| MapFeature {
            id: Some(id.clone()),
            ground: Some(ground),
            properties: properties.clone(),
        })
        .collect();
    Ok(geojson_bytes(&features))
}

fn lot_ground(runs: &[PixelRun], grid: &Grid, way: &Transform) -> Result<MultiPolygon<f64>, CrsError> {
    let mut polygons = Vec::new();
    for rings in outlines(runs) {
        let mut carried = Vec::with_capacity(rings.len());
        for ring in rings {
            let (mut x, mut y): (Vec<f64>, Vec<f64>) =
                ring.iter().map(|(col, row)| grid.xy(*col as f64, *row as f64)).unzip();
            way.apply(&mut x, &mut y)?;
            carried.push(x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect::<LineString<f64>>());
        }
        let mut carried = carried.into_iter();
        if let Some(exterior) = carried.next() {
            polygons.push(Polygon::new(exterior, carried.collect()));
        }
    }
    Ok(MultiPolygon::new(polygons))
}

/// A table as bytes.
///
/// # Errors
/// [`CsvError`].
pub fn table_csv(table: &Published) -> Result<Vec<u8>, CsvError> {
    wide_csv_bytes(&table.header, table.rows.iter().map(|row| row.iter().cloned()))
}

/// A municipality: its ground and properties.
pub type Place = (Option<MultiPolygon<f64>>, Map<String, Value>);

/// Municipalities with their properties; grounds are snapped already, `None` where nothing was left of them.
pub fn municipalities_geojson(of: Vec<Place>) -> Vec<u8> {
    let features: Vec<MapFeature<'_>> = of
        .iter()
        .map(|(ground, properties)| MapFeature {
            id: properties.get("municipality_code").and_then(Value::as_str).map(str::to_owned),
            ground: ground.as_ref(),
            properties: properties.clone(),
        })
        .collect();
    geojson_bytes(&features)
}
