//! Large trees: many pixels walk down a tree side by side, so that one waits for memory while others go on, and all pixels of
//! a batch go down a tree before the next one, so that it stays in the cache.

use super::{Child, Node, Room, Sums, Tree};
use crate::simd::Level;
use crate::simd::masks::Number;

/// Pixels that walk at a time.
const SIDE_BY_SIDE: usize = 16;

/// Trees as they are walked.
#[derive(Debug)]
pub(super) struct Walk<T> {
    features: usize,
    scores: usize,
    trees: Vec<WalkTree<T>>,
}

#[derive(Debug)]
struct WalkTree<T> {
    /// From the root down; what is left of a node follows it.
    steps: Vec<Step>,
    depth: usize,
    score: Option<usize>,
    leaves: Vec<T>,
}

/// A node, or a leaf, where a pixel stays.
#[derive(Clone, Copy, Debug)]
struct Step {
    threshold: f64,
    /// Where values above the threshold go; of a leaf its number.
    right: u32,
    feature: u16,
    missing_left: bool,
    leaf: bool,
}

impl<T: Number> WalkTree<T> {
    fn of(tree: &Tree) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(2 * tree.nodes.len() + 1);
        let mut depth = 0;
        let root = if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
        // What is to be put in: whose right side it is, itself, its depth.
        let mut open = vec![(None, root, 0)];
        while let Some((right_of, child, level)) = open.pop() {
            depth = depth.max(level);
            let here = steps.len();
            if let Some(parent) = right_of {
                let parent: &mut Step = &mut steps[parent];
                parent.right = here as u32;
            }
            steps.push(match child {
                Child::Leaf(leaf) => Step { threshold: 0.0, right: leaf, feature: 0, missing_left: true, leaf: true },
                Child::Node(number) => {
                    let Node { feature, threshold, missing_left, left, right } = tree.nodes[number as usize];
                    open.push((Some(here), right, level + 1));
                    open.push((None, left, level + 1));
                    Step { threshold, right: 0, feature: feature as u16, missing_left, leaf: false }
                }
            });
        }
        let leaves = tree.leaves.iter().map(|leaf| T::of(*leaf)).collect();
        Self { steps, depth, score: tree.score.map(|score| score as usize), leaves }
    }

    /// The leaves of at most [`SIDE_BY_SIDE`] pixels, `[pixel][feature]`.
    #[inline]
    fn find(&self, rows: &[f64], features: usize) -> [u32; SIDE_BY_SIDE] {
        let mut at = [0_u32; SIDE_BY_SIDE];
        let last = rows.len() / features - 1;
        for _ in 0..self.depth {
            let mut moved = false;
            for (lane, at) in at.iter_mut().enumerate() {
                let step = &self.steps[*at as usize];
                // Lanes beyond the last pixel walk along with it.
                let value = rows[lane.min(last) * features + usize::from(step.feature)];
                // A missing value is above nothing.
                let right = value > step.threshold || (!step.missing_left && value.is_nan());
                let next = if right { step.right } else { *at + 1 };
                *at = if step.leaf { *at } else { next };
                moved |= !step.leaf;
            }
            if !moved {
                break;
            }
        }
        at.map(|at| self.steps[at as usize].right)
    }
}

impl<T: Number> Walk<T> {
    /// The trees, of whatever size.
    pub fn of(features: usize, scores: usize, trees: &[Tree]) -> Self {
        Self { features, scores, trees: trees.iter().map(WalkTree::of).collect() }
    }
}

impl<T: Number> Sums for Walk<T> {
    fn name(&self) -> &'static str {
        "walk"
    }

    fn add(&self, _level: Level, rows: &[f64], base: &[f64], room: &mut Room) {
        let pixels = rows.len() / self.features;
        let mut sums: Vec<T> = (0..pixels).flat_map(|_| base.iter().map(|base| T::of(*base))).collect();
        for tree in &self.trees {
            let groups = rows.chunks(SIDE_BY_SIDE * self.features).zip(sums.chunks_mut(SIDE_BY_SIDE * self.scores));
            for (rows, sums) in groups {
                let leaves = tree.find(rows, self.features);
                for (sums, leaf) in sums.chunks_exact_mut(self.scores).zip(leaves) {
                    let leaf = leaf as usize;
                    match tree.score {
                        Some(score) => sums[score] += tree.leaves[leaf],
                        None => {
                            let values = &tree.leaves[leaf * self.scores..(leaf + 1) * self.scores];
                            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value);
                        }
                    }
                }
            }
        }
        room.scores.extend(sums.iter().map(|sum| sum.wide()));
    }
}
