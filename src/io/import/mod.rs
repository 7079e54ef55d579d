//! Models of other libraries: LightGBM, XGBoost, CatBoost, and scikit-learn's forests by way of ONNX.
//!
//! What is not understood is refused by name; nothing is approximated.

mod catboost;
mod lightgbm;
mod onnx;
mod ubj;
mod xgboost;

use std::path::{Path, PathBuf};

use crate::classify::imported::{Ensemble, EnsembleError, Parts};
use crate::classify::model::Classifier;
use crate::classify::network::shape::Declared;

/// Larger files are not read.
const LARGEST: u64 = 2 << 30;

/// A model that cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The system cannot read it.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too large.
    #[error("{path} holds {bytes} bytes; models of more than {LARGEST} are not imported")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Of no known kind.
    #[error(
        "{path} is no model that cocal imports: it takes LightGBM's text (save_model), XGBoost's JSON or UBJ (save_model), CatBoost's JSON (save_model with format='json'), and tree ensembles (skl2onnx) and networks in ONNX"
    )]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// Something in it is not understood.
    #[error("{path} ({kind}): {rule}")]
    Content {
        /// The file.
        path: PathBuf,
        /// Which library's.
        kind: &'static str,
        /// What is wrong with it.
        rule: String,
    },
    /// Its trees are none.
    #[error("{path}: {source}")]
    Ensemble {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: EnsembleError,
    },
}

/// A model as it was found in a file.
#[derive(Debug)]
pub struct Found {
    /// Its trees and what they mean, or the network.
    pub classifier: Classifier,
    /// Names of the features, where the file has them.
    pub features: Option<Vec<String>>,
    /// Names of the classes, where the file has them.
    pub classes: Option<Vec<String>>,
}

/// What a parser makes of a file.
struct Parsed {
    kind: Kind,
    features: Option<Vec<String>>,
    classes: Option<Vec<String>>,
}

/// What was parsed.
enum Kind {
    Trees(Parts),
    Network(Declared),
}

/// Reads a model of another library; which one is seen from its content. `features` and `classes` are how many the user named.
///
/// # Errors
/// [`ImportError`] naming the file and what cannot be used.
pub fn read_foreign_model(
    path: &Path,
    (features, classes): (Option<usize>, Option<usize>),
) -> Result<Found, ImportError> {
    let unread = |source| ImportError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(unread)?.len();
    if bytes > LARGEST {
        return Err(ImportError::TooLarge { path: path.to_owned(), bytes });
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    foreign_model(path, bytes, (features, classes))
}

/// A model of another library from the bytes of its file; `path` is for messages.
///
/// # Errors
/// [`ImportError`] naming the file and what cannot be used.
pub fn foreign_model(
    path: &Path,
    bytes: Vec<u8>,
    (features, classes): (Option<usize>, Option<usize>),
) -> Result<Found, ImportError> {
    let unknown = || ImportError::Unknown { path: path.to_owned() };
    let (kind, parsed) = if let Some(text) = lightgbm::text_of(&bytes) {
        ("LightGBM", lightgbm::parse(text))
    } else if bytes.first() == Some(&b'{') {
        json(&bytes).ok_or_else(unknown)?
    } else {
        ("ONNX", onnx::parse(&bytes).ok_or_else(unknown)?)
    };
    let wrong = |rule| ImportError::Content { path: path.to_owned(), kind, rule };
    let parsed = parsed.map_err(wrong)?;
    let classifier = match parsed.kind {
        Kind::Trees(parts) => {
            let ensemble = Ensemble::new(parts);
            let ensemble = ensemble.map_err(|source| ImportError::Ensemble { path: path.to_owned(), source })?;
            Classifier::Imported(Box::new(ensemble))
        }
        Kind::Network(declared) => Classifier::Network(declared.network(bytes, features, classes).map_err(wrong)?),
    };
    Ok(Found { classifier, features: parsed.features, classes: parsed.classes })
}

/// JSON, or UBJ, which begins with the same bracket; whose it is follows from its fields.
fn json(bytes: &[u8]) -> Option<(&'static str, Result<Parsed, String>)> {
    let value = serde_json::from_slice(bytes).ok().or_else(|| ubj::parse(bytes))?;
    if value.get("learner").is_some() {
        Some(("XGBoost", xgboost::parse(&value)))
    } else if value.get("features_info").is_some() || value.get("oblivious_trees").is_some() {
        Some(("CatBoost", catboost::parse(&value)))
    } else {
        None
    }
}

/// The first of several names is no name a library made up because it had none.
fn own_names(names: Vec<String>) -> Option<Vec<String>> {
    (!names.is_empty() && names.iter().all(|name| !name.is_empty())).then_some(names)
}
