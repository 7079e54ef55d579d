//! What `cocal reconcile` prints for people.

use std::path::Path;

use super::table::{figure, table};
use crate::reconcile::outcome::Outcome;
use crate::reconcile::report::MethodCurve;
use crate::reconcile::totals::{Reach, Total};
use crate::reconcile::{Reconciliation, Settings};

/// Years after the event at which the curves are shown.
const YEARS_SHOWN: [i32; 4] = [1, 2, 3, 5];

/// Sums by method, the curves, and where the lines were drawn.
pub(super) fn text(found: &Reconciliation, output: &Path) -> String {
    let parts = [sums(found), curves(found), drawn(&found.settings)];
    let rows = format!("{} records, one by one, in {}", found.rows.len(), output.display());
    parts.into_iter().filter(|part| !part.is_empty()).chain([rows]).collect::<Vec<_>>().join("\n\n")
}

fn sums(found: &Reconciliation) -> String {
    let shown: Vec<&Total> = found.totals.iter().filter(|t| t.reach != Reach::MunicipalityYear).collect();
    let outcome = |total: &Total, outcome: Outcome| {
        let sum = total.of(outcome);
        if sum.records == 0 {
            String::new()
        } else {
            format!("{} ({})", figure(Some(sum.hectares.to_f64()), 1), sum.records)
        }
    };
    let cells = |total: &&Total| {
        let mut cells = vec![total.method.clone(), total.records.to_string()];
        cells.push(figure(Some(total.reported_ha.to_f64()), 1));
        cells.extend(Outcome::ALL.map(|o| outcome(total, o)));
        cells.push(figure(Some(total.counted_twice_ha.to_f64()), 1));
        cells
    };
    let header = [
        "method",
        "records",
        "reported",
        "confirmed",
        "not confirmed",
        "nothing seen",
        "unobserved",
        "unusable",
        "counted twice",
    ];
    let title = "Reported hectares by what the masks show (records in brackets; unusable ones are not in 'reported')";
    format!("{title}\n\n{}", table(&header, &shown.iter().map(cells).collect::<Vec<_>>(), &[0]))
}

fn curves(found: &Reconciliation) -> String {
    if found.redetection.is_empty() {
        return String::new();
    }
    let longest = |curve: &MethodCurve| curve.curve.steps.last().map_or(0, |step| step.days);
    let reach = found.redetection.iter().map(longest).max().unwrap_or(0);
    let years: Vec<i32> = YEARS_SHOWN.into_iter().filter(|y| 365 * y <= reach).collect();
    let at = |curve: &MethodCurve, year: i32| {
        if longest(curve) < 365 * year {
            return String::new();
        }
        let step = curve.curve.steps.iter().take_while(|step| step.days <= 365 * year).last();
        match step {
            // Where none was seen again the interval has no width, and says nothing.
            None => "100".to_owned(),
            Some(s) if s.survival >= 1.0 => "100".to_owned(),
            Some(s) => {
                let percent = |share: f64| figure(Some(100.0 * share), 0);
                format!("{} ({} to {})", percent(s.survival), percent(s.low), percent(s.high))
            }
        }
    };
    let cells = |curve: &MethodCurve| {
        let days = |median: Option<i32>| median.map_or_else(String::new, |d| d.to_string());
        let mut cells = vec![curve.method.clone(), curve.records.to_string(), curve.redetected.to_string()];
        cells.extend([days(curve.earliest_median_days), days(curve.curve.median_days)]);
        cells.extend(years.iter().map(|year| at(curve, *year)));
        cells
    };
    let columns: Vec<String> = years.iter().map(|year| format!("% free after {year} a")).collect();
    let mut header = vec!["method", "confirmed", "seen again", "median from day", "to day"];
    header.extend(columns.iter().map(String::as_str));
    let title = "Time until coca was seen again on confirmed ground (Kaplan-Meier, 95 % intervals; censored at the last mask that \
                 observed it).\nMasks tell only between which two of them it came back: the curve takes the later, the first median the \
                 earlier.";
    let rows: Vec<Vec<String>> = found.redetection.iter().map(cells).collect();
    format!("{title}\n\n{}", table(&header, &rows, &[0]))
}

fn drawn(s: &Settings) -> String {
    let radius = s.radius_m.map_or_else(
        || format!("a circle of the reported hectares, of at least {} m radius", s.min_radius_m),
        |radius| format!("a circle of {radius} m radius"),
    );
    format!(
        "Coca is present from {} ha and {} % of the footprint on, and gone where at most {} % of it is left.\n\
         A mask counts where it observed {} % of the footprint, at most {} days before the event, or {} to {} days after it.\n\
         A point stands for {radius}.\n\
         Ground claimed again within {} days is counted twice.",
        s.present_ha,
        100.0 * s.present_share,
        100.0 * s.absent_share,
        100.0 * s.min_observed,
        s.max_gap_days,
        s.settle_days,
        s.settle_days + s.max_gap_days,
        s.season_days,
    )
}
