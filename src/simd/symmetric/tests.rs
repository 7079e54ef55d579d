use proptest::prelude::*;

use super::*;

/// The plain meaning, pixel by pixel.
fn expected(outputs: usize, trees: &[PackedTree], bins: &[u8], stride: usize) -> Vec<i32> {
    let mut scores = vec![0; outputs * stride];
    for tree in trees {
        for pixel in 0..stride {
            let mut leaf = 0;
            for (level, (feature, bin)) in tree.splits.iter().enumerate() {
                leaf |= usize::from(bins[usize::from(*feature) * stride + pixel] > *bin) << level;
            }
            for output in 0..outputs {
                scores[output * stride + pixel] += i32::from(tree.leaves[(output << tree.splits.len()) + leaf]);
            }
        }
    }
    scores
}

fn tree(outputs: usize, features: u8) -> impl Strategy<Value = PackedTree> {
    let bin = prop_oneof![8 => any::<u8>(), 1 => Just(0), 1 => Just(255)];
    proptest::collection::vec((0..features, bin), 0..=MAX_DEPTH).prop_flat_map(move |splits| {
        let leaf = prop_oneof![8 => -600..600_i16, 1 => any::<i16>(), 1 => Just(i16::MIN), 1 => Just(i16::MAX)];
        let wide = proptest::collection::vec(leaf, outputs << splits.len());
        let narrow = (proptest::collection::vec(-NARROW..=NARROW, outputs << splits.len()), 0..9_u32);
        let narrow = narrow.prop_map(|(leaves, unit)| leaves.into_iter().map(|leaf| leaf << unit).collect());
        let leaves = prop_oneof![1 => wide, 2 => narrow];
        leaves.prop_map(move |leaves| PackedTree { splits: splits.clone(), leaves })
    })
}

fn model() -> impl Strategy<Value = (usize, Vec<PackedTree>, usize, Vec<u8>)> {
    (1..=7_usize, 1..=9_u8, 1..=3_usize).prop_flat_map(|(outputs, features, runs)| {
        let trees = proptest::collection::vec(tree(outputs, features), 0..80);
        let bins = proptest::collection::vec(any::<u8>(), usize::from(features) * runs * LANES);
        (Just(outputs), trees, Just(runs * LANES), bins)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 128 }))]

    #[test]
    fn every_level_equals_the_plain_meaning((outputs, trees, stride, bins) in model()) {
        let plain = expected(outputs, &trees, &bins, stride);
        let packed = Packed::new(outputs, trees);
        for level in Level::here() {
            let mut scores = vec![0; outputs * stride];
            packed.add_scores(level, &bins, stride, &mut scores);
            prop_assert_eq!(&scores, &plain, "{}", level);
        }
    }
}

#[test]
fn groups_fit_16_bits() {
    let ranges = |trees: &[(Option<u32>, i32)]| groups(trees).into_iter().map(|g| g.trees).collect::<Vec<_>>();
    assert!(groups(&[]).is_empty());
    let wide = [32_768, 1, 32_767, 20_000, 12_767, 1].map(|largest| (None, largest));
    assert_eq!(ranges(&wide), [0..1, 1..2, 2..3, 3..5, 5..6]);
    assert_eq!(ranges(&[(None, 1); 70]), [0..32, 32..64, 64..70]);
    assert_eq!(
        ranges(&[(Some(0), 63), (Some(0), 1), (Some(9), 32_256), (Some(9), 512), (None, 5)]),
        [0..2, 2..4, 4..5]
    );
}

#[test]
fn the_unit_is_the_smallest_that_fits() {
    let of = |leaves: &[i16]| unit_of(leaves);
    assert_eq!(
        [of(&[]), of(&[0, 0]), of(&[63, -63]), of(&[64, 2]), of(&[64, 1]), of(&[-64, 3])],
        [Some(0), Some(0), Some(0), Some(1), None, None]
    );
    assert_eq!([of(&[504, -8]), of(&[512, 8]), of(&[i16::MIN, 0]), of(&[i16::MAX])], [Some(3), None, Some(10), None]);
}

/// 300 trees of the largest leaves: sums far beyond 16 bits.
#[test]
fn large_sums_do_not_wrap() {
    let tree = PackedTree { splits: vec![(0, 9)], leaves: vec![i16::MIN, i16::MAX] };
    let packed = Packed::new(1, vec![tree; 300]);
    let mut bins = [10; LANES];
    bins[5] = 9;
    for level in Level::here() {
        let mut scores = [7; LANES];
        packed.add_scores(level, &bins, LANES, &mut scores);
        assert_eq!((scores[5], scores[6]), (7 - 300 * 32_768, 7 + 300 * 32_767), "{level}");
    }
}
