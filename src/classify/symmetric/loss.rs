//! Losses and their derivatives. The exponential is made of additions and multiplications only, in one order, so that
//! training gives the same bytes on every machine; plain loops over it are vectorised.

use super::LOGIT;

/// `e^x` for `x` cut to -80..=80; relative error below 2e-7.
///
/// `x = n ln 2 + r` with `n` whole: `e^r` by its series, `2^n` by the exponent's bits. Adding 1.5 * 2^23 rounds to a whole
/// number, which then stands in the lowest bits of the sum.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const WHOLE: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-80.0, 80.0);
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let n = shifted - WHOLE;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail))));
    f32::from_bits(series.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// A score, in steps of 1 / [`LOGIT`], as log-odds.
#[inline(always)]
pub(super) fn log_odds(score: i32) -> f32 {
    score as f32 * (1.0 / LOGIT as f32)
}

/// First and second derivative of the logistic loss `ln(1 + e^s) - y s` by the score `s`, times the weight.
#[inline(always)]
pub(super) fn logistic(score: i32, truth: f32, weight: f32) -> (f32, f32) {
    let p = 1.0 / (1.0 + exp(-log_odds(score)));
    (weight * (p - truth), weight * p * (1.0 - p))
}

/// Shares of the classes from the scores of all but the first, whose score is 0: `e^s_k / sum(e^s)`.
pub(super) fn softmax(scores: impl Iterator<Item = i32> + Clone, shares: &mut [f32]) {
    let highest = scores.clone().fold(0, i32::max);
    shares[0] = exp(log_odds(-highest));
    let mut sum = shares[0];
    for (share, score) in shares[1..].iter_mut().zip(scores) {
        // A difference of scores may leave an i32.
        *share = exp(log_odds(score.saturating_sub(highest)));
        sum += *share;
    }
    shares.iter_mut().for_each(|share| *share /= sum);
}

/// Log-loss of one sample: minus the logarithm of the share that its class got, from scores as in [`softmax`].
pub(super) fn log_loss(scores: impl Iterator<Item = i32> + Clone, class: usize) -> f64 {
    let odds = |score: i32| f64::from(score) / f64::from(LOGIT);
    let highest = odds(scores.clone().fold(0, i32::max));
    let own = if class == 0 { 0.0 } else { scores.clone().nth(class - 1).map_or(0.0, odds) };
    let sum: f64 = scores.map(|score| (odds(score) - highest).exp()).sum();
    ((-highest).exp() + sum).ln() + highest - own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_single_precision() {
        let mut worst = 0.0f64;
        for i in -800_000..=800_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) / exact - 1.0).abs());
        }
        assert!(worst < 2e-7, "{worst}");
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn derivatives_are_those_of_the_loss() {
        // Central differences of the loss, a step of 64 / 4096 to either side.
        let step = 64.0 / f64::from(LOGIT);
        for score in [-20_000, -3_000, 0, 500, 9_000] {
            for class in [0, 1] {
                let loss = |by: i32| log_loss([score + by].into_iter(), class);
                let (g, h) = logistic(score, class as f32, 2.0);
                assert!((f64::from(g) / 2.0 - (loss(64) - loss(-64)) / (2.0 * step)).abs() < 1e-4);
                let second = (loss(64) - 2.0 * loss(0) + loss(-64)) / (step * step);
                assert!((f64::from(h) / 2.0 - second).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn shares_add_up_and_follow_the_scores() {
        let mut shares = [0.0; 3];
        softmax([LOGIT, 0].into_iter(), &mut shares);
        let e = 1f32.exp();
        for (share, expected) in shares.iter().zip([1.0, e, 1.0].map(|x| x / (2.0 + e))) {
            assert!((share - expected).abs() < 1e-6, "{shares:?}");
        }
        softmax([i32::MAX, i32::MIN].into_iter(), &mut shares);
        assert!(shares[1] > 0.999_999 && shares.iter().all(|share| share.is_finite()));
        assert!((log_loss([LOGIT, 0].into_iter(), 1) + f64::from(e / (2.0 + e)).ln()).abs() < 1e-6);
    }
}
