//! How many of a feature's thresholds lie below a value.

use super::Level;

/// Fewest buckets for each threshold.
const BUCKETS: usize = 4;
/// Thresholds of a bucket that are looked at one after the other.
const FEW: usize = 8;

/// Sorted thresholds in buckets of equal width: few share one, so that few are looked at.
#[derive(Clone, Debug)]
pub struct Ranks {
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
    /// More buckets are taken, up to `most_buckets` (below 2^31), until no three thresholds share one.
    ///
    /// # Panics
    /// When there are 2^31 thresholds.
    pub fn of(mut thresholds: Vec<f64>, most_buckets: usize) -> Self {
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        assert!(thresholds.len() + FEW < 1 << 31 && most_buckets < 1 << 31, "numbers of 31 bits");
        let padded = thresholds.iter().copied().chain([f64::INFINITY; FEW]).collect();
        let mut ranks = Self { thresholds, padded, scale: 0.0, starts: Vec::new(), most: 0 };
        let mut buckets = (BUCKETS * ranks.thresholds.len()).clamp(1, most_buckets);
        loop {
            ranks.cut(buckets);
            if ranks.most <= 2 || buckets == most_buckets {
                return ranks;
            }
            buckets = (2 * buckets).min(most_buckets);
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

    /// The thresholds, sorted, each once.
    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// Rises with the value, so that what lies in buckets before is below it and what lies in buckets behind above it. NaN,
    /// and everything where no width can be told, is in the first.
    #[inline(always)]
    fn bucket(&self, value: f64) -> usize {
        (((value - self.thresholds[0]) * self.scale) as usize).min(self.starts.len() - 2)
    }

    /// The number of thresholds below one of them.
    pub fn below(&self, threshold: f64) -> usize {
        self.thresholds.partition_point(|t| *t < threshold)
    }

    /// The ranks of values.
    pub fn fill(&self, level: Level, values: &[f64], out: &mut [u32]) {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512 && level.is_here() && !self.thresholds.is_empty() && self.most <= FEW {
            let (values, rest) = values.as_chunks();
            let (out, last) = out.split_at_mut(8 * values.len());
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::fill(self, values, out.as_chunks_mut().0) };
            last.iter_mut().zip(rest).for_each(|(out, value)| *out = self.rank(*value) as u32);
            return;
        }
        let _ = level;
        out.iter_mut().zip(values).for_each(|(out, value)| *out = self.rank(*value) as u32);
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

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        _CMP_LT_OQ, _mm256_i32gather_epi32, _mm256_mask_add_epi32, _mm256_set1_epi32, _mm256_storeu_si256,
        _mm512_cmp_pd_mask, _mm512_cvttpd_epi32, _mm512_i32gather_pd, _mm512_loadu_pd, _mm512_max_pd, _mm512_min_pd,
        _mm512_mul_pd, _mm512_set1_pd, _mm512_setzero_pd, _mm512_sub_pd,
    };

    use super::{FEW, Ranks};

    /// Ranks of eight values at a time, of which at most [`FEW`] thresholds of a bucket are looked at.
    #[target_feature(enable = "avx512f,avx512vl,avx2")]
    pub(super) fn fill(ranks: &Ranks, values: &[[f64; 8]], out: &mut [[u32; 8]]) {
        let (starts, padded) = (&ranks.starts, &ranks.padded);
        assert!(ranks.most <= FEW && padded.len() == ranks.thresholds.len() + FEW && starts.len() >= 2);
        let (first, scale) = (_mm512_set1_pd(ranks.thresholds[0]), _mm512_set1_pd(ranks.scale));
        let last = _mm512_set1_pd((starts.len() - 2) as f64);
        for (values, out) in values.iter().zip(out) {
            // SAFETY: eight numbers are read from and written to arrays of eight, unaligned. A bucket is a whole number from 0
            // (also for NaN: the second operand is taken) to that of the last entry of `starts` but one. An entry of `starts` is
            // at most the number of thresholds, and it rises by less than `FEW` before the last look, so that it stays within
            // `padded`, as was just seen. Both have fewer than 2^31 entries.
            unsafe {
                let values = _mm512_loadu_pd(values.as_ptr());
                let at = _mm512_mul_pd(_mm512_sub_pd(values, first), scale);
                let bucket = _mm512_cvttpd_epi32(_mm512_min_pd(_mm512_max_pd(at, _mm512_setzero_pd()), last));
                let mut low = _mm256_i32gather_epi32::<4>(starts.as_ptr().cast(), bucket);
                for _ in 0..ranks.most {
                    let threshold = _mm512_i32gather_pd::<8>(low, padded.as_ptr());
                    let below = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(threshold, values);
                    low = _mm256_mask_add_epi32(low, below, low, _mm256_set1_epi32(1));
                }
                _mm256_storeu_si256(out.as_mut_ptr().cast(), low);
            }
        }
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
            buckets in prop_oneof![Just(64_usize), Just(1 << 13)],
        ) {
            let ranks = Ranks::of(thresholds.into_iter().filter(|t| !t.is_nan()).collect(), buckets);
            let below = |value: f64| ranks.thresholds().iter().filter(|t| **t < value).count();
            let mut all: Vec<f64> = values.iter().chain(ranks.thresholds()).copied().collect();
            all.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN]);
            for value in &all {
                prop_assert_eq!(ranks.rank(*value), below(*value), "{}", value);
            }
            for level in Level::here() {
                let mut found = vec![0; all.len()];
                ranks.fill(level, &all, &mut found);
                prop_assert!(found.iter().zip(&all).all(|(rank, value)| *rank as usize == below(*value)), "{}", level);
            }
        }
    }
}
