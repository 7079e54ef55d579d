//! A seeded simulator of Sentinel-2-like scenes over fictional municipalities, with known truth.
//!
//! ```text
//! cargo run --release --example simulate -- sample --seed 7 -o sample_tiles
//! cargo run --release --example simulate -- tile --rows 10980 --cols 10980 --municipalities 100 --dates 1 --seed 1 -o DIR
//! ```
//!
//! Everything that it makes is invented: spectra, ground, records. Reading order: `landscape` and `lots` (the ground),
//! `spectra` (its colours), `sky` (clouds, light), `render` (digital numbers), `territory`, `records`, `training`, `write`.

#[path = "simulate/cells.rs"]
mod cells;
#[path = "simulate/events.rs"]
mod events;
#[path = "simulate/label.rs"]
mod label;
#[path = "simulate/landscape.rs"]
mod landscape;
#[path = "simulate/lots.rs"]
mod lots;
#[path = "simulate/noise.rs"]
mod noise;
#[path = "simulate/panel.rs"]
mod panel;
#[path = "simulate/records.rs"]
mod records;
#[path = "simulate/render.rs"]
mod render;
#[path = "simulate/sample.rs"]
mod sample;
#[path = "simulate/sky.rs"]
mod sky;
#[path = "simulate/spectra.rs"]
mod spectra;
#[path = "simulate/surveys.rs"]
mod surveys;
#[path = "simulate/territory.rs"]
mod territory;
#[path = "simulate/tile.rs"]
mod tile;
#[path = "simulate/training.rs"]
mod training;
#[path = "simulate/untrain.rs"]
mod untrain;
#[path = "simulate/write.rs"]
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Simulates scenes with known truth. All of it is synthetic.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The sample that ships with cocal: two tiles, two years, six municipalities.
    Sample {
        /// Seed of everything that is drawn.
        #[arg(long, default_value_t = 7)]
        seed: u64,
        /// Folder to write to.
        #[arg(short, long)]
        out: PathBuf,
        /// Also write the classes of the sub-pixels of each year as rasters into this folder.
        #[arg(long, value_name = "DIR")]
        truth_maps: Option<PathBuf>,
    },
    /// A grid of cells with hectares by year, a park and a reserve, for `cocal permanence`.
    Cells(cells::CellsOf),
    /// A small country whose association between eradication and later growth is known, for `cocal associate` and `expect`.
    Panel(panel::PanelOf),
    /// Labels a sample of a map of the shipped scenes with the truth, as an interpreter would.
    Label(label::Label),
    /// Surveys of ground whose truth is known: how often the intervals cover it.
    Surveys(surveys::Surveys),
    /// Takes training polygons out that hold units of a sample.
    Untrain(untrain::Untrain),
    /// A tile of any size, for benchmarks, made in constant memory.
    Tile(tile::Tile),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Sample { seed, out, truth_maps } => sample::make(seed, &out, truth_maps.as_deref()),
        Command::Cells(cells) => cells.make(),
        Command::Panel(panel) => panel.make(),
        Command::Label(label) => label.make(),
        Command::Surveys(surveys) => surveys.make(),
        Command::Untrain(untrain) => untrain.make(),
        Command::Tile(tile) => tile.make(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
