//! Clusters of dense, lasting cells: what the census calls enclaves.
//!
//! A cell is of the core when it is permanent and was dense (`dense_ha` hectares for each square kilometre, or more) in at
//! least `dense_years` years of the window. Cells of the core that touch by a side or a corner are one cluster. Cells of
//! any grid count as touching when their centres are at most one and a half sides apart along both axes of the plane: on a
//! lattice these are the eight neighbours, and a grid that is slightly turned or stretched keeps them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::Cells;
use super::rule::Class;
use super::standing::Summary;
use crate::records::Exact;

/// Which cells make a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Core {
    /// Hectares of coca for each square kilometre, or more.
    pub dense_ha: f64,
    /// In so many years of the window.
    pub dense_years: usize,
    /// Cells of a cluster, or more.
    pub min_cells: usize,
}

/// A cluster of dense, lasting cells. Numbered by hectares, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Enclave {
    /// Its number, from 1.
    pub cluster: usize,
    /// Its cells.
    pub cells: usize,
    /// Their ground on the ellipsoid, in square kilometres.
    pub area_km2: f64,
    /// Hectares of coca in the reference year.
    pub hectares: Exact,
    /// Part of the hectares of all cells in the reference year; `None` where these are zero.
    pub share: Option<f64>,
    /// Hectares for each square kilometre in the reference year.
    pub density: f64,
}

/// Finds the clusters, and the cluster's number of each cell that is in one.
pub fn enclaves(cells: &Cells, summary: &Summary, core: &Core) -> (Vec<Enclave>, Vec<Option<usize>>) {
    let members: Vec<usize> = (0..cells.len()).filter(|cell| is_core(cells, summary, core, *cell)).collect();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (member, root) in members.iter().zip(roots(cells, &members)) {
        groups.entry(root).or_default().push(*member);
    }
    let hectares = |group: &[usize]| group.iter().filter_map(|c| cells.hectares(*c, summary.year)).sum::<Exact>();
    let mut groups: Vec<(Exact, Vec<usize>)> = groups
        .into_values()
        .filter(|group| group.len() >= core.min_cells)
        .map(|group| (hectares(&group), group))
        .collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut cluster_of = vec![None; cells.len()];
    let total = summary.hectares.to_f64();
    let enclave = |(i, (hectares, group)): (usize, &(Exact, Vec<usize>))| {
        group.iter().for_each(|cell| cluster_of[*cell] = Some(i + 1));
        let area_km2 = group.iter().map(|c| cells.all()[*c].area_ha).sum::<f64>() / 100.0;
        Enclave {
            cluster: i + 1,
            cells: group.len(),
            area_km2,
            hectares: *hectares,
            share: (total > 0.0).then(|| hectares.to_f64() / total),
            density: hectares.to_f64() / area_km2,
        }
    };
    (groups.iter().enumerate().map(enclave).collect(), cluster_of)
}

fn is_core(cells: &Cells, summary: &Summary, core: &Core, cell: usize) -> bool {
    let dense = |year: &i32| cells.density(cell, *year).is_some_and(|density| density >= core.dense_ha);
    summary.standings[cell].class() == Class::Permanent
        && (summary.from..=summary.year).filter(dense).count() >= core.dense_years
}

/// The smallest number, among the members, of the cells that each is connected with.
fn roots(cells: &Cells, members: &[usize]) -> Vec<usize> {
    let reach = 1.5 * cells.typical_side_m();
    let centres: Vec<_> = members.iter().map(|cell| cells.all()[*cell].centre()).collect();
    let bin = |v: f64| (v / reach).floor() as i64;
    let mut bins: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (i, centre) in centres.iter().enumerate() {
        bins.entry((bin(centre.x), bin(centre.y))).or_default().push(i);
    }
    let mut parents: Vec<usize> = (0..members.len()).collect();
    for (i, centre) in centres.iter().enumerate() {
        let around = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy)));
        let near = around.filter_map(|(dx, dy)| bins.get(&(bin(centre.x) + dx, bin(centre.y) + dy)));
        for j in near.flatten().copied().filter(|j| *j < i) {
            if (centre.x - centres[j].x).abs() <= reach && (centre.y - centres[j].y).abs() <= reach {
                let (a, b) = (root(&mut parents, i), root(&mut parents, j));
                parents[a.max(b)] = a.min(b);
            }
        }
    }
    (0..members.len()).map(|i| root(&mut parents, i)).collect()
}

/// The root of a member, with the way to it halved.
fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::cells::tests::{Placed, cell, cells, known};
    use super::super::rule::Rule;
    use super::super::standing::stand;
    use super::*;

    const DENSE: [Option<f64>; 3] = [Some(5.0), Some(5.0), Some(6.0)];
    const THIN: [Option<f64>; 3] = [Some(1.0), Some(5.0), Some(1.0)];
    const GONE: [Option<f64>; 3] = [Some(9.0), Some(9.0), Some(0.0)];

    fn find(places: &[Placed<'_>], min_cells: usize) -> (Vec<Enclave>, Vec<Option<usize>>) {
        let cells = cells(places);
        let summary = stand(&cells, &Rule::new(3, 1, 1, None).unwrap(), 2003).unwrap();
        enclaves(&cells, &summary, &Core { dense_ha: 5.0, dense_years: 2, min_cells })
    }

    #[test]
    fn cells_that_touch_by_a_corner_are_one_cluster_and_a_gap_parts_them() {
        let places: [Placed<'_>; 7] = [
            ((9, 9), &DENSE),
            ((0, 0), &DENSE),
            ((1, 1), &DENSE),
            ((1, 2), &DENSE),
            ((3, 1), &DENSE),
            ((2, 1), &THIN),
            ((2, 2), &GONE),
        ];
        let (found, cluster_of) = find(&places, 1);
        assert_eq!(cluster_of, [Some(2), Some(1), Some(1), Some(1), Some(3), None, None]);
        assert_eq!(found.iter().map(|e| e.cells).collect::<Vec<_>>(), [3, 1, 1]);
        assert_eq!((found[0].hectares.to_string(), found[0].area_km2, found[0].density), ("18".into(), 3.0, 6.0));
        assert_eq!(found[0].share, Some(18.0 / 31.0));
        let (found, cluster_of) = find(&places, 2);
        assert_eq!((found.len(), cluster_of[0]), (1, None));
    }

    /// A census grid in another projection lies askew in the plane of the cells.
    #[test]
    fn neighbours_of_a_turned_grid_stay_neighbours() {
        use geo::{MapCoords, coord};
        let (sin, cos) = 5.0_f64.to_radians().sin_cos();
        let turned = |places: &[(i32, i32)]| {
            let mut all = Cells::of_years(2001..=2003);
            for (east, north) in places {
                let mut one = cell(*east, *north);
                one.ground = one.ground.map_coords(|c| coord! { x: c.x * cos - c.y * sin, y: c.x * sin + c.y * cos });
                all.push(one, &known(&DENSE));
            }
            let summary = stand(&all, &Rule::new(3, 1, 1, None).unwrap(), 2003).unwrap();
            enclaves(&all, &summary, &Core { dense_ha: 5.0, dense_years: 2, min_cells: 1 }).0.len()
        };
        assert_eq!(turned(&[(10, 0), (11, 1), (12, 1), (12, 2), (11, 3)]), 1);
        assert_eq!(turned(&[(10, 0), (12, 0), (10, 2)]), 3);
    }

    #[test]
    fn a_ring_closes_into_one_cluster_whatever_its_order() {
        let mut ring: Vec<(i32, i32)> = (0..5).flat_map(|i| [(i, 0), (i, 4), (0, i), (4, i)]).collect();
        ring.sort_unstable_by_key(|(x, y)| (x * 7 + y * 11) % 13);
        ring.dedup();
        let mut seen = std::collections::BTreeSet::new();
        ring.retain(|place| seen.insert(*place));
        let places: Vec<_> = ring.iter().map(|place| (*place, DENSE.as_slice())).collect();
        let (found, _) = find(&places, 16);
        assert_eq!((found.len(), found[0].cells), (1, 16));
    }
}
