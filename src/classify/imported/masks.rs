//! Small trees: all questions are asked of 64 pixels at once.
//!
//! A feature's thresholds, sorted, cut its values into ranks: `value <= threshold[k]` says `rank <= k`. Ranks are held as
//! bytes, in as many planes as a feature's thresholds need; a missing value is the lowest rank where the node sends it left
//! and the highest where it sends it right. Then a node is one comparison of 64 bytes ([`crate::simd::masks`]).

use super::{Child, Node, Tree};
use crate::simd::Level;
use crate::simd::masks::{BLOCK, MaskNode, find};

/// Thresholds that one plane of bytes tells apart.
const PER_PLANE: usize = 255;
/// Most planes: beyond it nodes are cheaper to walk.
const MOST_PLANES: usize = 1024;

/// The ranks of values as planes of bytes.
#[derive(Clone, Debug)]
pub(super) struct Planes {
    features: Vec<Feature>,
    count: usize,
}

#[derive(Clone, Debug)]
struct Feature {
    /// Sorted, each once.
    thresholds: Vec<f64>,
    /// First plane for nodes that send missing values left, and for those that send them right.
    first: [Option<usize>; 2],
}

/// A tree whose nodes compare bytes of planes.
#[derive(Clone, Debug)]
pub(super) struct MaskTree {
    nodes: Vec<MaskNode>,
}

impl Planes {
    /// The planes that the trees need; `None` where they are too many.
    pub fn of(features: usize, trees: &[Tree]) -> Option<Self> {
        let mut all = vec![Feature { thresholds: Vec::new(), first: [None; 2] }; features];
        let mut wanted = vec![[false; 2]; features];
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            all[node.feature as usize].thresholds.push(node.threshold);
            wanted[node.feature as usize][usize::from(!node.missing_left)] = true;
        }
        let mut count = 0;
        for (feature, wanted) in all.iter_mut().zip(wanted) {
            feature.thresholds.sort_by(f64::total_cmp);
            feature.thresholds.dedup();
            for (first, _) in feature.first.iter_mut().zip(wanted).filter(|(_, wanted)| *wanted) {
                *first = Some(count);
                count += feature.thresholds.len().div_ceil(PER_PLANE);
            }
        }
        (count <= MOST_PLANES).then_some(Self { features: all, count })
    }

    /// A tree on these planes.
    pub fn tree(&self, tree: &Tree) -> MaskTree {
        let slot = |child| match child {
            Child::Node(node) => node as u16,
            Child::Leaf(leaf) => (tree.nodes.len() + leaf as usize) as u16,
        };
        let node = |node: &Node| {
            let feature = &self.features[node.feature as usize];
            let rank = feature.thresholds.partition_point(|t| *t < node.threshold);
            let first = feature.first[usize::from(!node.missing_left)].unwrap_or(0);
            MaskNode {
                plane: (first + rank / PER_PLANE) as u16,
                right_from: (rank % PER_PLANE + 1) as u8,
                left: slot(node.left),
                right: slot(node.right),
            }
        };
        MaskTree { nodes: tree.nodes.iter().map(node).collect() }
    }

    /// Fills `planes`, `[plane][pixel]`, from values `[feature][pixel]`.
    pub fn fill(&self, values: &[f64], stride: usize, pixels: usize, planes: &mut Vec<u8>) {
        planes.resize(self.count * BLOCK, 0);
        let mut ranks = [0_u32; BLOCK];
        for (feature, values) in self.features.iter().zip(values.chunks(stride)) {
            let values = &values[..pixels];
            rank(&feature.thresholds, values, &mut ranks);
            for (right, first) in feature.first.iter().enumerate().filter_map(|(r, first)| Some((r, (*first)?))) {
                let missing = if right == 1 { u32::MAX } else { 0 };
                for part in 0..feature.thresholds.len().div_ceil(PER_PLANE) {
                    let (plane, base) = (&mut planes[(first + part) * BLOCK..][..BLOCK], (part * PER_PLANE) as u32);
                    for ((byte, rank), value) in plane.iter_mut().zip(&ranks).zip(values) {
                        let rank = if value.is_nan() { missing } else { *rank };
                        *byte = rank.saturating_sub(base).min(PER_PLANE as u32) as u8;
                    }
                }
            }
        }
    }
}

/// The number of thresholds below each value: a binary search in step for all values, so that none waits for another.
fn rank(thresholds: &[f64], values: &[f64], ranks: &mut [u32; BLOCK]) {
    ranks.fill(0);
    let mut length = thresholds.len();
    // The place is among the `length` thresholds from the rank on.
    while length > 1 {
        let half = length / 2;
        for (rank, value) in ranks.iter_mut().zip(values) {
            *rank += if thresholds[*rank as usize + half - 1] < *value { half as u32 } else { 0 };
        }
        length -= half;
    }
    if length == 1 {
        for (rank, value) in ranks.iter_mut().zip(values) {
            *rank += u32::from(thresholds[*rank as usize] < *value);
        }
    }
}

impl MaskTree {
    /// The leaf of each pixel of a block.
    pub fn find(&self, level: Level, planes: &[u8], masks: &mut Vec<u64>, leaves: &mut [u8; BLOCK]) {
        find(level, &self.nodes, planes, masks, leaves);
    }
}
