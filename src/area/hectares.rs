//! Hectares per municipality, class and year, as they are reported.

use serde::{Deserialize, Serialize};

use super::{AreaTable, UNOBSERVED};
use crate::territory::{Municipality, MunicipalityCode};

/// One line of `hectares.csv`. All `_ha` are geodesic hectares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HectaresRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name, a label.
    pub municipality_name: String,
    /// Year of the mask; `None` where it is not known.
    pub year: Option<i32>,
    /// Class name, or its number in the raster where it has none.
    pub class: String,
    /// Pixels of the class, counted by the part inside the municipality. Not an estimate: see `accuracy`.
    pub mapped_area_ha: f64,
    /// Observed part of `coverage_area_ha`, 0 to 1; `None` where no raster reaches the municipality.
    pub observed_share: Option<f64>,
    /// Ground inside the raster that nobody saw.
    pub unobserved_ha: f64,
    /// The municipality's ground inside the raster, observed or not.
    pub coverage_area_ha: f64,
    /// The class's area if none of the unobserved ground were of this class.
    pub bound_low_ha: f64,
    /// The class's area if all of the unobserved ground were of this class.
    pub bound_high_ha: f64,
    /// Part of `coverage_area_ha` without a single clear observation, 0 to 1: a mean number of observations would hide it.
    /// `None` where no raster reaches the municipality.
    pub zero_observations_share: Option<f64>,
}

/// Rows by municipality, in the given order, and by class, in the given order; zone `i` of the table is municipality `i`.
pub fn hectares_rows(
    table: &AreaTable,
    municipalities: &[Municipality],
    classes: &[(u8, String)],
    year: Option<i32>,
) -> Vec<HectaresRow> {
    let mut rows = Vec::with_capacity(municipalities.len() * classes.len());
    for (zone, municipality) in municipalities.iter().enumerate() {
        let coverage = table.coverage_hectares(zone);
        let unobserved = table.hectares(zone, UNOBSERVED);
        for (class, name) in classes {
            let mapped = table.hectares(zone, *class);
            rows.push(HectaresRow {
                municipality_code: municipality.code.clone(),
                municipality_name: municipality.name.clone(),
                year,
                class: name.clone(),
                mapped_area_ha: mapped,
                observed_share: (coverage > 0.0).then(|| 1.0 - unobserved / coverage),
                unobserved_ha: unobserved,
                coverage_area_ha: coverage,
                bound_low_ha: mapped,
                bound_high_ha: mapped + unobserved,
                zero_observations_share: (coverage > 0.0).then(|| unobserved / coverage),
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use geo::{Coord, MultiPolygon, Rect};
    use ndarray::array;

    use super::*;
    use crate::area::{CellArea, OUTSIDE_RASTER, Zones, tabulate};
    use crate::scene::{Crs, Grid};

    #[test]
    fn unobserved_ground_widens_the_bounds_and_ground_outside_has_no_share() {
        let grid = Grid {
            crs: Crs::wgs84(),
            origin_x: -75.0,
            origin_y: 1.0,
            pixel_width: 0.01,
            pixel_height: 0.01,
            rows: 1,
            cols: 4,
        };
        let ground = |x: f64| -> MultiPolygon<f64> {
            Rect::new(Coord { x, y: 0.99 }, Coord { x: x + 0.04, y: 1.0 }).to_polygon().into()
        };
        let code = |text: &str| MunicipalityCode::parse(text).unwrap();
        let there = Municipality { code: code("05001"), name: "A".to_owned(), ground: ground(-75.0) };
        let away = Municipality { code: code("05002"), name: "B".to_owned(), ground: ground(-60.0) };
        let zones = Zones::new(&grid, &[there.ground.clone(), away.ground.clone()]);
        let codes = array![[1, 0, UNOBSERVED, OUTSIDE_RASTER]];
        let cells = CellArea::from_lonlat(&grid, &grid.window(), &[], &[]);
        let table = tabulate(&grid.window(), codes.view(), &zones, &cells);
        let pixel = cells.square_mm(0, 0) as f64 / 1e10;
        let rows = hectares_rows(&table, &[there, away], &[(1, "coca".to_owned())], Some(2022));
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(near(rows[0].mapped_area_ha, pixel) && near(rows[0].unobserved_ha, pixel), "{:?}", rows[0]);
        assert!(near(rows[0].coverage_area_ha, 3.0 * pixel), "no raster reaches the last pixel: {:?}", rows[0]);
        assert!(near(rows[0].bound_low_ha, pixel) && near(rows[0].bound_high_ha, 2.0 * pixel));
        assert!(rows[0].observed_share.is_some_and(|s| near(s, 2.0 / 3.0)));
        assert_eq!((rows[1].coverage_area_ha, rows[1].observed_share), (0.0, None));
    }
}
