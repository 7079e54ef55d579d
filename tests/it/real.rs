//! Real input through whole commands: Landsat over Caqueta, and a labelled Sentinel-2 scene of Para.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::data::{cocal, real_data};

/// Squares of 5 x 5 pixels, clear in `pixel_qa`: west, south, east, north. Chosen by NDVI (high: forest, middle: open land, low:
/// the stand-in), not by anybody who was there.
const LABELS: [(&str, [f64; 4]); 15] = [
    ("coca_stand_in", [-74.37195, 1.47032, -74.3706, 1.47168]),
    ("coca_stand_in", [-74.3466, 1.44996, -74.34526, 1.45132]),
    ("coca_stand_in", [-74.36762, 1.53112, -74.36627, 1.53247]),
    ("coca_stand_in", [-74.30452, 1.48713, -74.30318, 1.48849]),
    ("coca_stand_in", [-74.32202, 1.58918, -74.32067, 1.59054]),
    ("open_land", [-74.39214, 1.5816, -74.39079, 1.58296]),
    ("open_land", [-74.30936, 1.53164, -74.30802, 1.533]),
    ("open_land", [-74.32637, 1.49094, -74.32502, 1.49229]),
    ("open_land", [-74.28049, 1.57451, -74.27915, 1.57587]),
    ("open_land", [-74.32177, 1.52404, -74.32042, 1.5254]),
    ("forest", [-74.31288, 1.51454, -74.31153, 1.5159]),
    ("forest", [-74.41402, 1.45025, -74.41267, 1.45161]),
    ("forest", [-74.36087, 1.54767, -74.35952, 1.54903]),
    ("forest", [-74.31314, 1.52458, -74.31179, 1.52594]),
    ("forest", [-74.34066, 1.48253, -74.33931, 1.48388]),
];

/// Mean of `clear = (pixel_qa & (1 | 8 | 16 | 32)) == 0` in municipality 18753 by exactextract (planar, EPSG:32618).
const OBSERVED_SHARE: f64 = 0.275_220_995_060_733_9;
/// SIMCI table, 18753, 31 December 2016 and 2015, hectares.
const CENSUS_2016: &str = "403.29";
const CENSUS_2015: &str = "406.84";
/// Manual eradication in 18753 in 2016, hectares (Observatorio de Drogas de Colombia).
const MANUAL_2016: &str = "324.66325";

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A rectangle of labels, lon, lat.
fn label(class: &str, [west, south, east, north]: [f64; 4]) -> String {
    format!(
        r#"{{"type":"Feature","properties":{{"class":"{class}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}"#
    )
}

fn row(csv: &Path, begin: &str) -> Vec<String> {
    let text = std::fs::read_to_string(csv).unwrap();
    let line = text.lines().find(|l| l.starts_with(begin)).unwrap_or_else(|| panic!("no row {begin}"));
    line.split(',').map(str::to_owned).collect()
}

/// The whole job over San Vicente del Caguan. There are no coca labels for this scene: the class named `coca_stand_in` is open
/// land by its NDVI, so the hectares test the plumbing and say nothing of coca.
#[test]
fn caqueta_2016_from_landsat_to_the_comparison() {
    let Some(scene) = real_data("imagery/colombia_landsat7_caqueta_2016") else { return };
    let data = |relative: &str| real_data(relative).unwrap().canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let labels: Vec<String> = LABELS.iter().map(|(class, bounds)| label(class, *bounds)).collect();
    let labels = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, labels.join(","));
    write(folder.path(), "labels.geojson", &labels);
    let project = write(
        folder.path(),
        "cocal.toml",
        &format!(
            "[territory]\nmunicipalities = {:?}\ncode_field = \"MPIO_CCNCT\"\n[years]\ncensus = [2016]\n\
             [[scenes]]\npath = {:?}\n[classifier]\nsamples = \"labels.geojson\"\ntrees = 10\n\
             [mask]\ncoca_classes = [\"coca_stand_in\"]\n[records]\ncensus = {:?}\neradication = [{:?}, {:?}]\n",
            data("boundaries/mgn2018_municipios_detailed.geojson"),
            scene.canonicalize().unwrap(),
            data("census/simci_coca_ha_municipio_2001_2024_wide.csv"),
            data("eradication/saragarcia02_err_manual.csv"),
            data("eradication/saragarcia02_err_aerea.csv"),
        ),
    );
    let out = folder.path().join("out");
    let done = cocal().arg("run").arg(&project).arg("--out").arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // Only what the scene meets is printed; the tables hold all 1,122 municipalities.
    let printed = String::from_utf8(done.stdout).unwrap();
    assert!(printed.contains("SAN VICENTE DEL CAGU") && !printed.contains("LETICIA"), "{printed}");
    assert!(printed.contains("1121 more rows"), "{printed}");
    assert_eq!(std::fs::read_to_string(out.join("comparison.csv")).unwrap().lines().count(), 1123);
    let record: Value = serde_json::from_slice(&std::fs::read(out.join("run.json")).unwrap()).unwrap();
    // Counts of pixel_qa by NumPy: fill 223,041; cloud (bit 5) 108,772; shadow (bit 3, not cloud) 10,087; the rest clear.
    let pixels = &record["scenes"][0]["pixels_by_year"]["2016"];
    let expected = [("slc_gap", 223_041), ("cloud", 108_772), ("cloud_shadow", 10_087), ("clear", 129_830)];
    for (state, count) in expected {
        assert_eq!(pixels[state].as_u64(), Some(count), "{state} in {pixels}");
    }
    // The share by exactextract: see OBSERVED_SHARE.
    let hectares = row(&out.join("hectares.csv"), "18753,");
    let share: f64 = hectares[5].parse().unwrap();
    assert!((share - OBSERVED_SHARE).abs() < 1e-6, "observed share {share}, pixel_qa says {OBSERVED_SHARE}");
    let row = row(&out.join("comparison.csv"), "18753,");
    assert_eq!((row[2].as_str(), row[8].as_str()), ("2016", CENSUS_2016), "{row:?}");
    assert_eq!((row[10].as_str(), row[11].as_str()), (CENSUS_2015, MANUAL_2016), "{row:?}");
    let leticia = self::row(&out.join("comparison.csv"), "91001,");
    assert_eq!(
        (leticia[4].as_str(), leticia[18].as_str(), leticia[19].as_str()),
        ("", "", ""),
        "beside the scene: {leticia:?}"
    );
    assert!(row[16].contains("partly_covered") && row[16].contains("partly_observed"), "{row:?}");
}

/// The overall accuracy of scikit-learn's forest of 100 trees on the same pixels and folds is 0.9817 (mean of 10 seeds);
/// `benches/peers/para_sklearn.py` runs both.
#[test]
fn para_held_out_accuracy_is_within_a_point_of_scikit_learns() {
    let Some(data) = real_data("imagery/rstoolbox_para_brazil") else { return };
    let data = data.canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let around = label("any", [-56.38, -1.49, -56.34, -1.45]).replace("class", "code").replace("any", "00001");
    write(folder.path(), "around.geojson", &format!(r#"{{"type":"FeatureCollection","features":[{around}]}}"#));
    // The scene's date is not known: this one stands in for it. Its numbers hold the offset of Sentinel-2's baseline 04.00:
    // the darkest per cent of its darkest band is at 1,050.
    let project = write(
        folder.path(),
        "cocal.toml",
        &format!(
            "[territory]\nmunicipalities = \"around.geojson\"\ncode_field = \"code\"\n[[scenes]]\npath = {:?}\n\
             date = 2020-07-01\nscale = 1e-4\noffset = -0.1\n[classifier]\nsamples = \"unused.geojson\"\n",
            data.join("sen2_L2A_12band_uint16_x10000_utm21s_nearest.tif"),
        ),
    );
    let model = folder.path().join("model.cocal");
    let mut train = cocal();
    train.arg("train").arg("--project").arg(&project).arg("--samples");
    train.arg(data.join("trainingPolygons_sen2_wgs84.geojson")).args([
        "--class-field",
        "class",
        "--seed",
        "1",
        "--json",
    ]);
    let done = train.arg("-o").arg(&model).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["classes"], serde_json::json!(["dryout", "forest", "village", "water"]));
    assert_eq!(report["held_out"]["polygons"], 25);
    let overall = report["held_out"]["overall_accuracy"].as_f64().unwrap();
    assert!((0.9717..1.0).contains(&overall), "held-out overall accuracy {overall}");
}
