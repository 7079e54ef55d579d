//! `cocal hectares` as it is called: real rasters, several masks, bad input.

use std::path::{Path, PathBuf};

use assert_cmd::assert::Assert;
use gdal::raster::{Buffer, GdalType};
use gdal::spatial_ref::SpatialRef;
use gdal::{DriverManager, Metadata};
use tempfile::TempDir;

use crate::data::{cocal, real_data};

/// North-up, 10 m pixels in UTM 18N, upper left corner at 500000 E, 200000 N.
const NORTH_UP: [f64; 6] = [500_000.0, 10.0, 0.0, 200_000.0, 0.0, -10.0];

/// A GeoTIFF of 6 columns; as many rows as the values fill.
fn write_mask<T: Copy + GdalType>(path: &Path, values: &[T], transform: Option<[f64; 6]>, epsg: Option<u32>) {
    let rows = values.len() / 6;
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut dataset = driver.create_with_band_type::<T, _>(path, 6, rows, 1).unwrap();
    if let Some(transform) = transform {
        dataset.set_geo_transform(&transform).unwrap();
    }
    if let Some(epsg) = epsg {
        dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
    }
    let mut band = dataset.rasterband(1).unwrap();
    band.write((0, 0), (6, rows), &mut Buffer::new((6, rows), values.to_vec())).unwrap();
}

/// A polygon layer in UTM 18N: `(code as JSON, geometry as JSON)` each.
fn write_layer(path: &Path, features: &[(&str, String)]) {
    let features: Vec<String> = features
        .iter()
        .map(|(code, geometry)| {
            format!(
                r#"{{"type":"Feature","properties":{{"code":{code},"nombre":"N{}"}},"geometry":{geometry}}}"#,
                code.trim_matches('"')
            )
        })
        .collect();
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32618"}}"#;
    let text = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    std::fs::write(path, text).unwrap();
}

fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> String {
    format!(r#"{{"type":"Polygon","coordinates":[[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]]}}"#)
}

/// A folder with one mask of 6 x 4 pixels, of which the left half is municipality 05001 and the right half 52835.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        write_mask(&case.path("mask.tif"), &MASK, Some(NORTH_UP), Some(32618));
        let halves = [
            ("\"05001\"", rectangle(500_000.0, 199_960.0, 500_030.0, 200_000.0)),
            ("\"52835\"", rectangle(500_030.0, 199_960.0, 500_060.0, 200_000.0)),
        ];
        write_layer(&case.path("layer.geojson"), &halves);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, masks: &[&str], layer: &str, more: &[&str]) -> Assert {
        let mut command = cocal();
        command.arg("hectares").arg("--mask").args(masks.iter().map(|m| self.path(m)));
        command.arg("--municipalities").arg(self.path(layer)).args(["--code-field", "code"]).args(more);
        if !more.contains(&"-o") {
            command.arg("-o").arg(self.path("out.csv"));
        }
        command.assert()
    }

    /// Rows of out.csv by code and class.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_path(self.path("out.csv")).unwrap();
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn fails(&self, masks: &[&str], layer: &str, words: &[&str]) {
        let _ = std::fs::remove_file(self.path("out.csv"));
        let output = self.run(masks, layer, &[]).code(1).get_output().clone();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        for word in words {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
        assert!(!self.path("out.csv").exists(), "a file was left behind");
    }
}

#[rustfmt::skip]
const MASK: [u8; 24] = [
    1, 1, 0, 0, 0, 255,
    1, 0, 0, 0, 0, 255,
    0, 0, 0, 1, 0, 255,
    0, 0, 0, 0, 0, 255,
];

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// Hectares of a pixel of 10 m on the central meridian at the scale 0.9996: 0.01 / 0.9996^2.
const PIXEL: f64 = 0.010_008;

#[test]
fn pixels_become_hectares_with_their_observed_share() {
    let case = Case::new();
    case.run(&["mask.tif"], "layer.geojson", &["--year", "2022"]).success();
    let header = std::fs::read_to_string(case.path("out.csv")).unwrap().lines().next().map(str::to_owned);
    let wanted = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha,coverage_area_ha,bound_low_ha,bound_high_ha,zero_observations_share";
    assert_eq!(header.as_deref(), Some(wanted));
    let rows = case.rows();
    let keys: Vec<_> = rows.iter().map(|r| r[..4].join(" ")).collect();
    assert_eq!(keys, ["05001 N05001 2022 0", "05001 N05001 2022 1", "52835 N52835 2022 0", "52835 N52835 2022 1"]);
    let near = |text: &str, pixels: f64| {
        assert!((number(text) - pixels * PIXEL).abs() < 1e-4, "{text} is not {pixels} pixels")
    };
    near(&rows[1][4], 3.0);
    near(&rows[3][4], 1.0);
    assert_eq!((rows[1][5].as_str(), rows[3][5].as_str()), ("1.000000", "0.666667"));
    assert_eq!((rows[1][10].as_str(), rows[3][10].as_str()), ("0.000000", "0.333333"));
    near(&rows[3][6], 4.0);
    near(&rows[3][7], 12.0);
    near(&rows[3][9], 5.0);
}

#[test]
fn json_and_geojson_carry_the_same_figures() {
    let case = Case::new();
    let out = case.path("out.geojson");
    let done =
        case.run(&["mask.tif"], "layer.geojson", &["--class", "1", "--json", "-o", out.to_str().unwrap()]).success();
    let report: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(report["hectares"].as_array().unwrap().len(), 2);
    assert_eq!(report["outside_ha"]["undated"]["1"], 0.0);
    let map: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(out).unwrap()).unwrap();
    let properties = &map["features"][0]["properties"];
    assert_eq!(properties["municipality_code"], "05001");
    let (a, b) =
        (properties["mapped_area_ha"].as_f64().unwrap(), report["hectares"][0]["mapped_area_ha"].as_f64().unwrap());
    assert!((a - b).abs() <= 5e-5);
    let first = &map["features"][0]["geometry"]["coordinates"][0][0];
    assert!((first[0].as_f64().unwrap() + 75.0).abs() < 0.01, "longitude first: {first}");
}

#[test]
fn ground_shown_twice_is_counted_once_and_an_observation_beats_none() {
    let case = Case::new();
    case.run(&["mask.tif"], "layer.geojson", &[]).success();
    let alone = case.rows();
    // The same lattice, two columns to the east: its first columns see what the other did not.
    let east = [500_040.0, 10.0, 0.0, 200_000.0, 0.0, -10.0];
    write_mask(&case.path("east.tif"), &[1_u8; 24], Some(east), Some(32618));
    case.run(&["mask.tif", "east.tif"], "layer.geojson", &[]).success();
    let both = case.rows();
    assert_eq!(alone[..2], both[..2]);
    assert_eq!(both[3][5], "1.000000");
    assert!(
        (number(&both[3][4]) - 5.0 * PIXEL).abs() < 1e-4,
        "1 of the first, 4 that only the second saw: {:?}",
        both[3]
    );
    assert_eq!(alone[3][7], both[3][7]);
    case.run(&["mask.tif", "mask.tif"], "layer.geojson", &[]).success();
    assert_eq!(case.rows(), alone);
}

#[test]
fn different_grids_may_lie_apart_but_not_overlap() {
    let case = Case::new();
    let shifted = |x: f64| Some([x, 10.0, 0.0, 200_000.0, 0.0, -10.0]);
    write_mask(&case.path("shifted.tif"), &[1_u8; 24], shifted(500_045.0), Some(32618));
    case.fails(&["mask.tif", "shifted.tif"], "layer.geojson", &["mask.tif", "shifted.tif", "different grids"]);
    write_mask(&case.path("apart.tif"), &[1_u8; 24], shifted(500_065.0), Some(32618));
    case.run(&["mask.tif", "apart.tif"], "layer.geojson", &[]).success();
    // Zone 17 reaches far enough east to show the same ground.
    let zone17 = Some([1_167_000.0, 500.0, 0.0, 202_000.0, 0.0, -500.0]);
    write_mask(&case.path("zone17.tif"), &[0_u8; 24], zone17, Some(32617));
    case.fails(&["mask.tif", "zone17.tif"], "layer.geojson", &["zone17.tif", "overlap"]);
}

#[test]
fn years_are_tabulated_apart() {
    let case = Case::new();
    write_mask(&case.path("coca_2021.tif"), &[1_u8; 24], Some(NORTH_UP), Some(32618));
    write_mask(&case.path("other.tif"), &MASK, Some(NORTH_UP), Some(32618));
    let mut tagged = gdal::Dataset::open_ex(
        case.path("other.tif"),
        gdal::DatasetOptions { open_flags: gdal::GdalOpenFlags::GDAL_OF_UPDATE, ..Default::default() },
    )
    .unwrap();
    tagged.set_metadata_item("COCAL_YEAR", "2023", "").unwrap();
    drop(tagged);
    case.run(&["coca_2021.tif", "other.tif"], "layer.geojson", &["--class", "1"]).success();
    let years: Vec<_> = case.rows().iter().map(|r| r[2].clone()).collect();
    assert_eq!(years, ["2021", "2021", "2023", "2023"]);
}

#[test]
fn a_south_up_raster_gives_the_same_figures() {
    let case = Case::new();
    case.run(&["mask.tif"], "layer.geojson", &[]).success();
    let want = std::fs::read(case.path("out.csv")).unwrap();
    let turned: Vec<u8> = MASK.chunks(6).rev().flatten().copied().collect();
    let south_up = Some([500_000.0, 10.0, 0.0, 199_960.0, 0.0, 10.0]);
    write_mask(&case.path("south_up.tif"), &turned, south_up, Some(32618));
    case.run(&["south_up.tif"], "layer.geojson", &[]).success();
    assert_eq!(std::fs::read(case.path("out.csv")).unwrap(), want);
}

#[test]
fn polygons_outside_the_raster_keep_a_row_without_a_share() {
    let case = Case::new();
    let features = [
        ("52835", rectangle(500_000.0, 199_960.0, 500_060.0, 200_000.0)),
        ("5001", rectangle(600_000.0, 199_960.0, 600_060.0, 200_000.0)),
    ];
    write_layer(&case.path("numbers.geojson"), &features);
    let done = case.run(&["mask.tif"], "numbers.geojson", &["--class", "1"]).success();
    let rows = case.rows();
    assert_eq!(rows[0][..2], ["05001", "N5001"]);
    assert_eq!(rows[0][5..8], ["", "0.0000", "0.0000"]);
    let log = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(log.contains("leading zero"), "{log}");
    write_layer(&case.path("away.geojson"), &features[1..]);
    case.fails(&["mask.tif"], "away.geojson", &["touches", "600000", "500000", "EPSG:32618"]);
}

#[test]
fn bad_rasters_are_named_with_the_place() {
    let case = Case::new();
    let write = |name: &str, transform, epsg| write_mask(&case.path(name), &MASK, transform, epsg);
    case.fails(&["missing.tif"], "layer.geojson", &["missing.tif"]);
    write("no_crs.tif", Some(NORTH_UP), None);
    case.fails(&["no_crs.tif"], "layer.geojson", &["no_crs.tif", "no coordinate reference system"]);
    write("nowhere.tif", None, Some(32618));
    case.fails(&["nowhere.tif"], "layer.geojson", &["nowhere.tif", "no georeference"]);
    write("rotated.tif", Some([500_000.0, 9.0, 1.0, 200_000.0, 1.0, -9.0]), Some(32618));
    case.fails(&["rotated.tif"], "layer.geojson", &["rotated.tif", "gdalwarp"]);
    let mut values = [0_i16; 24];
    values[20] = 300;
    write_mask(&case.path("large.tif"), &values, Some(NORTH_UP), Some(32618));
    case.fails(&["large.tif"], "layer.geojson", &["large.tif", "row 3, column 2", "300"]);
    let mut values = [0_f32; 24];
    values[1] = 0.5;
    write_mask(&case.path("parts.tif"), &values, Some(NORTH_UP), Some(32618));
    case.fails(&["parts.tif"], "layer.geojson", &["parts.tif", "row 0, column 1", "0.5"]);
    let bytes = std::fs::read(case.path("mask.tif")).unwrap();
    std::fs::write(case.path("cut.tif"), &bytes[..20]).unwrap();
    case.fails(&["cut.tif"], "layer.geojson", &["cut.tif"]);
    std::fs::write(case.path("short.tif"), &bytes[..bytes.len() - 12]).unwrap();
    case.fails(&["short.tif"], "layer.geojson", &["short.tif", "rows 0 to 3"]);
    write_mask(&case.path("unseen.tif"), &[255_u8; 24], Some(NORTH_UP), Some(32618));
    case.fails(&["unseen.tif"], "layer.geojson", &["unobserved", "--class"]);
}

#[test]
fn bad_layers_are_named_with_the_feature() {
    let case = Case::new();
    let square = || rectangle(500_000.0, 199_960.0, 500_060.0, 200_000.0);
    let write = |name: &str, features: &[(&str, String)]| write_layer(&case.path(name), features);
    case.fails(&["mask.tif"], "missing.geojson", &["missing.geojson"]);
    write("twice.geojson", &[("\"05001\"", square()), ("\"05002\"", square()), ("\"05001\"", square())]);
    case.fails(&["mask.tif"], "twice.geojson", &["feature 3", "feature 1", "dissolve"]);
    write("code.geojson", &[("\"05001\"", square()), ("\"05X\"", square())]);
    case.fails(&["mask.tif"], "code.geojson", &["feature 2", "05X", "five digits"]);
    write("null.geojson", &[("\"05001\"", "null".to_owned())]);
    case.fails(&["mask.tif"], "null.geojson", &["feature 1", "05001", "no geometry"]);
    write("empty.geojson", &[("\"05001\"", r#"{"type":"Polygon","coordinates":[]}"#.to_owned())]);
    case.fails(&["mask.tif"], "empty.geojson", &["feature 1", "no geometry"]);
    write("point.geojson", &[("\"05001\"", r#"{"type":"Point","coordinates":[500010,199990]}"#.to_owned())]);
    case.fails(&["mask.tif"], "point.geojson", &["feature 1", "POINT", "polygons are needed"]);
    write("blank.geojson", &[("null", square())]);
    case.fails(&["mask.tif"], "blank.geojson", &["feature 1", "'code' is empty"]);
    write("none.geojson", &[]);
    case.fails(&["mask.tif"], "none.geojson", &["none.geojson"]);
    let text = std::fs::read_to_string(case.path("layer.geojson")).unwrap();
    std::fs::write(case.path("field.geojson"), text.replace("\"code\"", "\"codigo\"")).unwrap();
    case.fails(&["mask.tif"], "field.geojson", &["no field 'code'", "codigo, nombre"]);
    std::fs::write(case.path("cut.geojson"), &text[..text.len() / 2]).unwrap();
    case.fails(&["mask.tif"], "cut.geojson", &["cut.geojson"]);
    std::fs::write(case.path("no_crs.csv"), "code,WKT\n05001,\"POLYGON ((0 0,1 0,1 1,0 0))\"\n").unwrap();
    case.fails(&["mask.tif"], "no_crs.csv", &["no_crs.csv", "no coordinate reference system"]);
}

#[test]
fn a_bow_tie_is_repaired_and_the_note_gives_both_areas() {
    let case = Case::new();
    let tie = r#"{"type":"Polygon","coordinates":[[[500000,199960],[500060,200000],[500060,199960],[500000,200000],[500000,199960]]]}"#;
    write_layer(&case.path("tie.geojson"), &[("\"05001\"", tie.to_owned())]);
    let done = case.run(&["mask.tif"], "tie.geojson", &["--class", "0", "--json"]).success();
    let report: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.contains("05001") && note.contains("0.0000 ha before") && note.contains("0.1201 ha after"), "{note}");
    let coverage = report["hectares"][0]["coverage_area_ha"].as_f64().unwrap();
    assert!((coverage - 12.0 * PIXEL).abs() < 1e-4, "{coverage}");
}

#[test]
fn usage_and_output_are_checked_before_the_work() {
    let case = Case::new();
    case.run(&["mask.tif"], "layer.geojson", &["-o", "out.xlsx"]).code(2);
    std::fs::write(case.path("file"), "").unwrap();
    let inside = case.path("file/out.csv");
    let done = case.run(&["missing.tif"], "layer.geojson", &["-o", inside.to_str().unwrap()]).code(1);
    let text = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(text.contains("cannot write into folder"), "{text}");
}

const FIRST_YEAR: &str = "imagery/colombia_simci_grid_hansen/simci_coca_first_year_4326.tif";
const MUNICIPALITIES: &str = "boundaries/mgn2018_municipios_detailed.geojson";

fn run_country(out: &Path, more: &[&str]) -> Option<Assert> {
    let (mask, layer) = (real_data(FIRST_YEAR)?, real_data(MUNICIPALITIES)?);
    let mut command = cocal();
    command.arg("hectares").arg("--mask").arg(mask).arg("--municipalities").arg(layer);
    Some(command.args(["--code-field", "MPIO_CCNCT"]).args(more).arg("-o").arg(out).assert().success())
}

#[test]
fn planar_coverage_of_the_country_equals_exactextract() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("planar.csv");
    if run_country(&out, &["--planar", "--quiet"]).is_none() {
        return;
    }
    let mut by_code = std::collections::BTreeMap::<String, f64>::new();
    for row in csv::Reader::from_path(&out).unwrap().records().map(Result::unwrap).filter(|r| &r[3] != "0") {
        *by_code.entry(row[0].to_owned()).or_default() += number(&row[4]);
    }
    assert_eq!(by_code.len(), 1122);
    // benches/peers/zones_exactextract.py COCAL FIRST_YEAR MUNICIPALITIES MPIO_CCNCT, exactextract 0.3.0: pixels with
    // coca (1 to 23) in all municipalities, in Tumaco, in Tibu and in San Vicente del Caguan.
    let total: f64 = by_code.values().sum();
    for (got, want) in [
        (total, 246_345.717_157),
        (by_code["52835"], 5_462.410_281_297_343),
        (by_code["54810"], 4_662.663_626_192_442),
        (by_code["18753"], 3_216.372_228_540_378_3),
    ] {
        assert!((got / want - 1.0).abs() < 1e-8, "{got} {want}");
    }
    // A sliver of a sixth of a thousandth of a pixel too, to the digits of exactextract's 32-bit fractions.
    assert!((by_code["13549"] / 0.000_167_367_412_359_453_74 - 1.0).abs() < 1e-7, "{}", by_code["13549"]);
    assert_eq!(by_code["91001"], 0.0);
}

#[test]
fn hectares_of_the_country_and_outside_are_the_raster() {
    let folder = tempfile::tempdir().unwrap();
    let Some(done) = run_country(&folder.path().join("out.csv"), &["--json"]) else { return };
    let report: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let rows = report["hectares"].as_array().unwrap();
    assert_eq!(rows.len(), 1122 * 24, "0 is a class here: no nodata value is set");
    let mapped = rows.iter().filter(|r| r["class"] != "0").map(|r| r["mapped_area_ha"].as_f64().unwrap());
    let outside = report["outside_ha"]["undated"].as_object().unwrap();
    let outside = outside.iter().filter(|(class, _)| *class != "0").map(|(_, ha)| ha.as_f64().unwrap());
    let sum: f64 = mapped.chain(outside).sum();
    // 246,812 pixels, each row's area by pyproj's Geod.polygon_area_perimeter with the parallels cut into 2,000.
    assert!((sum / 11_827_560.881_175_46 - 1.0).abs() < 1e-8, "{sum}");
    let share = |code: &str| rows.iter().find(|r| r["municipality_code"] == code).unwrap()["observed_share"].clone();
    assert_eq!(share("52835"), 1.0);
    assert!(share("88001").is_null(), "San Andres lies outside the raster");
}
