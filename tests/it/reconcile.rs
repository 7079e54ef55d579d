//! `cocal reconcile` as it is called: outcomes, re-detection, ground claimed twice, bad rows, and what may leave.

mod bad_rows;

use std::path::{Path, PathBuf};

use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use serde_json::Value;
use tempfile::TempDir;

use crate::data::cocal;

/// Upper left corner in UTM 18N; pixels of 10 m.
const CORNER: (f64, f64) = (500_000.0, 200_000.0);
const COLS: usize = 60;
const ROWS: usize = 30;

/// A folder with masks of 60 x 30 pixels: coca in columns 0 to 29 until 2020, gone in 2021 and 2022 in the upper half, back in
/// 2023 in columns 0 to 9; columns 50 to 59 never observed.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        for year in 2019..=2023 {
            let code = |k: usize| {
                let (row, col) = (k / COLS, k % COLS);
                let stands = col < 30 && (row >= 15 || year <= 2020 || (year == 2023 && col < 10));
                if col >= 50 { 255 } else { u8::from(stands) }
            };
            write_mask(&case.path(&format!("{year}.tif")), (CORNER, COLS), (0..COLS * ROWS).map(code).collect());
        }
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the command with all masks; standard output and standard error.
    fn run(&self, records: &str, output: &str, more: &[&str], code: i32) -> (String, String) {
        let masks: Vec<String> =
            (2019..=2023).map(|y| format!("{y}={}", self.path(&format!("{y}.tif")).display())).collect();
        let masks: Vec<&str> = masks.iter().map(String::as_str).collect();
        self.run_with(&[&["--mask"], masks.as_slice(), &["--records", records, "-o", output], more].concat(), code)
    }

    fn run_with(&self, arguments: &[&str], code: i32) -> (String, String) {
        let done = cocal().arg("reconcile").args(arguments).current_dir(self.folder.path()).assert().code(code);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(&done.get_output().stdout), text(&done.get_output().stderr))
    }

    /// A table's rows as maps from column to cell.
    fn rows(&self, name: &str) -> Vec<std::collections::BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader.deserialize().map(Result::unwrap).collect()
    }
}

fn write_mask(path: &Path, (corner, cols): ((f64, f64), usize), values: Vec<u8>) {
    let rows = values.len() / cols;
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let options = RasterCreationOptions::from_iter(["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE"]);
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, cols, rows, 1, &options).unwrap();
    dataset.set_geo_transform(&[corner.0, 10.0, 0.0, corner.1, 0.0, -10.0]).unwrap();
    dataset.set_spatial_ref(&SpatialRef::from_epsg(32618).unwrap()).unwrap();
    let mut band = dataset.rasterband(1).unwrap();
    band.write((0, 0), (cols, rows), &mut Buffer::new((cols, rows), values)).unwrap();
}

/// Well-known text of a square of pixels: first column and row, and how many.
fn square(col: f64, row: f64, side: f64) -> String {
    let (x0, y0) = (CORNER.0 + col * 10.0, CORNER.1 - row * 10.0);
    let (x1, y1) = (x0 + side * 10.0, y0 - side * 10.0);
    format!("\"POLYGON (({x0} {y0},{x1} {y0},{x1} {y1},{x0} {y1},{x0} {y0}))\"")
}

const HEADER: &str = "id,fecha,codmpio,metodo,hectareas,wkt\n";
const UTM: [&str; 2] = ["--crs", "EPSG:32618"];

/// Six records in columns and rows that are one of each outcome, and one more that is seen again.
fn six() -> String {
    [
        format!("a,2021-03-01,52835,manual,1,{}\n", square(12.0, 2.0, 10.0)),
        format!("b,2021-03-01,52835,manual,1,{}\n", square(12.0, 16.0, 10.0)),
        format!("c,2021-03-01,54810,manual,1,{}\n", square(35.0, 2.0, 10.0)),
        format!("d,2021-03-01,54810,voluntaria,2,{}\n", square(45.0, 2.0, 10.0)),
        format!("e,2021-06-01,52835,voluntaria,0.25,{}\n", square(2.0, 2.0, 5.0)),
        "f,,52835,manual,7,\n".to_owned(),
    ]
    .concat()
}

#[test]
fn every_outcome_is_found_with_the_hectares_behind_it() {
    let case = Case::new();
    case.write("events.csv", &format!("{HEADER}{}", six()));
    let (out, _) = case.run("events.csv", "r.csv", &UTM, 0);
    assert!(out.contains("manual + voluntary"), "{out}");
    let rows = case.rows("r.csv");
    let column = |name: &str| rows.iter().map(|r| r[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        column("outcome"),
        ["confirmed", "not_confirmed", "nothing_seen", "unobserved", "confirmed", "unusable"]
    );
    assert_eq!(column("redetected_on"), ["", "", "", "", "2023-12-31", ""]);
    assert_eq!(rows[4]["redetected_after_days"], "943");
    assert_eq!((rows[0]["before_on"].as_str(), rows[0]["after_on"].as_str()), ("2020-12-31", "2021-12-31"));
    assert_eq!(rows[0]["last_free_on"], "2023-12-31");
    // 1 ha of this grid at the equator's side of zone 18, on its central meridian: 1 / 0.9996^2.
    let ha = |row: usize, name: &str| rows[row][name].parse::<f64>().unwrap();
    assert!((ha(0, "polygon_ha") - 1.0 / 0.9996_f64.powi(2)).abs() < 2e-6, "{}", ha(0, "polygon_ha"));
    assert!((ha(0, "before_ha") - ha(0, "polygon_ha")).abs() < 2e-6 && ha(0, "after_ha") == 0.0);
    assert!((ha(1, "after_ha") - ha(1, "polygon_ha")).abs() < 2e-6);
    assert!((ha(3, "observed_share") - 0.5).abs() < 1e-5, "{}", rows[3]["observed_share"]);
    assert!(rows[3]["why"].contains("too little observed before") && rows[3]["why"].contains("0.50 times"));
    assert_eq!((rows[3]["area_differs"].as_str(), rows[0]["area_differs"].as_str()), ("yes", "no"));
    assert_eq!(rows[5]["why"], "no date; no place: its geometry is blank");
    let header = case.read("r.csv").lines().next().unwrap().to_owned();
    let contract = "record_id,municipality_code,date,method,reported_ha,polygon_ha,observed_share,before_ha,after_ha,outcome,redetected_on,counted_twice_ha";
    assert!(header.starts_with(contract), "{header}");
}

#[test]
fn totals_hold_every_record_and_methods_stand_apart() {
    let case = Case::new();
    case.write("events.csv", &format!("{HEADER}{}", six()));
    case.run("events.csv", "r.csv", &UTM, 0);
    let totals = case.rows("r_totals.csv");
    let of = |level: &str| totals.iter().filter(|t| t["level"] == level).collect::<Vec<_>>();
    let methods = of("method");
    assert_eq!(methods.iter().map(|t| t["method"].as_str()).collect::<Vec<_>>(), ["manual", "voluntary"]);
    let cells = |t: &std::collections::BTreeMap<String, String>, names: [&str; 5]| names.map(|n| t[n].clone());
    let names = ["records", "reported_ha", "confirmed_ha", "unusable_records", "unusable_ha"];
    assert_eq!(cells(methods[0], names), ["4", "3", "1", "1", "7"]);
    assert_eq!(cells(methods[1], names), ["2", "2.25", "0.25", "0", "0"]);
    assert_eq!(cells(of("all")[0], names), ["6", "5.25", "1.25", "1", "7"]);
    let undated = of("municipality_year").into_iter().find(|t| t["year"].is_empty()).unwrap();
    assert_eq!(cells(undated, names), ["1", "0", "0", "1", "7"]);
    // One record followed to the last mask, one seen again after 943 days: S = 1/2 from then on (the other has 1,035 days).
    let curve = case.rows("r_redetection.csv");
    let whole: Vec<_> = curve.iter().filter(|s| s["method"] == "manual + voluntary").collect();
    let steps = whole.iter().map(|s| cells(s, ["days", "at_risk", "redetected", "censored", "survival"]));
    assert_eq!(steps.collect::<Vec<_>>(), [["943", "2", "1", "0", "0.5"], ["1035", "1", "0", "1", "0.5"]]);
}

/// Polygons of a GeoPackage in another system, days in the text of masks, and JSON.
#[test]
fn vector_files_in_any_system_and_json() {
    let case = Case::new();
    case.write("events.csv", &format!("{HEADER}{}", six()));
    case.run("events.csv", "plain.csv", &UTM, 0);
    let features: Vec<String> = six()
        .lines()
        .take(5)
        .map(|line| {
            let fields: Vec<&str> = line.splitn(6, ',').collect();
            let corners = fields[5].trim_matches('"').trim_start_matches("POLYGON ((").trim_end_matches("))");
            let corners: Vec<String> = corners.split(',').map(|c| format!("[{}]", c.replace(' ', ","))).collect();
            format!(
                r#"{{"type":"Feature","properties":{{"record_id":"{}","date":"{}","codmpio":{},"method":"{}","ha":{}}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
                fields[0], fields[1], fields[2], fields[3], fields[4], corners.join(",")
            )
        })
        .collect();
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32618"}}"#;
    case.write(
        "utm.geojson",
        &format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(",")),
    );
    let warped = std::process::Command::new("ogr2ogr")
        .args(["-t_srs", "EPSG:9377", "events.gpkg", "utm.geojson"])
        .current_dir(case.folder.path())
        .status();
    assert!(warped.is_ok_and(|s| s.success()), "ogr2ogr is a part of GDAL");
    let (json, _) = case.run("events.gpkg", "r.csv", &["--json"], 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    let (plain, rows) = (case.rows("plain.csv"), case.rows("r.csv"));
    for (a, b) in plain.iter().zip(&rows) {
        for name in ["record_id", "municipality_code", "date", "method", "reported_ha", "outcome", "redetected_on"] {
            assert_eq!(a[name], b[name]);
        }
        for name in ["polygon_ha", "before_ha", "after_ha"] {
            let figure = |row: &std::collections::BTreeMap<String, String>| row[name].parse::<f64>().unwrap_or(-1.0);
            assert!((figure(a) - figure(b)).abs() < 2e-6, "{name}: {} {}", a[name], b[name]);
        }
    }
    assert_eq!(rows.len(), 5);
    let all = json["totals"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&all["method"], &all["by_outcome"]["confirmed"]["records"]), (&"manual + voluntary".into(), &2.into()));
    assert_eq!(json["settings"]["min_observed"], 0.8);
    assert_eq!(json["redetection"][2]["steps"][0]["days"], 943);
    let sources = json["sources"].as_array().unwrap();
    assert_eq!((sources.len(), &sources[0]["rows"], &sources[1]["date"]), (6, &5.into(), &"2019-12-31".into()));
    assert_eq!(sources[3]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn exact_footprints_leave_with_a_reason_only() {
    let case = Case::new();
    case.write("events.csv", &format!("{HEADER}{}", six()));
    case.run("events.csv", "r.geojson", &UTM, 0);
    let read = |name: &str| -> Value { serde_json::from_str(&case.read(name)).unwrap() };
    let cells = read("r.geojson");
    let features = cells["features"].as_array().unwrap();
    assert_eq!((features.len(), &features[5]["geometry"]), (6, &Value::Null));
    for feature in &features[..5] {
        assert_eq!(feature["properties"]["geometry_is"], "cell of 0.01 degrees");
        for position in feature["geometry"]["coordinates"][0].as_array().unwrap() {
            for axis in 0..2 {
                let hundredths = position[axis].as_f64().unwrap() * 100.0;
                assert!((hundredths - hundredths.round()).abs() < 1e-9, "{position} tells more than a cell");
            }
        }
    }
    assert!(case.run("events.csv", "r.geojson", &[&UTM[..], &["--lots"]].concat(), 2).1.contains("--reason"));
    let lots = [&UTM[..], &["--lots", "--reason", "field visit"]].concat();
    assert!(case.run("events.csv", "r.csv", &lots, 2).1.contains("write .geojson"));
    let (_, notes) = case.run("events.csv", "lots.geojson", &lots, 0);
    assert!(notes.contains("because: field visit"), "{notes}");
    let exact = read("lots.geojson")["features"][0].clone();
    assert_eq!(exact["properties"]["lots_written_because"], "field visit");
    let corner = &exact["geometry"]["coordinates"][0][0];
    assert!(
        (corner[0].as_f64().unwrap() + 75.0).abs() < 0.01
            && corner[0] != cells["features"][0]["geometry"]["coordinates"][0][0][0]
    );
}

/// Footprints over the borders of windows, on a whole raster and on its halves; one thread and three.
#[test]
fn windows_threads_and_mosaics_change_nothing() {
    let case = Case { folder: tempfile::tempdir().unwrap() };
    let (cols, rows) = (1100, 600);
    let code = |year: usize, k: usize| {
        if k.is_multiple_of(97) { 255 } else { u8::from((k * 7919 + year * 31) % 11 < 4 + year) }
    };
    for year in 0..2 {
        let all: Vec<u8> = (0..cols * rows).map(|k| code(year, k)).collect();
        let part =
            |from: usize, to: usize| (0..rows).flat_map(|r| all[r * cols + from..r * cols + to].to_vec()).collect();
        write_mask(&case.path(&format!("west{year}.tif")), (CORNER, 600), part(0, 600));
        let middle = (CORNER.0 + 6000.0, CORNER.1);
        write_mask(&case.path(&format!("east{year}.tif")), (middle, cols - 600), part(600, cols));
        write_mask(&case.path(&format!("whole{year}.tif")), (CORNER, cols), all.clone());
    }
    let mut events = HEADER.to_owned();
    for k in 0..300_usize {
        let (col, row) = ((k * 7919 % 10_700) as f64 / 10.0, (k * 104_729 % 5700) as f64 / 10.0);
        events +=
            &format!("e{k},2020-{:02}-01,52835,manual,1,{}\n", 1 + k % 12, square(col, row, 3.0 + (k % 40) as f64));
    }
    case.write("events.csv", &events);
    let run = |masks: [&str; 2], threads: &str, out: &str| {
        let mut arguments = vec!["--records", "events.csv", "--threads", threads, "--quiet", "-o", out, "--mask"];
        let masks: Vec<String> =
            masks.iter().flat_map(|name| [format!("2019={name}0.tif"), format!("2020={name}1.tif")]).collect();
        arguments.extend(masks.iter().map(String::as_str));
        arguments.extend(UTM);
        case.run_with(&arguments, 0);
        case.read(out)
    };
    let whole = run(["whole", "whole"], "1", "a.csv");
    assert!(whole.lines().count() == 301 && whole.contains("confirmed"));
    assert_eq!(whole, run(["whole", "whole"], "3", "b.csv"));
    assert_eq!(whole, run(["west", "east"], "2", "c.csv"));
    let twice = case.rows("a.csv").iter().filter(|r| r["counted_twice_ha"].parse::<f64>().unwrap() > 0.0).count();
    assert!(twice > 10, "{twice} records overlap an earlier one");
}

#[test]
fn masks_need_coca_among_their_names_and_days_may_be_given() {
    let case = Case::new();
    case.write("events.csv", &format!("{HEADER}{}", six()));
    let named = |name: &str, class: &str| {
        case.write(name, &format!(
            r#"<VRTDataset rasterXSize="{COLS}" rasterYSize="{ROWS}"><SRS>EPSG:32618</SRS><GeoTransform>{}, 10, 0, {}, 0, -10</GeoTransform><VRTRasterBand dataType="Byte" band="1"><CategoryNames><Category>other</Category><Category>{class}</Category></CategoryNames><SimpleSource><SourceFilename relativeToVRT="1">2020.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"#,
            CORNER.0, CORNER.1
        ));
    };
    named("forest.vrt", "forest");
    named("coca.vrt", "Coca young");
    let records = ["--records", "events.csv", "--crs", "EPSG:32618", "-o", "r.csv", "--mask"];
    let refused = case.run_with(&[&records[..], &["2020=forest.vrt"]].concat(), 1).1;
    assert!(refused.contains("0 other, 1 forest") && refused.contains("--class"), "{refused}");
    case.run_with(&[&records[..], &["2020=forest.vrt", "2021=2021.tif", "--class", "1"]].concat(), 0);
    assert_eq!(case.rows("r.csv")[0]["outcome"], "confirmed");
    case.run_with(&[&records[..], &["2021-02-28=coca.vrt", "2021-03-01=2021.tif"]].concat(), 0);
    let row = &case.rows("r.csv")[0];
    assert_eq!((row["before_on"].as_str(), row["after_on"].as_str()), ("2021-02-28", "2021-03-01"));
    assert_eq!(row["outcome"], "confirmed");
    // A month to settle: no mask is late enough.
    case.run_with(&[&records[..], &["2021-02-28=coca.vrt", "2021-03-01=2021.tif", "--settle", "30"]].concat(), 0);
    assert!(case.rows("r.csv")[0]["why"].contains("no mask after it"));
}

/// Masks, municipalities and the span of the imagery come from a project; a mask of the event's own year is not "after".
#[test]
fn a_project_gives_masks_municipalities_and_time_to_settle() {
    let case = Case::new();
    std::fs::create_dir_all(case.path("out/mask")).unwrap();
    for year in 2019..=2023 {
        std::fs::copy(case.path(&format!("{year}.tif")), case.path(&format!("out/mask/coca_{year}.tif"))).unwrap();
    }
    let project = "[territory]\nmunicipalities = \"m.geojson\"\ncode_field = \"code\"\n[[scenes]]\npath = \"x.tif\"\n\
                   [classifier]\nsamples = \"s.geojson\"\n";
    case.write("cocal.toml", project);
    let ring = "[[[-75,1.806],[-74.99,1.806],[-74.99,1.81],[-75,1.81],[-75,1.806]]]";
    let feature = format!(
        r#"{{"type":"Feature","properties":{{"code":"52835"}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}"#
    );
    case.write("m.geojson", &format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#));
    let large = format!("g,2021-03-01,52835,manual,900,{}\n", square(12.0, 2.0, 10.0));
    case.write("events.csv", &format!("{HEADER}{}{large}", six()));
    let arguments = ["--records", "events.csv", "--crs", "EPSG:32618", "--project", "cocal.toml", "-o", "r.csv"];
    let (out, _) = case.run_with(&arguments, 0);
    assert!(out.contains("or 365 to 1096 days after it"), "{out}");
    let rows = case.rows("r.csv");
    assert_eq!((rows[0]["outcome"].as_str(), rows[0]["after_on"].as_str()), ("confirmed", "2022-12-31"));
    assert!(rows[6]["why"].contains("more than the whole municipality (49"), "{}", rows[6]["why"]);
    case.run_with(&[&arguments[..], &["--settle", "0"]].concat(), 0);
    assert_eq!(case.rows("r.csv")[0]["after_on"], "2021-12-31");
    let empty = case.run_with(&[&arguments[..], &["--out", "nowhere"]].concat(), 1).1;
    assert!(empty.contains("no mask named coca_YEAR.tif") && empty.contains("nowhere"), "{empty}");
}
