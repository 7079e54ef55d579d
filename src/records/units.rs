//! Units of records as tables write them, as exact factors to hectares or kilograms.

use super::text_table::normalised;

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Ground: hectares.
    Area,
    /// Mass: kilograms.
    Mass,
}

/// The factor of a unit to hectares or kilograms, as a ratio of whole numbers; `None` for what is neither (plants, litres).
pub fn factor(unit: &str) -> Option<(Dimension, i64, i64)> {
    let name = normalised(unit);
    Some(match name.as_str() {
        "hectarea" | "hectareas" | "hectarea_s" | "ha" | "has" | "hectare" | "hectares" => (Dimension::Area, 1, 1),
        "m2" | "m²" | "m_2" | "mt2" | "mts2" | "metro_cuadrado" | "metros_cuadrados" | "square_metres"
        | "square_meters" | "sqm" => (Dimension::Area, 1, 10_000),
        "km2" | "km²" | "kilometros_cuadrados" | "square_kilometres" => (Dimension::Area, 100, 1),
        "kg" | "kgs" | "kilo" | "kilos" | "kilogramo" | "kilogramos" | "kilogram" | "kilograms" => {
            (Dimension::Mass, 1, 1)
        }
        "g" | "gr" | "gramo" | "gramos" | "gram" | "grams" => (Dimension::Mass, 1, 1000),
        "t" | "ton" | "tonelada" | "toneladas" | "tonne" | "tonnes" => (Dimension::Mass, 1000, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_and_masses_have_their_factors_and_plants_none() {
        assert_eq!(factor("Hectáreas"), Some((Dimension::Area, 1, 1)));
        assert_eq!(factor("M2"), Some((Dimension::Area, 1, 10_000)));
        assert_eq!(factor("TONELADA"), Some((Dimension::Mass, 1000, 1)));
        assert_eq!((factor("PLANTAS"), factor("GALON"), factor("")), (None, None, None));
    }
}
