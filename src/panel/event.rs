//! The census before and after large operations, by two-way fixed effects.
//!
//! The event of a municipality is the first year in which eradication reached a threshold. The census, in levels of the
//! chosen form, is regressed on indicators of the years since the event, -1 (the census just before it) being the reference;
//! the first and last indicators hold all earlier and later years. The years before the event should show nothing: their
//! indicators are tested together. Where the association differs between early and late events these coefficients mix
//! them, with weights that may be negative (Goodman-Bacon 2021, J. Econometrics 225:254; Sun and Abraham 2021, ibid.
//! 225:175): [`super::staggered`] stands beside.

use serde::Serialize;

use super::PanelError;
use super::fit::{Column, Design, Estimate, Fit, fit};
use super::grid::{Form, Grid, Series};
use super::sources::Flows;
use super::tails::f_above;
use crate::records::Method;

/// What counts as a large operation, and how far is looked from it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EventRule {
    /// The method of eradication.
    pub method: Method,
    /// Hectares in a municipality and year.
    pub hectares: f64,
    /// Years before and after, 2 or more.
    pub window: i32,
}

/// The first large operation of each municipality of the grid.
#[derive(Debug, Clone)]
pub struct Events {
    /// The rule.
    pub rule: EventRule,
    /// Year of the event by municipality; `None` where there was none.
    pub year: Vec<Option<i32>>,
    /// Municipalities left out because no census stands before their event.
    pub too_early: usize,
    /// Whether a municipality is in the study.
    pub is_in: Vec<bool>,
}

impl Events {
    /// Finds the events.
    ///
    /// # Errors
    /// [`PanelError::NoEvents`] where no municipality with a census before had one.
    pub(super) fn find(flows: &Flows, rule: EventRule) -> Result<Self, PanelError> {
        let grid = &flows.grid;
        let large = |code, year: &i32| flows.flow(rule.method, code, *year).is_some_and(|h| h >= rule.hectares);
        let year: Vec<Option<i32>> =
            grid.municipalities.iter().map(|code| grid.all_years().find(|y| large(code, y))).collect();
        let first_census = grid.known(&flows.stock).map_or(i32::MAX, |(first, _)| first);
        let is_in: Vec<bool> = year.iter().map(|event| event.is_none_or(|event| event > first_census)).collect();
        let too_early = is_in.iter().filter(|is| !**is).count();
        let found = Self { rule, year, too_early, is_in };
        if found.with_event() == 0 {
            return Err(PanelError::NoEvents { hectares: rule.hectares, method: rule.method.word().to_owned() });
        }
        Ok(found)
    }

    /// Municipalities of the study with an event.
    pub fn with_event(&self) -> usize {
        self.year.iter().zip(&self.is_in).filter(|(year, is_in)| **is_in && year.is_some()).count()
    }

    /// Municipalities without one.
    pub fn without_event(&self) -> usize {
        self.year.iter().filter(|year| year.is_none()).count()
    }
}

/// The census so many years from the event, against the census just before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Years since the event; 0 is 31 December of its year.
    pub event_time: i32,
    /// `or earlier`, `or later`, `reference` or empty.
    pub bin: &'static str,
    /// Municipalities with an event that have a census there.
    pub municipalities: usize,
    /// The difference; none at the reference and where nothing can be told.
    pub estimate: Option<Estimate>,
}

/// A test of several coefficients together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wald {
    /// `b' V^-1 b` over their number.
    pub f: f64,
    /// How many coefficients.
    pub numerator_df: usize,
    /// Municipalities less one.
    pub denominator_df: usize,
    /// p-value of all of them being zero.
    pub p_value: f64,
}

/// The coefficients around the event.
#[derive(Debug, Clone, Serialize)]
pub struct EventStudy {
    /// How they were got: `two_way` or `staggered`.
    pub estimator: &'static str,
    /// Municipality-years used.
    pub observations: usize,
    /// Municipalities used.
    pub municipalities: usize,
    /// The points, from the earliest on.
    pub points: Vec<Point>,
    /// Test that the points before the reference are all zero.
    pub pre_trend: Option<Wald>,
}

/// Fits the event study on the census in a form.
///
/// # Errors
/// [`PanelError`] where too little is there.
pub fn two_way(grid: &Grid, stock: &Series, events: &Events, form: Form) -> Result<EventStudy, PanelError> {
    let window = events.rule.window;
    let times: Vec<i32> = (-window..=window).filter(|time| *time != -1).collect();
    let name = |time: i32| format!("event_time {time}");
    let mut design = Design {
        model: format!("event study ({})", form.word()),
        terms: times.iter().map(|t| Column { name: name(*t), values: Vec::new() }).collect(),
        ..Design::default()
    };
    let mut seen = vec![std::collections::BTreeSet::new(); times.len()];
    for (m, event) in events.year.iter().enumerate().filter(|(m, _)| events.is_in[*m]) {
        for year in grid.all_years() {
            let Some(stock) = grid.at(stock, m, year) else { continue };
            let time = event.map(|event| (year - event).clamp(-window, window));
            design.units.push(m as u32);
            design.periods.push(year);
            design.outcome.push(stock);
            for ((column, t), seen) in design.terms.iter_mut().zip(&times).zip(&mut seen) {
                let is = time == Some(*t);
                column.values.push(f64::from(u8::from(is)));
                if is {
                    seen.insert(m);
                }
            }
        }
    }
    let fit = fit(&design)?;
    let reference = (0..events.year.len())
        .filter(|m| events.is_in[*m])
        .filter(|m| events.year[*m].is_some_and(|event| grid.at(stock, *m, event - 1).is_some()));
    let at_reference = reference.count();
    let count = |time: i32| times.iter().position(|t| *t == time).map_or(at_reference, |i| seen[i].len());
    let point = |time: i32| Point {
        event_time: time,
        bin: bin(time, window),
        municipalities: count(time),
        estimate: fit.estimate(&name(time)).cloned(),
    };
    let before: Vec<String> = times.iter().filter(|t| **t < -1).map(|t| name(*t)).collect();
    Ok(EventStudy {
        estimator: "two_way",
        observations: fit.observations,
        municipalities: fit.municipalities,
        points: (-window..=window).map(point).collect(),
        pre_trend: wald(&fit, &before),
    })
}

/// The word of a point.
pub(super) fn bin(time: i32, window: i32) -> &'static str {
    match time {
        -1 => "reference",
        _ if time == -window => "or earlier",
        _ if time == window => "or later",
        _ => "",
    }
}

/// Tests that the terms named are all zero: `F = b' V^-1 b / q` with `q` and `G - 1` degrees of freedom. `None` where
/// their covariance is singular or none is there.
pub fn wald(fit: &Fit, names: &[String]) -> Option<Wald> {
    let places: Vec<usize> =
        names.iter().filter_map(|name| fit.estimates.iter().position(|e| e.term == *name)).collect();
    let b: Vec<f64> = places.iter().map(|i| fit.estimates[*i].coefficient).collect();
    let v: Vec<Vec<f64>> = places.iter().map(|i| places.iter().map(|j| fit.covariance[*i][*j]).collect()).collect();
    joint(&b, &v, fit.municipalities.saturating_sub(1))
}

/// As [`wald`], from the coefficients and their covariance.
pub(super) fn joint(b: &[f64], v: &[Vec<f64>], denominator_df: usize) -> Option<Wald> {
    let q = b.len();
    if q == 0 || q > denominator_df {
        return None;
    }
    let f = quadratic(v, b)? / q as f64;
    Some(Wald { f, numerator_df: q, denominator_df, p_value: f_above(f, q as f64, denominator_df as f64) })
}

/// `b' V^-1 b` by Cholesky; `None` where V is singular.
fn quadratic(v: &[Vec<f64>], b: &[f64]) -> Option<f64> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(b.len());
    let mut solved: Vec<f64> = Vec::with_capacity(b.len());
    for i in 0..b.len() {
        let mut row = vec![0.0; i + 1];
        for j in 0..i {
            let rest: f64 = (0..j).map(|k| row[k] * rows[j][k]).sum();
            row[j] = (v[i][j] - rest) / rows[j][j];
        }
        let pivot = v[i][i] - row[..i].iter().map(|r| r * r).sum::<f64>();
        if pivot.is_nan() || pivot <= 1e-12 * v[i][i] {
            return None;
        }
        row[i] = pivot.sqrt();
        let rest: f64 = row[..i].iter().zip(&solved).map(|(r, s)| r * s).sum();
        solved.push((b[i] - rest) / row[i]);
        rows.push(row);
    }
    Some(solved.iter().map(|s| s * s).sum())
}
