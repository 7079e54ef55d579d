//! Small trees over a block of pixels: a question is one comparison of 64 bytes.
//!
//! A tree of any shape is computed from its leaves up. A line holds a byte for each pixel: a leaf's line is its number
//! everywhere, a node's line takes each pixel's byte from the line of the side that the pixel goes to, and so the root's line
//! says which leaf each pixel reaches. No pixel's way has to be followed, and nothing waits for a jump.

use super::{Level, Work, dispatch};

/// Pixels of a block.
pub const BLOCK: usize = PARTS * LINE;
/// Most leaves of a tree: a leaf's number is a byte.
pub const MOST_LEAVES: usize = 256;
/// Most levels of a symmetric tree.
pub const MOST_LEVELS: usize = 8;
/// Most planes of bytes: their lines have numbers of 16 bits.
pub const MOST_PLANES: usize = 1 << 14;

/// Bytes of a line: what one instruction takes at most.
const LINE: usize = 64;
/// Lines of a block: of a plane, or of a node.
const PARTS: usize = 4;
/// The first line that is a node's; before it, line `n` holds `n` everywhere. A leaf's lines begin at its number, so that in
/// the part `p` of a block it is `n + p` that is looked up: the root's lines hold `p` too much.
const FIRST_OF_NODES: usize = MOST_LEAVES + PARTS;

/// Bytes that begin with a cache line: a load of 64 bytes that straddles two costs twice as much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Line([u8; LINE]);

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

/// A node as it is computed: lines by their numbers.
#[derive(Clone, Copy, Debug)]
struct Blend {
    /// The smallest byte that goes right, four times: a broadcast of four bytes costs less than one of a single byte.
    right_from: u32,
    plane: u16,
    left: u16,
    right: u16,
    into: u16,
}

#[derive(Clone, Debug)]
enum Questions {
    /// From the leaves up.
    Free(Vec<Blend>),
    Symmetric(Vec<MaskNode>),
}

/// A tree and what its leaves hold.
#[derive(Clone, Debug)]
pub struct MaskTree<T> {
    questions: Questions,
    /// Where the leaves' numbers are in the end, of a free tree.
    root: usize,
    /// Lines that it needs.
    lines: usize,
    score: usize,
    tables: Vec<Table<T>>,
}

impl<T: Number> MaskTree<T> {
    /// A tree that adds to the scores from `score` on what a table for each of them says of its leaf; a table ends with the last
    /// leaf that has a number other than 0.
    ///
    /// # Panics
    /// When there are too many leaves or planes, or a child does not come after its parent.
    pub fn new(shape: Shape, score: usize, tables: Vec<Vec<T>>) -> Self {
        let tables = tables.into_iter().map(Table::new).collect();
        match shape {
            Shape::Free(nodes) => {
                let (blends, root, lines) = blends(&nodes);
                Self { questions: Questions::Free(blends), root, lines, score, tables }
            }
            Shape::Symmetric(levels) => {
                assert!(levels.len() <= MOST_LEVELS, "levels of a tree");
                Self { questions: Questions::Symmetric(levels), root: 0, lines: 0, score, tables }
            }
        }
    }
}

/// The nodes from the last to the first, the line of the root, and how many lines they need: a node's lines are free again
/// when its parent is computed.
fn blends(nodes: &[MaskNode]) -> (Vec<Blend>, usize, usize) {
    assert!(nodes.len() < MOST_LEAVES, "leaves of a tree");
    // Where the lines of each node begin, and then those of each leaf.
    let mut at: Vec<Option<usize>> = vec![None; nodes.len()];
    at.extend((0..=nodes.len()).map(Some));
    let (mut free, mut lines) = (Vec::new(), FIRST_OF_NODES);
    let mut blends = Vec::with_capacity(nodes.len());
    for (number, node) in nodes.iter().enumerate().rev() {
        assert!(usize::from(node.plane) < MOST_PLANES, "planes of a tree");
        let [left, right] = [node.left, node.right].map(|child| at[usize::from(child)].expect("children come later"));
        free.extend([left, right].into_iter().filter(|line| *line >= FIRST_OF_NODES));
        let into = free.pop().unwrap_or_else(|| {
            lines += PARTS;
            lines - PARTS
        });
        at[number] = Some(into);
        blends.push(Blend {
            right_from: u32::from_ne_bytes([node.right_from; 4]),
            plane: node.plane * PARTS as u16,
            left: left as u16,
            right: right as u16,
            into: into as u16,
        });
    }
    (blends, at[0].unwrap_or(0), lines)
}

/// What the leaves of a tree add to a score.
#[derive(Clone, Debug)]
pub struct Table<T> {
    /// [`MOST_LEAVES`] entries.
    values: Vec<T>,
    /// The same as four planes of bytes, where `T` has 32 bits and there are no more than 64 leaves.
    bytes: Option<Box<[Line; 4]>>,
}

impl<T: Number> Table<T> {
    fn new(mut values: Vec<T>) -> Self {
        assert!(values.len() <= MOST_LEAVES, "leaves of a tree");
        let bytes = T::bytes(&values);
        values.resize(MOST_LEAVES, T::default());
        Self { values, bytes }
    }
}

/// Lines of a block: of the planes, of leaves, and of nodes while a tree is computed.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    planes: Vec<Line>,
    lines: Vec<Line>,
}

impl Lines {
    /// Takes the planes `[plane][pixel]` of a block.
    pub fn set_planes(&mut self, planes: &[u8]) {
        self.planes.clear();
        self.planes.extend(planes.as_chunks().0.iter().map(|line| Line(*line)));
    }

    /// Sees that there are so many lines.
    fn reserve(&mut self, lines: usize) {
        if self.lines.len() < lines.max(FIRST_OF_NODES) {
            self.lines.extend((self.lines.len()..FIRST_OF_NODES).map(|n| Line([n as u8; LINE])));
            self.lines.resize(lines.max(FIRST_OF_NODES), Line([0; LINE]));
        }
    }
}

/// A number that leaves hold: `f32` or `f64`.
pub trait Number: Copy + Default + std::ops::AddAssign + std::fmt::Debug + Send + Sync + 'static {
    /// The number nearest to a value.
    fn of(value: f64) -> Self;
    /// The same value.
    fn wide(self) -> f64;
    /// The numbers as planes of bytes, if they are few and have four of them.
    #[doc(hidden)]
    fn bytes(_values: &[Self]) -> Option<Box<[Line; 4]>> {
        None
    }

    /// Adds what the table holds for the leaf of each pixel, if there are instructions for it.
    #[cfg(target_arch = "x86_64")]
    #[doc(hidden)]
    fn add_wide(level: Level, table: &Table<Self>, leaves: &[Line; PARTS], sums: &mut [Self; BLOCK]) -> bool;
}

impl Number for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn bytes(values: &[Self]) -> Option<Box<[Line; 4]>> {
        (values.len() <= LINE).then(|| {
            let mut planes = Box::new([Line([0; LINE]); 4]);
            for (leaf, value) in values.iter().enumerate() {
                planes.iter_mut().zip(value.to_le_bytes()).for_each(|(plane, byte)| plane.0[leaf] = byte);
            }
            planes
        })
    }

    #[cfg(target_arch = "x86_64")]
    fn add_wide(level: Level, table: &Table<Self>, leaves: &[Line; PARTS], sums: &mut [Self; BLOCK]) -> bool {
        let here = level == Level::Avx512 && level.is_here();
        match &table.bytes {
            // SAFETY: the processor has been asked for the instructions.
            Some(bytes) if here => unsafe { wide::add_bytes(bytes, leaves, sums) },
            // SAFETY: as above.
            None if here => unsafe { wide::add_f32(&table.values, leaves, sums) },
            _ => {}
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
    fn add_wide(level: Level, table: &Table<Self>, leaves: &[Line; PARTS], sums: &mut [Self; BLOCK]) -> bool {
        let here = level == Level::Avx512 && level.is_here();
        if here {
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::add_f64(&table.values, leaves, sums) };
        }
        here
    }
}

/// Adds a tree's leaves to the sums `[score][pixel]` of the block whose planes `lines` has.
///
/// # Panics
/// When a question is about a plane that is not there, or a score is not there.
pub fn add<T: Number>(level: Level, tree: &MaskTree<T>, lines: &mut Lines, sums: &mut [[T; BLOCK]]) {
    let leaves = find(level, tree, lines);
    for (table, sums) in tree.tables.iter().zip(&mut sums[tree.score..]) {
        #[cfg(target_arch = "x86_64")]
        if T::add_wide(level, table, &leaves, sums) {
            continue;
        }
        let leaves = leaves.iter().flat_map(|line| &line.0);
        sums.iter_mut().zip(leaves).for_each(|(sum, leaf)| *sum += table.values[usize::from(*leaf)]);
    }
}

/// The leaf of each pixel.
fn find<T>(level: Level, tree: &MaskTree<T>, lines: &mut Lines) -> [Line; PARTS] {
    let mut leaves = [Line([0; LINE]); PARTS];
    lines.reserve(tree.lines);
    match (&tree.questions, level) {
        #[cfg(target_arch = "x86_64")]
        (Questions::Free(nodes), Level::Avx512) if level.is_here() => {
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::blend(nodes, &lines.planes, &mut lines.lines) };
            number(&lines.lines[tree.root..], &mut leaves);
        }
        (Questions::Free(nodes), _) => {
            dispatch(level, Blending { nodes, planes: &lines.planes, lines: &mut lines.lines });
            number(&lines.lines[tree.root..], &mut leaves);
        }
        #[cfg(target_arch = "x86_64")]
        (Questions::Symmetric(levels), Level::Avx512) if level.is_here() => {
            // SAFETY: the processor has been asked for the instructions.
            unsafe { wide::symmetric(levels, &lines.planes, &mut leaves) };
        }
        (Questions::Symmetric(levels), _) => {
            for (bit, node) in levels.iter().enumerate() {
                let plane = &lines.planes[usize::from(node.plane) * PARTS..];
                for (leaves, plane) in leaves.iter_mut().zip(plane) {
                    let pixels = leaves.0.iter_mut().zip(&plane.0);
                    pixels.for_each(|(leaf, byte)| *leaf |= u8::from(*byte >= node.right_from) << bit);
                }
            }
        }
    }
    leaves
}

/// The leaves' numbers from the root's lines, which are by the number of the part too high.
fn number(root: &[Line], leaves: &mut [Line; PARTS]) {
    for (part, (leaves, root)) in leaves.iter_mut().zip(root).enumerate() {
        leaves.0.iter_mut().zip(root.0).for_each(|(leaf, byte)| *leaf = byte.wrapping_sub(part as u8));
    }
}

/// The lines of all nodes, as plain code.
struct Blending<'a> {
    nodes: &'a [Blend],
    planes: &'a [Line],
    lines: &'a mut [Line],
}

impl Work for Blending<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for node in self.nodes {
            let from = node.right_from as u8;
            let [plane, left, right, into] = [node.plane, node.left, node.right, node.into].map(usize::from);
            for part in 0..PARTS {
                let plane = &self.planes[plane + part].0;
                let (mut line, right) = (self.lines[left + part].0, self.lines[right + part].0);
                for i in 0..LINE {
                    // All bits or none, which is what a comparison of vectors gives.
                    let goes_right = u8::from(plane[i] >= from).wrapping_neg();
                    line[i] ^= (line[i] ^ right[i]) & goes_right;
                }
                self.lines[into + part].0 = line;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod wide;

#[cfg(test)]
mod tests;
