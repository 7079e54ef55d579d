//! The same model on the features that it asks about, so that no other need be computed or read.

use super::SymmetricTrees;
use crate::classify::forest::Edges;

impl SymmetricTrees {
    /// The features that a tree asks about, in rising order; the first one where no tree asks anything.
    pub fn used_features(&self) -> Vec<usize> {
        let mut used: Vec<usize> =
            self.trees().iter().flat_map(|tree| &tree.splits).map(|split| usize::from(split.0)).collect();
        used.sort_unstable();
        used.dedup();
        // A model has a feature, used or not.
        if used.is_empty() && self.edges().features() > 0 { vec![0] } else { used }
    }

    /// The model on its used features alone, and which of the former features those are.
    pub fn keep_used(&self) -> (Self, Vec<usize>) {
        let used = self.used_features();
        let edges = used.iter().map(|&feature| self.edges().of(feature).to_vec()).collect();
        let mut trees = self.trees().to_vec();
        for split in trees.iter_mut().flat_map(|tree| &mut tree.splits) {
            split.0 = used.partition_point(|&feature| feature < usize::from(split.0)) as u8;
        }
        let kept = Edges::new(edges).map(|edges| Self::new(self.classes(), edges, self.base().to_vec(), trees));
        match kept {
            Ok(Ok(kept)) => (kept, used),
            other => unreachable!("a part of a model keeps the rules: {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SymmetricTree, SymmetricTrees, stride_of};
    use crate::classify::forest::Edges;
    use crate::simd::Level;

    #[test]
    fn the_used_features_alone_give_the_same_scores() {
        let edges = Edges::new(vec![vec![1, 2], vec![5], vec![7, 9], vec![3]]).unwrap();
        let tree = |splits: Vec<(u8, u8)>| {
            let leaves = (0..2i16 << splits.len()).map(|leaf| 100 * leaf - 7).collect();
            SymmetricTree { splits, leaves }
        };
        let trees = vec![tree(vec![(2, 1), (0, 1)]), tree(vec![(2, 0)]), tree(vec![])];
        let whole = SymmetricTrees::new(3, edges.clone(), vec![4, -9], trees).unwrap();
        let (kept, used) = whole.keep_used();
        assert_eq!(used, [0, 2]);
        assert_eq!(kept.edges().of(1), [7, 9]);
        let stride = stride_of(9);
        let plane = |feature: usize| (0..stride).map(move |pixel| (pixel / (1 + feature * 2) % 3) as u8);
        let (mut all, mut some) = (Vec::new(), Vec::new());
        whole.scores(Level::Portable, &(0..4).flat_map(plane).collect::<Vec<_>>(), stride, &mut all);
        kept.scores(Level::Portable, &used.iter().flat_map(|&f| plane(f)).collect::<Vec<_>>(), stride, &mut some);
        assert_eq!(all, some);
        assert!(all[..9].iter().any(|score| *score != all[0]), "the probe tells leaves apart");

        let none = SymmetricTrees::new(2, edges, vec![4], vec![]).unwrap();
        assert_eq!(none.keep_used().1, [0]);
    }
}
