//! Large trees: 16 pixels walk down a tree side by side, so that one waits for memory while others go on.

use std::hint::select_unpredictable;

use super::Level;

/// Pixels that walk at a time.
pub const SIDE_BY_SIDE: usize = 16;

/// Most steps of a tree: their offsets fit 31 bits.
const MOST_STEPS: usize = 1 << 26;

/// A node, or a leaf, where a pixel stays.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Step {
    /// The largest value that goes left.
    pub threshold: f64,
    /// Where larger values go; a leaf leads to itself.
    pub right: u32,
    /// What is asked about.
    pub feature: u16,
    /// 1 where a missing value goes right, else 0.
    pub missing_right: u8,
    /// How far what is left follows: 1, of a leaf 0.
    pub left: u8,
}

/// The steps of a tree, the root first. They lead to each other only.
#[derive(Clone, Debug)]
pub struct Steps {
    steps: Vec<Step>,
    features: usize,
    depth: usize,
}

impl Steps {
    /// Checks the steps of a tree of so many levels.
    ///
    /// # Panics
    /// When a step leads elsewhere or asks about a feature that is not there, or when there are none or too many.
    pub fn new(steps: Vec<Step>, features: usize, depth: usize) -> Self {
        let inside = |(at, step): (usize, &Step)| {
            let (left, right) = (at + usize::from(step.left), step.right as usize);
            left < steps.len() && right < steps.len() && usize::from(step.feature) < features
        };
        assert!((1..=MOST_STEPS).contains(&steps.len()), "steps of a tree");
        assert!(steps.iter().enumerate().all(inside), "a step leads out of its tree");
        Self { steps, features, depth }
    }

    /// The steps at which 1 to [`SIDE_BY_SIDE`] pixels end, from values `[pixel][feature]`; entries beyond mean nothing.
    ///
    /// # Panics
    /// When there is no pixel.
    pub fn find(&self, level: Level, rows: &[f64]) -> [u32; SIDE_BY_SIDE] {
        let pixels = rows.len() / self.features;
        assert!(pixels > 0, "a pixel");
        // Lanes beyond the last pixel walk along with it.
        let first: [u32; SIDE_BY_SIDE] = std::array::from_fn(|lane| (lane.min(pixels - 1) * self.features) as u32);
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 if level.is_here() && rows.len() < MOST_STEPS => {
                // SAFETY: the processor has been asked for the instructions.
                unsafe { wide::find(self, rows, &first) }
            }
            _ => self.find_plain(rows, &first),
        }
    }

    fn find_plain(&self, rows: &[f64], first: &[u32; SIDE_BY_SIDE]) -> [u32; SIDE_BY_SIDE] {
        let mut at = [0_u32; SIDE_BY_SIDE];
        for _ in 0..self.depth {
            let mut moved = 0;
            for (at, first) in at.iter_mut().zip(first) {
                let step = &self.steps[*at as usize];
                let value = rows[*first as usize + usize::from(step.feature)];
                // Which way a pixel goes cannot be foretold: no branch must hang on it. A missing value is above nothing.
                let (left, missing) = (*at + u32::from(step.left), step.missing_right == 1 && value.is_nan());
                let above = select_unpredictable(value > step.threshold, step.right, left);
                *at = if missing { step.right } else { above };
                moved |= step.left;
            }
            if moved == 0 {
                break;
            }
        }
        at
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m512i, _CMP_GT_OQ, _CMP_UNORD_Q, _mm512_add_epi32, _mm512_and_si512, _mm512_castsi512_si256,
        _mm512_cmp_pd_mask, _mm512_extracti64x4_epi64, _mm512_i32gather_epi32, _mm512_i32gather_pd, _mm512_loadu_si512,
        _mm512_mask_mov_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srli_epi32,
        _mm512_storeu_si512, _mm512_test_epi32_mask,
    };

    use super::{SIDE_BY_SIDE, Steps};

    /// A step is 16 bytes: eight of the threshold, four of what is right, four of the rest.
    const _: () = assert!(size_of::<super::Step>() == 16);

    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) fn find(tree: &Steps, rows: &[f64], first: &[u32; SIDE_BY_SIDE]) -> [u32; SIDE_BY_SIDE] {
        let (steps, values) = (tree.steps.as_ptr(), rows.as_ptr());
        assert!(first.iter().all(|first| *first as usize + tree.features <= rows.len()));
        // SAFETY: 64 bytes are read from an array of 16 numbers of 4; no alignment is asked for.
        let first = unsafe { _mm512_loadu_si512(first.as_ptr().cast()) };
        let mut at = _mm512_setzero_si512();
        for _ in 0..tree.depth {
            // SAFETY: `at` begins as the root and moves as the steps say, which `Steps::new` has seen to lead to steps only:
            // what is gathered lies within a step, at offsets below 2^31. A feature is below `features`, and so many values
            // follow each entry of `first`, as was just seen.
            let (over, missing, right, rest) = unsafe {
                let word = _mm512_slli_epi32::<2>(at);
                let right = _mm512_i32gather_epi32::<4>(_mm512_add_epi32(word, _mm512_set1_epi32(2)), steps.cast());
                let rest = _mm512_i32gather_epi32::<4>(_mm512_add_epi32(word, _mm512_set1_epi32(3)), steps.cast());
                let half = _mm512_slli_epi32::<1>(at);
                let feature = _mm512_add_epi32(first, _mm512_and_si512(rest, _mm512_set1_epi32(0xffff)));
                let part = |half: __m512i, feature: __m512i| {
                    let threshold = _mm512_i32gather_pd::<8>(_mm512_castsi512_si256(half), steps.cast());
                    let value = _mm512_i32gather_pd::<8>(_mm512_castsi512_si256(feature), values);
                    let over = _mm512_cmp_pd_mask::<_CMP_GT_OQ>(value, threshold);
                    (u16::from(over), u16::from(_mm512_cmp_pd_mask::<_CMP_UNORD_Q>(value, value)))
                };
                let low = part(half, feature);
                let high = part(upper(half), upper(feature));
                (low.0 | high.0 << 8, low.1 | high.1 << 8, right, rest)
            };
            let missing = missing & _mm512_test_epi32_mask(rest, _mm512_set1_epi32(1 << 16));
            let left = _mm512_srli_epi32::<24>(rest);
            at = _mm512_mask_mov_epi32(_mm512_add_epi32(at, left), over | missing, right);
            if _mm512_test_epi32_mask(left, left) == 0 {
                break;
            }
        }
        let mut out = [0; SIDE_BY_SIDE];
        // SAFETY: 64 bytes are written to an array of 16 numbers of 4; no alignment is asked for.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), at) };
        out
    }

    /// The upper half, below.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn upper(all: __m512i) -> __m512i {
        std::arch::x86_64::_mm512_castsi256_si512(_mm512_extracti64x4_epi64::<1>(all))
    }
}
