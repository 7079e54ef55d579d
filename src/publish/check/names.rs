//! What the name of a column or key says of its values.

use super::Rule;

/// Columns of pixel positions.
const PIXELS: [&str; 13] = [
    "row",
    "col",
    "column",
    "fila",
    "columna",
    "pixel",
    "px",
    "pixel_row",
    "pixel_col",
    "pixel_x",
    "pixel_y",
    "row_index",
    "col_index",
];
/// Words that make any name one of pixel positions.
const PIXEL_PARTS: [&str; 8] = ["row", "col", "fila", "columna", "pixel", "pix", "renglon", "renglón"];
/// Columns of coordinates.
const COORDINATES: [&str; 25] = [
    "x",
    "y",
    "lon",
    "lat",
    "long",
    "lng",
    "longitude",
    "latitude",
    "longitud",
    "latitud",
    "easting",
    "northing",
    "este",
    "norte",
    "coord_x",
    "coord_y",
    "utm_x",
    "utm_y",
    "x_m",
    "y_m",
    "wkt",
    "geom",
    "geometry_wkt",
    "centroid",
    "centroide",
];
/// Columns of units of a sample.
const SAMPLE: [&str; 13] = [
    "unit",
    "unit_id",
    "sample_id",
    "sample_unit",
    "stratum",
    "estrato",
    "reference",
    "reference_class",
    "interpreter",
    "interpreters",
    "plot_id",
    "punto",
    "point_id",
];
/// Words of rasters that are working files.
const WORKING: [&str; 9] =
    ["probab", "mask", "mascara", "máscara", "class_", "coca:", "coca_", "land cover", "cobertura"];

/// The rule that a column's or key's name breaks.
pub fn column_rule(name: &str) -> Option<Rule> {
    let lower = name.trim().to_lowercase();
    let (base, _) = with_year(&lower);
    let is = |any: &[&str]| any.contains(&base);
    let ends = |any: &[&str]| any.iter().any(|end| base.ends_with(end));
    // `row_off`, `pix_fila`: a part of the name is enough.
    let of_pixels = base.split('_').any(|part| PIXEL_PARTS.contains(&part));
    if is(&PIXELS) || of_pixels {
        Some(Rule::PixelPosition)
    } else if is(&COORDINATES)
        || ends(&["_lon", "_lat", "_longitude", "_latitude", "_x", "_y", "_easting", "_northing"])
        || ["lon_", "lat_", "utm_"].iter().any(|start| base.starts_with(start))
    {
        Some(Rule::Coordinates)
    } else if lower.contains("gps") {
        Some(Rule::Gps)
    } else if is(&SAMPLE) {
        Some(Rule::SampleUnit)
    } else {
        None
    }
}

/// Whether the words of a raster say that it is a mask, classes or probabilities.
pub fn is_working(words: &str) -> bool {
    let lower = words.to_lowercase();
    WORKING.iter().any(|word| lower.contains(word))
}

/// `mapped_area_ha_2024` is `mapped_area_ha` and 2024.
pub fn with_year(name: &str) -> (&str, Option<i32>) {
    match name.rsplit_once('_') {
        Some((base, year)) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => (base, year.parse().ok()),
        _ => (name, None),
    }
}

/// Whether a cell's value under this name tells of its coca: lots or hectares that are not those of the ground.
pub fn is_cell_figure(base: &str) -> bool {
    let ground = ["coverage", "observed", "unobserved", "reached", "ground"];
    base == "lots" || (base.ends_with("_ha") && !ground.iter().any(|word| base.starts_with(word)))
}

/// Whether a municipality's value under this name comes from the map, so that it goes where its mapped hectares are withheld.
pub fn is_map_figure(base: &str) -> bool {
    let starts = [
        "mapped",
        "difference_ha",
        "bound_",
        "adjusted",
        "estimate_",
        "census_minus_estimate",
        "standard_error",
        "ci95_",
        "users_accuracy",
        "producers_accuracy",
        "overall_accuracy",
    ];
    base == "z" || starts.iter().any(|start| base.starts_with(start))
}

/// Whether a value of a row of changes, which has no year, comes from the map.
pub fn is_change_figure(base: &str) -> bool {
    let starts = [
        "before_",
        "after_",
        "change_",
        "growth_",
        "probability_of",
        "minimum_detectable",
        "distinguishable",
        "sentence",
    ];
    starts.iter().any(|start| base.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_say_what_they_hold() {
        for (name, rule) in [
            ("row", Some(Rule::PixelPosition)),
            ("pixel_col", Some(Rule::PixelPosition)),
            ("LON", Some(Rule::Coordinates)),
            ("x", Some(Rule::Coordinates)),
            ("first_lat", Some(Rule::Coordinates)),
            ("unit_id", Some(Rule::SampleUnit)),
            ("municipality_code", None),
            ("growth_pct", None),
            ("mapped_area_ha_2024", None),
            ("rows", None),
            ("level", None),
        ] {
            assert_eq!(column_rule(name), rule, "{name}");
        }
    }

    #[test]
    fn figures_of_cells_and_of_the_map() {
        assert!(is_cell_figure("lots") && is_cell_figure("coca_ha") && !is_cell_figure("coverage_area_ha"));
        assert!(is_map_figure("bound_low_ha") && is_map_figure("z") && !is_map_figure("census_ha"));
        assert_eq!(with_year("mapped_area_ha_2024"), ("mapped_area_ha", Some(2024)));
        assert_eq!(with_year("null_error_ha"), ("null_error_ha", None));
    }
}
