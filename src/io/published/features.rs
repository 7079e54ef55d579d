//! JSON: layers of GeoJSON, or any other.

use geo::{Coord, CoordsIter, LineString, MultiPolygon, Polygon};
use serde_json::{Map, Value};

use crate::publish::check::document::{Content, Document, Geometry, Layer, Shape};

/// Fills in what a JSON value holds.
pub fn fill(document: &mut Document, value: Value) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (features, others) = match (kind.as_str(), value) {
        ("FeatureCollection", Value::Object(mut all)) => (take_features(&mut all), all),
        ("Feature", value @ Value::Object(_)) => (vec![value], Map::new()),
        ("Polygon" | "MultiPolygon" | "GeometryCollection", value) => {
            (vec![serde_json::json!({ "geometry": value })], Map::new())
        }
        (_, value) => {
            document.content = Content::Json(value);
            return;
        }
    };
    let other_crs = others.get("crs").filter(|crs| !is_wgs84(crs)).map(|crs| format!("crs {crs}"));
    document.texts.extend(texts("collection", &Value::Object(others)));
    let mut layer = Layer { other_crs, ..Layer::default() };
    for (feature, number) in features.into_iter().zip(1..) {
        let Value::Object(mut feature) = feature else { continue };
        let geometry = feature.remove("geometry").unwrap_or(Value::Null);
        let properties = match feature.remove("properties") {
            Some(Value::Object(properties)) => properties.into_iter().collect(),
            _ => Vec::new(),
        };
        document.texts.extend(texts(&format!("feature {number}"), &Value::Object(feature)));
        layer.shapes.push(Shape { number, fields: properties, geometry: geometry_of(&geometry), plane: None });
    }
    let outside = |c: &Coord<f64>| !(c.x.abs() <= 180.0 && c.y.abs() <= 90.0);
    let first = layer.shapes.iter().find_map(|shape| match &shape.geometry {
        Geometry::Ground(ground) => ground.coords_iter().find(outside),
        _ => None,
    });
    if let Some(Coord { x, y }) = first {
        layer.other_crs.get_or_insert(format!("{x} {y} is no longitude and latitude"));
    }
    document.content = Content::Layers(vec![layer]);
}

/// Whether a member `crs` (GeoJSON of 2008) names longitude and latitude of WGS 84.
fn is_wgs84(crs: &Value) -> bool {
    let name = crs.pointer("/properties/name").and_then(Value::as_str).unwrap_or_default();
    crs.is_null() || ["CRS84", "EPSG::4326", "EPSG:4326"].iter().any(|end| name.ends_with(end))
}

fn take_features(all: &mut Map<String, Value>) -> Vec<Value> {
    match all.remove("features") {
        Some(Value::Array(features)) => features,
        _ => Vec::new(),
    }
}

/// Every text of a value with its place.
fn texts(place: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::String(text) => vec![(place.to_owned(), text.clone())],
        Value::Array(items) => items.iter().flat_map(|item| texts(place, item)).collect(),
        Value::Object(fields) => fields.iter().flat_map(|(key, v)| texts(&format!("{place}/{key}"), v)).collect(),
        _ => Vec::new(),
    }
}

fn geometry_of(value: &Value) -> Geometry {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let coordinates = value.get("coordinates");
    let ground = match (kind, coordinates) {
        ("", _) => return Geometry::Missing,
        ("Polygon", Some(rings)) => polygon(rings).map(|p| MultiPolygon::new(vec![p])),
        ("MultiPolygon", Some(Value::Array(parts))) => {
            parts.iter().map(polygon).collect::<Option<Vec<_>>>().map(MultiPolygon::new)
        }
        _ => None,
    };
    ground.map_or_else(|| Geometry::Other(kind.to_owned()), Geometry::Ground)
}

fn polygon(rings: &Value) -> Option<Polygon<f64>> {
    let ring = |value: &Value| -> Option<LineString<f64>> {
        let point = |p: &Value| Some(Coord { x: p.get(0)?.as_f64()?, y: p.get(1)?.as_f64()? });
        value.as_array()?.iter().map(point).collect()
    };
    let mut rings = rings.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>()?.into_iter();
    Some(Polygon::new(rings.next()?, rings.collect()))
}
