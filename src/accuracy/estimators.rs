//! Areas and accuracies of the whole, by each estimator. Formulas, sources and conditions: docs/method.md, section 14.

use super::error::SurveyError;
use super::estimate::{ClassEstimate, Estimate};
use super::normal::interval95;
use super::scheme::{Measured, Scheme, indicator};
use super::survey::{Cell, Survey};

/// An estimator of areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimator {
    /// Each stratum by its weight (Olofsson et al. 2013, 2014; Stehman 2014 where strata are not the map's classes).
    Stratified,
    /// A simple random sample as it is.
    Simple,
    /// A simple random sample weighted by the map's classes.
    PostStratified,
    /// The map's total plus the mean difference of reference and map.
    Difference,
    /// The same with the map weighted by a tuned lambda (PPI++).
    Ppi,
    /// The map's total times the ratio of reference to map in the sample.
    Ratio,
    /// Pixels counted: no estimate; shown with its bias.
    PixelCount,
}

impl Estimator {
    /// All of them, the default first.
    pub const ALL: [Self; 7] = [
        Self::Stratified,
        Self::Simple,
        Self::PostStratified,
        Self::Difference,
        Self::Ppi,
        Self::Ratio,
        Self::PixelCount,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stratified => "stratified",
            Self::Simple => "simple-random",
            Self::PostStratified => "post-stratified",
            Self::Difference => "difference",
            Self::Ppi => "ppi",
            Self::Ratio => "ratio",
            Self::PixelCount => "pixel-count",
        }
    }

    /// What must hold for it, in a sentence.
    fn condition(self) -> &'static str {
        match self {
            Self::Stratified => "unbiased where units were drawn at random within each stratum",
            Self::Simple => "holds only if all units were drawn at random from the whole, whatever their stratum",
            Self::PostStratified => {
                "holds only if all units were drawn at random from the whole; weighted by the map's classes afterwards"
            }
            Self::Difference => {
                "unbiased where units were drawn at random within each stratum; the map's total is exact"
            }
            Self::Ppi => "nearly unbiased for samples that are not tiny: lambda is tuned on the same units",
            Self::Ratio => "nearly unbiased for samples that are not tiny",
            Self::PixelCount => "pixels counted: no estimate; its bias is that against the stratified estimator",
        }
    }

    fn refuse(self, rule: &str) -> SurveyError {
        SurveyError::Estimator { estimator: self.name(), rule: rule.to_owned() }
    }
}

const NEEDS_MAP: &str = "needs what the map shows of every class: a column 'map' in the table of strata, or strata that are the map's classes";

/// The estimate of the whole.
///
/// # Errors
/// [`SurveyError::Estimator`] where the survey lacks what the estimator needs.
pub fn estimate(survey: &Survey, estimator: Estimator) -> Result<Estimate, SurveyError> {
    let scheme = match estimator {
        Estimator::Simple => Scheme::simple(survey),
        Estimator::PostStratified => Scheme::post_stratified(survey).ok_or_else(|| {
            let rule = format!("{NEEDS_MAP}; and every class of the map needs two units");
            estimator.refuse(&rule)
        })?,
        _ => Scheme::stratified(survey),
    };
    let needs_map = !matches!(estimator, Estimator::Stratified | Estimator::Simple);
    if needs_map && (0..survey.classes.len()).any(|class| survey.mapped_share(class).is_none()) {
        return Err(estimator.refuse(NEEDS_MAP));
    }
    let mut notes = vec![estimator.condition().to_owned()];
    notes.extend(mapped_note(survey));
    let mut classes = Vec::new();
    for class in 0..survey.classes.len() {
        let mut row = accuracies(survey, &scheme, class);
        match estimator {
            Estimator::PixelCount => count_pixels(survey, &scheme, class, &mut row),
            _ => row.set_share(share(survey, &scheme, (estimator, class), &mut notes), survey.total_ha),
        }
        classes.push(row);
    }
    notes.extend(warnings(survey, &classes));
    let overall = overall(survey, &scheme);
    Ok(Estimate {
        estimator: estimator.name().to_owned(),
        municipality: None,
        n: survey.n(),
        classes,
        overall_accuracy: overall.map(|o| o.value),
        overall_accuracy_se: overall.map(|o| o.standard_error()),
        notes,
    })
}

/// Overall accuracy (Olofsson et al. 2014, eq. 1 and 5; Stehman 2014, eq. 3 and 25).
fn overall(survey: &Survey, scheme: &Scheme<'_>) -> Option<Measured> {
    survey.has_map().then(|| scheme.measure(|cell| indicator(cell.map == Some(cell.reference))))
}

/// A class with its mapped hectares and its accuracies: user's (Olofsson et al. 2014, eq. 2 and 6) and producer's (eq. 3
/// and 7), both as ratios of means (Stehman 2014, eq. 27 and 28), which are the same where strata are the map's classes.
fn accuracies(survey: &Survey, scheme: &Scheme<'_>, class: usize) -> ClassEstimate {
    let mapped = move |cell: &Cell| indicator(cell.map == Some(class));
    let is = move |cell: &Cell| indicator(cell.reference == class);
    let both = move |cell: &Cell| mapped(cell) * is(cell);
    let (users, producers) =
        if survey.has_map() { (scheme.ratio(both, mapped), scheme.ratio(both, is)) } else { (None, None) };
    ClassEstimate {
        name: survey.classes[class].clone(),
        mapped_area_ha: survey.mapped_share(class).zip(survey.total_ha).map(|(share, total)| share * total),
        users_accuracy: users.map(|u| u.value),
        users_accuracy_se: users.map(|u| u.standard_error()),
        producers_accuracy: producers.map(|p| p.value),
        producers_accuracy_se: producers.map(|p| p.standard_error()),
        ..ClassEstimate::default()
    }
}

/// The share of the ground that is a class.
fn share(
    survey: &Survey,
    scheme: &Scheme<'_>,
    (estimator, class): (Estimator, usize),
    notes: &mut Vec<String>,
) -> Measured {
    let mapped = move |cell: &Cell| indicator(cell.map == Some(class));
    let is = move |cell: &Cell| indicator(cell.reference == class);
    let on_map = survey.mapped_share(class).unwrap_or_default();
    let shifted = |lambda: f64| Measured {
        value: lambda * on_map + scheme.mean(|cell| is(cell) - lambda * mapped(cell)),
        variance: scheme.variance(|cell| is(cell) - lambda * mapped(cell)),
    };
    match estimator {
        Estimator::Difference => shifted(1.0),
        Estimator::Ppi => {
            let spread = scheme.variance(mapped);
            let lambda = if spread > 0.0 { (scheme.covariance(is, mapped) / spread).clamp(0.0, 1.0) } else { 0.0 };
            notes.push(if spread > 0.0 {
                format!("lambda of {} is {lambda:.4}", survey.classes[class])
            } else {
                format!("{}: the map does not vary within strata, so lambda has no effect", survey.classes[class])
            });
            shifted(lambda)
        }
        Estimator::Ratio => match scheme.ratio(is, mapped) {
            Some(ratio) => ratio.scaled(on_map),
            None => {
                notes.push(format!(
                    "{}: no sample unit is mapped so; its share is the stratified estimate",
                    survey.classes[class]
                ));
                scheme.measure(is)
            }
        },
        _ => scheme.measure(is),
    }
}

/// The mapped area in the place of an estimate, and its bias against the stratified one.
fn count_pixels(survey: &Survey, scheme: &Scheme<'_>, class: usize, row: &mut ClassEstimate) {
    let estimated = scheme.measure(|cell| indicator(cell.reference == class));
    row.adjusted_share = survey.mapped_share(class);
    row.adjusted_area_ha = row.mapped_area_ha;
    let bias = row.mapped_area_ha.zip(survey.total_ha).map(|(mapped, total)| mapped - estimated.value * total);
    row.bias_ha = bias;
}

/// What makes an interval doubtful: rare classes, strata of which one unit decides, areas below 0; and the bias of pixels
/// counted.
fn warnings(survey: &Survey, classes: &[ClassEstimate]) -> Vec<String> {
    let mut notes = Vec::new();
    let few: Vec<String> = (0..classes.len()).filter_map(|class| few_units(survey, class)).collect();
    if !few.is_empty() {
        notes.push(format!(
            "{DOUBT} (docs/coverage.md), since they rest on few units; label more of them: {}",
            few.join(", ")
        ));
    }
    for (number, row) in classes.iter().enumerate() {
        if let (Some(bias), Some(error)) = (row.bias_ha, error_of(survey, number)) {
            let [low, high] = interval95(bias, error);
            notes.push(format!(
                "{}: counting pixels errs by {bias:+.0} ha (95 % from {low:+.0} to {high:+.0})",
                row.name
            ));
        }
        let share = row.adjusted_share.zip(row.standard_error_share);
        if share.is_some_and(|(share, error)| interval95(share, error)[0] < 0.0) {
            notes.push(format!(
                "{}: the interval reaches below 0, where no area can be: the normal approximation fails; label more units",
                row.name
            ));
        }
    }
    notes
}

/// How the note of doubtful intervals begins.
pub const DOUBT: &str = "intervals that may cover the truth in fewer than 95 of 100 surveys";

/// Fewer units of a class than this, in all, make a normal interval doubtful (see docs/coverage.md).
const FEW_OF_CLASS: u64 = 10;
/// The same of a single stratum, where one of its units stands for much of the standard error.
const FEW_IN_STRATUM: u64 = 5;

/// Why the interval of a class may cover the truth less often than it says: it rests on few units.
fn few_units(survey: &Survey, class: usize) -> Option<String> {
    let name = &survey.classes[class];
    let of = |stratum: Option<usize>| -> u64 {
        let is = |cell: &Cell| cell.reference == class && stratum.is_none_or(|h| cell.stratum == h);
        survey.cells.iter().filter(|(cell, _)| is(cell)).map(|(_, n)| n).sum()
    };
    let found = of(None);
    if found < FEW_OF_CLASS {
        return Some(format!("{name} ({found} units of it in all)"));
    }
    let error = Scheme::stratified(survey).variance(|cell| indicator(cell.reference == class)).sqrt();
    let one_unit = |h: usize| survey.strata[h].weight / survey.units_of(h) as f64;
    // Three units more or less are what chance makes of none or of a few.
    let decides = |h: &usize| of(Some(*h)) < FEW_IN_STRATUM && 3.0 * one_unit(*h) > error;
    let weakest = (0..survey.strata.len()).filter(decides).max_by(|a, b| one_unit(*a).total_cmp(&one_unit(*b)))?;
    let unit = match survey.total_ha {
        Some(total) => format!("{:.1} ha", total * one_unit(weakest)),
        None => format!("{:.3} % of the ground", 100.0 * one_unit(weakest)),
    };
    Some(format!(
        "{name} ({} of {} units of stratum '{}', each for {unit})",
        of(Some(weakest)),
        survey.units_of(weakest),
        survey.strata[weakest].name
    ))
}

fn error_of(survey: &Survey, class: usize) -> Option<f64> {
    let scheme = Scheme::stratified(survey);
    let variance = scheme.variance(|cell| indicator(cell.reference == class));
    survey.total_ha.map(|total| variance.sqrt() * total)
}

/// What a note says that tells that the map's areas are not known.
pub const MAPPED_UNKNOWN: &str = "mapped_area_ha is not known";

fn mapped_note(survey: &Survey) -> Option<String> {
    let unknown = survey.mapped_share(0).is_none() && !survey.patches.is_empty();
    let why = "what the map shows of each class is not in the table of strata (no column 'map', and strata are not the map's classes)";
    unknown.then(|| format!("{why}: {MAPPED_UNKNOWN}"))
}
