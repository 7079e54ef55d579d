//! JSON that is no layer: every key and text, and the data of a report.

use serde_json::{Map, Value};

use super::Rule;
use super::facts::Of;
use super::records::Seen;
use crate::publish::columns::OF_THE_MAP;

impl Seen<'_> {
    pub(super) fn json(&mut self, value: &Value) {
        self.walk("", value);
        for of in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            self.assessment(of);
            self.report(of);
        }
    }

    fn walk(&mut self, place: &str, value: &Value) {
        match value {
            Value::String(text) if !text.starts_with("data:") => self.text(place, text),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate().filter(|(_, item)| !item.is_number() && !item.is_null()) {
                    self.walk(&format!("{place}/{i}"), item);
                }
            }
            Value::Object(fields) => {
                if let Some(kind) = fields.get("type").and_then(Value::as_str) {
                    self.shape(place, kind, value);
                }
                for (key, value) in fields {
                    let place = format!("{place}/{key}");
                    self.column(&place, key);
                    let objects = value.get(0).is_some_and(Value::is_object);
                    if objects && matches!(key.as_str(), "units" | "patches" | "samples") {
                        self.find(Rule::SampleUnit, &place, &format!("a list '{key}'"));
                    }
                    self.walk(&place, value);
                }
            }
            _ => {}
        }
    }

    /// A shape inside JSON that is no layer: municipalities of a topology, and no other.
    fn shape(&mut self, place: &str, kind: &str, value: &Value) {
        let inside = |name: &str| value.get(name).is_some_and(Value::is_array);
        match kind {
            _ if is_place(kind) => self.find(Rule::PointOrLine, place, kind),
            "Polygon" | "MultiPolygon" if inside("arcs") => {
                let code = value.get("id").or_else(|| value.get("properties")?.get("municipality_code"));
                let code = code.and_then(Value::as_str).unwrap_or_default();
                if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit()) {
                    self.find(Rule::Lot, place, "a polygon of a topology without the code of a municipality as its id");
                }
            }
            "Polygon" | "MultiPolygon" if inside("coordinates") => {
                self.find(Rule::Lot, place, "a polygon inside data that are no layer, of nobody knows what");
            }
            _ => {}
        }
    }

    /// Estimates and accuracies of a year whose total is withheld: the mapped hectares follow from these.
    fn assessment(&mut self, value: &Value) {
        let year = value.get("year").and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok());
        let of_map = OF_THE_MAP.iter().find(|name| value.get(name).is_some_and(|v| !v.is_null()));
        if let (Some(name), true) = (of_map, value.get("estimator").is_some() && self.facts.withholds(Of::All, year)) {
            self.find(Rule::RevealingFigure, &format!("/{name}"), "the total of its year is withheld");
        }
    }

    /// Figures of a report: none of a municipality that is withheld.
    fn report(&mut self, value: &Value) {
        let list = |name: &str| value.get(name).and_then(Value::as_array);
        let (Some(years), Some(places), Some(figures)) =
            (list("years"), list("places"), value.get("figures").and_then(Value::as_object))
        else {
            return;
        };
        self.of_places((years, places), figures);
        if let (Some(totals), Some(figures)) = (list("totals"), value.get("total_figures").and_then(Value::as_object)) {
            self.of_places((years, totals), figures);
        }
    }

    fn of_places(&mut self, (years, places): (&[Value], &[Value]), figures: &Map<String, Value>) {
        for (name, of) in figures.iter().filter(|(name, _)| super::names::is_map_figure(name)) {
            for (i, figure) in of.as_array().into_iter().flatten().enumerate().filter(|(_, f)| !f.is_null()) {
                let (place, year) = (i / years.len().max(1), i % years.len().max(1));
                let code = places.get(place).and_then(|p| p.get("code")).and_then(Value::as_str);
                let (Some(code), Some(year)) = (code, years[year].as_i64()) else { continue };
                let key = (code.to_owned(), year as i32);
                let of = Of::code(code);
                let sum = name == "difference_ha" && self.facts.withholds_inside(of, Some(key.1));
                if sum || self.facts.withholds(of, Some(key.1)) {
                    let what = format!("{code}, {year}: {name}, and its map is withheld");
                    self.find(Rule::RevealingFigure, &format!("/figures/{name}/{i}"), &what);
                } else if let ("mapped_ha", Some(ha), Of::Municipality(_)) = (name.as_str(), figure.as_f64(), of) {
                    self.facts.municipalities.entry(key).or_insert(ha);
                }
            }
        }
    }
}

/// Geometries that are places.
pub(super) fn is_place(kind: &str) -> bool {
    matches!(kind, "Point" | "MultiPoint" | "LineString" | "MultiLineString")
}
