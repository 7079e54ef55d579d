//! From a project file to scenes on a grid, municipalities and years: all that mapping and training need.

use std::path::PathBuf;

use geo::MultiPolygon;

use super::agreement::common_bands;
use super::faults::OnError;
use super::plan::{PlanError, YearPlan, plan_grid, plan_years};
use super::threads::Threads;
use crate::area::Zones;
use crate::io::loss::Failure;
use crate::io::project_grounds::project_grounds;
use crate::io::read_municipalities::{LayerError, MunicipalityLayer, read_municipalities};
use crate::io::read_project::{ProjectFile, ReadProjectError};
use crate::io::scene::{SceneError, check_values, open_scene};
use crate::io::stamp::Stamp;
use crate::io::virtual_file::{is_folder, is_virtual};
use crate::project::SceneEntry;
use crate::scene::source::{Scene, SceneOptions, ValidityOption};
use crate::scene::{Band, Grid};

/// A project whose inputs cannot be opened or do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The project file.
    #[error(transparent)]
    Project(#[from] ReadProjectError),
    /// A scene.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The polygons.
    #[error(transparent)]
    Municipalities(#[from] LayerError),
    /// Scenes that do not fit together, or not into the project.
    #[error("project file {path}: {source}")]
    Plan {
        /// The project file.
        path: PathBuf,
        /// What does not fit.
        source: PlanError,
    },
    /// The same, of what is left without scenes that cannot be opened.
    #[error("project file {path}: {source}; scenes that were left out: {left_out}")]
    PlanWithout {
        /// The project file.
        path: PathBuf,
        /// What does not fit.
        source: PlanError,
        /// Scenes that cannot be opened, with the cause.
        left_out: String,
    },
    /// No polygon meets the scenes.
    #[error(
        "no municipality of {layer} lies on the scenes' ground: the scenes cover {scenes}, the polygons {polygons}; is one of the two in the wrong CRS?"
    )]
    Apart {
        /// The layer.
        layer: PathBuf,
        /// Extent of the grid.
        scenes: String,
        /// Extent of the polygons in the grid's CRS.
        polygons: String,
    },
}

/// Scenes on a grid, by year.
pub struct Scenes {
    /// Every scene, in the order of the project file and of the names that its patterns mean.
    pub scenes: Vec<Scene>,
    /// Census years with their scenes.
    pub years: Vec<YearPlan>,
    /// The grid to map on.
    pub grid: Grid,
    /// The bands that all scenes have.
    pub bands: Vec<Band>,
    /// Remarks of the scenes, and scenes that no year uses.
    pub notes: Vec<String>,
    /// Scenes that cannot be opened and were left out.
    pub failures: Vec<Failure>,
    /// What is done where a scene cannot be read.
    pub on_error: OnError,
    /// What the scenes' files on disk were like just before they were opened.
    pub stamps: Vec<(PathBuf, Stamp)>,
}

/// Opens the scenes of a project and lays out years and grid.
///
/// # Errors
/// [`PrepareError`] naming the file and the rule.
pub fn prepare_scenes(threads: &Threads, file: &ProjectFile, on_error: OnError) -> Result<Scenes, PrepareError> {
    let mut to_open: Vec<(PathBuf, &SceneEntry)> = Vec::new();
    for entry in &file.project.scenes {
        to_open.extend(file.scene_paths(&entry.path)?.into_iter().map(|path| (path, entry)));
    }
    let of_file = |path: &PathBuf| Stamp::of(path).ok().filter(|_| !is_virtual(path) && !is_folder(path));
    let stamps = to_open.iter().filter_map(|(path, _)| Some((path.clone(), of_file(path)?))).collect();
    let opened = threads.map(&to_open, |(path, entry)| open_scene(path, &options(file, entry)));
    let (scenes, mut failures) = those_that_open(&to_open, opened, on_error)?;
    let wanted: Vec<Band> = file.project.classifier.bands.iter().map(|name| Band::new(name)).collect();
    let left_out: Vec<String> = failures.iter().map(|failure| failure.cause.clone()).collect();
    let named = |source| match left_out.is_empty() {
        true => PrepareError::Plan { path: file.path.clone(), source },
        false => PrepareError::PlanWithout { path: file.path.clone(), source, left_out: left_out.join("; ") },
    };
    let years = plan_years(&file.project, &scenes).map_err(named)?;
    let bands = common_bands(&scenes, &wanted).map_err(named)?;
    let grid = plan_grid(&scenes, file.project.grid.as_ref()).map_err(named)?;
    let grid = grid.ok_or_else(|| named(PlanError::NoScene))?;
    let mut notes: Vec<String> =
        scenes.iter().flat_map(|s| s.notes.iter().map(|note| format!("scene {}: {note}", s.path.display()))).collect();
    let unused: Vec<&str> = (0..scenes.len())
        .filter(|n| years.iter().all(|y| !y.scenes.contains(n)))
        .map(|n| scenes[n].id.as_str())
        .collect();
    if !unused.is_empty() {
        notes.push(format!("{} scenes belong to no census year: {}", unused.len(), unused.join(", ")));
    }
    let used: Vec<&Scene> =
        (0..scenes.len()).filter(|n| years.iter().any(|y| y.scenes.contains(n))).map(|n| &scenes[n]).collect();
    for (scene, doubts) in used.iter().zip(threads.map(&used, |scene| check_values(scene, &bands, threads))) {
        match doubts {
            Err(error) if on_error == OnError::Continue && error.is_of_the_file() => failures.push(Failure {
                what: scene.path.display().to_string(),
                cause: error.to_string(),
                effect: "its values were not checked; pixels that cannot be read are not observed".to_owned(),
            }),
            doubts => notes.extend(doubts?.iter().map(|note| format!("scene {}: {note}", scene.path.display()))),
        }
    }
    Ok(Scenes { scenes, years, grid, bands, notes, failures, on_error, stamps })
}

/// The scenes that could be opened, and the others where work goes on without them: but for one at least, there is none.
fn those_that_open(
    to_open: &[(PathBuf, &SceneEntry)],
    opened: Vec<Result<Scene, SceneError>>,
    on_error: OnError,
) -> Result<(Vec<Scene>, Vec<Failure>), SceneError> {
    let (mut scenes, mut failures, mut first) = (Vec::new(), Vec::new(), None);
    for ((path, _), opened) in to_open.iter().zip(opened) {
        match opened {
            Err(error) if on_error == OnError::Continue && error.is_of_the_file() => {
                failures.push(Failure {
                    what: path.display().to_string(),
                    cause: error.to_string(),
                    effect: "the scene was left out: what only it shows is not observed".to_owned(),
                });
                first.get_or_insert(error);
            }
            opened => scenes.push(opened?),
        }
    }
    match first {
        Some(error) if scenes.is_empty() => Err(error),
        _ => Ok((scenes, failures)),
    }
}

/// What a `[[scenes]]` entry says of its scenes.
fn options(file: &ProjectFile, entry: &SceneEntry) -> SceneOptions {
    let mut bands: Vec<(Band, usize)> = entry.bands.iter().map(|(name, index)| (Band::new(name), *index)).collect();
    bands.sort_by_key(|(_, index)| *index);
    SceneOptions {
        sensor: entry.sensor.clone(),
        date: entry.date,
        bands,
        scale: entry.scale,
        offset: entry.offset,
        validity_band: entry.validity_band.clone().map(|layer| ValidityOption {
            file: layer.file.map(|typed| file.resolve(&typed.to_string_lossy())),
            ..layer
        }),
    }
}

/// Municipalities, and their polygons in the grid's pixels.
pub struct Ground {
    /// The layer as it was read.
    pub layer: MunicipalityLayer,
    /// The polygons in pixel coordinates.
    pub zones: Zones,
}

/// Opens and checks the scenes and reads the municipalities, side by side, and lays these on the grid.
///
/// # Errors
/// [`PrepareError`]: of the scenes, then an unreadable layer, or polygons that all lie beside the grid.
pub fn prepare(threads: &Threads, file: &ProjectFile, on_error: OnError) -> Result<(Scenes, Ground), PrepareError> {
    let territory = &file.project.territory;
    let path = file.resolve(&territory.municipalities);
    let (code, name) = (&territory.code_field, territory.name_field.as_deref());
    let (scenes, layer) =
        threads.both(|| prepare_scenes(threads, file, on_error), || read_municipalities(&path, code, name));
    let scenes = scenes?;
    let ground = lay_down(path, layer?, &scenes.grid)?;
    Ok((scenes, ground))
}

/// Reads the municipalities of a project and lays them on a grid.
///
/// # Errors
/// [`PrepareError`]: an unreadable layer, or polygons that all lie beside the grid.
pub fn read_ground(file: &ProjectFile, grid: &Grid) -> Result<Ground, PrepareError> {
    let territory = &file.project.territory;
    let path = file.resolve(&territory.municipalities);
    let layer = read_municipalities(&path, &territory.code_field, territory.name_field.as_deref())?;
    lay_down(path, layer, grid)
}

fn lay_down(path: PathBuf, layer: MunicipalityLayer, grid: &Grid) -> Result<Ground, PrepareError> {
    let grounds = project_grounds(&layer, &grid.crs)?;
    let zones = Zones::new(grid, &grounds);
    if !zones.touching(&grid.window()) {
        let extent = |[x0, y0, x1, y1]: [f64; 4]| format!("x {x0:.4} to {x1:.4}, y {y0:.4} to {y1:.4}");
        return Err(PrepareError::Apart {
            layer: path,
            scenes: extent(grid.bounds()),
            polygons: extent(bounds_of(&grounds)),
        });
    }
    Ok(Ground { layer, zones })
}

/// `[min_x, min_y, max_x, max_y]` of all polygons.
pub(super) fn bounds_of(grounds: &[MultiPolygon<f64>]) -> [f64; 4] {
    use geo::CoordsIter;
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    grounds
        .iter()
        .flat_map(CoordsIter::coords_iter)
        .fold(start, |b, c| [b[0].min(c.x), b[1].min(c.y), b[2].max(c.x), b[3].max(c.y)])
}
