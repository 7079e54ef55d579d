//! `cocal trend`: the real series to the published accounts, and what is unknown stays blank.

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::data::real_data;

const CENSUS: &str = "census/simci_coca_ha_municipio_2001_2024_wide.csv";
const NATIONAL: &str = "census/national_series_unodc_us_eradication_seizures.csv";
const MANUAL: &str = "eradication/saragarcia02_err_manual.csv";

fn cocal(arguments: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::cargo_bin("cocal").unwrap().arg("trend").args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

/// The rows that `--json` prints, by series and year.
fn rows(arguments: &[&str]) -> (BTreeMap<(String, i64), Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("trend.csv");
    let all: Vec<&str> = arguments.iter().copied().chain(["--json", "-o", output.to_str().unwrap()]).collect();
    let (code, json, errors) = cocal(&all);
    assert_eq!(code, Some(0), "{errors}");
    let found: Value = serde_json::from_str(&json).unwrap();
    let key = |row: &Value| (row["series"].as_str().unwrap().to_owned(), row["year"].as_i64().unwrap());
    let rows = found["rows"].as_array().unwrap().iter().map(|row| (key(row), row.clone())).collect();
    (rows, errors)
}

fn rounded(value: &Value) -> i64 {
    value.as_f64().unwrap().round() as i64
}

/// The disputed accounts: gross gain 2019 to 2024 in hectares, growth of 2024 in per cent.
#[test]
fn the_real_series_give_the_disputed_figures() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    let (rows, notes) = rows(&["--census", census.to_str().unwrap(), "--eradication", manual.to_str().unwrap()]);
    let gains: Vec<i64> =
        (2019..=2024).map(|y| rounded(&rows[&("published".to_owned(), y)]["gross_gain_ha"])).collect();
    assert_eq!(gains, [80_064, 118_455, 164_730, 94_664, 42_869, 18_217]);
    // The sums of the municipal table stand beside, to the hundredth.
    let summed: Vec<f64> =
        (2019..=2024).map(|y| rows[&("census".to_owned(), y)]["gross_gain_ha"].as_f64().unwrap()).collect();
    let expected = [80_063.2, 118_455.65, 164_730.5, 94_663.46, 42_868.67, 18_217.43];
    assert!(summed.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01), "{summed:?}");
    let last = &rows[&("census".to_owned(), 2024)];
    assert_eq!(last["growth_pct"], 3.4899);
    assert_eq!(
        last["eradicated_source"].as_str().unwrap().split(" (").next(),
        Some("Ministerio de Defensa de Colombia")
    );
    assert!(notes.contains("assume a standard error of 3 % of each census figure"), "{notes}");
    // Both editions of 2001.
    assert_eq!(rows[&("published".to_owned(), 2001)]["hectares"], 144_807.0);
    assert_eq!(rows[&("census".to_owned(), 2001)]["hectares"], 136_918.08);
    assert_eq!(rows[&("census".to_owned(), 2001)]["flag"], "census_incomplete");
    assert_eq!(rows[&("census".to_owned(), 2002)]["flag"], "previous_census_incomplete");
    assert!(notes.contains("2001 is there in two editions: 136,918.08 ha in the table given, 144,807 ha published"));
}

#[test]
fn a_national_table_goes_by_itself_and_only_nationally() {
    let Some(national) = real_data(NATIONAL) else { return };
    let path = national.to_str().unwrap();
    let (rows, _) = rows(&["--census", path]);
    let gains: Vec<i64> =
        (2019..=2024).map(|y| rounded(&rows[&("published".to_owned(), y)]["gross_gain_ha"])).collect();
    assert_eq!(gains, [80_064, 118_455, 164_730, 94_664, 42_869, 18_217]);
    assert_eq!(rows[&("census".to_owned(), 2001)]["hectares"], 136_918.08);
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("trend.json");
    let (code, _, errors) = cocal(&["--census", path, "--quiet", "-o", output.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{errors}");
    let written: Value = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    let notes = written["notes"].to_string();
    assert!(
        notes.contains("2001 to 2024 (published): eradicated_ha holds manual+spraying; source: records"),
        "{notes}"
    );
    let sources = std::fs::read_to_string(folder.path().join("trend_sources.csv")).unwrap();
    assert!(sources.contains(",2001,census_ha,144807,") && sources.contains(",2001,census_ha,136918.08,"), "{sources}");
    let (code, _, errors) = cocal(&["--census", path, "--by", "department", "-o", "x.csv"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("goes with --by national"), "{errors}");
    assert!(!Path::new("x.csv").exists());
}

#[test]
fn departments_and_municipalities_add_up_and_the_unknown_is_blank() {
    let (Some(census), Some(manual)) = (real_data(CENSUS), real_data(MANUAL)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut sums = Vec::new();
    for by in ["department", "municipality"] {
        let output = folder.path().join(format!("{by}.csv"));
        let given = ["--census", census.to_str().unwrap(), "--eradication", manual.to_str().unwrap()];
        let all: Vec<&str> = given.into_iter().chain(["--by", by, "-o", output.to_str().unwrap()]).collect();
        let (code, _, errors) = cocal(&all);
        assert_eq!(code, Some(0), "{errors}");
        let mut reader = csv::Reader::from_path(&output).unwrap();
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|h| h == name).unwrap();
        let contract = [
            "place",
            "year",
            "hectares",
            "change_ha",
            "growth_pct",
            "growth_change_pp",
            "eradicated_ha",
            "gross_gain_ha",
        ];
        contract.iter().for_each(|name| assert!(column(name) < header.len()));
        let mut sum = 0.0;
        for record in reader.records() {
            let record = record.unwrap();
            let cell = |name: &str| record.get(column(name)).unwrap().to_owned();
            if cell("year") == "2023" {
                sum += cell("change_ha").parse::<f64>().unwrap();
            }
            // The table of eradication ends in 2023, and publishers give the country only.
            if cell("year") == "2024" {
                assert_eq!((cell("eradicated_ha"), cell("gross_gain_ha")), (String::new(), String::new()));
            }
        }
        sums.push(sum);
    }
    // 252,571.74 - 230,027.62
    assert!(sums.iter().all(|s| (s - 22_544.12).abs() < 1e-6), "{sums:?}");
}

#[test]
fn estimates_bring_their_own_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let census = file("census.csv", "municipality_code,year,census_ha\n98001,2023,100\n98001,2024,110\n");
    let estimates = file(
        "estimates.csv",
        "municipality_code,year,adjusted_area_ha,standard_error_ha\n98001,2023,90,3\n98001,2024,130,4\n98002,2023,10,0\n98002,2024,10,0\n",
    );
    let (rows, notes) = rows(&["--census", &census, "--estimates", &estimates, "--relative-se", "0"]);
    let row = &rows[&("estimate".to_owned(), 2024)];
    assert_eq!((&row["change_ha"], &row["error"]), (&40.0.into(), &"known".into()));
    // Standard error 5: 40 -+ 9.7998.
    assert_eq!(row["change_ci"].to_string(), "[30.2002,49.7998]");
    assert_eq!(rows[&("census".to_owned(), 2024)]["change_ci"], Value::Null);
    assert!(rows.keys().all(|(series, _)| series != "published"), "a part of no country has no published total");
    assert!(notes.contains("no error is assumed of the census"), "{notes}");
}

#[test]
fn wrong_calls_are_told() {
    for (arguments, says) in [
        (vec!["--census", "c.csv", "-o", "x.txt"], "must end in .csv or .json"),
        (vec!["--census", "c.csv", "-o", "x.csv", "--relative-se", "1"], "a share from 0 to below 1"),
        (vec!["--census", "c.csv", "-o", "x.csv", "--correlation", "2"], "a correlation from 0 to below 1"),
    ] {
        let (code, _, errors) = cocal(&arguments);
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains(says), "{errors}");
    }
}

/// A part of a country's estimates is no figure of the country, and records far below the published total are flagged.
#[test]
fn parts_are_not_taken_for_the_whole() {
    let Some(census) = real_data(CENSUS) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let estimates =
        "municipality_code,year,adjusted_area_ha,standard_error_ha\n52835,2023,23000,500\n52835,2024,31000,\n";
    let estimates = file("estimates.csv", estimates);
    let little =
        "municipality_code,year,method,eradicated_ha\n52835,2023,manual,7\n05001,2023,manual,2\n11001,2023,manual,5\n";
    let little = file("little.csv", little);
    let census = census.to_str().unwrap();
    let (rows, notes) = rows(&["--census", census, "--estimates", &estimates, "--eradication", &little]);
    let part = &rows[&("estimate".to_owned(), 2024)];
    assert_eq!(part["place_name"], "Colombia, where estimated");
    assert_eq!(
        (&part["flag"], &part["gross_gain_ha"]),
        (&"partial_estimates;previous_partial_estimates".into(), &Value::Null)
    );
    assert_eq!(part["error"], "assumed");
    assert!(notes.contains("and of estimates without one"), "{notes}");
    assert_eq!(rows[&("census".to_owned(), 2023)]["flag"], "eradication_incomplete");
    // Medellin and Bogota are not in the census: their hectares are in no row, and that is said.
    let output = folder.path().join("t.csv");
    let arguments =
        ["--census", census, "--eradication", &little, "--by", "municipality", "-o", output.to_str().unwrap()];
    let (code, _, notes) = cocal(&arguments);
    assert_eq!(code, Some(0));
    assert!(notes.contains("ha of manual eradication in the years of the census are in no row"), "{notes}");
    let sources = std::fs::read_to_string(folder.path().join("t_sources.csv")).unwrap();
    assert!(sources.contains("52835,2023,eradicated_ha_manual,7,") && !sources.contains("11001,"), "{sources}");
    let (code, _, errors) = cocal(&["--census", census, "--spraying", &little, "-o", "x.csv"]);
    assert_eq!(code, Some(2), "{errors}");
}
