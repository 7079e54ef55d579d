//! Masks of several years to hectares per cell of the national lattice: a map over windows and an exact merge.
//!
//! Each year is added up on its own grid, whatever that is: the cells are carried into it and cut its pixels exactly, so years
//! on different grids, resolutions and reference systems go together and nothing is resampled. Years on one grid share their
//! windows, so a cell is carried once for all of them. A cell whose pixels are all of one code needs no sum: it is wholly
//! observed without coca, or wholly unobserved, or outside. What is kept of a cell and year is a byte, and its coca where it
//! has some.

mod block;
mod even;
mod gather;
mod state;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use self::block::{Block, block_of_all};
use self::gather::gather;
use self::state::{NOT_REACHED, Sum, found};
use self::window::{Part, Worker};
use super::threads::Threads;
use crate::io::cell_plane::cell_plane;
use crate::io::class_mosaic::ClassMosaic;
use crate::io::class_raster::ClassRasterError;
use crate::io::crs::CrsError;
use crate::permanence::{Cells, Presence};
use crate::scene::{Grid, Window};
use crate::territory::CellLattice;

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
    /// Whether the areas of the cells without coca are needed.
    pub bare_areas: bool,
}

/// Mosaics on one grid, each of another year.
struct Group<'a> {
    years: Vec<YearMasks<'a>>,
    windows: Vec<Window>,
}

/// The masks of one year on one grid.
struct YearMasks<'a> {
    /// Place of the year among all.
    at: usize,
    /// Whether the year has no masks on another grid.
    alone: bool,
    mosaic: &'a ClassMosaic,
}

impl Group<'_> {
    fn grid(&self) -> &Grid {
        &self.years[0].mosaic.grid
    }
}

/// Adds masks up by cell and year. Cells that no mask reaches in any year are left out.
///
/// # Errors
/// [`CellTallyError`] naming the raster.
pub fn tally_cells(threads: &Threads, mosaics: &[ClassMosaic], rule: &CellRule) -> Result<Cells, CellTallyError> {
    let plane = cell_plane()?;
    let block = block_of_all(mosaics, rule.lattice, &plane)?;
    let dated: Vec<(i32, &ClassMosaic)> = mosaics
        .iter()
        .map(|mosaic| Ok((mosaic.year.ok_or_else(|| CellTallyError::NoYear(first_path(mosaic)))?, mosaic)))
        .collect::<Result<_, CellTallyError>>()?;
    let years: Vec<i32> = dated.iter().map(|(year, _)| *year).collect::<BTreeSet<_>>().into_iter().collect();
    let mut tally = Tally::new(years.len(), &block);
    for group in groups(&dated, &years) {
        let mut pending = BTreeMap::new();
        threads.map_in_order(
            &group.windows,
            || Worker::new(&group, rule, &plane, &block),
            |worker, window| worker.part(window),
            |part| {
                tally.take(part, (&group, rule, &block), &mut pending);
                Ok(())
            },
        )?;
        // Cells of which some pixels lie in no window, as the mosaic has none there.
        pending.into_iter().for_each(|(cell, whole)| tally.close(cell, &whole, (&group, rule)));
    }
    gather(threads, tally, &years, (rule, &plane, &block))
}

fn first_path(mosaic: &ClassMosaic) -> String {
    mosaic.rasters().next().map(|r| r.path.display().to_string()).unwrap_or_default()
}

/// Mosaics that share their grid and windows, in the order given.
fn groups<'a>(dated: &[(i32, &'a ClassMosaic)], years: &[i32]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (year, mosaic) in dated {
        let at = years.partition_point(|y| y < year);
        let alone = dated.iter().filter(|(other, _)| other == year).count() == 1;
        let (masks, windows) = (YearMasks { at, alone, mosaic }, mosaic.windows());
        match groups.iter_mut().find(|group| *group.grid() == mosaic.grid && group.windows == windows) {
            Some(group) => group.years.push(masks),
            None => groups.push(Group { years: vec![masks], windows }),
        }
    }
    groups
}

/// A cell that windows cut, with what they have given so far.
struct Pending {
    pixels: usize,
    area_ha: f64,
    sums: Vec<Sum>,
}

/// What is known of all cells.
struct Tally {
    /// By year, then by number in the block.
    states: Vec<Vec<u8>>,
    /// By year: number of the cell and millionths of a hectare, in no order.
    coca: Vec<Vec<(u32, i64)>>,
    /// Sums by cell and year, of years with masks on several grids.
    open: BTreeMap<(u32, usize), Sum>,
}

impl Tally {
    fn new(years: usize, block: &Block) -> Self {
        let states = vec![vec![NOT_REACHED; block.len()]; years];
        Self { states, coca: vec![Vec::new(); years], open: BTreeMap::new() }
    }

    /// Takes what a window gives. A cell that windows cut is closed with its last pixel.
    fn take(
        &mut self,
        part: Part,
        (group, rule, block): (&Group<'_>, &CellRule, &Block),
        pending: &mut BTreeMap<u32, Pending>,
    ) {
        let Part { near, states, coca, cut, open } = part;
        for (year, of_year) in group.years.iter().zip(states.chunks(near.len())) {
            for (row, line) in of_year.chunks(near.cols).enumerate() {
                let first = block.number(near.cell(row * near.cols));
                let known = &mut self.states[year.at][first..first + near.cols];
                known.iter_mut().zip(line).for_each(|(known, new)| *known = (*known).max(*new));
            }
        }
        coca.into_iter().for_each(|(year, cell, ha)| self.coca[group.years[year].at].push((cell, ha)));
        for (year, cell, sum) in open {
            self.open.entry((cell, group.years[year].at)).or_default().merge(&sum);
        }
        for cut in cut {
            let start = || Pending { pixels: 0, area_ha: cut.area_ha, sums: vec![Sum::default(); cut.sums.len()] };
            let whole = pending.entry(cut.cell).or_insert_with(start);
            whole.pixels += cut.pixels.0;
            whole.sums.iter_mut().zip(&cut.sums).for_each(|(sum, new)| sum.merge(new));
            if whole.pixels == cut.pixels.1
                && let Some(whole) = pending.remove(&cut.cell)
            {
                self.close(cut.cell, &whole, (group, rule));
            }
        }
    }

    fn close(&mut self, cell: u32, whole: &Pending, (group, rule): (&Group<'_>, &CellRule)) {
        for (year, sum) in group.years.iter().zip(&whole.sums).filter(|(year, _)| year.alone) {
            self.put(cell, year.at, (sum, whole.area_ha), rule);
        }
    }

    fn put(&mut self, cell: u32, year: usize, (sum, area_ha): (&Sum, f64), rule: &CellRule) {
        let state = &mut self.states[year][cell as usize];
        let (known, coca) = found(&rule.presence, sum, area_ha, *state);
        *state = known;
        self.coca[year].extend(coca.map(|coca| (cell, coca)));
    }
}
