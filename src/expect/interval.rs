//! Intervals as wide as earlier errors were: split conformal prediction by class of size, with a level that adapts.
//!
//! The errors of the same procedure in earlier years, each made from the years before it, are kept by class of
//! municipality (Vovk, Gammerman and Shafer 2005, *Algorithmic learning in a random world*, ch. 4.5: Mondrian conformal;
//! Lei et al. 2018, *Distribution-free predictive inference for regression*, JASA 113). Their quantiles are the bounds,
//! recent errors weighing more (Barber et al. 2023, *Conformal prediction beyond exchangeability*, Annals of Statistics
//! 51). Municipalities of a year err together, so the level itself follows what was covered (Gibbs and Candes 2021,
//! *Adaptive conformal inference under distribution shift*, NeurIPS).

use super::forecast::{Expected, Forecast, MEMORY_YEARS};

/// The share of municipalities that the intervals are to hold.
pub const LEVEL: f64 = 0.9;
/// How far the miss rate follows last year's surprise.
const STEP: f64 = 0.5;
/// Bounds of the miss rate that the quantiles are taken at.
const MISS_RATE: std::ops::RangeInclusive<f64> = 0.02..=0.4;
/// Hectares added on both sides of a ratio: an error of a few hectares is no multiple.
const SMALL_HA: f64 = 5.0;
/// Limits of the classes of size, expected hectares.
const SIZES_HA: [f64; 4] = [10.0, 50.0, 200.0, 1000.0];
/// Municipalities whose errors are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// No coca in the three years before.
    Without,
    /// Coca in the three years before, none expected.
    Gone,
    /// By expected hectares.
    Size(usize),
}

impl Class {
    /// The class of a municipality.
    pub fn of(expected: &Expected) -> Self {
        if !expected.active {
            return Self::Without;
        }
        if expected.hectares <= 0.0 {
            return Self::Gone;
        }
        Self::Size(SIZES_HA.iter().filter(|limit| expected.hectares >= **limit).count())
    }
}

#[derive(Debug, Clone, Copy)]
struct Score {
    t: usize,
    class: Class,
    /// `ln((came + s) / (expected + s))`.
    error: f64,
}

/// Errors of earlier years, and the level that they call for.
#[derive(Debug, Clone)]
pub struct Calibration {
    scores: Vec<Score>,
    miss_rate: f64,
    nation: Vec<f64>,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { scores: Vec::new(), miss_rate: 1.0 - LEVEL, nation: Vec::new() }
    }
}

impl Calibration {
    /// The level whose quantiles are taken.
    pub fn level(&self) -> f64 {
        1.0 - self.miss_rate
    }

    /// Takes the errors of a year in. `covered` is the share of the municipalities with coca in the three years before
    /// that the intervals held, where there were intervals.
    pub fn learn(&mut self, forecast: &Forecast, came: &[Option<f64>], covered: Option<f64>) {
        let mut totals = (0.0, 0.0);
        for (expected, came) in forecast.expected.iter().zip(came) {
            let (Some(expected), Some(came)) = (expected, came) else { continue };
            let error = ((came + SMALL_HA) / (expected.hectares + SMALL_HA)).ln();
            self.scores.push(Score { t: forecast.t, class: Class::of(expected), error });
            totals = (totals.0 + came, totals.1 + expected.hectares);
        }
        if totals.0 > 0.0 && totals.1 > 0.0 {
            self.nation.push((totals.0 / totals.1).ln());
        }
        if let Some(covered) = covered {
            let surprise = LEVEL - covered;
            self.miss_rate = (self.miss_rate - STEP * surprise).clamp(*MISS_RATE.start(), *MISS_RATE.end());
        }
    }

    /// Bounds by municipality, hectares, to a hundredth; `None` where nothing is expected, or too few errors of its class
    /// are known.
    pub fn intervals(&self, forecast: &Forecast) -> Vec<Option<[f64; 2]>> {
        let factors: std::collections::BTreeMap<Class, Option<[f64; 2]>> = forecast
            .expected
            .iter()
            .flatten()
            .map(Class::of)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .map(|class| (class, self.factors(class, forecast.t)))
            .collect();
        let bounds = |expected: &Expected| {
            let factors = (*factors.get(&Class::of(expected))?)?;
            Some(factors.map(|f| hundredths((f * (expected.hectares + SMALL_HA) - SMALL_HA).max(0.0))))
        };
        forecast.expected.iter().map(|e| bounds(e.as_ref()?)).collect()
    }

    /// Factors of `expected + s`; what is expected is never outside. Where nothing is expected only more can come, and all of the miss rate lies above.
    fn factors(&self, class: Class, t: usize) -> Option<[f64; 2]> {
        let of = |wanted: &dyn Fn(Class) -> bool, sign: f64| -> Vec<(f64, f64)> {
            let chosen = self.scores.iter().filter(|s| wanted(s.class));
            chosen.map(|s| (sign * s.error, 0.5_f64.powf((t - 1 - s.t) as f64 / MEMORY_YEARS))).collect()
        };
        let same = |c: Class| c == class;
        if !matches!(class, Class::Size(_)) {
            return Some([0.0, weighted_quantile(of(&same, 1.0), 1.0 - self.miss_rate)?.exp().max(1.0)]);
        }
        let both = |wanted: &dyn Fn(Class) -> bool| {
            let [low, high] = [-1.0, 1.0].map(|sign| weighted_quantile(of(wanted, sign), 1.0 - self.miss_rate / 2.0));
            Some([(-low?).exp().min(1.0), high?.exp().max(1.0)])
        };
        both(&same).or_else(|| both(&|c| matches!(c, Class::Size(_))))
    }

    /// Bounds of the sum over municipalities: as far off, up or down, as nine of ten earlier sums were; `None` with fewer
    /// than nine of them.
    pub fn nation(&self, total: f64) -> Option<[f64; 2]> {
        let mut errors: Vec<f64> = self.nation.iter().map(|e| e.abs()).collect();
        errors.sort_by(f64::total_cmp);
        let rank = (LEVEL * (errors.len() + 1) as f64).ceil() as usize;
        let error = *errors.get(rank.checked_sub(1)?)?;
        Some([total * (-error).exp(), total * error.exp()])
    }
}

/// The least value that, with those below it, has `level` of the weight; the figure to come counts as one more that is
/// above all others. `None` where even the greatest has not.
pub fn weighted_quantile(mut weighted: Vec<(f64, f64)>, level: f64) -> Option<f64> {
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = level * (1.0 + weighted.iter().map(|(_, weight)| weight).sum::<f64>());
    let mut below = 0.0;
    weighted.into_iter().find_map(|(value, weight)| {
        below += weight;
        // A rounding error must not ask for one more.
        (below >= wanted - 1e-9).then_some(value)
    })
}

/// To the census's own hundredths of a hectare.
pub fn hundredths(hectares: f64) -> f64 {
    (hectares * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With equal weights the bound is the error of rank `ceil(level (n + 1))` (Lei et al. 2018, section 2.2): of 19 errors
    /// 90 % takes the 18th, and 9 errors are the fewest for 90 %.
    #[test]
    fn equal_weights_give_the_rank_of_split_conformal_prediction() {
        let of = |n: usize, level| weighted_quantile((1..=n).rev().map(|v| (v as f64, 1.0)).collect(), level);
        assert_eq!((of(19, 0.9), of(9, 0.9), of(8, 0.9)), (Some(18.0), Some(9.0), None));
        assert_eq!((of(38, 0.95), of(18, 0.95)), (Some(38.0), None));
        let weighted = vec![(3.0, 2.0), (1.0, 0.5), (2.0, 0.5)];
        // Of the weight 4 (one of it for the figure to come) half is 2: reached at 3.
        assert_eq!(
            (weighted_quantile(weighted.clone(), 0.5), weighted_quantile(weighted, 0.25)),
            (Some(3.0), Some(2.0))
        );
    }

    fn expected(hectares: f64, active: bool) -> Expected {
        let zero = 0.0;
        Expected {
            hectares,
            last: hectares,
            mean_of_three: zero,
            carried_on: zero,
            trend: zero,
            regression: zero,
            active,
        }
    }

    #[test]
    fn classes_follow_expected_hectares() {
        let class = |ha| Class::of(&expected(ha, true));
        assert_eq!((class(9.99), class(10.0), class(1000.0)), (Class::Size(0), Class::Size(1), Class::Size(4)));
        assert_eq!((class(0.0), Class::of(&expected(0.0, false))), (Class::Gone, Class::Without));
    }

    fn forecast(t: usize, of: &[Expected]) -> Forecast {
        use super::super::features::Features;
        use super::super::growth::Growth;
        let growth = Growth { nation: 0.0, department: Vec::new(), own: Vec::new() };
        let expected = of.iter().copied().map(Some).collect();
        let features = Features { growth, columns: Vec::new() };
        Forecast { t, expected, features, coefficients: Vec::new() }
    }

    /// Errors of 1, 2, ... 100 % above: with the level 90 % the 95th of 100 is the rank of the upper bound
    /// (ceil(0.95 x 101) = 96), and what is expected stays inside.
    #[test]
    fn bounds_are_quantiles_of_the_class_s_own_errors() {
        let earlier = vec![expected(95.0, true); 100];
        let came: Vec<Option<f64>> = (1..=100).map(|i| Some(100.0 * (1.0 + f64::from(i) / 100.0) - 5.0)).collect();
        let mut calibration = Calibration::default();
        calibration.learn(&forecast(3, &earlier), &came, None);
        let found = calibration.intervals(&forecast(4, &[expected(195.0, true), expected(0.0, false)]));
        assert_eq!(found, [Some([195.0, 387.0]), None], "200 x 1.96 - 5, and nothing is known of those without coca");
        // Of the country one year is known, and nine are needed.
        assert_eq!(calibration.nation(100.0), None);
        for t in 4..12 {
            calibration.learn(&forecast(t, &earlier), &vec![Some(190.0); 100], None);
        }
        let [low, high] = calibration.nation(100.0).unwrap();
        assert!((low - 50.0).abs() < 1e-9 && (high - 200.0).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn the_level_follows_what_was_covered() {
        let mut calibration = Calibration::default();
        let nothing = forecast(3, &[]);
        calibration.learn(&nothing, &[], Some(0.8));
        assert!((calibration.level() - 0.95).abs() < 1e-12, "too few were held: wider");
        calibration.learn(&nothing, &[], Some(1.0));
        assert!((calibration.level() - 0.9).abs() < 1e-12);
        (0..20).for_each(|_| calibration.learn(&nothing, &[], Some(0.0)));
        assert!((calibration.level() - 0.98).abs() < 1e-12, "but within bounds");
    }
}
