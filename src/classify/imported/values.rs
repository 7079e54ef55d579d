//! Scores to probabilities, in the arithmetic of the library.

use serde::{Deserialize, Serialize};

/// In what a library adds leaves and makes probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

impl Arithmetic {
    fn round(self, value: f64) -> f64 {
        match self {
            Self::Single => f64::from(value as f32),
            Self::Double => value,
        }
    }
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

/// The probabilities of the classes from the scores of a pixel.
pub fn probabilities(link: Link, arithmetic: Arithmetic, scores: &[f64], row: &mut [f64]) {
    match link {
        Link::Shares(factor) => row.iter_mut().zip(scores).for_each(|(p, s)| *p = s * factor),
        Link::Second => pair(scores[0], row),
        Link::Logistic(factor) => pair(1.0 / (1.0 + (-factor * scores[0]).exp()), row),
        Link::Softmax => {
            let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().zip(scores).for_each(|(p, s)| *p = arithmetic.round(s - most).exp());
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= sum);
        }
    }
}

fn pair(second: f64, row: &mut [f64]) {
    (row[0], row[1]) = (1.0 - second, second);
}
