//! One window of all years that share it: which cells need no look, and the sums of the others.

use geo::{Coord, LineString, MultiPolygon, Polygon};
use ndarray::Array2;

use super::block::{Areas, Block, reach};
use super::even::Even;
use super::state::{ABSENT, BLANK, NOT_REACHED, Sum, found};
use super::{CellRule, CellTallyError, Group, first_path};
use crate::area::coverage::Outline;
use crate::area::{Amounts, CellArea, OUTSIDE_RASTER, Run, UNOBSERVED};
use crate::io::class_mosaic::MosaicReader;
use crate::io::crs::{CrsError, Transform};
use crate::run::map::cells_of;
use crate::scene::{Crs, Grid, Window};

/// Code of coca after the classes were told apart from it.
pub const COCA: u8 = 1;
/// Code of every other class.
pub const OTHER: u8 = 0;
/// State of a cell that must be looked at, while it has no other.
const OPEN: u8 = u8::MAX;

/// The pixels that the box of a cell meets.
pub struct Spot {
    /// Those in the window, counted in the grid.
    pub part: Window,
    /// How many the grid has.
    pub of: usize,
}

impl Spot {
    /// Whether the window has all that the grid has of it, and the grid has all of it.
    fn new(grid: &Grid, window: &Window, corners: [(f64, f64); 4]) -> Option<(Self, bool)> {
        let low = |at: fn(&(f64, f64)) -> f64| corners.iter().map(at).fold(f64::INFINITY, f64::min).floor();
        let high = |at: fn(&(f64, f64)) -> f64| corners.iter().map(at).fold(f64::NEG_INFINITY, f64::max).ceil();
        let (cols, rows) = ((low(|p| p.0), high(|p| p.0)), (low(|p| p.1), high(|p| p.1)));
        let cut = |(low, high): (f64, f64), from: usize, to: usize| {
            let (a, b) = (low.max(from as f64) as usize, high.min(to as f64).max(0.0) as usize);
            (a < b).then_some((a, b))
        };
        let (row0, row_end) = cut(rows, window.row0, window.row_end())?;
        let (col0, col_end) = cut(cols, window.col0, window.col_end())?;
        let part = Window { row0, col0, rows: row_end - row0, cols: col_end - col0 };
        let all = |range, size| cut(range, 0, size).map_or(0, |(a, b)| b - a);
        let whole = (rows.1 - rows.0, cols.1 - cols.0) == (part.rows as f64, part.cols as f64);
        Some((Self { part, of: all(rows, grid.rows) * all(cols, grid.cols) }, whole))
    }
}

/// Part of a cell that the windows of a grid cut, or its border.
pub struct Cut {
    /// Number of the cell in the block of all.
    pub cell: u32,
    /// Pixels of its box in this window, and in the grid.
    pub pixels: (usize, usize),
    /// Hectares of the cell.
    pub area_ha: f64,
    /// By year of the group; zero in years that other masks may add to.
    pub sums: Vec<Sum>,
}

/// What a window gives.
pub struct Part {
    /// The cells that it may reach.
    pub near: Block,
    /// States by year of the group and cell near.
    pub states: Vec<u8>,
    /// Year of the group, number of the cell, and millionths of a hectare of coca, of cells that lie wholly in the window.
    pub coca: Vec<(usize, u32, i64)>,
    /// Cells that windows or the border cut.
    pub cut: Vec<Cut>,
    /// Year of the group, number of the cell, and sums that other masks of the year may add to.
    pub open: Vec<(usize, u32, Sum)>,
}

/// What one thread needs.
pub struct Worker<'a> {
    group: &'a Group<'a>,
    rule: &'a CellRule,
    block: &'a Block,
    readers: Vec<MosaicReader<'a>>,
    to_lonlat: Transform,
    to_plane: Transform,
    from_plane: Transform,
    areas: Areas,
    even: Even,
    amounts: Amounts,
}

/// The pixels of a window in all years.
struct Pixels {
    window: Window,
    codes: Vec<Array2<u8>>,
    areas: CellArea,
}

impl<'a> Worker<'a> {
    /// Opens all years of a group.
    pub fn new(
        group: &'a Group<'a>,
        rule: &'a CellRule,
        plane: &Crs,
        block: &'a Block,
    ) -> Result<Self, CellTallyError> {
        let crs = &group.grid().crs;
        let named = |source| CellTallyError::Crs { path: first_path(group.years[0].mosaic), source };
        Ok(Self {
            group,
            rule,
            block,
            readers: group.years.iter().map(|year| year.mosaic.reader()).collect::<Result<_, _>>()?,
            to_lonlat: Transform::to_own_lonlat(crs).map_err(named)?,
            to_plane: Transform::new(crs, plane).map_err(named)?,
            from_plane: Transform::new(plane, crs).map_err(named)?,
            areas: Areas::new(rule.lattice, plane, block)?,
            even: Even::default(),
            amounts: Amounts::default(),
        })
    }

    /// Adds a window up in all years.
    pub fn part(&mut self, window: &Window) -> Result<Part, CellTallyError> {
        let named = |source| CellTallyError::Crs { path: first_path(self.group.years[0].mosaic), source };
        let (grid, lattice) = (self.group.grid(), self.rule.lattice);
        let near = Block::of(lattice, reach(grid, window, &self.to_plane, lattice).map_err(named)?);
        let nodes = self.nodes(&near).map_err(named)?;
        let corner = |c: &Coord<f64>| grid.col_row(c.x, c.y);
        let spots: Vec<Option<(Spot, bool)>> =
            (0..near.len()).map(|i| Spot::new(grid, window, ring(&near, &nodes, i).each_ref().map(corner))).collect();
        let mut part = Part::empty(near, self.group.years.len());
        let mut codes = Vec::with_capacity(self.readers.len());
        for (year, states) in part.states.chunks_mut(near.len()).enumerate() {
            codes.push(self.read(year, window)?);
            self.even.fill(&codes[year]);
            put_states(&self.even, window, &spots, states);
        }
        let pixels = Pixels { window: *window, codes, areas: cells_of(grid, window, &self.to_lonlat).map_err(named)? };
        for (cell, (spot, whole)) in spots.iter().enumerate().filter_map(|(i, spot)| Some((i, spot.as_ref()?))) {
            let open = (0..self.readers.len()).any(|year| part.states[year * near.len() + cell] == OPEN);
            if open || !whole {
                self.look(&mut part, (cell, spot, *whole), ring(&near, &nodes, cell), &pixels)?;
            }
        }
        Ok(part)
    }

    /// The codes of a year: coca, other, unobserved, outside.
    fn read(&self, year: usize, window: &Window) -> Result<Array2<u8>, CellTallyError> {
        let coca = self.rule.coca;
        let mut codes = self.readers[year].read(window)?.as_standard_layout().into_owned();
        codes.mapv_inplace(|code| match code {
            UNOBSERVED | OUTSIDE_RASTER => code,
            _ if code == coca => COCA,
            _ => OTHER,
        });
        Ok(codes)
    }

    /// The corners of the cells of a block in the grid's system, row by row. A corner is computed once, so neighbours share
    /// their sides exactly; a side of a kilometre bends by millimetres.
    fn nodes(&self, block: &Block) -> Result<Vec<Coord<f64>>, CrsError> {
        let lattice = self.rule.lattice;
        let (x0, y0) = lattice.corner(block.south_west);
        let nodes = (0..=block.rows).flat_map(|row| (0..=block.cols).map(move |col| (row, col)));
        let at = |(row, col): (usize, usize)| (x0 + col as f64 * lattice.side_m(), y0 + row as f64 * lattice.side_m());
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = nodes.map(at).unzip();
        self.from_plane.apply(&mut x, &mut y)?;
        Ok(x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect())
    }

    /// Adds up a cell in the years in which it is open.
    fn look(
        &mut self,
        part: &mut Part,
        (cell, spot, whole): (usize, &Spot, bool),
        [a, b, c, d]: [Coord<f64>; 4],
        pixels: &Pixels,
    ) -> Result<(), CellTallyError> {
        let square = MultiPolygon::from(Polygon::new(LineString::new(vec![a, b, c, d, a]), Vec::new()));
        let outline = Outline::new(self.group.grid(), &square);
        let runs = self.amounts.runs(&outline, &pixels.window, &spot.part);
        let number = self.block.number(part.near.cell(cell)) as u32;
        let area_ha = self.areas.hectares(number as usize)?;
        let mut sums = vec![Sum::default(); if whole { 0 } else { self.readers.len() }];
        for (year, masks) in self.group.years.iter().enumerate() {
            let state = &mut part.states[year * part.near.len() + cell];
            if *state != OPEN {
                continue;
            }
            *state = NOT_REACHED;
            let sum = add_up(&mut self.amounts, &runs, pixels, year);
            match (masks.alone, whole) {
                (false, _) => part.open.push((year, number, sum)),
                (true, false) => sums[year] = sum,
                (true, true) => {
                    let (known, coca) = found(&self.rule.presence, &sum, area_ha, NOT_REACHED);
                    *state = known;
                    part.coca.extend(coca.map(|coca| (year, number, coca)));
                }
            }
        }
        if !whole {
            part.cut.push(Cut { cell: number, pixels: (spot.part.len(), spot.of), area_ha, sums });
        }
        Ok(())
    }
}

/// The states of the cells that need no look; the others are open.
fn put_states(even: &Even, window: &Window, spots: &[Option<(Spot, bool)>], states: &mut [u8]) {
    for (state, spot) in states.iter_mut().zip(spots) {
        let Some((spot, whole)) = spot else { continue };
        *state = match even.code(window, spot) {
            Some(OUTSIDE_RASTER) => NOT_REACHED,
            Some(UNOBSERVED) if *whole => BLANK,
            Some(OTHER) if *whole => ABSENT,
            _ => OPEN,
        };
    }
}

fn add_up(amounts: &mut Amounts, runs: &[Run], pixels: &Pixels, year: usize) -> Sum {
    let mut sum = Sum::default();
    if let Some(codes) = pixels.codes[year].as_slice() {
        amounts.add_up(runs, (codes, pixels.window.cols), &pixels.areas, |code, amount| sum.add(code, amount));
    }
    sum
}

/// The corners of a cell, around it.
fn ring(block: &Block, nodes: &[Coord<f64>], number: usize) -> [Coord<f64>; 4] {
    let (row, col) = (number / block.cols, number % block.cols);
    let node = |row: usize, col: usize| nodes[row * (block.cols + 1) + col];
    [node(row, col), node(row, col + 1), node(row + 1, col + 1), node(row + 1, col)]
}

impl Part {
    fn empty(near: Block, years: usize) -> Self {
        let states = vec![NOT_REACHED; years * near.len()];
        Self { near, states, coca: Vec::new(), cut: Vec::new(), open: Vec::new() }
    }
}
