//! Why a survey cannot be used.

/// A sample, a matrix or a table of strata that cannot be used; what a reader found out stands beside what the estimators
/// need.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SurveyError {
    /// An amount of ground that is none.
    #[error("{file}, line {line}: {amount} is not {what}; a number of zero or more is needed")]
    Amount {
        /// The file.
        file: String,
        /// The row.
        line: u64,
        /// What it should be.
        what: &'static str,
        /// The figure.
        amount: f64,
    },
    /// A stratum without ground.
    #[error("{file}: stratum '{stratum}' has no ground (0); leave it out, with its sample units")]
    NoGround {
        /// The file.
        file: String,
        /// The stratum.
        stratum: String,
    },
    /// More ground than there is.
    #[error("{file}: the strata add up to {total:e} ha, more than the whole Earth; are the areas in hectares?")]
    TooLarge {
        /// The file.
        file: String,
        /// Their sum.
        total: f64,
    },
    /// Weights that are no shares of a whole.
    #[error(
        "{file}: the weights add up to {total}, not to 1; give each stratum's share of the whole ground, or its hectares in a column area_ha"
    )]
    Weights {
        /// The file.
        file: String,
        /// Their sum.
        total: f64,
    },
    /// A stratum of the sample that the table of strata does not have.
    #[error(
        "stratum '{stratum}' of the sample is not in {file}, which has: {present}; add its row, or correct the name"
    )]
    UnknownStratum {
        /// The stratum.
        stratum: String,
        /// The table of strata.
        file: String,
        /// What it has.
        present: String,
    },
    /// Too few sample units in a stratum.
    #[error(
        "stratum '{stratum}' has {n} labelled sample {}: at least 2 are needed for an error (an unsampled stratum is not a certain one); label more units of it, or merge it with a like stratum in both tables",
        if *.n == 1 { "unit" } else { "units" }
    )]
    FewUnits {
        /// The stratum.
        stratum: String,
        /// How many it has.
        n: u64,
    },
    /// A reference class that the map does not have.
    #[error(
        "reference {} {}: the map's classes are {map}; write a class the same way in both{hint}",
        if .reference.contains(',') { "classes" } else { "class" },
        if .reference.contains(',') { format!("{} are none of the map's", .reference) } else { format!("{} is none of the map's", .reference) }
    )]
    OtherClasses {
        /// Classes of the reference that are not the map's.
        reference: String,
        /// The map's classes.
        map: String,
        /// What else can be done.
        hint: &'static str,
    },
    /// Nothing was labelled.
    #[error("{file}: none of its {units} units has a reference class; nothing can be estimated")]
    NoLabels {
        /// The file.
        file: String,
        /// How many units there are.
        units: usize,
    },
    /// More sample units than the stratum has.
    #[error("stratum '{stratum}' has {n} sample units and only {units} units in all; correct the table of strata")]
    MoreThanAll {
        /// The stratum.
        stratum: String,
        /// Sample units.
        n: u64,
        /// Units of the population.
        units: f64,
    },
    /// A correction that cannot be made.
    #[error(
        "a finite population correction needs the number of units (pixels) of each stratum: {file} has no column 'units' (or it is blank for '{stratum}')"
    )]
    NoUnits {
        /// The table of strata.
        file: String,
        /// The stratum.
        stratum: String,
    },
    /// A figure by municipality without municipalities.
    #[error("the sample has no column 'municipality', so there are no figures by municipality")]
    NoMunicipalities,
    /// An estimator that this survey does not allow.
    #[error("estimator {estimator}: {rule}")]
    Estimator {
        /// Its name.
        estimator: &'static str,
        /// What it needs.
        rule: String,
    },
}
