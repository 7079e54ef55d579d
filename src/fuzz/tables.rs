//! Tables: records, samples, outputs of earlier runs.

use std::collections::BTreeMap;
use std::path::Path;

use super::parts;
use crate::accuracy::{Assessment, LabelledUnit, Survey, SurveyOptions, Wanted, estimators::Estimator};
use crate::io::read_cells::{CellOptions, cells_of_table};
use crate::io::read_counts::{grounds_of, matrix_of};
use crate::io::read_covariate::covariate_of;
use crate::io::read_estimates::{Chosen, estimates_of};
use crate::io::read_events::placed;
use crate::io::read_features::features_of;
use crate::io::read_hectares::mapped_hectares_of;
use crate::io::read_neighbours::pairs_of;
use crate::io::read_outputs::read_outputs;
use crate::io::read_publishable::read_publishable;
use crate::io::read_recorded_run::read_recorded_run;
use crate::io::read_survey::{key_of, labelled, with_places};
use crate::io::scratch::Scratch;
use crate::io::table::table_from_bytes;
use crate::reconcile::Settings;
use crate::reconcile::event::read_events;
use crate::records::national_table::is_national;
use crate::records::parse::parse;
use crate::records::text_table::TextTable;
use crate::records::{Census, Eradication, Kind, NationalTable, Prices, Seizures, Substitution};
use crate::report::assemble::{Options, assemble};
use crate::report::{Language, page::page};
use crate::territory::CellLattice;

fn table(data: &[u8]) -> Option<TextTable> {
    table_from_bytes(Path::new("t.csv"), data).ok()
}

/// A file of records, taken for each kind that it lets itself be taken for.
pub fn records(data: &[u8]) {
    let Some(table) = table(data) else { return };
    let kinds =
        [Kind::Census, Kind::Eradication, Kind::Spraying, Kind::Events, Kind::Seizures, Kind::Substitution].map(Some);
    for kind in [None].into_iter().chain(kinds) {
        let Ok(file) = parse(&table, kind) else { continue };
        let (_, _) = (file.sum_by_year(), file.sources(|_, _| true));
        let _ = Substitution::from_file(&file);
        let _ = Seizures::from_files(std::slice::from_ref(&file));
        let _ = Eradication::from_files(std::slice::from_ref(&file));
        let _ = Census::from_file(file);
    }
    if is_national(&table) {
        let _ = NationalTable::from_table(&table);
    }
    let _ = Prices::from_table(&table);
}

/// A labelled sample or a matrix of counts, then perhaps a table of strata and the key of the sample.
pub fn survey(data: &[u8]) {
    let parts = parts(data);
    let Some(first) = table(parts[0]) else { return };
    let of = |number: usize| parts.get(number).and_then(|part| table(part));
    let grounds = of(1).and_then(|table| grounds_of(table).ok());
    let key = of(2).and_then(|table| with_places(table).ok()).and_then(|any| key_of(Path::new("key.csv"), any).ok());
    let options = SurveyOptions { finite_correction: true, unmapped_classes: true };
    if let Ok((units, _)) = matrix_of(&first) {
        let counted: Vec<(&LabelledUnit, u64)> = units.iter().map(|(unit, count)| (unit, *count)).collect();
        assess(Survey::from_counts(&counted, grounds.as_ref(), options).ok(), &[]);
    }
    let sample = with_places(first).and_then(|any| labelled(Path::new("s.csv"), any, key.as_ref()));
    if let Ok(sample) = sample {
        let units: Vec<LabelledUnit> = sample.labelled.into_iter().map(|point| point.unit).collect();
        assess(Survey::new(&units, grounds.as_ref(), options).ok(), &units);
    }
}

fn assess(survey: Option<Survey>, units: &[LabelledUnit]) {
    let Some(survey) = survey else { return };
    let _ = Assessment::new(survey.clone(), units, Wanted::WholeAll);
    let whole = Wanted::Whole(Estimator::Stratified);
    if let Ok(assessment) = Assessment::new(survey, units, whole) {
        let _ = (assessment.is_whole(), crate::io::assessment_file::assessment_csv(&assessment));
    }
}

/// Events with places in columns, and what each is read as.
pub fn events(data: &[u8]) {
    let Some(table) = table(data) else { return };
    for crs in [None, Some("EPSG:9377")] {
        let Ok(placed) = placed(Path::new("e.csv"), table.clone(), crs) else { continue };
        let _ = read_events(placed, &Settings::default(), &BTreeMap::new());
    }
}

/// The other tables that are read as they are; the first byte tells as which.
pub fn tables(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let path = Path::new("t.csv");
    if *kind == b'5' {
        if let Ok(table) = features_of(path, data) {
            table.copy_columns(0..table.rows().min(300), &mut Vec::new());
        }
        return;
    }
    let Some(table) = table(data) else { return };
    match kind {
        b'0' => drop(mapped_hectares_of(table, Some(2024))),
        b'1' => drop(covariate_of("rain_mm", &table)),
        b'2' => drop(estimates_of(&table, &Chosen { year: Some(2024), ..Chosen::default() })),
        b'3' => drop(pairs_of(path, &table)),
        _ => {
            let options = CellOptions {
                id_field: None,
                year_columns: None,
                present_ha: 0.0,
                blank_is_zero: *kind == b'6',
                crs: (*kind == b'7').then(|| "EPSG:9377".to_owned()),
                lattice: CellLattice::KILOMETRE,
            };
            drop(cells_of_table(path, &table, &options));
        }
    }
}

/// Files that a folder of outputs may have.
const NAMES: [&str; 11] = [
    "run.json",
    "publication.json",
    "hectares.csv",
    "comparison.csv",
    "comparison_totals.csv",
    "assessment_2023.json",
    "assessment_2024.json",
    "municipal_2024.csv",
    "validation.csv",
    "change.csv",
    "validation_nulls.csv",
];

/// A folder of outputs: each part is a line with a file's name, then the file.
pub fn outputs(data: &[u8]) {
    let Some(folder) = Scratch::new() else { return };
    for part in parts(data) {
        let Some(end) = part.iter().position(|byte| *byte == b'\n') else { continue };
        if let Some(name) = NAMES.iter().find(|name| name.as_bytes() == &part[..end]) {
            folder.put(name, &part[end + 1..]);
        }
    }
    let _ = read_recorded_run(folder.folder());
    let _ = read_publishable(folder.folder());
    if let Ok(given) = read_outputs(folder.folder(), None) {
        let data = assemble(&given, Vec::new(), Options { language: Language::Es, relative_se: 0.03 });
        let _ = page(&data);
    }
}
