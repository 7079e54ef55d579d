//! Where a publication may go: apart from the run, and into a folder that holds nothing else.

use std::path::{Path, PathBuf};

use super::error::PublishError;
use crate::io::atomic::make_folder;
use crate::io::published::{PublishedError, files_below};

/// Refuses a folder inside the run's, around it, or the same.
pub fn refuse_overlap(out: &Path, into: &Path) -> Result<(), PublishError> {
    let (a, b) = (real(out), real(into));
    if a.starts_with(&b) || b.starts_with(&a) {
        return Err(PublishError::Overlap { into: into.to_owned(), out: out.to_owned() });
    }
    Ok(())
}

/// A path without links, also of what is not there yet.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            real(if parent.as_os_str().is_empty() { Path::new(".") } else { parent }).join(name)
        }
        _ => path.to_owned(),
    }
}

/// Makes the folder; a file in it that is not one of `names` would be given away with the rest.
pub fn prepare(folder: &Path, names: &[&str]) -> Result<(), PublishError> {
    make_folder(folder)?;
    let there = match files_below(folder) {
        Ok(files) => files,
        Err(PublishedError::Empty { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    match there.into_iter().find(|file| file.link || !names.contains(&file.name.as_str())) {
        Some(file) => Err(PublishError::Foreign { folder: folder.to_owned(), file: file.name }),
        None => Ok(()),
    }
}
