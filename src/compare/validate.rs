//! Is the census compatible with the estimate? A test for each municipality, corrected for there being hundreds.
//!
//! | figure | formula |
//! | --- | --- |
//! | difference | census - estimate |
//! | z | difference over the estimate's standard error; the census is taken as without error |
//! | p value | two-sided, normal |
//! | q value | Benjamini and Hochberg (1995, JRSS B 57:289): the smallest rate of false discoveries at which it is one |
//! | equivalence | two one-sided tests (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657) against a margin on either side |

use std::collections::BTreeMap;

use serde::Serialize;

use super::skill::{Figures, LAST_YEAR, OURS, Skill, census_of, nulls};
use crate::accuracy::normal::{below, interval95, two_sided};
use crate::records::Census;
use crate::territory::MunicipalityCode;

/// An estimate of a municipality, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Year.
    pub year: i32,
    /// Hectares; `None` where it is not estimable.
    pub estimate_ha: Option<f64>,
    /// Its standard error.
    pub standard_error_ha: Option<f64>,
    /// Weight of the municipality's own units in it; `None` where the estimator has no such weight.
    pub own_weight: Option<f64>,
    /// Year of the census or labels that the model was calibrated on.
    pub calibrated_on: Option<i32>,
}

/// What is to be tested.
#[derive(Clone, Copy, Debug)]
pub struct ValidateOptions {
    /// Rate of false discoveries.
    pub fdr: f64,
    /// Margin of equivalence, as a share of the census.
    pub margin: f64,
}

/// What is said of a municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// The census lies within what chance explains.
    #[serde(rename = "compatible")]
    Compatible,
    /// It is higher than that.
    #[serde(rename = "census higher")]
    Higher,
    /// It is lower.
    #[serde(rename = "census lower")]
    Lower,
    /// There is no standard error to tell by.
    #[serde(rename = "no error known")]
    NoError,
    /// The estimate is a model's and holds next to nothing of the municipality's own units: no evidence against the census.
    #[serde(rename = "model only")]
    ModelOnly,
    /// There is no estimate.
    #[serde(rename = "not estimable")]
    NotEstimable,
    /// The census has no figure.
    #[serde(rename = "no census")]
    NoCensus,
}

impl Verdict {
    /// The words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Higher => "census higher",
            Self::Lower => "census lower",
            Self::NoError => "no error known",
            Self::ModelOnly => "model only",
            Self::NotEstimable => "not estimable",
            Self::NoCensus => "no census",
        }
    }
}

/// A municipality and year.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name, a label.
    pub municipality_name: String,
    /// Year.
    pub year: i32,
    /// Census.
    pub census_ha: Option<f64>,
    /// Estimate.
    pub adjusted_area_ha: Option<f64>,
    /// Its standard error.
    pub standard_error_ha: Option<f64>,
    /// Its 95 % interval.
    pub ci95_ha: Option<[f64; 2]>,
    /// Census minus estimate.
    pub difference_ha: Option<f64>,
    /// The same in standard errors.
    pub z: Option<f64>,
    /// Two-sided.
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg.
    pub q_value: Option<f64>,
    /// Margin of equivalence.
    pub margin_ha: Option<f64>,
    /// The larger of the two one-sided p values.
    pub equivalence_p: Option<f64>,
    /// Whether they are equivalent at the 5 % level.
    pub equivalent: Option<bool>,
    /// Last year's census: the null.
    pub previous_census_ha: Option<f64>,
    /// What is said.
    pub verdict: Verdict,
    /// Whether the model was calibrated on this year.
    pub circular: bool,
}

/// A year's figures and nulls against its census.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct YearSkill {
    /// The year.
    pub year: i32,
    /// The estimates and the nulls, over the municipalities that all of them have.
    pub compared: Vec<Skill>,
    /// The nulls over all municipalities of the census.
    pub whole_census: Vec<Skill>,
    /// Whether the estimates beat last year's census; `None` where there is nothing to tell by.
    pub beats_the_null: Option<bool>,
    /// By how many points of weighted MAPE (above 0: nearer than the null).
    pub by_points: Option<f64>,
    /// The same in words.
    pub sentence: String,
}

/// All that is found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// By code, then year.
    pub rows: Vec<ValidationRow>,
    /// By year.
    pub skill: Vec<YearSkill>,
    /// What is to be known of it.
    pub notes: Vec<String>,
}

/// Tests estimates against a census, and holds both beside the nulls of the years before.
pub fn validate(estimates: &[EstimateRow], census: &Census, history: &Census, options: ValidateOptions) -> Validation {
    let mut rows: Vec<ValidationRow> = estimates.iter().map(|e| row(e, census, history, options)).collect();
    rows.sort_by(|a, b| (&a.municipality_code, a.year).cmp(&(&b.municipality_code, b.year)));
    discover(&mut rows, options.fdr);
    let mut years: Vec<i32> = rows.iter().map(|r| r.year).collect();
    years.sort_unstable();
    years.dedup();
    let skill: Vec<YearSkill> = years.into_iter().map(|year| year_skill(&rows, census, history, year)).collect();
    let notes = notes(&rows, &skill, options);
    Validation { rows, skill, notes }
}

/// Weight of the own units below which an estimate is no evidence of its municipality.
const LEAST_OWN: f64 = 0.1;

fn row(estimate: &EstimateRow, census: &Census, history: &Census, options: ValidateOptions) -> ValidationRow {
    let (code, year) = (&estimate.municipality_code, estimate.year);
    let figure = census.stock(code, year).map(|stock| stock.to_f64());
    let (value, error) = (estimate.estimate_ha, estimate.standard_error_ha.filter(|e| *e > 0.0));
    let difference = figure.zip(value).map(|(c, v)| c - v);
    let model_only = estimate.own_weight.is_some_and(|weight| weight < LEAST_OWN);
    let tested = difference.zip(error).filter(|_| !model_only);
    let z = tested.map(|(d, e)| d / e);
    let margin = figure.map(|c| options.margin * c);
    let equivalence = tested.zip(margin).map(|((d, e), m)| below((d - m) / e).max(below(-(d + m) / e)));
    let verdict = match (figure, value, error) {
        (_, None, _) => Verdict::NotEstimable,
        (None, ..) => Verdict::NoCensus,
        (.., None) => Verdict::NoError,
        _ if model_only => Verdict::ModelOnly,
        _ => Verdict::Compatible,
    };
    ValidationRow {
        municipality_code: code.clone(),
        municipality_name: census.name(code).unwrap_or_default().to_owned(),
        year,
        census_ha: figure,
        adjusted_area_ha: value,
        standard_error_ha: estimate.standard_error_ha,
        ci95_ha: value.zip(error).map(|(v, e)| interval95(v, e)),
        difference_ha: difference,
        z,
        p_value: z.map(two_sided),
        q_value: None,
        margin_ha: margin,
        equivalence_p: equivalence,
        equivalent: equivalence.map(|p| p < 0.05),
        previous_census_ha: history.stock(code, year - 1).or_else(|| census.stock(code, year - 1)).map(|s| s.to_f64()),
        verdict,
        circular: estimate.calibrated_on == Some(year),
    }
}

/// Sets q values and what they say.
fn discover(rows: &mut [ValidationRow], fdr: f64) {
    let p: Vec<(usize, f64)> = rows.iter().enumerate().filter_map(|(i, r)| Some((i, r.p_value?))).collect();
    let q = benjamini_hochberg(&p.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    for ((i, _), q) in p.into_iter().zip(q) {
        let row = &mut rows[i];
        row.q_value = Some(q);
        if q <= fdr {
            row.verdict = if row.z.unwrap_or_default() > 0.0 { Verdict::Higher } else { Verdict::Lower };
        }
    }
}

/// q values: of the `k`-th smallest of `m` p values the least of `p_j m / j` over `j >= k`.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut q = vec![0.0; p.len()];
    let mut least: f64 = 1.0;
    for (from_last, i) in order.into_iter().enumerate() {
        least = least.min(p[i] * p.len() as f64 / (p.len() - from_last) as f64);
        q[i] = least;
    }
    q
}

fn year_skill(rows: &[ValidationRow], census: &Census, history: &Census, year: i32) -> YearSkill {
    let all = census_of(census, year);
    let nulls = nulls(history, census, year);
    let ours: Figures = rows
        .iter()
        .filter(|r| r.year == year)
        .filter_map(|r| Some((r.municipality_code.clone(), r.adjusted_area_ha?)))
        .collect();
    let has_all = |code: &MunicipalityCode| ours.contains_key(code) && nulls.iter().all(|(_, n)| n.contains_key(code));
    let common: Figures = all.iter().filter(|(code, _)| has_all(code)).map(|(c, v)| (c.clone(), *v)).collect();
    let against =
        |census: &Figures| nulls.iter().map(|(name, figures)| Skill::of(name, figures, census)).collect::<Vec<_>>();
    let mut compared = vec![Skill::of(OURS, &ours, &common)];
    compared.extend(against(&common));
    let error = |name: &str| compared.iter().find(|s| s.name == name).and_then(|s| s.weighted_mape_pct);
    let by_points = error(OURS).zip(error(LAST_YEAR)).map(|(ours, null)| null - ours);
    let beats = by_points.map(|points| points > 0.0);
    YearSkill {
        sentence: sentence(year, &compared, by_points),
        year,
        whole_census: against(&all),
        beats_the_null: beats,
        by_points,
        compared,
    }
}

fn sentence(year: i32, compared: &[Skill], by_points: Option<f64>) -> String {
    let error =
        |name: &str| compared.iter().find(|s| s.name == name).and_then(|s| s.weighted_mape_pct).unwrap_or_default();
    match by_points {
        None => format!(
            "{year}: whether it beats the null is not known: no municipality has an estimate, a census of {year} and one of {}",
            year - 1
        ),
        Some(points) => format!(
            "{year}: beats the null: {}, by {points:+.1} points of weighted MAPE (estimate {:.1} %, last year's census {:.1} %, {} municipalities)",
            if points > 0.0 { "yes" } else { "no" },
            error(OURS),
            error(LAST_YEAR),
            compared.first().map_or(0, |s| s.municipalities),
        ),
    }
}

fn notes(rows: &[ValidationRow], skill: &[YearSkill], options: ValidateOptions) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    rows.iter().for_each(|r| *counts.entry(r.verdict.words()).or_default() += 1);
    let counted: Vec<String> = counts.iter().map(|(words, n)| format!("{n} {words}")).collect();
    let tested = rows.iter().filter(|r| r.p_value.is_some()).count();
    let mut notes = vec![format!(
        "municipalities and years tested at a false discovery rate of {} (the census is taken as without error): {tested}; {}",
        options.fdr,
        counted.join(", ")
    )];
    let circular = rows.iter().filter(|r| r.circular).count();
    if circular > 0 {
        notes.push(format!(
            "circular: {circular} estimates are of a model that was calibrated on the year that they are evaluated on; that they agree says nothing of other years"
        ));
    }
    notes.extend(skill.iter().map(|s| s.sentence.clone()));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Benjamini and Hochberg (1995), section 3.2: of fifteen p values, four are discoveries at 0.05.
    #[test]
    fn the_published_p_values_give_four_discoveries() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        let mut shuffled = p;
        shuffled.reverse();
        let mut q = benjamini_hochberg(&shuffled);
        q.reverse();
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[3] - 0.0095 * 15.0 / 4.0).abs() < 1e-15 && (q[0] - 0.0015).abs() < 1e-15);
        // R's p.adjust(p, "BH")[7] is that of the eighth: 0.0344 x 15 / 8 is less than 0.0298 x 15 / 7.
        assert!((q[6] - 0.0298 * 15.0 / 7.0).abs() < 1e-15 && q.windows(2).all(|w| w[0] <= w[1]));
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
