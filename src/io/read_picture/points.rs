//! Where the looks of a picture's pixels lie: a few in each pixel, in the system of what is read.

use std::ops::Range;

use crate::io::crs::{CrsError, Transform};
use crate::scene::{Crs, Grid};

/// Points are carried exactly at every so many pixels, counted in the whole picture, and are interpolated between: for
/// pictures, whose pixels are far larger than the error (under 1e-3 of a pixel for UTM and longitude, latitude at 100 km).
const NODE: usize = 16;

/// The way from the pixels of a picture into another system. One for each thread.
pub(super) struct Points {
    target: Grid,
    /// Looks to a side of a pixel.
    pub(super) side: usize,
    transform: Transform,
}

/// x, y of looks: the first row of the first pixel row from left to right, then its second, and so on.
pub(super) struct Looks {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
}

impl Points {
    pub(super) fn new(target: &Grid, crs: &Crs, side: usize) -> Result<Self, CrsError> {
        Ok(Self { target: target.clone(), side, transform: Transform::new(&target.crs, crs)? })
    }

    /// The looks into all pixels of these rows.
    pub(super) fn rows(&self, rows: Range<usize>) -> Result<Looks, CrsError> {
        let (side, cols) = (self.side, self.target.cols);
        let n = rows.len() * cols * side * side;
        let mut looks = Looks { x: Vec::with_capacity(n), y: Vec::with_capacity(n) };
        let middle = |i: usize| (i as f64 + 0.5) / side as f64;
        let mut nodes = Vec::new();
        let mut first = usize::MAX;
        for row in rows {
            if first != row / NODE {
                first = row / NODE;
                nodes = vec![self.node_row(first)?, self.node_row(first + 1)?];
            }
            for i in 0..side {
                let down = (row as f64 + middle(i)) / NODE as f64 - first as f64;
                for col in (0..cols * side).map(middle) {
                    let (at, across) = (col as usize / NODE, col / NODE as f64 - (col as usize / NODE) as f64);
                    let mix = |of: fn(&Looks) -> &Vec<f64>| {
                        let line = |row: &Looks| of(row)[at] * (1.0 - across) + of(row)[at + 1] * across;
                        line(&nodes[0]) * (1.0 - down) + line(&nodes[1]) * down
                    };
                    looks.x.push(mix(|l| &l.x));
                    looks.y.push(mix(|l| &l.y));
                }
            }
        }
        Ok(looks)
    }

    /// The nodes of a row of them. GDAL chooses among datum operations by the points of one call: each row is one, so that the
    /// cut into windows does not matter.
    fn node_row(&self, row: usize) -> Result<Looks, CrsError> {
        let count = self.target.cols.div_ceil(NODE) + 1;
        let (mut x, mut y): (Vec<f64>, Vec<f64>) =
            (0..count).map(|col| self.target.xy((col * NODE) as f64, (row * NODE) as f64)).unzip();
        self.transform.apply(&mut x, &mut y)?;
        Ok(Looks { x, y })
    }

    /// x, y of the picture's middle, and of one look to the right and one below.
    pub(super) fn middle(&self) -> Result<[(f64, f64); 3], CrsError> {
        let (col, row) = (self.target.cols as f64 / 2.0, self.target.rows as f64 / 2.0);
        let step = 1.0 / self.side as f64;
        let (mut x, mut y): (Vec<f64>, Vec<f64>) =
            [(col, row), (col + step, row), (col, row + step)].map(|(c, r)| self.target.xy(c, r)).into_iter().unzip();
        self.transform.apply(&mut x, &mut y)?;
        Ok([(x[0], y[0]), (x[1], y[1]), (x[2], y[2])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::crs::crs_from_text;

    #[test]
    fn looks_are_where_an_exact_transformation_puts_them() -> Result<(), CrsError> {
        let crs = crs_from_text("EPSG:32618")?;
        // 110 km at 8 N, far from the central meridian.
        let target = Grid {
            crs: crs.clone(),
            origin_x: 800_000.0,
            origin_y: 900_000.0,
            pixel_width: 110.0,
            pixel_height: 110.0,
            rows: 1000,
            cols: 1000,
        };
        let points = Points::new(&target, &Crs::wgs84(), 2)?;
        let looks = points.rows(40..42)?;
        assert_eq!(looks.x.len(), 2 * 1000 * 4);
        let exact = Transform::new(&crs, &Crs::wgs84())?;
        // The second look down and to the right of pixel (41, 777).
        let at = 3 * 2000 + 777 * 2 + 1;
        let (x, y) = target.xy(777.75, 41.75);
        let (mut x, mut y) = ([x], [y]);
        exact.apply(&mut x, &mut y)?;
        let pixel = 110.0 / 111_320.0;
        assert!((looks.x[at] - x[0]).abs() < 1e-3 * pixel && (looks.y[at] - y[0]).abs() < 1e-3 * pixel);
        // Rows cut elsewhere have the same looks.
        let other = points.rows(41..42)?;
        assert_eq!(looks.x[4000..], other.x[..]);
        Ok(())
    }
}
