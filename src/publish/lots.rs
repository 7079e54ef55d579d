//! Lots: patches of coca pixels joined over edges or corners, found window by window.
//!
//! A window numbers its own patches; what joins them over its borders is found from the lines of pixels on both sides, so only
//! these lines are kept. A lot is counted once: in the cell that holds the most of it (the lowest of equals), and there in the
//! municipality that holds the most of that. The result does not depend on how the raster is cut.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2, s};

use crate::scene::Window;
use crate::territory::CellIndex;

/// The patches of a window: 0 where there is no coca, else their numbers from 1.
pub struct Patches {
    /// `[row, col]` of the window.
    pub numbers: Array2<u32>,
    /// How many.
    pub count: u32,
}

/// Disjoint sets; the smallest number stands for its set.
#[derive(Default)]
struct Sets(Vec<u32>);

impl Sets {
    fn add(&mut self) -> u32 {
        let next = self.0.len() as u32;
        self.0.push(next);
        next
    }

    fn root(&mut self, of: u32) -> u32 {
        let mut at = of;
        while self.0[at as usize] != at {
            let above = self.0[self.0[at as usize] as usize];
            self.0[at as usize] = above;
            at = above;
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }

    /// Numbers from 0 for the sets, in the order of their smallest members.
    fn numbered(mut self) -> (Vec<u32>, u32) {
        let mut next = 0;
        let mut of = vec![0; self.0.len()];
        for member in 0..self.0.len() as u32 {
            let root = self.root(member);
            // A root is no larger than its members, so it has its number already.
            of[member as usize] = if root == member { next } else { of[root as usize] };
            next += u32::from(root == member);
        }
        (of, next)
    }
}

/// Finds the patches of a window.
pub fn patches(coca: ArrayView2<'_, bool>) -> Patches {
    let (rows, cols) = coca.dim();
    let mut sets = Sets::default();
    let mut numbers = Array2::<u32>::zeros((rows, cols));
    for row in 0..rows {
        for col in (0..cols).filter(|col| coca[[row, *col]]) {
            let above = if row > 0 { col.saturating_sub(1)..(col + 2).min(cols) } else { 0..0 };
            let left = (col > 0).then(|| numbers[[row, col - 1]]);
            let mut mine = None;
            for near in above.map(|c| numbers[[row - 1, c]]).chain(left).filter(|n| *n > 0) {
                match mine {
                    None => mine = Some(near - 1),
                    Some(number) if number != near - 1 => sets.join(number, near - 1),
                    Some(_) => {}
                }
            }
            numbers[[row, col]] = 1 + mine.unwrap_or_else(|| sets.add());
        }
    }
    let (of, count) = sets.numbered();
    numbers.iter_mut().filter(|n| **n > 0).for_each(|n| *n = 1 + of[(*n - 1) as usize]);
    Patches { numbers, count }
}

/// Ground of a patch in a cell, and in one municipality of it or in all of the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Number of the patch, from 0.
    pub patch: u32,
    /// The cell.
    pub cell: CellIndex,
    /// Number of the municipality; `None`: all that the patch has in the cell.
    pub municipality: Option<u32>,
    /// Square millimetres.
    pub mm2: u64,
}

/// A lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// The cell that it is counted in.
    pub cell: CellIndex,
    /// The municipality that it is counted in, where that cell has it in one.
    pub municipality: Option<u32>,
    /// Its area in square millimetres.
    pub mm2: u64,
}

/// What a window tells of its patches.
pub struct WindowLots {
    /// How many patches it has.
    pub count: u32,
    /// Numbers (from 1, 0 none) along its upper and lower row.
    pub rows: [Vec<u32>; 2],
    /// And along its first and last column.
    pub cols: [Vec<u32>; 2],
    /// Where they lie.
    pub shares: Vec<Share>,
}

impl WindowLots {
    /// Of patches and where they lie.
    pub fn new(patches: &Patches, shares: Vec<Share>) -> Self {
        let numbers = &patches.numbers;
        let (rows, cols) = numbers.dim();
        let row = |row: usize| numbers.slice(s![row, ..]).to_vec();
        let col = |col: usize| numbers.slice(s![.., col]).to_vec();
        Self { count: patches.count, rows: [row(0), row(rows - 1)], cols: [col(0), col(cols - 1)], shares }
    }
}

/// Joins windows that come row by row, left to right, as [`crate::io::class_mosaic::ClassMosaic::windows`] cuts them.
pub struct Joiner {
    sets: Sets,
    shares: Vec<Share>,
    /// Numbers (from 1) along the last row of the band above, and of this band.
    above: Vec<u32>,
    below: Vec<u32>,
    band: (usize, usize),
    /// One past the last column of the window before, and its last column.
    left: (usize, Vec<u32>),
}

impl Joiner {
    /// For a raster of so many columns.
    pub fn new(cols: usize) -> Self {
        let (above, below) = (vec![0; cols], vec![0; cols]);
        Self { sets: Sets::default(), shares: Vec::new(), above, below, band: (0, 0), left: (usize::MAX, Vec::new()) }
    }

    /// Takes the next window; gives what its numbers (from 0) are to be raised by to be those of [`Joiner::finish`].
    pub fn take(&mut self, window: &Window, lots: WindowLots) -> u32 {
        let base = self.sets.0.len() as u32;
        for _ in 0..lots.count {
            self.sets.add();
        }
        self.shares.extend(lots.shares.into_iter().map(|share| Share { patch: share.patch + base, ..share }));
        let raised =
            |line: Vec<u32>| -> Vec<u32> { line.into_iter().map(|n| if n > 0 { n + base } else { 0 }).collect() };
        let ([top, bottom], [first, last]) = (lots.rows.map(raised), lots.cols.map(raised));
        if window.row0 != self.band.0 || self.band.1 == 0 {
            let follows = window.row0 == self.band.1;
            std::mem::swap(&mut self.above, &mut self.below);
            self.below.fill(0);
            if !follows {
                self.above.fill(0);
            }
            (self.band, self.left) = ((window.row0, window.row_end()), (usize::MAX, Vec::new()));
        }
        let (from, to) = (window.col0.saturating_sub(1), (window.col_end() + 1).min(self.above.len()));
        join_lines(&mut self.sets, &top, &self.above[from..to], window.col0 - from);
        if self.left.0 == window.col0 {
            join_lines(&mut self.sets, &first, &self.left.1, 0);
        }
        self.below[window.col0..window.col_end()].copy_from_slice(&bottom);
        self.left = (window.col_end(), last);
        base
    }

    /// The lots, and of every patch the number of its lot.
    pub fn finish(self) -> (Vec<Lot>, Vec<u32>) {
        let (of, count) = self.sets.numbered();
        let mut sums: BTreeMap<(u32, Option<u32>, CellIndex), u64> = BTreeMap::new();
        for share in self.shares {
            *sums.entry((of[share.patch as usize], share.municipality, share.cell)).or_default() += share.mm2;
        }
        let mut lots = vec![Lot { cell: CellIndex { north: 0, east: 0 }, municipality: None, mm2: 0 }; count as usize];
        let mut most = vec![(0, 0); count as usize];
        // Sums of whole cells come before those of municipalities.
        for ((lot, municipality, cell), mm2) in sums {
            let (known, (cell_most, part_most)) = (&mut lots[lot as usize], &mut most[lot as usize]);
            match municipality {
                None => {
                    known.mm2 += mm2;
                    if mm2 > *cell_most {
                        (*cell_most, known.cell) = (mm2, cell);
                    }
                }
                Some(_) if cell == known.cell && mm2 > *part_most => {
                    (*part_most, known.municipality) = (mm2, municipality)
                }
                Some(_) => {}
            }
        }
        (lots, of)
    }
}

/// Joins the patches of a line with those beside it: `beside[i + shift]` lies next to `line[i]`.
fn join_lines(sets: &mut Sets, line: &[u32], beside: &[u32], shift: usize) {
    for (i, mine) in line.iter().enumerate().filter(|(_, n)| **n > 0) {
        let at = i + shift;
        let near = &beside[at.saturating_sub(1).min(beside.len())..(at + 2).min(beside.len())];
        near.iter().filter(|n| **n > 0).for_each(|other| sets.join(mine - 1, other - 1));
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    /// Cells of four columns; the municipality is the half above or below row 3.
    fn shares(numbers: &Array2<u32>, window: &Window) -> Vec<Share> {
        let found = numbers.indexed_iter().filter(|(_, n)| **n > 0);
        let of = |((row, col), number): ((usize, usize), &u32)| {
            let cell = CellIndex { north: 0, east: ((window.col0 + col) / 4) as i32 };
            let municipality = u32::from(window.row0 + row >= 3);
            let share = |municipality| Share { patch: number - 1, cell, municipality, mm2: 1 };
            [share(None), share(Some(municipality))]
        };
        found.flat_map(of).collect()
    }

    /// The lots of a raster that is cut at these rows and columns.
    fn cut(coca: &Array2<bool>, rows: &[usize], cols: &[usize]) -> Vec<Lot> {
        let mut joiner = Joiner::new(coca.ncols());
        for r in rows.windows(2) {
            for c in cols.windows(2) {
                let window = Window { row0: r[0], col0: c[0], rows: r[1] - r[0], cols: c[1] - c[0] };
                let found = patches(coca.slice(s![r[0]..r[1], c[0]..c[1]]));
                let shares = shares(&found.numbers, &window);
                joiner.take(&window, WindowLots::new(&found, shares));
            }
        }
        let (mut lots, _) = joiner.finish();
        lots.sort_by_key(|lot| (lot.cell, lot.municipality, lot.mm2));
        lots
    }

    #[test]
    fn patches_join_over_corners_and_are_numbered_in_order() {
        let (t, f) = (true, false);
        let found = patches(array![[f, t, f, t], [t, f, f, t], [f, f, f, f], [t, f, t, t]].view());
        assert_eq!(found.numbers, array![[0, 1, 0, 2], [1, 0, 0, 2], [0, 0, 0, 0], [3, 0, 4, 4]]);
        assert_eq!(found.count, 4);
        let u = patches(array![[t, f, t], [t, f, t], [t, t, t]].view());
        assert_eq!((u.count, u.numbers[[0, 2]]), (1, 1));
    }

    #[test]
    fn a_lot_across_cells_and_windows_is_counted_once_where_the_most_of_it_lies() {
        // Eight pixels of one row: three in the first cell, four in the second, one in the third.
        let coca = Array2::from_shape_fn((4, 12), |(row, col)| row == 2 && (1..9).contains(&col));
        let lot = Lot { cell: CellIndex { north: 0, east: 1 }, municipality: Some(0), mm2: 8 };
        assert_eq!(cut(&coca, &[0, 4], &[0, 12]), [lot]);
        assert_eq!(cut(&coca, &[0, 1, 2, 3, 4], &[0, 2, 5, 6, 7, 12]), [lot]);
    }

    #[test]
    fn corners_of_four_windows_join() {
        let coca = Array2::from_shape_fn((4, 4), |(row, col)| (row, col) == (1, 2) || (row, col) == (2, 1));
        assert_eq!(cut(&coca, &[0, 2, 4], &[0, 2, 4]).len(), 1);
        let coca = Array2::from_shape_fn((4, 4), |(row, col)| (row, col) == (1, 1) || (row, col) == (2, 2));
        assert_eq!(cut(&coca, &[0, 2, 4], &[0, 2, 4]).len(), 1);
        let coca = Array2::from_shape_fn((4, 4), |(row, col)| (row, col) == (1, 1) || (row, col) == (3, 2));
        assert_eq!(cut(&coca, &[0, 2, 4], &[0, 2, 4]).len(), 2);
    }

    #[test]
    fn windows_that_are_missing_join_nothing() {
        let mut joiner = Joiner::new(6);
        let full = patches(Array2::from_elem((2, 2), true).view());
        for (row0, col0) in [(0, 0), (0, 4), (4, 0)] {
            let window = Window { row0, col0, rows: 2, cols: 2 };
            joiner.take(&window, WindowLots::new(&full, shares(&full.numbers, &window)));
        }
        assert_eq!(joiner.finish().0.len(), 3);
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_the_lots(
            pixels in prop::collection::vec(prop::bool::weighted(0.4), 12 * 13),
            rows in prop::collection::btree_set(1..12_usize, 0..6),
            cols in prop::collection::btree_set(1..13_usize, 0..6),
        ) {
            let coca = Array2::from_shape_vec((12, 13), pixels).unwrap();
            let ends = |cuts: std::collections::BTreeSet<usize>, last: usize| -> Vec<usize> {
                std::iter::once(0).chain(cuts).chain([last]).collect()
            };
            let whole = cut(&coca, &[0, 12], &[0, 13]);
            prop_assert_eq!(cut(&coca, &ends(rows, 12), &ends(cols, 13)), whole);
        }
    }
}
