//! Coordinates snapped to few decimals: a vertex that two polygons share goes to the same place in both.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Decimals of a degree that borders of municipalities keep: some 11 m, coarser than a pixel of the masks and than any
/// surveyed lot, and finer than the borders themselves are known.
pub const BORDER_DECIMALS: i32 = 4;
/// Decimals of corners of the national lattice, which is public: 0.1 m, so that whoever computes the corners finds them.
pub const CELL_DECIMALS: i32 = 6;

/// The nearest coordinate of so many decimals.
pub fn snapped(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// Whether a coordinate has no more decimals than that.
pub fn has_decimals(value: f64, decimals: i32) -> bool {
    (value - snapped(value, decimals)).abs() < 1e-11
}

/// Polygons with snapped vertices. A ring that has no area left goes; `None` where nothing is left.
pub fn snap(ground: &MultiPolygon<f64>, decimals: i32) -> Option<MultiPolygon<f64>> {
    let polygon = |p: &Polygon<f64>| {
        let exterior = snap_ring(p.exterior(), decimals)?;
        let holes = p.interiors().iter().filter_map(|ring| snap_ring(ring, decimals));
        Some(Polygon::new(exterior, holes.collect()))
    };
    let polygons: Vec<Polygon<f64>> = ground.iter().filter_map(polygon).collect();
    (!polygons.is_empty()).then(|| MultiPolygon::new(polygons))
}

fn snap_ring(ring: &LineString<f64>, decimals: i32) -> Option<LineString<f64>> {
    let at = |c: &Coord<f64>| Coord { x: snapped(c.x, decimals), y: snapped(c.y, decimals) };
    let mut points: Vec<Coord<f64>> = ring.0.iter().map(at).collect();
    points.dedup();
    without_spikes(&mut points);
    let first = *points.first()?;
    let twice: f64 = points
        .windows(2)
        .map(|w| (w[0].x - first.x) * (w[1].y - first.y) - (w[1].x - first.x) * (w[0].y - first.y))
        .sum();
    // A triangle of the smallest steps has half a step squared.
    (points.len() >= 4 && twice.abs() > 0.1_f64.powi(2 * decimals + 1)).then(|| LineString::new(points))
}

/// Takes out ways that go to a point and straight back, which snapping makes of narrow necks.
fn without_spikes(points: &mut Vec<Coord<f64>>) {
    let closed = std::mem::take(points);
    for point in closed {
        while let [.., before, _] = points.as_slice()
            && *before == point
        {
            points.pop();
        }
        if points.last() != Some(&point) {
            points.push(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(f64, f64)]) -> LineString<f64> {
        LineString::from(points.to_vec())
    }

    fn ground(points: &[(f64, f64)]) -> MultiPolygon<f64> {
        MultiPolygon::new(vec![Polygon::new(ring(points), Vec::new())])
    }

    #[test]
    fn neighbours_still_share_their_vertices() {
        let west = ground(&[(-75.0, 1.0), (-74.123456, 1.0), (-74.123449, 2.00004), (-75.0, 2.0), (-75.0, 1.0)]);
        let east = ground(&[(-74.123456, 1.0), (-73.0, 1.0), (-73.0, 2.0), (-74.123449, 2.00004), (-74.123456, 1.0)]);
        let (west, east) = (snap(&west, 4).unwrap(), snap(&east, 4).unwrap());
        assert_eq!(west.0[0].exterior().0[1], Coord { x: -74.1235, y: 1.0 });
        assert_eq!(west.0[0].exterior().0[1], east.0[0].exterior().0[0]);
        assert_eq!(west.0[0].exterior().0[2], east.0[0].exterior().0[3]);
        assert!(west.0[0].exterior().0.iter().all(|c| has_decimals(c.x, 4) && has_decimals(c.y, 4)));
    }

    #[test]
    fn rings_without_area_go_and_small_ones_stay() {
        let sliver = [(-75.0, 1.0), (-74.0, 1.00001), (-74.0, 1.00002), (-75.0, 1.0)];
        assert_eq!(snap(&ground(&sliver), 4), None);
        let least = [(-75.0, 1.0), (-74.9999, 1.0), (-74.9999, 1.0001), (-75.0, 1.0)];
        assert!(snap(&ground(&least), 4).is_some());
        let hole = Polygon::new(
            ring(&[(-75.0, 1.0), (-74.0, 1.0), (-74.0, 2.0), (-75.0, 2.0), (-75.0, 1.0)]),
            vec![ring(&[(-74.5, 1.5), (-74.50001, 1.5), (-74.50001, 1.50001), (-74.5, 1.5)])],
        );
        assert!(snap(&MultiPolygon::new(vec![hole]), 4).unwrap().0[0].interiors().is_empty());
    }

    #[test]
    fn a_narrow_neck_becomes_no_spike() {
        let neck = [
            (-75.0, 1.0),
            (-74.0, 1.0),
            (-74.0, 1.5),
            (-73.0, 1.500_01),
            (-74.0, 1.500_02),
            (-74.0, 2.0),
            (-75.0, 2.0),
            (-75.0, 1.0),
        ];
        let snapped = snap(&ground(&neck), 4).unwrap();
        let points = &snapped.0[0].exterior().0;
        assert!(points.iter().all(|c| c.x < -73.5), "{points:?}");
    }

    #[test]
    fn decimals_are_counted() {
        assert!(has_decimals(-70.9977, 4) && has_decimals(-71.0, 4) && !has_decimals(-70.99769, 4));
        assert!(has_decimals(-70.997685, 6) && !has_decimals(-70.9976851, 6));
    }
}
