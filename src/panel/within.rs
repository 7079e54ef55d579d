//! The means of municipalities and of years taken out of a variable, exactly, in panels with gaps.
//!
//! With an intercept for each municipality and each year, least squares on the other terms equals least squares on what
//! is left of every variable after its projection on the intercepts (Frisch, Waugh and Lovell; Wooldridge 2010,
//! Econometric Analysis, section 10.5). In a panel with gaps the two means cannot be subtracted one after the other. The
//! municipalities' means are taken out first; what is left is projected on the years' indicators, themselves without
//! their municipalities' means: a system of as many unknowns as years, solved by its Cholesky factor.

/// The projection for one set of rows.
#[derive(Debug, Clone)]
pub struct TwoWay {
    units: Vec<u32>,
    periods: Vec<u32>,
    unit_rows: Vec<f64>,
    /// Lower Cholesky factor of the years' system; a year that depends on those before it has no row.
    factor: Vec<Option<Vec<f64>>>,
}

impl TwoWay {
    /// Of rows with their municipality and year, both numbered from 0 without gaps.
    pub fn new(units: Vec<u32>, periods: Vec<u32>) -> Self {
        let count = |of: &[u32]| of.iter().max().map_or(0, |m| *m as usize + 1);
        let (unit_count, period_count) = (count(&units), count(&periods));
        let mut of_unit: Vec<Vec<u32>> = vec![Vec::new(); unit_count];
        let mut system = vec![vec![0.0; period_count]; period_count];
        for (unit, period) in units.iter().zip(&periods) {
            of_unit[*unit as usize].push(*period);
            system[*period as usize][*period as usize] += 1.0;
        }
        for years in &of_unit {
            for a in years {
                years.iter().for_each(|b| system[*a as usize][*b as usize] -= 1.0 / years.len() as f64);
            }
        }
        let unit_rows = of_unit.iter().map(|years| years.len() as f64).collect();
        Self { units, periods, unit_rows, factor: factor(&system) }
    }

    /// Municipalities.
    pub fn unit_count(&self) -> usize {
        self.unit_rows.len()
    }

    /// The municipality of each row.
    pub fn units(&self) -> &[u32] {
        &self.units
    }

    /// The year of each row.
    pub fn periods(&self) -> &[u32] {
        &self.periods
    }

    /// Years' intercepts that can be told beside those of the municipalities: the years less the connected parts.
    pub fn year_rank(&self) -> usize {
        self.factor.iter().flatten().count()
    }

    /// Takes the means out; the second pass takes out what rounding left.
    pub fn take_out(&self, values: &mut [f64]) {
        self.take_out_once(values);
        self.take_out_once(values);
    }

    /// One pass: to about 1e-13 of the values.
    pub fn take_out_once(&self, values: &mut [f64]) {
        let mut units = self.unit_means(values);
        for (value, unit) in values.iter_mut().zip(&self.units) {
            *value -= units[*unit as usize];
        }
        let mut years = vec![0.0; self.factor.len()];
        for (value, period) in values.iter().zip(&self.periods) {
            years[*period as usize] += value;
        }
        self.solve(&mut years);
        units.fill(0.0);
        for (unit, period) in self.units.iter().zip(&self.periods) {
            units[*unit as usize] += years[*period as usize] / self.unit_rows[*unit as usize];
        }
        for ((value, unit), period) in values.iter_mut().zip(&self.units).zip(&self.periods) {
            *value -= years[*period as usize] - units[*unit as usize];
        }
    }

    fn unit_means(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.unit_rows.len()];
        for (value, unit) in values.iter().zip(&self.units) {
            sums[*unit as usize] += value;
        }
        sums.iter_mut().zip(&self.unit_rows).for_each(|(sum, rows)| *sum /= rows);
        sums
    }

    fn solve(&self, years: &mut [f64]) {
        for i in 0..years.len() {
            let Some(row) = &self.factor[i] else {
                years[i] = 0.0;
                continue;
            };
            let rest: f64 = row[..i].iter().zip(years.iter()).map(|(f, y)| f * y).sum();
            years[i] = (years[i] - rest) / row[i];
        }
        for i in (0..years.len()).rev() {
            let Some(row) = &self.factor[i] else { continue };
            years[i] /= row[i];
            let year = years[i];
            years[..i].iter_mut().zip(row).for_each(|(y, f)| *y -= f * year);
        }
    }
}

/// Cholesky's factor, without the rows that depend on those before them (their entries are zero).
fn factor(system: &[Vec<f64>]) -> Vec<Option<Vec<f64>>> {
    let mut factor: Vec<Option<Vec<f64>>> = Vec::with_capacity(system.len());
    for (i, of) in system.iter().enumerate() {
        let mut row = vec![0.0; i + 1];
        for j in 0..=i {
            let Some(Some(other)) = (if j < i { factor.get(j).map(Option::as_ref) } else { Some(Some(&row)) }) else {
                continue;
            };
            let rest: f64 = other[..j].iter().zip(&row[..j]).map(|(a, b)| a * b).sum();
            let value = of[j] - rest;
            row[j] = if j == i { value } else { value / other[j] };
        }
        // The diagonal counts rows, so a pivot is no smaller than about one row's share unless it is zero.
        let pivot = row[i];
        factor.push((pivot > 1e-9 * of[i].max(1.0)).then(|| {
            row[i] = pivot.sqrt();
            row
        }));
    }
    factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is left has no mean left in any municipality or year, and is its own projection; a sum of intercepts
        /// leaves nothing.
        #[test]
        fn no_mean_is_left(cells in proptest::collection::vec((0_u32..7, 0_u32..6, -1e3_f64..1e3), 8..60)) {
            let mut cells = cells;
            cells.sort_by_key(|c| (c.0, c.1));
            cells.dedup_by_key(|c| (c.0, c.1));
            let number = |all: Vec<u32>| {
                let mut names = all.clone();
                names.sort_unstable();
                names.dedup();
                all.iter().map(|a| names.binary_search(a).unwrap() as u32).collect::<Vec<_>>()
            };
            let units = number(cells.iter().map(|c| c.0).collect());
            let periods = number(cells.iter().map(|c| c.1).collect());
            let two_way = TwoWay::new(units.clone(), periods.clone());
            let mut values: Vec<f64> = cells.iter().map(|c| c.2).collect();
            let mut once = values.clone();
            two_way.take_out_once(&mut once);
            two_way.take_out(&mut values);
            prop_assert!(once.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-9));
            for (of, most) in [(&units, 7), (&periods, 6)] {
                for k in 0..most {
                    let sum: f64 = values.iter().zip(of).filter(|(_, o)| **o == k).map(|(v, _)| v).sum();
                    prop_assert!(sum.abs() < 1e-9, "{sum}");
                }
            }
            let mut again = values.clone();
            two_way.take_out_once(&mut again);
            prop_assert!(again.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-10));
            let mut sums: Vec<f64> = units.iter().zip(&periods).map(|(u, p)| f64::from(u * u) - 3.0 * f64::from(*p)).collect();
            two_way.take_out(&mut sums);
            prop_assert!(sums.iter().all(|s| s.abs() < 1e-9));
        }
    }

    #[test]
    fn the_rank_of_the_years_is_less_by_one_for_each_connected_part() {
        // Municipalities 0 and 1 are seen in years 0 and 1, municipality 2 in years 2 and 3: two parts.
        let two_way = TwoWay::new(vec![0, 0, 1, 1, 2, 2], vec![0, 1, 0, 1, 2, 3]);
        assert_eq!(two_way.year_rank(), 2);
        assert_eq!(TwoWay::new(vec![0, 0, 1, 1], vec![0, 1, 0, 1]).year_rank(), 1);
    }
}
