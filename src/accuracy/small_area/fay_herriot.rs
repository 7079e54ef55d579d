//! The area-level model of Fay and Herriot (1979, JASA 74:269), by REML.
//!
//! `direct_i = x_i'b + u_i + e_i`, with `u_i ~ (0, A)` and `e_i ~ (0, psi_i)`, `psi_i` known. The predictor is `gamma_i
//! direct_i + (1 - gamma_i) x_i'b` with `gamma_i = A / (A + psi_i)`; its mean squared error is `g1 + g2 + 2 g3` (Prasad and
//! Rao 1990, JASA 85:163; Datta and Lahiri 2000, Statistica Sinica 10:613; Rao and Molina 2015, *Small Area Estimation*,
//! 6.1 and 6.2), with the asymptotic variance of `A` `2 / sum (A + psi_i)^-2`.

use super::matrix::{Gram, Normal, dot, maximum};

/// What is known of an area.
#[derive(Clone, Debug)]
pub struct Area {
    /// Direct estimate and the variance of its sampling error; `None` without a sample.
    pub direct: Option<(f64, f64)>,
    /// Covariates, the constant among them.
    pub x: Vec<f64>,
}

/// What the model predicts of an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// The predictor.
    pub value: f64,
    /// Its mean squared error.
    pub mse: f64,
    /// Weight of the direct estimate.
    pub gamma: f64,
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct FayHerriot {
    /// Variance between areas, `A`.
    pub between: f64,
    /// Coefficients.
    pub beta: Vec<f64>,
    normal: Normal,
    between_variance: f64,
}

/// One value of `A` tried.
struct Fit {
    normal: Normal,
    beta: Vec<f64>,
    likelihood: f64,
    slope: f64,
}

/// The weighted least squares at one `A`, its restricted likelihood and the slope of that.
fn fit(known: &[(f64, f64, &[f64])], between: f64) -> Option<Fit> {
    let p = known.first()?.2.len();
    let (mut gram, mut squares, mut right) = (Gram::new(p), Gram::new(p), vec![0.0; p]);
    for (y, psi, x) in known {
        let v = between + psi;
        gram.add(x, 1.0 / v);
        squares.add(x, 1.0 / (v * v));
        right.iter_mut().zip(*x).for_each(|(sum, x)| *sum += x * y / v);
    }
    let normal = gram.factor()?;
    let beta = normal.solve(&right);
    let (mut likelihood, mut trace, mut quadratic) = (-0.5 * normal.log_determinant(), 0.0, 0.0);
    for (y, psi, x) in known {
        let v = between + psi;
        let r = (y - dot(x, &beta)) / v;
        likelihood -= 0.5 * (v.ln() + r * r * v);
        trace += 1.0 / v - normal.quadratic(x) / (v * v);
        quadratic += r * r;
    }
    Some(Fit { normal, beta, likelihood, slope: 0.5 * (quadratic - trace) })
}

impl FayHerriot {
    /// Fits the model to the areas with a direct estimate; `None` where they do not tell it: no more areas than
    /// coefficients, or covariates that depend on each other.
    pub fn fit(areas: &[Area]) -> Option<Self> {
        let known: Vec<(f64, f64, &[f64])> =
            areas.iter().filter_map(|a| a.direct.map(|(y, psi)| (y, psi, a.x.as_slice()))).collect();
        let p = areas.first()?.x.len();
        if known.len() <= p {
            return None;
        }
        fit(&known, known[0].1)?;
        let scale = known.iter().map(|k| k.1).sum::<f64>() / known.len() as f64;
        let value = |a: f64| fit(&known, a).map_or(f64::NEG_INFINITY, |f| f.likelihood);
        let slope = |a: f64| fit(&known, a).map_or(0.0, |f| f.slope);
        let between = maximum(value, slope, scale);
        let best = fit(&known, between)?;
        let information: f64 = known.iter().map(|(_, psi, _)| 1.0 / ((between + psi) * (between + psi))).sum();
        Some(Self { between, beta: best.beta, normal: best.normal, between_variance: 2.0 / information })
    }

    /// Predicts an area; without a direct estimate it is the synthetic `x'b`.
    pub fn predict(&self, area: &Area) -> Predicted {
        let synthetic = dot(&area.x, &self.beta);
        let leverage = self.normal.quadratic(&area.x);
        let Some((direct, psi)) = area.direct else {
            return Predicted { value: synthetic, mse: self.between + leverage, gamma: 0.0 };
        };
        let v = self.between + psi;
        let gamma = self.between / v;
        let g1 = gamma * psi;
        let g2 = (1.0 - gamma) * (1.0 - gamma) * leverage;
        let g3 = psi * psi / (v * v * v) * self.between_variance;
        Predicted { value: gamma * direct + (1.0 - gamma) * synthetic, mse: g1 + g2 + 2.0 * g3, gamma }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milk expenditure of 43 areas (Arora and Lahiri 1997, Statistica Sinica 7:1053; data set `milk` of the R package sae,
    /// Molina and Marhuenda 2015, The R Journal 7:81): direct estimate, its standard error in thousandths, and the number
    /// of areas in each of the four major areas.
    const DIRECT: [u16; 43] = [
        1099, 1075, 1105, 628, 753, 981, 1257, 1095, 1405, 1356, 615, 1460, 1338, 854, 1176, 1111, 1257, 1430, 1278,
        1292, 1002, 1183, 1044, 1267, 1193, 791, 795, 759, 796, 565, 886, 952, 807, 582, 684, 787, 440, 759, 770, 800,
        756, 865, 640,
    ];
    const ERROR: [u16; 43] = [
        163, 80, 83, 109, 119, 141, 202, 127, 168, 178, 100, 201, 148, 143, 149, 145, 135, 172, 137, 163, 125, 247,
        140, 171, 106, 121, 121, 259, 106, 89, 225, 205, 119, 67, 106, 126, 92, 132, 100, 113, 83, 121, 129,
    ];

    fn milk() -> Vec<Area> {
        let major = |i: usize| [7, 14, 25].iter().filter(|last| i >= **last).count();
        let area = |i: usize| {
            let mut x = vec![1.0, 0.0, 0.0, 0.0];
            x[major(i)] = 1.0;
            let error = f64::from(ERROR[i]) / 1e3;
            Area { direct: Some((f64::from(DIRECT[i]) / 1e3, error * error)), x }
        };
        (0..43).map(area).collect()
    }

    /// sae's `eblupFH` and `mseFH` stop at a change of 1e-4 and print 0.01855022, 1.0219703, 1.0476018 and 0.013460220; run
    /// on to the maximum, they give the figures here.
    #[test]
    fn the_published_example_comes_out() {
        let areas = milk();
        let model = FayHerriot::fit(&areas).unwrap();
        assert!((model.between - 0.018_550_334_762_766_67).abs() < 1e-14, "{}", model.between);
        let beta =
            [0.968_188_986_974_966_9, 0.132_780_305_456_735_4, 0.226_946_224_520_590_54, -0.241_301_039_944_632_4];
        for (found, expected) in model.beta.iter().zip(beta) {
            assert!((found - expected).abs() < 1e-11, "{found} {expected}");
        }
        let expected = [
            (1.021_970_544_150_616_2, 0.013_460_256_459_645_572, 0.411_139_367_641_447_7),
            (1.047_601_951_442_337_6, 0.005_372_879_732_943_137, 0.743_490_415_625_577),
            (1.067_951_426_304_240_7, 0.005_701_994_717_053_255_5, 0.729_198_893_593_600_5),
        ];
        for (area, (value, mse, gamma)) in areas.iter().zip(expected) {
            let found = model.predict(area);
            assert!((found.value - value).abs() < 1e-12 && (found.mse - mse).abs() < 1e-12, "{found:?}");
            assert!((found.gamma - gamma).abs() < 1e-12);
        }
    }

    #[test]
    fn areas_that_do_not_differ_are_all_synthetic_and_too_few_are_refused() {
        let area = |y: f64, x: f64| Area { direct: Some((y, 4.0)), x: vec![1.0, x] };
        let areas = [area(1.0, 1.0), area(2.0, 2.0), area(3.1, 3.0), area(3.9, 4.0)];
        let model = FayHerriot::fit(&areas).unwrap();
        assert_eq!(model.between, 0.0);
        let unsampled = Area { direct: None, x: vec![1.0, 10.0] };
        assert!((model.predict(&unsampled).value - 10.0).abs() < 0.2 && model.predict(&areas[0]).gamma == 0.0);
        assert!(FayHerriot::fit(&areas[..2]).is_none());
        assert!(FayHerriot::fit(&[area(1.0, 1.0), area(2.0, 1.0), area(3.0, 1.0)]).is_none(), "x does not vary");
    }
}
