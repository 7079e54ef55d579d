//! `cocal assess` and `cocal change` as they are called: published examples, municipalities, bad input.

use std::path::PathBuf;

use assert_cmd::assert::Assert;
use serde_json::Value;
use tempfile::TempDir;

use super::data::cocal;

struct Case(TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs in the folder of the case; words are file names or flags.
    fn run(&self, words: &str) -> Assert {
        cocal().current_dir(self.0.path()).args(words.split_whitespace()).assert()
    }

    /// The message of a call that fails with exit code 1.
    fn refused(&self, words: &str) -> String {
        let output = self.run(words).code(1).get_output().clone();
        assert!(!self.path("out.json").exists(), "a refused call wrote its output");
        String::from_utf8(output.stderr).unwrap()
    }
}

const OLOFSSON: &str = "map,deforestation,gain,forest,stable\ndeforestation,66,0,5,4\ngain,0,55,8,12\nforest,1,0,153,11\nstable,2,1,9,313\n";
const AREAS: &str = "stratum,area_ha\ndeforestation,18000\ngain,13500\nforest,288000\nstable,580500\n";

fn class<'a>(estimate: &'a Value, name: &str) -> &'a Value {
    estimate["classes"].as_array().unwrap().iter().find(|c| c["name"] == name).unwrap()
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} is not {expected}");
}

#[test]
fn the_published_matrix_gives_its_areas_in_json_and_csv() {
    let case = Case::new();
    case.file("m.csv", OLOFSSON);
    case.file("a.csv", AREAS);
    case.run("assess --matrix m.csv --strata-area a.csv -o out.json").success();
    let found = case.json("out.json");
    let first = class(&found, "deforestation");
    close(&first["adjusted_area_ha"], 21_157.762_237_8);
    close(&first["mapped_area_ha"], 18_000.0);
    close(&first["standard_error_ha"], 3_141.650_196_973_047);
    close(&first["ci95_ha"][0], 21_157.762_237_762_24 - 1.959_963_984_540_054 * 3_141.650_196_973_047);
    close(&first["producers_accuracy_se"], 0.108_831_557_645_544_88);
    assert_eq!((&found["n"], &found["estimator"]), (&640.into(), &"stratified".into()));
    assert!(found["notes"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains("finite population")));

    case.run("assess --matrix m.csv --strata-area a.csv --estimator all -o all.json").success();
    let all = case.json("all.json");
    let names: Vec<&str> =
        all["estimates"].as_array().unwrap().iter().map(|e| e["estimator"].as_str().unwrap()).collect();
    let expected = ["stratified", "simple-random", "post-stratified", "difference", "ppi", "ratio", "pixel-count"];
    assert_eq!(names, expected);
    close(&class(&all["estimates"][6], "deforestation")["bias_ha"], 18_000.0 - 21_157.762_237_762_24);
    assert_eq!(class(&all["estimates"][6], "deforestation")["standard_error_ha"], Value::Null);

    case.run("assess --matrix m.csv --strata-area a.csv -o out.csv").success();
    let csv = std::fs::read_to_string(case.path("out.csv")).unwrap();
    assert!(
        csv.lines().nth(1).unwrap().starts_with("stratified,,,deforestation,18000,21157.76223776224,3141.65019697304")
    );
}

#[test]
fn weights_give_shares_and_what_was_made_of_them_is_said() {
    let case = Case::new();
    case.file("m.csv", "stratum,a,b\na,9,1\nb,2,8\n");
    case.file("w.csv", "stratum,weight\na,0.2\nb,0.8\n");
    case.run("assess --matrix m.csv --strata-area w.csv -o out.json").success();
    let found = case.json("out.json");
    close(&class(&found, "a")["adjusted_share"], 0.2 * 0.9 + 0.8 * 0.2);
    assert_eq!(class(&found, "a")["adjusted_area_ha"], Value::Null);
    case.file("w.csv", "stratum,weight\na,20\nb,80\n");
    let notes = case.run("assess --matrix m.csv --strata-area w.csv -o out2.json").success();
    assert!(String::from_utf8_lossy(&notes.get_output().stderr).contains("add up to 100 and were normalised"));
    case.file("w.csv", "stratum,weight\na,0.2\nb,0.7\n");
    std::fs::remove_file(case.path("out.json")).unwrap();
    assert!(case.refused("assess --matrix m.csv --strata-area w.csv -o out.json").contains("add up to 0.9, not to 1"));
}

/// Rows that are no classes are strata; without the map nothing is known of its accuracy.
#[test]
fn a_matrix_of_strata_gives_areas_and_no_accuracies() {
    let case = Case::new();
    case.file("m.csv", "stratum,coca,other\ncoca,40,10\nbuffer,5,45\nrest,0,100\n");
    case.file("a.csv", "stratum,area_ha\ncoca,100\nbuffer,300\nrest,5000\n");
    case.run("assess --matrix m.csv --strata-area a.csv -o out.json").success();
    let found = case.json("out.json");
    close(&class(&found, "coca")["adjusted_area_ha"], 100.0 * 0.8 + 300.0 * 0.1);
    assert_eq!(found["overall_accuracy"], Value::Null);
    let warned = found["notes"].to_string();
    assert!(
        warned.contains("coca (0 of 100 units of stratum 'rest', each for 50.0 ha)") && warned.contains("coverage.md"),
        "{warned}"
    );
}

#[test]
fn matrices_that_break_a_rule_are_refused_with_their_place() {
    let case = Case::new();
    case.file("a.csv", "stratum,area_ha\na,10\nb,90\n");
    let refused = |matrix: &str| {
        case.file("m.csv", matrix);
        case.refused("assess --matrix m.csv --strata-area a.csv -o out.json")
    };
    assert!(refused("map,a,b\na,9,-1\nb,2,8\n").contains("m.csv, line 2, column 'b': '-1' is not a count"));
    assert!(refused("map,a,b\na,9,1\nb,2.5,8\n").contains("line 3, column 'a': '2.5' is not a count"));
    assert!(refused("map,a,b\na,9,\nb,2,8\n").contains("line 2, column 'b': '' is not a count"));
    assert!(refused("map,a,b\na,9,1\nb,2,8\nb,1,1\n").contains("line 4: row 'b' is there twice (first in line 3)"));
    assert!(refused("map,a,B\na,9,1\nb,2,8\n").contains("rows 'b' and columns 'B' do not go together"));
    assert!(refused("map,a,b\na,9,1\nb,0,1\n").contains("stratum 'b' has 1 labelled sample unit"));
    assert!(refused("map,a,b\na,9,1\nb,0,0\n").contains("stratum 'b' has 0 labelled sample units"));
    assert!(refused("map,a,b\na,9,1\n").contains("stratum 'b' has 0 labelled"));
    assert!(refused("map,A,B\na,9,1\nb,2,8\n").contains("rows 'a', 'b' and columns 'A', 'B' do not go together"));
    assert!(refused("map,a,b\na,18446744073709551615,1\nb,2,8\n").contains("is not a count"));
    assert!(refused("map,a,b,c\na,9,1,1\nb,2,8,0\n").contains("'c' is none of the map's"));
    case.file("a.csv", "stratum,area_ha\na,\"10,5\"\nb,90\n");
    assert!(refused("map,a,b\na,9,1\nb,2,8\n").contains("a.csv, line 2, column 'area_ha': '10,5' is not a number"));
    case.file("a.csv", "stratum,area_ha\na,-10\nb,90\n");
    assert!(refused("map,a,b\na,9,1\nb,2,8\n").contains("-10 is not hectares"));
    case.file("a.csv", "stratum,area_ha\na,1e308\nb,90\n");
    assert!(refused("map,a,b\na,9,1\nb,2,8\n").contains("more than the whole Earth"));
    case.file("a.csv", "stratum,area_ha,units\na,10,-5\nb,90,20\n");
    assert!(refused("map,a,b\na,9,1\nb,2,8\n").contains("'-5' is not a number of units"));
}

/// Eight municipalities; the map finds a half of them well. Strata cross municipalities.
fn sample(labels: impl Fn(usize) -> &'static str) -> String {
    let mut text = String::from("id,stratum,map,reference,municipality\n");
    for i in 0..480 {
        let (stratum, map) = [("coca", "coca"), ("buffer", "other"), ("rest", "other")][i % 3];
        let municipality = 5001 + i / 3 % 8;
        text.push_str(&format!("u{i},{stratum},{map},{},{municipality}\n", labels(i)));
    }
    text
}

fn label(i: usize) -> &'static str {
    let coca = match i % 3 {
        0 => i % 7 < 5,
        1 => i.is_multiple_of(11),
        _ => i.is_multiple_of(97),
    };
    if coca { "coca" } else { "other" }
}

const STRATA: &str = "stratum,area_ha\ncoca,300\nbuffer,1000\nrest,20000\n";

/// The same ground, dealt unequally among the municipalities, so that their sums must be brought to the whole.
fn strata_by_municipality() -> String {
    let mut text = String::from("stratum,area_ha,municipality\n");
    for (stratum, area) in [("coca", 300.0), ("buffer", 1000.0), ("rest", 20_000.0)] {
        for municipality in 0..8 {
            let share = f64::from(municipality + 1) / 36.0;
            text.push_str(&format!("{stratum},{},{}\n", area * share, 5001 + municipality));
        }
    }
    text
}

#[test]
fn municipalities_add_up_to_the_whole_and_show_their_weights() {
    adds_up(STRATA);
}

#[test]
fn municipalities_of_unequal_ground_are_brought_to_the_whole() {
    adds_up(&strata_by_municipality());
}

fn adds_up(strata: &str) {
    let case = Case::new();
    case.file("s.csv", &sample(label));
    case.file("a.csv", strata);
    case.run("assess --sample s.csv --strata-area a.csv --by municipality --estimator all -o out.json").success();
    let found = case.json("out.json");
    let whole = class(&found, "other")["adjusted_area_ha"].as_f64().unwrap();
    for estimator in ["direct", "ratio", "synthetic", "composite", "fay-herriot", "battese-harter-fuller"] {
        let of: Vec<&Value> =
            found["estimates"].as_array().unwrap().iter().filter(|e| e["estimator"] == estimator).collect();
        assert_eq!(of.len(), 8, "{estimator}");
        assert_eq!(of[0]["municipality"], "05001", "the leading zero comes back");
        let sum: f64 = of.iter().map(|e| class(e, "other")["adjusted_area_ha"].as_f64().unwrap()).sum();
        assert!((sum - whole).abs() < 1e-9 * whole, "{estimator}: {sum} is not {whole}");
        if !["direct", "ratio"].contains(&estimator) {
            let weight = class(of[3], "other")["shrinkage_weight"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&weight), "{estimator}: {weight}");
        }
    }
    // Few units of coca in a municipality: a margin of more than 100 % is never a number.
    let direct: Vec<&Value> =
        found["estimates"].as_array().unwrap().iter().filter(|e| e["estimator"] == "direct").collect();
    let withheld: Vec<&&Value> = direct.iter().filter(|e| class(e, "coca")["status"] == "not estimable").collect();
    assert!(!withheld.is_empty() && withheld.len() < 8, "{}", withheld.len());
    assert!(withheld.iter().all(|e| class(e, "coca")["adjusted_area_ha"].is_null()));
}

#[test]
fn samples_that_break_a_rule_are_refused_and_unlabelled_units_are_told() {
    let case = Case::new();
    case.file("a.csv", "stratum,area_ha\na,10\nb,90\n");
    const HEAD: &str = "id,stratum,map,reference\n1,a,a,a\n2,a,a,b\n3,b,b,b\n";
    let refused = |rest: &str| {
        case.file("s.csv", &format!("{HEAD}{rest}"));
        case.refused("assess --sample s.csv --strata-area a.csv -o out.json")
    };
    assert!(refused("3,b,b,b\n").contains("line 5: id '3' is there twice (first in line 4)"));
    assert!(refused(",b,b,b\n").contains("line 5, column 'id'"));
    assert!(refused("4,c,b,b\n").contains("stratum 'c' of the sample is not in"));
    assert!(refused("4,b,b,B\n").contains("reference class 'B' is none of the map's"));
    assert!(refused("4,b,,b\n").contains("line 5, column 'map'"));
    assert!(refused("4,b,b,\n").contains("stratum 'b' has 1 labelled sample unit"), "an unlabelled unit is no label");
    case.file("s.csv", &format!("{HEAD}4,b,b,b\n5,b,b,\n"));
    let done = case.run("assess --sample s.csv --strata-area a.csv -o out.json").success();
    assert!(String::from_utf8_lossy(&done.get_output().stderr).contains("1 of 5 units have no reference class"));
    assert_eq!(case.json("out.json")["n"], 4);
    std::fs::remove_file(case.path("out.json")).unwrap();
    case.file("s.csv", "id,stratum,map,reference\n1,a,a,\n");
    assert!(case.refused("assess --sample s.csv -o out.json").contains("none of its 1 units has a reference class"));
    case.file("s.csv", "id,map,label\n1,a,a\n");
    assert!(case.refused("assess --sample s.csv -o out.json").contains("missing column: reference"));
}

#[test]
fn a_sample_on_training_ground_is_refused() {
    let case = Case::new();
    case.file(
        "s.csv",
        "id,map,reference,lon,lat\n1,a,a,-75.5,1.5\n2,a,b,-70.0,1.5\n3,b,b,-70.1,1.5\n4,b,b,-70.2,1.5\n",
    );
    let square = r#"{"type":"Polygon","coordinates":[[[-76,1],[-75,1],[-75,2],[-76,2],[-76,1]]]}"#;
    case.file("t.geojson", &format!(r#"{{"type":"Feature","properties":{{}},"geometry":{square}}}"#));
    let message = case.refused("assess --sample s.csv --training t.geojson -o out.json");
    assert!(message.contains("in training polygons of t.geojson") && message.contains(": 1 (1)"), "{message}");
    case.file("s.csv", "id,map,reference\n1,a,a\n2,a,b\n");
    assert!(case.refused("assess --sample s.csv --training t.geojson -o out.json").contains("no coordinates"));
}

#[test]
fn the_same_units_in_both_years_make_the_change_surer() {
    let case = Case::new();
    case.file("a.csv", STRATA);
    case.file("s1.csv", &sample(label));
    case.file("s2.csv", &sample(|i| if i % 61 == 0 { "coca" } else { label(i) }));
    case.run("assess --sample s1.csv --strata-area a.csv --year 2023 -o s1.json").success();
    case.run("assess --sample s2.csv --strata-area a.csv --year 2024 --calibrated-on 2024 -o s2.json").success();
    assert!(case.json("s2.json")["notes"].to_string().contains("circular"));
    case.run("change s1.json s2.json -o apart.json").success();
    case.run("change s1.json s2.json --paired -o paired.json").success();
    let (apart, paired) = (case.json("apart.json"), case.json("paired.json"));
    let (apart, paired) = (class(&apart, "coca"), class(&paired, "coca"));
    assert_eq!(apart["change_ha"], paired["change_ha"]);
    let error = |c: &Value| c["standard_error_ha"].as_f64().unwrap();
    assert!(error(paired) < 0.9 * error(apart), "{} {}", error(paired), error(apart));
    // By hand: the variance of the difference of the labels in each stratum of 160 units.
    let strata = [(0, 300.0), (1, 1000.0), (2, 20_000.0)];
    let variance: f64 = strata
        .iter()
        .map(|(stratum, area)| {
            let gained = (0..480).filter(|i| i % 3 == *stratum && i % 61 == 0 && label(*i) == "other").count() as f64;
            area * area * (gained - gained * gained / 160.0) / 159.0 / 160.0
        })
        .sum();
    close(&paired["standard_error_ha"], variance.sqrt());
    let ends = |c: &Value, name: &str| [0, 1].map(|i| c[name][i].as_f64().unwrap());
    let (delta, bootstrap) = (ends(apart, "growth_ci95_pct"), ends(apart, "growth_ci95_bootstrap_pct"));
    assert!(delta[0] < bootstrap[1] && bootstrap[0] < delta[1]);
    let sentence = apart["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("coca: not distinguishable from zero: +") && sentence.contains(" ha, 95 % from -"),
        "{sentence}"
    );
    assert!(case.refused("change s1.json a.csv -o out.json").contains("is no assessment"));
    let edited = std::fs::read_to_string(case.path("s1.json")).unwrap();
    for (from, to) in [
        ("\"total_ha\": 21300.0", "\"total_ha\": 5.0"),
        ("\"n\": 480", "\"n\": \"x\""),
        ("\"id\": \"u1\"", "\"id\": \"u0\""),
    ] {
        assert!(edited.contains(from), "{from}");
        case.file("edited.json", &edited.replace(from, to));
        let message = case.refused("change edited.json s2.json -o out.json");
        assert!(message.contains("do not go together") || message.contains("is no assessment"), "{message}");
    }
    case.run("assess --sample s1.csv --strata-area a.csv --estimator difference -o d.json").success();
    let message = case.refused("change d.json s2.json --paired -o out.json");
    assert!(message.contains("'difference' and 'stratified'"), "{message}");
    case.file("m.csv", OLOFSSON);
    case.file("m_areas.csv", AREAS);
    case.run("assess --matrix m.csv --strata-area m_areas.csv -o m.json").success();
    assert!(case.refused("change m.json m.json --paired -o out.json").contains("needs units with ids"));
    assert!(case.refused("change s1.json m.json -o out.json").contains("no class in common"));
}

/// Where many units stand behind both years, resampling them gives the interval of the delta method.
#[test]
fn delta_method_and_bootstrap_agree_on_a_large_sample() {
    let case = Case::new();
    case.file("a.csv", "stratum,area_ha\ncoca,1000\nother,9000\n");
    case.file("m1.csv", "map,coca,other\ncoca,3000,1000\nother,300,5700\n");
    case.file("m2.csv", "map,coca,other\ncoca,3200,800\nother,360,5640\n");
    case.run("assess --matrix m1.csv --strata-area a.csv -o m1.json").success();
    case.run("assess --matrix m2.csv --strata-area a.csv -o m2.json").success();
    case.run("change m1.json m2.json -o c.json").success();
    let found = case.json("c.json");
    let coca = class(&found, "coca");
    for end in 0..2 {
        let [delta, bootstrap] =
            ["growth_ci95_pct", "growth_ci95_bootstrap_pct"].map(|name| coca[name][end].as_f64().unwrap());
        let width = coca["growth_se_pct"].as_f64().unwrap();
        assert!((delta - bootstrap).abs() < 0.12 * width, "{delta} and {bootstrap}, standard error {width}");
    }
    assert_eq!(coca["distinguishable"], true);
    assert!(coca["probability_of_decrease"].as_f64().unwrap() < 0.01);
}

/// The same units in both years with a finite population correction: the variance of the differences, times 1 - n / N.
#[test]
fn the_correction_goes_into_the_covariance_too() {
    let case = Case::new();
    case.file("a.csv", "stratum,area_ha,units\ncoca,300,400\nbuffer,1000,800\nrest,20000,1000\n");
    case.file("s1.csv", &sample(label));
    case.file("s2.csv", &sample(|i| if i % 61 == 0 { "coca" } else { label(i) }));
    for year in ["1", "2"] {
        case.run(&format!("assess --sample s{year}.csv --strata-area a.csv --fpc -o s{year}.json")).success();
    }
    case.run("change s1.json s2.json --paired -o c.json").success();
    let variance: f64 = [(0, 300.0, 400.0), (1, 1000.0, 800.0), (2, 20_000.0, 1000.0)]
        .iter()
        .map(|(stratum, area, units)| {
            let gained = (0..480).filter(|i| i % 3 == *stratum && i % 61 == 0 && label(*i) == "other").count() as f64;
            area * area * (1.0 - 160.0 / units) * (gained - gained * gained / 160.0) / 159.0 / 160.0
        })
        .sum();
    close(&class(&case.json("c.json"), "coca")["standard_error_ha"], variance.sqrt());
    case.run("assess --sample s2.csv --strata-area a.csv -o s2.json").success();
    assert!(case.refused("change s1.json s2.json --paired -o out.json").contains("with --fpc"));
}

#[test]
fn a_key_says_what_the_sample_leaves_out_and_must_not_contradict_it() {
    let case = Case::new();
    case.file("a.csv", "stratum,area_ha\na,10\nb,90\n");
    case.file("s.csv", "id,reference\n1,a\n2,b\n3,b\n4,b\n");
    case.file("k.csv", "id,stratum,map\n1,a,a\n2,a,a\n3,b,b\n4,b,b\n5,b,b\n");
    let done = case.run("assess --sample s.csv --key k.csv --strata-area a.csv -o ok.json").success();
    assert!(String::from_utf8_lossy(&done.get_output().stderr).contains("not in the sample at all: 1"));
    case.file("twice.csv", "id,stratum,map\n1,a,a\n2,a,a\n3,b,b\n4,b,b\n1,b,b\n");
    let call = |key: &str| case.refused(&format!("assess --sample s.csv --key {key} --strata-area a.csv -o out.json"));
    assert!(call("twice.csv").contains("twice.csv, line 6: id '1' is there twice (first in line 2)"));
    case.file("short.csv", "id,stratum,map\n1,a,a\n2,a,a\n3,b,b\n");
    assert!(call("short.csv").contains("id '4' is not in the key"));
    case.file("s.csv", "id,stratum,reference\n1,a,a\n2,b,b\n3,b,b\n4,b,b\n");
    assert!(call("k.csv").contains("unit '2' has stratum 'b' here and 'a' in the key"));
}
