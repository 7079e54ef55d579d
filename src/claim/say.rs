//! Figures and verdicts in words.

use super::interval::Measured;
use super::outcome::{Verdict, shown};
use super::rule::Rule;
use super::types::Target;

/// Unit of a figure by its name, and decimals to show.
fn unit_of(name: &str) -> (&'static str, usize) {
    if name.ends_with("_pct") {
        ("%", 2)
    } else if name.ends_with("_pp") {
        ("percentage points", 2)
    } else if name.ends_with("_kg") {
        ("kg", 1)
    } else {
        ("ha", 2)
    }
}

/// The interval of a figure, where it has one.
pub(super) fn interval_words(m: Measured, unit: &str) -> String {
    if !m.is_uncertain() {
        return String::new();
    }
    let decimals = if unit == "ha" || unit == "kg" { 0 } else { 1 };
    format!(" (95 % interval {} to {})", shown(m.low, decimals), shown(m.high, decimals))
}

/// A figure, its interval and how it stands to the claim.
pub(super) fn sentence(name: &str, m: Measured, target: Target, verdict: Verdict, rule: Rule) -> String {
    let (unit, decimals) = unit_of(name);
    let earlier = name != "growth_before_pct" && name.contains("_before");
    let level = if earlier { name.replace("_before", "") } else { name.to_owned() };
    let what = match level.as_str() {
        "growth_pct" => "growth",
        "growth_before_pct" => "growth of the year before",
        "growth_change_pp" => "growth against that of the year before",
        "share_pct" => "share of the whole",
        "change_ha" | "change_kg" => "change",
        "difference" => "difference between the places",
        "eradicated_ha" => "eradicated",
        "gross_gain_ha" => "gross gain",
        "seized_kg" => "seized",
        _ => "hectares of the record",
    };
    let what = if earlier { format!("earlier year, {what}") } else { what.to_owned() };
    let claimed = match (target.low.is_finite(), target.high.is_finite()) {
        (true, true) => format!("{} to {}", shown(target.low, decimals), shown(target.high, decimals)),
        (true, false) => format!("above {}", shown(target.low, decimals)),
        (false, _) => format!("below {}", shown(target.high, decimals)),
    };
    let end = match (verdict, rule) {
        (Verdict::Supported, _) => "agrees with".to_owned(),
        (Verdict::NotDistinguishable, Rule::Change) if target.holds(m.value) => {
            return format!(
                "{what} {} {unit}{}: it agrees with the claimed {claimed}, but the interval holds zero",
                shown(m.value, decimals),
                interval_words(m, unit)
            );
        }
        (Verdict::NotDistinguishable, _) => "cannot be told from".to_owned(),
        _ => "is outside".to_owned(),
    };
    format!("{what} {} {unit}{} {end} the claimed {claimed}", shown(m.value, decimals), interval_words(m, unit))
}
