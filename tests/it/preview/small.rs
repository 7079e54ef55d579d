//! The small pictures of the report: cells by construction, and nothing of a mask that is finer.

use std::path::Path;

use cocal::io::scene::open_scene;
use cocal::report::picture::{BLANK, HATCH, VEIL};
use cocal::run::preview::{PictureOptions, PreviewError, TilePicture, tile_pictures};
use cocal::run::threads::Threads;
use cocal::scene::source::SceneOptions;
use gdal::DriverManager;
use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use serde_json::json;
use tempfile::TempDir;

use super::pixels;

/// The plane of the cells; its origin, 73 W and 4 N, is a corner of cells.
const PLANE: u32 = 9377;
const PIXEL: f64 = 20.0;
/// Pixels of a cell's side.
const SIDE: usize = 50;
const OPTIONS: PictureOptions = PictureOptions { longest_side: 192, cell_m: 1000, most: 120, imagery: true };

fn raster(path: &Path, (rows, cols): (usize, usize), code: impl Fn(usize, usize) -> u8) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut made = driver.create_with_band_type::<u8, _>(path, cols, rows, 1).unwrap();
    made.set_geo_transform(&[5_000_000.0, PIXEL, 0.0, 2_002_000.0, 0.0, -PIXEL]).unwrap();
    made.set_spatial_ref(&SpatialRef::from_epsg(PLANE).unwrap()).unwrap();
    let values = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).map(|(r, c)| code(r, c)).collect();
    let mut band = made.rasterband(1).unwrap();
    band.set_no_data_value(Some(255.0)).unwrap();
    band.write((0, 0), (cols, rows), &mut Buffer::new((cols, rows), values)).unwrap();
    made.close().unwrap();
}

/// The record of a run of 3 x 2 cells with its masks, and two scenes of its one tile.
struct Run(TempDir);

impl Run {
    fn new(years: &[i32], code: impl Fn(usize, usize) -> u8) -> Self {
        let run = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(run.0.path().join("mask")).unwrap();
        let mut scenes = Vec::new();
        for (name, clear) in [("T7_2024-02-01", 9_000), ("T7_2024-05-01", 14_000), ("T7_2024-08-01", 14_000)] {
            let path = run.0.path().join(format!("{name}.tif"));
            raster(&path, (2 * SIDE, 3 * SIDE), |row, col| (row + col) as u8 % 200);
            let scene = open_scene(&path, &SceneOptions::default()).unwrap();
            let states = json!({ "clear": clear, "cloud": 15_000 - clear, "outside_scene": 77 });
            let by_year: serde_json::Map<_, _> = years.iter().map(|y| (y.to_string(), states.clone())).collect();
            scenes.push(json!({ "scene": scene, "pixels_by_year": by_year }));
        }
        let outputs: Vec<String> = years.iter().map(|year| format!("mask/coca_{year}.tif")).collect();
        for name in &outputs {
            raster(&run.0.path().join(name), (2 * SIDE, 3 * SIDE), &code);
        }
        let record = json!({ "grid": scenes[0]["scene"]["grid"], "scenes": scenes, "outputs": outputs });
        std::fs::write(run.0.path().join("run.json"), record.to_string()).unwrap();
        run
    }

    fn pictures(&self, options: &PictureOptions, threads: usize) -> (Vec<TilePicture>, Vec<String>) {
        tile_pictures(self.0.path(), options, &Threads::start(Some(threads)).unwrap()).unwrap()
    }

    fn without_scenes(&self) {
        for entry in std::fs::read_dir(self.0.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "tif") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

/// A lot of 5 x 25 pixels, 5 % of a cell, at this row and column of the first cell.
fn lot(row0: usize, col0: usize) -> impl Fn(usize, usize) -> u8 {
    move |row, col| u8::from((row0..row0 + 5).contains(&row) && (col0..col0 + 25).contains(&col))
}

#[test]
fn a_cell_has_the_colour_of_its_share() {
    // North row of cells: 5 ha of coca, nothing, 60 % not observed with coca in the rest.
    let run = Run::new(&[2024], |row, col| match (row / SIDE, col / SIDE) {
        (0, 0) => lot(10, 10)(row, col),
        (0, 2) if row < 30 => 255,
        (0, 2) => 1,
        _ => 0,
    });
    run.without_scenes();
    let (pictures, notes) = run.pictures(&OPTIONS, 2);
    let [picture] = pictures.as_slice() else { panic!("{} pictures", pictures.len()) };
    assert_eq!((picture.tile.as_str(), picture.year, picture.date.as_deref()), ("T7", 2024, None));
    assert_eq!((picture.width, picture.height, picture.cell_m), (150, 100, 1000));
    let [west, south, east, north] = picture.bounds;
    assert!((west + 73.0).abs() < 2e-5 && (south - 4.0).abs() < 2e-5, "{:?}", picture.bounds);
    assert!((east - west - 0.02704).abs() < 1e-4 && (north - south - 0.0181).abs() < 1e-4, "{:?}", picture.bounds);
    assert!(notes.len() == 1 && notes[0].contains("T7_2024-08-01") && !notes[0].contains('/'), "{notes:?}");
    let (colours, cols) = pixels(&picture.png);
    let at = |row: usize, col: usize| colours[row * cols + col];
    // 5 ha is the third class: half of the grey under it, 200, and half of its colour.
    assert_eq!([at(25, 25), at(5, 5), at(40, 45)], [[119, 164, 192, 255]; 3]);
    assert_eq!(at(25, 75), BLANK);
    assert!([at(25, 120), at(26, 121), at(10, 110)].iter().all(|p| *p == VEIL || *p == HATCH), "a hidden cell");
    assert_eq!(at(75, 25), BLANK);
}

#[test]
fn where_a_lot_lies_in_a_cell_cannot_be_read_off() {
    let bytes = |code: &dyn Fn(usize, usize) -> u8, imagery: bool| {
        let run = Run::new(&[2024], code);
        let (pictures, _) = run.pictures(&PictureOptions { imagery, ..OPTIONS }, 1);
        (pictures[0].png.clone(), pictures[0].date.clone())
    };
    for imagery in [true, false] {
        let first = bytes(&lot(0, 0), imagery);
        assert_eq!(first.1.is_some(), imagery);
        for (row, col) in [(45, 25), (20, 3), (7, 19)] {
            assert_eq!(bytes(&lot(row, col), imagery), first, "lot at {row}, {col}");
        }
        assert_ne!(bytes(&lot(0, 60), imagery), first, "another cell is another picture");
        assert_ne!(bytes(&|_, _| 0, imagery), first, "no coca is another picture");
    }
}

#[test]
fn the_clearest_and_of_two_the_latest_scene_is_drawn_and_threads_do_not_matter() {
    let run = Run::new(&[2023, 2024], lot(3, 3));
    let (pictures, notes) = run.pictures(&OPTIONS, 1);
    let days: Vec<_> = pictures.iter().map(|p| (p.year, p.date.as_deref())).collect();
    assert_eq!(days, [(2023, Some("2024-08-01")), (2024, Some("2024-08-01"))]);
    assert!(notes.is_empty(), "{notes:?}");
    let again = run.pictures(&OPTIONS, 3).0;
    assert!(pictures.iter().zip(&again).all(|(a, b)| a.png == b.png && a.bounds == b.bounds));
    assert!(pictures[0].png.len() < 40_000, "{} bytes", pictures[0].png.len());
    // Too many: the latest year stays.
    let (few, notes) = run.pictures(&PictureOptions { most: 1, ..OPTIONS }, 2);
    assert_eq!(few.iter().map(|p| p.year).collect::<Vec<_>>(), [2024]);
    assert_eq!(notes, ["1 of 2 small pictures are left out, of 2023"]);
    std::fs::remove_file(run.0.path().join("mask/coca_2023.tif")).unwrap();
    let (bare, notes) = run.pictures(&OPTIONS, 2);
    assert_eq!(notes, ["small pictures of 2023 show no coca: mask/coca_2023.tif is gone"]);
    assert!(bare[0].png != pictures[0].png && bare[1].png == pictures[1].png);
}

#[test]
fn cells_finer_than_a_kilometre_are_refused() {
    let run = Run::new(&[2024], lot(0, 0));
    let options = PictureOptions { cell_m: 500, ..OPTIONS };
    let refused = tile_pictures(run.0.path(), &options, &Threads::start(Some(1)).unwrap());
    assert!(matches!(refused, Err(PreviewError::Cell(_))), "{:?}", refused.err());
    let gone = tile_pictures(Path::new("/nowhere"), &OPTIONS, &Threads::start(Some(1)).unwrap());
    assert!(matches!(gone, Err(PreviewError::Run(_))), "{:?}", gone.err());
}
