//! One tree: level by level the question that helps most, then its leaves.
//!
//! The work goes to the [`Workers`] by chunks of samples and by features. What comes back is put together in the order of
//! the chunks and of the features, so a tree depends on the data and the seed only.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::chunk::{CHUNK, Chunk, LEAVES, Scale, Sums, columns};
use super::histogram::{Histogram, Level, smaller};
use super::scan::{BINS, Candidate, Of, best};
use super::workers::Workers;
use super::{LOGIT, MAX_DEPTH, MAX_LEAF, Parameters, SymmetricTree};
use crate::classify::forest::{Binned, Edges};
use crate::simd::symmetric::NARROW;

/// Bytes that the histograms of all features may keep from level to level; above, every leaf is counted anew.
const KEPT_BYTES: usize = 64 << 20;

/// Samples of several classes up to which counting them anew at each level is faster than histograms kept.
const FEW: usize = 4096;

/// Samples to train on, in bins and chunks.
pub(super) struct Ground {
    edges: Edges,
    outputs: usize,
    /// `[feature][sample]`, each feature padded to whole chunks.
    planes: Vec<u8>,
    padded: usize,
    chunks: Vec<Chunk>,
    histograms: Vec<Histogram>,
}

/// The least `l2`: no leaf divides by 0.
const SMALLEST_L2: f64 = 1e-3;

/// The streams of random numbers of a tree, beside those of its chunks.
const FEATURES: u64 = u32::MAX as u64;

impl Ground {
    /// The samples `rows`, with a class and a weight each, all at the score `base`.
    pub(super) fn new(binned: &Binned, (class, rows): (&[u8], &[u32]), weights: &[f32], base: &[i32]) -> Self {
        let features = binned.edges().features();
        let padded = rows.len().next_multiple_of(CHUNK);
        let mut planes = vec![0; features * padded];
        for (feature, plane) in planes.chunks_exact_mut(padded.max(1)).enumerate() {
            let bins = binned.feature(feature);
            plane.iter_mut().zip(rows).for_each(|(bin, &row)| *bin = bins[row as usize]);
        }
        let chunk = |(number, rows): (usize, &[u32])| {
            let class: Vec<u8> = rows.iter().map(|&row| class[row as usize]).collect();
            let weight = class.iter().map(|&class| weights[usize::from(class)]).collect();
            Chunk::new(number, class, weight, base)
        };
        Self {
            edges: binned.edges().clone(),
            outputs: base.len(),
            planes,
            padded,
            chunks: rows.chunks(CHUNK).enumerate().map(chunk).collect(),
            histograms: (0..features).map(|_| Histogram::default()).collect(),
        }
    }

    fn plane(&self, feature: usize) -> &[u8] {
        &self.planes[feature * self.padded..(feature + 1) * self.padded]
    }

    /// Grows tree number `number`; the scores of all samples then include it.
    pub(super) fn grow(&mut self, parameters: &Parameters, number: usize, workers: &impl Workers) -> SymmetricTree {
        let sums = workers.map(self.chunks.iter_mut().collect(), Chunk::derive);
        let scales: Vec<Scale> = added(&sums).into_iter().map(Scale::of).collect();
        let lot = (parameters.seed, number);
        workers.map(self.chunks.iter_mut().collect(), |chunk| chunk.draw(&scales, parameters.row_share, lot));
        let splits = self.questions(parameters, number, &scales, workers);
        let leaves = self.leaves(splits.len(), parameters, workers);
        SymmetricTree { splits, leaves }
    }

    /// The leaves of the tree whose questions the samples were parted by; their scores then include them.
    ///
    /// Where the loss is far from a parabola, one Newton step falls short of its minimum: steps are added up, each from
    /// where the last one led, before the learning rate shortens their sum.
    fn leaves(&mut self, levels: usize, parameters: &Parameters, workers: &impl Workers) -> Vec<i16> {
        let mut gone = vec![0i32; self.outputs << levels];
        for step in 0..leaf_steps(self.outputs) {
            if step > 0 {
                workers.map(self.chunks.iter_mut().collect(), Chunk::derive);
            }
            let sums = workers.map(self.chunks.iter().collect(), Chunk::leaf_sums);
            let steps = newton_steps(&added(&sums), levels, self.outputs, parameters.l2.max(SMALLEST_L2));
            workers.map(self.chunks.iter_mut().collect(), |chunk| chunk.add(&steps));
            gone.iter_mut().zip(steps).for_each(|(gone, step)| *gone += step);
        }
        let short: Vec<f64> = gone.iter().map(|&gone| f64::from(gone) * parameters.learning_rate).collect();
        let leaves = if self.outputs == 1 { in_steps(&short) } else { in_units(&short) };
        let back: Vec<i32> = leaves.iter().zip(&gone).map(|(&leaf, gone)| i32::from(leaf) - gone).collect();
        workers.map(self.chunks.iter_mut().collect(), |chunk| chunk.add(&back));
        leaves
    }

    /// The questions of a tree. The chunks' samples then lie in its leaves.
    fn questions(
        &mut self,
        parameters: &Parameters,
        number: usize,
        scales: &[Scale],
        workers: &impl Workers,
    ) -> Vec<(u8, u8)> {
        let mut rng = ChaCha8Rng::seed_from_u64(parameters.seed);
        rng.set_stream((number as u64) << 32 | FEATURES);
        let asked = self.features_to_ask(parameters.feature_share, &mut rng);
        let bytes = asked.len() * LEAVES / 2 * BINS * scales.len() * size_of::<i64>();
        let few = scales.len() > 1 && self.chunks.iter().map(Chunk::samples).sum::<usize>() <= FEW;
        let kept = bytes <= KEPT_BYTES && !few;
        let mut counted = vec![true];
        let mut splits = Vec::new();
        for level in 0..parameters.depth.min(MAX_DEPTH) {
            let workings = Level { counted: &counted, scales, l2: parameters.l2.max(SMALLEST_L2), kept };
            workers.map(self.chunks.iter_mut().collect(), |chunk| chunk.list(workings.counted));
            let candidates = self.search(&asked, &workings, workers);
            let Some((feature, bin)) = choose(&candidates, parameters.random_strength, &mut rng) else { break };
            let (planes, padded) = (&self.planes, self.padded);
            let plane = &planes[feature * padded..(feature + 1) * padded];
            let counts = workers.map(self.chunks.iter_mut().collect(), |chunk| chunk.split(plane, bin, level));
            splits.push((feature as u8, bin));
            counted = if kept { smaller(&counts, 2 << level) } else { vec![true; 2 << level] };
        }
        splits
    }

    /// Features that have a threshold, or a seeded draw of them, in rising order.
    fn features_to_ask(&self, share: f64, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut all: Vec<usize> =
            (0..self.edges.features()).filter(|&feature| !self.edges.of(feature).is_empty()).collect();
        if share >= 1.0 || all.is_empty() {
            return all;
        }
        let wanted = ((all.len() as f64 * share).ceil() as usize).clamp(1, all.len());
        for drawn in 0..wanted {
            let other = drawn + ((u64::from(rng.next_u32()) * (all.len() - drawn) as u64) >> 32) as usize;
            all.swap(drawn, other);
        }
        all.truncate(wanted);
        all.sort_unstable();
        all
    }

    /// The best threshold of each feature that is asked about.
    fn search(&mut self, asked: &[usize], level: &Level, workers: &impl Workers) -> Vec<(usize, Candidate)> {
        let mut histograms = std::mem::take(&mut self.histograms);
        let mut is_asked = asked.iter().copied().peekable();
        let tasks: Vec<(usize, &mut Histogram)> =
            histograms.iter_mut().enumerate().filter(|(feature, _)| is_asked.next_if_eq(feature).is_some()).collect();
        let found = workers.map(tasks, |(feature, histogram)| {
            let (plane, edges) = (self.plane(feature), self.edges.of(feature));
            let of = if level.kept {
                histogram.advance(plane, &self.chunks, level);
                Of::Sums(histogram.sums())
            } else {
                Of::Samples(plane, &self.chunks)
            };
            best(of, edges, level).map(|candidate| (feature, candidate))
        });
        self.histograms = histograms;
        found.into_iter().flatten().collect()
    }
}

/// The feature and bin of the highest gain, the first of equals. With chance, each feature's gain is first multiplied by
/// a number between `1 - strength` and `1 + strength`.
fn choose(candidates: &[(usize, Candidate)], strength: f64, rng: &mut ChaCha8Rng) -> Option<(usize, u8)> {
    let mut best: Option<(f64, (usize, u8))> = None;
    for (feature, candidate) in candidates {
        let chance = f64::from(rng.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0;
        let gain = candidate.gain * (1.0 + strength * chance);
        if best.is_none_or(|(highest, _)| gain > highest) {
            best = Some((gain, (*feature, candidate.bin)));
        }
    }
    best.map(|(_, split)| split)
}

/// Sums over the chunks, in their order.
fn added(by_chunk: &[Vec<Sums>]) -> Vec<Sums> {
    let mut all = vec![Sums::default(); by_chunk.first().map_or(0, Vec::len)];
    for sums in by_chunk {
        for (all, sum) in all.iter_mut().zip(sums) {
            all.gradient += sum.gradient;
            all.hessian += sum.hessian;
        }
    }
    all
}

/// Leaves of two classes. Several Newton steps make a few of them far larger than the others, which units as coarse as these
/// few ask for would leave with nothing: held-out accuracy on five tables fell by 0.4 points. Nor is there much to be had: a
/// single look-up a tree.
fn in_steps(leaves: &[f64]) -> Vec<i16> {
    let most = f64::from(MAX_LEAF);
    leaves.iter().map(|leaf| leaf.round().clamp(-most, most) as i16).collect()
}

/// Leaves of several classes as whole numbers of a unit, the smallest power of two of which none is more than [`NARROW`]: so
/// the kernels look up a single byte. What this leaves out, at most 1/126 of the largest leaf of the tree, the next trees see
/// and make good.
fn in_units(leaves: &[f64]) -> Vec<i16> {
    let largest = leaves.iter().fold(0.0_f64, |most, leaf| most.max(leaf.abs())).min(f64::from(MAX_LEAF));
    let (mut unit, most) = (1.0, f64::from(NARROW));
    while (largest / unit).round() > most {
        unit *= 2.0;
    }
    let most = most.min((f64::from(MAX_LEAF) / unit).floor());
    leaves.iter().map(|leaf| ((leaf / unit).round().clamp(-most, most) * unit) as i16).collect()
}

/// Newton steps that a tree's leaves take.
fn leaf_steps(outputs: usize) -> usize {
    if outputs == 1 { 5 } else { 1 }
}

/// One Newton step of each leaf, `[output][leaf]` in steps of the score, from sums `[column][leaf]` with [`LEAVES`] leaves a
/// column: `-G / (H + l2)` of each class, and of it the difference to the first class's.
fn newton_steps(sums: &[Sums], levels: usize, outputs: usize, l2: f64) -> Vec<i32> {
    let newton = |column: usize, leaf: usize| {
        let sum = sums[column * LEAVES + leaf];
        -sum.gradient / (sum.hessian + l2)
    };
    let columns = columns(outputs);
    // Each class's score moves on its own, while all others move too: the step is (k - 1) / k of Newton's (Friedman, Hastie
    // and Tibshirani 2000, "Additive logistic regression", Annals of Statistics 28, algorithm 6).
    let share = if columns == 1 { 1.0 } else { outputs as f64 / columns as f64 };
    let step = |output: usize, leaf: usize| {
        let log_odds = if columns == 1 { newton(0, leaf) } else { newton(output + 1, leaf) - newton(0, leaf) };
        let most = f64::from(MAX_LEAF);
        (log_odds * share * f64::from(LOGIT)).round().clamp(-most, most) as i32
    };
    (0..outputs).flat_map(|output| (0..1 << levels).map(move |leaf| step(output, leaf))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_whole_numbers_of_a_unit() {
        assert_eq!(in_units(&[0.0, -0.4, 62.6]), [0, 0, 63]);
        assert_eq!(in_units(&[64.0, -1.0, 3.0, -63.2]), [64, -2, 4, -64], "halves go away from 0");
        assert_eq!(in_units(&[1e9, -1e9, 600.0]), [31 * 1024, -31 * 1024, 1024]);
        assert_eq!(in_units(&[]), [0_i16; 0]);
    }
}
