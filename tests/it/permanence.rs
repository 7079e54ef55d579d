//! `cocal permanence` as it is called: grids of cells, masks, lands, bad input; and the real census.

mod masks;
mod plain;

use std::path::{Path, PathBuf};

use cocal::io::read_records::read_census;
use cocal::permanence::standing::stand;
use cocal::permanence::{Cell, Cells, Rule, Seen};
use serde_json::Value;
use tempfile::TempDir;

use super::data::{cocal, real_data};
use super::records::{CENSUS, assert_says};

/// Five cells of a row by six years: permanent, new, abandoned, intermittent, never; the first two are dense.
const TABLE: &str = "cell,x,y,areacoca_2019,areacoca_2020,areacoca_2021,areacoca_2022,areacoca_2023,areacoca_2024\n\
    a,5000500,2000500,5,5,6,6,7,8\n\
    b,5001500,2000500,0,0,0,0,0,2.5\n\
    c,5002500,2000500,3,3,3,0,0,0\n\
    d,5003500,2000500,1,0,1,0,1,1\n\
    e,5004500,2000500,0,0,0,0,0,0\n";
const SHORT: [&str; 8] = ["--crs", "EPSG:9377", "--window", "5", "--absent", "2", "--new", "2"];

struct Case(TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn call(&self, arguments: &[&str], output: &str) -> std::process::Output {
        cocal().arg("permanence").args(arguments).arg("-o").arg(self.path(output)).output().unwrap()
    }

    /// The JSON object, and the notes.
    fn runs(&self, arguments: &[&str], output: &str) -> (Value, String) {
        let done = self.call(&[arguments, &["--json"]].concat(), output);
        let notes = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "{notes}");
        (serde_json::from_slice(&done.stdout).unwrap(), notes)
    }

    fn fails(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let done = self.call(arguments, "out.geojson");
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert_says(&said, words);
        assert!(!self.path("out.geojson").exists() && !self.path("out_transitions.csv").exists(), "{said}");
    }

    /// Of the table: with so many words replaced.
    fn fails_with(&self, from: &str, to: &str, words: &[&str]) {
        assert!(TABLE.contains(from), "{from}");
        let path = self.write("bad.csv", &TABLE.replacen(from, to, 1));
        self.fails(&[&["--census-cells", &path], SHORT.as_slice()].concat(), 1, words);
    }
}

/// Value of a property by cell.
fn by_cell(layer: &str, property: &str) -> Vec<(String, Value)> {
    let layer: Value = serde_json::from_str(layer).unwrap();
    let of = |f: &Value| (f["properties"]["cell"].as_str().unwrap().to_owned(), f["properties"][property].clone());
    layer["features"].as_array().unwrap().iter().map(of).collect()
}

fn classes(layer: &str) -> Vec<(String, String)> {
    by_cell(layer, "class").into_iter().map(|(cell, class)| (cell, class.as_str().unwrap().to_owned())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_table_of_cells_becomes_classes_transitions_and_enclaves() {
    let case = Case::new();
    let path = case.write("cells.csv", TABLE);
    let arguments = [&["--census-cells", &path, "--min-cells", "1"], SHORT.as_slice()].concat();
    let (json, notes) = case.runs(&arguments, "p.geojson");
    let layer = case.text("p.geojson");
    let expected = [("a", "permanent"), ("b", "new"), ("c", "abandoned"), ("d", "intermittent")];
    assert_eq!(classes(&layer), pairs(&expected), "{notes}");
    assert_says(&notes, &["1 cells without coca in the window are not in"]);
    assert_eq!(
        (&json["reference_year"], &json["window_from"], &json["coca_ha"]),
        (&2024.into(), &2020.into(), &11.5.into())
    );
    let cells: u64 = json["classes"].as_array().unwrap().iter().map(|c| c["cells"].as_u64().unwrap()).sum();
    assert_eq!(cells, 5);
    assert_eq!(by_cell(&layer, "first_year")[1].1, 2024);
    assert_eq!(by_cell(&layer, "last_year")[2].1, 2021);
    assert_eq!(by_cell(&layer, "years_present")[3].1, 3);
    assert_eq!(by_cell(&layer, "cluster").iter().filter(|(_, c)| !c.is_null()).count(), 1);
    // 8 ha on a square kilometre of the plane, which is 100.16 ha on the ellipsoid at the origin of EPSG:9377.
    assert_eq!(case.text("p_enclaves.csv").lines().nth(1), Some("1,1,1.0016,8,0.695652,7.9872"));
    let transitions = case.text("p_transitions.csv");
    assert!(transitions.contains("state,2023,2024,absent,present,1,0,2.5\n"), "{transitions}");
    assert!(transitions.contains("state,2021,2022,present,absent,2,4,0\n"), "{transitions}");
    assert!(transitions.contains("class,2023,2024,never,new,1,0,2.5\n"), "{transitions}");
    assert!(!case.path("p_overlay.csv").exists());
    // The ring is about its cell: 73 W, 4 N is the origin of the plane.
    let bbox: Value = serde_json::from_str::<Value>(&layer).unwrap()["features"][0]["bbox"].clone();
    assert_eq!((&bbox[0], &bbox[1]), (&(-73.0).into(), &4.0.into()));
}

#[test]
fn rows_by_year_and_polygons_say_the_same_as_columns_by_year() {
    let case = Case::new();
    let path = case.write("cells.csv", TABLE);
    case.runs(&[&["--census-cells", &path], SHORT.as_slice()].concat(), "wide.geojson");
    let mut long = "cell;este;norte;año;coca_ha\n".to_owned();
    let mut features = Vec::new();
    for line in TABLE.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (x, y) = (cells[1].parse::<f64>().unwrap() - 500.0, cells[2].parse::<f64>().unwrap() - 500.0);
        let (u, v) = (x + 1000.0, y + 1000.0);
        let mut properties = format!(r#""grilla1":"{}""#, cells[0]);
        for (figure, year) in cells[3..].iter().zip(2019..) {
            long.push_str(&format!("{};{};{};{year};{}\n", cells[0], cells[1], cells[2], figure.replace('.', ",")));
            properties.push_str(&format!(r#","AREACOCA_{year}":{figure}"#));
        }
        features.push(format!(
            r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{u},{y}],[{u},{v}],[{x},{v}],[{x},{y}]]]}}}}"#
        ));
    }
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9377"}}"#;
    let layer = format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(","));
    let (long, layer) = (case.write("long.csv", &long), case.write("cells.geojson", &layer));
    case.runs(&[&["--census-cells", &long], SHORT.as_slice()].concat(), "long.geojson");
    case.runs(&[&["--census-cells", &layer], &SHORT[2..]].concat(), "polygons.geojson");
    assert_eq!(case.text("long.geojson"), case.text("wide.geojson"));
    // Rings may begin at another corner.
    let plain = |name: &str| {
        let mut layer: Value = serde_json::from_str(&case.text(name)).unwrap();
        layer["features"].as_array_mut().unwrap().iter_mut().for_each(|f| f["geometry"] = Value::Null);
        layer
    };
    assert_eq!(plain("polygons.geojson"), plain("wide.geojson"));
    assert_eq!(case.text("long_transitions.csv"), case.text("polygons_transitions.csv"));
}

#[test]
fn blanks_are_not_observed_unless_they_are_said_to_be_zero() {
    let case = Case::new();
    let path = case.write("cells.csv", &TABLE.replacen("5,5,6,6,7,8", "5,5,6,,7,8", 1));
    let arguments = [&["--census-cells", &path], SHORT.as_slice()].concat();
    let (json, notes) = case.runs(&arguments, "p.geojson");
    assert_says(&notes, &["1 blank figures are taken as not observed", "--blank-is-zero"]);
    assert_eq!(classes(&case.text("p.geojson"))[0].1, "undetermined");
    assert_eq!(by_cell(&case.text("p.geojson"), "may_be")[0].1, "permanent intermittent");
    assert_eq!((&json["classes"][0]["cells"], &json["classes"][0]["cells_at_most"]), (&0.into(), &1.into()));
    case.runs(&[arguments.as_slice(), &["--blank-is-zero"]].concat(), "p.geojson");
    assert_eq!(classes(&case.text("p.geojson"))[0].1, "intermittent");
    // A year without a column is a gap for every cell.
    let gap: String = TABLE
        .lines()
        .map(|l| l.split(',').enumerate().filter(|(i, _)| *i != 6).map(|(_, f)| f).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    let path = case.write("gap.csv", &gap);
    let (_, notes) = case.runs(&[&["--census-cells", &path], SHORT.as_slice()].concat(), "gap.geojson");
    assert_says(&notes, &["no figures for 2022: not observed"]);
    assert_eq!(classes(&case.text("gap.geojson"))[0].1, "undetermined");
    assert_eq!(classes(&case.text("gap.geojson"))[3].1, "intermittent", "it was absent in another year");
}

fn land(case: &Case, name: &str, [x0, y0, x1, y1]: [f64; 4]) -> String {
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::9377"}}"#;
    let ring = format!("[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]");
    let text = format!(
        r#"{{"type":"FeatureCollection","crs":{crs},"features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}"#
    );
    case.write(name, &text)
}

#[test]
fn each_hectare_is_in_one_land_and_all_of_them_are_the_total() {
    let case = Case::new();
    let path = case.write("cells.csv", TABLE);
    // The park has the west half of a, the reserve all of a and a quarter of b; the third lies apart.
    let park = land(&case, "park.geojson", [4_999_000.0, 1_999_000.0, 5_000_500.0, 2_003_000.0]);
    let reserve = land(&case, "reserve.geojson", [5_000_000.0, 2_000_000.0, 5_001_250.0, 2_001_000.0]);
    let apart = land(&case, "apart.geojson", [6_000_000.0, 2_000_000.0, 6_001_000.0, 2_001_000.0]);
    let overlay = |parts: &[(&str, &String)]| -> Vec<String> {
        parts.iter().flat_map(|(name, path)| ["--overlay".to_owned(), format!("{name}={path}")]).collect()
    };
    let run = |parts: &[(&str, &String)]| {
        let overlays = overlay(parts);
        let overlays: Vec<&str> = overlays.iter().map(String::as_str).collect();
        let (json, notes) = case.runs(&[&["--census-cells", &path], SHORT.as_slice(), &overlays].concat(), "p.geojson");
        let hectares = |name: &str, class: &str| {
            let rows = json["overlay"].as_array().unwrap();
            let row = rows.iter().find(|r| r["overlay"] == name && r["class"] == class).unwrap();
            row["hectares"].as_f64().unwrap()
        };
        let sums = [
            ("park", "permanent"),
            ("reserve", "permanent"),
            ("none", "permanent"),
            ("reserve", "new"),
            ("none", "new"),
        ];
        (sums.map(|(name, class)| hectares(name, class)), notes, json)
    };
    let (found, notes, json) = run(&[("park", &park), ("reserve", &reserve), ("apart", &apart)]);
    let near = |a: [f64; 5], b: [f64; 5]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near(found, [4.0, 4.0, 0.0, 0.625, 1.875]), "{found:?}");
    assert_says(&notes, &["'apart' has no ground of its own", "spread evenly over the cell"]);
    let csv = case.text("p_overlay.csv");
    let total: i64 = csv.lines().skip(1).map(|l| millionths(l.rsplit(',').next().unwrap())).sum();
    assert_eq!(total, 11_500_000, "{csv}");
    assert_eq!(json["overlay"].as_array().unwrap().len(), 4 * 6);
    let (found, _, _) = run(&[("reserve", &reserve), ("park", &park)]);
    assert!(near(found, [0.0, 8.0, 0.0, 0.625, 1.875]), "{found:?}");
}

fn millionths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    whole.parse::<i64>().unwrap() * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().unwrap()
}

#[test]
fn wrong_calls_are_told() {
    let case = Case::new();
    let path = case.write("cells.csv", TABLE);
    let cells = ["--census-cells", path.as_str(), "--crs", "EPSG:9377"];
    let with = |more: &[&'static str]| -> Vec<String> {
        cells.iter().map(|s| (*s).to_owned()).chain(more.iter().map(|s| (*s).to_owned())).collect()
    };
    for (more, words) in [
        (["--cell", "500m"].as_slice(), ["finer than 1 km", "farmers"]),
        (&["--cell", "1.5km"], ["whole kilometres", "1500"]),
        (&[], ["window of 10 years up to 2024 begins in 2015", "--window 6"]),
        (&["--window", "3"], ["--absent 3", "1 to 2 years"]),
        (&["--window", "4", "--new", "4"], ["--new 4", "every cell would be new"]),
        (&["--window", "5", "--permanent", "6"], ["--permanent 6", "1 to 5 years"]),
        (&["--window", "5", "--dense-years", "6"], ["--dense-years 6", "1 to 5"]),
        (&["--window", "5", "--year", "2030"], ["no figures for the reference year 2030", "2019 to 2024"]),
        (&["--window", "5", "--overlay", "parks"], ["NAME=VECTOR", "parks"]),
        (&["--window", "5", "--overlay", "none=a.gpkg"], ["none", "taken"]),
        (&["--window", "5", "--overlay", "a=b", "--overlay", "a=c"], ["a=c", "taken"]),
        (&["--mask", "2020=a.tif"], ["cannot be used with", "--mask"]),
    ] {
        let arguments = with(more);
        case.fails(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 2, &words);
    }
    case.fails(&[], 2, &["--census-cells", "--mask"]);
    case.fails(&["--mask", "1066=a.tif"], 2, &["1066", "1980"]);
    let no_year = case.path("coca.tif");
    masks::mask(&no_year, 9377, [5_000_000.0, 20.0, 0.0, 2_002_000.0, 0.0, -20.0], (50, 50), |_, _| 1);
    case.fails(&["--mask", no_year.to_str().unwrap()], 2, &["has no year", "YEAR=RASTER"]);
    let done = cocal().args(["permanence", "--census-cells", &path, "-o", &path]).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "an output that is no map");
}

#[test]
fn bad_cells_are_told_with_their_row() {
    let case = Case::new();
    case.fails_with("3,3,3,0", "3,-3,3,0", &["line 4 (c), column areacoca_2020", "-3 is negative"]);
    case.fails_with(
        "3,3,3,0",
        "3,30000,3,0",
        &["line 4 (c)", "30000 ha of coca in a cell of 100.2 ha", "square metres"],
    );
    case.fails_with("3,3,3,0", "3,many,3,0", &["line 4 (c), column areacoca_2020", "'many' is not a number"]);
    let unsure = TABLE.replace("2.5", "2").replace("3,3,3,0", "3,1.234,3,0");
    let path = case.write("unsure.csv", &unsure);
    case.fails(
        &[&["--census-cells", &path], SHORT.as_slice()].concat(),
        1,
        &["line 4 (c)", "'1.234'", "decimal comma"],
    );
    case.fails_with("c,5002500", "b,5002500", &["line 4", "cell 'b' is on line 3 already"]);
    case.fails_with("c,5002500", "c,west", &["line 4, column x", "'west' is no coordinate"]);
    case.fails_with("areacoca_2020", "areacoca_2019", &["2019", "two columns"]);
    case.fails_with("cell,x,y", "cell,u,v", &["no centre of the cells", "u, v"]);
    case.fails_with("c,5002500", "c,9e99", &["line 4 (c)", "lies outside"]);
    let path = case.write("cells.csv", TABLE);
    case.fails(&["--census-cells", &path, "--window", "5"], 1, &["--crs EPSG:N"]);
    case.fails(&["--census-cells", "missing.gpkg"], 1, &["missing.gpkg"]);
    // Lots in place of cells.
    let ring = |x: f64| format!("[[[{x},4],[{},4],[{},4.001],[{x},4.001],[{x},4]]]", x + 0.001, x + 0.001);
    let feature = |x: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"coca_2023":1,"coca_2024":1}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#,
            ring(x)
        )
    };
    let lots = format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, feature(-73.0), feature(-73.1));
    let lots = case.write("lots.geojson", &lots);
    let arguments = ["--census-cells", &lots, "--window", "2", "--absent", "1", "--new", "1"];
    case.fails(&arguments, 1, &["2 of 2 cells are smaller than 0.95 km2", "single lots"]);
}

/// UNODC-SIMCI, "Monitoreo de los territorios con presencia de cultivos de coca 2022" (September 2023): coca in 185
/// municipalities in 2022, 88 % of them with coca for more than ten years.
#[test]
fn municipalities_that_lasted_are_as_many_as_published() {
    let Some(path) = real_data(CENSUS) else { return };
    let census = read_census(&path).unwrap();
    let mut cells = Cells::of_years(2001..=2022);
    let codes: Vec<_> = census.of_year(2022).map(|(code, _)| code.clone()).collect();
    for code in &codes {
        let known: Vec<_> = (2001..=2022)
            .map(|year| census.stock(code, year).map(|stock| stock.exact()))
            .map(|ha| (ha.map_or(Seen::Unobserved, |ha| if ha.is_zero() { Seen::Absent } else { Seen::Present }), ha))
            .collect();
        let ground = geo::Rect::new(geo::coord! { x: 0.0, y: 0.0 }, geo::coord! { x: 1.0, y: 1.0 }).to_polygon();
        cells.push(Cell { id: code.to_string(), ground: ground.into(), area_ha: 100.0 }, &known);
    }
    let summary = stand(&cells, &Rule::new(22, 3, 3, None).unwrap(), 2022).unwrap();
    let with_coca: Vec<_> = summary.standings.iter().filter(|s| s.last_year == Some(2022)).collect();
    let lasted = with_coca.iter().filter(|s| s.years_present > 10).count();
    assert_eq!(with_coca.len(), 185);
    assert_eq!((100.0 * lasted as f64 / 185.0).round(), 88.0, "{lasted} of 185");
}

/// The sample that ships: its lasting stand is the one enclave, and the lands share it by their order.
#[test]
fn the_sample_shows_each_class() {
    let case = Case::new();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_tiles");
    let of = |name: &str| sample.join(name).display().to_string();
    let (park, reserve) = (format!("park={}", of("park.geojson")), format!("reserve={}", of("reserve.geojson")));
    let cells = of("coca_cells.csv");
    let arguments = ["--census-cells", &cells, "--crs", "EPSG:9377", "--overlay", &park, "--overlay", &reserve];
    let (json, _) = case.runs(&arguments, "p.geojson");
    for class in json["classes"].as_array().unwrap() {
        assert!(class["cells"].as_u64().unwrap() > 0, "{class}");
    }
    assert_eq!(json["enclaves"].as_array().unwrap().len(), 1);
}
