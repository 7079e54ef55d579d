//! Large trees: pixels walk down a tree side by side, so that one waits for memory while others go on.
//!
//! What is compared are ranks of values among a feature's thresholds, whole numbers of 32 bits, so that a node is eight bytes.

use super::Level;

/// Pixels of a group.
pub const GROUP: usize = 16;
/// Groups that walk together.
pub const GROUPS: usize = 4;
/// The rank of what is above every threshold.
pub const HIGHEST: u32 = LEAF - 1;

/// Set where a word is a leaf: no rank is as high.
const LEAF: u32 = 1 << 31;
/// Levels that are laid out one after the other, since all pixels pass them; below, what hangs on a node lies together.
const LEVELS: u32 = 8;

/// A column of each of 16 pixels.
pub type Line = [u32; GROUP];

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A question about a column: ranks from `from` on go to `right`, the others to `left`.
    Node {
        /// What is asked about.
        column: u32,
        /// The lowest rank that goes right, at most [`HIGHEST`].
        from: u32,
        /// What is on the left, as the caller numbers it.
        left: u32,
        /// What is on the right.
        right: u32,
    },
    /// The end, with the number of the leaf, at most [`HIGHEST`].
    Leaf(u32),
}

/// A tree as it is walked: words of what leads right (above) and of where that is (below).
///
/// The children of a node are neighbours, and `to + 1` or `to` is where a pixel goes. A leaf leads to itself, by a rank that no
/// pixel has.
#[derive(Clone, Debug)]
pub struct Steps {
    words: Vec<u64>,
    columns: usize,
    /// Bits of a column's number, below those of `to`.
    bits: u32,
}

impl Steps {
    /// Most words of a tree on so many columns; a tree of `n` leaves needs `2 n`.
    pub fn most(columns: usize) -> usize {
        1 << (31 - column_bits(columns))
    }

    /// Lays out the tree that begins at `root`, from what `step` says of each number; `None` when it has more than
    /// [`Steps::most`] words.
    ///
    /// # Panics
    /// When a column, a rank or a leaf's number is too high.
    pub fn new(columns: usize, root: u32, step: impl Fn(u32) -> Step) -> Option<Self> {
        let bits = column_bits(columns);
        // The second word is not reached: pairs begin at even places, so that a pair does not straddle two cache lines.
        let mut words = vec![word(LEAF, 0, 0, bits), word(LEAF, 1, 0, bits)];
        let mut open = std::collections::VecDeque::from([(root, 0, 0)]);
        while let Some((number, at, level)) = open.pop_front() {
            match step(number) {
                Step::Leaf(leaf) => {
                    assert!(leaf <= HIGHEST, "leaves of a tree");
                    words[at] = word(LEAF | leaf, at, 0, bits);
                }
                Step::Node { column, from, left, right } => {
                    assert!((column as usize) < columns && from <= HIGHEST, "a question about a column");
                    let to = words.len();
                    if to + 2 > Self::most(columns) {
                        return None;
                    }
                    words[at] = word(from, to, column, bits);
                    words.extend([word(LEAF, to, 0, bits), word(LEAF, to + 1, 0, bits)]);
                    let children = [(left, to, level + 1), (right, to + 1, level + 1)];
                    if level < LEVELS {
                        open.extend(children);
                    } else {
                        children.into_iter().rev().for_each(|child| open.push_front(child));
                    }
                }
            }
        }
        Some(Self { words, columns, bits })
    }

    /// The leaves that groups of pixels reach, from their ranks `[group][column]`.
    ///
    /// # Panics
    /// When there are more than [`GROUPS`] groups or not all columns of one.
    pub fn find(&self, level: Level, ranks: &[Line]) -> [Line; GROUPS] {
        let groups = ranks.len() / self.columns.max(1);
        assert!(groups <= GROUPS && groups * self.columns == ranks.len(), "groups of all columns");
        let mut leaves = [[0; GROUP]; GROUPS];
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 if level.is_here() => {
                // SAFETY: the processor has been asked for the instructions.
                unsafe { wide::find_groups(self, ranks, &mut leaves) };
            }
            _ => {
                for (ranks, leaves) in ranks.chunks_exact(self.columns.max(1)).zip(&mut leaves) {
                    *leaves = self.find_plain(ranks);
                }
            }
        }
        leaves
    }

    fn find_plain(&self, ranks: &[Line]) -> Line {
        let mut at = [0_u32; GROUP];
        let mut leaves = [0; GROUP];
        let mask = (1 << self.bits) - 1;
        loop {
            let mut all = LEAF;
            for (lane, (at, leaf)) in at.iter_mut().zip(&mut leaves).enumerate() {
                let word = self.words[*at as usize];
                let (from, low) = ((word >> 32) as u32, word as u32);
                // Which way a pixel goes cannot be foretold: no branch hangs on it.
                *at = (low >> self.bits) + u32::from(ranks[(low & mask) as usize][lane] >= from);
                *leaf = from & HIGHEST;
                all &= from;
            }
            if all & LEAF != 0 {
                return leaves;
            }
        }
    }
}

/// Bits of the number of one of so many columns.
fn column_bits(columns: usize) -> u32 {
    columns.max(2).next_power_of_two().ilog2()
}

fn word(from: u32, to: usize, column: u32, bits: u32) -> u64 {
    u64::from(from) << 32 | (to as u64) << bits | u64::from(column)
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m128i, __m512i, _mm_cvtsi32_si128, _mm512_add_epi32, _mm512_and_si512, _mm512_castsi512_si256,
        _mm512_cmpge_epu32_mask, _mm512_extracti64x4_epi64, _mm512_i32gather_epi32, _mm512_i32gather_epi64,
        _mm512_mask_add_epi32, _mm512_movepi32_mask, _mm512_permutex2var_epi32, _mm512_set_epi32, _mm512_set1_epi32,
        _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srl_epi32, _mm512_storeu_si512,
    };

    use super::{GROUPS, HIGHEST, Line, Steps};

    /// Four groups together, then what is left.
    #[target_feature(enable = "avx512f,avx512dq")]
    pub(super) fn find_groups(steps: &Steps, ranks: &[Line], leaves: &mut [Line; GROUPS]) {
        if ranks.len() == GROUPS * steps.columns {
            return find::<GROUPS>(steps, ranks, leaves);
        }
        for (ranks, leaves) in ranks.chunks_exact(steps.columns.max(1)).zip(leaves) {
            find::<1>(steps, ranks, std::array::from_mut(leaves));
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn find<const N: usize>(steps: &Steps, ranks: &[Line], leaves: &mut [Line; N]) {
        assert!(ranks.len() >= N * steps.columns);
        let bits: __m128i = _mm_cvtsi32_si128(steps.bits.cast_signed());
        let mask = _mm512_set1_epi32((1 << steps.bits) - 1);
        let lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        let lower = _mm512_slli_epi32::<1>(lanes);
        let upper = _mm512_add_epi32(lower, _mm512_set1_epi32(1));
        let mut at = [_mm512_setzero_si512(); N];
        let mut from = at;
        loop {
            let mut all = u16::MAX;
            for group in 0..N {
                let [low, high] = words(steps, at[group]);
                let to = _mm512_permutex2var_epi32(low, lower, high);
                from[group] = _mm512_permutex2var_epi32(low, upper, high);
                let own = _mm512_add_epi32(_mm512_slli_epi32::<4>(_mm512_and_si512(to, mask)), lanes);
                // SAFETY: `own` is a column, which `Steps::new` has seen to be one of `columns`, times 16, plus a lane below 16:
                // within the group's lines, of which there are enough, as was just seen.
                let rank = unsafe {
                    let ranks = ranks.as_ptr().add(group * steps.columns);
                    _mm512_i32gather_epi32::<4>(own, ranks.cast())
                };
                let right = _mm512_cmpge_epu32_mask(rank, from[group]);
                let to = _mm512_srl_epi32(to, bits);
                at[group] = _mm512_mask_add_epi32(to, right, to, _mm512_set1_epi32(1));
                all &= _mm512_movepi32_mask(from[group]);
            }
            if all == u16::MAX {
                break;
            }
        }
        for (leaves, from) in leaves.iter_mut().zip(from) {
            let leaf = _mm512_and_si512(from, _mm512_set1_epi32(HIGHEST.cast_signed()));
            // SAFETY: 64 bytes are written to an array of 16 numbers of 4; no alignment is asked for.
            unsafe { _mm512_storeu_si512(leaves.as_mut_ptr().cast(), leaf) };
        }
    }

    /// The words at 16 places.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn words(steps: &Steps, at: __m512i) -> [__m512i; 2] {
        let words = steps.words.as_ptr();
        // SAFETY: places begin as the root and move as the words say, which `Steps::new` made to lead to words only (a leaf,
        // which no rank is above, to itself); they are below 2^31.
        unsafe {
            [
                _mm512_i32gather_epi64::<8>(_mm512_castsi512_si256(at), words.cast()),
                _mm512_i32gather_epi64::<8>(_mm512_extracti64x4_epi64::<1>(at), words.cast()),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A tree over ranks, node `n` leading to `2 n + 1` and `2 n + 2` where a draw says so.
        #[test]
        fn every_level_finds_the_leaf_that_walking_finds(
            draws in proptest::collection::vec((0..5_u32, 0..9_u32, any::<bool>()), 1..1500),
            ranks in proptest::collection::vec(prop_oneof![9 => 0..9_u32, 1 => Just(HIGHEST)], 5 * GROUP * GROUPS),
        ) {
            let step = |n: u32| match draws.get(n as usize) {
                Some((column, from, true)) => Step::Node { column: *column, from: *from, left: 2 * n + 1, right: 2 * n + 2 },
                _ => Step::Leaf(n),
            };
            let steps = Steps::new(5, 0, step).unwrap();
            let lines: Vec<Line> = ranks.as_chunks().0.to_vec();
            for groups in 1..=GROUPS {
                for level in Level::here() {
                    let found = steps.find(level, &lines[..5 * groups]);
                    for pixel in 0..groups * GROUP {
                        let (mut at, group) = (0, pixel / GROUP);
                        while let Step::Node { column, from, left, right } = step(at) {
                            let rank = lines[5 * group + column as usize][pixel % GROUP];
                            at = if rank >= from { right } else { left };
                        }
                        prop_assert_eq!(found[group][pixel % GROUP], at, "{} at {}", level, pixel);
                    }
                }
            }
        }
    }

    #[test]
    fn a_tree_of_too_many_words_is_refused() {
        assert_eq!(Steps::most(10), 1 << 27);
        assert_eq!(Steps::most(512), 1 << 22);
    }
}
