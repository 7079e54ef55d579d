//! Values as ranks among a feature's thresholds, held as bytes.
//!
//! A feature's thresholds, sorted, cut its values into ranks: `value <= threshold[k]` says `rank <= k`. Ranks are held as
//! bytes, in as many planes as a feature's thresholds need; a missing value is the lowest rank where the node sends it left
//! and the highest where it sends it right. Then a question is one comparison of bytes, many pixels at once.

use std::ops::Range;

use super::{Node, Tree};
use crate::simd::ranks::Ranks;
use crate::simd::{Level, Work, dispatch};

/// Thresholds that one plane of bytes tells apart.
const PER_PLANE: usize = 255;
/// Values that are ranked at a time.
const CHUNK: usize = 256;
/// Most buckets of a feature's thresholds.
const MOST_BUCKETS: usize = 1 << 13;

/// The planes that some trees ask about.
#[derive(Debug)]
pub(super) struct Planes {
    features: Vec<Feature>,
    count: usize,
}

#[derive(Clone, Debug)]
struct Feature {
    ranks: Ranks,
    /// First plane for nodes that send missing values left, and for those that send them right.
    first: [Option<usize>; 2],
}

impl Planes {
    /// The planes for all questions of the trees.
    pub fn of(features: usize, trees: &[Tree]) -> Self {
        let mut thresholds = vec![Vec::new(); features];
        let mut wanted = vec![[false; 2]; features];
        for node in trees.iter().flat_map(|tree| &tree.nodes) {
            thresholds[node.feature as usize].push(node.threshold);
            wanted[node.feature as usize][usize::from(!node.missing_left)] = true;
        }
        let mut count = 0;
        let mut features = Vec::new();
        for (thresholds, wanted) in thresholds.into_iter().zip(wanted) {
            let ranks = Ranks::of(thresholds, MOST_BUCKETS);
            let needed = ranks.thresholds().len().div_ceil(PER_PLANE);
            let first = wanted.map(|wanted| {
                let first = wanted.then_some(count);
                count += if wanted { needed } else { 0 };
                first
            });
            features.push(Feature { ranks, first });
        }
        Self { features, count }
    }

    /// Number of planes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// The plane that a question is about, and the largest byte that goes left.
    pub fn question(&self, node: &Node) -> (usize, u8) {
        let feature = &self.features[node.feature as usize];
        let rank = feature.ranks.below(node.threshold);
        let first = feature.first[usize::from(!node.missing_left)].unwrap_or(0);
        (first + rank / PER_PLANE, (rank % PER_PLANE) as u8)
    }

    /// Fills `planes`, `[plane][pixel]` with `stride` pixels each, from some of the pixels of values `[feature][pixel]`.
    pub fn fill(&self, level: Level, columns: &[f64], own: Range<usize>, planes: &mut Vec<u8>, stride: usize) {
        planes.resize(self.count * stride, 0);
        let pixels = columns.len() / self.features.len();
        for (feature, column) in self.features.iter().zip(columns.chunks_exact(pixels)) {
            let column = &column[own.clone()];
            let mut wanted = feature.first.iter().enumerate().filter_map(|(right, first)| Some((right, (*first)?)));
            let Some((right, first)) = wanted.next() else { continue };
            let length = feature.ranks.thresholds().len().div_ceil(PER_PLANE) * stride;
            let mut ranks = [0; CHUNK];
            for (chunk, values) in column.chunks(CHUNK).enumerate() {
                let ranks = &mut ranks[..values.len()];
                feature.ranks.fill(level, values, ranks);
                for (part, plane) in planes[first * stride..][..length].chunks_exact_mut(stride).enumerate() {
                    dispatch(level, Narrow { ranks, part, out: &mut plane[chunk * CHUNK..] });
                }
            }
            let second = wanted.next();
            if let Some((_, second)) = second {
                planes.copy_within(first * stride..first * stride + length, second * stride);
            }
            if column.iter().fold(false, |any, value| any | value.is_nan()) {
                for (right, first) in [(right, first)].into_iter().chain(second) {
                    let missing = if right == 1 { PER_PLANE as u8 } else { 0 };
                    for plane in planes[first * stride..][..length].chunks_exact_mut(stride) {
                        let lanes = plane.iter_mut().zip(column).filter(|(_, value)| value.is_nan());
                        lanes.for_each(|(byte, _)| *byte = missing);
                    }
                }
            }
        }
    }
}

/// The bytes of ranks in one of a feature's planes.
struct Narrow<'a> {
    ranks: &'a [u32],
    part: usize,
    out: &'a mut [u8],
}

impl Work for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let before = (self.part * PER_PLANE) as u32;
        for (out, rank) in self.out.iter_mut().zip(self.ranks) {
            *out = rank.saturating_sub(before).min(PER_PLANE as u32) as u8;
        }
    }
}
