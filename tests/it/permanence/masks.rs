//! Permanence from masks: years on different grids, mosaics, rasters on the national lattice.

use std::path::Path;

use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager};
use serde_json::Value;

use super::{Case, SHORT, TABLE, classes, millionths};
use crate::data::cocal;
use crate::records::assert_says;

/// A mask of bytes: 0 not coca, 1 coca, 255 unobserved.
pub(super) fn mask(
    path: &Path,
    epsg: u32,
    transform: [f64; 6],
    (cols, rows): (usize, usize),
    code: impl Fn(usize, usize) -> u8,
) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<u8, _>(path, cols, rows, 1).unwrap();
    dataset.set_geo_transform(&transform).unwrap();
    dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    let values: Vec<u8> =
        (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).map(|(r, c)| code(r, c)).collect();
    dataset.rasterband(1).unwrap().write((0, 0), (cols, rows), &mut Buffer::new((cols, rows), values)).unwrap();
}

/// Two years on two grids: 3 x 2 km of EPSG:9377 in pixels of 20 m, and the same ground in degrees. Coca is in the west cells,
/// in the second year also in the middle ones; the east cells are hidden in the second year.
fn masks(case: &Case) -> [String; 2] {
    let (first, second) = (case.path("m_2023.tif"), case.path("m_2024.tif"));
    let plane = [5_000_000.0, 20.0, 0.0, 2_002_000.0, 0.0, -20.0];
    mask(&first, 9377, plane, (150, 100), |row, col| u8::from(col < 50 && row % 10 == 0));
    // 73 W, 4 N is the origin of the plane; a degree there is some 111 km.
    let degrees = [-73.002, 0.0002, 0.0, 4.02, 0.0, -0.0002];
    mask(&second, 4326, degrees, (155, 110), |row, col| match col {
        0..100 => u8::from(row % 10 == 0),
        _ => 255,
    });
    [first, second].map(|p| p.display().to_string())
}

#[test]
fn masks_on_different_grids_are_added_up_by_cell() {
    let case = Case::new();
    let [first, second] = masks(&case);
    let (one, two) = (format!("2023={first}"), format!("2024={second}"));
    let short = ["--window", "2", "--absent", "1", "--new", "1"];
    let (json, notes) = case.runs(&[&["--mask", &one, &two], short.as_slice()].concat(), "p.geojson");
    assert_says(&notes, &["hectares are mapped"]);
    let found = classes(&case.text("p.geojson"));
    let class = |cell: &str| found.iter().find(|(id, _)| id == cell).map(|(_, class)| class.as_str());
    assert_eq!((class("1kmN2000E5000"), class("1kmN2001E5000")), (Some("permanent"), Some("permanent")));
    assert_eq!((class("1kmN2000E5001"), class("1kmN2001E5001")), (Some("new"), Some("new")));
    assert_eq!(class("1kmN2000E5002"), None, "the east cells were hidden: no coca was seen in them");
    // All of the mask's coca is in some cell: the same hectares as inside one polygon around the mask.
    let around = case.write(
        "around.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"50001","name":"A"},"geometry":{"type":"Polygon","coordinates":[[[-74,3],[-72,3],[-72,5],[-74,5],[-74,3]]]}}]}"#,
    );
    let whole = cocal()
        .args([
            "hectares",
            "--mask",
            &second,
            "--municipalities",
            &around,
            "--code-field",
            "code",
            "--class",
            "1",
            "--json",
            "-o",
        ])
        .arg(case.path("h.csv"))
        .output()
        .unwrap();
    let whole: Value = serde_json::from_slice(&whole.stdout).unwrap();
    let (cells, polygon) =
        (json["coca_ha"].as_f64().unwrap(), whole["hectares"][0]["mapped_area_ha"].as_f64().unwrap());
    assert!((cells - polygon).abs() < 1e-4 && polygon > 40.0, "{cells} in cells, {polygon} in one polygon");
}

#[test]
fn a_raster_has_the_class_of_each_cell_on_the_national_lattice() {
    let case = Case::new();
    let [first, second] = masks(&case);
    let (one, two) = (format!("2023={first}"), format!("2024={second}"));
    case.runs(&["--mask", &one, &two, "--window", "2", "--absent", "1", "--new", "1"], "p.tif");
    let raster = Dataset::open(case.path("p.tif")).unwrap();
    assert_eq!(raster.spatial_ref().unwrap().auth_code().unwrap(), 9377);
    let [x, width, _, y, _, height] = raster.geo_transform().unwrap();
    assert_eq!((x % 1000.0, y % 1000.0, width, height), (0.0, 0.0, 1000.0, -1000.0));
    let at = |east: f64, north: f64| {
        let place = (((east - x) / 1000.0) as isize, ((y - north) / 1000.0) as isize);
        raster.rasterband(1).unwrap().read_as::<u8>(place, (1, 1), (1, 1), None).unwrap().data()[0]
    };
    let (west, middle, east) =
        (at(5_000_500.0, 2_000_500.0), at(5_001_500.0, 2_001_500.0), at(5_002_500.0, 2_000_500.0));
    assert_eq!((west, middle, east), (1, 3, 255), "permanent, new, not observed");
    assert!(raster.rasterband(1).unwrap().color_table().is_some());
    // The same classes from a table of cells whose grid is the lattice.
    let path = case.write("cells.csv", TABLE);
    case.runs(&[&["--census-cells", &path], SHORT.as_slice()].concat(), "c.tif");
    let raster = Dataset::open(case.path("c.tif")).unwrap();
    let row = raster.rasterband(1).unwrap().read_as::<u8>((0, 0), (5, 1), (5, 1), None).unwrap();
    assert_eq!(row.data(), [1, 3, 4, 2, 0]);
}

#[test]
fn several_masks_of_a_year_are_one_mosaic_and_coarser_cells_hold_the_same_hectares() {
    let case = Case::new();
    let [first, second] = masks(&case);
    let half = case.path("half.tif");
    mask(&half, 9377, [5_003_000.0, 20.0, 0.0, 2_002_000.0, 0.0, -20.0], (50, 100), |_, _| 1);
    let (a, b, c) = (format!("2023={first}"), format!("2023={}", half.display()), format!("2024={second}"));
    let short = ["--window", "2", "--absent", "1", "--new", "1", "--year", "2024"];
    let run = |cell: &str, name: &str| {
        let arguments = [&["--mask", &a, &b, &c, "--cell", cell], short.as_slice()].concat();
        case.runs(&arguments, name);
        let transitions = case.text(&name.replace(".geojson", "_transitions.csv"));
        let rows = transitions.lines().filter(|l| l.starts_with("state"));
        rows.map(|l| millionths(l.split(',').nth(6).unwrap())).sum::<i64>()
    };
    let (one, two) = (run("1km", "one.geojson"), run("2km", "two.geojson"));
    // A tenth of 2 km2 and all of another 2 km2, on the ellipsoid (scale 0.9992).
    let expected = 220.0 / 0.9992_f64.powi(2) * 1e6;
    assert!((one as f64 - expected).abs() < 100.0 && (one - two).abs() < 10, "{one} {two} {expected}");
}

#[test]
fn ground_on_which_coca_was_never_seen_is_in_the_tables_and_the_raster() {
    let case = Case::new();
    let plane = [5_000_000.0, 50.0, 0.0, 2_004_000.0, 0.0, -50.0];
    // The west column of cells is hidden in one year.
    let years = [2021, 2022, 2023].map(|year| {
        let path = case.path(&format!("m_{year}.tif"));
        mask(&path, 9377, plane, (80, 80), |_, col| if year == 2022 && col < 20 { 255 } else { 0 });
        format!("{year}={}", path.display())
    });
    let arguments = ["--mask", &years[0], &years[1], &years[2], "--window", "2", "--absent", "1", "--new", "1"];
    let (json, _) = case.runs(&arguments, "p.tif");
    let cells = |class: &str| {
        json["classes"].as_array().unwrap().iter().find(|c| c["class"] == class).unwrap()["cells"].as_u64()
    };
    assert_eq!((json["cells"].as_u64(), cells("never"), cells("undetermined")), (Some(16), Some(12), Some(4)));
    let raster = Dataset::open(case.path("p.tif")).unwrap();
    assert_eq!(raster.raster_size(), (4, 4));
    let row = raster.rasterband(1).unwrap().read_as::<u8>((0, 3), (4, 1), (4, 1), None).unwrap();
    assert_eq!(row.data(), [255, 0, 0, 0]);
    let transitions = case.text("p_transitions.csv");
    assert!(transitions.contains("state,2021,2022,absent,unobserved,4,0,0\n"), "{transitions}");
    assert!(transitions.contains("class,2022,2023,never,never,12,0,0\n"), "{transitions}");
}
