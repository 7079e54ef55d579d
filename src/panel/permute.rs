//! Placebo by random assignment: the same eradication, dealt out among the municipalities of each year at random.
//!
//! If it did not matter which municipality had which eradication in a year, the coefficient would be as far from zero with
//! any other assignment (Fisher 1935). What is compared is not the coefficient but its ratio to its clustered error, so
//! that unequal scatter does not pass for an association (Chung and Romano 2013, Ann. Stat. 41:484). The p-value counts the
//! records as one of the assignments: `(1 + as far) / (1 + drawn)` (Phipson and Smyth 2010).

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::PanelError;
use super::fit::{Basis, Design, Prepared, dot, norm};

/// A regression whose one term can be dealt out anew.
#[derive(Debug)]
pub struct Assignment {
    /// The term.
    pub term: String,
    prepared: Prepared,
    /// The outcome without means and the other terms.
    outcome: Vec<f64>,
    /// The other terms.
    others: Basis,
    /// The term's figures.
    raw: Vec<f64>,
    /// Rows of each year.
    by_year: Vec<Vec<usize>>,
    correction: f64,
    seed: u64,
    /// The ratio of coefficient to error in the records.
    observed: f64,
}

impl Assignment {
    /// For one term of a design; `None` where it cannot be told beside the others.
    ///
    /// # Errors
    /// [`PanelError`] where too little is there to fit.
    pub fn new(design: &Design, term: &str, seed: u64) -> Result<Option<Self>, PanelError> {
        let prepared = Prepared::new(design)?;
        let mut others = Basis::default();
        for other in design.terms.iter().filter(|t| t.name != term) {
            others.add(prepared.column(&other.values));
        }
        let Some(column) = design.terms.iter().find(|t| t.name == term) else { return Ok(None) };
        let raw: Vec<f64> = prepared.kept.iter().map(|row| column.values[*row]).collect();
        let mut outcome = prepared.outcome.clone();
        without(&mut outcome, &others);
        let mut by_year = vec![Vec::new(); prepared.years.len()];
        for (row, period) in prepared.two_way.periods().iter().enumerate() {
            by_year[*period as usize].push(row);
        }
        let correction = prepared.correction(others.q.len() + 1);
        let term = term.to_owned();
        let mut it = Self { term, prepared, outcome, others, raw, by_year, correction, seed, observed: f64::NAN };
        let Some(observed) = it.ratio(it.raw.clone()) else { return Ok(None) };
        it.observed = observed;
        Ok(Some(it))
    }

    /// Whether the ratio of the draw with this number is as far from zero as that of the records. A draw depends on its
    /// number and the seed only, so draws may be made in any order.
    pub fn as_far(&self, number: u64) -> bool {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number);
        let mut dealt = self.raw.clone();
        let mut hand = Vec::new();
        for rows in &self.by_year {
            hand.clear();
            hand.extend(rows.iter().map(|row| self.raw[*row]));
            hand.shuffle(&mut random);
            rows.iter().zip(&hand).for_each(|(row, value)| dealt[*row] = *value);
        }
        // A draw that leaves nothing of the term tells nothing against it: counted as far, which is the careful side.
        self.ratio(dealt).is_none_or(|ratio| ratio.abs() >= self.observed.abs() * (1.0 - 1e-12))
    }

    /// The p-value, of so many draws as far out of so many drawn.
    pub fn p_value(as_far: usize, drawn: usize) -> f64 {
        (1.0 + as_far as f64) / (1.0 + drawn as f64)
    }

    fn ratio(&self, mut column: Vec<f64>) -> Option<f64> {
        let two_way = &self.prepared.two_way;
        let before = norm(&column);
        two_way.take_out_once(&mut column);
        without(&mut column, &self.others);
        let left = norm(&column);
        if left <= 1e-9 * before || left == 0.0 {
            return None;
        }
        column.iter_mut().for_each(|c| *c /= left);
        let coefficient = dot(&column, &self.outcome);
        let mut scores = vec![0.0; two_way.unit_count()];
        for ((q, y), unit) in column.iter().zip(&self.outcome).zip(two_way.units()) {
            scores[*unit as usize] += q * (y - coefficient * q);
        }
        let error = (self.correction * dot(&scores, &scores)).sqrt();
        (error > 0.0).then(|| coefficient / error)
    }
}

/// Takes out what a basis explains.
fn without(column: &mut [f64], basis: &Basis) {
    for q in &basis.q {
        let part = dot(q, column);
        column.iter_mut().zip(q).for_each(|(c, q)| *c -= part * q);
    }
}
