//! A tile of any size: rendered block row by block row on two threads, so that memory does not grow with the tile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cocal::io::atomic;
use cocal::scene::Window;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::landscape::Landscape;
use crate::lots::Method;
use crate::records::{self, Place};
use crate::render::{Instrument, Site, bounds};
use crate::sky::{Acquisition, Plan};
use crate::territory::Ground;
use crate::write::{self, Layout, SceneFile, SimulateError};
use crate::{territory, training};

/// Arguments of `simulate tile`.
#[derive(Debug, clap::Args)]
pub struct Tile {
    /// Rows of 10 m.
    #[arg(long, default_value_t = 10_980)]
    rows: usize,
    /// Columns of 10 m.
    #[arg(long, default_value_t = 10_980)]
    cols: usize,
    /// Number of municipalities that share the tile.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=999))]
    municipalities: u16,
    /// Number of acquisitions, all in 2024.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=60))]
    dates: u8,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write to.
    #[arg(short, long)]
    out: PathBuf,
    /// Side of the GeoTIFFs' blocks, pixels.
    #[arg(long, default_value_t = 512, value_parser = block_side)]
    block: usize,
    /// Leave out the scene classification band.
    #[arg(long)]
    no_scl: bool,
}

const YEAR: i32 = 2024;
/// Noise as in real scenes, so that files compress like real ones (some 1.5 times).
const INSTRUMENT: Instrument =
    Instrument { noise: 45.0, shade: 1.0, quantum: 1.0, coarse_bands: false, every_sub_pixel: false };
/// Columns rendered at a time by one thread.
const STRIP: usize = 1024;

fn block_side(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(side) if side % 16 == 0 && (64..=2048).contains(&side) => Ok(side),
        _ => Err("a multiple of 16 from 64 to 2048 is needed".to_owned()),
    }
}

impl Tile {
    /// Makes the scenes, the municipalities, labels, records and the project file.
    pub fn make(&self) -> Result<(), SimulateError> {
        let municipalities = usize::from(self.municipalities);
        let (rows, cols) = (self.rows, self.cols);
        let fits = rows.min(cols) >= 256 && rows.max(cols) <= 200_000 && rows * cols >= municipalities * 64 * 64;
        if !fits {
            return Err(SimulateError::Size { rows, cols, municipalities });
        }
        // GDAL would take 5 % of the machine's memory for blocks that are written once.
        gdal::config::set_config_option("GDAL_CACHEMAX", "64")
            .map_err(|source| SimulateError::Raster { path: self.out.clone(), source })?;
        atomic::make_folder(&self.out.join("tiles"))?;
        let land = Landscape::new(self.seed);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        for number in 0..self.dates {
            let day_of_year = 20 + u32::from(number) * 340 / u32::from(self.dates);
            let plan = Plan {
                date: (YEAR, 1 + (day_of_year / 31).min(11), 1 + (day_of_year % 31).min(27)),
                cloudiness: 0.3,
                has_offset: true,
                swath_end: None,
            };
            self.make_scene(&land, &Acquisition::draw(plan, &mut rng), number)?;
        }
        let grounds = self.write_vectors(&land, &mut rng)?;
        self.write_records(&grounds, &mut rng)
    }

    fn whole(&self) -> Window {
        Window { row0: 0, col0: 0, rows: self.rows, cols: self.cols }
    }

    /// The windows of one row of blocks after the other.
    fn windows(&self) -> Vec<Window> {
        let width = STRIP.div_ceil(self.block) * self.block;
        let mut windows = Vec::new();
        for row0 in (0..self.rows).step_by(self.block) {
            for col0 in (0..self.cols).step_by(width) {
                let (rows, cols) = (self.block.min(self.rows - row0), width.min(self.cols - col0));
                windows.push(Window { row0, col0, rows, cols });
            }
        }
        windows
    }

    fn make_scene(&self, land: &Landscape, scene: &Acquisition, number: u8) -> Result<(), SimulateError> {
        let path = self.out.join("tiles").join(format!("S{:02}_{}.tif", number + 1, scene.date));
        let layout = Layout { block: [self.block; 2], level: 6, classification: !self.no_scl };
        let mut file = SceneFile::create(&path, self.whole(), scene, layout)?;
        for pair in self.windows().chunks(2) {
            let rendered = std::thread::scope(|scope| {
                let workers: Vec<_> = pair
                    .iter()
                    .map(|window| scope.spawn(|| Site::new(land, INSTRUMENT, *window).render(scene)))
                    .collect();
                workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
            });
            for (window, planes) in pair.iter().zip(rendered) {
                match planes {
                    Ok(planes) => file.write(*window, planes)?,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        }
        file.close()
    }

    fn write_vectors(&self, land: &Landscape, rng: &mut ChaCha8Rng) -> Result<Vec<Ground>, SimulateError> {
        let place = Place::new()?;
        let extent = bounds(self.whole());
        let grounds = territory::lattice(self.seed, extent, usize::from(self.municipalities));
        write::text(&self.out, "municipalities.geojson", &write::municipalities(&place, &grounds)?)?;
        let labels = training::draw(land, extent, &[YEAR], rng);
        write::text(&self.out, "training.geojson", &write::training(&place, &labels)?)?;
        Ok(grounds)
    }

    /// Records drawn at random: nobody added up the truth of so large a tile.
    fn write_records(&self, grounds: &[Ground], rng: &mut ChaCha8Rng) -> Result<(), SimulateError> {
        let (mut coca, mut eradicated) = (BTreeMap::new(), BTreeMap::new());
        for number in 0..grounds.len() {
            let ha = rng.random_range(20.0..900.0);
            coca.insert((number, YEAR - 1), ha);
            coca.insert((number, YEAR), ha * rng.random_range(0.8..1.25));
            eradicated.insert((number, YEAR, Method::Manual), ha * rng.random_range(0.0..0.15));
        }
        let census = records::census_csv(&coca, grounds, &[YEAR - 1, YEAR], rng);
        write::text(&self.out, "census.csv", &census)?;
        write::text(&self.out, "eradication.csv", &records::eradication_csv(&eradicated, grounds, &[YEAR], rng))?;
        write::text(&self.out, "cocal.toml", include_str!("tile.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_tile_once() {
        let tile = Tile {
            rows: 700,
            cols: 5000,
            municipalities: 4,
            dates: 1,
            seed: 1,
            out: PathBuf::new(),
            block: 512,
            no_scl: false,
        };
        let windows = tile.windows();
        assert_eq!(windows.iter().map(Window::len).sum::<usize>(), 700 * 5000);
        assert!(windows.iter().all(|w| w.row0 % 512 == 0 && w.col0 % 512 == 0));
    }
}
