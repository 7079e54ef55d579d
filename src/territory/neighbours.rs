//! Which municipalities share a border, and how long it is.
//!
//! Two municipalities are neighbours where their outlines run beside each other, nearer than a gap, for more than a
//! least length: contiguity by shared border ("rook"), not by a shared point ("queen"; Anselin 1988, Spatial
//! Econometrics, section 3.1). The gap lets polygons that were digitised or rounded apart be neighbours; a corner where
//! four municipalities meet makes none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geo::{Coord, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};
use serde::Serialize;

use super::MunicipalityCode;

/// What counts as a shared border.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BorderRule {
    /// Greatest distance of two outlines that run beside each other, metres.
    pub gap_m: f64,
    /// Least length of a shared border, metres.
    pub least_m: f64,
}

impl Default for BorderRule {
    /// A gap of 1 m, which covers coordinates rounded to six decimals of a degree, and a border of at least 10 m.
    fn default() -> Self {
        Self { gap_m: 1.0, least_m: 10.0 }
    }
}

/// Municipalities and their neighbours. Symmetric: `b` is a neighbour of `a` where `a` is one of `b`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    /// Of every municipality known, its neighbours with the length of the border in metres, where it is known.
    of: BTreeMap<MunicipalityCode, BTreeMap<MunicipalityCode, Option<f64>>>,
}

impl Neighbours {
    /// From a list of pairs, in any order; `codes` are known too, even without a neighbour.
    pub fn from_pairs(
        codes: impl IntoIterator<Item = MunicipalityCode>,
        pairs: impl IntoIterator<Item = (MunicipalityCode, MunicipalityCode, Option<f64>)>,
    ) -> Self {
        let mut found = Self::default();
        for code in codes {
            found.of.entry(code).or_default();
        }
        for (a, b, metres) in pairs {
            found.of.entry(a.clone()).or_default().insert(b.clone(), metres);
            found.of.entry(b).or_default().insert(a, metres);
        }
        found
    }

    /// Whether the municipality's neighbours are known, be they none.
    pub fn knows(&self, code: &MunicipalityCode) -> bool {
        self.of.contains_key(code)
    }

    /// The neighbours of a municipality; `None` where it is not known.
    pub fn of(&self, code: &MunicipalityCode) -> Option<impl ExactSizeIterator<Item = &MunicipalityCode>> {
        self.of.get(code).map(|others| others.keys())
    }

    /// Every pair once, the smaller code first, with the length of its border in metres.
    pub fn pairs(&self) -> impl Iterator<Item = (&MunicipalityCode, &MunicipalityCode, Option<f64>)> {
        let each = |(a, others)| -> Vec<_> {
            let others: &BTreeMap<MunicipalityCode, Option<f64>> = others;
            others.iter().filter(|(b, _)| a < *b).map(|(b, metres)| (a, b, *metres)).collect()
        };
        self.of.iter().flat_map(each)
    }

    /// Municipalities known to have no neighbour: islands.
    pub fn alone(&self) -> BTreeSet<&MunicipalityCode> {
        self.of.iter().filter(|(_, others)| others.is_empty()).map(|(code, _)| code).collect()
    }
}

/// An edge of a municipality's outline; longitude and latitude.
struct Edge {
    owner: u32,
    from: Coord<f64>,
    to: Coord<f64>,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners([self.from.x, self.from.y], [self.to.x, self.to.y])
    }
}

/// Metres per degree of longitude and of latitude on the WGS 84 ellipsoid.
fn metres_per_degree(lat: f64) -> [f64; 2] {
    const A: f64 = 6_378_137.0;
    const E2: f64 = 0.006_694_379_990_141_317;
    let (sin, cos) = lat.to_radians().sin_cos();
    let w2 = 1.0 - E2 * sin * sin;
    let degree = std::f64::consts::PI / 180.0;
    [degree * A * cos / w2.sqrt(), degree * A * (1.0 - E2) / (w2 * w2.sqrt())]
}

/// The part of `edge`, in metres from its start, that `other` runs beside, nearer than `gap`; `None` where none does.
fn beside(edge: &Edge, other: &Edge, scale: [f64; 2], gap: f64) -> Option<(f64, f64)> {
    let metres = |c: Coord<f64>| [(c.x - edge.from.x) * scale[0], (c.y - edge.from.y) * scale[1]];
    let d = metres(edge.to);
    let length = d[0].hypot(d[1]);
    let along = |p: [f64; 2]| (p[0] * d[0] + p[1] * d[1]) / length;
    let aside = |p: [f64; 2]| (d[0] * p[1] - d[1] * p[0]) / length;
    let (p, q) = (metres(other.from), metres(other.to));
    let (u, v) = ([along(p), along(q)], [aside(p), aside(q)]);
    let (mut low, mut high) = (u[0].min(u[1]).max(0.0), u[0].max(u[1]).min(length));
    if low >= high || u[0] == u[1] {
        return None;
    }
    // The distance aside is linear along the edge: `v = v0 + slope (at - u0)`, and must stay within the gap.
    let slope = (v[1] - v[0]) / (u[1] - u[0]);
    if slope == 0.0 {
        return (v[0].abs() <= gap).then_some((low, high));
    }
    let at = |aside: f64| u[0] + (aside - v[0]) / slope;
    let (one, two) = (at(-gap), at(gap));
    (low, high) = (low.max(one.min(two)), high.min(one.max(two)));
    (low < high).then_some((low, high))
}

/// Finds the municipalities that share a border. `grounds` are in longitude and latitude; about 0.2 s for 200,000 edges.
pub fn shared_borders(grounds: &[(MunicipalityCode, &MultiPolygon<f64>)], rule: BorderRule) -> Neighbours {
    let mut edges = Vec::new();
    for (owner, (_, ground)) in grounds.iter().enumerate() {
        let rings = ground.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let lines = rings.flat_map(|ring| ring.lines()).filter(|line| line.start != line.end);
        edges.extend(lines.map(|line| Edge { owner: owner as u32, from: line.start, to: line.end }));
    }
    let tree = RTree::bulk_load(edges);
    let mut lengths: HashMap<(u32, u32), f64> = HashMap::new();
    let mut parts: Vec<(u32, f64, f64)> = Vec::new();
    for edge in &tree {
        let scale = metres_per_degree(0.5 * (edge.from.y + edge.to.y));
        let reach = [rule.gap_m / scale[0], rule.gap_m / scale[1]];
        let (low, high) = (edge.envelope().lower(), edge.envelope().upper());
        let around =
            AABB::from_corners([low[0] - reach[0], low[1] - reach[1]], [high[0] + reach[0], high[1] + reach[1]]);
        parts.clear();
        for other in tree.locate_in_envelope_intersecting(&around).filter(|o| o.owner != edge.owner) {
            parts.extend(beside(edge, other, scale, rule.gap_m).map(|(from, to)| (other.owner, from, to)));
        }
        add_lengths(edge.owner, &mut parts, &mut lengths);
    }
    let code = |owner: u32| grounds[owner as usize].0.clone();
    let side = |a, b| lengths.get(&(a, b)).copied().unwrap_or_default();
    let pairs = lengths.keys().filter(|(a, b)| a < b).filter_map(|(a, b)| {
        // Seen from either side the border is as long, but for the gap.
        let metres = 0.5 * (side(*a, *b) + side(*b, *a));
        (metres >= rule.least_m).then(|| (code(*a), code(*b), Some(metres)))
    });
    Neighbours::from_pairs(grounds.iter().map(|(code, _)| code.clone()), pairs)
}

/// Adds the parts of one edge that lie beside each other municipality; what two of its edges lie beside counts once.
fn add_lengths(owner: u32, parts: &mut [(u32, f64, f64)], lengths: &mut HashMap<(u32, u32), f64>) {
    parts.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap_or(std::cmp::Ordering::Equal));
    let (mut of, mut reached) = (None, 0.0_f64);
    for (other, from, to) in parts.iter().copied() {
        if of != Some(other) {
            (of, reached) = (Some(other), 0.0);
        }
        let new = to - from.max(reached);
        if new > 0.0 {
            *lengths.entry((owner, other)).or_default() += new;
            reached = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rect, polygon};

    fn code(n: u32) -> MunicipalityCode {
        MunicipalityCode::parse(&format!("{n:05}")).unwrap()
    }

    fn square(x: f64, y: f64) -> MultiPolygon<f64> {
        MultiPolygon::new(vec![Rect::new(Coord { x, y }, Coord { x: x + 1.0, y: y + 1.0 }).to_polygon()])
    }

    fn found(grounds: &[MultiPolygon<f64>], rule: BorderRule) -> Vec<(u32, u32, f64)> {
        let named: Vec<_> = grounds.iter().enumerate().map(|(i, g)| (code(10_001 + i as u32), g)).collect();
        let number = |c: &MunicipalityCode| c.as_str().parse::<u32>().unwrap() - 10_001;
        shared_borders(&named, rule).pairs().map(|(a, b, m)| (number(a), number(b), m.unwrap())).collect()
    }

    /// pyproj 3 Geod(ellps="WGS84"): from (1, 0) to (1, 1) 110,574.3886 m, from (0, 1) to (1, 1) 111,302.6493 m.
    #[test]
    fn sides_are_shared_and_corners_are_not() {
        let four = [square(0.0, 0.0), square(1.0, 0.0), square(0.0, 1.0), square(1.0, 1.0)];
        let pairs = found(&four, BorderRule::default());
        let names: Vec<(u32, u32)> = pairs.iter().map(|p| (p.0, p.1)).collect();
        assert_eq!(names, [(0, 1), (0, 2), (1, 3), (2, 3)]);
        assert!((pairs[0].2 - 110_574.388_6).abs() < 2.0, "{pairs:?}");
        assert!((pairs[1].2 - 111_302.649_3).abs() < 2.0, "{pairs:?}");
    }

    #[test]
    fn a_gap_is_bridged_up_to_the_rule_and_no_vertex_need_be_shared() {
        // 1e-6 of a degree is 0.11 m; the second side has a vertex that the first has not.
        let beside = |gap: f64| {
            MultiPolygon::new(vec![polygon![
                (x: 1.0 + gap, y: 0.2), (x: 2.0, y: 0.2), (x: 2.0, y: 0.8), (x: 1.0 + gap, y: 0.8), (x: 1.0 + 0.5 * gap, y: 0.37)
            ]])
        };
        let pairs = found(&[square(0.0, 0.0), beside(1e-6)], BorderRule::default());
        assert!(pairs.len() == 1 && (pairs[0].2 - 0.6 * 110_574.4).abs() < 2.0, "{pairs:?}");
        assert!(found(&[square(0.0, 0.0), beside(1e-4)], BorderRule::default()).is_empty());
        let wide = BorderRule { gap_m: 20.0, least_m: 100.0 };
        assert_eq!(found(&[square(0.0, 0.0), beside(1e-4)], wide).len(), 1);
    }

    #[test]
    fn a_tip_that_touches_a_side_is_no_border() {
        let tip = MultiPolygon::new(vec![polygon![(x: 1.0, y: 0.5), (x: 1.5, y: 0.3), (x: 1.5, y: 0.9)]]);
        assert!(found(&[square(0.0, 0.0), tip.clone()], BorderRule::default()).is_empty());
        // It lies within the gap for some metres, which only the least length leaves out.
        let any = BorderRule { least_m: 0.0, ..BorderRule::default() };
        let pairs = found(&[square(0.0, 0.0), tip], any);
        assert!(pairs.len() == 1 && pairs[0].2 < 5.0, "{pairs:?}");
    }

    #[test]
    fn a_hole_borders_on_what_fills_it() {
        let inside = Rect::new(Coord { x: 0.4, y: 0.4 }, Coord { x: 0.6, y: 0.6 }).to_polygon();
        let ring = geo::Polygon::new(square(0.0, 0.0).0[0].exterior().clone(), vec![inside.exterior().clone()]);
        let pairs = found(&[MultiPolygon::new(vec![ring]), MultiPolygon::new(vec![inside])], BorderRule::default());
        // Two meridian sides of 0.2 degrees, parallels of 0.2 degrees at latitudes 0.4 and 0.6.
        let round = 0.4 * 110_574.4 + 0.2 * (111_316.8 + 111_313.4);
        assert!(pairs.len() == 1 && (pairs[0].2 - round).abs() < 5.0, "{pairs:?} {round}");
    }

    #[test]
    fn pairs_are_symmetric_and_islands_are_known() {
        let near = Neighbours::from_pairs([code(88001)], [(code(2), code(1), None)]);
        assert_eq!(near.of(&code(1)).unwrap().collect::<Vec<_>>(), [&code(2)]);
        assert_eq!(near.of(&code(2)).unwrap().len(), 1);
        assert_eq!(near.alone(), BTreeSet::from([&code(88001)]));
        assert!(!near.knows(&code(3)) && near.of(&code(3)).is_none());
    }
}
