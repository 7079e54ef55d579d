//! Which cells, municipalities and totals show their figures: k-anonymity of cells, and complementary suppression so that no
//! total gives a withheld figure back.
//!
//! A *piece* is what a cell has inside a municipality. Published are the whole cells that are shown, and the municipalities'
//! totals; so of a municipality everybody knows its total less its shown cells. Of the pieces of its withheld cells therefore
//! one of two must hold: none has coca, or together they have at least k lots, and at least two of them have coca and room
//! for it. Else a shown cell of the municipality is withheld too, that with the fewest lots first. The rule of one municipality
//! makes that of any union: sums of such remainders have as many lots and cells or more. Why no withheld cell that has coca can
//! then be computed: such a computation would be a sum of totals in which that cell is the only withheld one, and every
//! municipality that the cell has coca in brings another withheld one. After Hundepool et al. 2012, Statistical Disclosure
//! Control, chapter 4 (primary and secondary cell suppression), and Sweeney 2002 (k-anonymity).

use std::collections::BTreeSet;

/// What a cell needs to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Fewest lots.
    pub k: u32,
    /// Least coca, in the units of [`Piece::coca`].
    pub least: i128,
    /// Ground that a piece must have to count as a second place, in the same units: a sliver hides nothing.
    pub room: i128,
}

/// A cell's ground in one municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Number of the municipality.
    pub municipality: usize,
    /// Lots that are counted here: the most of them lies in this cell, and of that in this municipality.
    pub lots: u32,
    /// Coca, in any unit of area.
    pub coca: i128,
    /// Ground that was observed: what nobody saw cannot hide coca.
    pub ground: i128,
}

/// A cell of one year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Lots that are counted in it, inside municipalities or not.
    pub lots: u32,
    /// Its coca, inside municipalities or not.
    pub coca: i128,
    /// What it has in each municipality that it touches.
    pub pieces: Vec<Piece>,
}

/// Why a cell has no figure, or that it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It has.
    Yes,
    /// Fewer than k lots or too few hectares; none included.
    Few,
    /// Its figure would give another's back.
    Complement,
}

/// What may be published of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// By cell.
    pub cells: Vec<Shown>,
    /// Whether a municipality's mapped figures may be shown.
    pub municipalities: Vec<bool>,
    /// Whether those of a department may.
    pub departments: Vec<bool>,
    /// Whether those of all may.
    pub all: bool,
}

/// Decides for one year. `department` has the number of each municipality's department.
///
/// # Panics
/// When a piece names a municipality that `department` does not have.
pub fn decide(cells: &[Counted], department: &[usize], threshold: &Threshold) -> Decision {
    let few = |cell: &Counted| cell.lots < threshold.k || cell.coca < threshold.least;
    let first = cells.iter().map(|cell| if few(cell) { Shown::Few } else { Shown::Yes });
    let mut state = State { cells, shown: first.collect(), threshold, of: vec![Vec::new(); department.len()] };
    for (number, cell) in cells.iter().enumerate() {
        cell.pieces.iter().for_each(|piece| state.of[piece.municipality].push((number, *piece)));
    }
    // Every municipality in every round: a cell that one withholds may lie in another.
    while (0..department.len()).filter(|m| state.complete(*m)).count() > 0 {}
    let municipalities: Vec<bool> = (0..department.len()).map(|m| state.may_show(m)).collect();
    state.decide_totals(municipalities, department)
}

/// What is withheld of a place.
#[derive(Debug, Clone, Copy, Default)]
struct Withheld {
    lots: u32,
    with_coca: usize,
    roomy: usize,
    touching: usize,
}

struct State<'a> {
    cells: &'a [Counted],
    shown: Vec<Shown>,
    threshold: &'a Threshold,
    /// Cells and pieces by municipality.
    of: Vec<Vec<(usize, Piece)>>,
}

impl State<'_> {
    fn withheld(&self, municipality: usize) -> Withheld {
        let mut sum = Withheld::default();
        for (_, piece) in self.of[municipality].iter().filter(|(cell, _)| self.shown[*cell] != Shown::Yes) {
            let room = piece.ground >= self.threshold.room;
            sum.lots += piece.lots;
            sum.touching += usize::from(room);
            sum.with_coca += usize::from(piece.coca > 0);
            sum.roomy += usize::from(piece.coca > 0 && room);
        }
        sum
    }

    fn safe(&self, sum: &Withheld) -> bool {
        sum.with_coca == 0 || (sum.lots >= self.threshold.k && sum.roomy >= 2)
    }

    /// Withholds cells of a municipality until its total is safe, or none of its coca is shown. Whether it did.
    fn complete(&mut self, municipality: usize) -> bool {
        let mut changed = false;
        while !self.safe(&self.withheld(municipality)) {
            let shown = self.of[municipality].iter().filter(|(cell, _)| self.shown[*cell] == Shown::Yes);
            let fewest =
                shown.filter(|(_, piece)| piece.coca > 0).min_by_key(|(cell, _)| (self.cells[*cell].lots, *cell));
            let Some((cell, _)) = fewest else { break };
            self.shown[*cell] = Shown::Complement;
            changed = true;
        }
        changed
    }

    /// Where a municipality has too few lots for the rule all its coca is withheld, and its total says no more than that it is
    /// somewhere inside, if that is more than one cell.
    fn may_show(&self, municipality: usize) -> bool {
        let sum = self.withheld(municipality);
        self.safe(&sum) || sum.touching >= 2
    }

    /// The same rule once more: municipalities inside departments, these inside all.
    fn decide_totals(self, mut municipalities: Vec<bool>, department: &[usize]) -> Decision {
        let count = department.iter().max().map_or(0, |last| last + 1);
        let mut departments = Vec::with_capacity(count);
        for number in 0..count {
            let own: Vec<usize> = (0..department.len()).filter(|m| department[*m] == number).collect();
            departments.push(self.complete_department(&own, &mut municipalities));
        }
        // A department whose total is withheld holds figures that the sum of all would give back.
        let hidden = departments.iter().filter(|shown| !**shown).count();
        let all = hidden == 0 || (hidden >= 2 && self.enough_hidden(&departments, &municipalities, department));
        Decision { cells: self.shown, municipalities, departments, all }
    }

    fn enough_hidden(&self, departments: &[bool], municipalities: &[bool], department: &[usize]) -> bool {
        let hidden = (0..department.len()).filter(|m| !municipalities[*m] && !departments[department[*m]]);
        self.hide_each_other(&hidden.collect::<Vec<_>>())
    }

    /// Whether the sum of what these municipalities withhold says nothing of one of them, nor of one cell: two cells that two
    /// municipalities share may be one.
    fn hide_each_other(&self, municipalities: &[usize]) -> bool {
        let sums = municipalities.iter().map(|m| self.withheld(*m)).filter(|w| w.with_coca > 0);
        let (count, lots) = sums.fold((0, 0), |(count, lots), w| (count + 1, lots + w.lots));
        let pieces = municipalities.iter().flat_map(|m| &self.of[*m]);
        let roomy = pieces.filter(|(cell, piece)| {
            self.shown[*cell] != Shown::Yes && piece.coca > 0 && piece.ground >= self.threshold.room
        });
        let cells: BTreeSet<usize> = roomy.map(|(cell, _)| *cell).collect();
        count == 0 || (count >= 2 && lots >= self.threshold.k && cells.len() >= 2)
    }

    /// Withholds municipalities of a department until its total gives none back. `false` where that cannot be.
    fn complete_department(&self, own: &[usize], municipalities: &mut [bool]) -> bool {
        loop {
            let hidden: Vec<usize> = own.iter().copied().filter(|m| !municipalities[*m]).collect();
            if self.hide_each_other(&hidden) {
                return true;
            }
            // One whose coca is all in shown cells would hide nothing.
            let shown = own.iter().filter(|m| municipalities[**m]);
            let able = shown.map(|m| (self.withheld(*m), *m)).filter(|(w, _)| w.with_coca > 0);
            let Some((_, m)) = able.min_by_key(|(w, m)| (w.lots, *m)) else { return false };
            municipalities[m] = false;
        }
    }
}

#[cfg(test)]
mod tests;
