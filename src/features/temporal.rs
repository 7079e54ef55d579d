//! Order statistics of the clear observations of one pixel in one year.
//!
//! Every function takes the values sorted in ascending order.

/// The percentile `p` (0 to 100) by linear interpolation between order statistics: type 7 of Hyndman and Fan 1996, the
/// default of NumPy and R. NaN when there is no value.
#[inline]
pub fn percentile(sorted: &[f32], p: f32) -> f32 {
    match sorted.len() {
        0 => f32::NAN,
        1 => sorted[0],
        n => {
            let position = p / 100.0 * (n - 1) as f32;
            let below = (position as usize).min(n - 2);
            let (low, high) = (sorted[below], sorted[below + 1]);
            low + (high - low) * (position - below as f32)
        }
    }
}

/// The median: the middle value, or the mean of the two in the middle.
#[inline]
pub fn median(sorted: &[f32]) -> f32 {
    match sorted.len() {
        0 => f32::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// Sorts a few values in place. Values are finite: unobserved pixels never come here.
#[inline]
pub fn sort(values: &mut [f32]) {
    if values.len() <= 24 {
        // Insertion sort: a year has a handful of dates, and this beats a general sort there.
        for i in 1..values.len() {
            let v = values[i];
            let mut j = i;
            while j > 0 && values[j - 1] > v {
                values[j] = values[j - 1];
                j -= 1;
            }
            values[j] = v;
        }
    } else {
        values.sort_unstable_by(f32::total_cmp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.percentile([1, 2, 4, 8, 16], p)` for p = 0, 10, 38, 50, 90, 100.
    #[test]
    fn percentiles_equal_numpys() {
        let v = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (p, expected) in [(0.0, 1.0), (10.0, 1.4), (38.0, 3.04), (50.0, 4.0), (90.0, 12.8), (100.0, 16.0)] {
            assert!((percentile(&v, p) - expected).abs() < 1e-5, "{p}: {}", percentile(&v, p));
        }
        assert!((percentile(&[1.0, 5.0], 38.0) - 2.52).abs() < 1e-6);
    }

    #[test]
    fn medians_of_odd_even_and_no_values() {
        assert_eq!(median(&[1.0, 5.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert!(median(&[]).is_nan() && percentile(&[], 10.0).is_nan());
    }

    #[test]
    fn both_ways_of_sorting_sort() {
        for n in [0, 1, 5, 24, 25, 100] {
            let mut v: Vec<f32> = (0..n).map(|i| ((i * 7919) % 101) as f32).collect();
            let mut expected = v.clone();
            expected.sort_by(f32::total_cmp);
            sort(&mut v);
            assert_eq!(v, expected);
        }
    }
}
