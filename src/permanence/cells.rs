//! Cells with what is known of each in each year.

use geo::{Area, BoundingRect, Coord, MultiPolygon};

use super::bare::Bare;
use super::rule::Seen;
use crate::records::Exact;

/// Millionths of a hectare where nothing is known.
const UNKNOWN: i64 = -1;

/// A cell of the ground.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What tells it from the others.
    pub id: String,
    /// Its ground in the plane of EPSG:9377, valid and not empty.
    pub ground: MultiPolygon<f64>,
    /// Its area on the ellipsoid, in hectares.
    pub area_ha: f64,
}

impl Cell {
    /// Middle of its bounding box in the plane.
    pub fn centre(&self) -> Coord<f64> {
        self.ground.bounding_rect().map_or(Coord { x: 0.0, y: 0.0 }, |rect| rect.center())
    }
}

/// Cells that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CellsError {
    /// Years that are missing before or after.
    #[error(
        "the window of {window} years up to {year} begins in {begins}, and there are figures for {years}: give --window {fits} or fewer years"
    )]
    Window {
        /// Years of the window.
        window: usize,
        /// Reference year.
        year: i32,
        /// First year of the window.
        begins: i32,
        /// Years that are there.
        years: String,
        /// Years that the window may have.
        fits: i32,
    },
    /// A reference year without figures.
    #[error("there are no figures for the reference year {year}; there are for {years}")]
    NoYear {
        /// Reference year.
        year: i32,
        /// Years that are there.
        years: String,
    },
    /// Cells finer than 1 km.
    #[error(
        "{finer} of {cells} cells are smaller than 0.95 km2 (the smallest has {smallest_ha:.1} ha): cells that small point at single lots and their farmers, so this command takes cells of 1 km and more; add them up to such cells first"
    )]
    TooFine {
        /// Cells under 95 hectares.
        finer: usize,
        /// All.
        cells: usize,
        /// Area of the smallest.
        smallest_ha: f64,
    },
}

/// Hectares under which a cell counts as finer than 1 km: a square kilometre of a projected plane differs from one on the
/// ellipsoid by some per cent.
const FINE_HA: f64 = 95.0;
/// Part of the cells that may be smaller: those that a border or coast cuts.
const CUT_SHARE: f64 = 0.1;

/// Cells by years, the years of a cell side by side. Years are the years that there are figures of, ascending. Cells of masks
/// in which no coca was ever seen may be kept apart, as [`Bare`].
#[derive(Debug, Clone, Default)]
pub struct Cells {
    years: Vec<i32>,
    cells: Vec<Cell>,
    seen: Vec<Seen>,
    millionths: Vec<i64>,
    bare: Option<Bare>,
}

impl Cells {
    /// No cells yet, of these years.
    pub fn of_years(years: impl IntoIterator<Item = i32>) -> Self {
        let mut years: Vec<i32> = years.into_iter().collect();
        years.sort_unstable();
        years.dedup();
        Self { years, ..Self::default() }
    }

    /// Adds a cell with what is known of it in each year, in the order of [`Cells::years`].
    ///
    /// # Panics
    /// When there are not as many as years.
    pub fn push(&mut self, cell: Cell, known: &[(Seen, Option<Exact>)]) {
        assert_eq!(known.len(), self.years.len(), "a state for each year");
        self.cells.push(cell);
        self.seen.extend(known.iter().map(|(seen, _)| *seen));
        let millionths = |ha: Option<Exact>| ha.map_or(UNKNOWN, |ha| (ha.to_f64() * 1e6).round() as i64);
        self.millionths.extend(known.iter().map(|(_, ha)| millionths(*ha)));
    }

    /// Years with figures, ascending.
    pub fn years(&self) -> &[i32] {
        &self.years
    }

    /// The same cells, and others without coca.
    #[must_use]
    pub fn with_bare(self, bare: Bare) -> Self {
        Self { bare: Some(bare).filter(|bare| !bare.is_empty()), ..self }
    }

    /// The cells without coca that are kept apart, where there are some.
    pub fn bare(&self) -> Option<&Bare> {
        self.bare.as_ref()
    }

    /// Number of all cells, with those that are kept apart.
    pub fn count(&self) -> usize {
        self.len() + self.bare().map_or(0, Bare::len)
    }

    /// The cells that are not kept apart.
    pub fn all(&self) -> &[Cell] {
        &self.cells
    }

    /// Number of [`Cells::all`].
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// What is known of a cell in a year; a year without figures is unobserved.
    pub fn seen(&self, cell: usize, year: i32) -> Seen {
        self.place(cell, year).map_or(Seen::Unobserved, |at| self.seen[at])
    }

    /// Hectares of coca of a cell in a year; `None` where there is no figure.
    pub fn hectares(&self, cell: usize, year: i32) -> Option<Exact> {
        let millionths = self.millionths[self.place(cell, year)?];
        (millionths != UNKNOWN).then(|| Exact::from_millionths(i128::from(millionths)))
    }

    /// Hectares of coca for each square kilometre of a cell in a year.
    pub fn density(&self, cell: usize, year: i32) -> Option<f64> {
        self.hectares(cell, year).map(|ha| ha.to_f64() / (self.cells[cell].area_ha / 100.0))
    }

    fn place(&self, cell: usize, year: i32) -> Option<usize> {
        self.years.binary_search(&year).ok().map(|at| cell * self.years.len() + at)
    }

    /// The first year of a window that ends in a reference year.
    ///
    /// # Errors
    /// [`CellsError::NoYear`] or [`CellsError::Window`].
    pub fn window_from(&self, year: i32, window: usize) -> Result<i32, CellsError> {
        if !self.years.contains(&year) {
            return Err(CellsError::NoYear { year, years: self.years_text() });
        }
        let begins = year - window as i32 + 1;
        match self.years.first() {
            Some(first) if *first <= begins => Ok(begins),
            first => {
                let fits = first.map_or(0, |first| year - first + 1);
                Err(CellsError::Window { window, year, begins, years: self.years_text(), fits })
            }
        }
    }

    /// The years in words: `2015 to 2024`, or a list where some are missing.
    pub fn years_text(&self) -> String {
        match (self.years.first(), self.years.last()) {
            (Some(first), Some(last)) if (last - first) as usize + 1 == self.years.len() && first < last => {
                format!("{first} to {last}")
            }
            _ => self.years.iter().map(i32::to_string).collect::<Vec<_>>().join(", "),
        }
    }

    /// Checks that the cells are of 1 km or more: some may be cut by a border.
    ///
    /// # Errors
    /// [`CellsError::TooFine`].
    pub fn refuse_lots(&self) -> Result<(), CellsError> {
        let finer = self.cells.iter().filter(|cell| cell.area_ha < FINE_HA).count();
        if finer as f64 <= CUT_SHARE * self.cells.len() as f64 {
            return Ok(());
        }
        let smallest_ha = self.cells.iter().map(|cell| cell.area_ha).fold(f64::INFINITY, f64::min);
        Err(CellsError::TooFine { finer, cells: self.cells.len(), smallest_ha })
    }

    /// Side of a typical cell in metres of the plane: the root of the median area.
    pub fn typical_side_m(&self) -> f64 {
        let mut areas: Vec<f64> = self.cells.iter().map(|cell| cell.ground.unsigned_area()).collect();
        areas.sort_by(f64::total_cmp);
        areas.get(areas.len() / 2).map_or(0.0, |area| area.sqrt())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use geo::Rect;

    use super::*;

    /// A cell of 1 km on the plane at this column and row.
    pub fn cell(east: i32, north: i32) -> Cell {
        let (x, y) = (f64::from(east) * 1000.0, f64::from(north) * 1000.0);
        let ground = Rect::new(Coord { x, y }, Coord { x: x + 1000.0, y: y + 1000.0 }).to_polygon();
        Cell { id: format!("E{east}N{north}"), ground: ground.into(), area_ha: 100.0 }
    }

    /// Hectares by year; more than 0 is coca, `None` unobserved.
    pub fn known(hectares: &[Option<f64>]) -> Vec<(Seen, Option<Exact>)> {
        let state = |ha: f64| if ha > 0.0 { Seen::Present } else { Seen::Absent };
        hectares.iter().map(|ha| (ha.map_or(Seen::Unobserved, state), ha.and_then(Exact::from_f64))).collect()
    }

    /// Column and row of a cell, and its hectares by year.
    pub type Placed<'a> = ((i32, i32), &'a [Option<f64>]);

    /// Cells of the years 2001 on.
    pub fn cells(histories: &[Placed<'_>]) -> Cells {
        let years = histories.first().map_or(0, |(_, h)| h.len());
        let mut cells = Cells::of_years((2001..).take(years));
        for ((east, north), history) in histories {
            cells.push(cell(*east, *north), &known(history));
        }
        cells
    }

    #[test]
    fn a_missing_year_is_unobserved_and_a_window_must_fit() {
        let mut cells = Cells::of_years([2004, 2001, 2002]);
        cells.push(cell(0, 0), &known(&[Some(1.5), Some(0.0), None]));
        assert_eq!(cells.seen(0, 2001), Seen::Present);
        assert_eq!(cells.seen(0, 2003), Seen::Unobserved);
        assert_eq!(cells.hectares(0, 2001), Exact::from_f64(1.5));
        assert_eq!((cells.hectares(0, 2003), cells.hectares(0, 2004)), (None, None));
        assert_eq!(cells.density(0, 2001), Some(1.5));
        assert_eq!(cells.window_from(2004, 4), Ok(2001));
        let long = cells.window_from(2004, 5).unwrap_err().to_string();
        assert!(long.contains("begins in 2000") && long.contains("2001, 2002, 2004") && long.contains("--window 4"));
        assert!(matches!(cells.window_from(2003, 2), Err(CellsError::NoYear { year: 2003, .. })));
    }

    #[test]
    fn cells_finer_than_1_km_are_refused_but_for_those_cut_by_a_border() {
        let mut cells = Cells::of_years([2001]);
        for i in 0..10 {
            cells.push(cell(i, 0), &known(&[None]));
        }
        cells.cells[3].area_ha = 12.0;
        assert_eq!(cells.refuse_lots(), Ok(()));
        cells.cells[4].area_ha = 94.9;
        assert_eq!(cells.refuse_lots(), Err(CellsError::TooFine { finer: 2, cells: 10, smallest_ha: 12.0 }));
    }
}
