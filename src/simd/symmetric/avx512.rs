//! 64 pixels per instruction: a byte comparison for each level, and one byte permutation looks 64 leaves up.

use std::arch::x86_64::{
    __m512i, _mm_cvtsi32_si128, _mm512_add_epi8, _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512,
    _mm512_castsi512_si256, _mm512_cmpgt_epu8_mask, _mm512_cvtepi16_epi32, _mm512_extracti64x4_epi64,
    _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_permutex2var_epi64, _mm512_permutexvar_epi8, _mm512_set_epi64,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_sll_epi32, _mm512_slli_epi16,
    _mm512_srli_epi16, _mm512_storeu_si512, _mm512_sub_epi16, _mm512_unpackhi_epi16, _mm512_unpacklo_epi16,
};
use std::hint::black_box;
use std::ops::Range;

use super::{BIAS, Bins, GROUP, LANES, LEAVES, Line, MAX_DEPTH, Packed, RUNS, Splits};

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

/// Adds the leaves of all trees to the scores of the runs `own`, of `runs` in a plane, whose bins these are.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn add_runs(
    packed: &Packed,
    bins: &[Bins],
    (own, runs): (Range<usize>, usize),
    scores: &mut [[i32; LANES]],
) {
    let mut indices = [[Line([0_u8; LANES]); RUNS]; GROUP];
    // A compiler that knew these to be single bits would make two instructions of each masked addition.
    let bits: [__m512i; MAX_DEPTH] = std::array::from_fn(|level| black_box(_mm512_set1_epi8(1 << level)));
    for group in &packed.groups {
        for (index, tree) in indices.iter_mut().zip(group.trees.clone()) {
            let splits = &packed.splits[tree];
            match splits.depth {
                0 => find_leaves::<0>(splits, bins, &bits, index),
                1 => find_leaves::<1>(splits, bins, &bits, index),
                2 => find_leaves::<2>(splits, bins, &bits, index),
                3 => find_leaves::<3>(splits, bins, &bits, index),
                4 => find_leaves::<4>(splits, bins, &bits, index),
                5 => find_leaves::<5>(splits, bins, &bits, index),
                _ => find_leaves::<MAX_DEPTH>(splits, bins, &bits, index),
            }
        }
        for output in 0..packed.outputs {
            let leaves = packed.leaves_of(group, output);
            let (low, high) = (&packed.low[leaves.clone()], &packed.high[leaves]);
            for (at, run) in own.clone().enumerate().take(RUNS) {
                let sums = if group.narrow { narrow_sums(low, &indices, at) } else { sums(low, high, &indices, at) };
                add_wide(&mut scores[output * runs + run], sums, group.unit);
            }
        }
    }
}

/// One output's leaves of a narrow group of trees, added for one run. Two trees are added as bytes, and joined sums have even
/// pixels' bytes and 256 times the odd ones'.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn narrow_sums(leaves: &[Line<LEAVES>], indices: &[[Line<LANES>; RUNS]; GROUP], at: usize) -> [__m512i; 4] {
    let (mut joined, mut odd) = ([_mm512_setzero_si512(); 2], [_mm512_setzero_si512(); 2]);
    let mut add = |half: usize, bytes: __m512i| {
        joined[half] = _mm512_add_epi16(joined[half], bytes);
        odd[half] = _mm512_add_epi16(odd[half], _mm512_srli_epi16::<8>(bytes));
    };
    let ((pairs, last), (numbers, _)) = (leaves.as_chunks::<2>(), indices.as_chunks::<2>());
    for (leaves, [first, second]) in pairs.iter().zip(numbers) {
        let leaves = [load(&leaves[0].0), load(&leaves[1].0)];
        for (half, (first, second)) in load_run(&first[at].0).into_iter().zip(load_run(&second[at].0)).enumerate() {
            let [first, second] =
                [_mm512_permutexvar_epi8(first, leaves[0]), _mm512_permutexvar_epi8(second, leaves[1])];
            add(half, _mm512_add_epi8(first, second));
        }
    }
    if let ([last], Some(number)) = (last, indices.get(leaves.len() - 1)) {
        for (half, index) in load_run(&number[at].0).into_iter().enumerate() {
            add(half, _mm512_permutexvar_epi8(index, load(&last.0)));
        }
    }
    let bias = _mm512_set1_epi16(BIAS * leaves.len() as i16);
    let [[a, b], [c, d]] = [0, 1].map(|half| {
        let even = _mm512_sub_epi16(_mm512_sub_epi16(joined[half], _mm512_slli_epi16::<8>(odd[half])), bias);
        let odd = _mm512_sub_epi16(odd[half], bias);
        [_mm512_unpacklo_epi16(even, odd), _mm512_unpackhi_epi16(even, odd)]
    });
    [a, b, c, d]
}

/// The same of a group of any leaves.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn sums(
    low: &[Line<LEAVES>],
    high: &[Line<LEAVES>],
    indices: &[[Line<LANES>; RUNS]; GROUP],
    at: usize,
) -> [__m512i; 4] {
    let mut sums = [Sums::zero(); 2];
    for (index, (low, high)) in indices.iter().zip(low.iter().zip(high)) {
        let (low, high) = (load(&low.0), load(&high.0));
        for (sums, index) in sums.iter_mut().zip(load_run(&index[at].0)) {
            sums.add(_mm512_permutexvar_epi8(index, low), _mm512_permutexvar_epi8(index, high));
        }
    }
    let [[a, b], [c, d]] = sums.map(|sums| sums.of_16_bits());
    [a, b, c, d]
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

/// The number of the leaf that each pixel of all runs falls into: what a level asks is looked up once for them.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn find_leaves<const DEPTH: usize>(
    splits: &Splits,
    bins: &[Bins],
    bits: &[__m512i; MAX_DEPTH],
    index: &mut [Line<LANES>; RUNS],
) {
    let mut found = [[_mm512_setzero_si512(); 2]; RUNS];
    for (level, bit) in bits.iter().enumerate().take(DEPTH) {
        let bin = _mm512_set1_epi32(splits.wide_bins[level].cast_signed());
        let own = &bins[usize::from(splits.features[level])];
        for (found, own) in found.iter_mut().zip(own) {
            for (found, own) in found.iter_mut().zip(load_run(&own.0)) {
                *found = _mm512_mask_add_epi8(*found, _mm512_cmpgt_epu8_mask(own, bin), *found, *bit);
            }
        }
    }
    for (index, found) in index.iter_mut().zip(found) {
        let (halves, _) = index.0.as_chunks_mut::<64>();
        store(&mut halves[0], found[0]);
        store(&mut halves[1], found[1]);
    }
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
