//! All the record files of one comparison, read together: the figures, and where each of them stands.

use std::path::PathBuf;

use super::read_records::{ReadRecordsError, read_prices, read_record_file, read_record_file_as};
use crate::compare::BesideRecords;
use crate::records::{Census, Eradication, Kind, RecordFile, Seizures, Source, Substitution};

/// Record files as they were given.
#[derive(Debug, Clone, Default)]
pub struct GivenFiles {
    /// Census.
    pub census: PathBuf,
    /// Eradication: manual, spraying or events, each file's kind is found out.
    pub eradication: Vec<PathBuf>,
    /// Spraying.
    pub spraying: Vec<PathBuf>,
    /// Substitution.
    pub substitution: Option<PathBuf>,
    /// Seizures, a file per product or a column of products.
    pub seizures: Vec<PathBuf>,
    /// Prices.
    pub prices: Option<PathBuf>,
}

impl GivenFiles {
    /// Every path.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let several = self.eradication.iter().chain(&self.spraying).chain(&self.seizures);
        std::iter::once(&self.census).chain(several).chain(&self.substitution).chain(&self.prices)
    }
}

/// The records, read.
#[derive(Debug, Clone, Default)]
pub struct GivenRecords {
    /// Census.
    pub census: Census,
    /// Eradication, by all methods.
    pub eradication: Eradication,
    /// What stands beside.
    pub beside: BesideRecords,
    /// The files of municipal figures, with their rows.
    pub files: Vec<RecordFile>,
    /// What is odd in the files.
    pub notes: Vec<String>,
}

impl GivenRecords {
    /// Where the figures of some places and years stand.
    pub fn sources(&self, wanted: impl Fn(&str, i32) -> bool) -> Vec<Source> {
        let mut sources: Vec<Source> = self.files.iter().flat_map(|file| file.sources(&wanted)).collect();
        if let Some(prices) = &self.beside.prices {
            sources.extend(prices.sources(|year| wanted("", year)));
        }
        sources.sort();
        sources
    }
}

/// Reads all of them.
///
/// # Errors
/// [`ReadRecordsError`] naming the file, line and column; also where two files give the same figure.
pub fn read_given(given: &GivenFiles) -> Result<GivenRecords, ReadRecordsError> {
    let census_file = read_record_file_as(&given.census, Kind::Census)?;
    let census = Census::from_file(census_file.clone())?;
    let mut notes: Vec<String> = census.notes.iter().map(|n| format!("{}: {n}", given.census.display())).collect();

    let mut eradication_files =
        given.eradication.iter().map(|path| read_record_file(path)).collect::<Result<Vec<_>, _>>()?;
    for path in &given.spraying {
        eradication_files.push(read_record_file_as(path, Kind::Spraying)?);
    }
    let eradication = Eradication::from_files(&eradication_files)?;
    notes.extend(eradication.notes.iter().cloned());

    let substitution_file =
        given.substitution.as_ref().map(|path| read_record_file_as(path, Kind::Substitution)).transpose()?;
    let substitution = substitution_file.as_ref().map(Substitution::from_file).transpose()?;
    let seizure_files = given.seizures.iter().map(|path| read_record_file_as(path, Kind::Seizures));
    let seizure_files = seizure_files.collect::<Result<Vec<_>, _>>()?;
    let seizures = (!seizure_files.is_empty()).then(|| Seizures::from_files(&seizure_files)).transpose()?;
    let prices = given.prices.as_ref().map(|path| read_prices(path)).transpose()?;
    notes.extend(substitution.iter().flat_map(|s| s.notes.iter().cloned()));
    notes.extend(seizures.iter().flat_map(|s| s.notes.iter().cloned()));
    notes.extend(prices.iter().flat_map(|p| p.notes.iter().map(|n| format!("{}: {n}", p.path))));

    let files = std::iter::once(census_file).chain(eradication_files).chain(substitution_file).chain(seizure_files);
    let files = files.collect();
    let beside = BesideRecords { substitution, seizures, prices, neighbours: None };
    Ok(GivenRecords { census, eradication, beside, files, notes })
}
