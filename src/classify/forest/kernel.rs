//! Many pixels through many trees.
//!
//! * Codes become bins once per pixel, through a table per feature; a pixel is then a row of `W` small numbers.
//! * Trees are walked one after another over a block of pixels whose rows stay in the second-level cache, in groups
//!   whose state stays in the first. A tree of 10,000 nodes is 40 kB.
//! * A step is five instructions without a branch: the pixel's bin, added to the word, carries into the child when it
//!   is above the node's. Some walks take each step together, so that one's wait is filled by the others' work, and a
//!   step from a leaf stays there. After each round the walks that go on are packed, again without branches.
//! * No index can leave its array (a window of every word that 16 bits can name, rows padded by what a byte can ask),
//!   so there is no check in the innermost loop and no `unsafe`.
//!
//! There is no early exit: the percentage and the alternative need all votes.

use super::bins::Edges;
use super::tree::{LEAF, Tree, leaf};
use super::votes::Votes;
use crate::features::FeatureBlock;

/// Pixels walked together: their state and rows lie in the first-level cache.
const GROUP: usize = 256;

/// Groups that one tree is walked over before the next tree.
const GROUPS: usize = 16;

/// Walks that take each step together.
const TOGETHER: usize = 16;

/// Entries that a byte can name.
const ROW: usize = 256;

/// Steps of a round.
const ROUND: usize = 6;

/// Every word that a child of 16 bits, plus one, can name.
const WINDOW: usize = 1 << 16;

/// Bits of the bin, which the kernel holds flipped: adding a pixel's bin then carries into the child when it is above.
const FLIP: u32 = 0xff00;

/// The trees, laid out for walking.
#[derive(Clone)]
pub(super) struct Kernel {
    /// Words of all trees, each with its ends; padded so that a window fits behind every tree's start.
    words: Vec<u32>,
    /// `[row][lane]`, with the classes filled up to `lanes`.
    shares: Vec<u16>,
    lanes: usize,
    spans: Vec<Span>,
    /// Bin of every code, `[feature][code]`.
    tables: Vec<u8>,
    features: usize,
}

/// Where a tree lies.
#[derive(Clone, Copy)]
struct Span {
    first_word: usize,
    nodes: usize,
    first_row: usize,
    rows: usize,
    /// Rounds before the first leaf can be reached.
    full_rounds: usize,
}

impl Kernel {
    pub(super) fn new(trees: &[Tree], classes: usize, edges: &Edges) -> Self {
        let lanes = classes.next_power_of_two().max(4);
        let (mut words, mut shares, mut spans) = (Vec::new(), Vec::new(), Vec::with_capacity(trees.len()));
        for tree in trees {
            let (nodes, rows) = (tree.words().len(), tree.rows());
            let full_rounds = shallowest_leaf(tree) / ROUND;
            spans.push(Span { first_word: words.len(), nodes, first_row: shares.len() / lanes, rows, full_rounds });
            words.extend(tree.words().iter().map(|word| word ^ FLIP));
            words.extend((nodes..nodes + rows).map(|end| leaf(end as u16) ^ FLIP));
            for row in tree.shares().chunks_exact(classes) {
                shares.extend_from_slice(row);
                shares.resize(shares.len() + lanes - classes, 0);
            }
        }
        words.resize(words.len() + WINDOW, 0);
        let tables = (0..edges.features()).flat_map(|feature| *edges.table(feature)).collect();
        Self { words, shares, lanes, spans, tables, features: edges.features() }
    }

    /// Adds the votes of a block; `votes` has its size and is zero.
    pub(super) fn vote(&self, block: &FeatureBlock, votes: &mut Votes) {
        match self.features {
            0..=16 => self.vote_rows::<16, { ROW + 16 * (GROUP - 1) }>(block, votes),
            17..=32 => self.vote_rows::<32, { ROW + 32 * (GROUP - 1) }>(block, votes),
            33..=64 => self.vote_rows::<64, { ROW + 64 * (GROUP - 1) }>(block, votes),
            65..=128 => self.vote_rows::<128, { ROW + 128 * (GROUP - 1) }>(block, votes),
            _ => self.vote_rows::<256, { ROW + 256 * (GROUP - 1) }>(block, votes),
        }
    }

    fn vote_rows<const W: usize, const N: usize>(&self, block: &FeatureBlock, votes: &mut Votes) {
        match self.lanes {
            4 => self.vote_lanes::<W, N, 4>(block, votes),
            8 => self.vote_lanes::<W, N, 8>(block, votes),
            16 => self.vote_lanes::<W, N, 16>(block, votes),
            32 => self.vote_lanes::<W, N, 32>(block, votes),
            64 => self.vote_lanes::<W, N, 64>(block, votes),
            128 => self.vote_lanes::<W, N, 128>(block, votes),
            _ => self.vote_lanes::<W, N, 256>(block, votes),
        }
    }

    fn vote_lanes<const W: usize, const N: usize, const L: usize>(&self, block: &FeatureBlock, votes: &mut Votes) {
        let held = block.pixels.div_ceil(GROUP).min(GROUPS) * GROUP;
        let mut rows = vec![0u16; held * W + ROW];
        let mut sums = vec![[0u32; L]; held];
        let mut walk = Walk::new();
        for start in (0..block.pixels).step_by(GROUP * GROUPS) {
            let end = block.pixels.min(start + GROUP * GROUPS);
            let groups = (end - start).div_ceil(GROUP);
            for (g, group) in rows.chunks_exact_mut(GROUP * W).take(groups).enumerate() {
                let first = start + g * GROUP;
                self.fill(block, first..end.min(first + GROUP), group.as_chunks_mut::<W>().0);
            }
            sums.fill([0; L]);
            for span in &self.spans {
                for (g, sums) in sums.chunks_exact_mut(GROUP).take(groups).enumerate() {
                    let pixels = GROUP.min(end - start - g * GROUP);
                    self.walk_tree::<W, N>(span, &rows[g * GROUP * W..], pixels, &mut walk);
                    self.add_shares(span, &walk.words, sums);
                }
            }
            for (i, pixel) in sums[..end - start].iter().enumerate() {
                for (class, &sum) in pixel[..votes.classes].iter().enumerate() {
                    votes.sums[class * votes.pixels + start + i] = sum;
                }
            }
        }
    }

    /// Bins of some pixels, pixel by pixel.
    fn fill<const W: usize>(&self, block: &FeatureBlock, pixels: std::ops::Range<usize>, rows: &mut [[u16; W]]) {
        let (tables, _) = self.tables.as_chunks::<{ 1 << 16 }>();
        for (feature, table) in tables.iter().enumerate() {
            let codes = &block.feature(feature)[pixels.clone()];
            for (row, &code) in rows.iter_mut().zip(codes) {
                row[feature % W] = u16::from(table[usize::from(code)]) << 8;
            }
        }
    }

    /// Walks the first `pixels` rows of a group to their leaves: `walk.words` holds the leaf of each.
    fn walk_tree<const W: usize, const N: usize>(&self, span: &Span, rows: &[u16], pixels: usize, walk: &mut Walk) {
        let (Some(window), Some(rows)) = (self.words[span.first_word..].first_chunk(), rows.first_chunk::<N>()) else {
            unreachable!("words and rows are padded")
        };
        walk.words.fill(window[0]);
        let groups = pixels.div_ceil(TOGETHER);
        for _ in 0..span.full_rounds {
            for (at, words) in walk.words.as_chunks_mut::<TOGETHER>().0.iter_mut().take(groups).enumerate() {
                let first = (at % (GROUP / TOGETHER)) * TOGETHER * W;
                round(words, std::array::from_fn(|j| first + j * W), rows, window);
            }
        }
        for (i, going) in walk.going.iter_mut().enumerate() {
            *going = i as u16;
        }
        let mut left = pixels;
        while left > 0 {
            // Up to a whole number of walks together: what stands behind the last is walked in vain.
            for going in walk.going.as_chunks::<TOGETHER>().0.iter().take(left.div_ceil(TOGETHER)) {
                let (mut words, mut first) = ([0; TOGETHER], [0; TOGETHER]);
                for j in 0..TOGETHER {
                    let at = usize::from(going[j]) % GROUP;
                    words[j] = walk.words[at];
                    first[j] = at * W;
                }
                round(&mut words, first, rows, window);
                for j in 0..TOGETHER {
                    walk.words[usize::from(going[j]) % GROUP] = words[j];
                }
            }
            left = walk.pack(left);
        }
    }

    fn add_shares<const L: usize>(&self, span: &Span, words: &[u32; GROUP], sums: &mut [[u32; L]]) {
        let (table, _) = self.shares.as_chunks::<L>();
        let table = &table[span.first_row..span.first_row + span.rows];
        for (word, sum) in words.iter().zip(sums) {
            // Rows behind the last pixel of a short group hold old words: `get`, not an index.
            if let Some(row) = table.get(((word >> 16) as usize).wrapping_sub(span.nodes)) {
                for lane in 0..L {
                    sum[lane] += u32::from(row[lane]);
                }
            }
        }
    }
}

/// The state of a group of walks.
struct Walk {
    words: [u32; GROUP],
    going: [u16; GROUP],
}

impl Walk {
    fn new() -> Self {
        Self { words: [0; GROUP], going: [0; GROUP] }
    }

    /// Packs those of the first `left` walks that have not reached a leaf; says how many go on.
    fn pack(&mut self, left: usize) -> usize {
        let mut kept = 0;
        for k in 0..left {
            let pixel = self.going[k % GROUP];
            self.going[kept % GROUP] = pixel;
            kept += usize::from(self.words[usize::from(pixel) % GROUP] & FLIP != 0);
        }
        kept
    }
}

/// One round of steps from some words, step by step, so that one walk's wait is filled by the others' work.
/// `first` says where each walk's pixel begins in `rows`.
#[inline(always)]
fn round<const N: usize>(
    words: &mut [u32; TOGETHER],
    first: [usize; TOGETHER],
    rows: &[u16; N],
    window: &[u32; WINDOW],
) {
    for _ in 0..ROUND {
        for j in 0..TOGETHER {
            let bin = u32::from(rows[first[j] + usize::from(words[j] as u8)]);
            words[j] = window[(words[j].wrapping_add(bin) >> 16) as usize];
        }
    }
}

/// Fewest decisions before a leaf.
fn shallowest_leaf(tree: &Tree) -> usize {
    let mut depth = vec![0usize; tree.words().len()];
    for (node, &word) in tree.words().iter().enumerate() {
        let (_, bin, child) = super::tree::parts(word);
        if bin == LEAF {
            continue;
        }
        for child in [usize::from(child), usize::from(child) + 1] {
            depth[child] = depth[node] + 1;
        }
    }
    let leaves = tree.words().iter().zip(depth).filter(|(word, _)| super::tree::parts(**word).1 == LEAF);
    leaves.map(|(_, depth)| depth).min().unwrap_or(0)
}
