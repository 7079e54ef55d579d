//! `cocal claim` on a small made-up census: methods, estimates, seizures, files of claims, exit codes.

use std::path::Path;

use super::data::cocal;

const CENSUS: &str = "CODDEPTO,DEPARTAMENTO,CODMPIO,MUNICIPIO,2021,2022,2023,2024\n\
    98,X,52001,Alta,1000,1500,1000,1030\n98,X,52002,Bahía (La Honda),200,100,0,50\n\
    98,X,19001,Gemela,10,10,10,10\n98,X,86001,Gemela,20,20,20,40\n";
const MANUAL: &str = "codmpio,municipio,year,method,eradicated_ha\n52001,Alta,2023,manual,100\n52001,Alta,2024,manual,40\n\
    52001,Alta,2023,drone_spraying,10\n52001,Alta,2024,drone_spraying,30\n52002,Bahía,2024,voluntary,5\n52002,Bahía,2024,forced,7\n";
const SEIZED: &str = "codmpio,municipio,year,kg\n52001,Alta,2023,500\n52001,Alta,2024,750\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("census.csv", CENSUS);
    write("manual.csv", MANUAL);
    write("seized.csv", SEIZED);
    write("estimates.csv", "municipality_code,year,adjusted_area_ha,standard_error_ha\n52001,2024,1000,300\n");
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    cocal().current_dir(folder).arg("claim").args(arguments).args(["--census", "census.csv"]).assert()
}

fn judged(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let done = run(folder, &[arguments, &["--json"]].concat()).success();
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

#[test]
fn one_claim_is_one_object_with_figures_and_sources() {
    let folder = folder();
    let found = judged(folder.path(), &["Alta had 1,030 hectares in 2024"]);
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["claim", "figures", "sources", "verdict", "why"]);
    assert_eq!(found["verdict"], "supported");
    assert_eq!(found["figures"]["place_code"], "52001");
    assert_eq!((&found["figures"]["year"], &found["figures"]["hectares"]), (&2024.into(), &1030.0.into()));
    // 1,030 -+ 1.959964 x 3 % of it
    let low = found["figures"]["hectares_low"].as_f64().unwrap();
    assert!((low - 969.4371).abs() < 1e-3, "{low}");
    let source = &found["sources"][0];
    assert_eq!((&source["source"], &source["rows"]), (&"census.csv".into(), &"2".into()));
    assert_eq!((&source["year"], &source["vintage"]), (&2024.into(), &"the file as given, years 2021 to 2024".into()));
    assert!(found["why"].as_str().unwrap().contains("assumed: a standard error of 3%"), "{}", found["why"]);
}

#[test]
fn the_assumed_error_and_the_estimates_decide_what_can_be_told() {
    let folder = folder();
    let verdict = |arguments: &[&str]| judged(folder.path(), arguments)["verdict"].as_str().unwrap().to_owned();
    // 1,000 to 1,030: 30 -+ 84 with 3 %.
    assert_eq!(verdict(&["Alta grew 3 % in 2024"]), "not_distinguishable");
    assert_eq!(verdict(&["Alta grew 3 % in 2024", "--relative-se", "0"]), "supported");
    assert_eq!(verdict(&["Alta grew 3 % in 2024", "--relative-se", "0.01"]), "supported");
    assert_eq!(verdict(&["Alta had 1,500 ha in 2024"]), "contradicted");
    // 1,030 -+ 588 by the standard error of the estimate.
    let wide = judged(folder.path(), &["Alta had 1,500 ha in 2024", "--estimates", "estimates.csv"]);
    assert_eq!(wide["verdict"], "not_distinguishable");
    assert!(wide["figures"].get("relative_se_assumed").is_none(), "{wide}");
    // Growth from zero has no rate, and an error that is a share of nothing gives the change no interval.
    assert_eq!(verdict(&["Bahía grew 50 % in 2024"]), "not_checkable");
    let from_zero = judged(folder.path(), &["Bahía grew in 2024"]);
    assert_eq!(from_zero["verdict"], "not_distinguishable");
    assert!(from_zero["why"].as_str().unwrap().contains("a census figure of 0 has no known error"), "{from_zero}");
    assert_eq!(verdict(&["Bahía fell in 2023"]), "not_distinguishable");
    assert_eq!(verdict(&["Bahía grew in 2024", "--relative-se", "0"]), "supported");
    assert_eq!(verdict(&["Bahía fell in 2023", "--relative-se", "0"]), "supported");
    assert_eq!(verdict(&["Bahía had no coca in 2023"]), "supported");
}

#[test]
fn methods_are_never_added_unasked() {
    let folder = folder();
    let with = |claim: &str| judged(folder.path(), &[claim, "--eradication", "manual.csv"]);
    let split = with("eradication in Alta fell in 2024");
    assert_eq!(split["verdict"], "not_checkable");
    let why = split["why"].as_str().unwrap();
    assert!(why.contains("by manual it is supported") && why.contains("by drone_spraying it is contradicted"), "{why}");
    assert_eq!(with("manual eradication in Alta fell 60 % in 2024")["verdict"], "supported");
    assert_eq!(with("spraying by drone in Alta tripled in 2024")["verdict"], "supported");
    let all = with("manual eradication and spraying together were 70 ha in Alta in 2024");
    assert_eq!((&all["verdict"], &all["figures"]["eradicated_ha"]), (&"supported".into(), &70.0.into()));
    assert!(all["why"].as_str().unwrap().contains("manual and spraying added"), "{}", all["why"]);
    // The table covers 2024 by hand: a municipality that it does not list had none.
    assert_eq!(with("manual eradication in 86001 was 0 ha in 2024")["verdict"], "supported");
    assert_eq!(with("voluntary eradication in Bahía was 5 ha in 2024")["verdict"], "supported");
    assert_eq!(with("forced eradication in Bahía was 7 ha in 2024")["verdict"], "supported");
    // Below the country the published series says nothing.
    let none = judged(folder.path(), &["manual eradication in Alta was 40 ha in 2024"]);
    assert!(none["why"].as_str().unwrap().contains("--eradication FILE"), "{none}");
    // For the country it does, and names its source.
    let national = judged(folder.path(), &["manual eradication was 9,403 ha in 2024"]);
    assert_eq!(national["verdict"], "supported");
    assert!(national["sources"][0]["source"].as_str().unwrap().contains("Ministerio de Defensa"), "{national}");
}

#[test]
fn a_census_of_a_part_leaves_the_country_to_the_published_figure() {
    let folder = folder();
    let found = judged(folder.path(), &["Colombia had 261,386 ha in 2024"]);
    assert_eq!(found["verdict"], "supported");
    assert!(found["why"].as_str().unwrap().contains("part of the country"), "{found}");
    assert_eq!(found["sources"][0]["vintage"], "reports of 2015 and 2024");
}

#[test]
fn seizures_are_in_kilograms_and_need_their_file() {
    let folder = folder();
    let found = judged(folder.path(), &["seizures in Alta grew 50 % in 2024", "--seizures", "seized.csv"]);
    assert_eq!((&found["verdict"], &found["figures"]["seized_kg"]), (&"supported".into(), &750.0.into()));
    assert_eq!(
        judged(folder.path(), &["0,75 toneladas incautadas en Alta en 2024", "--seizures", "seized.csv"])["verdict"],
        "supported"
    );
    let none = judged(folder.path(), &["seizures in Alta grew 50 % in 2024"]);
    assert!(none["why"].as_str().unwrap().contains("--seizures FILE"), "{none}");
}

/// Cocaine of 2022 and 2023 as the official totals are made: what was seized abroad is in them.
#[test]
fn seizures_say_what_of_and_what_was_abroad() {
    let folder = folder();
    let table = "CODMPIO,MUNICIPIO,2022,2023\n00,INTERNACIONAL,309000,451000\n52001,Alta,350000,289000\n";
    std::fs::write(folder.path().join("inc_cc.csv"), table).unwrap();
    let with = |claim: &str| judged(folder.path(), &[claim, "--seizures", "inc_cc.csv"]);
    let why = |found: &serde_json::Value| found["why"].as_str().unwrap().to_owned();
    let home = with("seizures were 289 tonnes in 2023");
    assert_eq!(home["verdict"], "supported");
    assert!(why(&home).contains("seized: cocaine, in Colombia only; 451,000 kg of 2023"), "{home}");
    assert_eq!(home["figures"]["seized_abroad_2023_kg"], 451_000.0);
    let both = with("seizures were 740 tonnes in 2023");
    assert_eq!(both["verdict"], "supported");
    assert!(why(&both).contains("with those abroad; at home only it is contradicted"), "{both}");
    assert_eq!(both["sources"].as_array().unwrap().len(), 2, "{both}");
    let neither = with("seizures were 500 tonnes in 2023");
    assert_eq!(neither["verdict"], "contradicted");
    assert!(why(&neither).contains("with those abroad the verdict is the same"), "{neither}");
    // At home they fell, with those abroad they rose; so too for a bound and a negation.
    for open in
        ["seizures fell in 2023", "seizures were more than 500 tonnes in 2023", "seizures were not 740 tonnes in 2023"]
    {
        assert_eq!(with(open)["verdict"], "not_checkable", "{open}");
    }
    assert!(!why(&with("seizures in Alta were 289 tonnes in 2023")).contains("abroad"));
    let mixed = "codmpio,municipio,year,product,kg\n52001,Alta,2023,leaf,500\n52001,Alta,2023,cocaine,20\n";
    std::fs::write(folder.path().join("mixed.csv"), mixed).unwrap();
    let mixed = judged(folder.path(), &["seizures in Alta were 520 kg in 2023", "--seizures", "mixed.csv"]);
    assert_eq!(mixed["verdict"], "not_checkable");
    assert!(why(&mixed).contains("several products (leaf, cocaine)"), "{mixed}");
}

#[test]
fn a_claim_does_not_speak_to_the_terminal_and_is_quoted_in_part() {
    let folder = folder();
    let done = run(folder.path(), &["\u{1b}[31mAlta had 1,030 ha in 2024\u{7}\u{202e}"]).success();
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{text:?}");
    for junk in ["%".repeat(10_000), "x".repeat(10_000), format!("Alta grew 3 % because {}", "x".repeat(10_000))] {
        let why = judged(folder.path(), &[&junk])["why"].as_str().unwrap().to_owned();
        assert!(why.len() < 900, "{}", why.len());
    }
}

#[test]
fn a_department_that_has_no_such_municipality_is_told() {
    let folder = folder();
    let found = judged(folder.path(), &["Alta (Cauca) tuvo 1.030 ha en 2024"]);
    assert_eq!(found["verdict"], "not_checkable");
    assert!(found["why"].as_str().unwrap().contains("no municipality 'Alta' in Cauca (19), only Alta"), "{found}");
    assert_eq!(judged(folder.path(), &["Alta (Nariño) tuvo 1.030 ha en 2024"])["verdict"], "supported");
}

#[test]
fn places_of_one_name_are_named_with_their_codes() {
    let folder = folder();
    let two = judged(folder.path(), &["Gemela tuvo 10 hectáreas en 2024"]);
    assert_eq!(two["verdict"], "not_checkable");
    let why = two["why"].as_str().unwrap();
    assert!(why.contains("(19001)") && why.contains("(86001)"), "{why}");
    assert_eq!(judged(folder.path(), &["Gemela, Cauca, tuvo 10 hectáreas en 2024"])["verdict"], "supported");
    assert_eq!(judged(folder.path(), &["86001 tuvo 40 hectáreas en 2024"])["verdict"], "supported");
    // Written with a parenthesis in the table, without it in the sentence.
    assert_eq!(judged(folder.path(), &["bahia tuvo 50 ha en 2024"])["verdict"], "supported");
}

#[test]
fn a_cause_is_not_checkable_but_what_stands_before_it_is_told() {
    let folder = folder();
    let found = judged(folder.path(), &["Alta had 1,030 ha in 2024 because eradication fell"]);
    assert_eq!(found["verdict"], "not_checkable");
    let why = found["why"].as_str().unwrap();
    assert!(why.contains("because eradication fell") && why.contains("without it"), "{why}");
    assert!(why.contains("is supported"), "{why}");
}

#[test]
fn a_file_of_claims_keeps_lines_and_counts() {
    let folder = folder();
    let claims = "\u{feff}# two claims\n\nAlta had 1,030 ha in 2024\n  # not one\nAlta tuvo 3.000 ha en 2024\nblah\n";
    std::fs::write(folder.path().join("claims.txt"), claims).unwrap();
    let found = judged(folder.path(), &["--file", "claims.txt"]);
    let told: Vec<(u64, &str)> = found["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["line"].as_u64().unwrap(), c["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(3, "supported"), (5, "contradicted"), (6, "not_checkable")]);
    let text = run(folder.path(), &["--file", "claims.txt"]).success();
    let text = String::from_utf8(text.get_output().stdout.clone()).unwrap();
    assert!(text.contains("3 claims: 1 supported, 1 contradicted, 0 not distinguishable, 1 not checkable"), "{text}");
    assert!(text.contains("census.csv") && text.contains("1,030"), "{text}");
    std::fs::write(folder.path().join("claims.txt"), "# nothing\n").unwrap();
    let none = run(folder.path(), &["--file", "claims.txt"]).code(1);
    assert!(String::from_utf8_lossy(&none.get_output().stderr).contains("no claim"));
}

#[test]
fn last_year_needs_a_year_to_be_told_from() {
    let folder = folder();
    let claim = "Alta had 1,030 ha last year";
    assert!(judged(folder.path(), &[claim])["why"].as_str().unwrap().contains("--as-of"));
    assert_eq!(judged(folder.path(), &[claim, "--as-of", "2025"])["verdict"], "supported");
}

#[test]
fn wrong_calls_and_wrong_files_are_told_apart() {
    let folder = folder();
    run(folder.path(), &[]).code(2);
    run(folder.path(), &["a claim", "--file", "claims.txt"]).code(2);
    run(folder.path(), &["a claim", "--relative-se", "1.5"]).code(2);
    cocal().args(["claim", "coca grew 3 % in 2024"]).assert().code(2);
    run(folder.path(), &["a claim", "--seizures", "manual.csv"]).code(1);
    run(folder.path(), &["a claim", "--eradication", "census.csv"]).code(1);
    run(folder.path(), &["a claim", "--estimates", "none.csv"]).code(1);
    // Not understood is an answer.
    run(folder.path(), &["a claim"]).success();
}

#[test]
fn the_printed_grammar_holds_words_of_both_languages() {
    let done = cocal().args(["claim", "--grammar"]).assert().success();
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    for word in ["se desaceleró", "slowed down", "gracias a", "erradicacion forzosa", "all time high"] {
        assert!(text.contains(word), "{word} is not in the grammar");
    }
}
