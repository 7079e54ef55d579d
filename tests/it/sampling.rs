//! `cocal sample` as it is called: strata, the key, blinding, municipalities, bad calls; and `cocal run` with a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assert_cmd::assert::Assert;
use gdal::raster::Buffer;
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager};
use tempfile::TempDir;

use super::data::cocal;
use super::small_project::SmallProject;

const ROWS: usize = 120;
const COLS: usize = 200;
const CORNER: (f64, f64) = (500_000.0, 200_000.0);

/// Fields of coca (1) in pasture (2) beside forest (3); a corner is unobserved.
fn class(row: usize, col: usize) -> u8 {
    match (row, col) {
        (0..10, 0..10) => 255,
        _ if row % 40 < 8 && col % 50 < 10 => 1,
        (_, 0..120) => 2,
        _ => 3,
    }
}

struct Case(TempDir);

impl Case {
    fn new() -> Self {
        let case = Self(tempfile::tempdir().unwrap());
        write_map(&case.path("class_2024.tif"), (0, ROWS));
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &str) -> Assert {
        cocal().current_dir(self.0.path()).args(words.split_whitespace()).assert()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Rows of a CSV by column name.
    fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.text(name);
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        lines.map(|fields| header.iter().cloned().zip(fields).collect()).collect()
    }
}

/// Some rows of the map as a raster of their own.
fn write_map(path: &Path, (first, last): (usize, usize)) {
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut made = driver.create_with_band_type::<u8, _>(path, COLS, last - first, 1).unwrap();
    made.set_geo_transform(&[CORNER.0, 10.0, 0.0, CORNER.1 - 10.0 * first as f64, 0.0, -10.0]).unwrap();
    made.set_spatial_ref(&SpatialRef::from_epsg(32618).unwrap()).unwrap();
    let values = (first..last).flat_map(|row| (0..COLS).map(move |col| class(row, col))).collect();
    let mut band = made.rasterband(1).unwrap();
    band.write((0, 0), (COLS, last - first), &mut Buffer::new((COLS, last - first), values)).unwrap();
}

/// Whether a pixel is no coca and within `reach` of it.
fn is_near(row: usize, col: usize, reach: usize) -> bool {
    let rows = row.saturating_sub(reach)..=(row + reach).min(ROWS - 1);
    let near =
        rows.into_iter().any(|r| (col.saturating_sub(reach)..=(col + reach).min(COLS - 1)).any(|c| class(r, c) == 1));
    near && class(row, col) != 1 && class(row, col) != 255
}

fn count(is: impl Fn(usize, usize) -> bool) -> usize {
    (0..ROWS * COLS).filter(|i| is(i / COLS, i % COLS)).count()
}

#[test]
fn strata_are_counted_drawn_and_kept_apart_from_the_blinded_sample() {
    let case = Case::new();
    case.run("sample --map class_2024.tif --class 1 --buffer 2 --allocation equal --n 200 --seed 5 -o s.csv").success();
    let strata = case.rows("s_strata.csv");
    let units = |stratum: &str| -> usize {
        strata.iter().filter(|s| s["stratum"] == stratum).map(|s| s["units"].parse::<usize>().unwrap()).sum()
    };
    assert_eq!(units("1"), count(|r, c| class(r, c) == 1));
    assert_eq!(units("buffer"), count(|r, c| is_near(r, c, 2)));
    assert_eq!(units("2"), count(|r, c| class(r, c) == 2 && !is_near(r, c, 2)));
    // 10 m pixels 75 W on the equator are 0.04 % larger on the ellipsoid than in UTM, a scale of 0.9996 squared.
    let hectares: f64 = strata.iter().map(|s| s["area_ha"].parse::<f64>().unwrap()).sum();
    let pixels = count(|r, c| class(r, c) != 255) as f64;
    assert!((hectares / (pixels * 0.01) - 1.0 / 0.9996_f64.powi(2)).abs() < 1e-5, "{hectares}");

    let (sample, key) = (case.rows("s.csv"), case.rows("s_key.csv"));
    assert_eq!((sample.len(), key.len()), (200, 200));
    assert_eq!(sample[0].keys().collect::<Vec<_>>(), ["id", "lat", "lon", "reference"]);
    assert!(sample.iter().all(|unit| unit["reference"].is_empty()));
    let by_id: BTreeMap<&str, &BTreeMap<String, String>> = key.iter().map(|k| (k["id"].as_str(), k)).collect();
    assert_eq!(by_id.len(), 200);
    let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in &key {
        let (row, col): (usize, usize) = (unit["row"].parse().unwrap(), unit["col"].parse().unwrap());
        assert_eq!(unit["map"], class(row, col).to_string());
        let stratum = if is_near(row, col, 2) { "buffer".to_owned() } else { class(row, col).to_string() };
        assert_eq!(unit["stratum"], stratum);
        *drawn.entry(&unit["stratum"]).or_default() += 1;
    }
    assert!(drawn.values().all(|n| *n == 50), "{drawn:?}");
    // Blinded: in the order of the file, neighbours are of one stratum no more often than chance has it (1 in 4).
    let strata: Vec<&str> = sample.iter().map(|unit| by_id[unit["id"].as_str()]["stratum"].as_str()).collect();
    let same = strata.windows(2).filter(|w| w[0] == w[1]).count();
    assert!((25..75).contains(&same), "{same} of 199");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_a_larger_sample_holds_the_smaller() {
    let case = Case::new();
    write_map(&case.path("north_2024.tif"), (0, 50));
    write_map(&case.path("south_2024.tif"), (50, ROWS));
    for (map, threads, n, out) in [
        ("class_2024.tif", 1, 60, "a.csv"),
        ("class_2024.tif", 3, 60, "b.csv"),
        ("south_2024.tif north_2024.tif", 2, 60, "c.csv"),
        ("class_2024.tif", 2, 90, "d.csv"),
    ] {
        let words = format!("sample --map {map} --design simple --n {n} --seed 3 --threads {threads} -o {out}");
        case.run(&words).success();
    }
    assert_eq!(case.text("a.csv"), case.text("b.csv"));
    assert_eq!(case.text("a.csv"), case.text("c.csv"), "two rasters are one map");
    let ids = |name: &str| case.rows(name).into_iter().map(|r| r["id"].clone()).collect::<BTreeSet<_>>();
    assert!(ids("a.csv").is_subset(&ids("d.csv")));
    case.run("sample --map class_2024.tif --design simple --n 60 --seed 4 -o e.csv").success();
    assert!(ids("e.csv").intersection(&ids("a.csv")).count() < 20);
    assert!(case.rows("a_strata.csv").iter().all(|s| s["stratum"] == "all"));
}

/// A sample in each format, labelled with the map itself, gives the map's own areas back without error.
#[test]
fn samples_of_every_format_come_back_with_their_key() {
    let case = Case::new();
    for format in ["csv", "geojson", "gpkg"] {
        let out = format!("s.{format}");
        case.run(&format!("sample --map class_2024.tif --n 120 --allocation proportional -o {out} --key k.csv"))
            .success();
        label_with_map(&case, format);
        case.run(&format!("assess --sample {out} --key k.csv --strata-area s_strata.csv -o {format}.json")).success();
        let found: serde_json::Value = serde_json::from_str(&case.text(&format!("{format}.json"))).unwrap();
        assert_eq!(found["n"], 120);
        assert!((found["overall_accuracy"].as_f64().unwrap() - 1.0).abs() < 1e-12);
        for class in found["classes"].as_array().unwrap() {
            let [mapped, adjusted] = ["mapped_area_ha", "adjusted_area_ha"].map(|name| class[name].as_f64().unwrap());
            assert!((mapped - adjusted).abs() < 1e-9 * mapped && class["standard_error_ha"] == 0.0, "{class}");
        }
    }
}

/// Fills `reference` with the class of the map.
fn label_with_map(case: &Case, format: &str) {
    let classes: BTreeMap<String, String> =
        case.rows("k.csv").into_iter().map(|unit| (unit["id"].clone(), unit["map"].clone())).collect();
    let path = case.path(&format!("s.{format}"));
    match format {
        "csv" => {
            let text = case.text("s.csv");
            let label = |line: &str| match classes.get(line.split(',').next().unwrap()) {
                Some(class) => format!("{line}{class}\n"),
                None => format!("{line}\n"),
            };
            std::fs::write(path, text.lines().map(label).collect::<String>()).unwrap();
        }
        "geojson" => {
            let mut layer: serde_json::Value = serde_json::from_str(&case.text("s.geojson")).unwrap();
            for feature in layer["features"].as_array_mut().unwrap() {
                let class = classes[feature["properties"]["id"].as_str().unwrap()].clone();
                feature["properties"]["reference"] = class.into();
            }
            std::fs::write(path, layer.to_string()).unwrap();
        }
        _ => {
            let options = gdal::DatasetOptions {
                open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_UPDATE,
                ..Default::default()
            };
            let dataset = Dataset::open_ex(path, options).unwrap();
            for (id, class) in &classes {
                let sql = format!("UPDATE sample SET reference = '{class}' WHERE id = '{id}'");
                dataset.execute_sql(sql, None, gdal::vector::sql::Dialect::SQLITE).unwrap();
            }
        }
    }
}

/// Two municipalities side by side, with the border at column 80; the last 20 columns are in none.
fn write_municipalities(path: &Path) {
    let polygon = |x0: f64, x1: f64| {
        let (y0, y1) = (CORNER.1 - 10.0 * ROWS as f64, CORNER.1);
        format!("[[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]]")
    };
    let feature = |code: &str, x0: f64, x1: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#,
            polygon(CORNER.0 + 10.0 * x0, CORNER.0 + 10.0 * x1)
        )
    };
    let features = [feature("05001", 0.0, 80.0), feature("52835", 80.0, 180.0)].join(",");
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32618"}}"#;
    std::fs::write(path, format!(r#"{{"type":"FeatureCollection",{crs},"features":[{features}]}}"#)).unwrap();
}

#[test]
fn municipalities_and_cells_make_strata_of_their_own() {
    let case = Case::new();
    write_municipalities(&case.path("m.geojson"));
    let municipal = "--municipalities m.geojson --code-field code";
    let done = case.run(&format!("sample --map class_2024.tif {municipal} --n 100 -o s.csv")).success();
    let notes = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(notes.contains("lie in no municipality and are not sampled"), "{notes}");
    for unit in case.rows("s_key.csv") {
        let col: usize = unit["col"].parse().unwrap();
        let code = if col < 80 { "05001" } else { "52835" };
        assert!(col < 180);
        assert_eq!(
            (unit["municipality"].as_str(), unit["stratum"].as_str()),
            (code, format!("{code} {}", unit["map"]).as_str())
        );
    }
    let of = |code: &str, class: &str| {
        let rows = case.rows("s_strata.csv");
        rows.iter()
            .find(|s| s["municipality"] == code && s["map"] == class)
            .map(|s| s["units"].parse::<usize>().unwrap())
    };
    assert_eq!(of("52835", "3"), Some(count(|r, c| class(r, c) == 3 && c < 180)));
    assert_eq!(of("05001", "3"), None);

    case.run(&format!("sample --map class_2024.tif {municipal} --strata class --n 100 -o c.csv")).success();
    assert!(case.rows("c_key.csv").iter().all(|u| u["stratum"] == u["map"] && !u["municipality"].is_empty()));
    case.run("sample --map class_2024.tif --strata grid --cell 500 --n 200 -o g.csv").success();
    // Cells of 50 pixels, counted from the origin of the reference system: 500,000 m is a multiple, 200,000 m too.
    let cells: BTreeSet<String> =
        case.rows("g_key.csv").into_iter().map(|u| u["stratum"].split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(cells.len(), 3 * 4, "{cells:?}");
}

#[test]
fn excluded_ground_is_not_sampled() {
    let case = Case::new();
    write_municipalities(&case.path("m.geojson"));
    let done = case.run("sample --map class_2024.tif --exclude m.geojson --n 50 -o s.csv").success();
    assert!(case.rows("s_key.csv").iter().all(|u| u["col"].parse::<usize>().unwrap() >= 180));
    assert!(String::from_utf8_lossy(&done.get_output().stderr).contains("touch excluded ground"));
}

#[test]
fn wrong_calls_and_maps_are_told() {
    let case = Case::new();
    let stderr =
        |words: &str, code: i32| String::from_utf8(case.run(words).code(code).get_output().stderr.clone()).unwrap();
    assert!(
        stderr("sample --map class_2024.tif --n 5 -o s.csv", 1).contains("5 units for 3 strata: each needs at least 2")
    );
    assert!(
        stderr("sample --map class_2024.tif --n 90000 -o s.csv", 1)
            .contains("90000 units are wanted and the map has 23900")
    );
    assert!(stderr("sample --map class_2024.tif --n 50 --buffer 1 -o s.csv", 1).contains("found: 1, 2, 3"));
    assert!(stderr("sample --map class_2024.tif --n 50 -o s.shp", 2).contains("must end in .geojson, .gpkg or .csv"));
    assert!(
        stderr("sample --map class_2024.tif --n 50 --strata municipality -o s.csv", 2)
            .contains("needs --municipalities")
    );
    assert!(stderr("sample --map class_2024.tif --n 50 -o s.csv --key s.csv", 2).contains("would be written twice"));
    assert!(
        stderr("sample --map class_2024.tif --n 50 --expected x=0.5 -o s.csv", 1).contains("--expected x: no stratum")
    );
    write_map(&case.path("class_2023.tif"), (0, 50));
    assert!(
        stderr("sample --map class_2024.tif class_2023.tif --n 50 -o s.csv", 1).contains("one year's map at a time")
    );
    assert!(!case.path("s.csv").exists() && !case.path("s_key.csv").exists());
}

/// The column of a unit tells what grows there: forest, coca, pasture.
fn labelled(project: &SmallProject) -> String {
    let key = project.text("key.csv");
    let label = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let cover = match fields[7].parse::<usize>().unwrap() {
            0..14 => "forest",
            14..27 => "coca",
            _ => "pasture",
        };
        format!("{},{},{},{cover}\n", fields[0], fields[4], fields[5])
    };
    format!("id,lon,lat,reference\n{}", key.lines().skip(1).map(label).collect::<String>())
}

const ASSESSMENT: &str =
    "[[assessment]]\nyear = 2024\nsample = \"labelled.csv\"\nkey = \"key.csv\"\nstrata_area = \"s_strata.csv\"\n";

#[test]
fn a_run_says_that_no_error_is_known_until_it_has_a_labelled_sample() {
    let mut project = SmallProject::new();
    let done = project.call(&["run", "cocal.toml", "--out", "out"]);
    let stdout = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(stdout.contains("mapped area only: no error is known"), "{stdout}");
    let files = std::fs::read_dir(project.path("out")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    assert!(!files.into_iter().any(|name| name.starts_with("assessment") || name.starts_with("validation")));
    let record = project.text("out/run.json");
    assert!(record.contains("mapped area only: no error is known"));
    assert!(!project.text("out/municipalities.geojson").contains("ci95"), "no interval is invented");

    let sample = "sample --map out/mask/class_2024.tif --municipalities municipalities.geojson --code-field code --strata class --exclude training.geojson --n 90 -o s.csv --key key.csv";
    assert!(project.call(&sample.split_whitespace().collect::<Vec<_>>()).status.success());
    project.write("labelled.csv", labelled(&project));
    project.toml.push_str(ASSESSMENT);
    let (said, _) = project.runs();
    assert!(!said.contains("no error is known"), "{said}");
    assert!(said.contains("the sample was drawn from less than 99 % of these municipalities"), "{said}");
    let found: serde_json::Value = serde_json::from_str(&project.text("out/assessment_2024.json")).unwrap();
    assert_eq!((&found["n"], &found["year"], &found["overall_accuracy"]), (&90.into(), &2024.into(), &1.0.into()));
    let record = project.text("out/run.json");
    assert!(record.contains("reference sample") && record.contains("assessment_2024.json"));
    assert!(project.text("out/municipal_2024.csv").contains("fay-herriot,05001,2024,coca"));
}

#[test]
fn a_run_refuses_samples_on_training_ground_and_beside_the_map() {
    let mut project = SmallProject::new();
    assert!(project.call(&["run", "cocal.toml", "--out", "out"]).status.success());
    let sample = "sample --map out/mask/class_2024.tif --n 300 -o s.csv --key key.csv";
    assert!(project.call(&sample.split_whitespace().collect::<Vec<_>>()).status.success());
    std::fs::remove_dir_all(project.path("out")).unwrap();
    project.write("labelled.csv", labelled(&project));
    project.toml.push_str(ASSESSMENT);
    project.fails(&["sample units in training polygons of", "--exclude"]);
    let elsewhere = "id,lon,lat,reference\n".to_owned()
        + &project.text("labelled.csv").lines().nth(1).unwrap().replacen("-7", "-6", 1);
    project.write("labelled.csv", elsewhere);
    project.fails(&["lies outside the map"]);
    project.change("year = 2024", "year = 2019");
    project.fails(&["[assessment] year = 2019: not among the years of [years] census"]);
}
