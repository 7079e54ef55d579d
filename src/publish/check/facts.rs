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
    /// Share of its ground that was observed.
    pub observed_share: Option<f64>,
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
    /// Departments and years whose totals are withheld.
    pub withheld_departments: BTreeSet<(String, i32)>,
    /// Years in which the total of all is withheld.
    pub withheld_totals: BTreeSet<i32>,
}

/// What a row or figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// A municipality by its code.
    Municipality(&'a str),
    /// A department by its code.
    Department(&'a str),
    /// All.
    All,
}

impl<'a> Of<'a> {
    /// By a code: five digits, two digits, or anything else for all.
    pub fn code(code: &'a str) -> Self {
        match code.len() {
            _ if code.is_empty() || !code.bytes().all(|b| b.is_ascii_digit()) => Self::All,
            1 | 2 => Self::Department(code),
            _ => Self::Municipality(code),
        }
    }

    /// Its name in a finding.
    pub fn name(self) -> &'a str {
        match self {
            Self::Municipality(code) | Self::Department(code) => code,
            Self::All => "all",
        }
    }
}

impl Facts {
    /// Whether figures of the map are withheld; without a year, in any of them.
    pub fn withholds(&self, of: Of<'_>, year: Option<i32>) -> bool {
        let same = |known: &i32| year.is_none_or(|year| year == *known);
        let any = |set: &BTreeSet<(String, i32)>, code: &str| set.iter().any(|(c, y)| c == code && same(y));
        match of {
            Of::Municipality(code) => any(&self.withheld, code),
            Of::Department(code) => any(&self.withheld_departments, code),
            Of::All => self.withheld_totals.iter().any(same),
        }
    }

    /// Whether a municipality inside a department, or inside all, is withheld.
    pub fn withholds_inside(&self, of: Of<'_>, year: Option<i32>) -> bool {
        let inside = |code: &str| match of {
            Of::Municipality(_) => false,
            Of::Department(department) => code.starts_with(department),
            Of::All => true,
        };
        self.withheld.iter().any(|(code, y)| inside(code) && year.is_none_or(|year| year == *y))
    }

    /// Keeps what one file says of a cell; what any file shows is shown.
    pub fn add_cell(&mut self, cell: CellIndex, year: i32, fact: CellFact) {
        let known = self.cells.entry((cell, year)).or_default();
        known.lots = known.lots.or(fact.lots);
        known.mapped_ha = known.mapped_ha.or(fact.mapped_ha);
        known.observed_share = known.observed_share.or(fact.observed_share);
    }
}
