//! Model files on disk.

use std::path::{Path, PathBuf};

use super::atomic::{WriteError, write_bytes};
use crate::classify::model::Model;
use crate::classify::model_bytes::{ModelError, from_bytes, to_bytes};

/// Larger files are not models: the largest forest that the format can hold in practice is far below.
const LARGEST: u64 = 4 << 30;

/// A model file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The system cannot read it.
    #[error("cannot read the model {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too large to be a model.
    #[error("{path} holds {bytes} bytes; no model is that large: give the file that 'cocal train' wrote")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Its content is not a model that this version reads.
    #[error("{path}: {source}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ModelError,
    },
}

/// Reads a model.
///
/// # Errors
/// [`ModelFileError`] naming the file and what is wrong with it.
pub fn read_model(path: &Path) -> Result<Model, ModelFileError> {
    let unread = |source| ModelFileError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(unread)?.len();
    if bytes > LARGEST {
        return Err(ModelFileError::TooLarge { path: path.to_owned(), bytes });
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    from_bytes(&bytes).map_err(|source| ModelFileError::Content { path: path.to_owned(), source })
}

/// Writes a model, whole or not at all.
///
/// # Errors
/// [`WriteError`] naming the file.
pub fn write_model(path: &Path, model: &Model) -> Result<(), WriteError> {
    write_bytes(path, &to_bytes(model))
}
