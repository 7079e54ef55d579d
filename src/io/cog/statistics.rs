//! Statistics of a raster's observed pixels, exact, counted while its windows are made.

use ndarray::ArrayView2;
use serde::Serialize;

use super::NODATA;

/// How many pixels have each value.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts([u64; 256]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Counts {
    /// Of a window `[row, col]`.
    pub fn of(values: ArrayView2<'_, u8>) -> Self {
        // Four tallies, so that a run of one value does not wait for its own sum; a window has far fewer than 2^32 pixels.
        let mut four = [[0_u32; 256]; 4];
        for row in values.rows() {
            for (at, value) in row.iter().enumerate() {
                four[at & 3][usize::from(*value)] += 1;
            }
        }
        Self(std::array::from_fn(|value| four.iter().map(|one| u64::from(one[value])).sum()))
    }

    /// The values that are there, rising, with their number.
    pub fn present(&self) -> impl Iterator<Item = (u8, u64)> + '_ {
        (0_u8..=255).zip(self.0).filter(|(_, n)| *n > 0)
    }

    /// From values with their number.
    pub fn from_present(present: impl IntoIterator<Item = (u8, u64)>) -> Self {
        let mut counts = Self::default();
        present.into_iter().for_each(|(value, n)| counts.0[usize::from(value)] = n);
        counts
    }

    /// Adds those of another window.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(all, n)| *all += n);
    }

    /// What they come to.
    pub fn statistics(&self) -> Statistics {
        let seen = || (0_u8..=255).zip(&self.0).filter(|(value, n)| *value != NODATA && **n > 0);
        let (count, all) = (seen().map(|(_, n)| n).sum::<u64>(), self.0.iter().sum::<u64>());
        let valid_percent = if all > 0 { 100.0 * count as f64 / all as f64 } else { 0.0 };
        let range = seen().map(|(value, _)| value).min().zip(seen().map(|(value, _)| value).max());
        let values = range.map(|(minimum, maximum)| {
            // Sums of integers, so that the order of windows cannot matter.
            let sum: u128 = seen().map(|(value, n)| u128::from(value) * u128::from(*n)).sum();
            let squares: u128 = seen().map(|(value, n)| u128::from(value) * u128::from(value) * u128::from(*n)).sum();
            let (count, mean) = (u128::from(count), sum as f64 / count as f64);
            let variance = (count * squares - sum * sum) as f64 / (count * count) as f64;
            Values { minimum, maximum, mean, stddev: variance.sqrt() }
        });
        Statistics { count, valid_percent, values }
    }
}

/// Of the observed pixels of a byte raster.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// How many there are.
    pub count: u64,
    /// Their share of all pixels, in per cent.
    pub valid_percent: f64,
    /// What they hold; `None` where nothing was observed.
    pub values: Option<Values>,
}

/// Statistics of values, in the raster's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Values {
    /// The smallest.
    pub minimum: u8,
    /// The largest.
    pub maximum: u8,
    /// The mean.
    pub mean: f64,
    /// The standard deviation of the pixels, not of a sample of them.
    pub stddev: f64,
}

impl Statistics {
    /// As metadata items of a band, in GDAL's words; what is exact has no `STATISTICS_APPROXIMATE`.
    pub(super) fn items(&self) -> Vec<(&'static str, String)> {
        let mut items = Vec::new();
        if let Some(Values { minimum, maximum, mean, stddev }) = self.values {
            items.push(("STATISTICS_MAXIMUM", maximum.to_string()));
            items.push(("STATISTICS_MEAN", mean.to_string()));
            items.push(("STATISTICS_MINIMUM", minimum.to_string()));
            items.push(("STATISTICS_STDDEV", stddev.to_string()));
        }
        items.push(("STATISTICS_VALID_PERCENT", self.valid_percent.to_string()));
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_observed_is_in_no_statistic() {
        let mut counts = Counts::of(ndarray::array![[1, 1, 255], [4, 255, 255]].view());
        counts.add(&Counts::of(ndarray::array![[2, 2, 255, 255, 255, 255]].view()));
        let found = counts.statistics();
        assert_eq!((found.count, found.valid_percent), (5, 100.0 * 5.0 / 12.0));
        let values = found.values.unwrap();
        assert_eq!((values.minimum, values.maximum, values.mean), (1, 4, 2.0));
        assert!((values.stddev - 1.2_f64.sqrt()).abs() < 1e-15);
        let nothing = Counts::of(ndarray::array![[255, 255]].view()).statistics();
        assert_eq!((nothing.values, nothing.items()), (None, vec![("STATISTICS_VALID_PERCENT", "0".to_owned())]));
    }
}
