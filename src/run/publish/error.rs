//! Why a publication stopped.

use std::path::PathBuf;

use crate::io::atomic::WriteError;
use crate::io::class_mosaic::MosaicError;
use crate::io::class_raster::ClassRasterError;
use crate::io::crs::CrsError;
use crate::io::csv_bytes::CsvError;
use crate::io::dated_masks::DatedMasksError;
use crate::io::published::PublishedError;
use crate::io::read_municipalities::LayerError;
use crate::io::read_publishable::OutputsError;
use crate::publish::check::Finding;
use crate::run::cell_tally::CellTallyError;
use crate::run::report::ReportError;

/// Why a publication stopped.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The run's outputs.
    #[error(transparent)]
    Outputs(#[from] OutputsError),
    /// Its masks.
    #[error(transparent)]
    Masks(#[from] DatedMasksError),
    /// A mask.
    #[error(transparent)]
    Mosaic(#[from] MosaicError),
    /// A mask.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// Municipalities.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// Cells.
    #[error(transparent)]
    Cells(#[from] CellTallyError),
    /// A reference system.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// A table.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The record.
    #[error("cannot write publication.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What was written cannot be looked at.
    #[error(transparent)]
    Check(#[from] PublishedError),
    /// The run's folder and the publication's, one in the other.
    #[error(
        "{into} and {out} lie one inside the other: publish into a folder apart, so that no working file goes with it"
    )]
    Overlap {
        /// The publication's.
        into: PathBuf,
        /// The run's.
        out: PathBuf,
    },
    /// A folder with other files.
    #[error(
        "{folder} holds {file}, which this publication does not write: it would be given away with it; choose an empty folder"
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The file.
        file: String,
    },
    /// Figures of a year without a mask.
    #[error(
        "{file} has figures of {year}, and there is no mask/coca_{year}.tif to count its lots in: run the project again, whole"
    )]
    NoMask {
        /// The table.
        file: String,
        /// The year.
        year: i32,
    },
    /// Pixels that are no smaller than cells.
    #[error("{path} has pixels of {pixel:.0} m, too coarse for cells of {side:.0} m; give --cell {fits}km or more")]
    Coarse {
        /// The mask.
        path: PathBuf,
        /// Side of its pixels in metres.
        pixel: f64,
        /// Side of the cells.
        side: f64,
        /// A side that fits, in kilometres.
        fits: f64,
    },
    /// The checker found leaks in what was about to be put in place.
    #[error("{}", leaks(.0))]
    Leaks(Vec<Finding>),
}

fn leaks(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().take(20).map(|f| format!("  {f}")).collect();
    format!("nothing was published: the checker found {} leaks\n{}", findings.len(), lines.join("\n"))
}
