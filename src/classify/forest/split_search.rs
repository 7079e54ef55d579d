//! The best split of a node: the threshold of a few drawn features that lowers the Gini impurity most.
//!
//! Source: Breiman et al. (1984), *Classification and Regression Trees*, section 4.3. With class weights `l` left and
//! `r` right, lowering the mean impurity is raising `sum(l^2) / sum(l) + sum(r^2) / sum(r)`.
//!
//! Counts are integers, so a large node's histogram and a small node's sorted list give the same sums.

use rand_chacha::ChaCha8Rng;

use super::grow::below;
use super::{Binned, ForestParameters};

/// Nodes up to this many samples are sorted: emptying and reading a histogram would cost more.
const SORTED: usize = 96;

/// A drawn sample.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) row: u32,
    pub(super) times: u16,
    pub(super) class: u8,
}

/// What the search for splits needs, with its memory.
pub(super) struct Search<'a> {
    binned: &'a Binned,
    weights: &'a [f64],
    min_leaf: u32,
    per_split: usize,
    /// All features, in an order that each node shuffles on.
    order: Vec<usize>,
    /// Draws of each class, `[bin][class]`.
    histogram: Vec<u32>,
    /// Distinct samples of each bin.
    samples: [u32; 256],
    /// Bin, class and draws of the samples of a small node.
    keys: Vec<u32>,
    /// Draws of each class: in the node, and left of the threshold.
    all: Vec<u32>,
    left: Vec<u32>,
}

/// A split and how good it is.
struct Found {
    score: f64,
    feature: usize,
    bin: u8,
}

impl<'a> Search<'a> {
    pub(super) fn new(binned: &'a Binned, weights: &'a [f64], parameters: &ForestParameters) -> Self {
        let features = binned.edges().features();
        let root = (features as f64).sqrt().ceil() as usize;
        Self {
            binned,
            weights,
            min_leaf: parameters.min_leaf.clamp(1, u32::MAX as usize) as u32,
            per_split: parameters.features_per_split.unwrap_or(root).clamp(1, features.max(1)),
            order: (0..features).collect(),
            histogram: vec![0; 256 * weights.len()],
            samples: [0; 256],
            keys: Vec::new(),
            all: vec![0; weights.len()],
            left: vec![0; weights.len()],
        }
    }

    /// Feature and bin of the best split, or `None` when the node is pure, too small, or all its samples are alike.
    ///
    /// Features without two bins do not end the search: as in scikit-learn, further ones are drawn until one splits.
    pub(super) fn best_split(&mut self, entries: &[Entry], rng: &mut ChaCha8Rng) -> Option<(usize, u8)> {
        self.all.fill(0);
        for entry in entries {
            self.all[usize::from(entry.class)] += u32::from(entry.times);
        }
        let pure = self.all.iter().filter(|&&draws| draws > 0).count() < 2;
        if pure || entries.len() < 2 * self.min_leaf as usize {
            return None;
        }
        let mut best: Option<Found> = None;
        for drawn in 0..self.order.len() {
            if drawn >= self.per_split && best.is_some() {
                break;
            }
            let other = drawn + below(rng, self.order.len() - drawn);
            self.order.swap(drawn, other);
            let feature = self.order[drawn];
            if entries.len() <= SORTED {
                self.scan_sorted(entries, feature, &mut best);
            } else {
                self.scan_histogram(entries, feature, &mut best);
            }
        }
        best.map(|found| (found.feature, found.bin))
    }

    fn scan_sorted(&mut self, entries: &[Entry], feature: usize, best: &mut Option<Found>) {
        let bins = self.binned.feature(feature);
        self.keys.clear();
        self.keys.extend(entries.iter().map(|entry| {
            u32::from(bins[entry.row as usize]) << 24 | u32::from(entry.class) << 16 | u32::from(entry.times)
        }));
        self.keys.sort_unstable();
        let keys = std::mem::take(&mut self.keys);
        self.left.fill(0);
        for i in 0..keys.len() - 1 {
            self.left[(keys[i] >> 16 & 255) as usize] += keys[i] & 0xffff;
            let (bin, next) = ((keys[i] >> 24) as u8, (keys[i + 1] >> 24) as u8);
            let right = (keys.len() - i - 1) as u32;
            if next > bin && (i as u32) + 1 >= self.min_leaf && right >= self.min_leaf {
                self.weigh(feature, bin, next, best);
            }
        }
        self.keys = keys;
    }

    fn scan_histogram(&mut self, entries: &[Entry], feature: usize, best: &mut Option<Found>) {
        let (bins, classes) = (self.binned.feature(feature), self.weights.len());
        let used = self.binned.edges().of(feature).len() + 1;
        self.histogram[..used * classes].fill(0);
        self.samples[..used].fill(0);
        for entry in entries {
            let bin = usize::from(bins[entry.row as usize]);
            self.histogram[bin * classes + usize::from(entry.class)] += u32::from(entry.times);
            self.samples[bin] += 1;
        }
        self.left.fill(0);
        let (mut samples, mut last) = (0, None);
        for bin in 0..used {
            if self.samples[bin] == 0 {
                continue;
            }
            let right = entries.len() as u32 - samples;
            if let Some(last) = last.filter(|_| samples >= self.min_leaf && right >= self.min_leaf) {
                self.weigh(feature, last, bin as u8, best);
            }
            for class in 0..classes {
                self.left[class] += self.histogram[bin * classes + class];
            }
            samples += self.samples[bin];
            last = Some(bin as u8);
        }
    }

    /// Holds the split between two neighbouring filled bins against the best so far; the first of equals stays.
    fn weigh(&self, feature: usize, low: u8, high: u8, best: &mut Option<Found>) {
        let (mut left, mut left_squares, mut right, mut right_squares) = (0.0, 0.0, 0.0, 0.0);
        for ((&l, &all), &weight) in self.left.iter().zip(&self.all).zip(self.weights) {
            let (l, r) = (f64::from(l) * weight, f64::from(all - l) * weight);
            left += l;
            left_squares += l * l;
            right += r;
            right_squares += r * r;
        }
        let score = left_squares / left + right_squares / right;
        if best.as_ref().is_none_or(|best| score > best.score) {
            *best = Some(Found { score, feature, bin: self.binned.threshold(feature, low, high) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare;
    use super::*;
    use crate::classify::training_set::TrainingSet;
    use crate::features::FeatureBlock;
    use rand_chacha::rand_core::SeedableRng;

    /// Lists and histograms must choose the same split.
    #[test]
    fn small_and_large_nodes_are_searched_alike() {
        let n = 90u32;
        let codes: Vec<u16> = (0..4 * n).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as u16 % 500 + 1).collect();
        let class: Vec<u8> = (0..n).map(|i| (i.wrapping_mul(40_503) >> 7) as u8 % 3).collect();
        let features = FeatureBlock { pixels: n as usize, features: 4, codes };
        let set = TrainingSet { features, class, unit: vec![0; n as usize], block: vec![0; n as usize], pixel: vec![] };
        let binned = prepare(&set, &set.all_rows());
        let weights = [1.0, 2.5, 0.5];
        for min_leaf in [1, 7, 40] {
            let parameters = ForestParameters { min_leaf, ..Default::default() };
            let mut search = Search::new(&binned, &weights, &parameters);
            let entry = |row: u32| Entry { row, times: 1 + (row % 3) as u16, class: set.class[row as usize] };
            let entries: Vec<Entry> = (0..n).map(entry).collect();
            search.best_split(&entries, &mut ChaCha8Rng::seed_from_u64(1));
            for feature in 0..4 {
                let (mut sorted, mut counted) = (None, None);
                search.scan_sorted(&entries, feature, &mut sorted);
                search.scan_histogram(&entries, feature, &mut counted);
                let (a, b) = (sorted.unwrap(), counted.unwrap());
                assert_eq!((a.score, a.bin), (b.score, b.bin), "feature {feature}");
                let left = binned.feature(feature).iter().filter(|&&bin| bin <= a.bin).count();
                assert!((min_leaf..=n as usize - min_leaf).contains(&left));
            }
        }
    }

    #[test]
    fn pure_and_uniform_nodes_are_left_alone() {
        let features = FeatureBlock { pixels: 4, features: 1, codes: vec![9, 9, 9, 20] };
        let set = TrainingSet { features, class: vec![0, 1, 0, 0], unit: vec![0; 4], block: vec![0; 4], pixel: vec![] };
        let binned = prepare(&set, &set.all_rows());
        let mut search = Search::new(&binned, &[1.0, 1.0], &ForestParameters::default());
        let entry = |row: u32| Entry { row, times: 1, class: set.class[row as usize] };
        let mut best = |rows: &[u32]| {
            let entries: Vec<Entry> = rows.iter().map(|&row| entry(row)).collect();
            search.best_split(&entries, &mut ChaCha8Rng::seed_from_u64(1))
        };
        assert_eq!(best(&[0, 2, 3]), None, "pure");
        assert_eq!(best(&[0, 1]), None, "alike");
        let (feature, bin) = best(&[1, 3]).unwrap();
        assert_eq!((feature, binned.edges().of(0)[usize::from(bin)]), (0, 14), "half-way from 9 to 20");
    }
}
