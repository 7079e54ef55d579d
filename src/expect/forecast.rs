//! The forecast of a year: half last year's value, half the mean of two ways: three damped trends and two
//! regressions, each way its own mean.
//!
//! Growth lasts, but less than it seems: a damped trend carries half of it on (Gardner and McKenzie 1985, *Forecasting
//! trends in time series*, Management Science 31), once for the nation, once for the department, once for the
//! municipality. A regression on all earlier years learns what else went with change, once with all years alike and once
//! with a memory of four years. Combinations with fixed weights err less than their parts and than learned weights do
//! (Bates and Granger 1969, *The combination of forecasts*; Timmermann 2006, *Forecast combinations*), and the weight on
//! last year's value is what keeps a wrong turn cheap.

use super::features::{Features, OF_THE_CENSUS, features};
use super::least_absolute::{Objective, Observation, least_absolute};
use super::panel::Panel;

/// The part of last year's growth that is carried on.
pub const DAMPING: f64 = 0.5;
/// The weight of last year's value.
pub const WEIGHT_OF_LAST: f64 = 0.5;
/// Years after which an observation, or an error, counts half.
pub const MEMORY_YEARS: f64 = 4.0;
/// The regression's ridge and smoothing; its unit is the nation's hectares of the year before.
pub const OBJECTIVE: Objective = Objective { ridge: 1.0, smoothing: 1e-4 };

/// What is expected of a municipality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Hectares expected.
    pub hectares: f64,
    /// Last year's hectares.
    pub last: f64,
    /// The mean of the three years before.
    pub mean_of_three: f64,
    /// Last year plus its change, not below zero.
    pub carried_on: f64,
    /// Mean of the damped trends, hectares.
    pub trend: f64,
    /// Mean of the regressions, hectares.
    pub regression: f64,
    /// Whether the municipality had coca in one of the three years before.
    pub active: bool,
}

/// A coefficient of both regressions: the change of `ln(hectares)`, nearly, per unit of the feature.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Coefficient {
    /// The feature.
    pub feature: String,
    /// With all years alike.
    pub all_years: f64,
    /// With a memory of [`MEMORY_YEARS`].
    pub recent_years: f64,
}

/// The forecast of a year, made from the years before it.
#[derive(Debug, Clone)]
pub struct Forecast {
    /// The year, counted from the panel's first.
    pub t: usize,
    /// By municipality; `None` where one of the three years before is unknown.
    pub expected: Vec<Option<Expected>>,
    /// What the municipalities looked like.
    pub features: Features,
    /// What the regressions learned.
    pub coefficients: Vec<Coefficient>,
}

/// Features of every year of a panel and of the year after it; `None` where the census lacks a year before.
pub fn all_features(panel: &Panel) -> Vec<Option<Features>> {
    (0..=panel.end()).map(|t| features(panel, t)).collect()
}

/// Whether an earlier year can be learned from.
pub fn has_lesson(panel: &Panel, all: &[Option<Features>], t: usize) -> bool {
    lessons(panel, all, t).next().is_some()
}

fn lessons<'a>(
    panel: &'a Panel,
    all: &'a [Option<Features>],
    t: usize,
) -> impl Iterator<Item = (usize, &'a Features)> + 'a {
    let known = all[..t].iter().enumerate().filter_map(|(k, f)| Some((k, f.as_ref()?)));
    known.filter(|(k, _)| panel.covers(*k) && panel.sound_change(*k))
}

/// The forecast of year `t`. `None` where the census lacks one of the three years before, or no earlier year can be
/// learned from.
pub fn forecast(panel: &Panel, all: &[Option<Features>], t: usize) -> Option<Forecast> {
    let features = all.get(t)?.clone()?;
    let [alike, recent] = [None, Some(MEMORY_YEARS)].map(|memory| fit(panel, all, (t, &features), memory));
    let (alike, recent) = (alike?, recent?);
    let expected = (0..panel.codes.len())
        .map(|m| {
            let [last, before, earliest] = panel.three_before(t, m)?;
            let growth = &features.growth;
            let carried = |excess: f64| last * (DAMPING * (growth.nation + excess)).exp();
            let trend = (carried(0.0) + carried(growth.department[m]) + carried(growth.own[m])) / 3.0;
            let x = known(&features, m);
            let learned = |b: &[f64]| (last * (1.0 + x.iter().zip(b).map(|(x, b)| x * b).sum::<f64>())).max(0.0);
            let regression = 0.5 * (learned(&alike) + learned(&recent));
            Some(Expected {
                // Three trends and two regressions, each way with half of the weight.
                hectares: WEIGHT_OF_LAST * last + (1.0 - WEIGHT_OF_LAST) * 0.5 * (trend + regression),
                last,
                mean_of_three: (last + before + earliest) / 3.0,
                carried_on: (2.0 * last - before).max(0.0),
                trend,
                regression,
                active: last > 0.0 || before > 0.0 || earliest > 0.0,
            })
        })
        .collect();
    let names = OF_THE_CENSUS.into_iter().chain(panel.series.iter().map(|s| s.name.as_str()));
    let named = names.zip(&features.columns).filter(|(_, column)| column.is_some()).map(|(name, _)| name);
    let coefficients = named
        .zip(alike.iter().zip(&recent))
        .map(|(name, (a, r))| Coefficient { feature: name.to_owned(), all_years: *a, recent_years: *r })
        .collect();
    Some(Forecast { t, expected, features, coefficients })
}

/// The features of a municipality that are known of every municipality this year.
fn known(features: &Features, m: usize) -> Vec<f64> {
    features.columns.iter().flatten().map(|column| column[m]).collect()
}

/// Coefficients of the change in hectares, `y - x = x (b' features)`, over the municipalities that had coca the year
/// before, in shares of that year's hectares of the nation. Features that are unknown this year are left out; one that
/// was unknown in an earlier year says nothing there.
fn fit(panel: &Panel, all: &[Option<Features>], (t, now): (usize, &Features), memory: Option<f64>) -> Option<Vec<f64>> {
    let mut observations = Vec::new();
    for (k, then) in lessons(panel, all, t) {
        let (came, stood) = (&panel.stocks[k], &panel.stocks[k - 1]);
        let nation: f64 = stood.iter().flatten().sum();
        let weight = memory.map_or(1.0, |years| 0.5_f64.powf((t - 1 - k) as f64 / years));
        let used: Vec<Option<&Vec<f64>>> =
            now.columns.iter().zip(&then.columns).filter(|(n, _)| n.is_some()).map(|(_, c)| c.as_ref()).collect();
        for m in 0..stood.len() {
            let (Some(y), Some(x), Some(_)) = (came[m], stood[m], panel.three_before(k, m)) else { continue };
            if x > 0.0 {
                let features = used.iter().map(|column| column.map_or(0.0, |c| c[m]) * x / nation).collect();
                observations.push(Observation { x: features, y: (y - x) / nation, weight });
            }
        }
    }
    least_absolute(&observations, OBJECTIVE)
}
