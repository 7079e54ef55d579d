//! Municipalities as GeoJSON after RFC 7946: WGS 84, no `crs` member, exterior rings anticlockwise, a `bbox`.

use geo::{LineString, MultiPolygon};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, Position};

/// Decimals of a coordinate: 0.1 m, as much as a municipal border is worth.
const DECIMALS: f64 = 1e6;

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
    let mut all = Bounds::EMPTY;
    // One feature at a time: all of them as JSON values took 100 MiB more with 1.6 million vertices.
    let mut list = String::new();
    for feature in features {
        let (feature, bounds) = json_feature(feature);
        all.join(&bounds);
        list.push_str(if list.is_empty() { "" } else { "," });
        list.push_str(&feature.to_string());
    }
    let empty = FeatureCollection { bbox: all.to_bbox(), features: Vec::new(), foreign_members: None }.to_string();
    let (head, tail) = empty.split_once(NO_FEATURES).unwrap_or((&empty, ""));
    list.insert_str(0, &format!("{head}\"features\":["));
    list.push_str(&format!("]{tail}\n"));
    list.into_bytes()
}

/// How a collection without features is written.
const NO_FEATURES: &str = "\"features\":[]";

fn json_feature(feature: &MapFeature<'_>) -> (Feature, Bounds) {
    let (coordinates, bounds) = feature.ground.map_or((Vec::new(), Bounds::EMPTY), rounded);
    let value = match coordinates.len() {
        0 => None,
        1 => coordinates.into_iter().next().map(|coordinates| GeometryValue::Polygon { coordinates }),
        _ => Some(GeometryValue::MultiPolygon { coordinates }),
    };
    let json = Feature {
        bbox: bounds.to_bbox(),
        geometry: value.map(Geometry::new),
        id: feature.id.clone().map(geojson::feature::Id::String),
        properties: Some(feature.properties.clone()),
        foreign_members: None,
    };
    (json, bounds)
}

type Rings = Vec<Vec<Position>>;

fn rounded(ground: &MultiPolygon<f64>) -> (Vec<Rings>, Bounds) {
    let mut found = polygons(ground, DECIMALS);
    if found.0.is_empty() {
        found = polygons(ground, 1e15);
    }
    found
}

fn polygons(ground: &MultiPolygon<f64>, scale: f64) -> (Vec<Rings>, Bounds) {
    let mut bounds = Bounds::EMPTY;
    let polygon = |p: &geo::Polygon<f64>| {
        let mut rings = vec![ring(p.exterior(), scale, true)?];
        rings.extend(p.interiors().iter().filter_map(|r| ring(r, scale, false)));
        Some(rings)
    };
    let polygons: Vec<Rings> = ground.iter().filter_map(polygon).collect();
    for position in polygons.iter().flatten().flatten() {
        bounds.add(position[0], position[1]);
    }
    (polygons, bounds)
}

/// A closed ring with rounded, distinct positions in the direction asked for; `None` when it has no area left.
fn ring(ring: &LineString<f64>, scale: f64, anticlockwise: bool) -> Option<Vec<Position>> {
    let round = |v: f64| (v * scale).round() / scale;
    let mut points: Vec<[f64; 2]> = ring.coords().map(|c| [round(c.x), round(c.y)]).collect();
    points.dedup();
    let first = *points.first()?;
    let twice: f64 = points
        .windows(2)
        .map(|w| (w[0][0] - first[0]) * (w[1][1] - first[1]) - (w[1][0] - first[0]) * (w[0][1] - first[1]))
        .sum();
    if points.len() < 4 || twice == 0.0 {
        return None;
    }
    if (twice > 0.0) != anticlockwise {
        points.reverse();
    }
    Some(points.into_iter().map(Position::from).collect())
}

/// West, south, east, north.
#[derive(Clone, Copy)]
struct Bounds([f64; 4]);

impl Bounds {
    const EMPTY: Self = Self([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY]);

    fn add(&mut self, x: f64, y: f64) {
        let [w, s, e, n] = self.0;
        self.0 = [w.min(x), s.min(y), e.max(x), n.max(y)];
    }

    fn join(&mut self, other: &Self) {
        let [w, s, e, n] = other.0;
        if w <= e {
            self.add(w, s);
            self.add(e, n);
        }
    }

    fn to_bbox(self) -> Option<Vec<f64>> {
        (self.0[0] <= self.0[2]).then(|| self.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use geo::{Winding, polygon};

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
    fn tiny_ground_keeps_its_digits() {
        let tiny = polygon![(x: -75.0, y: 1.0), (x: -74.9999999, y: 1.0), (x: -74.9999999, y: 1.0000001)];
        let tiny = MultiPolygon::new(vec![tiny]);
        let (polygons, bounds) = rounded(&tiny);
        assert_eq!(polygons.len(), 1);
        assert!(bounds.to_bbox().is_some());
    }
}
