//! Classes of permanence as a raster on the national lattice.

use std::path::Path;

use geo::{BoundingRect, Contains, Coord};
use ndarray::Array2;

use super::atomic::Staged;
use super::cell_plane::cell_plane;
use super::cog::tiles::{Encoder, Overview};
use super::cog::{CogError, Layer, NODATA, RasterSink};
use super::crs::CrsError;
use crate::permanence::{Cells, Class, Summary};
use crate::scene::Grid;
use crate::territory::CellLattice;

/// More pixels than this are no country.
const MOST_PIXELS: usize = 100_000_000;
/// Part by which the side of the cells may differ from the side of the pixels.
const SIDE_DIFFERS: f64 = 0.1;

/// A raster that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CellRasterError {
    /// It cannot be written.
    #[error(transparent)]
    Cog(#[from] CogError),
    /// The plane of the cells.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// Cells of another size than the pixels.
    #[error(
        "the cells have sides of some {cells:.0} m and the raster's pixels of {pixels:.0} m: give --cell of their size, or write .geojson"
    )]
    Side {
        /// Side of a typical cell.
        cells: f64,
        /// Side of a pixel.
        pixels: f64,
    },
    /// Cells far apart.
    #[error("the cells span {rows} x {cols} pixels: some lie far from the others; write .geojson to see which")]
    Large {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
}

/// Stages the raster: a pixel has the class of the cell that holds its middle. Cells whose coca nobody saw and which were not
/// observed enough are nodata, as is ground without a cell. Also how many cells hold no middle of a pixel and so do not show.
///
/// # Errors
/// [`CellRasterError`].
pub fn stage_raster(
    path: &Path,
    cells: &Cells,
    summary: &Summary,
    lattice: CellLattice,
) -> Result<(Vec<Staged>, usize), CellRasterError> {
    let (side, typical) = (lattice.side_m(), cells.typical_side_m());
    if !cells.is_empty() && (typical / side - 1.0).abs() > SIDE_DIFFERS {
        return Err(CellRasterError::Side { cells: typical, pixels: side });
    }
    let grid = grid_of(cells, lattice)?;
    let mut values = Array2::from_elem((grid.rows, grid.cols), NODATA);
    let mut hidden = 0;
    for (cell, standing) in cells.all().iter().zip(&summary.standings) {
        let code = code(standing.class(), standing.has_coca());
        let pixels = middles_in(&grid, cell);
        hidden += usize::from(pixels.is_empty());
        pixels.into_iter().for_each(|(row, col)| values[[row, col]] = code);
    }
    if let Some(bare) = cells.bare() {
        for cell in bare.cells() {
            let centre = bare.rect(cell).center();
            let (col, row) = grid.col_row(centre.x, centre.y);
            values[[row as usize, col as usize]] = code(summary.bare[cell.history].class, false);
        }
    }
    let sink = RasterSink::create(path, &grid, &layer(summary))?;
    sink.write(&grid.window(), values.view(), &mut Encoder::default())?;
    Ok((sink.finish()?, hidden))
}

/// Value of a class.
fn code(class: Class, has_coca: bool) -> u8 {
    match class {
        Class::Undetermined if !has_coca => NODATA,
        class => class.code(),
    }
}

/// The lattice around all cells.
fn grid_of(cells: &Cells, lattice: CellLattice) -> Result<Grid, CellRasterError> {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let own = cells.all().iter().filter_map(|cell| cell.ground.bounding_rect());
    let bare = cells.bare().into_iter().flat_map(|bare| bare.cells().map(|cell| bare.rect(cell)));
    for rect in own.chain(bare) {
        let (min, max) = (rect.min(), rect.max());
        all = [all[0].min(min.x), all[1].min(min.y), all[2].max(max.x), all[3].max(max.y)];
    }
    let side = lattice.side_m();
    let (left, bottom) = ((all[0] / side).floor(), (all[1] / side).floor());
    let (right, top) = ((all[2] / side).ceil(), (all[3] / side).ceil());
    let (rows, cols) = ((top - bottom) as usize, (right - left) as usize);
    if rows.saturating_mul(cols) > MOST_PIXELS {
        return Err(CellRasterError::Large { rows, cols });
    }
    Ok(Grid {
        crs: cell_plane()?,
        origin_x: left * side,
        origin_y: top * side,
        pixel_width: side,
        pixel_height: side,
        rows,
        cols,
    })
}

/// Rows and columns of the pixels whose middle a cell holds.
fn middles_in(grid: &Grid, cell: &crate::permanence::Cell) -> Vec<(usize, usize)> {
    let Some(rect) = cell.ground.bounding_rect() else { return Vec::new() };
    let (left, top) = grid.col_row(rect.min().x, rect.max().y);
    let (right, bottom) = grid.col_row(rect.max().x, rect.min().y);
    let rows = top.floor() as usize..(bottom.ceil() as usize).min(grid.rows);
    let cols = left.floor() as usize..(right.ceil() as usize).min(grid.cols);
    let all = rows.flat_map(|row| cols.clone().map(move |col| (row, col)));
    let middle = |(row, col): (usize, usize)| grid.xy(col as f64 + 0.5, row as f64 + 0.5);
    let held = |at: &(usize, usize)| {
        let (x, y) = middle(*at);
        cell.ground.contains(&geo::Point::from(Coord { x, y }))
    };
    all.filter(held).collect()
}

fn layer(summary: &Summary) -> Layer {
    let colour = |class: Class| match class {
        Class::Permanent => [213, 94, 0, 255],
        Class::Intermittent => [230, 159, 0, 255],
        Class::New => [204, 121, 167, 255],
        Class::Abandoned => [0, 158, 115, 255],
        Class::Never => [235, 235, 225, 255],
        Class::Undetermined => [150, 150, 150, 255],
    };
    Layer {
        description: format!("permanence of coca, {} to {}", summary.from, summary.year),
        categories: Class::ALL.map(|class| (class.code(), class.name().to_owned())).to_vec(),
        colours: Class::ALL.map(|class| (class.code(), colour(class))).to_vec(),
        ramp: Vec::new(),
        unit: None,
        overviews: Overview::Mode,
        metadata: vec![
            ("TIFFTAG_SOFTWARE".to_owned(), format!("cocal {}", env!("CARGO_PKG_VERSION"))),
            ("COCAL_YEAR".to_owned(), summary.year.to_string()),
            ("COCAL_WINDOW_FROM".to_owned(), summary.from.to_string()),
        ],
    }
}
