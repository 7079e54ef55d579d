//! Pixel geometry as a type: the only place with affine arithmetic of north-up grids.
//!
//! A [`Grid`] is north-up: row 0 is the northernmost, `y` falls as the row number grows. Readers turn
//! south-up rasters into this form; rotated ones are resampled onto such a grid.

use serde::{Deserialize, Serialize};

/// A coordinate reference system: its text, and what the core needs to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crs {
    /// WKT (version 2 or 1) of the system.
    pub wkt: String,
    /// EPSG code where the system has one.
    pub epsg: Option<u32>,
    /// True when coordinates are longitude and latitude in degrees (always in that order here).
    pub geographic: bool,
    /// Semi-major axis of the ellipsoid, in metres.
    pub semi_major: f64,
    /// Inverse flattening of the ellipsoid (0 for a sphere).
    pub inverse_flattening: f64,
}

impl Crs {
    /// WGS 84 longitude and latitude in degrees.
    pub fn wgs84() -> Self {
        Self {
            wkt: concat!(
                r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,"#,
                r#"AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,"#,
                r#"AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,"#,
                r#"AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#
            )
            .to_owned(),
            epsg: Some(4326),
            geographic: true,
            semi_major: 6_378_137.0,
            inverse_flattening: 298.257_223_563,
        }
    }

    /// A short name for messages: `EPSG:32618`, or the quoted name in the WKT.
    pub fn label(&self) -> String {
        match self.epsg {
            Some(code) => format!("EPSG:{code}"),
            None => self.wkt.split('"').nth(1).unwrap_or("unnamed CRS").to_owned(),
        }
    }

    /// Whether two descriptions name the same system: by EPSG code where both have one, else by text.
    pub fn same_as(&self, other: &Self) -> bool {
        match (self.epsg, other.epsg) {
            (Some(a), Some(b)) => a == b,
            _ => self.wkt == other.wkt,
        }
    }
}

/// A rectangle of pixels in a grid: `row0, col0` is its upper left pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First row.
    pub row0: usize,
    /// First column.
    pub col0: usize,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

impl Window {
    /// Number of pixels.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// True when there is no pixel in it.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 || self.cols == 0
    }

    /// One past the last row.
    pub fn row_end(&self) -> usize {
        self.row0 + self.rows
    }

    /// One past the last column.
    pub fn col_end(&self) -> usize {
        self.col0 + self.cols
    }

    /// What two windows share; `None` when nothing.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let (row0, col0) = (self.row0.max(other.row0), self.col0.max(other.col0));
        let (row_end, col_end) = (self.row_end().min(other.row_end()), self.col_end().min(other.col_end()));
        (row0 < row_end && col0 < col_end).then(|| Self { row0, col0, rows: row_end - row0, cols: col_end - col0 })
    }

    /// The window widened by `halo` pixels on every side, cut at the grid's borders.
    pub fn with_halo(&self, halo: usize, grid: &Grid) -> Self {
        let row0 = self.row0.saturating_sub(halo);
        let col0 = self.col0.saturating_sub(halo);
        Self {
            row0,
            col0,
            rows: (self.row_end() + halo).min(grid.rows) - row0,
            cols: (self.col_end() + halo).min(grid.cols) - col0,
        }
    }
}

/// A north-up raster grid of square or rectangular pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Reference system of `origin` and pixel size.
    pub crs: Crs,
    /// x (or longitude) of the outer corner of pixel (0, 0).
    pub origin_x: f64,
    /// y (or latitude) of the outer corner of pixel (0, 0).
    pub origin_y: f64,
    /// Width of a pixel in units of the CRS, positive.
    pub pixel_width: f64,
    /// Height of a pixel in units of the CRS, positive.
    pub pixel_height: f64,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
}

impl Grid {
    /// x, y of a point given in fractional columns and rows (0, 0 is the outer corner of the first pixel).
    pub fn xy(&self, col: f64, row: f64) -> (f64, f64) {
        (self.origin_x + col * self.pixel_width, self.origin_y - row * self.pixel_height)
    }

    /// Fractional column and row of a point: the inverse of [`Grid::xy`].
    pub fn col_row(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.origin_x) / self.pixel_width, (self.origin_y - y) / self.pixel_height)
    }

    /// The whole grid as a window.
    pub fn window(&self) -> Window {
        Window { row0: 0, col0: 0, rows: self.rows, cols: self.cols }
    }

    /// `[min_x, min_y, max_x, max_y]`.
    pub fn bounds(&self) -> [f64; 4] {
        let (x1, y0) = self.xy(self.cols as f64, self.rows as f64);
        [self.origin_x, y0, x1, self.origin_y]
    }

    /// GDAL's six numbers for this grid.
    pub fn geo_transform(&self) -> [f64; 6] {
        [self.origin_x, self.pixel_width, 0.0, self.origin_y, 0.0, -self.pixel_height]
    }

    /// Offset `(rows, cols)` of `other`'s first pixel in this grid, when both lie on one lattice: the same
    /// CRS, a pixel size equal to 1e-9 relative, and origins a whole number of pixels apart (to 1e-3 pixel).
    pub fn lattice_offset(&self, other: &Self) -> Option<(i64, i64)> {
        let close = |a: f64, b: f64| ((a - b) / a).abs() < 1e-9;
        if !self.crs.same_as(&other.crs)
            || !close(self.pixel_width, other.pixel_width)
            || !close(self.pixel_height, other.pixel_height)
        {
            return None;
        }
        let (col, row) = self.col_row(other.origin_x, other.origin_y);
        let whole = |v: f64| (v - v.round()).abs() < 1e-3;
        (whole(col) && whole(row)).then(|| (row.round() as i64, col.round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 0.1,
            pixel_height: 0.1,
            rows: 10,
            cols: 20,
        }
    }

    #[test]
    fn col_row_inverts_xy() {
        let g = grid();
        let (x, y) = g.xy(3.25, 7.5);
        let (c, r) = g.col_row(x, y);
        assert!((c - 3.25).abs() < 1e-9 && (r - 7.5).abs() < 1e-9);
    }

    #[test]
    fn halo_is_cut_at_the_border() {
        let g = grid();
        let w = Window { row0: 0, col0: 18, rows: 5, cols: 2 }.with_halo(3, &g);
        assert_eq!(w, Window { row0: 0, col0: 15, rows: 8, cols: 5 });
    }

    #[test]
    fn lattice_offset_counts_pixels_or_refuses() {
        let g = grid();
        let shifted = Grid { origin_x: -74.5, origin_y: 1.8, ..grid() };
        assert_eq!(g.lattice_offset(&shifted), Some((2, 5)));
        let half = Grid { origin_x: -74.45, ..grid() };
        assert_eq!(g.lattice_offset(&half), None);
    }
}
