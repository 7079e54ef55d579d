//! How a grid is cut into windows, and in which order they are worked on.

use std::collections::BTreeSet;
use std::ops::Range;

use super::budget::Room;
use crate::pipeline::Cut;
use crate::scene::{Grid, Window};

/// Most pixels of a window: planes of so many are handed from window to window without a way through the system, the last
/// windows keep all threads busy, and few are in memory.
const MOST_PIXELS: usize = 1 << 18;

/// Fewest rows of a window, where blocks allow it: classified rows wait for their neighbours below, so few rows are little
/// memory.
const ROWS: usize = 512;

/// Columns whose windows wait for each other, and overviews for their halves. Wider grids are worked on in bands of so many
/// columns.
pub const BAND_COLUMNS: usize = 16_384;

/// The halo's limit: beyond it a window is mostly halo.
pub const MOST_HALO: usize = 512;

/// Windows in rows and columns that cover a grid once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    rows: Vec<(usize, usize)>,
    cols: Vec<(usize, usize)>,
    halo: usize,
    grid: (usize, usize),
    /// Those that are wanted: rows and columns of windows. The others are there for their neighbours.
    inner: (Range<usize>, Range<usize>),
    band_columns: usize,
}

/// What there is to be done with a window: its number, and that of its band of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Classify its pixels and keep them for the windows around.
    Classify(usize, usize),
    /// Look at its neighbours, then hand it on.
    Finish(usize, usize),
}

impl Windows {
    /// Whole blocks of the scenes where they have blocks, so that no block is decoded twice; small enough that `planes`
    /// planes of 16-bit numbers fit the memory of one thread; and not smaller than the halo.
    pub fn new(grid: &Grid, block: (usize, usize), planes: usize, (halo, room): (usize, &Room)) -> Self {
        let pixels = (room.plane_bytes / (2 * planes.max(1) + 8)).clamp(128 * 128, MOST_PIXELS);
        let (rows, cols) = if block.1 >= grid.cols {
            // Strips: a whole strip is decoded for any part of it.
            (whole_blocks((pixels / grid.cols.max(1)).max(1), block.0), grid.cols)
        } else {
            let rows = whole_blocks(ROWS.min(pixels / 128).max(block.0.min(2 * ROWS)), block.0);
            (rows, whole_blocks((pixels / rows.max(1)).max(1), block.1))
        };
        let windows = Self::of_size(grid, rows.max(halo).max(1), cols.max(halo).max(1), halo);
        Self { band_columns: room.band_columns, ..windows }
    }

    /// Windows of `rows` x `cols` pixels.
    pub fn of_size(grid: &Grid, rows: usize, cols: usize, halo: usize) -> Self {
        let cut = |size: usize, step: usize| (0..size).step_by(step).map(|at| (at, step.min(size - at))).collect();
        let (rows, cols): (Vec<_>, Vec<_>) = (cut(grid.rows, rows), cut(grid.cols, cols));
        let inner = (0..rows.len(), 0..cols.len());
        Self { rows, cols, halo, grid: (grid.rows, grid.cols), inner, band_columns: BAND_COLUMNS }
    }

    /// Some of these windows, by their rows and columns, and of those around them the strips that their halo reaches.
    pub fn part(&self, rows: Range<usize>, cols: Range<usize>) -> Self {
        let along = |all: &[(usize, usize)], wanted: &Range<usize>, size: usize| {
            let mut cut = all[wanted.clone()].to_vec();
            let (first, end) = (cut.first().map_or(0, |c| c.0), cut.last().map_or(0, |c| c.0 + c.1));
            let (before, after) = (self.halo.min(first), self.halo.min(size - end));
            let start = usize::from(before > 0);
            if before > 0 {
                cut.insert(0, (first - before, before));
            }
            if after > 0 {
                cut.push((end, after));
            }
            (cut, start..start + wanted.len())
        };
        let (rows, inner_rows) = along(&self.rows, &rows, self.grid.0);
        let (cols, inner_cols) = along(&self.cols, &cols, self.grid.1);
        Self { rows, cols, inner: (inner_rows, inner_cols), ..self.clone() }
    }

    /// Numbers of rows and columns of windows.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows.len(), self.cols.len())
    }

    /// Rows and columns of a window that is not cut by the grid's border, and the halo.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.rows.first().map_or(1, |r| r.1), self.cols.first().map_or(1, |c| c.1), self.halo)
    }

    /// All pixels of some rows and columns of windows.
    pub fn extent(&self, rows: &Range<usize>, cols: &Range<usize>) -> Window {
        let along = |all: &[(usize, usize)]| (all.first().map_or(0, |c| c.0), all.iter().map(|c| c.1).sum());
        let ((row0, rows), (col0, cols)) = (along(&self.rows[rows.clone()]), along(&self.cols[cols.clone()]));
        Window { row0, col0, rows, cols }
    }

    /// The numbers of the windows that are wanted, row by row.
    pub fn wanted(&self) -> impl Iterator<Item = usize> + '_ {
        let (rows, cols) = self.inner.clone();
        rows.flat_map(move |row| cols.clone().map(move |col| row * self.cols.len() + col))
    }

    fn is_wanted(&self, number: usize) -> bool {
        let (rows, cols) = &self.inner;
        rows.contains(&(number / self.cols.len())) && cols.contains(&(number % self.cols.len()))
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.rows.len() * self.cols.len()
    }

    /// Number of windows side by side.
    pub fn columns(&self) -> usize {
        self.cols.len()
    }

    /// Whether the grid has no pixel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A window by its number, row by row.
    pub fn window(&self, number: usize) -> Window {
        let ((row0, rows), (col0, cols)) = (self.rows[number / self.cols.len()], self.cols[number % self.cols.len()]);
        Window { row0, col0, rows, cols }
    }

    /// A window with its halo.
    pub fn cut(&self, number: usize) -> Cut {
        let core = self.window(number);
        let (row0, col0) = (core.row0.saturating_sub(self.halo), core.col0.saturating_sub(self.halo));
        let (row_end, col_end) =
            ((core.row_end() + self.halo).min(self.grid.0), (core.col_end() + self.halo).min(self.grid.1));
        Cut { core, read: Window { row0, col0, rows: row_end - row0, cols: col_end - col0 } }
    }

    /// The numbers of a window and of those that its halo reaches.
    pub fn around(&self, number: usize) -> Vec<usize> {
        let (row, col, width) = (number / self.cols.len(), number % self.cols.len(), self.cols.len());
        let near = |at: usize, size: usize| at.saturating_sub(1)..(at + 2).min(size);
        near(row, self.rows.len()).flat_map(|r| near(col, width).map(move |c| r * width + c)).collect()
    }

    /// Everything to be done, in an order in which a window's neighbours are begun before it is finished, and not long
    /// before: `ahead` tasks may be under way at a time. Without a halo there is nothing to classify for others. Windows that
    /// are `done` are left out, and those that none of the others needs.
    pub fn tasks(&self, ahead: usize, done: &BTreeSet<usize>) -> Vec<Task> {
        let open = |number: &usize| self.is_wanted(*number) && !done.contains(number);
        let wanted = |task: &Task| match task {
            Task::Finish(number, _) => open(number),
            Task::Classify(number, _) => self.around(*number).iter().any(open),
        };
        let mut tasks = self.all_tasks(ahead);
        tasks.retain(wanted);
        tasks
    }

    fn all_tasks(&self, ahead: usize) -> Vec<Task> {
        let width = self.cols.len();
        let per_band = (self.band_columns / self.cols.first().map_or(1, |c| c.1)).max(1);
        let mut tasks = Vec::new();
        for (band, first) in (0..width).step_by(per_band).enumerate() {
            let end = (first + per_band).min(width);
            if self.halo == 0 {
                let row_of = |row: usize| (first..end).map(move |col| Task::Finish(row * width + col, band));
                tasks.extend((0..self.rows.len()).flat_map(row_of));
                continue;
            }
            // A band needs the classes of one window beyond each side.
            let (low, high) = (first.saturating_sub(1), (end + 1).min(width));
            let wide = high - low;
            let (all, lag) = (wide * self.rows.len(), wide + 2 + ahead);
            for turn in 0..all + lag {
                if turn < all {
                    tasks.push(Task::Classify(turn / wide * width + low + turn % wide, band));
                }
                if let Some(turn) = turn.checked_sub(lag) {
                    let (row, col) = (turn / wide, low + turn % wide);
                    if (first..end).contains(&col) {
                        tasks.push(Task::Finish(row * width + col, band));
                    }
                }
            }
        }
        tasks
    }
}

/// The largest number of pixels, at most `most`, that is a whole number of blocks; `most` itself where a block is larger.
fn whole_blocks(most: usize, block: usize) -> usize {
    if block == 0 || block > most { most } else { most / block * block }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Crs;

    fn grid(rows: usize, cols: usize) -> Grid {
        Grid { crs: Crs::wgs84(), origin_x: 0.0, origin_y: 0.0, pixel_width: 0.1, pixel_height: 0.1, rows, cols }
    }

    #[test]
    fn windows_cover_the_grid_once() {
        for (g, block, planes, halo) in
            [(grid(1000, 777), (512, 512), 11, 12), (grid(1500, 300), (10, 300), 60, 30), (grid(5, 9), (5, 9), 1, 0)]
        {
            let windows = Windows::new(&g, block, planes, (halo, &Room::default()));
            let mut seen = ndarray::Array2::<u8>::zeros((g.rows, g.cols));
            for number in 0..windows.len() {
                let Cut { core: c, read } = windows.cut(number);
                seen.slice_mut(ndarray::s![c.row0..c.row_end(), c.col0..c.col_end()]).map_inplace(|n| *n += 1);
                assert_eq!(read, c.with_halo(halo, &g));
            }
            assert!(seen.iter().all(|n| *n == 1));
        }
    }

    #[test]
    fn windows_are_whole_blocks_and_hundreds_of_dates_make_them_small() {
        let first = |planes| Windows::new(&grid(10_980, 10_980), (512, 512), planes, (10, &Room::default())).window(0);
        for planes in [10, 60] {
            assert_eq!((first(planes).rows, first(planes).cols), (512, 512));
        }
        assert!(first(600).len() * 600 * 2 <= Room::default().plane_bytes, "{}", first(600).len());
    }

    /// Whoever finishes a window finds its neighbours classified or under way, in its own band.
    #[test]
    fn neighbours_come_first_and_each_window_is_finished_once() {
        for (rows, cols, side, halo) in
            [(2_000, 1_500, 200, 20), (100, 40_000, 500, 20), (90, 60, 100, 20), (1_000, 40_000, 500, 0)]
        {
            let windows = Windows::of_size(&grid(rows, cols), side, side, halo);
            let tasks = windows.tasks(5, &BTreeSet::new());
            let (mut classified, mut finished) = (Vec::new(), vec![0; windows.len()]);
            for (at, task) in tasks.iter().enumerate() {
                match *task {
                    Task::Classify(number, band) => classified.push((number, band, at)),
                    Task::Finish(number, band) => {
                        finished[number] += 1;
                        for near in windows.around(number).into_iter().filter(|_| halo > 0) {
                            let place = classified.iter().find(|(n, b, _)| (*n, *b) == (near, band));
                            assert!(place.is_some_and(|(_, _, before)| *before < at), "{near} for {number}");
                        }
                    }
                }
            }
            assert!(finished.iter().all(|n| *n == 1));
        }
    }

    /// A part sees the windows that it is of and strips around them; what is done is left out, with what nobody needs.
    #[test]
    fn parts_cover_their_windows_and_what_is_done_is_left_out() {
        let g = grid(1_000, 900);
        let windows = Windows::of_size(&g, 200, 300, 20);
        let part = windows.part(1..3, 0..2);
        assert_eq!((part.shape(), part.wanted().count()), ((4, 3), 4));
        let extent = windows.extent(&(1..3), &(0..2));
        assert_eq!(extent, Window { row0: 200, col0: 0, rows: 400, cols: 600 });
        let (mut seen, mut first) = (0, None);
        for number in part.wanted() {
            let cut = part.cut(number);
            first.get_or_insert(cut);
            seen += cut.core.len();
            let around: Vec<Window> = part.around(number).into_iter().map(|n| part.window(n)).collect();
            let reached: usize = around.iter().filter_map(|w| w.intersection(&cut.read)).map(|w| w.len()).sum();
            assert_eq!((reached, cut.read), (cut.read.len(), cut.core.with_halo(20, &g)));
        }
        assert_eq!((seen, first), (extent.len(), Some(windows.cut(3))));
        // Of 3 x 5 windows all but the last are done: it and its three neighbours are classified, it alone is finished.
        let done: BTreeSet<usize> = (0..14).collect();
        let tasks = windows.tasks(5, &done);
        assert_eq!(tasks.iter().filter(|task| matches!(task, Task::Finish(..))).count(), 1);
        assert_eq!(tasks.len(), 5);
    }
}
