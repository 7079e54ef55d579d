//! Micro-benchmarks of the per-pixel core, one thread: `cargo bench --bench kernels`. Items are pixels.

use cocal::simd::Level;
use cocal::simd::symmetric::{NARROW, Packed, PackedTree};
use divan::Bencher;
use divan::counter::ItemsCount;
use rand::{Rng, SeedableRng};

const PIXELS: usize = 1 << 16;
const FEATURES: usize = 30;
/// What `cocal` hands to the kernel at a time.
const BLOCK: usize = 4096;

fn main() {
    divan::main();
}

/// 200 trees of depth 6 with leaves as the trainer makes them, and bins of 30 features, `[block][feature][pixel]`.
fn model(outputs: usize) -> (Packed, Vec<u8>) {
    let mut rng = rand::rngs::SmallRng::seed_from_u64(1);
    let tree = |rng: &mut rand::rngs::SmallRng| PackedTree {
        splits: (0..6).map(|_| (rng.random_range(0..FEATURES as u8), rng.random_range(0..254))).collect(),
        leaves: (0..outputs << 6).map(|_| leaf(outputs, rng)).collect(),
    };
    let packed = Packed::new(outputs, (0..200).map(|_| tree(&mut rng)).collect());
    (packed, (0..FEATURES * PIXELS).map(|_| rng.random()).collect())
}

/// Of two classes a leaf is any number of 16 bits, of more classes a whole number of a unit.
fn leaf(outputs: usize, rng: &mut rand::rngs::SmallRng) -> i16 {
    if outputs == 1 { rng.random_range(-600..600) } else { rng.random_range(-NARROW..=NARROW) << 4 }
}

/// One score (two classes) and five (six classes), at every level of this processor.
#[divan::bench(args = cases())]
fn symmetric(bencher: Bencher<'_, '_>, Case(level, outputs): &Case) {
    let (packed, bins) = model(*outputs);
    let mut scores = vec![0; outputs * BLOCK];
    bencher.counter(ItemsCount::new(PIXELS)).bench_local(|| {
        for bins in bins.chunks_exact(FEATURES * BLOCK) {
            scores.fill(0);
            packed.add_scores(*level, bins, BLOCK, &mut scores);
        }
    });
}

/// A level and the number of scores.
struct Case(Level, usize);

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} classes", self.0, self.1 + 1)
    }
}

fn cases() -> Vec<Case> {
    Level::here().into_iter().flat_map(|level| [1, 5, 7].map(|outputs| Case(level, outputs))).collect()
}
