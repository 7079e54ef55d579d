//! What a run says while it works: `--log json`, and next to nothing where nobody watches a terminal.

use serde_json::Value;

use crate::data::cocal;
use crate::small_project::SmallProject;

/// Every line as an object of the documented form.
fn lines(said: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(said).into_owned();
    let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    let lines: Vec<Value> = text.lines().map(parse).collect();
    for line in &lines {
        let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["fields", "kind", "level", "message", "time"], "{line}");
        line["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert!(["error", "warn", "info", "debug", "trace"].contains(&line["level"].as_str().unwrap()), "{line}");
        assert!(line["fields"].is_object());
    }
    lines
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn a_run_tells_its_stages_as_json() {
    let project = SmallProject::new();
    project.write("census.csv", "municipality_code;municipality_name;year;census_ha\n05001;Uno;2024;3\n");
    let run = ["run", "cocal.toml", "--out", "out", "--json", "--log", "json"];
    let done = project.call(&run);
    let told = lines(&done.stderr);
    assert!(done.status.success(), "{told:?}");
    assert!(serde_json::from_slice::<Value>(&done.stdout).unwrap()["files"].is_array());
    let stages = |kind| of_kind(&told, kind).iter().map(|line| line["fields"]["stage"].clone()).collect::<Vec<_>>();
    assert!(stages("stage_begin").len() >= 3 && stages("stage_begin") == stages("stage_end"), "{told:?}");
    let mapped =
        of_kind(&told, "stage_end").into_iter().find(|line| line["fields"]["stage"] == "mapping 2024").unwrap();
    assert_eq!((&mapped["fields"]["pixels"], &mapped["fields"]["done"]), (&1_600.into(), &1_600.into()));
    assert!(of_kind(&told, "note").iter().any(|line| line["message"].as_str().unwrap().contains("semicolons")));
    let summary = of_kind(&told, "summary");
    assert_eq!(
        (summary.len(), &summary[0]["fields"]["reused"], &summary[0]["fields"]["failed"]),
        (1, &0.into(), &0.into())
    );
    // What an earlier run did is taken over, and told.
    let told = lines(&project.call(&[&run[..], &["--resume"]].concat()).stderr);
    assert_eq!(of_kind(&told, "summary")[0]["fields"]["reused"], 1, "{told:?}");
    let done = project.call(&[&run[..], &["--quiet"]].concat());
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn errors_wrong_calls_and_the_log_are_json_too() {
    let project = SmallProject::new();
    project.write("census.csv", "nothing\n");
    let told = lines(&project.call(&["run", "cocal.toml", "--out", "out", "--log", "json"]).stderr);
    let errors = of_kind(&told, "error");
    assert!(errors.len() == 1 && errors[0]["message"].as_str().unwrap().contains("census.csv"), "{told:?}");
    for call in [
        &["run", "--log", "json"][..],
        &["--log=json", "ran"],
        &["task", "plan.json", "--log", "json", "--id", "x", "-o", "p"],
    ] {
        let done = cocal().args(call).output().unwrap();
        let told = lines(&done.stderr);
        assert_eq!((done.status.code(), told.len(), &told[0]["kind"]), (Some(2), 1, &"error".into()), "{told:?}");
        assert!(!told[0]["message"].as_str().unwrap().starts_with("error"));
    }
    // Help is help.
    let help = cocal().args(["run", "--help", "--log", "json"]).output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Usage:"));
    let noisy = cocal().env("COCAL_LOG", "debug").args(["inspect", "nowhere.tif", "--log", "json"]).output().unwrap();
    let told = lines(&noisy.stderr);
    let log = of_kind(&told, "log");
    assert!(log.iter().any(|line| line["level"] == "debug" && line["fields"]["target"] == "gdal"), "{told:?}");
}

#[test]
fn a_short_run_says_nothing_of_its_progress_outside_a_terminal() {
    let (said, _) = SmallProject::new().runs();
    assert!(!said.contains("Mpx") && !said.contains("slowest") && !said.contains('\u{1b}'), "{said}");
}
