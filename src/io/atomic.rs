//! Outputs appear whole or not at all: written beside their final name, then renamed.

use std::io::Write;
use std::path::{Path, PathBuf};

/// An output that could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder cannot be made or written to.
    #[error("cannot write into folder {folder}: {source}; choose another with --out or -o")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written or renamed.
    #[error("cannot write {path}: {source}")]
    File {
        /// The final name.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes a folder with its parents and checks that it can be written to.
///
/// # Errors
/// [`WriteError::Folder`] when it cannot be made, is a file, or refuses a new file.
pub fn make_folder(folder: &Path) -> Result<(), WriteError> {
    let named = |source| WriteError::Folder { folder: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(named)?;
    tempfile::NamedTempFile::new_in(folder).map_err(named)?;
    Ok(())
}

/// The folder that a file is to be written in (`.` for a bare name).
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Writes bytes under a temporary name in the same folder and renames the file once it is whole.
///
/// # Errors
/// [`WriteError`] naming the final path; the final name is then untouched.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let named = |source| WriteError::File { path: path.to_owned(), source };
    let mut file = tempfile::NamedTempFile::new_in(parent(path)).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    persist(file.into_temp_path(), path)
}

/// Renames a finished temporary file to its final name.
///
/// # Errors
/// [`WriteError::File`] naming the final path.
pub fn persist(temporary: tempfile::TempPath, path: &Path) -> Result<(), WriteError> {
    let named = |source| WriteError::File { path: path.to_owned(), source };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private (0600); an output is an ordinary file.
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o644)).map_err(named)?;
    }
    temporary.persist(path).map_err(|e| named(e.error))
}
