//! Scores to probabilities, in the arithmetic of the library.

use serde::{Deserialize, Serialize};

use crate::simd::{Level, Work, dispatch};

/// In what a library adds leaves and makes probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// From scores to the probabilities of the classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The scores are probabilities, up to a common factor (how many trees there are).
    Shares(f64),
    /// One score, the probability of the second class.
    Second,
    /// One score `s`: the second class has `1 / (1 + exp(-factor * s))`.
    Logistic(f64),
    /// `exp(s_k) / sum_j exp(s_j)`.
    Softmax,
}

impl Link {
    /// How many scores there are for so many classes.
    pub fn scores(self, classes: usize) -> usize {
        match self {
            Self::Shares(_) | Self::Softmax => classes,
            // More classes than two cannot come of one score: no number of scores fits.
            Self::Second | Self::Logistic(_) => {
                if classes == 2 {
                    1
                } else {
                    usize::MAX
                }
            }
        }
    }
}

/// Pixels whose probabilities are made at a time.
const CHUNK: usize = 32;

/// The probabilities `[pixel][class]` from the scores `[score][pixel]` of some pixels: to the last digits what the library
/// makes of them, at every level the same.
pub fn probabilities(
    level: Level,
    (link, arithmetic): (Link, Arithmetic),
    (scores, pixels): (&[f64], usize),
    out: &mut [f64],
) {
    if pixels > 0 {
        dispatch(level, Linked { link, single: arithmetic == Arithmetic::Single, scores, pixels, out });
    }
}

struct Linked<'a> {
    link: Link,
    single: bool,
    scores: &'a [f64],
    pixels: usize,
    out: &'a mut [f64],
}

impl Work for Linked<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let classes = self.out.len() / self.pixels;
        let mut all = vec![[0.0; CHUNK]; self.scores.len() / self.pixels];
        for (chunk, out) in self.out.chunks_mut(CHUNK * classes).enumerate() {
            let count = out.len() / classes;
            for (own, scores) in all.iter_mut().zip(self.scores.chunks_exact(self.pixels)) {
                own[..count].copy_from_slice(&scores[chunk * CHUNK..][..count]);
            }
            match self.link {
                Link::Shares(factor) => all.as_flattened_mut().iter_mut().for_each(|p| *p *= factor),
                Link::Second => {}
                Link::Logistic(factor) => {
                    all[0].iter_mut().for_each(|p| *p = 1.0 / (1.0 + exp(-factor * *p)));
                }
                Link::Softmax => softmax(&mut all, self.single),
            }
            if let ([second], 2) = (&all[..], classes) {
                for (row, second) in out.as_chunks_mut::<2>().0.iter_mut().zip(second) {
                    *row = [1.0 - second, *second];
                }
            } else {
                for (pixel, row) in out.chunks_exact_mut(classes).enumerate() {
                    row.iter_mut().zip(&all).for_each(|(p, own)| *p = own[pixel]);
                }
            }
        }
    }
}

/// `exp(s_k) / sum_j exp(s_j)` in place of the scores `[score][pixel]`.
#[inline(always)]
fn softmax(all: &mut [[f64; CHUNK]], single: bool) {
    let mut most = [f64::NEG_INFINITY; CHUNK];
    for own in &*all {
        most.iter_mut().zip(own).for_each(|(most, s)| *most = if *s > *most { *s } else { *most });
    }
    let mut sums = [0.0; CHUNK];
    for own in &mut *all {
        own.iter_mut().zip(&most).for_each(|(s, most)| *s -= most);
        if single {
            own.iter_mut().for_each(|s| *s = f64::from(*s as f32));
        }
        for (s, sum) in own.iter_mut().zip(&mut sums) {
            *s = exp(*s);
            *sum += *s;
        }
    }
    // Divided, not multiplied by a reciprocal: what the libraries do, so that equal and almost equal scores fall alike.
    for own in all {
        own.iter_mut().zip(&sums).for_each(|(p, sum)| *p /= sum);
    }
}

/// `exp(x)` to some 2e-16 of it, from -708 to 709, and as there beyond: a polynomial, of which the compiler makes vector code.
#[inline(always)]
fn exp(x: f64) -> f64 {
    /// Where units are the last binary digit the sum is rounded to them, and its last digits are a whole number.
    const UNITS: f64 = 6_755_399_441_055_744.0;
    /// The logarithm of 2, its first digits such that a few times of it are exact, and the rest.
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    /// 1 / k!
    const TERMS: [f64; 12] = [
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let x = if x > -708.0 { x } else { -708.0 };
    let x = if x < 709.0 { x } else { 709.0 };
    let shifted = x * std::f64::consts::LOG2_E + UNITS;
    let twos = shifted - UNITS;
    let rest = (x - twos * LN_2[0]) - twos * LN_2[1];
    let series = TERMS.iter().fold(1.0 / 6_227_020_800.0, |sum, term| sum * rest + term);
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    (series * rest + 1.0) * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_is_the_exponential_function() {
        for i in -708_000..=709_000 {
            let x = f64::from(i) / 1000.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "{x}");
        }
        assert_eq!((exp(0.0), exp(-1e-17), exp(-1.2e-16)), (1.0, 1.0, 1.0 - f64::EPSILON / 2.0));
        assert!(exp(f64::NEG_INFINITY) < 1e-300 && exp(f64::NAN) < 1e-300 && exp(f64::INFINITY) > 1e300);
    }
}
