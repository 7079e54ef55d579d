//! Boosted symmetric trees beside peers: how fast they are trained, and how right they are on a table.
//!
//! ```text
//! cargo bench --bench symmetric -- --train DIR [threads=2]   # 50,000 samples x 30 features; writes them for the peer
//! cargo bench --bench symmetric -- --table FILE [trees=200 rate=0.12 l2=3 rows=0.8 stop=0 seeds=3]
//! ```
//! A table's lines are `class fold code code ...` (numbers). Both are called by benches/peers/accuracy.py.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use cocal::classify::Prediction;
use cocal::classify::symmetric::stride_of;
use cocal::classify::symmetric::train::{Parameters, fit};
use cocal::classify::symmetric::{SymmetricTrees, decide::decide};
use cocal::classify::training_set::TrainingSet;
use cocal::features::FeatureBlock;
use cocal::run::threads::Threads;
use cocal::simd::Level;
use rand::{Rng, SeedableRng};

const SAMPLES: usize = 50_000;
const FEATURES: usize = 30;

/// The value of `name=value` among the arguments.
fn argument(name: &str, default: f64) -> f64 {
    let start = format!("{name}=");
    std::env::args().find_map(|a| a.strip_prefix(&start).map(|v| v.parse().unwrap())).unwrap_or(default)
}

fn parameters(seed: u64) -> Parameters {
    let default = Parameters::default();
    let stop = argument("stop", 0.0) as usize;
    Parameters {
        trees: argument("trees", default.trees as f64) as usize,
        depth: argument("depth", default.depth as f64) as usize,
        learning_rate: argument("rate", default.learning_rate),
        l2: argument("l2", default.l2),
        row_share: argument("rows", default.row_share),
        feature_share: argument("features", default.feature_share),
        early_stopping: (stop > 0).then_some(stop),
        seed,
        ..default
    }
}

/// Two classes that overlap, on features of which a third say something.
fn samples() -> TrainingSet {
    let mut rng = rand::rngs::SmallRng::seed_from_u64(20_261_123);
    let mut features = FeatureBlock::missing(FEATURES, SAMPLES);
    let class: Vec<u8> = (0..SAMPLES).map(|_| rng.random_range(0..2)).collect();
    for feature in 0..FEATURES {
        for (code, class) in features.feature_mut(feature).iter_mut().zip(&class) {
            let shift = if feature % 3 == 0 { 300 * u32::from(*class) } else { 0 };
            *code = (9_000 + shift + (0..4).map(|_| rng.random_range(0..1_500)).sum::<u32>()) as u16;
        }
    }
    let unit: Vec<u32> = (0..SAMPLES as u32).collect();
    TrainingSet { features, class, block: unit.clone(), unit, pixel: vec![] }
}

fn classes(trees: &SymmetricTrees, block: &FeatureBlock, classes: usize) -> Vec<u8> {
    let (level, stride) = (Level::current(), stride_of(block.pixels));
    let mut bins = vec![0; block.features * stride];
    for feature in 0..block.features {
        trees.bins(level, feature, block.feature(feature), &mut bins[feature * stride..][..block.pixels]);
    }
    let (mut scores, mut out) = (Vec::new(), Prediction::default());
    trees.scores(level, &bins, stride, &mut scores);
    decide(level, &scores, stride, block.pixels, &vec![false; classes], &mut out);
    out.class
}

fn train(folder: &Path) {
    let set = samples();
    let bytes: Vec<u8> = set.features.codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    std::fs::write(folder.join("codes.u16"), bytes).unwrap();
    std::fs::write(folder.join("class.u8"), &set.class).unwrap();
    let threads = Threads::start(Some(argument("threads", 2.0) as usize)).unwrap();
    for _ in 0..3 {
        let start = Instant::now();
        let trees = fit(&set, &set.all_rows(), 2, &parameters(1), &threads);
        let seconds = start.elapsed().as_secs_f64();
        let found = classes(&trees, &set.features, 2);
        let right = found.iter().zip(&set.class).filter(|(a, b)| a == b).count();
        println!("trained {seconds:.3} s, {} trees, {:.4} right", trees.trees().len(), right as f64 / SAMPLES as f64);
    }
}

fn assess_table(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<u16>> =
        text.lines().map(|line| line.split_whitespace().map(|number| number.parse().unwrap()).collect()).collect();
    let mut features = FeatureBlock::missing(rows[0].len() - 2, rows.len());
    for (i, row) in rows.iter().enumerate() {
        row[2..].iter().enumerate().for_each(|(feature, code)| features.feature_mut(feature)[i] = *code);
    }
    let class: Vec<u8> = rows.iter().map(|row| row[0] as u8).collect();
    let count = usize::from(*class.iter().max().unwrap()) + 1;
    let unit: Vec<u32> = (0..rows.len() as u32).collect();
    let set = TrainingSet { features, class, block: unit.clone(), unit, pixel: vec![] };
    let folds = rows.iter().map(|row| row[1]).max().unwrap() + 1;
    let threads = Threads::start(None).unwrap();
    for seed in 1..=argument("seeds", 3.0) as u64 {
        let (mut right, mut trees) = (0, 0);
        for fold in 0..folds {
            let (test, train): (Vec<u32>, Vec<u32>) =
                (0..rows.len() as u32).partition(|&row| rows[row as usize][1] == fold);
            let model = fit(&set, &train, count, &parameters(seed), &threads);
            trees += model.trees().len();
            let found = classes(&model, &set.features_of(&test), count);
            right += test.iter().zip(found).filter(|(row, class)| set.class[**row as usize] == *class).count();
        }
        println!("accuracy {:.5}, {} trees a fold", right as f64 / rows.len() as f64, trees / usize::from(folds));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| arguments.iter().position(|a| a == name).map(|at| Path::new(&arguments[at + 1]));
    match (after("--train"), after("--table")) {
        (Some(folder), _) => train(folder),
        (_, Some(table)) => assess_table(table),
        _ => println!("see the head of benches/symmetric.rs"),
    }
}
