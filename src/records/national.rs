//! National series as their publishers gave them, each figure with its source and vintage.
//!
//! One year may stand here twice: the census of 2001 is 144,807 ha in the reports and 136,918.08 ha as the sum of the open
//! municipal table. Both are kept; neither is corrected by the other. A year that a publisher gave no figure for is absent.

use serde::Serialize;

use super::figures;
use super::quantity::Exact;

/// What a national series counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Coca at 31 December, hectares: the United Nations' census (a stock).
    Census,
    /// Coca in the year, hectares: the estimate of the United States (a stock).
    UnitedStates,
    /// Eradicated by hand in the year, hectares: forced, and where the table does not tell, some voluntary (a flow).
    ManualEradication,
    /// Sprayed from the air in the year, hectares (a flow). None from 2016 on: suspended in October 2015.
    AerialSpraying,
}

impl Series {
    /// All series, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Census, Self::UnitedStates, Self::ManualEradication, Self::AerialSpraying];

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::UnitedStates => "united_states",
            Self::ManualEradication => "manual_eradication",
            Self::AerialSpraying => "aerial_spraying",
        }
    }
}

/// A published national figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NationalFigure {
    /// What is counted.
    pub series: Series,
    /// Year: of a stock at its 31 December, of a flow from January to December.
    pub year: i32,
    /// The figure, hectares.
    pub hectares: Exact,
    /// Which edition of the figure.
    pub vintage: &'static str,
    /// Who published it.
    pub source: &'static str,
}

/// Who published a figure, and which edition of it this is.
#[derive(Clone, Copy)]
struct Edition {
    vintage: &'static str,
    source: &'static str,
}

const REPORTS: Edition = Edition {
    vintage: "reports of 2015 and 2024",
    source: "UNODC/SIMCI, Monitoreo de territorios con presencia de cultivos de coca",
};
const OPEN_TABLE: Edition = Edition {
    vintage: "open municipal table, summed",
    source: "datos.gov.co acs4-3wgp: Ministerio de Justicia, Observatorio de Drogas de Colombia; SIMCI/UNODC",
};
const UNITED_STATES_EDITION: Edition = Edition {
    vintage: "as published each year",
    source: "Office of National Drug Control Policy of the United States (ONDCP)",
};
const BY_HAND: Edition = Edition {
    vintage: "municipal table of 1998 to 2023, summed",
    source: "Observatorio de Drogas de Colombia, from figures of the Ministerio de Defensa (erradicacion manual)",
};
const BY_HAND_2024: Edition =
    Edition { vintage: "national total of 2024", source: "Ministerio de Defensa de Colombia (erradicacion manual)" };
const FROM_THE_AIR: Edition = Edition {
    vintage: "municipal table of 1994 to 2015, summed",
    source: "Observatorio de Drogas de Colombia, from figures of the Policia Nacional (aspersion aerea)",
};
const SUSPENDED: Edition = Edition {
    vintage: "none: suspended",
    source: "Consejo Nacional de Estupefacientes, Resolucion 0006 of 2015: spraying from the air suspended",
};

/// A year and a figure in tenths of a hectare, to which the sums are kept.
type Tenths = (i32, i64);

/// Sums of the open municipal census table that are not the published figure to 1 ha: gaps of that table.
const OPEN_TABLE_SUMS: [Tenths; 2] = [(2001, 1_369_181), (2009, 680_270)];

/// The estimate of the United States.
const UNITED_STATES: [Tenths; 13] = [
    (2000, 1_362_000),
    (2001, 1_698_000),
    (2011, 830_000),
    (2012, 780_000),
    (2013, 805_000),
    (2014, 1_120_000),
    (2015, 1_590_000),
    (2016, 1_880_000),
    (2017, 2_090_000),
    (2018, 2_080_000),
    (2019, 2_120_000),
    (2020, 2_450_000),
    (2021, 2_340_000),
];

/// Eradicated by hand.
const MANUAL: [Tenths; 26] = [
    (1998, 20_362),
    (1999, 10_457),
    (2000, 35_022),
    (2001, 17_453),
    (2002, 27_626),
    (2003, 42_199),
    (2004, 62_337),
    (2005, 375_229),
    (2006, 413_458),
    (2007, 663_917),
    (2008, 960_031),
    (2009, 605_650),
    (2010, 438_037),
    (2011, 352_012),
    (2012, 304_558),
    (2013, 221_215),
    (2014, 117_025),
    (2015, 134_735),
    (2016, 176_424),
    (2017, 520_007),
    (2018, 599_780),
    (2019, 946_057),
    (2020, 1_301_473),
    (2021, 1_032_572),
    (2022, 688_931),
    (2023, 203_246),
];

/// Sprayed from the air.
const SPRAYING: [Tenths; 22] = [
    (1994, 38_710),
    (1995, 239_150),
    (1996, 185_188),
    (1997, 418_606),
    (1998, 660_289),
    (1999, 431_112),
    (2000, 580_740),
    (2001, 941_526),
    (2002, 1_303_639),
    (2003, 1_328_174),
    (2004, 1_365_511),
    (2005, 1_387_750),
    (2006, 1_720_252),
    (2007, 1_531_337),
    (2008, 1_334_957),
    (2009, 1_047_715),
    (2010, 1_019_396),
    (2011, 1_033_025),
    (2012, 1_005_488),
    (2013, 470_517),
    (2014, 555_324),
    (2015, 364_940),
];

/// Years without any spraying from the air since it was suspended.
const WITHOUT_SPRAYING: std::ops::RangeInclusive<i32> = 2016..=2024;

/// Every figure: by series, then year, the published edition of a year before the others.
pub fn national_figures() -> Vec<NationalFigure> {
    let mut all: Vec<NationalFigure> = figures::CENSUS
        .iter()
        .map(|(year, ha)| figure(Series::Census, (*year, 10 * ha), REPORTS))
        .chain(OPEN_TABLE_SUMS.map(|row| figure(Series::Census, row, OPEN_TABLE)))
        .chain(UNITED_STATES.map(|row| figure(Series::UnitedStates, row, UNITED_STATES_EDITION)))
        .chain(MANUAL.map(|row| figure(Series::ManualEradication, row, BY_HAND)))
        .chain([figure(Series::ManualEradication, (2024, 94_030), BY_HAND_2024)])
        .chain(SPRAYING.map(|row| figure(Series::AerialSpraying, row, FROM_THE_AIR)))
        .chain(WITHOUT_SPRAYING.map(|year| figure(Series::AerialSpraying, (year, 0), SUSPENDED)))
        .collect();
    // Stable: the reports' figure of a year stays before the open table's.
    all.sort_by_key(|f| (f.series, f.year));
    all
}

/// The figures of a series and year, the published edition first; empty where none is known.
pub fn national(series: Series, year: i32) -> Vec<NationalFigure> {
    national_figures().into_iter().filter(|f| f.series == series && f.year == year).collect()
}

fn figure(series: Series, (year, tenths): Tenths, edition: Edition) -> NationalFigure {
    let Edition { vintage, source } = edition;
    NationalFigure { series, year, hectares: Exact::from_millionths(i128::from(tenths) * 100_000), vintage, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The disputed accounts, from the published figures alone: change of the census plus manual eradication, hectares.
    #[test]
    fn the_published_series_give_the_gross_gains_of_2019_to_2024() {
        let first = |series, year| national(series, year)[0].hectares;
        let gains: Vec<String> = (2019..=2024)
            .map(|y| {
                let change = first(Series::Census, y) - first(Series::Census, y - 1);
                let gain = change + first(Series::ManualEradication, y) + first(Series::AerialSpraying, y);
                format!("{:.0}", gain.to_f64())
            })
            .collect();
        assert_eq!(gains, ["80064", "118455", "164730", "94664", "42869", "18217"]);
    }

    #[test]
    fn both_editions_of_2001_are_kept_and_a_year_without_a_figure_has_none() {
        let of_2001: Vec<String> = national(Series::Census, 2001).iter().map(|f| f.hectares.to_string()).collect();
        assert_eq!(of_2001, ["144807", "136918.1"]);
        assert!(national(Series::UnitedStates, 2010).is_empty());
        assert_eq!(national(Series::AerialSpraying, 2020)[0].hectares, Exact::ZERO);
        assert!(national_figures().is_sorted_by_key(|f| (f.series, f.year)));
    }
}
