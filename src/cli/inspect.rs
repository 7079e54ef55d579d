//! `cocal inspect`: what would be read of a scene.

use std::path::PathBuf;

use super::{Failure, Output};

/// Show what would be read of a scene: sensor, date, bands, CRS, scale and offset and why, validity.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal inspect S2B_MSIL2A_20240812T152639.SAFE tile_a.tif")]
pub(super) struct Inspect {
    /// Scenes: rasters, or product folders.
    #[arg(value_name = "SCENE", required = true)]
    scenes: Vec<PathBuf>,
}

impl Inspect {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
