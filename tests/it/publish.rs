//! `cocal publish` as it is called: what leaves of a folder whose lots are known, and what its checker finds when planted.

mod disguised;
mod outdir;
mod plants;
mod withheld;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::outdir::{OutDir, PIXEL_HA, lots, mapped, write_mask};
use super::data::cocal;

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (name.join(below), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Cells of 2024 that show their figures: number of lots and hectares.
fn shown(case: &OutDir) -> BTreeMap<String, (u32, f64)> {
    let of_2024 = case.cells().into_iter().filter(|((_, year), row)| year == "2024" && row[4] == "no");
    of_2024.map(|((cell, _), row)| (cell, (row[2].parse().unwrap(), row[3].parse().unwrap()))).collect()
}

#[test]
fn cells_show_known_lots_and_hide_few_ones() {
    let case = OutDir::new();
    let before = files(&case.path("out"));
    let report = case.publishes(&[]);
    assert_eq!(files(&case.path("out")), before, "the run's folder was changed");
    // Two lots in 1kmN2001E5000 are few. They need company in their municipality: of the cells with six lots the first.
    let lot = 4.0 * PIXEL_HA;
    let expected = [
        ("1kmN2000E5000", 9, 9.0 * lot),
        ("1kmN2000E5003", 8, 8.0 * lot),
        // The lot over the border is counted here, where three of its four pixels are; the fourth is the next cell's ground.
        ("1kmN2001E5003", 10, 9.0 * lot + 3.0 * PIXEL_HA),
        ("1kmN2001E5001", 12, 12.0 * lot),
        ("1kmN2002E5000", 7, 7.0 * lot),
        ("1kmN2002E5001", 6, 6.0 * lot),
        ("1kmN2002E5003", 10, 10.0 * lot + PIXEL_HA),
    ];
    let shown = shown(&case);
    assert_eq!(
        shown.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        expected.map(|e| e.0).into()
    );
    for (cell, lots, hectares) in expected {
        assert_eq!(shown[cell].0, lots, "{cell}");
        assert!((shown[cell].1 - hectares).abs() < 1e-4, "{cell}: {} {hectares}", shown[cell].1);
    }
    let year = &report["years"][1];
    assert_eq!(
        (year["shown"].as_u64(), year["withheld"].as_u64(), year["complement"].as_u64()),
        (Some(7), Some(8), Some(1))
    );
    // What was not seen is not "no coca", and shows no figure either.
    let cells = case.cells();
    let unseen = &cells[&("1kmN2000E5004".to_owned(), "2023".to_owned())];
    assert_eq!([&unseen[0], &unseen[2], &unseen[3], &unseen[4]], ["0.000000", "", "", "yes"]);
    assert!((unseen[1].parse::<f64>().unwrap() - 100.16).abs() < 0.001, "{unseen:?}");
    assert_eq!(cells.len(), 30);
    assert_eq!(case.leaks(&[]), []);
}

#[test]
fn nothing_of_the_working_files_leaves() {
    let case = OutDir::new();
    case.publishes(&[]);
    let names: Vec<String> =
        files(&case.path("public")).into_keys().map(|p| p.to_string_lossy().into_owned()).collect();
    let expected = [
        "cells.csv",
        "cells.geojson",
        "comparison.csv",
        "comparison_totals.csv",
        "municipalities.geojson",
        "publication.json",
        "report.html",
    ];
    assert_eq!(names, expected);
    let page = case.text("public/report.html");
    let data = page.split("id=\"cocal-data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let tables = names.iter().filter(|name| *name != "report.html");
    let all: String = tables.map(|name| case.text(&format!("public/{name}"))).chain([data.to_owned()]).collect();
    for secret in ["ana", "first_pixel", "pixel_row", "ejemplo", &*case.0.path().to_string_lossy()] {
        assert!(!all.contains(secret), "{secret}");
    }
    let comparison = case.text("public/comparison.csv");
    assert!(comparison.contains("05002,'=cmd(),2024,coca,"), "{comparison}");
    let record: Value = serde_json::from_str(&case.text("public/publication.json")).unwrap();
    assert_eq!(record["run"]["inputs"][0]["name"], "census.csv");
    assert_eq!(record["run"]["notes"], serde_json::json!(["census.csv: recognised"]));
    assert_eq!((record["k"].as_u64(), record["cell_m"].as_u64()), (Some(5), Some(1000)));
}

#[test]
fn a_municipality_of_too_few_lots_in_one_cell_shows_no_mapped_figure() {
    let case = OutDir::new();
    // All that is left is one lot in the east: one cell in reach of it has coca, and another municipality has none.
    write_mask(&case.path("out/mask/coca_2024.tif"), |row, col| u8::from((row, col) == (20, 170)));
    // The cells around it have no room: the municipality is that cell.
    let mut layer: Value = serde_json::from_str(&case.text("out/municipalities.geojson")).unwrap();
    let cell =
        outdir::features(&[(layer["features"][1]["properties"].clone(), cell_ground(&case, "1kmN2002E5003"))], 6);
    layer["features"][1] = cell["features"][0].clone();
    case.write("out/municipalities.geojson", &layer.to_string());
    let report = case.publishes(&[]);
    // Nobody else has coca to hide it: the department's and the country's totals go as well.
    assert_eq!(report["withheld_municipalities"], serde_json::json!([["05002", 2024]]));
    let comparison = case.text("public/comparison.csv");
    let row = comparison.lines().find(|l| l.starts_with("05002,'=cmd(),2024")).unwrap();
    assert_eq!(row, "05002,'=cmd(),2024,coca,,1,0,751.2,1,,withheld,,");
    let totals = case.text("public/comparison_totals.csv");
    assert!(
        totals.contains("country,CO,Colombia,2024,2,,2") && totals.contains("department,05,,2024,2,,2"),
        "{totals}"
    );
    let layer: Value = serde_json::from_str(&case.text("public/municipalities.geojson")).unwrap();
    let east = &layer["features"][1]["properties"];
    assert_eq!((&east["mapped_area_ha_2024"], &east["difference_ha_2024"]), (&Value::Null, &Value::Null));
    assert_eq!((&east["flag_2024"], &east["census_ha_2024"]), (&"withheld".into(), &1.0.into()));
    assert!(shown(&case).is_empty());
}

/// A cell of an earlier publication of the same folder.
fn cell_ground(case: &OutDir, name: &str) -> geo::MultiPolygon<f64> {
    let done = case.call(&["publish", "out", "-o", "first"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let cells: Value = serde_json::from_str(&case.text("first/cells.geojson")).unwrap();
    let cell = cells["features"].as_array().unwrap().iter().find(|f| f["id"] == name).unwrap();
    let ring = cell["geometry"]["coordinates"][0].as_array().unwrap();
    let at = |p: &Value| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap());
    let ring: geo::LineString<f64> = ring.iter().map(at).collect();
    geo::Polygon::new(ring, Vec::new()).into()
}

#[test]
fn larger_k_cells_and_hectares_show_less() {
    let case = OutDir::new();
    case.publishes(&["--k", "9", "--min-ha", "1.2"]);
    // In the west the withheld cells hold 21 lots together; in the east one of 8 takes the first of those with 10 along.
    let more: Vec<String> = shown(&case).into_keys().collect();
    assert_eq!(more, ["1kmN2000E5000", "1kmN2001E5001", "1kmN2002E5003"]);
    assert_eq!(case.leaks(&[]), []);
    let wide = OutDir::new();
    wide.publishes(&["--cell", "2km"]);
    assert!(wide.cells().keys().all(|(cell, _)| cell.starts_with("2kmN")) && !shown(&wide).is_empty());
    assert_eq!(wide.leaks(&[]), []);
    let stricter = wide.leaks(&["--cell", "3km"]);
    assert!(!stricter.is_empty() && stricter.iter().all(|(rule, _)| rule == "off_lattice"), "{stricter:?}");
}

#[test]
fn threads_change_no_byte() {
    let case = OutDir::new();
    let run = |into: &str, threads: &str| {
        let done = case.call(&["publish", "out", "-o", into, "--threads", threads]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        files(&case.path(into))
    };
    let one = run("one", "1");
    assert_eq!(one.len(), 7);
    assert!(run("three", "3") == one, "the publication depends on the number of threads");
}

#[test]
fn lots_leave_with_a_reason_only() {
    let case = OutDir::new();
    let reason = "court order 12 of 2026, file 7";
    let report = case.publishes(&["--lots", "--reason", reason]);
    assert_eq!(report["lots"], 70);
    assert!(report["notes"].to_string().contains("SINGLE LOTS"), "{}", report["notes"]);
    let layer: Value = serde_json::from_str(&case.text("public/lots.geojson")).unwrap();
    let features = layer["features"].as_array().unwrap();
    let hectares: f64 = features.iter().map(|f| f["properties"]["mapped_area_ha"].as_f64().unwrap()).sum();
    assert_eq!(features.len(), 70);
    assert!((hectares - mapped().iter().sum::<f64>()).abs() < 0.01, "{hectares}");
    assert_eq!(lots().len(), 70 * 4);
    let record: Value = serde_json::from_str(&case.text("public/publication.json")).unwrap();
    assert_eq!(record["lots_reason"], reason);
    let done = case.call(&["publish", "--check", "public"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && said.contains("70 SINGLE LOTS") && said.contains(reason), "{said}");
    // Without its reason the same folder is a leak.
    case.replace("public/publication.json", &format!("\"{reason}\""), "null");
    assert!(case.leaks(&[]).iter().any(|(rule, _)| rule == "lots_without_reason"));
    // And a publication without lots does not stay beside lots.
    let done = case.call(&["publish", "out", "-o", "public"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(1) && said.contains("lots.geojson"), "{said}");
}

#[test]
fn wrong_calls_and_wrong_folders_are_refused() {
    let case = OutDir::new();
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let done = case.call(&[&["publish"], arguments].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "'{words}' is not in: {said}");
        assert!(!case.path("public/cells.csv").exists());
    };
    refused(&["out", "-o", "public", "--lots"], 2, "--reason");
    refused(&["out", "-o", "public", "--reason", "a long enough reason"], 2, "--lots");
    refused(&["out", "-o", "public", "--lots", "--reason", "  short   "], 2, "10 letters");
    refused(&["out", "-o", "public", "--k", "1"], 2, "1 is not in 2..");
    refused(&["out", "-o", "public", "--cell", "500m"], 2, "finer than 1 km");
    refused(&["out", "-o", "public", "--min-ha", "0"], 2, "hectares above 0");
    refused(&["out"], 2, "--output");
    refused(&["--check", "public", "out"], 2, "cannot be used with");
    refused(&["out", "-o", "out"], 1, "one inside the other");
    refused(&["out", "-o", "out/public"], 1, "one inside the other");
    refused(&["out", "-o", "."], 1, "one inside the other");
    refused(&["nowhere", "-o", "public"], 1, "nowhere");
    refused(&["--check", "nowhere"], 1, "nowhere");
    std::fs::create_dir(case.path("empty")).unwrap();
    refused(&["--check", "empty"], 1, "nothing was examined");
    std::fs::create_dir(case.path("public")).unwrap();
    case.write("public/notes.txt", "mine");
    refused(&["out", "-o", "public"], 1, "notes.txt");
    std::fs::remove_file(case.path("public/notes.txt")).unwrap();
    std::fs::remove_file(case.path("out/mask/coca_2023.tif")).unwrap();
    refused(&["out", "-o", "public"], 1, "there is no mask/coca_2023.tif");
}

/// The sample's own outputs: what leaves of them is clean, and they themselves are not.
#[test]
fn the_sample_is_published_and_clean() {
    let folder = tempfile::tempdir().unwrap();
    let (out, into) = (folder.path().join("out"), folder.path().join("public"));
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_tiles/cocal.toml");
    let run = cocal().args(["run", "--quiet"]).arg(project).arg("--out").arg(&out).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let done = cocal().args(["publish", "--json"]).arg(&out).arg("-o").arg(&into).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(report["years"].as_array().unwrap().iter().all(|y| y["shown"].as_u64() > Some(0)), "{report}");
    assert_eq!(report["checked"]["findings"], serde_json::json!([]));
    assert!(into.join("municipal_2024.csv").exists() && into.join("assessment_2024.json").exists());
    let check = cocal().args(["publish", "--check"]).arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert_eq!(check.status.code(), Some(1));
    for leak in ["mask/coca_2024.tif", "mask/probability_2023.tif", "model.cocal", "assessment_2024.json", "run.json"] {
        assert!(said.contains(leak), "{leak} is not in: {said}");
    }
}
