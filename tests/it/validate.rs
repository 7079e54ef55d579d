//! `cocal validate` on the real census, and its verdicts.

use super::data::{cocal, real_data};

/// The municipal table of the census.
const TABLE: &str = "census/simci_coca_ha_municipio_2001_2024_wide.csv";

/// Last year's census against this year's, over the 319 municipalities of the table, to the digits that are published.
#[test]
fn the_null_has_its_published_errors() {
    let Some(census) = real_data(TABLE) else { return };
    let folder = tempfile::tempdir().unwrap();
    let estimates = folder.path().join("estimates.csv");
    std::fs::write(&estimates, "codmpio,year,adjusted_area_ha,standard_error_ha\n52835,2022,20000,900\n52835,2021,9000,900\n54810,2022,22000,600\n")
        .unwrap();
    let out = folder.path().join("validation.csv");
    let mut command = cocal();
    command.args(["validate", "--json", "--estimates"]).arg(&estimates).arg("--census").arg(&census);
    let done = command.arg("-o").arg(&out).assert().success();
    let found: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let expected = [(2021, [31.9, -30.1, 0.964, 0.968, 0.918]), (2022, [18.6, -11.2, 0.980, 0.982, 0.947])];
    for (skill, (year, figures)) in found["skill"].as_array().unwrap().iter().zip(expected) {
        assert_eq!(skill["year"], year);
        let null = &skill["whole_census"][0];
        assert_eq!((&null["name"], &null["municipalities"]), (&"last year's census".into(), &319.into()));
        let names = ["weighted_mape_pct", "national_error_pct", "pearson", "spearman", "presence_iou"];
        for (at, (name, figure)) in names.into_iter().zip(figures).enumerate() {
            let half = if at < 2 { 0.05 } else { 0.0005 };
            let found = null[name].as_f64().unwrap();
            assert!((found - figure).abs() <= half, "{year} {name}: {found} is not {figure}");
        }
    }
    // Tumaco had 18,109 ha in 2021 and 20,720 in 2022, Tibu 22,082 in 2022.
    let rows = std::fs::read_to_string(&out).unwrap();
    let verdicts: Vec<&str> = rows.lines().skip(1).map(|line| line.split(',').nth(16).unwrap()).collect();
    assert_eq!(verdicts, ["census higher", "compatible", "compatible"], "{rows}");
    let nulls = std::fs::read_to_string(folder.path().join("validation_nulls.csv")).unwrap();
    assert_eq!(nulls.lines().count(), 1 + 2 * 7);
}

const CENSUS: &str =
    "CODMPIO,MUNICIPIO,2022,2023\n05001,A,100,110\n05002,B,50,0\n05003,E,0,0\n05004,C,0,10\n52835,D,300,400\n";

fn validate(estimates: &str, more: &[&str]) -> (assert_cmd::assert::Assert, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("estimates.csv"), estimates).unwrap();
    std::fs::write(folder.path().join("census.csv"), CENSUS).unwrap();
    let mut command = cocal();
    command.current_dir(folder.path()).args(["validate", "--estimates", "estimates.csv", "--census", "census.csv"]);
    command.args(["-o", "out.csv"]).args(more);
    (command.assert(), folder)
}

#[test]
fn verdicts_follow_from_errors_and_missing_figures() {
    let estimates = "municipality_code,class,adjusted_area_ha,standard_error_ha,status,shrinkage_weight\n05001,coca,109,5,estimated,\n05002,coca,30,4,estimated,0.5\n05003,coca,9,0.1,estimated,0.01\n05004,coca,,,not estimable,\n52835,coca,390,,estimated,\n52001,coca,5,1,estimated,\n05001,other,900,5,estimated,\n";
    let (done, folder) = validate(estimates, &["--year", "2023", "--calibrated-on", "2023"]);
    let done = done.success();
    let rows = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let verdicts: Vec<(&str, &str)> = rows
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0], fields[16])
        })
        .collect();
    let expected = [
        ("05001", "compatible"),
        ("05002", "census lower"),
        ("05003", "model only"),
        ("05004", "not estimable"),
        ("52001", "no census"),
        ("52835", "no error known"),
    ];
    assert_eq!(verdicts, expected);
    let notes = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(notes.contains("circular: 6 estimates"), "{notes}");
    // |109 - 110| + |30 - 0| + 9 + |390 - 400| of 510; last year |100 - 110| + 50 + 100.
    assert!(notes.contains("2023: beats the null: yes, by +21.6 points of weighted MAPE (estimate 9.8 %, last year's census 31.4 %, 4 municipalities)"), "{notes}");
}

#[test]
fn estimates_that_cannot_be_read_are_refused_with_their_place() {
    let message = |estimates: &str, more: &[&str]| {
        let (done, _folder) = validate(estimates, more);
        String::from_utf8(done.code(1).get_output().stderr.clone()).unwrap()
    };
    const HEAD: &str = "municipality_code,year,adjusted_area_ha,standard_error_ha\n";
    assert!(
        message(&format!("{HEAD}05001,2023,-4,1\n"), &[]).contains("line 2, column 'adjusted_area_ha': '-4' is not")
    );
    assert!(message(&format!("{HEAD}05001,23,4,1\n"), &[]).contains("'23' is not a year"));
    assert!(message(&format!("{HEAD}05001,,4,1\n"), &[]).contains("no year; give --year"));
    assert!(message(&format!("{HEAD}05001,2023,4,1\n5001,2023,4,1\n"), &[]).contains("05001 in 2023 is there twice"));
    assert!(message(&format!("{HEAD}total,2023,4,1\n"), &[]).contains("no row of a municipality is left"));
    assert!(message("code,year\n05001,2023\n", &[]).contains("missing column: adjusted_area_ha"));
}
