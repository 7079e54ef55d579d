//! `comparison.csv` and its totals, or `hectares.csv`, as figures under the report's names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::read_hectares::read_mapped_hectares;
use super::super::table::{read_table, table_from_bytes};
use super::super::write_comparison::{comparison_csv, totals_csv};
use super::{ReadOutputsError, is_of_run, note_file};
use crate::compare::{CompareOptions, compare};
use crate::publish::columns::is_coca;
use crate::records::text_table::TextTable;
use crate::records::{Census, Eradication};
use crate::report::given::{FigureRow, FigureTable, Given};
use crate::territory::MunicipalityCode;

/// Columns that are no figures.
const WORDS: [&str; 9] = [
    "municipality_code",
    "municipality_name",
    "place_code",
    "place_name",
    "level",
    "year",
    "class",
    "flag",
    "municipalities",
];

/// Columns of `compare` under the report's names.
fn report_name(column: &str) -> (String, bool) {
    let known = |name: &str| (name.to_owned(), false);
    match column {
        "mapped_area_ha" => known("mapped_ha"),
        "coverage_area_ha" => known("coverage_ha"),
        "observed_share" | "unobserved_ha" | "bound_low_ha" | "bound_high_ha" | "census_ha" | "difference_ha"
        | "previous_census_ha" | "null_error_ha" | "change_ha" | "growth_pct" | "gross_gain_ha" => known(column),
        _ => match column.strip_prefix("eradicated_ha_") {
            Some(method) => (format!("eradicated_{method}_ha"), false),
            None => (column.to_owned(), true),
        },
    }
}

/// Reads the rows of municipalities and totals.
pub(super) fn read(folder: &Path, given: &mut Given) -> Result<(), ReadOutputsError> {
    if is_of_run(folder, "comparison.csv", given.record.as_ref()) {
        note_file(folder, "comparison.csv", given)?;
        given.rows = figure_table(&read_table(&folder.join("comparison.csv"))?, "municipality_code")?;
        if is_of_run(folder, "comparison_totals.csv", given.record.as_ref()) {
            note_file(folder, "comparison_totals.csv", given)?;
            given.totals = figure_table(&read_table(&folder.join("comparison_totals.csv"))?, "place_code")?;
        } else {
            given.notes.push("no totals: the folder has no comparison_totals.csv".to_owned());
        }
        return Ok(());
    }
    let path = folder.join("hectares.csv");
    if !is_of_run(folder, "hectares.csv", given.record.as_ref()) {
        return Err(ReadOutputsError::NoTable(folder.to_owned()));
    }
    note_file(folder, "hectares.csv", given)?;
    if given.publication.is_some() {
        // Its mapped hectares are blank where they are withheld: no comparison can be made of these.
        let mut table = read_table(&path)?;
        if let Some(class) = table.column(&["class"]) {
            table.rows.retain(|row| is_coca(&row.fields[class]));
        }
        given.rows = figure_table(&table, "municipality_code")?;
        given.notes.push("no totals: the folder has no comparison_totals.csv".to_owned());
        return Ok(());
    }
    let (mapped, notes) = read_mapped_hectares(&path, None)?;
    given.notes.extend(notes);
    // Held against nothing, rows and totals are those of any comparison.
    let alone = compare(&mapped, &Census::default(), &Eradication::default(), &CompareOptions::default())?;
    let of = |name: &str, bytes: &[u8]| table_from_bytes(&path.with_file_name(name), bytes);
    given.rows = figure_table(&of("hectares.csv", &comparison_csv(&alone)?)?, "municipality_code")?;
    given.totals = figure_table(&of("hectares.csv", &totals_csv(&alone)?)?, "place_code")?;
    Ok(())
}

fn figure_table(table: &TextTable, code: &'static str) -> Result<FigureTable, ReadOutputsError> {
    let needed = |column: &'static str| {
        let missing = || ReadOutputsError::MissingColumn { file: table.file.clone(), column };
        table.column(&[column]).ok_or_else(missing)
    };
    let (code, year) = (needed(code)?, needed("year")?);
    let name = table.column(&["municipality_name", "place_name"]);
    let flag = table.column(&["flag"]);
    let is_figure = |at: &usize| !WORDS.contains(&table.header[*at].as_str());
    let columns: Vec<usize> = (0..table.header.len()).filter(is_figure).collect();
    let mut found = FigureTable::default();
    for at in &columns {
        let (name, further) = report_name(&table.header[*at]);
        if further {
            found.further.push(name.clone());
        }
        found.columns.push(name);
    }
    let mut seen: BTreeMap<(String, i32), u64> = BTreeMap::new();
    let mut names = BTreeSet::new();
    if let Some(twice) = found.columns.iter().find(|name| !names.insert(*name)) {
        return Err(ReadOutputsError::ColumnTwice { file: table.file.clone(), column: twice.clone() });
    }
    if table.rows.is_empty() {
        return Err(ReadOutputsError::NoRows { file: table.file.clone() });
    }
    let of_municipalities = table.header[code] == "municipality_code";
    for row in &table.rows {
        let text = |at: Option<usize>| at.map(|at| row.fields[at].clone()).unwrap_or_default();
        let bad = |at: usize, expected| ReadOutputsError::BadCell {
            file: table.file.clone(),
            line: row.line,
            column: table.header[at].clone(),
            text: row.fields[at].clone(),
            expected,
        };
        let year = row.fields[year].parse::<i32>().ok().filter(|y| (1980..=2100).contains(y));
        let year = year.ok_or_else(|| bad(needed("year").unwrap_or_default(), "a year from 1980 to 2100"))?;
        // A code that a spreadsheet has shortened gets its zero back.
        let place = match MunicipalityCode::parse(&row.fields[code]) {
            Ok(parsed) if of_municipalities => parsed.to_string(),
            Err(_) if of_municipalities => {
                return Err(bad(code, "a DIVIPOLA code of five digits, such as 05001"));
            }
            _ => row.fields[code].clone(),
        };
        if let Some(first) = seen.insert((place.clone(), year), row.line) {
            let (file, line) = (table.file.clone(), row.line);
            return Err(ReadOutputsError::Twice { file, line, first, code: place, year });
        }
        let value = |at: &usize| match row.fields[*at].as_str() {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(bad(*at, "a number with a decimal point, or blank")),
            },
        };
        found.rows.push(FigureRow {
            code: place,
            name: text(name),
            year,
            flag: text(flag),
            values: columns.iter().map(value).collect::<Result<_, _>>()?,
        });
    }
    Ok(found)
}
