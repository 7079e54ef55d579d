//! Rectangles of cells, where they lie in the plane, and their areas.

use crate::io::class_mosaic::ClassMosaic;
use crate::io::crs::{CrsError, Transform};
use crate::run::map::cells_of;
use crate::scene::{Crs, Grid, Window};
use crate::territory::{CellIndex, CellLattice};

use super::{CellTallyError, first_path};

/// More cells than this are no country.
const MOST_CELLS: f64 = 1e8;
/// Points along each side of a window whose cells are sought.
const SIDE_POINTS: usize = 16;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// The first cell.
    pub south_west: CellIndex,
    /// Cells northward.
    pub rows: usize,
    /// Cells eastward.
    pub cols: usize,
}

impl Block {
    /// The cells that a box of the plane meets.
    pub fn of(lattice: CellLattice, [x0, y0, x1, y1]: [f64; 4]) -> Self {
        let (south_west, north_east) = (lattice.cell_of(x0, y0), lattice.cell_of(x1, y1));
        let count = |a: i32, b: i32| (i64::from(b) - i64::from(a)) as usize + 1;
        let (rows, cols) = (count(south_west.north, north_east.north), count(south_west.east, north_east.east));
        Self { south_west, rows, cols }
    }

    /// A cell by its number, row by row from the south.
    pub fn cell(&self, number: usize) -> CellIndex {
        let (row, col) = (number / self.cols, number % self.cols);
        CellIndex { north: self.south_west.north + row as i32, east: self.south_west.east + col as i32 }
    }

    /// The number of a cell.
    pub fn number(&self, cell: CellIndex) -> usize {
        let row = (cell.north - self.south_west.north) as usize;
        row * self.cols + (cell.east - self.south_west.east) as usize
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }
}

/// All cells that some window may reach.
pub fn block_of_all(mosaics: &[ClassMosaic], lattice: CellLattice, plane: &Crs) -> Result<Block, CellTallyError> {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for mosaic in mosaics {
        let named = |source| CellTallyError::Crs { path: first_path(mosaic), source };
        let way = Transform::new(&mosaic.grid.crs, plane).map_err(named)?;
        for window in mosaic.windows() {
            let [x0, y0, x1, y1] = reach(&mosaic.grid, &window, &way, lattice).map_err(named)?;
            all = [all[0].min(x0), all[1].min(y0), all[2].max(x1), all[3].max(y1)];
        }
    }
    let side = lattice.side_m();
    let cells = ((all[2] - all[0]) / side + 1.0) * ((all[3] - all[1]) / side + 1.0);
    if cells.is_nan() || cells > MOST_CELLS {
        return Err(CellTallyError::TooMany(cells));
    }
    Ok(Block::of(lattice, all))
}

/// Box of the plane whose cells a window may reach: its own, and half a cell more, as a side may bow between its points.
pub fn reach(grid: &Grid, window: &Window, way: &Transform, lattice: CellLattice) -> Result<[f64; 4], CrsError> {
    let [x0, y0, x1, y1] = plane_bounds(grid, window, way)?;
    let half = lattice.side_m() / 2.0;
    Ok([x0 - half, y0 - half, x1 + half, y1 + half])
}

/// Box of a window in the plane of the cells.
fn plane_bounds(grid: &Grid, window: &Window, way: &Transform) -> Result<[f64; 4], CrsError> {
    let part = |i: usize| i as f64 / SIDE_POINTS as f64;
    let (rows, cols) = (window.rows as f64, window.cols as f64);
    let sides = (0..=SIDE_POINTS).flat_map(|i| {
        let (row, col) = (part(i) * rows, part(i) * cols);
        [(0.0, row), (cols, row), (col, 0.0), (col, rows)]
    });
    let points = sides.map(|(col, row)| grid.xy(window.col0 as f64 + col, window.row0 as f64 + row));
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.unzip();
    way.apply(&mut x, &mut y)?;
    let low = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
    let high = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok([low(&x), low(&y), high(&x), high(&y)])
}

/// Areas of the cells of a block on the ellipsoid: they are the pixels of a grid. One for each thread.
pub struct Areas {
    grid: Grid,
    way: Transform,
}

impl Areas {
    /// Of the cells of a block.
    pub fn new(lattice: CellLattice, plane: &Crs, block: &Block) -> Result<Self, CrsError> {
        let (x, y) = lattice.corner(block.south_west);
        let side = lattice.side_m();
        let grid = Grid {
            crs: plane.clone(),
            origin_x: x,
            origin_y: y + block.rows as f64 * side,
            pixel_width: side,
            pixel_height: side,
            rows: block.rows,
            cols: block.cols,
        };
        Ok(Self { grid, way: Transform::to_own_lonlat(plane)? })
    }

    /// Hectares of a cell.
    pub fn hectares(&self, number: usize) -> Result<f64, CrsError> {
        Ok(self.along(number, 1)?[0])
    }

    /// Hectares of so many cells side by side, the first of this number.
    pub fn along(&self, number: usize, cols: usize) -> Result<Vec<f64>, CrsError> {
        let (row, col0) = (self.grid.rows - 1 - number / self.grid.cols, number % self.grid.cols);
        let areas = cells_of(&self.grid, &Window { row0: row, col0, rows: 1, cols }, &self.way)?;
        Ok((0..cols).map(|col| areas.square_mm(0, col) as f64 / 1e10).collect())
    }
}
