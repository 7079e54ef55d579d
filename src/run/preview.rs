//! `cocal preview`: a raster, or the folder of a run, as a picture; and the small pictures of the report.

mod choose_bands;
mod paint;
mod run_folder;
mod small;
mod tiles;
mod tints;

use std::path::{Path, PathBuf};

use crate::io::atomic::{self, Staged, WriteError};
use crate::io::crs::CrsError;
use crate::io::dated_masks::DatedMasksError;
use crate::io::read_picture::{CodeLayer, Kind};
use crate::io::read_recorded_run::{RecordedRunError, has_record};
use crate::io::scene::{SceneError, open_scene};
use crate::io::virtual_file::is_folder;
use crate::io::write_png::{PngError, png_bytes};
use crate::report::picture::cells::lay_cells;
use crate::report::picture::composite::compose;
use crate::report::picture::frame::picture_grid;
use crate::report::picture::mask::lay_mask;
use crate::report::picture::stretch::Stretch;
use crate::report::picture::{BLANK, Picture, Sight, hatch};
use crate::run::cell_tally::CellTallyError;
use crate::run::threads::Threads;
use crate::scene::{Band, Grid, SceneOptions};
use crate::territory::CellLattice;
use crate::territory::cell::CellError;

pub use choose_bands::UnknownBands;
pub use small::{PictureOptions, TilePicture, tile_pictures};

/// What is said of a picture that shows a mask pixel by pixel.
const PIXELS_NOTE: &str = "the picture shows the mask at the size of its pixels: a working picture, from which single lots can be read; \
     --cell 1km draws cells instead, which may be passed on";

/// A picture that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// A scene or another raster.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// Bands that are not there.
    #[error(transparent)]
    Bands(#[from] UnknownBands),
    /// A folder without a record.
    #[error(transparent)]
    Run(#[from] RecordedRunError),
    /// A folder that is neither a product nor of a run.
    #[error("{folder} is neither the folder of a run (no run.json) nor a product: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why it is no product.
        source: SceneError,
    },
    /// A year without a mask.
    #[error("{folder} has no mask of {}; it has: {years}", year.map_or_else(|| "any year".to_owned(), |y| y.to_string()))]
    Year {
        /// The folder.
        folder: PathBuf,
        /// The year.
        year: Option<i32>,
        /// Years that there are.
        years: String,
    },
    /// A mask.
    #[error(transparent)]
    Masks(#[from] DatedMasksError),
    /// Its cells.
    #[error(transparent)]
    Cells(#[from] CellTallyError),
    /// A side of cells.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The picture's place.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// An option that the raster does not take.
    #[error("{path} {is}, and {option} is for imagery: leave it out")]
    NotImagery {
        /// The raster.
        path: PathBuf,
        /// What it is.
        is: &'static str,
        /// The option.
        option: &'static str,
    },
    /// Cells of nothing.
    #[error("{path} is imagery, and cells are added up from a mask: name one with --mask MASK.tif")]
    NoMask {
        /// The imagery.
        path: PathBuf,
    },
    /// The picture cannot be encoded.
    #[error(transparent)]
    Png(#[from] PngError),
    /// The picture cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What is asked of a picture.
#[derive(Clone, Debug)]
pub struct PreviewOptions {
    /// Names or 1-based numbers of one or three bands; empty: the scene's best.
    pub bands: Vec<String>,
    /// Census year of a run's folder; `None`: the latest.
    pub year: Option<i32>,
    /// Pixels of the longest side at most.
    pub size: usize,
    /// A mask to be laid over imagery.
    pub mask: Option<PathBuf>,
    /// Percentiles (0 to 100) of the clear pixels that become black and white.
    pub percentiles: (f64, f64),
    /// Cells instead of the mask's pixels.
    pub cell: Option<CellLattice>,
    /// The sensor of a scene, where it is guessed wrongly.
    pub sensor: Option<String>,
}

/// A picture and what it shows.
#[derive(Debug)]
pub struct Preview {
    /// The colours.
    pub picture: Picture,
    /// Remarks.
    pub notes: Vec<String>,
    /// Names of the scenes drawn.
    pub scenes: Vec<String>,
    /// Bands drawn: red, green, blue or grey.
    pub bands: Vec<Band>,
    /// Reflectance that became black and white, for each band.
    pub stretches: Vec<Stretch>,
    /// Census year of a run.
    pub year: Option<i32>,
    /// Files that were read.
    pub inputs: Vec<PathBuf>,
}

impl Preview {
    /// Writes the picture as a PNG file.
    ///
    /// # Errors
    /// [`PreviewError`]: it would take the place of an input, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PreviewError> {
        atomic::keep_inputs([path], self.inputs.iter().map(PathBuf::as_path))?;
        Ok(Staged::bytes(path, &png_bytes(&self.picture)?)?.put()?)
    }
}

/// Whether a path is the folder of a run, and not a raster or a product.
pub fn is_run_folder(path: &Path) -> bool {
    has_record(path)
}

/// Draws a raster, a product or the folder of a run.
///
/// # Errors
/// [`PreviewError`] naming the file and the rule.
pub fn preview(threads: &Threads, path: &Path, options: &PreviewOptions) -> Result<Preview, PreviewError> {
    if is_run_folder(path) {
        return run_folder::run_picture(threads, path, options);
    }
    if !is_folder(path)
        && is_raster(path)
        && let Some(layer) = CodeLayer::open(path)?
    {
        return code_preview(threads, &layer, options);
    }
    let scene_options = SceneOptions { sensor: options.sensor.clone(), ..SceneOptions::default() };
    let scene = open_scene(path, &scene_options).map_err(|source| match source {
        SceneError::NoProduct { .. } => PreviewError::Folder { folder: path.to_owned(), source },
        source => source.into(),
    })?;
    let bands = choose_bands::choose_bands(&scene, &options.bands)?;
    if options.cell.is_some() && options.mask.is_none() {
        return Err(PreviewError::NoMask { path: path.to_owned() });
    }
    let grid = picture_grid(&scene.grid, options.size);
    let view = paint::scene_view(threads, &scene, &grid, &bands)?;
    let stretches = view.stretches(options.percentiles);
    let mut notes = scene.notes.clone();
    if stretches.is_none() {
        notes.push("no pixel of the scene was observed".to_owned());
    }
    let stretches = stretches.unwrap_or_default();
    let mut picture = compose(&view, &stretches);
    let mut inputs = scene.files.clone();
    if let Some(mask) = &options.mask {
        inputs.push(mask.clone());
        notes.extend(lay_over(threads, (mask, options.cell), &grid, &mut picture)?);
    } else {
        hatch(&mut picture, |row, col| view.sight[[row, col]] == Sight::Hidden);
    }
    Ok(Preview { picture, notes, scenes: vec![scene.id], bands, stretches, year: None, inputs })
}

/// Metadata files of products are no rasters to GDAL, or not the ones meant.
fn is_raster(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    ![".xml", ".txt"].iter().any(|ending| name.ends_with(ending))
}

/// A class raster, a mask or another layer of codes.
fn code_preview(threads: &Threads, layer: &CodeLayer, options: &PreviewOptions) -> Result<Preview, PreviewError> {
    // Per cents and counts are no classes: a pixel of 1 would pass for coca.
    let no_cells = options.cell.is_some() && matches!(layer.kind, Kind::Probability | Kind::Observations);
    let given = [("--bands", !options.bands.is_empty()), ("--mask", options.mask.is_some()), ("--cell", no_cells)];
    if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
        let is = if no_cells { "holds per cents or counts, not classes" } else { "is a raster of codes" };
        return Err(PreviewError::NotImagery { path: layer.path.clone(), is, option });
    }
    let grid = picture_grid(&layer.grid, options.size);
    let mut notes = Vec::new();
    let picture = if let Some(lattice) = options.cell {
        let mut picture = Picture::from_elem((grid.rows, grid.cols), BLANK);
        lay_cells_of(threads, (&layer.path, lattice), &grid, &mut picture)?;
        picture
    } else {
        if layer.kind != Kind::Observations {
            notes.push(PIXELS_NOTE.to_owned());
        }
        paint::code_picture(threads, layer, &grid)?
    };
    let inputs = vec![layer.path.clone()];
    Ok(Preview { picture, notes, scenes: Vec::new(), bands: Vec::new(), stretches: Vec::new(), year: None, inputs })
}

/// Lays a mask, or its cells, over imagery; remarks.
fn lay_over(
    threads: &Threads,
    (mask, cell): (&Path, Option<CellLattice>),
    grid: &Grid,
    picture: &mut Picture,
) -> Result<Vec<String>, PreviewError> {
    if let Some(lattice) = cell {
        lay_cells_of(threads, (mask, lattice), grid, picture)?;
        return Ok(Vec::new());
    }
    let coca = tints::coca_values(mask)?;
    let cover = paint::mask_cover(threads, &CodeLayer::open_mask(mask)?, &coca, grid)?;
    lay_mask(picture, cover.view());
    let mut notes = vec![PIXELS_NOTE.to_owned()];
    if cover.iter().all(|cover| !cover.reached) {
        notes.push(format!("mask {} does not reach the scene", mask.display()));
    }
    Ok(notes)
}

/// Lays the cells of a mask over a picture.
fn lay_cells_of(
    threads: &Threads,
    (mask, lattice): (&Path, CellLattice),
    grid: &Grid,
    picture: &mut Picture,
) -> Result<(), PreviewError> {
    let tints = tints::cell_tints(threads, mask, lattice)?;
    let cells = paint::pixel_cells(threads, grid, lattice)?;
    lay_cells(picture, cells.view(), &tints);
    Ok(())
}
