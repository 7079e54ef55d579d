//! The record files that several commands take.

use std::path::PathBuf;

use crate::io::read_given::GivenFiles;

/// Census, eradication, and what may stand beside.
#[derive(Debug, clap::Args)]
pub(super) struct RecordFiles {
    /// Census: hectares at 31 December, a wide or long municipal table.
    #[arg(long, value_name = "FILE.csv")]
    census: PathBuf,
    /// Eradication (manual, spraying or events); may be given more than once. Methods stay apart.
    #[arg(long, value_name = "FILE.csv", required = true, num_args = 1..)]
    eradication: Vec<PathBuf>,
    /// Spraying from the air; may be given more than once.
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    spraying: Vec<PathBuf>,
    /// Substitution (PNIS): hectares given up under a programme. They stand beside, in no sum.
    #[arg(long, value_name = "FILE.csv")]
    substitution: Option<PathBuf>,
    /// Seizures in kilograms, a file per product or a column of products; at home and abroad stand apart.
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    seizures: Vec<PathBuf>,
    /// Prices of leaf and base per year: year, product, price, and where known unit and place_code.
    #[arg(long, value_name = "FILE.csv")]
    prices: Option<PathBuf>,
}

impl RecordFiles {
    /// As the reader takes them.
    pub(super) fn given(&self) -> GivenFiles {
        GivenFiles {
            census: self.census.clone(),
            eradication: self.eradication.clone(),
            spraying: self.spraying.clone(),
            substitution: self.substitution.clone(),
            seizures: self.seizures.clone(),
            prices: self.prices.clone(),
        }
    }
}
