//! A tree as words of four bytes, and a table of the class shares of its leaves.
//!
//! ```text
//! word      = child << 16 | bin << 8 | feature
//! decision    goes to word `child`, or to `child + 1` when the pixel's bin of `feature` is above `bin`
//! leaf        bin = 255 (no pixel is above it), feature = 0, child = decisions and leaves + row of shares
//! ```
//! After the `nodes` words come, in memory, as many *ends* as there are rows: leaves that point to themselves. So a
//! leaf and its end are the same word, and a walker that is sent on from a leaf stays what it is. A child stands after
//! its parent, so every walk ends.

use super::bins::Edges;

/// Bin of a leaf.
pub const LEAF: u8 = 255;

/// What the shares of a leaf add up to.
pub const SHARES: u16 = u16::MAX;

/// Nodes and rows of a tree together: a child is named in 16 bits.
pub const MAX_WORDS: usize = 1 << 16;

/// Most leaves of a tree: `2 n - 1` nodes and `n` rows fit [`MAX_WORDS`].
pub const MAX_LEAVES: usize = MAX_WORDS / 3;

/// One tree. It keeps the rules above; [`Tree::new`] checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    edges: Edges,
    classes: usize,
    words: Vec<u32>,
    /// `[row][class]`.
    shares: Vec<u16>,
}

/// A tree that breaks a rule.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// No node, no row, or more than 16 bits can name.
    #[error("{nodes} nodes and {rows} leaf rows; between 1 and {MAX_WORDS} together, of each at least one")]
    Size {
        /// Nodes.
        nodes: usize,
        /// Rows of shares.
        rows: usize,
    },
    /// A row of the table is not whole.
    #[error("leaf row {row} does not add up to {SHARES}")]
    Shares {
        /// The row.
        row: usize,
    },
    /// A decision names a feature or threshold that does not exist.
    #[error("node {node} asks for threshold {bin} of feature {feature}, which does not exist")]
    Threshold {
        /// The node.
        node: usize,
        /// The feature.
        feature: u8,
        /// The threshold.
        bin: u8,
    },
    /// A child lies before its parent or outside the tree.
    #[error("node {node} points to {child}; a child follows its parent and lies inside the tree")]
    Child {
        /// The node.
        node: usize,
        /// Where it points.
        child: usize,
    },
}

/// The word of a decision.
pub fn decision(feature: u8, bin: u8, child: u16) -> u32 {
    u32::from(child) << 16 | u32::from(bin) << 8 | u32::from(feature)
}

/// The word of a leaf, whose `child` is the number of nodes plus its row.
pub fn leaf(child: u16) -> u32 {
    decision(0, LEAF, child)
}

/// Feature, bin and child of a word.
pub fn parts(word: u32) -> (u8, u8, u16) {
    (word as u8, (word >> 8) as u8, (word >> 16) as u16)
}

impl Tree {
    /// Checks a tree of `words` nodes and `shares` `[row][class]`.
    ///
    /// # Errors
    /// [`TreeError`] naming the node or row and the rule.
    pub fn new(edges: Edges, classes: usize, words: Vec<u32>, shares: Vec<u16>) -> Result<Self, TreeError> {
        let (nodes, rows) = (words.len(), shares.len() / classes.max(1));
        if nodes == 0 || rows == 0 || nodes + rows > MAX_WORDS || rows * classes != shares.len() {
            return Err(TreeError::Size { nodes, rows });
        }
        for (row, of_row) in shares.chunks_exact(classes).enumerate() {
            if of_row.iter().map(|&share| u64::from(share)).sum::<u64>() != u64::from(SHARES) {
                return Err(TreeError::Shares { row });
            }
        }
        for (node, &word) in words.iter().enumerate() {
            let (feature, bin, child) = parts(word);
            let child = usize::from(child);
            let inside = if bin == LEAF {
                feature == 0 && child >= nodes && child < nodes + rows
            } else {
                child > node && child + 1 < nodes
            };
            if !inside {
                return Err(TreeError::Child { node, child });
            }
            let known = usize::from(feature) < edges.features() && usize::from(bin) < edges.of(feature.into()).len();
            if bin != LEAF && !known {
                return Err(TreeError::Threshold { node, feature, bin });
            }
        }
        Ok(Self { edges, classes, words, shares })
    }

    /// The edges that its decisions name.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Decisions and leaves.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// Shares of the classes, `[row][class]`.
    pub fn shares(&self) -> &[u16] {
        &self.shares
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of rows of shares.
    pub fn rows(&self) -> usize {
        self.shares.len() / self.classes
    }

    /// The same tree with further classes that it never saw.
    ///
    /// # Panics
    /// When it knows more than `classes`.
    pub(super) fn widened(self, classes: usize) -> Self {
        assert!(self.classes <= classes, "a tree of {} classes in a forest of {classes}", self.classes);
        if self.classes == classes {
            return self;
        }
        let mut shares = vec![0; self.rows() * classes];
        for (to, from) in shares.chunks_exact_mut(classes).zip(self.shares.chunks_exact(self.classes)) {
            to[..self.classes].copy_from_slice(from);
        }
        Self { classes, shares, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: Vec<u32>, shares: Vec<u16>) -> Result<Tree, TreeError> {
        Tree::new(Edges::new(vec![vec![7], vec![3, 9]]).unwrap(), 2, words, shares)
    }

    #[test]
    fn a_sound_tree_passes_and_each_rule_is_checked() {
        let shares = vec![SHARES, 0, 1, SHARES - 1];
        let sound = vec![decision(1, 1, 1), leaf(3), leaf(4)];
        let tree = check(sound.clone(), shares.clone()).unwrap();
        assert_eq!((tree.rows(), tree.classes()), (2, 2));
        let wide = tree.widened(3);
        assert_eq!(wide.shares(), [SHARES, 0, 0, 1, SHARES - 1, 0]);

        assert_eq!(check(vec![], shares.clone()), Err(TreeError::Size { nodes: 0, rows: 2 }));
        assert_eq!(check(sound.clone(), vec![SHARES, 0, 1]), Err(TreeError::Size { nodes: 3, rows: 1 }));
        assert_eq!(check(sound, vec![SHARES, 0, 1, SHARES]), Err(TreeError::Shares { row: 1 }));
        let broken = |word: u32| check(vec![word, leaf(3), leaf(4)], shares.clone()).unwrap_err();
        assert_eq!(broken(decision(0, 0, 0)), TreeError::Child { node: 0, child: 0 });
        assert_eq!(broken(decision(0, 0, 2)), TreeError::Child { node: 0, child: 2 });
        assert_eq!(broken(leaf(5)), TreeError::Child { node: 0, child: 5 });
        assert_eq!(broken(leaf(2)), TreeError::Child { node: 0, child: 2 });
        assert_eq!(broken(decision(2, 0, 1)), TreeError::Threshold { node: 0, feature: 2, bin: 0 });
        assert_eq!(broken(decision(0, 1, 1)), TreeError::Threshold { node: 0, feature: 0, bin: 1 });
    }
}
