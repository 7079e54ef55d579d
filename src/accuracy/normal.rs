//! The normal distribution, and what is said with it.

/// Standard errors on either side of an estimate in a 95 % interval: the quantile of the normal distribution at 97.5 %, to
/// double precision. Published examples often round it to 1.96, which is wider by 2 in 100,000.
pub const Z95: f64 = 1.959_963_984_540_054;

/// Quantile at 80 %: the power that a minimum detectable change is given for.
pub const Z80: f64 = 0.841_621_233_572_914_3;

/// The share of a standard normal distribution below `z`.
pub fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Two-sided p-value of a figure that lies `z` standard errors from what it is tested against.
pub fn two_sided(z: f64) -> f64 {
    (2.0 * below(-z.abs())).min(1.0)
}

/// The 95 % interval of an estimate: `estimate -+ Z95 x standard error`.
pub fn interval95(estimate: f64, standard_error: f64) -> [f64; 2] {
    [estimate - Z95 * standard_error, estimate + Z95 * standard_error]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abramowitz and Stegun (1972), table 26.1: P(1) = 0.841344746068543, P(1.96) = 0.975002104851780.
    #[test]
    fn the_tabled_values_come_out() {
        assert!((below(1.0) - 0.841_344_746_068_543).abs() < 1e-14);
        assert!((below(1.96) - 0.975_002_104_851_780).abs() < 1e-14);
        assert!((below(Z95) - 0.975).abs() < 1e-14 && (below(Z80) - 0.8).abs() < 1e-14);
        assert!((two_sided(-Z95) - 0.05).abs() < 1e-14);
        assert_eq!(two_sided(0.0), 1.0);
    }
}
