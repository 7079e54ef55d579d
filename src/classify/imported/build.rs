//! Trees in the order that [`super::Ensemble`] wants, from nodes in any order.

use super::{Child, MOST_NODES, Node, Tree};

/// A node as a library numbers it.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A question: feature, threshold (values up to it go left), whether missing goes left, left, right.
    Split(u32, f64, bool, usize, usize),
    /// A leaf: one number, or one for each score.
    Leaf(Vec<f64>),
}

/// The tree that begins at `root`; `node` gives a node by its number.
///
/// # Errors
/// Why it is no tree: a node that is not there, or more nodes than there are (a ring).
pub fn tree(
    score: Option<u32>,
    root: usize,
    count: usize,
    node: impl Fn(usize) -> Option<Raw>,
) -> Result<Tree, &'static str> {
    let mut tree = Tree { score, nodes: Vec::new(), leaves: Vec::new() };
    let (mut leaves, mut seen) = (0_u32, 0);
    let mut open = vec![(None, root)];
    while let Some((parent, number)) = open.pop() {
        seen += 1;
        if seen > count.min(2 * MOST_NODES + 1) {
            return Err("leads to a node twice");
        }
        let child = match node(number).ok_or("leads to a node that is not there")? {
            Raw::Leaf(values) => {
                tree.leaves.extend(values);
                leaves += 1;
                Child::Leaf(leaves - 1)
            }
            Raw::Split(feature, threshold, missing_left, left, right) => {
                let here = tree.nodes.len();
                let child = Child::Node(here as u32);
                tree.nodes.push(Node { feature, threshold, missing_left, left: child, right: child });
                open.push((Some((here, false)), right));
                open.push((Some((here, true)), left));
                child
            }
        };
        if let Some((parent, is_left)) = parent {
            let parent: &mut Node = &mut tree.nodes[parent];
            *(if is_left { &mut parent.left } else { &mut parent.right }) = child;
        }
    }
    Ok(tree)
}

/// The largest number below one of 32 bits: `x < t` says `x <= below(t)` for numbers of 32 bits.
pub fn below(value: f32) -> f32 {
    value.next_down()
}
