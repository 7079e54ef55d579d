//! Bins of the feature codes: at most 255 a feature, cut at quantiles of the training set.
//!
//! A code's bin is the number of edges below it, so `code > edge[k]` and `bin > k` say the same.

use std::sync::Arc;

use crate::classify::training_set::TrainingSet;
use crate::features::MISSING;

/// Most edges of a feature; bin 255 is never reached and marks a leaf.
pub const MAX_EDGES: usize = 254;

/// For each feature its strictly rising edges, [`MAX_EDGES`] at most. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edges(Arc<Vec<Vec<u16>>>);

/// Edges that break a rule.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EdgesError {
    /// More than a byte can count.
    #[error("feature {feature} has {found} thresholds; at most {MAX_EDGES} are possible")]
    TooMany {
        /// The feature, from 0.
        feature: usize,
        /// Its number of edges.
        found: usize,
    },
    /// Not strictly rising.
    #[error("thresholds of feature {feature} do not rise")]
    Unordered {
        /// The feature, from 0.
        feature: usize,
    },
}

impl Edges {
    /// Checks edges.
    ///
    /// # Errors
    /// [`EdgesError`] when a feature has too many or they do not rise.
    pub fn new(edges: Vec<Vec<u16>>) -> Result<Self, EdgesError> {
        for (feature, of_feature) in edges.iter().enumerate() {
            if of_feature.len() > MAX_EDGES {
                return Err(EdgesError::TooMany { feature, found: of_feature.len() });
            }
            if of_feature.windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(EdgesError::Unordered { feature });
            }
        }
        Ok(Self(Arc::new(edges)))
    }

    /// No edges at all: every code is in bin 0.
    pub fn none(features: usize) -> Self {
        Self(Arc::new(vec![Vec::new(); features]))
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.0.len()
    }

    /// The edges of one feature.
    pub fn of(&self, feature: usize) -> &[u16] {
        &self.0[feature]
    }

    /// The bin of every possible code of a feature, 65,536 bytes.
    pub fn table(&self, feature: usize) -> Vec<u8> {
        let mut table = vec![0; 1 << 16];
        let edges = self.of(feature);
        for (k, &edge) in edges.iter().enumerate() {
            let end = edges.get(k + 1).map_or(1 << 16, |&next| usize::from(next) + 1);
            table[usize::from(edge) + 1..end].fill(k as u8 + 1);
        }
        table
    }
}

/// A training set in bins, prepared once for all trees.
#[derive(Clone, Debug)]
pub struct Binned {
    edges: Edges,
    /// `[feature][sample]`.
    bins: Vec<u8>,
    samples: usize,
    classes: usize,
}

impl Binned {
    /// The edges between the bins.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Number of classes seen: the highest plus one.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Bins of all samples for one feature.
    pub fn feature(&self, feature: usize) -> &[u8] {
        &self.bins[feature * self.samples..(feature + 1) * self.samples]
    }
}

/// Cuts each feature of the training set into bins.
///
/// # Panics
/// When there are more than [`super::MAX_FEATURES`] features.
pub fn prepare(set: &TrainingSet) -> Binned {
    let features = set.features.features;
    assert!(features <= super::MAX_FEATURES, "{features} features; a forest looks at {}", super::MAX_FEATURES);
    let edges = Edges(Arc::new((0..features).map(|f| quantile_edges(set.features.feature(f))).collect()));
    let mut bins = Vec::with_capacity(features * set.samples());
    for feature in 0..features {
        let table = edges.table(feature);
        bins.extend(set.features.feature(feature).iter().map(|&code| table[usize::from(code)]));
    }
    let classes = set.class.iter().max().map_or(1, |&highest| usize::from(highest) + 1);
    Binned { edges, bins, samples: set.features.pixels, classes }
}

/// Edges half-way between neighbouring codes, so that bins hold about equally many samples.
fn quantile_edges(codes: &[u16]) -> Vec<u16> {
    let mut counts = vec![0u32; 1 << 16];
    for &code in codes {
        counts[usize::from(code)] += 1;
    }
    let distinct: Vec<(u16, u32)> =
        counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(code, &count)| (code as u16, count)).collect();
    let every = distinct.len() <= MAX_EDGES + 1;
    let (mut edges, mut below) = (Vec::new(), 0u64);
    for pair in distinct.windows(2) {
        below += u64::from(pair[0].1);
        let wanted = (edges.len() as u64 + 1) * codes.len() as u64 / (MAX_EDGES as u64 + 1);
        // Missing keeps a bin of its own: a low value that training never saw is not missing.
        if every || below >= wanted.max(1) || pair[0].0 == MISSING {
            let middle = u16::midpoint(pair[0].0, pair[1].0);
            edges.push(if pair[0].0 == MISSING { MISSING } else { middle });
        }
    }
    edges.truncate(MAX_EDGES);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_codes_are_parted_half_way_and_missing_alone() {
        assert_eq!(quantile_edges(&[7, 3, 7, 12]), [5, 9]);
        assert_eq!(quantile_edges(&[0, 100, 100, 102]), [0, 101]);
        assert!(quantile_edges(&[5, 5]).is_empty());
        assert!(quantile_edges(&[]).is_empty());
        assert_eq!(quantile_edges(&[65_534, 65_535]), [65_534]);
    }

    #[test]
    fn many_codes_fall_into_bins_of_like_size() {
        let codes: Vec<u16> = (0..20_000u32).map(|i| (i * i / 7000) as u16 + 1).collect();
        let edges = quantile_edges(&codes);
        assert_eq!(edges.len(), MAX_EDGES);
        let edges = Edges::new(vec![edges]).unwrap();
        let table = edges.table(0);
        let mut sizes = [0u32; 256];
        for &code in &codes {
            sizes[usize::from(table[usize::from(code)])] += 1;
        }
        // 78 each, give or take the largest tie (codes near 1 are held by some 80 samples).
        assert!(sizes[..255].iter().all(|&n| n > 0 && n <= 240), "{sizes:?}");
        assert_eq!(sizes[255], 0);
    }

    #[test]
    fn a_bin_counts_the_edges_below_a_code() {
        let edges = Edges::new(vec![vec![0, 5, 9, 65_535]]).unwrap();
        let table = edges.table(0);
        for code in 0..=u16::MAX {
            let bin = edges.of(0).iter().filter(|&&edge| code > edge).count();
            assert_eq!(usize::from(table[usize::from(code)]), bin, "{code}");
        }
    }

    #[test]
    fn edges_that_break_a_rule_are_refused() {
        assert_eq!(Edges::new(vec![vec![], vec![4, 4]]), Err(EdgesError::Unordered { feature: 1 }));
        let many = (0..255).collect();
        assert_eq!(Edges::new(vec![many]), Err(EdgesError::TooMany { feature: 0, found: 255 }));
    }
}
