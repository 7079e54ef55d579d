//! From the pixels of a scene to those of another grid, the same wherever windows are cut.
//!
//! Each target pixel's centre is transformed exactly and takes the source pixel that it falls in. Where source
//! pixels are at least 1.5 times finer, `n` x `n` points of each target pixel are taken (`n` the rounded ratio, at
//! most 8): clear values are averaged, and the pixel is clear when more than half of its points are.

use ndarray::{Array2, Array3};

use super::crs::{CrsError, Transform};
use super::raster::Frame;
use crate::scene::{Grid, Validity, Window};

/// From this ratio of pixel sizes on, values are averaged.
const FINER: f64 = 1.5;
/// Most points to a side of a target pixel.
const MOST_POINTS: usize = 8;
/// Points are transformed in runs of this many target columns, aligned to the grid and not to the window: GDAL
/// chooses among several datum operations by the mean of the points it is given at once.
const RUN: usize = 64;
/// A point this close to the next source pixel (in pixels) belongs to it, so that ties do not hang on rounding.
const TIE: f64 = 1e-6;

/// Source row and column of a point, or `None` outside the source.
pub(super) type Point = Option<(u32, u32)>;

/// The way from target pixels to source pixels. One for each thread.
pub(super) struct Sampler {
    transform: Transform,
    frame: Frame,
    target: Grid,
    /// Points to a side of a target pixel.
    side: usize,
}

impl Sampler {
    pub(super) fn new(frame: &Frame, target: &Grid) -> Result<Self, CrsError> {
        let transform = Transform::new(&target.crs, &frame.crs)?;
        let side = points_to_a_side(frame, target, &transform)?;
        Ok(Self { transform, frame: frame.clone(), target: target.clone(), side })
    }

    /// Points of one target pixel.
    pub(super) fn points_per_pixel(&self) -> usize {
        self.side * self.side
    }

    /// The points of each target pixel of a window, row by row, `side * side` for each pixel.
    pub(super) fn points(&self, window: Window) -> Result<Vec<Point>, CrsError> {
        let mut points = Vec::with_capacity(window.len() * self.points_per_pixel());
        for row in window.row0..window.row_end() {
            let mut start = window.col0 / RUN * RUN;
            while start < window.col_end() {
                let end = (start + RUN).min(self.target.cols);
                let run = self.run(row, start, end)?;
                let (from, to) = (window.col0.max(start) - start, window.col_end().min(end) - start);
                points.extend_from_slice(&run[from * self.points_per_pixel()..to * self.points_per_pixel()]);
                start = end;
            }
        }
        Ok(points)
    }

    fn run(&self, row: usize, start: usize, end: usize) -> Result<Vec<Point>, CrsError> {
        let n = (end - start) * self.points_per_pixel();
        let (mut x, mut y) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let fraction = |i: usize| (i as f64 + 0.5) / self.side as f64;
        for col in start..end {
            for i in 0..self.side {
                for j in 0..self.side {
                    let (px, py) = self.target.xy(col as f64 + fraction(j), row as f64 + fraction(i));
                    x.push(px);
                    y.push(py);
                }
            }
        }
        self.transform.apply(&mut x, &mut y)?;
        Ok(x.iter().zip(&y).map(|(x, y)| self.pixel_at(*x, *y)).collect())
    }

    fn pixel_at(&self, x: f64, y: f64) -> Point {
        let (col, row) = self.frame.col_row(x, y);
        let (col, row) = ((col + TIE).floor(), (row + TIE).floor());
        let inside = (0.0..self.frame.rows as f64).contains(&row) && (0.0..self.frame.cols as f64).contains(&col);
        inside.then_some((row as u32, col as u32))
    }
}

/// Points to a side of a target pixel: from the size of a target pixel in source pixels at the source's centre.
fn points_to_a_side(frame: &Frame, target: &Grid, transform: &Transform) -> Result<usize, CrsError> {
    let centre = frame.xy(frame.cols as f64 / 2.0, frame.rows as f64 / 2.0);
    let back = Transform::new(&frame.crs, &target.crs)?;
    let (mut x, mut y) = ([centre.0], [centre.1]);
    back.apply(&mut x, &mut y)?;
    let (w, h) = (target.pixel_width, target.pixel_height);
    let (mut xs, mut ys) = ([x[0], x[0] + w, x[0]], [y[0], y[0], y[0] - h]);
    transform.apply(&mut xs, &mut ys)?;
    let at = |i: usize| frame.col_row(xs[i], ys[i]);
    let ((c0, r0), (c1, r1), (c2, r2)) = (at(0), at(1), at(2));
    let ratio = ((c1 - c0) * (r2 - r0) - (c2 - c0) * (r1 - r0)).abs().sqrt();
    Ok(if ratio >= FINER { (ratio.round() as usize).clamp(1, MOST_POINTS) } else { 1 })
}

/// Rows and columns that enclose all points; `None` when all lie outside.
pub(super) fn enclosing(points: &[Point]) -> Option<Window> {
    let mut inside = points.iter().flatten();
    let &(row, col) = inside.next()?;
    let (mut low, mut high) = ((row, col), (row, col));
    for &(row, col) in inside {
        low = (low.0.min(row), low.1.min(col));
        high = (high.0.max(row), high.1.max(col));
    }
    Some(Window {
        row0: low.0 as usize,
        col0: low.1 as usize,
        rows: (high.0 - low.0 + 1) as usize,
        cols: (high.1 - low.1 + 1) as usize,
    })
}

/// Source pixels in memory, of which points are taken.
pub(super) struct Source<'a> {
    /// Where they lie among all source pixels.
    pub(super) window: Window,
    /// `[band, row, col]`.
    pub(super) values: &'a Array3<f32>,
    /// `[row, col]`.
    pub(super) validity: &'a Array2<Validity>,
}

impl Source<'_> {
    /// The state of one target pixel from its points, and its values into `out` (one for each band) when clear.
    pub(super) fn pixel(&self, points: &[Point], out: &mut [f32]) -> Validity {
        let local = |&(row, col): &(u32, u32)| [row as usize - self.window.row0, col as usize - self.window.col0];
        let state_of = |point: &Point| point.as_ref().map_or(Validity::OutsideScene, |p| self.validity[local(p)]);
        let mut counts = [0_usize; Validity::ALL.len()];
        for point in points {
            counts[state_of(point) as usize] += 1;
        }
        let state = majority(&counts);
        if !state.is_observed() {
            return state;
        }
        let clear = counts[Validity::Clear as usize] as f64;
        for (band, value) in out.iter_mut().enumerate() {
            let seen = points.iter().flatten().map(local).filter(|at| self.validity[*at].is_observed());
            let sum: f64 = seen.map(|[row, col]| f64::from(self.values[[band, row, col]])).sum();
            *value = (sum / clear) as f32;
        }
        state
    }
}

/// Clear when more than half are; else the most frequent reason, the first in order of its number on a tie.
fn majority(counts: &[usize; Validity::ALL.len()]) -> Validity {
    let total: usize = counts.iter().sum();
    if counts[Validity::Clear as usize] * 2 > total {
        return Validity::Clear;
    }
    let mut most = Validity::OutsideScene;
    for state in Validity::ALL.into_iter().filter(|s| !s.is_observed()) {
        if counts[state as usize] > counts[most as usize] {
            most = state;
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::crs::crs_from_text;
    use ndarray::array;

    #[test]
    fn half_clear_is_unobserved() {
        let values = array![[[0.1_f32, 0.3], [0.5, 0.7]]];
        let validity = array![[Validity::Clear, Validity::Clear], [Validity::Cloud, Validity::Clear]];
        let source =
            Source { window: Window { row0: 5, col0: 9, rows: 2, cols: 2 }, values: &values, validity: &validity };
        let all = [Some((5, 9)), Some((5, 10)), Some((6, 9)), Some((6, 10))];
        let mut out = [0.0];
        assert_eq!(source.pixel(&all, &mut out), Validity::Clear);
        assert!((out[0] - (0.1 + 0.3 + 0.7) / 3.0).abs() < 1e-7, "{out:?}");
        assert_eq!(source.pixel(&[Some((5, 9)), None], &mut out), Validity::OutsideScene);
        assert_eq!(source.pixel(&[Some((5, 9)), Some((6, 9))], &mut out), Validity::Cloud);
    }

    #[test]
    fn finer_sources_take_more_points() -> Result<(), CrsError> {
        let grid = |pixel: f64| Grid {
            crs: crs_from_text("EPSG:32618").unwrap(),
            origin_x: 500_000.0,
            origin_y: 200_000.0,
            pixel_width: pixel,
            pixel_height: pixel,
            rows: 100,
            cols: 100,
        };
        let side =
            |source: f64, target: f64| Sampler::new(&Frame::of_grid(&grid(source)), &grid(target)).map(|s| s.side);
        assert_eq!((side(10.0, 10.0)?, side(10.0, 14.0)?, side(10.0, 20.0)?, side(0.35, 10.0)?), (1, 1, 2, 8));
        assert_eq!(side(30.0, 10.0)?, 1);
        Ok(())
    }
}
