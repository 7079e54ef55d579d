//! `cocal associate`: the real panel against another package, shared borders, words, and each bad input.

use std::fmt::Write;

use cocal::io::read_municipalities::read_municipalities;
use cocal::io::read_neighbours::neighbours_of;
use cocal::territory::neighbours::BorderRule;

use super::data::{cocal, real_data};
use super::records::{CENSUS, MANUAL, SPRAYING, assert_says, code};

const BOUNDARIES: &str = "boundaries/mgn2018_municipios_detailed.geojson";
const LEAF: &str = "eradication/saragarcia02_inc_hc.csv";

/// shapely 2.2.0 and pyproj on the same file: 3,285 pairs touch, 87 of them in points only; the length of each shared line
/// is geodesic on WGS 84.
#[test]
fn pairs_of_the_real_layer_equal_those_of_shapely() {
    let Some(path) = real_data(BOUNDARIES) else { return };
    let layer = read_municipalities(&path, "MPIO_CCNCT", None).unwrap();
    let found = neighbours_of(&layer, BorderRule::default()).unwrap();
    let lengths: Vec<f64> = found.pairs().map(|(_, _, metres)| metres.unwrap()).collect();
    assert_eq!(lengths.len(), 3198);
    let total: f64 = lengths.iter().sum();
    assert!((total / 78_149_116.334 - 1.0).abs() < 1e-4, "{total}");
    let shortest = found.pairs().min_by(|a, b| a.2.unwrap().total_cmp(&b.2.unwrap())).unwrap();
    assert_eq!((shortest.0, shortest.1), (&code("05055"), &code("17495")));
    assert!((shortest.2.unwrap() - 96.419).abs() < 2.0, "{shortest:?}");
    // El Paujil and Algeciras meet in a point.
    assert!(!found.of(&code("18256")).unwrap().any(|c| c == &code("41020")));
    let alone: Vec<&str> = found.alone().into_iter().map(|c| c.as_str()).collect();
    assert_eq!(alone, ["88001", "88564"], "San Andres and Providencia");
}

fn real_panel(more: &[&str]) -> Option<(serde_json::Value, String, tempfile::TempDir)> {
    let (census, manual, spraying) = (real_data(CENSUS)?, real_data(MANUAL)?, real_data(SPRAYING)?);
    let (leaf, boundaries) = (real_data(LEAF)?, real_data(BOUNDARIES)?);
    let folder = tempfile::tempdir().unwrap();
    let mut command = cocal();
    command.args(["associate", "--json", "--census"]).arg(census).arg("--eradication").arg(manual);
    command.arg("--spraying").arg(spraying).arg("--seizures").arg(leaf).arg("--municipalities").arg(boundaries);
    command.args(["--code-field", "MPIO_CCNCT", "--boundaries-neighbours", "auto", "-o"]);
    let done = command.arg(folder.path().join("a.csv")).args(more).assert().success();
    let json = serde_json::from_slice(&done.get_output().stdout).unwrap();
    Some((json, String::from_utf8_lossy(&done.get_output().stderr).into_owned(), folder))
}

/// linearmodels 7.1, `PanelOLS(out, [terms, year dummies], entity_effects=True)` with `cov_type="clustered",
/// cluster_entity=True, debiased=True, group_debias=True`, on a panel put together with pandas 3.1.1 from the same files
/// and the neighbours of shapely; with `time_effects=True` in place of the dummies the coefficients are the same.
#[test]
fn the_real_panel_equals_that_of_linearmodels() {
    let Some((json, notes, folder)) = real_panel(&["--permutations", "19"]) else { return };
    let expected = [
        ("later", "log", "manual", -0.01084780855429388, 0.007419919315955908),
        ("later", "log", "spraying", -0.009011913986715598, 0.009276476818064714),
        ("later", "log", "neighbours_manual", 0.01457721934996236, 0.012025618463289343),
        ("later", "log", "neighbours_spraying", 0.004121698255969953, 0.014273295082776203),
        ("later", "log", "previous_coca", -0.09902743850965251, 0.00930993887999106),
        ("later", "log", "seized_leaf", 0.008019257485610647, 0.005201908063752437),
        ("later", "hectares", "manual", -0.09652515358075883, 0.06856026155282727),
        ("later", "hectares", "spraying", -0.0764148745975912, 0.014691496029525379),
        ("later", "asinh", "neighbours_manual", 0.017040827697211203, 0.01225201078459061),
        ("later_without_previous", "log", "manual", -0.02031509350368815, 0.0075566992387636695),
        ("same_year", "log", "manual", 0.031257237943959654, 0.009861065077129428),
        ("placebo_1_year_ahead", "log", "manual", 0.023134229345508982, 0.009283076460082376),
    ];
    let table = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
    let figures = |model: &str, form: &str, term: &str| -> Vec<f64> {
        let start = format!("{model},{form},{term},");
        let line = table.lines().find(|l| l.starts_with(&start)).unwrap();
        line[start.len()..].split(',').take(2).map(|f| f.parse().unwrap()).collect()
    };
    for (model, form, term, coefficient, error) in expected {
        let found = figures(model, form, term);
        assert!((found[0] - coefficient).abs() < 1e-9, "{model} {form} {term}: {} is not {coefficient}", found[0]);
        assert!((found[1] - error).abs() < 1e-9, "{model} {form} {term}: error {} is not {error}", found[1]);
    }
    let main = &json["fitted"][0];
    assert_eq!((&main["observations"], &main["municipalities"]), (&5742.into(), &319.into()));
    // The event study of the same package, and `b' V^-1 b / 3` of its three earlier years.
    let studies = json["events"]["studies"].as_array().unwrap();
    let point = |study: usize, at: usize, key: &str| studies[study]["points"][at]["estimate"][key].as_f64().unwrap();
    assert!((point(0, 0, "coefficient") - -1.3252642411623043).abs() < 1e-9);
    assert!((point(0, 4, "standard_error") - 0.13927280872842854).abs() < 1e-9);
    assert!((studies[0]["pre_trend"]["f"].as_f64().unwrap() - 13.122001623590997).abs() < 1e-7);
    assert_eq!(studies[0]["observations"], 6930);
    assert_eq!((&json["events"]["with_event"], &json["events"]["too_early"]), (&99.into(), &4.into()));
    assert_says(
        &notes,
        &["3198 pairs of 1122", "2001, 2009 is not whole", "spraying is zero after 2015", "first whole census"],
    );
    assert!(!notes.contains("not in the boundaries"), "{notes}");
}

#[test]
fn nothing_that_is_said_goes_beyond_an_association() {
    let small = Small::new();
    let done = small.run(&[]).success();
    let output = done.get_output();
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    said += &String::from_utf8_lossy(&small.run(&["--json"]).success().get_output().stdout);
    said += &String::from_utf8_lossy(&cocal().args(["associate", "--help"]).output().unwrap().stdout);
    said += &small.read("out.csv");
    said += &small.read("out_events.csv");
    let said = said.to_lowercase();
    for word in ["effect", "impact", "caus", "due to", "reduces", "efecto"] {
        assert!(!said.contains(word), "'{word}' in: {said}");
    }
    assert_says(
        &said,
        &["association", "not observed, or not apart", "\"not_observed\"", "replanting within the year"],
    );
}

/// Twelve municipalities in a ring, twelve years, without a pattern.
struct Small {
    folder: tempfile::TempDir,
}

const CODES: std::ops::Range<usize> = 52001..52013;

impl Small {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mix = |a: usize, b: usize| (a * a * 31 + a * b * 101 + b * b * 17) % 97;
        let mut census = String::from("municipality_code,year,census_ha\n");
        let mut manual = String::from("municipality_code,year,method,eradicated_ha\n");
        let mut pairs = String::from("municipality_code,neighbour_code\n");
        let mut substitution = String::from("municipality_code,year,eradicated_ha\n");
        let mut prices = String::from("year,product,price\n");
        for year in 1985..1997 {
            for m in CODES {
                writeln!(census, "{m},{year},{}", 100 + 7 * mix(m, year)).unwrap();
                writeln!(manual, "{m},{year},manual,{}", 5 * mix(year, m + 3)).unwrap();
                writeln!(substitution, "{m},{year},{}", mix(m + 5, year + 2)).unwrap();
            }
            writeln!(prices, "{year},leaf,{}\n{year},base,", 2000 + 10 * mix(year, 1)).unwrap();
        }
        for m in CODES {
            writeln!(pairs, "{m},{}", if m + 1 == CODES.end { CODES.start } else { m + 1 }).unwrap();
        }
        let small = Self { folder };
        for (name, text) in [
            ("census.csv", census),
            ("manual.csv", manual),
            ("pairs.csv", pairs),
            ("substitution.csv", substitution),
            ("prices.csv", prices),
        ] {
            small.write(name, &text);
        }
        small
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn run(&self, more: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = cocal();
        command.current_dir(self.folder.path()).args(["associate", "--census", "census.csv", "--eradication"]);
        command.args(["manual.csv", "-o", "out.csv"]);
        for default in [["--permutations", "99"], ["--event-ha", "400"]] {
            if !more.contains(&default[0]) {
                command.args(default);
            }
        }
        command.args(more).assert()
    }

    fn notes(&self, more: &[&str]) -> String {
        String::from_utf8(self.run(more).success().get_output().stderr.clone()).unwrap()
    }

    fn error(&self, exit: i32, more: &[&str]) -> String {
        String::from_utf8(self.run(more).code(exit).get_output().stderr.clone()).unwrap()
    }
}

#[test]
fn what_stands_beside_becomes_terms_and_threads_change_nothing() {
    let small = Small::new();
    let more = ["--boundaries-neighbours", "pairs.csv", "--substitution", "substitution.csv", "--prices", "prices.csv"];
    let with = |threads: &str| {
        let arguments: Vec<&str> = more.iter().copied().chain(["--threads", threads]).collect();
        let notes = small.notes(&arguments);
        assert_says(&notes, &["leaf price is one figure for the country", "12 municipalities are few"]);
        (small.read("out.csv"), small.read("out_events.csv"))
    };
    let one = with("1");
    assert_eq!(one, with("3"));
    let terms: Vec<&str> =
        one.0.lines().filter(|l| l.starts_with("later,log,")).map(|l| l.split(',').nth(2).unwrap()).collect();
    let expected = ["manual", "neighbours_manual", "previous_coca", "previous_coca_x_leaf_price", "substitution"];
    assert_eq!(terms, expected);
    let header = "model,outcome,term,coefficient,standard_error,low,high,p_value,permutation_p,observations,municipalities,years,first_year,last_year,unit,reading,title";
    assert_eq!(one.0.lines().next(), Some(header));
    assert_eq!(one.1.lines().count(), 1 + 2 * 9);
    // Another seed deals otherwise.
    let permuted = |table: &str| table.lines().nth(1).unwrap().split(',').nth(8).unwrap().to_owned();
    small.notes(&["--seed", "2", "--permutations", "199"]);
    assert_ne!(permuted(&small.read("out.csv")), permuted(&one.0));
}

#[test]
fn only_the_years_asked_for_are_in_and_years_that_do_not_meet_are_told() {
    let small = Small::new();
    small.notes(&["--year", "1988", "1990", "1991"]);
    let table = small.read("out.csv");
    let line: Vec<&str> = table.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(line[9..14], ["36", "12", "3", "1988", "1991"]);
    let message = small.error(1, &["--year", "2030"]);
    assert_says(&message, &["later: no municipality and year", "the census 1985 to 1996, manual 1985 to 1996"]);
    // The last census year has no later change.
    assert_says(&small.error(1, &["--year", "1996"]), &["no municipality and year has every figure"]);
}

#[test]
fn places_that_the_boundaries_lack_are_listed() {
    let small = Small::new();
    let pairs: String =
        small.read("pairs.csv").lines().filter(|l| !l.contains("52012")).fold(String::new(), |all, l| all + l + "\n");
    small.write("pairs.csv", &pairs);
    let mut manual = small.read("manual.csv");
    manual.push_str("94663,1990,manual,7\n");
    small.write("manual.csv", &manual);
    let notes = small.notes(&["--boundaries-neighbours", "pairs.csv"]);
    assert_says(&notes, &["1 municipalities of the census are not in the boundaries", "rows are left out: 52012"]);
    assert_says(&notes, &["1 municipalities with eradication are not in the boundaries", "neighbour's mean: 94663"]);
    let line = small.read("out.csv").lines().nth(1).unwrap().split(',').nth(10).unwrap().to_owned();
    assert_eq!(line, "11");
}

#[test]
fn too_little_to_tell_anything_is_an_error() {
    let small = Small::new();
    let keep = |name: &str, wanted: fn(&str) -> bool| {
        let text = small.read(name);
        let kept = text.lines().enumerate().filter(|(i, l)| *i == 0 || wanted(l)).map(|(_, l)| l.to_owned() + "\n");
        small.write(name, &kept.collect::<String>());
    };
    keep("census.csv", |l| l < "52004");
    assert_says(&small.error(1, &[]), &["later: 3 municipalities with two or more years", "at least 5 are needed"]);
    let small = Small::new();
    let flat: String = small.read("census.csv").lines().enumerate().fold(String::new(), |all, (i, l)| {
        let cut = l.rfind(',').unwrap();
        all + &if i == 0 { l.to_owned() } else { format!("{},100", &l[..cut]) } + "\n"
    });
    small.write("census.csv", &flat);
    assert_says(&small.error(1, &[]), &["later: the outcome does not vary within municipalities"]);
    let small = Small::new();
    let notes = small.notes(&["--event-ha", "5000"]);
    assert_says(&notes, &["not fitted: event study", "5000 ha or more", "lower --event-ha"]);
    assert_eq!(small.read("out_events.csv").lines().count(), 1);
}

#[test]
fn wrong_calls_and_wrong_files_say_what_to_do() {
    let small = Small::new();
    assert_says(&small.error(2, &["--boundaries-neighbours", "auto"]), &["needs --municipalities and --code-field"]);
    assert_says(&small.error(2, &["--outcome", "per-km2"]), &["needs --municipalities"]);
    assert_says(&small.error(2, &["--window", "1"]), &["window"]);
    assert_says(&small.error(1, &["--seizures", "manual.csv"]), &["eradication is not a table of seizures"]);
    assert_says(&small.error(1, &["--substitution", "census.csv"]), &["census is not a table of substitution"]);
    small.write("p.csv", "municipality_code,neighbour_code\n52001,52002\n52001,5200X\n");
    assert_says(
        &small.error(1, &["--boundaries-neighbours", "p.csv"]),
        &["p.csv, line 3", "'5200X' is not a DIVIPOLA"],
    );
    small.write("p.csv", "municipality_code,neighbour_code\n52001,52001\n");
    assert_says(
        &small.error(1, &["--boundaries-neighbours", "p.csv"]),
        &["line 2: 52001 is given as its own neighbour"],
    );
    small.write("p.csv", "municipality_code,neighbour_code,border_m\n52001,52002,-4\n");
    assert_says(&small.error(1, &["--boundaries-neighbours", "p.csv"]), &["line 2: '-4' is not a length"]);
    small.write("p.csv", "municipality_code,other\n52001,52002\n");
    assert_says(&small.error(1, &["--boundaries-neighbours", "p.csv"]), &["missing column: neighbour_code"]);
    small.write("q.csv", "year,product,price\n1990,leaf,2.5\n1990,leaf,cheap\n");
    assert_says(&small.error(1, &["--prices", "q.csv"]), &["q.csv, line 3", "'cheap' is no price"]);
    small.write("q.csv", "year,product\n1990,leaf\n");
    assert_says(&small.error(1, &["--prices", "q.csv"]), &["missing column: prices"]);
    small.write("q.csv", "year,product,price\n1990,leaf,2\n1990,leaf,4\n1991,leaf,3\n");
    assert_says(&small.notes(&["--prices", "q.csv"]), &["1 prices are the plain mean of several rows"]);
}
