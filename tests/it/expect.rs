//! `cocal expect`: its record on the real tables, what must not reach a forecast, and what it refuses.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::data::{cocal, real_data};

const CENSUS: &str = "census/simci_coca_ha_municipio_2001_2024_wide.csv";
const MANUAL: &str = "eradication/saragarcia02_err_manual.csv";
const SPRAYING: &str = "eradication/saragarcia02_err_aerea.csv";
const TREE_LOSS: &str = "imagery/colombia_simci_grid_hansen/hansen_tree_loss_ha_by_municipio_2001_2025.csv";

/// Inputs: census, eradication, spraying, tree loss.
struct Inputs([PathBuf; 4]);

impl Inputs {
    fn real() -> Option<Self> {
        Some(Self([real_data(CENSUS)?, real_data(MANUAL)?, real_data(SPRAYING)?, real_data(TREE_LOSS)?]))
    }

    fn run(&self, year: &str, out: &Path, more: &[&str]) -> std::process::Output {
        let [census, manual, spraying, loss] = &self.0;
        let mut command = cocal();
        command.arg("expect").arg("--census").arg(census).arg("--eradication").arg(manual);
        command.arg("--spraying").arg(spraying).arg("--covariate").arg(format!("tree_loss={}", loss.display()));
        let done = command.args(["--year", year, "-o"]).arg(out).args(more).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done
    }
}

/// Figures of a replication of the whole procedure in numpy 2.4.6, written apart from this one: it gave the same error
/// (to 0.0001 points) in each of the 20 years and the same hectares (to 0.01) in each of the 319 municipalities.
#[test]
fn the_record_on_the_real_tables_is_the_documented_one() {
    let Some(inputs) = Inputs::real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("expected.csv");
    let done = inputs.run("2024", &out, &["--json"]);
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let record: Vec<&serde_json::Value> =
        found["record"].as_array().unwrap().iter().filter(|r| r["year"].as_i64().unwrap() >= 2010).collect();
    let replicated = [
        36.2373, 39.6789, 62.6172, 38.2975, 37.9546, 33.2255, 32.9745, 23.6378, 18.3493, 24.9535, 18.0238, 33.2811,
        18.4174, 9.9824, 13.6784,
    ];
    let error = |year: &serde_json::Value, name: &str| year[name].as_f64().unwrap();
    assert_eq!(record.len(), replicated.len());
    for (year, replicated) in record.iter().zip(replicated) {
        assert!((error(year, "error_pct") - replicated).abs() < 1.5e-4, "{year}");
    }
    let closer = |null: &str| record.iter().filter(|y| error(y, "error_pct") < error(y, null)).count();
    assert_eq!(closer("last_year_error_pct"), 11, "of 15 years");
    assert_eq!((closer("mean_of_three_error_pct"), closer("carried_on_error_pct")), (13, 13));
    let sum = |name: &str| record.iter().map(|y| y[name].as_u64().unwrap()).sum::<u64>() as f64;
    let (all, active) = (sum("held") / sum("with_interval"), sum("active_held") / sum("active"));
    assert!((0.87..=0.93).contains(&all) && (0.87..=0.93).contains(&active), "{all} {active}");
    assert_eq!((sum("with_interval"), found["summary"]["better_than_last_year"].as_bool()), (15.0 * 319.0, Some(true)));
    let nation: Vec<bool> = record
        .iter()
        .filter_map(|y| {
            let bounds = y["nation_interval_ha"].as_array()?;
            Some((bounds[0].as_f64()..=bounds[1].as_f64()).contains(&y["census_ha"].as_f64()))
        })
        .collect();
    assert_eq!((nation.iter().filter(|held| **held).count(), nation.len()), (7, 9), "2016 and 2021 leapt out");
    assert_eq!((&found["summary"]["nation_held_years"], &found["summary"]["nation_years"]), (&6.into(), &8.into()));
    let tumaco = found["rows"].as_array().unwrap().iter().find(|r| r["municipality_code"] == "52835").unwrap();
    assert_eq!((&tumaco["expected_ha"], &tumaco["last_year_ha"]), (&23429.55.into(), &22999.56.into()));
    assert_eq!(found["nation"]["expected_ha"], 255_594.38);
    let rows = std::fs::read_to_string(&out).unwrap();
    assert!(rows.starts_with("municipality_code,municipality_name,year,expected_ha,expected_low_ha,expected_high_ha,last_year_ha,census_ha,outside,"));
    let track = std::fs::read_to_string(folder.path().join("expected_track.csv")).unwrap();
    assert_eq!((rows.lines().count(), track.lines().count()), (320, 21));
}

/// A table with every figure of the years from `year` on made another.
fn from_year_changed(path: &Path, year: i32, folder: &Path) -> PathBuf {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let later: Vec<bool> = header.iter().map(|h| h.len() == 4 && h.parse::<i32>().is_ok_and(|y| y >= year)).collect();
    assert!(later.iter().any(|l| *l), "{} has no year from {year} on", path.display());
    let to = folder.join(path.file_name().unwrap());
    let mut writer = csv::Writer::from_path(&to).unwrap();
    writer.write_record(&header).unwrap();
    for (number, row) in reader.records().enumerate() {
        let other = format!("{}.5", 7 * (number % 11) + 1);
        let row = row.unwrap();
        writer.write_record(row.iter().zip(&later).map(|(cell, later)| if *later { &other } else { cell })).unwrap();
    }
    writer.flush().unwrap();
    to
}

/// Columns of the expectation, without the census of the year and what follows from it.
fn said(out: &Path) -> String {
    let text = std::fs::read_to_string(out).unwrap();
    let without = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        [&cells[..7], &cells[9..]].concat().join(",") + "\n"
    };
    text.lines().map(without).collect()
}

#[test]
fn no_figure_of_the_year_or_later_reaches_the_expectation() {
    let Some(inputs) = Inputs::real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let changed = Inputs(inputs.0.clone().map(|path| from_year_changed(&path, 2015, folder.path())));
    let [as_it_is, otherwise] = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
    inputs.run("2015", &as_it_is, &["--quiet", "--threads", "1"]);
    changed.run("2015", &otherwise, &["--quiet", "--threads", "3"]);
    assert_eq!(said(&as_it_is), said(&otherwise));
    assert_ne!(std::fs::read(&as_it_is).unwrap(), std::fs::read(&otherwise).unwrap(), "the census column differs");
    let before = |out: &Path| {
        let track = out.with_file_name(format!("{}_track.csv", out.file_stem().unwrap().to_string_lossy()));
        let text = std::fs::read_to_string(track).unwrap();
        assert_eq!(text.lines().count(), 12, "2005 to 2015");
        text.lines().filter(|l| !l.starts_with("2015,")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(before(&as_it_is), before(&otherwise));
    // The year before does reach it.
    let earlier = Inputs(inputs.0.clone().map(|path| from_year_changed(&path, 2014, folder.path())));
    earlier.run("2015", &otherwise, &["--quiet"]);
    assert_ne!(said(&as_it_is), said(&otherwise));
}

#[test]
fn the_year_after_the_census_is_expected_and_not_judged() {
    let Some(inputs) = Inputs::real() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("next.csv");
    let done = inputs.run("2025", &out, &[]);
    let (printed, notes) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(printed.contains("The census holds no figure to judge."), "{printed}");
    assert!(printed.contains("20 years before 2025 (2005 to 2024)"), "{printed}");
    assert!(notes.contains("eradication is known up to 2023 only, and 2024 is needed: left out"), "{notes}");
    assert!(notes.contains("spraying is known up to 2015 only"), "{notes}");
    assert!(notes.contains("tree_loss has no figure of 2024 for 1 municipalities of the census (94663)"), "{notes}");
    let rows = std::fs::read_to_string(&out).unwrap();
    assert!(rows.lines().skip(1).all(|line| line.split(',').nth(7) == Some("") && line.split(',').nth(8) == Some("")));
}

/// A census of few years in a folder of its own, with eradication beside it.
fn small(census: &str, arguments: &[&str]) -> (std::process::Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("census.csv"), census).unwrap();
    let manual = "municipality_code,year,method,eradicated_ha\n05001,2019,manual,5\n05001,2019,voluntary,2\n";
    std::fs::write(folder.path().join("manual.csv"), manual).unwrap();
    let sprayed = "municipality_code,year,sprayed_ha\n05001,2019,5\n";
    std::fs::write(folder.path().join("sprayed.csv"), sprayed).unwrap();
    std::fs::write(folder.path().join("price.csv"), "codmpio,year,price\n05001,2018,3\n05001,2019,4\n").unwrap();
    let mut command = cocal();
    command.current_dir(folder.path()).args(["expect", "--census", "census.csv", "--eradication", "manual.csv"]);
    (command.args(arguments).output().unwrap(), folder)
}

const SMALL: &str = "CODMPIO,MUNICIPIO,2016,2017,2018,2019,2020\n05001,A,10,20,30,40,50\n05002,B,1,0,0,0,0\n";

#[test]
fn a_short_census_is_expected_without_intervals_and_says_so() {
    let (done, folder) =
        small(SMALL, &["--year", "2020", "--covariate", "price=price.csv", "--spraying", "sprayed.csv", "-o", "e.csv"]);
    let (printed, notes) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{notes}");
    assert!(
        notes.contains("2 municipalities have no interval: too few errors of earlier years are known (0 years"),
        "{notes}"
    );
    assert!(notes.contains("manual, voluntary enter the regression as one sum"), "{notes}");
    assert!(notes.contains("price has no figure of 2019 for 1 municipalities of the census (05002)"), "{notes}");
    assert!(printed.contains("no year before 2020 can be recomputed"), "{printed}");
    let rows = std::fs::read_to_string(folder.path().join("e.csv")).unwrap();
    let cells: Vec<&str> = rows.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((cells[0], cells[4], cells[5], cells[6], cells[7], cells[8]), ("05001", "", "", "40", "50", ""));
    assert!(cells[3].parse::<f64>().unwrap() > 40.0, "{rows}");
}

#[test]
fn municipalities_of_a_long_census_without_earlier_figures_are_said() {
    let mut long = "codmpio,municipio,year,coca_ha\n".to_owned();
    for year in 2016..=2020 {
        writeln!(long, "05001,A,{year},{}", 10 * (year - 2015)).unwrap();
    }
    long.push_str("05002,B,2016,3\n05003,C,2020,7.5\n");
    let (done, folder) = small(&long, &["--year", "2020", "-o", "e.csv"]);
    let notes = String::from_utf8_lossy(&done.stderr);
    assert!(
        notes.contains("1 municipalities lack a census figure in one of the three years before 2020 (05002)"),
        "{notes}"
    );
    assert!(
        notes.contains("1 municipalities (05003), 7.5 ha, are in the census of 2020 and in none before"),
        "{notes}"
    );
    let rows = std::fs::read_to_string(folder.path().join("e.csv")).unwrap();
    assert!(rows.contains("\n05002,B,2020,,,,,,,,,,,\n"), "{rows}");
}

#[test]
fn what_cannot_be_expected_is_refused() {
    let refused = |census: &str, arguments: &[&str], code: i32, words: &str| {
        let (done, folder) = small(census, &[arguments, &["-o", "e.csv"]].concat());
        let message = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{message}");
        assert!(message.contains(words), "{message}");
        assert!(!folder.path().join("e.csv").exists(), "nothing is written");
    };
    refused(
        SMALL,
        &["--year", "2022"],
        2,
        "the census ends in 2020, and one year ahead is as far as an expectation goes",
    );
    refused(SMALL, &["--year", "2019"], 1, "the census has 3 years before it (2016, 2017, 2018)");
    refused(SMALL, &["--year", "2010"], 1, "the census has 0 years before it (none)");
    let hole = "codmpio,year,coca_ha\n05001,2015,1\n05001,2016,1\n05001,2018,1\n05001,2019,1\n";
    refused(hole, &["--year", "2020"], 1, "the census has no figures of 2017");
    refused(SMALL, &["--year", "2020", "--spraying", "manual.csv"], 1, "is not a table of spraying");
    refused(SMALL, &["--year", "2020", "--covariate", "price"], 2, "a name and a file are needed");
    refused(SMALL, &["--year", "2020", "--covariate", "spraying=price.csv"], 2, "'spraying' is a feature already");
    let twice = ["--year", "2020", "--covariate", "p=price.csv", "--covariate", "p=price.csv"];
    refused(SMALL, &twice, 2, "--covariate p=... is given twice");
    refused(SMALL, &["--year", "2020", "--covariate", "p=none.csv"], 1, "cannot read none.csv");
    let (done, _folder) = small(SMALL, &["--year", "2020", "-o", "e.json"]);
    assert_eq!(done.status.code(), Some(2));
    let (done, _folder) = small(SMALL, &["--year", "2020", "-o", "census.csv"]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("census.csv is an input and would be overwritten"));
}
