//! The growth rate's interval by resampling the units, to stand beside that of the delta method.
//!
//! The rescaling bootstrap of Rao and Wu (1988, JASA 83:231): in every stratum as many units as it has are drawn with
//! replacement, and their mean's distance from the stratum's mean is stretched by `sqrt(n / (n - 1))`. Units that were
//! interpreted in both years are drawn together. The draws are seeded: the same input gives the same interval.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};

use super::assessment::Assessment;
use super::change::Pair;
use super::scheme::indicator;
use super::survey::Survey;

/// How often the units are drawn.
const DRAWS: usize = 10_000;
const SEED: u64 = 20_241_231;

/// Units of one stratum that are alike in both years: what each adds to the hectares before and after, and how many.
struct Part {
    kinds: Vec<([f64; 2], u64)>,
    /// What a unit counts in the stratum's mean, hectares: before and after.
    hectares: [f64; 2],
    /// `sqrt(n / (n - 1))`, before and after.
    stretch: [f64; 2],
}

impl Part {
    fn n(&self) -> u64 {
        self.kinds.iter().map(|k| k.1).sum()
    }

    fn mean(&self, year: usize) -> f64 {
        self.kinds.iter().map(|(value, n)| value[year] * *n as f64).sum::<f64>() / self.n().max(1) as f64
    }

    /// How far a draw of all its units is from what was found, hectares before and after.
    fn draw(&self, rng: &mut ChaCha8Rng) -> [f64; 2] {
        // The counts of the kinds are multinomial: one binomial after the other.
        let (mut left, mut rest) = (self.n(), self.n());
        let mut drawn = vec![0; self.kinds.len()];
        for ((_, n), count) in self.kinds.iter().zip(&mut drawn) {
            let share = *n as f64 / rest as f64;
            *count = if share >= 1.0 { left } else { Binomial::new(left, share).map_or(0, |law| law.sample(rng)) };
            (left, rest) = (left - *count, rest - n);
        }
        [0, 1].map(|year| {
            let mean = self.mean(year);
            let away: f64 = self.kinds.iter().zip(&drawn).map(|((value, _), n)| (value[year] - mean) * *n as f64).sum();
            away * self.stretch[year] * self.hectares[year]
        })
    }
}

/// The 95 % interval (percentiles) of the growth of a class, per cent; `None` where a draw leaves nothing before, or where
/// hectares are unknown.
pub(super) fn growth_interval(
    before: &Assessment,
    after: &Assessment,
    pairs: &[Pair<'_>],
    class: &str,
) -> Option<[f64; 2]> {
    let surveys = [&before.survey, &after.survey];
    let mut found = [0.0; 2];
    for (total, survey) in found.iter_mut().zip(surveys) {
        *total = expanded(survey, class)?;
    }
    let parts = parts(before, after, pairs, class)?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut growth = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let mut drawn = found;
        for part in &parts {
            let away = part.draw(&mut rng);
            drawn.iter_mut().zip(away).for_each(|(sum, away)| *sum += away);
        }
        if drawn[0] <= 0.0 {
            return None;
        }
        growth.push(100.0 * (drawn[1] / drawn[0] - 1.0));
    }
    growth.sort_by(f64::total_cmp);
    let quantile = |share: f64| growth[((share * DRAWS as f64).ceil() as usize).clamp(1, DRAWS) - 1];
    Some([quantile(0.025), quantile(0.975)])
}

/// Hectares of a class, each stratum's mean times its ground.
fn expanded(survey: &Survey, class: &str) -> Option<f64> {
    let number = survey.classes.iter().position(|c| c == class)?;
    let total = survey.total_ha?;
    let of = |(cell, n): &(super::survey::Cell, u64)| {
        let share = survey.strata[cell.stratum].weight / survey.units_of(cell.stratum) as f64;
        indicator(cell.reference == number) * share * *n as f64
    };
    Some(total * survey.cells.iter().map(of).sum::<f64>())
}

/// The strata's units: those in both years together, the others by year.
fn parts(before: &Assessment, after: &Assessment, pairs: &[Pair<'_>], class: &str) -> Option<Vec<Part>> {
    let surveys = [&before.survey, &after.survey];
    let number = surveys.map(|s| s.classes.iter().position(|c| c == class));
    let is = |year: usize, reference: usize| indicator(Some(reference) == number[year]);
    let ground = |year: usize, stratum: usize| {
        let n = surveys[year].units_of(stratum) as f64;
        Some((surveys[year].total_ha? * surveys[year].strata[stratum].weight / n, (n / (n - 1.0)).sqrt()))
    };
    let mut parts = Vec::new();
    for (h, stratum) in before.survey.strata.iter().enumerate() {
        let mut kinds: BTreeMap<[u8; 2], u64> = BTreeMap::new();
        for (a, b) in pairs.iter().filter(|(a, _)| a.stratum == h) {
            *kinds.entry([is(0, a.reference) as u8, is(1, b.reference) as u8]).or_default() += 1;
        }
        let Some(other) = after.survey.strata.iter().position(|s| s.name == stratum.name) else { continue };
        if !kinds.is_empty() {
            let (a, b) = (ground(0, h)?, ground(1, other)?);
            let kinds = kinds.into_iter().map(|(kind, n)| (kind.map(f64::from), n)).collect();
            parts.push(Part { kinds, hectares: [a.0, b.0], stretch: [a.1, b.1] });
        }
    }
    for (year, survey) in surveys.into_iter().enumerate() {
        for stratum in 0..survey.strata.len() {
            let mut counts = [0_u64; 2];
            for (cell, n) in survey.cells.iter().filter(|(cell, _)| cell.stratum == stratum) {
                counts[is(year, cell.reference) as usize] += n;
            }
            for (a, b) in pairs {
                let (unit, own) = if year == 0 { (a, a.stratum) } else { (b, b.stratum) };
                if own == stratum {
                    let count = &mut counts[is(year, unit.reference) as usize];
                    *count = count.saturating_sub(1);
                }
            }
            let (hectares, stretch) = ground(year, stratum)?;
            let value = |v: f64| if year == 0 { [v, 0.0] } else { [0.0, v] };
            let kinds: Vec<_> =
                [(value(0.0), counts[0]), (value(1.0), counts[1])].into_iter().filter(|k| k.1 > 0).collect();
            if !kinds.is_empty() {
                parts.push(Part { kinds, hectares: [hectares; 2], stretch: [stretch; 2] });
            }
        }
    }
    Some(parts)
}
