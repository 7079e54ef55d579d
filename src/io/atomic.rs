//! Outputs appear whole or not at all: written beside their final name, then renamed. An output never takes the place of an
//! input.

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
    /// The output would take the place of an input.
    #[error("{path} is an input and would be overwritten; choose another name or folder for the output")]
    Input {
        /// The file.
        path: PathBuf,
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
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder).map_err(named)?;
    Ok(())
}

/// The first part of the name of every file that is not whole yet.
pub(super) const TEMPORARY: &str = ".cocal-";

/// Takes away what a killed process left half-written in a folder that only this one works in.
///
/// # Errors
/// [`WriteError::Folder`] when the folder cannot be listed, [`WriteError::File`] when a file cannot be taken away.
pub fn remove_leftovers(folder: &Path) -> Result<(), WriteError> {
    let named = |source| WriteError::Folder { folder: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let entry = entry.map_err(named)?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|source| WriteError::File { path, source })?;
        }
    }
    Ok(())
}

/// The folder that a file is to be written in (`.` for a bare name).
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// Checks that no output is one of the inputs, by whatever name; virtual inputs are no files.
///
/// # Errors
/// [`WriteError::Input`] naming the file.
pub fn keep_inputs<'a>(
    outputs: impl IntoIterator<Item = &'a Path>,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), WriteError> {
    let inputs: Vec<PathBuf> = inputs.into_iter().filter_map(|p| p.canonicalize().ok()).collect();
    let taken = |output: &&Path| output.canonicalize().is_ok_and(|path| inputs.contains(&path));
    match outputs.into_iter().find(taken) {
        Some(output) => Err(WriteError::Input { path: output.to_owned() }),
        None => Ok(()),
    }
}

/// A whole file under a temporary name in the folder of its final one; removed when dropped.
#[derive(Debug)]
pub struct Staged {
    temporary: tempfile::TempPath,
    path: PathBuf,
}

impl Staged {
    /// A finished temporary file that is to get the name `path`.
    pub fn new(temporary: tempfile::TempPath, path: PathBuf) -> Self {
        Self { temporary, path }
    }

    /// Bytes that are to get the name `path`.
    ///
    /// # Errors
    /// [`WriteError`] naming the final path, mostly a full disk.
    pub fn bytes(path: &Path, bytes: &[u8]) -> Result<Self, WriteError> {
        let named = |source| WriteError::File { path: path.to_owned(), source };
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(parent(path)).map_err(named)?;
        file.write_all(bytes).map_err(named)?;
        Ok(Self { temporary: file.into_temp_path(), path: path.to_owned() })
    }

    /// The final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the whole file lies until it is put in place.
    pub fn staged_path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the file its final name.
    ///
    /// # Errors
    /// [`WriteError::File`] naming the final path, which is then untouched.
    pub fn put(self) -> Result<(), WriteError> {
        let Self { temporary, path } = self;
        let named = |source| WriteError::File { path: path.clone(), source };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private (0600); an output is an ordinary file.
            std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o644)).map_err(named)?;
        }
        temporary.persist(&path).map_err(|e| named(e.error))
    }
}

/// Gives all files their final names. The last one marks the others as whole: its earlier version goes first.
///
/// # Errors
/// [`WriteError::File`] naming the first that cannot be put in place.
pub fn put_marked(staged: Vec<Staged>) -> Result<(), WriteError> {
    if let Some(marker) = staged.last()
        && let Err(source) = std::fs::remove_file(&marker.path)
        && source.kind() != std::io::ErrorKind::NotFound
    {
        return Err(WriteError::File { path: marker.path.clone(), source });
    }
    staged.into_iter().try_for_each(Staged::put)
}

/// A folder of its own with files in it, gone when dropped.
///
/// # Errors
/// [`WriteError`] naming the folder or file, mostly a full disk.
pub fn scratch_folder<'a>(
    files: impl IntoIterator<Item = &'a (String, Vec<u8>)>,
) -> Result<tempfile::TempDir, WriteError> {
    let folder = tempfile::tempdir().map_err(|source| WriteError::Folder { folder: std::env::temp_dir(), source })?;
    files.into_iter().try_for_each(|(name, bytes)| write_bytes(&folder.path().join(name), bytes))?;
    Ok(folder)
}

/// Writes bytes under a temporary name in the same folder and renames the file once it is whole.
///
/// # Errors
/// [`WriteError`] naming the final path; the final name is then untouched.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    Staged::bytes(path, bytes)?.put()
}
