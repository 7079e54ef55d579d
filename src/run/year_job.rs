//! The windows of a year, worked on in parallel: each is read, classified, freed of small patches, tabulated and compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::faults::{Look, OnError};
use super::held::{Held, Read};
use super::imagery::{Imagery, Readers};
use super::map::{MapError, cells_of};
use super::plan::YearPlan;
use super::threads::Threads;
use super::windows::{Task, Windows};
use crate::area::{AreaTable, Zones};
use crate::classify::model::Bench;
use crate::io::cog::tiles::{Encoder, LayerTiles};
use crate::io::cog::{CogError, RasterSink};
use crate::io::crs::Transform;
use crate::io::loss::{Failure, Loss};
use crate::io::onnx_runtime;
use crate::io::scene::SceneError;
use crate::io::window_record::{RasterShape, States, WindowRecord};
use crate::pipeline::{self, Chain, Classified, Mapped};
use crate::scene::{RawTile, Validity, Window};

/// How often the scenes of a window are read before a fault is believed.
const ATTEMPTS: usize = 3;

/// What one thread keeps from window to window.
struct Worker<'a> {
    readers: Readers<'a>,
    way: Transform,
    bench: Bench,
    encoder: Encoder,
}

/// One window's results on their way to the table and the journal.
pub struct Part {
    /// Number of the window.
    pub number: usize,
    /// Where it lies.
    pub window: Window,
    /// Number of its pixels.
    pub pixels: usize,
    /// Its hectares.
    pub table: AreaTable,
    /// Numbers of the scenes that it was made of, and their pixels by [`Validity`].
    pub scenes: Vec<(usize, States)>,
    /// The same and its tiles as bytes, where they are asked for.
    pub record: Option<Vec<u8>>,
    /// Blocks that could not be read.
    pub losses: BTreeSet<Loss>,
    /// Why it could not be done; then all of it is unobserved.
    pub failure: Option<Failure>,
    /// How often its scenes had to be read again.
    pub retried: usize,
    /// What it took, without the wait for its neighbours.
    pub took: Duration,
    /// What its hectares took.
    pub tabulating: Duration,
    /// Whether a window around it had a fault.
    beside_fault: bool,
    /// The first window that a later part needs, and its band.
    first_needed: (usize, usize),
}

impl Part {
    /// Whether nothing can come to be better by reading again.
    pub fn is_final(&self) -> bool {
        self.losses.is_empty() && self.failure.is_none() && !self.beside_fault
    }
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
    /// The rasters that its windows become: class, coca, probability, observations.
    pub shape: RasterShape,
    /// The windows.
    pub windows: Windows,
    /// Days of the year's dates, counted from 1970, rising.
    pub days: Vec<i32>,
    /// Whether parts hold their windows as bytes.
    pub recorded: bool,
}

/// What the threads share while they work.
#[derive(Default)]
struct Shared {
    held: Held,
    /// Why windows failed.
    causes: Mutex<BTreeMap<usize, String>>,
}

impl YearJob<'_> {
    /// Maps the windows that are wanted and not done, puts their tiles into the rasters, if there are any, and hands their
    /// parts to `take`, in an order that does not depend on the threads.
    ///
    /// # Errors
    /// [`MapError`] of the first window, in that order, that failed, or of `take`.
    pub fn map(
        &self,
        threads: &Threads,
        (sinks, done): (&[RasterSink], &BTreeSet<usize>),
        mut take: impl FnMut(Part) -> Result<(), MapError>,
    ) -> Result<(), MapError> {
        let shared = Shared::default();
        let start = || {
            Ok(Worker {
                readers: self.imagery.readers(),
                way: Transform::to_own_lonlat(&self.imagery.grid.crs)?,
                bench: Bench::new(self.chain.model).with_engine(onnx_runtime::engine(self.chain.model)?),
                encoder: Encoder::default(),
            })
        };
        threads.map_in_order(
            &self.windows.tasks(2 * threads.count(), done),
            start,
            |worker, task| self.work(worker, *task, (&shared, sinks)),
            |part: Option<Part>| {
                let Some(part) = part else { return Ok(()) };
                // Parts come in order, so whoever needed what lies before this part's neighbours is done.
                shared.held.forget_before(part.first_needed);
                take(part)
            },
        )
    }

    /// A window from its bytes, its zones and scenes counted as in this year; `None` where they are not of the window `number`
    /// (of any window without one) or do not fit the year.
    pub fn part_of(&self, bytes: &[u8], number: Option<usize>) -> Option<(Vec<LayerTiles>, Part)> {
        let record = WindowRecord::from_bytes(bytes, &self.shape).ok()?;
        let window = record.window;
        if number.is_some_and(|number| self.windows.window(number) != window) {
            return None;
        }
        let (zones, scenes) = (self.zones.in_window(&window), self.imagery.scenes_at(self.year, &window));
        if scenes.len() != record.states.len() {
            return None;
        }
        let part = Part {
            number: number.unwrap_or_default(),
            window,
            pixels: window.len(),
            table: record.table.renumbered(|local| zones.get(local).copied())?,
            scenes: scenes.into_iter().zip(record.states).collect(),
            record: None,
            losses: record.losses.into_iter().collect(),
            failure: None,
            retried: 0,
            took: Duration::ZERO,
            tabulating: Duration::ZERO,
            beside_fault: false,
            first_needed: (0, 0),
        };
        Some((record.layers, part))
    }

    /// Puts the tiles of a window into the rasters.
    ///
    /// # Errors
    /// [`CogError`], mostly a full disk.
    pub fn put(&self, tiles: &[LayerTiles], sinks: &[RasterSink], encoder: &mut Encoder) -> Result<(), CogError> {
        sinks.iter().zip(tiles).try_for_each(|(sink, tiles)| sink.take(tiles, encoder))
    }

    fn work(
        &self,
        worker: &mut Worker<'_>,
        task: Task,
        (shared, sinks): (&Shared, &[RasterSink]),
    ) -> Result<Option<Part>, MapError> {
        let begun = Instant::now();
        let (number, band, around) = match task {
            Task::Classify(number, band) => {
                return match shared.held.fill((number, band), || self.classify(worker, number)) {
                    Err(error) if self.goes_on_after(&error) => {
                        let mut causes = shared.causes.lock().unwrap_or_else(PoisonError::into_inner);
                        causes.insert(number, error.to_string());
                        Ok(None)
                    }
                    done => done.map(|()| None),
                };
            }
            Task::Finish(number, band) if self.chain.minimum_unit_mm2 > 0 => {
                let wanted: Vec<_> = self.windows.around(number).into_iter().map(|near| (near, band)).collect();
                let around = shared.held.wait(&wanted);
                if around.iter().any(Option::is_none) && self.imagery.on_error() == OnError::Stop {
                    // The window that failed is before this one, and its error is the one that is told.
                    return Ok(None);
                }
                (number, band, around.into_iter().flatten().collect::<Vec<_>>())
            }
            Task::Finish(number, band) => match self.classify(worker, number) {
                Err(error) if self.goes_on_after(&error) => {
                    let mut causes = shared.causes.lock().unwrap_or_else(PoisonError::into_inner);
                    causes.insert(number, error.to_string());
                    (number, band, Vec::new())
                }
                own => (number, band, vec![own?.into()]),
            },
        };
        let window = self.windows.window(number);
        let own = around.iter().find(|read| read.classified.window == window).cloned();
        let cause = || shared.causes.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        let failure = if own.is_none() { Some(self.failed(&window, cause().unwrap_or_default())) } else { None };
        let own = own.unwrap_or_else(|| self.unread(window).into());
        let expected = if self.chain.minimum_unit_mm2 > 0 { self.windows.around(number).len() } else { 1 };
        let beside_fault = around.len() < expected || around.iter().any(|read| !read.lost.is_empty());
        let classified: Vec<&Classified> = around
            .iter()
            .map(|read| &read.classified)
            .filter(|classified| classified.window != window)
            .chain([&own.classified])
            .collect();
        let tools = (&worker.way, &mut worker.encoder);
        let (tiles, part) = self.finish(tools, (number, band), (&own, &classified))?;
        self.put(&tiles, sinks, &mut worker.encoder)?;
        Ok(Some(Part { failure, beside_fault, took: begun.elapsed(), ..part }))
    }

    /// Whether the rest is done although a window failed in this way.
    fn goes_on_after(&self, error: &MapError) -> bool {
        self.imagery.on_error() == OnError::Continue
            && matches!(error, MapError::Scene(fault) if fault.is_of_the_file())
    }

    fn failed(&self, window: &Window, cause: String) -> Failure {
        let Window { row0, col0, .. } = window;
        Failure {
            what: format!(
                "{}, rows {row0}..{}, columns {col0}..{}",
                self.year.year,
                window.row_end(),
                window.col_end()
            ),
            cause,
            effect: "this ground is unobserved in the figures of the year".to_owned(),
        }
    }

    /// A window whose scenes could not be read: nothing of it is observed.
    fn unread(&self, window: Window) -> Read {
        let all = |value| ndarray::Array2::from_elem((window.rows, window.cols), value);
        let unobserved = || all(crate::area::UNOBSERVED);
        let states = vec![[0; Validity::ALL.len()]; self.imagery.scenes_at(self.year, &window).len()];
        let classified = Classified {
            window,
            class: unobserved(),
            alternative: unobserved(),
            percent: unobserved(),
            observations: all(0),
            states,
        };
        Read { classified, lost: BTreeSet::new(), retried: 0 }
    }

    /// Reads the scenes of a window, again where something touched their files or a block failed: a fault that lasts is one.
    fn tiles(
        &self,
        readers: &mut Readers<'_>,
        scenes: &[usize],
        (read, around): (Window, Window),
    ) -> Result<(Vec<RawTile>, BTreeSet<Loss>, usize), SceneError> {
        let mut retried = 0;
        loop {
            let tiles = readers.raw(scenes, read, around);
            let lost = readers.take_lost();
            // What was read of a file that has changed is worth nothing, whether it could be read or not.
            let look = self.imagery.look(scenes)?;
            let fault = tiles.as_ref().is_err_and(SceneError::is_of_the_file) || !lost.is_empty();
            let last = retried + 1 == ATTEMPTS;
            // A fault is looked at twice, a file that is being touched three times.
            if (look == Look::Touched && !last) || (fault && retried == 0) {
                readers.close(scenes);
                retried += 1;
                continue;
            }
            return Ok((tiles?, lost, retried));
        }
    }

    fn classify(&self, worker: &mut Worker<'_>, number: usize) -> Result<Read, MapError> {
        let window = self.windows.window(number);
        let grid = self.imagery.grid;
        let read = self.chain.model.network().map_or(window, |network| network.reach(&window, (grid.rows, grid.cols)));
        let around = read.with_halo(self.chain.dilation, grid);
        let scenes = self.imagery.scenes_at(self.year, &read);
        let (mut tiles, lost, retried) = self.tiles(&mut worker.readers, &scenes, (read, around))?;
        let mut made = pipeline::classify_window(self.chain, window, (&mut tiles, &self.days), &mut worker.bench)?;
        worker.readers.take_back(tiles);
        if read != window {
            // Scenes that a network sees beside the window are not part of it.
            let own = self.imagery.scenes_at(self.year, &window);
            let mut of = scenes.iter();
            made.states.retain(|_| of.next().is_some_and(|scene| own.contains(scene)));
        }
        Ok(Read { classified: made, lost, retried })
    }

    fn finish(
        &self,
        (way, encoder): (&Transform, &mut Encoder),
        (number, band): (usize, usize),
        (own, around): (&Read, &[&Classified]),
    ) -> Result<(Vec<LayerTiles>, Part), MapError> {
        let cut = self.windows.cut(number);
        let begun = Instant::now();
        let cells = cells_of(self.imagery.grid, &cut.read, way)?;
        let inside = (cut.core != cut.read).then(|| cells_of(self.imagery.grid, &cut.core, way)).transpose()?;
        let of_cells = begun.elapsed();
        let mut mapped = pipeline::finish_window(self.chain, &cut, (&own.classified, around), &cells);
        let begun = Instant::now();
        let table = pipeline::tabulate(&mapped, self.zones, inside.as_ref().unwrap_or(&cells));
        let tabulating = of_cells + begun.elapsed();
        // In the rasters, ground that no scene reaches is unobserved like any other.
        mapped.class.mapv_inplace(|c| if c == crate::area::OUTSIDE_RASTER { crate::area::UNOBSERVED } else { c });
        let tiles = self.compress(&mapped, encoder);
        let record = if self.recorded { self.record(&mapped, (&table, &own.lost), &tiles, encoder) } else { None };
        let part = Part {
            number,
            window: cut.core,
            pixels: cut.core.len(),
            scenes: self.imagery.scenes_at(self.year, &cut.core).into_iter().zip(mapped.states).collect(),
            table,
            record,
            losses: own.lost.clone(),
            failure: None,
            retried: own.retried,
            took: Duration::ZERO,
            tabulating,
            beside_fault: false,
            first_needed: (number.saturating_sub(self.windows.columns()), band),
        };
        Ok((tiles, part))
    }

    fn compress(&self, mapped: &Mapped, encoder: &mut Encoder) -> Vec<LayerTiles> {
        let values = [&mapped.class, &mapped.coca, &mapped.percent, &mapped.observations];
        let (size, window) = (self.shape.size, &mapped.core);
        let layers = values.into_iter().zip(&self.shape.overviews);
        layers.map(|(values, how)| LayerTiles::new(encoder, size, window, values.view(), *how)).collect()
    }

    fn record(
        &self,
        mapped: &Mapped,
        (table, lost): (&AreaTable, &BTreeSet<Loss>),
        layers: &[LayerTiles],
        encoder: &mut Encoder,
    ) -> Option<Vec<u8>> {
        let zones = self.zones.in_window(&mapped.core);
        // Every zone with ground in the window is among those that meet it.
        let table = table.renumbered(|zone| zones.binary_search(&zone).ok())?;
        let (window, states) = (mapped.core, mapped.states.clone());
        let losses = lost.iter().cloned().collect();
        Some(WindowRecord { window, table, states, losses, layers: Vec::new() }.to_bytes(layers, encoder))
    }

    /// A window that nobody could do: its tiles and its part, all of it unobserved.
    ///
    /// # Errors
    /// The grid's reference system.
    pub fn unobserved(
        &self,
        number: usize,
        (way, encoder): (&Transform, &mut Encoder),
        cause: &str,
    ) -> Result<(Vec<LayerTiles>, Part), MapError> {
        let window = self.windows.window(number);
        let own = self.unread(window);
        let (tiles, part) = self.finish((way, encoder), (number, 0), (&own, &[&own.classified]))?;
        Ok((tiles, Part { failure: Some(self.failed(&window, cause.to_owned())), ..part }))
    }
}
