//! Rows of a picture, read side by side and put together in their order.

use std::ops::Range;

use ndarray::Array2;

use crate::io::crs::CrsError;
use crate::io::read_picture::{CodeLayer, CodeReader, Kind, PictureReader, cells_of_rows};
use crate::io::scene::SceneError;
use crate::report::picture::composite::{View, ramp};
use crate::report::picture::mask::Cover;
use crate::report::picture::stretch::Stretch;
use crate::report::picture::{NOTHING, Picture, VEIL};
use crate::run::threads::Threads;
use crate::scene::{Band, Grid, Scene};
use crate::territory::{CellIndex, CellLattice};

/// Rows of a picture that are read at once: so few that GDAL's cache still holds the blocks when the next band, or the next
/// rows, come to them.
const ROWS: usize = 4;
/// As many times that are a task of a thread, so that two threads seldom decode one block.
const TASK: usize = 64;

/// Results for the rows of a picture, in order, [`ROWS`] at a time.
fn strips<S, R: Send, E: Send>(
    threads: &Threads,
    rows: usize,
    start: impl Fn() -> Result<S, E> + Sync,
    work: impl Fn(&S, Range<usize>) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let pieces: Vec<Range<usize>> = pieces(rows).collect();
    let tasks: Vec<&[Range<usize>]> = pieces.chunks(TASK).collect();
    let mut all = Vec::with_capacity(pieces.len());
    threads.map_in_order(
        &tasks,
        start,
        |state, task| task.iter().map(|piece| work(state, piece.clone())).collect::<Result<Vec<R>, E>>(),
        |strips| {
            all.extend(strips);
            Ok(())
        },
    )?;
    Ok(all)
}

fn pieces(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(ROWS).map(move |row| row..(row + ROWS).min(rows))
}

/// Strips of one width as one array.
fn stacked<T: Clone>(strips: &[Array2<T>], grid: &Grid) -> Array2<T> {
    Array2::from_shape_fn((grid.rows, grid.cols), |(row, col)| strips[row / ROWS][[row % ROWS, col]].clone())
}

/// A scene on the grid of a picture, by this thread alone.
pub fn scene_view_alone(scene: &Scene, grid: &Grid, bands: &[Band]) -> Result<View, SceneError> {
    let reader = PictureReader::open(scene, grid, bands)?;
    let views = pieces(grid.rows).map(|rows| reader.read(rows)).collect::<Result<Vec<_>, _>>()?;
    Ok(joined(views, bands.len(), grid))
}

/// A scene on the grid of a picture.
pub fn scene_view(threads: &Threads, scene: &Scene, grid: &Grid, bands: &[Band]) -> Result<View, SceneError> {
    let start = || PictureReader::open(scene, grid, bands);
    let views = strips(threads, grid.rows, start, PictureReader::read)?;
    Ok(joined(views, bands.len(), grid))
}

fn joined(views: Vec<View>, bands: usize, grid: &Grid) -> View {
    let mut all = View::blank(bands, grid.rows, grid.cols);
    let mut row = 0;
    for view in views {
        let end = row + view.sight.nrows();
        all.values.slice_mut(ndarray::s![.., row..end, ..]).assign(&view.values);
        all.sight.slice_mut(ndarray::s![row..end, ..]).assign(&view.sight);
        row = end;
    }
    all
}

/// What a mask says of each pixel.
pub fn mask_cover(threads: &Threads, mask: &CodeLayer, coca: &[u8], grid: &Grid) -> Result<Array2<Cover>, SceneError> {
    let read = |reader: &CodeReader, rows| reader.covers(rows, coca);
    let all = strips(threads, grid.rows, || CodeReader::open(mask, grid), read)?;
    Ok(stacked(&all, grid))
}

/// A class raster in its colours, or another layer of codes by a ramp. Unobserved is transparent.
pub fn code_picture(threads: &Threads, layer: &CodeLayer, grid: &Grid) -> Result<Picture, SceneError> {
    let start = || CodeReader::open(layer, grid);
    let colours = match &layer.kind {
        Kind::Classes(colours) => colours,
        Kind::Probability | Kind::Observations => {
            let views = strips(threads, grid.rows, start, CodeReader::values)?;
            let view = joined(views, 1, grid);
            let most = view.values.iter().copied().filter(|v| v.is_finite()).fold(1.0, f32::max);
            let high = if layer.kind == Kind::Probability { 100.0 } else { most };
            return Ok(ramp(&view, Stretch { low: 0.0, high }));
        }
    };
    let classes = stacked(&strips(threads, grid.rows, start, CodeReader::classes)?, grid);
    let of = |code: u8| colours.iter().find(|(own, _)| *own == code).map_or(VEIL, |(_, [r, g, b])| [*r, *g, *b, 255]);
    Ok(classes.mapv(|code| code.map_or(NOTHING, of)))
}

/// The cell of each pixel.
pub fn pixel_cells(threads: &Threads, grid: &Grid, lattice: CellLattice) -> Result<Array2<CellIndex>, CrsError> {
    let all = strips(threads, grid.rows, || Ok(()), |(), rows| cells_of_rows(grid, rows, lattice))?;
    Ok(stacked(&all, grid))
}
