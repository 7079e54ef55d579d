//! Small trees: all questions are asked of a block of pixels at once.
//!
//! Then a node is a few comparisons of 64 bytes ([`crate::simd::masks`]).

use super::planes::Planes;
use super::{Child, Node, Room, Sums, Tree};
use crate::simd::Level;
use crate::simd::masks::{BLOCK, MOST_LEAVES, MOST_LEVELS, MaskNode, MaskTree, Number, Shape, add};

/// Most planes: beyond it nodes are cheaper to walk.
const MOST_PLANES: usize = 1024;

/// Small trees, their questions about planes of bytes.
#[derive(Debug)]
pub(super) struct Masks<T> {
    planes: Planes,
    scores: usize,
    trees: Vec<MaskTree<T>>,
}

impl<T: Number> Masks<T> {
    /// The trees, if all are small enough and their thresholds few enough.
    pub fn of(features: usize, scores: usize, trees: &[Tree]) -> Option<Self> {
        if trees.iter().any(|tree| tree.nodes.len() >= MOST_LEAVES) {
            return None;
        }
        let planes = Planes::of(features, trees);
        if planes.count() > MOST_PLANES {
            return None;
        }
        let mut masks = Self { planes, scores, trees: Vec::new() };
        masks.trees = trees.iter().map(|tree| masks.tree(tree)).collect();
        Some(masks)
    }

    fn tree(&self, tree: &Tree) -> MaskTree<T> {
        let slot = |child| match child {
            Child::Node(node) => node as u16,
            Child::Leaf(leaf) => (tree.nodes.len() + leaf as usize) as u16,
        };
        let node = |node: &Node| {
            let (plane, left) = self.planes.question(node);
            MaskNode { plane: plane as u16, right_from: left + 1, left: slot(node.left), right: slot(node.right) }
        };
        let (shape, order) = match levels(tree) {
            Some((levels, order)) => (Shape::Symmetric(levels.iter().map(node).collect()), order),
            None => (Shape::Free(tree.nodes.iter().map(node).collect()), (0..tree.nodes.len() + 1).collect()),
        };
        let width = if tree.score.is_some() { 1 } else { self.scores };
        let table = |score: usize| order.iter().map(|leaf| T::of(tree.leaves[leaf * width + score])).collect();
        MaskTree::new(shape, tree.score.unwrap_or(0) as usize, (0..width).map(table).collect())
    }
}

impl<T: Number> Sums for Masks<T> {
    fn name(&self) -> &'static str {
        "masks"
    }

    fn add(&self, level: Level, columns: &[f64], base: &[f64], room: &mut Room) {
        let pixels = columns.len() / self.planes.features();
        for first in (0..pixels).step_by(BLOCK) {
            let own = first..pixels.min(first + BLOCK);
            self.planes.fill(level, columns, own.clone(), &mut room.planes, BLOCK);
            room.lines.set_planes(&room.planes);
            let mut sums: Vec<[T; BLOCK]> = base.iter().map(|base| [T::of(*base); BLOCK]).collect();
            for tree in &self.trees {
                add(level, tree, &mut room.lines, &mut sums);
            }
            for (scores, sums) in room.scores.chunks_exact_mut(pixels).zip(&sums) {
                scores[own.clone()].iter_mut().zip(sums).for_each(|(score, sum)| *score = sum.wide());
            }
        }
    }
}

/// The questions of a symmetric tree, level by level, and its leaves by the bits of the answers.
pub(super) fn levels(tree: &Tree) -> Option<(Vec<Node>, Vec<usize>)> {
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
