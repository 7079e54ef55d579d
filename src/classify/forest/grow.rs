//! One tree: a bootstrap of the training rows, split level by level.
//!
//! Pure and seeded by the forest's seed and the tree's number, so that trees may be grown in any order on any thread.

use std::collections::{HashMap, VecDeque};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::split_search::{Entry, Search};
use super::tree::{MAX_LEAVES, SHARES, Tree, decision, leaf};
use super::{Binned, ClassWeights, ForestParameters};
use crate::classify::training_set::TrainingSet;

/// A whole number below `end`, the same on every machine. Its bias (below `end` / 2^32) does not matter here.
pub(super) fn below(rng: &mut ChaCha8Rng, end: usize) -> usize {
    ((u64::from(rng.next_u32()) * end as u64) >> 32) as usize
}

/// A node that is still to be split or closed.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

/// Grows tree number `tree` on the samples `rows` of the set (a sample may be named once).
///
/// The bootstrap draws as many samples as there are rows, with replacement. At most
/// [`MAX_LEAVES`] leaves are made; without rows, the tree is one leaf of class 0.
///
/// # Panics
/// When `binned` was prepared from another set.
pub fn grow_tree(set: &TrainingSet, binned: &Binned, rows: &[u32], parameters: &ForestParameters, tree: usize) -> Tree {
    let mut rng = ChaCha8Rng::seed_from_u64(parameters.seed);
    rng.set_stream(tree as u64);
    let mut entries = bootstrap(set, rows, &mut rng);
    let weights = class_weights(set, rows, parameters.class_weights, binned.classes());
    let mut search = Search::new(binned, &weights, parameters);
    let mut leaves = Leaves { weights: &weights, rows: HashMap::new(), shares: Vec::new() };
    let mut words = vec![0u32];
    let mut closed = Vec::new();
    let mut queue = VecDeque::from([Open { node: 0, start: 0, end: entries.len(), depth: 0 }]);
    let mut spare = Vec::with_capacity(entries.len());
    while let Some(open) = queue.pop_front() {
        let part = &mut entries[open.start..open.end];
        // Closed leaves and open nodes together are the leaves that there will be.
        let full = open.depth >= parameters.max_depth || closed.len() + queue.len() + 2 > MAX_LEAVES;
        let split = if full { None } else { search.best_split(part, &mut rng) };
        let Some((feature, bin)) = split else {
            closed.push((open.node, leaves.row_of(part)));
            continue;
        };
        let left = partition(part, binned.feature(feature), bin, &mut spare);
        words[open.node] = decision(feature as u8, bin, words.len() as u16);
        for (start, end) in [(open.start, open.start + left), (open.start + left, open.end)] {
            queue.push_back(Open { node: words.len(), start, end, depth: open.depth + 1 });
            words.push(0);
        }
    }
    let nodes = words.len();
    for (node, row) in closed {
        words[node] = leaf((nodes + row) as u16);
    }
    match Tree::new(binned.edges().clone(), binned.classes(), words, leaves.shares) {
        Ok(tree) => tree,
        Err(rule) => unreachable!("a grown tree keeps the rules: {rule}"),
    }
}

/// Each drawn sample with the number of times it was drawn, in the order of `rows`.
fn bootstrap(set: &TrainingSet, rows: &[u32], rng: &mut ChaCha8Rng) -> Vec<Entry> {
    let mut drawn = vec![0u16; rows.len()];
    for _ in 0..rows.len() {
        let times = &mut drawn[below(rng, rows.len())];
        *times = times.saturating_add(1);
    }
    let entries = rows.iter().zip(drawn).filter(|(_, times)| *times > 0);
    entries.map(|(&row, times)| Entry { row, times, class: set.class[row as usize] }).collect()
}

/// The weight of each class; balanced: rows / (classes present * rows of the class), as in scikit-learn.
fn class_weights(set: &TrainingSet, rows: &[u32], kind: ClassWeights, classes: usize) -> Vec<f64> {
    match kind {
        ClassWeights::None => vec![1.0; classes],
        ClassWeights::Balanced => {
            let mut counts = vec![0u32; classes];
            for &row in rows {
                counts[usize::from(set.class[row as usize])] += 1;
            }
            let present = counts.iter().filter(|&&count| count > 0).count() as f64;
            let weight = |&count: &u32| rows.len() as f64 / (present * f64::from(count.max(1)));
            counts.iter().map(weight).collect()
        }
    }
}

/// Moves the entries at or below the bin to the front, keeping their order; says how many there are.
fn partition(entries: &mut [Entry], bins: &[u8], bin: u8, spare: &mut Vec<Entry>) -> usize {
    spare.clear();
    let mut left = 0;
    for i in 0..entries.len() {
        let entry = entries[i];
        if bins[entry.row as usize] > bin {
            spare.push(entry);
        } else {
            entries[left] = entry;
            left += 1;
        }
    }
    entries[left..].copy_from_slice(spare);
    left
}

/// The table of class shares; equal leaves share a row.
struct Leaves<'a> {
    weights: &'a [f64],
    rows: HashMap<Vec<u16>, usize>,
    shares: Vec<u16>,
}

impl Leaves<'_> {
    fn row_of(&mut self, entries: &[Entry]) -> usize {
        let mut votes = vec![0.0; self.weights.len()];
        for entry in entries {
            let class = usize::from(entry.class);
            votes[class] += f64::from(entry.times) * self.weights[class];
        }
        let shares = whole_shares(&votes);
        let next = self.rows.len();
        let table = &mut self.shares;
        *self.rows.entry(shares).or_insert_with_key(|shares| {
            table.extend_from_slice(shares);
            next
        })
    }
}

/// Parts of [`SHARES`] in proportion to the votes, by largest remainder (ties to the lowest class).
fn whole_shares(votes: &[f64]) -> Vec<u16> {
    let sum: f64 = votes.iter().sum();
    let mut shares = vec![0u16; votes.len()];
    if sum <= 0.0 {
        shares[0] = SHARES;
        return shares;
    }
    let exact: Vec<f64> = votes.iter().map(|vote| vote / sum * f64::from(SHARES)).collect();
    for (share, exact) in shares.iter_mut().zip(&exact) {
        *share = exact.floor() as u16;
    }
    let given: u32 = shares.iter().map(|&share| u32::from(share)).sum();
    let mut order: Vec<usize> = (0..votes.len()).collect();
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    for &class in order.iter().take(u32::from(SHARES).saturating_sub(given) as usize) {
        shares[class] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::super::{Forest, Votes, prepare};
    use super::*;
    use crate::features::FeatureBlock;

    fn set(codes: Vec<u16>, features: usize, class: Vec<u8>) -> TrainingSet {
        let pixels = class.len();
        let numbers: Vec<u32> = (0..pixels as u32).collect();
        let features = FeatureBlock { pixels, features, codes };
        TrainingSet { features, class, unit: numbers.clone(), block: numbers, pixel: Vec::new() }
    }

    #[test]
    fn shares_are_whole_and_add_up() {
        assert_eq!(whole_shares(&[1.0, 1.0]), [32_768, 32_767]);
        assert_eq!(whole_shares(&[0.0, 3.0, 0.0]), [0, SHARES, 0]);
        assert_eq!(whole_shares(&[0.0, 0.0]), [SHARES, 0]);
        let many: Vec<f64> = (1..=256).map(f64::from).collect();
        assert_eq!(whole_shares(&many).iter().map(|&s| u32::from(s)).sum::<u32>(), u32::from(SHARES));
    }

    #[test]
    fn a_clean_threshold_is_found_in_the_middle_and_missing_goes_low() {
        // Class 1 above 100, missing codes are of class 0.
        let codes: Vec<u16> = vec![0, 0, 0, 40, 60, 80, 120, 140, 160, 180, 200, 220];
        let class = codes.iter().map(|&code| u8::from(code > 100)).collect();
        let set = set(codes, 1, class);
        let binned = prepare(&set, &set.all_rows());
        let rows: Vec<u32> = (0..12).collect();
        let parameters = ForestParameters { trees: 60, ..Default::default() };
        let trees = (0..60).map(|tree| grow_tree(&set, &binned, &rows, &parameters, tree)).collect();
        let forest = Forest::from_trees(trees, 2, 1);
        let mut votes = Votes::default();
        forest.vote(&FeatureBlock { pixels: 4, features: 1, codes: vec![0, 85, 115, 65_535] }, &mut votes);
        assert_eq!(votes.predict(&[false, true]).class, [0, 0, 1, 1]);
    }

    #[test]
    fn exclusive_or_is_learnt_though_no_single_split_helps() {
        let points: Vec<(u16, u16)> = (0..400).map(|i| (i % 20 * 7 + 1, i / 20 * 11 + 1)).collect();
        let codes = points.iter().map(|p| p.0).chain(points.iter().map(|p| p.1)).collect();
        let class = points.iter().map(|p| u8::from((p.0 > 70) != (p.1 > 110))).collect();
        let set = set(codes, 2, class);
        let binned = prepare(&set, &set.all_rows());
        let rows: Vec<u32> = (0..400).collect();
        let parameters = ForestParameters::default();
        let trees = (0..20).map(|tree| grow_tree(&set, &binned, &rows, &parameters, tree)).collect();
        let mut votes = Votes::default();
        Forest::from_trees(trees, 2, 2).vote(&set.features, &mut votes);
        let got = votes.predict(&[false, true]).class;
        let right = got.iter().zip(&set.class).filter(|(a, b)| a == b).count();
        assert!(right >= 396, "{right} of 400");
    }

    #[test]
    fn a_tree_depends_on_seed_and_number_only_and_obeys_its_limits() {
        let codes: Vec<u16> = (0..3000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as u16).collect();
        let class: Vec<u8> = (0..1000u32).map(|i| (i.wrapping_mul(40_503) >> 8) as u8 % 3).collect();
        let set = set(codes, 3, class);
        let binned = prepare(&set, &set.all_rows());
        let rows: Vec<u32> = (0..1000).collect();
        let parameters = ForestParameters { max_depth: 5, min_leaf: 20, ..Default::default() };
        let grow = |tree, seed| grow_tree(&set, &binned, &rows, &ForestParameters { seed, ..parameters.clone() }, tree);
        assert_eq!(grow(3, 9), grow(3, 9));
        assert_ne!(grow(3, 9), grow(4, 9));
        assert_ne!(grow(3, 9), grow(3, 8));
        assert!(grow(0, 1).words().len() < 64, "{}", grow(0, 1).words().len());
        assert_eq!(grow_tree(&set, &binned, &[], &parameters, 0).shares(), [SHARES, 0, 0]);
    }

    #[test]
    fn balanced_weights_lift_the_rare_class() {
        let set = set(vec![5; 100], 1, (0..100).map(|i| u8::from(i < 10)).collect());
        let rows: Vec<u32> = (0..100).collect();
        assert_eq!(class_weights(&set, &rows, ClassWeights::Balanced, 2), [100.0 / 180.0, 5.0]);
        let binned = prepare(&set, &set.all_rows());
        let share = |class_weights| {
            let parameters = ForestParameters { class_weights, ..Default::default() };
            let sum: u32 =
                (0..50).map(|t| u32::from(grow_tree(&set, &binned, &rows, &parameters, t).shares()[1])).sum();
            f64::from(sum) / 50.0 / f64::from(SHARES)
        };
        assert!((share(ClassWeights::None) - 0.1).abs() < 0.02, "{}", share(ClassWeights::None));
        assert!((share(ClassWeights::Balanced) - 0.5).abs() < 0.05, "{}", share(ClassWeights::Balanced));
    }
}
