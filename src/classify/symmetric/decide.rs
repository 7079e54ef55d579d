//! Scores to classes and to the probability of coca.
//!
//! The probability of class `k` is `exp(s_k) / sum_j exp(s_j)` with `s_0 = 0` (softmax; with two classes the logistic
//! function). The exponential is a polynomial in `f32` with a relative error below 1e-6, made of the same operations at every
//! [`Level`]; it decides no class.

use crate::classify::prediction::Prediction;
use crate::simd::{Level, Work, dispatch, whole};

/// Pixels that are decided on at a time: their sums stay in the first-level cache.
const RUN: usize = 512;

/// Class, best class outside coca and raw share of coca from scores `[score][pixel]`, `stride` entries a score, in steps of
/// 1 / [`super::LOGIT`]; `coca` has one entry a class. Ties go to the lowest class.
///
/// # Panics
/// When there are not `coca.len() - 1` scores of `stride` pixels, or fewer than `pixels` in one.
pub fn decide(level: Level, scores: &[i32], stride: usize, pixels: usize, coca: &[bool], out: &mut Prediction) {
    assert!(scores.len() == (coca.len() - 1) * stride && pixels <= stride, "one score for each class but the first");
    out.resize(pixels);
    for first in (0..pixels).step_by(RUN) {
        let count = RUN.min(pixels - first);
        dispatch(level, Decide { scores, stride, first, count, coca, out });
    }
}

struct Decide<'a> {
    scores: &'a [i32],
    stride: usize,
    first: usize,
    count: usize,
    coca: &'a [bool],
    out: &'a mut Prediction,
}

impl Work for Decide<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { scores, stride, first, count, coca, out } = self;
        let span = first..first + count;
        let score = |class: usize| &scores[(class - 1) * stride + first..(class - 1) * stride + first + count];
        let mut best = [0_i32; RUN];
        let class = &mut out.class[span.clone()];
        class.fill(0);
        for c in 1..coca.len() {
            for ((best, class), score) in best.iter_mut().zip(&mut *class).zip(score(c)) {
                *class = if *score > *best { c as u8 } else { *class };
                *best = if *score > *best { *score } else { *best };
            }
        }
        best_outside(coca, score, &mut out.alternative[span.clone()]);
        let (mut inside, mut all) = ([0_f32; RUN], [0_f32; RUN]);
        let best = &best[..count];
        for (c, is_coca) in coca.iter().enumerate() {
            let part = if *is_coca { 1.0 } else { 0.0 };
            let lanes = all.iter_mut().zip(&mut inside).zip(best);
            if c == 0 {
                lanes.for_each(|((all, inside), best)| add(all, inside, -*best, part));
            } else {
                lanes.zip(score(c)).for_each(|(((all, inside), best), s)| add(all, inside, *s - *best, part));
            }
        }
        for ((share, inside), all) in out.share[span].iter_mut().zip(&inside).zip(&all) {
            *share = whole(65_535.0 * (*inside / *all) + 0.5) as u16;
        }
    }
}

/// The best class that is not coca; the best of all where every class is.
#[inline(always)]
fn best_outside<'a>(coca: &[bool], score: impl Fn(usize) -> &'a [i32], class: &mut [u8]) {
    let none = !coca.contains(&false);
    let mut best = [i32::MIN; RUN];
    class.fill(0);
    for c in (0..coca.len()).filter(|c| none || !coca[*c]) {
        let lanes = best.iter_mut().zip(&mut *class);
        let take = |best: &mut i32, class: &mut u8, score: i32| {
            *class = if score > *best { c as u8 } else { *class };
            *best = if score > *best { score } else { *best };
        };
        if c == 0 {
            lanes.for_each(|(best, class)| take(best, class, 0));
        } else {
            lanes.zip(score(c)).for_each(|((best, class), s)| take(best, class, *s));
        }
    }
}

#[inline(always)]
fn add(all: &mut f32, inside: &mut f32, below: i32, part: f32) {
    let e = exp2(below as f32 * (std::f32::consts::LOG2_E / super::LOGIT as f32));
    *all += e;
    *inside += e * part;
}

/// 2^x for x <= 0: the nearest whole number goes into the exponent, the rest through the series of exp.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    // Where units are the last binary digit, the sum is rounded to them and holds them in its last bits.
    const UNITS: f32 = 12_582_912.0;
    let x = if x > -126.0 { x } else { -126.0 };
    let nearest = x + UNITS;
    let t = (x - (nearest - UNITS)) * std::f32::consts::LN_2;
    // |t| <= 0.35: the first term left out, t^7 / 5040, is below 1.3e-7.
    let tail = 1.0 / 24.0 + t * (1.0 / 120.0 + t * (1.0 / 720.0));
    let series = 1.0 + t * (1.0 + t * (0.5 + t * (1.0 / 6.0 + t * tail)));
    series * f32::from_bits((nearest.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::symmetric::LOGIT;
    use proptest::prelude::*;

    #[test]
    fn the_exponential_is_right_to_1e_6() {
        for i in 0..=40_000 {
            let x = -f64::from(i) / 1000.0;
            let error = f64::from(exp2(x as f32)) / f64::from(x as f32).exp2() - 1.0;
            assert!(error.abs() < 1e-6, "{x}: {error}");
        }
        assert_eq!(exp2(0.0), 1.0);
    }

    proptest! {
        /// Beside the same in f64, pixel by pixel.
        #[test]
        fn classes_and_shares_equal_the_plain_way_at_every_level(
            scores in proptest::collection::vec(-60_000..60_000_i32, 3 * 640), flags in 0..15_u8, ties in any::<bool>(),
        ) {
            let coca: Vec<bool> = (0..4).map(|c| flags >> c & 1 == 1).collect();
            let scores: Vec<i32> = scores.into_iter().map(|s| if ties { s / 20_000 } else { s }).collect();
            let mut first = None;
            for level in Level::here() {
                let mut out = Prediction::default();
                decide(level, &scores, 640, 600, &coca, &mut out);
                prop_assert_eq!(first.get_or_insert_with(|| out.clone()), &out);
            }
            let out = first.unwrap();
            for i in 0..600 {
                let s = [0, scores[i], scores[640 + i], scores[1280 + i]];
                let best = |of: &dyn Fn(usize) -> bool| (0..4).filter(|c| of(*c)).max_by_key(|c| (s[*c], std::cmp::Reverse(*c)));
                prop_assert_eq!(Some(usize::from(out.class[i])), best(&|_| true));
                prop_assert_eq!(Some(usize::from(out.alternative[i])), best(&|c| !coca[c]));
                let e: Vec<f64> = s.iter().map(|s| (f64::from(*s) / f64::from(LOGIT)).exp()).collect();
                let inside: f64 = e.iter().zip(&coca).filter(|(_, c)| **c).map(|(e, _)| e).sum();
                let share = 65_535.0 * inside / e.iter().sum::<f64>();
                prop_assert!((f64::from(out.share[i]) - share).abs() <= 0.75, "{} is not {}", out.share[i], share);
            }
        }
    }
}
