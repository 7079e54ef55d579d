//! What a folder of outputs holds, as the report needs it; `io::read_outputs` reads it.

use std::collections::{BTreeMap, BTreeSet};

use geo::MultiPolygon;
use serde_json::Value;

use super::FileDigest;

/// Figures by place and year.
#[derive(Debug, Default)]
pub struct FigureTable {
    /// Names of the figures, as the report calls them.
    pub columns: Vec<String>,
    /// Names that are columns of the files under their own name, not the report's.
    pub further: Vec<String>,
    /// Rows.
    pub rows: Vec<FigureRow>,
}

/// A place and year.
#[derive(Debug, Clone, Default)]
pub struct FigureRow {
    /// `CO`, two digits a department, five a municipality.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The year.
    pub year: i32,
    /// Words, `;` between them.
    pub flag: String,
    /// A value for each column; `None` is unknown.
    pub values: Vec<Option<f64>>,
}

/// An estimate with its error, hectares; a blank code is the whole ground that was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenEstimate {
    /// Municipality, or blank.
    pub code: String,
    /// The year.
    pub year: i32,
    /// Hectares.
    pub hectares: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Bounds of the 95 % interval.
    pub ci95: [f64; 2],
}

/// A change between two estimates, hectares; a blank code is the whole ground that was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenChange {
    /// Municipality, or blank.
    pub code: String,
    /// The earlier year.
    pub from_year: i32,
    /// The later year.
    pub year: i32,
    /// Hectares.
    pub change: f64,
    /// Its standard error; zero where no unit changed.
    pub standard_error: f64,
    /// Bounds of the 95 % interval.
    pub ci95: [f64; 2],
}

/// The census held against an estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenTest {
    /// Municipality.
    pub code: String,
    /// The year.
    pub year: i32,
    /// Census minus estimate, hectares.
    pub difference: Option<f64>,
    /// The same in standard errors.
    pub z: Option<f64>,
    /// `compatible`, `census higher`, `census lower`, or why there is none.
    pub verdict: String,
}

/// Errors of the estimates of a year and of last year's census on the same municipalities, per cent.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenSkill {
    /// The year.
    pub year: i32,
    /// Of the estimates.
    pub estimate_error_pct: f64,
    /// Of last year's census.
    pub null_error_pct: f64,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Given {
    /// Municipalities.
    pub rows: FigureTable,
    /// All together and departments.
    pub totals: FigureTable,
    /// Estimates.
    pub estimates: Vec<GivenEstimate>,
    /// Changes of estimates.
    pub changes: Vec<GivenChange>,
    /// Tests of the census.
    pub tests: Vec<GivenTest>,
    /// Skill by year.
    pub skill: Vec<GivenSkill>,
    /// Borders in longitude and latitude, by code, with names.
    pub grounds: BTreeMap<String, (String, MultiPolygon<f64>)>,
    /// `run.json`.
    pub record: Option<Value>,
    /// `publication.json`.
    pub publication: Option<Value>,
    /// Files that were read.
    pub files: Vec<FileDigest>,
    /// Remarks on the reading.
    pub notes: Vec<String>,
}

impl Given {
    /// Years of all rows.
    pub fn years(&self) -> BTreeSet<i32> {
        self.rows.rows.iter().map(|row| row.year).collect()
    }
}
