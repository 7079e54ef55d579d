//! Cells that some mask reached and in which none ever saw coca: most of a country.
//!
//! All that is known of such a cell is in which years it was observed. Cells of one history are told apart only by their
//! place, so they are kept as a number for each place and one history for each number.

use std::collections::HashMap;

use geo::{Coord, MultiPolygon, Rect};

use super::rule::{Decision, Rule, Seen};
use crate::territory::{CellIndex, CellLattice};

/// What is known of cells without coca, in the order of the years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Absent or unobserved.
    pub seen: Vec<Seen>,
    /// Whether any of the cell was observed: then the year has a figure, which is zero.
    pub figures: Vec<bool>,
    /// Cells with this history.
    pub cells: usize,
}

/// Cells without coca in a rectangle of the lattice.
#[derive(Debug, Clone)]
pub struct Bare {
    lattice: CellLattice,
    south_west: CellIndex,
    cols: usize,
    /// Number of the history plus one by place, row by row from the south; 0 where there is no such cell.
    places: Vec<u32>,
    histories: Vec<History>,
    /// Hectares of the ellipsoid by place, where they are asked for.
    areas: Vec<f64>,
}

/// A cell without coca.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BareCell {
    /// Its place on the lattice.
    pub index: CellIndex,
    /// The number of its history.
    pub history: usize,
    /// Its place in the rectangle.
    pub place: usize,
}

impl Bare {
    /// A rectangle of so many columns and rows without such a cell.
    pub fn new(lattice: CellLattice, south_west: CellIndex, (rows, cols): (usize, usize)) -> Self {
        Self { lattice, south_west, cols, places: vec![0; rows * cols], histories: Vec::new(), areas: Vec::new() }
    }

    /// Puts cells at places: `history_of` gives the states and figures of a place, `None` where there is no such cell. It
    /// is asked once for each place, and `key` tells equal histories.
    pub fn fill<K: std::hash::Hash + Eq>(
        &mut self,
        key: impl Fn(usize) -> Option<K>,
        history_of: impl Fn(&K) -> (Vec<Seen>, Vec<bool>),
    ) {
        let mut numbers: HashMap<K, u32> = HashMap::new();
        for place in 0..self.places.len() {
            let Some(key) = key(place) else { continue };
            let next = self.histories.len() as u32;
            let number = match numbers.get(&key) {
                Some(number) => *number,
                None => {
                    let (seen, figures) = history_of(&key);
                    self.histories.push(History { seen, figures, cells: 0 });
                    numbers.insert(key, next);
                    next
                }
            };
            self.histories[number as usize].cells += 1;
            self.places[place] = number + 1;
        }
    }

    /// Sets the areas, in hectares of the ellipsoid by place.
    pub fn set_areas(&mut self, areas: Vec<f64>) {
        self.areas = areas;
    }

    /// The histories that there are.
    pub fn histories(&self) -> &[History] {
        &self.histories
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.histories.iter().map(|history| history.cells).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
    }

    /// The cells, row by row from the south.
    pub fn cells(&self) -> impl Iterator<Item = BareCell> {
        let at = |place: usize| CellIndex {
            north: self.south_west.north + (place / self.cols) as i32,
            east: self.south_west.east + (place % self.cols) as i32,
        };
        let held = self.places.iter().enumerate().filter(|(_, number)| **number > 0);
        held.map(move |(place, number)| BareCell { index: at(place), history: *number as usize - 1, place })
    }

    /// Ground of a cell in the plane.
    pub fn rect(&self, cell: BareCell) -> Rect<f64> {
        let (x, y) = self.lattice.corner(cell.index);
        let side = self.lattice.side_m();
        Rect::new(Coord { x, y }, Coord { x: x + side, y: y + side })
    }

    /// The same as a polygon.
    pub fn ground(&self, cell: BareCell) -> MultiPolygon<f64> {
        self.rect(cell).to_polygon().into()
    }

    /// Area of a cell in hectares of the ellipsoid; `None` where areas were not asked for.
    pub fn area_ha(&self, cell: BareCell) -> Option<f64> {
        self.areas.get(cell.place).copied()
    }
}

impl History {
    /// What is known of a year, by its place among all years; a year without figures is unobserved.
    pub fn seen(&self, at: Option<usize>) -> Seen {
        at.map_or(Seen::Unobserved, |at| self.seen[at])
    }
}

/// Classes of histories under one rule, each decided once.
#[derive(Debug)]
pub struct Decided<'a> {
    rule: &'a Rule,
    known: HashMap<(u128, bool), Decision>,
}

impl<'a> Decided<'a> {
    /// Nothing decided yet.
    pub fn of(rule: &'a Rule) -> Self {
        Self { rule, known: HashMap::new() }
    }

    /// The rule.
    pub fn rule(&self) -> &'a Rule {
        self.rule
    }

    /// As [`Rule::decide`]. A window has at most 64 years, so two bits for each are a key.
    pub fn decide(&mut self, history: &[Seen], before: bool) -> Decision {
        let key = history.iter().fold(0_u128, |key, seen| key << 2 | *seen as u128);
        *self.known.entry((key, before)).or_insert_with(|| self.rule.decide(history, before))
    }
}

#[cfg(test)]
mod tests {
    use geo::BoundingRect;
    use proptest::prelude::*;

    use super::super::cells::tests::known;
    use super::super::overlay::Overlays;
    use super::super::standing::stand;
    use super::super::transitions::transitions;
    use super::super::{Cell, Cells};
    use super::*;

    const SOUTH_WEST: CellIndex = CellIndex { north: 2000, east: 5000 };

    /// Of a row of cells: unobserved, partly observed, absent.
    fn state(state: u8) -> (Seen, bool) {
        [(Seen::Unobserved, false), (Seen::Unobserved, true), (Seen::Absent, true)][usize::from(state)]
    }

    /// Cells without coca kept apart, and the same cells one by one, beside one cell with coca.
    fn both_ways(histories: &[Option<Vec<u8>>]) -> [Cells; 2] {
        let mut bare = Bare::new(CellLattice::KILOMETRE, SOUTH_WEST, (1, histories.len()));
        bare.fill(|place| histories[place].clone(), |history| history.iter().map(|s| state(*s)).unzip());
        bare.set_areas((0..histories.len()).map(|i| 100.0 + i as f64 / 16.0).collect());
        let mut cells = [0, 1].map(|_| Cells::of_years(2001..2006));
        for cells in &mut cells {
            let cell = super::super::cells::tests::cell(4999, 2000);
            cells.push(cell, &known(&[Some(1.0), Some(2.0), None, Some(0.0), Some(3.5)]));
        }
        let [apart, mut one_by_one] = cells;
        for cell in bare.cells() {
            let figures: Vec<_> = histories[cell.place].iter().flatten().map(|s| state(*s)).collect();
            let known: Vec<_> =
                figures.iter().map(|(seen, figure)| (*seen, figure.then_some(Default::default()))).collect();
            let (id, ground) = (format!("{}", cell.place), bare.ground(cell));
            one_by_one.push(Cell { id, ground, area_ha: bare.area_ha(cell).unwrap() }, &known);
        }
        [apart.with_bare(bare), one_by_one]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn tables_are_the_same_whether_bare_cells_are_kept_apart_or_not(
            histories in proptest::collection::vec(proptest::option::weighted(0.8, proptest::collection::vec(0..3_u8, 5)), 1..12)
        ) {
            let [apart, one_by_one] = both_ways(&histories);
            prop_assert_eq!(apart.count(), one_by_one.len());
            let rule = Rule::new(3, 1, 1, None).unwrap();
            for year in [2004, 2005] {
                let (a, b) = (stand(&apart, &rule, year).unwrap(), stand(&one_by_one, &rule, year).unwrap());
                prop_assert_eq!(&a.classes, &b.classes);
                prop_assert_eq!(a.hectares, b.hectares);
                let park: MultiPolygon<f64> =
                    Rect::new(Coord { x: 4_999_500.0, y: 1e6 }, Coord { x: 5_003_300.0, y: 3e6 }).to_polygon().into();
                let mut overlays = Overlays::default();
                overlays.add("park".to_owned(), &[park]);
                prop_assert_eq!(overlays.share(&apart, &a), overlays.share(&one_by_one, &b));
            }
            prop_assert_eq!(transitions(&apart, &rule, 2005), transitions(&one_by_one, &rule, 2005));
        }
    }

    #[test]
    fn a_cell_is_where_it_was_put() {
        let mut bare = Bare::new(CellLattice::KILOMETRE, SOUTH_WEST, (2, 3));
        let kind = |place: usize| [None, Some(2_u8), Some(2), Some(0), None, Some(2)][place];
        bare.fill(kind, |s| (vec![state(*s).0], vec![state(*s).1]));
        let counts: Vec<usize> = bare.histories().iter().map(|history| history.cells).collect();
        assert_eq!((counts, bare.len()), (vec![3, 1], 4));
        let last = bare.cells().last().unwrap();
        assert_eq!((last.index, last.history), (CellIndex { north: 2001, east: 5002 }, 0));
        assert_eq!(bare.ground(last).bounding_rect(), Some(bare.rect(last)));
        assert_eq!((bare.rect(last).min().x, bare.rect(last).max().y), (5_002_000.0, 2_002_000.0));
        assert_eq!(bare.area_ha(last), None);
    }
}
