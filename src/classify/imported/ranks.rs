//! How many of a feature's thresholds lie below a value.

/// Buckets for each threshold, and the most.
const BUCKETS: usize = 4;
const MOST_BUCKETS: usize = 1 << 13;

/// Sorted thresholds in buckets of equal width: few share one, so that few are looked at.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    /// Sorted, each once.
    thresholds: Vec<f64>,
    /// Buckets a unit.
    scale: f64,
    /// Number of thresholds before each bucket, and in all.
    starts: Vec<u32>,
}

impl Ranks {
    pub fn of(mut thresholds: Vec<f64>) -> Self {
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let buckets = (BUCKETS * thresholds.len()).clamp(1, MOST_BUCKETS);
        let width = thresholds.last().zip(thresholds.first()).map_or(0.0, |(last, first)| last - first);
        let mut ranks = Self { thresholds, scale: buckets as f64 / width, starts: vec![0; buckets + 2] };
        for at in 0..ranks.thresholds.len() {
            let bucket = ranks.bucket(ranks.thresholds[at]);
            ranks.starts[bucket + 1] += 1;
        }
        for bucket in 1..ranks.starts.len() {
            ranks.starts[bucket] += ranks.starts[bucket - 1];
        }
        ranks
    }

    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// Rises with the value, so that what lies in buckets before is below it and what lies in buckets behind above it. NaN,
    /// and everything where no width can be told, is in the first.
    #[inline]
    fn bucket(&self, value: f64) -> usize {
        (((value - self.thresholds[0]) * self.scale) as usize).min(self.starts.len() - 2)
    }

    /// The number of thresholds below a value; 0 for NaN.
    #[inline]
    pub fn rank(&self, value: f64) -> usize {
        if self.thresholds.is_empty() {
            return 0;
        }
        let bucket = self.bucket(value);
        let (mut low, mut high) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        while high - low > 8 {
            let middle = usize::midpoint(low, high);
            if self.thresholds[middle] < value { low = middle + 1 } else { high = middle }
        }
        low + self.thresholds[low..high].iter().filter(|threshold| **threshold < value).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_are_counts(
            thresholds in proptest::collection::vec(
                prop_oneof![4 => (-30..30_i32).prop_map(|v| f64::from(v) / 7.0), 1 => any::<f64>()], 0..400),
            values in proptest::collection::vec(
                prop_oneof![4 => (-30..30_i32).prop_map(|v| f64::from(v) / 7.0), 1 => any::<f64>()], 40),
        ) {
            let ranks = Ranks::of(thresholds.into_iter().filter(|t| !t.is_nan()).collect());
            for value in values.iter().chain(ranks.thresholds()).copied().chain([f64::NAN, f64::INFINITY, f64::MIN]) {
                prop_assert_eq!(ranks.rank(value), ranks.thresholds().iter().filter(|t| **t < value).count(), "{}", value);
            }
        }
    }
}
