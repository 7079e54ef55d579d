//! `cocal run` on the sample: golden tables, the same bytes for every number of threads, outputs that others can read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cocal::area::AreaTable;
use cocal::features::recipe::Recipe;
use cocal::io::cog::tiles::Overview;
use cocal::io::cog::{Layer, RasterSink};
use cocal::io::window_record::RasterShape;
use cocal::pipeline::Chain;
use cocal::run::faults::OnError;
use cocal::run::imagery::Imagery;
use cocal::run::map;

use cocal::run::prepare::prepare;
use cocal::run::threads::Threads;
use cocal::run::windows::Windows;
use cocal::run::year_job::YearJob;
use serde_json::Value;

use crate::data::cocal;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_tiles/cocal.toml")
}

/// Runs the sample and returns what `--json` printed.
fn run_sample(out: &Path, threads: &str) -> Value {
    let done = cocal().arg("run").arg(sample()).arg("--out").arg(out).args(["--threads", threads, "--json"]).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Every file of a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Holds text against tests/golden/NAME; `COCAL_BLESS=1` writes it anew.
fn golden(name: &str, text: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var("COCAL_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read(&path).unwrap();
    assert!(
        text == expected,
        "{name} differs from tests/golden/{name}; if the change is meant, bless it (COCAL_BLESS=1) and say in \
         CHANGELOG.md under Figures change by how much\n{}",
        String::from_utf8_lossy(text)
    );
}

#[test]
fn the_sample_gives_the_golden_tables_and_the_same_bytes_for_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (one, three) = (folder.path().join("one"), folder.path().join("three"));
    run_sample(&one, "1");
    run_sample(&three, "3");
    let (mut one, mut three) = (files(&one), files(&three));
    let names: Vec<&String> = one.keys().collect();
    for expected in [
        "hectares.csv",
        "comparison.csv",
        "comparison_totals.csv",
        "municipalities.geojson",
        "model.cocal",
        "run.json",
        "mask/coca_2023.tif",
        "mask/class_2024.tif",
        "mask/probability_2024.tif",
        "mask/observations_2023.tif",
    ] {
        assert!(one.contains_key(expected), "{expected} is not among {names:?}");
    }
    let without_timings = |bytes: Vec<u8>| {
        let mut record: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(record["timings"]["seconds"]["map"].as_f64().unwrap() > 0.0);
        record.as_object_mut().unwrap().remove("timings");
        record
    };
    let records = [&mut one, &mut three].map(|f| without_timings(f.remove("run.json").unwrap()));
    assert_eq!(records[0], records[1]);
    assert_eq!(one.keys().collect::<Vec<_>>(), three.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(*bytes == three[name], "{name} differs between 1 and 3 threads");
    }
    golden("hectares.csv", &one["hectares.csv"]);
    golden("comparison.csv", &one["comparison.csv"]);
    golden("comparison_totals.csv", &one["comparison_totals.csv"]);
    golden("municipalities.geojson", &one["municipalities.geojson"]);
}

#[test]
fn stages_work_alone_and_give_what_run_gives() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run_sample(&at("run"), "2");
    let sample = sample();
    let tiles = sample.parent().unwrap();
    let ok = |command: &mut assert_cmd::Command| {
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    // The model of `train` is that of `run`, byte for byte.
    ok(cocal()
        .args(["train", "--class-field", "class", "--project"])
        .arg(&sample)
        .arg("--samples")
        .arg(tiles.join("training.geojson"))
        .arg("-o")
        .arg(at("model.cocal")));
    assert!(std::fs::read(at("model.cocal")).unwrap() == std::fs::read(at("run/model.cocal")).unwrap());
    // `hectares` on the mask that `run` wrote gives the hectares that `run` added up while it classified.
    ok(cocal()
        .args(["hectares", "--code-field", "MPIO_CCNCT", "--class", "1", "--mask"])
        .args([at("run/mask/coca_2023.tif"), at("run/mask/coca_2024.tif")])
        .arg("--municipalities")
        .arg(tiles.join("municipalities.geojson"))
        .arg("-o")
        .arg(at("hectares.csv")));
    let coca = |path: PathBuf| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap();
        let mut rows: Vec<String> = text
            .lines()
            .filter(|l| l.contains(",coca,"))
            .map(|l| l.split(',').collect::<Vec<_>>())
            .map(|c| c.join(","))
            .collect();
        rows.sort();
        rows
    };
    let rows = coca(at("run/hectares.csv"));
    assert_eq!(rows.len(), 12);
    assert_eq!(coca(at("hectares.csv")), rows);
    // `compare` on those hectares gives the comparison that `run` wrote.
    ok(cocal()
        .arg("compare")
        .arg("--hectares")
        .arg(at("hectares.csv"))
        .arg("--census")
        .arg(tiles.join("census.csv"))
        .arg("--eradication")
        .arg(tiles.join("eradication.csv"))
        .args(["--code-field", "MPIO_CCNCT", "--municipalities"])
        .arg(tiles.join("municipalities.geojson"))
        .arg("-o")
        .arg(at("comparison.csv")));
    let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    assert_eq!(text(at("comparison.csv")), text(at("run/comparison.csv")));
}

#[test]
fn classify_maps_one_scene_and_says_what_it_cannot_know() {
    let folder = tempfile::tempdir().unwrap();
    run_sample(&folder.path().join("run"), "2");
    let tile = sample().parent().unwrap().join("tiles/T1_2024-01-30.tif");
    let out = folder.path().join("masks");
    let done = cocal()
        .args(["classify", "--json", "--model"])
        .arg(folder.path().join("run/model.cocal"))
        .arg("-o")
        .arg(&out)
        .arg(&tile)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    let scene = &json["scenes"][0];
    assert_eq!(scene["files"].as_array().unwrap().len(), 4);
    for file in scene["files"].as_array().unwrap() {
        assert!(Path::new(file.as_str().unwrap()).exists(), "{file}");
    }
    assert!(scene["notes"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains("several dates")));
    let pixels: u64 = scene["pixels"].as_array().unwrap().iter().map(|p| p[1].as_u64().unwrap()).sum();
    assert_eq!(pixels, 256 * 320);
}

/// RFC 7946: WGS 84 without a `crs` member, exterior rings anticlockwise, at most six decimals.
#[test]
fn the_map_layer_is_rfc_7946() {
    let folder = tempfile::tempdir().unwrap();
    run_sample(folder.path(), "2");
    let text = std::fs::read_to_string(folder.path().join("municipalities.geojson")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    assert!(json.get("crs").is_none());
    let features = json["features"].as_array().unwrap();
    assert_eq!(features.len(), 6);
    let mut rings = 0;
    for feature in features {
        let polygons = match feature["geometry"]["type"].as_str().unwrap() {
            "Polygon" => vec![feature["geometry"]["coordinates"].clone()],
            _ => feature["geometry"]["coordinates"].as_array().unwrap().clone(),
        };
        for polygon in polygons {
            for (number, ring) in polygon.as_array().unwrap().iter().enumerate() {
                let points: Vec<[f64; 2]> = serde_json::from_value(ring.clone()).unwrap();
                let twice: f64 = points.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum();
                assert_eq!(twice > 0.0, number == 0, "ring {number} of {} turns the wrong way", feature["properties"]);
                assert!(points.iter().flatten().all(|c| (c * 1e6 - (c * 1e6).round()).abs() < 1e-3));
                rings += 1;
            }
        }
        assert!(feature["properties"]["mapped_area_ha_2024"].is_number());
        assert_eq!(feature["properties"]["municipality_code"].as_str().unwrap().len(), 5);
    }
    assert!(rings >= 7, "the enclave's hole is gone");
}

/// However the grid is cut into windows, every pixel and every hectare is the same.
#[test]
fn windows_change_neither_mask_nor_hectares() {
    let folder = tempfile::tempdir().unwrap();
    run_sample(folder.path(), "2");
    let model = cocal::io::model_file::read_model(&folder.path().join("model.cocal")).unwrap();
    let file = cocal::io::read_project::read_project(&sample()).unwrap();
    let (scenes, ground) = prepare(&Threads::start(Some(2)).unwrap(), &file, OnError::Stop).unwrap();
    let recipe = Recipe::for_features(&model.features, &model.bands).unwrap();
    let imagery = Imagery::new(&scenes.scenes, &scenes.grid, model.bands.clone()).unwrap();
    let unit_mm2 = map::unit_mm2(0.3);
    let chain = Chain { model: &model, recipe: &recipe, dilation: 3, minimum_unit_mm2: unit_mm2 };
    let halo = map::halo(&scenes.grid, 0.3).unwrap();
    let (year, grid) = (&scenes.years[1], &scenes.grid);
    let mut results = Vec::new();
    for windows in [Windows::of_size(grid, grid.rows, grid.cols, halo), Windows::of_size(grid, 37, 53, halo)] {
        let paths = ["class", "coca", "probability", "seen"].map(|name| folder.path().join(name).with_extension("tif"));
        let layer = Layer { overviews: Overview::Mode, ..Layer::default() };
        let sinks: Vec<_> = paths.iter().map(|path| RasterSink::create(path, grid, &layer).unwrap()).collect();
        let shape = RasterShape { size: (grid.rows, grid.cols), overviews: vec![Overview::Mode; 4] };
        let mut table = AreaTable::default();
        let (count, zones) = (windows.len(), &ground.zones);
        let (imagery, chain, days) = (&imagery, &chain, Vec::new());
        let job = YearJob { imagery, year, chain, zones, shape, windows, days, recorded: false };
        job.map(&Threads::start(Some(3)).unwrap(), (&sinks, &BTreeSet::new()), |part| {
            table.merge(&part.table);
            Ok(())
        })
        .unwrap();
        let staged = sinks.into_iter().flat_map(|sink| sink.finish().unwrap());
        staged.for_each(|staged| staged.put().unwrap());
        results.push((count, paths.map(|path| std::fs::read(path).unwrap()), table));
    }
    let (whole, cut) = (&results[0], &results[1]);
    assert!(whole.0 == 1 && cut.0 > 10, "{} and {} windows", whole.0, cut.0);
    assert_eq!(whole.1, cut.1);
    assert_eq!(whole.2, cut.2);
}
