//! `cocal model`: models of other libraries, here small ones whose outcomes are worked by hand. On trained models of each
//! library, `benches/peers/imported.py` compares a million rows.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::data::cocal;

/// LightGBM's text of two trees on two features: missing_type None (2) in the first, NaN with default left (10) in the second.
const LIGHTGBM: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:2
feature_names=nir NDVI
feature_infos=[0:1] [0:1]
tree_sizes=1 1

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=1 1
threshold=0.25 0.5
decision_type=2 0
left_child=-1 -2
right_child=1 -3
leaf_value=-1 0.25 2
is_linear=0
shrinkage=1


Tree=1
num_leaves=2
num_cat=0
split_feature=1
threshold=0.125
decision_type=10
left_child=-1
right_child=-2
leaf_value=0.5 -0.5
is_linear=0
shrinkage=1


end of trees

feature_importances:
nir=1
";

/// Imports and predicts; the classes and the probabilities of the second one.
fn predicted(folder: &Path, name: &str, model: &[u8], table: &str) -> Vec<(String, f64)> {
    let path = folder.join(name);
    std::fs::write(&path, model).unwrap();
    let ours = folder.join("model.cocal");
    cocal().arg("model").arg("import").arg(&path).arg("-o").arg(&ours).assert().success();
    let rows = folder.join("rows.csv");
    std::fs::write(&rows, table).unwrap();
    let mut all: Option<Vec<u8>> = None;
    for level in ["portable", "avx2", "avx512"] {
        let out = folder.join("out.csv");
        let mut command = cocal();
        command.env("COCAL_SIMD", level).arg("model").arg("predict").arg(&ours).arg(&rows).arg("-o").arg(&out);
        let done = command.output().unwrap();
        // A level that this processor lacks is refused.
        if done.status.code() != Some(2) {
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let bytes = std::fs::read(&out).unwrap();
            assert_eq!(all.get_or_insert_with(|| bytes.clone()), &bytes, "{level}");
        }
    }
    let text = String::from_utf8(all.unwrap()).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[0].to_owned(), fields[2].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

fn near(found: &[(String, f64)], expected: &[(&str, f64)]) {
    assert_eq!(found.len(), expected.len());
    for ((class, p), (expected_class, expected)) in found.iter().zip(expected) {
        assert_eq!(class, expected_class);
        assert!((p - expected).abs() < 1e-7, "{p} is not {expected}");
    }
}

fn logistic(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

#[test]
fn lightgbm_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    // The last row: nir is missing and taken for 0, so it goes left; NDVI is missing and goes left as the node says.
    let table = "nir,ndvi\n0.25,0.1\n0.3,0.5\n0.3,0.6\n,\n";
    let found = predicted(folder.path(), "m.txt", LIGHTGBM.as_bytes(), table);
    let scores = [-1.0 + 0.5, 0.25 - 0.5, 2.0 - 0.5, -1.0 + 0.5];
    let expected: Vec<(&str, f64)> =
        scores.iter().map(|s| (if *s > 0.0 { "1" } else { "0" }, logistic(2.0 * s))).collect();
    near(&found, &expected);
    let shown = cocal().args(["model", "show", "--json"]).arg(folder.path().join("model.cocal")).output().unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(
        (&shown["source"], &shown["trees"], &shown["coca_classes"]),
        (&json!("LightGBM"), &json!(2), &json!(["1"]))
    );
    assert_eq!((&shown["features"], &shown["bands"]), (&json!(["nir", "ndvi"]), &json!(["nir", "red"])));
}

/// One tree: `nir < 0.25` goes left, missing goes right.
fn xgboost() -> Value {
    json!({"learner": {
        "feature_names": ["nir"], "feature_types": [],
        "gradient_booster": {"name": "gbtree", "model": {"tree_info": [0], "trees": [{
            "left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0],
            "split_conditions": [0.25, -1.5, 0.75], "default_left": [0, 0, 0], "categories_nodes": [],
            "tree_param": {"num_nodes": "3", "size_leaf_vector": "1"}}]}},
        "learner_model_param": {"base_score": "[2.5E-1]", "num_class": "0", "num_feature": "1"},
        "objective": {"name": "binary:logistic"}}})
}

#[test]
fn xgboost_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let base = (0.25_f64 / 0.75).ln();
    let expected = [("0", logistic(base - 1.5)), ("0", logistic(base + 0.75)), ("0", logistic(base + 0.75))];
    let found = predicted(folder.path(), "m.json", xgboost().to_string().as_bytes(), "nir\n0.2499\n0.25\n\n");
    near(&found[..2], &expected[..2]);
    let found = predicted(folder.path(), "m.json", xgboost().to_string().as_bytes(), "nir\n0.2499\n0.25\nNaN\n");
    near(&found, &expected);
}

/// Two splits: bit 0 is `nir > 0.5`, bit 1 `red > 0.25`; red's missing values count as high.
#[test]
fn catboost_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let split = |feature: u32, border: f64| json!({"split_type": "FloatFeature", "float_feature_index": feature, "border": border});
    let feature = |index: u32, missing: &str| {
        json!({"flat_feature_index": index, "feature_index": index, "nan_value_treatment": missing,
            "feature_id": if index == 0 { "nir" } else { "red" }})
    };
    let model = json!({
        "features_info": {"float_features": [feature(0, "AsIs"), feature(1, "AsTrue")]},
        "model_info": {"class_params": {"class_names": ["forest", "coca"]},
            "params": {"loss_function": {"type": "Logloss"}}},
        "oblivious_trees": [{"splits": [split(0, 0.5), split(1, 0.25)], "leaf_values": [-1.0, 1.0, 2.0, -3.0]}],
        "scale_and_bias": [0.5, [0.25]]});
    let table = "nir,red\n0.5,0.25\n0.6,0.1\n0.1,0.3\n0.6,0.3\nNaN,NaN\n";
    let found = predicted(folder.path(), "m.json", model.to_string().as_bytes(), table);
    let scores = [-0.5, 0.5, 1.0, -1.5, 1.0].map(|s| s + 0.25);
    let expected: Vec<_> = scores.iter().map(|s| (if *s > 0.0 { "coca" } else { "forest" }, logistic(*s))).collect();
    near(&found, &expected);
}

/// The import's errors name the file and what is not understood.
#[test]
fn what_is_not_understood_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, bytes: &[u8], says: &[&str]| {
        let path: PathBuf = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let done = cocal()
            .arg("model")
            .arg("import")
            .arg(&path)
            .arg("-o")
            .arg(folder.path().join("m.cocal"))
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(1));
        let error = String::from_utf8(done.stderr).unwrap();
        assert!(says.iter().chain(&[name]).all(|part| error.contains(part)), "{error}: not {says:?}");
        assert!(!folder.path().join("m.cocal").exists());
    };
    let change = |from: &str, to: &str| LIGHTGBM.replace(from, to).into_bytes();
    refused("a.txt", &change("num_cat=0", "num_cat=1"), &["tree 0", "categorical"]);
    refused("b.txt", &change("decision_type=10", "decision_type=6"), &["tree 1", "zero_as_missing"]);
    refused("c.txt", &change("objective=binary sigmoid:2", "objective=regression"), &["'regression'"]);
    refused("d.txt", &change("leaf_value=0.5 -0.5", "leaf_value=0.5"), &["leaf_value does not hold 2 numbers"]);
    refused("e.txt", &change("right_child=1 -3", "right_child=0 -3"), &["tree 0", "node twice"]);
    refused("f.txt", &change("split_feature=0 1", "split_feature=0 7"), &["feature that is not there"]);
    let mut linear = xgboost();
    linear["learner"]["gradient_booster"]["name"] = json!("gblinear");
    refused("g.json", linear.to_string().as_bytes(), &["XGBoost", "gblinear"]);
    refused("h.json", b"{\"a\": 1}", &["no model that cocal imports"]);
    refused("i.onnx", b"\x08\x07garbage", &["no model that cocal imports"]);
    refused("j.txt", b"", &["no model that cocal imports"]);
    let rows = folder.path().join("rows.csv");
    std::fs::write(folder.path().join("m.txt"), LIGHTGBM).unwrap();
    let ours = folder.path().join("ours.cocal");
    let import = |more: &[&str]| {
        let mut command = cocal();
        command.args(["model", "import"]).arg(folder.path().join("m.txt")).arg("-o").arg(&ours).args(more);
        let done = command.output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    assert!(import(&["--classes", "a,b,c"]).1.contains("3 names of classes were given; the model has 2"));
    assert!(import(&["--coca", "x"]).1.contains("no class is called 'x'; the model has: 0, 1"));
    assert!(import(&["--features", "nir,NIR"]).1.contains("two features are called 'nir'"));
    assert_eq!(import(&[]).0, Some(0));
    for (table, says) in
        [("a\n1\n", "1 columns; the model has 2 features: nir, ndvi"), ("a,b\n1,x\n", "row 1, column 2")]
    {
        std::fs::write(&rows, table).unwrap();
        let done =
            cocal().args(["model", "predict"]).args([&ours, &rows]).arg("-o").arg(folder.path().join("o.csv")).output();
        let error = String::from_utf8(done.unwrap().stderr).unwrap();
        assert!(error.contains(says) && error.contains("rows.csv"), "{error}");
    }
}
