//! Tails of Student's t and of F.

use statrs::function::beta::beta_reg;

/// Two-sided p-value of `t` with `df` degrees of freedom: `I(df / (df + t^2); df / 2, 1 / 2)` (Abramowitz and Stegun 1972,
/// 26.7.1).
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    beta_reg(0.5 * df, 0.5, (df / (df + t * t)).clamp(0.0, 1.0))
}

/// The distance that 95 % of Student's t with `df` degrees of freedom lie within: its quantile at 97.5 %.
pub fn t95(df: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1000.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if t_two_sided(middle, df) > 0.05 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The share of `F(df1, df2)` above `f` (Abramowitz and Stegun 1972, 26.6.2).
pub fn f_above(f: f64, df1: f64, df2: f64) -> f64 {
    if f.is_nan() || df1 <= 0.0 || df2 <= 0.0 {
        return f64::NAN;
    }
    beta_reg(0.5 * df2, 0.5 * df1, (df2 / (df2 + df1 * f.max(0.0))).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: t.ppf(0.975, df), 2 t.sf(t, df), f.sf(f, df1, df2).
    #[test]
    fn tails_equal_those_of_scipy() {
        let quantiles =
            [(4.0, 2.776_445_105_197_793_4), (30.0, 2.042_272_456_301_237_8), (300.0, 1.967_903_011_261_086_5)];
        for (df, expected) in quantiles {
            assert!((t95(df) - expected).abs() < 1e-12, "{df}: {}", t95(df));
        }
        assert!((t_two_sided(-2.5, 12.0) - 0.027_915_399_571_325_24).abs() < 1e-13);
        assert!((f_above(3.2, 3.0, 40.0) - 0.033_421_180_722_892_93).abs() < 1e-13);
        // Far out, by ratio.
        assert!((t_two_sided(12.0, 318.0) / 1.283_557_634_922_808_5e-27 - 1.0).abs() < 1e-9);
        assert!((f_above(120.0, 4.0, 318.0) / 2.835_340_486_560_571e-62 - 1.0).abs() < 1e-9);
        assert_eq!(t_two_sided(0.0, 5.0), 1.0);
    }
}
