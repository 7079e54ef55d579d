//! The labelled samples of a project: areas with their error, change and the census test, from the maps just made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::map::YearMap;
use super::prepare::{Ground, Scenes};
use crate::accuracy::estimators::MAPPED_UNKNOWN;
use crate::accuracy::{
    Assessment, Change, ChangeError, LabelledUnit, MunicipalEstimator, Survey, SurveyError, SurveyOptions, Wanted,
    change,
};
use crate::area::cell_area::metres_per_unit;
use crate::area::{AreaTable, OUTSIDE_RASTER, UNOBSERVED};
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
use crate::scene::{Crs, Grid, Window};
use crate::territory::MunicipalityCode;

/// What is said of a run without a labelled sample.
pub const NO_ERROR_KNOWN: &str = "mapped area only: no error is known";

/// The estimator for municipalities of which the census test and the map layer take their figures: one that holds a
/// municipality's own units and nothing else.
pub const MUNICIPAL: MunicipalEstimator = MunicipalEstimator::Ratio;

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
    /// Coca by municipality and year, of municipalities that the sample was drawn from as a whole.
    #[serde(skip)]
    pub municipal: Vec<EstimateRow>,
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
    (scenes, ground, model): (&Scenes, &Ground, &Model),
    maps: &[YearMap],
    (census, municipality_area_ha): (Option<&Census>, &BTreeMap<MunicipalityCode, f64>),
) -> Result<Assessed, AssessError> {
    let mut found = Assessed::default();
    let mut entries: Vec<&AssessmentEntry> = file.project.assessment.iter().collect();
    entries.sort_by_key(|entry| entry.year);
    for entry in entries {
        let number = scenes.years.iter().position(|year| year.year == entry.year).ok_or_else(|| {
            let mapped = scenes.years.iter().map(|y| y.year.to_string()).collect::<Vec<_>>().join(", ");
            AssessError::Year { year: entry.year, mapped }
        })?;
        let mut assessment = assess_year(file, entry, (scenes, model), &maps[number])?;
        fill_mapped(&mut assessment, model, &maps[number].table, ground);
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
    let (rows, partly) = estimate_rows(&found.years, model, municipality_area_ha);
    if !partly.is_empty() {
        let codes: Vec<&str> = partly.iter().map(MunicipalityCode::as_str).collect();
        found.notes.push(format!(
            "the sample was drawn from less than 99 % of these municipalities, so their estimates are not held against the census: {}",
            codes.join(", ")
        ));
    }
    if let Some(census) = census.filter(|_| !rows.is_empty()) {
        let validation = validate(&rows, census, census, ValidateOptions { fdr: 0.05, margin: 0.2 });
        found.notes.extend(validation.notes.iter().cloned());
        found.validation = Some(validation);
    }
    found.municipal = rows;
    if found.years.is_empty() {
        found.notes.push(NO_ERROR_KNOWN.to_owned());
    }
    Ok(found)
}

fn is_coca(model: &Model, name: &str) -> bool {
    model.classes.iter().zip(&model.coca).any(|(class, is)| *is && class == name)
}

/// Half a pixel of a grid in metres: a unit that is nearer to a polygon shares ground with it.
fn half_pixel_m(grid: &Grid) -> f64 {
    0.5 * grid.pixel_width.min(grid.pixel_height) * metres_per_unit(&grid.crs)
}

fn assess_year(
    file: &ProjectFile,
    entry: &AssessmentEntry,
    (scenes, model): (&Scenes, &Model),
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
        refuse_overlap(&path, &sample.labelled, &file.resolve(training), half_pixel_m(&scenes.grid))?;
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
    if model.training_years.iter().any(|year| *year == i32::from(entry.year)) {
        assessment.whole.notes.push(format!(
            "circular: the model was trained on labels of {}, the year that it is evaluated on (none of them in the sample); this says nothing of other years",
            entry.year
        ));
    }
    Ok(assessment)
}

/// How far the ground that a sample was drawn from may be from what this run observed of a municipality.
const SAME_GROUND: f64 = 0.005;

/// Where the table of strata does not tell what this run's map shows, the map does, if the sample was drawn from all that it
/// observed of a municipality (or of all of them).
fn fill_mapped(assessment: &mut Assessment, model: &Model, table: &AreaTable, ground: &Ground) {
    if assessment.whole.classes.iter().any(|class| class.mapped_area_ha.is_some()) {
        return;
    }
    let zone = |code: &str| {
        let number = ground.layer.municipalities.iter().position(|m| m.code.as_str() == code)?;
        let observed = table.coverage_hectares(number) - table.hectares(number, UNOBSERVED);
        let sampled = ground_of(&assessment.survey, code);
        ((sampled - observed).abs() <= SAME_GROUND * observed).then_some(number)
    };
    let zones: BTreeMap<&str, Option<usize>> =
        assessment.survey.domains.iter().map(|code| (code.as_str(), zone(code))).collect();
    let numbered = |name: &str| (1..=u8::MAX).zip(&model.classes).find(|(_, class)| *class == name).map(|(n, _)| n);
    let hectares = |zone: usize, name: &str| Some(table.hectares(zone, numbered(name)?));
    for estimate in &mut assessment.estimates {
        let of = estimate.municipality.as_deref().and_then(|code| zones.get(code).copied().flatten());
        let Some(zone) = of else { continue };
        estimate.classes.iter_mut().for_each(|class| class.mapped_area_ha = hectares(zone, &class.name));
    }
    let all: Option<Vec<usize>> = zones.values().copied().collect();
    let inside = assessment.survey.patches.iter().all(|patch| patch.domain.is_some());
    if let Some(all) = all.filter(|_| inside) {
        assessment.whole.notes.retain(|note| !note.contains(MAPPED_UNKNOWN));
        for class in &mut assessment.whole.classes {
            class.mapped_area_ha = all.iter().map(|zone| hectares(*zone, &class.name)).sum();
        }
    }
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

/// Coca by municipality and year, from its own units, where one class is coca; and the municipalities left out since
/// the sample was drawn from a part of them only.
fn estimate_rows(
    years: &[Assessment],
    model: &Model,
    municipality_area_ha: &BTreeMap<MunicipalityCode, f64>,
) -> (Vec<EstimateRow>, BTreeSet<MunicipalityCode>) {
    let mut partly = BTreeSet::new();
    let mut rows = Vec::new();
    for assessment in years {
        for estimate in assessment.estimates.iter().filter(|e| e.estimator == MUNICIPAL.name()) {
            let coca: Vec<_> = estimate.classes.iter().filter(|class| is_coca(model, &class.name)).collect();
            let code = estimate.municipality.as_deref().and_then(|code| MunicipalityCode::parse(code).ok());
            let ([class], Some(code), Some(year)) = (&coca[..], code, assessment.year) else { continue };
            let whole = municipality_area_ha.get(&code).copied().unwrap_or(f64::INFINITY);
            if ground_of(&assessment.survey, code.as_str()) < WHOLE * whole {
                partly.insert(code);
                continue;
            }
            rows.push(EstimateRow {
                municipality_code: code,
                year,
                estimate_ha: class.adjusted_area_ha,
                standard_error_ha: class.standard_error_ha,
                own_weight: None,
                calibrated_on: None,
            });
        }
    }
    (rows, partly)
}

/// A municipality is taken as a whole from this share of its ground on, as in the comparison.
const WHOLE: f64 = 0.99;

/// Hectares of a municipality that the sample was drawn from.
fn ground_of(survey: &Survey, code: &str) -> f64 {
    let Some(number) = survey.domains.iter().position(|domain| domain == code) else { return 0.0 };
    let share: f64 = survey.patches.iter().filter(|p| p.domain == Some(number)).map(|p| p.share).sum();
    share * survey.total_ha.unwrap_or(0.0)
}
