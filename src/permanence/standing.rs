//! How the cells stand in a reference year, and what each class adds up to.

use serde::Serialize;

use super::bare::{Bare, Decided, History};
use super::cells::{Cells, CellsError};
use super::rule::{Class, Decision, Rule, Seen};
use crate::records::Exact;

/// A cell in a reference year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Its class, and what it could be.
    pub decision: Decision,
    /// First year with coca, of all years given up to the reference year.
    pub first_year: Option<i32>,
    /// Last year with coca up to the reference year.
    pub last_year: Option<i32>,
    /// Years of the window with coca.
    pub years_present: usize,
    /// Years of the window that were observed.
    pub years_observed: usize,
    /// Mean hectares for each square kilometre over the observed years of the window.
    pub mean_density: Option<f64>,
}

impl Standing {
    /// The class.
    pub fn class(&self) -> Class {
        self.decision.class
    }

    /// Whether coca was seen in the window.
    pub fn has_coca(&self) -> bool {
        self.years_present > 0
    }
}

/// What a class adds up to in the reference year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassTotal {
    /// The class.
    pub class: Class,
    /// Cells of the class.
    pub cells: usize,
    /// Cells that may be of the class, were the unobserved years known.
    pub cells_at_most: usize,
    /// Hectares of coca in the reference year.
    pub hectares: Exact,
    /// Cells of it without a figure for the reference year.
    pub cells_without_figure: usize,
}

/// All cells in a reference year.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The reference year.
    pub year: i32,
    /// First year of the window.
    pub from: i32,
    /// By cell.
    pub standings: Vec<Standing>,
    /// By history of the cells that are kept apart, [`Bare::histories`].
    pub bare: Vec<Decision>,
    /// By class, in the order of [`Class::ALL`].
    pub classes: Vec<ClassTotal>,
    /// Hectares of all cells in the reference year.
    pub hectares: Exact,
}

/// Classes all cells for a reference year.
///
/// # Errors
/// [`CellsError`] where the window does not fit the years.
pub fn stand(cells: &Cells, rule: &Rule, year: i32) -> Result<Summary, CellsError> {
    let from = cells.window_from(year, rule.window)?;
    let (mut history, mut decided) = (Vec::with_capacity(rule.window), Decided::of(rule));
    let standings: Vec<Standing> = (0..cells.len())
        .map(|cell| {
            history.clear();
            history.extend((from..=year).map(|y| cells.seen(cell, y)));
            standing(cells, &mut decided, cell, (from, year), &history)
        })
        .collect();
    let bare = bare_decisions(cells, &mut decided, (from, year));
    let mut classes = Class::ALL.map(|class| total(cells, &standings, class, year)).to_vec();
    add_bare(cells, &bare, year, &mut classes);
    let hectares = classes.iter().map(|total| total.hectares).sum();
    Ok(Summary { year, from, standings, bare, classes, hectares })
}

/// The classes of all cells for a reference year, and those of the histories of the cells that are kept apart; `None` where
/// the window does not fit the years.
pub(super) fn classes_of(cells: &Cells, decided: &mut Decided<'_>, year: i32) -> Option<[Vec<Class>; 2]> {
    let from = cells.window_from(year, decided.rule().window).ok()?;
    let mut history = Vec::with_capacity(decided.rule().window);
    let class = |cell: usize| {
        history.clear();
        history.extend((from..=year).map(|y| cells.seen(cell, y)));
        let earlier = cells.years().iter().take_while(|y| **y < from);
        let before = earlier.into_iter().any(|y| cells.seen(cell, *y) == Seen::Present);
        decided.decide(&history, before).class
    };
    let own = (0..cells.len()).map(class).collect();
    let bare = bare_decisions(cells, decided, (from, year));
    Some([own, bare.into_iter().map(|decision| decision.class).collect()])
}

/// What each history without coca is in a window.
fn bare_decisions(cells: &Cells, decided: &mut Decided<'_>, (from, year): (i32, i32)) -> Vec<Decision> {
    let years: Vec<Option<usize>> = (from..=year).map(|y| cells.years().binary_search(&y).ok()).collect();
    let decide = |history: &History| {
        let seen: Vec<Seen> = years.iter().map(|at| history.seen(*at)).collect();
        decided.decide(&seen, false)
    };
    cells.bare().map_or(&[][..], Bare::histories).iter().map(decide).collect()
}

/// Adds the cells that are kept apart to the totals.
fn add_bare(cells: &Cells, decisions: &[Decision], year: i32, classes: &mut [ClassTotal]) {
    let at = cells.years().binary_search(&year).ok();
    for (history, decision) in cells.bare().map_or(&[][..], Bare::histories).iter().zip(decisions) {
        for total in classes.iter_mut() {
            let own = total.class == decision.class;
            // What is undetermined is so whatever the unobserved years hold.
            total.cells_at_most += if own || decision.possible(total.class) { history.cells } else { 0 };
            if own {
                total.cells += history.cells;
                total.cells_without_figure += if at.is_some_and(|at| history.figures[at]) { 0 } else { history.cells };
            }
        }
    }
}

fn standing(
    cells: &Cells,
    decided: &mut Decided<'_>,
    cell: usize,
    (from, year): (i32, i32),
    history: &[Seen],
) -> Standing {
    let with_coca = || cells.years().iter().copied().filter(|y| *y <= year && cells.seen(cell, *y) == Seen::Present);
    let first_year = with_coca().next();
    let observed = (from..=year).zip(history).filter(|(_, seen)| **seen != Seen::Unobserved);
    let densities: Vec<f64> = observed.clone().filter_map(|(y, _)| cells.density(cell, y)).collect();
    Standing {
        decision: decided.decide(history, first_year.is_some_and(|first| first < from)),
        first_year,
        last_year: with_coca().next_back(),
        years_present: history.iter().filter(|s| **s == Seen::Present).count(),
        years_observed: observed.count(),
        mean_density: (!densities.is_empty()).then(|| densities.iter().sum::<f64>() / densities.len() as f64),
    }
}

fn total(cells: &Cells, standings: &[Standing], class: Class, year: i32) -> ClassTotal {
    let mut total = ClassTotal { class, cells: 0, cells_at_most: 0, hectares: Exact::ZERO, cells_without_figure: 0 };
    for (cell, standing) in standings.iter().enumerate() {
        total.cells_at_most += usize::from(standing.decision.possible(class));
        if standing.class() == class {
            total.cells += 1;
            match cells.hectares(cell, year) {
                Some(hectares) => total.hectares += hectares,
                None => total.cells_without_figure += 1,
            }
        }
    }
    // What is undetermined is so whatever the unobserved years hold.
    total.cells_at_most = total.cells_at_most.max(total.cells);
    total
}

#[cfg(test)]
mod tests {
    use super::super::cells::tests::cells;
    use super::*;

    #[test]
    fn classes_add_up_to_the_cells_and_hectares_that_came_in() {
        let rule = Rule::new(4, 2, 1, None).unwrap();
        let some = |v: [f64; 5]| v.map(Some);
        let cells = cells(&[
            ((0, 0), &some([0.0, 1.0, 2.0, 3.0, 4.5])),
            ((1, 0), &some([1.0, 0.0, 0.0, 0.0, 0.25])),
            ((2, 0), &some([0.0, 0.0, 0.0, 0.0, 0.125])),
            ((3, 0), &some([0.0, 9.0, 9.0, 0.0, 0.0])),
            ((4, 0), &some([7.0, 0.0, 0.0, 0.0, 0.0])),
            ((5, 0), &[None, Some(2.0), Some(2.0), Some(2.0), None]),
        ]);
        let summary = stand(&cells, &rule, 2005).unwrap();
        let classes: Vec<&str> = summary.standings.iter().map(|s| s.class().name()).collect();
        assert_eq!(classes, ["permanent", "intermittent", "new", "abandoned", "never", "undetermined"]);
        assert_eq!(summary.hectares.to_string(), "4.875");
        let row = |class| summary.classes.iter().find(|t| t.class == class).unwrap();
        assert_eq!(summary.classes.iter().map(|t| t.cells).sum::<usize>(), 6);
        assert_eq!((row(Class::Permanent).cells, row(Class::Permanent).cells_at_most), (1, 2));
        assert_eq!(row(Class::Intermittent).cells_at_most, 2);
        assert_eq!(row(Class::Undetermined).cells_without_figure, 1);
        let permanent = &summary.standings[0];
        assert_eq!((permanent.first_year, permanent.last_year), (Some(2002), Some(2005)));
        assert_eq!((permanent.years_present, permanent.years_observed), (4, 4));
        assert_eq!(permanent.mean_density, Some(10.5 / 4.0));
        let unsure = &summary.standings[5];
        assert_eq!((unsure.years_present, unsure.years_observed, unsure.mean_density), (3, 3, Some(2.0)));
        assert_eq!(summary.standings[1].first_year, Some(2001), "coca before the window counts as coca ever");
        // An earlier reference year sees nothing of later ones.
        assert_eq!(stand(&cells, &rule, 2004).unwrap().standings[2].first_year, None);
    }
}
