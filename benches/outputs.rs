//! The map layer of all of Colombia: 1,122 real boundaries x 24 years of made-up figures, in each format and in all five.
//!
//! Boundaries are read from `COCAL_DATA`, then `../shared/data`; without them nothing is timed, and that is said.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use cocal::io::map_layer::columns::{Column, Figure};
use cocal::io::map_layer::{Cell, MapLayer, MapRow};
use cocal::io::project_grounds::project_grounds;
use cocal::io::read_municipalities::read_municipalities;
use cocal::project::Format;
use cocal::scene::Crs;

fn main() {
    divan::main();
}

/// Years of the figures.
const YEARS: std::ops::RangeInclusive<i32> = 2001..=2024;

fn layer() -> Option<&'static MapLayer> {
    static LAYER: OnceLock<Option<MapLayer>> = OnceLock::new();
    LAYER.get_or_init(read).as_ref()
}

fn read() -> Option<MapLayer> {
    let data = std::env::var_os("COCAL_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let path = data.join("boundaries/mgn2018_municipios_detailed.geojson");
    if !path.exists() {
        eprintln!("NOT TIMED: {} is not on this machine (set COCAL_DATA)", path.display());
        return None;
    }
    let layer = read_municipalities(&path, "MPIO_CCNCT", None).unwrap();
    let grounds = project_grounds(&layer, &Crs::wgs84()).unwrap();
    let rows = layer.municipalities.iter().enumerate().map(|(at, m)| MapRow {
        code: m.code.to_string(),
        name: m.name.clone(),
        cells: cells(at),
    });
    Some(MapLayer::new(rows.collect(), &grounds))
}

/// Figures that mean nothing, as many and as long as real ones; one in seven is unknown.
fn cells(municipality: usize) -> BTreeMap<Column, Cell> {
    let mut cells = BTreeMap::new();
    for (year, figure) in YEARS.flat_map(|year| Figure::ALL.map(|figure| (year, figure))) {
        let number = municipality * 7919 + year as usize * 104_729 + figure as usize * 31;
        let cell = match figure {
            Figure::Flag => Cell::Text("partly_observed".to_owned()),
            _ if number.is_multiple_of(7) => Cell::Unknown,
            _ => Cell::Number((number % 100_000_000) as f64 / 1e4),
        };
        cells.insert(Column { year, figure }, cell);
    }
    cells
}

#[divan::bench(args = Format::ALL, sample_count = 5)]
fn one_format(bencher: divan::Bencher<'_, '_>, format: Format) {
    let Some(layer) = layer() else { return };
    bencher.bench_local(|| layer.bytes(format).unwrap());
}

/// Onto the disk, one after the other, as `cocal run` writes them; into the folder `COCAL_BENCH_OUT` where it is named, so that
/// the files can be looked at.
#[divan::bench(sample_count = 5)]
fn all_five(bencher: divan::Bencher<'_, '_>) {
    let Some(layer) = layer() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("COCAL_BENCH_OUT").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    bencher.bench_local(|| {
        for format in Format::ALL {
            let path = folder.join(format.file_name());
            cocal::io::atomic::write_bytes(&path, &layer.bytes(format).unwrap()).unwrap();
        }
    });
}
