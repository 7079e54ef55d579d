//! Labelled pixels and what they must not be separated from.

use crate::features::FeatureBlock;

/// Labelled pixels, one entry per sample in every list.
#[derive(Clone, Debug, Default)]
pub struct TrainingSet {
    /// Features of the samples: `features.pixels` is the number of samples.
    pub features: FeatureBlock,
    /// Class of each sample, from 0.
    pub class: Vec<u8>,
    /// Number of the polygon or point that each sample was taken from.
    pub unit: Vec<u32>,
    /// Number of the spatial block that each sample lies in. Folds cut neither a unit nor a block.
    pub block: Vec<u32>,
    /// Number of the pixel of the grid that each sample is, the same in every year; folds do not cut it either: overlapping
    /// polygons, and one field labelled in two years, are held out together. Empty where pixels are not known.
    pub pixel: Vec<u64>,
}

impl TrainingSet {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.class.len()
    }

    /// The numbers of all samples.
    pub fn all_rows(&self) -> Vec<u32> {
        (0..self.class.len() as u32).collect()
    }

    /// The features of some samples, in the order of `rows`.
    pub fn features_of(&self, rows: &[u32]) -> FeatureBlock {
        let mut block = FeatureBlock::missing(self.features.features, rows.len());
        for feature in 0..self.features.features {
            let from = self.features.feature(feature);
            for (to, &row) in block.feature_mut(feature).iter_mut().zip(rows) {
                *to = from[row as usize];
            }
        }
        block
    }

    /// A set of some samples, in the order of `rows`.
    pub fn subset(&self, rows: &[u32]) -> Self {
        let pick = |row: &u32| *row as usize;
        Self {
            features: self.features_of(rows),
            class: rows.iter().map(|row| self.class[pick(row)]).collect(),
            unit: rows.iter().map(|row| self.unit[pick(row)]).collect(),
            block: rows.iter().map(|row| self.block[pick(row)]).collect(),
            pixel: if self.pixel.is_empty() {
                Vec::new()
            } else {
                rows.iter().map(|row| self.pixel[pick(row)]).collect()
            },
        }
    }
}
