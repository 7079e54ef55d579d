//! Both readings in words, and whether noise could say the same.

use super::TrendRow;
use super::error::Interval;
use crate::accuracy::change::{grouped, signed};

/// Decimals of hectares in words: one where the place is small.
fn decimals(hectares: f64) -> usize {
    usize::from(hectares < 1_000.0)
}

fn bounds(interval: Interval, written: impl Fn(f64) -> String) -> String {
    format!("95 % from {} to {}", written(interval.low), written(interval.high))
}

/// The absolute reading: how many hectares, how many more or fewer.
pub(super) fn level(row: &TrendRow, highest: bool) -> String {
    let digits = decimals(row.hectares.to_f64());
    let hectares = grouped(row.hectares.to_f64(), digits).0;
    // A bound that is nearly zero keeps its sign: on which side it lies is what the words are about.
    let signed_ha = |hectares: f64| match signed(hectares, digits) {
        zero if !zero.starts_with(['+', '-']) && hectares != 0.0 => signed(hectares, 4),
        other => other,
    };
    let record = if highest { ", the most of the series so far" } else { "" };
    let Some(change) = row.change_ha.map(|c| c.to_f64()) else {
        return format!("{hectares} ha; no figure of the year before");
    };
    if row.hectares.to_f64() == 0.0 && change == 0.0 {
        return "0 ha, as the year before".to_owned();
    }
    let words = match row.change_ci.map(|ci| (ci, ci.side())) {
        None => "no error is known, so whether this is noise cannot be said".to_owned(),
        Some((ci, 0)) => {
            let told = format!("{}: not distinguishable from no change", bounds(ci, signed_ha));
            match row.break_even_relative_se.filter(|_| row.error == "assumed") {
                Some(share) => format!("{told}, unless the standard error is below {:.2} %", 100.0 * share),
                None => told,
            }
        }
        Some((ci, 1)) => format!("{}: more than noise, an increase", bounds(ci, signed_ha)),
        Some((ci, _)) => format!("{}: more than noise, a decrease", bounds(ci, signed_ha)),
    };
    format!("{hectares} ha{record}; {} ha in the year ({words})", signed_ha(change))
}

/// The reading of the rate: growth, and whether it slowed.
pub(super) fn rate(row: &TrendRow, growth_before: Option<f64>) -> String {
    let percent = |value: f64| format!("{value:+.2} %");
    let points = |value: f64| format!("{value:+.2}");
    let Some(growth) = row.growth_pct else {
        let why = if row.change_ha.is_some() { "nothing stood" } else { "there is no figure of" };
        return format!("no growth rate: {why} the year before");
    };
    let noise = match row.growth_ci.map(|ci| (ci, ci.side())) {
        None => String::new(),
        Some((ci, 0)) => format!(" ({}: not distinguishable from zero)", bounds(ci, percent)),
        Some((ci, _)) => format!(" ({}: distinguishable from zero)", bounds(ci, percent)),
    };
    let Some((difference, before)) = row.growth_change_pp.zip(growth_before) else {
        return format!("{}{noise}; no growth rate of the year before", percent(growth));
    };
    let direction = match (growth, difference) {
        (_, 0.0) => "growth stayed as it was",
        (g, d) if d < 0.0 && g >= 0.0 => "growth slowed",
        (_, d) if d < 0.0 && before < 0.0 => "the fall quickened",
        (_, d) if d < 0.0 => "growth turned into a fall",
        (g, _) if g < 0.0 => "the fall slowed",
        _ if before < 0.0 => "the fall turned into growth",
        _ => "growth quickened",
    };
    let told = match row.growth_change_ci.map(|ci| (ci, ci.side())) {
        None => "no error is known".to_owned(),
        Some((ci, 0)) => format!("{}: not distinguishable from noise", bounds(ci, points)),
        Some((ci, _)) => format!("{}: more than noise", bounds(ci, points)),
    };
    let (now, before, difference) = (percent(growth), percent(before), points(difference));
    format!("{now}{noise}; {direction}: {difference} points from {before} ({told})")
}
