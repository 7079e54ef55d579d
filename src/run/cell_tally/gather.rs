//! From states and hectares to cells: those with coca in some year, and the bare others.

use geo::{Coord, MultiPolygon};

use super::block::{Areas, Block};
use super::state::{NOT_REACHED, known};
use super::{CellRule, CellTallyError, Tally};
use crate::permanence::{Bare, Cell, Cells, Seen};
use crate::records::Exact;
use crate::run::threads::Threads;
use crate::scene::Crs;
use crate::territory::{CellIndex, CellLattice};

/// The cells that some mask reaches, with what is known of them by year.
pub fn gather(
    threads: &Threads,
    mut tally: Tally,
    years: &[i32],
    (rule, plane, block): (&CellRule, &Crs, &Block),
) -> Result<Cells, CellTallyError> {
    let areas = Areas::new(rule.lattice, plane, block)?;
    for ((cell, year), sum) in std::mem::take(&mut tally.open) {
        tally.put(cell, year, (&sum, areas.hectares(cell as usize)?), rule);
    }
    tally.coca.iter_mut().for_each(|of_year| of_year.sort_unstable());
    let mut has_coca = vec![false; block.len()];
    tally.coca.iter().flatten().for_each(|(cell, _)| has_coca[*cell as usize] = true);
    let mut bare = bare_cells(&tally, &has_coca, (rule, block));
    if rule.bare_areas {
        bare.set_areas(all_areas(threads, (rule, plane, block))?);
    }
    let numbers: Vec<u32> = (0..block.len() as u32).filter(|cell| has_coca[*cell as usize]).collect();
    let cells = Cells::of_years(years.iter().copied());
    Ok(with_coca(threads, &tally, (&numbers, cells), (rule, plane, block))?.with_bare(bare))
}

/// Adds the cells of these numbers, ascending.
fn with_coca(
    threads: &Threads,
    tally: &Tally,
    (numbers, mut cells): (&[u32], Cells),
    (rule, plane, block): (&CellRule, &Crs, &Block),
) -> Result<Cells, CellTallyError> {
    let tasks: Vec<&[u32]> = numbers.chunks(CHUNK).collect();
    let start = || Ok(Areas::new(rule.lattice, plane, block)?);
    let cell = |areas: &mut Areas, number: &u32| -> Result<Cell, CellTallyError> {
        let index = block.cell(*number as usize);
        let area_ha = areas.hectares(*number as usize)?;
        Ok(Cell { id: rule.lattice.name(index), ground: ground(rule.lattice, index), area_ha })
    };
    let work = |areas: &mut Areas, task: &&[u32]| task.iter().map(|number| cell(areas, number)).collect();
    let mut next = vec![0; tally.states.len()];
    let mut known = Vec::with_capacity(next.len());
    let mut at = numbers.iter();
    threads.map_in_order(&tasks, start, work, |made: Vec<Cell>| {
        for (cell, number) in made.into_iter().zip(at.by_ref()) {
            known.clear();
            known.extend(next.iter_mut().enumerate().map(|(year, next)| tally.known(*number, year, next)));
            cells.push(cell, &known);
        }
        Ok(())
    })?;
    Ok(cells)
}

/// Cells that a thread makes at a time.
const CHUNK: usize = 1024;

impl Tally {
    /// What is known of a cell in a year. `next` is the place of the next cell with coca of the year.
    fn known(&self, cell: u32, year: usize, next: &mut usize) -> (Seen, Option<Exact>) {
        let mut millionths = 0;
        if let Some((_, coca)) = self.coca[year].get(*next).filter(|(with, _)| *with == cell) {
            (millionths, *next) = (*coca, *next + 1);
        }
        let (seen, figure) = known(self.states[year][cell as usize]);
        (seen, figure.then(|| Exact::from_millionths(i128::from(millionths))))
    }
}

/// The cells that are reached in some year and have coca in none.
fn bare_cells(tally: &Tally, has_coca: &[bool], (rule, block): (&CellRule, &Block)) -> Bare {
    let mut bare = Bare::new(rule.lattice, block.south_west, (block.rows, block.cols));
    let states = |place: usize| -> Vec<u8> { tally.states.iter().map(|of_year| of_year[place]).collect() };
    let reached = |place: usize| tally.states.iter().any(|of_year| of_year[place] != NOT_REACHED);
    bare.fill(
        |place| (!has_coca[place] && reached(place)).then(|| states(place)),
        |states| states.iter().map(|state| known(*state)).unzip(),
    );
    bare
}

/// Areas of all cells of the block.
fn all_areas(threads: &Threads, (rule, plane, block): (&CellRule, &Crs, &Block)) -> Result<Vec<f64>, CellTallyError> {
    let rows: Vec<usize> = (0..block.rows).collect();
    let mut all = Vec::with_capacity(block.len());
    threads.map_in_order(
        &rows,
        || Ok::<_, CellTallyError>(Areas::new(rule.lattice, plane, block)?),
        |areas, row| Ok(areas.along(row * block.cols, block.cols)?),
        |of_row| {
            all.extend(of_row);
            Ok(())
        },
    )?;
    Ok(all)
}

fn ground(lattice: CellLattice, cell: CellIndex) -> MultiPolygon<f64> {
    let (x, y) = lattice.corner(cell);
    let side = lattice.side_m();
    geo::Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side }).to_polygon().into()
}
