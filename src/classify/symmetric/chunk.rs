//! Training samples in runs of [`CHUNK`]: their scores, derivatives and leaves.
//!
//! Floating-point sums are made within a chunk, in the order of its samples, and then over the chunks in their order: they
//! do not depend on the number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::loss;

/// Samples of a chunk; a plane of bins is padded to whole chunks.
pub(super) const CHUNK: usize = 8192;

/// Most leaves of a tree.
pub(super) const LEAVES: usize = 64;

/// What the quantised derivatives of all samples add up to at most, but for rounding: both sums fit half of an `i64`.
const WHOLE: f64 = (1u64 << 29) as f64;

/// Sums of one column: of the absolute first derivative and of the second.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
}

/// Quantised units per unit of first and second derivative, of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
}

impl Scale {
    /// The finest scale at which no sum can overflow.
    pub(super) fn of(sums: Sums) -> Self {
        let finest = |sum: f64| WHOLE / sum.max(1e-9);
        Self { gradient: finest(sums.gradient), hessian: finest(sums.hessian) }
    }
}

/// A first and a second derivative in one number: their sums and differences are those of both, exactly.
#[inline(always)]
pub(super) fn pack(gradient: i32, hessian: i32) -> i64 {
    (i64::from(gradient) << 32) + i64::from(hessian)
}

/// What [`pack`] put together, or a sum of such.
#[inline(always)]
pub(super) fn unpack(packed: i64) -> (i32, i32) {
    // The low half is a sum of second derivatives: never negative, so it borrows nothing from the high half.
    ((packed >> 32) as i32, packed as i32)
}

/// A run of samples.
pub(super) struct Chunk {
    /// Its number: sample `i` of it is sample `number * CHUNK + i`.
    pub(super) number: usize,
    class: Vec<u8>,
    weight: Vec<f32>,
    /// `[output][sample]`.
    scores: Vec<i32>,
    /// `[column][sample]`.
    gradient: Vec<f32>,
    hessian: Vec<f32>,
    leaf: Vec<u8>,
    /// Samples that choose the questions of this tree, with their packed derivatives `[sample][column]`.
    drawn: Vec<u16>,
    packs: Vec<i64>,
    /// The drawn samples of the listed leaves, leaf by leaf.
    pub(super) rows: Vec<u16>,
    pub(super) row_packs: Vec<i64>,
    pub(super) ends: [usize; LEAVES + 1],
}

impl Chunk {
    pub(super) fn new(number: usize, class: Vec<u8>, weight: Vec<f32>, base: &[i32]) -> Self {
        let samples = class.len();
        let columns = columns(base.len());
        let scores = base.iter().flat_map(|&base| std::iter::repeat_n(base, samples)).collect();
        let derivatives = vec![0.0; columns * samples];
        Self {
            number,
            weight,
            scores,
            gradient: derivatives.clone(),
            hessian: derivatives,
            leaf: vec![0; samples],
            drawn: Vec::with_capacity(samples),
            packs: Vec::with_capacity(samples * columns),
            rows: Vec::new(),
            row_packs: Vec::new(),
            ends: [0; LEAVES + 1],
            class,
        }
    }

    pub(super) fn samples(&self) -> usize {
        self.class.len()
    }

    fn outputs(&self) -> usize {
        self.scores.len() / self.samples()
    }

    /// The chunk's part of a plane.
    fn part<'a>(&self, plane: &'a [u8]) -> &'a [u8] {
        &plane[self.number * CHUNK..][..self.samples()]
    }

    /// Adds the leaves `[output][leaf]` that the samples lie in to their scores.
    pub(super) fn add(&mut self, leaves: &[i32]) {
        let (samples, outputs) = (self.samples(), self.outputs());
        let per_output = leaves.len() / outputs;
        for (scores, leaves) in self.scores.chunks_exact_mut(samples).zip(leaves.chunks_exact(per_output)) {
            for (score, &leaf) in scores.iter_mut().zip(&self.leaf) {
                *score += leaves[usize::from(leaf)];
            }
        }
    }

    /// Derivatives at the present scores, and their sums by column.
    pub(super) fn derive(&mut self) -> Vec<Sums> {
        match self.outputs() {
            1 => self.derive_logistic(),
            _ => self.derive_softmax(),
        }
        let samples = self.samples();
        let columns = self.gradient.chunks_exact(samples).zip(self.hessian.chunks_exact(samples));
        let sum = |values: &[f32]| values.iter().map(|&value| f64::from(value.abs())).sum();
        columns.map(|(g, h)| Sums { gradient: sum(g), hessian: sum(h) }).collect()
    }

    fn derive_logistic(&mut self) {
        let samples = self.samples();
        let (class, weight, scores) = (&self.class[..samples], &self.weight[..samples], &self.scores[..samples]);
        let (gradient, hessian) = (&mut self.gradient[..samples], &mut self.hessian[..samples]);
        for i in 0..samples {
            (gradient[i], hessian[i]) = loss::logistic(scores[i], f32::from(class[i]), weight[i]);
        }
    }

    fn derive_softmax(&mut self) {
        let (samples, outputs) = (self.samples(), self.outputs());
        let mut shares = vec![0.0; outputs + 1];
        for i in 0..samples {
            loss::softmax((0..outputs).map(|output| self.scores[output * samples + i]), &mut shares);
            for (column, &share) in shares.iter().enumerate() {
                let truth = f32::from(column == usize::from(self.class[i]));
                self.gradient[column * samples + i] = self.weight[i] * (share - truth);
                self.hessian[column * samples + i] = self.weight[i] * share * (1.0 - share);
            }
        }
    }

    /// Puts all samples into leaf 0, draws some, each with the probability `share`, and quantises their derivatives.
    pub(super) fn draw(&mut self, scales: &[Scale], share: f64, (seed, tree): (u64, usize)) {
        let samples = self.samples();
        self.leaf.fill(0);
        self.drawn.clear();
        if share >= 1.0 {
            self.drawn.extend(0..samples as u16);
        } else {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream((tree as u64) << 32 | self.number as u64);
            let below = (share.max(0.0) * (1u64 << 32) as f64) as u64;
            self.drawn.extend((0..samples as u16).filter(|_| u64::from(rng.next_u32()) < below));
        }
        self.packs.clear();
        for &row in &self.drawn {
            for (column, scale) in scales.iter().enumerate() {
                let at = column * samples + usize::from(row);
                let gradient = quantised(self.gradient[at], scale.gradient);
                self.packs.push(pack(gradient, quantised(self.hessian[at], scale.hessian)));
            }
        }
    }

    /// Lists the drawn samples of the leaves that are to be counted.
    pub(super) fn list(&mut self, counted: &[bool]) {
        let columns = columns(self.outputs());
        let mut at = [0usize; LEAVES];
        for &row in &self.drawn {
            at[usize::from(self.leaf[usize::from(row)])] += 1;
        }
        let mut listed = 0;
        self.ends = [0; LEAVES + 1];
        for (leaf, at) in at.iter_mut().enumerate() {
            let samples = if counted.get(leaf) == Some(&true) { *at } else { 0 };
            *at = listed;
            listed += samples;
            self.ends[leaf + 1] = listed;
        }
        // One place more: samples that are not listed are written where the next one overwrites them.
        self.rows.resize(listed + 1, 0);
        self.row_packs.resize((listed + 1) * columns, 0);
        let mut place = |row: u16| {
            let leaf = usize::from(self.leaf[usize::from(row)]) % LEAVES;
            let is_listed = counted[leaf];
            let to = if is_listed { at[leaf] } else { listed };
            at[leaf] += usize::from(is_listed);
            to
        };
        if columns == 1 {
            for (&row, &packs) in self.drawn.iter().zip(&self.packs) {
                let to = place(row);
                (self.rows[to], self.row_packs[to]) = (row, packs);
            }
        } else {
            for (&row, packs) in self.drawn.iter().zip(self.packs.chunks_exact(columns)) {
                let to = place(row);
                self.rows[to] = row;
                self.row_packs[to * columns..(to + 1) * columns].copy_from_slice(packs);
            }
        }
    }

    /// Parts the samples of all leaves by a question; gives the drawn samples of each leaf.
    pub(super) fn split(&mut self, plane: &[u8], bin: u8, level: usize) -> [u32; LEAVES] {
        let plane = self.part(plane);
        for (leaf, &own) in self.leaf.iter_mut().zip(plane) {
            *leaf |= u8::from(own > bin) << level;
        }
        let mut counts = [0; LEAVES];
        for &row in &self.drawn {
            counts[usize::from(self.leaf[usize::from(row)])] += 1;
        }
        counts
    }

    /// Sums of the first and second derivatives of all samples by leaf, `[column][leaf]`.
    pub(super) fn leaf_sums(&self) -> Vec<Sums> {
        let samples = self.samples();
        let mut sums = vec![Sums::default(); columns(self.outputs()) * LEAVES];
        let columns = self.gradient.chunks_exact(samples).zip(self.hessian.chunks_exact(samples));
        for ((gradient, hessian), sums) in columns.zip(sums.chunks_exact_mut(LEAVES)) {
            for ((&leaf, &g), &h) in self.leaf.iter().zip(gradient).zip(hessian) {
                let sum = &mut sums[usize::from(leaf) % LEAVES];
                sum.gradient += f64::from(g);
                sum.hessian += f64::from(h);
            }
        }
        sums
    }
}

/// Columns of derivatives: one for two classes, one for each class otherwise.
pub(super) fn columns(outputs: usize) -> usize {
    if outputs == 1 { 1 } else { outputs + 1 }
}

#[inline(always)]
fn quantised(value: f32, scale: f64) -> i32 {
    // The nearest whole number; `as` cuts towards zero.
    let scaled = f64::from(value) * scale;
    (scaled + 0.5f64.copysign(scaled)) as i32
}
