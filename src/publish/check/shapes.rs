//! Features: municipalities, cells of the lattice, and what is neither.

use std::collections::BTreeSet;

use geo::{CoordsIter, GeodesicArea, LineString, MultiPolygon, Polygon};
use serde_json::Value;

use super::Rule;
use super::document::{Geometry, Layer, Shape};
use super::records::Seen;
use crate::publish::snap::{BORDER_DECIMALS, CELL_DECIMALS, has_decimals};
use crate::territory::{CellIndex, CellLattice};

/// A corner may lie so far from the lattice's, in metres: six decimals of a degree are 0.1 m.
const CORNER_M: f64 = 0.5;
/// Cells of the plane are up to some per cent smaller on the ellipsoid.
const CELL_SHARE: f64 = 0.95;
/// Fields that hold a municipality's code.
const CODES: [&str; 6] = ["municipality_code", "mpio_ccnct", "mpio_cdpmp", "mpios", "codmpio", "code"];

impl Seen<'_> {
    pub(super) fn layer(&mut self, layer: &Layer) {
        if let Some(crs) = &layer.other_crs {
            self.find(Rule::OtherCrs, &named(layer, "layer"), crs);
        }
        let columns: BTreeSet<&str> =
            layer.shapes.iter().flat_map(|s| s.fields.iter().map(|(n, _)| n.as_str())).collect();
        columns.into_iter().for_each(|name| self.column(&named(layer, "fields"), name));
        let mut codes = BTreeSet::new();
        for shape in &layer.shapes {
            self.facts.examined.features += 1;
            let place = named(layer, &format!("feature {}", shape.number));
            let texts: Vec<(&str, String)> = shape.fields.iter().map(|(n, v)| (n.as_str(), text_of(v))).collect();
            let fields: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (*n, t.as_str())).collect();
            let cell = self.record(&place, &fields);
            self.geometry(&place, (shape, cell), layer.other_crs.is_none(), &mut codes);
        }
    }

    fn geometry(
        &mut self,
        place: &str,
        (shape, cell): (&Shape, Option<CellIndex>),
        snapped: bool,
        codes: &mut BTreeSet<String>,
    ) {
        let ground = match &shape.geometry {
            Geometry::Missing => return,
            Geometry::Other(kind) => return self.find(Rule::PointOrLine, place, kind),
            Geometry::Ground(ground) => ground,
        };
        let on_lattice = shape.plane.and_then(|corners| lattice_cell(corners, self.settings.lattice));
        let code = code_of(shape).filter(|_| on_lattice.is_none() && cell.is_none());
        let fine = on_lattice.is_some() || is_cell(shape) || self.is_lot_of_reason(shape);
        let decimals = if fine { CELL_DECIMALS } else { BORDER_DECIMALS };
        if snapped
            && let Some(c) = ground.coords_iter().find(|c| !has_decimals(c.x, decimals) || !has_decimals(c.y, decimals))
        {
            self.find(Rule::Decimals, place, &format!("{} {} has more than {decimals} decimals", c.x, c.y));
        }
        match (on_lattice, code) {
            (Some(found), _) if cell.is_some_and(|cell| cell != found) => {
                self.find(Rule::OffLattice, place, &format!("its polygon is {}", self.settings.lattice.name(found)));
            }
            (Some(_), _) => {}
            (None, Some(code)) => {
                if !codes.insert(code.clone()) {
                    self.find(Rule::Lot, place, &format!("a second polygon of municipality {code}"));
                }
                if snapped && ground.coords_iter().all(|c| near_colombia(c.x, c.y)) {
                    self.facts.grounds.insert(code, ground.clone());
                } else {
                    self.find(Rule::OtherCrs, place, "no ground of Colombia in longitude and latitude");
                }
            }
            (None, None) => self.neither(place, shape, ground),
        }
    }

    /// A polygon that is no municipality and no cell of the lattice.
    fn neither(&mut self, place: &str, shape: &Shape, ground: &MultiPolygon<f64>) {
        if is_cell(shape) {
            return self.find(Rule::OffLattice, place, "its polygon is no cell of the lattice");
        }
        if self.is_lot_of_reason(shape) {
            self.facts.examined.lots += 1;
            return;
        }
        let least = CELL_SHARE * self.settings.lattice.side_m().powi(2) / 1e4;
        let rings = ground.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let smallest = rings.map(ring_ha).fold(f64::INFINITY, f64::min);
        if !smallest.is_finite() {
            self.find(Rule::Lot, place, "a polygon whose ground cannot be computed");
        } else if is_lot(shape) {
            self.find(Rule::LotsWithoutReason, place, &format!("a lot of {smallest:.2} ha"));
        } else if smallest < least {
            self.find(Rule::Lot, place, &format!("a ring of {smallest:.2} ha, cells have {:.0}", least / CELL_SHARE));
        }
    }

    fn is_lot_of_reason(&self, shape: &Shape) -> bool {
        self.settings.lots_reason.is_some() && self.file == "lots.geojson" && is_lot(shape)
    }
}

/// Whether a place can be put on the plane of the lattice, with Colombia's islands.
fn near_colombia(lon: f64, lat: f64) -> bool {
    (-90.0..=-60.0).contains(&lon) && (-10.0..=20.0).contains(&lat)
}

/// Whether it says that it is a cell.
fn is_cell(shape: &Shape) -> bool {
    shape.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("cell"))
}

fn is_lot(shape: &Shape) -> bool {
    shape.fields.iter().any(|(name, _)| name == "lot")
}

fn named(layer: &Layer, place: &str) -> String {
    if layer.name.is_empty() { place.to_owned() } else { format!("layer {}, {place}", layer.name) }
}

/// A field's value as text, blank for none.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn code_of(shape: &Shape) -> Option<String> {
    let code = |(name, value): &(String, Value)| {
        let text = text_of(value);
        let five = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
        (five && CODES.contains(&name.to_lowercase().as_str())).then_some(text)
    };
    shape.fields.iter().find_map(code)
}

/// The cell whose corners these are.
fn lattice_cell(corners: [(f64, f64); 4], lattice: CellLattice) -> Option<CellIndex> {
    let middle = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).sum::<f64>() / 4.0;
    let cell = lattice.cell_of(middle(|c| c.0), middle(|c| c.1));
    let ((x, y), side) = (lattice.corner(cell), lattice.side_m());
    let expected = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
    let near = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).abs() < CORNER_M && (a.1 - b.1).abs() < CORNER_M;
    expected.iter().all(|e| corners.iter().any(|c| near(c, e))).then_some(cell)
}

fn ring_ha(ring: &LineString<f64>) -> f64 {
    Polygon::new(ring.clone(), Vec::new()).geodesic_area_signed().abs() / 1e4
}
