//! The census around large operations without mixing early and late ones.
//!
//! Municipalities whose event was in the same year are held, from the census just before it to each year around it,
//! against those that never had one; the differences are averaged over the municipalities with an event. In a panel
//! without gaps this is the interaction-weighted estimator of Sun and Abraham (2021, J. Econometrics 225:175) with the
//! municipalities without event as controls, and the one of Callaway and Sant'Anna (2021, ibid. 225:200) with a fixed
//! reference. Errors come from each municipality's own contribution to the average (ibid., section 4), so they are
//! clustered by municipality.

use std::collections::BTreeMap;

use super::event::{EventStudy, Events, Point, bin, joint};
use super::fit::{Estimate, dot};
use super::grid::{Grid, Series};

/// Fewest municipalities with, and without, an event that a point is made of.
const LEAST: usize = 5;

/// A point's figure and what each municipality adds to its error.
struct Contributions {
    coefficient: f64,
    of: Vec<f64>,
    with_event: usize,
    rows: usize,
}

/// The study; `bin` words are none but the reference, for each point is one year.
pub fn staggered(grid: &Grid, stock: &Series, events: &Events) -> EventStudy {
    let window = events.rule.window;
    let mut points = Vec::new();
    let (mut before, mut observations) = (Vec::new(), 0);
    let all = events.is_in.iter().filter(|is| **is).count();
    let df = all as f64 - 1.0;
    // n / (n - 1): the contributions' mean is zero by construction.
    let correction = all as f64 / df;
    for time in -window..=window {
        let found = (time != -1).then(|| contributions(grid, stock, events, time)).flatten();
        let label = if time == -1 { bin(time, window) } else { "" };
        let mut point = Point { event_time: time, bin: label, municipalities: 0, estimate: None };
        if time == -1 {
            let counted =
                |m: &usize| events.is_in[*m] && events.year[*m].is_some_and(|e| grid.at(stock, *m, e - 1).is_some());
            point.municipalities = (0..events.year.len()).filter(counted).count();
        }
        if let Some(found) = found {
            let error = (correction * dot(&found.of, &found.of)).sqrt();
            point.municipalities = found.with_event;
            point.estimate = Some(Estimate::new(format!("event_time {time}"), found.coefficient, error, df));
            observations += found.rows;
            if time < -1 {
                before.push(found);
            }
        }
        points.push(point);
    }
    let b: Vec<f64> = before.iter().map(|c| c.coefficient).collect();
    let v: Vec<Vec<f64>> =
        before.iter().map(|a| before.iter().map(|c| correction * dot(&a.of, &c.of)).collect()).collect();
    let pre_trend = joint(&b, &v, all.saturating_sub(1));
    EventStudy { estimator: "staggered", observations, municipalities: all, points, pre_trend }
}

/// The mean, over the municipalities with an event, of their change from the census just before it to that of `time`,
/// each less the mean change of the municipalities without event over the same years.
fn contributions(grid: &Grid, stock: &Series, events: &Events, time: i32) -> Option<Contributions> {
    let change = |m: usize, event: i32| Some(grid.at(stock, m, event + time)? - grid.at(stock, m, event - 1)?);
    let count = grid.municipalities.len();
    let mut cohorts: BTreeMap<i32, Vec<(usize, f64)>> = BTreeMap::new();
    for m in (0..count).filter(|m| events.is_in[*m]) {
        if let Some((event, value)) = events.year[m].and_then(|event| Some((event, change(m, event)?))) {
            cohorts.entry(event).or_default().push((m, value));
        }
    }
    let mut of = vec![0.0; count];
    let mut differences = Vec::new();
    let mut rows = 0;
    for (event, members) in cohorts {
        let never: Vec<(usize, f64)> =
            (0..count).filter(|m| events.year[*m].is_none()).filter_map(|m| Some((m, change(m, event)?))).collect();
        if never.len() < LEAST {
            continue;
        }
        let mean = never.iter().map(|(_, value)| value).sum::<f64>() / never.len() as f64;
        let weight = members.len() as f64 / never.len() as f64;
        never.iter().for_each(|(m, value)| of[*m] -= weight * (value - mean));
        differences.extend(members.iter().map(|(m, value)| (*m, value - mean)));
        rows += members.len() + never.len();
    }
    if differences.len() < LEAST {
        return None;
    }
    let n = differences.len() as f64;
    let coefficient = differences.iter().map(|(_, d)| d).sum::<f64>() / n;
    differences.iter().for_each(|(m, d)| of[*m] += d - coefficient);
    of.iter_mut().for_each(|c| *c /= n);
    Some(Contributions { coefficient, of, with_event: differences.len(), rows })
}
