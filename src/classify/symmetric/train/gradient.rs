//! Gradients of the softmax loss.

use crate::simd::{Level, Work, dispatch};

use super::super::decide::exp2;
use super::LOGIT;

/// Gradient and Hessian of every row and output, `[output][row]`.
///
/// With two classes there is one output, the log-odds of class 1. With `k` classes there are `k` (Newton's steps are taken on all
/// classes alike, and only the tree's leaves are brought to class 0 as the reference); the Hessian is its diagonal, p (1 - p).
#[derive(Default)]
pub(super) struct Gradients {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
}

/// Rows that are worked on at a time.
const RUN: usize = 512;

impl Gradients {
    /// Number of outputs for so many classes.
    pub(super) fn outputs(classes: usize) -> usize {
        if classes == 2 { 1 } else { classes }
    }

    /// Computes them from scores `[score][row]` in steps of 1 / [`LOGIT`]; `weights` has one entry a class.
    pub(super) fn fill(&mut self, class: &[u8], scores: &[i32], weights: &[f32]) {
        let (rows, outputs) = (class.len(), Self::outputs(weights.len()));
        self.first.resize(outputs * rows, 0.0);
        self.second.resize(outputs * rows, 0.0);
        for start in (0..rows).step_by(RUN) {
            let count = RUN.min(rows - start);
            dispatch(Level::current(), Block { out: self, class, scores, weights, start, count });
        }
    }
}

struct Block<'a> {
    out: &'a mut Gradients,
    class: &'a [u8],
    scores: &'a [i32],
    weights: &'a [f32],
    start: usize,
    count: usize,
}

impl Work for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { out, class, scores, weights, start, count } = self;
        let (rows, classes) = (class.len(), weights.len());
        let score = |k: usize| &scores[(k - 1) * rows + start..(k - 1) * rows + start + count];
        let class = &class[start..start + count];
        let mut top = [0_i32; RUN];
        for k in 1..classes {
            top.iter_mut().zip(score(k)).for_each(|(top, s)| *top = if *s > *top { *s } else { *top });
        }
        let step = std::f32::consts::LOG2_E / LOGIT as f32;
        let mut all = [0_f32; RUN];
        let mut weight = [0_f32; RUN];
        weight.iter_mut().zip(class).for_each(|(weight, class)| *weight = weights[usize::from(*class)]);
        all.iter_mut().zip(&top).for_each(|(all, top)| *all = exp2(-*top as f32 * step));
        for k in 1..classes {
            let lanes = all.iter_mut().zip(&top).zip(score(k));
            lanes.for_each(|((all, top), s)| *all += exp2((*s - *top) as f32 * step));
        }
        let outputs = Gradients::outputs(classes);
        for output in 0..outputs {
            let k = output + classes - outputs;
            let at = output * rows + start;
            let first = &mut out.first[at..at + count];
            let second = &mut out.second[at..at + count];
            let zero = [0_i32; RUN];
            let own = if k == 0 { &zero[..count] } else { score(k) };
            for i in 0..count {
                let p = exp2((own[i] - top[i]) as f32 * step) / all[i];
                let hit = if usize::from(class[i]) == k { 1.0 } else { 0.0 };
                first[i] = weight[i] * (p - hit);
                second[i] = weight[i] * p * (1.0 - p);
            }
        }
    }
}
