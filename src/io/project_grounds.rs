//! Municipalities carried into another reference system, with edges cut so short that they stay where they were.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::crs::{CrsError, Transform};
use super::read_municipalities::{LayerError, MunicipalityLayer};
use crate::area::cell_area::metres_per_unit;
use crate::scene::{Crs, Grid};

/// Longest piece of an edge before it is transformed, in metres. A straight kilometre bends by millimetres.
const LONGEST_PIECE: f64 = 1000.0;

/// Most pieces of an edge: of one longer than 1,000 km they are longer too. A coordinate that is no place on Earth asks for billions.
const MOST_PIECES: f64 = 1000.0;

/// The grounds of a layer in another CRS, in the order of its municipalities. Edges are straight lines in the layer's
/// own CRS; they are cut into pieces of at most about 1 km, at the same points for both municipalities of a border.
///
/// # Errors
/// [`LayerError::Crs`], naming the municipality, when a point cannot be transformed.
pub fn project_grounds(layer: &MunicipalityLayer, to: &Crs) -> Result<Vec<MultiPolygon<f64>>, LayerError> {
    let place = || "the municipalities' polygons".to_owned();
    let way = Transform::new(&layer.crs, to).map_err(|e| LayerError::Crs { place: place(), source: e.into() })?;
    if way.is_identity() {
        return Ok(layer.municipalities.iter().map(|m| m.ground.clone()).collect());
    }
    let longest = LONGEST_PIECE / metres_per_unit(&layer.crs);
    let project = |m: &crate::territory::Municipality| {
        let ring = |r: &LineString<f64>| {
            let place = format!("municipality {} {}", m.code, m.name);
            let points = project_ring(r, longest, &way)
                .map_err(|e| LayerError::Crs { place: place.clone(), source: e.into() })?;
            points.ok_or_else(|| LayerError::NoImage { place, to: to.label() })
        };
        let polygon = |p: &Polygon<f64>| {
            let holes = p.interiors().iter().map(ring).collect::<Result<_, _>>()?;
            Ok(Polygon::new(ring(p.exterior())?, holes))
        };
        m.ground.iter().map(polygon).collect::<Result<Vec<_>, _>>().map(MultiPolygon::new)
    };
    layer.municipalities.iter().map(project).collect()
}

/// One ground in another system, its edges cut into pieces of at most about 1 km; `None` where a point has no image there.
///
/// # Errors
/// [`CrsError`] when a point cannot be transformed.
pub fn carry(ground: &MultiPolygon<f64>, from: &Crs, way: &Transform) -> Result<Option<MultiPolygon<f64>>, CrsError> {
    let longest = LONGEST_PIECE / metres_per_unit(from);
    let polygon = |p: &Polygon<f64>| {
        let mut rings = Vec::with_capacity(1 + p.interiors().len());
        for ring in std::iter::once(p.exterior()).chain(p.interiors()) {
            let Some(ring) = project_ring(ring, longest, way)? else { return Ok(None) };
            rings.push(ring);
        }
        let exterior = rings.remove(0);
        Ok(Some(Polygon::new(exterior, rings)))
    };
    let polygons = ground.iter().map(polygon).collect::<Result<Option<Vec<_>>, CrsError>>()?;
    Ok(polygons.map(MultiPolygon::new))
}

/// What a grid covers, in WGS 84, its edges cut into 32 pieces.
///
/// # Errors
/// [`CrsError`] when a corner cannot be transformed.
pub(super) fn carry_rectangle(grid: &Grid) -> Result<MultiPolygon<f64>, CrsError> {
    const PIECES: usize = 32;
    let (rows, cols) = (grid.rows as f64, grid.cols as f64);
    let corners = [(0.0, 0.0), (0.0, rows), (cols, rows), (cols, 0.0), (0.0, 0.0)];
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for edge in corners.windows(2) {
        let (from, to) = (edge[0], edge[1]);
        for piece in 0..PIECES {
            let part = piece as f64 / PIECES as f64;
            let (px, py) = grid.xy(from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            x.push(px);
            y.push(py);
        }
    }
    Transform::new(&grid.crs, &Crs::wgs84())?.apply(&mut x, &mut y)?;
    let ring: LineString<f64> = x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect();
    // Closes the ring.
    Ok(MultiPolygon::new(vec![Polygon::new(ring, Vec::new())]))
}

/// The ring in the other system; `None` where PROJ marks a point without an image by infinity.
fn project_ring(ring: &LineString<f64>, longest: f64, way: &Transform) -> Result<Option<LineString<f64>>, CrsError> {
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = densified(ring, longest).into_iter().map(|c| (c.x, c.y)).unzip();
    way.apply(&mut x, &mut y)?;
    let finite = x.iter().chain(&y).all(|v| v.is_finite());
    Ok(finite.then(|| x.into_iter().zip(y).map(|(x, y)| Coord { x, y }).collect()))
}

/// The ring with points put in so that no piece is longer than `longest` ([`MOST_PIECES`] of an edge at most). They are counted from the smaller end of
/// each edge, so that an edge gets the same points in either direction.
pub(super) fn densified(ring: &LineString<f64>, longest: f64) -> Vec<Coord<f64>> {
    let mut points: Vec<Coord<f64>> = ring.0.first().copied().into_iter().collect();
    for line in ring.lines() {
        let backwards = (line.end.x, line.end.y) < (line.start.x, line.start.y);
        let (a, b) = if backwards { (line.end, line.start) } else { (line.start, line.end) };
        let pieces = ((b.x - a.x).hypot(b.y - a.y) / longest).ceil().clamp(1.0, MOST_PIECES) as usize;
        let at = |i: usize| a + (b - a) * (i as f64 / pieces as f64);
        points.extend((1..pieces).map(|i| at(if backwards { pieces - i } else { i })));
        points.push(line.end);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_gets_the_same_points_in_both_directions() {
        let edge = LineString::from(vec![(-75.013, 2.171), (-74.377, 1.934)]);
        let mut back = edge.clone();
        back.0.reverse();
        let there = densified(&edge, 0.01);
        let mut again = densified(&back, 0.01);
        again.reverse();
        assert_eq!(there, again);
        assert_eq!(there.len(), 69);
    }

    #[test]
    fn an_edge_of_no_place_on_earth_is_not_cut_into_billions() {
        let edge = LineString::from(vec![(-1e9, 2.0), (1e300, 2.0)]);
        assert_eq!(densified(&edge, 0.01).len(), 1001);
    }
}
