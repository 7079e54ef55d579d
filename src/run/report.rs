//! `cocal report`: a folder of outputs as one page.

use std::path::Path;

use super::preview::{PictureOptions, TilePicture, tile_pictures};
use super::threads::Threads;
use crate::io::read_outputs::{Borders, ReadOutputsError, read_outputs};
use crate::io::read_recorded_run::has_record;
use crate::report::assemble::{Options, assemble};
use crate::report::page::{data_url, page};
use crate::report::{Picture, ReportData};
use crate::territory::cell::FINEST_SIDE_M;

/// A report that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder cannot be read.
    #[error(transparent)]
    Read(#[from] ReadOutputsError),
    /// Never for its figures.
    #[error("cannot write the report's data as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// What the report is made with.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Language and assumptions.
    pub options: Options,
    /// Borders, where they are not the folder's own.
    pub borders: Option<Borders>,
    /// Whether small pictures of the tiles go with it.
    pub pictures: bool,
}

/// The page of a folder, and its data.
///
/// # Errors
/// [`ReportError`] naming the file and the row.
pub fn report(folder: &Path, wanted: &ReportOptions, threads: &Threads) -> Result<(Vec<u8>, ReportData), ReportError> {
    let mut given = read_outputs(folder, wanted.borders.as_ref())?;
    let pictures =
        if wanted.pictures && has_record(folder) { pictures(folder, threads, &mut given.notes) } else { Vec::new() };
    let data = assemble(&given, pictures, wanted.options);
    Ok((page(&data)?, data))
}

/// Longest side of a small picture, in pixels.
const PICTURE_SIDE: usize = 192;
/// More pictures than this make the page heavy; the latest years go first.
const MOST_PICTURES: usize = 120;

/// A small picture for each tile and year. A report is worth having without them: what cannot be drawn is a remark.
fn pictures(folder: &Path, threads: &Threads, notes: &mut Vec<String>) -> Vec<Picture> {
    let options =
        PictureOptions { longest_side: PICTURE_SIDE, cell_m: FINEST_SIDE_M, most: MOST_PICTURES, imagery: true };
    let (found, remarks) = match tile_pictures(folder, &options, threads) {
        Ok(drawn) => drawn,
        Err(error) => (Vec::new(), vec![format!("no pictures of the tiles: {error}")]),
    };
    notes.extend(remarks);
    let picture = |drawn: TilePicture| Picture {
        tile: drawn.tile,
        year: drawn.year,
        date: drawn.date,
        width: drawn.width,
        height: drawn.height,
        bounds: drawn.bounds,
        image: data_url(&drawn.png),
        cell_m: drawn.cell_m,
    };
    found.into_iter().map(picture).collect()
}
