//! How many of a feature's thresholds lie below a value.

use crate::simd::{Level, Work, dispatch};

/// Values that are put into buckets at a time.
const CHUNK: usize = 256;
/// Fewest buckets for each threshold, and most of all.
const BUCKETS: usize = 4;
const MOST_BUCKETS: usize = 1 << 13;
/// Thresholds of a bucket that are looked at one after the other.
const FEW: usize = 8;

/// Sorted thresholds in buckets of equal width: few share one, so that few are looked at.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    /// Sorted, each once.
    thresholds: Vec<f64>,
    /// The same, and behind them as many that no value exceeds as may be looked at.
    padded: Vec<f64>,
    /// Buckets a unit.
    scale: f64,
    /// Number of thresholds before each bucket, and in all.
    starts: Vec<u32>,
    /// The most thresholds of a bucket.
    most: usize,
}

impl Ranks {
    /// More buckets are taken until no three thresholds share one.
    pub fn of(mut thresholds: Vec<f64>) -> Self {
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let padded = thresholds.iter().copied().chain([f64::INFINITY; FEW]).collect();
        let mut ranks = Self { thresholds, padded, scale: 0.0, starts: Vec::new(), most: 0 };
        let mut buckets = (BUCKETS * ranks.thresholds.len()).clamp(1, MOST_BUCKETS);
        loop {
            ranks.cut(buckets);
            if ranks.most <= 2 || buckets == MOST_BUCKETS {
                return ranks;
            }
            buckets = (2 * buckets).min(MOST_BUCKETS);
        }
    }

    fn cut(&mut self, buckets: usize) {
        let width = self.thresholds.last().zip(self.thresholds.first()).map_or(0.0, |(last, first)| last - first);
        (self.scale, self.starts) = (buckets as f64 / width, vec![0; buckets + 2]);
        for at in 0..self.thresholds.len() {
            let bucket = self.bucket(self.thresholds[at]);
            self.starts[bucket + 1] += 1;
        }
        self.most = self.starts.iter().max().map_or(0, |most| *most as usize);
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
    }

    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// Rises with the value, so that what lies in buckets before is below it and what lies in buckets behind above it. NaN,
    /// and everything where no width can be told, is in the first.
    #[inline(always)]
    fn bucket(&self, value: f64) -> usize {
        (((value - self.thresholds[0]) * self.scale) as usize).min(self.starts.len() - 2)
    }

    /// The ranks of values, of at most 255 thresholds.
    pub fn fill(&self, level: Level, values: &[f64], out: &mut [u8]) {
        if self.thresholds.is_empty() || self.most > FEW {
            out.iter_mut().zip(values).for_each(|(out, value)| *out = self.rank(*value) as u8);
            return;
        }
        let mut buckets = [0; CHUNK];
        for (values, out) in values.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let last = self.starts.len() - 2;
            dispatch(level, Buckets { values, first: self.thresholds[0], scale: self.scale, last, out: &mut buckets });
            match self.most {
                0 | 1 => self.in_buckets::<1>(values, &buckets, out),
                2 => self.in_buckets::<2>(values, &buckets, out),
                3 => self.in_buckets::<3>(values, &buckets, out),
                _ => self.in_buckets::<FEW>(values, &buckets, out),
            }
        }
    }

    fn in_buckets<const MOST: usize>(&self, values: &[f64], buckets: &[u32; CHUNK], out: &mut [u8]) {
        for ((out, value), bucket) in out.iter_mut().zip(values).zip(buckets) {
            let mut low = self.starts[*bucket as usize] as usize;
            for _ in 0..MOST {
                low += usize::from(self.padded[low] < *value);
            }
            *out = low as u8;
        }
    }

    /// The number of thresholds below a value; 0 for NaN.
    #[inline(always)]
    pub fn rank(&self, value: f64) -> usize {
        if self.thresholds.is_empty() {
            return 0;
        }
        let bucket = self.bucket(value);
        let mut low = self.starts[bucket] as usize;
        if self.most <= FEW {
            // As many for every value, so that the processor need not guess; what lies in later buckets is not below.
            for _ in 0..self.most {
                low += usize::from(self.padded[low] < value);
            }
            return low;
        }
        let mut high = self.starts[bucket + 1] as usize;
        while high - low > FEW {
            let middle = usize::midpoint(low, high);
            if self.thresholds[middle] < value { low = middle + 1 } else { high = middle }
        }
        low + self.thresholds[low..high].iter().filter(|threshold| **threshold < value).count()
    }
}

/// The buckets of some values.
struct Buckets<'a> {
    values: &'a [f64],
    first: f64,
    scale: f64,
    last: usize,
    out: &'a mut [u32; CHUNK],
}

impl Work for Buckets<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let last = self.last as f64;
        for (out, value) in self.out.iter_mut().zip(self.values) {
            let at = (value - self.first) * self.scale;
            // NaN is in the first bucket, as a conversion that saturates has it.
            let at = if at > 0.0 { at } else { 0.0 };
            let at = if at < last { at } else { last };
            *out = whole(at);
        }
    }
}

/// The whole part of a number from 0 to 2^31: as [`crate::simd::whole`], a cast that becomes vector code.
#[inline(always)]
fn whole(value: f64) -> u32 {
    const UNITS: f64 = 4_503_599_627_370_496.0;
    let nearest = value + UNITS;
    (nearest.to_bits() as u32).wrapping_sub(u32::from(nearest - UNITS > value))
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
            let below = |value: f64| ranks.thresholds().iter().filter(|t| **t < value).count();
            let mut all: Vec<f64> = values.iter().chain(ranks.thresholds()).copied().collect();
            all.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN]);
            for value in &all {
                prop_assert_eq!(ranks.rank(*value), below(*value), "{}", value);
            }
            if ranks.thresholds().len() < 256 {
                for level in Level::here() {
                    let mut bytes = vec![0; all.len()];
                    ranks.fill(level, &all, &mut bytes);
                    prop_assert!(bytes.iter().zip(&all).all(|(byte, value)| usize::from(*byte) == below(*value)));
                }
            }
        }
    }
}
