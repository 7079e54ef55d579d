//! One row for every record, the curves of re-detection, and the totals.

use jiff::civil::Date;
use serde::Serialize;

use super::event::Event;
use super::outcome::{Judgement, Look, Outcome, days_between, judge};
use super::settings::Settings;
use super::survival::{Curve, Followed, kaplan_meier};
use super::totals::{NOT_STATED, Total, method_names, method_word, totals};
use super::twice::Twice;
use crate::records::{Exact, Method};
use crate::territory::MunicipalityCode;

/// Earlier records that a row names.
const NAMED: usize = 3;

/// One record beside what the masks show. Hectares are mapped ones (pixels by their part inside the footprint).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReconciledRow {
    /// Name of the record.
    pub record_id: String,
    /// Municipality, as the record says.
    pub municipality_code: Option<MunicipalityCode>,
    /// Day of the event.
    pub date: Option<Date>,
    /// Method, where the record says one.
    pub method: Option<Method>,
    /// What was reported.
    pub reported_ha: Option<Exact>,
    /// Hectares of what was drawn, on the ellipsoid; none of points.
    pub polygon_ha: Option<Exact>,
    /// Observed part of the footprint: see [`Judgement::observed_share`].
    pub observed_share: Option<Exact>,
    /// Coca in the footprint before the event.
    pub before_ha: Option<Exact>,
    /// And after it.
    pub after_ha: Option<Exact>,
    /// What became of it.
    pub outcome: Outcome,
    /// First later mask in which coca was present again.
    pub redetected_on: Option<Date>,
    /// Hectares that earlier records of the season had claimed; none of unusable records.
    pub counted_twice_ha: Option<Exact>,
    /// Why it is unusable or unobserved, and what else is to be said.
    pub why: String,
    /// Line of a CSV file, or number of the feature.
    pub line: u64,
    /// Mask before.
    pub before_on: Option<Date>,
    /// Mask after.
    pub after_on: Option<Date>,
    /// Last mask that showed the ground of a confirmed record without coca, before it was seen again.
    pub last_free_on: Option<Date>,
    /// Days from the event to re-detection.
    pub redetected_after_days: Option<i32>,
    /// `polygon` or `circle`.
    pub footprint: Option<&'static str>,
    /// Its hectares.
    pub footprint_ha: Option<Exact>,
    /// Whether drawn and reported hectares differ by more than the factor.
    pub area_differs: Option<bool>,
    /// Names of earlier records of the season on the same ground.
    pub twice_with: String,
}

impl ReconciledRow {
    /// A row of which nothing is known.
    pub(super) fn blank(record_id: String, line: u64) -> Self {
        Self {
            record_id,
            municipality_code: None,
            date: None,
            method: None,
            reported_ha: None,
            polygon_ha: None,
            observed_share: None,
            before_ha: None,
            after_ha: None,
            outcome: Outcome::Unusable,
            redetected_on: None,
            counted_twice_ha: None,
            why: String::new(),
            line,
            before_on: None,
            after_on: None,
            last_free_on: None,
            redetected_after_days: None,
            footprint: None,
            footprint_ha: None,
            area_differs: None,
            twice_with: String::new(),
        }
    }
}

/// A curve of re-detection and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodCurve {
    /// The method, or the names of all with a plus between.
    pub method: String,
    /// Confirmed records followed.
    pub records: usize,
    /// Of these, seen again.
    pub redetected: usize,
    /// Median if coca had come back right after the last mask without it: detection is only known to lie between two masks.
    pub earliest_median_days: Option<i32>,
    /// The curve, by the day of the mask that saw coca again.
    #[serde(flatten)]
    pub curve: Curve,
}

/// All of it.
#[derive(Debug, Clone, Serialize)]
pub struct Reconciliation {
    /// One row for every record, in the order of the file.
    #[serde(skip)]
    pub rows: Vec<ReconciledRow>,
    /// What the sums hold.
    pub totals: Vec<Total>,
    /// By method; over all methods last, where there are several.
    pub redetection: Vec<MethodCurve>,
    /// What is odd.
    pub notes: Vec<String>,
    /// Where the lines were drawn.
    pub settings: Settings,
}

impl Reconciliation {
    /// Sums up the rows.
    pub fn new(rows: Vec<ReconciledRow>, notes: Vec<String>, settings: Settings) -> Self {
        Self { totals: totals(&rows), redetection: curves(&rows), rows, notes, settings }
    }
}

/// The row of one record. `looks` are what the masks show of its footprint, in the order of their days; `events` are those that
/// `twice` numbers.
pub fn row(event: &Event, looks: &[Look], twice: &Twice, (events, settings): (&[Event], &Settings)) -> ReconciledRow {
    let mut row = ReconciledRow {
        municipality_code: event.municipality_code.clone(),
        date: event.date,
        method: event.method,
        reported_ha: event.reported_ha,
        ..ReconciledRow::blank(event.record_id.clone(), event.line)
    };
    let mut why: Vec<String> = event.faults.iter().map(ToString::to_string).collect();
    if let Some((date, footprint)) = event.usable() {
        let hectares = footprint.hectares();
        row.footprint = Some(footprint.word());
        row.footprint_ha = Exact::from_f64(hectares);
        row.polygon_ha = footprint.polygon_ha().and_then(Exact::from_f64);
        let judged = judge(date, hectares, looks, settings);
        why.extend(judged.why.map(str::to_owned));
        row.take(date, &judged);
        why.extend(row.differs(settings));
        let most = event.reported_ha.map_or(f64::INFINITY, Exact::to_f64);
        row.counted_twice_ha = Exact::from_f64(twice.hectares.min(most));
        row.twice_with = named(&twice.with, events);
    }
    why.extend(event.remarks.iter().cloned());
    row.why = why.join("; ");
    row
}

impl ReconciledRow {
    fn take(&mut self, date: Date, judged: &Judgement) {
        self.outcome = judged.outcome;
        self.observed_share = judged.observed_share.and_then(Exact::from_f64);
        self.before_ha = judged.before.and_then(|seen| Exact::from_f64(seen.coca_ha));
        self.before_on = judged.before.map(|seen| seen.date);
        self.after_ha = judged.after.and_then(|seen| Exact::from_f64(seen.coca_ha));
        self.after_on = judged.after.map(|seen| seen.date);
        if let Some(following) = judged.following {
            self.last_free_on = Some(following.last_free);
            self.redetected_on = following.redetected;
            self.redetected_after_days = following.redetected.map(|day| days_between(date, day));
        }
    }

    /// Flags a polygon that is much larger or smaller than what was reported, and says so.
    fn differs(&mut self, settings: &Settings) -> Option<String> {
        let (drawn, reported) = (self.polygon_ha?.to_f64(), self.reported_ha?.to_f64());
        let ratio = drawn / reported;
        let differs = ratio > settings.differs_by || ratio < 1.0 / settings.differs_by;
        self.area_differs = Some(differs);
        differs.then(|| format!("the polygon has {drawn:.2} ha, {ratio:.2} times what was reported"))
    }

    fn followed(&self) -> Option<(Followed, Followed)> {
        let (date, last_free) = (self.date?, self.last_free_on?);
        let free = days_between(date, last_free);
        let seen = self.redetected_after_days;
        let late = Followed { days: seen.unwrap_or(free), redetected: seen.is_some() };
        Some((late, Followed { days: free, redetected: seen.is_some() }))
    }
}

fn named(numbers: &[u32], events: &[Event]) -> String {
    let first = numbers.iter().take(NAMED).map(|n| events[*n as usize].record_id.as_str());
    let mut text = first.collect::<Vec<_>>().join(" ");
    if numbers.len() > NAMED {
        text.push_str(&format!(" and {} more", numbers.len() - NAMED));
    }
    text
}

fn curves(rows: &[ReconciledRow]) -> Vec<MethodCurve> {
    let confirmed: Vec<&ReconciledRow> = rows.iter().filter(|row| row.outcome == Outcome::Confirmed).collect();
    let methods: Vec<Option<Method>> = std::iter::once(None)
        .chain(Method::ALL.map(Some))
        .filter(|m| confirmed.iter().any(|r| r.method == *m))
        .collect();
    let of = |name: String, holds: &dyn Fn(&ReconciledRow) -> bool| {
        let (late, early): (Vec<_>, Vec<_>) =
            confirmed.iter().filter(|row| holds(row)).filter_map(|row| row.followed()).unzip();
        MethodCurve {
            method: name,
            records: late.len(),
            redetected: late.iter().filter(|f| f.redetected).count(),
            earliest_median_days: kaplan_meier(&early).median_days,
            curve: kaplan_meier(&late),
        }
    };
    let mut found: Vec<MethodCurve> =
        methods.iter().map(|m| of(method_word(*m).to_owned(), &|row| row.method == *m)).collect();
    if methods.len() > 1 {
        found.push(of(method_names(methods.iter().copied()), &|_| true));
    }
    found
}

impl ReconciledRow {
    /// The word of its method.
    pub fn method_word(&self) -> &'static str {
        self.method.map_or(NOT_STATED, Method::word)
    }
}
