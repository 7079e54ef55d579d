//! `cocal model`: models of other libraries as models of cocal, and what they predict.

use std::collections::BTreeMap;
use std::path::Path;

use super::threads::Threads;
use crate::classify::imported::{BATCH, Ensemble, Room, best};
use crate::classify::model::{Classifier, Model};
use crate::classify::network::{Input, Network};
use crate::features::recipe::bands_of;
use crate::features::{Feature, FeatureKind};
use crate::io::digest::{DigestError, sha256_of_file};
use crate::io::import::{ImportError, read_foreign_model};
use crate::io::read_features::Table;
use crate::scene::Band;
use crate::simd::Level;

/// Rows that one thread predicts at a time.
const ROWS: usize = 1 << 14;

/// Names that the user gives; empty: those of the file.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of the features, in the model's order.
    pub features: Vec<String>,
    /// Of the classes, in the model's order.
    pub classes: Vec<String>,
    /// Of the classes that are coca.
    pub coca: Vec<String>,
}

/// An import that was not done.
#[derive(Debug, thiserror::Error)]
pub enum ImportJobError {
    /// The file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The file cannot be read again.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// Names that do not fit.
    #[error("{given} names of {what} were given; the model has {of}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many were given.
        given: usize,
        /// How many there are.
        of: usize,
    },
    /// No such class.
    #[error("no class is called '{name}'; the model has: {classes}")]
    NoClass {
        /// The name.
        name: String,
        /// The classes there are.
        classes: String,
    },
    /// Two features of one name.
    #[error("two features are called '{0}'; name them apart with --features")]
    Twice(String),
    /// A network over dates gets bands only.
    #[error(
        "'{0}' is no band; a network over dates takes the reflectance of bands at each date: name them with --features"
    )]
    NotABand(String),
}

/// Takes over a model; with it, remarks on what was assumed.
///
/// # Errors
/// [`ImportJobError`]: a file that is not understood, or names that do not fit it.
pub fn import(path: &Path, names: &Names) -> Result<(Model, Vec<String>), ImportJobError> {
    let told = |names: &[String]| (!names.is_empty()).then_some(names.len());
    let found = read_foreign_model(path, (told(&names.features), told(&names.classes)))?;
    let mut notes = Vec::new();
    let (features, classes) = match &found.classifier {
        Classifier::Network(network) => (network.features, network.classes),
        Classifier::Imported(ensemble) => (ensemble.features(), ensemble.classes()),
        Classifier::Forest(_) | Classifier::Symmetric(_) => unreachable!("these are cocal's own"),
    };
    let numbered = |prefix: &str, count: usize| (0..count).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>();
    let feature_names = chosen("features", &names.features, found.features, features, || {
        notes.push(
            "the file does not name its features: they are called f0, f1, ...; name them with --features nir,red,..."
                .to_owned(),
        );
        numbered("f", features)
    })?;
    let class_names = chosen("classes", &names.classes, found.classes, classes, || numbered("", classes))?;
    let coca = coca(&class_names, &names.coca, &mut notes)?;
    let mut bands: Vec<Band> = Vec::new();
    let mut features: Vec<Feature> = Vec::new();
    for name in &feature_names {
        let (name, needed) = bands_of(name);
        if features.iter().any(|f| f.name == name) {
            return Err(ImportJobError::Twice(name));
        }
        if takes_dates(&found.classifier) && needed.first().is_none_or(|band| band.name() != name) {
            return Err(ImportJobError::NotABand(name));
        }
        features.push(Feature { name, kind: FeatureKind::Reflectance });
        bands.extend(needed.into_iter().filter(|band| !bands.contains(band)).collect::<Vec<_>>());
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let inputs: BTreeMap<String, String> = sha256_of_file(path)?.map(|digest| (file, digest)).into_iter().collect();
    let model = Model {
        classes: class_names,
        coca,
        features,
        sensor: String::new(),
        bands,
        seed: 0,
        training_years: Vec::new(),
        inputs,
        temporal: false,
        assessment: None,
        calibration: None,
        classifier: found.classifier,
    };
    Ok((model, notes))
}

/// Whether it takes each band at each date.
fn takes_dates(classifier: &Classifier) -> bool {
    matches!(classifier, Classifier::Network(Network { input: Input::Series { .. }, .. }))
}

fn chosen(
    what: &'static str,
    given: &[String],
    found: Option<Vec<String>>,
    of: usize,
    otherwise: impl FnOnce() -> Vec<String>,
) -> Result<Vec<String>, ImportJobError> {
    if !given.is_empty() {
        let given: Vec<String> = given.to_vec();
        return if given.len() == of { Ok(given) } else { Err(ImportJobError::Count { what, given: given.len(), of }) };
    }
    Ok(found.filter(|names| names.len() == of).unwrap_or_else(otherwise))
}

/// Which classes are coca: those named, else those with coca in their names, else the second of two.
fn coca(classes: &[String], named: &[String], notes: &mut Vec<String>) -> Result<Vec<bool>, ImportJobError> {
    if let Some(name) = named.iter().find(|name| !classes.contains(name)) {
        return Err(ImportJobError::NoClass { name: name.clone(), classes: classes.join(", ") });
    }
    if !named.is_empty() {
        return Ok(classes.iter().map(|class| named.contains(class)).collect());
    }
    let mut coca: Vec<bool> = classes.iter().map(|class| class.to_lowercase().contains("coca")).collect();
    if !coca.contains(&true) {
        if classes.len() == 2 {
            coca[1] = true;
            notes.push(format!(
                "no class is called coca: '{}', the second of two, is taken for it; see --coca",
                classes[1]
            ));
        } else {
            notes.push(
                "no class is called coca, so nothing will be mapped as coca; say which one is with --coca".to_owned(),
            );
        }
    }
    Ok(coca)
}

/// Classes and probabilities `[row][class]` of the rows of a table.
pub fn predict(threads: &Threads, ensemble: &Ensemble, table: &Table) -> (Vec<u8>, Vec<f64>) {
    let mut classes = vec![0; table.rows()];
    let mut all = vec![0.0; table.rows() * ensemble.classes()];
    let parts = classes.chunks_mut(ROWS).zip(all.chunks_mut(ROWS * ensemble.classes())).enumerate();
    let level = Level::current();
    threads.map_owned(parts.collect(), |(part, (classes, all))| {
        let (mut room, mut values) = (Room::default(), Vec::new());
        let batches = classes.chunks_mut(BATCH).zip(all.chunks_mut(BATCH * ensemble.classes()));
        for (batch, (classes, all)) in batches.enumerate() {
            let first = part * ROWS + batch * BATCH;
            table.copy_columns(first..first + classes.len(), &mut values);
            ensemble.probabilities(level, &values, &mut room, all);
            for (class, row) in classes.iter_mut().zip(all.chunks_exact(ensemble.classes())) {
                *class = best(row, |_| true);
            }
        }
    });
    (classes, all)
}
