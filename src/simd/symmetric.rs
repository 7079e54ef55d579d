//! Sums of the leaves of symmetric trees over a block of pixels.

use super::Level;

/// Pixels are summed in runs of this many: planes are padded to a multiple of it.
pub const LANES: usize = 128;

/// Most decisions of a tree: 64 leaves are what one byte permutation looks up.
pub const MAX_DEPTH: usize = 6;

/// One tree as the kernel takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTree {
    /// Feature and bin of each level: bit `d` of the leaf's number is set where the pixel's bin is above the level's.
    pub splits: Vec<(u8, u8)>,
    /// Leaves, `[output][leaf]`, `outputs * 2^splits.len()` of them.
    pub leaves: Vec<i16>,
}

/// Trees laid out for the kernels.
#[derive(Clone, Debug)]
pub struct Packed {
    outputs: usize,
    trees: Vec<PackedTree>,
}

impl Packed {
    /// Lays trees out.
    ///
    /// # Panics
    /// When a tree is deeper than [`MAX_DEPTH`] or has another number of leaves than its depth and `outputs` ask for.
    pub fn new(outputs: usize, trees: Vec<PackedTree>) -> Self {
        for tree in &trees {
            assert!(tree.splits.len() <= MAX_DEPTH, "a tree of {} levels", tree.splits.len());
            assert_eq!(tree.leaves.len(), outputs << tree.splits.len(), "leaves of a tree");
        }
        Self { outputs, trees }
    }

    /// Adds, to `scores[output * stride + pixel]`, the leaf of each tree that the pixel falls into.
    ///
    /// `bins` holds `[feature][pixel]`, `stride` bytes a feature. Sums are exact: no order of trees or pixels changes them.
    ///
    /// # Panics
    /// When `stride` is no multiple of [`LANES`], or a slice is shorter than the trees and outputs need.
    pub fn add_scores(&self, _level: Level, bins: &[u8], stride: usize, scores: &mut [i32]) {
        assert!(stride.is_multiple_of(LANES) && scores.len() >= self.outputs * stride, "planes of whole runs");
        for tree in &self.trees {
            for pixel in 0..stride {
                let bit = |(level, (feature, bin)): (usize, &(u8, u8))| {
                    usize::from(bins[usize::from(*feature) * stride + pixel] > *bin) << level
                };
                let leaf: usize = tree.splits.iter().enumerate().map(bit).sum();
                for output in 0..self.outputs {
                    scores[output * stride + pixel] += i32::from(tree.leaves[(output << tree.splits.len()) + leaf]);
                }
            }
        }
    }
}
