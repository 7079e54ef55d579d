//! What pixels are classified as.

/// A block of pixels' classes, one entry a pixel in every list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prediction {
    /// The class, from 0.
    pub class: Vec<u8>,
    /// The best class that is not coca; the best of all where every class is coca.
    pub alternative: Vec<u8>,
    /// Probability of coca as the classifier gives it, before calibration, in 1 / 65,535.
    pub share: Vec<u16>,
    /// Probability of coca in per cent, 0 to 100, calibrated where the model is.
    pub percent: Vec<u8>,
}

impl Prediction {
    /// Makes room for so many pixels; what was there is overwritten.
    pub fn resize(&mut self, pixels: usize) {
        self.class.resize(pixels, 0);
        self.alternative.resize(pixels, 0);
        self.share.resize(pixels, 0);
        self.percent.resize(pixels, 0);
    }
}

/// Shares in per cent, rounded half up: what is used without a calibration, 65,536 entries.
pub fn plain_percent() -> Vec<u8> {
    (0..=u32::from(u16::MAX)).map(|share| ((200 * share + 65_535) / (2 * 65_535)) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_per_cent_half_up() {
        let percent = plain_percent();
        assert_eq!((percent[0], percent[327], percent[328], percent[65_535]), (0, 0, 1, 100));
    }
}
