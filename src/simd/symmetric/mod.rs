//! Sums of the leaves of symmetric trees over a block of pixels.
//!
//! All answers of a symmetric tree make the number of its leaf, so a tree is: a comparison of bytes for each level, whose
//! outcomes are the bits of an index, and one look-up in at most 64 leaves for each score. A few runs of pixels go through all
//! trees before the next ones, with their bins in the first-level cache; together, for then each leaf comes from the
//! second-level cache once for all of them. Leaves are added in 16 bits within groups of trees
//! whose sum cannot leave them, then widened: so sums are exact, and no order of trees or lanes changes them.
//!
//! Trees whose leaves are small multiples of a power of two, as the trainer makes them, are put together by that unit. Their
//! leaves are single bytes: half the look-ups, and two trees are added before sums must be widened.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use super::Level;

/// Pixels are summed in runs of this many: planes are padded to a multiple of it.
pub const LANES: usize = 128;

/// Most decisions of a tree: 64 leaves are what one byte permutation looks up.
pub const MAX_DEPTH: usize = 6;

/// Leaves of the deepest tree.
const LEAVES: usize = 1 << MAX_DEPTH;

/// Most trees of a group: their leaf numbers wait in the first-level cache.
const GROUP: usize = 32;

/// One tree as the kernel takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTree {
    /// Feature and bin of each level: bit `d` of the leaf's number is set where the pixel's bin is above the level's.
    pub splits: Vec<(u8, u8)>,
    /// Leaves, `[output][leaf]`, `outputs * 2^splits.len()` of them.
    pub leaves: Vec<i16>,
}

/// Trees laid out for the kernels.
#[derive(Clone, Debug)]
pub struct Packed {
    outputs: usize,
    /// The highest feature that a tree asks for, plus one.
    features: usize,
    /// Levels of each tree, in the order of the groups.
    splits: Vec<Splits>,
    groups: Vec<Group>,
    /// Leaves in units, group by group `[output][tree]`, filled up with zeros; as numbers, and as their low and high bytes. Of a narrow
    /// group, low bytes are [`BIAS`] more than the leaf, and there is nothing in the high ones.
    leaves: Vec<[i16; LEAVES]>,
    low: Vec<Line<LEAVES>>,
    high: Vec<Line<LEAVES>>,
}

/// Trees whose leaves are added in 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    trees: std::ops::Range<usize>,
    /// What the unit of their leaves is: 2 to the power of this.
    unit: u32,
    /// Whether leaves are at most [`NARROW`] units.
    narrow: bool,
}

/// The largest leaf of a narrow tree, in its units: two of them, with a bias that makes them positive, fit a byte.
pub const NARROW: i16 = 63;

/// What makes a narrow leaf positive.
const BIAS: i16 = NARROW + 1;

/// Bytes that begin with a cache line: a load of 64 bytes that straddles two costs twice as much.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line<const N: usize>([u8; N]);

/// The levels of a tree; what is beyond `depth` means nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Splits {
    depth: usize,
    features: [u8; MAX_DEPTH],
    bins: [u8; MAX_DEPTH],
    /// Each bin four times: a broadcast of four bytes from memory costs less than one of a single byte.
    wide_bins: [u32; MAX_DEPTH],
}

impl Splits {
    fn new(splits: &[(u8, u8)]) -> Self {
        let mut out = Self { depth: splits.len(), ..Self::default() };
        for (level, (feature, bin)) in splits.iter().enumerate() {
            out.features[level] = *feature;
            out.bins[level] = *bin;
            out.wide_bins[level] = u32::from_ne_bytes([*bin; 4]);
        }
        out
    }
}

/// Most runs that go through the trees together.
const RUNS: usize = 4;

/// One feature's bins of the runs that go through the trees together. They are copied: planes that lie a power of two apart
/// would push each other out of the cache.
type Bins = [Line<LANES>; RUNS];

/// One run of pixels.
#[derive(Clone, Copy)]
struct Run<'a> {
    /// Bins by feature, and which of their runs this one is.
    bins: &'a [Bins],
    at: usize,
    /// Runs in a plane.
    runs: usize,
    /// This one.
    run: usize,
}

impl Run<'_> {
    /// Its bins of a feature.
    #[inline(always)]
    fn of(&self, feature: u8) -> &[u8; LANES] {
        &self.bins[usize::from(feature)][self.at].0
    }
}

impl Packed {
    /// Lays trees out.
    ///
    /// # Panics
    /// When a tree is deeper than [`MAX_DEPTH`] or has another number of leaves than its depth and `outputs` ask for.
    pub fn new(outputs: usize, trees: Vec<PackedTree>) -> Self {
        for tree in &trees {
            assert!(tree.splits.len() <= MAX_DEPTH, "a tree of {} levels", tree.splits.len());
            assert_eq!(tree.leaves.len(), outputs << tree.splits.len(), "leaves of a tree");
        }
        let features = trees.iter().flat_map(|t| &t.splits).map(|(f, _)| usize::from(*f) + 1).max().unwrap_or(0);
        let mut trees: Vec<(Option<u32>, PackedTree)> = trees.into_iter().map(|t| (unit_of(&t.leaves), t)).collect();
        // Sums are exact, so trees of one unit may be brought together; those of any other kind come last.
        trees.sort_by_key(|(unit, _)| unit.unwrap_or(u32::MAX));
        let largest = |tree: &PackedTree| tree.leaves.iter().map(|leaf| i32::from(*leaf).abs()).max().unwrap_or(0);
        let groups = groups(&trees.iter().map(|(unit, tree)| (*unit, largest(tree))).collect::<Vec<_>>());
        let mut packed = Self {
            outputs,
            features,
            splits: trees.iter().map(|(_, tree)| Splits::new(&tree.splits)).collect(),
            groups,
            leaves: Vec::with_capacity(trees.len() * outputs),
            low: Vec::new(),
            high: Vec::new(),
        };
        for group in packed.groups.clone() {
            for output in 0..outputs {
                for (unit, tree) in &trees[group.trees.clone()] {
                    let leaves = 1 << tree.splits.len();
                    packed.push(*unit, &tree.leaves[output * leaves..][..leaves]);
                }
            }
        }
        packed
    }

    /// Lays out the leaves of one output of a tree.
    fn push(&mut self, unit: Option<u32>, leaves: &[i16]) {
        let mut all = [0; LEAVES];
        all.iter_mut().zip(leaves).for_each(|(to, leaf)| *to = leaf >> unit.unwrap_or(0));
        let bias = if unit.is_some() { BIAS } else { 0 };
        let bytes = all.map(|leaf| leaf.wrapping_add(bias).to_le_bytes());
        self.leaves.push(all);
        self.low.push(Line(bytes.map(|[low, _]| low)));
        self.high.push(Line(bytes.map(|[_, high]| high)));
    }

    /// Where the leaves of a group's trees are for one output.
    fn leaves_of(&self, group: &Group, output: usize) -> std::ops::Range<usize> {
        let trees = group.trees.len();
        let first = group.trees.start * self.outputs + output * trees;
        first..first + trees
    }

    /// Adds, to `scores[output * stride + pixel]`, the leaf of each tree that the pixel falls into.
    ///
    /// `bins` holds `[feature][pixel]`, `stride` bytes a feature. Sums are exact: no order of trees or pixels changes them. A
    /// level that this processor lacks is taken for the portable one.
    ///
    /// # Panics
    /// When `stride` is no multiple of [`LANES`], or a slice is shorter than the trees and outputs need.
    pub fn add_scores(&self, level: Level, bins: &[u8], stride: usize, scores: &mut [i32]) {
        assert!(stride.is_multiple_of(LANES), "planes of whole runs");
        assert!(
            bins.len() >= self.features * stride && scores.len() >= self.outputs * stride,
            "planes of all features"
        );
        let (bins, scores) = (bins.as_chunks::<LANES>().0, scores.as_chunks_mut().0);
        let runs = stride / LANES;
        let mut lines = vec![[Line([0; LANES]); RUNS]; self.features];
        #[cfg(target_arch = "x86_64")]
        let turn = if level == Level::Avx2 && level.is_here() { avx2::SIGN } else { 0 };
        #[cfg(not(target_arch = "x86_64"))]
        let turn = 0;
        for first in (0..runs).step_by(RUNS) {
            let own = first..runs.min(first + RUNS);
            for (feature, lines) in lines.iter_mut().enumerate() {
                let plane = &bins[feature * runs..][own.clone()];
                lines.iter_mut().zip(plane).for_each(|(line, bins)| line.0 = bins.map(|bin| bin ^ turn));
            }
            let here = own.clone().map(|run| Run { bins: &lines, at: run - first, runs, run });
            match level {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the processor has been asked for the instructions that the function is compiled with.
                Level::Avx512 if level.is_here() => unsafe { avx512::add_runs(self, &lines, (own, runs), scores) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Level::Avx2 if level.is_here() => here.for_each(|run| unsafe { avx2::add_run(self, &run, scores) }),
                _ => here.for_each(|run| portable::add_run(self, &run, scores)),
            }
        }
    }
}

/// The unit, as a power of two, of leaves that are at most [`NARROW`] of them; the smallest there is.
fn unit_of(leaves: &[i16]) -> Option<u32> {
    let bits = leaves.iter().fold(0, |bits, leaf| bits | leaf);
    let largest = leaves.iter().map(|leaf| leaf.unsigned_abs()).max().unwrap_or(0);
    (0..i16::BITS).find(|unit| largest >> unit <= NARROW.unsigned_abs()).filter(|unit| bits & ((1 << unit) - 1) == 0)
}

/// Trees in a row, each with the unit of its leaves and the largest of them, whose largest leaves add up to no more than 16
/// bits hold; a single tree always fits.
fn groups(trees: &[(Option<u32>, i32)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut sum = 0;
    for (tree, (unit, largest)) in trees.iter().enumerate() {
        let (narrow, unit, largest) = (unit.is_some(), unit.unwrap_or(0), largest >> unit.unwrap_or(0));
        match groups.last_mut() {
            Some(group)
                if (group.narrow, group.unit) == (narrow, unit)
                    && sum + largest <= i32::from(i16::MAX)
                    && group.trees.len() < GROUP =>
            {
                group.trees.end = tree + 1;
                sum += largest;
            }
            _ => {
                groups.push(Group { trees: tree..tree + 1, unit, narrow });
                sum = largest;
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests;
