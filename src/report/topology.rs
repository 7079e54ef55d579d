//! Municipalities' borders as TopoJSON (specification 1.0): shared arcs on a lattice, simplified together.
//!
//! A map on a screen needs some ten thousand points across; more only make the file larger. Where the arcs hold more points
//! than [`MOST_POINTS`], all are simplified with the same tolerance (Douglas and Peucker 1973, through `geo`), which doubles
//! until they fit. The map is for looking: hectares come from the true borders.

use geo::{Coord, LineString, MultiPolygon, Simplify};
use serde::Serialize;

use super::arcs::{Arcs, Junctions, Point};

/// Steps of the lattice along the longer side of all borders: some 30 m for Colombia.
const STEPS: f64 = 65_536.0;
/// More points than this in all arcs together are thinned out.
pub const MOST_POINTS: usize = 150_000;

/// A topology.
#[derive(Debug, Serialize)]
pub struct Topology {
    r#type: &'static str,
    transform: Transform,
    objects: Objects,
    /// Each arc: its first point, then steps.
    arcs: Vec<Vec<Point>>,
}

#[derive(Debug, Serialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Debug, Serialize)]
struct Objects {
    municipalities: Collection,
}

#[derive(Debug, Serialize)]
struct Collection {
    r#type: &'static str,
    geometries: Vec<Shape>,
}

#[derive(Debug, Serialize)]
struct Shape {
    r#type: &'static str,
    id: String,
    arcs: Vec<Vec<Vec<i64>>>,
}

/// The topology of grounds in longitude and latitude, by code; `None` where there is no ground.
pub fn topology<'a>(grounds: impl Iterator<Item = (&'a String, &'a MultiPolygon<f64>)> + Clone) -> Option<Topology> {
    let (low, high) = bounds(grounds.clone().flat_map(|(_, ground)| ground.iter()))?;
    let step = ((high.x - low.x).max(high.y - low.y) / STEPS).max(f64::MIN_POSITIVE);
    // A whole power of ten below the step keeps the written numbers short.
    let step = 10_f64.powf(step.log10().floor()) * (step / 10_f64.powf(step.log10().floor())).ceil();
    let to_lattice = |c: &Coord<f64>| [((c.x - low.x) / step).round() as i32, ((c.y - low.y) / step).round() as i32];
    let ring = |line: &LineString<f64>| {
        let mut points: Vec<Point> = line.coords().map(to_lattice).collect();
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        (points.len() > 2).then_some(points)
    };
    let polygon = |p: &geo::Polygon<f64>| {
        let exterior = ring(p.exterior())?;
        Some(std::iter::once(exterior).chain(p.interiors().iter().filter_map(ring)).collect::<Vec<_>>())
    };
    let shapes: Vec<(String, Vec<Vec<Vec<Point>>>)> =
        grounds.map(|(code, ground)| (code.clone(), ground.iter().filter_map(polygon).collect())).collect();
    let mut junctions = Junctions::default();
    shapes.iter().flat_map(|(_, polygons)| polygons.iter().flatten()).for_each(|ring| junctions.add_ring(ring));
    let mut arcs = Arcs::default();
    let mut numbered = |rings: &Vec<Vec<Point>>| rings.iter().map(|ring| arcs.ring(ring, &junctions)).collect();
    let geometries: Vec<Shape> = shapes
        .iter()
        .map(|(code, polygons)| Shape {
            r#type: "MultiPolygon",
            id: code.clone(),
            arcs: polygons.iter().map(&mut numbered).collect(),
        })
        .collect();
    let arcs = thinned(arcs.into_arcs(), &geometries, MOST_POINTS);
    Some(Topology {
        r#type: "Topology",
        transform: Transform { scale: [step; 2], translate: [low.x, low.y] },
        objects: Objects { municipalities: Collection { r#type: "GeometryCollection", geometries } },
        arcs: arcs.into_iter().map(stepwise).collect(),
    })
}

fn bounds<'a>(polygons: impl Iterator<Item = &'a geo::Polygon<f64>>) -> Option<(Coord<f64>, Coord<f64>)> {
    let mut all: Option<(Coord<f64>, Coord<f64>)> = None;
    for c in polygons.flat_map(|p| p.exterior().coords()).filter(|c| c.x.is_finite() && c.y.is_finite()) {
        let (low, high) = all.get_or_insert((*c, *c));
        (low.x, low.y) = (low.x.min(c.x), low.y.min(c.y));
        (high.x, high.y) = (high.x.max(c.x), high.y.max(c.y));
    }
    all
}

/// The arcs with at most `most` points together, where that can be; no ring loses its area.
fn thinned(arcs: Vec<Vec<Point>>, shapes: &[Shape], most: usize) -> Vec<Vec<Point>> {
    let points = |arcs: &[Vec<Point>]| arcs.iter().map(Vec::len).sum::<usize>();
    let mut found = arcs;
    let mut tolerance = 1.0;
    while points(&found) > most && tolerance < STEPS / 64.0 {
        let simple: Vec<Vec<Point>> = found.iter().map(|arc| simplified(arc, tolerance)).collect();
        found = with_area(simple, found, shapes);
        tolerance *= 2.0;
    }
    found
}

fn simplified(arc: &[Point], tolerance: f64) -> Vec<Point> {
    let line: LineString<f64> = arc.iter().map(|[x, y]| Coord { x: f64::from(*x), y: f64::from(*y) }).collect();
    line.simplify(tolerance).coords().map(|c| [c.x as i32, c.y as i32]).collect()
}

/// The simple arcs, but those of a ring that has lost its area as they were.
fn with_area(mut simple: Vec<Vec<Point>>, full: Vec<Vec<Point>>, shapes: &[Shape]) -> Vec<Vec<Point>> {
    let number = |arc: i64| usize::try_from(if arc < 0 { !arc } else { arc }).unwrap_or_default();
    for ring in shapes.iter().flat_map(|shape| shape.arcs.iter().flatten()) {
        let corners: usize = ring.iter().map(|arc| simple[number(*arc)].len() - 1).sum();
        if corners < 3 {
            ring.iter().for_each(|arc| simple[number(*arc)].clone_from(&full[number(*arc)]));
        }
    }
    simple
}

fn stepwise(arc: Vec<Point>) -> Vec<Point> {
    let mut before = [0, 0];
    arc.into_iter()
        .map(|point| {
            let step = [point[0] - before[0], point[1] - before[1]];
            before = point;
            step
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use geo::{Area, BoundingRect, polygon};

    use super::*;

    /// Back from the topology to polygons, as a reader of TopoJSON does it.
    fn decoded(topology: &Topology) -> BTreeMap<String, MultiPolygon<f64>> {
        let absolute = |arc: &Vec<Point>| {
            let mut at = [0, 0];
            arc.iter()
                .map(|step| {
                    at = [at[0] + step[0], at[1] + step[1]];
                    at
                })
                .collect::<Vec<_>>()
        };
        let arcs: Vec<Vec<Point>> = topology.arcs.iter().map(absolute).collect();
        let [scale, translate] = [topology.transform.scale, topology.transform.translate];
        let ring = |numbers: &Vec<i64>| {
            let mut points: Vec<Point> = Vec::new();
            for number in numbers {
                let arc = if *number < 0 {
                    arcs[!number as usize].iter().rev().copied().collect()
                } else {
                    arcs[*number as usize].clone()
                };
                points.extend(arc.into_iter().skip(usize::from(!points.is_empty())));
            }
            assert_eq!(points.first(), points.last());
            points
                .iter()
                .map(|[x, y]| (f64::from(*x) * scale[0] + translate[0], f64::from(*y) * scale[1] + translate[1]))
                .collect::<LineString<f64>>()
        };
        let polygon = |rings: &Vec<Vec<i64>>| geo::Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect());
        let shapes = &topology.objects.municipalities.geometries;
        shapes.iter().map(|s| (s.id.clone(), MultiPolygon::new(s.arcs.iter().map(polygon).collect()))).collect()
    }

    #[test]
    fn a_reader_gets_the_grounds_back_to_a_step_of_the_lattice() {
        let donut = polygon!(exterior: [(x: -75.0, y: 1.0), (x: -74.0, y: 1.0), (x: -74.0, y: 2.0), (x: -75.0, y: 2.0)],
            interiors: [[(x: -74.6, y: 1.4), (x: -74.6, y: 1.6), (x: -74.4, y: 1.6), (x: -74.4, y: 1.4)]]);
        let inner = polygon![(x: -74.6, y: 1.4), (x: -74.4, y: 1.4), (x: -74.4, y: 1.6), (x: -74.6, y: 1.6)];
        let grounds =
            BTreeMap::from([("05001".to_owned(), MultiPolygon::from(donut)), ("05002".to_owned(), inner.into())]);
        let topology = topology(grounds.iter()).unwrap();
        assert_eq!(topology.arcs.len(), 2);
        let back = decoded(&topology);
        for (code, ground) in &grounds {
            assert!((back[code].unsigned_area() - ground.unsigned_area()).abs() < 1e-3);
            assert!(
                (back[code].bounding_rect().unwrap().min().x - ground.bounding_rect().unwrap().min().x).abs() < 2e-5
            );
        }
    }

    #[test]
    fn thinning_keeps_the_rings_and_what_is_shared() {
        // A strip of squares whose sides have many points that hardly leave the line.
        let side = |x: i32| (0..=1000).map(move |i| [x + i % 2, i * 10]);
        let square = |x: i32| {
            let back: Vec<Point> = side(x).collect();
            side(x + 10_000).chain(back.into_iter().rev()).collect::<Vec<Point>>()
        };
        let rings = [square(0), square(10_000)];
        let mut junctions = Junctions::default();
        rings.iter().for_each(|ring| junctions.add_ring(ring));
        let mut arcs = Arcs::default();
        let shapes: Vec<Shape> = rings
            .iter()
            .map(|ring| Shape {
                r#type: "MultiPolygon",
                id: String::new(),
                arcs: vec![vec![arcs.ring(ring, &junctions)]],
            })
            .collect();
        let full = arcs.into_arcs();
        assert_eq!(full.iter().map(Vec::len).sum::<usize>(), 3 * 1001 + 4, "the side between them is there once");
        let thin = thinned(full, &shapes, 100);
        assert!(thin.iter().map(Vec::len).sum::<usize>() < 100);
        for shape in &shapes {
            assert!(
                shape.arcs[0][0].iter().map(|a| thin[usize::try_from((*a).max(!a)).unwrap()].len() - 1).sum::<usize>()
                    >= 3
            );
        }
    }
}
