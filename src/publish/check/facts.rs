//! The figures of all files of a folder, as an attacker would lay them side by side.

use std::collections::{BTreeMap, BTreeSet};

use geo::MultiPolygon;

use super::Examined;
use crate::territory::CellIndex;

/// What is published of a cell in a year; no hectares where they are withheld.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CellFact {
    /// Lots.
    pub lots: Option<f64>,
    /// Mapped hectares.
    pub mapped_ha: Option<f64>,
}

/// Figures that hang together over files.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// How much was looked at.
    pub examined: Examined,
    /// By cell and year.
    pub cells: BTreeMap<(CellIndex, i32), CellFact>,
    /// Mapped hectares by code and year.
    pub municipalities: BTreeMap<(String, i32), f64>,
    /// Ground of municipalities by code, in longitude and latitude.
    pub grounds: BTreeMap<String, MultiPolygon<f64>>,
    /// Mapped hectares by level (`country`, `department`), code and year.
    pub totals: BTreeMap<(String, String, i32), f64>,
    /// Municipalities and years that are withheld.
    pub withheld: BTreeSet<(String, i32)>,
}

impl Facts {
    /// Keeps what one file says of a cell; what any file shows is shown.
    pub fn add_cell(&mut self, cell: CellIndex, year: i32, fact: CellFact) {
        let known = self.cells.entry((cell, year)).or_default();
        known.lots = known.lots.or(fact.lots);
        known.mapped_ha = known.mapped_ha.or(fact.mapped_ha);
    }
}
