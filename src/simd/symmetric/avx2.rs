//! 32 pixels per instruction. A permutation reaches 16 leaves, so a look-up is four of them, of which one hits.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm_loadu_si128, _mm256_add_epi8, _mm256_add_epi16, _mm256_add_epi32, _mm256_adds_epu8,
    _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpgt_epi8, _mm256_cvtepi16_epi32,
    _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sll_epi32,
    _mm256_storeu_si256, _mm256_sub_epi8, _mm256_sub_epi16, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
};

use super::{BIAS, GROUP, Group, LANES, LEAVES, Line, MAX_DEPTH, Packed, Run, Splits};

/// Bytes of a vector.
const WIDTH: usize = 32;

#[inline]
#[target_feature(enable = "avx2")]
fn load<T, const N: usize>(values: &[T; N]) -> __m256i {
    const { assert!(size_of::<T>() * N >= WIDTH) };
    // SAFETY: the array holds at least 32 bytes, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store<T, const N: usize>(values: &mut [T; N], vector: __m256i) {
    const { assert!(size_of::<T>() * N >= WIDTH) };
    // SAFETY: the array holds at least 32 bytes of plain integers, and the store asks for no alignment.
    unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), vector) }
}

/// 16 leaves' bytes, twice.
#[inline]
#[target_feature(enable = "avx2")]
fn load_quarter(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the array holds 16 bytes, and the load asks for no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// What bins are turned by for [`add_run`]: its instructions compare bytes with a sign.
pub(super) const SIGN: u8 = 0x80;

/// Adds the leaves of all trees to the scores of a run whose bins were turned by [`SIGN`].
#[target_feature(enable = "avx2")]
pub(super) fn add_run(packed: &Packed, run: &Run<'_>, scores: &mut [[i32; LANES]]) {
    let mut indices = [Line([0_u8; LANES]); GROUP];
    for group in &packed.groups {
        for (index, tree) in indices.iter_mut().zip(group.trees.clone()) {
            let splits = &packed.splits[tree];
            match splits.depth {
                0 => find_leaves::<0>(splits, run, index),
                1 => find_leaves::<1>(splits, run, index),
                2 => find_leaves::<2>(splits, run, index),
                3 => find_leaves::<3>(splits, run, index),
                4 => find_leaves::<4>(splits, run, index),
                5 => find_leaves::<5>(splits, run, index),
                _ => find_leaves::<MAX_DEPTH>(splits, run, index),
            }
        }
        for output in 0..packed.outputs {
            let sums = if group.narrow {
                sums::<true>(packed, group, output, &indices)
            } else {
                sums::<false>(packed, group, output, &indices)
            };
            add_wide(&mut scores[output * run.runs + run.run], &sums, group.unit);
        }
    }
}

/// One output's leaves of a group of trees, added in 16 bits, in the order that unpacking leaves.
#[inline]
#[target_feature(enable = "avx2")]
fn sums<const NARROW: bool>(
    packed: &Packed,
    group: &Group,
    output: usize,
    indices: &[Line<LANES>; GROUP],
) -> [__m256i; 8] {
    let mut sums = [_mm256_setzero_si256(); 8];
    for ((index, tree), at) in indices.iter().zip(group.trees.clone()).zip(packed.leaves_of(group, output)) {
        let quarters = 1_usize << packed.splits[tree].depth.saturating_sub(4);
        if NARROW {
            add_narrow(quarters, &packed.low[at].0, index, &mut sums);
        } else {
            add_leaves(quarters, (&packed.low[at].0, &packed.high[at].0), index, &mut sums);
        }
    }
    let bias = if NARROW { BIAS * group.trees.len() as i16 } else { 0 };
    sums.map(|sums| _mm256_sub_epi16(sums, _mm256_set1_epi16(bias)))
}

/// The number of the leaf that each pixel falls into.
#[inline]
#[target_feature(enable = "avx2")]
fn find_leaves<const DEPTH: usize>(splits: &Splits, run: &Run<'_>, index: &mut Line<LANES>) {
    let mut found = [_mm256_setzero_si256(); 4];
    // From the last level to the first: a number doubles, and loses the -1 that a comparison leaves where it holds.
    for level in (0..DEPTH).rev() {
        let (bins, _) = run.of(splits.features[level]).as_chunks::<WIDTH>();
        let bin = _mm256_set1_epi32((splits.wide_bins[level] ^ u32::from_ne_bytes([SIGN; 4])).cast_signed());
        for (found, own) in found.iter_mut().zip(bins) {
            *found = _mm256_sub_epi8(_mm256_add_epi8(*found, *found), _mm256_cmpgt_epi8(load(own), bin));
        }
    }
    let (parts, _) = index.0.as_chunks_mut::<WIDTH>();
    for (part, found) in parts.iter_mut().zip(found) {
        store(part, found);
    }
}

/// Adds one tree's leaves to 16-bit sums, in the order that unpacking leaves.
#[inline]
#[target_feature(enable = "avx2")]
fn add_leaves(
    quarters: usize,
    (low, high): (&[u8; LEAVES], &[u8; LEAVES]),
    index: &Line<LANES>,
    sums: &mut [__m256i; 8],
) {
    let ((low, _), (high, _)) = (low.as_chunks::<16>(), high.as_chunks::<16>());
    let ceiling = _mm256_set1_epi8(0x70);
    for (part, index) in index.0.as_chunks::<WIDTH>().0.iter().enumerate() {
        let index = load(index);
        let (mut l, mut h) = (_mm256_setzero_si256(), _mm256_setzero_si256());
        for quarter in 0..quarters {
            // 0x70 to 0x7f inside the quarter; outside it the highest bit is set, and the permutation gives 0.
            let own = _mm256_sub_epi8(index, _mm256_set1_epi8(16 * quarter as i8));
            let own = _mm256_adds_epu8(own, ceiling);
            l = _mm256_or_si256(l, _mm256_shuffle_epi8(load_quarter(&low[quarter]), own));
            h = _mm256_or_si256(h, _mm256_shuffle_epi8(load_quarter(&high[quarter]), own));
        }
        sums[2 * part] = _mm256_add_epi16(sums[2 * part], _mm256_unpacklo_epi8(l, h));
        sums[2 * part + 1] = _mm256_add_epi16(sums[2 * part + 1], _mm256_unpackhi_epi8(l, h));
    }
}

/// The same of a tree of a narrow group.
#[inline]
#[target_feature(enable = "avx2")]
fn add_narrow(quarters: usize, leaves: &[u8; LEAVES], index: &Line<LANES>, sums: &mut [__m256i; 8]) {
    let (leaves, _) = leaves.as_chunks::<16>();
    let (ceiling, zero) = (_mm256_set1_epi8(0x70), _mm256_setzero_si256());
    for (part, index) in index.0.as_chunks::<WIDTH>().0.iter().enumerate() {
        let (index, mut found) = (load(index), zero);
        for (quarter, leaves) in leaves.iter().enumerate().take(quarters) {
            let own = _mm256_sub_epi8(index, _mm256_set1_epi8(16 * quarter as i8));
            found = _mm256_or_si256(found, _mm256_shuffle_epi8(load_quarter(leaves), _mm256_adds_epu8(own, ceiling)));
        }
        sums[2 * part] = _mm256_add_epi16(sums[2 * part], _mm256_unpacklo_epi8(found, zero));
        sums[2 * part + 1] = _mm256_add_epi16(sums[2 * part + 1], _mm256_unpackhi_epi8(found, zero));
    }
}

/// Adds 16-bit sums, in units of so many bits, to the scores. Unpacking left, in each 128 bits, pixels 0 to 7 in one vector and 8 to 15 in the next.
#[inline]
#[target_feature(enable = "avx2")]
fn add_wide(scores: &mut [i32; LANES], sums: &[__m256i; 8], unit: u32) {
    let unit = _mm_cvtsi32_si128(unit.cast_signed());
    let (scores, _) = scores.as_chunks_mut::<8>();
    for (part, scores) in scores.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (even, odd) = (sums[2 * part], sums[2 * part + 1]);
        let both = [_mm256_permute2x128_si256::<0x20>(even, odd), _mm256_permute2x128_si256::<0x31>(even, odd)];
        for (half, sums) in both.into_iter().enumerate() {
            let wide = [_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums)];
            for (quarter, sums) in wide.into_iter().enumerate() {
                let score = &mut scores[2 * half + quarter];
                let sums = _mm256_sll_epi32(_mm256_cvtepi16_epi32(sums), unit);
                store(score, _mm256_add_epi32(load(score), sums));
            }
        }
    }
}
