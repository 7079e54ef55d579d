//! What is known of a cell in a year, in one byte; its coca is kept apart, as few cells have some.

use super::window::{COCA, OTHER};
use crate::area::{AreaTable, OUTSIDE_RASTER};
use crate::permanence::{Presence, Seen};

/// No mask reaches it.
pub const NOT_REACHED: u8 = 0;
/// Reached, and nobody saw any of it.
pub const BLANK: u8 = 1;
/// Some of it was seen, not enough.
pub const PARTLY: u8 = 2;
/// No more coca than the threshold.
pub const ABSENT: u8 = 3;
/// Coca.
pub const PRESENT: u8 = 4;

/// Exact amounts of ground inside a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    coca: i128,
    other: i128,
    reached: i128,
}

impl Sum {
    /// Adds an amount of a code.
    pub fn add(&mut self, code: u8, amount: i128) {
        match code {
            OUTSIDE_RASTER => return,
            COCA => self.coca += amount,
            OTHER => self.other += amount,
            _ => {}
        }
        self.reached += amount;
    }

    /// Adds other ground of the same cell.
    pub fn merge(&mut self, sum: &Self) {
        self.coca += sum.coca;
        self.other += sum.other;
        self.reached += sum.reached;
    }
}

/// The state of a cell with these sums and so many hectares, and its millionths of a hectare of coca, where it has some.
/// `before` is the state that masks gave which needed no look: where it is [`ABSENT`] they observed all of it.
pub fn found(presence: &Presence, sum: &Sum, area_ha: f64, before: u8) -> (u8, Option<i64>) {
    let coca = AreaTable::hectares_of(sum.coca);
    let already = if before == ABSENT { area_ha } else { 0.0 };
    let observed = coca + AreaTable::hectares_of(sum.other) + already;
    let millionths = (coca > 0.0).then(|| (coca * 1e6).round() as i64);
    let state = match presence.seen(coca, observed / area_ha) {
        Seen::Present => PRESENT,
        Seen::Absent => ABSENT,
        Seen::Unobserved if observed > 0.0 => PARTLY,
        Seen::Unobserved if AreaTable::hectares_of(sum.reached) > 0.0 => BLANK,
        Seen::Unobserved => before,
    };
    (state, millionths)
}

/// What a state says, and whether there is a figure.
pub fn known(state: u8) -> (Seen, bool) {
    match state {
        PRESENT => (Seen::Present, true),
        ABSENT => (Seen::Absent, true),
        PARTLY => (Seen::Unobserved, true),
        _ => (Seen::Unobserved, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::UNOBSERVED;

    /// Units of the tables, of the order of a hectare.
    const UNITS: i128 = 10_i128.pow(26);

    #[test]
    fn sums_become_states() {
        let presence = Presence { present_ha: 1.0, observed_share: 0.8 };
        let units = |ha: f64| (ha / AreaTable::hectares_of(UNITS) * UNITS as f64) as i128;
        let state = |amounts: &[(u8, f64)], before| {
            let mut sum = Sum::default();
            amounts.iter().for_each(|(code, ha)| sum.add(*code, units(*ha)));
            found(&presence, &sum, 100.0, before)
        };
        assert_eq!(state(&[(OTHER, 81.0), (UNOBSERVED, 19.0)], NOT_REACHED), (ABSENT, None));
        assert_eq!(state(&[(OTHER, 79.0), (UNOBSERVED, 21.0)], NOT_REACHED), (PARTLY, None));
        assert_eq!(state(&[(UNOBSERVED, 100.0)], NOT_REACHED), (BLANK, None));
        assert_eq!(state(&[(OUTSIDE_RASTER, 100.0)], NOT_REACHED), (NOT_REACHED, None));
        assert_eq!(state(&[(OUTSIDE_RASTER, 100.0)], BLANK), (BLANK, None));
        assert_eq!(state(&[(COCA, 2.0), (UNOBSERVED, 98.0)], NOT_REACHED).0, PRESENT);
        assert_eq!(state(&[(COCA, 0.9), (OTHER, 98.0)], ABSENT).0, ABSENT);
        assert!(state(&[(COCA, 2.0)], BLANK).1.is_some_and(|millionths| (millionths - 2_000_000).abs() < 10));
        assert_eq!(
            [PRESENT, ABSENT, PARTLY, BLANK, NOT_REACHED].map(known),
            [
                (Seen::Present, true),
                (Seen::Absent, true),
                (Seen::Unobserved, true),
                (Seen::Unobserved, false),
                (Seen::Unobserved, false)
            ]
        );
    }
}
