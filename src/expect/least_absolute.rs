//! Least absolute deviations with a ridge: the coefficients that are right in the middle, not on average.
//!
//! The weighted error of the census comparison is a sum of absolute errors, and a sum of absolute errors is least at
//! medians (Koenker and Bassett 1978, *Regression quantiles*, Econometrica 46). The ridge draws coefficients to zero, so
//! that little evidence moves the forecast little.

use crate::accuracy::small_area::matrix::{Gram, dot};

/// What is minimised: `sum_i w_i (sqrt(r_i^2 + s^2)) + ridge / 2 |b|^2` with residuals `r = y - X b`. The smoothing `s`
/// makes the minimum unique and is far below any error that counts.
#[derive(Debug, Clone, Copy)]
pub struct Objective {
    /// Weight of the squared coefficients.
    pub ridge: f64,
    /// Smoothing of the absolute value, in the unit of `y`.
    pub smoothing: f64,
}

/// An observation: features, what came, and its weight.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Features, already in the unit of `came`.
    pub x: Vec<f64>,
    /// What came.
    pub y: f64,
    /// Weight.
    pub weight: f64,
}

/// Steps that are the most; a fit takes some tens.
const MOST_STEPS: usize = 2000;
/// A step smaller than this, in every coefficient, is the last.
const LAST_STEP: f64 = 1e-11;

/// The coefficients at the minimum, by iteratively reweighted least squares (each step minimises a parabola that lies
/// above the objective and touches it, so the objective never rises: Hunter and Lange 2000, *Quantile regression via an
/// MM algorithm*, JCGS 9). `None` without observations.
pub fn least_absolute(observations: &[Observation], objective: Objective) -> Option<Vec<f64>> {
    let unknowns = observations.first()?.x.len();
    let mut found = vec![0.0; unknowns];
    for _ in 0..MOST_STEPS {
        let (mut gram, mut right) = (Gram::new(unknowns), vec![0.0; unknowns]);
        for seen in observations {
            let residual = seen.y - dot(&seen.x, &found);
            let weight = seen.weight / residual.hypot(objective.smoothing);
            gram.add(&seen.x, weight);
            right.iter_mut().zip(&seen.x).for_each(|(sum, x)| *sum += weight * x * seen.y);
        }
        let mut unit = vec![0.0; unknowns];
        for i in 0..unknowns {
            unit[i] = 1.0;
            gram.add(&unit, objective.ridge);
            unit[i] = 0.0;
        }
        let next = gram.factor()?.solve(&right);
        let step = next.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        found = next;
        if step < LAST_STEP {
            break;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The minimum found by scipy 1.17.1 (BFGS) and polished by Newton steps with numpy 2.4.6 until the gradient's norm
    /// was 4e-14.
    #[test]
    fn the_minimum_is_that_of_another_optimiser() {
        let rows =
            [(0.5, 1.2, 1.0), (-1.0, -0.4, 0.5), (2.0, 3.1, 2.0), (0.0, 0.3, 1.0), (1.5, 9.0, 1.0), (-0.5, -0.1, 0.25)];
        let seen = rows.map(|(x, y, weight)| Observation { x: vec![1.0, x], y, weight });
        let b = least_absolute(&seen, Objective { ridge: 0.3, smoothing: 0.01 }).unwrap();
        let expected = [0.560_782_262_986_653_7, 1.270_782_441_546_949_7];
        assert!(b.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-9), "{b:?}");
    }

    /// Without ridge and weights: statsmodels 0.15.0, `QuantReg(y, X).fit(q=0.5)`, gives 0.566666 and 1.266667 on the same
    /// rows (its own steps stop there; 17/30 and 19/15 are exact: the line through two of the points).
    #[test]
    fn without_ridge_it_is_median_regression() {
        let rows = [(0.5, 1.2), (-1.0, -0.4), (2.0, 3.1), (0.0, 0.3), (1.5, 9.0), (-0.5, -0.1)];
        let seen = rows.map(|(x, y)| Observation { x: vec![1.0, x], y, weight: 1.0 });
        let b = least_absolute(&seen, Objective { ridge: 0.0, smoothing: 1e-7 }).unwrap();
        assert!((b[0] - 17.0 / 30.0).abs() < 1e-5 && (b[1] - 19.0 / 15.0).abs() < 1e-5, "{b:?}");
    }

    #[test]
    fn the_ridge_draws_to_zero_and_nothing_gives_nothing() {
        let seen = [Observation { x: vec![1.0], y: 2.0, weight: 1.0 }];
        let at = |ridge| least_absolute(&seen, Objective { ridge, smoothing: 1e-6 }).unwrap()[0];
        // |2 - b| + ridge b^2 / 2 is least at 1 / ridge, where that is below 2.
        assert!((at(0.25) - 2.0).abs() < 1e-5, "{}", at(0.25));
        assert!((at(1.0) - 1.0).abs() < 1e-9 && (at(4.0) - 0.25).abs() < 1e-9);
        assert_eq!(least_absolute(&[], Objective { ridge: 1.0, smoothing: 1.0 }), None);
    }
}
