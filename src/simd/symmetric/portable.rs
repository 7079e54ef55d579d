//! Plain code that the compiler makes vectors of: comparisons of bytes, and a look-up for each pixel.

use super::{GROUP, LANES, LEAVES, Line, Packed, Run};

/// Adds the leaves of all trees to a run's scores.
pub(super) fn add_run(packed: &Packed, run: &Run<'_>, scores: &mut [[i32; LANES]]) {
    let mut indices = [Line([0_u8; LANES]); GROUP];
    for group in &packed.groups {
        for (index, tree) in indices.iter_mut().zip(group.trees.clone()) {
            index.0 = [0; LANES];
            let splits = &packed.splits[tree];
            for level in 0..splits.depth {
                let bin = splits.bins[level];
                for (index, own) in index.0.iter_mut().zip(run.of(splits.features[level])) {
                    *index |= u8::from(*own > bin) << level;
                }
            }
        }
        for output in 0..packed.outputs {
            let mut sums = [0_i16; LANES];
            for (index, leaves) in indices.iter().zip(&packed.leaves[packed.leaves_of(group, output)]) {
                for (sum, index) in sums.iter_mut().zip(&index.0) {
                    *sum += leaves[usize::from(*index) % LEAVES];
                }
            }
            for (score, sum) in scores[output * run.runs + run.run].iter_mut().zip(sums) {
                *score += i32::from(sum) << group.unit;
            }
        }
    }
}
