//! Drawing pixels at random without knowing how many there will be.
//!
//! Every pixel has a priority: a hash of the seed and of its place on the raster's lattice. The pixels with the `n` smallest
//! priorities of a stratum are a simple random sample of it, whatever the windows, threads or order in which they were seen;
//! a larger sample with the same seed holds the smaller one. (Bottom-k sampling: Cohen and Kaplan 2007, *Summarizing data
//! using bottom-k sketches*, PODC.) The hash is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, *Fast splittable
//! pseudorandom number generators*, OOPSLA).

use std::collections::BinaryHeap;

use ndarray::ArrayView2;

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline(always)]
fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Pixels of a row whose priorities come from one hash: those of the same multiple of 64 columns of the lattice.
const RUN: i64 = 64;

/// The priorities of a run are independent and uniform, but made from their smallest: that alone tells of nearly every run
/// that no stratum wants anything of it. The smallest of 64 is `1 - V^(1/64)` for a uniform `V`, its place is uniform, and
/// the others are uniform above it.
#[derive(Clone, Copy)]
struct RunKey(u64);

impl RunKey {
    #[inline(always)]
    fn new(row_key: u64, run: i64) -> Self {
        Self(mixed(row_key.wrapping_add((run as u64).wrapping_mul(STEP))))
    }

    /// `V`, above 0 and up to 1.
    #[inline(always)]
    fn uniform(self) -> f64 {
        ((self.0 >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// The smallest priority.
    fn least(self) -> u64 {
        // Square roots are the same on every machine; powers are not.
        let root = (0..6).fold(self.uniform(), |v, _| v.sqrt());
        ((1.0 - root) * TWO_64) as u64
    }

    /// Priority of a place of the run, 0 to 63, from the smallest.
    #[inline(always)]
    fn priority(self, least: u64, place: u64) -> u64 {
        if mixed(self.0 ^ STEP) >> 58 == place {
            return least;
        }
        let other = mixed(self.0.wrapping_add((place + 1).wrapping_mul(STEP)));
        let above = (u128::from(u64::MAX - least) * u128::from(other)) >> 64;
        least.saturating_add(above as u64)
    }
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Where a row's priorities start from.
fn row_key(seed: u64, row: i64) -> u64 {
    mixed(mixed(seed.wrapping_add(STEP)) ^ (row as u64).wrapping_mul(STEP))
}

/// Priority of one pixel, by row and column of the lattice: uniform over all of 64 bits.
pub fn priority(seed: u64, row: i64, col: i64) -> u64 {
    let run = RunKey::new(row_key(seed, row), col.div_euclid(RUN));
    run.priority(run.least(), col.rem_euclid(RUN) as u64)
}

/// Goes over the pixels of a window and calls `found` with row, column (of the window) and priority of those whose priority is
/// below the limit of their class; what `found` gives is the class's limit from then on, which only falls. `origin` is the
/// first pixel's row and column on the lattice.
pub fn below_limits(
    (seed, origin): (u64, (i64, i64)),
    codes: ArrayView2<'_, u8>,
    limits: &mut [u64; 256],
    mut found: impl FnMut((usize, usize), u64) -> u64,
) {
    let cols = codes.ncols() as i64;
    let (first, end) = (origin.1, origin.1 + cols);
    let mut wanted = wanted(limits);
    for (row, codes) in codes.outer_iter().enumerate() {
        let key = row_key(seed, origin.0 + row as i64);
        let mut fell = false;
        for number in first.div_euclid(RUN)..=(end - 1).div_euclid(RUN) {
            let run = RunKey::new(key, number);
            if run.uniform() < wanted {
                continue;
            }
            let least = run.least();
            for at in (number * RUN).max(first)..(number * RUN + RUN).min(end) {
                let col = (at - first) as usize;
                let limit = &mut limits[usize::from(codes[col])];
                if *limit > least {
                    let priority = run.priority(least, (at - number * RUN) as u64);
                    if priority < *limit {
                        *limit = found((row, col), priority);
                        fell = true;
                    }
                }
            }
        }
        if fell {
            wanted = self::wanted(limits);
        }
    }
}

/// A run's smallest priority is below the highest limit where its `V` is this or more; a little less, for what rounding does.
fn wanted(limits: &[u64; 256]) -> f64 {
    let highest = limits.iter().copied().max().unwrap_or(0);
    let rest = 1.0 - highest as f64 / TWO_64;
    (0..6).fold(rest, |v, _| v * v) - 1e-9
}

/// A pixel that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its priority: the smallest are drawn.
    pub priority: u64,
    /// Number of the raster grid.
    pub grid: u32,
    /// Row and column on that grid.
    pub at: (u32, u32),
    /// Class of the map.
    pub class: u8,
}

/// The pixels with the smallest priorities so far.
#[derive(Clone, Debug)]
pub struct Reservoir {
    most: usize,
    heap: BinaryHeap<Candidate>,
}

impl Reservoir {
    /// Of at most so many.
    pub fn new(most: usize) -> Self {
        Self { most, heap: BinaryHeap::new() }
    }

    /// Takes a candidate, if it is among the smallest.
    pub fn push(&mut self, candidate: Candidate) {
        if self.heap.len() < self.most {
            self.heap.push(candidate);
        } else if self.heap.peek().is_some_and(|last| candidate < *last) {
            self.heap.pop();
            self.heap.push(candidate);
        }
    }

    /// A priority from here on need not be pushed.
    pub fn limit(&self) -> u64 {
        if self.heap.len() < self.most { u64::MAX } else { self.heap.peek().map_or(0, |last| last.priority) }
    }

    /// The `n` smallest, in order.
    pub fn drawn(&self, n: usize) -> Vec<Candidate> {
        let mut all: Vec<Candidate> = self.heap.iter().copied().collect();
        all.sort_unstable();
        all.truncate(n);
        all
    }

    /// Takes all of another.
    pub fn merge(&mut self, other: &Self) {
        other.heap.iter().for_each(|candidate| self.push(*candidate));
    }
}

/// A short name for a pixel that tells nothing of it but its identity: the same place has the same name in every sample.
pub fn unit_id(row: i64, col: i64, grid: u64) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bits = mixed(grid ^ priority(0x00c0_ca1d, row, col));
    let mut id = String::from("u");
    for _ in 0..11 {
        id.push(char::from(LETTERS[(bits & 31) as usize]));
        bits >>= 5;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(seed: u64, side: u32) -> Vec<Candidate> {
        candidates_of(seed, (side, side))
    }

    fn candidates_of(seed: u64, (rows, cols): (u32, u32)) -> Vec<Candidate> {
        let pixels = (0..rows * cols).map(|i| (i / cols, i % cols));
        pixels
            .map(|(row, col)| Candidate {
                priority: priority(seed, row.into(), col.into()),
                grid: 0,
                at: (row, col),
                class: 0,
            })
            .collect()
    }

    #[test]
    fn any_order_draws_the_same_and_a_larger_sample_holds_the_smaller() {
        let all = candidates(1, 60);
        let (mut forth, mut back, mut halves) = (Reservoir::new(50), Reservoir::new(50), Reservoir::new(50));
        all.iter().for_each(|c| forth.push(*c));
        all.iter().rev().for_each(|c| back.push(*c));
        for half in all.chunks(1800) {
            let mut own = Reservoir::new(50);
            half.iter().for_each(|c| own.push(*c));
            halves.merge(&own);
        }
        assert_eq!(forth.drawn(50), back.drawn(50));
        assert_eq!(forth.drawn(50), halves.drawn(50));
        assert_eq!(forth.drawn(20), forth.drawn(50)[..20]);
        assert_eq!(forth.limit(), forth.drawn(50)[49].priority);
    }

    /// Over 2,000 seeds every pixel of 10 x 10 is drawn as often as the others: chi-square of 99 degrees of freedom, whose
    /// 99.99 % quantile is 161.
    #[test]
    fn every_pixel_is_as_likely_as_the_others() {
        let (mut drawn, seeds, n) = (vec![0_u32; 100], 2000, 10);
        for seed in 0..seeds {
            let mut reservoir = Reservoir::new(n);
            // A row longer than a run of 64: the priorities of two runs stand beside each other.
            candidates_of(seed, (1, 100)).into_iter().for_each(|c| reservoir.push(c));
            reservoir.drawn(n).iter().for_each(|c| drawn[c.at.1 as usize] += 1);
        }
        let expected = seeds as f64 * n as f64 / 100.0;
        let chi: f64 = drawn.iter().map(|k| (f64::from(*k) - expected).powi(2) / expected).sum();
        // Drawing without replacement makes it smaller by 1 - n / N.
        assert!(chi / 0.9 < 161.0 && chi > 40.0, "{chi}");
    }

    #[test]
    fn runs_give_what_single_pixels_give_and_ids_are_their_own() {
        let codes: Vec<u8> = (0..200).map(|i| i % 3).collect();
        let mut limits = [0; 256];
        (limits[0], limits[2]) = (u64::MAX / 3, u64::MAX);
        let mut found = Vec::new();
        let window = ArrayView2::from_shape((2, 100), &codes).unwrap();
        let kept = limits;
        below_limits((7, (-3, 100)), window, &mut limits, |(row, col), priority| {
            found.push((row * 100 + col, priority));
            kept[usize::from(window[[row, col]])]
        });
        let expected = (0..200_usize).map(|i| (i, priority(7, -3 + (i / 100) as i64, 100 + (i % 100) as i64)));
        let expected: Vec<(usize, u64)> = expected.filter(|(i, p)| *p < kept[i % 3]).collect();
        assert_eq!(found, expected);
        assert!(found.len() > 70 && found.len() < 120, "{}", found.len());
        let mut ids: Vec<String> = (0..10_000).map(|i| unit_id(i / 100, i % 100, 5)).collect();
        assert_eq!(ids[0], unit_id(0, 0, 5));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10_000);
    }
}
