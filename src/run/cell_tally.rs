//! Masks of several years to hectares per cell of the national lattice: a map over windows and an exact merge.
//!
//! Each year is added up on its own grid, whatever that is: the cells are carried into it and cut its pixels exactly, so years
//! on different grids, resolutions and reference systems go together and nothing is resampled.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Coord, LineString, MultiPolygon, Polygon};
use ndarray::{Array2, ArrayView2};

use super::map::cells_of;
use super::threads::Threads;
use crate::area::{AreaTable, OUTSIDE_RASTER, UNOBSERVED, Zones, tabulate};
use crate::io::cell_plane::cell_plane;
use crate::io::class_mosaic::{ClassMosaic, MosaicReader};
use crate::io::class_raster::ClassRasterError;
use crate::io::crs::{CrsError, Transform};
use crate::permanence::{Cell, Cells, Presence, Seen};
use crate::records::Exact;
use crate::scene::{Crs, Grid, Window};
use crate::territory::{CellIndex, CellLattice};

/// Code of coca after the classes were told apart from it.
const COCA: u8 = 1;
/// Code of every other class.
const OTHER: u8 = 0;
/// More cells than this are no country.
const MOST_CELLS: f64 = 1e8;
/// Points along each side of a window whose cells are sought.
const SIDE_POINTS: usize = 16;

/// Masks that could not be added up.
#[derive(Debug, thiserror::Error)]
pub enum CellTallyError {
    /// A raster cannot be read.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// A reference system, or a mask that reaches where the cells do not.
    #[error("{path}: {source}; the cells lie in EPSG:9377, which holds Colombia: cut the mask to it (gdalwarp -te)")]
    Crs {
        /// The first raster of the year.
        path: String,
        /// What is wrong.
        source: CrsError,
    },
    /// The plane of the cells.
    #[error(transparent)]
    Plane(#[from] CrsError),
    /// A mask without a year.
    #[error("{0} has no year; write --mask YEAR=RASTER")]
    NoYear(String),
    /// More cells than can be.
    #[error("the masks span {0:.0} cells: cut them to Colombia (gdalwarp -te)")]
    TooMany(f64),
}

/// What is counted and how.
#[derive(Debug, Clone, Copy)]
pub struct CellRule {
    /// The cells.
    pub lattice: CellLattice,
    /// Value of coca in the rasters.
    pub coca: u8,
    /// When a cell has coca.
    pub presence: Presence,
}

/// A rectangle of cells.
#[derive(Debug, Clone, Copy)]
struct Block {
    south_west: CellIndex,
    rows: usize,
    cols: usize,
}

impl Block {
    /// The cells that a box of the plane meets.
    fn of(lattice: CellLattice, [x0, y0, x1, y1]: [f64; 4]) -> Self {
        let (south_west, north_east) = (lattice.cell_of(x0, y0), lattice.cell_of(x1, y1));
        let count = |a: i32, b: i32| (i64::from(b) - i64::from(a)) as usize + 1;
        let (rows, cols) = (count(south_west.north, north_east.north), count(south_west.east, north_east.east));
        Self { south_west, rows, cols }
    }

    fn cell(&self, number: usize) -> CellIndex {
        let (row, col) = (number / self.cols, number % self.cols);
        CellIndex { north: self.south_west.north + row as i32, east: self.south_west.east + col as i32 }
    }

    fn number(&self, cell: CellIndex) -> u32 {
        let row = (cell.north - self.south_west.north) as usize;
        (row * self.cols + (cell.east - self.south_west.east) as usize) as u32
    }

    fn len(&self) -> usize {
        self.rows * self.cols
    }
}

/// Adds masks up by cell and year. Cells that no mask reaches in any year are left out.
///
/// # Errors
/// [`CellTallyError`] naming the raster.
pub fn tally_cells(threads: &Threads, mosaics: &[ClassMosaic], rule: &CellRule) -> Result<Cells, CellTallyError> {
    let plane = cell_plane()?;
    let block = block_of_all(mosaics, rule.lattice, &plane)?;
    let mut tables: BTreeMap<i32, AreaTable> = BTreeMap::new();
    for mosaic in mosaics {
        let year = mosaic.year.ok_or_else(|| CellTallyError::NoYear(first_path(mosaic)))?;
        let job = Job { mosaic, rule, plane: &plane, block };
        let sum = tables.entry(year).or_default();
        threads.map_in_order(
            &mosaic.windows(),
            || Worker::new(&job),
            |worker, window| worker.window_table(window),
            |table| {
                sum.merge(&table);
                Ok(())
            },
        )?;
    }
    gather(&tables, rule, &plane, block)
}

fn first_path(mosaic: &ClassMosaic) -> String {
    mosaic.rasters().next().map(|r| r.path.display().to_string()).unwrap_or_default()
}

/// All cells that some window may reach.
fn block_of_all(mosaics: &[ClassMosaic], lattice: CellLattice, plane: &Crs) -> Result<Block, CellTallyError> {
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
fn reach(grid: &Grid, window: &Window, way: &Transform, lattice: CellLattice) -> Result<[f64; 4], CrsError> {
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

/// All that the windows of a mosaic share.
struct Job<'a> {
    mosaic: &'a ClassMosaic,
    rule: &'a CellRule,
    plane: &'a Crs,
    block: Block,
}

/// What one thread needs.
struct Worker<'a> {
    job: &'a Job<'a>,
    reader: MosaicReader<'a>,
    to_lonlat: Transform,
    to_plane: Transform,
    from_plane: Transform,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>) -> Result<Self, CellTallyError> {
        let crs = &job.mosaic.grid.crs;
        let named = |source| CellTallyError::Crs { path: first_path(job.mosaic), source };
        Ok(Self {
            job,
            reader: job.mosaic.reader()?,
            to_lonlat: Transform::to_own_lonlat(crs).map_err(named)?,
            to_plane: Transform::new(crs, job.plane).map_err(named)?,
            from_plane: Transform::new(job.plane, crs).map_err(named)?,
        })
    }

    fn window_table(&self, window: &Window) -> Result<AreaTable, CellTallyError> {
        let named = |source| CellTallyError::Crs { path: first_path(self.job.mosaic), source };
        let coca = self.job.rule.coca;
        let codes: Array2<u8> = self.reader.read(window)?.mapv(|code| match code {
            UNOBSERVED | OUTSIDE_RASTER => code,
            _ if code == coca => COCA,
            _ => OTHER,
        });
        let grid = &self.job.mosaic.grid;
        let lattice = self.job.rule.lattice;
        let near = Block::of(lattice, reach(grid, window, &self.to_plane, lattice).map_err(named)?);
        let zones = Zones::new(grid, &self.squares(&near).map_err(named)?);
        let areas = cells_of(grid, window, &self.to_lonlat).map_err(named)?;
        let table = tabulate(window, ArrayView2::from(&codes), &zones, &areas);
        let numbers: Vec<u32> = (0..near.len()).map(|i| self.job.block.number(near.cell(i))).collect();
        Ok(table.renumbered(&numbers))
    }

    /// The cells of a block in the mosaic's system. A corner is computed once, so neighbours share their sides exactly; a side
    /// of a kilometre bends by millimetres.
    fn squares(&self, block: &Block) -> Result<Vec<MultiPolygon<f64>>, CrsError> {
        let lattice = self.job.rule.lattice;
        let (x0, y0) = lattice.corner(block.south_west);
        let nodes = (0..=block.rows).flat_map(|row| (0..=block.cols).map(move |col| (row, col)));
        let at = |(row, col): (usize, usize)| (x0 + col as f64 * lattice.side_m(), y0 + row as f64 * lattice.side_m());
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = nodes.map(at).unzip();
        self.from_plane.apply(&mut x, &mut y)?;
        let node = |row: usize, col: usize| {
            let i = row * (block.cols + 1) + col;
            Coord { x: x[i], y: y[i] }
        };
        let square = |number: usize| {
            let (row, col) = (number / block.cols, number % block.cols);
            let ring = [node(row, col), node(row, col + 1), node(row + 1, col + 1), node(row + 1, col), node(row, col)];
            MultiPolygon::from(Polygon::new(LineString::new(ring.to_vec()), Vec::new()))
        };
        Ok((0..block.len()).map(square).collect())
    }
}

/// The cells that some mask reaches, with what is known of them by year.
fn gather(
    tables: &BTreeMap<i32, AreaTable>,
    rule: &CellRule,
    plane: &Crs,
    block: Block,
) -> Result<Cells, CellTallyError> {
    let reached: BTreeSet<u32> = tables
        .values()
        .flat_map(|table| table.zones().into_iter().filter(|zone| table.coverage_hectares(*zone as usize) > 0.0))
        .collect();
    let areas = Areas::new(rule.lattice, plane, block)?;
    let mut cells = Cells::of_years(tables.keys().copied());
    for zone in reached {
        let index = block.cell(zone as usize);
        let area_ha = areas.hectares(zone as usize);
        let known: Vec<(Seen, Option<Exact>)> = tables
            .values()
            .map(|table| {
                let coca = table.hectares(zone as usize, COCA);
                let observed = coca + table.hectares(zone as usize, OTHER);
                let hectares = (observed > 0.0).then(|| Exact::from_f64(coca)).flatten();
                (rule.presence.seen(coca, observed / area_ha), hectares)
            })
            .collect();
        cells.push(Cell { id: rule.lattice.name(index), ground: ground(rule.lattice, index), area_ha }, &known);
    }
    Ok(cells)
}

fn ground(lattice: CellLattice, cell: CellIndex) -> MultiPolygon<f64> {
    let (x, y) = lattice.corner(cell);
    let side = lattice.side_m();
    geo::Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon().into()
}

/// Areas of the cells of a block on the ellipsoid: they are the pixels of a grid.
struct Areas {
    areas: crate::area::CellArea,
    rows: usize,
    cols: usize,
}

impl Areas {
    fn new(lattice: CellLattice, plane: &Crs, block: Block) -> Result<Self, CellTallyError> {
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
        let areas = cells_of(&grid, &grid.window(), &Transform::to_own_lonlat(plane)?)?;
        Ok(Self { areas, rows: block.rows, cols: block.cols })
    }

    fn hectares(&self, number: usize) -> f64 {
        let (row, col) = (number / self.cols, number % self.cols);
        self.areas.square_mm(self.rows - 1 - row, col) as f64 / 1e10
    }
}
