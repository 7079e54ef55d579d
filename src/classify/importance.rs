//! Permutation importance: how much accuracy is lost on held-out pixels when a feature is shuffled among them.
//!
//! Breiman 2001, Machine Learning 45:5-32, section 10, on held-out groups. Features that say the same stand in for each
//! other, so all features of a band are shuffled together too.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureBlock, Together};

/// Shuffles of each feature.
const REPEATS: usize = 3;

/// Accuracy that is lost without a feature or band, weighted over the held-out parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// Accuracy lost by name.
    pub lost: BTreeMap<String, f64>,
    #[serde(skip)]
    rows: usize,
}

/// Accuracy that one held-out part loses.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// Pixels, the mean of the shuffles, by what is shuffled together.
    pixels: Vec<f64>,
    rows: usize,
}

impl Lost {
    /// Of a held-out part: the features of its rows and their classes, what is shuffled together, and what classifies.
    pub fn of(
        (block, class): (&FeatureBlock, &[u8]),
        all: &[Together],
        seed: u64,
        predict: impl Fn(&FeatureBlock) -> Vec<u8>,
    ) -> Self {
        let right = |block: &FeatureBlock| predict(block).iter().zip(class).filter(|(a, b)| a == b).count() as f64;
        let whole = right(block);
        let mut shuffled = block.clone();
        let of = |(number, together): (usize, &Together)| {
            let mut lost = 0.0;
            for repeat in 0..REPEATS {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream((number * REPEATS + repeat) as u64);
                let mut order: Vec<usize> = (0..block.pixels).collect();
                order.shuffle(&mut rng);
                for feature in &together.features {
                    let from = block.feature(*feature);
                    shuffled.feature_mut(*feature).iter_mut().zip(&order).for_each(|(to, at)| *to = from[*at]);
                }
                lost += (whole - right(&shuffled)) / REPEATS as f64;
            }
            for feature in &together.features {
                shuffled.feature_mut(*feature).copy_from_slice(block.feature(*feature));
            }
            lost
        };
        Self { pixels: all.iter().enumerate().map(of).collect(), rows: block.pixels }
    }
}

impl Importance {
    /// Takes in what a held-out part lost, of what was shuffled together.
    pub fn add(&mut self, all: &[Together], part: &Lost) {
        let (before, rows) = (self.rows as f64, part.rows as f64);
        for (together, lost) in all.iter().zip(&part.pixels) {
            let mean = self.lost.entry(together.name.clone()).or_insert(0.0);
            *mean = (*mean * before + lost) / (before + rows).max(1.0);
        }
        self.rows += part.rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_looked_at_is_missed() {
        let codes: Vec<u16> = (0..400).map(|i| 1 + i % 2).chain((0..400).map(|i| i * 31 % 97)).collect();
        let block = FeatureBlock { pixels: 400, features: 2, codes };
        let class: Vec<u8> = block.feature(0).iter().map(|code| u8::from(*code == 2)).collect();
        let by_first = |block: &FeatureBlock| block.feature(0).iter().map(|code| u8::from(*code == 2)).collect();
        let alone = |name: &str, features: &[usize]| Together { name: name.to_owned(), features: features.to_vec() };
        let all = [alone("a", &[0]), alone("b", &[1]), alone("both", &[0, 1])];
        let mut importance = Importance::default();
        for seed in 0..2 {
            importance.add(&all, &Lost::of((&block, &class), &all, seed, by_first));
        }
        assert_eq!(importance.lost["b"], 0.0);
        // Half of a shuffled coin is right by chance.
        assert!((importance.lost["a"] - 0.5).abs() < 0.1, "{importance:?}");
        assert!((importance.lost["both"] - 0.5).abs() < 0.1, "{importance:?}");
    }
}
