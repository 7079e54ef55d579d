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
