//! When a cell counts as having coca, as having none, and as not observed.

use serde::Serialize;

use super::rule::Seen;

/// Thresholds of presence and absence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Presence {
    /// A cell with more hectares than this has coca.
    pub present_ha: f64,
    /// A cell of which at least this part was observed may be called without coca.
    pub observed_share: f64,
}

impl Presence {
    /// Coca that was seen is there however little was observed; that there is none takes an observation of most of the cell.
    pub fn seen(self, hectares: f64, observed_share: f64) -> Seen {
        if hectares > self.present_ha {
            Seen::Present
        } else if observed_share >= self.observed_share {
            Seen::Absent
        } else {
            Seen::Unobserved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_needs_hectares_and_absence_needs_observation() {
        let presence = Presence { present_ha: 1.0, observed_share: 0.8 };
        assert_eq!(presence.seen(1.01, 0.1), Seen::Present);
        assert_eq!(presence.seen(1.0, 1.0), Seen::Absent);
        assert_eq!(presence.seen(0.0, 0.8), Seen::Absent);
        assert_eq!(presence.seen(1.0, 0.79), Seen::Unobserved);
        assert_eq!(presence.seen(0.0, 0.0), Seen::Unobserved);
    }
}
