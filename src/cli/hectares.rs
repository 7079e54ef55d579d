//! `cocal hectares`: masks to hectares per municipality.

use std::path::PathBuf;

use super::{Failure, Output};

/// Add up hectares per municipality from class rasters or masks.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal hectares --mask out/mask/*_coca.tif --municipalities municipalities.geojson --code-field MPIO_CCNCT --class 1 -o hectares.csv"
)]
pub(super) struct Hectares {
    /// Class rasters or masks; 255 and nodata are unobserved.
    #[arg(long, value_name = "RASTER", required = true, num_args = 1..)]
    mask: Vec<PathBuf>,
    /// Municipality polygons, in any vector format that GDAL reads and in any CRS.
    #[arg(long, value_name = "VECTOR")]
    municipalities: PathBuf,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME")]
    code_field: String,
    /// Only this class value [default: every value found].
    #[arg(long, value_name = "VALUE")]
    class: Option<u8>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

impl Hectares {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
