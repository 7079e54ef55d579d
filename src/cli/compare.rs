//! `cocal compare`: hectares beside census and eradication.

use std::path::PathBuf;

use super::{Failure, Output};

/// Hold hectares against the census and the eradication records.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal compare --hectares hectares.csv --census census.csv --eradication eradication.csv -o comparison.csv"
)]
pub(super) struct Compare {
    /// Hectares per municipality, as `cocal hectares` and `cocal run` write them.
    #[arg(long, value_name = "FILE.csv")]
    hectares: PathBuf,
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Eradication (manual, spraying or events); may be given more than once.
    #[arg(long, value_name = "FILE.csv", required = true, num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Only these years [default: every year in the hectares].
    #[arg(long, value_name = "N", num_args = 1..)]
    year: Vec<i32>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

impl Compare {
    pub(super) fn run(self, _output: Output) -> Result<(), Failure> {
        Ok(())
    }
}
