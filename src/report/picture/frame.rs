//! The grid of a picture: square pixels of the ground, no finer than the data, no more than a given number to a side.

use crate::scene::{Crs, Grid};

/// A grid of square ground pixels over `bounds` (`[min_x, min_y, max_x, max_y]`) that ends exactly where they do.
///
/// Pixels are not finer than `finest` (in units of y), and the longest side has at most `longest` of them. On longitude and
/// latitude they are square at the middle latitude.
pub fn grid_over(crs: &Crs, bounds: [f64; 4], finest: f64, longest: usize) -> Grid {
    let [x0, y0, x1, y1] = bounds;
    let aspect = if crs.geographic { degree_aspect(crs, (y0 + y1) / 2.0) } else { 1.0 };
    let (width, height) = ((x1 - x0) * aspect, y1 - y0);
    let longest = longest.max(1);
    let pixel = finest.max(width.max(height) / longest as f64);
    let count = |length: f64| ((length / pixel).round() as usize).clamp(1, longest);
    let (rows, cols) = (count(height), count(width));
    Grid {
        crs: crs.clone(),
        origin_x: x0,
        origin_y: y1,
        pixel_width: (x1 - x0) / cols as f64,
        pixel_height: height / rows as f64,
        rows,
        cols,
    }
}

/// The grid of a picture of all of a raster.
pub fn picture_grid(raster: &Grid, longest: usize) -> Grid {
    let bounds = raster.bounds();
    let middle = (bounds[1] + bounds[3]) / 2.0;
    let aspect = if raster.crs.geographic { degree_aspect(&raster.crs, middle) } else { 1.0 };
    grid_over(&raster.crs, bounds, raster.pixel_height.min(raster.pixel_width * aspect), longest)
}

/// Metres of a degree of longitude over metres of a degree of latitude: `N cos(lat) / M`, the radii of curvature of the
/// ellipsoid (Snyder 1987, USGS Professional Paper 1395, eq. 4-18 and 4-20).
fn degree_aspect(crs: &Crs, lat: f64) -> f64 {
    let flattening = if crs.inverse_flattening > 0.0 { 1.0 / crs.inverse_flattening } else { 0.0 };
    let e2 = flattening * (2.0 - flattening);
    let (sine, cosine) = lat.clamp(-89.0, 89.0).to_radians().sin_cos();
    cosine * (1.0 - e2 * sine * sine) / (1.0 - e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(crs: Crs, pixel: (f64, f64), rows: usize, cols: usize) -> Grid {
        let (pixel_width, pixel_height) = pixel;
        Grid { crs, origin_x: -75.0, origin_y: 8.0, pixel_width, pixel_height, rows, cols }
    }

    fn metres() -> Crs {
        Crs { geographic: false, epsg: Some(32618), ..Crs::wgs84() }
    }

    #[test]
    fn small_rasters_keep_their_pixels_and_large_ones_their_bounds() {
        let small = grid(metres(), (10.0, 10.0), 4, 3);
        assert_eq!(picture_grid(&small, 1024), small);
        let large = picture_grid(&grid(metres(), (10.0, 10.0), 3001, 2000), 1000);
        assert_eq!((large.rows, large.cols), (1000, 666));
        assert!((large.bounds()[1] - (8.0 - 30_010.0)).abs() < 1e-6);
        assert!((large.bounds()[2] - (-75.0 + 20_000.0)).abs() < 1e-6);
        assert_eq!(picture_grid(&grid(metres(), (10.0, 10.0), 1, 5000), 100).rows, 1);
    }

    #[test]
    fn oblong_pixels_become_square_ground() {
        let tall = picture_grid(&grid(metres(), (10.0, 20.0), 10, 10), 1024);
        assert_eq!((tall.rows, tall.cols), (20, 10));
        // At 60 N a degree of longitude is half as long, but for the ellipsoid: 55,800 m over 111,412 m (Snyder, table 3).
        let mut north = grid(Crs::wgs84(), (0.001, 0.001), 1000, 2000);
        north.origin_y = 60.5;
        let square = picture_grid(&north, 1000);
        assert_eq!((square.rows, square.cols), (998, 1000));
        assert!((degree_aspect(&north.crs, 60.0) - 55_800.0 / 111_412.0).abs() < 1e-4);
    }
}
