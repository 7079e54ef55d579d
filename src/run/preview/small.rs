//! The small pictures of the report: one for each tile and census year, coca by cells and never by pixels.

use std::collections::BTreeMap;
use std::path::Path;

use super::PreviewError;
use super::choose_bands::choose_bands;
use super::paint::scene_view_alone;
use super::tiles::{Tile, tiles_of};
use super::tints::cell_tints;
use crate::io::crs::{CrsError, Transform};
use crate::io::read_picture::cells_of_rows;
use crate::io::read_recorded_run::{RecordedRun, RecordedScene, mask_path, read_recorded_run};
use crate::io::write_png::png_bytes;
use crate::report::picture::cells::{Tint, lay_cells};
use crate::report::picture::composite::{View, compose};
use crate::report::picture::few_colours::reduce;
use crate::report::picture::frame::grid_over;
use crate::report::picture::{BLANK, Picture};
use crate::run::threads::Threads;
use crate::scene::{Crs, Grid};
use crate::territory::{CellIndex, CellLattice};

/// Percentiles of the clear pixels that become black and white.
const PERCENTILES: (f64, f64) = (2.0, 98.0);
/// Decimals of the bounds in degrees: about a metre.
const ROUNDED: f64 = 1e5;
/// Points along each side of a scene whose positions bound it in longitude and latitude.
const SIDE_POINTS: usize = 17;

/// What is asked of the small pictures.
#[derive(Clone, Copy, Debug)]
pub struct PictureOptions {
    /// Pixels of the longest side at most.
    pub longest_side: usize,
    /// Side of the cells in metres: whole kilometres.
    pub cell_m: u32,
    /// Pictures at most: of more, those of the latest years are kept.
    pub most: usize,
    /// Whether imagery lies under the cells.
    pub imagery: bool,
}

/// The picture of a tile in a year.
#[derive(Clone, Debug)]
pub struct TilePicture {
    /// Name of the tile.
    pub tile: String,
    /// Census year.
    pub year: i32,
    /// Day of the scene, `2024-08-03`; `None` without imagery.
    pub date: Option<String>,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// West, south, east, north, in degrees. The picture's rows and columns run along latitude and longitude.
    pub bounds: [f64; 4],
    /// The PNG file.
    pub png: Vec<u8>,
    /// Side of the cells in metres.
    pub cell_m: u32,
}

/// One small picture per tile and census year of a run, in the order of tile, then year, and remarks.
///
/// Scenes are read where the run's record says; of a tile and year whose scenes are gone the cells are drawn alone, and of a
/// year whose mask is gone the imagery. Nothing of
/// the mask finer than a cell is drawn. Remarks name scenes and tiles, and no paths.
///
/// # Errors
/// [`PreviewError`]: a folder without a record, cells finer than 1 km, a mask that cannot be read.
pub fn tile_pictures(
    outdir: &Path,
    options: &PictureOptions,
    threads: &Threads,
) -> Result<(Vec<TilePicture>, Vec<String>), PreviewError> {
    let run = read_recorded_run(outdir)?;
    let lattice = CellLattice::new(options.cell_m)?;
    let tiles = tiles_of(&run);
    let (wanted, mut notes) = wanted(&run, &tiles, options.most);
    let mut tints: BTreeMap<i32, BTreeMap<CellIndex, Tint>> = BTreeMap::new();
    for (_, year) in &wanted {
        if tints.contains_key(year) {
            continue;
        }
        let mask = mask_path(outdir, *year);
        if !mask.exists() {
            notes.push(format!("small pictures of {year} show no coca: mask/coca_{year}.tif is gone"));
        }
        let of_year = if mask.exists() { cell_tints(threads, &mask, lattice)? } else { BTreeMap::new() };
        tints.insert(*year, of_year);
    }
    let made = threads.map(&wanted, |(tile, year)| draw(tile, *year, &tints[year], (options, lattice)));
    let mut pictures = Vec::with_capacity(made.len());
    for made in made {
        let (picture, of_tile) = made?;
        pictures.push(picture);
        notes.extend(of_tile);
    }
    Ok((pictures, notes))
}

/// The tiles and years to draw, in order: of more than `most` those of the latest years.
fn wanted<'a>(run: &RecordedRun, tiles: &'a [Tile<'a>], most: usize) -> (Vec<(&'a Tile<'a>, i32)>, Vec<String>) {
    let all: Vec<(usize, i32)> =
        run.years().into_iter().rev().flat_map(|year| (0..tiles.len()).map(move |tile| (tile, year))).collect();
    let (kept, left) = all.split_at(most.min(all.len()));
    let mut kept = kept.to_vec();
    kept.sort_unstable();
    let mut notes = Vec::new();
    if let Some(((_, first), (_, last))) = left.last().zip(left.first()) {
        let years = if first == last { first.to_string() } else { format!("{first} to {last}") };
        notes.push(format!("{} of {} small pictures are left out, of {years}", left.len(), all.len()));
    }
    (kept.into_iter().map(|(tile, year)| (&tiles[tile], year)).collect(), notes)
}

/// A picture, and a remark where it has no imagery.
type Drawn = (TilePicture, Option<String>);

fn draw(
    tile: &Tile<'_>,
    year: i32,
    tints: &BTreeMap<CellIndex, Tint>,
    (options, lattice): (&PictureOptions, CellLattice),
) -> Result<Drawn, PreviewError> {
    let grid = lonlat_grid(tile, options.longest_side)?;
    let (view, note) = if options.imagery { imagery(tile, year, &grid) } else { (None, None) };
    let (mut picture, date) = match view {
        Some((view, scene)) => {
            let stretches = view.stretches(PERCENTILES).unwrap_or_default();
            (reduce(&compose(&view, &stretches)), scene.scene.date.map(|d| d.to_string()))
        }
        None => (Picture::from_elem((grid.rows, grid.cols), BLANK), None),
    };
    lay_cells(&mut picture, cells_of_rows(&grid, 0..grid.rows, lattice)?.view(), tints);
    let picture = TilePicture {
        tile: tile.name.clone(),
        year,
        date,
        width: grid.cols,
        height: grid.rows,
        bounds: grid.bounds().map(|degrees| (degrees * ROUNDED).round() / ROUNDED),
        png: png_bytes(&picture)?,
        cell_m: options.cell_m,
    };
    Ok((picture, note))
}

/// The clearest scene of the year that can be read, or why there is none.
fn imagery<'a>(tile: &Tile<'a>, year: i32, grid: &Grid) -> (Option<(View, &'a RecordedScene)>, Option<String>) {
    let of_year = tile.clearest(year);
    for recorded in &of_year {
        let scene = &recorded.scene;
        let read = choose_bands(scene, &[]).ok().and_then(|bands| scene_view_alone(scene, grid, &bands).ok());
        if let Some(view) = read {
            return (Some((view, recorded)), None);
        }
    }
    let why = match of_year.first() {
        None => "the run used no scene of it".to_owned(),
        Some(first) => format!("none of its {} scenes can be read any more (first: {})", of_year.len(), first.scene.id),
    };
    (None, Some(format!("picture of tile {} in {year} has no imagery: {why}", tile.name)))
}

/// Square pixels of the ground along longitude and latitude, over all scenes of a tile.
fn lonlat_grid(tile: &Tile<'_>, longest: usize) -> Result<Grid, CrsError> {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let mut finest = f64::INFINITY;
    let mut last: Option<&Grid> = None;
    for grid in tile.scenes.iter().map(|s| &s.scene.grid) {
        if last == Some(grid) {
            continue;
        }
        last = Some(grid);
        let part = |i: usize| i as f64 / (SIDE_POINTS - 1) as f64;
        let (rows, cols) = (grid.rows as f64, grid.cols as f64);
        let sides = (0..SIDE_POINTS).flat_map(|i| {
            let (row, col) = (part(i) * rows, part(i) * cols);
            [(0.0, row), (cols, row), (col, 0.0), (col, rows)]
        });
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = sides.map(|(col, row)| grid.xy(col, row)).unzip();
        Transform::new(&grid.crs, &Crs::wgs84())?.apply(&mut x, &mut y)?;
        let (south, north) = y.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        finest = finest.min((north - south) / rows);
        for (x, y) in x.into_iter().zip(y) {
            bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
        }
    }
    Ok(grid_over(&Crs::wgs84(), bounds, finest, longest))
}
