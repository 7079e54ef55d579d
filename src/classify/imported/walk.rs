//! Large trees: many pixels walk down a tree side by side, so that one waits for memory while others go on.

use super::{Child, Node, Tree};
use crate::simd::masks::BLOCK;

/// Pixels that walk at a time.
const SIDE_BY_SIDE: usize = 16;

/// A tree as it is walked: a leaf is a node that leads to itself.
#[derive(Clone, Debug)]
pub(super) struct WalkTree {
    nodes: Vec<Step>,
    depth: usize,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    threshold: f64,
    feature: u16,
    missing_left: bool,
    /// Left, right; the number of the leaf in both where it is one.
    next: [u32; 2],
    leaf: bool,
}

impl WalkTree {
    /// The same tree, nodes that are asked one after the other near each other.
    pub fn of(tree: &Tree) -> Self {
        let mut nodes = Vec::with_capacity(2 * tree.nodes.len() + 1);
        let mut depth = 0;
        let root = if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
        // What is to be put in: its parent and side, itself, its depth. The left side follows at once.
        let mut open = vec![(None, root, 0)];
        while let Some((parent, child, level)) = open.pop() {
            let here = nodes.len();
            depth = depth.max(level);
            if let Some((parent, side)) = parent {
                let parent: &mut Step = &mut nodes[parent];
                parent.next[side] = here as u32;
            }
            match child {
                Child::Leaf(leaf) => {
                    nodes.push(Step { threshold: 0.0, feature: 0, missing_left: true, next: [leaf; 2], leaf: true })
                }
                Child::Node(number) => {
                    let Node { feature, threshold, missing_left, left, right } = tree.nodes[number as usize];
                    nodes.push(Step { threshold, feature: feature as u16, missing_left, next: [0; 2], leaf: false });
                    open.push((Some((here, 1)), right, level + 1));
                    open.push((Some((here, 0)), left, level + 1));
                }
            }
        }
        Self { nodes, depth }
    }

    /// The leaf of each pixel of a block, from values `[feature][pixel]`.
    pub fn find(&self, values: &[f64], stride: usize, pixels: usize, leaves: &mut [u32; BLOCK]) {
        for first in (0..pixels).step_by(SIDE_BY_SIDE) {
            let mut at = [0_u32; SIDE_BY_SIDE];
            for _ in 0..self.depth {
                let mut moved = false;
                for (lane, at) in at.iter_mut().enumerate() {
                    let step = &self.nodes[*at as usize];
                    // Lanes beyond the last pixel walk along with it.
                    let pixel = (first + lane).min(pixels - 1);
                    let value = values[usize::from(step.feature) * stride + pixel];
                    let right = if value.is_nan() { !step.missing_left } else { value > step.threshold };
                    *at = if step.leaf { *at } else { step.next[usize::from(right)] };
                    moved |= !step.leaf;
                }
                if !moved {
                    break;
                }
            }
            for (leaf, at) in leaves[first..].iter_mut().zip(at) {
                *leaf = self.nodes[at as usize].next[0];
            }
        }
    }
}
