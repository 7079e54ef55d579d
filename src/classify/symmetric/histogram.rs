//! One feature's sums of derivatives by leaf and bin, kept from level to level.

use super::chunk::{CHUNK, Chunk, LEAVES, Scale};
use super::scan::BINS;

/// Sums of packed derivatives, `[leaf][bin][column]`, of one feature.
#[derive(Default)]
pub(super) struct Histogram {
    sums: Vec<i64>,
}

/// What is done with the leaves of a level.
pub(super) struct Level<'a> {
    /// Leaves that are counted from the chunks' lists; the others are their parent minus their sibling.
    pub(super) counted: &'a [bool],
    pub(super) scales: &'a [Scale],
    pub(super) l2: f64,
    /// Whether histograms are kept for the next level.
    pub(super) kept: bool,
}

impl Histogram {
    /// Brings the histogram to the level's leaves: leaf `l` and `l + counted.len() / 2` come from the former leaf `l`.
    pub(super) fn advance(&mut self, plane: &[u8], chunks: &[Chunk], level: &Level) {
        let leaf_size = BINS * level.scales.len();
        let leaves = level.counted.len();
        let half = leaves / 2;
        self.sums.resize(leaves * leaf_size, 0);
        // Where the lower leaf is counted, the parent's sums, which lie in its place, go to the upper one's.
        for leaf in 0..half {
            if level.counted[leaf] && !level.counted[leaf + half] {
                self.sums.copy_within(leaf * leaf_size..(leaf + 1) * leaf_size, (leaf + half) * leaf_size);
            }
        }
        for (sums, _) in self.sums.chunks_exact_mut(leaf_size).zip(level.counted).filter(|(_, counted)| **counted) {
            sums.fill(0);
        }
        let plane = plane.as_chunks::<CHUNK>().0;
        for chunk in chunks {
            self.count(&plane[chunk.number], chunk, level);
        }
        let (lower, upper) = self.sums.split_at_mut(half * leaf_size);
        for (leaf, (lower, upper)) in
            lower.chunks_exact_mut(leaf_size).zip(upper.chunks_exact_mut(leaf_size)).enumerate()
        {
            match (level.counted[leaf], level.counted[leaf + half]) {
                (true, false) => upper.iter_mut().zip(lower).for_each(|(rest, counted)| *rest -= *counted),
                (false, true) => lower.iter_mut().zip(upper).for_each(|(rest, counted)| *rest -= *counted),
                _ => {}
            }
        }
    }

    fn count(&mut self, bins: &[u8; CHUNK], chunk: &Chunk, level: &Level) {
        match level.scales.len() {
            1 => self.count_columns::<1>(bins, chunk),
            3 => self.count_columns::<3>(bins, chunk),
            4 => self.count_columns::<4>(bins, chunk),
            5 => self.count_columns::<5>(bins, chunk),
            6 => self.count_columns::<6>(bins, chunk),
            7 => self.count_columns::<7>(bins, chunk),
            8 => self.count_columns::<8>(bins, chunk),
            columns => self.count_any(bins, chunk, columns),
        }
    }

    /// The hot loop: a sample's derivatives to the sums of its bin.
    fn count_columns<const COLUMNS: usize>(&mut self, bins: &[u8; CHUNK], chunk: &Chunk) {
        let packs = chunk.row_packs.as_chunks::<COLUMNS>().0;
        for (leaf, sums) in self.sums.as_chunks_mut::<COLUMNS>().0.as_chunks_mut::<BINS>().0.iter_mut().enumerate() {
            let listed = chunk.ends[leaf]..chunk.ends[leaf + 1];
            for (&row, packs) in chunk.rows[listed.clone()].iter().zip(&packs[listed]) {
                let sums = &mut sums[usize::from(bins[usize::from(row) % CHUNK])];
                for column in 0..COLUMNS {
                    sums[column] += packs[column];
                }
            }
        }
    }

    fn count_any(&mut self, bins: &[u8; CHUNK], chunk: &Chunk, columns: usize) {
        for (leaf, sums) in self.sums.chunks_exact_mut(BINS * columns).enumerate() {
            let listed = chunk.ends[leaf]..chunk.ends[leaf + 1];
            let packs = chunk.row_packs[listed.start * columns..listed.end * columns].chunks_exact(columns);
            for (&row, packs) in chunk.rows[listed].iter().zip(packs) {
                let bin = usize::from(bins[usize::from(row) % CHUNK]);
                let sums = &mut sums[bin * columns..(bin + 1) * columns];
                sums.iter_mut().zip(packs).for_each(|(sum, pack)| *sum += pack);
            }
        }
    }

    /// Sums of all leaves, `[leaf][bin][column]`.
    pub(super) fn sums(&self) -> &[i64] {
        &self.sums
    }
}

/// Leaves that are counted from samples after a split: of each pair the one with fewer samples in all chunks.
pub(super) fn smaller(counts: &[[u32; LEAVES]], leaves: usize) -> Vec<bool> {
    let half = leaves / 2;
    let samples = |leaf: usize| counts.iter().map(|of_chunk| u64::from(of_chunk[leaf])).sum::<u64>();
    let lower_is = |leaf: usize| samples(leaf) <= samples(leaf + half);
    (0..leaves).map(|leaf| if leaf < half { lower_is(leaf) } else { !lower_is(leaf - half) }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::chunk::{pack, unpack};
    use super::super::scan::{Of, best_at};
    use super::*;
    use crate::simd;
    use proptest::prelude::*;

    const SCALE: Scale = Scale { gradient: 50_000.0, hessian: 50_000.0 };

    /// Two chunks of samples whose classes and bins follow `lots`, their derivatives drawn.
    fn chunks(lots: &[u8], outputs: usize) -> (Vec<u8>, Vec<Chunk>) {
        let at = |sample: usize| lots[sample * 7 % lots.len()].wrapping_add((sample >> 3) as u8);
        let samples = CHUNK + 300;
        let plane: Vec<u8> = (0..2 * CHUNK).map(|sample| if sample < samples { at(sample) } else { 0 }).collect();
        let class: Vec<u8> = (0..samples).map(|s| at(s * 3 + 1) % (outputs as u8 + 1)).collect();
        let base: Vec<i32> = (0..outputs as i32).map(|output| 900 * output - 400).collect();
        let mut chunks: Vec<Chunk> = class
            .chunks(CHUNK)
            .enumerate()
            .map(|(n, class)| Chunk::new(n, class.to_vec(), vec![1.0; class.len()], &base))
            .collect();
        let columns = super::super::chunk::columns(outputs);
        let scales = vec![SCALE; columns];
        for chunk in &mut chunks {
            chunk.derive();
            chunk.draw(&scales, 0.8, (1, 0));
        }
        (plane, chunks)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        /// Parent minus sibling is what counting would give, to the last bit, level by level and whichever is counted; the
        /// samples alone then show the same threshold, with the instructions of any processor.
        #[test]
        fn subtraction_is_exact_and_samples_show_the_same(
            lots in prop::collection::vec(any::<u8>(), 40..90),
            bins in prop::collection::vec(any::<u8>(), 3),
            outputs in prop::sample::select(vec![1usize, 2, 3, 9]),
        ) {
            let (plane, mut chunks) = chunks(&lots, outputs);
            let scales = vec![SCALE; super::super::chunk::columns(outputs)];
            let (mut kept, mut counted) = (Histogram::default(), vec![true]);
            for (level, &bin) in bins.iter().enumerate() {
                let of = |counted| Level { counted, scales: &scales, l2: 1.0, kept: true };
                chunks.iter_mut().for_each(|chunk| chunk.list(&counted));
                kept.advance(&plane, &chunks, &of(&counted));
                let (mut anew, every) = (Histogram::default(), vec![true; counted.len()]);
                chunks.iter_mut().for_each(|chunk| chunk.list(&every));
                anew.advance(&plane, &chunks, &of(&every));
                prop_assert!(kept.sums == anew.sums, "level {level}");
                let (edges, of_sums) = ((1..256).collect::<Vec<u16>>(), Of::Sums(&kept.sums));
                let found = best_at(simd::Level::Portable, of_sums, &edges, &of(&every));
                prop_assert!(found.is_some());
                for simd in simd::Level::ALL {
                    prop_assert_eq!(best_at(simd, of_sums, &edges, &of(&every)), found);
                    let of_samples = best_at(simd, Of::Samples(&plane, &chunks), &edges, &of(&every));
                    prop_assert!(of_samples == found || scales.len() == 1, "{of_samples:?}, {found:?}");
                }
                let mut moved = plane.clone();
                moved.iter_mut().for_each(|bin| *bin = bin.rotate_left(level as u32 * 3));
                let counts: Vec<_> = chunks.iter_mut().map(|chunk| chunk.split(&moved, bin, level)).collect();
                counted = smaller(&counts, 2 << level);
                prop_assert!((0..1 << level).all(|leaf| counted[leaf] != counted[leaf + (1 << level)]));
            }
        }

        #[test]
        fn packed_numbers_add_and_subtract_as_both(pairs in prop::collection::vec((-9_000i32..9_000, 0i32..9_000), 1..50)) {
            let sum: i64 = pairs.iter().map(|&(g, h)| pack(g, h)).sum();
            let both = pairs.iter().fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
            prop_assert_eq!(unpack(sum), both);
            let (first, rest) = (pairs[0], (both.0 - pairs[0].0, both.1 - pairs[0].1));
            prop_assert_eq!(unpack(sum - pack(first.0, first.1)), rest);
        }
    }
}
