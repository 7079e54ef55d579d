//! Where the lines are drawn, each with its reason. All are options of the command, and are printed with the result.

use serde::Serialize;

/// What decides an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// Coca is present from this many hectares on (from half of a footprint smaller than twice that).
    pub present_ha: f64,
    /// And from this share of the footprint on.
    pub present_share: f64,
    /// Coca counts as gone where at most this share of it is left.
    pub absent_share: f64,
    /// A mask counts for a record when it observed at least this share of its footprint.
    pub min_observed: f64,
    /// A mask so many days further from the event than need be says nothing of it.
    pub max_gap_days: i32,
    /// The mask after the event is at least this many days later.
    pub settle_days: i32,
    /// Ground claimed again within so many days is counted twice.
    pub season_days: i32,
    /// Radius of a point's footprint, metres; `None`: that of a circle of the reported area.
    pub radius_m: Option<f64>,
    /// The least radius of a point's footprint, metres.
    pub min_radius_m: f64,
    /// An event of more hectares than this is no event but a sum, or in another unit.
    pub largest_ha: f64,
    /// Reported and drawn hectares differ when one is more than this many times the other.
    pub differs_by: f64,
}

impl Default for Settings {
    /// * 0.05 ha: five pixels of 10 m, about half of one of 30 m; the mask's smallest patch by default is of that order.
    /// * 5 % of the footprint: wrong pixels of a mask that is 99 % specific do not make coca of a large footprint.
    /// * 20 % left: mixed pixels along edges and wrong ones keep some coca on bare ground.
    /// * 80 % observed: then what is hidden cannot hold more than the ground that was looked at by far.
    /// * 731 days: a yearly mask may be missed once, behind clouds.
    /// * 0 days to settle: masks of one day's imagery. One made from a year's imagery shows what stood before an event of that
    ///   year too, and needs as many days as its imagery spans.
    /// * 180 days: coca sprouts or is planted again in half a year; the same ground within it is one eradication.
    /// * 30 m: a pixel of Landsat, and what a hand-held receiver under trees is off by.
    /// * 5,000 ha: more than a day's work of all crews or aircraft of the country.
    fn default() -> Self {
        Self {
            present_ha: 0.05,
            present_share: 0.05,
            absent_share: 0.2,
            min_observed: 0.8,
            max_gap_days: 731,
            settle_days: 0,
            season_days: 180,
            radius_m: None,
            min_radius_m: 30.0,
            largest_ha: 5000.0,
            differs_by: 1.5,
        }
    }
}

impl Settings {
    /// Hectares from which on coca is present in a footprint.
    pub fn presence_ha(&self, footprint_ha: f64) -> f64 {
        self.present_ha.min(footprint_ha / 2.0).max(self.present_share * footprint_ha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_grows_with_the_footprint() {
        let settings = Settings::default();
        let at = |ha: f64| settings.presence_ha(ha);
        assert_eq!((at(0.04), at(0.1), at(0.5), at(1.0)), (0.02, 0.05, 0.05, 0.05));
        assert_eq!(at(40.0), 2.0);
    }
}
