use proptest::prelude::*;

use super::build::{Raw, tree};
use super::*;

/// A tree that splits random leaves, its leaves numbered values.
fn grown(draws: &[(u32, i8, bool, u16)], features: u32, score: Option<u32>, width: usize) -> Tree {
    let leaf = |number: usize| Raw::Leaf((0..width).map(|i| ((number * 37 + i * 11) % 101) as f64 / 7.0).collect());
    let mut raw = vec![leaf(0)];
    let mut open = vec![0];
    for (feature, threshold, missing_left, which) in draws {
        let at = open.swap_remove(usize::from(*which) % open.len());
        let (left, right) = (raw.len(), raw.len() + 1);
        raw.extend([leaf(left), leaf(right)]);
        open.extend([left, right]);
        raw[at] = Raw::Split(feature % features, f64::from(*threshold), *missing_left, left, right);
    }
    tree(score, 0, raw.len(), |number| raw.get(number).cloned()).unwrap()
}

fn leaf_of(tree: &Tree, values: &[f64]) -> usize {
    let mut at = if tree.nodes.is_empty() { Child::Leaf(0) } else { Child::Node(0) };
    loop {
        match at {
            Child::Leaf(leaf) => return leaf as usize,
            Child::Node(node) => {
                let node = tree.nodes[node as usize];
                let value = values[node.feature as usize];
                let left = if value.is_nan() { node.missing_left } else { value <= node.threshold };
                at = if left { node.left } else { node.right };
            }
        }
    }
}

fn parts(link: Link, arithmetic: Arithmetic, trees: Vec<Tree>) -> Parts {
    let base = vec![0.25; link.scores(if link == Link::Softmax { 3 } else { 2 })];
    let classes = if link == Link::Softmax { 3 } else { 2 };
    Parts { source: "test".to_owned(), features: 3, classes, arithmetic, link, base, trees }
}

fn draws(most: usize) -> impl Strategy<Value = Vec<Vec<(u32, i8, bool, u16)>>> {
    proptest::collection::vec(proptest::collection::vec(any::<(u32, i8, bool, u16)>(), 0..most), 1..6)
}

const PIXELS: usize = 100;

/// Values `[pixel][feature]` that often equal a threshold; some are missing.
fn values() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(prop_oneof![8 => any::<i8>().prop_map(f64::from), 1 => Just(f64::NAN)], 3 * PIXELS)
}

/// The probabilities of a pixel, by walking one tree after the other.
fn plain(ensemble: &Ensemble, values: &[f64]) -> Vec<f64> {
    let round = |v: f64| if ensemble.arithmetic == Arithmetic::Single { f64::from(v as f32) } else { v };
    let mut scores = ensemble.base.clone();
    for tree in &ensemble.trees {
        let leaf = leaf_of(tree, values);
        match tree.score {
            Some(score) => scores[score as usize] = round(scores[score as usize] + round(tree.leaves[leaf])),
            None => scores.iter_mut().zip(&tree.leaves[leaf * 3..]).for_each(|(s, v)| *s = round(*s + round(*v))),
        }
    }
    let mut row = vec![0.0; ensemble.classes];
    probabilities(Level::Portable, (ensemble.link, ensemble.arithmetic), (&scores, 1), &mut row);
    row
}

/// The probabilities of rows of values.
fn found(ensemble: &Ensemble, level: Level, rows: &[f64], room: &mut Room) -> Vec<f64> {
    let features = ensemble.features();
    let column = |feature| rows.iter().skip(feature).step_by(features).copied();
    let columns: Vec<f64> = (0..features).flat_map(column).collect();
    let mut out = vec![0.0; rows.len() / features * ensemble.classes()];
    ensemble.probabilities(level, &columns, room, &mut out);
    out
}

fn equal_plain(ensemble: &Ensemble, values: &[f64], pixels: usize) -> Result<(), TestCaseError> {
    let expected: Vec<f64> = values.chunks(3).take(pixels).flat_map(|values| plain(ensemble, values)).collect();
    for level in Level::here() {
        let mut room = Room::default();
        // What a larger batch left behind must not matter.
        found(ensemble, level, values, &mut room);
        prop_assert_eq!(&found(ensemble, level, &values[..3 * pixels], &mut room), &expected, "{}", level);
    }
    Ok(())
}

fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    prop_oneof![Just(Arithmetic::Single), Just(Arithmetic::Double)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn small_trees_equal_walking_one_pixel(draws in draws(60), values in values(), pixels in 1..=PIXELS, kind in arithmetic()) {
        let mut trees: Vec<Tree> = (0..).zip(&draws).map(|(i, d)| grown(d, 3, Some(i % 3), 1)).collect();
        // Symmetric trees alone would go another way.
        trees.push(grown(&[(0, 1, true, 0), (1, 2, false, 0)], 3, Some(0), 1));
        let ensemble = Ensemble::new(parts(Link::Softmax, kind, trees)).unwrap();
        prop_assert_eq!(ensemble.engine(), "masks");
        equal_plain(&ensemble, &values, pixels)?;
    }

    #[test]
    fn large_trees_equal_walking_one_pixel(draws in draws(600), values in values(), pixels in 1..=PIXELS, kind in arithmetic()) {
        let mut trees: Vec<Tree> = draws.iter().map(|d| grown(d, 3, None, 3)).collect();
        let many: Vec<_> = (0..300).map(|i| (i, (i % 256) as i8, i % 2 == 0, (i * 7919 % 997) as u16)).collect();
        trees.push(grown(&many, 3, None, 3));
        let ensemble = Ensemble::new(parts(Link::Softmax, kind, trees)).unwrap();
        prop_assert_eq!(ensemble.engine(), "walk");
        equal_plain(&ensemble, &values, pixels)?;
    }
}

/// More thresholds than a byte holds go to several planes.
#[test]
fn many_thresholds_are_told_apart() {
    let one = |threshold: i32| {
        let raw = [Raw::Split(0, f64::from(threshold), true, 1, 2), Raw::Leaf(vec![0.0]), Raw::Leaf(vec![1.0])];
        tree(Some(0), 0, 3, |number| raw.get(number).cloned()).unwrap()
    };
    let mut parts = parts(Link::Logistic(1.0), Arithmetic::Single, (0..1000).map(one).collect());
    (parts.base, parts.features) = (vec![0.0], 1);
    let ensemble = Ensemble::new(parts).unwrap();
    assert_eq!(ensemble.engine(), "masks");
    for first in [-3, 200, 254, 255, 256, 509, 510, 511, 990] {
        let values: Vec<f64> = (0..64).map(|i| f64::from(first) + f64::from(i) / 2.0).collect();
        let mut room = Room::default();
        found(&ensemble, Level::current(), &values, &mut room);
        for (value, score) in values.iter().zip(&room.scores) {
            assert_eq!(*score, value.ceil().clamp(0.0, 1000.0), "{value}");
        }
    }
}

/// Trees that ask one question a level, their leaves in any order.
#[test]
fn symmetric_trees_equal_walking_one_pixel() {
    let node = |level: usize, number: usize| {
        Raw::Split(level as u32 % 3, 5.0 * level as f64, level.is_multiple_of(2), 2 * number, 2 * number + 1)
    };
    let one = |depth: usize| {
        let raw = |number: usize| {
            let level = number.ilog2() as usize;
            Some(if level == depth { Raw::Leaf(vec![number as f64 / 3.0]) } else { node(level, number) })
        };
        tree(Some(depth as u32 % 3), 1, 2 << depth, raw).unwrap()
    };
    let ensemble = Ensemble::new(parts(Link::Softmax, Arithmetic::Double, (0..=7).map(one).collect())).unwrap();
    let values: Vec<f64> = (0..300).map(|i| if i % 17 == 0 { f64::NAN } else { f64::from(i * 7 % 41) - 3.0 }).collect();
    equal_plain(&ensemble, &values, 100).unwrap();
}

#[test]
fn trees_that_are_none_are_refused() {
    let ring = [Raw::Split(0, 1.0, true, 0, 1), Raw::Leaf(vec![0.0])];
    assert_eq!(tree(Some(0), 0, 2, |n| ring.get(n).cloned()), Err("leads to a node twice"));
    let gap = [Raw::Split(0, 1.0, true, 1, 9), Raw::Leaf(vec![0.0])];
    assert_eq!(tree(Some(0), 0, 3, |n| gap.get(n).cloned()), Err("leads to a node that is not there"));
    let good = grown(&[(0, 1, true, 0)], 3, Some(0), 1);
    let refused = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts(Link::Logistic(1.0), Arithmetic::Double, vec![good.clone()]);
        change(&mut parts);
        Ensemble::new(parts).unwrap_err().to_string()
    };
    let backwards = |p: &mut Parts| p.trees[0].nodes[0].left = Child::Node(0);
    for (change, says) in [
        (&(|p: &mut Parts| p.trees[0].nodes[0].feature = 3) as &dyn Fn(&mut Parts), "feature that is not there"),
        (&|p: &mut Parts| p.trees[0].nodes[0].threshold = f64::NAN, "no number"),
        (&backwards, "tree 0 (from 0) leads to a node twice, back, or nowhere"),
        (&|p: &mut Parts| p.trees[0].leaves.truncate(1), "one leaf more than nodes"),
        (&|p: &mut Parts| p.trees[0].score = Some(1), "score that is not there"),
        (&|p: &mut Parts| p.trees.clear(), "0 trees"),
        (&|p: &mut Parts| p.classes = 3, "1 scores do not make 3 classes"),
    ] {
        let error = refused(change);
        assert!(error.contains(says), "{error}: not {says}");
    }
}

/// A symmetric tree of the questions, leaf `n` (bit `l` is the answer at level `l`) holding `leaf(n)`.
fn symmetric(questions: &[(u32, i8, bool)], score: Option<u32>, leaf: impl Fn(usize) -> Vec<f64>) -> Tree {
    let raw = |number: usize| {
        let level = number.ilog2() as usize;
        let bits = number - (1 << level);
        let Some((feature, threshold, missing_left)) = questions.get(level) else { return Some(Raw::Leaf(leaf(bits))) };
        let next = 2 << level;
        Some(Raw::Split(feature % 3, f64::from(*threshold), *missing_left, next + bits, next + bits + (1 << level)))
    };
    tree(score, 1, 2 << questions.len(), raw).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Leaves in whole numbers decide as the leaves themselves do, ties among them, and probabilities hardly move.
    #[test]
    fn symmetric_trees_in_whole_numbers_decide_alike(
        trees in proptest::collection::vec(
            (proptest::collection::vec(any::<(u32, i8, bool)>(), 1..=6), proptest::collection::vec(-900..900_i32, 8)), 1..60),
        values in values(), softmax in any::<bool>(), coarse in any::<bool>(),
    ) {
        // Coarse leaves are powers of two apart, so that scores are often equal.
        let unit = if coarse { 1.0 / 1024.0 } else { 1.0 / 700.0 };
        let of = |leaves: &[i32], n: usize| f64::from(leaves[n % 8] / if coarse { 450 } else { 1 }) * unit;
        let (link, score) = if softmax { (Link::Softmax, None) } else { (Link::Logistic(1.0), Some(0)) };
        let leaves = |leaves: &[i32], n: usize| (0..if softmax { 3 } else { 1 }).map(|k| of(leaves, n + 3 * k)).collect();
        let mut built: Vec<_> = trees.iter().map(|(q, l)| symmetric(q, score, |n| leaves(l, n))).collect();
        // A leaf that is not 0 there must be, or there is no step.
        built.push(symmetric(&[(0, 0, true)], score, |n| vec![0.5 - n as f64; if softmax { 3 } else { 1 }]));
        let mut parts = parts(link, Arithmetic::Double, built);
        parts.base.fill(0.0);
        let ensemble = Ensemble::new(parts).unwrap();
        prop_assert_eq!(ensemble.engine(), "fixed");
        let expected: Vec<f64> = values.chunks(3).flat_map(|values| plain(&ensemble, values)).collect();
        for level in Level::here() {
            let mut room = Room::default();
            let all = found(&ensemble, level, &values, &mut room);
            let classes = ensemble.classes();
            for (found, expected) in all.chunks(classes).zip(expected.chunks(classes)) {
                prop_assert_eq!(best(found, |_| true), best(expected, |_| true), "{:?} {:?}", found, expected);
                prop_assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 5e-8), "{:?} {:?}", found, expected);
            }
        }
    }
}
