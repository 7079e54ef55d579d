//! Masks of a year to what their cells hold: ground, coca and lots, and how these lie in municipalities.
//!
//! A pixel belongs to the cell that holds its middle, as a lot must lie somewhere and a part of a pixel over a border would
//! tell that there is a lot on that border. (`cocal permanence` cuts pixels exactly; the two differ by parts of the pixels
//! along a cell's sides.) Municipalities cut pixels exactly, as everywhere: what a municipality has in its cells adds up to
//! its mapped area, to the last unit. Sums are integers, so windows and threads change nothing.

use std::collections::BTreeMap;

use geo::MultiPolygon;
use ndarray::Array2;

use super::cell_tally::CellTallyError;
use super::map::cells_of;
use super::threads::Threads;
use crate::area::cell_area::metres_per_unit;
use crate::area::coverage::FULL;
use crate::area::zones::coverage;
use crate::area::{Amounts, CellArea, OUTSIDE_RASTER, Run, UNOBSERVED, Zones};
use crate::io::cell_plane::cell_plane;
use crate::io::class_mosaic::{ClassMosaic, MosaicReader};
use crate::io::crs::Transform;
use crate::publish::lots::{Joiner, Lot, Share, WindowLots, patches};
use crate::publish::outline::PixelRun;
use crate::scene::{Grid, Window};
use crate::territory::{CellIndex, CellLattice};

/// Nodes at which the way to the plane of the cells is computed lie this many pixels apart at most,
const WIDEST_STEP: f64 = 64.0;
/// and about this many metres: between them the plane bends by a millimetre.
const LONGEST_STEP: f64 = 1024.0;

/// Ground of a cell in one municipality, in the units of [`crate::area::AreaTable`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroundOf {
    /// All that masks reach.
    pub reached: i128,
    /// All that was observed.
    pub observed: i128,
    /// Coca.
    pub coca: i128,
}

/// What masks show of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellGround {
    /// In all.
    pub all: GroundOf,
    /// By number of the municipality.
    pub pieces: BTreeMap<usize, GroundOf>,
}

/// What masks of one year show.
#[derive(Debug, Default)]
pub struct YearOfCells {
    /// Cells that masks reach.
    pub cells: BTreeMap<CellIndex, CellGround>,
    /// All lots.
    pub lots: Vec<Lot>,
    /// Number of the lot and its pixels, where these are asked for.
    pub pixels: Vec<(u32, PixelRun)>,
}

/// Adds up a mosaic of one year. `grounds` are the municipalities in its reference system, `coca` its values of coca; `pixels`:
/// whether the pixels of the lots are kept.
///
/// # Errors
/// [`CellTallyError`] naming the raster.
pub fn tally_lots(
    threads: &Threads,
    (mosaic, coca): (&ClassMosaic, &[u8]),
    lattice: CellLattice,
    grounds: &[MultiPolygon<f64>],
    pixels: bool,
) -> Result<YearOfCells, CellTallyError> {
    let job = Job { mosaic, coca, lattice, zones: Zones::new(&mosaic.grid, grounds), pixels };
    let windows = mosaic.windows();
    let mut year = YearOfCells::default();
    let mut joiner = Joiner::new(mosaic.grid.cols);
    let mut next = windows.iter();
    threads.map_in_order(
        &windows,
        || Worker::new(&job),
        |worker, window| worker.part(window),
        |part: Part| {
            part.cells.iter().for_each(|(cell, ground)| year.cells.entry(*cell).or_default().merge(ground));
            if let Some(window) = next.next() {
                let base = joiner.take(window, part.lots);
                year.pixels.extend(part.pixels.into_iter().map(|(patch, run)| (patch + base, run)));
            }
            Ok(())
        },
    )?;
    let (lots, of) = joiner.finish();
    year.lots = lots;
    year.pixels.iter_mut().for_each(|(patch, _)| *patch = of[*patch as usize]);
    Ok(year)
}

impl GroundOf {
    fn merge(&mut self, other: &Self) {
        self.reached += other.reached;
        self.observed += other.observed;
        self.coca += other.coca;
    }
}

impl CellGround {
    /// Adds other ground of the same cell.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        other.pieces.iter().for_each(|(zone, ground)| self.pieces.entry(*zone).or_default().merge(ground));
    }
}

/// All that the windows share.
struct Job<'a> {
    mosaic: &'a ClassMosaic,
    coca: &'a [u8],
    lattice: CellLattice,
    zones: Zones,
    pixels: bool,
}

/// What a window gives.
struct Part {
    cells: BTreeMap<CellIndex, CellGround>,
    lots: WindowLots,
    pixels: Vec<(u32, PixelRun)>,
}

/// Pixels of a row that lie in one cell.
#[derive(Clone, Copy)]
struct Segment {
    cell: CellIndex,
    col0: usize,
    col1: usize,
}

/// What one thread needs.
struct Worker<'a> {
    job: &'a Job<'a>,
    reader: MosaicReader<'a>,
    to_lonlat: Transform,
    to_plane: Transform,
    amounts: Amounts,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>) -> Result<Self, CellTallyError> {
        let crs = &job.mosaic.grid.crs;
        let named = |source| CellTallyError::Crs { path: first_path(job.mosaic), source };
        Ok(Self {
            job,
            reader: job.mosaic.reader()?,
            to_lonlat: Transform::to_own_lonlat(crs).map_err(named)?,
            to_plane: Transform::new(crs, &cell_plane()?).map_err(named)?,
            amounts: Amounts::default(),
        })
    }

    fn part(&mut self, window: &Window) -> Result<Part, CellTallyError> {
        let named = |source| CellTallyError::Crs { path: first_path(self.job.mosaic), source };
        let grid = &self.job.mosaic.grid;
        let codes = self.reader.read(window)?.as_standard_layout().into_owned();
        let areas = cells_of(grid, window, &self.to_lonlat).map_err(named)?;
        let nodes = Nodes::new(grid, window, &self.to_plane).map_err(named)?;
        if nodes.at.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return Err(CellTallyError::TooMany(f64::INFINITY));
        }
        let rows: Vec<Vec<Segment>> = (0..window.rows).map(|row| nodes.segments(row, self.job.lattice)).collect();
        let zones = self.job.zones.in_window(window).into_iter();
        let zones: Vec<(usize, Vec<Run>)> = zones.map(|z| (z, coverage(&self.job.zones, z, window))).collect();
        let cells = self.grounds(&codes, &areas, &rows, &zones);
        let coca = codes.mapv(|code| code != UNOBSERVED && code != OUTSIDE_RASTER && self.job.coca.contains(&code));
        let found = patches(coca.view());
        let shares = shares(&found.numbers, &areas, &rows, &zones);
        let pixels = if self.job.pixels { pixel_runs(&found.numbers, window) } else { Vec::new() };
        Ok(Part { cells, lots: WindowLots::new(&found, shares), pixels })
    }

    /// Ground of each cell in the window, in all and by municipality.
    fn grounds(
        &mut self,
        codes: &Array2<u8>,
        areas: &CellArea,
        rows: &[Vec<Segment>],
        zones: &[(usize, Vec<Run>)],
    ) -> BTreeMap<CellIndex, CellGround> {
        let mut whole: BTreeMap<CellIndex, Vec<Run>> = BTreeMap::new();
        for (row, segment) in rows.iter().enumerate().flat_map(|(row, of)| of.iter().map(move |s| (row, s))) {
            let run = Run { row, col0: segment.col0, col1: segment.col1, cover: FULL };
            whole.entry(segment.cell).or_default().push(run);
        }
        let mut cells: BTreeMap<CellIndex, CellGround> = BTreeMap::new();
        for (cell, runs) in whole {
            let all = self.ground(&runs, codes, areas);
            if all.reached > 0 {
                cells.insert(cell, CellGround { all, pieces: BTreeMap::new() });
            }
        }
        for (zone, runs) in zones {
            let mut parts: BTreeMap<CellIndex, Vec<Run>> = BTreeMap::new();
            runs.iter()
                .for_each(|run| cut(run, &rows[run.row], |cell, part| parts.entry(cell).or_default().push(part)));
            for (cell, runs) in parts {
                let ground = self.ground(&runs, codes, areas);
                if let Some(of) = cells.get_mut(&cell).filter(|_| ground.reached > 0) {
                    of.pieces.insert(*zone, ground);
                }
            }
        }
        cells
    }

    fn ground(&mut self, runs: &[Run], codes: &Array2<u8>, areas: &CellArea) -> GroundOf {
        let mut sum = GroundOf::default();
        let coca = self.job.coca;
        self.amounts.add_up(runs, (codes.as_slice().unwrap_or_default(), codes.ncols()), areas, |code, amount| {
            if code != OUTSIDE_RASTER {
                sum.reached += amount;
                sum.observed += if code == UNOBSERVED { 0 } else { amount };
                sum.coca += if code != UNOBSERVED && coca.contains(&code) { amount } else { 0 };
            }
        });
        sum
    }
}

fn first_path(mosaic: &ClassMosaic) -> String {
    mosaic.rasters().next().map(|r| r.path.display().to_string()).unwrap_or_default()
}

/// The parts of a run by cell.
fn cut(run: &Run, segments: &[Segment], mut found: impl FnMut(CellIndex, Run)) {
    let first = segments.partition_point(|s| s.col1 <= run.col0);
    for segment in segments[first..].iter().take_while(|s| s.col0 < run.col1) {
        let (col0, col1) = (run.col0.max(segment.col0), run.col1.min(segment.col1));
        found(segment.cell, Run { col0, col1, ..*run });
    }
}

/// Where the patches of a window lie.
fn shares(numbers: &Array2<u32>, areas: &CellArea, rows: &[Vec<Segment>], zones: &[(usize, Vec<Run>)]) -> Vec<Share> {
    let mut sums: BTreeMap<(u32, CellIndex, Option<u32>), u64> = BTreeMap::new();
    let mut add = |row: usize, run: &Run, municipality: Option<u32>| {
        cut(run, &rows[row], |cell, part| {
            for col in (part.col0..part.col1).filter(|col| numbers[[row, *col]] > 0) {
                let mm2 = (u128::from(areas.square_mm(row, col)) * part.cover.max(0) as u128 / FULL as u128) as u64;
                *sums.entry((numbers[[row, col]] - 1, cell, municipality)).or_default() += mm2;
            }
        });
    };
    // Rows without coca need no look.
    let some: Vec<bool> = numbers.rows().into_iter().map(|row| row.iter().any(|n| *n > 0)).collect();
    for row in (0..rows.len()).filter(|row| some[*row]) {
        add(row, &Run { row, col0: 0, col1: numbers.ncols(), cover: FULL }, None);
    }
    for (zone, runs) in zones {
        runs.iter().filter(|run| some[run.row]).for_each(|run| add(run.row, run, Some(*zone as u32)));
    }
    let share = |((patch, cell, municipality), mm2)| Share { patch, cell, municipality, mm2 };
    sums.into_iter().map(share).collect()
}

/// The pixels of the patches as runs of the grid.
fn pixel_runs(numbers: &Array2<u32>, window: &Window) -> Vec<(u32, PixelRun)> {
    let mut runs: Vec<(u32, PixelRun)> = Vec::new();
    for ((row, col), number) in numbers.indexed_iter().filter(|(_, n)| **n > 0) {
        let (row, col) = (window.row0 + row, window.col0 + col);
        match runs.last_mut() {
            Some((patch, run)) if *patch == number - 1 && (run.row, run.col1) == (row, col) => run.col1 += 1,
            _ => runs.push((number - 1, PixelRun { row, col0: col, col1: col + 1 })),
        }
    }
    runs
}

/// Points of the plane of the cells at pixels whose row and column are multiples of a step, counted in the whole grid.
struct Nodes {
    step: usize,
    row0: usize,
    col0: usize,
    first: (usize, usize),
    cols: usize,
    window_cols: usize,
    at: Vec<(f64, f64)>,
}

impl Nodes {
    fn new(grid: &Grid, window: &Window, way: &Transform) -> Result<Self, crate::io::crs::CrsError> {
        let pixel = grid.pixel_width.max(grid.pixel_height) * metres_per_unit(&grid.crs);
        let step = (LONGEST_STEP / pixel).clamp(1.0, WIDEST_STEP) as usize;
        let first = (window.row0 / step, window.col0 / step);
        let (last_row, last_col) = (window.row_end().div_ceil(step), window.col_end().div_ceil(step));
        let cols = last_col - first.1 + 1;
        let places = (first.0..=last_row).flat_map(|row| (first.1..=last_col).map(move |col| (row, col)));
        let (mut x, mut y): (Vec<f64>, Vec<f64>) =
            places.map(|(row, col)| grid.xy((col * step) as f64, (row * step) as f64)).unzip();
        way.apply(&mut x, &mut y)?;
        let at = x.into_iter().zip(y).collect();
        Ok(Self { step, row0: window.row0, col0: window.col0, first, cols, window_cols: window.cols, at })
    }

    /// The cells along a row of the window, by the middles of its pixels.
    fn segments(&self, row: usize, lattice: CellLattice) -> Vec<Segment> {
        let step = self.step as f64;
        let down = (self.row0 + row) as f64 + 0.5;
        let above = (self.row0 + row) / self.step;
        let part = down / step - above as f64;
        let line = (above - self.first.0) * self.cols;
        let node = |i: usize| {
            let (a, b) = (self.at[line + i], self.at[line + self.cols + i]);
            (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
        };
        let mut segments: Vec<Segment> = Vec::new();
        for col in 0..self.window_cols {
            let left = (self.col0 + col) / self.step;
            let t = ((self.col0 + col) as f64 + 0.5) / step - left as f64;
            let (a, b) = (node(left - self.first.1), node(left - self.first.1 + 1));
            let cell = lattice.cell_of(a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            match segments.last_mut() {
                Some(last) if last.cell == cell => last.col1 = col + 1,
                _ => segments.push(Segment { cell, col0: col, col1: col + 1 }),
            }
        }
        segments
    }
}
