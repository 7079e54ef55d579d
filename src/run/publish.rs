//! `cocal publish`: from a run's folder to one that may be given away.
//!
//! Read, count lots and ground by cell, decide what is shown, write all of it anew, look at it as a stranger would, and only
//! then put it in place. Nothing is copied, and the run's folder is not touched.

mod cells;
pub mod check;
mod contents;
mod error;
mod page;
mod place;
mod record;

use std::path::PathBuf;

pub use self::cells::YearCount;
pub use self::check::{CheckReport, Overrides, check_files, check_folder};
pub use self::error::PublishError;
use super::threads::Threads;
use crate::io::atomic::{Staged, put_marked};
use crate::io::published::PublishedFile;
use crate::io::read_publishable::read_publishable;
use crate::publish::check::Settings;
use crate::report::Language;

/// The file that tells what was done; it comes last, so that its presence says that the publication is whole.
pub const RECORD: &str = "publication.json";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Folder of a run.
    pub out: PathBuf,
    /// Folder to publish into.
    pub into: PathBuf,
    /// k, cells, least hectares, and the reason for lots.
    pub settings: Settings,
    /// Language that the publication's report is shown in first.
    pub language: Language,
}

/// What was published.
#[derive(Debug)]
pub struct Publication {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Cells by year.
    pub years: Vec<YearCount>,
    /// Municipalities and years whose mapped figures are withheld.
    pub withheld: Vec<(String, i32)>,
    /// Single lots that left.
    pub lots: usize,
    /// What the checker looked at.
    pub checked: CheckReport,
    /// What must be known.
    pub notes: Vec<String>,
}

/// A file that is to be published: its name and its bytes.
pub type Content = (String, Vec<u8>);

/// Publishes.
///
/// # Errors
/// [`PublishError`] naming the file; [`PublishError::Leaks`] where the checker finds something, and then nothing is put in
/// place.
pub fn publish(threads: &Threads, request: &Request) -> Result<Publication, PublishError> {
    place::refuse_overlap(&request.out, &request.into)?;
    let outputs = read_publishable(&request.out)?;
    let years = cells::count_years(threads, request, &outputs)?;
    cells::refuse_years_without_masks(&outputs, &years)?;
    let withheld = cells::withheld_map(&years, &outputs.layer);
    let mut notes = contents::notes(&outputs, &request.settings);
    let mut files = contents::contents(&outputs, &years, &withheld, &request.settings)?;
    let lots = contents::add_lots(&mut files, &years, &request.settings)?;
    let unreported = record::record(request, &outputs, (&years, &withheld), &files);
    files.push(("report.html".to_owned(), page::page_of(threads, request.language, &files, &unreported)?));
    let record = record::record(request, &outputs, (&years, &withheld), &files);
    files.push((RECORD.to_owned(), serde_json::to_vec_pretty(&record)?));
    let (checked, put) = put_checked(request, files)?;
    notes.extend(years.iter().flat_map(|year| year.notes.iter().cloned()));
    let withheld = withheld.municipalities.into_iter().collect();
    Ok(Publication { files: put, years: years.into_iter().map(|y| y.count).collect(), withheld, lots, checked, notes })
}

/// Writes the files under temporary names, checks them, and gives them their names.
fn put_checked(request: &Request, files: Vec<Content>) -> Result<(CheckReport, Vec<PathBuf>), PublishError> {
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    place::prepare(&request.into, &names)?;
    let mut staged = Vec::with_capacity(files.len());
    for (name, bytes) in &files {
        staged.push(Staged::bytes(&request.into.join(name), bytes)?);
    }
    let as_published: Vec<PublishedFile> = files
        .iter()
        .zip(&staged)
        .map(|((name, _), file)| PublishedFile { name: name.clone(), path: file.staged_path().to_owned(), link: false })
        .collect();
    let checked = check_files(&as_published, &Overrides::default())?;
    if !checked.findings.is_empty() {
        return Err(PublishError::Leaks(checked.findings));
    }
    let put = staged.iter().map(|file| file.path().to_owned()).collect();
    put_marked(staged)?;
    Ok((checked, put))
}
