//! Files in a folder of their own that is gone afterwards: for entries of fuzz targets whose parsers read files only.

use std::path::{Path, PathBuf};

/// A folder with files.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// An empty folder; `None` where the system gives none.
    pub(crate) fn new() -> Option<Self> {
        tempfile::tempdir().ok().map(Self)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Puts a file there, or into a folder in it.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> Option<PathBuf> {
        let path = self.0.path().join(name);
        if name.contains('/') {
            std::fs::create_dir_all(super::atomic::parent(&path)).ok()?;
        }
        std::fs::write(&path, bytes).ok().map(|()| path)
    }
}
