//! The change between two assessments, with its error.
//!
//! | figure | formula |
//! | --- | --- |
//! | change | `D = B - A`, variance `V(A) + V(B) - 2 Cov(A, B)` |
//! | covariance | 0 for two samples; where the same units were interpreted in both, `sum a_h b_h (n_c / (n_a n_b) - 1 / N) s_ab,h` over (1 / N only with a finite population correction) the strata (areas `a_h`, `b_h`; `n_c` units in both), 0 for what only one holds (Cochran 1977, 12.11; Kish 1965, 12.4) |
//! | growth | `100 (B / A - 1)`, variance `100^2 / A^2 [V(B) + (B/A)^2 V(A) - 2 (B/A) Cov]` (delta method) |
//! | probability of a decrease | `P(Z < -D / SE)` of a normal distribution |
//! | minimum detectable change | `(z_0.975 + z_0.80) SE`: what is found in 80 of 100 surveys at the 5 % level |

use serde::Serialize;

use super::assessment::{Assessment, UnitRecord};
use super::bootstrap::growth_interval;
use super::estimate::{ClassEstimate, Estimate};
use super::normal::{Z80, Z95, below, interval95};
use super::scheme::{Measured, indicator};

/// Two assessments that have no change.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChangeError {
    /// No class is in both.
    #[error("the two assessments have no class in common: {before} and {after}")]
    NoClass {
        /// Classes of the first.
        before: String,
        /// Classes of the second.
        after: String,
    },
    /// Hectares are not known.
    #[error(
        "{which} has no hectares with a standard error for '{class}': assess it with a table of strata in hectares"
    )]
    NoHectares {
        /// Which of the two.
        which: &'static str,
        /// The class.
        class: String,
    },
    /// Pairing without units.
    #[error("--paired needs units with ids in both assessments, and {which} has none: assess a sample, not a matrix")]
    NoUnits {
        /// Which of the two.
        which: &'static str,
    },
    /// Pairing with estimates that have another covariance.
    #[error(
        "--paired knows the covariance of the stratified estimator alone, with the same finite population correction in both; these are '{before}' and '{after}': assess both with --estimator stratified, and both with --fpc or without"
    )]
    OtherEstimator {
        /// Estimator of the first.
        before: String,
        /// Of the second.
        after: String,
    },
    /// More covariance than variance.
    #[error(
        "--paired: the units in both assessments vary together more than the estimates do for '{class}'; the two samples do not go together: leave --paired out"
    )]
    Covariance {
        /// The class.
        class: String,
    },
    /// Pairing without common units.
    #[error(
        "--paired: the two assessments have {common} units in common; at least 2 are needed in some stratum (ids must be the same)"
    )]
    NoPairs {
        /// How many.
        common: usize,
    },
    /// Pairing with other strata.
    #[error(
        "--paired: unit '{id}' is in stratum '{before}' before and in '{after}' after; the same units must keep the strata that they were drawn from"
    )]
    OtherStratum {
        /// The unit.
        id: String,
        /// Its stratum in the first.
        before: String,
        /// In the second.
        after: String,
    },
}

/// The change of one class. Hectares; growth in per cent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassChange {
    /// Class.
    pub name: String,
    /// Municipality; absent for the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// Estimate before.
    pub before_ha: f64,
    /// Its 95 % interval.
    pub before_ci95_ha: [f64; 2],
    /// Estimate after.
    pub after_ha: f64,
    /// After minus before.
    pub change_ha: f64,
    /// Its standard error.
    pub standard_error_ha: f64,
    /// Its 95 % interval.
    pub ci95_ha: [f64; 2],
    /// Covariance of the two estimates, hectares squared.
    pub covariance_ha2: f64,
    /// Growth.
    pub growth_pct: Option<f64>,
    /// Its standard error, percentage points, by the delta method.
    pub growth_se_pct: Option<f64>,
    /// Its 95 % interval by the delta method.
    pub growth_ci95_pct: Option<[f64; 2]>,
    /// The same by resampling the units (10,000 times).
    pub growth_ci95_bootstrap_pct: Option<[f64; 2]>,
    /// Probability that it decreased.
    pub probability_of_decrease: Option<f64>,
    /// The smallest change found in 80 of 100 such surveys.
    pub minimum_detectable_change_ha: f64,
    /// Whether the interval leaves zero out.
    pub distinguishable: bool,
    /// All that in words.
    pub sentence: String,
}

/// What changed between two assessments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Whether the same units were interpreted in both.
    pub paired: bool,
    /// Units in both, where paired.
    pub units_in_common: usize,
    /// The classes, of the whole.
    pub classes: Vec<ClassChange>,
    /// The classes of the municipalities that both have figures for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub municipalities: Vec<ClassChange>,
    /// What is to be known of it.
    pub notes: Vec<String>,
}

/// A unit that both assessments hold.
pub(super) type Pair<'a> = (&'a UnitRecord, &'a UnitRecord);

/// The change from one assessment to a later one.
///
/// # Errors
/// [`ChangeError`] where classes, hectares or units do not go together.
pub fn change(before: &Assessment, after: &Assessment, paired: bool) -> Result<Change, ChangeError> {
    let pairs = if paired { pair(before, after)? } else { Vec::new() };
    let mut notes = remarks(before, after);
    if !paired {
        notes.push("the two samples are taken as independent; where the same units were interpreted in both years, --paired uses that".to_owned());
    }
    let context = Context { before, after, pairs: &pairs };
    let common = common(&before.whole, &after.whole);
    let classes = common.iter().map(|(a, b)| context.of_class(a, b, None)).collect::<Result<Vec<_>, _>>()?;
    if classes.is_empty() {
        let names = |e: &Estimate| e.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ChangeError::NoClass { before: names(&before.whole), after: names(&after.whole) });
    }
    let mut municipalities = Vec::new();
    // Of municipalities, only estimates of their own units expanded by the design have the covariance of those units.
    let known = |e: &&Estimate| e.municipality.is_some() && (!paired || e.estimator == "direct");
    if paired && before.estimates.iter().any(|e| e.municipality.is_some() && !known(&e)) {
        notes.push("--paired: of municipalities, changes of the direct estimator alone have a known error; the others were left out".to_owned());
    }
    for a in before.estimates.iter().filter(known) {
        let same = |b: &&Estimate| b.municipality == a.municipality && b.estimator == a.estimator;
        let Some(b) = after.estimates.iter().find(same) else { continue };
        for (x, y) in self::common(a, b) {
            if x.hectares().is_some() && y.hectares().is_some() {
                municipalities.push(context.of_class(x, y, Some(a))?);
            }
        }
    }
    if classes.iter().any(unsure) {
        notes.push(format!(
            "growth: where the first estimate has a standard error of more than {:.0} %, its distribution is skewed: take the interval by resampling",
            100.0 * SKEWED
        ));
    }
    Ok(Change { paired, units_in_common: pairs.len(), classes, municipalities, notes })
}

/// What is odd about the two together.
fn remarks(before: &Assessment, after: &Assessment) -> Vec<String> {
    let mut notes = Vec::new();
    if before.whole.estimator != after.whole.estimator {
        notes.push(format!(
            "the two estimators differ: {} before, {} after; a part of the change may be theirs",
            before.whole.estimator, after.whole.estimator
        ));
    }
    let lone = |a: &Estimate, b: &Estimate| -> Vec<String> {
        a.classes.iter().filter(|c| b.classes.iter().all(|d| d.name != c.name)).map(|c| c.name.clone()).collect()
    };
    for (a, b, which) in [(before, after, "first"), (after, before, "second")] {
        let names = lone(&a.whole, &b.whole);
        if !names.is_empty() {
            notes.push(format!(
                "only the {which} assessment has these classes, so they have no change: {}",
                names.join(", ")
            ));
        }
    }
    notes
}

fn common<'a>(a: &'a Estimate, b: &'a Estimate) -> Vec<(&'a ClassEstimate, &'a ClassEstimate)> {
    a.classes.iter().filter_map(|x| Some((x, b.classes.iter().find(|y| y.name == x.name)?))).collect()
}

/// Relative standard error of the first estimate from which the delta method is doubtful.
const SKEWED: f64 = 0.2;

fn unsure(class: &ClassChange) -> bool {
    let [low, high] = class.before_ci95_ha;
    class.before_ha > 0.0 && high - low > 2.0 * Z95 * SKEWED * class.before_ha
}

/// Units with the same id, checked to be of the same stratum.
fn pair<'a>(before: &'a Assessment, after: &'a Assessment) -> Result<Vec<Pair<'a>>, ChangeError> {
    for (assessment, which) in [(before, "the first"), (after, "the second")] {
        if assessment.units.is_empty() {
            return Err(ChangeError::NoUnits { which });
        }
    }
    let corrected = |a: &Assessment| a.survey.finite_correction;
    let stratified = [before, after].iter().all(|a| a.whole.estimator == "stratified");
    if !stratified || corrected(before) != corrected(after) {
        let name = |a: &Assessment| format!("{}{}", a.whole.estimator, if corrected(a) { " with --fpc" } else { "" });
        return Err(ChangeError::OtherEstimator { before: name(before), after: name(after) });
    }
    let later: std::collections::BTreeMap<&str, &UnitRecord> =
        after.units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    let mut pairs = Vec::new();
    for unit in &before.units {
        let Some(other) = later.get(unit.id.as_str()) else { continue };
        let names = (&before.survey.strata[unit.stratum].name, &after.survey.strata[other.stratum].name);
        if names.0 != names.1 {
            let (id, before, after) = (unit.id.clone(), names.0.clone(), names.1.clone());
            return Err(ChangeError::OtherStratum { id, before, after });
        }
        pairs.push((unit, *other));
    }
    if pairs.len() < 2 {
        return Err(ChangeError::NoPairs { common: pairs.len() });
    }
    Ok(pairs)
}

struct Context<'a> {
    before: &'a Assessment,
    after: &'a Assessment,
    pairs: &'a [Pair<'a>],
}

impl Context<'_> {
    fn of_class(
        &self,
        a: &ClassEstimate,
        b: &ClassEstimate,
        municipality: Option<&Estimate>,
    ) -> Result<ClassChange, ChangeError> {
        let hectares = |c: &ClassEstimate, which| {
            c.hectares().ok_or_else(|| ChangeError::NoHectares { which, class: c.name.clone() })
        };
        let (x, y) = (hectares(a, "the first")?, hectares(b, "the second")?);
        let code = municipality.and_then(|m| m.municipality.clone());
        let covariance = self.covariance(&a.name, code.as_deref());
        if 2.0 * covariance > (x.variance + y.variance) * (1.0 + 1e-9) {
            return Err(ChangeError::Covariance { class: a.name.clone() });
        }
        let stratified = [self.before, self.after].iter().all(|a| a.whole.estimator == "stratified");
        let bootstrap = (x.value > 0.0 && municipality.is_none() && stratified)
            .then(|| growth_interval(self.before, self.after, self.pairs, &a.name))
            .flatten();
        Ok(describe(&a.name, code, (x, y, covariance), bootstrap))
    }

    /// Covariance of the two estimates of a class, hectares squared.
    fn covariance(&self, class: &str, municipality: Option<&str>) -> f64 {
        let (a, b) = (&self.before.survey, &self.after.survey);
        let class_of = |names: &[String]| names.iter().position(|n| n == class);
        let place_of = |names: &[String]| municipality.and_then(|code| names.iter().position(|n| n == code));
        let (class_a, class_b) = (class_of(&a.classes), class_of(&b.classes));
        let (place_a, place_b) = (place_of(&a.domains), place_of(&b.domains));
        let value = |unit: &UnitRecord, class: Option<usize>, place: Option<usize>| {
            indicator(Some(unit.reference) == class && (municipality.is_none() || unit.domain == place))
        };
        let of_stratum = |h: usize| {
            let own: Vec<(f64, f64)> = self
                .pairs
                .iter()
                .filter(|(unit, _)| unit.stratum == h)
                .map(|(p, q)| (value(p, class_a, place_a), value(q, class_b, place_b)))
                .collect();
            let n = own.len() as f64;
            if own.len() < 2 {
                return 0.0;
            }
            let (mean_a, mean_b) = (own.iter().map(|v| v.0).sum::<f64>() / n, own.iter().map(|v| v.1).sum::<f64>() / n);
            let spread = own.iter().map(|(p, q)| (p - mean_a) * (q - mean_b)).sum::<f64>() / (n - 1.0);
            let name = &a.strata[h].name;
            let other = b.strata.iter().position(|s| s.name == *name).unwrap_or_default();
            let weights = a.strata[h].weight * b.strata[other].weight;
            let shared = n / (a.units_of(h) as f64 * b.units_of(other) as f64);
            // Without replacement from N units, samples that share none are a little against each other: -1 / N.
            let all = if a.finite_correction { a.strata[h].units.map_or(0.0, |units| 1.0 / units) } else { 0.0 };
            weights * (shared - all) * spread
        };
        let whole = a.total_ha.unwrap_or(0.0) * b.total_ha.unwrap_or(0.0);
        whole * (0..a.strata.len()).map(of_stratum).sum::<f64>()
    }
}

fn describe(
    name: &str,
    municipality: Option<String>,
    (before, after, covariance): (Measured, Measured, f64),
    bootstrap: Option<[f64; 2]>,
) -> ClassChange {
    let change = after.value - before.value;
    let both = before.variance + after.variance;
    // What rounding leaves of two estimates that are the same is no variance.
    let variance = Some(both - 2.0 * covariance).filter(|v| *v > 1e-12 * both).unwrap_or(0.0);
    let error = variance.sqrt();
    let ci95_ha = interval95(change, error);
    let ratio = (before.value > 0.0).then(|| after.value / before.value);
    let growth = ratio.map(|r| 100.0 * (r - 1.0));
    let growth_se = ratio.map(|r| {
        let all = after.variance + r * r * before.variance;
        let inner = Some(all - 2.0 * r * covariance).filter(|v| *v > 1e-12 * all).unwrap_or(0.0);
        100.0 * inner.sqrt() / before.value
    });
    let distinguishable = change.abs() > Z95 * error;
    ClassChange {
        sentence: sentence(name, change, ci95_ha, distinguishable),
        name: name.to_owned(),
        municipality,
        before_ha: before.value,
        before_ci95_ha: interval95(before.value, before.standard_error()),
        after_ha: after.value,
        change_ha: change,
        standard_error_ha: error,
        ci95_ha,
        covariance_ha2: covariance,
        growth_pct: growth,
        growth_se_pct: growth_se,
        growth_ci95_pct: growth.zip(growth_se).map(|(g, se)| interval95(g, se)),
        growth_ci95_bootstrap_pct: bootstrap,
        probability_of_decrease: (error > 0.0).then(|| below(-change / error)),
        minimum_detectable_change_ha: (Z95 + Z80) * error,
        distinguishable,
    }
}

fn sentence(name: &str, change: f64, [low, high]: [f64; 2], distinguishable: bool) -> String {
    if change == 0.0 && low == high {
        return format!(
            "{name}: no unit of the sample changed; what is less than one unit stands for cannot be ruled out"
        );
    }
    let verdict = match (distinguishable, change > 0.0) {
        (false, _) => "not distinguishable from zero",
        (true, true) => "an increase",
        (true, false) => "a decrease",
    };
    let digits = if change.abs().max(low.abs()).max(high.abs()) < 100.0 { 2 } else { 0 };
    let figure = |value: f64| signed(value, digits);
    format!("{name}: {verdict}: {} ha, 95 % from {} to {}", figure(change), figure(low), figure(high))
}

/// With its sign and commas between thousands: `+8,814`.
pub fn signed(value: f64, digits: usize) -> String {
    let (text, is_zero) = grouped(value, digits);
    let sign = if is_zero {
        ""
    } else if value < 0.0 {
        "-"
    } else {
        "+"
    };
    format!("{sign}{text}")
}

/// The magnitude with so many decimals and commas between thousands, and whether it is written as zero.
pub fn grouped(value: f64, digits: usize) -> (String, bool) {
    let text = format!("{:.digits$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        grouped.push_str(if i > 0 && (whole.len() - i) % 3 == 0 { "," } else { "" });
        grouped.push(digit);
    }
    let is_zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    (grouped + rest, is_zero)
}
