//! The error matrix of held-out samples and what is read from it.
//!
//! **Rows are the map (what was predicted), columns are the reference (what the label says)**, as in Congalton (1991),
//! "A review of assessing the accuracy of classifications of remotely sensed data", Remote Sensing of Environment 37,
//! 35-46, and Olofsson et al. (2014), "Good practices for estimating area and assessing accuracy of land change",
//! Remote Sensing of Environment 148, 42-57. The samples are labelled pixels in polygons, not a probability sample: these
//! figures say how the classifier does on such polygons, and correct no hectares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts of held-out pixels by class of the map and of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorMatrix {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Pixels, `[map][reference]`.
    pub counts: Vec<Vec<u64>>,
    /// The same with every polygon or point weighing one, spread over its pixels, `[map][reference]`.
    pub unit_weighted: Vec<Vec<f64>>,
    /// Independent polygons or points of each reference class that were held out.
    pub units: Vec<u64>,
    /// Classes (from 0) that were never held out: too few independent polygons.
    pub not_assessed: Vec<usize>,
}

/// A held-out pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldOut {
    /// Class predicted, from 0.
    pub map: u8,
    /// Class of the label, from 0.
    pub reference: u8,
    /// Number of its polygon or point.
    pub unit: u32,
}

/// What is printed of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassAccuracy {
    /// Name.
    pub class: String,
    /// Pixels mapped as this class, by reference class.
    pub counts: Vec<u64>,
    /// User's accuracy, `None` when nothing was mapped as this class.
    pub users: Option<f64>,
    /// Producer's accuracy, `None` when no reference pixel is of this class.
    pub producers: Option<f64>,
    /// F1, `None` when either is.
    pub f1: Option<f64>,
    /// Held-out pixels of this reference class.
    pub pixels: u64,
    /// Independent polygons or points behind them.
    pub units: u64,
    /// Whether the class was held out at all.
    pub assessed: bool,
}

impl ErrorMatrix {
    /// Counts held-out pixels.
    ///
    /// # Panics
    /// When a class is not below the number of names.
    pub fn tally(classes: Vec<String>, held_out: &[HeldOut], not_assessed: Vec<usize>) -> Self {
        let n = classes.len();
        let mut counts = vec![vec![0; n]; n];
        // A label is of a polygon, but should one number carry two classes, each counts as a unit of its own.
        let mut by_unit: BTreeMap<(u32, u8), BTreeMap<u8, u64>> = BTreeMap::new();
        for pixel in held_out {
            counts[usize::from(pixel.map)][usize::from(pixel.reference)] += 1;
            *by_unit.entry((pixel.unit, pixel.reference)).or_default().entry(pixel.map).or_default() += 1;
        }
        let mut units = vec![0; n];
        let mut unit_weighted = vec![vec![0.0; n]; n];
        for ((_, reference), mapped) in &by_unit {
            let reference = usize::from(*reference);
            units[reference] += 1;
            let size: u64 = mapped.values().sum();
            for (&map, &pixels) in mapped {
                unit_weighted[usize::from(map)][reference] += pixels as f64 / size as f64;
            }
        }
        Self { classes, counts, unit_weighted, units, not_assessed }
    }

    /// Whether all parts have one size, every class named exists and the counts can be added: false for a matrix that was not made here.
    pub fn is_whole(&self) -> bool {
        let n = self.classes.len();
        self.counts.len() == n
            && self.counts.iter().all(|row| row.len() == n)
            && self.unit_weighted.len() == n
            && self.unit_weighted.iter().all(|row| row.len() == n)
            && self.units.len() == n
            && self.not_assessed.iter().all(|&class| class < n)
            && adds_up(self.counts.iter().flatten())
            && adds_up(&self.units)
    }

    /// Held-out pixels.
    pub fn pixels(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Independent polygons or points held out.
    pub fn total_units(&self) -> u64 {
        self.units.iter().sum()
    }

    /// Overall accuracy, a share of the pixels: the diagonal over the total (Congalton 1991). `None` without pixels.
    pub fn overall(&self) -> Option<f64> {
        let right: u64 = (0..self.classes.len()).map(|class| self.counts[class][class]).sum();
        share(right as f64, self.pixels() as f64)
    }

    /// Overall accuracy with every polygon or point weighing the same, whatever its size. `None` without pixels.
    pub fn overall_by_unit(&self) -> Option<f64> {
        let right: f64 = (0..self.classes.len()).map(|class| self.unit_weighted[class][class]).sum();
        share(right, self.total_units() as f64)
    }

    /// User's accuracy: of the pixels mapped as this class, the share that is (diagonal over row; Congalton 1991,
    /// Olofsson et al. 2014 eq. 2 with one stratum). `None` when the row is empty.
    pub fn users(&self, class: usize) -> Option<f64> {
        let row: u64 = self.counts[class].iter().sum();
        share(self.counts[class][class] as f64, row as f64)
    }

    /// Producer's accuracy: of the reference pixels of this class, the share mapped so (diagonal over column;
    /// Congalton 1991, Olofsson et al. 2014 eq. 3 with one stratum). `None` when the column is empty.
    pub fn producers(&self, class: usize) -> Option<f64> {
        share(self.counts[class][class] as f64, self.reference_pixels(class) as f64)
    }

    /// F1: the harmonic mean of user's and producer's accuracy, 2 n_ii / (row + column). `None` when either is.
    pub fn f1(&self, class: usize) -> Option<f64> {
        self.users(class)?;
        self.producers(class)?;
        let row: u64 = self.counts[class].iter().sum();
        share(2.0 * self.counts[class][class] as f64, (row + self.reference_pixels(class)) as f64)
    }

    /// One entry for each class, for printing.
    pub fn rows(&self) -> Vec<ClassAccuracy> {
        let row = |class: usize| ClassAccuracy {
            class: self.classes[class].clone(),
            counts: self.counts[class].clone(),
            users: self.users(class),
            producers: self.producers(class),
            f1: self.f1(class),
            pixels: self.reference_pixels(class),
            units: self.units[class],
            assessed: !self.not_assessed.contains(&class),
        };
        (0..self.classes.len()).map(row).collect()
    }

    fn reference_pixels(&self, class: usize) -> u64 {
        self.counts.iter().map(|row| row[class]).sum()
    }
}

/// Whether counts are few enough to be added, twice over.
fn adds_up<'a>(counts: impl IntoIterator<Item = &'a u64>) -> bool {
    counts.into_iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).is_some_and(|sum| sum <= u64::MAX / 2)
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("class {i}")).collect()
    }

    /// The worked matrix of Congalton and Green (Assessing the Accuracy of Remotely Sensed Data, table 5.1): deciduous,
    /// conifer, agriculture, shrub; overall 321/434 = 74 %.
    #[test]
    fn the_published_matrix_gives_its_published_figures() {
        let counts = vec![vec![65, 4, 22, 24], vec![6, 81, 5, 8], vec![0, 11, 85, 19], vec![4, 7, 3, 90]];
        let matrix = ErrorMatrix {
            classes: names(4),
            unit_weighted: vec![vec![0.0; 4]; 4],
            units: vec![0; 4],
            not_assessed: vec![],
            counts,
        };
        let percent = |share: Option<f64>| (share.unwrap() * 100.0).round() as i32;
        assert_eq!(matrix.overall(), Some(321.0 / 434.0));
        assert_eq!((0..4).map(|c| percent(matrix.producers(c))).collect::<Vec<_>>(), [87, 79, 74, 64]);
        assert_eq!((0..4).map(|c| percent(matrix.users(c))).collect::<Vec<_>>(), [57, 81, 74, 87]);
        let (u, p) = (65.0 / 115.0, 65.0 / 75.0);
        assert!((matrix.f1(0).unwrap() - 2.0 * u * p / (u + p)).abs() < 1e-15);
    }

    #[test]
    fn empty_rows_and_columns_have_no_accuracy() {
        let held = [HeldOut { map: 0, reference: 1, unit: 1 }, HeldOut { map: 0, reference: 0, unit: 2 }];
        let matrix = ErrorMatrix::tally(names(3), &held, vec![2]);
        assert_eq!((matrix.users(0), matrix.producers(0)), (Some(0.5), Some(1.0)));
        assert_eq!((matrix.users(1), matrix.producers(1), matrix.f1(1)), (None, Some(0.0), None));
        assert_eq!((matrix.users(2), matrix.producers(2)), (None, None));
        assert_eq!(
            matrix.rows()[2],
            ClassAccuracy {
                class: "class 2".into(),
                counts: vec![0; 3],
                users: None,
                producers: None,
                f1: None,
                pixels: 0,
                units: 0,
                assessed: false,
            }
        );
        let none = ErrorMatrix::tally(names(2), &[], vec![0, 1]);
        assert_eq!((none.overall(), none.overall_by_unit()), (None, None));
    }

    #[test]
    fn counts_that_cannot_be_added_are_no_matrix() {
        let held = [HeldOut { map: 0, reference: 0, unit: 1 }, HeldOut { map: 1, reference: 1, unit: 2 }];
        let whole = ErrorMatrix::tally(names(2), &held, vec![]);
        assert!(whole.is_whole());
        assert!(!ErrorMatrix { counts: vec![vec![u64::MAX, 0], vec![1, 0]], ..whole.clone() }.is_whole());
        assert!(!ErrorMatrix { units: vec![u64::MAX, 1], ..whole }.is_whole());
    }

    #[test]
    fn a_large_polygon_does_not_outweigh_the_small_ones() {
        // Unit 1: 97 pixels right. Unit 2: one right of two. Unit 3: one pixel wrong.
        let mut held = vec![HeldOut { map: 0, reference: 0, unit: 1 }; 97];
        held.extend([(0, 0, 2), (1, 0, 2), (0, 1, 3)].map(|(map, reference, unit)| HeldOut { map, reference, unit }));
        let matrix = ErrorMatrix::tally(names(2), &held, vec![]);
        assert_eq!(matrix.overall(), Some(0.98));
        assert_eq!(matrix.overall_by_unit(), Some(0.5));
        assert_eq!(matrix.units, [2, 1]);
        assert!(matrix.is_whole());
    }
}
