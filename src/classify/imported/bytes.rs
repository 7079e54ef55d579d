//! An ensemble as bytes of a model file.

use super::{Arithmetic, Child, Ensemble, Link, Node, Parts, Tree};
use crate::classify::model_bytes::{ModelError, Reader};

/// Writes an ensemble: what it is made of, then its trees; all numbers little-endian.
///
/// Of a tree: its score plus one or 0 (u32), its nodes (u32), and of each node the feature (u16), whether missing goes left
/// (u8), the threshold (f64), left and right (i32; leaf `n` is `-1 - n`); then its leaves (f64).
pub fn write(ensemble: &Ensemble, bytes: &mut Vec<u8>) {
    let number = |count: usize| (count as u32).to_le_bytes();
    bytes.extend(number(ensemble.source.len()));
    bytes.extend(ensemble.source.as_bytes());
    bytes.extend(number(ensemble.features));
    bytes.extend(number(ensemble.classes));
    bytes.push(u8::from(ensemble.arithmetic == Arithmetic::Double));
    let (kind, factor) = match ensemble.link {
        Link::Shares(factor) => (0, factor),
        Link::Second => (1, 1.0),
        Link::Logistic(factor) => (2, factor),
        Link::Softmax => (3, 1.0),
    };
    bytes.push(kind);
    bytes.extend(factor.to_le_bytes());
    bytes.extend(ensemble.base.iter().flat_map(|base| base.to_le_bytes()));
    bytes.extend(number(ensemble.trees.len()));
    for tree in &ensemble.trees {
        bytes.extend(number(tree.score.map_or(0, |score| score as usize + 1)));
        bytes.extend(number(tree.nodes.len()));
        for node in &tree.nodes {
            bytes.extend((node.feature as u16).to_le_bytes());
            bytes.push(u8::from(node.missing_left));
            bytes.extend(node.threshold.to_le_bytes());
            for child in [node.left, node.right] {
                let slot = match child {
                    Child::Node(node) => node as i32,
                    Child::Leaf(leaf) => -1 - leaf as i32,
                };
                bytes.extend(slot.to_le_bytes());
            }
        }
        bytes.extend(tree.leaves.iter().flat_map(|leaf| leaf.to_le_bytes()));
    }
}

/// Reads what [`write()`] wrote; memory is in proportion to the bytes.
///
/// # Errors
/// [`ModelError`] when the bytes end too early or break a rule of [`Ensemble`].
pub(in crate::classify) fn read(rest: &mut Reader<'_>) -> Result<Ensemble, ModelError> {
    const PART: &str = "the imported trees";
    let disagree = |rule| ModelError::Disagree { rule };
    let length = rest.u32(PART)? as usize;
    let source = String::from_utf8(rest.take(length, PART)?.to_vec());
    let source = source.map_err(|_| disagree("the name of the library is text"))?;
    let (features, classes) = (rest.u32(PART)? as usize, rest.u32(PART)? as usize);
    let arithmetic = if rest.take(1, PART)?[0] == 0 { Arithmetic::Single } else { Arithmetic::Double };
    let kind = rest.take(1, PART)?[0];
    let factor = rest.f64s(1, PART)?[0];
    let link = match kind {
        0 => Link::Shares(factor),
        1 => Link::Second,
        2 => Link::Logistic(factor),
        3 => Link::Softmax,
        _ => return Err(disagree("an imported model has a known link")),
    };
    let scores = link.scores(classes);
    let base = rest.f64s(scores, PART)?;
    let mut trees = Vec::new();
    for _ in 0..rest.u32(PART)? {
        let (score, nodes) = (rest.u32(PART)?, rest.u32(PART)? as usize);
        let (score, width) = if score == 0 { (None, scores) } else { (Some(score - 1), 1) };
        let records = rest.take(nodes.saturating_mul(19), PART)?.as_chunks::<19>().0;
        let nodes = records.iter().map(node).collect();
        let leaves = rest.f64s((records.len() + 1).saturating_mul(width), PART)?;
        trees.push(Tree { score, nodes, leaves });
    }
    Ok(Ensemble::new(Parts { source, features, classes, arithmetic, link, base, trees })?)
}

fn node(record: &[u8; 19]) -> Node {
    let [f0, f1, missing, t0, t1, t2, t3, t4, t5, t6, t7, l0, l1, l2, l3, r0, r1, r2, r3] = *record;
    let child = |bytes| match i32::from_le_bytes(bytes) {
        slot if slot < 0 => Child::Leaf(!slot as u32),
        slot => Child::Node(slot as u32),
    };
    Node {
        feature: u32::from(u16::from_le_bytes([f0, f1])),
        threshold: f64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
        missing_left: missing != 0,
        left: child([l0, l1, l2, l3]),
        right: child([r0, r1, r2, r3]),
    }
}
