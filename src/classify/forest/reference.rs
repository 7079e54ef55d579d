//! The plain traversal: pixel by pixel, tree by tree, on codes and thresholds. Slow and obvious; tests hold
//! [`Forest::vote`](super::Forest::vote) against it, vote for vote.

use super::tree::{LEAF, parts};
use super::{Forest, Tree, Votes};
use crate::features::FeatureBlock;

/// The votes of a block.
///
/// # Panics
/// When the block has another number of features than the forest.
pub fn vote(forest: &Forest, block: &FeatureBlock) -> Votes {
    assert_eq!(block.features, forest.features(), "a block of another number of features");
    let mut votes = Votes::default();
    votes.reset(forest.classes(), block.pixels);
    for pixel in 0..block.pixels {
        for tree in forest.trees() {
            let row = leaf_row(tree, |feature| block.codes[feature * block.pixels + pixel]);
            for class in 0..forest.classes() {
                votes.sums[class * block.pixels + pixel] += u32::from(tree.shares()[row * forest.classes() + class]);
            }
        }
    }
    votes
}

/// The row of shares where a pixel ends up, and how it gets there.
fn leaf_row(tree: &Tree, code: impl Fn(usize) -> u16) -> usize {
    let mut node = 0;
    loop {
        let (feature, bin, child) = parts(tree.words()[node]);
        if bin == LEAF {
            return usize::from(child) - tree.words().len();
        }
        let threshold = tree.edges().of(feature.into())[usize::from(bin)];
        node = usize::from(child) + usize::from(code(feature.into()) > threshold);
    }
}
