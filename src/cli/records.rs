//! `cocal records`: look at record files.

use std::path::PathBuf;

use super::{Failure, Output};

/// Look at record files: census, eradication, spraying, events, seizures.
#[derive(Debug, clap::Args)]
pub(super) struct Records {
    #[command(subcommand)]
    command: RecordsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RecordsCommand {
    /// What kind of record file it is, its rows, years and sums, and what is odd in it.
    #[command(after_help = "Example:\n  cocal records check census.csv eradication.csv --json")]
    Check {
        /// Record files (CSV).
        #[arg(value_name = "FILE.csv", required = true)]
        files: Vec<PathBuf>,
    },
}

impl Records {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        match self.command {
            RecordsCommand::Check { files: _ } => Ok(()),
        }
    }
}
