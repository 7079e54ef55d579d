//! The labelled samples of a project: areas with their error, change and the census test, from the maps just made.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::map::YearMap;
use super::prepare::Scenes;
use crate::accuracy::{
    Assessment, Change, ChangeError, Estimate, LabelledUnit, MunicipalEstimator, Survey, SurveyError, SurveyOptions,
    Wanted, change,
};
use crate::area::{OUTSIDE_RASTER, UNOBSERVED};
use crate::classify::model::Model;
use crate::compare::validate::{EstimateRow, ValidateOptions, Validation, validate};
use crate::io::class_raster::{ClassRaster, ClassRasterError};
use crate::io::crs::{CrsError, Transform};
use crate::io::read_counts::read_grounds;
use crate::io::read_project::ProjectFile;
use crate::io::read_survey::{LabelledPoint, ReadSurveyError, read_labelled};
use crate::io::training_overlap::{OverlapError, refuse_overlap};
use crate::project::AssessmentEntry;
use crate::records::Census;
use crate::scene::{Crs, Window};
use crate::territory::MunicipalityCode;

/// What is said of a run without a labelled sample.
pub const NO_ERROR_KNOWN: &str = "mapped area only: no error is known";

/// The estimator for municipalities of which the census test and the map layer take their figures.
pub const MUNICIPAL: MunicipalEstimator = MunicipalEstimator::FayHerriot;

/// A sample that cannot be used on the maps of this run.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadSurveyError),
    /// It breaks a rule of the estimators.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// It lies in training polygons.
    #[error(transparent)]
    Overlap(#[from] OverlapError),
    /// The class raster cannot be read.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// A point cannot be carried to the raster.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// Two years that have no change.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A point beside the map.
    #[error(
        "{path}: unit '{id}' (longitude {lon:.6}, latitude {lat:.6}) lies outside the map; give the sample that was drawn from this ground"
    )]
    Outside {
        /// The sample.
        path: PathBuf,
        /// The unit.
        id: String,
        /// Its longitude.
        lon: f64,
        /// Its latitude.
        lat: f64,
    },
    /// A year that is not mapped.
    #[error("[[assessment]] year = {year}: the years mapped are {mapped}")]
    Year {
        /// The year.
        year: i16,
        /// The years mapped.
        mapped: String,
    },
}

/// What the labelled samples say.
#[derive(Debug, Default, Serialize)]
pub struct Assessed {
    /// One for each year with a sample, in order.
    pub years: Vec<Assessment>,
    /// From each of them to the next.
    pub changes: Vec<Change>,
    /// The census against the estimates of municipalities.
    pub validation: Option<Validation>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Assesses every year that has a sample.
///
/// # Errors
/// [`AssessError`] naming the file and the unit or stratum.
pub fn assess_years(
    file: &ProjectFile,
    scenes: &Scenes,
    model: &Model,
    maps: &[YearMap],
    census: Option<&Census>,
) -> Result<Assessed, AssessError> {
    let mut found = Assessed::default();
    let mut entries: Vec<&AssessmentEntry> = file.project.assessment.iter().collect();
    entries.sort_by_key(|entry| entry.year);
    for entry in entries {
        let number = scenes.years.iter().position(|year| year.year == entry.year).ok_or_else(|| {
            let mapped = scenes.years.iter().map(|y| y.year.to_string()).collect::<Vec<_>>().join(", ");
            AssessError::Year { year: entry.year, mapped }
        })?;
        let assessment = assess_year(file, entry, model, &maps[number])?;
        found.notes.extend(assessment.whole.notes.iter().map(|note| format!("sample of {}: {note}", entry.year)));
        found.years.push(assessment);
    }
    for pair in found.years.windows(2) {
        let shared = |a: &Assessment, b: &Assessment| a.units.iter().any(|u| b.units.iter().any(|v| v.id == u.id));
        let change = change(&pair[0], &pair[1], shared(&pair[0], &pair[1]))?;
        let coca = |name: &str| is_coca(model, name);
        found.notes.extend(change.classes.iter().filter(|c| coca(&c.name)).map(|c| c.sentence.clone()));
        found.changes.push(change);
    }
    let rows = estimate_rows(&found.years, model);
    if let Some(census) = census.filter(|_| !rows.is_empty()) {
        let validation = validate(&rows, census, census, ValidateOptions { fdr: 0.05, margin: 0.2 });
        found.notes.extend(validation.notes.iter().cloned());
        found.validation = Some(validation);
    }
    if found.years.is_empty() {
        found.notes.push(NO_ERROR_KNOWN.to_owned());
    }
    Ok(found)
}

fn is_coca(model: &Model, name: &str) -> bool {
    model.classes.iter().zip(&model.coca).any(|(class, is)| *is && class == name)
}

fn assess_year(
    file: &ProjectFile,
    entry: &AssessmentEntry,
    model: &Model,
    map: &YearMap,
) -> Result<Assessment, AssessError> {
    let path = file.resolve(&entry.sample);
    let sample = read_labelled(&path, entry.key.as_ref().map(|key| file.resolve(key)).as_deref())?;
    if sample.labelled.is_empty() {
        let (file, units) = (path.display().to_string(), sample.unlabelled.len());
        return Err(SurveyError::NoLabels { file, units }.into());
    }
    let classifier = &file.project.classifier;
    if let (None, Some(training)) = (&classifier.model, &classifier.samples) {
        refuse_overlap(&path, &sample.labelled, &file.resolve(training))?;
    }
    let mut grounds = read_grounds(&file.resolve(&entry.strata_area))?;
    let mut notes = sample.notes.clone();
    let points = on_map(&path, sample.labelled, model, map, &mut notes)?;
    if points.changed > 0 {
        notes.push(format!(
            "{} of {} units have another class on this map than on the one that they were drawn from: strata are that one's, classes this one's",
            points.changed,
            points.units.len()
        ));
        grounds.lines.iter_mut().for_each(|line| line.map = None);
    }
    let mut survey = Survey::new(&points.units, Some(&grounds), SurveyOptions::default())?;
    survey.notes.splice(0..0, notes);
    let by_municipality = !survey.domains.is_empty();
    let wanted =
        if by_municipality { Wanted::MunicipalAll } else { Wanted::Whole(crate::accuracy::Estimator::Stratified) };
    let mut assessment = Assessment::new(survey, &points.units, wanted)?;
    assessment.year = Some(i32::from(entry.year));
    if model.training_years.iter().any(|year| i32::from(*year) == i32::from(entry.year)) {
        assessment.whole.notes.push(format!(
            "circular: the model was trained on labels of {}, the year that it is evaluated on (none of them in the sample); this says nothing of other years",
            entry.year
        ));
    }
    Ok(assessment)
}

/// Units with the class of this run's map.
struct OnMap {
    units: Vec<LabelledUnit>,
    /// How many have another class than their key says.
    changed: usize,
}

/// Looks up the class of every unit on the map that was just made. Units on ground that it did not observe are left out.
fn on_map(
    path: &Path,
    points: Vec<LabelledPoint>,
    model: &Model,
    map: &YearMap,
    notes: &mut Vec<String>,
) -> Result<OnMap, AssessError> {
    let is_class = |staged: &&crate::io::atomic::Staged| {
        let name = staged.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("class_") && name.ends_with(".tif")
    };
    let Some(staged) = map.staged.iter().find(is_class) else {
        return Ok(OnMap { units: points.into_iter().map(|point| point.unit).collect(), changed: 0 });
    };
    let raster = ClassRaster::open(staged.staged_path())?;
    let reader = raster.reader()?;
    let way = Transform::new(&Crs::wgs84(), &raster.grid.crs)?;
    let (mut units, mut changed, mut unobserved, mut placeless) = (Vec::new(), 0, 0, 0);
    for LabelledPoint { mut unit, lonlat } in points {
        let Some((lon, lat)) = lonlat else {
            placeless += 1;
            units.push(unit);
            continue;
        };
        let (mut x, mut y) = ([lon], [lat]);
        way.apply(&mut x, &mut y)?;
        let (col, row) = raster.grid.col_row(x[0], y[0]);
        let inside = row >= 0.0 && col >= 0.0 && row < raster.grid.rows as f64 && col < raster.grid.cols as f64;
        if !inside {
            return Err(AssessError::Outside { path: path.to_owned(), id: unit.id, lon, lat });
        }
        let pixel = Window { row0: row as usize, col0: col as usize, rows: 1, cols: 1 };
        let code = reader.read(&pixel)?[[0, 0]];
        if code == UNOBSERVED || code == OUTSIDE_RASTER {
            unobserved += 1;
            continue;
        }
        let class = model.classes.get(usize::from(code).wrapping_sub(1)).cloned();
        changed += usize::from(unit.map.is_some() && unit.map != class);
        unit.map = class;
        units.push(unit);
    }
    if unobserved > 0 {
        notes.push(format!("{unobserved} units lie on ground that this map did not observe and were left out"));
    }
    if placeless > 0 {
        notes.push(format!("{placeless} units have no coordinates: their class is the key's, not that of this map"));
    }
    Ok(OnMap { units, changed })
}

/// Coca by municipality and year, by the area-level model; only where one class is coca.
pub fn estimate_rows(years: &[Assessment], model: &Model) -> Vec<EstimateRow> {
    let row = |year: i32, estimate: &Estimate| {
        let coca: Vec<_> = estimate.classes.iter().filter(|class| is_coca(model, &class.name)).collect();
        let [class] = coca[..] else { return None };
        let code = MunicipalityCode::parse(estimate.municipality.as_deref()?).ok()?;
        Some(EstimateRow {
            municipality_code: code,
            year,
            estimate_ha: class.adjusted_area_ha,
            standard_error_ha: class.standard_error_ha,
            calibrated_on: None,
        })
    };
    let of_year = |a: &Assessment| {
        let municipal = a.estimates.iter().filter(|e| e.estimator == MUNICIPAL.name());
        municipal.filter_map(|e| row(a.year?, e)).collect::<Vec<_>>()
    };
    years.iter().flat_map(of_year).collect()
}
