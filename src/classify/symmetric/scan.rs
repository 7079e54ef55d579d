//! The best threshold of a feature, from sums of derivatives by leaf and bin.
//!
//! A threshold lowers the loss by half the sum of `G^2 / (H + l2)` over both sides of all leaves, minus the same without
//! it (Chen and Guestrin 2016, "XGBoost", KDD, equation 7).

use super::chunk::{CHUNK, Chunk, unpack};
use super::histogram::Level;
use crate::simd::{self, Work, dispatch};

/// Bins of a feature.
pub(super) const BINS: usize = 256;

/// The best threshold of a feature: between its bin and the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) gain: f64,
    pub(super) bin: u8,
}

/// Where the sums of a feature come from.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    /// Sums of all leaves, `[leaf][bin][column]`.
    Sums(&'a [i64]),
    /// The feature's plane and the samples that the chunks list of every leaf: sums of one leaf at a time stay in the
    /// first-level cache, and only bins that hold a sample of it are looked at. Right where samples are few.
    Samples(&'a [u8], &'a [Chunk]),
}

/// Most columns that are looked at together: two vectors of sums.
const TOGETHER: usize = 8;

/// The best threshold of a feature with these edges; `None` where none helps.
pub(super) fn best(of: Of<'_>, edges: &[u16], level: &Level) -> Option<Candidate> {
    best_at(simd::Level::current(), of, edges, level)
}

/// The same with the instructions of a level.
pub(super) fn best_at(simd: simd::Level, of: Of<'_>, edges: &[u16], level: &Level) -> Option<Candidate> {
    let bins = edges.len() + 1;
    let gains = match (level.scales.len(), of) {
        (1, Of::Sums(sums)) => return dispatch(simd, OneColumn { sums, edges, level }),
        (1, _) => dispatch(simd, Columns::<1> { of, bins, level, first: 0 }),
        (3, _) => dispatch(simd, Columns::<3> { of, bins, level, first: 0 }),
        (4, _) => dispatch(simd, Columns::<4> { of, bins, level, first: 0 }),
        (5, _) => dispatch(simd, Columns::<5> { of, bins, level, first: 0 }),
        (6, _) => dispatch(simd, Columns::<6> { of, bins, level, first: 0 }),
        (7, _) => dispatch(simd, Columns::<7> { of, bins, level, first: 0 }),
        (columns, _) => {
            let mut all = Gains::new();
            for first in (0..columns).step_by(TOGETHER) {
                all.add(&dispatch(simd, Columns::<TOGETHER> { of, bins, level, first }));
            }
            all
        }
    };
    gains.best(edges)
}

/// What all thresholds gain. Between bins that hold samples a gain does not change, so that only its steps are noted.
struct Gains {
    steps: [f64; BINS],
    /// The sum over all leaves without a threshold.
    unsplit: f64,
}

impl Gains {
    fn new() -> Self {
        Self { steps: [0.0; BINS], unsplit: 0.0 }
    }

    fn add(&mut self, other: &Self) {
        self.steps.iter_mut().zip(&other.steps).for_each(|(step, other)| *step += other);
        self.unsplit += other.unsplit;
    }

    /// Of the thresholds at the edges, the best.
    fn best(&self, edges: &[u16]) -> Option<Candidate> {
        let (mut gains, mut gain) = ([0.0f32; BINS], 0.0);
        for (sum, step) in gains.iter_mut().zip(&self.steps) {
            gain += step;
            *sum = gain as f32;
        }
        let (gain, bin) = middle_of_best(&gains[..edges.len()], edges)?;
        candidate(gain, self.unsplit as f32, bin)
    }
}

/// A threshold that gains more than the rounding errors of the sums.
fn candidate(gain: f32, unsplit: f32, bin: u8) -> Option<Candidate> {
    (gain > 1e-6 * unsplit).then(|| Candidate { gain: 0.5 * f64::from(gain), bin })
}

/// `G^2 / (H + l2)` of both sides of a threshold in one leaf, summed over the columns.
///
/// Sums are in quantised units; `unit` turns what they give into units of the loss.
struct Sides<const C: usize> {
    all: [(f32, f32); C],
    l2: [f32; C],
    unit: [f32; C],
}

impl<const C: usize> Sides<C> {
    /// Of a leaf with these sums over all bins, columns from `first` on; one without any second derivative says nothing.
    #[inline(always)]
    fn new(all: &[i64; C], level: &Level, first: usize) -> Self {
        let mut sides = Self { all: all.map(floats), l2: [1.0; C], unit: [0.0; C] };
        for (column, scale) in level.scales.iter().skip(first).take(C).enumerate() {
            sides.l2[column] = (level.l2 * scale.hessian) as f32;
            if sides.all[column].1 != 0.0 {
                sides.unit[column] = (scale.hessian / (scale.gradient * scale.gradient)) as f32;
            }
        }
        sides
    }

    /// One division serves both sides. The columns are added pair by pair.
    #[inline(always)]
    fn of(&self, below: &[i64; C]) -> f32 {
        let mut parts: [f32; C] = std::array::from_fn(|column| {
            let (g, h) = floats(below[column]);
            both((g, h), self.all[column], (self.l2[column], self.unit[column]))
        });
        let mut left = C;
        while left > 1 {
            let half = left.div_ceil(2);
            for i in 0..left - half {
                parts[i] += parts[half + i];
            }
            left = half;
        }
        parts[0]
    }
}

#[inline(always)]
fn both((g, h): (f32, f32), all: (f32, f32), (l2, unit): (f32, f32)) -> f32 {
    let (rest_g, rest_h) = (all.0 - g, all.1 - h + l2);
    let h = h + l2;
    (g * g * rest_h + rest_g * rest_g * h) / (h * rest_h) * unit
}

#[inline(always)]
fn floats(packed: i64) -> (f32, f32) {
    let (gradient, hessian) = unpack(packed);
    (gradient as f32, hessian as f32)
}

#[inline(always)]
fn add<const C: usize>(sum: &mut [i64; C], other: &[i64; C]) {
    for (sum, other) in sum.iter_mut().zip(other) {
        *sum += other;
    }
}

/// Columns from `first` on side by side in a vector; those beyond the last are all 0.
struct Columns<'a, const C: usize> {
    of: Of<'a>,
    bins: usize,
    level: &'a Level<'a>,
    first: usize,
}

impl<const C: usize> Work for Columns<'_, C> {
    type Output = Gains;

    #[inline(always)]
    fn run(self) -> Gains {
        let columns = self.level.scales.len();
        match self.of {
            // Where the columns are all that there are, they lie as they are needed.
            Of::Sums(sums) if columns == C => self.scan(sums.as_chunks::<C>().0.as_chunks::<BINS>().0),
            Of::Sums(sums) => {
                let cut: Vec<[i64; C]> = sums.chunks_exact(columns).map(|own| self.cut(own)).collect();
                self.scan(cut.as_chunks::<BINS>().0)
            }
            Of::Samples(plane, chunks) if columns == C => {
                self.count(plane, chunks, |packs, at| packs.as_chunks::<C>().0[at])
            }
            Of::Samples(plane, chunks) => {
                self.count(plane, chunks, |packs, at| self.cut(&packs[at * columns..(at + 1) * columns]))
            }
        }
    }
}

impl<const C: usize> Columns<'_, C> {
    #[inline(always)]
    fn cut(&self, columns: &[i64]) -> [i64; C] {
        std::array::from_fn(|column| columns.get(self.first + column).copied().unwrap_or(0))
    }

    #[inline(always)]
    fn scan(&self, leaves: &[[[i64; C]; BINS]]) -> Gains {
        let mut gains = Gains::new();
        for sums in leaves {
            let mut all = [0; C];
            sums[..self.bins].iter().for_each(|own| add(&mut all, own));
            self.add_leaf(&mut gains, sums, &all, 0..self.bins);
        }
        gains
    }

    #[inline(always)]
    fn count(&self, plane: &[u8], chunks: &[Chunk], of_sample: impl Fn(&[i64], usize) -> [i64; C]) -> Gains {
        let (mut gains, mut sums) = (Gains::new(), [[0; C]; BINS]);
        let plane = plane.as_chunks::<CHUNK>().0;
        for leaf in 0..self.level.counted.len() {
            let (mut all, mut filled) = ([0; C], Filled::default());
            for chunk in chunks {
                let bins = &plane[chunk.number];
                for at in chunk.ends[leaf]..chunk.ends[leaf + 1] {
                    let bin = bins[usize::from(chunk.rows[at]) % CHUNK];
                    let own = of_sample(&chunk.row_packs, at);
                    add(&mut sums[usize::from(bin)], &own);
                    add(&mut all, &own);
                    filled.note(bin);
                }
            }
            self.add_leaf(&mut gains, &sums, &all, filled.bins());
            filled.bins().for_each(|bin| sums[bin] = [0; C]);
        }
        gains
    }

    /// Adds what the thresholds of one leaf gain; `bins`, in rising order, are those that may hold samples.
    #[inline(always)]
    fn add_leaf(&self, gains: &mut Gains, sums: &[[i64; C]; BINS], all: &[i64; C], bins: impl Iterator<Item = usize>) {
        let sides = Sides::new(all, self.level, self.first);
        let unsplit = sides.of(&[0; C]);
        gains.unsplit += f64::from(unsplit);
        let (mut below, mut last) = ([0; C], unsplit);
        for bin in bins {
            let own = &sums[bin];
            if own.iter().all(|&sum| sum == 0) {
                continue;
            }
            add(&mut below, own);
            // Above the highest sample the leaf is not parted.
            let now = if below == *all { unsplit } else { sides.of(&below) };
            gains.steps[bin] += f64::from(now) - f64::from(last);
            last = now;
        }
    }
}

/// A set of bins.
#[derive(Clone, Copy, Default)]
struct Filled([u64; BINS / 64]);

impl Filled {
    #[inline(always)]
    fn note(&mut self, bin: u8) {
        self.0[usize::from(bin / 64)] |= 1 << (bin % 64);
    }

    /// In rising order.
    #[inline(always)]
    fn bins(self) -> impl Iterator<Item = usize> {
        (0..).zip(self.0).flat_map(|(word, bits)| {
            let rest = |bits: &u64| Some(bits & (bits - 1)).filter(|bits| *bits != 0);
            std::iter::successors(Some(bits).filter(|bits| *bits != 0), rest)
                .map(move |bits| 64 * word + bits.trailing_zeros() as usize)
        })
    }
}

/// One column: many thresholds side by side in a vector.
struct OneColumn<'a> {
    sums: &'a [i64],
    edges: &'a [u16],
    level: &'a Level<'a>,
}

impl Work for OneColumn<'_> {
    type Output = Option<Candidate>;

    #[inline(always)]
    fn run(self) -> Option<Candidate> {
        let (edges, scale) = (self.edges, &self.level.scales[0]);
        let l2 = (self.level.l2 * scale.hessian) as f32;
        let unit = (scale.hessian / (scale.gradient * scale.gradient)) as f32;
        let (mut gains, mut unsplit) = ([0.0f32; BINS], 0.0);
        let (mut gradient, mut hessian) = ([0.0f32; BINS], [0.0f32; BINS]);
        for sums in self.sums.as_chunks::<BINS>().0 {
            let mut running = 0;
            for ((g, h), sum) in gradient.iter_mut().zip(&mut hessian).zip(&sums[..=edges.len()]) {
                running += sum;
                (*g, *h) = floats(running);
            }
            let all = floats(running);
            if all.1 == 0.0 {
                continue;
            }
            for ((gain, &g), &h) in gains[..edges.len()].iter_mut().zip(&gradient).zip(&hessian) {
                *gain += both((g, h), all, (l2, unit));
            }
            unsplit += all.0 * all.0 / (all.1 + l2) * unit;
        }
        let (best, bin) = middle_of_best(&gains[..edges.len()], edges)?;
        candidate(best - unsplit, unsplit, bin)
    }
}

/// The highest gain and its bin. Where several neighbouring thresholds give it (no sample lies between them), the one
/// half-way: there it errs least on samples never seen. Missing stays parted from all else.
fn middle_of_best(gains: &[f32], edges: &[u16]) -> Option<(f32, u8)> {
    let (first, &best) = gains.iter().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    if edges[first] == crate::features::MISSING {
        return Some((best, first as u8));
    }
    let alike = gains[first..].iter().take_while(|&&gain| gain == best).count();
    let edges = &edges[first..first + alike];
    let half = u16::midpoint(edges[0], edges[alike - 1]);
    let above = edges.partition_point(|&edge| edge < half);
    let below = above.saturating_sub(1);
    let nearest = if half - edges[below].min(half) <= edges[above] - half { below } else { above };
    Some((best, (first + nearest) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_thresholds_the_middle_one_is_taken() {
        assert_eq!(
            middle_of_best(&[1.0, 5.0, 5.0, 5.0, 2.0], &[10, 20, 22, 40, 50]),
            Some((5.0, 2)),
            "30 is nearest to 22"
        );
        assert_eq!(middle_of_best(&[1.0, 5.0, 5.0], &[10, 20, 30]), Some((5.0, 1)));
        assert_eq!(middle_of_best(&[5.0, 5.0, 5.0], &[crate::features::MISSING, 20, 30]), Some((5.0, 0)));
        assert_eq!(middle_of_best(&[], &[]), None);
    }
}
