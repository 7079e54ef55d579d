//! `cocal report`: the page's data against the folder's tables, what is unknown, hostile names, folders that cannot be reported.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::data::{cocal, real_data};
use crate::small_project::SmallProject;

const HEADER: &str = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share,unobserved_ha,coverage_area_ha,\
census_ha,difference_ha,previous_census_ha,eradicated_ha_manual,eradicated_ha_spraying,change_ha,growth_pct,gross_gain_ha,flag,\
null_error_ha,bound_low_ha,bound_high_ha";

/// A folder with the rows of a comparison, and a square for each municipality.
fn folder(rows: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("comparison.csv"), format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    let codes: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.split(',').next().unwrap()).collect();
    let feature = |(at, code): (usize, &&str)| {
        let (w, e) = (-75.0 + at as f64 * 0.1, -74.9 + at as f64 * 0.1);
        format!(
            r#"{{"type":"Feature","properties":{{"municipality_code":"{code}","municipality_name":"M{at}"}},"geometry":{{"type":"Polygon","coordinates":[[[{w},1.0],[{e},1.0],[{e},1.1],[{w},1.1],[{w},1.0]]]}}}}"#
        )
    };
    let features: Vec<String> = codes.iter().enumerate().map(feature).collect();
    let layer = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(folder.path().join("municipalities.geojson"), layer).unwrap();
    folder
}

/// The page of a folder and the data in it.
fn page(folder: &Path, arguments: &[&str]) -> (String, Value) {
    let done = cocal().arg("report").arg(folder).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let html = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let data = html.split("id=\"cocal-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    (html.clone(), serde_json::from_str(data).unwrap())
}

/// The figure of a place and year.
fn figure(data: &Value, name: &str, place: usize, year: usize) -> Option<f64> {
    let years = data["years"].as_array().unwrap().len();
    data["figures"][name].as_array().unwrap_or_else(|| panic!("{name} is not there"))[place * years + year].as_f64()
}

fn fails(folder: &Path, code: i32, words: &[&str]) {
    let done = cocal().arg("report").arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "'{word}' is not in: {said}"));
}

#[test]
fn the_page_shows_the_folders_figures_and_the_unknown_as_unknown() {
    let folder = folder(&[
        "05001,Uno,2023,coca,10.5,1,0,100,12,-1.5,11,1,2,1,9.0909,4,,-1,10.5,10.5",
        "05001,Uno,2024,coca,,0,90,90,,,12,,,,,,not_observed;not_in_census;eradication_year_missing,,0,90",
        "05002,Dos,2024,coca,0,0.5,40,80,3,-3,0,,,3,,,partly_observed;spraying_not_recorded,-3,0,40",
    ]);
    let (_, data) = page(folder.path(), &["--language", "en"]);
    assert_eq!(data["years"], serde_json::json!([2023, 2024]));
    assert_eq!(figure(&data, "mapped_ha", 0, 0), Some(10.5));
    assert_eq!(figure(&data, "eradicated_ha", 0, 0), Some(3.0), "manual and spraying");
    assert_eq!(figure(&data, "mapped_ha", 0, 1), None, "nothing was seen: unknown, not zero");
    assert_eq!(figure(&data, "mapped_ha", 1, 1), Some(0.0), "seen, and none mapped");
    assert_eq!(figure(&data, "observed_share", 1, 0), None, "no row");
    let words = |place: usize, year: usize| -> Vec<&str> {
        let numbers = data["sentences"]["places"][place * 2 + year].as_array().unwrap();
        numbers.iter().map(|n| data["sentences"]["keys"][n.as_u64().unwrap() as usize].as_str().unwrap()).collect()
    };
    assert_eq!(words(0, 1), ["not_observed", "level_unknown", "census_unknown", "eradication_unknown"]);
    assert_eq!(words(1, 1)[..3], ["partly_observed", "level_mapped_only", "census_from_zero"]);
    let flag = data["flags"]["places"][3].as_u64().unwrap() as usize;
    assert_eq!(data["flags"]["words"][flag], "partly_observed;spraying_not_recorded");
    // The null over the rows that have all three: |12 - 10.5| and 1 of 12, |3 - 0| and 3 of 3.
    assert_eq!(data["null_model"]["rows_used"], 2);
    assert_eq!(
        (data["null_model"]["map_error_pct"].as_f64(), data["null_model"]["closer"].as_str()),
        (Some(30.0), Some("null"))
    );
    assert_eq!(data["map"]["objects"]["municipalities"]["geometries"][1]["id"], "05002");
}

/// What a publication withholds must not turn the verdict on the map.
#[test]
fn no_verdict_on_the_map_is_given_without_what_is_withheld() {
    let shown = "05001,Uno,2024,coca,11,1,0,100,12,-1,10,0,0,2,20,2,,-2,11,11";
    let withheld = "05002,Dos,2024,coca,,1,,80,3,,3,0,0,0,0,0,withheld,0,,";
    let (_, data) = page(folder(&[shown, withheld]).path(), &[]);
    assert!(data["null_model"].is_null() && data["total_figures"].get("map_error_pct").is_none());
    let whole = withheld.replace(",coca,,1,,80,3,,3", ",coca,9,1,0,80,3,6,3").replace(",withheld,0,,", ",,0,9,9");
    let (_, data) = page(folder(&[shown, &whole]).path(), &[]);
    assert_eq!(data["null_model"]["closer"], "null");
}

#[test]
fn what_an_earlier_run_left_is_not_reported() {
    let folder = folder(&["05001,Uno,2024,coca,11,1,0,100,12,-1,10,0,0,2,20,2,,-2,11,11"]);
    std::fs::write(
        folder.path().join("hectares.csv"),
        "municipality_code,year,class,mapped_area_ha\n05001,2024,coca,7\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("run.json"), r#"{"outputs":["hectares.csv"]}"#).unwrap();
    let (_, data) = page(folder.path(), &[]);
    assert_eq!(figure(&data, "mapped_ha", 0, 0), Some(7.0));
    assert!(data["figures"].get("census_ha").is_none() && data["map"].is_null());
}

#[test]
fn hectares_alone_make_a_report_that_says_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let table = "municipality_code,municipality_name,year,class,mapped_area_ha,observed_share\n05001,Uno,2024,coca,10,0.8\n05001,Uno,2024,forest,90,0.8\n";
    std::fs::write(folder.path().join("hectares.csv"), table).unwrap();
    let (html, data) = page(folder.path(), &["--language", "en"]);
    assert_eq!(figure(&data, "mapped_ha", 0, 0), Some(10.0));
    assert!(data["figures"].get("census_ha").is_none() && data["map"].is_null() && data["null_model"].is_null());
    let head = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    assert!(head.contains("not an estimate") && head.contains("less than 90 %"), "{head}");
    let notes = data["provenance"]["notes"].to_string();
    assert!(notes.contains("no map") && notes.contains("run.json"), "{notes}");
}

#[test]
fn a_run_becomes_a_page_without_folders_and_the_same_for_any_threads() {
    let project = SmallProject::new();
    let out = project.path("out");
    project.runs();
    let (one, data) = page(&out, &["--threads", "1"]);
    let (three, _) = page(&out, &["--threads", "3"]);
    assert!(one == three, "the page depends on the number of threads");
    let place = out.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    assert!(!one.contains(&place), "the page tells where the project lay");
    assert!(
        data["provenance"]["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|i| i["name"] == "census.csv" && i["sha256"].is_string())
    );
    assert_eq!(data["synthetic"], false);
    // Every figure is that of comparison.csv.
    let mut examined = 0;
    let table = std::fs::read_to_string(out.join("comparison.csv")).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let places: BTreeMap<&str, usize> = data["places"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(at, p)| (p["code"].as_str().unwrap(), at))
        .collect();
    for row in lines {
        for (column, name) in
            [("mapped_area_ha", "mapped_ha"), ("census_ha", "census_ha"), ("difference_ha", "difference_ha")]
        {
            let text = row[header.iter().position(|h| *h == column).unwrap()];
            assert_eq!(figure(&data, name, places[row[0]], 0), text.parse().ok(), "{column} of {}", row[0]);
            examined += 1;
        }
    }
    assert!(examined >= 6);
}

#[test]
fn names_stay_text() {
    let hostile = "<script>alert(1)</script>";
    let folder = folder(&[
        &format!("05001,{hostile},2024,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"),
        "05002,=cmd(),2024,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1",
    ]);
    std::fs::remove_file(folder.path().join("municipalities.geojson")).unwrap();
    let (html, data) = page(folder.path(), &[]);
    assert!(!html.contains(hostile));
    assert_eq!(data["places"][0]["name"], hostile);
    assert_eq!(data["places"][1]["name"], "=cmd()");
}

#[test]
fn folders_that_cannot_be_reported_say_why() {
    let nothing = tempfile::tempdir().unwrap();
    fails(nothing.path(), 1, &["neither comparison.csv nor hectares.csv", "cocal run"]);
    fails(&nothing.path().join("gone"), 1, &["is no folder"]);
    let row = "05001,Uno,2024,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1";
    let twice = folder(&[row, row]);
    fails(twice.path(), 1, &["comparison.csv", "line 3", "05001", "twice", "line 2"]);
    let word = folder(&["05001,Uno,2024,coca,many,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"]);
    fails(word.path(), 1, &["line 2", "mapped_area_ha", "many"]);
    let infinite = folder(&["05001,Uno,2024,coca,inf,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"]);
    fails(infinite.path(), 1, &["mapped_area_ha"]);
    let code = folder(&["501,Uno,2024,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"]);
    fails(code.path(), 1, &["line 2", "municipality_code", "501", "five digits"]);
    let nothing = folder(&[row]);
    std::fs::write(nothing.path().join("comparison.csv"), format!("{HEADER}\n")).unwrap();
    fails(nothing.path(), 1, &["comparison.csv", "no rows"]);
    std::fs::write(nothing.path().join("comparison.csv"), format!("{HEADER},mapped_ha\n{row},2\n")).unwrap();
    fails(nothing.path(), 1, &["two columns", "mapped_ha"]);
    let year = folder(&["05001,Uno,24,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"]);
    fails(year.path(), 1, &["line 2", "year", "24"]);
    let record = folder(&[row]);
    std::fs::write(record.path().join("run.json"), "[1").unwrap();
    fails(record.path(), 1, &["run.json", "no record"]);
    assert!(!record.path().join("report.html").exists());
}

#[test]
fn wrong_calls_are_refused_and_inputs_stay() {
    let folder = folder(&["05001,Uno,2024,coca,1,1,0,9,1,0,1,0,0,0,0,0,,0,1,1"]);
    let call = |arguments: &[&str]| cocal().arg("report").arg(folder.path()).args(arguments).output().unwrap();
    assert_eq!(call(&["-o", "page.pdf"]).status.code(), Some(2));
    assert_eq!(call(&["--language", "fr"]).status.code(), Some(2));
    assert_eq!(call(&["--relative-se", "-1"]).status.code(), Some(2));
    let layer = folder.path().join("borders.html");
    std::fs::copy(folder.path().join("municipalities.geojson"), &layer).unwrap();
    let name = layer.to_str().unwrap();
    let done = call(&["--municipalities", name, "--code-field", "municipality_code", "-o", name]);
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(std::fs::read_to_string(&layer).unwrap().contains("FeatureCollection"), "an input was overwritten");
}

/// The real country: each municipality is on the map, neighbours share their borders, and the page is small.
#[test]
fn the_country_fits_on_a_page() {
    let Some(borders) = real_data("boundaries/mgn2018_municipios_detailed.geojson") else { return };
    let layer: Value = serde_json::from_slice(&std::fs::read(&borders).unwrap()).unwrap();
    let codes: Vec<&str> =
        layer["features"].as_array().unwrap().iter().map(|f| f["properties"]["MPIO_CCNCT"].as_str().unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = codes.iter().map(|code| format!("{code},M,2024,coca,1,1")).collect();
    let table =
        format!("municipality_code,municipality_name,year,class,mapped_area_ha,observed_share\n{}\n", rows.join("\n"));
    std::fs::write(folder.path().join("hectares.csv"), table).unwrap();
    let (html, data) =
        page(folder.path(), &["--municipalities", borders.to_str().unwrap(), "--code-field", "MPIO_CCNCT"]);
    let shapes = data["map"]["objects"]["municipalities"]["geometries"].as_array().unwrap();
    assert_eq!((shapes.len(), codes.len()), (1122, 1122));
    assert!(shapes.iter().all(|shape| !shape["arcs"].as_array().unwrap().is_empty()));
    let mut used: BTreeMap<i64, usize> = BTreeMap::new();
    for arc in shapes
        .iter()
        .flat_map(|s| s["arcs"].as_array().unwrap())
        .flat_map(|p| p.as_array().unwrap())
        .flat_map(|r| r.as_array().unwrap())
    {
        let arc = arc.as_i64().unwrap();
        *used.entry(arc.max(!arc)).or_default() += 1;
    }
    let shared = used.values().filter(|n| **n == 2).count();
    assert!(used.values().all(|n| *n <= 2), "a border lies between two municipalities");
    assert!(shared > 3000, "only {shared} of {} arcs are shared", used.len());
    assert!(html.len() < 15_000_000, "{}", html.len());
}
