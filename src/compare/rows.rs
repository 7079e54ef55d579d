//! One row: mapped, census, eradication and null of a municipality and year.

use serde::Serialize;

use super::CompareOptions;
use super::beside::{self, Beside, Sources};
use super::flag::{Flag, Flags};
use super::mapped::MappedHectares;
use crate::records::{Exact, FlowHa, Method, StockHa};
use crate::territory::MunicipalityCode;

/// Below this share of observed ground a row is flagged as partly observed.
const OBSERVED_SHARE_NEEDED: f64 = 0.9;
/// Below this share of the municipality inside the raster a row is flagged as partly covered.
const COVERED_SHARE_NEEDED: f64 = 0.99;

/// A municipality and year. Hectares; `None` is unknown, written as a blank. Field order is column order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonRow {
    /// DIVIPOLA code.
    pub municipality_code: MunicipalityCode,
    /// Name, a label.
    pub municipality_name: String,
    /// Census year (31 December).
    pub year: i32,
    /// Class compared.
    pub class: String,
    /// Mapped coca; unknown where nothing was observed.
    pub mapped_area_ha: Option<StockHa>,
    /// Share of the covered ground that was observed.
    pub observed_share: Option<f64>,
    /// Ground that was not observed.
    pub unobserved_ha: Option<f64>,
    /// The municipality's ground inside the raster.
    pub coverage_area_ha: Option<f64>,
    /// Census at 31 December.
    pub census_ha: Option<StockHa>,
    /// Mapped minus census.
    pub difference_ha: Option<FlowHa>,
    /// Census a year before: the null.
    pub previous_census_ha: Option<StockHa>,
    /// Eradicated by hand in the year.
    pub eradicated_ha_manual: Option<FlowHa>,
    /// Sprayed in the year.
    pub eradicated_ha_spraying: Option<FlowHa>,
    /// Census minus last year's census.
    pub change_ha: Option<FlowHa>,
    /// Change in per cent of last year's census.
    pub growth_pct: Option<f64>,
    /// Change plus eradicated, an accounting identity.
    pub gross_gain_ha: Option<FlowHa>,
    /// Why the row cannot be compared as it stands.
    pub flag: Flags,
    /// Last year's census minus census: the error of the null, beside `difference_ha`.
    pub null_error_ha: Option<FlowHa>,
    /// Mapped coca if none of the unobserved ground were coca.
    pub bound_low_ha: Option<f64>,
    /// Mapped coca if all of the unobserved ground were coca.
    pub bound_high_ha: Option<f64>,
    /// Further records, where they were given.
    #[serde(flatten)]
    pub beside: Beside,
}

impl ComparisonRow {
    /// The figures that the records add to the mapped ones, by column name. Hectares and per cent.
    pub fn figures(&self) -> [(&'static str, Option<f64>); 8] {
        let stock = |v: Option<StockHa>| v.map(|ha| ha.to_f64());
        let flow = |v: Option<FlowHa>| v.map(|ha| ha.to_f64());
        [
            ("census_ha", stock(self.census_ha)),
            ("difference_ha", flow(self.difference_ha)),
            ("previous_census_ha", stock(self.previous_census_ha)),
            ("eradicated_ha_manual", flow(self.eradicated_ha_manual)),
            ("eradicated_ha_spraying", flow(self.eradicated_ha_spraying)),
            ("change_ha", flow(self.change_ha)),
            ("growth_pct", self.growth_pct),
            ("gross_gain_ha", flow(self.gross_gain_ha)),
        ]
    }
}

/// Change in per cent, to four decimals; `None` where there was nothing before.
pub(super) fn growth_pct(change: FlowHa, previous: StockHa) -> Option<f64> {
    let previous = previous.to_f64();
    (previous > 0.0).then(|| (1e6 * change.to_f64() / previous).round() / 1e4)
}

/// Change plus eradicated; methods that are not recorded are not in it.
pub(super) fn gross_gain(change: Option<FlowHa>, eradicated: Option<FlowHa>) -> Option<FlowHa> {
    Some(change? + eradicated?)
}

pub(super) fn row(mapped: &MappedHectares, sources: Sources, options: &CompareOptions) -> ComparisonRow {
    let Sources { census, eradication, .. } = sources;
    let (code, year) = (&mapped.municipality_code, mapped.year);
    let census_ha = census.stock(code, year);
    let previous = census.stock(code, year - 1);
    let manual = eradication.manual(code, year);
    let eradicated = eradication.sum(code, year);
    let spraying = eradication.flow(Method::Spraying, code, year);
    let change = census_ha.zip(previous).map(|(now, before)| now - before);

    let mut flag = observation_flags(mapped, options);
    flag.add_if(!census.covers(year), Flag::CensusYearMissing);
    flag.add_if(census.covers(year) && census_ha.is_none(), Flag::NotInCensus);
    flag.add_if(previous.is_none() && census.lists(code), Flag::NoPreviousCensus);
    flag.add_if(eradicated.is_none(), Flag::EradicationYearMissing);
    flag.add_if(spraying.is_none(), Flag::SprayingNotRecorded);
    flag.add_if(census_ha.is_some() && census.gap(year).is_some(), Flag::CensusTotalIncomplete);
    flag.add_if(previous.is_some() && census.gap(year - 1).is_some(), Flag::PreviousCensusIncomplete);

    let seen = !flag.has(Flag::NotObserved) && !flag.has(Flag::OutsideRaster);
    let mapped_ha = Exact::from_f64(mapped.mapped_area_ha).filter(|_| seen).map(StockHa::new);
    let reached = !flag.has(Flag::OutsideRaster);
    let name = Some(mapped.municipality_name.as_str()).filter(|n| !n.is_empty()).or(census.name(code));
    ComparisonRow {
        municipality_code: code.clone(),
        municipality_name: name.unwrap_or_default().to_owned(),
        year,
        class: mapped.class.clone(),
        mapped_area_ha: mapped_ha,
        observed_share: mapped.observed_share,
        unobserved_ha: mapped.unobserved_ha,
        coverage_area_ha: mapped.coverage_area_ha,
        census_ha,
        difference_ha: mapped_ha.zip(census_ha).map(|(m, c)| m - c),
        previous_census_ha: previous,
        eradicated_ha_manual: manual,
        eradicated_ha_spraying: spraying,
        change_ha: change,
        growth_pct: change.zip(previous).and_then(|(c, p)| growth_pct(c, p)),
        gross_gain_ha: gross_gain(change, eradicated.map(|e| e.hectares)),
        flag,
        null_error_ha: previous.zip(census_ha).map(|(p, c)| p - c),
        bound_low_ha: mapped.bound_low_ha.filter(|_| reached),
        bound_high_ha: mapped.bound_high_ha.filter(|_| reached),
        beside: beside::of_municipality(sources, code, year),
    }
}

fn observation_flags(mapped: &MappedHectares, options: &CompareOptions) -> Flags {
    let mut flag = Flags::default();
    let whole = options.municipality_area_ha.as_ref().and_then(|areas| areas.get(&mapped.municipality_code));
    let outside = mapped.coverage_area_ha.is_some_and(|ha| ha <= 0.0);
    let covered = mapped.coverage_area_ha.zip(whole).map_or(1.0, |(inside, whole)| inside / whole);
    flag.add_if(outside, Flag::OutsideRaster);
    flag.add_if(!outside && covered < COVERED_SHARE_NEEDED, Flag::PartlyCovered);
    match mapped.observed_share {
        _ if outside => (),
        None => flag.add_if(true, Flag::ObservedShareUnknown),
        Some(share) => {
            flag.add_if(share <= 0.0, Flag::NotObserved);
            flag.add_if(share > 0.0 && share < OBSERVED_SHARE_NEEDED, Flag::PartlyObserved);
        }
    }
    flag
}
