//! Estimates with their errors: of municipalities, of the whole, their changes, and the census held against them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::read_estimates::{Chosen, ReadEstimatesError, read_estimates};
use super::super::table::read_table;
use super::{ReadOutputsError, is_of_run, note_file, read_record};
use crate::accuracy::MunicipalEstimator;
use crate::accuracy::normal::interval95;
use crate::records::text_table::{TextRow, TextTable};
use crate::report::given::{Given, GivenChange, GivenEstimate, GivenSkill, GivenTest};

/// The estimator that the map layer and the census test of a run take.
const MUNICIPAL: MunicipalEstimator = MunicipalEstimator::Ratio;

pub(super) fn read(folder: &Path, given: &mut Given) -> Result<(), ReadOutputsError> {
    let coca = coca_classes(given.record.as_ref());
    let years: Vec<i32> = given.years().into_iter().collect();
    let mut assessed = Vec::new();
    for year in years {
        let (whole, municipal) = (format!("assessment_{year}.json"), format!("municipal_{year}.csv"));
        if is_of_run(folder, &whole, given.record.as_ref()) {
            note_file(folder, &whole, given)?;
            let assessment = read_record(&folder.join(&whole))?.unwrap_or_default();
            given.estimates.extend(whole_estimate(&assessment, &coca, year));
            assessed.push(year);
        }
        // Those of the census test, read below, take their place where they are there.
        if is_of_run(folder, &municipal, given.record.as_ref()) {
            note_file(folder, &municipal, given)?;
            given.estimates.extend(municipal_estimates(&folder.join(&municipal), year)?);
        }
    }
    read_tests(folder, given)?;
    read_changes(folder, (&assessed, &coca), given)?;
    read_skill(folder, given)
}

/// Which classes are coca: the model's, else by name.
struct Coca(Option<BTreeSet<String>>);

impl Coca {
    fn is(&self, class: &str) -> bool {
        match &self.0 {
            Some(classes) => classes.contains(class),
            None => class.to_lowercase().starts_with("coca"),
        }
    }
}

fn coca_classes(record: Option<&Value>) -> Coca {
    let list = |key: &str| record.and_then(|r| r.get("model")?.get(key)?.as_array()).cloned();
    let pairs = list("classes").zip(list("coca"));
    Coca(pairs.map(|(classes, coca)| {
        let is = |(class, coca): (&Value, &Value)| coca.as_bool()?.then(|| class.as_str().map(str::to_owned))?;
        classes.iter().zip(&coca).filter_map(is).collect()
    }))
}

/// Coca of all the ground that was sampled; none where several classes are coca, since their errors do not add up. Also of an
/// assessment without its counts, as a publication has it.
fn whole_estimate(assessment: &Value, coca: &Coca, year: i32) -> Option<GivenEstimate> {
    let classes = assessment.get("classes")?.as_array()?;
    let is_coca = |class: &&Value| class.get("name").and_then(Value::as_str).is_some_and(|name| coca.is(name));
    let mut found = classes.iter().filter(is_coca);
    let (class, None) = (found.next()?, found.next()) else { return None };
    let number = |key: &str| class.get(key).and_then(Value::as_f64);
    let (hectares, standard_error) = (number("adjusted_area_ha")?, number("standard_error_ha")?);
    let bound = |at: usize| class.get("ci95_ha").and_then(|ends| ends.get(at)).and_then(Value::as_f64);
    let ends = bound(0).zip(bound(1)).map(|(low, high)| [low, high]);
    let ci95 = ends.unwrap_or_else(|| interval95(hectares, standard_error));
    Some(GivenEstimate { code: String::new(), year, hectares, standard_error, ci95 })
}

/// Estimates of municipalities where no census was tested.
fn municipal_estimates(path: &Path, year: i32) -> Result<Vec<GivenEstimate>, ReadOutputsError> {
    let chosen = Chosen { estimator: Some(MUNICIPAL.name().to_owned()), year: Some(year), ..Chosen::default() };
    let rows = match read_estimates(path, &chosen) {
        Ok((rows, _)) => rows,
        // A sample without municipalities, or of another estimator, has none.
        Err(ReadEstimatesError::NoRows { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let estimate = |row: crate::compare::validate::EstimateRow| {
        let (hectares, standard_error) = row.estimate_ha.zip(row.standard_error_ha)?;
        let ci95 = interval95(hectares, standard_error);
        Some(GivenEstimate { code: row.municipality_code.to_string(), year: row.year, hectares, standard_error, ci95 })
    };
    Ok(rows.into_iter().filter_map(estimate).collect())
}

/// A table whose columns are looked up by name.
struct Cells<'a> {
    table: &'a TextTable,
    row: &'a TextRow,
}

impl Cells<'_> {
    fn at(&self, column: &'static str) -> Result<usize, ReadOutputsError> {
        let missing = || ReadOutputsError::MissingColumn { file: self.table.file.clone(), column };
        self.table.column(&[column]).ok_or_else(missing)
    }

    fn text(&self, column: &'static str) -> Result<&str, ReadOutputsError> {
        Ok(&self.row.fields[self.at(column)?])
    }

    fn number(&self, column: &'static str) -> Result<Option<f64>, ReadOutputsError> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Ok(None);
        }
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite());
        value.map(Some).ok_or_else(|| self.bad(column, "a number with a decimal point, or blank"))
    }

    fn year(&self) -> Result<i32, ReadOutputsError> {
        self.text("year")?.parse().map_err(|_| self.bad("year", "a year"))
    }

    fn bad(&self, column: &'static str, expected: &'static str) -> ReadOutputsError {
        let (file, line) = (self.table.file.clone(), self.row.line);
        let text = self.text(column).unwrap_or_default().to_owned();
        ReadOutputsError::BadCell { file, line, column: column.to_owned(), text, expected }
    }
}

/// A table of the folder, where it is there.
fn table(folder: &Path, name: &str, given: &mut Given) -> Result<Option<TextTable>, ReadOutputsError> {
    let path: PathBuf = folder.join(name);
    if !is_of_run(folder, name, given.record.as_ref()) {
        return Ok(None);
    }
    note_file(folder, name, given)?;
    Ok(Some(read_table(&path)?))
}

fn read_tests(folder: &Path, given: &mut Given) -> Result<(), ReadOutputsError> {
    let Some(table) = table(folder, "validation.csv", given)? else { return Ok(()) };
    for row in &table.rows {
        let cells = Cells { table: &table, row };
        let (code, year) = (cells.text("municipality_code")?.to_owned(), cells.year()?);
        let (hectares, error) = (cells.number("adjusted_area_ha")?, cells.number("standard_error_ha")?);
        if let Some((hectares, standard_error)) = hectares.zip(error) {
            let bounds = (cells.number("ci95_low_ha")?).zip(cells.number("ci95_high_ha")?);
            let ci95 = bounds.map_or_else(|| interval95(hectares, standard_error), |(low, high)| [low, high]);
            given.estimates.push(GivenEstimate { code: code.clone(), year, hectares, standard_error, ci95 });
        }
        let (difference, z) = (cells.number("difference_ha")?, cells.number("z")?);
        given.tests.push(GivenTest { code, year, difference, z, verdict: cells.text("verdict")?.to_owned() });
    }
    Ok(())
}

/// `change.csv` has a block for each pair of assessed years, in order, and no column of years.
fn read_changes(folder: &Path, (assessed, coca): (&[i32], &Coca), given: &mut Given) -> Result<(), ReadOutputsError> {
    let Some(table) = table(folder, "change.csv", given)? else { return Ok(()) };
    let mut block = 1;
    let mut seen = BTreeSet::new();
    for row in &table.rows {
        let cells = Cells { table: &table, row };
        let key = (cells.text("municipality_code")?.to_owned(), cells.text("class")?.to_owned());
        if !seen.insert(key.clone()) {
            block += 1;
            seen = BTreeSet::from([key.clone()]);
        }
        let years = assessed.get(block - 1).zip(assessed.get(block));
        let (Some((from_year, year)), true) = (years, coca.is(&key.1)) else { continue };
        let numbers = ["change_ha", "standard_error_ha", "ci95_low_ha", "ci95_high_ha"];
        let [change, standard_error, low, high] = numbers.map(|name| cells.number(name));
        if let (Some(change), Some(standard_error), Some(low), Some(high)) = (change?, standard_error?, low?, high?) {
            given.changes.push(GivenChange {
                code: key.0,
                from_year: *from_year,
                year: *year,
                change,
                standard_error,
                ci95: [low, high],
            });
        }
    }
    if block + 1 != assessed.len() {
        given.changes.clear();
        given.notes.push(format!(
            "no change of estimates: change.csv has {block} blocks, and {} assessed years have {}",
            assessed.len(),
            assessed.len().saturating_sub(1)
        ));
    }
    // Errors of several classes do not add up: of such a place there is none.
    let mut classes: BTreeMap<(String, i32), usize> = BTreeMap::new();
    given.changes.iter().for_each(|change| *classes.entry((change.code.clone(), change.year)).or_default() += 1);
    given.changes.retain(|change| classes[&(change.code.clone(), change.year)] == 1);
    Ok(())
}

fn read_skill(folder: &Path, given: &mut Given) -> Result<(), ReadOutputsError> {
    let Some(table) = table(folder, "validation_nulls.csv", given)? else { return Ok(()) };
    let mut estimates = BTreeMap::new();
    for row in &table.rows {
        let cells = Cells { table: &table, row };
        if cells.text("scope")? != "compared" {
            continue;
        }
        let (year, Some(error)) = (cells.year()?, cells.number("weighted_mape_pct")?) else { continue };
        match cells.text("figures")? {
            "estimate" => drop(estimates.insert(year, error)),
            "last year's census" => {
                if let Some(estimate_error_pct) = estimates.get(&year).copied() {
                    given.skill.push(GivenSkill { year, estimate_error_pct, null_error_pct: error });
                }
            }
            _ => (),
        }
    }
    Ok(())
}
