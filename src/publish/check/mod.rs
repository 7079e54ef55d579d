//! The leak checker: what a folder that is to be published must not hold.
//!
//! It reads what is there, not what should be there: every file by its content, whatever its name. Files come in as
//! [`Document`]s, which `io/published` makes; what is found goes out as [`Finding`]s. The figures of all files are kept as
//! [`facts::Facts`], from which [`totals`] computes what an attacker would.

pub mod document;
pub mod facts;
pub mod json;
pub mod names;
pub mod records;
pub mod rules;
pub mod shapes;
pub mod text;
pub mod totals;

pub use document::{Content, Document};
pub use rules::{Finding, Rule};

use crate::territory::CellLattice;

/// What a publication has to keep to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Fewest lots of a cell that shows its figures.
    pub k: u32,
    /// The cells.
    pub lattice: CellLattice,
    /// Least mapped hectares of a cell that shows its figures.
    pub min_ha: Option<f64>,
    /// Why single lots leave, where they do.
    pub lots_reason: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { k: DEFAULT_K, lattice: CellLattice::KILOMETRE, min_ha: None, lots_reason: None }
    }
}

/// Lots that a cell needs where nobody says otherwise.
pub const DEFAULT_K: u32 = 5;
/// Shortest reason for lots to leave, in characters.
pub const SHORTEST_REASON: usize = 10;

/// A reason in its own words, or `None` where it says nothing.
pub fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    (letters >= SHORTEST_REASON).then(|| text.to_owned())
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Examined {
    /// Files.
    pub files: usize,
    /// Rows of tables.
    pub rows: usize,
    /// Features of layers.
    pub features: usize,
    /// Cells by year.
    pub cells: usize,
    /// Lots, which only leave with a reason.
    pub lots: usize,
}

/// Looks at one file and keeps its figures.
pub fn check_document(
    document: &Document,
    (settings, people): (&Settings, &text::Names),
    facts: &mut facts::Facts,
) -> Vec<Finding> {
    let mut seen = records::Seen { settings, people, facts, file: &document.name, findings: Vec::new() };
    seen.facts.examined.files += 1;
    document.faults.iter().for_each(|(rule, what)| seen.find(*rule, "file", what));
    for (place, text) in &document.texts {
        seen.text(place, text);
    }
    match &document.content {
        Content::Table(table) => seen.table(table),
        Content::Layers(layers) => layers.iter().for_each(|layer| seen.layer(layer)),
        Content::Json(value) => seen.json(value),
        Content::Rasters(rasters) => rasters.iter().for_each(|raster| seen.raster(raster)),
        Content::Texts => {}
    }
    document.pictures.iter().for_each(|raster| seen.raster(raster));
    seen.findings
}
