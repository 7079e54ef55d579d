//! 64 pixels per instruction: a byte comparison for each level, and one byte permutation looks 64 leaves up.

use std::arch::x86_64::{
    __m512i, _mm_cvtsi32_si128, _mm512_add_epi8, _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512,
    _mm512_castsi512_si256, _mm512_cmpgt_epu8_mask, _mm512_cvtepi16_epi32, _mm512_extracti64x4_epi64,
    _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_permutex2var_epi64, _mm512_permutexvar_epi8, _mm512_set_epi64,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_sll_epi32, _mm512_slli_epi16,
    _mm512_srli_epi16, _mm512_storeu_si512, _mm512_sub_epi16, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
};
use std::hint::black_box;

use super::{BIAS, GROUP, Group, LANES, Line, MAX_DEPTH, Packed, RUNS, Run, Splits};

#[target_feature(enable = "avx512f")]
fn load<T, const N: usize>(values: &[T; N]) -> __m512i {
    const { assert!(size_of::<T>() * N >= 64) };
    // SAFETY: the array holds at least 64 bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn store<T, const N: usize>(values: &mut [T; N], vector: __m512i) {
    const { assert!(size_of::<T>() * N >= 64) };
    // SAFETY: the array holds at least 64 bytes of plain integers, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(values.as_mut_ptr().cast(), vector) }
}

/// Both halves of a run's bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_run(bytes: &[u8; LANES]) -> [__m512i; 2] {
    let (halves, _) = bytes.as_chunks::<64>();
    [load(&halves[0]), load(&halves[1])]
}

/// Adds the leaves of all trees to the scores of up to [`RUNS`] runs.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn add_runs<'a>(packed: &Packed, runs: impl Iterator<Item = Run<'a>> + Clone, scores: &mut [[i32; LANES]]) {
    let mut indices = [[Line([0_u8; LANES]); GROUP]; RUNS];
    // A compiler that knew these to be single bits would make two instructions of each masked addition.
    let bits: [__m512i; MAX_DEPTH] = std::array::from_fn(|level| black_box(_mm512_set1_epi8(1 << level)));
    for group in &packed.groups {
        for (indices, run) in indices.iter_mut().zip(runs.clone()) {
            for (index, tree) in indices.iter_mut().zip(group.trees.clone()) {
                let splits = &packed.splits[tree];
                match splits.depth {
                    0 => find_leaves::<0>(splits, &run, &bits, index),
                    1 => find_leaves::<1>(splits, &run, &bits, index),
                    2 => find_leaves::<2>(splits, &run, &bits, index),
                    3 => find_leaves::<3>(splits, &run, &bits, index),
                    4 => find_leaves::<4>(splits, &run, &bits, index),
                    5 => find_leaves::<5>(splits, &run, &bits, index),
                    _ => find_leaves::<MAX_DEPTH>(splits, &run, &bits, index),
                }
            }
        }
        for output in 0..packed.outputs {
            for (indices, run) in indices.iter().zip(runs.clone()) {
                let scores = &mut scores[output * run.runs + run.run];
                if group.narrow {
                    add_narrow(packed, group, output, indices, scores);
                } else {
                    add_leaves(packed, group, output, indices, scores);
                }
            }
        }
    }
}

/// Adds one output's leaves of a narrow group of trees to a run's scores. Two trees are added as bytes, and joined sums have
/// even pixels' bytes and 256 times the odd ones'.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn add_narrow(
    packed: &Packed,
    group: &Group,
    output: usize,
    indices: &[Line<LANES>; GROUP],
    scores: &mut [i32; LANES],
) {
    let (mut joined, mut odd) = ([_mm512_setzero_si512(); 2], [_mm512_setzero_si512(); 2]);
    let leaves = |tree: usize| load(&packed.low[tree * packed.outputs + output].0);
    let mut add = |half: usize, bytes: __m512i| {
        joined[half] = _mm512_add_epi16(joined[half], bytes);
        odd[half] = _mm512_add_epi16(odd[half], _mm512_srli_epi16::<8>(bytes));
    };
    let indices = &indices[..group.trees.len()];
    let (pairs, last) = indices.as_chunks::<2>();
    for ([first, second], tree) in pairs.iter().zip(group.trees.clone().step_by(2)) {
        let leaves = [leaves(tree), leaves(tree + 1)];
        for (half, (first, second)) in load_run(&first.0).into_iter().zip(load_run(&second.0)).enumerate() {
            let [first, second] =
                [_mm512_permutexvar_epi8(first, leaves[0]), _mm512_permutexvar_epi8(second, leaves[1])];
            add(half, _mm512_add_epi8(first, second));
        }
    }
    if let [index] = last {
        let leaves = leaves(group.trees.end - 1);
        for (half, index) in load_run(&index.0).into_iter().enumerate() {
            add(half, _mm512_permutexvar_epi8(index, leaves));
        }
    }
    let bias = _mm512_set1_epi16(BIAS * group.trees.len() as i16);
    let [[a, b], [c, d]] = [0, 1].map(|half| {
        let even = _mm512_sub_epi16(_mm512_sub_epi16(joined[half], _mm512_slli_epi16::<8>(odd[half])), bias);
        let odd = _mm512_sub_epi16(odd[half], bias);
        [_mm512_unpacklo_epi16(even, odd), _mm512_unpackhi_epi16(even, odd)]
    });
    add_wide(scores, [a, b, c, d], group.unit);
}

/// Adds one output's leaves of a group of trees to a run's scores.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn add_leaves(
    packed: &Packed,
    group: &Group,
    output: usize,
    indices: &[Line<LANES>; GROUP],
    scores: &mut [i32; LANES],
) {
    let mut sums = [Sums::zero(); 2];
    for (index, tree) in indices.iter().zip(group.trees.clone()) {
        let at = tree * packed.outputs + output;
        let (low, high) = (load(&packed.low[at].0), load(&packed.high[at].0));
        for (sums, index) in sums.iter_mut().zip(load_run(&index.0)) {
            sums.add(_mm512_permutexvar_epi8(index, low), _mm512_permutexvar_epi8(index, high));
        }
    }
    let [[a, b], [c, d]] = sums.map(|sums| sums.of_16_bits());
    add_wide(scores, [a, b, c, d], group.unit);
}

/// Sums of 64 leaves of 16 bits, of which the low and the high bytes come apart. Joining bytes takes the one port that byte
/// permutations need too; so they are summed apart, and joined once for all trees of a group.
#[derive(Clone, Copy)]
struct Sums {
    /// Low bytes as words: the even pixel's plus 256 times the odd one's.
    low: __m512i,
    /// Low bytes of odd pixels, as words.
    odd: __m512i,
    /// High bytes, as bytes: a sum that fits 16 bits needs no more of them.
    high: __m512i,
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zero() -> Self {
        let zero = _mm512_setzero_si512();
        Self { low: zero, odd: zero, high: zero }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn add(&mut self, low: __m512i, high: __m512i) {
        self.low = _mm512_add_epi16(self.low, low);
        self.odd = _mm512_add_epi16(self.odd, _mm512_srli_epi16::<8>(low));
        self.high = _mm512_add_epi8(self.high, high);
    }

    /// The sums modulo 2^16: in each 128 bits, pixels 0 to 7 in one vector and 8 to 15 in the next.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn of_16_bits(self) -> [__m512i; 2] {
        let above = _mm512_slli_epi16::<8>(_mm512_sub_epi16(self.high, self.odd));
        let even = _mm512_add_epi16(self.low, above);
        let odd = _mm512_add_epi16(self.odd, _mm512_and_si512(self.high, _mm512_set1_epi16(-256)));
        [_mm512_unpacklo_epi16(even, odd), _mm512_unpackhi_epi16(even, odd)]
    }
}

/// The number of the leaf that each pixel falls into.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn find_leaves<const DEPTH: usize>(
    splits: &Splits,
    run: &Run<'_>,
    bits: &[__m512i; MAX_DEPTH],
    index: &mut Line<LANES>,
) {
    let mut found = [_mm512_setzero_si512(); 2];
    for (level, bit) in bits.iter().enumerate().take(DEPTH) {
        let bin = _mm512_set1_epi32(splits.wide_bins[level].cast_signed());
        for (found, own) in found.iter_mut().zip(load_run(&run.bins[usize::from(splits.features[level])].0)) {
            *found = _mm512_mask_add_epi8(*found, _mm512_cmpgt_epu8_mask(own, bin), *found, *bit);
        }
    }
    let (halves, _) = index.0.as_chunks_mut::<64>();
    store(&mut halves[0], found[0]);
    store(&mut halves[1], found[1]);
}

/// Adds 16-bit sums, in units of so many bits, to the scores. They lie as [`Sums::of_16_bits`] leaves them.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_wide(scores: &mut [i32; LANES], sums: [__m512i; 4], unit: u32) {
    let unit = _mm_cvtsi32_si128(unit.cast_signed());
    let (scores, _) = scores.as_chunks_mut::<16>();
    let (first, last) = (_mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4));
    for half in 0..2 {
        let (even, odd) = (sums[2 * half], sums[2 * half + 1]);
        for (quarter, order) in [first, last].into_iter().enumerate() {
            let sums = _mm512_permutex2var_epi64(even, order, odd);
            let wide = [_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64::<1>(sums)];
            for (part, sums) in wide.into_iter().enumerate() {
                let score = &mut scores[4 * half + 2 * quarter + part];
                let sums = _mm512_sll_epi32(_mm512_cvtepi16_epi32(sums), unit);
                store(score, _mm512_add_epi32(load(score), sums));
            }
        }
    }
}
