//! Assessments as files: JSON that `cocal change` reads back, and CSV for people.

use std::path::{Path, PathBuf};

use super::csv_bytes::{CsvError, csv_bytes, text};
use crate::accuracy::{Assessment, Change, ClassChange, ClassEstimate, Estimate};

/// An assessment that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AssessmentFileError {
    /// The system cannot read it.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no assessment.
    #[error("{path} is no assessment ({source}); make it with: cocal assess --sample FILE -o FILE.json")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Its parts do not go together.
    #[error(
        "{path}: its parts do not go together (strata, counts, units, estimates); was it edited? Make it anew with cocal assess"
    )]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

/// Reads an assessment.
///
/// # Errors
/// [`AssessmentFileError`] naming the file.
pub fn read_assessment(path: &Path) -> Result<Assessment, AssessmentFileError> {
    let owned = || path.to_owned();
    let bytes = std::fs::read(path).map_err(|source| AssessmentFileError::Read { path: owned(), source })?;
    assessment_of(path, &bytes)
}

/// An assessment from the bytes of its file; `path` is for messages.
pub(crate) fn assessment_of(path: &Path, bytes: &[u8]) -> Result<Assessment, AssessmentFileError> {
    let owned = || path.to_owned();
    let assessment: Assessment =
        serde_json::from_slice(bytes).map_err(|source| AssessmentFileError::Parse { path: owned(), source })?;
    if assessment.is_whole() { Ok(assessment) } else { Err(AssessmentFileError::Broken { path: owned() }) }
}

/// Any figures as the bytes of a JSON file.
///
/// # Errors
/// From the JSON writer.
pub fn json_bytes(value: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Columns of an assessment as CSV.
pub const ASSESSMENT_COLUMNS: [&str; 22] = [
    "estimator",
    "municipality_code",
    "year",
    "class",
    "mapped_area_ha",
    "adjusted_area_ha",
    "standard_error_ha",
    "ci95_low_ha",
    "ci95_high_ha",
    "adjusted_share",
    "standard_error_share",
    "users_accuracy",
    "users_accuracy_se",
    "producers_accuracy",
    "producers_accuracy_se",
    "overall_accuracy",
    "overall_accuracy_se",
    "n",
    "bias_ha",
    "shrinkage_weight",
    "status",
    "notes",
];

/// The estimates as CSV: a row for each estimator, municipality and class. Where other estimators or municipalities were
/// asked for, the rows are theirs.
///
/// # Errors
/// From the CSV writer.
pub fn assessment_csv(assessment: &Assessment) -> Result<Vec<u8>, CsvError> {
    let whole = std::slice::from_ref(&assessment.whole);
    let estimates = if assessment.estimates.is_empty() { whole } else { &assessment.estimates };
    let cells = |(estimate, class): (&Estimate, &ClassEstimate)| {
        [
            estimate.estimator.clone(),
            estimate.municipality.clone().unwrap_or_default(),
            text(assessment.year),
            class.name.clone(),
            text(class.mapped_area_ha),
            text(class.adjusted_area_ha),
            text(class.standard_error_ha),
            text(class.ci95_ha.map(|c| c[0])),
            text(class.ci95_ha.map(|c| c[1])),
            text(class.adjusted_share),
            text(class.standard_error_share),
            text(class.users_accuracy),
            text(class.users_accuracy_se),
            text(class.producers_accuracy),
            text(class.producers_accuracy_se),
            text(estimate.overall_accuracy),
            text(estimate.overall_accuracy_se),
            estimate.n.to_string(),
            text(class.bias_ha),
            text(class.shrinkage_weight),
            class.status.word().to_owned(),
            // Of hundreds of municipalities they would be hundreds of times the same.
            if estimate.municipality.is_none() { estimate.notes.join("; ") } else { String::new() },
        ]
    };
    let rows = estimates.iter().flat_map(|estimate| estimate.classes.iter().map(move |class| (estimate, class)));
    csv_bytes(ASSESSMENT_COLUMNS, rows.map(cells))
}

/// Columns of a change as CSV.
pub const CHANGE_COLUMNS: [&str; 18] = [
    "municipality_code",
    "class",
    "before_ha",
    "after_ha",
    "change_ha",
    "standard_error_ha",
    "ci95_low_ha",
    "ci95_high_ha",
    "growth_pct",
    "growth_se_pct",
    "growth_ci95_low_pct",
    "growth_ci95_high_pct",
    "growth_ci95_bootstrap_low_pct",
    "growth_ci95_bootstrap_high_pct",
    "probability_of_decrease",
    "minimum_detectable_change_ha",
    "distinguishable",
    "sentence",
];

/// The changes as CSV: of each, a row for each class of the whole, then of each municipality.
///
/// # Errors
/// From the CSV writer.
pub fn change_csv(changes: &[Change]) -> Result<Vec<u8>, CsvError> {
    let rows = changes.iter().flat_map(|change| change.classes.iter().chain(&change.municipalities));
    csv_bytes(CHANGE_COLUMNS, rows.map(change_cells))
}

fn change_cells(row: &ClassChange) -> [String; 18] {
    let end = |interval: Option<[f64; 2]>, which: usize| text(interval.map(|i| i[which]));
    [
        row.municipality.clone().unwrap_or_default(),
        row.name.clone(),
        row.before_ha.to_string(),
        row.after_ha.to_string(),
        row.change_ha.to_string(),
        row.standard_error_ha.to_string(),
        row.ci95_ha[0].to_string(),
        row.ci95_ha[1].to_string(),
        text(row.growth_pct),
        text(row.growth_se_pct),
        end(row.growth_ci95_pct, 0),
        end(row.growth_ci95_pct, 1),
        end(row.growth_ci95_bootstrap_pct, 0),
        end(row.growth_ci95_bootstrap_pct, 1),
        text(row.probability_of_decrease),
        row.minimum_detectable_change_ha.to_string(),
        if row.distinguishable { "yes" } else { "no" }.to_owned(),
        row.sentence.clone(),
    ]
}
