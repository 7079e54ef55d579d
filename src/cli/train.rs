//! `cocal train`: fit a classifier.

use std::path::PathBuf;

use super::{Failure, Output};

/// Fit a classifier on labelled polygons or points and print its held-out error matrix.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal train --project sample_tiles/cocal.toml --samples sample_tiles/training.geojson --class-field class -o model.cocal"
)]
pub(super) struct Train {
    /// The project file: which scenes, years and features.
    #[arg(long, value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Labelled polygons or points, in any vector format that GDAL reads.
    #[arg(long, value_name = "VECTOR")]
    samples: PathBuf,
    /// Field that holds the class.
    #[arg(long, value_name = "NAME")]
    class_field: String,
    /// Seed of the forest and of the split [default: the project's, or 1].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The model file to write.
    #[arg(short, long, value_name = "model.cocal")]
    output: PathBuf,
}

impl Train {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
