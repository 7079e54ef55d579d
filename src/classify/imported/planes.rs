//! Values as ranks among a feature's thresholds, held as bytes.
//!
//! A feature's thresholds, sorted, cut its values into ranks: `value <= threshold[k]` says `rank <= k`. Ranks are held as
//! bytes, in as many planes as a feature's thresholds need; a missing value is the lowest rank where the node sends it left
//! and the highest where it sends it right. Then a question is one comparison of bytes, many pixels at once.

use super::ranks::Ranks;
use super::{Node, Tree};
use crate::simd::Level;

/// Thresholds that one plane of bytes tells apart.
const PER_PLANE: usize = 255;

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
            let ranks = Ranks::of(thresholds);
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
        let rank = feature.ranks.thresholds().partition_point(|t| *t < node.threshold);
        let first = feature.first[usize::from(!node.missing_left)].unwrap_or(0);
        (first + rank / PER_PLANE, (rank % PER_PLANE) as u8)
    }

    /// Fills `planes`, `[plane][pixel]` with `stride` pixels each, from values `[pixel][feature]`; `column` is room.
    pub fn fill(&self, level: Level, rows: &[f64], (planes, column): (&mut Vec<u8>, &mut Vec<f64>), stride: usize) {
        planes.resize(self.count * stride, 0);
        for (number, feature) in self.features.iter().enumerate() {
            let thresholds = feature.ranks.thresholds().len();
            column.clear();
            column.extend(rows[number.min(rows.len())..].iter().step_by(self.features.len()));
            let any_missing = column.iter().fold(false, |any, value| any | value.is_nan());
            for (right, first) in feature.first.iter().enumerate().filter_map(|(r, first)| Some((r, (*first)?))) {
                let missing = if right == 1 { PER_PLANE as u8 } else { 0 };
                let own = &mut planes[first * stride..(first + thresholds.div_ceil(PER_PLANE)) * stride];
                if thresholds <= PER_PLANE {
                    feature.ranks.fill(level, column, &mut own[..column.len()]);
                } else {
                    fill_several(&feature.ranks, column, own, stride);
                }
                if any_missing {
                    for plane in own.chunks_exact_mut(stride) {
                        let lanes = plane.iter_mut().zip(&*column).filter(|(_, value)| value.is_nan());
                        lanes.for_each(|(byte, _)| *byte = missing);
                    }
                }
            }
        }
    }
}

/// The ranks of values among more thresholds than a plane holds.
fn fill_several(ranks: &Ranks, values: &[f64], planes: &mut [u8], stride: usize) {
    for (pixel, value) in values.iter().enumerate() {
        let rank = ranks.rank(*value);
        for (part, plane) in planes.chunks_exact_mut(stride).enumerate() {
            plane[pixel] = rank.saturating_sub(part * PER_PLANE).min(PER_PLANE) as u8;
        }
    }
}
