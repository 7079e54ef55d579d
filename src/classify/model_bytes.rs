//! The bytes of a model file.
//!
//! ```text
//! "COCALMDL"   8 bytes
//! version      u32, all numbers little-endian
//! length       u32, bytes of the header
//! header       JSON: kind of classifier, classes, features, sensor, seed, years, digests of the inputs, held-out assessment
//! classifier   for each feature u8 edges and the edges (u16), then
//!   forest     u32 trees; for each tree u32 nodes, u32 rows, shares (u16, [row][class]), words (u32; see forest::tree)
//!   symmetric  u32 trees, a base score (i32) for each class but the first; for each tree u8 levels, for each level
//!              u8 feature and u8 bin, then its leaves (i16, [score][leaf])
//!   imported   see imported::bytes (no edges)
//!   network    u32 length and JSON of what it takes and gives, u32 length and the ONNX file (no edges)
//! digest       SHA-256 of all before, 32 bytes
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::calibrate::Calibration;
use super::forest::bins::{Edges, EdgesError};
use super::forest::tree::{Tree, TreeError};
use super::forest::{Forest, MAX_FEATURES, MAX_TREES};
use super::imported::{self, EnsembleError};
use super::model::{Classifier, Model};
use super::network::Network;
use super::symmetric::{self, SymmetricError, SymmetricTree, SymmetricTrees};
use crate::accuracy::ErrorMatrix;
use crate::features::Feature;
use crate::scene::band::Band;

const MAGIC: &[u8; 8] = b"COCALMDL";

/// The version of the format that is written and read here.
pub const VERSION: u32 = 2;

/// Bytes that are not a model for this version.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Something else.
    #[error("not a cocal model: give the file that 'cocal train' wrote")]
    NotAModel,
    /// Written by a version with another format.
    #[error(
        "the model is of format version {found}, this cocal reads version {VERSION}: train again with 'cocal train', or use the cocal that wrote it"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// The end is missing or bytes were changed.
    #[error("the model is truncated or corrupt (its SHA-256 does not fit): copy it again or train again")]
    Digest,
    /// The digest fits, but a part is shorter than it says.
    #[error("the model ends inside {part}: train again")]
    Short {
        /// The part.
        part: &'static str,
    },
    /// The header is not the JSON of this version.
    #[error("the model's header cannot be read: {0}; train again")]
    Header(#[from] serde_json::Error),
    /// Parts of the model disagree.
    #[error("the model's parts disagree: {rule}; train again")]
    Disagree {
        /// The rule that is broken.
        rule: &'static str,
    },
    /// The thresholds break a rule.
    #[error("the model's thresholds are wrong: {0}; train again")]
    Edges(#[from] EdgesError),
    /// A boosted tree breaks a rule.
    #[error("the model's boosted trees are wrong: {0}; train again")]
    Symmetric(#[from] SymmetricError),
    /// An imported tree breaks a rule.
    #[error("the model's imported trees are wrong: {0}; import it again")]
    Imported(#[from] EnsembleError),
    /// A tree breaks a rule.
    #[error("tree {tree} of the model is wrong: {source}; train again")]
    Tree {
        /// Number of the tree, from 0.
        tree: usize,
        /// The rule.
        source: TreeError,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    classifier: Kind,
    classes: Vec<String>,
    coca: Vec<bool>,
    features: Vec<Feature>,
    sensor: String,
    bands: Vec<Band>,
    seed: u64,
    training_years: Vec<i32>,
    inputs: BTreeMap<String, String>,
    temporal: bool,
    assessment: Option<ErrorMatrix>,
    calibration: Option<Calibration>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Forest,
    SymmetricTrees,
    Imported,
    Network,
}

/// The bytes of a model file: the same for the same model.
pub fn to_bytes(model: &Model) -> Vec<u8> {
    let header = Header {
        classifier: match model.classifier {
            Classifier::Forest(_) => Kind::Forest,
            Classifier::Symmetric(_) => Kind::SymmetricTrees,
            Classifier::Imported(_) => Kind::Imported,
            Classifier::Network(_) => Kind::Network,
        },
        classes: model.classes.clone(),
        coca: model.coca.clone(),
        features: model.features.clone(),
        sensor: model.sensor.clone(),
        bands: model.bands.clone(),
        seed: model.seed,
        training_years: model.training_years.clone(),
        inputs: model.inputs.clone(),
        temporal: model.temporal,
        assessment: model.assessment.clone(),
        calibration: model.calibration.clone(),
    };
    let header = match serde_json::to_vec(&header) {
        Ok(json) => json,
        Err(error) => unreachable!("plain fields become JSON: {error}"),
    };
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    match &model.classifier {
        Classifier::Forest(forest) => write_forest(forest, &mut bytes),
        Classifier::Symmetric(trees) => write_symmetric(trees, &mut bytes),
        Classifier::Imported(ensemble) => imported::bytes::write(ensemble, &mut bytes),
        Classifier::Network(network) => write_network(network, &mut bytes),
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

fn write_edges(edges: &Edges, bytes: &mut Vec<u8>) {
    for feature in 0..edges.features() {
        let edges = edges.of(feature);
        bytes.push(edges.len() as u8);
        bytes.extend(edges.iter().flat_map(|edge| edge.to_le_bytes()));
    }
}

fn write_symmetric(trees: &SymmetricTrees, bytes: &mut Vec<u8>) {
    write_edges(trees.edges(), bytes);
    bytes.extend((trees.trees().len() as u32).to_le_bytes());
    bytes.extend(trees.base().iter().flat_map(|base| base.to_le_bytes()));
    for tree in trees.trees() {
        bytes.push(tree.splits.len() as u8);
        bytes.extend(tree.splits.iter().flat_map(|(feature, bin)| [*feature, *bin]));
        bytes.extend(tree.leaves.iter().flat_map(|leaf| leaf.to_le_bytes()));
    }
}

fn write_forest(forest: &Forest, bytes: &mut Vec<u8>) {
    write_edges(forest.edges(), bytes);
    bytes.extend((forest.trees().len() as u32).to_le_bytes());
    for tree in forest.trees() {
        bytes.extend((tree.words().len() as u32).to_le_bytes());
        bytes.extend((tree.rows() as u32).to_le_bytes());
        bytes.extend(tree.shares().iter().flat_map(|share| share.to_le_bytes()));
        bytes.extend(tree.words().iter().flat_map(|word| word.to_le_bytes()));
    }
}

/// Reads the bytes of a model file. Whatever the bytes, it ends with a model that keeps every rule or with an error, and
/// takes memory in proportion to their number.
///
/// # Errors
/// [`ModelError`]: not a model, another version, truncated or corrupt, or parts that disagree.
pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return Err(ModelError::NotAModel) };
    let mut rest = Reader(rest);
    // The version comes before the digest: another version may end otherwise.
    let found = rest.u32("the version").map_err(|_| ModelError::Digest)?;
    if found != VERSION {
        return Err(ModelError::Version { found });
    }
    let Some((content, digest)) = bytes.split_last_chunk::<32>() else { return Err(ModelError::Digest) };
    if Sha256::digest(content)[..] != digest[..] {
        return Err(ModelError::Digest);
    }
    let mut rest = Reader(&content[MAGIC.len() + 4..]);
    let length = rest.u32("the header")? as usize;
    let header: Header = serde_json::from_slice(rest.take(length, "the header")?)?;
    check_header(&header)?;
    let (classes, features) = (header.classes.len(), header.features.len());
    let classifier = match header.classifier {
        Kind::Imported => Classifier::Imported(Box::new(imported::bytes::read(&mut rest)?)),
        Kind::Network => Classifier::Network(read_network(&mut rest, features, classes)?),
        kind => {
            let edges = read_edges(&mut rest, features)?;
            match kind {
                Kind::Forest => Classifier::Forest(read_forest(&mut rest, classes, edges)?),
                _ => Classifier::Symmetric(read_symmetric(&mut rest, classes, edges)?),
            }
        }
    };
    if let Classifier::Imported(ensemble) = &classifier
        && (ensemble.classes(), ensemble.features()) != (classes, features)
    {
        return Err(ModelError::Disagree { rule: "imported trees are of the model's classes and features" });
    }
    if !rest.0.is_empty() {
        return Err(ModelError::Disagree { rule: "nothing follows the last tree" });
    }
    Ok(Model {
        classes: header.classes,
        coca: header.coca,
        features: header.features,
        sensor: header.sensor,
        bands: header.bands,
        seed: header.seed,
        training_years: header.training_years,
        inputs: header.inputs,
        temporal: header.temporal,
        assessment: header.assessment,
        calibration: header.calibration,
        classifier,
    })
}

fn check_header(header: &Header) -> Result<(), ModelError> {
    let classes = header.classes.len();
    let rules = [
        ((1..=255).contains(&classes), "a model has 1 to 255 classes"),
        (header.coca.len() == classes, "each class is coca or not"),
        ((1..=MAX_FEATURES).contains(&header.features.len()), "a model has 1 to 256 features"),
        (
            header.assessment.as_ref().is_none_or(|matrix| matrix.is_whole() && matrix.classes == header.classes),
            "the error matrix is of the model's classes",
        ),
        (header.calibration.as_ref().is_none_or(Calibration::is_sound), "a calibration rises from 0 to 1"),
    ];
    match rules.iter().find(|(kept, _)| !kept) {
        Some((_, rule)) => Err(ModelError::Disagree { rule }),
        None => Ok(()),
    }
}

fn write_network(network: &Network, bytes: &mut Vec<u8>) {
    let ways = match serde_json::to_vec(&(network.input, network.scores)) {
        Ok(json) => json,
        Err(error) => unreachable!("plain fields become JSON: {error}"),
    };
    for part in [ways.as_slice(), &network.bytes] {
        bytes.extend((part.len() as u32).to_le_bytes());
        bytes.extend(part);
    }
}

/// A network whose own features and classes are the model's.
fn read_network(rest: &mut Reader, features: usize, classes: usize) -> Result<Network, ModelError> {
    let length = rest.u32("the network")? as usize;
    let (input, scores) = serde_json::from_slice(rest.take(length, "the network")?)?;
    let length = rest.u32("the network")? as usize;
    let bytes = Arc::from(rest.take(length, "the network")?);
    let network = Network { bytes, input, scores, features, classes };
    match network.broken() {
        Some(rule) => Err(ModelError::Disagree { rule }),
        None => Ok(network),
    }
}

fn read_edges(rest: &mut Reader, features: usize) -> Result<Edges, ModelError> {
    let mut edges = Vec::with_capacity(features);
    for _ in 0..features {
        let count = usize::from(rest.take(1, "the thresholds")?[0]);
        edges.push(rest.u16s(count, "the thresholds")?);
    }
    Ok(Edges::new(edges)?)
}

fn read_symmetric(rest: &mut Reader, classes: usize, edges: Edges) -> Result<SymmetricTrees, ModelError> {
    let count = rest.u32("the number of trees")? as usize;
    if count > symmetric::MAX_TREES || classes < 2 {
        return Err(ModelError::Disagree { rule: "boosted trees are at most 32,768, and of at least 2 classes" });
    }
    let mut base = Vec::with_capacity(classes - 1);
    for _ in 1..classes {
        base.push(rest.u32("the base scores")? as i32);
    }
    let mut trees = Vec::new();
    for _ in 0..count {
        let levels = usize::from(rest.take(1, "a tree's levels")?[0]).min(symmetric::MOST_LEVELS + 1);
        let splits = rest.take(2 * levels, "a tree's levels")?.as_chunks().0.iter().map(|[f, bin]| (*f, *bin));
        let splits = splits.collect();
        let leaves = rest.u16s((classes - 1) << levels, "a tree's leaves")?;
        trees.push(SymmetricTree { splits, leaves: leaves.into_iter().map(|leaf| leaf as i16).collect() });
    }
    Ok(SymmetricTrees::new(classes, edges, base, trees)?)
}

fn read_forest(rest: &mut Reader, classes: usize, edges: Edges) -> Result<Forest, ModelError> {
    let features = edges.features();
    let trees = rest.u32("the number of trees")? as usize;
    if !(1..=MAX_TREES).contains(&trees) {
        return Err(ModelError::Disagree { rule: "a forest has 1 to 65,537 trees" });
    }
    let mut read = Vec::new();
    for tree in 0..trees {
        let (nodes, rows) = (rest.u32("a tree's size")? as usize, rest.u32("a tree's size")? as usize);
        let shares = rest.u16s(rows.saturating_mul(classes), "a tree's leaves")?;
        let words = rest.take(nodes.saturating_mul(4), "a tree's nodes")?;
        let words = words.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let checked = Tree::new(edges.clone(), classes, words, shares);
        read.push(checked.map_err(|source| ModelError::Tree { tree, source })?);
    }
    Ok(Forest::from_trees(read, classes, features))
}

/// The bytes that are left.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize, part: &'static str) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ModelError::Short { part })?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u32(&mut self, part: &'static str) -> Result<u32, ModelError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(ModelError::Short { part })?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    pub(super) fn f64s(&mut self, count: usize, part: &'static str) -> Result<Vec<f64>, ModelError> {
        let bytes = self.take(count.saturating_mul(8), part)?;
        Ok(bytes.as_chunks().0.iter().map(|number| f64::from_le_bytes(*number)).collect())
    }

    fn u16s(&mut self, count: usize, part: &'static str) -> Result<Vec<u16>, ModelError> {
        let bytes = self.take(count.saturating_mul(2), part)?;
        Ok(bytes.as_chunks().0.iter().map(|number| u16::from_le_bytes(*number)).collect())
    }
}
