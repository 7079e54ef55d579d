//! The same forest on the features that it asks about, so that no other need be computed or read.

use super::tree::{LEAF, Tree, decision, parts};
use super::{Edges, Forest};

impl Forest {
    /// The features that a tree asks about, in rising order; the first one where no tree asks anything.
    pub fn used_features(&self) -> Vec<usize> {
        let words = self.trees().iter().flat_map(|tree| tree.words()).map(|word| parts(*word));
        let mut used: Vec<usize> = words.filter(|(_, bin, _)| *bin != LEAF).map(|(f, _, _)| usize::from(f)).collect();
        used.sort_unstable();
        used.dedup();
        // A model has a feature, used or not.
        if used.is_empty() && self.features() > 0 { vec![0] } else { used }
    }

    /// The forest on its used features alone, and which of the former features those are.
    pub fn keep_used(&self) -> (Self, Vec<usize>) {
        let used = self.used_features();
        let edges = Edges::new(used.iter().map(|&feature| self.edges().of(feature).to_vec()).collect());
        let place = |feature: u8| used.partition_point(|&kept| kept < usize::from(feature)) as u8;
        let moved = |&word: &u32| match parts(word) {
            (_, LEAF, _) => word,
            (feature, bin, child) => decision(place(feature), bin, child),
        };
        let edges = match edges {
            Ok(edges) => edges,
            Err(rule) => unreachable!("a part of edges keeps the rules: {rule}"),
        };
        let kept = |tree: &Tree| {
            let words = tree.words().iter().map(moved).collect();
            match Tree::new(edges.clone(), tree.classes(), words, tree.shares().to_vec()) {
                Ok(tree) => tree,
                Err(rule) => unreachable!("a renamed tree keeps the rules: {rule}"),
            }
        };
        let trees = self.trees().iter().map(kept).collect();
        (Self::from_trees(trees, self.classes(), used.len()), used)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{SHARES, Tree, decision, leaf};
    use super::super::{Edges, Forest, Votes};
    use crate::features::FeatureBlock;

    #[test]
    fn the_used_features_alone_give_the_same_votes() {
        let edges = Edges::new(vec![vec![4], vec![9], vec![5, 8], vec![6]]).unwrap();
        let shares = vec![SHARES, 0, 1, SHARES - 1, 0, SHARES];
        let words = vec![decision(3, 0, 1), leaf(5), decision(1, 0, 3), leaf(6), leaf(7)];
        let tree = Tree::new(edges, 2, words, shares).unwrap();
        let whole = Forest::from_trees(vec![tree], 2, 4);
        let (kept, used) = whole.keep_used();
        assert_eq!((used.as_slice(), kept.features()), (&[1, 3][..], 2));
        let codes = |feature: usize| (0..40).map(move |pixel| (pixel * (feature + 3) % 13) as u16);
        let block = |features: &[usize]| FeatureBlock {
            pixels: 40,
            features: features.len(),
            codes: features.iter().flat_map(|&f| codes(f)).collect(),
        };
        let (mut all, mut some) = (Votes::default(), Votes::default());
        whole.vote(&block(&[0, 1, 2, 3]), &mut all);
        kept.vote(&block(&used), &mut some);
        assert!(all == some);
        let classes = all.predict(&[false, true]).class;
        assert!(classes.contains(&0) && classes.contains(&1));
    }
}
