//! The folder of a run while it works: its lock, and the journal of what is done.

use std::path::{Path, PathBuf};

use super::Reuse;
use crate::io::atomic::{self, WriteError};
use crate::io::journal::Journal;
use crate::io::lock::{Lock, LockError};

/// Where lock and journal lie in an output folder.
pub const FOLDER: &str = ".cocal";

/// A folder that cannot be worked in.
#[derive(Debug, thiserror::Error)]
pub enum WorkplaceError {
    /// Someone else works there.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It cannot be written to.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A folder that only this process works in.
pub struct Workplace {
    /// What is done.
    pub journal: Journal,
    _lock: Lock,
}

/// The journal of an output folder.
pub fn journal_path(out: &Path) -> PathBuf {
    out.join(FOLDER).join("journal")
}

/// Takes the lock of an output folder, which is made where it is not there. What a killed process left half-written in it is taken
/// away.
///
/// # Errors
/// [`WorkplaceError`]: another process works there, or it cannot be written to.
pub fn lock(out: &Path) -> Result<Lock, WorkplaceError> {
    atomic::make_folder(out)?;
    let folder = out.join(FOLDER);
    atomic::make_folder(&folder)?;
    let held = Lock::take(out, &folder.join("lock"))?;
    let masks = out.join("mask");
    atomic::make_folder(&masks)?;
    for folder in [out, &masks, &folder] {
        atomic::remove_leftovers(folder)?;
    }
    Ok(held)
}

impl Workplace {
    /// Opens an output folder for one run.
    ///
    /// # Errors
    /// As of [`lock`].
    pub fn open(out: &Path, reuse: Reuse) -> Result<Self, WorkplaceError> {
        let held = lock(out)?;
        let mut journal = Journal::open(&journal_path(out))?;
        if reuse == Reuse::Never || (reuse == Reuse::Unfinished && journal.is_done()) {
            journal.clear()?;
        }
        Ok(Self { journal, _lock: held })
    }
}
