//! From what a folder holds to the data of the page.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::figures::Figures;
use super::given::{FigureRow, FigureTable, Given, GivenChange, GivenEstimate};
use super::scrub::{file_name, scrubbed};
use super::sentences::{Said, Sentences, sentences};
use super::topology::topology;
use super::{Assumption, Coded, FileDigest, Language, Picture, Place, Provenance, ReportData, counts, null_errors};
use crate::records::figures::department_name;
use crate::records::{Exact, StockHa};
use crate::trend::{Assumptions, PlaceSeries, Standing, trend};

/// Version of the data's form.
const VERSION: u32 = 1;

/// Relative standard error of the census that is assumed without another one, as `cocal trend` assumes it.
pub const RELATIVE_SE: f64 = 0.03;

/// What the reader of the report is told beside the figures.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Language shown first.
    pub language: Language,
    /// Relative standard error that is assumed of the census of all together and of departments; zero: none.
    pub relative_se: f64,
}

/// Puts the data together.
pub fn assemble(given: &Given, pictures: Vec<Picture>, options: Options) -> ReportData {
    let years: Vec<i32> = given.years().into_iter().collect();
    let places = places(given);
    let totals = totals(given, &places);
    let mut figures = Figures::new(places.iter().map(|p| p.code.as_str()), &years);
    put_rows(&mut figures, &given.rows);
    put_estimates(&mut figures, given);
    let mut of_totals = Figures::new(totals.iter().map(|p| p.code.as_str()), &years);
    put_rows(&mut of_totals, &given.totals);
    put_whole(&mut of_totals, given);
    put_census_error(&mut of_totals, options.relative_se);
    put_break_even(&mut figures);
    counts::put_counts(&mut of_totals, given, &totals);
    null_errors::put_null_errors(&mut of_totals, &given.rows, &years);

    let mut flags = Coded::default();
    let of_places = flags_of(&given.rows.rows, &figures);
    flags.places = coded(&of_places, &mut flags.words);
    let of_all = flags_of(&given.totals.rows, &of_totals);
    flags.totals = coded(&of_all, &mut flags.words);
    let sentences = all_sentences(given, (&figures, &of_places), (&of_totals, &of_all), (&places, &years));
    let assumptions = if options.relative_se > 0.0 && of_totals.names().iter().any(|n| n == "census_low_ha") {
        vec![Assumption { key: "census_relative_se", value_pct: 100.0 * options.relative_se }]
    } else {
        Vec::new()
    };
    let provenance = provenance(given, assumptions);
    ReportData {
        version: VERSION,
        language: options.language,
        title: text_at(given.record.as_ref(), &["settings", "project", "name"]),
        synthetic: given.record.as_ref().and_then(|r| r.get("synthetic")).and_then(Value::as_bool).unwrap_or(false),
        publication: given.publication.as_ref().map(rules_of_publication),
        null_model: null_errors::null_model(&given.rows),
        labels: given.rows.further.iter().map(|name| (name.clone(), name.replace('_', " "))).collect(),
        map: topology(given.grounds.iter().map(|(code, (_, ground))| (code, ground))),
        years,
        places,
        totals,
        figures: figures.into_lists(),
        total_figures: of_totals.into_lists(),
        flags,
        sentences,
        pictures,
        provenance,
    }
}

/// What of `publication.json` the page shows.
fn rules_of_publication(publication: &Value) -> Value {
    let rules = ["k", "cell_m", "min_ha", "lots_reason"];
    rules.into_iter().map(|name| (name.to_owned(), publication.get(name).cloned().unwrap_or_default())).collect()
}

fn text_at(value: Option<&Value>, path: &[&str]) -> String {
    let found = value.and_then(|value| path.iter().try_fold(value, |at, key| at.get(key)));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Municipalities of the rows and of the layer, by code.
fn places(given: &Given) -> Vec<Place> {
    let mut names: BTreeMap<&str, &str> =
        given.grounds.iter().map(|(code, (name, _))| (code.as_str(), name.as_str())).collect();
    for row in &given.rows.rows {
        let name = names.entry(&row.code).or_default();
        if name.is_empty() {
            *name = &row.name;
        }
    }
    let place = |(code, name): (&str, &str)| Place {
        code: code.to_owned(),
        name: without_direction(name),
        department: Some(code.chars().take(2).collect()),
        level: None,
    };
    names.into_iter().map(place).collect()
}

/// A name without the marks that turn the direction of the text around it (Unicode's bidirectional embeddings and isolates).
fn without_direction(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect()
}

/// All together, then the departments of the places.
fn totals(given: &Given, places: &[Place]) -> Vec<Place> {
    // Without the table of totals nothing is said of them: a blank would read as if no municipality had the figure.
    if given.totals.rows.is_empty() {
        return Vec::new();
    }
    let all = Place { code: "CO".to_owned(), name: String::new(), department: None, level: Some("all") };
    let codes: BTreeSet<&str> = places.iter().filter_map(|p| p.department.as_deref()).collect();
    let department = |code: &str| {
        let row = given.totals.rows.iter().find(|row| row.code == code && !row.name.is_empty());
        let name = row.map(|row| row.name.clone()).or_else(|| department_name(code).map(str::to_owned));
        Place { code: code.to_owned(), name: name.unwrap_or_default(), department: None, level: Some("department") }
    };
    std::iter::once(all).chain(codes.into_iter().map(department)).collect()
}

fn put_rows(figures: &mut Figures, table: &FigureTable) {
    let eradicated: Vec<bool> = table.columns.iter().map(|name| is_method(name)).collect();
    for row in &table.rows {
        let Some(at) = figures.at(&row.code, row.year) else { continue };
        for (name, value) in table.columns.iter().zip(&row.values) {
            figures.put(name, at, *value);
        }
        let known = || row.values.iter().zip(&eradicated).filter(|(_, is)| **is).filter_map(|(value, _)| *value);
        figures.put("eradicated_ha", at, known().next().map(|_| known().sum()));
    }
}

/// Whether a column is what a method of eradication did here (not in neighbouring municipalities).
fn is_method(name: &str) -> bool {
    ["manual", "spraying", "forced_manual", "voluntary", "drone_spraying"]
        .iter()
        .any(|m| name == format!("eradicated_{m}_ha"))
}

fn put_estimates(figures: &mut Figures, given: &Given) {
    for estimate in given.estimates.iter().filter(|e| !e.code.is_empty()) {
        if let Some(at) = figures.at(&estimate.code, estimate.year) {
            put_estimate(figures, at, estimate);
        }
    }
    for change in given.changes.iter().filter(|c| !c.code.is_empty()) {
        if let Some(at) = figures.at(&change.code, change.year) {
            put_change(figures, at, change);
        }
    }
    for test in &given.tests {
        if let Some(at) = figures.at(&test.code, test.year) {
            figures.put("census_minus_estimate_ha", at, test.difference);
            figures.put("z", at, test.z);
        }
    }
}

fn put_estimate(figures: &mut Figures, at: usize, estimate: &GivenEstimate) {
    figures.put("estimate_ha", at, Some(estimate.hectares));
    figures.put("estimate_se_ha", at, Some(estimate.standard_error));
    figures.put("estimate_low_ha", at, Some(estimate.ci95[0]));
    figures.put("estimate_high_ha", at, Some(estimate.ci95[1]));
}

/// A change of which no unit tells anything has no interval.
fn put_change(figures: &mut Figures, at: usize, change: &GivenChange) {
    figures.put("estimate_change_from_year", at, Some(f64::from(change.from_year)));
    if change.standard_error > 0.0 {
        figures.put("estimate_change_ha", at, Some(change.change));
        figures.put("estimate_change_low_ha", at, Some(change.ci95[0]));
        figures.put("estimate_change_high_ha", at, Some(change.ci95[1]));
    }
}

/// Estimates of the whole ground that was sampled, and the skill of all.
fn put_whole(figures: &mut Figures, given: &Given) {
    for estimate in given.estimates.iter().filter(|e| e.code.is_empty()) {
        if let Some(at) = figures.at("CO", estimate.year) {
            put_estimate(figures, at, estimate);
        }
    }
    for change in given.changes.iter().filter(|c| c.code.is_empty()) {
        if let Some(at) = figures.at("CO", change.year) {
            put_change(figures, at, change);
        }
    }
    for skill in &given.skill {
        if let Some(at) = figures.at("CO", skill.year) {
            figures.put("estimate_error_pct", at, Some(skill.estimate_error_pct));
            figures.put("estimate_null_error_pct", at, Some(skill.null_error_pct));
        }
    }
}

/// What the census of a total says of change and growth, with an assumed error: `trend`'s formulas.
fn put_census_error(figures: &mut Figures, relative_se: f64) {
    for at in 0..figures.len() {
        let get = |name: &str| figures.get(name, at);
        let (Some(now), Some(before), Some(change)) = (get("census_ha"), get("previous_census_ha"), get("change_ha"))
        else {
            continue;
        };
        // A change over other municipalities than the two sums has no error that follows from them.
        if (now - before - change).abs() > 1e-3 {
            continue;
        }
        let Some(row) = census_change(now, before, relative_se) else { continue };
        figures.put("break_even_pct", at, row.break_even_relative_se.map(|se| 100.0 * se));
        if let Some(level) = row.hectares_ci {
            figures.put("census_low_ha", at, Some(level.low));
            figures.put("census_high_ha", at, Some(level.high));
        }
        if let Some(change) = row.change_ci {
            figures.put("change_low_ha", at, Some(change.low));
            figures.put("change_high_ha", at, Some(change.high));
        }
        if let Some(growth) = row.growth_ci {
            figures.put("growth_low_pct", at, Some(growth.low));
            figures.put("growth_high_pct", at, Some(growth.high));
        }
    }
}

/// The error below which the change of a municipality's census would be told from none. No error of one municipality's
/// census is assumed: that of a small figure is larger than the nation's, and nobody has published it.
fn put_break_even(figures: &mut Figures) {
    for at in 0..figures.len() {
        let get = |name: &str| figures.get(name, at);
        if let (Some(now), Some(before)) = (get("census_ha"), get("previous_census_ha"))
            && let Some(row) = census_change(now, before, 0.0)
        {
            figures.put("break_even_pct", at, row.break_even_relative_se.map(|se| 100.0 * se));
        }
    }
}

fn census_change(now: f64, before: f64, relative_se: f64) -> Option<crate::trend::TrendRow> {
    let standing = |ha: f64| Some(Standing { hectares: StockHa::new(Exact::from_f64(ha)?), standard_error: None });
    let stocks = BTreeMap::from([(0, standing(before)?), (1, standing(now)?)]);
    let series = PlaceSeries { stocks, ..PlaceSeries::default() };
    trend(&series, Assumptions { relative_se, correlation: 0.0 }).pop()
}

fn flags_of(rows: &[FigureRow], figures: &Figures) -> Vec<String> {
    let mut flags = vec![String::new(); figures.len()];
    for row in rows {
        if let Some(at) = figures.at(&row.code, row.year) {
            flags[at].clone_from(&row.flag);
        }
    }
    flags
}

fn coded(flags: &[String], words: &mut Vec<String>) -> Vec<usize> {
    let number = |flag: &String| {
        words.iter().position(|word| word == flag).unwrap_or_else(|| {
            words.push(flag.clone());
            words.len() - 1
        })
    };
    flags.iter().map(number).collect()
}

fn all_sentences(
    given: &Given,
    (figures, flags): (&Figures, &[String]),
    (of_totals, total_flags): (&Figures, &[String]),
    (places, years): (&[Place], &[i32]),
) -> Sentences {
    let verdicts: BTreeMap<(&str, i32), &str> =
        given.tests.iter().map(|t| ((t.code.as_str(), t.year), t.verdict.as_str())).collect();
    let still: BTreeSet<(&str, i32)> = given
        .changes
        .iter()
        .filter(|change| change.standard_error <= 0.0)
        .map(|change| (if change.code.is_empty() { "CO" } else { change.code.as_str() }, change.year))
        .collect();
    let mut found = Sentences::default();
    for (at, flag) in flags.iter().enumerate() {
        let key = (places[at / years.len()].code.as_str(), years[at % years.len()]);
        let verdict = verdicts.get(&key).copied().unwrap_or_default();
        let keys = sentences(figures, at, Said { flag, verdict, no_unit_changed: still.contains(&key), total: false });
        let numbered = found.numbered(keys);
        found.places.push(numbered);
    }
    for (at, flag) in total_flags.iter().enumerate() {
        let no_unit_changed = at < years.len() && still.contains(&("CO", years[at]));
        let keys = sentences(of_totals, at, Said { flag, verdict: "", no_unit_changed, total: true });
        let numbered = found.numbered(keys);
        found.totals.push(numbered);
    }
    found
}

fn provenance(given: &Given, assumptions: Vec<Assumption>) -> Provenance {
    let record = given.record.as_ref();
    let list = |key: &str| record.and_then(|r| r.get(key)).and_then(Value::as_array).cloned().unwrap_or_default();
    let inputs = list("inputs");
    let paths: Vec<String> = inputs.iter().map(|input| text_at(Some(input), &["path"])).collect();
    let digest = |input: &Value| FileDigest {
        role: text_at(Some(input), &["role"]),
        name: file_name(&text_at(Some(input), &[if input.get("path").is_some() { "path" } else { "name" }])).to_owned(),
        sha256: input.get("sha256").and_then(Value::as_str).map(str::to_owned),
    };
    let scene = |scene: &Value| {
        let scene = scene.get("scene").unwrap_or(scene);
        let of = |key: &str| scene.get(key).cloned().unwrap_or_default();
        BTreeMap::from([("name", of("id")), ("sensor", of("sensor")), ("date", of("date"))])
    };
    let notes = list("notes");
    let remarks = notes.iter().filter_map(Value::as_str).map(str::to_owned).chain(given.notes.iter().cloned());
    let program = text_at(record, &["program"]);
    Provenance {
        program: if program.is_empty() { format!("cocal {}", env!("CARGO_PKG_VERSION")) } else { program },
        gdal: record.and_then(|r| r.get("gdal")).and_then(Value::as_str).map(str::to_owned),
        recorded: record.is_some(),
        inputs: inputs.iter().map(digest).collect(),
        outputs: given.files.clone(),
        settings: record.and_then(|r| r.get("settings")).map(without_paths).unwrap_or_default(),
        model: record.and_then(|r| r.get("model")).cloned().unwrap_or_default(),
        scenes: list("scenes").iter().map(scene).collect(),
        notes: remarks.map(|note| scrubbed(&note, &paths)).collect(),
        assumptions,
    }
}

/// Settings in which paths are names.
fn without_paths(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains(['/', '\\']) => Value::String(file_name(text).to_owned()),
        Value::Array(list) => list.iter().map(without_paths).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), without_paths(value))).collect(),
        other => other.clone(),
    }
}
