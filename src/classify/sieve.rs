//! The minimum mapping unit: patches of coca smaller than so many hectares are taken off the mask.
//!
//! A patch is a set of coca pixels joined over edges or corners. Whether it is kept depends on its own size alone and not on
//! where windows are cut: a window carries a halo of at least as many pixels as the smallest unit has, so a patch that leaves
//! the halo is reached from the core over more pixels than the unit needs.

use ndarray::{Array2, ArrayView2};

/// Number of pixels that the halo needs so that no window border changes the result.
///
/// `minimum_mm2` is the unit, `smallest_pixel_mm2` the smallest pixel of the grid (both square millimetres).
pub fn halo(minimum_mm2: u64, smallest_pixel_mm2: u64) -> usize {
    if minimum_mm2 == 0 {
        return 0;
    }
    usize::try_from(minimum_mm2.div_ceil(smallest_pixel_mm2.max(1))).unwrap_or(usize::MAX)
}

/// Pixels of `coca` in patches smaller than `minimum_mm2`; `pixel_mm2(row, col)` is the area of a pixel in square
/// millimetres. Pixels of the halo may be marked wrongly, those of the core never are.
pub fn small_patches(
    coca: ArrayView2<'_, bool>,
    minimum_mm2: u64,
    pixel_mm2: impl Fn(usize, usize) -> u64,
) -> Array2<bool> {
    let (rows, cols) = coca.dim();
    let mut patches = Patches::default();
    let mut label = Array2::<u32>::zeros((rows, cols)); // 0: no coca; else patch number + 1
    for row in 0..rows {
        for col in 0..cols {
            if !coca[[row, col]] {
                continue;
            }
            let mut mine = 0;
            let above = if row > 0 { col.saturating_sub(1)..(col + 2).min(cols) } else { 0..0 };
            let left = (col > 0).then(|| label[[row, col - 1]]);
            for near in above.map(|c| label[[row - 1, c]]).chain(left).filter(|l| *l > 0) {
                mine = if mine == 0 { near } else { patches.join(mine, near) };
            }
            if mine == 0 {
                mine = patches.add();
            }
            patches.grow(mine, pixel_mm2(row, col));
            label[[row, col]] = mine;
        }
    }
    label.mapv(|l| l > 0 && patches.size(l) < minimum_mm2)
}

/// Disjoint sets of pixels with their areas (union by smaller number, paths halved).
#[derive(Default)]
struct Patches {
    parent: Vec<u32>,
    mm2: Vec<u64>,
}

impl Patches {
    fn add(&mut self) -> u32 {
        let next = self.parent.len() as u32;
        self.parent.push(next);
        self.mm2.push(0);
        next + 1
    }

    fn root(&mut self, label: u32) -> usize {
        let mut at = (label - 1) as usize;
        while self.parent[at] as usize != at {
            let grandparent = self.parent[self.parent[at] as usize];
            self.parent[at] = grandparent;
            at = grandparent as usize;
        }
        at
    }

    fn grow(&mut self, label: u32, mm2: u64) {
        let root = self.root(label);
        self.mm2[root] += mm2;
    }

    fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        if low != high {
            self.parent[high] = low as u32;
            self.mm2[low] += self.mm2[high];
        }
        low as u32 + 1
    }

    fn size(&mut self, label: u32) -> u64 {
        let root = self.root(label);
        self.mm2[root]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, s};
    use proptest::prelude::*;

    #[test]
    fn patches_join_over_corners_and_small_ones_go() {
        let t = true;
        let f = false;
        let coca = array![[t, f, f, t], [f, t, f, f], [f, f, f, t], [t, t, f, t]];
        let small = small_patches(coca.view(), 2, |_, _| 1);
        assert_eq!(small, array![[f, f, f, t], [f, f, f, f], [f, f, f, f], [f, f, f, f]]);
        let small = small_patches(coca.view(), 3, |_, _| 1);
        assert_eq!(small, coca);
    }

    #[test]
    fn a_u_shaped_patch_is_one() {
        let t = true;
        let f = false;
        let coca = array![[t, f, t], [t, f, t], [t, t, t]];
        assert!(small_patches(coca.view(), 7, |_, _| 1).iter().all(|s| !s));
        assert_eq!(small_patches(coca.view(), 8, |_, _| 1), coca);
    }

    proptest! {
        /// Any cut with a halo of the unit's size gives what the whole raster gives.
        #[test]
        fn windows_do_not_change_the_result(
            pixels in proptest::collection::vec(proptest::bool::weighted(0.45), 24 * 24),
            minimum in 1_u64..9,
            (row, col, size) in (0_usize..20, 0_usize..20, 1_usize..5),
        ) {
            let coca = Array2::from_shape_vec((24, 24), pixels).unwrap();
            let whole = small_patches(coca.view(), minimum, |_, _| 1);
            let h = halo(minimum, 1);
            let (r0, c0) = (row.saturating_sub(h), col.saturating_sub(h));
            let (r1, c1) = ((row + size + h).min(24), (col + size + h).min(24));
            let part = small_patches(coca.slice(s![r0..r1, c0..c1]), minimum, |_, _| 1);
            let (row_end, col_end) = ((row + size).min(24), (col + size).min(24));
            prop_assert_eq!(
                part.slice(s![row - r0..row_end - r0, col - c0..col_end - c0]),
                whole.slice(s![row..row_end, col..col_end])
            );
        }
    }
}
