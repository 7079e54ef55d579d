//! Small trees over 64 pixels: a question is one comparison of 64 bytes, its outcome a bit for each pixel.

use super::Level;

/// Pixels of a block.
pub const BLOCK: usize = 64;
/// Most leaves of a tree: a leaf's number is a byte.
pub const MOST_LEAVES: usize = 256;
/// Most levels of a symmetric tree.
pub const MOST_LEVELS: usize = 8;

/// A question about a byte of each pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskNode {
    /// The plane of bytes that it asks about.
    pub plane: u16,
    /// The smallest byte that goes right.
    pub right_from: u8,
    /// Where smaller bytes go: a node by its number, or a leaf by its number after all nodes. Symmetric trees do not use it.
    pub left: u16,
    /// Where the others go.
    pub right: u16,
}

/// Questions that lead to leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A tree of any shape; children come after their parents.
    Free(Vec<MaskNode>),
    /// One question a level; the answer at level `l` is bit `l` of the leaf's number.
    Symmetric(Vec<MaskNode>),
}

/// A tree and what its leaves hold.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskTree<T> {
    /// The questions.
    pub shape: Shape,
    /// The first score that it adds to.
    pub score: usize,
    /// For each score from there on what the leaves add, [`MOST_LEAVES`] entries where the last leaf is below.
    pub tables: Vec<Vec<T>>,
}

/// A number that leaves hold: `f32` or `f64`.
pub trait Number: Copy + Default + std::ops::AddAssign + std::fmt::Debug + Send + Sync + 'static {
    /// The number nearest to a value.
    fn of(value: f64) -> Self;
    /// The same value.
    fn wide(self) -> f64;
    /// Adds `table[leaf]` of each pixel.
    #[cfg(target_arch = "x86_64")]
    #[doc(hidden)]
    fn add_wide(level: Level, table: &[Self], leaves: &[u8; BLOCK], sums: &mut [Self; BLOCK]) -> bool;
}

impl Number for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[cfg(target_arch = "x86_64")]
    fn add_wide(level: Level, table: &[Self], leaves: &[u8; BLOCK], sums: &mut [Self; BLOCK]) -> bool {
        let here = level == Level::Avx512 && level.is_here() && table.len() >= MOST_LEAVES;
        if here {
            // SAFETY: the processor has been asked for the instructions, and the table has an entry for every byte.
            unsafe { wide::add_f32(table, leaves, sums) };
        }
        here
    }
}

impl Number for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn wide(self) -> f64 {
        self
    }

    #[cfg(target_arch = "x86_64")]
    fn add_wide(level: Level, table: &[Self], leaves: &[u8; BLOCK], sums: &mut [Self; BLOCK]) -> bool {
        let here = level == Level::Avx512 && level.is_here() && table.len() >= MOST_LEAVES;
        if here {
            // SAFETY: the processor has been asked for the instructions, and the table has an entry for every byte.
            unsafe { wide::add_f64(table, leaves, sums) };
        }
        here
    }
}

/// Adds a tree's leaves to the sums `[score][pixel]`. `planes` is `[plane][pixel]`, a block of pixels each; `masks` is room.
///
/// # Panics
/// When a question is about a plane that is not there, or a leaf or a score is not there.
pub fn add<T: Number>(level: Level, tree: &MaskTree<T>, planes: &[u8], masks: &mut Vec<u64>, sums: &mut [[T; BLOCK]]) {
    let mut leaves = [0; BLOCK];
    find(level, &tree.shape, planes, masks, &mut leaves);
    for (table, sums) in tree.tables.iter().zip(&mut sums[tree.score..]) {
        #[cfg(target_arch = "x86_64")]
        if T::add_wide(level, table, &leaves, sums) {
            continue;
        }
        sums.iter_mut().zip(&leaves).for_each(|(sum, leaf)| *sum += table[usize::from(*leaf)]);
    }
}

/// The leaf of each pixel.
fn find(level: Level, shape: &Shape, planes: &[u8], masks: &mut Vec<u64>, leaves: &mut [u8; BLOCK]) {
    let nodes = match shape {
        Shape::Free(nodes) => nodes,
        Shape::Symmetric(levels) => return find_symmetric(level, levels, planes, leaves),
    };
    // All are written before they are read.
    masks.resize((2 * nodes.len() + 1).max(masks.len()), 0);
    let masks = &mut masks[..2 * nodes.len() + 1];
    // A tree without a node is its only leaf, which every pixel reaches.
    masks[0] = u64::MAX;
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 if level.is_here() => {
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::split_avx512(nodes, planes, masks) };
            // SAFETY: as above.
            unsafe { wide::number_avx512(&masks[nodes.len()..], leaves) };
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 if level.is_here() => {
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::split_avx2(nodes, planes, masks) };
            number(&masks[nodes.len()..], leaves);
        }
        _ => {
            split(nodes, planes, masks, at_least);
            number(&masks[nodes.len()..], leaves);
        }
    }
}

fn find_symmetric(level: Level, levels: &[MaskNode], planes: &[u8], leaves: &mut [u8; BLOCK]) {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512 && level.is_here() {
        // SAFETY: the processor has been asked for the instructions.
        return unsafe { wide::symmetric_avx512(levels, planes, leaves) };
    }
    let planes = planes.as_chunks::<BLOCK>().0;
    leaves.fill(0);
    for (bit, node) in levels.iter().enumerate() {
        let plane = &planes[usize::from(node.plane)];
        leaves.iter_mut().zip(plane).for_each(|(leaf, byte)| *leaf |= u8::from(*byte >= node.right_from) << bit);
    }
}

/// Splits the pixels of each node between those that it sends to.
#[inline(always)]
fn split(nodes: &[MaskNode], planes: &[u8], masks: &mut [u64], at_least: impl Fn(&[u8; BLOCK], u8) -> u64) {
    let planes = planes.as_chunks::<BLOCK>().0;
    for (number, node) in nodes.iter().enumerate() {
        let (here, high) = (masks[number], at_least(&planes[usize::from(node.plane)], node.right_from));
        masks[usize::from(node.left)] = here & !high;
        masks[usize::from(node.right)] = here & high;
    }
}

/// A bit for each byte that is `least` or more.
#[inline(always)]
fn at_least(bytes: &[u8; BLOCK], least: u8) -> u64 {
    let mut mask = 0;
    for (group, bytes) in bytes.as_chunks::<8>().0.iter().enumerate() {
        let bits = bytes.iter().enumerate().fold(0, |bits, (i, byte)| bits | u64::from(*byte >= least) << i);
        mask |= bits << (8 * group);
    }
    mask
}

/// Numbers the pixels of each leaf.
fn number(masks: &[u64], leaves: &mut [u8; BLOCK]) {
    for (leaf, mask) in masks.iter().enumerate() {
        let mut mask = *mask;
        while mask != 0 {
            leaves[mask.trailing_zeros() as usize] = leaf as u8;
            mask &= mask - 1;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide;

#[cfg(test)]
mod tests;
