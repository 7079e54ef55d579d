//! Hectares of each class in protected areas, reserves and community lands, each hectare counted once.
//!
//! Ground that several layers claim goes to the one that was given first. A cell that is only partly inside gives the layer
//! the part of its hectares that the layer has of its ground: coca is taken to be spread evenly over the cell, which is the
//! most that a cell can say. The rest of a cell is `none`, so that the parts are the whole by construction.

use geo::orient::{Direction, Orient};
use geo::{Area, BooleanOps, MultiPolygon, unary_union};
use serde::Serialize;

use super::cells::Cells;
use super::clip::TiledLayers;
use super::rule::Class;
use super::standing::Summary;
use crate::records::Exact;

/// Name of the ground that no layer claims.
pub const NONE: &str = "none";

/// Layers in the order of their priority, made disjoint.
#[derive(Debug, Clone, Default)]
pub struct Overlays {
    names: Vec<String>,
    layers: TiledLayers,
    /// Union of the layers so far.
    taken: Option<MultiPolygon<f64>>,
}

/// Ground and hectares of one class in one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverlayRow {
    /// The layer, or [`NONE`].
    pub overlay: String,
    /// The class.
    pub class: Class,
    /// Ground of the cells of that class inside the layer, in hectares on the ellipsoid.
    pub ground_ha: Exact,
    /// Their hectares of coca in the reference year.
    pub hectares: Exact,
}

impl Overlays {
    /// Adds the next layer: valid polygons in the plane of the cells, which may overlap each other and layers before.
    pub fn add(&mut self, name: String, grounds: &[MultiPolygon<f64>]) {
        // A union takes one direction of rings.
        let grounds: Vec<MultiPolygon<f64>> = grounds.iter().map(|g| g.orient(Direction::Default)).collect();
        let whole = unary_union(&grounds);
        self.taken = Some(match self.taken.take() {
            None => {
                self.layers.add(&whole);
                whole
            }
            Some(taken) => {
                self.layers.add(&whole.difference(&taken));
                taken.union(&whole)
            }
        });
        self.names.push(name);
    }

    /// Whether there is no layer.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Ground and hectares by layer, then `none`, and class. Rows of a class add up to the class.
    pub fn share(&self, cells: &Cells, summary: &Summary) -> Vec<OverlayRow> {
        let names = self.names.iter().map(String::as_str).chain([NONE]);
        let mut rows: Vec<OverlayRow> = names
            .flat_map(|name| Class::ALL.map(|class| (name, class)))
            .map(|(name, class)| OverlayRow {
                overlay: name.to_owned(),
                class,
                ground_ha: Exact::ZERO,
                hectares: Exact::ZERO,
            })
            .collect();
        for (i, (cell, standing)) in cells.all().iter().zip(&summary.standings).enumerate() {
            let coca = cells.hectares(i, summary.year).unwrap_or_default();
            self.add_cell(&mut rows, (&cell.ground, cell.area_ha), standing.class(), coca);
        }
        if let Some(bare) = cells.bare() {
            for cell in bare.cells() {
                let area_ha = bare.area_ha(cell).unwrap_or_default();
                let class = summary.bare[cell.history].class;
                self.add_cell(&mut rows, (&bare.ground(cell), area_ha), class, Exact::ZERO);
            }
        }
        rows
    }

    /// Shares a cell out.
    fn add_cell(
        &self,
        rows: &mut [OverlayRow],
        (ground, area_ha): (&MultiPolygon<f64>, f64),
        class: Class,
        coca: Exact,
    ) {
        let plane = ground.unsigned_area();
        let shares: Vec<f64> = self.layers.shared(ground).into_iter().map(|a| a / plane).collect();
        let column = Class::ALL.iter().position(|c| *c == class).unwrap_or(0);
        let ground = allot(Exact::from_f64(area_ha).unwrap_or_default(), &shares);
        for (layer, (ground, hectares)) in ground.into_iter().zip(allot(coca, &shares)).enumerate() {
            let row = &mut rows[layer * Class::ALL.len() + column];
            row.ground_ha += ground;
            row.hectares += hectares;
        }
    }
}

/// Parts of a total by shares, to the millionth, and what is left of it last.
fn allot(total: Exact, shares: &[f64]) -> Vec<Exact> {
    let mut left = total;
    let mut parts: Vec<Exact> = Vec::with_capacity(shares.len() + 1);
    for share in shares {
        let part = Exact::from_f64(total.to_f64() * share.clamp(0.0, 1.0)).unwrap_or_default().min(left);
        left = left - part;
        parts.push(part);
    }
    parts.push(left);
    parts
}

#[cfg(test)]
mod tests {
    use geo::{Coord, Rect};
    use proptest::prelude::*;

    use super::super::cells::tests::cells;
    use super::super::rule::Rule;
    use super::super::standing::stand;
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
        Rect::new(Coord { x: x0, y: y0 }, Coord { x: x1, y: y1 }).to_polygon().into()
    }

    fn rule() -> Rule {
        Rule::new(2, 1, 1, None).unwrap()
    }

    fn text(rows: &[OverlayRow], overlay: &str, class: Class) -> (String, String) {
        let row = rows.iter().find(|r| r.overlay == overlay && r.class == class).unwrap();
        (row.ground_ha.to_string(), row.hectares.to_string())
    }

    #[test]
    fn ground_that_two_layers_claim_goes_to_the_first() {
        let cells = cells(&[((0, 0), &[Some(8.0), Some(10.0)]), ((5, 0), &[Some(0.0), Some(4.0)])]);
        let summary = stand(&cells, &rule(), 2002).unwrap();
        let mut overlays = Overlays::default();
        // The park has the west half, in two polygons that overlap; the reserve three quarters, of which a quarter is its own.
        overlays.add("park".to_owned(), &[rect(-50.0, -50.0, 400.0, 2000.0), rect(300.0, -50.0, 500.0, 2000.0)]);
        overlays.add("reserve".to_owned(), &[rect(0.0, 0.0, 750.0, 1000.0)]);
        let rows = overlays.share(&cells, &summary);
        assert_eq!(text(&rows, "park", Class::Permanent), ("50".into(), "5".into()));
        assert_eq!(text(&rows, "reserve", Class::Permanent), ("25".into(), "2.5".into()));
        assert_eq!(text(&rows, NONE, Class::Permanent), ("25".into(), "2.5".into()));
        assert_eq!(text(&rows, NONE, Class::New), ("100".into(), "4".into()));
        assert_eq!(text(&rows, "park", Class::New), ("0".into(), "0".into()));
        // The other way round the reserve keeps what the park had.
        let mut other = Overlays::default();
        other.add("reserve".to_owned(), &[rect(0.0, 0.0, 750.0, 1000.0)]);
        other.add("park".to_owned(), &[rect(-50.0, -50.0, 500.0, 2000.0)]);
        let rows = other.share(&cells, &summary);
        assert_eq!(text(&rows, "reserve", Class::Permanent).1, "7.5");
        assert_eq!(text(&rows, "park", Class::Permanent).1, "0");
    }

    #[test]
    fn parts_never_exceed_the_whole() {
        let one = Exact::from_f64(1.0).unwrap();
        let parts = allot(one, &[0.7, 0.7, 1e-9]);
        assert_eq!(parts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.7", "0.3", "0", "0"]);
        assert_eq!(allot(one, &[f64::NAN]), [Exact::ZERO, one]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_are_the_whole_to_the_millionth(
            figures in proptest::collection::vec((0..90_000_000_u32, 0..90_000_000_u32), 1..12),
            layers in proptest::collection::vec(
                proptest::collection::vec((-500.0..9_000.0_f64, -900.0..900.0_f64, 1.0..3_000.0_f64, 1.0..3_000.0_f64), 1..4), 0..4
            ),
        ) {
            let histories: Vec<[Option<f64>; 2]> =
                figures.iter().map(|(a, b)| [Some(f64::from(*a) / 1e6), Some(f64::from(*b) / 1e6)]).collect();
            let named: Vec<_> = histories.iter().enumerate().map(|(i, h)| ((i as i32, 0), h.as_slice())).collect();
            let cells = cells(&named);
            let summary = stand(&cells, &rule(), 2002).unwrap();
            let mut overlays = Overlays::default();
            for (i, boxes) in layers.iter().enumerate() {
                let grounds: Vec<_> = boxes.iter().map(|(x, y, w, h)| rect(*x, *y, x + w, y + h)).collect();
                overlays.add(format!("layer {i}"), &grounds);
            }
            let rows = overlays.share(&cells, &summary);
            for total in &summary.classes {
                let of_class = || rows.iter().filter(|r| r.class == total.class);
                prop_assert_eq!(of_class().map(|r| r.hectares).sum::<Exact>(), total.hectares);
                prop_assert_eq!(of_class().map(|r| r.ground_ha).sum::<Exact>(), Exact::from_whole(100 * total.cells as i64));
            }
            // The layers are disjoint: what they hold of the cells is what their union holds.
            let union = unary_union(&layers.iter().flatten().map(|(x, y, w, h)| rect(*x, *y, x + w, y + h)).collect::<Vec<_>>());
            let strip = rect(0.0, 0.0, cells.len() as f64 * 1000.0, 1000.0);
            let held: f64 = rows.iter().filter(|r| r.overlay != NONE).map(|r| r.ground_ha.to_f64()).sum();
            prop_assert!((held - union.intersection(&strip).unsigned_area() / 1e4).abs() < 0.01);
        }
    }
}
