//! Samples that no tree is made from: what the trees say of them tells when to stop.

use super::SymmetricTree;
use super::loss::log_loss;
use crate::classify::forest::Binned;

/// Held-out samples and their scores.
pub(super) struct Watched<'a> {
    binned: &'a Binned,
    rows: &'a [u32],
    class: Vec<u8>,
    weights: &'a [f64],
    /// `[output][sample]`.
    scores: Vec<i32>,
}

impl<'a> Watched<'a> {
    /// The samples `rows`, weighed by their classes, all at the score `base`.
    pub(super) fn new(binned: &'a Binned, (class, rows): (&[u8], &'a [u32]), weights: &'a [f64], base: &[i32]) -> Self {
        let class = rows.iter().map(|&row| class[row as usize]).collect();
        let scores = base.iter().flat_map(|&base| std::iter::repeat_n(base, rows.len())).collect();
        Self { binned, rows, class, weights, scores }
    }

    /// Adds a tree to the scores.
    pub(super) fn add(&mut self, tree: &SymmetricTree) {
        let planes: Vec<(&[u8], u8)> =
            tree.splits.iter().map(|&(feature, bin)| (self.binned.feature(usize::from(feature)), bin)).collect();
        let leaf = |row: u32| -> usize {
            let answer =
                |(level, (plane, bin)): (usize, &(&[u8], u8))| usize::from(plane[row as usize] > *bin) << level;
            planes.iter().enumerate().map(answer).sum()
        };
        let leaves: Vec<usize> = self.rows.iter().map(|&row| leaf(row)).collect();
        let by_output = tree.leaves.chunks_exact(1 << tree.splits.len());
        for (scores, of_output) in self.scores.chunks_exact_mut(self.rows.len()).zip(by_output) {
            scores.iter_mut().zip(&leaves).for_each(|(score, &leaf)| *score += i32::from(of_output[leaf]));
        }
    }

    /// Their mean log-loss, weighed.
    pub(super) fn loss(&self) -> f64 {
        let (mut losses, mut weights) = (0.0, 0.0);
        for (sample, &class) in self.class.iter().enumerate() {
            let weight = self.weights[usize::from(class)];
            let scores = self.scores[sample..].iter().step_by(self.rows.len()).copied();
            losses += weight * log_loss(scores, usize::from(class));
            weights += weight;
        }
        losses / weights
    }
}
