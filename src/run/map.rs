//! Mapping: scenes of a year to rasters and an area table, in one pass over windows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::held::Held;
use super::imagery::{Imagery, Readers};
use super::plan::{PlanError, YearPlan};
use super::threads::Threads;
use super::windows::{MOST_HALO, Task, Windows};
use crate::area::{AreaTable, CellArea, Zones};
use crate::classify::model::Bench;
use crate::classify::network::{Input, NetworkError};
use crate::classify::sieve;
use crate::io::atomic::Staged;
use crate::io::cog::statistics::Statistics;
use crate::io::cog::tiles::Encoder;
use crate::io::cog::{CogError, Layer, RasterSink};
use crate::io::crs::{CrsError, Transform};
use crate::io::onnx_runtime::{self, RuntimeError};
use crate::io::scene::SceneError;
use crate::pipeline::{self, Chain, Classified, Mapped};
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

    /// Starts the rasters, in the order of the layers.
    fn sinks(&self, grid: &Grid, threads: &Threads) -> Result<Vec<RasterSink>, CogError> {
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

/// What one thread keeps from window to window.
struct Worker<'a> {
    readers: Readers<'a>,
    way: Transform,
    bench: Bench,
    encoder: Encoder,
}

/// One window's results on their way to the rasters and the table.
pub struct Part {
    /// Number of its pixels.
    pub pixels: usize,
    /// Its hectares.
    pub table: AreaTable,
    /// Numbers of the scenes that it was made of, and their pixels by [`Validity`].
    pub scenes: Vec<(usize, [u64; Validity::ALL.len()])>,
    /// The first window that a later part needs, and its band.
    first_needed: (usize, usize),
    /// What its hectares took.
    tabulating: Duration,
}

/// A year's imagery and all that its windows share.
pub struct YearJob<'a> {
    /// The scenes and the grid.
    pub imagery: &'a Imagery<'a>,
    /// Which of them make the year.
    pub year: &'a YearPlan,
    /// What they are classified with.
    pub chain: &'a Chain<'a>,
    /// The municipalities.
    pub zones: &'a Zones,
    /// The rasters that are written: class, coca, probability, observations.
    pub sinks: Vec<RasterSink>,
    /// The windows.
    pub windows: Windows,
    /// Days of the year's dates, counted from 1970, rising.
    pub days: Vec<i32>,
}

/// Maps one year: reads each window once, classifies it, writes it, and adds its hectares to the table.
///
/// # Errors
/// [`MapError`]; no raster appears under its final name before the caller puts it there.
pub fn map_year(
    threads: &Threads,
    imagery: &Imagery<'_>,
    year: &YearPlan,
    chain: &Chain<'_>,
    (zones, halo, rasters, step): (&Zones, usize, &Rasters<'_>, &(dyn Fn(usize) + Sync)),
) -> Result<YearMap, MapError> {
    let days = days(imagery, year, chain)?;
    let sinks = rasters.sinks(imagery.grid, threads)?;
    let job = YearJob { imagery, year, chain, zones, sinks, windows: windows(imagery, year, halo), days };
    let (mut table, mut tabulating) = (AreaTable::default(), Duration::ZERO);
    let mut states = vec![[0; Validity::ALL.len()]; imagery.scenes.len()];
    job.map(threads, |part: Part| {
        table.merge(&part.table);
        tabulating += part.tabulating;
        for (scene, counts) in &part.scenes {
            states[*scene].iter_mut().zip(counts).for_each(|(all, n)| *all += n);
        }
        step(part.pixels);
        Ok(())
    })?;
    let statistics = job.sinks.iter().map(RasterSink::statistics).collect();
    let mut staged = Vec::new();
    for done in threads.map_owned(job.sinks, RasterSink::finish) {
        staged.extend(done?);
    }
    let states = year.scenes.iter().map(|scene| (*scene, states[*scene])).collect();
    Ok(YearMap { table, states, staged, statistics, tabulating })
}

/// Days of the dates of a year; a network over dates takes a fixed number of them.
fn days(imagery: &Imagery<'_>, year: &YearPlan, chain: &Chain<'_>) -> Result<Vec<i32>, MapError> {
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
fn windows(imagery: &Imagery<'_>, year: &YearPlan, halo: usize) -> Windows {
    let block = year.scenes.first().map_or((256, 256), |s| imagery.scenes[*s].block);
    Windows::new(imagery.grid, block, imagery.bands.len() * imagery.most_scenes_at_once(year), halo)
}

impl YearJob<'_> {
    /// Maps all windows in parallel and hands their parts to `take`, in an order that does not depend on the threads.
    ///
    /// # Errors
    /// [`MapError`] of the first window, in that order, that failed, or of `take`.
    pub fn map(&self, threads: &Threads, mut take: impl FnMut(Part) -> Result<(), MapError>) -> Result<(), MapError> {
        let held = Held::default();
        let start = || {
            Ok(Worker {
                readers: self.imagery.readers(),
                way: Transform::to_own_lonlat(&self.imagery.grid.crs)?,
                bench: Bench::new(self.chain.model).with_engine(onnx_runtime::engine(self.chain.model)?),
                encoder: Encoder::default(),
            })
        };
        threads.map_in_order(
            &self.windows.tasks(2 * threads.count()),
            start,
            |worker, task| self.work(worker, *task, &held),
            |part: Option<Part>| {
                let Some(part) = part else { return Ok(()) };
                // Parts come in order, so whoever needed what lies before this part's neighbours is done.
                held.forget_before(part.first_needed);
                take(part)
            },
        )
    }

    fn work(&self, worker: &mut Worker<'_>, task: Task, held: &Held) -> Result<Option<Part>, MapError> {
        match task {
            Task::Classify(number, band) => {
                held.fill((number, band), || self.classify(worker, number))?;
                Ok(None)
            }
            Task::Finish(number, band) if self.chain.minimum_unit_mm2 > 0 => {
                let wanted: Vec<_> = self.windows.around(number).into_iter().map(|near| (near, band)).collect();
                let Some(around) = held.wait(&wanted) else { return Ok(None) };
                let around: Vec<_> = around.iter().map(AsRef::as_ref).collect();
                self.finish(worker, (number, band), &around)
            }
            Task::Finish(number, band) => {
                let own = self.classify(worker, number)?;
                self.finish(worker, (number, band), &[&own])
            }
        }
    }

    fn classify(&self, worker: &mut Worker<'_>, number: usize) -> Result<Classified, MapError> {
        let window = self.windows.window(number);
        let grid = self.imagery.grid;
        let read = self.chain.model.network().map_or(window, |network| network.reach(&window, (grid.rows, grid.cols)));
        let around = read.with_halo(self.chain.dilation, grid);
        let scenes = self.imagery.scenes_at(self.year, &read);
        let mut tiles = worker.readers.raw(&scenes, read, around)?;
        let mut made = pipeline::classify_window(self.chain, window, (&mut tiles, &self.days), &mut worker.bench)?;
        worker.readers.take_back(tiles);
        if read != window {
            // Scenes that a network sees beside the window are not part of it.
            let own = self.imagery.scenes_at(self.year, &window);
            let mut of = scenes.iter();
            made.states.retain(|_| of.next().is_some_and(|scene| own.contains(scene)));
        }
        Ok(made)
    }

    fn finish(
        &self,
        worker: &mut Worker<'_>,
        (number, band): (usize, usize),
        around: &[&Classified],
    ) -> Result<Option<Part>, MapError> {
        let cut = self.windows.cut(number);
        let begun = Instant::now();
        let cells = cells_of(self.imagery.grid, &cut.read, &worker.way)?;
        let inside = (cut.core != cut.read).then(|| cells_of(self.imagery.grid, &cut.core, &worker.way)).transpose()?;
        let of_cells = begun.elapsed();
        let Some(mut mapped) = pipeline::finish_window(self.chain, &cut, around, &cells) else { return Ok(None) };
        let begun = Instant::now();
        let table = pipeline::tabulate(&mapped, self.zones, inside.as_ref().unwrap_or(&cells));
        let tabulating = of_cells + begun.elapsed();
        // In the rasters, ground that no scene reaches is unobserved like any other.
        mapped.class.mapv_inplace(|c| if c == crate::area::OUTSIDE_RASTER { crate::area::UNOBSERVED } else { c });
        let first_needed = (number.saturating_sub(self.windows.columns()), band);
        let scenes = self.imagery.scenes_at(self.year, &cut.core);
        self.write(&mapped, &mut worker.encoder)?;
        Ok(Some(Part {
            pixels: cut.core.len(),
            scenes: scenes.into_iter().zip(mapped.states.iter().copied()).collect(),
            table,
            first_needed,
            tabulating,
        }))
    }

    /// Compresses a window's pixels and hands them to the rasters.
    fn write(&self, mapped: &Mapped, encoder: &mut Encoder) -> Result<(), CogError> {
        let values = [&mapped.class, &mapped.coca, &mapped.percent, &mapped.observations];
        self.sinks.iter().zip(values).try_for_each(|(sink, values)| sink.write(&mapped.core, values.view(), encoder))
    }
}
