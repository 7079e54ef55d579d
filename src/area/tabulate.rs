//! One window of class codes to an [`AreaTable`]: coverage times cell area, summed by zone and class.

use ndarray::ArrayView2;

use super::coverage::{FULL, Run, Scratch};
use super::rows::{Placed, Rows};
use super::sums::{Mask, Sums};
use super::{AreaTable, CellArea, Zones};
use crate::scene::Window;

/// Where the claimed part of a row changes.
#[derive(Clone, Copy, Debug)]
struct Claim {
    row: u32,
    col: u32,
    change: i64,
}

impl Placed for Claim {
    fn row(&self) -> u32 {
        self.row
    }

    fn col(&self) -> u32 {
        self.col
    }
}

/// The parts of pixels that zones claim, as changes along the rows: two a run at most, none a pixel.
#[derive(Default)]
struct Claims(Vec<Claim>);

impl Claims {
    fn add(&mut self, run: Run) {
        let (row, col) = (run.row as u32, run.col0 as u32);
        match self.0.last_mut() {
            Some(last) if (last.row, last.col) == (row, col) => last.change += run.cover,
            _ => self.0.push(Claim { row, col, change: run.cover }),
        }
        self.0.push(Claim { row, col: run.col1 as u32, change: -run.cover });
    }
}

/// The area table of one window. `codes` is `[row, col]` of the window: classes 0 to 253, [`super::UNOBSERVED`],
/// [`super::OUTSIDE_RASTER`].
///
/// What no zone claims of a pixel goes to "outside", so zones and outside add up to the window exactly.
///
/// # Panics
/// When `codes` has another shape than the window.
pub fn tabulate(window: &Window, codes: ArrayView2<'_, u8>, zones: &Zones, cells: &CellArea) -> AreaTable {
    assert_eq!(codes.dim(), (window.rows, window.cols), "codes must fill the window");
    let mut table = AreaTable::default();
    let codes = codes.as_standard_layout();
    let Some(codes) = codes.as_slice() else { return table };
    let mask = Mask { codes, cols: window.cols, cells };
    let (mut scratch, mut sums, mut claims) = (Scratch::default(), Sums::new(), Claims::default());
    for zone in zones.in_window(window) {
        zones.outline(zone).runs(window, &mut scratch, |run| {
            claims.add(run);
            sums.add_run(&mask, run);
        });
        sums.drain(|class, amount| table.add(zone, class, amount));
    }
    add_rest(&mut table, &mask, window, (claims, sums));
    table
}

/// What the zones leave of every pixel goes outside; what they claim twice is counted as overlap too.
fn add_rest(table: &mut AreaTable, mask: &Mask<'_>, window: &Window, (claims, mut outside): (Claims, Sums)) {
    let mut overlap = 0;
    let mut rows = Rows::default();
    rows.sort(&claims.0, window.rows);
    for row in 0..window.rows {
        let (mut claimed, mut col) = (0, 0);
        let mut leave = |claimed: i64, (col0, col1): (usize, usize)| {
            let run = Run { row, col0, col1, cover: FULL - claimed };
            if run.cover == 0 || col0 == col1 {
                return;
            }
            outside.add_run(mask, run);
            if run.cover < 0 {
                overlap += mask.amount(run);
            }
        };
        for claim in rows.row(row) {
            leave(claimed, (col, claim.col as usize));
            (claimed, col) = (claimed + claim.change, claim.col as usize);
        }
        leave(claimed, (col, window.cols));
    }
    outside.drain(|class, amount| table.add_outside(class, amount));
    table.add_overlap(-overlap);
}

#[cfg(test)]
mod tests {
    use geo::{Coord, LineString, MultiPolygon, Polygon};
    use ndarray::{Array2, s};
    use proptest::prelude::*;

    use super::*;
    use crate::area::UNOBSERVED;
    use crate::scene::{Crs, Grid};

    const ROWS: usize = 40;
    const COLS: usize = 50;

    fn grid() -> Grid {
        Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 2.0,
            pixel_width: 1e-3,
            pixel_height: 1e-3,
            rows: ROWS,
            cols: COLS,
        }
    }

    fn table(window: &Window, codes: &Array2<u8>, zones: &Zones) -> AreaTable {
        let codes = codes.slice(s![window.row0..window.row_end(), window.col0..window.col_end()]);
        tabulate(window, codes, zones, &CellArea::from_lonlat(&grid(), window, &[], &[]))
    }

    /// A lattice of 4 x 4 quadrilaterals whose corners are pushed about, larger than the tile: a partition of it.
    fn partition() -> impl Strategy<Value = Vec<MultiPolygon<f64>>> {
        proptest::collection::vec((-0.45..0.45_f64, -0.45..0.45_f64), 25).prop_map(|shifts| {
            let corner = |i: usize, j: usize| {
                let (dx, dy) = shifts[i * 5 + j];
                let (col, row) = ((j as f64 + dx - 0.7) * 20.0, (i as f64 + dy - 0.7) * 17.0);
                let (x, y) = grid().xy(col, row);
                Coord { x, y }
            };
            let quad = |k: usize| {
                let (i, j) = (k / 4, k % 4);
                let ring = [corner(i, j), corner(i, j + 1), corner(i + 1, j + 1), corner(i + 1, j), corner(i, j)];
                MultiPolygon::new(vec![Polygon::new(LineString::from(ring.to_vec()), vec![])])
            };
            (0..16).map(quad).collect()
        })
    }

    /// Any triangles: overlapping, partly or wholly outside the tile, of either direction.
    fn triangles() -> impl Strategy<Value = Vec<MultiPolygon<f64>>> {
        let point = (-20.0..70.0_f64, -20.0..60.0_f64).prop_map(|(col, row)| grid().xy(col, row));
        let triangle = proptest::collection::vec(point, 3)
            .prop_map(|points| MultiPolygon::new(vec![Polygon::new(LineString::from(points), vec![])]));
        proptest::collection::vec(triangle, 1..6)
    }

    fn mask() -> impl Strategy<Value = Array2<u8>> {
        let code = prop_oneof![4 => Just(0_u8), 2 => Just(1), 1 => Just(UNOBSERVED), 1 => 2..=5_u8];
        proptest::collection::vec(code, ROWS * COLS)
            .prop_map(|codes| Array2::from_shape_vec((ROWS, COLS), codes).unwrap())
    }

    fn tile_amount(codes: &Array2<u8>, class: u8) -> i128 {
        let cells = CellArea::from_lonlat(&grid(), &grid().window(), &[], &[]);
        let of_class = codes.indexed_iter().filter(|(_, code)| **code == class);
        of_class.map(|((row, col), _)| i128::from(FULL) * i128::from(cells.units(row, col))).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn zones_and_outside_are_the_tile(codes in mask(), grounds in triangles()) {
            let table = table(&grid().window(), &codes, &Zones::new(&grid(), &grounds));
            for class in codes.iter() {
                prop_assert_eq!(table.total(*class), tile_amount(&codes, *class));
            }
        }

        #[test]
        fn a_partition_leaves_nothing_outside_and_claims_nothing_twice(codes in mask(), grounds in partition()) {
            let table = table(&grid().window(), &codes, &Zones::new(&grid(), &grounds));
            for class in codes.iter() {
                prop_assert_eq!(table.outside_hectares(*class), 0.0);
            }
            prop_assert_eq!(table.overlap_hectares(), 0.0);
        }

        #[test]
        fn windows_and_their_order_do_not_matter(
            codes in mask(), grounds in triangles(), row in 1..ROWS, col in 1..COLS, first in 0..4_usize
        ) {
            let zones = Zones::new(&grid(), &grounds);
            let whole = table(&grid().window(), &codes, &zones);
            let parts = [(0, 0, row, col), (0, col, row, COLS - col), (row, 0, ROWS - row, col), (row, col, ROWS - row, COLS - col)];
            let mut sum = AreaTable::default();
            for i in 0..4 {
                let (row0, col0, rows, cols) = parts[(first + i) % 4];
                sum.merge(&table(&Window { row0, col0, rows, cols }, &codes, &zones));
            }
            prop_assert_eq!(sum, whole);
        }

        #[test]
        fn masking_never_adds_hectares(codes in mask(), hidden in mask(), grounds in triangles()) {
            let zones = Zones::new(&grid(), &grounds);
            let before = table(&grid().window(), &codes, &zones);
            let mut masked = codes.clone();
            masked.zip_mut_with(&hidden, |code, hide| if *hide == UNOBSERVED { *code = UNOBSERVED });
            let after = table(&grid().window(), &masked, &zones);
            for zone in 0..zones.len() {
                for class in 0..=5_u8 {
                    prop_assert!(after.hectares(zone, class) <= before.hectares(zone, class));
                }
                prop_assert_eq!(after.coverage_hectares(zone), before.coverage_hectares(zone));
            }
        }
    }

    #[test]
    fn overlapping_zones_are_told() {
        let g = grid();
        let (x0, y0) = g.xy(0.0, 10.0);
        let (x1, y1) = g.xy(10.0, 0.0);
        let square = geo::Rect::new(Coord { x: x0, y: y0 }, Coord { x: x1, y: y1 }).to_polygon();
        let zones = Zones::new(&g, &[square.clone().into(), square.into()]);
        let codes = Array2::from_elem((ROWS, COLS), 1);
        let table = table(&g.window(), &codes, &zones);
        assert!(table.overlap_hectares() > 100.0);
        assert_eq!(table.overlap_hectares(), table.hectares(1, 1));
    }
}
