//! Municipalities as GeoJSON after RFC 7946: WGS 84, no `crs` member, exterior rings anticlockwise, a `bbox`.

use geo::MultiPolygon;
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, Position};

use super::rounded_ground::{Bounds, Ring, RoundedGround};

/// One feature: ground in WGS 84 longitude and latitude, or none, and its properties.
#[derive(Clone, Debug)]
pub struct MapFeature<'a> {
    /// What tells it from the others: a code, or a code and a year.
    pub id: Option<String>,
    /// The polygons; `None` writes a null geometry.
    pub ground: Option<&'a MultiPolygon<f64>>,
    /// The properties.
    pub properties: JsonObject,
}

/// The features as the bytes of a GeoJSON file. Rings that vanish at six decimals are left out, but a ground that would
/// vanish as a whole is written with all its digits.
pub fn geojson_bytes(features: &[MapFeature<'_>]) -> Vec<u8> {
    collection_bytes(features.iter().map(|f| {
        let ground = f.ground.map_or_else(RoundedGround::nowhere, RoundedGround::new);
        feature(f.id.clone(), &ground, f.properties.clone())
    }))
}

/// A feature and what it lies in.
pub(super) fn feature(id: Option<String>, ground: &RoundedGround, properties: JsonObject) -> (Feature, Bounds) {
    let value = match ground.polygons.as_slice() {
        [] => None,
        [one] => Some(GeometryValue::Polygon { coordinates: positions(one) }),
        several => Some(GeometryValue::MultiPolygon { coordinates: several.iter().map(|p| positions(p)).collect() }),
    };
    let json = Feature {
        bbox: ground.bounds.corners().map(Vec::from),
        geometry: value.map(Geometry::new),
        id: id.map(geojson::feature::Id::String),
        properties: Some(properties),
        foreign_members: None,
    };
    (json, ground.bounds)
}

fn positions(rings: &[Ring]) -> Vec<Vec<Position>> {
    rings.iter().map(|ring| ring.iter().map(|point| Position::from(*point)).collect()).collect()
}

/// The features as the bytes of a file that may also be put into a page.
pub(super) fn collection_bytes(features: impl Iterator<Item = (Feature, Bounds)>) -> Vec<u8> {
    let mut all = Bounds::EMPTY;
    // One feature at a time: all of them as JSON values took 100 MiB more with 1.6 million vertices.
    let mut list = String::new();
    for (feature, bounds) in features {
        all.join(&bounds);
        list.push_str(if list.is_empty() { "" } else { "," });
        list.push_str(&without_markup(feature.to_string()));
    }
    let bbox = all.corners().map(Vec::from);
    let empty = FeatureCollection { bbox, features: Vec::new(), foreign_members: None }.to_string();
    let (head, tail) = empty.split_once(NO_FEATURES).unwrap_or((&empty, ""));
    list.insert_str(0, &format!("{head}\"features\":["));
    list.push_str(&format!("]{tail}\n"));
    list.into_bytes()
}

/// How a collection without features is written.
const NO_FEATURES: &str = "\"features\":[]";

/// JSON in which no name closes a script or opens a tag when the text stands in a page: `<`, `>`, `&` and the two line ends
/// that JavaScript knows and JSON does not are written as escapes. They can stand in strings only, so that the value stays the same.
pub fn without_markup(json: String) -> String {
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use geo::{LineString, Winding};

    use super::*;

    #[test]
    fn rings_turn_right_handed_and_lose_their_excess_digits() {
        let mut exterior = LineString::from(vec![(-75.0, 1.0), (-74.0, 1.0), (-74.0, 2.00000049), (-75.0, 2.0)]);
        exterior.close();
        exterior.make_cw_winding();
        let mut hole = LineString::from(vec![(-74.6, 1.4), (-74.4, 1.4), (-74.4, 1.6), (-74.6, 1.4)]);
        hole.make_ccw_winding();
        let ground = MultiPolygon::new(vec![geo::Polygon::new(exterior, vec![hole])]);
        let mut properties = JsonObject::new();
        properties.insert("municipality_code".into(), "05001".into());
        let features = [
            MapFeature { id: Some("05001".to_owned()), ground: Some(&ground), properties: properties.clone() },
            MapFeature { id: None, ground: None, properties },
        ];
        let text = String::from_utf8(geojson_bytes(&features)).unwrap();
        assert!(text.contains("\"bbox\":[-75.0,1.0,-74.0,2.0]"), "{text}");
        assert!(text.contains("\"geometry\":null") && !text.contains("\"crs\""), "{text}");
        let parsed: FeatureCollection = text.parse().unwrap();
        let back: geo::Polygon<f64> = parsed.features[0].geometry.clone().unwrap().value.try_into().unwrap();
        assert!(back.exterior().is_ccw() && back.interiors()[0].is_cw());
    }

    #[test]
    fn a_name_stays_text_in_a_page() {
        let mut properties = JsonObject::new();
        properties.insert("municipality_name".into(), "</script><b>&\u{2028}".into());
        let text = String::from_utf8(geojson_bytes(&[MapFeature { id: None, ground: None, properties }])).unwrap();
        assert!(text.contains(r"\u003c/script\u003e\u003cb\u003e\u0026\u2028"), "{text}");
        let back: FeatureCollection = text.parse().unwrap();
        assert_eq!(back.features[0].property("municipality_name").unwrap(), "</script><b>&\u{2028}");
    }
}
