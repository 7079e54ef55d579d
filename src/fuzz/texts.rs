//! Texts: the project file, sentences, numbers, metadata, JSON of earlier runs, documents that are to leave.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::OnceLock;

use crate::accuracy::ErrorMatrix;
use crate::area::AreaTable;
use crate::claim::number::{self, Language};
use crate::claim::{Facts, Inputs, Judge};
use crate::io::assessment_file::{assessment_csv, assessment_of};
use crate::io::part_file;
use crate::io::published::{DocumentReader, PublishedFile};
use crate::io::read_recorded_run::recorded_run_of;
use crate::io::scene::try_metadata;
use crate::io::scratch::Scratch;
use crate::io::table::table_from_bytes;
use crate::permanence::columns::year_columns;
use crate::publish::check::text::Names;
use crate::publish::check::{Settings, check_document, facts};
use crate::reconcile::columns::coordinate;
use crate::reconcile::dates::Evidence;
use crate::records::events::{is_coca, parse_day, parse_method};
use crate::records::number_format::{self, NumberFormat};
use crate::records::parse::parse;
use crate::records::{Product, RecordFile, units};
use crate::run::batch::plan_file::key_of;
use crate::run::budget::parse_bytes;
use crate::scene::sensor::landsat::product_name;
use crate::scene::sensor::stack::{band_names, date_in_metadata, date_in_name};
use crate::territory::{CellLattice, MunicipalityCode};

/// A project file.
pub fn project(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(project) = crate::project::parse(text) else { return };
    for year in project.years.census.iter().chain(&[2001]) {
        for scene in &project.scenes {
            let _ = scene.date.map(|date| project.years.holds(*year, date));
        }
    }
    assert!(serde_json::to_vec(&project).is_ok(), "a project that cannot be recorded");
}

/// A census of two places and three years, so that sentences have something to be held against.
const CENSUS: &str = "codmpio,municipio,departamento,2021,2022,2023\n52835,Tumaco,Nariño,12000.5,20720,20500\n\
                      86568,Puerto Asís,Putumayo,5000,7000.25,9100\n";

fn census_facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        let read = |text: &str| -> Option<RecordFile> {
            parse(&table_from_bytes(Path::new("census.csv"), text.as_bytes()).ok()?, None).ok()
        };
        let census = read(CENSUS);
        assert!(census.is_some(), "the census of this file is one");
        Facts::new(Inputs { census, relative_error: 0.03, ..Inputs::default() }).unwrap_or_default()
    })
}

/// A sentence about coca.
pub fn claim(data: &[u8]) {
    thread_local! {
        static JUDGE: OnceCell<Judge<'static>> = const { OnceCell::new() };
    }
    let Ok(sentence) = std::str::from_utf8(data) else { return };
    JUDGE.with(|judge| {
        let outcome = judge.get_or_init(|| Judge::new(census_facts(), Some(2024))).judge(sentence);
        assert!(!outcome.why.is_empty(), "a verdict without a reason");
    });
}

/// Figures, dates, codes, names of cells and files, amounts of memory.
pub fn numbers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for format in [NumberFormat::Point, NumberFormat::Comma] {
        if let Some(figure) = number_format::parse(text, format) {
            let again = number_format::parse(&figure.to_string(), NumberFormat::Point);
            assert_eq!(again, Some(figure), "a figure that does not come back");
            let _ = (figure.grouped(), figure.to_f64());
        }
    }
    for language in [Language::English, Language::Spanish] {
        let _ = number::read(text, language);
    }
    if let Ok(code) = MunicipalityCode::parse(text) {
        assert_eq!(MunicipalityCode::parse(code.as_str()), Ok(code.clone()), "a code that does not come back");
    }
    if let Some((lattice, cell)) = CellLattice::parse_name(text) {
        assert_eq!(lattice.name(cell), text, "a cell that does not come back");
        let _ = lattice.corner(cell);
    }
    let cells: Vec<String> = text.split(',').map(str::to_owned).collect();
    let dates = Evidence::of(cells.iter().map(String::as_str));
    for cell in &cells {
        let _ = (dates.read(cell), coordinate(cell), parse_day(cell), parse_method(cell), is_coca(cell));
        let _ = (date_in_name(cell), date_in_metadata(cell), product_name(cell), units::factor(cell));
        let _ = (CellLattice::parse(cell), parse_bytes(cell), Product::from_words(cell), key_of(cell));
        if let Some(id) = part_file::id_of(cell) {
            assert_eq!(part_file::part_name(id), *cell, "a part that does not come back");
        }
    }
    let _ = (year_columns(&cells, None), year_columns(&cells, Some("coca")), band_names(&cells, None));
}

/// Metadata of a scene: Landsat's MTL in either form, Sentinel-2's XML.
pub fn metadata(data: &[u8]) {
    try_metadata(&String::from_utf8_lossy(data));
}

/// What earlier runs left as JSON: `run.json`, an assessment, a table of areas, an error matrix.
pub fn json(data: &[u8]) {
    if let Ok(run) = recorded_run_of(data) {
        let _ = (run.years(), run.scenes.iter().map(|scene| scene.clear_share(2024)).collect::<Vec<_>>());
    }
    if let Ok(assessment) = assessment_of(Path::new("a.json"), data) {
        let _ = assessment_csv(&assessment);
        let _ = [true, false].map(|paired| crate::accuracy::change(&assessment, &assessment, paired));
    }
    if let Ok(mut table) = serde_json::from_slice::<AreaTable>(data) {
        let again = serde_json::to_vec(&table).ok().and_then(|json| serde_json::from_slice(&json).ok());
        assert_eq!(again.as_ref(), Some(&table), "a table that does not come back");
        table.merge(&table.clone());
        for (zone, class) in [(0, 1), (1, 2)] {
            let _ = (table.hectares(zone, class), table.coverage_hectares(zone), table.outside_hectares(class));
        }
    }
    if let Ok(matrix) = serde_json::from_slice::<ErrorMatrix>(data)
        && matrix.is_whole()
    {
        let _ = (matrix.pixels(), matrix.total_units(), matrix.overall(), matrix.overall_by_unit(), matrix.rows());
    }
}

/// A text that is to leave: a table, a layer, other JSON, a page.
pub fn published(data: &[u8]) {
    thread_local! {
        static READER: OnceCell<Option<DocumentReader>> = const { OnceCell::new() };
    }
    // Formats of bytes are GDAL's to read.
    if std::str::from_utf8(data).is_err() && !data.starts_with(b"\xff\xfe") && !data.starts_with(b"\xfe\xff") {
        return;
    }
    let Some(folder) = Scratch::new() else { return };
    let Some(path) = folder.put("t.csv", data) else { return };
    let names = || Names::new(["someone".to_owned()], ["somewhere".to_owned()]);
    READER.with(|reader| {
        let Some(reader) = reader.get_or_init(|| DocumentReader::new(names()).ok()) else { return };
        let file = PublishedFile { name: "t.csv".to_owned(), path, link: false };
        let Ok(document) = reader.read(&file) else { return };
        let _ = check_document(&document, (&Settings::default(), &names()), &mut facts::Facts::default());
    });
}
