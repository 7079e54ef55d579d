//! Blocks of an input that cannot be read while the rest of it can.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A storage block of a raster that cannot be read; its pixels are not observed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Loss {
    /// The raster.
    pub file: PathBuf,
    /// 1-based band.
    pub band: usize,
    /// Row and column of the block among the blocks of the band.
    pub block: (usize, usize),
    /// What GDAL said.
    pub cause: String,
}

/// A part of the work that could not be done: what, why, and what that means for the figures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// The scene, file or window.
    pub what: String,
    /// What went wrong.
    pub cause: String,
    /// What the figures have instead.
    pub effect: String,
}

/// One failure for each file with lost blocks, whatever window met them first.
pub fn failures_of(losses: &BTreeSet<Loss>) -> Vec<Failure> {
    let mut files: BTreeMap<&PathBuf, Vec<&Loss>> = BTreeMap::new();
    losses.iter().for_each(|loss| files.entry(&loss.file).or_default().push(loss));
    let told = |(file, mut blocks): (&PathBuf, Vec<&Loss>)| {
        let first = blocks[0];
        // In their order: one that two windows met stands twice only where its cause was told in two ways.
        blocks.dedup_by_key(|loss| (loss.band, loss.block));
        Failure {
            what: file.display().to_string(),
            cause: format!(
                "{} of its blocks cannot be read, the first in band {} at block row {}, column {}: {}",
                blocks.len(),
                first.band,
                first.block.0,
                first.block.1,
                first.cause
            ),
            effect: "the pixels of these blocks are not observed on this scene".to_owned(),
        }
    };
    files.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_file_are_told_together_and_once() {
        let loss = |file: &str, band, block, cause: &str| Loss { file: file.into(), band, block, cause: cause.into() };
        let losses = [
            loss("b.tif", 2, (0, 1), "x"),
            loss("a.tif", 1, (3, 4), "torn"),
            loss("b.tif", 1, (9, 9), "y"),
            loss("b.tif", 2, (0, 1), "z"),
        ];
        let told = failures_of(&losses.into_iter().collect());
        assert_eq!(told.iter().map(|f| f.what.as_str()).collect::<Vec<_>>(), ["a.tif", "b.tif"]);
        assert!(told[0].cause.contains("1 of its blocks") && told[0].cause.contains("row 3, column 4: torn"));
        assert!(told[1].cause.contains("2 of its blocks") && told[1].cause.contains("band 1"), "{}", told[1].cause);
    }
}
