//! `cocal report`: a folder of outputs as one page.

use std::path::Path;

use super::threads::Threads;
use crate::io::read_outputs::{Borders, ReadOutputsError, read_outputs};
use crate::report::assemble::{Options, assemble};
use crate::report::page::page;
use crate::report::{Picture, ReportData};

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder cannot be read.
    #[error(transparent)]
    Read(#[from] ReadOutputsError),
    /// Never for its figures.
    #[error("cannot write the report's data as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What the report is made with.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Language and assumptions.
    pub options: Options,
    /// Borders, where they are not the folder's own.
    pub borders: Option<Borders>,
    /// Whether small pictures of the tiles go with it.
    pub pictures: bool,
}

/// The page of a folder, and its data.
///
/// # Errors
/// [`ReportError`] naming the file and the row.
pub fn report(folder: &Path, wanted: &ReportOptions, threads: &Threads) -> Result<(Vec<u8>, ReportData), ReportError> {
    let mut given = read_outputs(folder, wanted.borders.as_ref())?;
    let pictures = if wanted.pictures { pictures(folder, threads, &mut given.notes) } else { Vec::new() };
    let data = assemble(&given, pictures, wanted.options);
    Ok((page(&data)?, data))
}

fn pictures(_folder: &Path, _threads: &Threads, _notes: &mut Vec<String>) -> Vec<Picture> {
    Vec::new()
}
