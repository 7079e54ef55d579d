//! A reported quantity in hectares: square metres are converted exactly, plants and kilograms cannot be.

use super::columns::NamedUnit;
use super::event::Fault;
use crate::records::Exact;
use crate::records::events::is_hectare;
use crate::records::number_format::{self, Evidence, NumberFormat};
use crate::records::text_table::normalised;

/// A quantity in hectares, and the unit that it was converted from.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Hectares.
    pub hectares: Exact,
    /// The other unit.
    pub converted_from: Option<&'static str>,
}

/// How a column of quantities is read.
#[derive(Debug, Clone)]
pub struct QuantityColumn {
    format: Option<NumberFormat>,
    named: Option<NamedUnit>,
    has_units: bool,
}

impl QuantityColumn {
    /// Looks at a column. `numeric`: its figures were numbers in the file, with a decimal point here. `has_units`: another
    /// column says the unit of each row.
    pub fn of<'a>(
        cells: impl Iterator<Item = (u64, &'a str)>,
        numeric: bool,
        named: Option<NamedUnit>,
        has_units: bool,
    ) -> Self {
        let format = if numeric { Some(NumberFormat::Point) } else { Evidence::of(cells).format() };
        Self { format, named, has_units }
    }

    /// Whether the unit is said nowhere, so that hectares are taken for granted.
    pub fn assumes_hectares(&self) -> bool {
        self.named.is_none() && !self.has_units
    }

    /// Reads a quantity; with a unit that is none of ground it is a fault.
    ///
    /// # Errors
    /// [`Fault`] without a figure, with an ambiguous one, or a unit that cannot become hectares.
    pub fn read(&self, text: &str, unit: &str) -> Result<Quantity, Fault> {
        if text.trim().is_empty() {
            return Err(Fault::NoQuantity(String::new()));
        }
        let figure = self.figure(text)?;
        if unit.trim().is_empty() {
            return match self.named {
                None if self.has_units => Err(Fault::NoUnit(text.to_owned())),
                Some(NamedUnit::SquareMetre) => Ok(square_metres(figure)),
                Some(NamedUnit::Hectare) | None => Ok(Quantity { hectares: figure, converted_from: None }),
            };
        }
        if is_hectare(unit) {
            return Ok(Quantity { hectares: figure, converted_from: None });
        }
        match normalised(unit).as_str() {
            "m2" | "m²" | "m_2" | "mts2" | "mt2" | "metro_cuadrado" | "metros_cuadrados" | "square_metres"
            | "square_metre" | "square_meters" | "sqm" => Ok(square_metres(figure)),
            "km2" | "km²" | "kilometros_cuadrados" | "square_kilometres" | "square_kilometers" => {
                Ok(Quantity { hectares: figure.times_ratio(100, 1), converted_from: Some("square kilometres") })
            }
            name if ["planta", "mata", "arbusto", "plant", "palo"].iter().any(|part| name.starts_with(part)) => {
                Err(Fault::Plants(format!("{text} {unit}")))
            }
            _ => Err(Fault::Unit(format!("{text} {unit}"))),
        }
    }

    fn figure(&self, text: &str) -> Result<Exact, Fault> {
        // A column in two formats, or one that says nothing: a figure may still tell its own.
        let own = Evidence::of(std::iter::once((0, text)));
        let format = match (self.format, own.format()) {
            (Some(format), _) | (None, Some(format)) => format,
            (None, None) if own.ambiguous.is_some() => return Err(Fault::AmbiguousQuantity(text.to_owned())),
            (None, None) => NumberFormat::Point,
        };
        number_format::parse(text, format).ok_or_else(|| Fault::NoQuantity(text.to_owned()))
    }
}

fn square_metres(figure: Exact) -> Quantity {
    Quantity { hectares: figure.times_ratio(1, 10_000), converted_from: Some("square metres") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str], numeric: bool, named: Option<NamedUnit>, has_units: bool) -> QuantityColumn {
        QuantityColumn::of(cells.iter().map(|c| (1, *c)), numeric, named, has_units)
    }

    #[test]
    fn units_are_converted_or_refused() {
        let column = column(&["1,5", "2"], false, None, true);
        let read = |text, unit| column.read(text, unit).map(|q| (q.hectares.to_string(), q.converted_from));
        assert_eq!(read("1,5", "Hectáreas"), Ok(("1.5".into(), None)));
        assert_eq!(read("12.345", "m²"), Ok(("1.2345".into(), Some("square metres"))));
        assert_eq!(read("2", "km2"), Ok(("200".into(), Some("square kilometres"))));
        assert_eq!(read("900", "PLANTAS"), Err(Fault::Plants("900 PLANTAS".into())));
        assert_eq!(read("900", "kg"), Err(Fault::Unit("900 kg".into())));
        assert_eq!(read("900", " "), Err(Fault::NoUnit("900".into())));
        assert_eq!(read("", "ha"), Err(Fault::NoQuantity(String::new())));
        assert_eq!(read("dos", "ha"), Err(Fault::NoQuantity("dos".into())));
    }

    #[test]
    fn an_ambiguous_figure_is_no_guess_and_a_number_is_not_ambiguous() {
        let mixed = column(&["1.234", "2.5", "2,5"], false, Some(NamedUnit::Hectare), false);
        assert_eq!(mixed.read("1.234", ""), Err(Fault::AmbiguousQuantity("1.234".into())));
        assert_eq!(mixed.read("2,5", "").map(|q| q.hectares.to_string()), Ok("2.5".into()));
        let number = column(&["1.234"], true, Some(NamedUnit::SquareMetre), false);
        assert_eq!(number.read("1.234", "").map(|q| q.hectares.to_string()), Ok("0.000123".into()));
        assert!(column(&[], true, None, false).assumes_hectares() && !number.assumes_hectares());
    }
}
