//! The exact part of each pixel inside a polygon, by a sparse signed-area scanline in integers.
//!
//! Every edge adds, to the pixels that it crosses, its height (`cover`) and the area to its left (`area`); a sweep from
//! left to right adds the covers up, and between two crossed pixels the coverage is constant. This is the "cells"
//! method of font rasterisers (D. Turner, FreeType `ftgrays.c`; M. Shemanarev, Anti-Grain Geometry).
//!
//! The invariant: vertices are rounded to 2^-28 pixel in the coordinates of the *whole* grid, an edge is walked from
//! its upper end whichever way its ring runs, and a crossing, and the area beside it, are rounded once and before they
//! get their sign. So an interior pixel is exactly [`FULL`], two polygons that share an edge add up to exactly [`FULL`]
//! along it, and no result depends on the window.

use geo::{LineString, MultiPolygon};

use super::edge::{Edge, FULL_PER_HEIGHT, Frame, PIXEL, cross_rows};
pub use super::edge::{FULL, Scratch};
use crate::scene::{Grid, Window};

/// Vertices are held within this many units of the origin, 2^32 pixels: 43,000 km at 1 cm.
const FARTHEST: f64 = (1_i64 << 60) as f64;
/// Edges that share one bounding range, so that a window can pass over them at once.
const CHUNK: usize = 32;

/// Pixels of one row, `col0..col1` of the window, that are covered by the same part `cover / FULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Row in the window.
    pub row: usize,
    /// First column in the window.
    pub col0: usize,
    /// One past the last column.
    pub col1: usize,
    /// Covered part, in units of 1 / [`FULL`].
    pub cover: i64,
}

/// The range that a run of edges spans.
#[derive(Clone, Copy, Debug)]
struct Span {
    x_min: i64,
    y_min: i64,
    y_max: i64,
}

/// A polygon in vertex units of one grid, ready to be cut by windows.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    edges: Vec<Edge>,
    spans: Vec<Span>,
}

impl Outline {
    /// The outline of a valid polygon given in the grid's CRS. Exterior rings add, interior rings subtract, whichever
    /// way they run in the file.
    pub fn new(grid: &Grid, ground: &MultiPolygon<f64>) -> Self {
        let mut outline = Self::default();
        for polygon in ground {
            outline.add_ring(grid, polygon.exterior(), 1);
            for hole in polygon.interiors() {
                outline.add_ring(grid, hole, -1);
            }
        }
        for edges in outline.edges.chunks(CHUNK) {
            let span = edges.iter().fold(Span { x_min: i64::MAX, y_min: i64::MAX, y_max: i64::MIN }, |s, e| Span {
                x_min: s.x_min.min(e.x0).min(e.x1),
                y_min: s.y_min.min(e.y0),
                y_max: s.y_max.max(e.y1),
            });
            outline.spans.push(span);
        }
        outline
    }

    fn add_ring(&mut self, grid: &Grid, ring: &LineString<f64>, wanted: i64) {
        let fixed = |v: f64| (v * PIXEL as f64).round().clamp(-FARTHEST, FARTHEST) as i64;
        let mut points: Vec<(i64, i64)> = Vec::with_capacity(ring.0.len());
        for c in ring.coords() {
            let (col, row) = grid.col_row(c.x, c.y);
            points.push((fixed(col), fixed(row)));
        }
        if points.first() != points.last() {
            points.extend(points.first().copied());
        }
        let turn = orientation(&points);
        for pair in points.windows(2) {
            let ((xa, ya), (xb, yb)) = (pair[0], pair[1]);
            let sign = wanted * turn;
            match ya.cmp(&yb) {
                std::cmp::Ordering::Less => self.edges.push(Edge { x0: xa, y0: ya, x1: xb, y1: yb, sign }),
                std::cmp::Ordering::Greater => self.edges.push(Edge { x0: xb, y0: yb, x1: xa, y1: ya, sign: -sign }),
                std::cmp::Ordering::Equal => {}
            }
        }
    }

    /// Calls `found` for every run of covered pixels of a window, row by row from left to right.
    pub fn runs(&self, window: &Window, scratch: &mut Scratch, mut found: impl FnMut(Run)) {
        let rows = self.collect(window, scratch);
        scratch.sorted.sort(&scratch.cells, window.rows);
        for row in rows {
            let (mut cover, mut col) = (scratch.carry[row], 0);
            for cells in scratch.sorted.row(row).chunk_by(|a, b| a.col == b.col) {
                let at = cells[0].col as usize;
                let (mut own_cover, mut own_area) = (0, 0);
                for cell in cells {
                    own_cover += cell.cover;
                    own_area += cell.area;
                }
                emit(&mut found, Run { row, col0: col, col1: at, cover: cover * FULL_PER_HEIGHT });
                cover += own_cover;
                emit(&mut found, Run { row, col0: at, col1: at + 1, cover: cover * FULL_PER_HEIGHT - own_area });
                col = at + 1;
            }
            emit(&mut found, Run { row, col0: col, col1: window.cols, cover: cover * FULL_PER_HEIGHT });
        }
    }

    /// Fills `scratch` with what every edge leaves in the window, and with the cover that comes in from its left. The rows
    /// that edges meet; there is nothing in others.
    fn collect(&self, window: &Window, scratch: &mut Scratch) -> std::ops::Range<usize> {
        scratch.cells.clear();
        scratch.carry.clear();
        scratch.carry.resize(window.rows, 0);
        let frame = Frame::new(window);
        let (mut top, mut bottom) = (frame.bottom, frame.top);
        for (edges, span) in self.edges.chunks(CHUNK).zip(&self.spans) {
            if span.y_max <= frame.top || span.y_min >= frame.bottom || span.x_min >= frame.right {
                continue;
            }
            (top, bottom) = (top.min(span.y_min.max(frame.top)), bottom.max(span.y_max.min(frame.bottom)));
            for edge in edges {
                let (first, last) = (edge.y0.max(frame.top), edge.y1.min(frame.bottom));
                if first < last && edge.x0.min(edge.x1) < frame.right {
                    cross_rows(edge, first, last, &frame, scratch);
                }
            }
        }
        if top >= bottom { 0..0 } else { frame.row_of(top)..frame.row_of(bottom - 1) + 1 }
    }
}

fn emit(found: &mut impl FnMut(Run), run: Run) {
    if run.cover != 0 && run.col0 < run.col1 {
        found(run);
    }
}

/// +1 when the sum of the ring's edges covers its inside positively, -1 when it does so negatively, 0 without area.
fn orientation(points: &[(i64, i64)]) -> i64 {
    // Relative to the first point. A sum on the way may wrap around, the whole is below twice 2^61 squared and cannot.
    let Some(&(ox, oy)) = points.first() else { return 0 };
    let mut twice = 0_i128;
    for pair in points.windows(2) {
        let (xa, ya) = (i128::from(pair[0].0 - ox), i128::from(pair[0].1 - oy));
        let (xb, yb) = (i128::from(pair[1].0 - ox), i128::from(pair[1].1 - oy));
        twice = twice.wrapping_add(xb * ya - xa * yb);
    }
    twice.signum() as i64
}

/// The part of each pixel of a window that lies inside a polygon, as `(row, col, part)` with rows and columns of the
/// window and `0 < part <= 1`; pixels outside are left out.
pub fn pixel_fractions(polygon: &MultiPolygon<f64>, grid: &Grid, window: &Window) -> Vec<(usize, usize, f64)> {
    let mut fractions = Vec::new();
    Outline::new(grid, polygon).runs(window, &mut Scratch::default(), |run| {
        // Rounding leaves a sliver of no width up to a few units of FULL beside 0.
        let part = (run.cover as f64 / FULL as f64).min(1.0);
        if part <= 0.0 {
            return;
        }
        fractions.extend((run.col0..run.col1).map(|col| (run.row, col, part)));
    });
    fractions
}

#[cfg(test)]
mod tests {
    use geo::{Area, polygon};
    use ndarray::Array2;

    use super::*;
    use crate::scene::Crs;

    fn grid(rows: usize, cols: usize) -> Grid {
        Grid {
            crs: Crs::wgs84(),
            origin_x: 0.0,
            origin_y: rows as f64,
            pixel_width: 1.0,
            pixel_height: 1.0,
            rows,
            cols,
        }
    }

    fn parts(polygon: geo::Polygon<f64>, grid: &Grid, window: &Window) -> Array2<f64> {
        let mut out = Array2::zeros((window.rows, window.cols));
        for (r, c, f) in pixel_fractions(&MultiPolygon::new(vec![polygon]), grid, window) {
            out[[r, c]] = f;
        }
        out
    }

    #[test]
    fn a_square_across_nine_pixels() {
        let g = grid(3, 3);
        let square = polygon![(x: 0.5, y: 0.5), (x: 2.5, y: 0.5), (x: 2.5, y: 2.5), (x: 0.5, y: 2.5)];
        let want = ndarray::array![[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]];
        assert_eq!(parts(square, &g, &g.window()), want);
    }

    #[test]
    fn direction_of_rings_does_not_matter_and_holes_subtract() {
        let g = grid(4, 4);
        let ring = |clockwise: bool, a: f64, b: f64| {
            let mut points = vec![(a, a), (b, a), (b, b), (a, b), (a, a)];
            if clockwise {
                points.reverse();
            }
            LineString::from(points)
        };
        for (outer, inner) in [(false, true), (true, true), (false, false), (true, false)] {
            let holed = geo::Polygon::new(ring(outer, 0.0, 4.0), vec![ring(inner, 1.5, 2.5)]);
            let got = parts(holed, &g, &g.window());
            assert_eq!(got[[1, 1]], 0.75);
            assert_eq!(got.sum(), 15.0);
        }
    }

    #[test]
    fn a_diagonal_and_a_polygon_far_outside() {
        let g = grid(2, 2);
        let triangle = polygon![(x: 0.0, y: 0.0), (x: 2.0, y: 0.0), (x: 0.0, y: 2.0)];
        assert_eq!(parts(triangle, &g, &g.window()), ndarray::array![[0.5, 0.0], [1.0, 0.5]]);
        let huge = polygon![(x: -1e9, y: -1e9), (x: 1e9, y: -1e9), (x: 1e9, y: 1e9), (x: -1e9, y: 1e9)];
        assert_eq!(parts(huge, &g, &g.window()), Array2::<f64>::ones((2, 2)));
        let endless =
            polygon![(x: -1e300, y: -1e300), (x: 1e300, y: -1e300), (x: 1e300, y: 1e300), (x: -1e300, y: 1e300)];
        assert_eq!(parts(endless, &g, &g.window()), Array2::<f64>::ones((2, 2)));
    }

    /// Slivers narrower than rounding: no negative part, no more than the whole, and the areas still add up.
    #[test]
    fn slivers_stay_between_nothing_and_the_whole() {
        let g = grid(6, 7);
        for i in 1..200 {
            let (t, w) = (f64::from(i) * 0.37, 1e-10 * f64::from(i));
            let (x, y) = (3.0 + 2.5 * t.cos(), 3.0 + 2.5 * t.sin());
            let sliver = polygon![(x: 3.0, y: 3.0), (x: x, y: y), (x: x - w * t.sin(), y: y + w * t.cos())];
            let wide = polygon![(x: 0.0, y: 0.0), (x: 7.0, y: w), (x: 7.0 - w, y: 6.0), (x: w, y: 6.0 - w)];
            for ring in [&sliver, &wide] {
                let fractions = pixel_fractions(&MultiPolygon::new(vec![ring.clone()]), &g, &g.window());
                assert!(fractions.iter().all(|(_, _, part)| *part > 0.0 && *part <= 1.0), "{i}: {fractions:?}");
                let sum: f64 = fractions.iter().map(|(_, _, part)| part).sum();
                // Half a vertex unit along 27 pixels of outline.
                assert!((sum - ring.unsigned_area()).abs() < 5e-8, "{i}: {sum}");
            }
        }
    }

    #[test]
    fn a_star_has_its_area_and_windows_cut_it_the_same() {
        let g = grid(40, 50);
        let ring: Vec<(f64, f64)> = (0..97)
            .map(|i| {
                let (t, r) = (f64::from(i) * std::f64::consts::TAU / 97.0, 6.0 + 12.0 * f64::from(i * 37 % 11) / 11.0);
                (25.0 + r * t.cos(), 20.0 + r * t.sin())
            })
            .collect();
        let star = geo::Polygon::new(LineString::from(ring), vec![]);
        let whole = parts(star.clone(), &g, &g.window());
        assert!((whole.sum() / star.unsigned_area() - 1.0).abs() < 1e-10);
        for (row0, col0, rows, cols) in [(0, 0, 40, 7), (3, 11, 20, 13), (17, 24, 5, 26), (39, 49, 1, 1)] {
            let part = parts(star.clone(), &g, &Window { row0, col0, rows, cols });
            assert_eq!(part, whole.slice(ndarray::s![row0..row0 + rows, col0..col0 + cols]));
        }
    }
}
