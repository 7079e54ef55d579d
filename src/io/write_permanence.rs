//! Permanence as bytes: cells as a map layer, transitions, enclaves and overlay as CSV.

use geo::MultiPolygon;
use serde_json::{Map, Value};

use super::cell_plane::{carry, cell_plane};
use super::crs::CrsError;
use super::csv_bytes::{CsvError, csv_bytes, text};
use super::write_geojson::{MapFeature, geojson_bytes};
use crate::permanence::enclaves::Enclave;
use crate::permanence::overlay::OverlayRow;
use crate::permanence::transitions::Transition;
use crate::permanence::{Cells, Class, Standing, Summary};
use crate::scene::Crs;

/// Cells with coca in the window as GeoJSON, and how many they are. `cluster_of` has the number of each cell's enclave.
///
/// # Errors
/// [`CrsError`] where the cells cannot be carried to WGS 84.
pub fn permanence_geojson(
    cells: &Cells,
    summary: &Summary,
    cluster_of: &[Option<usize>],
) -> Result<(Vec<u8>, usize), CrsError> {
    let shown: Vec<usize> = (0..cells.len()).filter(|cell| summary.standings[*cell].has_coca()).collect();
    let mut grounds: Vec<MultiPolygon<f64>> = shown.iter().map(|cell| cells.all()[*cell].ground.clone()).collect();
    carry(&mut grounds, &cell_plane()?, &Crs::wgs84())?;
    let feature = |(cell, ground): (usize, _)| MapFeature {
        id: Some(cells.all()[cell].id.clone()),
        ground: Some(ground),
        properties: properties(cells, summary, cell, cluster_of[cell]),
    };
    let features: Vec<MapFeature<'_>> = shown.iter().copied().zip(&grounds).map(feature).collect();
    Ok((geojson_bytes(&features), features.len()))
}

fn properties(cells: &Cells, summary: &Summary, cell: usize, cluster: Option<usize>) -> Map<String, Value> {
    let standing: &Standing = &summary.standings[cell];
    let may_be = Class::ALL.into_iter().filter(|class| standing.decision.possible(*class)).map(Class::name);
    // A figure on a map needs no more than a square metre.
    let rounded = |v: f64| (v * 1e4).round() / 1e4;
    let pairs: [(&str, Value); 11] = [
        ("cell", cells.all()[cell].id.clone().into()),
        ("class", standing.class().name().into()),
        ("may_be", may_be.collect::<Vec<_>>().join(" ").into()),
        ("first_year", standing.first_year.into()),
        ("last_year", standing.last_year.into()),
        ("years_present", standing.years_present.into()),
        ("years_observed", standing.years_observed.into()),
        ("reference_year", summary.year.into()),
        ("coca_ha", cells.hectares(cell, summary.year).map(|ha| rounded(ha.to_f64())).into()),
        ("mean_density_ha_km2", standing.mean_density.map(rounded).into()),
        ("cluster", cluster.into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Transitions as CSV.
///
/// # Errors
/// [`CsvError`].
pub fn transitions_csv(rows: &[Transition]) -> Result<Vec<u8>, CsvError> {
    const HEADER: [&str; 8] =
        ["kind", "from_year", "to_year", "from", "to", "cells", "hectares_before", "hectares_after"];
    let cells = |r: &Transition| {
        [
            r.kind.to_owned(),
            r.from_year.to_string(),
            r.to_year.to_string(),
            r.from.to_owned(),
            r.to.to_owned(),
            r.cells.to_string(),
            r.hectares_before.to_string(),
            r.hectares_after.to_string(),
        ]
    };
    csv_bytes(HEADER, rows.iter().map(cells))
}

/// Enclaves as CSV.
///
/// # Errors
/// [`CsvError`].
pub fn enclaves_csv(rows: &[Enclave]) -> Result<Vec<u8>, CsvError> {
    const HEADER: [&str; 6] = ["cluster", "cells", "area_km2", "coca_ha", "share_of_total", "density_ha_km2"];
    let cells = |r: &Enclave| {
        [
            r.cluster.to_string(),
            r.cells.to_string(),
            format!("{:.4}", r.area_km2),
            r.hectares.to_string(),
            text(r.share.map(|share| format!("{share:.6}"))),
            format!("{:.4}", r.density),
        ]
    };
    csv_bytes(HEADER, rows.iter().map(cells))
}

/// Ground and hectares by overlay and class as CSV. Rows of a class add up to the class, to the millionth of a hectare.
///
/// # Errors
/// [`CsvError`].
pub fn overlay_csv(rows: &[OverlayRow]) -> Result<Vec<u8>, CsvError> {
    const HEADER: [&str; 4] = ["overlay", "class", "ground_ha", "coca_ha"];
    let cells = |r: &OverlayRow| {
        [r.overlay.clone(), r.class.name().to_owned(), r.ground_ha.to_string(), r.hectares.to_string()]
    };
    csv_bytes(HEADER, rows.iter().map(cells))
}
