//! How near figures come to a census, and the nulls that a map has to beat.
//!
//! | figure | formula |
//! | --- | --- |
//! | weighted MAPE | `100 sum abs(p - c) / sum c` (Kolassa and Schuetz 2007, Foresight 6) |
//! | national error | `100 (sum p - sum c) / sum c` |
//! | Pearson, Spearman | correlation of the figures and of their ranks (ties get the mean rank) |
//! | presence IoU | municipalities with coca in both over those with coca in either |

use std::collections::BTreeMap;

use serde::Serialize;

use crate::records::Census;
use crate::territory::MunicipalityCode;

/// How near some figures come to the census of a year.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skill {
    /// What the figures are.
    pub name: &'static str,
    /// Municipalities compared.
    pub municipalities: usize,
    /// Weighted mean absolute error, per cent of the census.
    pub weighted_mape_pct: Option<f64>,
    /// Error of the sum, per cent of the census.
    pub national_error_pct: Option<f64>,
    /// Correlation.
    pub pearson: Option<f64>,
    /// Correlation of ranks.
    pub spearman: Option<f64>,
    /// Overlap of the municipalities with coca.
    pub presence_iou: Option<f64>,
}

/// Names of what is held against the census.
pub const OURS: &str = "estimate";
/// The null.
pub const LAST_YEAR: &str = "last year's census";
/// The mean of all earlier years.
pub const HISTORICAL: &str = "historical mean";
/// The mean of the department's municipalities in last year's census.
pub const DEPARTMENT: &str = "department mean";

/// Figures by municipality.
pub type Figures = BTreeMap<MunicipalityCode, f64>;

impl Skill {
    /// Compares figures with the census over the municipalities that both have.
    pub fn of(name: &'static str, figures: &Figures, census: &Figures) -> Self {
        let (p, c): (Vec<f64>, Vec<f64>) =
            census.iter().filter_map(|(code, c)| Some((*figures.get(code)?, *c))).unzip();
        let sum = |of: &[f64]| of.iter().sum::<f64>();
        let per_cent = |error: f64| (sum(&c) > 0.0).then(|| 100.0 * error / sum(&c));
        let either = p.iter().zip(&c).filter(|(p, c)| **p > 0.0 || **c > 0.0).count();
        let both = p.iter().zip(&c).filter(|(p, c)| **p > 0.0 && **c > 0.0).count();
        Self {
            name,
            municipalities: p.len(),
            weighted_mape_pct: per_cent(p.iter().zip(&c).map(|(p, c)| (p - c).abs()).sum()),
            national_error_pct: per_cent(sum(&p) - sum(&c)),
            pearson: correlation(&p, &c),
            spearman: correlation(&ranks(&p), &ranks(&c)),
            presence_iou: (either > 0).then(|| both as f64 / either as f64),
        }
    }
}

fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let product =
        |a: &[f64], ma: f64, b: &[f64], mb: f64| a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>();
    let spread = product(x, mean_x, x, mean_x) * product(y, mean_y, y, mean_y);
    (x.len() > 2 && spread > 0.0).then(|| product(x, mean_x, y, mean_y) / spread.sqrt())
}

/// Ranks from 1; equal figures get the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let value = values[order[first]];
        let last = first + order[first..].iter().take_while(|i| values[**i] == value).count();
        let mean = (first + 1 + last) as f64 / 2.0;
        order[first..last].iter().for_each(|i| ranks[*i] = mean);
        first = last;
    }
    ranks
}

/// The census of a year by municipality.
pub fn census_of(census: &Census, year: i32) -> Figures {
    census.of_year(year).map(|(code, stock)| (code.clone(), stock.to_f64())).collect()
}

/// The nulls of a year, from a census of earlier years: last year's census, the mean of all earlier years, and the
/// department's mean of last year. A null that the history does not hold is left out.
pub fn nulls(history: &Census, census: &Census, year: i32) -> Vec<(&'static str, Figures)> {
    // A year that the history lacks may be in the census itself.
    let of_year = |year: i32| census_of(if history.covers(year) { history } else { census }, year);
    let last = of_year(year - 1);
    let mut all: BTreeMap<MunicipalityCode, (f64, f64)> = BTreeMap::new();
    for earlier in 1980..year {
        for (code, figure) in of_year(earlier) {
            let sum = all.entry(code).or_default();
            *sum = (sum.0 + figure, sum.1 + 1.0);
        }
    }
    let mut departments: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (code, figure) in &last {
        let sum = departments.entry(code.department()).or_default();
        *sum = (sum.0 + figure, sum.1 + 1.0);
    }
    let mean = |(sum, n): (f64, f64)| sum / n;
    let department = last.keys().map(|code| (code.clone(), mean(departments[code.department()]))).collect();
    let historical = all.into_iter().map(|(code, sum)| (code, mean(sum))).collect();
    let found = [(LAST_YEAR, last.clone()), (HISTORICAL, historical), (DEPARTMENT, department)];
    found.into_iter().filter(|(_, figures): &(_, Figures)| !figures.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(of: &[f64]) -> Figures {
        let code = |i: usize| MunicipalityCode::parse(&format!("{:05}", 5001 + i)).unwrap();
        of.iter().enumerate().map(|(i, v)| (code(i), *v)).collect()
    }

    #[test]
    fn figures_are_held_against_the_census() {
        let skill = Skill::of("x", &figures(&[10.0, 0.0, 5.0, 0.0]), &figures(&[8.0, 2.0, 10.0, 0.0]));
        assert_eq!((skill.weighted_mape_pct, skill.national_error_pct), (Some(45.0), Some(-25.0)));
        assert_eq!(skill.presence_iou, Some(2.0 / 3.0));
        // Ranks 4, 1.5, 3, 1.5 and 3, 2, 4, 1.
        assert!((skill.spearman.unwrap() - 3.5 / (4.5_f64 * 5.0).sqrt()).abs() < 1e-15);
        assert_eq!(Skill::of("x", &figures(&[1.0]), &figures(&[0.0])).weighted_mape_pct, None);
    }
}
