//! What the trainer promises, on small made-up data.

use proptest::prelude::*;

use super::*;
use crate::classify::forest::ClassWeights;
use crate::classify::training_set::TrainingSet;
use crate::features::{FeatureBlock, MISSING};

/// A list of items in so many parts, each done on an own thread.
struct Parts(usize);

impl Workers for Parts {
    fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        let size = items.len().div_ceil(self.0).max(1);
        let mut items = items.into_iter();
        let mut parts = Vec::new();
        while items.len() > 0 {
            parts.push(items.by_ref().take(size).collect::<Vec<T>>());
        }
        let work = &work;
        std::thread::scope(|scope| {
            let threads: Vec<_> = parts
                .into_iter()
                .map(|part| scope.spawn(move || part.into_iter().map(work).collect::<Vec<R>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        })
    }
}

fn set(features: Vec<Vec<u16>>, class: Vec<u8>) -> TrainingSet {
    let numbers: Vec<u32> = (0..class.len() as u32).collect();
    let block = FeatureBlock { pixels: class.len(), features: features.len(), codes: features.concat() };
    TrainingSet { features: block, class, unit: numbers.clone(), block: numbers, pixel: Vec::new() }
}

/// Codes that look random, below `end` and never missing.
fn noise(n: usize, seed: u32, end: u16) -> Vec<u16> {
    let mix = |i: u32| {
        let mut x = i.wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(0x9E37_79B9);
        x = (x ^ x >> 15).wrapping_mul(0x85EB_CA6B);
        x = (x ^ x >> 13).wrapping_mul(0xC2B2_AE35);
        ((u64::from(x ^ x >> 16) * u64::from(end)) >> 32) as u16 + 1
    };
    (0..n as u32).map(mix).collect()
}

fn plain() -> Parameters {
    Parameters { row_share: 1.0, feature_share: 1.0, random_strength: 0.0, early_stopping: None, ..Default::default() }
}

fn scores(model: &SymmetricTrees, block: &FeatureBlock) -> Vec<i32> {
    let stride = stride_of(block.pixels);
    let mut bins = vec![0; block.features * stride];
    for (feature, plane) in bins.chunks_exact_mut(stride).enumerate() {
        let table = model.edges().table(feature);
        plane.iter_mut().zip(block.feature(feature)).for_each(|(bin, &code)| *bin = table[usize::from(code)]);
    }
    let mut scores = Vec::new();
    model.scores(Level::Portable, &bins, stride, &mut scores);
    scores.chunks_exact(stride).flat_map(|of_output| of_output[..block.pixels].to_vec()).collect()
}

fn mean_loss(model: &SymmetricTrees, set: &TrainingSet) -> f64 {
    let scores = scores(model, &set.features);
    let of = |sample: usize| {
        let own = scores[sample..].iter().step_by(set.samples()).copied();
        loss::log_loss(own, usize::from(set.class[sample]))
    };
    (0..set.samples()).map(of).sum::<f64>() / set.samples() as f64
}

/// The model of the first trees only.
fn first(model: &SymmetricTrees, trees: usize) -> SymmetricTrees {
    let kept = model.trees()[..trees].to_vec();
    SymmetricTrees::new(model.classes(), model.edges().clone(), model.base().to_vec(), kept).unwrap()
}

#[test]
fn one_question_and_its_newton_leaves_by_hand() {
    // Six samples, codes 10 20 30 | 40 50 60, classes 0 0 1 | 1 1 1. The base score is ln(4 / 2) = 0.6931, so p = 2 / 3 of
    // class 1 everywhere: g = 2/3 for class 0 and -1/3 for class 1, h = 2/9.
    // Below 25 both are of class 0: G = 4/3, H = 4/9; above G = -4/3, H = 8/9. The gain 0.5 (16/9 / (13/9) + 16/9 / (17/9))
    // = 1.0860 is more than any other threshold's. The first steps are -(4/3) / (4/9 + 1) = -0.92308 and
    // (4/3) / (8/9 + 1) = 0.70588; four more follow, each from where the last one led.
    let set = set(vec![vec![10, 20, 30, 40, 50, 60]], vec![0, 0, 1, 1, 1, 1]);
    let parameters = Parameters { trees: 1, depth: 1, learning_rate: 1.0, l2: 1.0, ..plain() };
    let model = fit(&set, &set.all_rows(), 2, &parameters, &InOrder).trees;
    assert_eq!(model.base(), [2839], "ln 2 * 4096 = 2839.13");
    let (feature, bin) = model.trees()[0].splits[0];
    // Edges from 20 to 29 part them alike.
    assert_eq!((feature, model.edges().of(0)[usize::from(bin)]), (0, 24), "half-way between 20 and 29");
    let steps = |samples: f64, truth: f64, taken: usize| {
        (0..taken).fold(0.0, |leaf: f64, _| {
            let p = 1.0 / (1.0 + (-(2f64.ln() + leaf)).exp());
            leaf - samples * (p - truth) / (samples * p * (1.0 - p) + 1.0)
        })
    };
    assert!((steps(2.0, 0.0, 1) + 0.923_08).abs() < 1e-5 && (steps(4.0, 1.0, 1) - 0.705_88).abs() < 1e-5);
    for (leaf, expected) in model.trees()[0].leaves.iter().zip([steps(2.0, 0.0, 5), steps(4.0, 1.0, 5)]) {
        // Each step is rounded.
        assert!((f64::from(*leaf) - expected * 4096.0).abs() <= 3.0, "{leaf} for {expected}");
    }
}

#[test]
fn missing_is_parted_from_all_else() {
    let codes: Vec<u16> = (0..60).map(|i| if i % 3 == 0 { MISSING } else { i + 1 }).collect();
    let class = (0..60).map(|i| u8::from(i % 3 == 0)).collect();
    let set = set(vec![codes], class);
    let model = fit(&set, &set.all_rows(), 2, &Parameters { trees: 20, ..plain() }, &InOrder).trees;
    let probe = FeatureBlock { pixels: 3, features: 1, codes: vec![MISSING, 1, 60_000] };
    let scores = scores(&model, &probe);
    assert!(scores[0] > 0 && scores[1] < 0 && scores[2] < 0, "{scores:?}");
    assert_eq!(model.edges().of(0)[usize::from(model.trees()[0].splits[0].1)], MISSING);
}

#[test]
fn the_loss_falls_tree_by_tree() {
    for classes in [2, 3, 5] {
        let (a, b) = (noise(600, 1, 900), noise(600, 2, 900));
        let class = a.iter().zip(&b).map(|(a, b)| ((a + b) / 300) as u8 % classes).collect();
        let set = set(vec![a, b, noise(600, 3, 50)], class);
        let made = fit(&set, &set.all_rows(), usize::from(classes), &Parameters { trees: 30, ..plain() }, &InOrder);
        let losses: Vec<f64> = (0..=30).map(|trees| mean_loss(&first(&made.trees, trees), &set)).collect();
        assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{classes} classes: {losses:?}");
        assert!(losses[30] < 0.5 * losses[0], "{classes} classes: {losses:?}");
    }
}

#[test]
fn exclusive_or_is_learnt() {
    let points: Vec<(u16, u16)> = (0..400).map(|i| (i % 20 * 7 + 1, i / 20 * 11 + 1)).collect();
    let class: Vec<u8> = points.iter().map(|p| u8::from((p.0 > 60) != (p.1 > 120))).collect();
    let set = set(vec![points.iter().map(|p| p.0).collect(), points.iter().map(|p| p.1).collect()], class);
    let model = fit(&set, &set.all_rows(), 2, &plain(), &InOrder).trees;
    let right = scores(&model, &set.features).iter().zip(&set.class).filter(|(s, c)| u8::from(**s > 0) == **c).count();
    assert_eq!(right, 400);
}

#[test]
fn class_weights_lift_the_rare_class() {
    // Nothing to learn: scores stay at the base, the log-odds of the weighed classes.
    let set = set(vec![noise(1000, 9, 60_000)], (0..1000).map(|i| u8::from(i % 10 == 0)).collect());
    let base = |class_weights| {
        let parameters = Parameters { trees: 1, class_weights, ..plain() };
        fit(&set, &set.all_rows(), 2, &parameters, &InOrder).trees.base()[0]
    };
    assert_eq!(base(ClassWeights::None), ((1.0f64 / 9.0).ln() * 4096.0).round() as i32);
    assert_eq!(base(ClassWeights::Balanced), 0);
    // Where classes overlap, the balanced model calls the rare class more often.
    let codes: Vec<u16> = noise(1000, 4, 1000).iter().zip(&set.class).map(|(c, k)| c + 400 * u16::from(*k)).collect();
    let overlapping = self::set(vec![codes], set.class.clone());
    let called = |class_weights| {
        let parameters = Parameters { trees: 20, class_weights, ..plain() };
        let model = fit(&overlapping, &overlapping.all_rows(), 2, &parameters, &InOrder).trees;
        scores(&model, &overlapping.features).iter().filter(|score| **score > 0).count()
    };
    assert!(called(ClassWeights::Balanced) > 2 * called(ClassWeights::None));
}

#[test]
fn noise_is_left_early_and_signal_is_not() {
    let parameters = Parameters { trees: 60, early_stopping: Some(10), ..plain() };
    let class: Vec<u8> = noise(500, 7, 2).iter().map(|code| (code - 1) as u8).collect();
    let nothing = set((10..16).map(|seed| noise(500, seed, 9999)).collect(), class);
    let made = fit(&nothing, &nothing.all_rows(), 2, &parameters, &InOrder);
    assert!(made.trees.trees().len() < 15, "{} trees on noise", made.trees.trees().len());
    assert!(made.watched_loss.len() <= 60);
    let code = noise(500, 20, 10_000);
    let clear = set(vec![code.clone()], code.iter().map(|code| u8::from(*code > 4_000)).collect());
    let made = fit(&clear, &clear.all_rows(), 2, &parameters, &InOrder);
    assert!(made.trees.trees().len() > 40, "{} trees on signal", made.trees.trees().len());
}

#[test]
fn too_few_groups_make_all_trees() {
    let mut few = set(vec![(1..=40).collect()], (0..40).map(|i| u8::from(i >= 20)).collect());
    few.unit = few.class.iter().map(|&class| u32::from(class)).collect();
    few.block = few.unit.clone();
    let parameters = Parameters { trees: 7, early_stopping: Some(1), ..plain() };
    let made = fit(&few, &few.all_rows(), 2, &parameters, &InOrder);
    assert_eq!((made.trees.trees().len(), made.watched_loss.len()), (7, 0));
}

#[test]
fn samples_of_one_kind_or_none_give_a_model() {
    let one = set(vec![vec![5, 5, 5], vec![1, 2, 3]], vec![1, 1, 1]);
    for (rows, classes) in [(vec![], 2), (vec![0, 1, 2], 2), (vec![0, 1], 4)] {
        let model = fit(&one, &rows, classes, &Parameters { trees: 3, ..plain() }, &InOrder).trees;
        let scores = scores(&model, &one.features);
        assert!(rows.is_empty() || scores[..3].iter().all(|score| *score > 0), "{scores:?}");
    }
}

#[test]
fn more_chunks_than_one_give_the_same_bytes_on_any_number_of_threads() {
    let n = 20_000;
    let (a, b) = (noise(n, 1, 60_000), noise(n, 2, 60_000));
    for classes in [2u8, 4] {
        let class = a.iter().zip(&b).map(|(a, b)| ((a ^ b) % u16::from(classes)) as u8 & (a / 9000) as u8).collect();
        let set = set(vec![a.clone(), b.clone(), noise(n, 3, 300), noise(n, 4, 2)], class);
        let parameters = Parameters {
            trees: 6,
            row_share: 0.7,
            feature_share: 0.6,
            random_strength: 0.5,
            early_stopping: Some(3),
            ..Default::default()
        };
        let fit_on = |threads: usize| fit(&set, &set.all_rows(), usize::from(classes), &parameters, &Parts(threads));
        let alone = fit(&set, &set.all_rows(), usize::from(classes), &parameters, &InOrder);
        for threads in 1..=3 {
            assert_eq!(fit_on(threads), alone, "{threads} threads");
        }
        let other = Parameters { seed: 2, ..parameters.clone() };
        assert_ne!(fit(&set, &set.all_rows(), usize::from(classes), &other, &InOrder).trees, alone.trees);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// What training saw as its scores is what the model gives: the watched loss of a model on rows that it was made from
    /// equals the loss by classification.
    #[test]
    fn the_model_classifies_with_what_was_trained(
        codes in prop::collection::vec(0u16..40, 120),
        class in prop::collection::vec(0u8..3, 60),
    ) {
        let set = set(codes.chunks(60).map(<[u16]>::to_vec).collect(), class);
        let model = fit(&set, &set.all_rows(), 3, &Parameters { trees: 5, ..Default::default() }, &InOrder).trees;
        let binned = crate::classify::forest::prepare(&set, &set.all_rows());
        let rows = set.all_rows();
        let mut watched = watch::Watched::new(&binned, (&set.class, &rows), &[1.0; 3], model.base());
        model.trees().iter().for_each(|tree| watched.add(tree));
        prop_assert!((watched.loss() - mean_loss(&model, &set)).abs() < 1e-12);
    }
}
