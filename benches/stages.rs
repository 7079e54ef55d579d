//! What becomes of a window of 512 x 512 pixels on its way, stage by stage, one thread: `cargo bench --bench stages`. Items are
//! pixels. Sums of areas have a bench of their own (`zones`), and so have the scores of all levels (`kernels`).
//!
//! The scene is made here: ten smooth bands of 16 bits with noise, no real ground.

#![allow(missing_docs, clippy::unwrap_used)]

use cocal::classify::prediction::Prediction;
use cocal::classify::sieve::small_patches;
use cocal::classify::symmetric::decide::decide;
use cocal::features::FeatureBlock;
use cocal::features::planar::{Pixels, Workspace};
use cocal::features::recipe::Recipe;
use cocal::io::cog::tiles::{Encoder, Overview};
use cocal::io::cog::{Layer, RasterSink};
use cocal::io::scene::open_scene;
use cocal::io::scene_reader::SceneReader;
use cocal::scene::source::SceneOptions;
use cocal::scene::{Band, Crs, Grid, RawTile, Scene, Window};
use cocal::simd::Level;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::{Dataset, DriverManager};
use ndarray::Array2;

const SIDE: usize = 512;
const PIXELS: usize = SIDE * SIDE;
const WINDOW: Window = Window { row0: 0, col0: 0, rows: SIDE, cols: SIDE };
const BANDS: [&str; 10] =
    ["blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "swir16", "swir22"];

fn main() {
    divan::main();
}

/// A number that depends on another only.
fn noise(i: usize) -> usize {
    let h = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((h ^ (h >> 31)).wrapping_mul(0xC2B2_AE3D_27D4_EB4F) >> 40) as usize
}

fn value(band: usize, pixel: usize) -> u16 {
    let (row, col) = (pixel / SIDE, pixel % SIDE);
    (600 + 250 * band + row + 2 * col + noise(band * PIXELS + pixel) % 200) as u16
}

/// A scene of one block a band, as GDAL writes it.
fn scene(folder: &tempfile::TempDir) -> Scene {
    let path = folder.path().join("S01_2024-06-01.tif");
    let options =
        ["COMPRESS=DEFLATE", "PREDICTOR=2", "INTERLEAVE=BAND", "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512"];
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let options = RasterCreationOptions::from_iter(options);
    let mut dataset =
        driver.create_with_band_type_with_options::<u16, _>(&path, SIDE, SIDE, BANDS.len(), &options).unwrap();
    dataset.set_geo_transform(&[-75.0, 1e-4, 0.0, 2.0, 0.0, -1e-4]).unwrap();
    dataset.set_spatial_ref(&gdal::spatial_ref::SpatialRef::from_epsg(4326).unwrap()).unwrap();
    for (band, _) in BANDS.iter().enumerate() {
        let mut buffer = Buffer::new((SIDE, SIDE), (0..PIXELS).map(|pixel| value(band, pixel)).collect());
        dataset.rasterband(band + 1).unwrap().write((0, 0), (SIDE, SIDE), &mut buffer).unwrap();
    }
    dataset.close().unwrap();
    let bands = BANDS.iter().zip(1..).map(|(name, index)| (Band::new(name), index)).collect();
    open_scene(&path, &SceneOptions { bands, scale: Some(1e-4), offset: Some(0.0), ..SceneOptions::default() }).unwrap()
}

fn bands() -> Vec<Band> {
    BANDS.map(Band::new).to_vec()
}

fn tiles(dates: usize) -> Vec<RawTile> {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(&folder);
    let mut reader = SceneReader::open(&scene, &scene.grid, &bands()).unwrap();
    let mut tile = reader.raw(WINDOW, WINDOW).unwrap();
    tile.settle(0);
    vec![tile; dates]
}

/// Ten bands of a window, through GDAL and straight from the file's blocks.
#[divan::bench(args = ["GDAL", "cocal"])]
fn decode(bencher: Bencher<'_, '_>, by: &str) {
    let folder = tempfile::tempdir().unwrap();
    let scene = scene(&folder);
    let mut reader = SceneReader::open(&scene, &scene.grid, &bands()).unwrap();
    bencher.counter(ItemsCount::new(PIXELS)).bench_local(|| {
        if by == "cocal" {
            black_box(reader.raw(WINDOW, WINDOW).unwrap());
            return;
        }
        // Opened anew, or its blocks would come from the cache.
        let dataset = Dataset::open(&scene.path).unwrap();
        for band in 1..=BANDS.len() {
            let band = dataset.rasterband(band).unwrap();
            black_box(band.read_as::<u16>((0, 0), (SIDE, SIDE), (SIDE, SIDE), None).unwrap());
        }
    });
}

/// Clouds by three pixels, and what the bands object.
#[divan::bench(args = [0, 3])]
fn settle(bencher: Bencher<'_, '_>, dilation: usize) {
    let [tile] = tiles(1).try_into().unwrap();
    let with = bencher.counter(ItemsCount::new(PIXELS)).with_inputs(|| tile.clone());
    with.bench_local_values(|mut tile| {
        tile.settle(dilation);
        tile
    });
}

/// All features of ten bands as codes, of so many dates.
#[divan::bench(args = [1, 6])]
fn features(bencher: Bencher<'_, '_>, dates: usize) {
    let tiles = tiles(dates);
    let recipe = Recipe::for_bands(&bands(), dates > 1);
    let (mut work, mut block) = (Workspace::default(), FeatureBlock::default());
    bencher.counter(ItemsCount::new(PIXELS)).bench_local(|| {
        for first in (0..PIXELS).step_by(4096) {
            recipe.compute(&tiles, Pixels::Run { first, count: 4096 }, &mut work, &mut block);
        }
    });
}

/// Classes and probabilities from the scores of so many classes.
#[divan::bench(args = [2, 8])]
fn decisions(bencher: Bencher<'_, '_>, classes: usize) {
    let scores: Vec<i32> = (0..(classes - 1) * 4096).map(|i| (noise(i) % 40_000) as i32 - 20_000).collect();
    let coca: Vec<bool> = (0..classes).map(|class| class == 1).collect();
    let mut prediction = Prediction::default();
    bencher.counter(ItemsCount::new(4096_usize)).bench_local(|| {
        decide(Level::current(), &scores, 4096, 4096, &coca, &mut prediction);
    });
}

/// A class raster of patches.
fn classes() -> Array2<u8> {
    Array2::from_shape_fn((SIDE, SIDE), |(row, col)| (noise(row / 9 * SIDE + col / 9) % 7 + 1) as u8)
}

/// Patches below ten pixels.
#[divan::bench]
fn sieve(bencher: Bencher<'_, '_>) {
    let coca = classes().mapv(|class| class == 2);
    bencher.counter(ItemsCount::new(PIXELS)).bench_local(|| small_patches(coca.view(), 1000, |_, _| 100));
}

/// A class raster as a COG: its tile, its overview, and the file.
#[divan::bench]
fn write(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let grid = Grid {
        crs: Crs::wgs84(),
        origin_x: -75.0,
        origin_y: 2.0,
        pixel_width: 1e-4,
        pixel_height: 1e-4,
        rows: SIDE,
        cols: SIDE,
    };
    let layer = Layer { overviews: Overview::Mode, ..Layer::default() };
    let (values, mut encoder) = (classes(), Encoder::default());
    bencher.counter(ItemsCount::new(PIXELS)).bench_local(|| {
        let sink = RasterSink::create(&folder.path().join("class.tif"), &grid, &layer).unwrap();
        sink.write(&WINDOW, values.view(), &mut encoder).unwrap();
        sink.finish().unwrap()
    });
}
