//! The national lattice of square cells: the finest geometry that leaves for publication.
//!
//! A cell is a square of the plane of EPSG:9377 (MAGNA-SIRGAS / Origen-Nacional, IGAC resolution 471 of 2020) whose corners
//! are whole multiples of its side, so cells of 2 km are four of 1 km each and a place has one cell whatever data are laid
//! on it. A cell is never smaller than 1 km: a finer one points at a lot.

use serde::Serialize;

/// EPSG code of the plane of the cells.
pub const CELL_EPSG: u32 = 9377;
/// The finest side, in metres.
pub const FINEST_SIDE_M: u32 = 1000;
/// The coarsest side, in metres.
const COARSEST_SIDE_M: u32 = 100_000;

/// A side of cells that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CellError {
    /// Not a length.
    #[error("'{0}' is not a side of cells; write whole kilometres, such as 1km or 2km")]
    NotALength(String),
    /// Finer than 1 km.
    #[error(
        "cells of {0} m are finer than 1 km: a cell that small points at single lots and their farmers, so none is written; give --cell 1km or more"
    )]
    TooFine(u32),
    /// Not a whole number of kilometres, or more than 100 km.
    #[error("cells of {0} m do not fit the national lattice: sides are whole kilometres from 1 to 100")]
    OffLattice(u32),
}

/// A cell by its column (eastward) and row (northward): its lower left corner divided by the side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CellIndex {
    /// Northing of the lower edge over the side.
    pub north: i32,
    /// Easting of the left edge over the side.
    pub east: i32,
}

/// The lattice of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellLattice {
    side_m: u32,
}

impl CellLattice {
    /// Cells of one kilometre.
    pub const KILOMETRE: Self = Self { side_m: FINEST_SIDE_M };

    /// The lattice of a side in metres.
    ///
    /// # Errors
    /// [`CellError`] for a side under 1 km, over 100 km, or not of whole kilometres.
    pub fn new(side_m: u32) -> Result<Self, CellError> {
        if side_m < FINEST_SIDE_M {
            return Err(CellError::TooFine(side_m));
        }
        if side_m > COARSEST_SIDE_M || !side_m.is_multiple_of(FINEST_SIDE_M) {
            return Err(CellError::OffLattice(side_m));
        }
        Ok(Self { side_m })
    }

    /// The lattice of a side as it is typed: `1km`, `2 km`, `1000m`.
    ///
    /// # Errors
    /// [`CellError`] as of [`CellLattice::new`], and for what is no length.
    pub fn parse(text: &str) -> Result<Self, CellError> {
        let lower = text.trim().to_lowercase();
        let (digits, unit) = match lower.strip_suffix("km") {
            Some(digits) => (digits, 1000.0),
            None => (lower.strip_suffix('m').unwrap_or(&lower), 1.0),
        };
        let metres = digits.trim().parse::<f64>().ok().map(|v| v * unit).filter(|v| *v > 0.0 && *v < 1e9);
        match metres {
            // 0.25km is 250 m; a tenth of a metre is no side.
            Some(m) if (m - m.round()).abs() < 1e-6 => Self::new(m.round() as u32),
            _ => Err(CellError::NotALength(text.to_owned())),
        }
    }

    /// Side of a cell in metres of the plane.
    pub fn side_m(self) -> f64 {
        f64::from(self.side_m)
    }

    /// The cell that holds a point of the plane; left and lower edges belong to it.
    pub fn cell_of(self, x: f64, y: f64) -> CellIndex {
        let whole = |v: f64| (v / self.side_m()).floor() as i32;
        CellIndex { north: whole(y), east: whole(x) }
    }

    /// x, y of the lower left corner, in metres.
    pub fn corner(self, cell: CellIndex) -> (f64, f64) {
        (f64::from(cell.east) * self.side_m(), f64::from(cell.north) * self.side_m())
    }

    /// Name of a cell: its side, and the kilometres of its lower left corner, `1kmN1587E4823`.
    pub fn name(self, cell: CellIndex) -> String {
        let km = i64::from(self.side_m / 1000);
        format!("{km}kmN{}E{}", km * i64::from(cell.north), km * i64::from(cell.east))
    }

    /// The lattice and cell of a name that [`CellLattice::name`] gave; `None` for any other text.
    pub fn parse_name(name: &str) -> Option<(Self, CellIndex)> {
        let (side, corner) = name.split_once("kmN")?;
        let (north, east) = corner.split_once('E')?;
        let km: i32 = side.parse().ok()?;
        let lattice = Self::new(u32::try_from(km).ok()?.checked_mul(1000)?).ok()?;
        let of = |text: &str| text.parse::<i32>().ok().filter(|v| v % km == 0).map(|v| v / km);
        let cell = CellIndex { north: of(north)?, east: of(east)? };
        (lattice.name(cell) == name).then_some((lattice, cell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_whole_kilometres_and_never_finer_than_one() {
        let side = |text: &str| CellLattice::parse(text).map(|l| l.side_m);
        assert_eq!(side("1km"), Ok(1000));
        assert_eq!(side(" 2 KM "), Ok(2000));
        assert_eq!(side("5000m"), Ok(5000));
        assert_eq!(side("1000"), Ok(1000));
        assert_eq!(side("500m"), Err(CellError::TooFine(500)));
        assert_eq!(side("0.25km"), Err(CellError::TooFine(250)));
        assert_eq!(side("1.5km"), Err(CellError::OffLattice(1500)));
        assert_eq!(side("101km"), Err(CellError::OffLattice(101_000)));
        for bad in ["", "km", "one", "-1km", "NaN", "1.23456789m"] {
            assert_eq!(side(bad), Err(CellError::NotALength(bad.to_owned())));
        }
    }

    #[test]
    fn a_point_has_one_cell_and_the_cell_its_name() {
        let one = CellLattice::parse("1km").unwrap();
        let cell = one.cell_of(4_823_000.0, 1_587_999.999);
        assert_eq!(cell, CellIndex { north: 1587, east: 4823 });
        assert_eq!(one.corner(cell), (4_823_000.0, 1_587_000.0));
        assert_eq!(one.name(cell), "1kmN1587E4823");
        let two = CellLattice::parse("2km").unwrap();
        assert_eq!(two.name(two.cell_of(4_823_000.0, 1_587_999.999)), "2kmN1586E4822");
        assert_eq!(one.cell_of(-0.5, -1000.0), CellIndex { north: -1, east: -1 });
        assert_eq!(CellLattice::parse_name("1kmN1587E4823"), Some((one, cell)));
        assert_eq!(CellLattice::parse_name(&two.name(cell)), Some((two, cell)));
        assert_eq!(CellLattice::parse_name("1kmN-1E-1").map(|(_, c)| c), Some(CellIndex { north: -1, east: -1 }));
        for bad in ["2kmN1587E4823", "0kmN1E1", "1kmN01E1", "250mN1E1", "1kmN1E", "x", "1km"] {
            assert_eq!(CellLattice::parse_name(bad), None, "{bad}");
        }
    }
}
