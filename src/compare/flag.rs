//! Why a row cannot be compared as it stands. No word: comparable.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

/// One reason, one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// The census has no figure for the municipality in that year: its hectares are unknown, not zero.
    NotInCensus,
    /// The census table does not cover the year.
    CensusYearMissing,
    /// No census figure for the year before: no null, change, growth or gross gain.
    NoPreviousCensus,
    /// Nothing of the municipality's ground was observed: its mapped hectares are unknown.
    NotObserved,
    /// Less than 90 % of the ground inside the raster was observed: mapped hectares are a lower count.
    PartlyObserved,
    /// The hectares do not say what share was observed.
    ObservedShareUnknown,
    /// The municipality lies outside the raster.
    OutsideRaster,
    /// The raster holds less than 99 % of the municipality, the census all of it.
    PartlyCovered,
    /// No table of manual eradication covers the year: no gross gain.
    EradicationYearMissing,
    /// No table of spraying covers the year: the gross gain is that of manual eradication alone.
    SprayingNotRecorded,
    /// The census of the year does not add up to its published total (2001, 2009): some municipality lacks hectares.
    CensusTotalIncomplete,
    /// The same of the year before: change, growth and gross gain may be too great.
    PreviousCensusIncomplete,
}

impl Flag {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotInCensus => "not_in_census",
            Self::CensusYearMissing => "census_year_missing",
            Self::NoPreviousCensus => "no_previous_census",
            Self::NotObserved => "not_observed",
            Self::PartlyObserved => "partly_observed",
            Self::ObservedShareUnknown => "observed_share_unknown",
            Self::OutsideRaster => "outside_raster",
            Self::PartlyCovered => "partly_covered",
            Self::EradicationYearMissing => "eradication_year_missing",
            Self::SprayingNotRecorded => "spraying_not_recorded",
            Self::CensusTotalIncomplete => "census_total_incomplete",
            Self::PreviousCensusIncomplete => "previous_census_incomplete",
        }
    }

    /// Whether the mapped hectares stand for other ground than the census, so that their difference is no error.
    pub fn is_other_ground(self) -> bool {
        matches!(self, Self::NotObserved | Self::OutsideRaster | Self::PartlyCovered)
    }
}

/// The reasons of one row, `;` between their words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(BTreeSet<Flag>);

impl Flags {
    /// Adds a reason where it holds.
    pub fn add_if(&mut self, holds: bool, flag: Flag) {
        if holds {
            self.0.insert(flag);
        }
    }

    /// Whether a reason is among them.
    pub fn has(&self, flag: Flag) -> bool {
        self.0.contains(&flag)
    }

    /// Whether any reason makes the mapped hectares stand for other ground.
    pub fn other_ground(&self) -> bool {
        self.0.iter().any(|f| f.is_other_ground())
    }

    /// The reasons of both.
    pub fn union(mut self, other: &Self) -> Self {
        self.0.extend(&other.0);
        self
    }
}

impl std::fmt::Display for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|flag| flag.word()).collect();
        f.write_str(&words.join(";"))
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
