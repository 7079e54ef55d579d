//! From a classifier's raw share of coca to a probability that can be taken at its word.
//!
//! A calibration is fitted on predictions for held-out groups, never on rows that were trained on. Few of them bear two
//! parameters only (Platt 1999, with his smoothed targets, on the log-odds); where both kinds are plenty, the pool of adjacent
//! violators finds any monotone curve (Zadrozny and Elkan 2002, KDD 694). It moves no class: only the percentage.

use serde::{Deserialize, Serialize};

/// Held-out rows of the rarer kind from which on the curve is free.
const ENOUGH: usize = 1000;

/// Classes of predicted probability in a reliability table.
const TABLE_ROWS: usize = 10;

/// A monotone map from raw shares, in 1 / 65,535, to probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// `1 / (1 + exp(-(slope * logit(share) + intercept)))`.
    Platt {
        /// Above 0.
        slope: f64,
        /// Log-odds at a share of one half.
        intercept: f64,
    },
    /// Straight between knots (share, probability), level outside them.
    Isotonic {
        /// Rising in both.
        knots: Vec<(u16, f64)>,
    },
}

/// One row of a reliability table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityRow {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share of pixels that are coca.
    pub observed: f64,
    /// Pixels.
    pub pixels: usize,
}

/// How far predicted probabilities can be taken at their word, on held-out groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Pixels by predicted probability, in tenths; empty ones are left out.
    pub rows: Vec<ReliabilityRow>,
    /// Mean squared error of the probabilities that are used (Brier 1950).
    pub brier: f64,
    /// That of the raw shares.
    pub brier_raw: f64,
    /// That of shares calibrated on other folds; not used where it is no lower than the raw one.
    pub brier_calibrated: f64,
    /// Mean distance of observed from predicted, by tenths and weighted by pixels, of the probabilities that are used.
    pub calibration_error: f64,
}

impl Calibration {
    /// Fits a calibration; `None` where one kind is missing, or where more raw share does not mean more coca.
    pub fn fit(share: &[u16], is_coca: &[bool]) -> Option<Self> {
        let coca = is_coca.iter().filter(|is| **is).count();
        let rarer = coca.min(is_coca.len() - coca);
        match rarer {
            0 => None,
            1..ENOUGH => platt(share, is_coca),
            _ => Some(isotonic(share, is_coca)),
        }
    }

    /// Probability of a raw share.
    pub fn probability(&self, share: u16) -> f64 {
        match self {
            Self::Platt { slope, intercept } => 1.0 / (1.0 + (-(slope * log_odds(share) + intercept)).exp()),
            Self::Isotonic { knots } => {
                let above = knots.partition_point(|(at, _)| *at <= share);
                match (above.checked_sub(1).and_then(|below| knots.get(below)), knots.get(above)) {
                    (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * f64::from(share - x0) / f64::from(x1 - x0),
                    (Some((_, y)), None) | (None, Some((_, y))) => *y,
                    (None, None) => f64::from(share) / 65_535.0,
                }
            }
        }
    }

    /// Whether it is one: finite, rising, within 0 and 1.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Platt { slope, intercept } => slope.is_finite() && *slope > 0.0 && intercept.is_finite(),
            Self::Isotonic { knots } => {
                let rises = |pair: &[(u16, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
                knots.windows(2).all(rises) && knots.iter().all(|(_, p)| (0.0..=1.0).contains(p))
            }
        }
    }

    /// Per cent of every raw share, rounded half up: 65,536 entries.
    pub fn percent_table(&self) -> Vec<u8> {
        (0..=u16::MAX).map(|share| (100.0 * self.probability(share) + 0.5) as u8).collect()
    }

    /// A calibration of all of these held-out predictions, and the reliability of calibrations fitted on the other folds,
    /// each used on its own. Where those do not lower the Brier score, there is none, and the reliability is that of the
    /// raw shares: few groups can teach less than they mislead.
    pub fn assessed(share: &[u16], is_coca: &[bool], fold: &[usize]) -> (Option<Self>, Option<Reliability>) {
        let Some(last) = fold.iter().max() else { return (None, None) };
        let raw: Vec<f64> = share.iter().map(|share| f64::from(*share) / 65_535.0).collect();
        let mut predicted = raw.clone();
        for held in 0..=*last {
            let pick = |i: usize| (share[i], is_coca[i]);
            let (shares, flags): (Vec<u16>, Vec<bool>) =
                (0..share.len()).filter(|i| fold[*i] != held).map(pick).unzip();
            let Some(fitted) = Self::fit(&shares, &flags) else { continue };
            for i in (0..share.len()).filter(|i| fold[*i] == held) {
                predicted[i] = fitted.probability(share[i]);
            }
        }
        let (mended, plain) = (table(&raw, is_coca, &predicted), table(&raw, is_coca, &raw));
        match Self::fit(share, is_coca).filter(|_| mended.brier < plain.brier) {
            Some(fitted) => (Some(fitted), Some(mended)),
            None => (None, Some(Reliability { brier_calibrated: mended.brier, ..plain })),
        }
    }
}

fn table(raw: &[f64], is_coca: &[bool], predicted: &[f64]) -> Reliability {
    let truth = |is: &bool| if *is { 1.0 } else { 0.0 };
    let n = predicted.len().max(1) as f64;
    let mut sums = [(0.0, 0.0, 0_usize); TABLE_ROWS];
    let (mut brier_raw, mut brier) = (0.0, 0.0);
    for ((raw, is), p) in raw.iter().zip(is_coca).zip(predicted) {
        let row = &mut sums[((p * TABLE_ROWS as f64) as usize).min(TABLE_ROWS - 1)];
        *row = (row.0 + p, row.1 + truth(is), row.2 + 1);
        brier += (p - truth(is)).powi(2) / n;
        brier_raw += (raw - truth(is)).powi(2) / n;
    }
    let calibration_error = sums.iter().map(|(p, y, _)| (p - y).abs()).sum::<f64>() / n;
    let row = |(p, y, pixels): (f64, f64, usize)| ReliabilityRow {
        predicted: p / pixels as f64,
        observed: y / pixels as f64,
        pixels,
    };
    let rows = sums.into_iter().filter(|(_, _, pixels)| *pixels > 0).map(row).collect();
    Reliability { rows, brier, brier_raw, brier_calibrated: brier, calibration_error }
}

/// Log-odds of a share; the ends stand for half a step.
fn log_odds(share: u16) -> f64 {
    let p = (f64::from(share)).clamp(0.5, 65_534.5) / 65_535.0;
    (p / (1.0 - p)).ln()
}

/// Newton's method on the cross-entropy against Platt's targets, (n+ + 1) / (n+ + 2) and 1 / (n- + 2).
fn platt(share: &[u16], is_coca: &[bool]) -> Option<Calibration> {
    let coca = is_coca.iter().filter(|is| **is).count() as f64;
    let other = is_coca.len() as f64 - coca;
    let (high, low) = ((coca + 1.0) / (coca + 2.0), 1.0 / (other + 2.0));
    let (mut slope, mut intercept) = (1.0_f64, 0.0_f64);
    for _ in 0..100 {
        // A little on the diagonal, so that shares that are all alike do not divide by nothing.
        let (mut g, mut h) = ([0.0; 2], [1e-9, 0.0, 1e-9]);
        for (share, is) in share.iter().zip(is_coca) {
            let x = log_odds(*share);
            let p = 1.0 / (1.0 + f64::exp(-(slope * x + intercept)));
            let (error, weight) = (p - if *is { high } else { low }, p * (1.0 - p));
            g = [g[0] + error * x, g[1] + error];
            h = [h[0] + weight * x * x, h[1] + weight * x, h[2] + weight];
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
        // A long step of Newton's may overshoot.
        let shorter = (4.0 / (step[0].abs() + step[1].abs()).max(4.0)).min(1.0);
        (slope, intercept) = (slope - shorter * step[0], intercept - shorter * step[1]);
        if step[0].abs() + step[1].abs() < 1e-10 {
            break;
        }
    }
    let fitted = Calibration::Platt { slope, intercept };
    fitted.is_sound().then_some(fitted)
}

/// The pool of adjacent violators: blocks of equal probability, of which each becomes a knot at its mean share.
fn isotonic(share: &[u16], is_coca: &[bool]) -> Calibration {
    let mut order: Vec<usize> = (0..share.len()).collect();
    order.sort_by_key(|i| share[*i]);
    // Coca, all, sum of shares.
    let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
    for same in order.chunk_by(|a, b| share[*a] == share[*b]) {
        let coca = same.iter().filter(|i| is_coca[**i]).count() as f64;
        let mut block = (coca, same.len() as f64, same.iter().map(|i| f64::from(share[*i])).sum::<f64>());
        while let Some(last) = blocks.last().filter(|last| last.0 * block.1 >= block.0 * last.1) {
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let knot = |(coca, all, sum): (f64, f64, f64)| ((sum / all).round() as u16, coca / all);
    let mut knots: Vec<(u16, f64)> = blocks.into_iter().map(knot).collect();
    knots.dedup_by_key(|knot| knot.0);
    Calibration::Isotonic { knots }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Shares that overstate: the truth is the square of what is said.
    fn overstated(n: usize) -> (Vec<u16>, Vec<bool>, Vec<usize>) {
        let share: Vec<u16> = (0..n).map(|i| ((i * 7919) % 65_536) as u16).collect();
        let draw = |i: usize| f64::from(((i * 104_729 + 13) % 10_007) as u16) / 10_007.0;
        let is = (0..n).map(|i| draw(i) < (f64::from(share[i]) / 65_535.0).powi(2)).collect();
        (share, is, (0..n).map(|i| i % 5).collect())
    }

    /// Platt's sigmoid for log-odds -1 (three of no coca, one of coca), 0 (one, one) and 1 (one, three), found by a fine grid
    /// over both parameters: symmetric, so the intercept is 0.
    #[test]
    fn platts_parameters_are_the_best_on_a_grid() {
        let at = |x: f64| (65_535.0 / (1.0 + (-x).exp())).round() as u16;
        let share: Vec<u16> = [-1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0].map(at).to_vec();
        let is = [false, false, false, true, false, true, false, true, true, true];
        let Some(Calibration::Platt { slope, intercept }) = Calibration::fit(&share, &is) else { panic!() };
        let loss = |slope: f64| -> f64 {
            let each = |(share, is): (&u16, &bool)| {
                let (p, t) = (1.0 / (1.0 + (-slope * log_odds(*share)).exp()), if *is { 6.0 / 7.0 } else { 1.0 / 7.0 });
                -(t * f64::ln(p) + (1.0 - t) * f64::ln(1.0 - p))
            };
            share.iter().zip(&is).map(each).sum()
        };
        let best = (1..4000).map(|i| f64::from(i) / 1000.0).min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap();
        assert!((slope - best).abs() < 1e-3 && intercept.abs() < 1e-4, "{slope} {intercept}, grid {best}");
    }

    #[test]
    fn calibration_mends_what_is_overstated() {
        for (n, free) in [(900, false), (20_000, true)] {
            let (share, is, fold) = overstated(n);
            let fitted = Calibration::fit(&share, &is).unwrap();
            assert_eq!(matches!(fitted, Calibration::Isotonic { .. }), free);
            assert!((fitted.probability(32_768) - 0.25).abs() < 0.06, "{}", fitted.probability(32_768));
            let (kept, table) = Calibration::assessed(&share, &is, &fold);
            let table = table.unwrap();
            assert_eq!(kept, Some(fitted));
            assert!(table.brier < table.brier_raw - 0.01, "{table:?}");
            assert!(table.calibration_error < 0.05, "{table:?}");
        }
        // Each fold teaches the other one the wrong way round: the raw shares stand.
        let share: Vec<u16> = [60_000, 5_000, 60_000, 5_000].repeat(20);
        let is = [[true, false].repeat(20), [true, true, true, false].repeat(10)].concat();
        let fold: Vec<usize> = (0..80).map(|i| i / 40).collect();
        let (kept, table) = Calibration::assessed(&share, &is, &fold);
        let table = table.unwrap();
        assert!(kept.is_none() && table.brier == table.brier_raw && table.brier_calibrated >= table.brier, "{table:?}");
        assert_eq!(Calibration::fit(&[1, 2], &[true, true]), None);
        assert_eq!(Calibration::fit(&[60_000, 2, 60_001, 3], &[false, true, false, true]), None);
    }

    proptest! {
        /// Against the definition: max over starts of min over ends of the mean between them.
        #[test]
        fn pooled_violators_are_the_isotonic_regression(is in proptest::collection::vec(any::<bool>(), 1..40)) {
            let share: Vec<u16> = (0..is.len() as u16).map(|i| i * 100).collect();
            let fitted = isotonic(&share, &is);
            prop_assert!(fitted.is_sound());
            let mean = |a: usize, b: usize| is[a..=b].iter().filter(|v| **v).count() as f64 / (b - a + 1) as f64;
            for i in 0..is.len() {
                let exact = (0..=i).map(|a| (i..is.len()).map(|b| mean(a, b)).fold(f64::MAX, f64::min)).fold(f64::MIN, f64::max);
                let Calibration::Isotonic { knots } = &fitted else { unreachable!() };
                prop_assert!(knots.iter().any(|(_, p)| (p - exact).abs() < 1e-12), "{} of {:?}", exact, knots);
            }
            let table = fitted.percent_table();
            prop_assert!(table.windows(2).all(|pair| pair[0] <= pair[1]) && table[65_535] <= 100);
        }
    }
}
