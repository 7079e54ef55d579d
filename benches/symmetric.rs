//! How fast boosted symmetric trees are trained, and their held-out accuracy.
//!
//! ```text
//! cargo bench --bench symmetric                         # seconds of training, 50,000 samples x 30 features, 2 threads
//! cargo bench --bench symmetric -- --dump DIR           # the same data as files, for benches/peers/accuracy.py speed
//! cargo bench --bench symmetric -- --train DIR CLASSES  # trains once on those files and prints the seconds
//! cargo bench --bench symmetric -- --table FILE SEEDS [name=value ...]   # predicted classes, a line a seed
//! ```
//! The lines of a table are `class fold code code ...` (numbers); each fold is classified by a model of the others.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use cocal::classify::forest::{ClassWeights, Edges};
use cocal::classify::symmetric::{InOrder, Parameters, SymmetricTrees, Workers, fit, stride_of};
use cocal::classify::training_set::TrainingSet;
use cocal::features::FeatureBlock;
use cocal::run::threads::Threads;
use cocal::simd::Level;

const FEATURES: usize = 30;
const SAMPLES: usize = 50_000;

/// The threads of `cocal`, for the trainer.
struct Pool(Threads);

impl Workers for Pool {
    fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        self.0.map_owned(items, work)
    }
}

/// A small generator (xorshift64*), so that the data depend on no crate's version.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) * u64::from(end)) >> 32) as u32
    }
}

/// Classes whose features are shifted normal-like codes, a fifth of the labels drawn anew.
fn samples(classes: u32) -> TrainingSet {
    let mut random = Random(20_261_123);
    let mut features = FeatureBlock::missing(FEATURES, SAMPLES);
    let mut class = Vec::with_capacity(SAMPLES);
    for i in 0..SAMPLES {
        let truth = random.below(classes);
        for f in 0..FEATURES {
            let centre = 9_000 + (truth * 7 + f as u32 * 3) % 11 * 250;
            let noise: u32 = (0..4).map(|_| random.below(1_500)).sum();
            features.feature_mut(f)[i] = (centre + noise) as u16;
        }
        class.push(if random.below(5) == 0 { random.below(classes) } else { truth } as u8);
    }
    of_features(features, class)
}

fn of_features(features: FeatureBlock, class: Vec<u8>) -> TrainingSet {
    let unit: Vec<u32> = (0..class.len() as u32).collect();
    TrainingSet { features, class, block: unit.clone(), unit, pixel: vec![] }
}

fn classify(model: &SymmetricTrees, block: &FeatureBlock) -> Vec<u8> {
    let stride = stride_of(block.pixels);
    let mut bins = vec![0; block.features * stride];
    let edges: &Edges = model.edges();
    for (feature, plane) in bins.chunks_exact_mut(stride).enumerate() {
        let table = edges.table(feature);
        plane.iter_mut().zip(block.feature(feature)).for_each(|(bin, &code)| *bin = table[usize::from(code)]);
    }
    let mut scores = Vec::new();
    model.scores(Level::current(), &bins, stride, &mut scores);
    let class_of = |pixel: usize| {
        let mut best = (0, 0);
        for class in 1..model.classes() {
            let score = scores[(class - 1) * stride + pixel];
            if score > best.0 {
                best = (score, class as u8);
            }
        }
        best.1
    };
    (0..block.pixels).map(class_of).collect()
}

fn set_parameter(parameters: &mut Parameters, given: &str) {
    let (name, value) = given.split_once('=').unwrap();
    let number: f64 = value.parse().unwrap();
    match name {
        "trees" => parameters.trees = number as usize,
        "depth" => parameters.depth = number as usize,
        "learning_rate" => parameters.learning_rate = number,
        "l2" => parameters.l2 = number,
        "row_share" => parameters.row_share = number,
        "feature_share" => parameters.feature_share = number,
        "random_strength" => parameters.random_strength = number,
        "early_stopping" => parameters.early_stopping = Some(number as usize),
        "balanced" => parameters.class_weights = ClassWeights::Balanced,
        _ => panic!("no parameter {name}"),
    }
}

/// Held-out classes on a table, a line a seed: those of all rows, in their order.
fn assess_table(path: &Path, seeds: &str, given: &[String]) {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<u16>> =
        text.lines().map(|line| line.split_whitespace().map(|number| number.parse().unwrap()).collect()).collect();
    let mut features = FeatureBlock::missing(rows[0].len() - 2, rows.len());
    for (i, row) in rows.iter().enumerate() {
        for (feature, &code) in row[2..].iter().enumerate() {
            features.feature_mut(feature)[i] = code;
        }
    }
    let class: Vec<u8> = rows.iter().map(|row| row[0] as u8).collect();
    let classes = usize::from(*class.iter().max().unwrap()) + 1;
    let set = of_features(features, class);
    let folds = rows.iter().map(|row| row[1]).max().unwrap() + 1;
    for seed in seeds.split(',') {
        let mut parameters = Parameters { seed: seed.parse().unwrap(), ..Parameters::default() };
        given.iter().filter(|word| word.contains('=')).for_each(|word| set_parameter(&mut parameters, word));
        let mut predicted = vec![0u8; rows.len()];
        for fold in 0..folds {
            let (test, train): (Vec<u32>, Vec<u32>) =
                (0..rows.len() as u32).partition(|&row| rows[row as usize][1] == fold);
            let model = fit(&set, &train, classes, &parameters, &InOrder).trees;
            let found = classify(&model, &set.features_of(&test));
            test.iter().zip(found).for_each(|(&row, class)| predicted[row as usize] = class);
        }
        let words: Vec<String> = predicted.iter().map(u8::to_string).collect();
        println!("predicted {}", words.join(" "));
    }
}

/// Seconds of one training with the settings that the peer gets.
fn seconds(set: &TrainingSet, classes: usize, threads: usize) -> f64 {
    let pool = Pool(Threads::start(Some(threads)).unwrap());
    let parameters = Parameters { trees: 200, depth: 6, learning_rate: 0.12, l2: 3.0, ..Parameters::default() };
    let start = Instant::now();
    let made = fit(set, &set.all_rows(), classes, &parameters, &pool);
    let seconds = start.elapsed().as_secs_f64();
    let right = classify(&made.trees, &set.features).iter().zip(&set.class).filter(|(a, b)| a == b).count();
    println!("training accuracy {:.4}", right as f64 / set.samples() as f64);
    seconds
}

fn read(folder: &Path) -> TrainingSet {
    let bytes = std::fs::read(folder.join("codes.u16")).unwrap();
    let codes: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|code| u16::from_le_bytes(*code)).collect();
    let class = std::fs::read(folder.join("class.u8")).unwrap();
    let features = FeatureBlock { pixels: class.len(), features: codes.len() / class.len(), codes };
    of_features(features, class)
}

fn dump(folder: &Path, classes: u32) {
    let set = samples(classes);
    let bytes: Vec<u8> = set.features.codes.iter().flat_map(|code| code.to_le_bytes()).collect();
    std::fs::write(folder.join("codes.u16"), bytes).unwrap();
    std::fs::write(folder.join("class.u8"), &set.class).unwrap();
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let after = |flag: &str| words.iter().position(|word| word == flag).map(|at| &words[at + 1..]);
    if let Some(given) = after("--table") {
        return assess_table(Path::new(&given[0]), &given[1], &given[2..]);
    }
    if let Some(given) = after("--dump") {
        return dump(Path::new(&given[0]), given[1].parse().unwrap());
    }
    if let Some(given) = after("--train") {
        let classes = given[1].parse().unwrap();
        return println!("seconds {:.3}", seconds(&read(Path::new(&given[0])), classes, given[2].parse().unwrap()));
    }
    for classes in [2, 3, 6, 8] {
        let set = samples(classes);
        for threads in [1, 2] {
            println!("{classes} classes, {threads} threads: {:.3} s", seconds(&set, classes as usize, threads));
        }
    }
}
