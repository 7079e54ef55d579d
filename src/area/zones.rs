//! Polygons in the pixels of one grid, found by their bounding boxes.

use geo::{BoundingRect, MultiPolygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::coverage::{Outline, Run, Scratch};
use crate::scene::{Grid, Window};

type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Polygons of one grid, in continuous pixel coordinates, with their bounding boxes in a tree.
#[derive(Clone, Debug)]
pub struct Zones {
    outlines: Vec<Outline>,
    boxes: RTree<Boxed>,
}

impl Zones {
    /// The zones of valid polygons given in the grid's CRS; a zone's number is its place in `grounds`.
    pub fn new(grid: &Grid, grounds: &[MultiPolygon<f64>]) -> Self {
        let boxes = grounds.iter().enumerate().filter_map(|(zone, ground)| {
            let rect = ground.bounding_rect()?;
            let (left, top) = grid.col_row(rect.min().x, rect.max().y);
            let (right, bottom) = grid.col_row(rect.max().x, rect.min().y);
            Some(Boxed::new(Rectangle::from_corners([left, top], [right, bottom]), zone))
        });
        let boxes = RTree::bulk_load(boxes.collect());
        Self { outlines: grounds.iter().map(|g| Outline::new(grid, g)).collect(), boxes }
    }

    /// Number of zones.
    pub fn len(&self) -> usize {
        self.outlines.len()
    }

    /// True when there is no zone.
    pub fn is_empty(&self) -> bool {
        self.outlines.is_empty()
    }

    /// Whether the bounding box of any zone meets the window.
    pub fn touching(&self, window: &Window) -> bool {
        self.boxes.locate_in_envelope_intersecting(&envelope(window)).next().is_some()
    }

    /// The zones whose bounding box meets the window, in ascending order.
    pub fn in_window(&self, window: &Window) -> Vec<usize> {
        let found = self.boxes.locate_in_envelope_intersecting(&envelope(window));
        let mut zones: Vec<usize> = found.map(|b| b.data).collect();
        zones.sort_unstable();
        zones
    }

    /// The outline of a zone.
    pub fn outline(&self, zone: usize) -> &Outline {
        &self.outlines[zone]
    }
}

fn envelope(window: &Window) -> AABB<[f64; 2]> {
    AABB::from_corners([window.col0 as f64, window.row0 as f64], [window.col_end() as f64, window.row_end() as f64])
}

/// The exact part of each pixel of a window inside one zone, as sparse runs row by row, left to right.
pub fn coverage(zones: &Zones, zone: usize, window: &Window) -> Vec<Run> {
    let mut runs = Vec::new();
    zones.outline(zone).runs(window, &mut Scratch::default(), |run| runs.push(run));
    runs
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;
    use crate::area::coverage::FULL;
    use crate::scene::Crs;

    #[test]
    fn zones_are_found_by_window() {
        let grid = Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 0.5,
            pixel_height: 0.5,
            rows: 8,
            cols: 8,
        };
        let west = polygon![(x: -75.0, y: 1.0), (x: -74.5, y: 1.0), (x: -74.5, y: 2.0), (x: -75.0, y: 2.0)];
        let far = polygon![(x: 10.0, y: 1.0), (x: 11.0, y: 1.0), (x: 11.0, y: 2.0)];
        let zones = Zones::new(&grid, &[far.into(), west.into(), MultiPolygon::new(vec![])]);
        assert_eq!((zones.len(), zones.is_empty()), (3, false));
        assert_eq!(zones.in_window(&grid.window()), [1]);
        assert!(!zones.touching(&Window { row0: 4, col0: 4, rows: 4, cols: 4 }));
        let runs = coverage(&zones, 1, &grid.window());
        assert_eq!(runs, [0, 1].map(|row| Run { row, col0: 0, col1: 1, cover: FULL }));
    }
}
