//! The area of each pixel on the ellipsoid.
//!
//! In the plane of longitude and authalic `q` (Snyder 1987, "Map Projections: A Working Manual", USGS Professional
//! Paper 1395, eq. 3-12) equal areas are equal areas of the ellipsoid, so a pixel's area is the shoelace sum of its
//! corners there times half the square of the semi-major axis.
//!
//! On a geographic grid this is exact and the same along a row. On a projected grid it is computed at the centres of
//! the pixels whose row and column are multiples of a step (64, less where pixels are large, so that the step stays
//! within about 1 km), counted in the whole grid, and interpolated bilinearly between them: at most 1e-8 off (tested for
//! UTM 18N, EPSG:9377 and EPSG:3857, pixels of 0.1 to 700 m).

use crate::scene::{Crs, Grid, Window};
use crate::simd::zonal::{HALF_OF_EXACT, Slope, rounded};

/// Cell areas are whole multiples of 1/1024 square millimetre (rounding 2e-7 of a 5 cm pixel); a pixel of up to
/// 134 km fits 64 bits.
pub(super) const UNITS_PER_SQUARE_MM: u64 = 1 << 10;
/// Largest distance between nodes, in pixels.
const WIDEST_STEP: usize = 64;
/// Largest distance between nodes, in metres: bilinear interpolation errs by (step / Earth radius)^2 / 4 at most.
const LONGEST_STEP: f64 = 1024.0;
/// Corners this many metres apart tell an area to 1e-10 although degrees are only known to a nanometre.
const PATCH: f64 = 256.0;

/// Area of each pixel of a window on the ellipsoid.
#[derive(Clone, Debug)]
pub struct CellArea {
    areas: Areas,
    /// See [`CellArea::fitting`].
    fitting: u64,
}

#[derive(Clone, Debug)]
enum Areas {
    /// One value a row (geographic or planar grids), in 1/1024 square millimetre.
    Rows(Vec<u64>),
    /// At the nodes of a projected grid, in square metres, for the window that begins at this row and column.
    Nodes { nodes: Nodes, at: Vec<f64>, row0: usize, col0: usize },
}

/// The areas along one row of a window.
pub(super) enum RowArea<'a> {
    /// The same everywhere, in 1/1024 square millimetre.
    Same(u64),
    /// Bilinear between nodes.
    Nodes(Line<'a>),
}

/// One row between the nodes above and below it.
pub(super) struct Line<'a> {
    above: &'a [f64],
    below: &'a [f64],
    /// Weight of the nodes below.
    part: f64,
    /// Column of the window's first pixel after the first node.
    offset: usize,
    step: usize,
}

impl Line<'_> {
    fn at_node(&self, node: usize) -> f64 {
        self.above[node] * (1.0 - self.part) + self.below[node] * self.part
    }

    /// The areas from a column of the window to the next node, and how many pixels these are.
    pub fn slope(&self, col: usize) -> (Slope, usize) {
        let (node, first) = ((self.offset + col) / self.step, (self.offset + col) % self.step);
        let left = self.at_node(node);
        // No pixel between nodes, no node to the right.
        let right = if node + 1 < self.above.len() { self.at_node(node + 1) } else { left };
        let (step, units) = (1.0 / self.step as f64, UNITS_PER_SQUARE_MM as f64);
        (Slope { left, right, first: first as i32, step, units }, self.step - first)
    }
}

impl RowArea<'_> {
    /// Area of a pixel in 1/1024 square millimetre, column of the window.
    pub fn units(&self, col: usize) -> u64 {
        match self {
            Self::Same(units) => *units,
            Self::Nodes(line) => {
                let (slope, _) = line.slope(col);
                let s = f64::from(slope.first) * slope.step;
                // A node without an image must not spoil the pixel at the other one.
                let right = if s > 0.0 { slope.right } else { slope.left };
                to_units(slope.left * (1.0 - s) + right * s)
            }
        }
    }
}

/// Where the areas of a projected grid are computed.
#[derive(Clone, Debug)]
struct Nodes {
    step: usize,
    /// Half the side of the patch around a node, in pixels.
    half: f64,
    first_row: usize,
    first_col: usize,
    rows: usize,
    cols: usize,
}

impl Nodes {
    fn new(grid: &Grid, window: &Window) -> Self {
        let side = grid.pixel_width.max(grid.pixel_height) * metres_per_unit(&grid.crs);
        let mut step = WIDEST_STEP;
        while step > 1 && step as f64 * side > LONGEST_STEP {
            step /= 2;
        }
        let half = (PATCH / side).floor().max(1.0) / 2.0;
        let (first_row, first_col) = (window.row0 / step, window.col0 / step);
        let count = |end: usize, first: usize| end.saturating_sub(1).div_ceil(step) - first + 1;
        let (rows, cols) = (count(window.row_end(), first_row), count(window.col_end(), first_col));
        Self { step, half, first_row, first_col, rows, cols }
    }

    /// Fractional column and row of the four corners of the patch around a node, in order around it.
    fn corners(&self, node: usize) -> [(f64, f64); 4] {
        let row = ((self.first_row + node / self.cols) * self.step) as f64 + 0.5;
        let col = ((self.first_col + node % self.cols) * self.step) as f64 + 0.5;
        let h = self.half;
        [(col - h, row + h), (col + h, row + h), (col + h, row - h), (col - h, row - h)]
    }
}

impl CellArea {
    /// x, y of the points whose longitude and latitude [`CellArea::from_lonlat`] needs, in the grid's CRS: none on a
    /// geographic grid; some lie outside the window, and by up to 128 m outside the grid.
    pub fn corners(grid: &Grid, window: &Window) -> (Vec<f64>, Vec<f64>) {
        if grid.crs.geographic || window.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let nodes = Nodes::new(grid, window);
        let points = (0..nodes.rows * nodes.cols).flat_map(|node| nodes.corners(node));
        points.map(|(col, row)| grid.xy(col, row)).unzip()
    }

    /// The areas, from the longitude and latitude in degrees (on the grid's own ellipsoid) of the points that
    /// [`CellArea::corners`] gave for the same grid and window.
    ///
    /// # Panics
    /// When there are not as many as those points.
    pub fn from_lonlat(grid: &Grid, window: &Window, lon: &[f64], lat: &[f64]) -> Self {
        let ellipsoid = Ellipsoid::of(&grid.crs);
        if grid.crs.geographic {
            let rows = window.row0..window.row_end();
            return Self::of_rows(rows.map(|row| to_units(ellipsoid.row_area(grid, row))).collect());
        }
        if window.is_empty() {
            return Self::of_rows(Vec::new());
        }
        let nodes = Nodes::new(grid, window);
        assert_eq!((lon.len(), lat.len()), (4 * nodes.rows * nodes.cols, 4 * nodes.rows * nodes.cols), "points");
        let per_patch = (2.0 * nodes.half).powi(2);
        let at: Vec<f64> = lon
            .chunks_exact(4)
            .zip(lat.chunks_exact(4))
            .map(|(lon, lat)| ellipsoid.quadrilateral(lon, lat) / per_patch)
            .collect();
        let largest = at.iter().map(|v| if v.is_nan() { u64::MAX } else { to_units(*v) }).max();
        let fitting = u64::MAX / largest.unwrap_or(0).saturating_add(1);
        Self { areas: Areas::Nodes { nodes, at, row0: window.row0, col0: window.col0 }, fitting }
    }

    fn of_rows(units: Vec<u64>) -> Self {
        let fitting = u64::MAX / units.iter().max().map_or(1, |v| (*v).max(1));
        Self { areas: Areas::Rows(units), fitting }
    }

    /// Every pixel counted the same, as planar tools do: each is 10^10 square millimetres, so that
    /// [`super::AreaTable::hectares`] is the sum of coverage fractions in *pixels*. Times pixel width times pixel height
    /// it is the planar area in squared units of the CRS. For comparison only: not an area on the ground.
    pub fn planar(_grid: &Grid, window: &Window) -> Self {
        Self::of_rows(vec![10_000_000_000 * UNITS_PER_SQUARE_MM; window.rows])
    }

    /// Areas along a row of the window.
    pub(super) fn row(&self, row: usize) -> RowArea<'_> {
        match &self.areas {
            Areas::Rows(units) => RowArea::Same(units[row]),
            Areas::Nodes { nodes, at, row0, col0 } => {
                let step = nodes.step;
                let (above, part) = ((row0 + row) / step - nodes.first_row, ((row0 + row) % step) as f64 / step as f64);
                let below = if part > 0.0 { above + 1 } else { above };
                let line = |row: usize| &at[row * nodes.cols..(row + 1) * nodes.cols];
                let offset = col0 - nodes.first_col * step;
                RowArea::Nodes(Line { above: line(above), below: line(below), part, offset, step })
            }
        }
    }

    /// Of how many pixels of this window the sum of areas is sure to fit 64 bits.
    pub(super) fn fitting(&self) -> u64 {
        self.fitting
    }

    /// Area of a pixel in 1/1024 square millimetre, row and column of the window.
    pub(super) fn units(&self, row: usize, col: usize) -> u64 {
        self.row(row).units(col)
    }

    /// Area of a pixel in square millimetres, rounded, row and column of the window.
    pub fn square_mm(&self, row: usize, col: usize) -> u64 {
        (self.units(row, col) + UNITS_PER_SQUARE_MM / 2) / UNITS_PER_SQUARE_MM
    }
}

fn to_units(square_metres: f64) -> u64 {
    let units = square_metres * 1e6 * UNITS_PER_SQUARE_MM as f64;
    if (0.0..HALF_OF_EXACT).contains(&units) { rounded(units) } else { units.round() as u64 }
}

/// Metres in a linear unit of a projected system: the last `UNIT` in its WKT (1 when there is none).
pub(crate) fn metres_per_unit(crs: &Crs) -> f64 {
    if crs.geographic {
        return 111_320.0;
    }
    let factor = crs.wkt.rsplit_once("UNIT[").and_then(|(_, rest)| rest.split(',').nth(1));
    let factor = factor.and_then(|text| text.trim_end_matches(']').trim().parse().ok());
    factor.filter(|f: &f64| f.is_finite() && *f > 0.0).unwrap_or(1.0)
}

/// An ellipsoid of revolution.
#[derive(Clone, Debug)]
pub(super) struct Ellipsoid {
    pub(super) semi_major: f64,
    /// Square of the first eccentricity.
    e2: f64,
}

impl Ellipsoid {
    pub(super) fn of(crs: &Crs) -> Self {
        let flattening = if crs.inverse_flattening > 0.0 { 1.0 / crs.inverse_flattening } else { 0.0 };
        Self { semi_major: crs.semi_major, e2: flattening * (2.0 - flattening) }
    }

    /// `q(to) - q(from)` of Snyder's eq. 3-12 for latitudes in radians, rearranged so that nothing cancels: the
    /// difference of sines as a product, the difference of the inverse hyperbolic tangents as one of them.
    pub(super) fn q_difference(&self, from: f64, to: f64) -> f64 {
        let (s0, s1, e2) = (from.sin(), to.sin(), self.e2);
        let ds = 2.0 * ((to + from) / 2.0).cos() * ((to - from) / 2.0).sin();
        let first = ds * (1.0 + e2 * s0 * s1) / ((1.0 - e2 * s0 * s0) * (1.0 - e2 * s1 * s1));
        let e = e2.sqrt();
        let slope = ds / (1.0 - e2 * s0 * s1);
        let second = if e > 0.0 { (e * slope).atanh() / e } else { slope };
        (1.0 - e2) * (first + second)
    }

    /// Radius of the parallel and radius of curvature of the meridian at a latitude in radians, metres (Snyder's eq. 4-18
    /// to 4-21).
    pub(super) fn radii(&self, lat: f64) -> (f64, f64) {
        let under = 1.0 - self.e2 * lat.sin().powi(2);
        let vertical = self.semi_major / under.sqrt();
        (vertical * lat.cos(), vertical * (1.0 - self.e2) / under)
    }

    /// Square metres of a pixel in a row of a geographic grid.
    fn row_area(&self, grid: &Grid, row: usize) -> f64 {
        let pole = std::f64::consts::FRAC_PI_2;
        let north = (grid.origin_y - row as f64 * grid.pixel_height).to_radians().clamp(-pole, pole);
        let south = (grid.origin_y - (row + 1) as f64 * grid.pixel_height).to_radians().clamp(-pole, pole);
        self.semi_major.powi(2) / 2.0 * self.q_difference(south, north) * grid.pixel_width.to_radians()
    }

    /// Square metres inside four points given in degrees.
    fn quadrilateral(&self, lon: &[f64], lat: &[f64]) -> f64 {
        let mut around = [(0.0, 0.0); 4];
        for (point, (lon_i, lat_i)) in around.iter_mut().zip(lon.iter().zip(lat)) {
            // A patch may lie across the 180th meridian.
            let turn = (lon_i - lon[0] + 540.0).rem_euclid(360.0) - 180.0;
            let step = if (lon_i - lon[0]).abs() < 180.0 { lon_i - lon[0] } else { turn };
            *point = (step.to_radians(), self.q_difference(lat[0].to_radians(), lat_i.to_radians()));
        }
        let twice: f64 = (0..4).map(|i| (around[i], around[(i + 1) % 4])).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
        self.semi_major.powi(2) / 4.0 * twice.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(origin_y: f64, pixel: f64) -> Grid {
        Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y,
            pixel_width: pixel,
            pixel_height: pixel,
            rows: 20,
            cols: 20,
        }
    }

    #[test]
    fn rows_add_up_to_the_ellipsoid() {
        // Area of WGS 84: 510,065,621.724 km2 (Moritz 2000, "Geodetic Reference System 1980", by its constants).
        let globe = Grid { origin_x: -180.0, origin_y: 90.0, rows: 180, cols: 360, ..degrees(90.0, 1.0) };
        let cells = CellArea::from_lonlat(&globe, &globe.window(), &[], &[]);
        let total: f64 = (0..180).map(|row| 360.0 * cells.square_mm(row, 0) as f64).sum();
        assert!((total / 510_065_621.724e12 - 1.0).abs() < 1e-11, "{total}");
    }

    #[test]
    fn small_pixels_keep_their_digits() {
        // Pixels of 5 cm: a block of 20 x 20 is one pixel of 1 m, to the rounding of units.
        let fine = degrees(1.8, 4.5e-7);
        let cells = CellArea::from_lonlat(&fine, &fine.window(), &[], &[]);
        let sum: u64 = (0..20).map(|row| 20 * cells.units(row, 0)).sum();
        let coarse = degrees(1.8, 9e-6);
        let one = CellArea::from_lonlat(&coarse, &coarse.window(), &[], &[]).units(0, 0);
        assert!((sum as f64 / one as f64 - 1.0).abs() < 4e-7, "{sum} {one}");
    }

    #[test]
    fn the_linear_unit_is_the_last_one() {
        let mut crs = Crs::wgs84();
        assert_eq!(metres_per_unit(&crs), 111_320.0);
        crs.geographic = false;
        crs.wkt = r#"PROJCS["x",GEOGCS["y",UNIT["degree",0.0174]],UNIT["US survey foot",0.3048006096]]"#.to_owned();
        assert_eq!(metres_per_unit(&crs), 0.304_800_609_6);
        crs.wkt = r#"CS[Cartesian,2],AXIS["N",north,LENGTHUNIT["metre",1]]]"#.to_owned();
        assert_eq!(metres_per_unit(&crs), 1.0);
    }

    #[test]
    fn planar_counts_pixels() {
        let grid = degrees(1.8, 0.1);
        assert_eq!(CellArea::planar(&grid, &grid.window()).square_mm(3, 4), 10_000_000_000);
    }
}
