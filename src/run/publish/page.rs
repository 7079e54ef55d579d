//! The report of a publication: made of its files alone, so that it can hold nothing that they do not.

use serde_json::Value;

use super::error::PublishError;
use super::{Content, RECORD};
use crate::io::atomic::scratch_folder;
use crate::report::Language;
use crate::report::assemble::{Options, RELATIVE_SE};
use crate::run::report::{ReportOptions, report};
use crate::run::threads::Threads;

/// The page of these files and of what was done. It has no pictures: those of a run show cells with few lots too.
pub(super) fn page_of(
    threads: &Threads,
    language: Language,
    files: &[Content],
    record: &Value,
) -> Result<Vec<u8>, PublishError> {
    let record = (RECORD.to_owned(), serde_json::to_vec_pretty(record)?);
    let folder = scratch_folder(files.iter().chain([&record]))?;
    let options = Options { language, relative_se: RELATIVE_SE };
    let wanted = ReportOptions { options, borders: None, pictures: false };
    Ok(report(folder.path(), &wanted, threads)?.0)
}
