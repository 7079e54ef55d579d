//! Hectares per municipality, class and year, as they are reported.

use serde::{Deserialize, Serialize};

use super::{AreaTable, UNOBSERVED};
use crate::territory::{Municipality, MunicipalityCode};

/// One line of `hectares.csv`. All `_ha` are geodesic hectares; NaN in a row that was read means that the file did not
/// hold the column.
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
            });
        }
    }
    rows
}
