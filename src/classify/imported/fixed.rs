//! Symmetric trees of at most six levels, by the kernel of cocal's own: leaves become whole numbers of a step so small that no
//! probability moves by more than [`MOST_ERROR`], and what the steps leave open is walked.
//!
//! A leaf is `n` steps, and `n` is written in three digits, each an output of the kernel and so small that some thirty trees'
//! fit its 16 bits; their sums are exact, so all that is lost is half a step for each leaf. Where two scores lie so close that this could
//! change which is higher, the pixel's leaves are added in the library's own order and arithmetic.

use std::ops::Range;

use super::masks::{Masks, levels};
use super::planes::Planes;
use super::{Link, Room, Sums, Tree};
use crate::simd::symmetric::{LANES, MAX_DEPTH, Packed, PackedTree};
use crate::simd::{Level, Work, dispatch};

/// Most that a probability differs from the library's: a twentieth of what would be seen.
const MOST_ERROR: f64 = 5e-8;
/// Pixels of a block.
const BLOCK: usize = 16 * LANES;
/// Most scores: each is compared with each.
const MOST_SCORES: usize = 16;
/// Digits of a leaf.
const DIGITS: usize = 3;
/// Bits of a digit: of fewer bits, more trees are added before sums must be widened.
const BITS: u32 = 11;
/// Most steps of a leaf: its highest digit does not overflow.
const MOST_STEPS: f64 = ((1_i64 << (DIGITS as u32 * BITS - 1)) - (1 << (2 * BITS))) as f64;

/// Symmetric trees in whole numbers.
#[derive(Debug)]
pub(super) struct Fixed {
    planes: Planes,
    packed: Packed,
    step: f64,
    numbers: Numbers,
    /// No score is further from the sum of the leaves than this.
    error: f64,
    exact: Masks<f64>,
}

impl Fixed {
    /// The trees, if they are symmetric, of one to six levels and not too many scores, and steps can be small enough.
    pub fn of(features: usize, (scores, link): (usize, Link), trees: &[Tree]) -> Option<Self> {
        // From scores to probabilities nothing is steeper.
        let steepest = match link {
            Link::Logistic(factor) => 0.25 * factor.abs(),
            Link::Softmax => 0.5,
            Link::Shares(_) | Link::Second => return None,
        };
        let shapes = trees.iter().map(|tree| levels(tree).filter(|(levels, _)| levels.len() <= MAX_DEPTH));
        let shapes: Vec<_> = shapes.collect::<Option<_>>()?;
        let planes = Planes::of(features, trees);
        if scores > MOST_SCORES || planes.count() > 256 {
            return None;
        }
        let numbers = Numbers { scores, relative: link == Link::Softmax };
        let largest = trees.iter().fold(0.0_f64, |most, tree| most.max(numbers.largest(tree)));
        let step = largest / MOST_STEPS;
        // Half a step for each tree, and the rounding of as many additions of 64 bits.
        let error = trees.len() as f64 * (0.5 * step + 4.0 * f64::EPSILON * trees.len() as f64 * largest);
        if !step.is_normal() || steepest * error > MOST_ERROR {
            return None;
        }
        let packed = trees.iter().zip(&shapes).map(|(tree, (levels, order))| {
            let splits = levels.iter().map(|node| planes.question(node)).map(|(plane, left)| (plane as u8, left));
            let mut leaves = Vec::with_capacity((numbers.summed().len() * DIGITS) << levels.len());
            for (score, part) in numbers.summed().flat_map(|score| (0..DIGITS).map(move |part| (score, part))) {
                let steps = order.iter().map(|leaf| (numbers.of(tree, *leaf, score) / step).round());
                leaves.extend(steps.map(|steps| digit(steps as i64, part)));
            }
            PackedTree { splits: splits.collect(), leaves }
        });
        let packed = Packed::new(numbers.summed().len() * DIGITS, packed.collect());
        Some(Self { planes, packed, step, numbers, error, exact: Masks::of(features, scores, trees)? })
    }
}

/// What leaves add.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    scores: usize,
    /// Scores are less the first one's leaves, and those are left out: a softmax is the same, and one output less is summed.
    relative: bool,
}

impl Numbers {
    /// The scores that are summed.
    fn summed(self) -> Range<usize> {
        usize::from(self.relative)..self.scores
    }

    /// What a leaf adds to a score.
    fn of(self, tree: &Tree, leaf: usize, score: usize) -> f64 {
        let own = |score: usize| match tree.score {
            Some(own) if own as usize == score => tree.leaves[leaf],
            Some(_) => 0.0,
            None => tree.leaves[leaf * self.scores + score],
        };
        own(score) - if self.relative { own(0) } else { 0.0 }
    }

    fn largest(self, tree: &Tree) -> f64 {
        let of_leaf = |leaf| self.summed().map(move |score| self.of(tree, leaf, score).abs());
        (0..=tree.nodes.len()).flat_map(of_leaf).fold(0.0, f64::max)
    }
}

/// A digit of a number, from the lowest on, of at most `2^(BITS - 1)` with its sign.
fn digit(number: i64, part: usize) -> i16 {
    let half = 1 << (BITS - 1);
    let rest = (0..part).fold(number, |rest, _| (rest + half) >> BITS);
    (((rest + half) & ((1 << BITS) - 1)) - half) as i16
}

impl Sums for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn add(&self, level: Level, columns: &[f64], base: &[f64], room: &mut Room) {
        let pixels = columns.len() / self.planes.features();
        for first in (0..pixels).step_by(BLOCK) {
            let own = first..pixels.min(first + BLOCK);
            let stride = own.len().next_multiple_of(LANES);
            self.planes.fill(level, columns, own.clone(), &mut room.planes, stride);
            room.sums.clear();
            room.sums.resize(self.numbers.summed().len() * DIGITS * stride, 0);
            self.packed.add_scores(level, &room.planes, stride, &mut room.sums);
            let mut scores: Vec<&mut [f64]> =
                room.scores.chunks_exact_mut(pixels).map(|s| &mut s[own.clone()]).collect();
            room.open.clear();
            room.open.resize(own.len(), 0);
            let near = 2.0 * self.error;
            let (sums, open, first) = (&room.sums[..], &mut room.open[..], self.numbers.summed().start);
            dispatch(level, Joined { sums, stride, base, first, step: self.step, near, scores: &mut scores, open });
            if room.open.iter().fold(0, |any, open| any | open) != 0 {
                self.walk(level, columns, own, base, room);
            }
        }
    }
}

impl Fixed {
    /// Adds the leaves of those pixels of which the steps leave something open.
    fn walk(&self, level: Level, columns: &[f64], own: Range<usize>, base: &[f64], room: &mut Room) {
        let pixels = columns.len() / self.planes.features();
        let open: Vec<usize> = own.zip(&room.open).filter(|(_, open)| **open != 0).map(|(pixel, _)| pixel).collect();
        let values = columns.chunks_exact(pixels).flat_map(|column| open.iter().map(|pixel| column[*pixel]));
        let mut walked = Room { scores: vec![0.0; open.len() * base.len()], ..Room::default() };
        self.exact.add(level, &values.collect::<Vec<_>>(), base, &mut walked);
        for (scores, walked) in room.scores.chunks_exact_mut(pixels).zip(walked.scores.chunks_exact(open.len())) {
            open.iter().zip(walked).for_each(|(pixel, score)| scores[*pixel] = *score);
        }
    }
}

/// Scores from the sums of digits, and whether the steps leave open which are higher; one score is compared with 0.
struct Joined<'a, 'b> {
    sums: &'a [i32],
    stride: usize,
    base: &'a [f64],
    /// The first score that is summed.
    first: usize,
    step: f64,
    near: f64,
    scores: &'a mut [&'b mut [f64]],
    open: &'a mut [u64],
}

impl Work for Joined<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (score, base) in self.scores[..self.first].iter_mut().zip(self.base) {
            score.fill(*base);
        }
        let summed = self.scores[self.first..].iter_mut().zip(&self.base[self.first..]);
        for ((score, base), sums) in summed.zip(self.sums.chunks_exact(DIGITS * self.stride)) {
            let (low, rest) = sums.split_at(self.stride);
            let (middle, high) = rest.split_at(self.stride);
            for (((score, low), middle), high) in score.iter_mut().zip(low).zip(middle).zip(high) {
                // Of whole numbers below 2^53 all but the last is exact.
                let upper = f64::from(*high) * f64::from(1 << BITS) + f64::from(*middle);
                *score = base + (upper * f64::from(1 << BITS) + f64::from(*low)) * self.step;
            }
        }
        if let [one] = &*self.scores {
            self.open.iter_mut().zip(&**one).for_each(|(open, a)| *open = u64::from(a.abs() <= self.near));
        }
        for (i, a) in self.scores.iter().enumerate() {
            for b in &self.scores[i + 1..] {
                for ((open, a), b) in self.open.iter_mut().zip(&**a).zip(&**b) {
                    *open |= u64::from((a - b).abs() <= self.near);
                }
            }
        }
    }
}
