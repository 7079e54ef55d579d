//! Bad tables, models, project files, folders and calls: see `bad_input.rs` for scenes and polygons.

use std::process::{Command, Stdio};

use crate::data::cocal;
use crate::small_project::{Feature, SCENE, SmallProject, Stack, layer, training};

const TRAIN: [&str; 9] =
    ["train", "--project", "cocal.toml", "--samples", "training.geojson", "--class-field", "class", "-o", "out.cocal"];
const CLASSIFY: [&str; 6] = ["classify", "--model", "model.cocal", "-o", "masks", SCENE];

/// A project with `model.cocal` beside it.
fn with_model() -> SmallProject {
    let project = SmallProject::new();
    let mut train = TRAIN;
    train[8] = "model.cocal";
    let done = project.call(&train);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    project
}

#[test]
fn record_tables_are_checked_before_the_work() {
    let fails = |content: &[u8], words: &[&str]| {
        let project = SmallProject::new();
        project.write("census.csv", content);
        project.fails(words);
    };
    let head = "municipality_code,municipality_name,year,census_ha\n";
    fails(b"municipality_code,municipality_name,census_ha\n05001,Uno,3\n", &["census.csv", "missing column"]);
    fails(format!("{head}05001,U,2024,3\n05001,U,2024,4\n").as_bytes(), &["census.csv", "line 3", "line 2", "05001"]);
    fails(format!("{head}05001,U,2024,3x\n").as_bytes(), &["census.csv", "line 2", "census_ha", "'3x'"]);
    fails(b"municipality_code municipality_name year census_ha\n05001 Uno 2024 3\n", &["census.csv", "separates"]);
    let mut project = SmallProject::new();
    project.write("eradication.csv", "municipality_code,year,method,eradicated_ha\n05001,2024,magic,1\n");
    project.fails(&["eradication.csv", "line 2", "method", "'magic'"]);
    project.change("census = \"census.csv\"", "");
    project.fails(&["cocal.toml", "census"]);
    // Semicolons and Latin-1 are understood, and said to be.
    let project = SmallProject::new();
    let (_, plain) = project.runs();
    project.write(
        "census.csv",
        b"municipality_code;municipality_name;year;census_ha\n05001;Nari\xf1o;2023;3,5\n05001;Nari\xf1o;2024;3,25\n",
    );
    let (said, hectares) = project.runs();
    assert!(said.contains("Windows-1252") && said.contains("semicolons"), "{said}");
    assert_eq!(plain, hectares);
    assert!(project.text("out/comparison.csv").lines().any(|l| l.starts_with("05001") && l.contains(",3.25,")));
}

#[test]
fn compare_refuses_what_it_cannot_read() {
    let project = SmallProject::new();
    let (_, hectares) = project.runs();
    project.write("h.csv", &hectares);
    let call = |output| {
        ["compare", "--hectares", "h.csv", "--census", "census.csv", "--eradication", "eradication.csv", "-o", output]
    };
    assert!(project.call(&call("c.csv")).status.success());
    project.replace("h.csv", "observed_share", "observed");
    project.replace("h.csv", "mapped_area_ha", "mapped");
    project.fails_at(&call("d.csv"), &["h.csv", "missing column: mapped_area_ha"]);
    project.write("h.csv", hectares.replace("2024", "20x4"));
    project.fails_at(&call("d.csv"), &["h.csv", "line 2, column year: '20x4'"]);
    project.write("h.csv", &hectares);
    project.fails_at(&call("census.csv"), &["census.csv", "overwritten"]);
}

#[test]
fn folders_that_cannot_be_written() {
    let project = with_model();
    project.write("out", "a file");
    project.fails(&["out", "cannot write into folder"]);
    project.fails_at(&["classify", "--model", "model.cocal", "-o", "out", SCENE], &["out", "cannot write into folder"]);
    let mut train = TRAIN;
    train[8] = "out/m.cocal";
    project.fails_at(&train, &["out", "cannot write into folder"]);
    // A folder where a file belongs.
    std::fs::create_dir(project.path("dir.cocal")).unwrap();
    train[8] = "dir.cocal";
    project.fails_at(&train, &["cannot write dir.cocal"]);
}

/// The outputs are called as inputs may well be.
#[test]
fn no_output_takes_the_place_of_an_input() {
    let project = with_model();
    project.fails_at(&["run", "cocal.toml", "--out", "."], &["municipalities.geojson", "overwritten"]);
    let mut train = TRAIN;
    train[8] = "training.geojson";
    project.fails_at(&train, &["training.geojson", "overwritten"]);
    let call = [
        "hectares",
        "--mask",
        SCENE,
        "--municipalities",
        "municipalities.geojson",
        "--code-field",
        "code",
        "-o",
        "municipalities.geojson",
    ];
    project.fails_at(&call, &["municipalities.geojson", "overwritten"]);
    // Two scenes of one name would share their outputs.
    std::fs::create_dir(project.path("more")).unwrap();
    let twin = "more/scene_2024-07-01.tif";
    std::fs::copy(project.path(SCENE), project.path(twin)).unwrap();
    project.fails_at(&[&CLASSIFY[..], &[twin]].concat(), &[SCENE, twin, "class_scene_2024-07-01.tif"]);
}

#[test]
fn models_that_do_not_fit() {
    let mut project = with_model();
    assert!(project.call(&CLASSIFY).status.success());
    std::fs::remove_dir_all(project.path("masks")).unwrap();
    let good = std::fs::read(project.path("model.cocal")).unwrap();
    let fewer = {
        let mut stack = Stack::good();
        stack.names[0] = "B02";
        stack
    };
    std::fs::create_dir(project.path("other")).unwrap();
    fewer.write(&project.path("other/blue_2024-07-01.tif"));
    let mut other = CLASSIFY;
    other[5] = "other/blue_2024-07-01.tif";
    let refuse = |call: &[&str], words: &[&str]| {
        let done = project.call(call);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{said}");
        words.iter().for_each(|word| assert!(said.contains(word), "'{word}' is not in: {said}"));
        project.assert_no_leftovers();
        assert!(project.files().keys().all(|p| !p.starts_with(project.path("masks"))), "a mask was written");
    };
    refuse(&other, &["blue_2024-07-01.tif", "'green'", "--bands"]);
    let mut version = good.clone();
    version[8] = version[8].wrapping_add(1);
    for (bytes, words) in [
        (version, ["model.cocal", "version", "train again"]),
        (good[..good.len() / 2].to_vec(), ["model.cocal", "truncated or corrupt", "train again"]),
        (
            b"not a model at all, but a text of some length".to_vec(),
            ["model.cocal", "not a cocal model", "cocal train"],
        ),
    ] {
        project.write("model.cocal", bytes);
        refuse(&CLASSIFY, &words);
    }
    project.write("model.cocal", &good);
    project.change("samples = \"training.geojson\"", "model = \"model.cocal\"");
    project.runs();
    std::fs::remove_dir_all(project.path("out")).unwrap();
    project.change("path = \"tiles/*.tif\"", "path = \"tiles/*.tif\"\nsensor = \"drone\"");
    project.fails(&["scene_2024-07-01.tif", "'drone'", "'stack'", "train a model on this sensor"]);
    project.change("model.cocal", "none.cocal");
    project.fails(&["cannot read none.cocal"]);
}

#[test]
fn a_bad_scene_among_good_ones_does_not_lose_the_good() {
    let project = with_model();
    project.write("tiles/cut.tif", "II*\0nonsense");
    let done = project.call(&[&CLASSIFY[..], &["tiles/cut.tif", "--json"]].concat());
    assert_eq!(done.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((report["scenes"].as_array().unwrap().len(), &report["failed"]), (1, &serde_json::json!(1)));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("tiles/cut.tif") && said.contains("1 of 2"), "{said}");
    assert!(project.path("masks/class_scene_2024-07-01.tif").exists());
    project.assert_no_leftovers();
}

#[test]
fn project_files_with_a_fault() {
    let fails = |from: &str, to: &str, words: &[&str]| {
        let mut project = SmallProject::new();
        project.change(from, to);
        project.fails(words);
    };
    fails("[years]", "[yaers]", &["cocal.toml", "yaers", "line"]);
    fails("census = [2024]", "census = [2024", &["cocal.toml", "line"]);
    fails("tiles/*.tif", "tiles/*.jp2", &["cocal.toml", "tiles/*.jp2", "no file fits"]);
    fails("[2024]", "[2023, 2024]", &["cocal.toml", "census year 2023", "2024-07-01"]);
    fails("class_field = \"class\"", "class_field = \"kind\"", &["training.geojson", "no field 'kind'", "class"]);
    fails("training.geojson", "none.geojson", &["none.geojson"]);
    fails("census.csv", "none.csv", &["none.csv"]);
    fails("trees = 10", "trees = 0", &["cocal.toml", "trees = 0", "1 to 10000"]);
    let twice = "[[scenes]]\npath = \"tiles/scene_2024-07-01.tif\"\n[classifier]";
    fails("[classifier]", twice, &["scene_2024-07-01.tif", "twice"]);
    let mixed = "[[scenes]]\npath = \"b.tif\"\nsensor = \"drone\"\ndate = 2024-03-01\n[classifier]";
    let mut project = SmallProject::new();
    Stack::good().write(&project.path("b.tif"));
    project.change("[classifier]", mixed);
    project.fails(&["scene_2024-07-01.tif", "stack", "b.tif", "drone"]);
    let project = SmallProject::new();
    std::fs::rename(project.path(SCENE), project.path("tiles/scene.tif")).unwrap();
    project.fails(&["tiles/scene.tif", "no date", "date = "]);
    project.fails_at(&["run", "nowhere.toml"], &["cannot read project file nowhere.toml"]);
}

#[test]
fn samples_that_make_no_model() {
    let fails = |change: &dyn Fn(usize, &mut Feature), words: &[&str]| {
        let project = SmallProject::new();
        let mut features = training();
        features.iter_mut().enumerate().for_each(|(i, f)| change(i, f));
        project.write("training.geojson", layer(&features));
        project.fails(words);
        let more = ["training.geojson"];
        project.fails_at(&TRAIN, &more);
    };
    fails(&|_, f| f.1.iter_mut().for_each(|p| p.0 += 5000.0), &["training.geojson", "12 samples lie outside"]);
    fails(&|_, f| f.0 = r#"{"class":"coca"}"#.to_owned(), &["training.geojson", "1 class", "at least 2"]);
    fails(
        &|i, f| {
            if i == 3 {
                f.0 = r#"{"class":null}"#.to_owned()
            }
        },
        &["training.geojson, feature 4", "'class' is empty"],
    );
    // Without a class of coca a model can be trained, but no coca can be mapped.
    let project = SmallProject::new();
    project.replace("training.geojson", "coca", "crop");
    project.fails(&["no class", "crop, forest, pasture", "coca_classes"]);
    let mut project = SmallProject::new();
    project.change("[records]", "[mask]\ncoca_classes = [\"erythroxylum\"]\n[records]");
    project.fails(&["coca_classes", "'erythroxylum'", "coca, forest, pasture"]);
}

#[test]
fn wrong_calls_end_with_2_and_quiet_is_quiet() {
    for call in [
        &["ran"][..],
        &[],
        &["run"],
        &["run", "a.toml", "--threads", "0"],
        &["classify", "--model", "m", "--scale", "1", "-o", "o", "s"],
    ] {
        let done = cocal().args(call).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{call:?}");
        assert!(done.stdout.is_empty() && !done.stderr.is_empty(), "{call:?}");
    }
    let project = SmallProject::new();
    let done = project.call(&["run", "cocal.toml", "--out", "out", "--quiet"]);
    assert!(done.status.success());
    assert_eq!((String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)), ("".into(), "".into()));
    let done = project.call(&["run", "cocal.toml", "--out", "out", "--quiet", "--json"]);
    assert!(done.stderr.is_empty());
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["hectares"].as_array().unwrap().len(), 6);
}

/// A reader that has gone away (`cocal ... | head -1`) is no fault, on either stream.
#[test]
fn a_closed_pipe_is_no_panic() {
    let project = with_model();
    let program = assert_cmd::cargo::cargo_bin("cocal");
    for (call, code) in [
        (&["run", "cocal.toml", "--out", "out"][..], 0),
        (&["run", "cocal.toml", "--out", "out", "--json"], 0),
        (&["records", "check", "census.csv"], 0),
        (&["inspect", SCENE], 0),
        (&["run", "none.toml"], 1),
        (&["ran"], 2),
        (&["compare", "--hectares", "x.csv", "--census", "c.csv", "--eradication", "e.csv", "-o", "x.txt"], 2),
    ] {
        let mut child = Command::new(&program)
            .args(call)
            .current_dir(project.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(code), "{call:?}");
    }
}

/// Half a JSON object is worse than none: where it cannot be written the exit code says so.
#[cfg(target_os = "linux")]
#[test]
fn json_that_does_not_fit_on_the_disk_is_an_error() {
    let project = SmallProject::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut call = Command::new(assert_cmd::cargo::cargo_bin("cocal"));
    call.args(["records", "check", "census.csv", "--json"]).current_dir(project.path("")).stdout(full);
    let done = call.output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
}
