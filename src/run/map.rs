//! Mapping: scenes of a year to rasters and an area table, in one pass over windows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::budget::Room;
use super::imagery::Imagery;
use super::plan::{PlanError, YearPlan};
use super::threads::Threads;
use super::windows::{MOST_HALO, Windows};
use super::year_job::{Part, YearJob};
use crate::area::{AreaTable, CellArea};
use crate::classify::network::{Input, NetworkError};
use crate::classify::sieve;
use crate::io::atomic::{Staged, WriteError};
use crate::io::cog::statistics::Statistics;
use crate::io::cog::tiles::Encoder;
use crate::io::cog::{CogError, Layer, RasterSink};
use crate::io::crs::{CrsError, Transform};
use crate::io::journal::{Journal, Key};
use crate::io::loss::{Failure, Loss};
use crate::io::onnx_runtime::RuntimeError;
use crate::io::scene::SceneError;
use crate::io::window_record::{RasterShape, States};
use crate::pipeline::Chain;
use crate::scene::{Grid, Validity, Window};

/// Mapping that failed.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// A scene cannot be read.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A raster cannot be written.
    #[error(transparent)]
    Cog(#[from] CogError),
    /// Neither can the journal or a part.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The grid's reference system.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A network that cannot be run here.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A network that fails.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A window of a task that cannot be done.
    #[error("{what}: {cause}")]
    Window {
        /// Which.
        what: String,
        /// Why.
        cause: String,
    },
    /// A network of another number of dates.
    #[error(
        "the model's network takes {takes} dates; the scenes of {year} have {has}: give it scenes of as many dates"
    )]
    Dates {
        /// Dates that the network takes.
        takes: usize,
        /// Dates of the year.
        has: usize,
        /// The year.
        year: i16,
    },
}

/// Rasters that a year's mapping writes.
pub struct Rasters<'a> {
    /// Folder.
    pub folder: &'a Path,
    /// End of the file names: `class_<suffix>.tif`.
    pub suffix: &'a str,
    /// Layers in the order class, coca, probability, observations.
    pub layers: [(&'static str, Layer); 4],
}

impl Rasters<'_> {
    /// The final names, in the order of the layers.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.layers.iter().map(|(name, _)| self.path(name)).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}_{}.tif", self.suffix))
    }

    /// What the rasters are like, for windows of them.
    pub fn shape(&self, grid: &Grid) -> RasterShape {
        let overviews = self.layers.iter().map(|(_, layer)| layer.overviews).collect();
        RasterShape { size: (grid.rows, grid.cols), overviews }
    }

    /// Starts the rasters, in the order of the layers.
    ///
    /// # Errors
    /// [`CogError`] naming the final path.
    pub fn sinks(&self, grid: &Grid, threads: &Threads) -> Result<Vec<RasterSink>, CogError> {
        let create = |(name, layer): &(&str, Layer)| RasterSink::create(&self.path(name), grid, layer);
        threads.map(&self.layers, create).into_iter().collect()
    }
}

/// What mapping a year gives.
pub struct YearMap {
    /// Hectares by zone and class number.
    pub table: AreaTable,
    /// Pixels by scene number and [`Validity`].
    pub states: Vec<(usize, [u64; Validity::ALL.len()])>,
    /// The rasters, and their side files, to be put in place.
    pub staged: Vec<Staged>,
    /// Statistics of the rasters, in the order of the layers.
    pub statistics: Vec<Statistics>,
    /// What all threads together spent on hectares: the areas of the pixels and what of them lies in each zone.
    pub tabulating: Duration,
    /// Faults, and what took long.
    pub watched: Watched,
}

/// Halo that the minimum mapping unit needs on this grid, in pixels.
///
/// # Errors
/// A unit of so many pixels that no window could look around it.
pub fn halo(grid: &Grid, unit_ha: f64) -> Result<usize, MapError> {
    let pixels = sieve::halo(unit_mm2(unit_ha), smallest_pixel(grid)?);
    if pixels > MOST_HALO {
        return Err(PlanError::Unit { unit_ha, pixels, most: MOST_HALO }.into());
    }
    Ok(pixels)
}

/// Hectares in square millimetres.
pub fn unit_mm2(hectares: f64) -> u64 {
    (hectares * 1e10).round() as u64
}

/// The smallest of the pixels at the corners and in the middle, less 1 % for those between.
fn smallest_pixel(grid: &Grid) -> Result<u64, CrsError> {
    let way = Transform::to_own_lonlat(&grid.crs)?;
    let (last_row, last_col) = (grid.rows - 1, grid.cols - 1);
    let mut smallest = u64::MAX;
    for (row0, col0) in [(0, 0), (0, last_col), (last_row, 0), (last_row, last_col), (last_row / 2, last_col / 2)] {
        let cells = cells_of(grid, &Window { row0, col0, rows: 1, cols: 1 }, &way)?;
        smallest = smallest.min(cells.square_mm(0, 0));
    }
    Ok(smallest / 100 * 99)
}

/// Areas of the pixels of a window.
pub fn cells_of(grid: &Grid, window: &Window, way: &Transform) -> Result<CellArea, CrsError> {
    let (mut x, mut y) = CellArea::corners(grid, window);
    way.apply(&mut x, &mut y)?;
    Ok(CellArea::from_lonlat(grid, window, &x, &y))
}

/// Finished windows of a year on disk, by what they were made of.
pub struct Kept<'a> {
    /// The journal.
    pub journal: &'a mut Journal,
    /// What makes each window what it is, by its number.
    pub keys: Vec<Key>,
}

/// What came of the windows of a year so far.
#[derive(Default)]
pub struct Tally {
    /// Hectares by zone and class number.
    pub table: AreaTable,
    /// Pixels by [`Validity`], by scene number.
    states: BTreeMap<usize, States>,
    /// What all threads together spent on hectares.
    tabulating: Duration,
    /// Faults, and what took long.
    pub watched: Watched,
}

/// Faults of a job, and what took long.
#[derive(Default)]
pub struct Watched {
    /// Windows in all, and those that were there already.
    pub windows: (usize, usize),
    /// How often scenes had to be read again.
    pub retried: usize,
    /// Windows that took longest, the longest first.
    pub slowest: Vec<(Duration, Window)>,
    /// Blocks that could not be read.
    pub losses: BTreeSet<Loss>,
    /// Windows that could not be done.
    pub failures: BTreeSet<Failure>,
}

/// How many of the slowest windows are told.
const SLOWEST: usize = 5;

impl Watched {
    /// Adds another job's.
    pub fn add(&mut self, other: Self) {
        self.windows = (self.windows.0 + other.windows.0, self.windows.1 + other.windows.1);
        self.retried += other.retried;
        self.losses.extend(other.losses);
        self.failures.extend(other.failures);
        self.slowest.extend(other.slowest);
        self.slowest.sort_by_key(|(took, _)| std::cmp::Reverse(*took));
        self.slowest.truncate(SLOWEST);
    }
}

impl Tally {
    /// Adds a window.
    pub fn add(&mut self, part: &Part) {
        self.table.merge(&part.table);
        self.tabulating += part.tabulating;
        for (scene, counts) in &part.scenes {
            self.states.entry(*scene).or_default().iter_mut().zip(counts).for_each(|(all, n)| *all += n);
        }
        self.watched.add(Watched {
            windows: (1, 0),
            retried: part.retried,
            slowest: vec![(part.took, part.window)],
            losses: part.losses.clone(),
            failures: part.failure.iter().cloned().collect(),
        });
    }

    /// The year's map, when all windows are in the rasters.
    ///
    /// # Errors
    /// [`MapError::Cog`], mostly a full disk.
    pub fn finish(self, threads: &Threads, year: &YearPlan, sinks: Vec<RasterSink>) -> Result<YearMap, MapError> {
        let statistics = sinks.iter().map(RasterSink::statistics).collect();
        let mut staged = Vec::new();
        for done in threads.map_owned(sinks, RasterSink::finish) {
            staged.extend(done?);
        }
        let of = |scene: &usize| (*scene, self.states.get(scene).copied().unwrap_or_default());
        let states = year.scenes.iter().map(of).collect();
        Ok(YearMap {
            table: self.table,
            states,
            staged,
            statistics,
            tabulating: self.tabulating,
            watched: self.watched,
        })
    }
}

/// Maps one year: reads each window once, classifies it, writes it, and adds its hectares to the table. Windows that are kept
/// are taken from there, and those that are whole are kept.
///
/// # Errors
/// [`MapError`]; no raster appears under its final name before the caller puts it there.
pub fn map_year(
    threads: &Threads,
    job: &YearJob<'_>,
    rasters: &Rasters<'_>,
    kept: Option<&mut Kept<'_>>,
    step: &(dyn Fn(usize) + Sync),
) -> Result<YearMap, MapError> {
    let mut tally = Tally::default();
    let sinks = rasters.sinks(job.imagery.grid, threads)?;
    let mut done = BTreeSet::new();
    if let Some(kept) = &kept {
        let there: Vec<usize> = job.windows.wanted().filter(|number| kept.journal.holds(&kept.keys[*number])).collect();
        let take_up = |encoder: &mut Encoder, number: &usize| {
            let bytes = kept.journal.get(&kept.keys[*number]);
            let part = bytes.and_then(|bytes| job.part_of(&bytes, Some(*number)));
            part.map(|(tiles, part)| job.put(&tiles, &sinks, encoder).map(|()| (*number, part))).transpose()
        };
        threads.map_in_order(
            &there,
            || Ok(Encoder::default()),
            take_up,
            |found: Option<(usize, Part)>| {
                if let Some((number, part)) = found {
                    done.insert(number);
                    tally.add(&part);
                    step(part.pixels);
                }
                Ok(())
            },
        )?;
    }
    tally.watched.slowest.clear();
    tally.watched.windows.1 = done.len();
    let mut keys = kept.map(|kept| (&mut *kept.journal, &kept.keys));
    job.map(threads, (&sinks, &done), |part: Part| {
        tally.add(&part);
        step(part.pixels);
        match (&mut keys, part.is_final(), &part.record) {
            (Some((journal, keys)), true, Some(record)) => Ok(journal.append(&keys[part.number], record)?),
            _ => Ok(()),
        }
    })?;
    tally.finish(threads, job.year, sinks)
}

/// Days of the dates of a year; a network over dates takes a fixed number of them.
pub(super) fn days(imagery: &Imagery<'_>, year: &YearPlan, chain: &Chain<'_>) -> Result<Vec<i32>, MapError> {
    let mut days: Vec<i32> = year.scenes.iter().map(|scene| imagery.scenes[*scene].day()).collect();
    days.sort_unstable();
    days.dedup();
    match chain.model.network().map(|network| network.input) {
        Some(Input::Series { dates, .. }) if dates != days.len() => {
            Err(MapError::Dates { takes: dates, has: days.len(), year: year.year })
        }
        _ => Ok(days),
    }
}

/// Windows for the scenes of a year: by their blocks, and small enough for their number.
pub fn windows(imagery: &Imagery<'_>, year: &YearPlan, halo: usize, room: &Room) -> Windows {
    let block = year.scenes.first().map_or((256, 256), |s| imagery.scenes[*s].block);
    Windows::new(imagery.grid, block, imagery.bands.len() * imagery.most_scenes_at_once(year), (halo, room))
}
