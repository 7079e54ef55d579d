//! Symmetric systems of a few unknowns: the normal equations of the small-area models.

/// A symmetric positive definite matrix, by its Cholesky factor.
#[derive(Clone, Debug)]
pub struct Normal {
    factor: Vec<Vec<f64>>,
}

/// Sums of outer products: `sum w x x'`.
#[derive(Clone, Debug)]
pub struct Gram(Vec<Vec<f64>>);

impl Gram {
    /// Of so many unknowns.
    pub fn new(unknowns: usize) -> Self {
        Self(vec![vec![0.0; unknowns]; unknowns])
    }

    /// Adds `weight x x'`.
    pub fn add(&mut self, x: &[f64], weight: f64) {
        for (row, a) in self.0.iter_mut().zip(x) {
            row.iter_mut().zip(x).for_each(|(sum, b)| *sum += weight * a * b);
        }
    }

    /// Its Cholesky factor; `None` where it is singular (columns that depend on each other).
    pub fn factor(&self) -> Option<Normal> {
        let p = self.0.len();
        let mut factor = vec![vec![0.0; p]; p];
        for i in 0..p {
            for j in 0..=i {
                let rest: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let value = self.0[i][j] - rest;
                if i == j {
                    if value <= 1e-12 * self.0[i][i] || value.is_nan() {
                        return None;
                    }
                    factor[i][i] = value.sqrt();
                } else {
                    factor[i][j] = value / factor[j][j];
                }
            }
        }
        Some(Normal { factor })
    }
}

impl Normal {
    /// The solution `b` of `A b = y`.
    pub fn solve(&self, y: &[f64]) -> Vec<f64> {
        let p = y.len();
        let mut b = self.forward(y);
        for i in (0..p).rev() {
            let rest: f64 = (i + 1..p).map(|k| self.factor[k][i] * b[k]).sum();
            b[i] = (b[i] - rest) / self.factor[i][i];
        }
        b
    }

    /// `x' A^-1 x`.
    pub fn quadratic(&self, x: &[f64]) -> f64 {
        self.forward(x).iter().map(|v| v * v).sum()
    }

    /// Logarithm of the determinant.
    pub fn log_determinant(&self) -> f64 {
        self.factor.iter().enumerate().map(|(i, row)| 2.0 * row[i].ln()).sum()
    }

    fn forward(&self, y: &[f64]) -> Vec<f64> {
        let mut b = y.to_vec();
        for i in 0..b.len() {
            let rest: f64 = (0..i).map(|k| self.factor[i][k] * b[k]).sum();
            b[i] = (b[i] - rest) / self.factor[i][i];
        }
        b
    }
}

/// `x'y`.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// The greatest maximum of a function of a variance of 0 or more, by its value and its slope: the best of a grid from
/// `1e-8 scale` on whose steps double, then bisection of the slope beside it.
///
/// The slope decides to the last digit; a maximum found by values alone is known to half the digits only.
pub fn maximum(value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64, scale: f64) -> f64 {
    let mut grid = vec![0.0];
    grid.extend((0..56).map(|i| scale * 1e-8 * 2.0_f64.powi(i)));
    let values: Vec<f64> = grid.iter().map(|at| value(*at)).collect();
    let best = (0..grid.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    let (mut low, mut high) = (grid[best.saturating_sub(1)], grid[(best + 1).min(grid.len() - 1)]);
    if slope(low) <= 0.0 {
        return low;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if slope(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved_and_singular_ones_refused() {
        let mut gram = Gram::new(2);
        gram.add(&[1.0, 2.0], 2.0);
        gram.add(&[3.0, -1.0], 1.0);
        let normal = gram.factor().unwrap();
        // [[11, 1], [1, 9]] b = [12, 10]
        let b = normal.solve(&[12.0, 10.0]);
        assert!((b[0] - 1.0).abs() < 1e-14 && (b[1] - 1.0).abs() < 1e-14, "{b:?}");
        assert!((normal.log_determinant() - 98.0_f64.ln()).abs() < 1e-14);
        assert!((normal.quadratic(&[12.0, 10.0]) - 22.0).abs() < 1e-12);
        let mut flat = Gram::new(2);
        flat.add(&[1.0, 2.0], 1.0);
        assert!(flat.factor().is_none());
    }

    #[test]
    fn a_maximum_is_found_to_the_last_digits_or_at_zero() {
        let found = maximum(|x| -(x - 0.3_f64).powi(2), |x| -2.0 * (x - 0.3), 1.0);
        assert!((found - 0.3).abs() < 1e-15);
        assert_eq!(maximum(|x| -x, |_| -1.0, 1.0), 0.0);
    }
}
