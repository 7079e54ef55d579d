//! Sums of area by zone and class that merge exactly in any order.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OUTSIDE_RASTER;
use super::cell_area::UNITS_PER_SQUARE_MM;
use super::coverage::FULL;

/// Table units in a hectare (10^10 square millimetres). The whole Earth is 2^124 units: a sum of ground cannot overflow.
pub(super) const UNITS_PER_HECTARE: f64 = 1e10 * UNITS_PER_SQUARE_MM as f64 * FULL as f64;

/// Area by zone and class, by class outside every zone, and where zones overlap.
///
/// Integers in units of one cell-area unit times 1 / [`FULL`] of a pixel, so [`AreaTable::merge`] is exact, associative
/// and commutative. Serialises with its sums as decimal text: JSON numbers do not hold 128 bits.
#[derive(Clone, Default, Serialize, Deserialize, PartialEq, Debug)]
#[serde(into = "Wire", try_from = "Wire")]
pub struct AreaTable {
    zones: BTreeMap<(u32, u8), i128>,
    outside: BTreeMap<u8, i128>,
    overlap: i128,
}

impl AreaTable {
    /// Adds an amount of a class inside a zone.
    pub(super) fn add(&mut self, zone: usize, class: u8, amount: i128) {
        *self.zones.entry((zone as u32, class)).or_default() += amount;
    }

    /// Adds an amount of a class outside every zone (negative where zones overlap).
    pub(super) fn add_outside(&mut self, class: u8, amount: i128) {
        *self.outside.entry(class).or_default() += amount;
    }

    /// Adds an amount of ground that belongs to more than one zone.
    pub(super) fn add_overlap(&mut self, amount: i128) {
        self.overlap += amount;
    }

    /// Adds another table to this one, exactly.
    pub fn merge(&mut self, other: &Self) {
        for (key, amount) in &other.zones {
            add(self.zones.entry(*key).or_default(), *amount);
        }
        for (class, amount) in &other.outside {
            add(self.outside.entry(*class).or_default(), *amount);
        }
        add(&mut self.overlap, other.overlap);
    }

    /// The same sums with other numbers of the zones; `None` where one has none.
    pub fn renumbered(&self, number: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let zones = self.zones.iter().map(|((zone, class), v)| Some(((number(*zone as usize)? as u32, *class), *v)));
        Some(Self { zones: zones.collect::<Option<_>>()?, outside: self.outside.clone(), overlap: self.overlap })
    }

    /// Hectares of a class inside a zone. A zone that only touches a pixel may hold a few units below zero of it, by rounding:
    /// that is 0.
    pub fn hectares(&self, zone: usize, class: u8) -> f64 {
        self.zones.get(&(zone as u32, class)).map_or(0.0, |v| Self::hectares_of(*v))
    }

    /// Hectares of a zone that a raster reaches, observed or not.
    pub fn coverage_hectares(&self, zone: usize) -> f64 {
        let of_zone = self.zones.range((zone as u32, 0)..=(zone as u32, u8::MAX));
        let mut sum = 0;
        of_zone.filter(|((_, class), _)| *class != OUTSIDE_RASTER).for_each(|(_, v)| add(&mut sum, *v));
        Self::hectares_of(sum)
    }

    /// Hectares of a class outside every zone.
    pub fn outside_hectares(&self, class: u8) -> f64 {
        self.outside.get(&class).map_or(0.0, |v| *v as f64 / UNITS_PER_HECTARE)
    }

    /// Hectares that lie in more than one zone and are counted in each of them.
    pub fn overlap_hectares(&self) -> f64 {
        self.overlap as f64 / UNITS_PER_HECTARE
    }

    /// Every class code met, inside or outside, with [`super::UNOBSERVED`] and [`OUTSIDE_RASTER`] where met.
    pub fn classes(&self) -> BTreeSet<u8> {
        self.zones.keys().map(|(_, class)| *class).chain(self.outside.keys().copied()).collect()
    }

    /// The exact sum of a class over all zones and outside them.
    #[cfg(test)]
    pub(super) fn total(&self, class: u8) -> i128 {
        let inside: i128 = self.zones.iter().filter(|((_, c), _)| *c == class).map(|(_, v)| *v).sum();
        inside + self.outside.get(&class).copied().unwrap_or_default()
    }
}

/// Adds exactly. Sums of ground never reach the end of the numbers; a table that was made up by hand stays there.
fn add(sum: &mut i128, amount: i128) {
    *sum = sum.saturating_add(amount);
}

/// An amount that cannot be taken back.
#[derive(Debug, thiserror::Error)]
enum WireError {
    #[error("an area is no whole number: {0}")]
    NoNumber(#[from] std::num::ParseIntError),
    #[error("an area is larger than the Earth")]
    TooLarge,
}

/// An amount from its text; what could make a sum overflow is none.
fn amount(text: &str) -> Result<i128, WireError> {
    let amount: i128 = text.parse()?;
    if amount.unsigned_abs() > 1 << 124 { Err(WireError::TooLarge) } else { Ok(amount) }
}

/// The form that leaves the process.
#[derive(Clone, Serialize, Deserialize)]
struct Wire {
    zones: Vec<(u32, u8, String)>,
    outside: Vec<(u8, String)>,
    overlap: String,
}

impl From<AreaTable> for Wire {
    fn from(table: AreaTable) -> Self {
        Self {
            zones: table.zones.iter().map(|((zone, class), v)| (*zone, *class, v.to_string())).collect(),
            outside: table.outside.iter().map(|(class, v)| (*class, v.to_string())).collect(),
            overlap: table.overlap.to_string(),
        }
    }
}

impl TryFrom<Wire> for AreaTable {
    type Error = WireError;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let mut table = Self { overlap: amount(&wire.overlap)?, ..Self::default() };
        for (zone, class, v) in wire.zones {
            table.zones.insert((zone, class), amount(&v)?);
        }
        for (class, v) in wire.outside {
            table.outside.insert(class, amount(&v)?);
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_json_with_all_its_bits() {
        let mut table = AreaTable::default();
        table.add(7, 1, (1 << 100) + 1);
        table.add_outside(255, -3);
        table.add_overlap(5);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<AreaTable>(&text).unwrap(), table);
        assert!(serde_json::from_str::<AreaTable>(&text.replace("-3", "x")).is_err());
        let beyond = text.replace("-3", &i128::MAX.to_string());
        assert!(serde_json::from_str::<AreaTable>(&beyond).unwrap_err().to_string().contains("larger than the Earth"));
    }

    #[test]
    fn merge_adds_and_order_does_not_matter() {
        let (mut a, mut b) = (AreaTable::default(), AreaTable::default());
        a.add(0, 1, 10);
        b.add(0, 1, 5);
        b.add(1, 255, 2);
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!(ab, ba);
        assert_eq!((ab.total(1), ab.total(255)), (15, 2));
    }
}
