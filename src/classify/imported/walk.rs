//! Large trees: many pixels walk down a tree side by side, so that one waits for memory while others go on, and all pixels of
//! a batch go down a tree before the next one, so that it stays in the cache.

use std::ops::Range;

use super::{Child, Room, Sums, Tree};
use crate::simd::Level;
use crate::simd::masks::Number;
use crate::simd::ranks::Ranks;
use crate::simd::walk::{GROUP, GROUPS, HIGHEST, Line, Step, Steps};

/// Most buckets of a feature's thresholds: there are many of them.
const MOST_BUCKETS: usize = 1 << 16;

/// Trees as they are walked.
#[derive(Debug)]
pub(super) struct Walk<T> {
    scores: usize,
    features: Vec<Feature>,
    columns: usize,
    trees: Vec<WalkTree<T>>,
}

#[derive(Debug)]
struct Feature {
    ranks: Ranks,
    /// The columns of ranks for nodes that send missing values left, and for those that send them right.
    columns: [Option<usize>; 2],
}

#[derive(Debug)]
struct WalkTree<T> {
    steps: Steps,
    /// The scores that a leaf adds to.
    scores: Range<usize>,
    /// What leaves add, as many numbers each.
    leaves: Vec<T>,
}

impl<T: Number> WalkTree<T> {
    fn of(tree: &Tree, scores: usize, (features, columns): (&[Feature], usize)) -> Option<Self> {
        // Nodes, and behind them leaves.
        let nodes = tree.nodes.len() as u32;
        let number = |child: Child| match child {
            Child::Node(node) => node,
            Child::Leaf(leaf) => nodes + leaf,
        };
        let steps = Steps::new(columns, 0, |at| match tree.nodes.get(at as usize) {
            None => Step::Leaf(at - nodes),
            Some(node) => {
                let feature = &features[node.feature as usize];
                let column = feature.columns[usize::from(!node.missing_left)].unwrap_or(0) as u32;
                let from = feature.ranks.below(node.threshold) as u32 + 1;
                Step::Node { column, from, left: number(node.left), right: number(node.right) }
            }
        })?;
        let leaves = tree.leaves.iter().map(|leaf| T::of(*leaf)).collect();
        let scores = tree.score.map_or(0..scores, |score| score as usize..score as usize + 1);
        Some(Self { steps, scores, leaves })
    }

    /// Adds the leaves of some pixels to their sums, `all` a pixel.
    fn add(&self, leaves: &[u32], all: usize, sums: &mut [T]) {
        let own = self.scores.len();
        if own == all {
            match own {
                1 => add_rows::<T, 1>(&self.leaves, leaves, sums),
                2 => add_rows::<T, 2>(&self.leaves, leaves, sums),
                3 => add_rows::<T, 3>(&self.leaves, leaves, sums),
                4 => add_rows::<T, 4>(&self.leaves, leaves, sums),
                5 => add_rows::<T, 5>(&self.leaves, leaves, sums),
                6 => add_rows::<T, 6>(&self.leaves, leaves, sums),
                7 => add_rows::<T, 7>(&self.leaves, leaves, sums),
                8 => add_rows::<T, 8>(&self.leaves, leaves, sums),
                _ => self.add_any(leaves, all, sums),
            }
        } else {
            self.add_any(leaves, all, sums);
        }
    }

    fn add_any(&self, leaves: &[u32], all: usize, sums: &mut [T]) {
        let own = self.scores.len();
        for (leaf, sums) in leaves.iter().zip(sums.chunks_exact_mut(all)) {
            let values = &self.leaves[*leaf as usize * own..][..own];
            sums[self.scores.clone()].iter_mut().zip(values).for_each(|(sum, value)| *sum += *value);
        }
    }
}

/// As many numbers a leaf as sums a pixel.
fn add_rows<T: Number, const N: usize>(values: &[T], leaves: &[u32], sums: &mut [T]) {
    let values = values.as_chunks::<N>().0;
    for (leaf, sums) in leaves.iter().zip(sums.as_chunks_mut::<N>().0) {
        let values = &values[*leaf as usize];
        for i in 0..N {
            sums[i] += values[i];
        }
    }
}

impl<T: Number> Walk<T> {
    /// The trees, if none has too many nodes.
    pub fn of(features: usize, scores: usize, trees: &[Tree]) -> Option<Self> {
        let mut thresholds = vec![Vec::new(); features];
        let mut wanted = vec![[false; 2]; features];
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            thresholds[node.feature as usize].push(node.threshold);
            wanted[node.feature as usize][usize::from(!node.missing_left)] = true;
        }
        let mut columns = 0;
        let feature = |(thresholds, wanted): (Vec<f64>, [bool; 2])| Feature {
            ranks: Ranks::of(thresholds, MOST_BUCKETS),
            columns: wanted.map(|wanted| {
                columns += usize::from(wanted);
                wanted.then_some(columns - usize::from(wanted))
            }),
        };
        let features: Vec<Feature> = thresholds.into_iter().zip(wanted).map(feature).collect();
        let columns = columns.max(1);
        if features.iter().any(|feature| feature.ranks.thresholds().len() >= HIGHEST as usize) {
            return None;
        }
        let trees = trees.iter().map(|tree| WalkTree::of(tree, scores, (&features, columns)));
        let trees = trees.collect::<Option<_>>()?;
        Some(Self { scores, features, columns, trees })
    }

    /// The ranks `[group][column][pixel]` of values `[feature][pixel]`.
    fn rank(&self, level: Level, columns: &[f64], ranks: &mut Vec<Line>) {
        let pixels = columns.len() / self.features.len();
        ranks.clear();
        ranks.resize(pixels.div_ceil(GROUP) * self.columns, [0; GROUP]);
        for (feature, values) in self.features.iter().zip(columns.chunks_exact(pixels)) {
            for (values, ranks) in values.chunks(GROUP).zip(ranks.chunks_exact_mut(self.columns)) {
                let mut own = [0; GROUP];
                feature.ranks.fill(level, values, &mut own[..values.len()]);
                for (right, column) in feature.columns.iter().enumerate().filter_map(|(r, c)| Some((r, (*c)?))) {
                    let missing = if right == 1 { HIGHEST } else { 0 };
                    ranks[column] = own;
                    let lanes = ranks[column].iter_mut().zip(values).filter(|(_, value)| value.is_nan());
                    lanes.for_each(|(rank, _)| *rank = missing);
                }
            }
        }
    }
}

impl<T: Number> Sums for Walk<T> {
    fn name(&self) -> &'static str {
        "walk"
    }

    fn add(&self, level: Level, columns: &[f64], base: &[f64], room: &mut Room) {
        let pixels = columns.len() / self.features.len();
        if pixels == 0 {
            return;
        }
        self.rank(level, columns, &mut room.ranks);
        let mut sums: Vec<T> = (0..pixels).flat_map(|_| base.iter().map(|base| T::of(*base))).collect();
        for tree in &self.trees {
            let together = GROUPS * GROUP * self.scores;
            for (ranks, sums) in room.ranks.chunks(GROUPS * self.columns).zip(sums.chunks_mut(together)) {
                let leaves = tree.steps.find(level, ranks);
                tree.add(leaves.as_flattened(), self.scores, sums);
            }
        }
        for (pixel, sums) in sums.chunks_exact(self.scores).enumerate() {
            let scores = room.scores[pixel..].iter_mut().step_by(pixels);
            scores.zip(sums).for_each(|(score, sum)| *score = sum.wide());
        }
    }
}
