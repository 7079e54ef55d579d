//! What totals give back: the attack of a reader who subtracts.
//!
//! Municipalities that share a shown cell go together, as its hectares are known for both only. Of such a group the totals less
//! its shown cells are what its withheld cells hold; where that is one cell, it is revealed. Coca outside every municipality
//! can only make the remainder look smaller.

use std::collections::{BTreeMap, BTreeSet};

use geo::{Coord, MultiPolygon, Rect};

use super::facts::Facts;
use super::{Finding, Rule, Settings};
use crate::permanence::clip::TiledLayers;
use crate::territory::{CellIndex, CellLattice};

/// A remainder of so many hectares is none: figures are rounded, and borders snapped.
const NOTHING_HA: f64 = 0.02;
/// Ground of a cell in a municipality that could hide coca, in square metres.
const ROOM_M2: f64 = 5000.0;
/// A cell so near to a municipality, in metres, may share coca with it: borders are snapped, and pixels have a width.
const NEAR_M: f64 = 16.0;

/// The cells of a municipality.
#[derive(Default)]
struct Neighbourhood {
    /// Cells that may share coca with it.
    near: BTreeSet<CellIndex>,
    /// Ground of cells in it, in square metres.
    ground: BTreeMap<CellIndex, f64>,
}

/// Looks for withheld cells and municipalities that follow from what is published. `grounds` are the municipalities of
/// [`Facts::grounds`] in the plane of the cells.
pub fn revealed(facts: &Facts, grounds: &BTreeMap<String, MultiPolygon<f64>>, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let around = neighbourhoods(facts, grounds, settings.lattice);
    let years: BTreeSet<i32> = facts.cells.keys().map(|(_, year)| *year).collect();
    for year in years {
        // A municipality by itself: cells that it shares make its remainder look smaller, never larger.
        let alone = around.keys().map(|code| vec![code.clone()]);
        let known = |g: &Vec<String>| facts.municipalities.contains_key(&(g[0].clone(), year));
        let found: BTreeMap<String, Finding> = groups(facts, &around, year)
            .into_iter()
            .chain(alone.filter(known))
            .filter_map(|group| revealed_cell(facts, &around, (&group, year), settings))
            .map(|finding| (finding.place.clone(), finding))
            .collect();
        findings.extend(found.into_values());
    }
    findings.extend(revealed_municipalities(facts));
    findings
}

fn neighbourhoods(
    facts: &Facts,
    grounds: &BTreeMap<String, MultiPolygon<f64>>,
    lattice: CellLattice,
) -> BTreeMap<String, Neighbourhood> {
    let mut layers = TiledLayers::default();
    grounds.values().for_each(|ground| layers.add(ground));
    let codes: Vec<&String> = grounds.keys().collect();
    let mut around: BTreeMap<String, Neighbourhood> =
        codes.iter().map(|code| ((*code).clone(), Neighbourhood::default())).collect();
    let cells: BTreeSet<CellIndex> = facts.cells.keys().map(|(cell, _)| *cell).collect();
    for cell in cells {
        let ((x, y), side) = (lattice.corner(cell), lattice.side_m());
        let square = |wider: f64| -> MultiPolygon<f64> {
            let (low, high) =
                (Coord { x: x - wider, y: y - wider }, Coord { x: x + side + wider, y: y + side + wider });
            Rect::new(low, high).to_polygon().into()
        };
        for (layer, area) in layers.met(&square(NEAR_M)) {
            if area > 0.0 {
                around.entry(codes[layer].clone()).or_default().near.insert(cell);
            }
        }
        for (layer, area) in layers.met(&square(0.0)) {
            around.entry(codes[layer].clone()).or_default().ground.insert(cell, area);
        }
    }
    around
}

/// Municipalities with a total of the year that shown cells bind together; none that is bound to one without.
fn groups(facts: &Facts, around: &BTreeMap<String, Neighbourhood>, year: i32) -> Vec<Vec<String>> {
    let codes: Vec<&String> = around.keys().collect();
    let mut group: Vec<usize> = (0..codes.len()).collect();
    let shown = |cell: &CellIndex| facts.cells.get(&(*cell, year)).is_some_and(|f| f.mapped_ha.is_some());
    let mut first: BTreeMap<CellIndex, usize> = BTreeMap::new();
    for (i, code) in codes.iter().enumerate() {
        for cell in around[*code].near.iter().filter(|c| shown(c)) {
            let other = *first.entry(*cell).or_insert(i);
            let (a, b) = (group[other], group[i]);
            group.iter_mut().filter(|g| **g == b).for_each(|g| *g = a);
        }
    }
    let mut members: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    codes.iter().zip(&group).for_each(|(code, g)| members.entry(*g).or_default().push((*code).clone()));
    let known = |code: &String| facts.municipalities.contains_key(&(code.clone(), year));
    members.into_values().filter(|of| of.iter().all(known)).collect()
}

fn revealed_cell(
    facts: &Facts,
    around: &BTreeMap<String, Neighbourhood>,
    (group, year): (&[String], i32),
    settings: &Settings,
) -> Option<Finding> {
    let total: f64 = group.iter().filter_map(|code| facts.municipalities.get(&(code.clone(), year))).sum();
    let figure = |cell: &CellIndex| facts.cells.get(&(*cell, year));
    let near: BTreeSet<CellIndex> = group.iter().flat_map(|code| &around[code].near).copied().collect();
    let shown: f64 = near.iter().filter_map(|c| figure(c)?.mapped_ha).sum();
    // Ground that nobody saw hides nothing. Where in the cell the observed part lies is not published.
    let room = |(cell, area): &(&CellIndex, &f64)| {
        let seen = figure(cell).and_then(|f| f.observed_share).unwrap_or(1.0) * settings.lattice.side_m().powi(2);
        area.min(seen) >= ROOM_M2
    };
    let roomy = group.iter().flat_map(|code| &around[code].ground).filter(room).map(|(cell, _)| *cell);
    let withheld: BTreeSet<CellIndex> = roomy.filter(|c| figure(c).is_some_and(|f| f.mapped_ha.is_none())).collect();
    let mut withheld = withheld.into_iter();
    let (Some(cell), None) = (withheld.next(), withheld.next()) else { return None };
    let rest = total - shown;
    (rest > NOTHING_HA).then(|| Finding {
        file: "(all files)".to_owned(),
        place: format!("{}, {year}", settings.lattice.name(cell)),
        rule: Rule::RevealedCell,
        what: format!(
            "{} has {total:.4} ha, its shown cells {shown:.4}: {rest:.4} ha or more are left for it",
            group.join("+")
        ),
    })
}

/// Withheld municipalities that are the only ones of their department, or of all, with a total.
fn revealed_municipalities(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((level, code, year), total) in &facts.totals {
        let inside = |m: &str| level == "country" || m.starts_with(code.as_str());
        let withheld: Vec<&str> =
            facts.withheld.iter().filter(|(m, y)| y == year && inside(m)).map(|(m, _)| m.as_str()).collect();
        let shown = facts.municipalities.iter().filter(|((m, y), _)| y == year && inside(m));
        let rest = total - shown.map(|(_, ha)| ha).sum::<f64>();
        if let [one] = withheld.as_slice()
            && rest > NOTHING_HA
        {
            findings.push(Finding {
                file: "(all files)".to_owned(),
                place: format!("municipality {one}, {year}"),
                rule: Rule::RevealedMunicipality,
                what: format!("{level} {code} has {total:.4} ha: {rest:.4} ha are left for it"),
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::check::facts::CellFact;

    const LATTICE: CellLattice = CellLattice::KILOMETRE;

    fn ground(x0: f64, x1: f64) -> MultiPolygon<f64> {
        Rect::new(Coord { x: x0, y: 0.0 }, Coord { x: x1, y: 1000.0 }).to_polygon().into()
    }

    /// Cells in a row over two municipalities that meet at `border`.
    fn facts(border: f64, cells: &[Option<f64>], totals: [f64; 2]) -> (Facts, BTreeMap<String, MultiPolygon<f64>>) {
        let mut facts = Facts::default();
        for (i, mapped_ha) in cells.iter().enumerate() {
            let cell = CellIndex { north: 0, east: i as i32 };
            facts.add_cell(
                cell,
                2024,
                CellFact { lots: mapped_ha.map(|_| 9.0), mapped_ha: *mapped_ha, observed_share: None },
            );
        }
        let codes = ["05001", "05002"].map(str::to_owned);
        for (code, ha) in codes.iter().zip(totals) {
            facts.municipalities.insert((code.clone(), 2024), ha);
        }
        let grounds = [ground(0.0, border), ground(border, 1000.0 * cells.len() as f64)];
        (facts, codes.into_iter().zip(grounds).collect())
    }

    fn places(border: f64, cells: &[Option<f64>], totals: [f64; 2]) -> Vec<String> {
        let (facts, grounds) = facts(border, cells, totals);
        let settings = Settings { lattice: LATTICE, ..Settings::default() };
        revealed(&facts, &grounds, &settings).into_iter().map(|f| f.place).collect()
    }

    #[test]
    fn a_lone_withheld_cell_is_found() {
        let cells = [Some(9.0), None, Some(7.0), Some(8.0), Some(5.0)];
        assert_eq!(places(3000.0, &cells, [18.0, 13.0]), ["1kmN0E1, 2024"]);
        // Nothing is left for it: it has no coca, and nobody is shown.
        assert_eq!(places(3000.0, &cells, [16.0, 13.0]), [""; 0]);
        // A second one hides it.
        assert_eq!(places(3000.0, &[Some(9.0), None, None, Some(8.0), Some(5.0)], [18.0, 13.0]), [""; 0]);
    }

    #[test]
    fn a_cell_that_nobody_saw_hides_nothing() {
        let (mut facts, grounds) = facts(3000.0, &[Some(9.0), None, None, Some(8.0), Some(5.0)], [18.0, 13.0]);
        let mut found = |share: f64| {
            facts.cells.get_mut(&(CellIndex { north: 0, east: 2 }, 2024)).unwrap().observed_share = Some(share);
            revealed(&facts, &grounds, &Settings::default()).len()
        };
        assert_eq!((found(0.5), found(0.0)), (0, 1));
    }

    #[test]
    fn a_shown_cell_over_the_border_binds_its_municipalities() {
        // The third cell lies in both: only their sum is known, and the second cell is alone in it.
        let cells = [Some(9.0), None, Some(7.0), Some(8.0)];
        assert_eq!(places(2500.0, &cells, [15.0, 11.0]), ["1kmN0E1, 2024"]);
        let both = [Some(9.0), None, Some(7.0), None];
        assert_eq!(places(2500.0, &both, [15.0, 6.5]), [""; 0]);
        // Whatever the shared cell has in the east, the last cell has 4 ha or more, and nobody else can.
        assert_eq!(places(2500.0, &both, [15.0, 11.0]), ["1kmN0E3, 2024"]);
    }

    #[test]
    fn a_lone_withheld_municipality_is_found() {
        let (mut facts, grounds) = facts(2000.0, &[Some(9.0), Some(9.0), None, None], [18.0, 3.0]);
        facts.municipalities.remove(&("05002".to_owned(), 2024));
        facts.withheld.insert(("05002".to_owned(), 2024));
        facts.totals.insert(("department".to_owned(), "05".to_owned(), 2024), 21.0);
        let found = revealed(&facts, &grounds, &Settings::default());
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::RevealedMunicipality]);
    }
}
