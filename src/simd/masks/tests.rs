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

/// Tables of so many leaves.
fn tables<T: Number>(leaves: usize, scores: usize) -> Vec<Vec<T>> {
    let entry = |score: usize, leaf: usize| T::of((leaf * 37 % 101) as f64 / 7.0 + score as f64);
    (0..scores).map(|score| (0..leaves).map(|leaf| entry(score, leaf)).collect()).collect()
}

/// Every level adds what walking one pixel finds.
fn all_levels<T: Number + PartialEq>(
    shape: &Shape,
    planes: &[u8],
    leaf_of: impl Fn(usize) -> usize,
) -> Result<(), TestCaseError> {
    // Few leaves are looked up in another way.
    let leaves = match shape {
        Shape::Free(nodes) => nodes.len() + 1,
        Shape::Symmetric(levels) => 1 << levels.len(),
    };
    let tables = tables::<T>(leaves, 2);
    let tree = MaskTree::new(shape.clone(), 1, tables.clone());
    let mut lines = Lines::default();
    for level in Level::here() {
        let mut sums = [[T::of(0.5); BLOCK]; 3];
        lines.set_planes(planes);
        add(level, &tree, &mut lines, &mut sums);
        for pixel in 0..BLOCK {
            let leaf = leaf_of(pixel);
            let mut expected = [T::of(0.5); 3];
            expected[1] += tables[0][leaf];
            expected[2] += tables[1][leaf];
            prop_assert_eq!(sums.map(|row| row[pixel]), expected, "{} at {}", level, pixel);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_level_finds_the_leaf_that_walking_finds(
        draws in proptest::collection::vec((any::<u16>(), any::<u8>(), any::<u16>()), 0..256),
        few in any::<bool>(),
        planes in proptest::collection::vec(any::<u8>(), 3 * BLOCK),
    ) {
        let nodes = tree(&draws[..if few { draws.len() / 4 } else { draws.len() }], 3);
        let walk = |pixel: usize| {
            let mut at = 0;
            while let Some(node) = nodes.get(at) {
                let byte = planes[usize::from(node.plane) * BLOCK + pixel];
                at = usize::from(if byte >= node.right_from { node.right } else { node.left });
            }
            at - nodes.len()
        };
        all_levels::<f32>(&Shape::Free(nodes.clone()), &planes, walk)?;
        all_levels::<f64>(&Shape::Free(nodes.clone()), &planes, walk)?;
    }

    #[test]
    fn every_level_finds_the_leaf_of_a_symmetric_tree(
        draws in proptest::collection::vec((0..3_u16, any::<u8>()), 0..=MOST_LEVELS),
        planes in proptest::collection::vec(any::<u8>(), 3 * BLOCK),
    ) {
        let levels: Vec<MaskNode> =
            draws.iter().map(|&(plane, right_from)| MaskNode { plane, right_from, left: 0, right: 0 }).collect();
        let bits = |pixel: usize| {
            let right = |n: &MaskNode| planes[usize::from(n.plane) * BLOCK + pixel] >= n.right_from;
            levels.iter().enumerate().map(|(bit, n)| usize::from(right(n)) << bit).sum()
        };
        all_levels::<f32>(&Shape::Symmetric(levels.clone()), &planes, bits)?;
        all_levels::<f64>(&Shape::Symmetric(levels.clone()), &planes, bits)?;
    }
}
