//! Drawing 2,000 units from a class raster of 10,980 x 10,980 pixels, against reading the raster once by the same reader and
//! windows: `cargo bench --bench sampling`. The two take turns; medians, ratio and the peak of memory are printed.
//!
//! The raster is made here: squares of 20 pixels of six classes, two pixels in a hundred of another class, no real ground.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use cocal::accuracy::allocation::Allocation;
use cocal::accuracy::draw::priority;
use cocal::io::class_mosaic::{ClassMosaic, group_rasters};
use cocal::io::class_raster::ClassRaster;
use cocal::run::draw_sample::{Drawing, draw_candidates};
use cocal::run::sample::{Request, make_sample};
use cocal::run::sample_zones::Zoning;
use cocal::run::tally::TallyError;
use cocal::run::threads::Threads;
use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};

const SIDE: usize = 10_980;
const SQUARE: usize = 20;
const UNITS: u64 = 2_000;
const TURNS: usize = 7;

fn class(row: usize, col: usize) -> u8 {
    let noise = priority(1, row as i64, col as i64);
    let place =
        if noise.is_multiple_of(50) { noise } else { priority(2, (row / SQUARE) as i64, (col / SQUARE) as i64) };
    // The first class, coca, is rare.
    match place >> 32 & 0xff {
        0..2 => 1,
        other => 2 + (other % 5) as u8,
    }
}

fn write_raster(path: &Path) {
    let options = ["COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512"];
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let options = RasterCreationOptions::from_iter(options);
    let mut made = driver.create_with_band_type_with_options::<u8, _>(path, SIDE, SIDE, 1, &options).unwrap();
    made.set_geo_transform(&[500_000.0, 10.0, 0.0, 300_000.0, 0.0, -10.0]).unwrap();
    made.set_spatial_ref(&gdal::spatial_ref::SpatialRef::from_epsg(32618).unwrap()).unwrap();
    let mut band = made.rasterband(1).unwrap();
    for row0 in (0..SIDE).step_by(512) {
        let rows = 512.min(SIDE - row0);
        let values = (0..rows * SIDE).map(|i| class(row0 + i / SIDE, i % SIDE)).collect();
        band.write((0, row0 as isize), (SIDE, rows), &mut Buffer::new((SIDE, rows), values)).unwrap();
    }
}

/// Reads every window and does nothing with it.
fn read(threads: &Threads, mosaic: &ClassMosaic) {
    let done: Result<(), TallyError> = threads.map_in_order(
        &mosaic.windows(),
        || Ok(mosaic.reader()?),
        |reader, window| {
            std::hint::black_box(reader.read(window)?);
            Ok(())
        },
        |()| Ok(()),
    );
    done.unwrap();
}

fn sample(threads: &Threads, mosaics: &[ClassMosaic]) {
    let drawing = Drawing {
        seed: 1,
        most: UNITS as usize,
        buffer: 0,
        targets: vec![1],
        zoning: Zoning::None,
        excluded: Vec::new(),
        by_zone: false,
        simple: false,
    };
    let request = Request {
        n: Some(UNITS),
        target_se: 0.01,
        allocation: Allocation::Neyman,
        minimum: None,
        expected: Default::default(),
        class_is_told: true,
        names: Default::default(),
    };
    let seen = draw_candidates(threads, mosaics, &drawing, &|_| ()).unwrap();
    assert_eq!(make_sample(mosaics, &drawing, &seen, &request).unwrap().units.len(), UNITS as usize);
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The most memory that this process has held, MiB (Linux only).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

fn main() {
    cocal::io::limit_cache();
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("class_2024.tif");
    write_raster(&path);
    let mosaics = group_rasters(vec![ClassRaster::open(&path).unwrap()], None).unwrap();
    println!("| threads | read once, s | {UNITS} units, s | ratio |\n| --- | --- | --- | --- |");
    for count in [1, 2] {
        let threads = Threads::start(Some(count)).unwrap();
        let (mut reads, mut samples) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            reads.push(seconds(|| read(&threads, &mosaics[0])));
            samples.push(seconds(|| sample(&threads, &mosaics)));
        }
        let (read, sample) = (median(reads), median(samples));
        println!("| {count} | {read:.3} | {sample:.3} | {:.2} |", sample / read);
    }
    if let Some(peak) = peak() {
        println!("\npeak memory {peak} MiB, GDAL's cache of up to 192 MiB included");
    }
}
