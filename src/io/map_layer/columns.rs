//! The columns of the map layer, described once for all of its formats and for `docs/gis.md`.
//!
//! A column is a [`Figure`] of a year. Its long name (`mapped_area_ha_2024`) stands in GeoJSON, GeoParquet and CSV; its short
//! one (`map_2024`) in GeoPackage and FlatGeobuf, where it has at most ten ASCII letters and digits, the most that a
//! shapefile keeps of a name.

/// What a column of a year holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // Each is described by its `About`.
pub enum Figure {
    MappedArea,
    ObservedShare,
    UnobservedArea,
    CoverageArea,
    AdjustedArea,
    StandardError,
    IntervalLow,
    IntervalHigh,
    Census,
    Difference,
    PreviousCensus,
    EradicatedManual,
    EradicatedSpraying,
    Change,
    Growth,
    GrossGain,
    Flag,
}

/// A figure in words.
#[derive(Debug)]
pub struct About {
    /// Long name without the year.
    pub name: &'static str,
    /// Short name without the year: at most five letters, so that `_2024` still fits.
    pub short: &'static str,
    /// What a GIS shows as the column's title.
    pub alias: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Unit of its numbers; none of words.
    pub unit: Option<&'static str>,
}

const HA: Option<&str> = Some("ha");

const fn about(
    name: &'static str,
    short: &'static str,
    alias: &'static str,
    description: &'static str,
    unit: Option<&'static str>,
) -> About {
    About { name, short, alias, description, unit }
}

impl Figure {
    /// Every figure, in the order of columns.
    pub const ALL: [Self; 17] = [
        Self::MappedArea,
        Self::ObservedShare,
        Self::UnobservedArea,
        Self::CoverageArea,
        Self::AdjustedArea,
        Self::StandardError,
        Self::IntervalLow,
        Self::IntervalHigh,
        Self::Census,
        Self::Difference,
        Self::PreviousCensus,
        Self::EradicatedManual,
        Self::EradicatedSpraying,
        Self::Change,
        Self::Growth,
        Self::GrossGain,
        Self::Flag,
    ];

    /// The figure of a long name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.about().name == name)
    }

    /// Its names and what it means.
    #[rustfmt::skip]
    pub fn about(self) -> &'static About {
        match self {
            Self::MappedArea => &const { about("mapped_area_ha", "map", "Mapped coca",
                "Coca in the mask, counted on the ellipsoid: no estimate, it has no error. Empty where nothing was observed.", HA) },
            Self::ObservedShare => &const { about("observed_share", "obs", "Observed share",
                "Share of the ground inside the raster that was observed at least once, 0 to 1. Empty outside the raster.", Some("1")) },
            Self::UnobservedArea => &const { about("unobserved_ha", "unobs", "Not observed",
                "Ground inside the raster that was never observed (cloud, shadow, no data).", HA) },
            Self::CoverageArea => &const { about("coverage_area_ha", "cover", "Ground inside the raster",
                "Ground of the municipality that lies inside the raster.", HA) },
            Self::AdjustedArea => &const { about("adjusted_area_ha", "adj", "Estimated coca",
                "Area of coca estimated from the labelled sample. Empty where the sample does not allow an estimate.", HA) },
            Self::StandardError => &const { about("standard_error_ha", "se", "Standard error of the estimate",
                "Standard error of the estimated area.", HA) },
            Self::IntervalLow => &const { about("ci95_low_ha", "lo", "Estimate, lower bound",
                "Lower end of the 95 % interval of the estimated area.", HA) },
            Self::IntervalHigh => &const { about("ci95_high_ha", "hi", "Estimate, upper bound",
                "Upper end of the 95 % interval of the estimated area.", HA) },
            Self::Census => &const { about("census_ha", "cen", "Census",
                "Coca of the census at the end of the year. Empty where the census has no figure.", HA) },
            Self::Difference => &const { about("difference_ha", "diff", "Mapped minus census",
                "Mapped coca minus census.", HA) },
            Self::PreviousCensus => &const { about("previous_census_ha", "prev", "Census a year before",
                "Census of the year before: the null that a map is held against.", HA) },
            Self::EradicatedManual => &const { about("eradicated_ha_manual", "erman", "Eradicated by hand",
                "Eradicated by hand during the year, as recorded.", HA) },
            Self::EradicatedSpraying => &const { about("eradicated_ha_spraying", "erspr", "Sprayed",
                "Sprayed during the year, as recorded. Empty where no table of spraying covers the year.", HA) },
            Self::Change => &const { about("change_ha", "chg", "Change of the census",
                "Census minus census of the year before.", HA) },
            Self::Growth => &const { about("growth_pct", "grow", "Growth of the census",
                "Change in per cent of the census of the year before. Empty where that is zero.", Some("%")) },
            Self::GrossGain => &const { about("gross_gain_ha", "gain", "Gross gain",
                "Change plus eradicated, an accounting identity: it says nothing of causes.", HA) },
            Self::Flag => &const { about("flag", "flag", "Why not comparable",
                "Why the row cannot be compared as it stands; empty where it can.", None) },
        }
    }

    /// Whether it holds words, not numbers.
    pub fn is_text(self) -> bool {
        self == Self::Flag
    }
}

/// A figure of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// The year.
    pub year: i32,
    /// The figure.
    pub figure: Figure,
}

impl Column {
    /// `mapped_area_ha_2024`
    pub fn name(self) -> String {
        format!("{}_{}", self.figure.about().name, self.year)
    }

    /// `map_2024`
    pub fn short(self) -> String {
        format!("{}_{}", self.figure.about().short, self.year)
    }

    /// `Mapped coca 2024 (ha)`
    pub fn alias(self) -> String {
        alias(self.figure, Some(self.year))
    }
}

/// The title of a figure, with its year where it is of one, and its unit.
pub(super) fn alias(figure: Figure, year: Option<i32>) -> String {
    let about = figure.about();
    let year = year.map(|year| format!(" {year}")).unwrap_or_default();
    let unit = about.unit.filter(|unit| *unit != "1").map(|unit| format!(" ({unit})")).unwrap_or_default();
    format!("{}{year}{unit}", about.alias)
}

/// What tells the municipalities apart: long name, short name, alias, description.
pub const KEYS: [[&str; 4]; 2] = [
    [
        "municipality_code",
        "mun_code",
        "Municipality code",
        "DANE DIVIPOLA code: five digits as text, with leading zeros.",
    ],
    ["municipality_name", "mun_name", "Municipality", "Name, a label: it is no key."],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_fit_a_shapefile_and_no_two_are_alike() {
        let mut short: Vec<String> = KEYS.iter().map(|key| key[1].to_owned()).collect();
        for year in [2023, 2024] {
            short.extend(Figure::ALL.map(|figure| Column { year, figure }.short()));
        }
        assert_eq!(short.len(), 36);
        for name in &short {
            assert!(name.len() <= 10 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{name}");
        }
        let mut lower: Vec<String> = short.iter().map(|name| name.to_lowercase()).collect();
        lower.sort();
        lower.dedup();
        assert_eq!(lower.len(), short.len());
    }

    #[test]
    fn the_document_has_every_column() {
        let document = include_str!("../../../docs/gis.md");
        for figure in Figure::ALL {
            let About { name, short, description, .. } = figure.about();
            let row = document.lines().find(|line| line.starts_with(&format!("| `{name}_YEAR` | `{short}_YEAR` |")));
            assert!(row.is_some_and(|row| row.contains(description)), "{name} is not as described in docs/gis.md");
            assert_eq!(Figure::named(name), Some(figure));
        }
    }
}
