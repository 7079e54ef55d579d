//! Tree ensembles in ONNX (`TreeEnsembleClassifier` of the operators ai.onnx.ml), as skl2onnx writes scikit-learn's forests.
//!
//! Only the fields that are needed of ONNX's messages (`onnx/onnx.proto`).

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;

use super::{Kind, Parsed};
use crate::classify::imported::build::{Raw, below, tree};
use crate::classify::imported::{Arithmetic, Link, MOST_CLASSES, Parts, Tree};
use crate::classify::network::shape::Declared;

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphProto>,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfoProto>,
}

/// Only the name: old files list their weights among the inputs.
#[derive(Clone, PartialEq, Message)]
struct TensorProto {
    #[prost(string, tag = "8")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    element: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<TensorShape>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorShape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dimension>,
}

/// A fixed size, or a name for any.
#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    value: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<AttributeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct AttributeProto {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "vec", tag = "4")]
    s: Vec<u8>,
    #[prost(float, repeated, tag = "7")]
    floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    strings: Vec<Vec<u8>>,
}

/// What may stand around the trees: it changes no number.
const HARMLESS: [&str; 3] = ["Cast", "ZipMap", "Identity"];

/// The model; `None` where the bytes are not ONNX.
pub(super) fn parse(bytes: &[u8]) -> Option<Result<Parsed, String>> {
    let model = ModelProto::decode(bytes).ok().filter(|model| model.ir_version > 0)?;
    model.graph.map(graph)
}

fn graph(graph: GraphProto) -> Result<Parsed, String> {
    let is_trees = |node: &&NodeProto| node.op_type == "TreeEnsembleClassifier";
    let Some(node) = graph.node.iter().find(is_trees) else { return network(&graph) };
    // What lies between the input and the trees would change their values.
    let input = node.input.first().ok_or("the trees have no input")?;
    let from_cast = graph.node.iter().any(|n| n.op_type == "Cast" && n.output.contains(input));
    if !from_cast && !graph.input.iter().any(|i| i.name == *input) {
        return Err("something is computed before the trees; export the forest alone".to_owned());
    }
    let strange = graph.node.iter().find(|n| !(HARMLESS.contains(&n.op_type.as_str()) || is_trees(n)));
    if let Some(other) = strange {
        return Err(format!("operator {} is not supported; export the forest alone", other.op_type));
    }
    Classifier(node.attribute.iter().map(|a| (a.name.as_str(), a)).collect()).parsed()
}

/// Operators of ONNX's own domain of classical models, which are no networks.
const CLASSICAL: [&str; 7] = [
    "SVMClassifier",
    "SVMRegressor",
    "LinearClassifier",
    "LinearRegressor",
    "TreeEnsemble",
    "TreeEnsembleRegressor",
    "ZipMap",
];

/// What the graph of a network declares.
fn network(graph: &GraphProto) -> Result<Parsed, String> {
    if let Some(node) = graph.node.iter().find(|node| CLASSICAL.contains(&node.op_type.as_str())) {
        return Err(format!("operator {} is not supported: cocal takes tree ensembles and networks", node.op_type));
    }
    let given: Vec<_> = graph.input.iter().filter(|i| graph.initializer.iter().all(|w| w.name != i.name)).collect();
    let [input] = given.as_slice() else { return Err(format!("it has {} inputs; cocal takes one", given.len())) };
    let output = graph.output.first().ok_or("it has no output")?;
    let made_by = graph.node.iter().find(|node| node.output.contains(&output.name));
    let declared = Declared {
        input: dimensions(input)?,
        output: dimensions(output)?,
        probabilities: made_by.is_some_and(|node| matches!(node.op_type.as_str(), "Softmax" | "Sigmoid")),
    };
    Ok(Parsed { kind: Kind::Network(declared), features: None, classes: None })
}

/// ONNX's number for float32.
const FLOAT: i32 = 1;

/// The dimensions of an input or output of float32.
fn dimensions(value: &ValueInfoProto) -> Result<Vec<Option<usize>>, String> {
    let tensor = value.r#type.as_ref().and_then(|t| t.tensor.as_ref()).filter(|t| t.element == FLOAT);
    let tensor = tensor.ok_or_else(|| format!("'{}' is no tensor of float32", value.name))?;
    let shape = tensor.shape.as_ref().ok_or_else(|| format!("'{}' does not say its dimensions", value.name))?;
    let size = |d: &Dimension| d.value.and_then(|v| usize::try_from(v).ok()).filter(|v| *v > 0);
    Ok(shape.dim.iter().map(size).collect())
}

/// Most numbers in all leaves together: each leaf holds one for every class, however few of them the file gives.
const MOST_NUMBERS: usize = 1 << 28;

/// The attributes of the operator by name.
struct Classifier<'a>(BTreeMap<&'a str, &'a AttributeProto>);

impl Classifier<'_> {
    fn ints(&self, name: &str) -> &[i64] {
        self.0.get(name).map(|a| a.ints.as_slice()).unwrap_or_default()
    }

    fn floats(&self, name: &str) -> &[f32] {
        self.0.get(name).map(|a| a.floats.as_slice()).unwrap_or_default()
    }

    fn parsed(&self) -> Result<Parsed, String> {
        if self.0.keys().any(|name| name.ends_with("_as_tensor")) {
            return Err("numbers of 64 bits (_as_tensor) are not supported".to_owned());
        }
        let names: Vec<String> = match self.0.get("classlabels_strings") {
            Some(labels) if !labels.strings.is_empty() => {
                labels.strings.iter().map(|label| String::from_utf8_lossy(label).into_owned()).collect()
            }
            _ => self.ints("classlabels_int64s").iter().map(ToString::to_string).collect(),
        };
        let classes = names.len();
        if !(2..=MOST_CLASSES).contains(&classes) {
            return Err(format!("it has {classes} classes; cocal takes 2 to {MOST_CLASSES}"));
        }
        let one_score = classes == 2 && self.ints("class_ids").iter().all(|id| *id == self.ints("class_ids")[0]);
        let transform = self.0.get("post_transform").map(|a| String::from_utf8_lossy(&a.s).into_owned());
        let link = match (transform.as_deref().unwrap_or("NONE"), one_score) {
            ("NONE", false) => Link::Shares(1.0),
            ("NONE", true) => Link::Second,
            ("LOGISTIC", true) => Link::Logistic(1.0),
            ("SOFTMAX", false) => Link::Softmax,
            (other, _) => return Err(format!("post_transform {other} is not supported for {classes} classes")),
        };
        let scores = link.scores(classes);
        let base = match self.floats("base_values") {
            [] => vec![0.0; scores],
            values => values.iter().map(|v| f64::from(*v)).collect(),
        };
        let trees = self.trees(if one_score { 1 } else { classes })?;
        let features = self.ints("nodes_featureids").iter().max().map_or(0, |most| most.saturating_add(1));
        let source = "ONNX".to_owned();
        let features = usize::try_from(features).map_err(|_| "a feature below 0")?;
        let parts = Parts { source, features, classes, arithmetic: Arithmetic::Single, link, base, trees };
        Ok(Parsed { kind: Kind::Trees(parts), features: None, classes: Some(names) })
    }

    fn trees(&self, scores: usize) -> Result<Vec<Tree>, String> {
        let (tree_ids, node_ids) = (self.ints("nodes_treeids"), self.ints("nodes_nodeids"));
        let count = tree_ids.len();
        let empty = Vec::new();
        let modes = self.0.get("nodes_modes").map_or(&empty, |a| &a.strings);
        let (left, right) = (self.ints("nodes_truenodeids"), self.ints("nodes_falsenodeids"));
        let (features, values) = (self.ints("nodes_featureids"), self.floats("nodes_values"));
        let missing = self.ints("nodes_missing_value_tracks_true");
        let lengths = [node_ids.len(), modes.len(), left.len(), right.len(), features.len(), values.len()];
        if lengths.iter().any(|length| *length != count) {
            return Err("its lists of nodes are of different lengths".to_owned());
        }
        let mut number: BTreeMap<(i64, i64), usize> = BTreeMap::new();
        // The nodes of a tree stand together, the first one first.
        let mut roots: Vec<usize> = (0..count).filter(|i| *i == 0 || tree_ids[i - 1] != tree_ids[*i]).collect();
        let ids: BTreeSet<i64> = roots.iter().map(|root| tree_ids[*root]).collect();
        if ids.len() < roots.len() {
            return Err("the nodes of a tree do not stand together".to_owned());
        }
        for (i, at) in tree_ids.iter().zip(node_ids).enumerate() {
            number.insert((*at.0, *at.1), i);
        }
        roots.push(count);
        let leaves = self.leaves(scores)?;
        let node = |i: usize| {
            let mode = modes.get(i)?.as_slice();
            let (tree, value) = (tree_ids[i], values[i]);
            if mode == b"LEAF" {
                return Some(Raw::Leaf(leaves.get(&(tree, node_ids[i])).cloned().unwrap_or_else(|| vec![0.0; scores])));
            }
            let (mut yes, mut no) = (*number.get(&(tree, left[i]))?, *number.get(&(tree, right[i]))?);
            let mut missing_left = missing.get(i).is_some_and(|m| *m != 0);
            let threshold = if matches!(mode, b"BRANCH_LT" | b"BRANCH_GTE") { below(value) } else { value };
            if matches!(mode, b"BRANCH_GT" | b"BRANCH_GTE") {
                (yes, no, missing_left) = (no, yes, !missing_left);
            }
            Some(Raw::Split(u32::try_from(features[i]).ok()?, f64::from(threshold), missing_left, yes, no))
        };
        let known: [&[u8]; 5] = [b"LEAF", b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GT", b"BRANCH_GTE"];
        if let Some(mode) = modes.iter().find(|mode| !known.contains(&mode.as_slice())) {
            return Err(format!("node mode {} is not supported", String::from_utf8_lossy(mode)));
        }
        let score = (scores == 1).then_some(0);
        let one = |(i, ends): (usize, &[usize])| {
            tree(score, ends[0], ends[1] - ends[0], node).map_err(|e| format!("tree {i} (from 0): {e}"))
        };
        roots.windows(2).enumerate().map(one).collect()
    }

    /// What each leaf holds for every score.
    fn leaves(&self, scores: usize) -> Result<BTreeMap<(i64, i64), Vec<f64>>, String> {
        let (trees, nodes) = (self.ints("class_treeids"), self.ints("class_nodeids"));
        let (ids, weights) = (self.ints("class_ids"), self.floats("class_weights"));
        if [nodes.len(), ids.len(), weights.len()].iter().any(|length| *length != trees.len()) {
            return Err("its lists of leaves are of different lengths".to_owned());
        }
        if trees.len().saturating_mul(scores) > MOST_NUMBERS {
            return Err(format!("{} leaves of {scores} classes are more than cocal takes", trees.len()));
        }
        let mut leaves: BTreeMap<(i64, i64), Vec<f64>> = BTreeMap::new();
        for (((tree, node), id), weight) in trees.iter().zip(nodes).zip(ids).zip(weights) {
            let id = if scores == 1 { Some(0) } else { usize::try_from(*id).ok().filter(|id| *id < scores) };
            let leaf = leaves.entry((*tree, *node)).or_insert_with(|| vec![0.0; scores]);
            leaf[id.ok_or("a leaf of a class that is not there")?] += f64::from(*weight);
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::imported::{Ensemble, Room};
    use crate::simd::Level;

    fn ints(name: &str, ints: &[i64]) -> AttributeProto {
        AttributeProto { name: name.to_owned(), ints: ints.to_vec(), ..AttributeProto::default() }
    }

    fn floats(name: &str, floats: &[f32]) -> AttributeProto {
        AttributeProto { name: name.to_owned(), floats: floats.to_vec(), ..AttributeProto::default() }
    }

    fn strings(name: &str, strings: &[&str]) -> AttributeProto {
        let strings = strings.iter().map(|s| s.as_bytes().to_vec()).collect();
        AttributeProto { name: name.to_owned(), strings, ..AttributeProto::default() }
    }

    /// Two trees of one question each: `x0 <= 0.5` and `x1 >= 0.25`, leaves of three classes.
    fn model() -> ModelProto {
        let attribute = vec![
            ints("nodes_treeids", &[0, 0, 0, 1, 1, 1]),
            ints("nodes_nodeids", &[0, 1, 2, 0, 1, 2]),
            ints("nodes_featureids", &[0, 0, 0, 1, 0, 0]),
            strings("nodes_modes", &["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GTE", "LEAF", "LEAF"]),
            floats("nodes_values", &[0.5, 0.0, 0.0, 0.25, 0.0, 0.0]),
            ints("nodes_truenodeids", &[1, 0, 0, 1, 0, 0]),
            ints("nodes_falsenodeids", &[2, 0, 0, 2, 0, 0]),
            ints("class_treeids", &[0, 0, 0, 1, 1]),
            ints("class_nodeids", &[1, 2, 2, 1, 2]),
            ints("class_ids", &[0, 1, 2, 2, 0]),
            floats("class_weights", &[0.5, 0.375, 0.125, 0.5, 0.5]),
            strings("classlabels_strings", &["forest", "pasture", "coca"]),
            AttributeProto { name: "post_transform".to_owned(), s: b"NONE".to_vec(), ..AttributeProto::default() },
        ];
        let node = NodeProto {
            input: vec!["X".to_owned()],
            output: vec!["label".to_owned(), "probabilities".to_owned()],
            op_type: "TreeEnsembleClassifier".to_owned(),
            attribute,
        };
        let input = vec![ValueInfoProto { name: "X".to_owned(), r#type: None }];
        ModelProto { ir_version: 8, graph: Some(GraphProto { node: vec![node], input, ..GraphProto::default() }) }
    }

    #[test]
    fn a_forest_is_read() {
        let parsed = parse(&model().encode_to_vec()).unwrap().unwrap();
        assert_eq!(parsed.classes.unwrap(), ["forest", "pasture", "coca"]);
        let Kind::Trees(parts) = parsed.kind else { panic!("no trees") };
        let ensemble = Ensemble::new(parts).unwrap();
        let (mut room, mut found) = (Room::default(), [0.0; 9]);
        ensemble.probabilities(Level::current(), &[0.5, 0.51, 0.51, 0.25, 0.24, 0.25], &mut room, &mut found);
        assert_eq!(found, [0.5, 0.0, 0.5, 0.5, 0.375, 0.125, 0.0, 0.375, 0.625]);
    }

    #[test]
    fn other_graphs_are_refused() {
        let refused = |change: &dyn Fn(&mut GraphProto)| {
            let mut model = model();
            change(model.graph.as_mut().unwrap());
            parse(&model.encode_to_vec()).unwrap().map(|_| ()).unwrap_err()
        };
        assert!(refused(&|g| g.node[0].op_type = "SVMClassifier".to_owned()).contains("SVMClassifier"));
        assert!(refused(&|g| g.input[0].name = "other".to_owned()).contains("before the trees"));
        assert!(refused(&|g| g.node[0].attribute[3].strings[0] = b"BRANCH_EQ".to_vec()).contains("BRANCH_EQ"));
        assert!(refused(&|g| g.node[0].attribute[9].ints[0] = 9).contains("class that is not there"));
        assert!(refused(&|g| g.node[0].attribute[5].ints[0] = 0).contains("node twice"));
        assert!(refused(&|g| g.node[0].attribute[4].floats.truncate(2)).contains("different lengths"));
        let apart = refused(&|g| g.node[0].attribute[0].ints = vec![0, 0, 1, 0, 1, 1]);
        assert!(apart.contains("do not stand together"), "{apart}");
        assert!(refused(&|g| g.node[0].attribute[11].strings = vec![b"a".to_vec(); 300]).contains("300 classes"));
    }

    /// The largest number of a feature is no reason to stop.
    #[test]
    fn a_feature_beyond_all_is_refused() {
        let mut model = model();
        model.graph.as_mut().unwrap().node[0].attribute[2].ints[0] = i64::MAX;
        assert!(parse(&model.encode_to_vec()).unwrap().is_err());
    }
}
