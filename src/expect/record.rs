//! The track record: what the same procedure would have said in earlier years, beside the nulls.

use serde::Serialize;

use super::features::Features;
use super::forecast::{Expected, Forecast, forecast, has_lesson};
use super::interval::{Calibration, hundredths};
use super::panel::Panel;

/// A year of the record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordYear {
    /// The year.
    pub year: i32,
    /// Municipalities with an expectation and a census figure.
    pub municipalities: usize,
    /// Census of these, hectares.
    pub census_ha: f64,
    /// Sum of |expected - census| over the census, per cent; as the next three.
    pub error_pct: Option<f64>,
    /// Null: last year's value.
    pub last_year_error_pct: Option<f64>,
    /// Null: the mean of the three years before.
    pub mean_of_three_error_pct: Option<f64>,
    /// Null: last year's change carried on.
    pub carried_on_error_pct: Option<f64>,
    /// Municipalities whose interval is known.
    pub with_interval: usize,
    /// Of these, how many the interval holds.
    pub held: usize,
    /// Those that had coca in the three years before.
    pub active: usize,
    /// Of these, how many the interval holds.
    pub active_held: usize,
    /// The level that the quantiles were taken at, so that the intervals hold 90 %, per cent.
    pub level_pct: f64,
    /// Sum of the expectations, hectares.
    pub nation_expected_ha: f64,
    /// Its 90 % interval, hectares.
    pub nation_interval_ha: Option<[f64; 2]>,
    /// Whether the census has a figure for each municipality that is expected: only then is its sum that of the expectation.
    #[serde(skip)]
    pub whole: bool,
    /// Whether this year or the one before does not add up to its published total: not learned from.
    pub spoilt: bool,
}

impl RecordYear {
    /// Whether the expectation is closer than last year's value.
    pub fn closer(&self) -> Option<bool> {
        Some(self.error_pct? < self.last_year_error_pct?)
    }

    /// Whether the interval holds the sum; `None` too where the two are of different municipalities.
    pub fn nation_held(&self) -> Option<bool> {
        let interval = self.nation_interval_ha.filter(|_| self.whole);
        interval.map(|[low, high]| (low..=high).contains(&self.census_ha))
    }
}

/// A forecast with its bounds.
#[derive(Debug, Clone)]
pub struct WithBounds {
    /// The forecast.
    pub forecast: Forecast,
    /// Bounds by municipality, hectares.
    pub intervals: Vec<Option<[f64; 2]>>,
    /// Sum of the expectations, hectares.
    pub total: f64,
    /// Bounds of the sum.
    pub nation: Option<[f64; 2]>,
    /// The level that the quantiles were taken at.
    pub level: f64,
}

/// Goes through the years of the panel in order, and gives the record and the forecast of the year after it.
///
/// `None` where no year before can be learned from.
pub fn roll(panel: &Panel, all: &[Option<Features>]) -> Option<(Vec<RecordYear>, WithBounds)> {
    let mut calibration = Calibration::default();
    let mut record = Vec::new();
    for t in (0..panel.end()).filter(|t| panel.covers(*t) && has_lesson(panel, all, *t)) {
        let Some(forecast) = forecast(panel, all, t) else { continue };
        let bounded = with_bounds(forecast, &calibration);
        let came = &panel.stocks[t];
        let year = record_year(panel, &bounded, came);
        if !year.spoilt {
            let covered = (year.active > 0).then(|| year.active_held as f64 / year.active as f64);
            calibration.learn(&bounded.forecast, came, covered);
        }
        record.push(year);
    }
    Some((record, with_bounds(forecast(panel, all, panel.end())?, &calibration)))
}

fn with_bounds(forecast: Forecast, calibration: &Calibration) -> WithBounds {
    let total = hundredths(forecast.expected.iter().flatten().map(|e| e.hectares).sum());
    WithBounds {
        intervals: calibration.intervals(&forecast),
        nation: calibration.nation(total).map(|n| n.map(hundredths)),
        level: calibration.level(),
        total,
        forecast,
    }
}

/// How a forecast did against what came, by municipality of the panel.
pub fn record_year(panel: &Panel, bounded: &WithBounds, came: &[Option<f64>]) -> RecordYear {
    let t = bounded.forecast.t;
    let both: Vec<(&Expected, f64, Option<[f64; 2]>)> = bounded
        .forecast
        .expected
        .iter()
        .zip(came)
        .zip(&bounded.intervals)
        .filter_map(|((e, c), interval)| Some((e.as_ref()?, (*c)?, *interval)))
        .collect();
    let census: f64 = both.iter().map(|(_, came, _)| came).sum();
    let error = |of: &dyn Fn(&Expected) -> f64| {
        let errors: f64 = both.iter().map(|(e, came, _)| (of(e) - came).abs()).sum();
        (census > 0.0).then(|| (1e6 * errors / census).round() / 1e4)
    };
    let count = |wanted: &dyn Fn(&Expected, bool) -> bool| {
        let known = both.iter().filter_map(|(e, came, interval)| Some((e, holds((*interval)?, *came))));
        known.filter(|(e, held)| wanted(e, *held)).count()
    };
    RecordYear {
        year: panel.year(t),
        municipalities: both.len(),
        census_ha: hundredths(census),
        error_pct: error(&|e| e.hectares),
        last_year_error_pct: error(&|e| e.last),
        mean_of_three_error_pct: error(&|e| e.mean_of_three),
        carried_on_error_pct: error(&|e| e.carried_on),
        with_interval: count(&|_, _| true),
        held: count(&|_, held| held),
        active: count(&|e, _| e.active),
        active_held: count(&|e, held| e.active && held),
        level_pct: hundredths(100.0 * bounded.level),
        nation_expected_ha: bounded.total,
        nation_interval_ha: bounded.nation,
        whole: both.len() == bounded.forecast.expected.iter().flatten().count(),
        spoilt: !panel.sound_change(t),
    }
}

/// Whether a figure is inside, to a hundredth of a hectare.
pub fn holds([low, high]: [f64; 2], figure: f64) -> bool {
    (low..=high).contains(&hundredths(figure))
}
