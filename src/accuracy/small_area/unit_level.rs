//! The unit-level model of Battese, Harter and Fuller (1988, JASA 83:28), by REML.
//!
//! `y_ij = x_ij'b + v_i + e_ij`, `v_i ~ (0, s_v)`, `e_ij ~ (0, s_e)`. The predictor of an area's mean is `X_i'b + gamma_i
//! (ybar_i - xbar_i'b)` with `X_i` the mean of `x` over all of the area and `gamma_i = s_v / (s_v + s_e / n_i)`; its mean
//! squared error is `g1 + g2 + 2 g3` (Prasad and Rao 1990; Rao and Molina 2015, 7.1 and 7.2), the areas being far larger
//! than their samples.

use super::fay_herriot::Predicted;
use super::matrix::{Gram, Normal, dot, maximum};

/// Units of one area that are alike.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What was observed.
    pub y: f64,
    /// Covariates.
    pub x: Vec<f64>,
    /// How many units.
    pub count: f64,
}

/// An area and its sample.
#[derive(Clone, Debug, Default)]
pub struct Area {
    /// Its units; may be none.
    pub units: Vec<Unit>,
    /// Mean of the covariates over all of the area.
    pub x_mean: Vec<f64>,
}

/// Sums over the units of an area.
struct Sums {
    n: f64,
    y: f64,
    x: Vec<f64>,
}

impl Area {
    fn sums(&self, p: usize) -> Sums {
        let mut sums = Sums { n: 0.0, y: 0.0, x: vec![0.0; p] };
        for unit in &self.units {
            sums.n += unit.count;
            sums.y += unit.count * unit.y;
            sums.x.iter_mut().zip(&unit.x).for_each(|(sum, x)| *sum += unit.count * x);
        }
        sums
    }
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct UnitLevel {
    /// Variance between areas.
    pub between: f64,
    /// Variance between units of one area.
    pub within: f64,
    /// Coefficients.
    pub beta: Vec<f64>,
    /// Of `X'V^-1 X` with `within` taken out.
    normal: Normal,
    /// Asymptotic variances of `between` and `within`, and their covariance.
    spread: [f64; 3],
}

/// One ratio `between / within` tried.
struct Fit {
    normal: Normal,
    beta: Vec<f64>,
    within: f64,
    likelihood: f64,
    slope: f64,
}

/// What does not depend on the ratio.
struct Fixed<'a> {
    areas: &'a [Area],
    sums: Vec<Sums>,
    gram: Gram,
    right: Vec<f64>,
    n: f64,
}

impl<'a> Fixed<'a> {
    fn new(areas: &'a [Area], p: usize) -> Self {
        let (mut gram, mut right) = (Gram::new(p), vec![0.0; p]);
        for unit in areas.iter().flat_map(|area| &area.units) {
            gram.add(&unit.x, unit.count);
            right.iter_mut().zip(&unit.x).for_each(|(sum, x)| *sum += unit.count * x * unit.y);
        }
        let sums: Vec<Sums> = areas.iter().map(|area| area.sums(p)).collect();
        let n = sums.iter().map(|s| s.n).sum();
        Self { areas, sums, gram, right, n }
    }

    /// Generalised least squares at one ratio: `V_i = I + ratio J`, `V_i^-1 = I - ratio / (1 + ratio n_i) J`.
    fn fit(&self, ratio: f64) -> Option<Fit> {
        let (mut gram, mut right) = (self.gram.clone(), self.right.clone());
        for sums in &self.sums {
            let taken = ratio / (1.0 + ratio * sums.n);
            gram.add(&sums.x, -taken);
            right.iter_mut().zip(&sums.x).for_each(|(sum, x)| *sum -= taken * x * sums.y);
        }
        let normal = gram.factor()?;
        let beta = normal.solve(&right);
        let (mut rest, mut shrunk, mut logs, mut trace) = (0.0, 0.0, 0.0, 0.0);
        for (area, sums) in self.areas.iter().zip(&self.sums) {
            let whole = 1.0 + ratio * sums.n;
            let residual = sums.y - dot(&sums.x, &beta);
            let own = |unit: &Unit| unit.count * (unit.y - dot(&unit.x, &beta)).powi(2);
            rest += area.units.iter().map(own).sum::<f64>() - ratio / whole * residual * residual;
            shrunk += residual * residual / (whole * whole);
            logs += whole.ln();
            trace += sums.n / whole - normal.quadratic(&sums.x) / (whole * whole);
        }
        let free = self.n - beta.len() as f64;
        if free <= 0.0 || rest <= 0.0 {
            return None;
        }
        let likelihood = -0.5 * (free * rest.ln() + logs + normal.log_determinant());
        let slope = 0.5 * (free * shrunk / rest - trace);
        Some(Fit { normal, beta, within: rest / free, likelihood, slope })
    }
}

impl UnitLevel {
    /// Fits the model; `None` where the units do not tell it: fewer than three areas sampled, no unit more than there are
    /// coefficients, covariates that depend on each other, or units that the covariates explain without a rest.
    pub fn fit(areas: &[Area]) -> Option<Self> {
        let p = areas.first()?.x_mean.len();
        if areas.iter().filter(|a| !a.units.is_empty()).count() < 3 {
            return None;
        }
        let fixed = Fixed::new(areas, p);
        fixed.fit(0.0)?;
        let value = |ratio: f64| fixed.fit(ratio).map_or(f64::NEG_INFINITY, |f| f.likelihood);
        let slope = |ratio: f64| fixed.fit(ratio).map_or(0.0, |f| f.slope);
        let ratio = maximum(value, slope, 1.0);
        let best = fixed.fit(ratio)?;
        let (between, within) = (ratio * best.within, best.within);
        let sizes = areas.iter().map(|a| a.units.iter().map(|u| u.count).sum::<f64>()).filter(|n| *n > 0.0);
        let spread = asymptotic(between, within, sizes);
        Some(Self { between, within, beta: best.beta, normal: best.normal, spread })
    }

    /// Predicts an area's mean; without units it is the synthetic `X'b`.
    pub fn predict(&self, area: &Area) -> Predicted {
        let synthetic = dot(&area.x_mean, &self.beta);
        let sums = area.sums(self.beta.len());
        if sums.n == 0.0 {
            let mse = self.between + self.within * self.normal.quadratic(&area.x_mean);
            return Predicted { value: synthetic, mse, gamma: 0.0 };
        }
        let whole = self.between + self.within / sums.n;
        let gamma = self.between / whole;
        let residual = (sums.y - dot(&sums.x, &self.beta)) / sums.n;
        let left: Vec<f64> = area.x_mean.iter().zip(&sums.x).map(|(mean, sum)| mean - gamma * sum / sums.n).collect();
        let g1 = (1.0 - gamma) * self.between;
        let g2 = self.within * self.normal.quadratic(&left);
        let [vv, ee, ve] = self.spread;
        let (v, e) = (self.between, self.within);
        let g3 = (e * e * vv + v * v * ee - 2.0 * e * v * ve) / (sums.n * sums.n * whole.powi(3));
        Predicted { value: synthetic + gamma * residual, mse: g1 + g2 + 2.0 * g3, gamma }
    }
}

/// Asymptotic variances of the two components and their covariance (Rao and Molina 2015, 7.2.2, as Datta and Lahiri 2000).
fn asymptotic(between: f64, within: f64, sizes: impl Iterator<Item = f64>) -> [f64; 3] {
    let (mut vv, mut ee, mut ve) = (0.0, 0.0, 0.0);
    for n in sizes {
        let whole = within + n * between;
        vv += 0.5 * n * n / (whole * whole);
        ee += 0.5 * ((n - 1.0) / (within * within) + 1.0 / (whole * whole));
        ve += 0.5 * n / (whole * whole);
    }
    let determinant = vv * ee - ve * ve;
    [ee / determinant, vv / determinant, -ve / determinant]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Corn in 12 counties of Iowa (Battese, Harter and Fuller 1988, table 1): county, hectares of corn, pixels of corn and of
    /// soybeans in a segment. The county's second Hardin segment, which the authors leave out, is the last but five.
    const SEGMENTS: [(usize, f64, f64, f64); 37] = [
        (1, 165.76, 374.0, 55.0),
        (2, 96.32, 209.0, 218.0),
        (3, 76.08, 253.0, 250.0),
        (4, 185.35, 432.0, 96.0),
        (4, 116.43, 367.0, 178.0),
        (5, 162.08, 361.0, 137.0),
        (5, 152.04, 288.0, 206.0),
        (5, 161.75, 369.0, 165.0),
        (6, 92.88, 206.0, 218.0),
        (6, 149.94, 316.0, 221.0),
        (6, 64.75, 145.0, 338.0),
        (7, 127.07, 355.0, 128.0),
        (7, 133.55, 295.0, 147.0),
        (7, 77.7, 223.0, 204.0),
        (8, 206.39, 459.0, 77.0),
        (8, 108.33, 290.0, 217.0),
        (8, 118.17, 307.0, 258.0),
        (9, 99.96, 252.0, 303.0),
        (9, 140.43, 293.0, 221.0),
        (9, 98.95, 206.0, 222.0),
        (9, 131.04, 302.0, 274.0),
        (10, 114.12, 313.0, 190.0),
        (10, 100.6, 246.0, 270.0),
        (10, 127.88, 353.0, 172.0),
        (10, 116.9, 271.0, 228.0),
        (10, 87.41, 237.0, 297.0),
        (11, 93.48, 221.0, 167.0),
        (11, 121.0, 369.0, 191.0),
        (11, 109.91, 343.0, 249.0),
        (11, 122.66, 342.0, 182.0),
        (11, 104.21, 294.0, 179.0),
        (12, 88.59, 340.0, 87.0),
        (12, 88.59, 220.0, 262.0),
        (12, 165.35, 355.0, 160.0),
        (12, 104.0, 261.0, 221.0),
        (12, 88.63, 187.0, 345.0),
        (12, 153.7, 350.0, 190.0),
    ];
    const CORN: [f64; 12] =
        [295.29, 300.4, 289.6, 290.74, 318.21, 257.17, 291.77, 301.26, 262.17, 314.28, 298.65, 325.99];
    const SOYBEANS: [f64; 12] =
        [189.7, 196.65, 205.28, 220.22, 188.06, 247.13, 185.37, 221.36, 247.09, 198.66, 204.61, 177.05];

    fn counties(all: bool) -> Vec<Area> {
        let hardin = 31;
        let unit = |(_, y, corn, soy): &(usize, f64, f64, f64)| Unit { y: *y, x: vec![1.0, *corn, *soy], count: 1.0 };
        let used = || SEGMENTS.iter().enumerate().filter(|(i, _)| all || *i != hardin).map(|(_, s)| s);
        let area = |county: usize| Area {
            units: used().filter(|s| s.0 == county + 1).map(unit).collect(),
            x_mean: vec![1.0, CORN[county], SOYBEANS[county]],
        };
        (0..12).map(area).collect()
    }

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-9 * expected.abs()
    }

    /// Of the 36 segments that the authors use. Their own estimates of the variances (140 and 147) are by another method, of
    /// nearly the same outcome; statsmodels' MixedLM gives 140.02387 and 147.26864 by REML.
    #[test]
    fn the_published_example_comes_out() {
        let areas = counties(false);
        let model = UnitLevel::fit(&areas).unwrap();
        assert!(close(model.between, 140.023_874_170_229_85) && close(model.within, 147.268_634_252_349_98));
        let beta = [51.070_397_888_484_96, 0.328_721_732_152_496_56, -0.134_568_446_365_992_77];
        assert!(model.beta.iter().zip(beta).all(|(b, e)| close(*b, e)), "{:?}", model.beta);
        let first = model.predict(&areas[0]);
        assert!(close(first.value, 122.196_204_078_522_09) && close(first.gamma, 0.487_391_317_438_281_8), "{first:?}");
        let last = model.predict(&areas[11]);
        assert!(close(last.value, 143.014_923_919_812_16) && close(last.mse, 32.309_454_937_894_78), "{last:?}");
    }

    /// Of all 37 segments, as R's sae and samplics print them: variances 63.3149 and 297.7128, predictors 122.56367092 and
    /// 131.25788283, mean squared errors 85.495399459 and 53.876770532.
    #[test]
    fn all_segments_give_what_other_programs_print() {
        let areas = counties(true);
        let model = UnitLevel::fit(&areas).unwrap();
        assert_eq!(
            (format!("{:.4}", model.between), format!("{:.4}", model.within)),
            ("63.3149".into(), "297.7128".into())
        );
        let (first, last) = (model.predict(&areas[0]), model.predict(&areas[11]));
        assert!((first.value - 122.563_670_92).abs() < 1e-7 && (last.value - 131.257_882_83).abs() < 1e-7);
        assert!((first.mse - 85.495_399_459).abs() < 1e-5 && (last.mse - 53.876_770_532).abs() < 1e-5);
    }

    #[test]
    fn alike_units_may_be_counted_and_an_area_without_units_is_synthetic() {
        let mut areas = counties(false);
        let whole = UnitLevel::fit(&areas).unwrap();
        let doubled: Vec<Area> = areas
            .iter()
            .map(|a| Area { units: a.units.iter().flat_map(|u| [u.clone(), u.clone()]).collect(), ..a.clone() })
            .collect();
        areas.iter_mut().flat_map(|a| &mut a.units).for_each(|u| u.count = 2.0);
        let (a, b) = (UnitLevel::fit(&doubled).unwrap(), UnitLevel::fit(&areas).unwrap());
        assert!(close(a.between, b.between) && close(a.within, b.within));
        let none = Area { units: Vec::new(), x_mean: vec![1.0, 300.0, 200.0] };
        let found = whole.predict(&none);
        assert!(close(found.value, dot(&none.x_mean, &whole.beta)) && found.gamma == 0.0 && found.mse > whole.between);
        assert!(UnitLevel::fit(&areas[..2]).is_none());
    }
}
