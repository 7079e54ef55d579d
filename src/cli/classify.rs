//! `cocal classify`: scenes to class raster, mask and probability.

use std::path::PathBuf;

use super::{Failure, Output};

/// Classify scenes with a model: class raster, coca mask and probability, a set per scene.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal classify --model model.cocal -o masks tile_a.tif tile_b.tif")]
pub(super) struct Classify {
    /// The model file made by `cocal train`.
    #[arg(long, value_name = "model.cocal")]
    model: PathBuf,
    /// Which band is which, 1-based: blue=1,green=2,red=3.
    #[arg(long, value_name = "NAME=INDEX,...", value_delimiter = ',')]
    bands: Vec<String>,
    /// Reflectance is value * SCALE + OFFSET; overrides what the file says.
    #[arg(long, value_name = "S", requires = "offset", allow_negative_numbers = true)]
    scale: Option<f64>,
    /// See --scale.
    #[arg(long, value_name = "O", requires = "scale", allow_negative_numbers = true)]
    offset: Option<f64>,
    /// Folder for the outputs.
    #[arg(short, long, value_name = "OUTDIR")]
    output: PathBuf,
    /// Scenes: rasters, or product folders.
    #[arg(value_name = "SCENE", required = true)]
    scenes: Vec<PathBuf>,
}

impl Classify {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
