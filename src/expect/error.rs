//! Why nothing can be expected.

/// An expectation that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpectError {
    /// The year is further ahead than one year.
    #[error(
        "--year {year}: the census ends in {last}, and one year ahead is as far as an expectation goes (its intervals are the errors of one-year forecasts); ask for {} or earlier, or give a census that holds {}",
        last + 1,
        year - 1
    )]
    TooFar {
        /// The year asked for.
        year: i32,
        /// The last year of the census.
        last: i32,
    },
    /// A year among the three before is not in the census.
    #[error(
        "--year {year}: the census has no figures of {missing}; the three years before the one asked for are needed ({} to {})",
        year - 3,
        year - 1
    )]
    YearMissing {
        /// The year asked for.
        year: i32,
        /// The year that is missing.
        missing: i32,
    },
    /// No earlier year that the regression could learn from.
    #[error(
        "--year {year}: the census has {found} years before it ({years}), and none of them has the three years before itself: four consecutive years before the one asked for are the least (two of growth, three of mean, one to learn from), and intervals need about three more; give a census that begins in {} or earlier",
        year - 4
    )]
    TooFewYears {
        /// The year asked for.
        year: i32,
        /// How many earlier years there are.
        found: usize,
        /// Which.
        years: String,
    },
}
