//! Substitution: hectares that growers gave up under a programme (in Colombia the PNIS), per municipality and year.
//!
//! These hectares may be in the records of voluntary eradication too. They stand beside those and are in no sum with them.

use std::collections::{BTreeMap, BTreeSet};

use super::error::RecordError;
use super::kind::Kind;
use super::parse::RecordFile;
use super::quantity::Exact;
use super::quantity::FlowHa;
use crate::territory::MunicipalityCode;

/// Hectares substituted. A municipality absent from a table that covers the year had none; other years are unknown.
#[derive(Debug, Clone, Default)]
pub struct Substitution {
    flows: BTreeMap<(MunicipalityCode, i32), FlowHa>,
    years: BTreeSet<i32>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

impl Substitution {
    /// Substitution of a record file.
    ///
    /// # Errors
    /// [`RecordError::WrongKind`] for another kind.
    pub fn from_file(file: &RecordFile) -> Result<Self, RecordError> {
        if file.kind != Kind::Substitution {
            let (path, why) = (file.path.clone(), file.why.clone());
            return Err(RecordError::WrongKind {
                file: path,
                found: file.kind,
                wanted: "a table of substitution",
                why,
            });
        }
        let flows = file.entries.iter().map(|e| ((e.code.clone(), e.year), FlowHa::new(e.value))).collect();
        let notes = file.notes.iter().map(|n| format!("{}: {n}", file.path)).collect();
        Ok(Self { flows, years: file.years.clone(), notes })
    }

    /// Every figure.
    pub fn by_municipality(&self) -> impl Iterator<Item = (&MunicipalityCode, i32, FlowHa)> {
        self.flows.iter().map(|((code, year), flow)| (code, *year, *flow))
    }

    /// The years that the table covers.
    pub fn years(&self) -> &BTreeSet<i32> {
        &self.years
    }

    /// Hectares substituted in a municipality during a year.
    pub fn flow(&self, code: &MunicipalityCode, year: i32) -> Option<FlowHa> {
        let listed = self.flows.get(&(code.clone(), year)).copied();
        listed.or_else(|| self.years.contains(&year).then(|| FlowHa::new(Exact::ZERO)))
    }
}
