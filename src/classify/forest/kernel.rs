//! Many pixels through many trees.
//!
//! * Codes become bins once per pixel, through a table per feature; a pixel is then a row of `W` bytes.
//! * Trees are walked one after another over a block of pixels whose rows stay in the second-level cache, in groups
//!   whose state stays in the first. A tree of 10,000 nodes is 40 kB.
//! * A walk is a fixed number of steps without branches, so the processor overlaps the walks of many pixels; a step
//!   from a leaf stays there. After each round the walks that go on are packed together, again without branches.
//! * No index can leave its array (masks, and a window of every word that 16 bits can name), so there is no `unsafe`
//!   and no check in the loop.

use super::bins::Edges;
use super::tree::{LEAF, Tree, leaf};
use super::votes::Votes;
use crate::features::FeatureBlock;

/// Pixels walked together: their state and rows lie in the first-level cache.
const GROUP: usize = 256;

/// Groups that one tree is walked over before the next tree.
const GROUPS: usize = 16;

/// Steps of a round.
const ROUND: usize = 4;

/// Every word that a child of 16 bits, plus one, can name.
const WINDOW: usize = (1 << 16) + 1;

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
            words.extend_from_slice(tree.words());
            words.extend((nodes..nodes + rows).map(|end| leaf(end as u16)));
            for row in tree.shares().chunks_exact(classes) {
                shares.extend_from_slice(row);
                shares.resize(shares.len() + lanes - classes, 0);
            }
        }
        words.resize(words.len() + WINDOW, 0);
        let tables = (0..edges.features()).flat_map(|feature| edges.table(feature)).collect();
        Self { words, shares, lanes, spans, tables, features: edges.features() }
    }

    /// Adds the votes of a block; `votes` has its size and is zero.
    pub(super) fn vote(&self, block: &FeatureBlock, votes: &mut Votes) {
        match self.features {
            0..=16 => self.vote_rows::<16>(block, votes),
            17..=32 => self.vote_rows::<32>(block, votes),
            33..=64 => self.vote_rows::<64>(block, votes),
            65..=128 => self.vote_rows::<128>(block, votes),
            _ => self.vote_rows::<256>(block, votes),
        }
    }

    fn vote_rows<const W: usize>(&self, block: &FeatureBlock, votes: &mut Votes) {
        match self.lanes {
            4 => self.vote_lanes::<W, 4>(block, votes),
            8 => self.vote_lanes::<W, 8>(block, votes),
            16 => self.vote_lanes::<W, 16>(block, votes),
            32 => self.vote_lanes::<W, 32>(block, votes),
            64 => self.vote_lanes::<W, 64>(block, votes),
            128 => self.vote_lanes::<W, 128>(block, votes),
            _ => self.vote_lanes::<W, 256>(block, votes),
        }
    }

    fn vote_lanes<const W: usize, const L: usize>(&self, block: &FeatureBlock, votes: &mut Votes) {
        let mut rows = vec![[[0u8; W]; GROUP]; GROUPS];
        let mut sums = vec![[[0u32; L]; GROUP]; GROUPS];
        let mut walk = Walk::new();
        for start in (0..block.pixels).step_by(GROUP * GROUPS) {
            let end = block.pixels.min(start + GROUP * GROUPS);
            let groups = (end - start).div_ceil(GROUP);
            for (g, group) in rows[..groups].iter_mut().enumerate() {
                let first = start + g * GROUP;
                self.fill(block, first..end.min(first + GROUP), group);
            }
            sums[..groups].as_flattened_mut().fill([0; L]);
            for span in &self.spans {
                for (g, (group, sums)) in rows[..groups].iter().zip(&mut sums).enumerate() {
                    let pixels = GROUP.min(end - start - g * GROUP);
                    self.walk_tree(span, &group[..], pixels, &mut walk);
                    self.add_shares(span, &walk.words, sums);
                }
            }
            for (i, pixel) in sums[..groups].as_flattened()[..end - start].iter().enumerate() {
                for class in 0..votes.classes {
                    votes.sums[class * votes.pixels + start + i] = pixel[class];
                }
            }
        }
    }

    /// Bins of some pixels, pixel by pixel.
    fn fill<const W: usize>(&self, block: &FeatureBlock, pixels: std::ops::Range<usize>, rows: &mut [[u8; W]; GROUP]) {
        let (tables, _) = self.tables.as_chunks::<{ 1 << 16 }>();
        for (feature, table) in tables.iter().enumerate() {
            let codes = &block.feature(feature)[pixels.clone()];
            for (row, &code) in rows.iter_mut().zip(codes) {
                row[feature & (W - 1)] = table[usize::from(code)];
            }
        }
    }

    /// Walks the first `pixels` rows of a group to their leaves: `walk.words` holds the leaf of each.
    fn walk_tree<const W: usize>(&self, span: &Span, rows: &[[u8; W]], pixels: usize, walk: &mut Walk) {
        let (Some(window), Some(rows)) =
            (self.words[span.first_word..].first_chunk::<WINDOW>(), rows.first_chunk::<GROUP>())
        else {
            unreachable!("words are padded by a window and a group has GROUP rows")
        };
        walk.words[..pixels].fill(window[0]);
        for _ in 0..span.full_rounds {
            for (word, row) in walk.words[..pixels].iter_mut().zip(rows) {
                *word = round(*word, row, window);
            }
        }
        for (i, going) in walk.going[..pixels].iter_mut().enumerate() {
            *going = i as u16;
        }
        let mut left = pixels;
        while left > 0 {
            let mut kept = 0;
            for k in 0..left {
                let pixel = walk.going[k];
                let at = usize::from(pixel) % GROUP;
                let word = round(walk.words[at], &rows[at], window);
                walk.words[at] = word;
                walk.going[kept % GROUP] = pixel;
                kept += usize::from((word >> 8) as u8 != LEAF);
            }
            left = kept;
        }
    }

    fn add_shares<const L: usize>(&self, span: &Span, words: &[u32; GROUP], sums: &mut [[u32; L]; GROUP]) {
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
}

/// One round of steps from a word.
#[inline(always)]
fn round<const W: usize>(mut word: u32, row: &[u8; W], window: &[u32; WINDOW]) -> u32 {
    for _ in 0..ROUND {
        let above = row[word as usize % W] > (word >> 8) as u8;
        word = window[(word >> 16) as usize + usize::from(above)];
    }
    word
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
