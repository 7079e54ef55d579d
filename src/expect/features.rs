//! What the regression sees of a municipality before a year. Each feature is near zero where nothing is remarkable.

use super::growth::{Growth, growth};
use super::panel::{Panel, Role, Series};

/// Hectares added to both sides of a ratio, so that a few hectares are no multiple of nothing.
const SMALL_HA: f64 = 20.0;
/// What is added to both sides of a covariate's ratio, as a share of the median municipality's figure.
const SMALL_SHARE: f64 = 0.1;
/// The years before the last that a covariate is held against.
const YEARS_BEFORE: usize = 3;

/// The features of the census itself, in order.
pub const OF_THE_CENSUS: [&str; 4] = ["growth_nation", "growth_department", "growth_own", "return_to_mean"];

/// Features of all municipalities before year `t`.
#[derive(Debug, Clone)]
pub struct Features {
    /// Growth of last year.
    pub growth: Growth,
    /// A column per feature: those of [`OF_THE_CENSUS`], then one per series of the panel; `None` where nothing was known
    /// of the series in the year before `t`.
    pub columns: Vec<Option<Vec<f64>>>,
}

/// The features known before year `t`; `None` where the census lacks one of the three years before.
///
/// `return_to_mean` is `ln((m + s) / (y + s))` with the mean `m` of three years, last year's `y` and `s` = 20 ha; a share
/// is `e / (y + e + s)`; a covariate is `ln((c + k) / (mean of up to three years before + k))` with `k` a tenth of the
/// median positive figure.
pub fn features(panel: &Panel, t: usize) -> Option<Features> {
    if !(1..=3).all(|back| t.checked_sub(back).is_some_and(|k| panel.covers(k))) {
        return None;
    }
    let growth = growth(panel, t)?;
    let reversion = |m: usize| {
        let mean_to_last = |[a, b, c]: [f64; 3]| (((a + b + c) / 3.0 + SMALL_HA) / (a + SMALL_HA)).ln();
        panel.three_before(t, m).map_or(0.0, mean_to_last)
    };
    let all = 0..panel.codes.len();
    let mut columns = vec![
        Some(vec![growth.nation; all.len()]),
        Some(growth.department.clone()),
        Some(growth.own.clone()),
        Some(all.map(reversion).collect()),
    ];
    columns.extend(panel.series.iter().map(|series| match series.role {
        Role::Share => share(panel, series, t),
        Role::Change => change(series, t),
    }));
    Some(Features { growth, columns })
}

fn share(panel: &Panel, series: &Series, t: usize) -> Option<Vec<f64>> {
    let taken = series.values.get(t - 1).filter(|_| series.covers(t - 1))?;
    let of = |(taken, stood): (&Option<f64>, &Option<f64>)| {
        let (taken, stood) = (taken.unwrap_or(0.0), stood.unwrap_or(0.0));
        taken / (stood + taken + SMALL_HA)
    };
    Some(taken.iter().zip(&panel.stocks[t - 1]).map(of).collect())
}

/// Zero (no change) for a municipality whose last figure, or every figure of the three years before, is unknown.
fn change(series: &Series, t: usize) -> Option<Vec<f64>> {
    let last = series.values.get(t - 1).filter(|_| series.covers(t - 1))?;
    let first = (t - 1).saturating_sub(YEARS_BEFORE);
    let mut positive: Vec<f64> = series.values[first..t].iter().flatten().flatten().copied().collect();
    positive.retain(|v| *v > 0.0);
    positive.sort_by(f64::total_cmp);
    let small = SMALL_SHARE * positive.get(positive.len() / 2)?;
    let of = |m: usize| {
        let before: Vec<f64> = series.values[first..t - 1].iter().filter_map(|year| year[m]).collect();
        let Some(last) = last[m].filter(|_| !before.is_empty()) else { return 0.0 };
        let mean = before.iter().sum::<f64>() / before.len() as f64;
        ((last + small) / (mean + small)).ln()
    };
    Some((0..last.len()).map(of).collect())
}
