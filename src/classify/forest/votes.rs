//! Sums of the class shares of leaves, and what is read from them.

use crate::classify::Prediction;

/// Votes of a block, `[class][pixel]`: pixel `i` of class `c` is `sums[c * pixels + i]`.
///
/// A tree gives each pixel 65,535 in all, so a pixel's votes add up to 65,535 times the number of trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// Number of pixels.
    pub pixels: usize,
    /// Number of classes.
    pub classes: usize,
    /// The sums, class by class.
    pub sums: Vec<u32>,
}

impl Votes {
    /// Empties the votes for a block of this size; memory is kept.
    pub fn reset(&mut self, classes: usize, pixels: usize) {
        self.pixels = pixels;
        self.classes = classes;
        self.sums.clear();
        self.sums.resize(classes * pixels, 0);
    }

    /// Class, best class outside the set `coca`, and percentage inside it, for each pixel.
    ///
    /// `coca` says for each class whether it is in the set; ties go to the lowest class.
    ///
    /// # Panics
    /// When `coca` has another length than there are classes.
    pub fn predict(&self, coca: &[bool]) -> Prediction {
        assert_eq!(coca.len(), self.classes, "one entry for each class");
        let outside_exists = coca.contains(&false);
        let mut class = vec![0u8; self.pixels];
        let mut alternative = vec![0u8; self.pixels];
        // Class by class, so that memory is read in order. A vote plus one, so that a class without votes still beats none.
        let mut best = vec![0u64; self.pixels];
        let mut best_outside = vec![0u64; self.pixels];
        let mut inside = vec![0u64; self.pixels];
        let mut total = vec![0u64; self.pixels];
        for (c, &is_coca) in coca.iter().enumerate() {
            let votes = &self.sums[c * self.pixels..(c + 1) * self.pixels];
            for (i, &vote) in votes.iter().enumerate() {
                let vote = u64::from(vote);
                total[i] += vote;
                inside[i] += if is_coca { vote } else { 0 };
                if vote + 1 > best[i] {
                    (best[i], class[i]) = (vote + 1, c as u8);
                }
                if vote + 1 > best_outside[i] && !(is_coca && outside_exists) {
                    (best_outside[i], alternative[i]) = (vote + 1, c as u8);
                }
            }
        }
        let percent = inside.iter().zip(&total).map(|(&part, &all)| percent_of(part, all)).collect();
        let share = inside.iter().zip(&total).map(|(&part, &all)| share_of(part, all)).collect();
        Prediction { class, alternative, share, percent }
    }
}

fn percent_of(part: u64, all: u64) -> u8 {
    if all == 0 { 0 } else { ((200 * part + all) / (2 * all)) as u8 }
}

/// In 1 / 65,535, rounded half up.
fn share_of(part: u64, all: u64) -> u16 {
    if all == 0 { 0 } else { ((2 * 65_535 * part + all) / (2 * all)) as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_of_four_pixels() {
        let votes = Votes {
            pixels: 4,
            classes: 3,
            // Pixels: coca wins; a tie goes to the lower class; no coca; coca and class 2 tie.
            sums: vec![10, 50, 70, 0, 80, 50, 0, 50, 10, 0, 30, 50],
        };
        let got = votes.predict(&[false, true, false]);
        assert_eq!(got.class, [1, 0, 0, 1]);
        assert_eq!(got.alternative, [0, 0, 0, 2]);
        assert_eq!(got.percent, [80, 50, 0, 50]);
        let all = votes.predict(&[true, true, true]);
        assert_eq!(all.alternative, all.class);
        assert_eq!(all.percent, [100; 4]);
    }

    #[test]
    fn percentages_round_half_up_and_do_not_overflow() {
        assert_eq!(percent_of(1, 200), 1);
        assert_eq!(percent_of(1, 201), 0);
        assert_eq!(percent_of(u64::from(u32::MAX), u64::from(u32::MAX)), 100);
        assert_eq!(percent_of(0, 0), 0);
    }
}
