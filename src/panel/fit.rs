//! Least squares with an intercept for each municipality and year, and errors clustered by municipality.
//!
//! Covariance: `G/(G-1) (n-1)/(n-k) (X'X)^-1 (sum over municipalities of X'ee'X) (X'X)^-1` on the variables without their
//! means, where `k` counts the terms and the years' intercepts. The municipalities' intercepts are nested in the clusters
//! and are not counted. Intervals and p-values are those of Student's t with `G - 1` degrees of freedom (Cameron and Miller
//! 2015, J. Human Resources 50:317, sections II.C, III.B and VI.D).

use serde::Serialize;

use super::PanelError;
use super::tails::{t_two_sided, t95};
use super::within::TwoWay;

/// Fewest municipalities that a fit is made of.
const LEAST_CLUSTERS: usize = 5;

/// What is left of a term after the means or the terms before it, as a share of what it was, below which nothing is left.
const NOTHING_LEFT: f64 = 1e-9;

/// A named variable, a figure per row.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name of the term.
    pub name: String,
    /// Figures.
    pub values: Vec<f64>,
}

/// Rows of a panel: who, when, the outcome and the terms.
#[derive(Debug, Clone, Default)]
pub struct Design {
    /// Name of the regression, for messages.
    pub model: String,
    /// Municipality of each row, any number.
    pub units: Vec<u32>,
    /// Year of each row.
    pub periods: Vec<i32>,
    /// The outcome.
    pub outcome: Vec<f64>,
    /// The terms, the most important first: of terms that depend on each other the later one is left out.
    pub terms: Vec<Column>,
}

/// A coefficient with its error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Name of the term.
    pub term: String,
    /// The coefficient.
    pub coefficient: f64,
    /// Its standard error, clustered by municipality.
    pub standard_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Two-sided p-value of no association.
    pub p_value: f64,
}

impl Estimate {
    /// With the interval and p-value of Student's t with `df` degrees of freedom.
    pub fn new(term: String, coefficient: f64, standard_error: f64, df: f64) -> Self {
        let reach = t95(df) * standard_error;
        let p_value = t_two_sided(coefficient / standard_error, df);
        Self { term, coefficient, standard_error, low: coefficient - reach, high: coefficient + reach, p_value }
    }

    /// Whether the 95 % interval leaves zero out.
    pub fn distinguishable(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// A term that could not be kept, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    /// Name of the term.
    pub term: String,
    /// Why.
    pub why: String,
}

/// A fitted regression.
#[derive(Debug, Clone, Serialize)]
pub struct Fit {
    /// Coefficients, in the order of the terms kept.
    pub estimates: Vec<Estimate>,
    /// Terms left out.
    pub left_out: Vec<LeftOut>,
    /// Rows used.
    pub observations: usize,
    /// Municipalities in them: the clusters.
    pub municipalities: usize,
    /// Years in them, ascending.
    pub years: Vec<i32>,
    /// Rows left out because their municipality or year has no other row.
    pub singletons: usize,
    /// Covariance of the coefficients.
    #[serde(skip)]
    pub covariance: Vec<Vec<f64>>,
}

impl Fit {
    /// The estimate of a term, where it was kept.
    pub fn estimate(&self, term: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|e| e.term == term)
    }
}

/// A design without singletons and without its means: what fits and permutations start from.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The projection.
    pub two_way: TwoWay,
    /// Places in the design of the rows kept.
    pub kept: Vec<usize>,
    /// The outcome without its means.
    pub outcome: Vec<f64>,
    /// Years of the periods' numbers.
    pub years: Vec<i32>,
    /// Rows left out as singletons.
    pub singletons: usize,
}

impl Prepared {
    /// Leaves out municipalities and years with a single row, again and again until none is left (Correia 2015), numbers
    /// the others and takes the means out of the outcome.
    ///
    /// # Errors
    /// [`PanelError::TooFew`], [`PanelError::NoVariation`].
    pub fn new(design: &Design) -> Result<Self, PanelError> {
        let kept = without_singletons(design);
        let (units, names) = numbered(&kept, |row| i64::from(design.units[row]));
        let model = || design.model.clone();
        if names.len() < LEAST_CLUSTERS {
            return Err(PanelError::TooFew { model: model(), found: names.len(), least: LEAST_CLUSTERS });
        }
        let (periods, years) = numbered(&kept, |row| i64::from(design.periods[row]));
        let two_way = TwoWay::new(units, periods);
        let raw: Vec<f64> = kept.iter().map(|row| design.outcome[*row]).collect();
        let mut outcome = raw.clone();
        two_way.take_out(&mut outcome);
        if norm(&outcome) <= NOTHING_LEFT * norm(&raw) {
            let what = "the outcome".to_owned();
            return Err(PanelError::NoVariation { model: model(), what, rows: kept.len() });
        }
        let singletons = design.units.len() - kept.len();
        let years = years.into_iter().map(|y| y as i32).collect();
        Ok(Self { two_way, kept, outcome, years, singletons })
    }

    /// The kept rows of a column, without their means.
    pub fn column(&self, values: &[f64]) -> Vec<f64> {
        let mut column: Vec<f64> = self.kept.iter().map(|row| values[*row]).collect();
        self.two_way.take_out(&mut column);
        column
    }

    /// The factor of the small-sample correction, for so many terms.
    pub fn correction(&self, terms: usize) -> f64 {
        let (n, g) = (self.kept.len() as f64, self.two_way.unit_count() as f64);
        let free = n - (terms + self.two_way.year_rank()) as f64;
        g / (g - 1.0) * (n - 1.0) / free
    }

    /// Degrees of freedom of intervals: the municipalities less one.
    pub fn df(&self) -> f64 {
        self.two_way.unit_count() as f64 - 1.0
    }
}

/// Places of the rows whose municipality and year have another row.
fn without_singletons(design: &Design) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..design.units.len()).collect();
    loop {
        let mut units = std::collections::HashMap::new();
        let mut periods = std::collections::HashMap::new();
        for row in &kept {
            *units.entry(design.units[*row]).or_insert(0) += 1;
            *periods.entry(design.periods[*row]).or_insert(0) += 1;
        }
        let before = kept.len();
        kept.retain(|row| units[&design.units[*row]] > 1 && periods[&design.periods[*row]] > 1);
        if kept.len() == before {
            return kept;
        }
    }
}

/// Numbers from 0 in ascending order of the keys, and the keys.
fn numbered(rows: &[usize], key: impl Fn(usize) -> i64) -> (Vec<u32>, Vec<i64>) {
    let mut names: Vec<i64> = rows.iter().map(|row| key(*row)).collect();
    names.sort_unstable();
    names.dedup();
    let number = |row: &usize| names.partition_point(|n| *n < key(*row)) as u32;
    (rows.iter().map(number).collect(), names)
}

/// An orthonormal basis of the terms kept, and the triangle that leads from it to them: `X = Q R`.
#[derive(Debug, Clone, Default)]
pub struct Basis {
    /// Columns of Q.
    pub q: Vec<Vec<f64>>,
    /// Columns of R, each as long as its place.
    r: Vec<Vec<f64>>,
}

impl Basis {
    /// Adds a column, by Gram-Schmidt with a second pass; `false`, and nothing is added, where it depends on the others.
    pub fn add(&mut self, mut column: Vec<f64>) -> bool {
        let before = norm(&column);
        let mut r = vec![0.0; self.q.len()];
        for _ in 0..2 {
            for (q, r) in self.q.iter().zip(&mut r) {
                let part = dot(q, &column);
                *r += part;
                column.iter_mut().zip(q).for_each(|(c, q)| *c -= part * q);
            }
        }
        let left = norm(&column);
        if left <= NOTHING_LEFT * before || left == 0.0 {
            return false;
        }
        column.iter_mut().for_each(|c| *c /= left);
        r.push(left);
        self.q.push(column);
        self.r.push(r);
        true
    }

    /// Solves `R b = y` in place.
    fn back(&self, y: &mut [f64]) {
        for i in (0..y.len()).rev() {
            let rest: f64 = (i + 1..y.len()).map(|j| self.r[j][i] * y[j]).sum();
            y[i] = (y[i] - rest) / self.r[i][i];
        }
    }
}

/// Fits a design.
///
/// # Errors
/// [`PanelError`] where too little is there to fit.
pub fn fit(design: &Design) -> Result<Fit, PanelError> {
    let prepared = Prepared::new(design)?;
    let mut basis = Basis::default();
    let (mut names, mut left_out) = (Vec::new(), Vec::new());
    for term in &design.terms {
        let column = prepared.column(&term.values);
        let raw: Vec<f64> = prepared.kept.iter().map(|row| term.values[*row]).collect();
        let why = if norm(&column) <= NOTHING_LEFT * norm(&raw) {
            "it does not vary within municipalities beside the years' means"
        } else if !basis.add(column) {
            "it is a combination of the terms before it"
        } else {
            names.push(term.name.clone());
            continue;
        };
        left_out.push(LeftOut { term: term.name.clone(), why: why.to_owned() });
    }
    let rows = prepared.kept.len();
    if names.is_empty() || rows <= names.len() + prepared.two_way.year_rank() {
        let what = left_out.iter().map(|l| l.term.as_str()).collect::<Vec<_>>().join(", ");
        let what = if what.is_empty() { "every term".to_owned() } else { what };
        return Err(PanelError::NoVariation { model: design.model.clone(), what, rows });
    }
    let (coefficients, covariance) = solve(&prepared, &basis);
    let of = |(i, term): (usize, String)| {
        Estimate::new(term, coefficients[i], covariance[i][i].max(0.0).sqrt(), prepared.df())
    };
    let estimates = names.into_iter().enumerate().map(of).collect();
    Ok(Fit {
        estimates,
        left_out,
        observations: rows,
        municipalities: prepared.two_way.unit_count(),
        years: prepared.years.clone(),
        singletons: prepared.singletons,
        covariance,
    })
}

fn solve(prepared: &Prepared, basis: &Basis) -> (Vec<f64>, Vec<Vec<f64>>) {
    let k = basis.q.len();
    let mut coefficients: Vec<f64> = basis.q.iter().map(|q| dot(q, &prepared.outcome)).collect();
    let mut residual = prepared.outcome.clone();
    for (q, c) in basis.q.iter().zip(&coefficients) {
        residual.iter_mut().zip(q).for_each(|(e, q)| *e -= c * q);
    }
    let mut scores = vec![vec![0.0; k]; prepared.two_way.unit_count()];
    for (j, q) in basis.q.iter().enumerate() {
        for ((q, e), unit) in q.iter().zip(&residual).zip(prepared.two_way.units()) {
            scores[*unit as usize][j] += q * e;
        }
    }
    // R^-1 s of every municipality; their outer products add up to the covariance.
    scores.iter_mut().for_each(|score| basis.back(score));
    basis.back(&mut coefficients);
    let correction = prepared.correction(k);
    let covariance = |i: usize, j: usize| correction * scores.iter().map(|s| s[i] * s[j]).sum::<f64>();
    (coefficients, (0..k).map(|i| (0..k).map(|j| covariance(i, j)).collect()).collect())
}

/// `x'y`.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// Length of a vector.
pub fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}
