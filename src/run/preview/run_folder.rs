//! The folder of a run as a picture: the clearest scene of each tile, and the mask of the year over them.

use std::path::Path;

use super::choose_bands::choose_bands;
use super::paint::{mask_cover, scene_view};
use super::tiles::{Tile, tiles_of};
use super::tints::coca_values;
use super::{Preview, PreviewError, PreviewOptions, lay_cells_of};
use crate::io::read_picture::CodeLayer;
use crate::io::read_recorded_run::{mask_path, read_recorded_run};
use crate::report::picture::composite::{View, compose};
use crate::report::picture::frame::picture_grid;
use crate::report::picture::mask::lay_mask;
use crate::report::picture::{BLANK, NOTHING, Picture};
use crate::run::threads::Threads;
use crate::scene::{Band, Grid};

/// Draws a year of a run.
///
/// # Errors
/// [`PreviewError`]: a folder without a record, a year without a mask, a mask that cannot be read. Scenes that are gone are
/// notes.
pub fn run_picture(threads: &Threads, folder: &Path, options: &PreviewOptions) -> Result<Preview, PreviewError> {
    let run = read_recorded_run(folder)?;
    let years = run.years();
    let Some(year) = options.year.or_else(|| years.last().copied()).filter(|year| years.contains(year)) else {
        let years: Vec<String> = years.iter().map(i32::to_string).collect();
        return Err(PreviewError::Year { folder: folder.to_owned(), year: options.year, years: years.join(", ") });
    };
    let mask = options.mask.clone().unwrap_or_else(|| mask_path(folder, year));
    let grid = picture_grid(&run.grid, options.size);
    let mut drawn = Drawn { notes: Vec::new(), scenes: Vec::new(), files: vec![mask.clone()], bands: Vec::new() };
    let mut view: Option<View> = None;
    for tile in tiles_of(&run) {
        let Some(of_tile) = drawn.tile(threads, (&tile, year), &grid, options)? else { continue };
        match &mut view {
            Some(view) => view.lay_under(&of_tile),
            None => view = Some(of_tile),
        }
    }
    let (mut picture, stretches) = match view {
        Some(view) => {
            let stretches = view.stretches(options.percentiles).unwrap_or_default();
            (compose(&view, &stretches), stretches)
        }
        None => (Picture::from_elem((grid.rows, grid.cols), NOTHING), Vec::new()),
    };
    let Drawn { mut notes, scenes, files, bands } = drawn;
    if let Some(lattice) = options.cell {
        if scenes.is_empty() {
            picture.fill(BLANK);
        }
        lay_cells_of(threads, (&mask, lattice), &grid, &mut picture)?;
    } else {
        let layer = CodeLayer::open_mask(&mask)?;
        let cover = mask_cover(threads, &layer, &coca_values(&mask)?, &grid)?;
        if scenes.is_empty() {
            // The mask alone lies on what it says was seen.
            picture.zip_mut_with(&cover, |pixel, cover| *pixel = if cover.reached { BLANK } else { NOTHING });
        }
        lay_mask(&mut picture, cover.view());
        notes.push(super::PIXELS_NOTE.to_owned());
    }
    Ok(Preview { picture, notes, scenes, bands, stretches, year: Some(year), inputs: files })
}

/// What was drawn so far.
struct Drawn {
    notes: Vec<String>,
    scenes: Vec<String>,
    files: Vec<std::path::PathBuf>,
    bands: Vec<Band>,
}

impl Drawn {
    /// The clearest scene of a tile that can still be read; `None` without one.
    fn tile(
        &mut self,
        threads: &Threads,
        (tile, year): (&Tile<'_>, i32),
        grid: &Grid,
        options: &PreviewOptions,
    ) -> Result<Option<View>, PreviewError> {
        let of_year = tile.clearest(year);
        for recorded in &of_year {
            let scene = &recorded.scene;
            let bands = choose_bands(scene, &options.bands)?;
            if !self.bands.is_empty() && bands.len() != self.bands.len() {
                self.notes.push(format!("scene {} has other bands than the first and is left out", scene.id));
                continue;
            }
            match scene_view(threads, scene, grid, &bands) {
                Ok(view) => {
                    self.scenes.push(scene.id.clone());
                    self.files.extend(scene.files.iter().cloned());
                    self.bands = bands;
                    return Ok(Some(view));
                }
                Err(error) => self.notes.push(format!("a scene of tile {} is not drawn: {error}", tile.name)),
            }
        }
        let why = if of_year.is_empty() { "has no scene" } else { "has no scene that can be read any more" };
        self.notes.push(format!("tile {} {why} of {year}: there the mask is drawn alone", tile.name));
        Ok(None)
    }
}
