//! Percentile stretch: which value is black and which is white.

/// The values that become 0 and 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Becomes 0, and so does all below.
    pub low: f32,
    /// Becomes 255, and so does all above.
    pub high: f32,
}

impl Stretch {
    /// Black and white at two percentiles (0 to 100) of the values, which it reorders; NaN is no value. `None` without values.
    ///
    /// Exact order statistics with linear interpolation between neighbours, definition 7 of Hyndman and Fan 1996 (American
    /// Statistician 50:361), which is what R and NumPy do. Where both are equal the extremes are taken.
    pub fn of(values: &mut Vec<f32>, (low, high): (f64, f64)) -> Option<Self> {
        values.retain(|v| v.is_finite());
        if values.is_empty() {
            return None;
        }
        let both = Self { low: percentile(values, low), high: percentile(values, high) };
        if both.low < both.high {
            return Some(both);
        }
        let extremes = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        Some(Self { low: extremes.0, high: extremes.1 })
    }

    /// 0 to 255, linear between black and white; 128 where black is white.
    pub fn byte(self, value: f32) -> u8 {
        (self.part(value) * 255.0).round() as u8
    }

    /// 0 to 1, linear between black and white; a half where black is white.
    pub fn part(self, value: f32) -> f32 {
        if self.low < self.high { ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) } else { 0.5 }
    }
}

fn percentile(values: &mut [f32], percent: f64) -> f32 {
    let at = percent.clamp(0.0, 100.0) / 100.0 * (values.len() - 1) as f64;
    let (_, below, above) = values.select_nth_unstable_by(at.floor() as usize, f32::total_cmp);
    let below = f64::from(*below);
    let next = above.iter().copied().fold(f32::INFINITY, f32::min);
    if at.fract() > 0.0 && next.is_finite() {
        (below + (f64::from(next) - below) * at.fract()) as f32
    } else {
        below as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile([15, 20, 35, 40, 50], [5, 30, 40, 95]) is [16, 23, 29, 48].
        let values = || vec![40.0, 15.0, f32::NAN, 50.0, 20.0, 35.0];
        assert_eq!(Stretch::of(&mut values(), (5.0, 95.0)), Some(Stretch { low: 16.0, high: 48.0 }));
        assert_eq!(Stretch::of(&mut values(), (30.0, 40.0)), Some(Stretch { low: 23.0, high: 29.0 }));
        assert_eq!(Stretch::of(&mut values(), (0.0, 100.0)), Some(Stretch { low: 15.0, high: 50.0 }));
        assert_eq!(Stretch::of(&mut vec![f32::NAN], (2.0, 98.0)), None);
    }

    #[test]
    fn bytes_run_from_black_to_white_and_flat_is_grey() {
        let stretch = Stretch { low: 0.1, high: 0.3 };
        assert_eq!([0.0, 0.1, 0.15, 0.25, 0.3, 9.0].map(|v| stretch.byte(v)), [0, 0, 64, 191, 255, 255]);
        let mut flat = vec![0.2; 5];
        assert_eq!(Stretch::of(&mut flat, (2.0, 98.0)).map(|s| s.byte(0.2)), Some(128));
        // A mask with few ones: the percentiles are both 0.
        let mut rare = vec![0.0; 1000];
        rare[7] = 1.0;
        assert_eq!(Stretch::of(&mut rare, (2.0, 98.0)), Some(Stretch { low: 0.0, high: 1.0 }));
    }
}
