//! Large trees: many pixels walk down a tree side by side, so that one waits for memory while others go on, and all pixels of
//! a batch go down a tree before the next one, so that it stays in the cache.

use super::{Child, Node, Room, Sums, Tree};
use crate::simd::Level;
use crate::simd::masks::Number;
use crate::simd::walk::{SIDE_BY_SIDE, Step, Steps};

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
    steps: Steps,
    /// Of each step the number of its leaf, if it is one.
    leaf_of: Vec<u32>,
    score: Option<usize>,
    leaves: Vec<T>,
}

impl<T: Number> WalkTree<T> {
    fn of(tree: &Tree, features: usize) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(2 * tree.nodes.len() + 1);
        let mut leaf_of = vec![0; 2 * tree.nodes.len() + 1];
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
                Child::Leaf(leaf) => {
                    leaf_of[here] = leaf;
                    Step { threshold: 0.0, right: here as u32, feature: 0, missing_right: 0, left: 0 }
                }
                Child::Node(number) => {
                    let Node { feature, threshold, missing_left, left, right } = tree.nodes[number as usize];
                    open.push((Some(here), right, level + 1));
                    open.push((None, left, level + 1));
                    let missing_right = u8::from(!missing_left);
                    Step { threshold, right: 0, feature: feature as u16, missing_right, left: 1 }
                }
            });
        }
        let leaves = tree.leaves.iter().map(|leaf| T::of(*leaf)).collect();
        Self {
            steps: Steps::new(steps, features, depth),
            leaf_of,
            score: tree.score.map(|score| score as usize),
            leaves,
        }
    }
}

impl<T: Number> Walk<T> {
    /// The trees, of whatever size.
    pub fn of(features: usize, scores: usize, trees: &[Tree]) -> Self {
        Self { features, scores, trees: trees.iter().map(|tree| WalkTree::of(tree, features)).collect() }
    }
}

impl<T: Number> Sums for Walk<T> {
    fn name(&self) -> &'static str {
        "walk"
    }

    fn add(&self, level: Level, rows: &[f64], base: &[f64], room: &mut Room) {
        let pixels = rows.len() / self.features;
        let mut sums: Vec<T> = (0..pixels).flat_map(|_| base.iter().map(|base| T::of(*base))).collect();
        for tree in &self.trees {
            let groups = rows.chunks(SIDE_BY_SIDE * self.features).zip(sums.chunks_mut(SIDE_BY_SIDE * self.scores));
            for (rows, sums) in groups {
                let ends = tree.steps.find(level, rows);
                for (sums, end) in sums.chunks_exact_mut(self.scores).zip(ends) {
                    let leaf = tree.leaf_of[end as usize] as usize;
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
