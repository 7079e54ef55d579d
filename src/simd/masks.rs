//! Small trees of any shape over 64 pixels: a node is one comparison of 64 bytes, its outcome a bit for each pixel.

use super::Level;

/// Pixels of a block.
pub const BLOCK: usize = 64;
/// Most leaves of a tree: a leaf's number is a byte.
pub const MOST_LEAVES: usize = 256;

/// A question about a byte of each pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskNode {
    /// The plane of bytes that it asks about.
    pub plane: u16,
    /// The smallest byte that goes right.
    pub right_from: u8,
    /// Where smaller bytes go: a node by its number, or a leaf by its number after all nodes.
    pub left: u16,
    /// Where the others go.
    pub right: u16,
}

/// The leaf of each pixel. `planes` is `[plane][pixel]`, a block of pixels each; `masks` is room.
///
/// # Panics
/// When a node asks about a plane that is not there, or leads beyond [`MOST_LEAVES`] leaves.
pub fn find(level: Level, nodes: &[MaskNode], planes: &[u8], masks: &mut Vec<u64>, leaves: &mut [u8; BLOCK]) {
    masks.clear();
    masks.resize(2 * nodes.len() + 1, 0);
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
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8, _mm256_set1_epi8,
        _mm512_cmpge_epu8_mask, _mm512_loadu_si512, _mm512_mask_mov_epi8, _mm512_set1_epi8, _mm512_setzero_si512,
        _mm512_storeu_si512,
    };

    use super::{BLOCK, MaskNode, split};

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn split_avx512(nodes: &[MaskNode], planes: &[u8], masks: &mut [u64]) {
        split(nodes, planes, masks, |bytes, least| {
            // SAFETY: 64 bytes are read from an array of 64; no alignment is asked for.
            let bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
            _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8(least as i8))
        });
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn number_avx512(masks: &[u64], leaves: &mut [u8; BLOCK]) {
        let mut all = _mm512_setzero_si512();
        for (leaf, mask) in masks.iter().enumerate() {
            all = _mm512_mask_mov_epi8(all, *mask, _mm512_set1_epi8(leaf as i8));
        }
        // SAFETY: 64 bytes are written to an array of 64; no alignment is asked for.
        unsafe { _mm512_storeu_si512(leaves.as_mut_ptr().cast(), all) };
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn split_avx2(nodes: &[MaskNode], planes: &[u8], masks: &mut [u64]) {
        split(nodes, planes, masks, |bytes, least| {
            let (low, high) = bytes.split_at(BLOCK / 2);
            u64::from(half_avx2(low, least)) | u64::from(half_avx2(high, least)) << 32
        });
    }

    #[target_feature(enable = "avx2")]
    fn half_avx2(bytes: &[u8], least: u8) -> u32 {
        assert!(bytes.len() == BLOCK / 2);
        // SAFETY: 32 bytes are read from a slice that was just seen to have 32; no alignment is asked for.
        let bytes: __m256i = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        let least = _mm256_set1_epi8(least as i8);
        // The larger of both is the byte itself where it is not less.
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, least), bytes)) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// While a tree grows: plane, first byte that goes right, and the nodes it leads to or the leaves.
    type Grown = (u16, u8, [Result<usize, usize>; 2]);

    /// A tree that splits a random leaf at each step; slots as the kernel wants them.
    fn tree(draws: &[(u16, u8, u16)], planes: u16) -> Vec<MaskNode> {
        let mut grown: Vec<Grown> = Vec::new();
        let mut open: Vec<(usize, usize)> = Vec::new();
        for &(plane, from, which) in draws {
            let number = grown.len();
            if !open.is_empty() {
                let (parent, side) = open.swap_remove(usize::from(which) % open.len());
                grown[parent].2[side] = Ok(number);
            }
            grown.push((plane % planes, from, [Err(0); 2]));
            open.extend([(number, 0), (number, 1)]);
        }
        let nodes = grown.len();
        for (leaf, (parent, side)) in open.into_iter().enumerate() {
            grown[parent].2[side] = Err(leaf);
        }
        let slot = |child: Result<usize, usize>| child.unwrap_or_else(|leaf| nodes + leaf) as u16;
        let node = |(plane, right_from, [left, right]): Grown| MaskNode {
            plane,
            right_from,
            left: slot(left),
            right: slot(right),
        };
        grown.into_iter().map(node).collect()
    }

    proptest! {
        #[test]
        fn every_level_finds_the_leaf_that_walking_finds(
            draws in proptest::collection::vec((any::<u16>(), any::<u8>(), any::<u16>()), 0..255),
            planes in proptest::collection::vec(any::<u8>(), 3 * BLOCK),
        ) {
            let nodes = tree(&draws, 3);
            let walk = |pixel: usize| {
                let mut at = 0;
                while let Some(node) = nodes.get(at) {
                    let byte = planes[usize::from(node.plane) * BLOCK + pixel];
                    at = usize::from(if byte >= node.right_from { node.right } else { node.left });
                }
                (at - nodes.len()) as u8
            };
            let expected: Vec<u8> = (0..BLOCK).map(walk).collect();
            for level in Level::here() {
                let (mut masks, mut leaves) = (Vec::new(), [77; BLOCK]);
                find(level, &nodes, &planes, &mut masks, &mut leaves);
                prop_assert_eq!(&leaves[..], &expected[..], "{}", level);
            }
        }
    }
}
