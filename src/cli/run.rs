//! `cocal run`: a whole project.

use std::path::PathBuf;

use super::{Failure, Output};

/// Run a whole project: from scenes to the comparison with census and eradication.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal run sample_tiles/cocal.toml --out out")]
pub(super) struct Run {
    /// The project file.
    #[arg(value_name = "PROJECT.toml")]
    project: PathBuf,
    /// Folder for the outputs [default: `out` beside the project file, or the project's own setting].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
