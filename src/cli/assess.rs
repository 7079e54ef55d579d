//! `cocal assess`: areas with their error from a labelled sample.

use std::path::PathBuf;

use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::accuracy::{
    Assessment, Estimate, Estimator, LabelledUnit, MunicipalEstimator, Status, Survey, SurveyOptions, Wanted,
};
use crate::io::assessment_file::{assessment_csv, json_bytes};
use crate::io::atomic::{keep_inputs, make_folder, parent, write_bytes};
use crate::io::read_counts::{read_grounds, read_matrix};
use crate::io::read_survey::read_labelled;
use crate::io::training_overlap::{HALF_PIXEL_M, refuse_overlap};

/// Rows of the printed table of municipalities.
const ROWS_SHOWN: usize = 40;

/// Estimate areas with their standard error and 95 % interval from a labelled sample of the map.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cocal assess --sample labelled.geojson --key sample_key.csv --strata-area sample_strata.csv -o assessment.json\n  cocal assess --matrix matrix.csv --strata-area areas.csv --estimator all -o assessment.json\n  cocal assess --sample labelled.csv --strata-area strata.csv --by municipality --estimator fay-herriot -o municipal.csv"
)]
pub(super) struct Assess {
    /// Labelled sample: id, stratum, map, reference and optionally municipality. CSV, or points that GDAL reads.
    #[arg(long, value_name = "FILE", required_unless_present = "matrix", conflicts_with = "matrix")]
    sample: Option<PathBuf>,
    /// The key that `cocal sample` wrote: stratum, map and municipality of each id, where the sample has not got them.
    #[arg(long, value_name = "KEY.csv", requires = "sample")]
    key: Option<PathBuf>,
    /// Matrix of counts: first column map class (or stratum), first row reference class.
    #[arg(long, value_name = "MATRIX.csv")]
    matrix: Option<PathBuf>,
    /// Ground of each stratum: stratum,area_ha or stratum,weight; optionally map, municipality and units (pixels).
    #[arg(long, value_name = "AREAS.csv")]
    strata_area: Option<PathBuf>,
    /// One estimate for each municipality.
    #[arg(long, value_parser = ["municipality"])]
    by: Option<String>,
    /// Estimator, or all. Of the whole: stratified (the default), simple-random, post-stratified, difference, ppi, ratio,
    /// pixel-count. By municipality: direct (the default), ratio, synthetic, composite, fay-herriot, battese-harter-fuller,
    /// pixel-count.
    #[arg(long, value_name = "NAME|all")]
    estimator: Option<String>,
    /// Multiply variances by 1 - n / N of each stratum (needs the column units of the table of strata).
    #[arg(long)]
    fpc: bool,
    /// Take reference classes that the map does not have.
    #[arg(long)]
    unmapped_classes: bool,
    /// Polygons or points that the map was trained on: a sample unit in them is refused.
    #[arg(long, value_name = "VECTOR", requires = "sample")]
    training: Option<PathBuf>,
    /// How near to training ground a unit must not lie, metres: half a pixel.
    #[arg(long, value_name = "METRES", default_value_t = HALF_PIXEL_M, value_parser = super::sample::positive)]
    training_reach: f64,
    /// Year of the map and of the reference; kept in the output.
    #[arg(long, value_name = "N")]
    year: Option<i32>,
    /// Years of the labels or census that the model was calibrated on: the year assessed among them is circular.
    #[arg(long, value_name = "N", num_args = 1.., requires = "year")]
    calibrated_on: Vec<i32>,
    /// Estimates to write (.json or .csv).
    #[arg(short, long, value_name = "FILE.json|FILE.csv")]
    output: PathBuf,
}

impl Assess {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let wanted = self.wanted()?;
        let as_csv = is_csv(&self.output)?;
        make_folder(parent(&self.output))?;
        let inputs = [&self.sample, &self.key, &self.matrix, &self.strata_area, &self.training];
        keep_inputs([self.output.as_path()], inputs.into_iter().flatten().map(PathBuf::as_path))?;
        let mut assessment = self.assess(wanted)?;
        assessment.year = self.year;
        assessment.whole.notes.extend(circular(self.year, &self.calibrated_on));
        let bytes = if as_csv { assessment_csv(&assessment)? } else { json_bytes(&assessment)? };
        write_bytes(&self.output, &bytes)?;
        print_notes(&assessment.whole.notes, output);
        print_notes(&assessment.municipal_notes, output);
        if output.json {
            print_json(&assessment)?;
        } else if !output.quiet {
            print_line(&assessment_text(&assessment));
        }
        Ok(())
    }

    fn assess(&self, wanted: Wanted) -> Result<Assessment, Failure> {
        let grounds = self.strata_area.as_deref().map(read_grounds).transpose()?;
        let options = SurveyOptions { finite_correction: self.fpc, unmapped_classes: self.unmapped_classes };
        if let Some(path) = &self.matrix {
            let (counts, notes) = read_matrix(path)?;
            let counted: Vec<(&LabelledUnit, u64)> = counts.iter().map(|(unit, n)| (unit, *n)).collect();
            let mut survey = Survey::from_counts(&counted, grounds.as_ref(), options)?;
            survey.notes.splice(0..0, notes);
            return Ok(Assessment::new(survey, &[], wanted)?);
        }
        let Some(path) = &self.sample else {
            return Err(Failure::Usage("give --sample or --matrix".to_owned()));
        };
        let sample = read_labelled(path, self.key.as_deref())?;
        if sample.labelled.is_empty() {
            let (file, units) = (path.display().to_string(), sample.unlabelled.len());
            return Err(crate::accuracy::SurveyError::NoLabels { file, units }.into());
        }
        if let Some(training) = &self.training {
            refuse_overlap(path, &sample.labelled, training, self.training_reach)?;
        }
        let units: Vec<LabelledUnit> = sample.labelled.into_iter().map(|point| point.unit).collect();
        let mut survey = Survey::new(&units, grounds.as_ref(), options)?;
        survey.notes.splice(0..0, sample.notes);
        Ok(Assessment::new(survey, &units, wanted)?)
    }

    fn wanted(&self) -> Result<Wanted, Failure> {
        let name = self.estimator.as_deref().unwrap_or_default().to_lowercase().replace(['_', ' '], "-");
        let unknown = |names: Vec<&str>| {
            Failure::Usage(format!("--estimator {name}: no such estimator here; there are: {}, all", names.join(", ")))
        };
        if self.by.is_none() {
            let found = match name.as_str() {
                "" | "olofsson" | "stehman" => Some(Estimator::Stratified),
                "all" => return Ok(Wanted::WholeAll),
                "simple" | "srs" => Some(Estimator::Simple),
                "poststratified" => Some(Estimator::PostStratified),
                "model-assisted" => Some(Estimator::Difference),
                "ppi++" | "prediction-powered" => Some(Estimator::Ppi),
                other => Estimator::ALL.into_iter().find(|e| e.name() == other),
            };
            return found.map(Wanted::Whole).ok_or_else(|| unknown(Estimator::ALL.map(Estimator::name).to_vec()));
        }
        let found = match name.as_str() {
            "" | "stratified" => Some(MunicipalEstimator::Direct),
            "all" => return Ok(Wanted::MunicipalAll),
            "fh" | "area-level" => Some(MunicipalEstimator::FayHerriot),
            "bhf" | "unit-level" => Some(MunicipalEstimator::BatteseHarterFuller),
            other => MunicipalEstimator::ALL.into_iter().find(|e| e.name() == other),
        };
        let names = MunicipalEstimator::ALL.map(MunicipalEstimator::name).to_vec();
        found.map(Wanted::Municipal).ok_or_else(|| unknown(names))
    }
}

/// Whether a file of figures is CSV; JSON is the other.
pub(super) fn is_csv(path: &std::path::Path) -> Result<bool, Failure> {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase().as_str() {
        "csv" => Ok(true),
        "json" => Ok(false),
        _ => Err(Failure::Usage(format!("-o {}: the name must end in .json or .csv", path.display()))),
    }
}

/// What is said of a model that was calibrated on the year that it is held against.
pub(super) fn circular(year: Option<i32>, calibrated_on: &[i32]) -> Option<String> {
    let year = year.filter(|year| calibrated_on.contains(year))?;
    Some(format!(
        "circular: the model was calibrated on {year}, the year that it is evaluated on; that it agrees says nothing of other years"
    ))
}

/// The whole first, then what else was asked for.
fn assessment_text(assessment: &Assessment) -> String {
    let others = &assessment.estimates;
    let mut text = estimate_text(&assessment.whole);
    let municipal = others.iter().any(|e| e.municipality.is_some());
    if others.is_empty() {
        return text;
    }
    let rows: Vec<Vec<String>> = others.iter().flat_map(other_rows).take(ROWS_SHOWN).collect();
    let header = [
        "estimator",
        "municipality",
        "class",
        "n",
        "mapped ha",
        "adjusted ha",
        "standard error",
        "95 % from",
        "to",
        "weight",
    ];
    text.push_str(&format!("\n\n{}", table(&header, &rows, &[0, 1, 2])));
    let all: usize = others.iter().map(|e| e.classes.len()).sum();
    if all > rows.len() {
        text.push_str(&format!("\n{} more rows are in the file.", all - rows.len()));
    }
    if municipal {
        text.push_str(
            "\nnot estimable: nothing of the class was found, or the margin of error is more than the area itself",
        );
    }
    text
}

fn other_rows(estimate: &Estimate) -> Vec<Vec<String>> {
    let row = |class: &crate::accuracy::ClassEstimate| {
        let ci = class.ci95_ha;
        // Where there are no hectares, shares of the whole.
        let share = |share: Option<f64>| share.map(|s| format!("{:.3} %", 100.0 * s)).unwrap_or_default();
        let or_share = |hectares: Option<f64>, of: Option<f64>| match hectares {
            Some(_) => figure(hectares, 1),
            None => share(of),
        };
        let adjusted = match class.status {
            Status::NotEstimable => class.status.word().to_owned(),
            Status::Estimated => or_share(class.adjusted_area_ha, class.adjusted_share),
        };
        vec![
            estimate.estimator.clone(),
            estimate.municipality.clone().unwrap_or_default(),
            class.name.clone(),
            estimate.n.to_string(),
            figure(class.mapped_area_ha, 1),
            adjusted,
            or_share(class.standard_error_ha, class.standard_error_share),
            figure(ci.map(|c| c[0]), 1),
            figure(ci.map(|c| c[1]), 1),
            figure(class.shrinkage_weight, 2),
        ]
    };
    estimate.classes.iter().map(row).collect()
}

/// One estimate: hectares where they are known, else shares; then accuracies.
pub(super) fn estimate_text(estimate: &Estimate) -> String {
    let in_hectares = estimate.classes.iter().any(|c| c.adjusted_area_ha.is_some());
    let per_cent = |share: Option<f64>| figure(share.map(|s| 100.0 * s), 1);
    let row = |class: &crate::accuracy::ClassEstimate| {
        let share = class.adjusted_share.zip(class.standard_error_share);
        let share_ci = share.map(|(s, e)| crate::accuracy::normal::interval95(s, e).map(|v| 100.0 * v));
        let areas = if in_hectares {
            [class.adjusted_area_ha, class.standard_error_ha, class.ci95_ha.map(|c| c[0]), class.ci95_ha.map(|c| c[1])]
        } else {
            [share.map(|s| 100.0 * s.0), share.map(|s| 100.0 * s.1), share_ci.map(|c| c[0]), share_ci.map(|c| c[1])]
        };
        let digits = if in_hectares { 1 } else { 3 };
        let mut cells = vec![class.name.clone(), figure(class.mapped_area_ha, 1)];
        cells.extend(areas.map(|v| figure(v, digits)));
        cells.extend(
            [class.users_accuracy, class.users_accuracy_se, class.producers_accuracy, class.producers_accuracy_se]
                .map(per_cent),
        );
        cells
    };
    let rows: Vec<Vec<String>> = estimate.classes.iter().map(row).collect();
    let adjusted = if in_hectares { "adjusted ha" } else { "adjusted %" };
    let header = [
        "class",
        "mapped ha",
        adjusted,
        "standard error",
        "95 % from",
        "to",
        "user's %",
        "+-SE",
        "producer's %",
        "+-SE",
    ];
    let accuracy = match estimate.overall_accuracy {
        Some(_) => {
            let [share, error] = [estimate.overall_accuracy, estimate.overall_accuracy_se].map(per_cent);
            format!("Overall accuracy {share} % (standard error {error}).")
        }
        None => "Overall accuracy is not known: the sample does not say what the map shows.".to_owned(),
    };
    format!(
        "{} estimator, {} sample units\n\n{}\n\n{accuracy}",
        estimate.estimator,
        estimate.n,
        table(&header, &rows, &[0]),
    )
}
