//! How fast a forest of 100 trees x ~9,600 nodes x 30 features is grown and classifies.
//!
//! ```text
//! cargo bench --bench forest                 # Mpx/s on one and two threads
//! cargo bench --bench forest -- --dump DIR   # and the same data as files, for benches/peers/forest_sklearn.py
//! cargo bench --bench forest -- --table FILE # no speed: held-out accuracy on a table, for the same script
//! ```
//! Data: six classes whose features are shifted normal-like codes with a fifth of the labels drawn anew, so that trees
//! grow as large as on noisy training polygons. Seeded; no imagery.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::time::Instant;

use cocal::classify::forest::tree::{LEAF, parts};
use cocal::classify::forest::{Forest, ForestParameters, Votes, grow_tree, prepare, reference};
use cocal::classify::training_set::TrainingSet;
use cocal::features::FeatureBlock;

const FEATURES: usize = 30;
const CLASSES: u32 = 6;
const SAMPLES: usize = 30_000;
const PIXELS: usize = 1 << 19;
const REPEATS: usize = 5;

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

fn samples(n: usize, random: &mut Random) -> TrainingSet {
    let mut features = FeatureBlock::missing(FEATURES, n);
    let mut class = Vec::with_capacity(n);
    for i in 0..n {
        let truth = random.below(CLASSES);
        for f in 0..FEATURES {
            let centre = 9_000 + (truth * 7 + f as u32 * 3) % 11 * 250;
            let noise: u32 = (0..4).map(|_| random.below(1_500)).sum();
            features.feature_mut(f)[i] = (centre + noise) as u16;
        }
        class.push(if random.below(5) == 0 { random.below(CLASSES) } else { truth } as u8);
    }
    TrainingSet { features, class, unit: (0..n as u32).collect(), block: (0..n as u32).collect(), pixel: vec![] }
}

fn classify(forest: &Forest, blocks: &[FeatureBlock]) {
    let mut votes = Votes::default();
    for block in blocks {
        forest.vote(block, &mut votes);
        std::hint::black_box(votes.predict(&[true, false, false, false, false, false]));
    }
}

/// Megapixels a second, the best of several runs, on so many threads, each with its share of the blocks.
fn speed(forest: &Forest, blocks: &[FeatureBlock], threads: usize) -> f64 {
    let pixels: usize = blocks.iter().map(|block| block.pixels).sum();
    let mut best = f64::MAX;
    for _ in 0..REPEATS {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for part in blocks.chunks(blocks.len().div_ceil(threads)) {
                scope.spawn(move || classify(forest, part));
            }
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    pixels as f64 / best / 1e6
}

/// Processor time of this thread in seconds, where Linux tells it: a shared machine does not disturb it.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// Megapixels per second of processor time, the best of several runs.
fn speed_by_processor_time(forest: &Forest, blocks: &[FeatureBlock]) -> Option<f64> {
    let pixels: usize = blocks.iter().map(|block| block.pixels).sum();
    let mut best = f64::MAX;
    for _ in 0..REPEATS {
        let start = processor_time()?;
        classify(forest, blocks);
        best = best.min(processor_time()? - start);
    }
    Some(pixels as f64 / best / 1e6)
}

/// Mean depth of the leaves.
fn mean_depth(forest: &Forest) -> f64 {
    let (mut sum, mut leaves) = (0usize, 0usize);
    for tree in forest.trees() {
        let mut depth = vec![0usize; tree.words().len()];
        for (node, &word) in tree.words().iter().enumerate() {
            let (_, bin, child) = parts(word);
            if bin == LEAF {
                (sum, leaves) = (sum + depth[node], leaves + 1);
                continue;
            }
            depth[usize::from(child)] = depth[node] + 1;
            depth[usize::from(child) + 1] = depth[node] + 1;
        }
    }
    sum as f64 / leaves as f64
}

fn dump(folder: &Path, set: &TrainingSet, blocks: &[FeatureBlock], forest: &Forest) {
    let bytes = |codes: &[u16]| codes.iter().flat_map(|code| code.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::write(folder.join("train_codes.u16"), bytes(&set.features.codes)).unwrap();
    std::fs::write(folder.join("train_class.u8"), &set.class).unwrap();
    let (mut codes, mut class) = (Vec::new(), Vec::new());
    let mut votes = Votes::default();
    for block in blocks {
        codes.extend(bytes(&block.codes));
        forest.vote(block, &mut votes);
        class.extend(votes.predict(&[false; CLASSES as usize]).class);
    }
    std::fs::write(folder.join("pixel_codes.u16"), codes).unwrap();
    std::fs::write(folder.join("pixel_class.u8"), class).unwrap();
}

/// Held-out accuracy on a table whose lines are `class fold code code ...` (numbers), for ten seeds.
fn assess_table(path: &Path) {
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
    let unit: Vec<u32> = (0..rows.len() as u32).collect();
    let set = TrainingSet { features, class, block: unit.clone(), unit, pixel: vec![] };
    let folds = rows.iter().map(|row| row[1]).max().unwrap() + 1;
    for seed in 1..=10 {
        let mut right = 0;
        for fold in 0..folds {
            let (test, train): (Vec<u32>, Vec<u32>) =
                (0..rows.len() as u32).partition(|&row| rows[row as usize][1] == fold);
            let parameters = ForestParameters { seed, ..Default::default() };
            let binned = prepare(&set, &train);
            let trees = (0..parameters.trees).map(|tree| grow_tree(&set, &binned, &train, &parameters, tree)).collect();
            let mut votes = Votes::default();
            Forest::from_trees(trees, classes, set.features.features).vote(&set.features_of(&test), &mut votes);
            let predicted = votes.predict(&vec![false; classes]).class;
            right += test.iter().zip(predicted).filter(|(row, class)| set.class[**row as usize] == *class).count();
        }
        println!("accuracy {}", right as f64 / rows.len() as f64);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--table") {
        return assess_table(Path::new(&arguments[at + 1]));
    }
    let mut random = Random(20_261_123);
    let set = samples(SAMPLES, &mut random);
    // A row of a tile at a time would be 10,980 pixels; blocks of 16,384 come near.
    let blocks: Vec<FeatureBlock> = (0..PIXELS / 16_384).map(|_| samples(16_384, &mut random).features).collect();
    let start = Instant::now();
    let rows = set.all_rows();
    let binned = prepare(&set, &rows);
    let parameters = ForestParameters { max_depth: 64, ..Default::default() };
    let trees: Vec<_> = (0..100).map(|tree| grow_tree(&set, &binned, &rows, &parameters, tree)).collect();
    let grown = start.elapsed().as_secs_f64();
    let nodes: usize = trees.iter().map(|tree| tree.words().len()).sum();
    let forest = Forest::from_trees(trees, CLASSES as usize, FEATURES);

    let few = FeatureBlock { pixels: 2_048, features: FEATURES, codes: blocks[0].codes[..2_048 * FEATURES].to_vec() };
    let start = Instant::now();
    let expected = reference::vote(&forest, &few);
    let plain = few.pixels as f64 / start.elapsed().as_secs_f64() / 1e6;
    let mut votes = Votes::default();
    forest.vote(&few, &mut votes);
    assert!(votes == expected, "the kernel disagrees with the plain traversal");

    println!(
        "trees 100, nodes a tree {}, features {FEATURES}, mean leaf depth {:.1}",
        nodes / 100,
        mean_depth(&forest)
    );
    println!("grown {grown:.2} s on one thread from {SAMPLES} samples");
    println!("plain traversal {plain:.3} Mpx/s");
    for threads in [1, 2] {
        println!("threads {threads}: {:.3} Mpx/s", speed(&forest, &blocks, threads));
    }
    if let Some(speed) = speed_by_processor_time(&forest, &blocks) {
        println!("processor time, one thread: {speed:.3} Mpx/s");
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--dump") {
        dump(Path::new(&arguments[at + 1]), &set, &blocks, &forest);
    }
}
