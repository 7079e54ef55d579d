//! Means, ratios and their variances under a sampling design.
//!
//! | design | mean of `y` | variance |
//! | --- | --- | --- |
//! | stratified | `sum W_h ybar_h` | `sum W_h^2 (1 - f_h) s_h^2 / n_h` (Cochran 1977, *Sampling Techniques*, eq. 5.12) |
//! | simple random | `ybar` | the same with one stratum (Cochran 1977, eq. 2.20) |
//! | post-stratified | `sum W_h ybar_h` | `(1 - f) / n sum W_h s_h^2 + 1 / n^2 sum (1 - W_h) s_h^2` (Cochran 1977, eq. 5A.42) |
//!
//! `s_h^2` is the variance of `y` in stratum `h` with `n_h - 1`, `f` the sampled share (0 without a finite population
//! correction). A ratio `R = y / x` has the variance of the mean of `y - R x`, over the square of the mean of `x` (Cochran
//! 1977, eq. 6.44; Stehman 2014, eq. 28).

use super::survey::{Cell, Survey};

/// A design laid on a survey's counts.
#[derive(Clone, Debug)]
pub struct Scheme<'a> {
    cells: &'a [(Cell, u64)],
    /// Stratum of each cell.
    stratum: Vec<usize>,
    /// Share of the ground, sample units and sampled share of each stratum.
    strata: Vec<Part>,
    post_stratified: bool,
}

/// A stratum of a scheme.
#[derive(Clone, Copy, Debug)]
struct Part {
    weight: f64,
    n: f64,
    sampled: f64,
}

/// A figure and its variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The figure.
    pub value: f64,
    /// Its variance.
    pub variance: f64,
}

impl Measured {
    /// Standard error.
    pub fn standard_error(&self) -> f64 {
        self.variance.max(0.0).sqrt()
    }

    /// The figure in another unit.
    pub fn scaled(self, by: f64) -> Self {
        Self { value: self.value * by, variance: self.variance * by * by }
    }
}

impl<'a> Scheme<'a> {
    /// The strata that the sample was drawn from.
    pub fn stratified(survey: &'a Survey) -> Self {
        let part = |(number, stratum): (usize, &super::frame::Stratum)| {
            let n = survey.units_of(number) as f64;
            Part { weight: stratum.weight, n, sampled: sampled(survey, n, stratum.units) }
        };
        Self {
            cells: &survey.cells,
            stratum: survey.cells.iter().map(|(cell, _)| cell.stratum).collect(),
            strata: survey.strata.iter().enumerate().map(part).collect(),
            post_stratified: false,
        }
    }

    /// One stratum: the units as a simple random sample.
    pub fn simple(survey: &'a Survey) -> Self {
        let n = survey.n() as f64;
        let all = Part { weight: 1.0, n, sampled: sampled(survey, n, all_units(survey)) };
        Self { cells: &survey.cells, stratum: vec![0; survey.cells.len()], strata: vec![all], post_stratified: false }
    }

    /// A simple random sample weighted by the map's classes afterwards; `None` where what the map shows is not known, or a
    /// class has fewer than two units.
    pub fn post_stratified(survey: &'a Survey) -> Option<Self> {
        let stratum: Vec<usize> = survey.cells.iter().map(|(cell, _)| cell.map).collect::<Option<_>>()?;
        let sampled = sampled(survey, survey.n() as f64, all_units(survey));
        let part = |class: usize| {
            let of_class = survey.cells.iter().filter(|(cell, _)| cell.map == Some(class));
            let (weight, n) = (survey.mapped_share(class)?, of_class.map(|(_, n)| *n as f64).sum::<f64>());
            (n >= 2.0 || (weight == 0.0 && n == 0.0)).then_some(Part { weight, n, sampled })
        };
        let strata = (0..survey.classes.len()).map(part).collect::<Option<_>>()?;
        Some(Self { cells: &survey.cells, stratum, strata, post_stratified: true })
    }

    /// Sample units.
    pub fn n(&self) -> f64 {
        self.strata.iter().map(|s| s.n).sum()
    }

    /// Mean over the population's ground of a value of the units.
    pub fn mean(&self, value: impl Fn(&Cell) -> f64) -> f64 {
        let sum = |h: usize| self.in_stratum(h).map(|(cell, n)| n * value(cell)).sum::<f64>();
        let of = |(h, part): (usize, &Part)| if part.n > 0.0 { part.weight * sum(h) / part.n } else { 0.0 };
        self.strata.iter().enumerate().map(of).sum()
    }

    /// Variance of [`Scheme::mean`].
    pub fn variance(&self, value: impl Fn(&Cell) -> f64) -> f64 {
        self.covariance(&value, &value)
    }

    /// Covariance of two means from the same units.
    pub fn covariance(&self, x: impl Fn(&Cell) -> f64, y: impl Fn(&Cell) -> f64) -> f64 {
        let all = self.n();
        let of = |(h, part): (usize, &Part)| {
            if part.n < 2.0 {
                return 0.0;
            }
            let spread = self.spread(h, part.n, &x, &y);
            let Part { weight, n, sampled } = *part;
            if self.post_stratified {
                (1.0 - sampled) / all * weight * spread + (1.0 - weight) * spread / (all * all)
            } else {
                weight * weight * (1.0 - sampled) * spread / n
            }
        };
        self.strata.iter().enumerate().map(of).sum()
    }

    /// Covariance of two values within a stratum, with `n - 1`.
    fn spread(&self, h: usize, n: f64, x: impl Fn(&Cell) -> f64, y: impl Fn(&Cell) -> f64) -> f64 {
        let mean = |value: &dyn Fn(&Cell) -> f64| self.in_stratum(h).map(|(cell, k)| k * value(cell)).sum::<f64>() / n;
        let (mean_x, mean_y) = (mean(&x), mean(&y));
        self.in_stratum(h).map(|(cell, k)| k * (x(cell) - mean_x) * (y(cell) - mean_y)).sum::<f64>() / (n - 1.0)
    }

    /// A mean with its variance.
    pub fn measure(&self, value: impl Fn(&Cell) -> f64) -> Measured {
        Measured { value: self.mean(&value), variance: self.variance(&value) }
    }

    /// A ratio of two means with its variance; `None` where the lower one is 0.
    pub fn ratio(&self, top: impl Fn(&Cell) -> f64, bottom: impl Fn(&Cell) -> f64) -> Option<Measured> {
        let below = self.mean(&bottom);
        if below <= 0.0 {
            return None;
        }
        let value = self.mean(&top) / below;
        let variance = self.variance(|cell| top(cell) - value * bottom(cell)) / (below * below);
        Some(Measured { value, variance })
    }

    fn in_stratum(&self, h: usize) -> impl Iterator<Item = (&Cell, f64)> {
        let of = move |(i, (cell, n)): (usize, &'a (Cell, u64))| (self.stratum[i] == h).then_some((cell, *n as f64));
        self.cells.iter().enumerate().filter_map(of)
    }
}

/// Sampled share of a stratum: 0 unless a correction was asked for.
fn sampled(survey: &Survey, n: f64, units: Option<f64>) -> f64 {
    if survey.finite_correction { units.map_or(0.0, |all| n / all) } else { 0.0 }
}

fn all_units(survey: &Survey) -> Option<f64> {
    survey.strata.iter().map(|s| s.units).sum()
}

/// 1 where it holds, else 0.
pub fn indicator(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
