//! How the errors of up to three years go through change, growth and change of growth: the delta method, and for growth, a
//! ratio, Fieller's interval.
//!
//! With `g` the derivatives of a figure by the hectares of this year, the year before and the one before that, and `s` their
//! standard errors, its variance is `sum_i sum_j g_i g_j s_i s_j r_ij`, `r` being 1 on the diagonal and the correlation
//! elsewhere.

use serde::{Serialize, Serializer};

use super::{Assumptions, Standing};
use crate::accuracy::normal::Z95;

/// The bounds of a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Interval {
    fn around(estimate: f64, standard_error: f64) -> Self {
        Self::of(estimate - Z95 * standard_error, estimate + Z95 * standard_error)
    }

    /// To four decimals, as the figures; minus zero becomes zero.
    fn of(low: f64, high: f64) -> Self {
        let [low, high] = [low, high].map(|bound| (1e4 * bound).round() / 1e4 + 0.0);
        Self { low, high }
    }

    /// Whether zero lies outside, and on which side: 1 above zero, -1 below, 0 within.
    pub fn side(&self) -> i32 {
        i32::from(self.low > 0.0) - i32::from(self.high < 0.0)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.low, self.high].serialize(serializer)
    }
}

/// Growth in per cent; `None` where there was nothing before.
pub(super) fn growth(now: Standing, before: Standing) -> Option<f64> {
    let (now, before) = (now.hectares.to_f64(), before.hectares.to_f64());
    (before > 0.0).then(|| 100.0 * (now / before - 1.0))
}

/// Hectares and standard errors of this year and the two before it, where they are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errors {
    hectares: [f64; 3],
    standard_errors: [Option<f64>; 3],
    correlation: f64,
    known: bool,
}

impl Errors {
    pub(super) fn new(years: [Option<Standing>; 3], assumptions: Assumptions) -> Self {
        let Assumptions { relative_se, correlation } = assumptions;
        let hectares = years.map(|y| y.map_or(0.0, |s| s.hectares.to_f64()));
        let of_year = |standing: Standing| {
            // A share of nothing says nothing: a census that counts no coca has an error that no share gives.
            let hectares = standing.hectares.to_f64();
            let assumed = (relative_se > 0.0 && hectares > 0.0).then_some(relative_se * hectares);
            standing.standard_error.or(assumed)
        };
        let known = years[0].is_some_and(|s| s.standard_error.is_some());
        Self { hectares, standard_errors: years.map(|y| y.and_then(of_year)), correlation, known }
    }

    /// Standard error of this year's hectares.
    pub(super) fn of_level(&self) -> Option<f64> {
        self.standard_errors[0]
    }

    /// Where the error of this year comes from.
    pub(super) fn word(&self) -> &'static str {
        match (self.standard_errors[0], self.known) {
            (None, _) => "",
            (Some(_), true) => "known",
            (Some(_), false) => "assumed",
        }
    }

    pub(super) fn level(&self) -> Option<Interval> {
        self.interval(self.hectares[0], [1.0, 0.0, 0.0], 1)
    }

    pub(super) fn change(&self, change: f64) -> Option<Interval> {
        self.interval(change, [1.0, -1.0, 0.0], 2)
    }

    /// The relative standard error below which a change would be distinguishable from none, were both years' errors that share
    /// of their hectares; `None` where nothing stood.
    pub(super) fn break_even(&self, change: f64) -> Option<f64> {
        let [now, before, _] = self.hectares;
        let spread = (now * now + before * before - 2.0 * self.correlation * now * before).sqrt();
        (spread > 0.0).then(|| change.abs() / (Z95 * spread))
    }

    /// Fieller's interval of the growth (1954, J. R. Stat. Soc. B 16: 175-185): the ratios `t` for which `now - t before` is
    /// within its error of zero. It holds zero exactly where the interval of the change does. `None` where last year's hectares
    /// are themselves not told from zero: it then has no upper bound.
    pub(super) fn growth(&self) -> Option<Interval> {
        let ([now, before, _], [Some(of_now), Some(of_before), _]) = (self.hectares, self.standard_errors) else {
            return None;
        };
        let (of_now, of_before) = (Z95 * of_now, Z95 * of_before);
        let square = before * before - of_before * of_before;
        let cross = now * before - self.correlation * of_now * of_before;
        let root = (cross * cross - square * (now * now - of_now * of_now)).max(0.0).sqrt();
        let percent = |ratio: f64| 100.0 * (ratio.max(0.0) - 1.0);
        (square > 0.0).then(|| Interval::of(percent((cross - root) / square), percent((cross + root) / square)))
    }

    pub(super) fn growth_change(&self, difference: f64) -> Option<Interval> {
        let [now, before, earlier] = self.hectares;
        let by_before = -now / (before * before) - 1.0 / earlier;
        self.interval(difference, [100.0 / before, 100.0 * by_before, 100.0 * before / (earlier * earlier)], 3)
    }

    /// The interval of a figure that depends on the first so many years; `None` where the error of one is not known.
    fn interval(&self, figure: f64, slopes: [f64; 3], years: usize) -> Option<Interval> {
        let errors: Option<Vec<f64>> = self.standard_errors[..years].iter().copied().collect();
        let terms: Vec<f64> = errors?.iter().zip(slopes).map(|(s, g)| s * g).collect();
        let sum: f64 = terms.iter().sum();
        let squares: f64 = terms.iter().map(|t| t * t).sum();
        let variance = (1.0 - self.correlation) * squares + self.correlation * sum * sum;
        Some(Interval::around(figure, variance.max(0.0).sqrt()))
    }
}
