//! Exact sums of gradients and Hessians by leaf and bin, and the best question of a feature.

use crate::simd::{Level, Work, dispatch};

/// Bins of a feature.
pub(super) const BINS: usize = 256;

/// Fractional bits of the fixed point for so many rows whose gradients stay within `largest`: a sum then fits 31 bits.
pub(super) fn bits_for(rows: usize, largest: f64) -> i32 {
    (30 - (rows.max(1) as f64 * largest.max(1e-9)).log2().ceil() as i32).min(24)
}

/// A gradient and a Hessian in one number: sums of both are one addition, and a difference of sums is exact. The Hessian is never
/// negative, so it borrows nothing from the gradient.
pub(super) fn pack(first: f32, second: f32, scale: f32) -> i64 {
    (i64::from((first * scale).round_ties_even() as i32) << 32) + i64::from((second * scale).round_ties_even() as u32)
}

/// The two sums of a packed number, in the units of the fixed point.
#[inline(always)]
fn unpack(packed: i64) -> (f64, f64) {
    (f64::from((packed >> 32) as i32), f64::from(packed as u32))
}

/// Rows whose histograms are made anew at a level: those of the smaller child of every leaf.
#[derive(Default)]
pub(super) struct Fresh {
    /// Their numbers, rising.
    pub(super) rows: Vec<u32>,
    /// Their leaf.
    pub(super) leaf: Vec<u8>,
    /// Their packed gradients, `[output][row]`.
    pub(super) packed: Vec<i64>,
}

/// Histograms of one feature, `[output][leaf][bin]`.
pub(super) struct Histogram {
    sums: Vec<i64>,
    outputs: usize,
    most_leaves: usize,
    /// Gain of each bin.
    gains: Vec<f64>,
}

/// A question about a feature, and what it gains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) gain: f64,
    pub(super) bin: u8,
}

impl Histogram {
    pub(super) fn new(outputs: usize, most_leaves: usize) -> Self {
        let sums = vec![0; outputs * most_leaves * BINS];
        Self { sums, outputs, most_leaves, gains: vec![0.0; BINS] }
    }

    #[cfg(test)]
    pub(super) fn sums(&self) -> &[i64] {
        &self.sums
    }

    fn leaf_mut(&mut self, output: usize, leaf: usize) -> &mut [i64] {
        let at = (output * self.most_leaves + leaf) * BINS;
        &mut self.sums[at..at + BINS]
    }

    /// Adds the fresh rows; the leaves that they go to are emptied first (`made` says for each leaf whether it is fresh).
    pub(super) fn add(&mut self, bins: &[u8], fresh: &Fresh, made: &[bool]) {
        let rows = fresh.rows.len();
        for output in 0..self.outputs {
            for leaf in (0..made.len()).filter(|leaf| made[*leaf]) {
                self.leaf_mut(output, leaf).fill(0);
            }
            let first = output * self.most_leaves * BINS;
            let sums = &mut self.sums[first..first + made.len() * BINS];
            let packed = &fresh.packed[output * rows..(output + 1) * rows];
            for ((row, leaf), packed) in fresh.rows.iter().zip(&fresh.leaf).zip(packed) {
                sums[usize::from(*leaf) * BINS + usize::from(bins[*row as usize])] += packed;
            }
        }
    }

    /// After a split, leaf `l` holds the sums of both its children, and leaf `l + half` those of the one that was added up anew
    /// (`small` says where that is the lower one): the other becomes the difference.
    pub(super) fn subtract(&mut self, half: usize, small: &[bool]) {
        for output in 0..self.outputs {
            for (leaf, lower_is_fresh) in small.iter().enumerate().take(half) {
                // The fresh child was added up in the upper place; the lower one holds the parent.
                let at = (output * self.most_leaves + leaf) * BINS;
                let (low, high) = self.sums[at..].split_at_mut(half * BINS);
                let (low, high) = (&mut low[..BINS], &mut high[..BINS]);
                for (parent, fresh) in low.iter_mut().zip(high) {
                    *parent -= *fresh;
                    if *lower_is_fresh {
                        // The fresh one is the child below the question: it belongs into the lower place.
                        std::mem::swap(parent, fresh);
                    }
                }
            }
        }
    }

    /// The question that gains most among the first `edges` bins: all leaves' `G^2 / (H + l2)` on both sides. `scale` is the
    /// fixed point's.
    pub(super) fn best(&mut self, leaves: usize, edges: usize, l2: f64, scale: f64) -> Option<Best> {
        self.gains.fill(0.0);
        for output in 0..self.outputs {
            for leaf in 0..leaves {
                let at = (output * self.most_leaves + leaf) * BINS;
                let (sums, gains) = (&self.sums[at..at + BINS], &mut self.gains);
                dispatch(Level::current(), Gain { sums, gains, edges, l2: l2 * scale });
            }
        }
        let mut best: Option<Best> = None;
        for (bin, gain) in self.gains[..edges].iter().enumerate() {
            if best.is_none_or(|best| *gain > best.gain) {
                best = Some(Best { gain: *gain, bin: bin as u8 });
            }
        }
        best
    }
}

struct Gain<'a> {
    sums: &'a [i64],
    gains: &'a mut [f64],
    edges: usize,
    l2: f64,
}

impl Work for Gain<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { sums, gains, edges, l2 } = self;
        let mut below = [0_i64; BINS];
        let mut all = 0;
        for (below, sum) in below.iter_mut().zip(sums) {
            all += sum;
            *below = all;
        }
        if all == 0 {
            return;
        }
        for (gain, below) in gains[..edges].iter_mut().zip(&below) {
            let ((g, h), (rest_g, rest_h)) = (unpack(*below), unpack(all - *below));
            *gain += g * g / (h + l2) + rest_g * rest_g / (rest_h + l2);
        }
    }
}
