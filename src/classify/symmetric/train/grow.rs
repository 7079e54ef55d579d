//! One tree after the other.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::classify::forest::{Binned, ClassWeights};
use crate::classify::training_set::TrainingSet;

use super::super::{MAX_LEAF, SymmetricTree};
use super::gradient::Gradients;
use super::histogram::{Best, Fresh, Histogram, bits_for, pack};
use super::{LOGIT, MOST_LEVELS, Parameters, Spread, SymmetricTrees};

/// A model in the making.
pub(super) struct Grower<'a> {
    parameters: Parameters,
    binned: &'a Binned,
    classes: usize,
    class: Vec<u8>,
    weights: Vec<f32>,
    /// Bins of the rows to train on, `[feature][row]`.
    bins: Vec<u8>,
    base: Vec<i32>,
    trees: Vec<SymmetricTree>,
    /// `[score][row]`.
    scores: Vec<i32>,
    gradients: Gradients,
    histograms: Vec<Mutex<Histogram>>,
    fresh: Fresh,
    leaf: Vec<u8>,
    sampled: Vec<u32>,
}

/// A level's question.
#[derive(Clone, Copy)]
struct Question {
    feature: usize,
    best: Best,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        set: &TrainingSet,
        binned: &'a Binned,
        rows: &[u32],
        classes: usize,
        parameters: &Parameters,
    ) -> Self {
        let class: Vec<u8> = rows.iter().map(|row| set.class[*row as usize]).collect();
        let mut counts = vec![0.0_f64; classes];
        class.iter().for_each(|class| counts[usize::from(*class)] += 1.0);
        let weights: Vec<f64> = match parameters.class_weights {
            ClassWeights::None => vec![1.0; classes],
            ClassWeights::Balanced => {
                counts.iter().map(|n| class.len() as f64 / (classes as f64 * n.max(1.0))).collect()
            }
        };
        // Half a sample more of each, so that a class without any has a score.
        let prior = |k: usize| ((counts[k] + 0.5) * weights[k]).ln() - ((counts[0] + 0.5) * weights[0]).ln();
        let base: Vec<i32> = (1..classes).map(|k| (prior(k) * f64::from(LOGIT)).round() as i32).collect();
        let features = set.features.features;
        let mut bins = Vec::with_capacity(features * rows.len());
        for feature in 0..features {
            let all = binned.feature(feature);
            bins.extend(rows.iter().map(|row| all[*row as usize]));
        }
        let outputs = Gradients::outputs(classes);
        let depth = parameters.depth.clamp(1, MOST_LEVELS);
        let histogram = || Mutex::new(Histogram::new(outputs, 1 << (depth - 1)));
        Self {
            parameters: Parameters { depth, ..parameters.clone() },
            binned,
            classes,
            weights: weights.iter().map(|w| *w as f32).collect(),
            bins,
            scores: base.iter().flat_map(|base| std::iter::repeat_n(*base, class.len())).collect(),
            class,
            base,
            trees: Vec::new(),
            gradients: Gradients::default(),
            histograms: (0..features).map(|_| histogram()).collect(),
            fresh: Fresh::default(),
            leaf: Vec::new(),
            sampled: Vec::new(),
        }
    }

    pub(super) fn base(&self) -> &[i32] {
        &self.base
    }

    pub(super) fn trees(&self) -> &[SymmetricTree] {
        &self.trees
    }

    pub(super) fn finish(self) -> SymmetricTrees {
        match SymmetricTrees::new(self.classes, self.binned.edges().clone(), self.base, self.trees) {
            Ok(trees) => trees,
            Err(error) => unreachable!("a tree that was grown keeps the rules: {error}"),
        }
    }

    fn rows(&self) -> usize {
        self.class.len()
    }

    fn bins_of(&self, feature: usize) -> &[u8] {
        &self.bins[feature * self.rows()..(feature + 1) * self.rows()]
    }

    /// Grows the next tree and adds it to the scores.
    pub(super) fn add_tree(&mut self, number: usize, spread: &dyn Spread) {
        self.gradients.fill(&self.class, &self.scores, &self.weights);
        let mut rng = ChaCha8Rng::seed_from_u64(self.parameters.seed);
        rng.set_stream(number as u64);
        self.sample_rows(&mut rng);
        let features = self.sample_features(&mut rng);
        let largest = self.weights.iter().fold(0.0_f32, |a, w| a.max(*w));
        let scale = 2_f64.powi(bits_for(self.sampled.len(), f64::from(largest)));
        self.leaf.clear();
        self.leaf.resize(self.rows(), 0);
        let mut splits: Vec<(u8, u8)> = Vec::new();
        let mut gain = 0.0;
        for level in 0..self.parameters.depth {
            self.update_histograms(level, &features, scale, spread);
            let Some(question) = self.best_question(level, &features, scale, spread) else { break };
            // A question that parts no leaf gains nothing, and so would the next one.
            if level > 0 && question.best.gain <= gain {
                break;
            }
            gain = question.best.gain;
            splits.push((question.feature as u8, question.best.bin));
            let own = &self.bins[question.feature * self.class.len()..(question.feature + 1) * self.class.len()];
            for (leaf, bin) in self.leaf.iter_mut().zip(own) {
                *leaf |= u8::from(*bin > question.best.bin) << level;
            }
        }
        let tree = SymmetricTree { leaves: self.leaves(splits.len()), splits };
        self.follow(&tree);
        self.trees.push(tree);
    }

    fn sample_rows(&mut self, rng: &mut ChaCha8Rng) {
        let limit = (self.parameters.row_share.clamp(0.01, 1.0) * f64::from(u32::MAX)) as u32;
        self.sampled.clear();
        let rows = 0..self.class.len() as u32;
        self.sampled.extend(rows.filter(|_| limit == u32::MAX || rng.next_u32() <= limit));
    }

    /// The features that the tree may ask for, rising.
    fn sample_features(&self, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut features: Vec<usize> =
            (0..self.histograms.len()).filter(|f| !self.binned.edges().of(*f).is_empty()).collect();
        let wanted = (features.len() as f64 * self.parameters.feature_share.clamp(0.0, 1.0)).ceil() as usize;
        while features.len() > wanted.max(1) {
            let gone = rng.next_u32() as usize % features.len();
            features.remove(gone);
        }
        features
    }

    /// Brings the histograms to the leaves of a level. Only the smaller child of each leaf is added up; it goes into the
    /// upper place, and the parent below it becomes the other child.
    fn update_histograms(&mut self, level: usize, features: &[usize], scale: f64, spread: &dyn Spread) {
        let half = if level == 0 { 1 } else { 1 << (level - 1) };
        let mut counts = vec![0_usize; 1 << level];
        self.sampled.iter().for_each(|row| counts[usize::from(self.leaf[*row as usize])] += 1);
        let lower_is_small: Vec<bool> = (0..half).map(|leaf| level > 0 && counts[leaf] < counts[leaf + half]).collect();
        self.fresh.rows.clear();
        self.fresh.leaf.clear();
        for row in &self.sampled {
            let leaf = usize::from(self.leaf[*row as usize]);
            let (parent, upper) = (leaf % half, leaf >= half);
            if level == 0 {
                self.fresh.rows.push(*row);
                self.fresh.leaf.push(0);
            } else if upper != lower_is_small[parent] {
                self.fresh.rows.push(*row);
                self.fresh.leaf.push((parent + half) as u8);
            }
        }
        let (rows, outputs) = (self.class.len(), Gradients::outputs(self.classes));
        self.fresh.packed.clear();
        for output in 0..outputs {
            let (first, second) = (&self.gradients.first[output * rows..], &self.gradients.second[output * rows..]);
            let packed =
                self.fresh.rows.iter().map(|row| pack(first[*row as usize], second[*row as usize], scale as f32));
            self.fresh.packed.extend(packed);
        }
        let made: Vec<bool> = (0..1 << level).map(|leaf| level == 0 || leaf >= half).collect();
        spread.each(features.len(), &|task| {
            let feature = features[task];
            let mut histogram = self.histograms[feature].lock().unwrap_or_else(PoisonError::into_inner);
            histogram.add(self.bins_of(feature), &self.fresh, &made);
            if level > 0 {
                histogram.subtract(half, &lower_is_small);
            }
        });
    }

    /// The question of a level that gains most; the lowest feature and bin where several do.
    fn best_question(&self, level: usize, features: &[usize], scale: f64, spread: &dyn Spread) -> Option<Question> {
        let found: Vec<Mutex<Option<Best>>> = features.iter().map(|_| Mutex::new(None)).collect();
        spread.each(features.len(), &|task| {
            let feature = features[task];
            let edges = self.binned.edges().of(feature).len();
            let mut histogram = self.histograms[feature].lock().unwrap_or_else(PoisonError::into_inner);
            let best = histogram.best(1 << level, edges, self.parameters.l2, scale);
            *found[task].lock().unwrap_or_else(PoisonError::into_inner) = best;
        });
        let mut best: Option<Question> = None;
        for (feature, found) in features.iter().zip(found) {
            let Some(found) = found.into_inner().unwrap_or_else(PoisonError::into_inner) else { continue };
            if best.is_none_or(|best| found.gain > best.best.gain) {
                best = Some(Question { feature: *feature, best: found });
            }
        }
        best
    }

    /// Newton's steps of all rows by leaf, `[score][leaf]`, rounded to the model's steps and against class 0.
    fn leaves(&self, levels: usize) -> Vec<i16> {
        let (rows, outputs, count) = (self.rows(), Gradients::outputs(self.classes), 1 << levels);
        let mut steps = vec![0.0; outputs * count];
        for (output, steps) in steps.chunks_exact_mut(count).enumerate() {
            let (mut first, mut second) = (vec![0.0_f64; count], vec![0.0_f64; count]);
            for (row, leaf) in self.leaf.iter().enumerate() {
                first[usize::from(*leaf)] += f64::from(self.gradients.first[output * rows + row]);
                second[usize::from(*leaf)] += f64::from(self.gradients.second[output * rows + row]);
            }
            for ((step, first), second) in steps.iter_mut().zip(first).zip(second) {
                *step = -self.parameters.learning_rate * first / (second + self.parameters.l2).max(1e-9);
            }
        }
        let most = f64::from(MAX_LEAF);
        let rounded = |step: f64| (step * f64::from(LOGIT)).round().clamp(-most, most) as i16;
        if outputs == 1 {
            return steps.into_iter().map(rounded).collect();
        }
        (count..outputs * count).map(|at| rounded(steps[at] - steps[at % count])).collect()
    }

    /// Adds a tree's leaves to the scores of all rows.
    fn follow(&mut self, tree: &SymmetricTree) {
        let rows = self.class.len();
        for (scores, leaves) in self.scores.chunks_exact_mut(rows).zip(tree.leaves.chunks_exact(1 << tree.splits.len()))
        {
            scores.iter_mut().zip(&self.leaf).for_each(|(score, leaf)| *score += i32::from(leaves[usize::from(*leaf)]));
        }
    }
}
