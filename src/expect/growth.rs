//! Last year's growth: of the nation, of the department and of the municipality, each drawn towards the next larger.

use super::panel::Panel;

/// Hectares that a department's growth is drawn towards the nation's by.
const DEPARTMENT_PRIOR_HA: f64 = 2000.0;
/// Hectares that a municipality's growth is drawn towards the nation's by.
const OWN_PRIOR_HA: f64 = 200.0;

/// Growth from two years before `t` to the year before it, in natural logarithms.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// Of all municipalities together.
    pub nation: f64,
    /// By how much each municipality's department grew faster than the nation.
    pub department: Vec<f64>,
    /// By how much each municipality grew faster than the nation.
    pub own: Vec<f64>,
}

/// The growth known before year `t`: with nation's factor `a`, `ln((y + k a) / (x + k)) - ln a` for a place that went
/// from `x` to `y` hectares. Where a year's municipal figures do not add up, its published total stands for them in
/// the nation's growth, and nothing is said of departments and municipalities.
///
/// `None` where the census lacks one of the two years, or has no coca in one of them.
pub fn growth(panel: &Panel, t: usize) -> Option<Growth> {
    let (now, before) = (t.checked_sub(1)?, t.checked_sub(2)?);
    let pairs: Vec<Option<(f64, f64)>> =
        panel.stocks.get(now)?.iter().zip(panel.stocks.get(before)?).map(|(y, x)| Some(((*y)?, (*x)?))).collect();
    if !panel.sound_change(now) {
        let total = |t: usize| {
            let published = panel.gaps.get(&t).copied();
            published.unwrap_or_else(|| panel.stocks[t].iter().flatten().sum())
        };
        let nation = Some((total(now) / total(before)).ln()).filter(|g: &f64| g.is_finite())?;
        let flat = vec![0.0; pairs.len()];
        return Some(Growth { nation, department: flat.clone(), own: flat });
    }
    let (mut nation, mut of_department) = ((0.0, 0.0), vec![(0.0, 0.0); panel.departments.len()]);
    for ((y, x), department) in pairs.iter().zip(&panel.departments).filter_map(|(p, d)| Some((p.as_ref()?, d))) {
        for sum in [&mut nation, &mut of_department[*department]] {
            *sum = (sum.0 + y, sum.1 + x);
        }
    }
    let factor = nation.0 / nation.1;
    if !(factor > 0.0 && factor.is_finite()) {
        return None;
    }
    let excess = |(y, x): (f64, f64), prior: f64| ((y + prior * factor) / (x + prior)).ln() - factor.ln();
    Some(Growth {
        nation: factor.ln(),
        department: panel.departments.iter().map(|d| excess(of_department[*d], DEPARTMENT_PRIOR_HA)).collect(),
        own: pairs.iter().map(|pair| pair.map_or(0.0, |pair| excess(pair, OWN_PRIOR_HA))).collect(),
    })
}
