//! Small trees: all questions are asked of 64 pixels at once.
//!
//! A feature's thresholds, sorted, cut its values into ranks: `value <= threshold[k]` says `rank <= k`. Ranks are held as
//! bytes, in as many planes as a feature's thresholds need; a missing value is the lowest rank where the node sends it left
//! and the highest where it sends it right. Then a node is one comparison of 64 bytes ([`crate::simd::masks`]).

use super::ranks::Ranks;
use super::{Child, Node, Room, Sums, Tree};
use crate::simd::Level;
use crate::simd::masks::{BLOCK, MOST_LEAVES, MOST_LEVELS, MaskNode, MaskTree, Number, Shape, add};

/// Thresholds that one plane of bytes tells apart.
const PER_PLANE: usize = 255;
/// Most planes: beyond it nodes are cheaper to walk.
const MOST_PLANES: usize = 1024;

/// Small trees, their questions about planes of bytes.
#[derive(Debug)]
pub(super) struct Masks<T> {
    features: Vec<Feature>,
    planes: usize,
    scores: usize,
    trees: Vec<MaskTree<T>>,
}

#[derive(Clone, Debug)]
struct Feature {
    ranks: Ranks,
    /// First plane for nodes that send missing values left, and for those that send them right.
    first: [Option<usize>; 2],
}

impl<T: Number> Masks<T> {
    /// The trees, if all are small enough and their thresholds few enough.
    pub fn of(features: usize, scores: usize, trees: &[Tree]) -> Option<Self> {
        if trees.iter().any(|tree| tree.nodes.len() >= MOST_LEAVES) {
            return None;
        }
        let mut thresholds = vec![Vec::new(); features];
        let mut wanted = vec![[false; 2]; features];
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            thresholds[node.feature as usize].push(node.threshold);
            wanted[node.feature as usize][usize::from(!node.missing_left)] = true;
        }
        let mut planes = 0;
        let mut features = Vec::new();
        for (thresholds, wanted) in thresholds.into_iter().zip(wanted) {
            let ranks = Ranks::of(thresholds);
            let needed = ranks.thresholds().len().div_ceil(PER_PLANE);
            let first = wanted.map(|wanted| {
                let first = wanted.then_some(planes);
                planes += if wanted { needed } else { 0 };
                first
            });
            features.push(Feature { ranks, first });
        }
        let mut masks = Self { features, planes, scores, trees: Vec::new() };
        masks.trees = trees.iter().map(|tree| masks.tree(tree)).collect();
        (planes <= MOST_PLANES).then_some(masks)
    }

    fn tree(&self, tree: &Tree) -> MaskTree<T> {
        let slot = |child| match child {
            Child::Node(node) => node as u16,
            Child::Leaf(leaf) => (tree.nodes.len() + leaf as usize) as u16,
        };
        let node = |node: &Node| {
            let feature = &self.features[node.feature as usize];
            let rank = feature.ranks.thresholds().partition_point(|t| *t < node.threshold);
            let first = feature.first[usize::from(!node.missing_left)].unwrap_or(0);
            MaskNode {
                plane: (first + rank / PER_PLANE) as u16,
                right_from: (rank % PER_PLANE + 1) as u8,
                left: slot(node.left),
                right: slot(node.right),
            }
        };
        let (shape, order) = match levels(tree) {
            Some((levels, order)) => (Shape::Symmetric(levels.iter().map(node).collect()), order),
            None => (Shape::Free(tree.nodes.iter().map(node).collect()), (0..tree.nodes.len() + 1).collect()),
        };
        let width = if tree.score.is_some() { 1 } else { self.scores };
        let table = |score: usize| {
            let mut table: Vec<T> = order.iter().map(|leaf| T::of(tree.leaves[leaf * width + score])).collect();
            table.resize(MOST_LEAVES, T::default());
            table
        };
        MaskTree { shape, score: tree.score.unwrap_or(0) as usize, tables: (0..width).map(table).collect() }
    }

    /// Fills `planes`, `[plane][pixel]`, from values `[pixel][feature]`.
    fn fill(&self, rows: &[f64], planes: &mut Vec<u8>) {
        planes.resize(self.planes * BLOCK, 0);
        for (number, feature) in self.features.iter().enumerate() {
            for (pixel, row) in rows.chunks_exact(self.features.len()).enumerate() {
                let (value, rank) = (row[number], feature.ranks.rank(row[number]));
                for (right, first) in feature.first.iter().enumerate().filter_map(|(r, first)| Some((r, (*first)?))) {
                    let missing = if right == 1 { usize::MAX } else { 0 };
                    let rank = if value.is_nan() { missing } else { rank };
                    for part in 0..feature.ranks.thresholds().len().div_ceil(PER_PLANE) {
                        let byte = rank.saturating_sub(part * PER_PLANE).min(PER_PLANE) as u8;
                        planes[(first + part) * BLOCK + pixel] = byte;
                    }
                }
            }
        }
    }
}

impl<T: Number> Sums for Masks<T> {
    fn name(&self) -> &'static str {
        "masks"
    }

    fn add(&self, level: Level, rows: &[f64], base: &[f64], room: &mut Room) {
        for rows in rows.chunks(BLOCK * self.features.len()) {
            self.fill(rows, &mut room.planes);
            let mut sums: Vec<[T; BLOCK]> = base.iter().map(|base| [T::of(*base); BLOCK]).collect();
            for tree in &self.trees {
                add(level, tree, &room.planes, &mut room.masks, &mut sums);
            }
            for pixel in 0..rows.len() / self.features.len() {
                room.scores.extend(sums.iter().map(|sums| sums[pixel].wide()));
            }
        }
    }
}

/// The questions of a symmetric tree, level by level, and its leaves by the bits of the answers.
fn levels(tree: &Tree) -> Option<(Vec<Node>, Vec<usize>)> {
    let mut here = vec![Child::Node(0)];
    let mut levels = Vec::new();
    if tree.nodes.is_empty() {
        return None;
    }
    loop {
        let leaf = |child: &Child| match child {
            Child::Leaf(leaf) => Some(*leaf as usize),
            Child::Node(_) => None,
        };
        if let Some(leaves) = here.iter().map(leaf).collect() {
            return Some((levels, leaves));
        }
        let nodes: Option<Vec<Node>> = here
            .iter()
            .map(|child| match child {
                Child::Node(node) => Some(tree.nodes[*node as usize]),
                Child::Leaf(_) => None,
            })
            .collect();
        let nodes = nodes?;
        let question = |node: &Node| (node.feature, node.threshold.to_bits(), node.missing_left);
        if levels.len() == MOST_LEVELS || nodes.iter().any(|node| question(node) != question(&nodes[0])) {
            return None;
        }
        levels.push(nodes[0]);
        // The new answer is the highest bit.
        here = nodes.iter().map(|node| node.left).chain(nodes.iter().map(|node| node.right)).collect();
    }
}
