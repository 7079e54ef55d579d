//! Figures with their 95 % interval: levels, changes, ratios, differences of rates, shares.
//!
//! Errors of two years, and of two places, are independent. A figure without a known error has none: its interval is the
//! figure itself.

use crate::accuracy::normal::Z95;

/// A figure and its standard error, zero where none is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uncertain {
    /// The figure.
    pub value: f64,
    /// Standard error.
    pub error: f64,
}

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The figure.
    pub value: f64,
    /// Lower limit; minus infinity where there is none.
    pub low: f64,
    /// Upper limit; infinity where there is none.
    pub high: f64,
}

impl Measured {
    /// `value -+ 1.96 error`.
    pub(super) fn normal(value: f64, error: f64) -> Self {
        Self { value, low: value - Z95 * error, high: value + Z95 * error }
    }

    /// Whether it has an interval wider than itself.
    pub fn is_uncertain(&self) -> bool {
        self.high > self.low
    }
}

/// A figure of one year; hectares are not below zero.
pub fn level(x: Uncertain) -> Measured {
    let mut m = Measured::normal(x.value, x.error);
    m.low = m.low.max(x.value.min(0.0));
    m
}

/// `later - earlier`.
pub fn change(later: Uncertain, earlier: Uncertain) -> Measured {
    Measured::normal(later.value - earlier.value, later.error.hypot(earlier.error))
}

/// `100 (later / earlier - 1)`, per cent, with Fieller's interval (E. C. Fieller 1954, *Some problems in interval
/// estimation*, J. R. Stat. Soc. B 16: 175-185): it holds zero exactly where the interval of [`change`] does. `None` where
/// the earlier figure is zero. Where the earlier figure itself is not told from zero, the interval has no upper limit.
pub fn growth(later: Uncertain, earlier: Uncertain) -> Option<Measured> {
    if earlier.value <= 0.0 {
        return None;
    }
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    let value = percent(later.value / earlier.value);
    let of_earlier = earlier.value.powi(2) - (Z95 * earlier.error).powi(2);
    let of_later = later.value.powi(2) - (Z95 * later.error).powi(2);
    let cross = later.value * earlier.value;
    if of_earlier <= 0.0 {
        return Some(Measured { value, low: -100.0, high: f64::INFINITY });
    }
    let root = (cross * cross - of_earlier * of_later).max(0.0).sqrt();
    if later.error == 0.0 && earlier.error == 0.0 {
        return Some(Measured { value, low: value, high: value });
    }
    let [low, high] = [(cross - root) / of_earlier, (cross + root) / of_earlier];
    Some(Measured { value, low: percent(low.max(0.0)), high: percent(high) })
}

/// Growth of the last of three years less that of the year before, percentage points; by the delta method, the middle year
/// in both rates. `None` where an earlier figure is zero.
pub fn growth_change(last: Uncertain, middle: Uncertain, first: Uncertain) -> Option<Measured> {
    if middle.value <= 0.0 || first.value <= 0.0 {
        return None;
    }
    let value = 100.0 * (last.value / middle.value - middle.value / first.value);
    let by_last = last.error / middle.value;
    let by_middle = middle.error * (last.value / middle.value.powi(2) + 1.0 / first.value);
    let by_first = first.error * middle.value / first.value.powi(2);
    Some(Measured::normal(value, 100.0 * by_last.hypot(by_middle).hypot(by_first)))
}

/// `100 part / (part + rest)`, per cent, by the delta method. `None` where both are zero.
pub fn share(part: Uncertain, rest: Uncertain) -> Option<Measured> {
    let whole = part.value + rest.value;
    if whole <= 0.0 {
        return None;
    }
    let share = part.value / whole;
    let error = ((1.0 - share) * part.error).hypot(share * rest.error) / whole;
    let mut m = Measured::normal(100.0 * share, 100.0 * error);
    (m.low, m.high) = (m.low.max(0.0), m.high.min(100.0));
    Some(m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(value: f64, relative: f64) -> Uncertain {
        Uncertain { value, error: relative * value }
    }

    /// The national census of 2022, 2023 and 2024 with 3 %: worked by hand.
    #[test]
    fn the_growth_of_2024_is_not_told_from_zero() {
        let (a, b, c) = (with(230_028.0, 0.03), with(252_572.0, 0.03), with(261_386.0, 0.03));
        let g = growth(c, b).unwrap();
        // 1.034897 (1 -+ sqrt(1 - 0.996543^2)) / 0.996543
        assert!(
            (g.value - 3.4897).abs() < 1e-4 && (g.low + 4.778).abs() < 2e-3 && (g.high - 12.476).abs() < 2e-3,
            "{g:?}"
        );
        let d = growth_change(c, b, a).unwrap();
        // 3.4897 - 9.8006; errors 3.1047, 6.3987 and 3.2940 points, together 7.8379
        assert!((d.value + 6.3109).abs() < 1e-3 && (d.high - d.low - 2.0 * Z95 * 7.8379).abs() < 5e-3, "{d:?}");
        let exact = growth(with(261_386.0, 0.0), with(252_572.0, 0.0)).unwrap();
        assert_eq!((exact.low, exact.high), (exact.value, exact.value));
    }

    #[test]
    fn no_rate_from_nothing_and_no_limit_from_noise() {
        assert_eq!(growth(with(5.0, 0.03), with(0.0, 0.03)), None);
        let g = growth(with(5.0, 0.03), with(1.0, 0.6)).unwrap();
        assert_eq!((g.low, g.high), (-100.0, f64::INFINITY));
        assert_eq!(share(with(0.0, 0.1), with(0.0, 0.1)), None);
    }

    /// 25 % of a whole whose parts have 3 % each: error 100 x 0.25 x 0.75 x 0.03 x sqrt(2).
    #[test]
    fn a_share_has_the_error_of_both_parts() {
        let s = share(with(25.0, 0.03), with(75.0, 0.03)).unwrap();
        let half = Z95 * 100.0 * 0.25 * 0.75 * 0.03 * 2f64.sqrt();
        assert!((s.value - 25.0).abs() < 1e-12 && (s.high - 25.0 - half).abs() < 1e-9, "{s:?}");
    }

    proptest! {
        /// Fieller's interval holds zero growth exactly where that of the difference holds zero.
        #[test]
        fn growth_and_change_agree_on_zero(a in 1.0_f64..1e6, b in 1.0_f64..1e6, ca in 0.001_f64..0.4, cb in 0.001_f64..0.4) {
            let (x, y) = (with(a, ca), with(b, cb));
            let (g, d) = (growth(x, y).unwrap(), change(x, y));
            prop_assert!(g.low <= g.value + 1e-9 && g.value <= g.high + 1e-9);
            if d.low.abs() > 1e-6 * a && d.high.abs() > 1e-6 * a {
                prop_assert_eq!(g.low <= 0.0 && g.high >= 0.0, d.low <= 0.0 && d.high >= 0.0, "{:?} {:?}", g, d);
            }
        }
    }
}
