//! Folds for the held-out assessment. Pixels of one polygon, or of one spatial block, are alike; were some trained on
//! and others tested, the accuracy would be that of recognising the polygon (Roberts et al. 2017,
//! doi:10.1111/ecog.02881). So a *group* is what units, blocks and shared pixels join together, and folds take whole groups.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::training_set::TrainingSet;

/// Which units are held out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    /// Number of folds, each with at least one unit; 0 when nothing can be held out.
    pub count: usize,
    /// Fold of each unit; `None` for a unit that stays in training, because its class lives in one group only.
    pub of_unit: BTreeMap<u32, Option<usize>>,
    /// Classes (from 0) that are never held out, in rising order: their accuracy is not assessed.
    pub not_assessed: Vec<usize>,
}

impl Folds {
    /// Samples to train on while a fold is held out.
    pub fn training_rows(&self, set: &TrainingSet, fold: usize) -> Vec<u32> {
        self.rows(set, |of_unit| of_unit != Some(fold))
    }

    /// Samples of a fold.
    pub fn held_out_rows(&self, set: &TrainingSet, fold: usize) -> Vec<u32> {
        self.rows(set, |of_unit| of_unit == Some(fold))
    }

    fn rows(&self, set: &TrainingSet, wanted: impl Fn(Option<usize>) -> bool) -> Vec<u32> {
        let of = |row: &u32| self.of_unit.get(&set.unit[*row as usize]).copied().flatten();
        (0..set.samples() as u32).filter(|row| wanted(of(row))).collect()
    }
}

/// What units and blocks join together.
struct Group {
    units: Vec<u32>,
    /// Units and samples of each class.
    class_units: Vec<u32>,
    class_samples: Vec<u32>,
    /// Breaks ties between groups of one size.
    lot: u64,
}

impl Group {
    fn has(&self, class: usize) -> bool {
        self.class_samples[class] > 0
    }

    fn samples(&self) -> u32 {
        self.class_samples.iter().sum()
    }
}

/// Parts the units into at most `folds` folds of like make-up.
///
/// A class that lives in a single group is never held out (nothing would be left to learn it from): its group stays in
/// training and the class is listed in [`Folds::not_assessed`]. Every other class is in at least two folds, or, where the
/// groups do not allow that, is listed as well. Groups go, those with the rarest class and then the largest first, to the fold
/// that has least of their classes, by number of units and of samples.
pub fn grouped_folds(set: &TrainingSet, classes: usize, folds: usize, seed: u64) -> Folds {
    let groups = groups_of(set, classes, seed);
    let mut fixed = vec![false; groups.len()];
    let mut not_assessed: Vec<usize> = Vec::new();
    loop {
        // Fixing one group may leave another class a single free group, so this is repeated until nothing changes.
        let free =
            |class: usize, fixed: &[bool]| (0..groups.len()).filter(|&g| !fixed[g] && groups[g].has(class)).count();
        let present = |class: usize| groups.iter().filter(|group| group.has(class)).count();
        let held = |class: usize, fixed: &[bool]| present(class) - free(class, fixed);
        let lone = (0..classes).find(|&class| {
            !not_assessed.contains(&class)
                && (free(class, &fixed) == 0 || (free(class, &fixed) == 1 && held(class, &fixed) == 0))
        });
        let Some(class) = lone else { break };
        for (g, group) in groups.iter().enumerate() {
            fixed[g] |= group.has(class);
        }
        not_assessed.push(class);
    }
    let mut of_group = deal(&groups, &fixed, folds.max(2));
    for class in 0..classes {
        if !not_assessed.contains(&class) && !spread(&groups, &mut of_group, class) {
            not_assessed.push(class);
        }
    }
    not_assessed.sort_unstable();
    number(&groups, &of_group, not_assessed)
}

/// Groups that share neither a unit nor a block nor a pixel.
fn groups_of(set: &TrainingSet, classes: usize, seed: u64) -> Vec<Group> {
    let mut parent: Vec<usize> = (0..set.samples()).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    let mut join = |keys: &mut dyn Iterator<Item = u64>| {
        let mut first: BTreeMap<u64, usize> = BTreeMap::new();
        for (row, key) in keys.enumerate() {
            let (a, b) = (root(&mut parent, *first.entry(key).or_insert(row)), root(&mut parent, row));
            // The lower row leads, so that the order of groups is that of the samples.
            parent[a.max(b)] = a.min(b);
        }
    };
    join(&mut set.unit.iter().map(|&unit| u64::from(unit)));
    join(&mut set.block.iter().map(|&block| u64::from(block)));
    join(&mut set.pixel.iter().copied());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut groups: BTreeMap<usize, (Group, BTreeMap<u32, u8>)> = BTreeMap::new();
    for row in 0..set.samples() {
        let leader = root(&mut parent, row);
        let (group, units) = groups.entry(leader).or_insert_with(|| {
            let counts = vec![0; classes];
            let lot = rng.next_u64();
            (Group { units: Vec::new(), class_units: counts.clone(), class_samples: counts, lot }, BTreeMap::new())
        });
        group.class_samples[usize::from(set.class[row])] += 1;
        units.insert(set.unit[row], set.class[row]);
    }
    let finish = |(mut group, units): (Group, BTreeMap<u32, u8>)| {
        for (unit, class) in units {
            group.units.push(unit);
            group.class_units[usize::from(class)] += 1;
        }
        group
    };
    groups.into_values().map(finish).collect()
}

/// Gives each free group to the fold that has least of its classes.
fn deal(groups: &[Group], fixed: &[bool], folds: usize) -> Vec<Option<usize>> {
    let classes = groups.first().map_or(0, |group| group.class_units.len());
    let total = |of: fn(&Group, usize) -> u32, class: usize| groups.iter().map(|g| of(g, class)).sum::<u32>().max(1);
    let units: Vec<u32> = (0..classes).map(|class| total(|g, c| g.class_units[c], class)).collect();
    let samples: Vec<u32> = (0..classes).map(|class| total(|g, c| g.class_samples[c], class)).collect();
    let rarest = |group: &Group| (0..classes).filter(|&c| group.has(c)).map(|c| units[c]).min().unwrap_or(u32::MAX);
    let mut order: Vec<usize> = (0..groups.len()).filter(|&g| !fixed[g]).collect();
    order.sort_by_key(|&g| (rarest(&groups[g]), std::cmp::Reverse(groups[g].samples()), groups[g].lot));

    // Load of a class: its share of all units plus its share of all samples.
    let share = |group: &Group, class: usize| {
        f64::from(group.class_units[class]) / f64::from(units[class])
            + f64::from(group.class_samples[class]) / f64::from(samples[class])
    };
    let mut loads = vec![vec![0.0; classes]; folds];
    let mut of_group = vec![None; groups.len()];
    for g in order {
        let group = &groups[g];
        let cost = |fold: &usize| -> (f64, f64) {
            let of_its_classes = (0..classes).filter(|&c| group.has(c)).map(|c| loads[*fold][c]).sum();
            (of_its_classes, loads[*fold].iter().sum())
        };
        let best = (0..folds).min_by(|a, b| {
            let (a, b) = (cost(a), cost(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let Some(best) = best else { continue };
        of_group[g] = Some(best);
        for (class, load) in loads[best].iter_mut().enumerate() {
            *load += share(group, class);
        }
    }
    of_group
}

/// Makes sure that a class is not wholly in one fold: its smallest group moves on, or stays in training. Says whether the
/// class is still assessed.
fn spread(groups: &[Group], of_group: &mut [Option<usize>], class: usize) -> bool {
    let with: Vec<usize> = (0..groups.len()).filter(|&g| groups[g].has(class)).collect();
    let alone = with.windows(2).all(|pair| of_group[pair[0]] == of_group[pair[1]]);
    if !alone {
        return true;
    }
    let smallest = with.iter().copied().min_by_key(|&g| (groups[g].samples(), groups[g].lot));
    if let Some(smallest) = smallest.filter(|_| with.len() > 1) {
        // Kept in training, this group can leave no other class without training samples.
        of_group[smallest] = None;
        return with.iter().any(|&g| of_group[g].is_some());
    }
    for g in with {
        of_group[g] = None;
    }
    false
}

/// Numbers the folds that have units without gaps.
fn number(groups: &[Group], of_group: &[Option<usize>], not_assessed: Vec<usize>) -> Folds {
    let mut used: Vec<usize> = of_group.iter().flatten().copied().collect();
    used.sort_unstable();
    used.dedup();
    let mut of_unit = BTreeMap::new();
    for (group, fold) in groups.iter().zip(of_group) {
        let fold = fold.and_then(|fold| used.binary_search(&fold).ok());
        of_unit.extend(group.units.iter().map(|&unit| (unit, fold)));
    }
    Folds { count: used.len(), of_unit, not_assessed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureBlock;

    /// One sample a unit unless `samples` says otherwise: (class, unit, block, samples).
    fn set(units: &[(u8, u32, u32, usize)]) -> TrainingSet {
        let mut set = TrainingSet::default();
        for &(class, unit, block, samples) in units {
            set.class.extend(std::iter::repeat_n(class, samples));
            set.unit.extend(std::iter::repeat_n(unit, samples));
            set.block.extend(std::iter::repeat_n(block, samples));
        }
        set.features = FeatureBlock::missing(0, set.class.len());
        set
    }

    #[test]
    fn a_block_joins_units_and_a_unit_joins_blocks() {
        // Units 1 and 2 share block 7; unit 2 reaches into block 8, which unit 3 shares. Unit 4 stands alone.
        let set = set(&[(0, 1, 7, 2), (0, 2, 7, 1), (0, 2, 8, 1), (0, 3, 8, 1), (0, 4, 9, 1)]);
        let folds = grouped_folds(&set, 1, 5, 1);
        assert_eq!(folds.count, 2);
        let of: Vec<_> = folds.of_unit.values().collect();
        assert!(of[0] == of[1] && of[1] == of[2] && of[2] != of[3], "{of:?}");
        assert_eq!(folds.held_out_rows(&set, of[3].unwrap()), [5]);
        assert_eq!(folds.training_rows(&set, of[3].unwrap()), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn one_pixel_labelled_twice_joins_its_units() {
        // Unit 3 is the field of unit 1 in another year; unit 2 overlaps it by a pixel.
        let mut set = set(&[(0, 1, 1, 2), (0, 2, 2, 2), (0, 3, 3, 2), (0, 4, 4, 2)]);
        set.pixel = vec![10, 11, 11, 12, 10, 11, 20, 21];
        let of: Vec<_> = grouped_folds(&set, 1, 5, 1).of_unit.into_values().collect();
        assert!(of[0] == of[1] && of[1] == of[2] && of[2] != of[3], "{of:?}");
    }

    #[test]
    fn a_class_with_one_polygon_stays_in_training_and_is_named() {
        let set = set(&[(0, 1, 1, 5), (0, 2, 2, 5), (1, 3, 3, 9), (0, 4, 4, 5)]);
        let folds = grouped_folds(&set, 3, 5, 1);
        assert_eq!(folds.not_assessed, [1, 2], "one polygon, and no sample at all");
        assert_eq!(folds.of_unit[&3], None);
        assert_eq!(folds.count, 3);
        for fold in 0..folds.count {
            assert!(folds.training_rows(&set, fold).iter().any(|&row| set.class[row as usize] == 1));
        }
    }

    #[test]
    fn two_groups_of_a_class_never_share_a_fold() {
        let set = set(&[(0, 1, 1, 1), (0, 2, 1, 3), (1, 3, 1, 3), (0, 4, 2, 3), (1, 5, 3, 1)]);
        let folds = grouped_folds(&set, 2, 2, 3);
        assert!(folds.not_assessed.is_empty());
        for fold in 0..folds.count {
            for class in 0..2 {
                assert!(folds.training_rows(&set, fold).iter().any(|&row| set.class[row as usize] == class));
            }
        }
    }

    #[test]
    fn folds_are_even_and_follow_the_seed() {
        let units: Vec<_> = (0..40).map(|i| ((i % 4) as u8, i, i, 10)).collect();
        let set = set(&units);
        let folds = grouped_folds(&set, 4, 5, 1);
        assert_eq!(folds.count, 5);
        for fold in 0..5 {
            for class in 0..4 {
                let held = folds.held_out_rows(&set, fold);
                assert_eq!(held.iter().filter(|&&row| set.class[row as usize] == class).count(), 20);
            }
        }
        assert_eq!(folds, grouped_folds(&set, 4, 5, 1));
        assert_ne!(folds, grouped_folds(&set, 4, 5, 2));
    }
}
