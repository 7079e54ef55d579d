//! What became of what: states from year to year, classes from reference year to reference year.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bare::{Bare, Decided};
use super::cells::Cells;
use super::rule::{Class, Rule, Seen};
use super::standing::classes_of;
use crate::records::Exact;

/// Cells that went from one state or class to another. All rows of a pair of years and kind are all cells, once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// `state` (present, absent, unobserved) or `class`.
    pub kind: &'static str,
    /// The earlier year.
    pub from_year: i32,
    /// The later year.
    pub to_year: i32,
    /// State or class in the earlier year.
    pub from: &'static str,
    /// State or class in the later year.
    pub to: &'static str,
    /// Cells.
    pub cells: usize,
    /// Their hectares in the earlier year, of those with a figure.
    pub hectares_before: Exact,
    /// Their hectares in the later year, of those with a figure.
    pub hectares_after: Exact,
}

#[derive(Default)]
struct Count {
    cells: usize,
    before: Exact,
    after: Exact,
}

/// What a cell was and is, each with its place in tables.
type Pair = [(usize, &'static str); 2];

/// Adds all cells up by what they were and what they are, and names the pairs. `key` tells that of a cell, `bare` that of a
/// history of the cells that are kept apart.
fn count(
    cells: &Cells,
    (from_year, to_year): (i32, i32),
    kind: &'static str,
    (key, bare): (impl Fn(usize) -> Pair, impl Fn(usize) -> Pair),
) -> Vec<Transition> {
    let mut counts: BTreeMap<Pair, Count> = BTreeMap::new();
    for cell in 0..cells.len() {
        let count = counts.entry(key(cell)).or_default();
        count.cells += 1;
        count.before += cells.hectares(cell, from_year).unwrap_or_default();
        count.after += cells.hectares(cell, to_year).unwrap_or_default();
    }
    for (i, history) in cells.bare().map_or(&[][..], Bare::histories).iter().enumerate() {
        counts.entry(bare(i)).or_default().cells += history.cells;
    }
    let row = |([(_, from), (_, to)], c): (Pair, Count)| Transition {
        kind,
        from_year,
        to_year,
        from,
        to,
        cells: c.cells,
        hectares_before: c.before,
        hectares_after: c.after,
    };
    counts.into_iter().map(row).collect()
}

/// The transitions of all pairs of years that follow each other in the data, up to the reference year: states, then classes
/// where both years have a whole window.
pub fn transitions(cells: &Cells, rule: &Rule, year: i32) -> Vec<Transition> {
    let years: Vec<i32> = cells.years().iter().copied().filter(|y| *y <= year).collect();
    let mut rows = Vec::new();
    let named = |seen: Seen| (Seen::ALL.iter().position(|s| *s == seen).unwrap_or(0), seen.name());
    let histories = cells.bare().map_or(&[][..], Bare::histories);
    let place = |year: i32| cells.years().binary_search(&year).ok();
    for pair in years.windows(2) {
        let own = |cell: usize| [pair[0], pair[1]].map(|year| named(cells.seen(cell, year)));
        let bare = |i: usize| [pair[0], pair[1]].map(|year| named(histories[i].seen(place(year))));
        rows.extend(count(cells, (pair[0], pair[1]), "state", (own, bare)));
    }
    let named = |class: Class| (class as usize, class.name());
    let (mut decided, mut before) = (Decided::of(rule), None);
    for year in years {
        let Some(now) = classes_of(cells, &mut decided, year) else { continue };
        if let Some((from, then)) = &before {
            let pair = |i: usize, cell: usize| {
                let then: &[Vec<Class>; 2] = then;
                [named(then[i][cell]), named(now[i][cell])]
            };
            rows.extend(count(cells, (*from, year), "class", (|c: usize| pair(0, c), |c: usize| pair(1, c))));
        }
        before = Some((year, now));
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cells::tests::cells;
    use super::*;

    fn row<'a>(rows: &'a [Transition], kind: &str, year: i32, from: &str, to: &str) -> Option<&'a Transition> {
        rows.iter().find(|r| r.kind == kind && r.to_year == year && r.from == from && r.to == to)
    }

    #[test]
    fn states_and_classes_are_counted_with_their_hectares() {
        let rule = Rule::new(2, 1, 1, None).unwrap();
        let cells = cells(&[
            ((0, 0), &[Some(0.0), Some(2.0), Some(3.0)]),
            ((1, 0), &[Some(1.0), Some(0.0), Some(0.0)]),
            ((2, 0), &[Some(4.0), None, Some(5.0)]),
        ]);
        let rows = transitions(&cells, &rule, 2003);
        let gained = row(&rows, "state", 2002, "absent", "present").unwrap();
        assert_eq!(
            (gained.cells, gained.hectares_before.to_string(), gained.hectares_after.to_string()),
            (1, "0".into(), "2".into())
        );
        assert_eq!(row(&rows, "state", 2002, "present", "absent").unwrap().hectares_before.to_string(), "1");
        assert_eq!(row(&rows, "state", 2002, "present", "unobserved").unwrap().cells, 1);
        assert_eq!(row(&rows, "state", 2003, "present", "present").unwrap().hectares_after.to_string(), "3");
        assert!(row(&rows, "class", 2002, "new", "new").is_none(), "2001 has no window of two years");
        assert_eq!(row(&rows, "class", 2003, "new", "permanent").unwrap().cells, 1);
        assert_eq!(row(&rows, "class", 2003, "abandoned", "never").unwrap().cells, 1);
        assert_eq!(transitions(&cells, &rule, 2002).iter().filter(|r| r.to_year == 2003).count(), 0);
    }

    proptest! {
        #[test]
        fn each_pair_of_years_holds_every_cell_and_hectare_once(
            figures in proptest::collection::vec(
                proptest::collection::vec(proptest::option::of((0..3_u8, 0..1_000_000_u32)), 5), 1..8
            )
        ) {
            let hectares = |v: &Option<(u8, u32)>| v.map(|(zero, ha)| if zero == 0 { 0.0 } else { f64::from(ha) / 1e4 });
            let histories: Vec<Vec<Option<f64>>> = figures.iter().map(|h| h.iter().map(hectares).collect()).collect();
            let named: Vec<_> = histories.iter().enumerate().map(|(i, h)| ((i as i32, 0), h.as_slice())).collect();
            let cells = cells(&named);
            let rule = Rule::new(3, 2, 1, None).unwrap();
            let rows = transitions(&cells, &rule, 2005);
            for (kind, pairs) in [("state", 2002..=2005), ("class", 2004..=2005)] {
                for year in pairs {
                    let of_pair: Vec<&Transition> = rows.iter().filter(|r| r.kind == kind && r.to_year == year).collect();
                    let total = |y| (0..cells.len()).filter_map(|c| cells.hectares(c, y)).sum::<Exact>();
                    prop_assert_eq!(of_pair.iter().map(|r| r.cells).sum::<usize>(), cells.len());
                    prop_assert_eq!(of_pair.iter().map(|r| r.hectares_before).sum::<Exact>(), total(year - 1));
                    prop_assert_eq!(of_pair.iter().map(|r| r.hectares_after).sum::<Exact>(), total(year));
                }
            }
        }
    }
}
