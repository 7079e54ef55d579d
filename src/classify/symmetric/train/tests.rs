use super::*;
use crate::features::FeatureBlock;
use proptest::prelude::*;

/// Codes `[feature][sample]` with their classes; every ten samples are a unit.
fn set(codes: &[Vec<u16>], class: Vec<u8>) -> TrainingSet {
    let units: Vec<u32> = (0..class.len() as u32).map(|i| i / 10).collect();
    TrainingSet {
        features: FeatureBlock { pixels: class.len(), features: codes.len(), codes: codes.concat() },
        block: units.clone(),
        unit: units,
        class,
        pixel: Vec::new(),
    }
}

/// A small noise that is the same everywhere.
fn noise(i: usize, salt: usize) -> u16 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(salt as u32 * 7 + 13);
    (mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 48) as u16
}

fn all_rows() -> Parameters {
    Parameters { row_share: 1.0, early_stopping: None, ..Parameters::default() }
}

fn scores(trees: &SymmetricTrees, set: &TrainingSet) -> Vec<i32> {
    let stride = super::super::stride_of(set.samples());
    let mut bins = vec![0; set.features.features * stride];
    for feature in 0..set.features.features {
        let own = &mut bins[feature * stride..feature * stride + set.samples()];
        trees.bins(crate::simd::Level::Portable, feature, set.features.feature(feature), own);
    }
    let mut scores = Vec::new();
    trees.scores(crate::simd::Level::Portable, &bins, stride, &mut scores);
    scores.chunks_exact(stride).flat_map(|s| s[..set.samples()].to_vec()).collect()
}

/// Four samples of class 0 at code 10, two of class 1 and two of class 0 at code 20. By hand: the base is ln(2.5 / 6.5), so
/// p = 2.5 / 9; below the question G = 4 p and H = 4 p (1 - p), above it G = 4 p - 2, and a leaf is -0.5 G / (H + 1).
#[test]
fn one_question_is_as_worked_by_hand() {
    let set = set(&[vec![10, 10, 10, 10, 20, 20, 20, 20]], vec![0, 0, 0, 0, 1, 1, 0, 0]);
    let parameters = Parameters { trees: 1, depth: 1, learning_rate: 0.5, l2: 1.0, ..all_rows() };
    let trees = fit(&set, &set.all_rows(), 2, &parameters, &Alone);
    let p: f64 = 2.5 / 9.0;
    assert_eq!(trees.base(), [((2.5_f64 / 6.5).ln() * 4096.0).round() as i32]);
    let leaf = |g: f64| (-0.5 * g / (4.0 * p * (1.0 - p) + 1.0) * 4096.0).round() as i16;
    assert_eq!(trees.trees().len(), 1);
    assert_eq!(trees.trees()[0].leaves, [leaf(4.0 * p), leaf(4.0 * p - 2.0)]);
    assert_eq!(trees.trees()[0].splits.len(), 1);
}

#[test]
fn missing_is_told_from_every_value() {
    let codes: Vec<u16> = (0..200).map(|i| if i % 4 == 0 { 0 } else { 100 + noise(i, 1) % 50 }).collect();
    let class: Vec<u8> = (0..200).map(|i| u8::from(i % 4 == 0)).collect();
    let set = set(&[codes], class.clone());
    let trees = fit(&set, &set.all_rows(), 2, &Parameters { trees: 20, ..all_rows() }, &Alone);
    let got: Vec<u8> = scores(&trees, &set).iter().map(|s| u8::from(*s > 0)).collect();
    assert_eq!(got, class);
}

#[test]
fn three_classes_are_learnt_and_a_rare_one_gains_by_its_weight() {
    let class: Vec<u8> = (0..900).map(|i| if i % 30 == 0 { 2 } else { (i % 2) as u8 }).collect();
    let place = |i: usize| 1000 + 400 * u16::from(class[i]);
    let codes = vec![(0..900).map(|i| place(i) + noise(i, 2) % 700).collect(), (0..900).map(|i| noise(i, 3)).collect()];
    let set = set(&codes, class);
    let found = |class_weights| {
        let parameters = Parameters { trees: 30, class_weights, ..all_rows() };
        let scores = scores(&fit(&set, &set.all_rows(), 3, &parameters, &Alone), &set);
        let rare = |i: &usize| scores[900 + i] > scores[*i].max(0);
        (0..900).filter(|i| set.class[*i] == 2).filter(rare).count()
    };
    let (plain, balanced) = (found(ClassWeights::None), found(ClassWeights::Balanced));
    assert!(plain >= 10 && balanced > plain, "{plain} and {balanced} of 30");
}

#[test]
fn early_stopping_keeps_few_trees_of_noise_and_many_of_a_signal() {
    let class: Vec<u8> = (0..600).map(|i| (noise(i, 5) % 2) as u8).collect();
    let random: Vec<u16> = (0..600).map(|i| noise(i, 6)).collect();
    let clear: Vec<u16> = (0..600).map(|i| noise(i, 7) / 2 + 20_000 * u16::from(class[i])).collect();
    let count = |codes: Vec<u16>| {
        let set = set(&[codes], class.clone());
        fit(&set, &set.all_rows(), 2, &Parameters::default(), &Alone).trees().len()
    };
    let (noise, signal) = (count(random), count(clear));
    assert!(noise < 5 && signal >= 10, "{noise} and {signal}");
}

/// Tasks in an order of their own, on three threads.
struct Scattered;

impl Spread for Scattered {
    fn each(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for part in 0..3 {
                scope.spawn(move || (0..tasks).rev().filter(|task| task % 3 == part).for_each(work));
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn threads_change_nothing_and_the_loss_falls(salt in 0..50_usize, classes in 2..5_usize) {
        let class: Vec<u8> = (0..300).map(|i| (usize::from(noise(i, salt)) % classes) as u8).collect();
        let codes: Vec<Vec<u16>> = (0..4).map(|f| {
            (0..300).map(|i| noise(i, salt + f + 1) / 4 + 3000 * u16::from(class[i]) * (f as u16 % 2)).collect()
        }).collect();
        let set = set(&codes, class);
        let parameters = Parameters { trees: 12, early_stopping: None, ..Parameters::default() };
        let one = fit(&set, &set.all_rows(), classes, &parameters, &Alone);
        prop_assert_eq!(&one, &fit(&set, &set.all_rows(), classes, &parameters, &Scattered));
        let loss = |trees: usize| {
            let few = Parameters { trees, ..parameters.clone() };
            let scores = scores(&fit(&set, &set.all_rows(), classes, &few, &Alone), &set);
            (0..300).map(|i| {
                let logit = |k: usize| if k == 0 { 0.0 } else { f64::from(scores[(k - 1) * 300 + i]) / 4096.0 };
                let all: f64 = (0..classes).map(|k| logit(k).exp()).sum();
                all.ln() - logit(usize::from(set.class[i]))
            }).sum::<f64>()
        };
        let (start, end) = (loss(1), loss(12));
        prop_assert!(end < start, "{} is not below {}", end, start);
    }

    /// What is made by subtraction equals what is added up.
    #[test]
    fn siblings_by_subtraction_are_exact(salt in 0..1000_usize) {
        use super::histogram::{Fresh, Histogram, pack};
        let bins: Vec<u8> = (0..200).map(|i| (noise(i, salt) % 7) as u8).collect();
        let packed: Vec<i64> = (0..200).map(|i| pack(f32::from(noise(i, salt + 1)) / 65_536.0 - 0.5, f32::from(noise(i, salt + 2)) / 262_144.0, 4096.0)).collect();
        let upper = |i: usize| noise(i, salt + 3).is_multiple_of(3);
        let fresh = |of: &dyn Fn(usize) -> bool, leaf: u8| {
            let rows: Vec<u32> = (0..200).filter(|i| of(*i as usize)).collect();
            Fresh { leaf: vec![leaf; rows.len()], packed: rows.iter().map(|r| packed[*r as usize]).collect(), rows }
        };
        for lower_is_small in [false, true] {
            let mut made = Histogram::new(1, 2);
            made.add(&bins, &fresh(&|_| true, 0), &[true]);
            made.add(&bins, &fresh(&|i| upper(i) != lower_is_small, 1), &[false, true]);
            made.subtract(1, &[lower_is_small]);
            let mut plain = Histogram::new(1, 2);
            plain.add(&bins, &fresh(&|i| !upper(i), 0), &[true, false]);
            plain.add(&bins, &fresh(&upper, 1), &[false, true]);
            prop_assert_eq!(made.sums(), plain.sums());
        }
    }
}
