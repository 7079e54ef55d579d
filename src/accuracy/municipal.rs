//! Estimates for municipalities: from their own units, from the others', and from both.

use super::domains::{Domain, Domains};
use super::error::SurveyError;
use super::estimate::{ClassEstimate, Estimate, Status};
use super::scheme::{Measured, indicator};
use super::small_area::fay_herriot::{Area as LevelArea, FayHerriot, Predicted};
use super::small_area::unit_level::{Area as UnitArea, Unit, UnitLevel};
use super::survey::Survey;

/// An estimator for municipalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MunicipalEstimator {
    /// From the municipality's own units, expanded by the design.
    Direct,
    /// The share of the class among its own units, times its ground.
    Ratio,
    /// The rates of all municipalities together, laid on its ground.
    Synthetic,
    /// Direct and synthetic, weighted by their errors.
    Composite,
    /// Area-level model.
    FayHerriot,
    /// Unit-level model.
    BatteseHarterFuller,
    /// Pixels counted.
    PixelCount,
}

impl MunicipalEstimator {
    /// All of them, the default first.
    pub const ALL: [Self; 7] = [
        Self::Direct,
        Self::Ratio,
        Self::Synthetic,
        Self::Composite,
        Self::FayHerriot,
        Self::BatteseHarterFuller,
        Self::PixelCount,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Ratio => "ratio",
            Self::Synthetic => "synthetic",
            Self::Composite => "composite",
            Self::FayHerriot => "fay-herriot",
            Self::BatteseHarterFuller => "battese-harter-fuller",
            Self::PixelCount => "pixel-count",
        }
    }

    /// What must hold for it, in a sentence.
    fn condition(self) -> &'static str {
        match self {
            Self::Direct => "own units only: unbiased, and adds up to the whole",
            Self::Ratio => "own units only, on the municipality's known ground",
            Self::Synthetic => {
                "no own units: biased where the municipality is not like the others; its error holds the average of that bias, not its own, so its interval is often too short (docs/coverage.md)"
            }
            Self::Composite => {
                "own units and all others, weighted by their mean squared errors; its interval is often too short (docs/coverage.md)"
            }
            Self::FayHerriot => {
                "own units and a model of all municipalities on the mapped share (Fay and Herriot, REML)"
            }
            Self::BatteseHarterFuller => {
                "own units and a model of all units on their stratum or map class (Battese, Harter and Fuller, REML)"
            }
            Self::PixelCount => "pixels counted: no estimate",
        }
    }

    fn adds_up(self) -> bool {
        matches!(self, Self::Direct | Self::PixelCount)
    }
}

/// A share of a municipality's ground as an estimator gives it.
type Shares = Vec<Option<(Measured, Option<f64>)>>;

/// The estimates of all municipalities, and what is to be known of all of them. Figures whose margin of error is more than
/// themselves are withheld.
///
/// # Errors
/// [`SurveyError`] where the sample has no municipalities.
pub fn estimate_municipalities(
    survey: &Survey,
    estimator: MunicipalEstimator,
) -> Result<(Vec<Estimate>, Vec<String>), SurveyError> {
    let (mut estimates, mut notes) = all_estimates(survey, estimator)?;
    notes.extend(withheld_notes(survey, &estimates, estimator));
    for estimate in &mut estimates {
        estimate.notes.push(estimator.condition().to_owned());
        if estimator == MunicipalEstimator::PixelCount {
            continue;
        }
        estimate.classes.iter_mut().for_each(ClassEstimate::withhold_if_unreliable);
        let of = estimate.classes.iter().filter(|c| c.status == Status::NotEstimable);
        let withheld: Vec<&str> = of.map(|c| c.name.as_str()).collect();
        if !withheld.is_empty() {
            let names = withheld.join(", ");
            let why = "not estimable (nothing found, or a margin of error of more than 100 %)";
            estimate.notes.push(format!("{why}: {names}"));
        }
    }
    Ok((estimates, notes))
}

/// What the municipalities that are not estimable hold together: the others do not add up to the whole without them.
fn withheld_notes(survey: &Survey, estimates: &[Estimate], estimator: MunicipalEstimator) -> Vec<String> {
    let note = |class: usize| {
        let of: Vec<&ClassEstimate> = estimates.iter().map(|estimate| &estimate.classes[class]).collect();
        let withheld: Vec<&ClassEstimate> = of.iter().copied().filter(|c| c.is_unreliable()).collect();
        let sum = |of: &[&ClassEstimate]| of.iter().filter_map(|c| c.adjusted_area_ha).sum::<f64>();
        let (own, all) = (sum(&withheld), sum(&of));
        (!withheld.is_empty() && estimator != MunicipalEstimator::PixelCount && all > 0.0).then(|| {
            format!(
                "{}: {}: {} of {} municipalities are not estimable; together they hold {own:.1} of {all:.1} ha, without which the others do not add up to the whole",
                estimator.name(),
                survey.classes[class],
                withheld.len(),
                of.len()
            )
        })
    };
    (0..survey.classes.len()).filter_map(note).collect()
}

/// The same with nothing withheld: to judge the estimators by, not to publish.
///
/// # Errors
/// As [`estimate_municipalities`].
pub fn all_estimates(
    survey: &Survey,
    estimator: MunicipalEstimator,
) -> Result<(Vec<Estimate>, Vec<String>), SurveyError> {
    if survey.domains.is_empty() {
        return Err(SurveyError::NoMunicipalities);
    }
    let domains = Domains::new(survey);
    let mut notes = Vec::new();
    if domains.estimated_areas && estimator != MunicipalEstimator::Direct {
        notes.push(
            "the table of strata has no municipalities: the ground of each was taken from the sample, whose error is not in the interval"
                .to_owned(),
        );
    }
    let mut estimates: Vec<Estimate> = (0..survey.domains.len()).map(|d| empty(&domains, d, estimator)).collect();
    for class in 0..survey.classes.len() {
        let mut shares = shares(&domains, class, estimator, &mut notes);
        if !estimator.adds_up() {
            benchmark(&domains, class, &mut shares, &mut notes);
        }
        for (number, (estimate, share)) in estimates.iter_mut().zip(shares).enumerate() {
            estimate.classes.push(row(&domains, (number, class), estimator, share));
        }
    }
    let notes = notes.into_iter().map(|note| format!("{}: {note}", estimator.name())).collect();
    Ok((estimates, notes))
}

fn empty(domains: &Domains<'_>, number: usize, estimator: MunicipalEstimator) -> Estimate {
    let here = |cell: &super::survey::Cell| indicator(cell.domain == Some(number));
    let right = |cell: &super::survey::Cell| here(cell) * indicator(cell.map == Some(cell.reference));
    let overall = domains.survey.has_map().then(|| domains.scheme.ratio(right, here)).flatten();
    let overall = overall.filter(|_| estimator == MunicipalEstimator::Direct);
    Estimate {
        estimator: estimator.name().to_owned(),
        municipality: Some(domains.survey.domains[number].clone()),
        n: domains.domains[number].n,
        overall_accuracy: overall.map(|o| o.value),
        overall_accuracy_se: overall.map(|o| o.standard_error()),
        ..Estimate::default()
    }
}

fn row(
    domains: &Domains<'_>,
    (number, class): (usize, usize),
    estimator: MunicipalEstimator,
    share: Option<(Measured, Option<f64>)>,
) -> ClassEstimate {
    let domain = &domains.domains[number];
    let total = domains.survey.total_ha.map(|total| total * domain.share);
    let mapped = domain.mapped.as_ref().filter(|_| !domains.estimated_areas).map(|m| m[class]);
    let mut row = ClassEstimate {
        name: domains.survey.classes[class].clone(),
        mapped_area_ha: mapped.zip(total).map(|(m, t)| m * t),
        shrinkage_weight: share.and_then(|(_, weight)| weight),
        ..ClassEstimate::default()
    };
    if estimator == MunicipalEstimator::PixelCount {
        (row.adjusted_share, row.adjusted_area_ha) = (mapped, row.mapped_area_ha);
        return row;
    }
    let share = share.map_or(Measured { value: 0.0, variance: 0.0 }, |(share, _)| share);
    row.set_share(share, total);
    row
}

/// Shares of the class in every municipality; `None` where the estimator gives none.
fn shares(domains: &Domains<'_>, class: usize, estimator: MunicipalEstimator, notes: &mut Vec<String>) -> Shares {
    let numbers = 0..domains.domains.len();
    match estimator {
        MunicipalEstimator::Direct | MunicipalEstimator::PixelCount => {
            let of = |number: usize| {
                let value =
                    move |cell: &super::survey::Cell| indicator(cell.domain == Some(number) && cell.reference == class);
                let share = domains.domains[number].share;
                (share > 0.0).then(|| (domains.scheme.measure(value).scaled(1.0 / share), None))
            };
            numbers.map(of).collect()
        }
        MunicipalEstimator::Ratio => {
            let of = |number: usize| {
                let here = move |cell: &super::survey::Cell| indicator(cell.domain == Some(number));
                let is = move |cell: &super::survey::Cell| here(cell) * indicator(cell.reference == class);
                domains.scheme.ratio(is, here).map(|share| (share, None))
            };
            numbers.map(of).collect()
        }
        MunicipalEstimator::Synthetic => {
            let (synthetic, _, between) = synthetic_and_direct(domains, class);
            let with_bias = |s: Measured| Measured { variance: s.variance + between, ..s };
            synthetic.into_iter().map(|s| Some((with_bias(s?), Some(0.0)))).collect()
        }
        MunicipalEstimator::Composite => composite(domains, class),
        MunicipalEstimator::FayHerriot => fay_herriot(domains, class, notes),
        MunicipalEstimator::BatteseHarterFuller => unit_level(domains, class, notes),
    }
}

/// The groups' rates on the municipality's ground: `sum_g X_g rate_g` (Rao and Molina 2015, 3.2).
fn synthetic(domains: &Domains<'_>, class: usize) -> Vec<Option<Measured>> {
    let rates = domains.rates(class);
    let of = |domain: &Domain| {
        let mut sum = Measured { value: 0.0, variance: 0.0 };
        for (part, rate) in domain.composition.iter().zip(&rates).filter(|(part, _)| **part > 0.0) {
            let part = (*rate)?.scaled(*part);
            sum = Measured { value: sum.value + part.value, variance: sum.variance + part.variance };
        }
        (domain.share > 0.0).then_some(sum)
    };
    domains.domains.iter().map(of).collect()
}

/// Direct shares that stand on the synthetic ones: `synthetic + sum w (y - rate) / sum w` over the own units (the
/// generalised regression estimator for domains; Rao and Molina 2015, 2.4.3), with a variance from smoothed rates.
fn assisted(domains: &Domains<'_>, class: usize, synthetic: &[Option<Measured>]) -> Vec<Option<(f64, f64)>> {
    let (rates, smoothed) = (domains.rates(class), domains.smoothed_rates(class));
    let of = |(number, base): (usize, &Option<Measured>)| {
        let (mut weight, mut rest, mut variance) = (0.0, 0.0, 0.0);
        for (cell, n) in domains.cells(number) {
            let (w, group, n) = (domains.weight(cell), domains.group(cell), *n as f64);
            let rate = rates[group].map_or(0.0, |r| r.value);
            weight += n * w;
            rest += n * w * (indicator(cell.reference == class) - rate);
            variance += n * w * w * smoothed[group] * (1.0 - smoothed[group]);
        }
        let base = base.as_ref()?.value;
        (weight > 0.0).then(|| (base + rest / weight, variance / (weight * weight)))
    };
    synthetic.iter().enumerate().map(of).collect()
}

/// The synthetic and the direct shares, and the mean squared distance between them beyond what both err by: the average
/// squared bias of the synthetic ones (Rao and Molina 2015, 3.2.5 and 3.3), and its standard error.
type SyntheticAndDirect = (Vec<Option<Measured>>, Vec<Option<(f64, f64)>>, f64);

fn synthetic_and_direct(domains: &Domains<'_>, class: usize) -> SyntheticAndDirect {
    let synthetic = synthetic(domains, class);
    let direct = assisted(domains, class, &synthetic);
    let both = || synthetic.iter().zip(&direct).filter_map(|(s, d)| Some(((*s)?, (*d)?)));
    let excess: Vec<f64> = both().map(|(s, (d, psi))| (s.value - d).powi(2) - psi).collect();
    let count = excess.len().max(1) as f64;
    let mean = excess.iter().sum::<f64>() / count;
    let spread = excess.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    // The mean of a few noisy squares is often below 0: one standard error more keeps intervals from being too short.
    let between = (mean + (spread / count).sqrt()).max(0.0);
    (synthetic, direct, between)
}

/// `phi direct + (1 - phi) synthetic` with `phi = M / (M + psi)`, `M` the mean squared error of the synthetic estimate
/// (Rao and Molina 2015, 3.3).
fn composite(domains: &Domains<'_>, class: usize) -> Shares {
    let (synthetic, direct, between) = synthetic_and_direct(domains, class);
    let of = |(synthetic, direct): (&Option<Measured>, &Option<(f64, f64)>)| {
        let synthetic = (*synthetic)?;
        let error = between + synthetic.variance;
        let Some((value, psi)) = *direct else {
            return Some((Measured { value: synthetic.value, variance: error }, Some(0.0)));
        };
        let phi = if error + psi > 0.0 { error / (error + psi) } else { 0.0 };
        let value = phi * value + (1.0 - phi) * synthetic.value;
        Some((Measured { value, variance: phi * phi * psi + (1.0 - phi) * (1.0 - phi) * error }, Some(phi)))
    };
    synthetic.iter().zip(&direct).map(of).collect()
}

fn fay_herriot(domains: &Domains<'_>, class: usize, notes: &mut Vec<String>) -> Shares {
    let direct = assisted(domains, class, &synthetic(domains, class));
    let area = |with_map: bool| {
        move |(domain, direct): (&Domain, &Option<(f64, f64)>)| {
            let mapped = domain.mapped.as_ref().filter(|_| with_map).map(|m| m[class]);
            LevelArea { direct: *direct, x: [Some(1.0), mapped].into_iter().flatten().collect() }
        }
    };
    let areas =
        |with_map: bool| -> Vec<LevelArea> { domains.domains.iter().zip(&direct).map(area(with_map)).collect() };
    let has_map = domains.domains.iter().all(|d| d.mapped.is_some());
    let fitted = [has_map, false].into_iter().find_map(|with_map| {
        let areas = areas(with_map);
        FayHerriot::fit(&areas).map(|model| (model, areas))
    });
    let name = &domains.survey.classes[class];
    let Some((model, areas)) = fitted else {
        notes.push(format!("{name}: too few municipalities with units for a model of areas"));
        return vec![None; domains.domains.len()];
    };
    notes.push(format!("{name}: the variance between municipalities is {:.3e}", model.between));
    areas.iter().map(|area| Some(of_prediction(model.predict(area)))).collect()
}

fn unit_level(domains: &Domains<'_>, class: usize, notes: &mut Vec<String>) -> Shares {
    // A group that holds no unit has no coefficient.
    let used: Vec<usize> = (0..domains.groups())
        .filter(|group| domains.survey.cells.iter().any(|(c, _)| c.domain.is_some() && domains.group(c) == *group))
        .collect();
    let dummies = |group: usize| used.iter().map(|g| indicator(*g == group)).collect::<Vec<f64>>();
    let area = |(number, domain): (usize, &Domain)| UnitArea {
        units: domains
            .cells(number)
            .map(|(cell, n)| Unit {
                y: indicator(cell.reference == class),
                x: dummies(domains.group(cell)),
                count: *n as f64,
            })
            .collect(),
        x_mean: used.iter().map(|g| domain.composition[*g]).collect(),
    };
    let areas: Vec<UnitArea> = domains.domains.iter().enumerate().map(area).collect();
    let name = &domains.survey.classes[class];
    let Some(model) = UnitLevel::fit(&areas) else {
        notes.push(format!(
            "{name}: the units do not tell a model (fewer than three municipalities with units, or groups without any variation)"
        ));
        return vec![None; areas.len()];
    };
    notes.push(format!(
        "{name}: variances are {:.3e} between municipalities and {:.3e} between units; the model takes that of units as alike in all groups",
        model.between, model.within
    ));
    areas.iter().map(|area| Some(of_prediction(model.predict(area)))).collect()
}

fn of_prediction(predicted: Predicted) -> (Measured, Option<f64>) {
    (Measured { value: predicted.value.max(0.0), variance: predicted.mse }, Some(predicted.gamma))
}

/// Multiplies all shares by one factor, so that the municipalities add up to their part of the whole's estimate (ratio
/// benchmarking; Rao and Molina 2015, 6.4.6).
fn benchmark(domains: &Domains<'_>, class: usize, shares: &mut Shares, notes: &mut Vec<String>) {
    let whole = domains.scheme.mean(|cell| indicator(cell.domain.is_some() && cell.reference == class));
    let ground = |number: usize| domains.domains[number].share;
    let sum: f64 = shares.iter().enumerate().filter_map(|(i, s)| s.map(|(share, _)| share.value * ground(i))).sum();
    if sum <= 0.0 || whole <= 0.0 {
        return;
    }
    let factor = whole / sum;
    for (share, _) in shares.iter_mut().flatten() {
        *share = share.scaled(factor);
    }
    notes.push(format!(
        "{}: municipalities were multiplied by {factor:.4} so that they add up to the whole",
        domains.survey.classes[class]
    ));
}
