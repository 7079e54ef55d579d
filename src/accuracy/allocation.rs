//! How many units, and how many in each stratum.

/// How a sample is dealt among strata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// By weight times standard deviation: the smallest error of overall accuracy (Cochran 1977, eq. 5.26).
    Neyman,
    /// By weight.
    Proportional,
    /// The same for all.
    Equal,
}

/// A stratum that is to be sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Planned {
    /// Share of the ground.
    pub weight: f64,
    /// Share of its units that are expected to be mapped right.
    pub expected: f64,
    /// Units in it.
    pub units: u64,
}

impl Planned {
    /// Standard deviation of a unit's being right.
    fn deviation(&self) -> f64 {
        (self.expected * (1.0 - self.expected)).max(0.0).sqrt()
    }
}

/// A plan that cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum AllocationError {
    /// Too few units for so many strata.
    #[error("{n} units for {strata} strata: each needs at least {minimum}, so {} at least; raise --n, or have fewer strata (--strata class)", .strata * .minimum)]
    TooFew {
        /// Units wanted.
        n: u64,
        /// Number of strata.
        strata: u64,
        /// Units that each needs.
        minimum: u64,
    },
    /// More units than there are.
    #[error("{n} units are wanted and the map has {units} observed pixels")]
    TooMany {
        /// Units wanted.
        n: u64,
        /// Units that there are.
        units: u64,
    },
}

/// Units for a standard error of overall accuracy (Cochran 1977, eq. 5.25; Olofsson et al. 2014, eq. 13):
/// `n = (sum W S)^2 / (SE^2 + sum W S^2 / N)`, rounded up.
pub fn sample_size(strata: &[Planned], standard_error: f64) -> u64 {
    let units: u64 = strata.iter().map(|s| s.units).sum();
    let linear: f64 = strata.iter().map(|s| s.weight * s.deviation()).sum();
    let squares: f64 = strata.iter().map(|s| s.weight * s.deviation().powi(2)).sum();
    let n = linear * linear / (standard_error * standard_error + squares / (units as f64).max(1.0));
    n.ceil() as u64
}

/// Standard error of overall accuracy that an allocation can be expected to have.
pub fn expected_error(strata: &[Planned], allocated: &[u64]) -> f64 {
    let of = |(s, n): (&Planned, &u64)| (s.weight * s.deviation()).powi(2) / (*n as f64).max(1.0);
    strata.iter().zip(allocated).map(of).sum::<f64>().sqrt()
}

/// The minimum that is kept where none is given: 50 units a stratum (Olofsson et al. 2014, 5.1.1), fewer where that would be
/// more than a quarter of the sample, never fewer than the 2 that an error needs.
pub fn default_minimum(n: u64, strata: u64) -> u64 {
    (n / (4 * strata.max(1))).clamp(2, 50)
}

/// Deals `n` units: each stratum gets `minimum` at least, as many as it has at most, and the rest by its part. Remainders go
/// to the largest fractions, the first of equals.
///
/// # Errors
/// [`AllocationError`] where `n` is too few or too many.
pub fn allocate(strata: &[Planned], n: u64, allocation: Allocation, minimum: u64) -> Result<Vec<u64>, AllocationError> {
    let units: u64 = strata.iter().map(|s| s.units).sum();
    if n > units {
        return Err(AllocationError::TooMany { n, units });
    }
    let floor: Vec<u64> = strata.iter().map(|s| minimum.min(s.units)).collect();
    if floor.iter().sum::<u64>() > n {
        return Err(AllocationError::TooFew { n, strata: strata.len() as u64, minimum });
    }
    let part = |s: &Planned| match allocation {
        Allocation::Neyman => s.weight * s.deviation(),
        Allocation::Proportional => s.weight,
        Allocation::Equal => 1.0,
    };
    let parts: Vec<f64> = strata.iter().map(part).collect();
    // Strata at their minimum or maximum are set aside until the others' parts are all between the two.
    let mut fixed: Vec<Option<u64>> = vec![None; strata.len()];
    let share = |fixed: &[Option<u64>]| -> Vec<f64> {
        let free = n - fixed.iter().flatten().sum::<u64>().min(n);
        let open = || (0..strata.len()).filter(|i| fixed[*i].is_none());
        let sum: f64 = open().map(|i| parts[i]).sum();
        let count = open().count().max(1) as f64;
        let of = |i: usize| if sum > 0.0 { free as f64 * parts[i] / sum } else { free as f64 / count };
        (0..strata.len()).map(|i| fixed[i].map_or_else(|| of(i), |n| n as f64)).collect()
    };
    loop {
        let now = share(&fixed);
        let open = |i: &usize| fixed[*i].is_none();
        let over: Vec<usize> = (0..strata.len()).filter(open).filter(|i| now[*i] > strata[*i].units as f64).collect();
        let under: Vec<usize> = (0..strata.len()).filter(open).filter(|i| now[*i] < floor[*i] as f64).collect();
        if over.is_empty() && under.is_empty() {
            return Ok(rounded(&now, strata, n));
        }
        // What is missing below is taken before what is too much is spread.
        if under.is_empty() {
            over.iter().for_each(|i| fixed[*i] = Some(strata[*i].units));
        } else {
            under.iter().for_each(|i| fixed[*i] = Some(floor[*i]));
        }
    }
}

/// Whole numbers that add up to `n`.
fn rounded(shares: &[f64], strata: &[Planned], n: u64) -> Vec<u64> {
    let mut whole: Vec<u64> = shares.iter().map(|s| (s + 1e-9).floor() as u64).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| (shares[*b] - whole[*b] as f64).total_cmp(&(shares[*a] - whole[*a] as f64)));
    let mut left = n.saturating_sub(whole.iter().sum());
    while left > 0 {
        let before = left;
        for i in &order {
            if left > 0 && whole[*i] < strata[*i].units {
                whole[*i] += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strata(weights: &[f64], expected: &[f64]) -> Vec<Planned> {
        let planned = |(weight, expected): (&f64, &f64)| Planned {
            weight: *weight,
            expected: *expected,
            units: (weight * 1e7) as u64,
        };
        weights.iter().zip(expected).map(planned).collect()
    }

    /// Olofsson et al. (2014), table 5: a standard error of 0.01 with user's accuracies of 0.70, 0.60, 0.90 and 0.95 needs 641
    /// units; equal allocation is 160 each, proportional 13, 10, 205 and 413.
    #[test]
    fn the_published_sample_size_comes_out() {
        let strata = strata(&[0.02, 0.015, 0.32, 0.645], &[0.7, 0.6, 0.9, 0.95]);
        assert_eq!(sample_size(&strata, 0.01), 641);
        let deal = |allocation, minimum| allocate(&strata, 641, allocation, minimum).unwrap();
        assert_eq!(deal(Allocation::Proportional, 2), [13, 10, 205, 413]);
        assert_eq!(deal(Allocation::Equal, 2), [161, 160, 160, 160]);
        assert_eq!(deal(Allocation::Neyman, 2), [23, 19, 243, 356]);
        assert_eq!(deal(Allocation::Proportional, 75), [75, 75, 163, 328]);
        let error = |n: &[u64]| expected_error(&strata, n);
        assert!((error(&deal(Allocation::Neyman, 2)) - 0.01).abs() < 1e-5);
        assert!(error(&deal(Allocation::Equal, 2)) > error(&deal(Allocation::Proportional, 2)));
    }

    #[test]
    fn a_small_stratum_is_taken_whole_and_the_rest_goes_to_the_others() {
        let mut strata = strata(&[0.5, 0.5, 0.0], &[0.9, 0.9, 0.5]);
        strata[2].units = 7;
        assert_eq!(allocate(&strata, 100, Allocation::Equal, 10).unwrap(), [47, 46, 7]);
        assert_eq!(default_minimum(1000, 2), 50);
        assert_eq!(default_minimum(100, 3), 8);
        assert_eq!(default_minimum(10, 30), 2);
    }

    #[test]
    fn too_few_and_too_many_are_refused() {
        let strata = strata(&[0.5, 0.5], &[0.9, 0.9]);
        let error = allocate(&strata, 3, Allocation::Equal, 2).unwrap_err();
        assert!(error.to_string().starts_with("3 units for 2 strata: each needs at least 2, so 4 at least"), "{error}");
        let error = allocate(&strata, 20_000_000, Allocation::Equal, 2).unwrap_err();
        assert_eq!(error, AllocationError::TooMany { n: 20_000_000, units: 10_000_000 });
    }
}
