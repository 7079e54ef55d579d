//! What people look at: the data of the report's page, its words and its pictures.
//!
//! All figures, intervals and verdicts are made here; the page (`report/`, TypeScript) only shows them. A figure that is not
//! known is `null`, never zero. Words stand in `report/messages`, in Spanish and English, for this folder and for the page.

pub mod arcs;
pub mod assemble;
mod counts;
pub mod figures;
pub mod given;
mod null_errors;
pub mod page;
pub mod picture;
pub mod scrub;
pub mod sentences;
pub mod topology;
pub mod words;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub use words::Language;

/// The data of the page. `docs/report.md` tells each part.
#[derive(Debug, Serialize)]
pub struct ReportData {
    /// Of this form.
    pub version: u32,
    /// Language shown first.
    pub language: Language,
    /// Name of the project.
    pub title: String,
    /// Whether the data are made up, and say so.
    pub synthetic: bool,
    /// Rules of a publication, where this is one.
    pub publication: Option<Value>,
    /// Years, ascending.
    pub years: Vec<i32>,
    /// Municipalities, by code.
    pub places: Vec<Place>,
    /// All together, then departments.
    pub totals: Vec<Place>,
    /// Figures of municipalities: place by place, year by year. Hectares unless the name says otherwise.
    pub figures: BTreeMap<String, Vec<Option<f64>>>,
    /// Figures of the totals.
    pub total_figures: BTreeMap<String, Vec<Option<f64>>>,
    /// Further figures under the names of their columns.
    pub labels: BTreeMap<String, String>,
    /// Why a row cannot be compared as it stands.
    pub flags: Coded,
    /// Sentences of each place and year.
    pub sentences: sentences::Sentences,
    /// The map's and the null's error over all years.
    pub null_model: Option<NullModel>,
    /// Municipalities' borders, a TopoJSON topology.
    pub map: Option<topology::Topology>,
    /// A small picture for each tile and year.
    pub pictures: Vec<Picture>,
    /// What the figures were made of.
    pub provenance: Provenance,
}

/// A place with figures.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// `CO`, two digits a department, five a municipality.
    pub code: String,
    /// Its name, a label.
    pub name: String,
    /// Of a municipality: its department. Of a total: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Of a total: `all` or `department`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
}

/// Words by number.
#[derive(Debug, Default, Serialize)]
pub struct Coded {
    /// The words.
    pub words: Vec<String>,
    /// Their numbers, laid out like the figures of municipalities.
    pub places: Vec<usize>,
    /// Their numbers, laid out like the figures of the totals.
    pub totals: Vec<usize>,
}

/// The errors that [`crate::compare::null`] defines, per cent of the census.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NullModel {
    /// Sum of |mapped - census| over the sum of the census.
    pub map_error_pct: f64,
    /// Sum of |last year's census - census| over the sum of the census.
    pub null_error_pct: f64,
    /// Rows that have all three figures of the same ground.
    pub rows_used: usize,
    /// All rows.
    pub rows: usize,
    /// `map`, `null` or `equal`.
    pub closer: &'static str,
}

/// A small picture.
#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    /// The tile.
    pub tile: String,
    /// Census year.
    pub year: i32,
    /// Day of the scene shown.
    pub date: Option<String>,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// West, south, east, north in degrees.
    pub bounds: [f64; 4],
    /// A `data:` URL of a PNG.
    pub image: String,
    /// Side of the cells that coca is shown in, metres.
    pub cell_m: u32,
}

/// What the figures were made of. Names of files have no folders.
#[derive(Debug, Default, Serialize)]
pub struct Provenance {
    /// Program that made the figures, with its version; of the report where the folder has no record.
    pub program: String,
    /// GDAL's version.
    pub gdal: Option<String>,
    /// Whether the folder has a `run.json`.
    pub recorded: bool,
    /// Files read.
    pub inputs: Vec<FileDigest>,
    /// Files that the report was made from.
    pub outputs: Vec<FileDigest>,
    /// Settings of the run.
    pub settings: Value,
    /// The model with its held-out accuracy.
    pub model: Value,
    /// Scenes: name, sensor, date.
    pub scenes: Vec<BTreeMap<&'static str, Value>>,
    /// Remarks of the run, in English.
    pub notes: Vec<String>,
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
}

/// Something assumed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assumption {
    /// Key of its sentence, without its `assumption.`.
    pub key: &'static str,
    /// Its size, per cent.
    pub value_pct: f64,
}

/// A file by name and digest.
#[derive(Debug, Clone, Serialize)]
pub struct FileDigest {
    /// What it was for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Its name without folders.
    pub name: String,
    /// SHA-256 in hexadecimal, where it was taken.
    pub sha256: Option<String>,
}
