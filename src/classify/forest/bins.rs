//! Bins of the feature codes: at most 255 a feature, cut at quantiles of the training set.
//!
//! A code's bin is the number of edges below it, so `code > edge[k]` and `bin > k` say the same.

use std::sync::Arc;

use crate::classify::training_set::TrainingSet;
use crate::features::MISSING;

/// Most edges of a feature; bin 255 is never reached and marks a leaf.
pub const MAX_EDGES: usize = 254;

/// Bins by code or digital number; of a fixed size, so that no look at it needs a check.
pub type Table = [u8; 1 << 16];

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
    pub fn table(&self, feature: usize) -> Box<Table> {
        table(self.of(feature))
    }
}

fn table(edges: &[u16]) -> Box<Table> {
    let mut table = Box::new([0; 1 << 16]);
    for (k, &edge) in edges.iter().enumerate() {
        let end = edges.get(k + 1).map_or(1 << 16, |&next| usize::from(next) + 1);
        table[usize::from(edge) + 1..end].fill(k as u8 + 1);
    }
    table
}

/// A training set in bins, prepared once for all trees.
#[derive(Clone, Debug)]
pub struct Binned {
    edges: Edges,
    /// `[feature][sample]`.
    bins: Vec<u8>,
    samples: usize,
    classes: usize,
    /// Lowest and highest code of the samples to train on in each bin, for each feature.
    ranges: Vec<Vec<(u16, u16)>>,
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

    /// The bin that makes the best threshold between two filled bins with none filled between them: of the edges there,
    /// the one nearest to half-way between the codes on both sides. Missing is parted from all others exactly.
    pub(super) fn threshold(&self, feature: usize, low: u8, high: u8) -> u8 {
        let edges = &self.edges.of(feature)[usize::from(low)..usize::from(high)];
        if edges[0] == MISSING {
            return low;
        }
        let ranges = &self.ranges[feature];
        let half = u16::midpoint(ranges[usize::from(low)].1, ranges[usize::from(high)].0);
        let above = edges.partition_point(|&edge| edge < half);
        let nearer_below = above == edges.len() || (above > 0 && half - edges[above - 1] <= edges[above] - half);
        low + (above - usize::from(nearer_below)) as u8
    }

    /// Bins of all samples for one feature.
    pub fn feature(&self, feature: usize) -> &[u8] {
        &self.bins[feature * self.samples..(feature + 1) * self.samples]
    }
}

/// Cuts each feature into bins by the samples `rows`, those to train on: what is held out has no say in where the edges lie.
///
/// # Panics
/// When there are more than [`super::MAX_FEATURES`] features.
pub fn prepare(set: &TrainingSet, rows: &[u32]) -> Binned {
    let features = set.features.features;
    assert!(features <= super::MAX_FEATURES, "{features} features; a forest looks at {}", super::MAX_FEATURES);
    let mut edges = Vec::with_capacity(features);
    let mut bins = Vec::with_capacity(features * set.samples());
    let mut ranges = vec![vec![(u16::MAX, 0); MAX_EDGES + 1]; features];
    for (feature, ranges) in ranges.iter_mut().enumerate() {
        let all = set.features.feature(feature);
        let codes: Vec<u16> = rows.iter().map(|&row| all[row as usize]).collect();
        edges.push(cut(&codes));
        let table = table(&edges[feature]);
        for code in codes {
            let range = &mut ranges[usize::from(table[usize::from(code)])];
            *range = (range.0.min(code), range.1.max(code));
        }
        bins.extend(all.iter().map(|&code| table[usize::from(code)]));
    }
    let edges = Edges(Arc::new(edges));
    let classes = set.class.iter().max().map_or(1, |&highest| usize::from(highest) + 1);
    Binned { edges, bins, samples: set.features.pixels, classes, ranges }
}

/// The edges of one feature: half of them part the codes into like numbers of samples (or, where codes are few, each
/// code from the next), the rest into like distances. By samples alone, a threshold could not lie in the middle of the
/// empty ground between two classes, where it errs least on polygons never seen.
fn cut(codes: &[u16]) -> Vec<u16> {
    let mut counts = vec![0u32; 1 << 16];
    for &code in codes {
        counts[usize::from(code)] += 1;
    }
    // Missing keeps a bin of its own: a low value that training never saw is not missing.
    let missing = std::mem::take(&mut counts[usize::from(MISSING)]) > 0;
    let distinct: Vec<(u16, u32)> =
        counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(code, &count)| (code as u16, count)).collect();
    let mut edges = if missing && !distinct.is_empty() { vec![MISSING] } else { Vec::new() };
    let [(lowest, _), .., (highest, _)] = distinct[..] else { return edges };

    let samples: u64 = distinct.iter().map(|&(_, count)| u64::from(count)).sum();
    let half = MAX_EDGES as u64 / 2;
    let few = distinct.len() as u64 <= half;
    let (mut below, mut made) = (0u64, 0u64);
    for pair in distinct.windows(2) {
        below += u64::from(pair[0].1);
        if few || below * (half + 1) >= (made + 1) * samples {
            edges.push(u16::midpoint(pair[0].0, pair[1].0));
            made += 1;
        }
    }
    let (steps, span) = ((MAX_EDGES - edges.len() + 1) as u32, u32::from(highest - lowest));
    edges.extend((1..steps).map(|k| lowest + (span * k / steps) as u16));
    edges.sort_unstable();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_codes_are_parted_half_way_and_missing_alone() {
        assert_eq!(cut(&[7, 3, 7, 12])[..], [3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(cut(&[0, 100, 100, 102]), [0, 100, 101]);
        assert!(cut(&[5, 5]).is_empty() && cut(&[]).is_empty() && cut(&[0]).is_empty());
        assert_eq!(cut(&[0, 9]), [0]);
        assert_eq!(cut(&[65_534, 65_535]), [65_534]);
    }

    #[test]
    fn many_codes_get_edges_by_samples_and_by_distance() {
        // 20,000 samples in 1..=500, five far away.
        let codes: Vec<u16> = (0..20_000u32).map(|i| (i % 500) as u16 + 1).chain([50_000; 5]).collect();
        let edges = cut(&codes);
        assert!(edges.len() > 250 && edges.len() <= MAX_EDGES, "{}", edges.len());
        let gaps: Vec<u16> = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(edges.iter().filter(|&&edge| edge <= 500).count() >= 126);
        assert!(gaps.iter().all(|&gap| gap <= 50_000 / 127 + 1), "{gaps:?}");
    }

    #[test]
    fn a_threshold_lies_half_way_between_the_codes() {
        let set = TrainingSet {
            features: crate::features::FeatureBlock { pixels: 4, features: 1, codes: vec![10, 20, 1000, 0] },
            class: vec![0; 4],
            unit: vec![0; 4],
            block: vec![0; 4],
            pixel: vec![],
        };
        let binned = prepare(&set, &set.all_rows());
        let bins = binned.feature(0).to_vec();
        let edge =
            |low: usize, high: usize| binned.edges().of(0)[usize::from(binned.threshold(0, bins[low], bins[high]))];
        assert!((508..=512).contains(&edge(1, 2)), "{}", edge(1, 2));
        assert_eq!(edge(0, 1), 15);
        assert_eq!(edge(3, 0), MISSING);
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
