//! Figures by municipality and year on one grid, and the forms they enter a regression in.

use serde::Serialize;

use crate::territory::MunicipalityCode;

/// The form of the outcome and, alike, of every quantity beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `ln(1 + x)`: growth; the common intercept of a year is a rate, the same for large and small. The main form.
    Log,
    /// The quantity as it is: hectares of change for each hectare; the largest municipalities decide.
    Hectares,
    /// `asinh(x)`: as the logarithm for large figures.
    Asinh,
    /// The quantity for each square kilometre of the municipality.
    PerKm2,
}

impl Form {
    /// All forms, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Log, Self::Hectares, Self::Asinh, Self::PerKm2];

    /// The word in tables and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Hectares => "hectares",
            Self::Asinh => "asinh",
            Self::PerKm2 => "per-km2",
        }
    }

    /// How a quantity of this unit is written in this form: `ln(1 + ha)`.
    pub fn of_unit(self, unit: &str) -> String {
        match self {
            Self::Log => format!("ln(1 + {unit})"),
            Self::Hectares => unit.to_owned(),
            Self::Asinh => format!("asinh({unit})"),
            Self::PerKm2 => format!("{unit} per km2"),
        }
    }

    /// A quantity in this form; `None` where the area is needed and not known.
    pub fn apply(self, quantity: f64, area_km2: Option<f64>) -> Option<f64> {
        match self {
            Self::Log => Some(quantity.ln_1p()),
            Self::Hectares => Some(quantity),
            Self::Asinh => Some(quantity.asinh()),
            Self::PerKm2 => area_km2.filter(|a| *a > 0.0).map(|a| quantity / a),
        }
    }
}

/// Municipalities, sorted, and consecutive years.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Municipalities.
    pub municipalities: Vec<MunicipalityCode>,
    /// The first year.
    pub first: i32,
    /// How many years.
    pub years: usize,
}

/// A figure per municipality and year of a grid, year by year within the municipality; `None` where it is not known.
pub type Series = Vec<Option<f64>>;

impl Grid {
    /// A series from a figure by municipality and year.
    pub fn series(&self, figure: impl Fn(&MunicipalityCode, i32) -> Option<f64>) -> Series {
        let each = self.municipalities.iter().flat_map(|m| self.all_years().map(move |year| (m, year)));
        each.map(|(municipality, year)| figure(municipality, year)).collect()
    }

    /// The figure of the municipality with this number in a year; `None` too outside the grid.
    pub fn at(&self, series: &Series, municipality: usize, year: i32) -> Option<f64> {
        let place = usize::try_from(year - self.first).ok().filter(|p| *p < self.years)?;
        series.get(municipality * self.years + place).copied().flatten()
    }

    /// Its years.
    pub fn all_years(&self) -> std::ops::Range<i32> {
        self.first..self.first + self.years as i32
    }

    /// First and last year in which a series has a figure.
    pub fn known(&self, series: &Series) -> Option<(i32, i32)> {
        let has = |year: &i32| (0..self.municipalities.len()).any(|m| self.at(series, m, *year).is_some());
        Some((self.all_years().find(has)?, self.all_years().rev().find(has)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_outside_the_grid_is_unknown() {
        let code = |t: &str| MunicipalityCode::parse(t).unwrap();
        let grid = Grid { municipalities: vec![code("05001"), code("52835")], first: 2001, years: 3 };
        let series =
            grid.series(|c, year| (year != 2002).then(|| f64::from(year) + f64::from(c == &code("52835")) / 2.0));
        assert_eq!(grid.at(&series, 1, 2003), Some(2003.5));
        assert_eq!(
            (grid.at(&series, 0, 2002), grid.at(&series, 0, 2000), grid.at(&series, 0, 2004)),
            (None, None, None)
        );
        assert_eq!(grid.known(&series), Some((2001, 2003)));
    }

    #[test]
    fn forms_are_what_their_names_say() {
        assert_eq!(Form::Log.apply(1.0, None), Some(std::f64::consts::LN_2));
        assert_eq!(Form::Hectares.apply(7.5, None), Some(7.5));
        assert_eq!(Form::Asinh.apply(0.0, None), Some(0.0));
        assert_eq!(Form::PerKm2.apply(10.0, Some(4.0)), Some(2.5));
        assert_eq!((Form::PerKm2.apply(10.0, None), Form::PerKm2.apply(10.0, Some(0.0))), (None, None));
    }
}
