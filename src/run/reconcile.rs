//! Records laid on masks: what each mask shows of each footprint.
//!
//! Masks of one grid are read together, window by window: a footprint's parts of pixels are computed once and laid on all days,
//! and no window is read twice or without a footprint in it. Sums are exact integers, so that a footprint on the border of
//! windows has the same hectares however these are cut.

use geo::{Coord, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::map::cells_of;
use super::threads::Threads;
use crate::area::footprints::Amount;
use crate::area::{Footprints, OUTSIDE_RASTER, UNOBSERVED};
use crate::io::class_mosaic::{ClassMosaic, MosaicReader};
use crate::io::class_raster::ClassRasterError;
use crate::io::crs::{CrsError, Transform};
use crate::io::dated_masks::DatedMask;
use crate::io::project_grounds::carry;
use crate::reconcile::event::Event;
use crate::reconcile::footprint::Footprint;
use crate::reconcile::report::row;
use crate::reconcile::twice::Claims;
use crate::reconcile::{Look, ReconciledRow, Reconciliation, Settings};
use crate::scene::{Crs, Grid, Window};

/// Events whose rows are made by one thread at a time.
const CHUNK: usize = 512;

/// Records that could not be laid on masks.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A mask cannot be read.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// There is no way to a mask's reference system.
    #[error("masks in {crs}: {source}")]
    Crs {
        /// The system.
        crs: String,
        /// Why.
        source: CrsError,
    },
    /// Records and masks lie apart.
    #[error("no record touches a mask: the records span {records}, the masks {masks} (degrees)")]
    Apart {
        /// Extent of the records.
        records: String,
        /// Extent of the first mask.
        masks: String,
    },
}

/// Holds every record against the masks, which are in the order of their days.
///
/// # Errors
/// [`ReconcileError`]: a mask that cannot be read; also when no record touches any mask.
pub fn reconcile(
    threads: &Threads,
    events: &[Event],
    masks: &[DatedMask],
    settings: &Settings,
    notes: Vec<String>,
) -> Result<Reconciliation, ReconcileError> {
    let mut sums = Sums::new(events.len(), masks);
    let mut touched = false;
    for group in groups(masks) {
        touched |= group.add_up(threads, events, &mut sums)?;
    }
    if !touched {
        return Err(apart(events, masks));
    }
    let claims = Claims::new(events);
    let starts: Vec<usize> = (0..events.len()).step_by(CHUNK).collect();
    let rows = threads.map(&starts, |start| {
        let numbers = *start..(start + CHUNK).min(events.len());
        let of = |number: usize| {
            let twice = claims.twice(number, settings.season_days);
            row(&events[number], &sums.looks(number), &twice, (events, settings))
        };
        numbers.map(of).collect::<Vec<ReconciledRow>>()
    });
    Ok(Reconciliation::new(rows.into_iter().flatten().collect(), notes, *settings))
}

/// Coca and observed ground of every event on every day.
struct Sums<'a> {
    masks: &'a [DatedMask],
    /// By event, then day: coca, and all that was observed.
    amounts: Vec<[Amount; 2]>,
}

impl<'a> Sums<'a> {
    fn new(events: usize, masks: &'a [DatedMask]) -> Self {
        Self { masks, amounts: vec![[Amount::default(); 2]; events * masks.len()] }
    }

    fn add(&mut self, part: &Part) {
        let at = &mut self.amounts[part.event as usize * self.masks.len() + part.day as usize];
        at[0] += part.coca;
        at[1] += part.observed;
    }

    fn looks(&self, event: usize) -> Vec<Look> {
        let days = self.masks.len();
        let amounts = &self.amounts[event * days..(event + 1) * days];
        let look = |(mask, [coca, observed]): (&DatedMask, &[Amount; 2])| Look {
            date: mask.date,
            coca_ha: coca.hectares(),
            observed_ha: observed.hectares(),
        };
        self.masks.iter().zip(amounts).map(look).collect()
    }
}

/// What one window shows of one footprint on one day.
struct Part {
    event: u32,
    day: u32,
    coca: Amount,
    observed: Amount,
}

/// A mosaic of a group.
struct Layer<'a> {
    day: u32,
    mosaic: &'a ClassMosaic,
    is_coca: [bool; 256],
}

/// Mosaics of the same grid and the same windows.
struct Group<'a> {
    grid: &'a Grid,
    windows: Vec<Window>,
    layers: Vec<Layer<'a>>,
}

/// A window and the events whose boxes meet it.
struct Task {
    window: Window,
    events: Vec<u32>,
}

fn groups(masks: &[DatedMask]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (day, mask) in (0..).zip(masks) {
        let mut is_coca = [false; 256];
        mask.coca.iter().for_each(|code| is_coca[usize::from(*code)] = true);
        for mosaic in &mask.mosaics {
            let layer = Layer { day, mosaic, is_coca };
            let (grid, windows) = (&mosaic.grid, mosaic.windows());
            let same = |group: &Group<'_>| group.grid.lattice_offset(grid) == Some((0, 0)) && group.windows == windows;
            match groups.iter_mut().find(|group| same(group)) {
                Some(group) => group.layers.push(layer),
                None => groups.push(Group { grid, windows, layers: vec![layer] }),
            }
        }
    }
    groups
}

impl Group<'_> {
    /// Adds what the masks of the group show of all events; whether they meet any.
    fn add_up(&self, threads: &Threads, events: &[Event], sums: &mut Sums<'_>) -> Result<bool, ReconcileError> {
        let tasks = self.tasks(threads, events)?;
        let start = || Worker::new(self, events);
        let take = |parts: Vec<Part>| {
            parts.iter().for_each(|part| sums.add(part));
            Ok(())
        };
        threads.map_in_order(&tasks, start, |worker, task| worker.parts(task), take)?;
        Ok(!tasks.is_empty())
    }

    /// The windows that events meet.
    fn tasks(&self, threads: &Threads, events: &[Event]) -> Result<Vec<Task>, ReconcileError> {
        let boxed = |(number, window): (usize, &Window)| {
            let first = [window.col0 as f64, window.row0 as f64];
            let last = [window.col_end() as f64, window.row_end() as f64];
            GeomWithData::new(Rectangle::from_corners(first, last), number)
        };
        let tree = RTree::bulk_load(self.windows.iter().enumerate().map(boxed).collect());
        let starts: Vec<usize> = (0..events.len()).step_by(CHUNK).collect();
        let boxes = threads.map(&starts, |start| self.boxes(&events[*start..(start + CHUNK).min(events.len())]));
        let mut found: Vec<Vec<u32>> = vec![Vec::new(); self.windows.len()];
        let mut number = 0;
        for chunk in boxes {
            for bounds in chunk? {
                if let Some([left, top, right, bottom]) = bounds {
                    let envelope = AABB::from_corners([left, top], [right, bottom]);
                    tree.locate_in_envelope_intersecting(&envelope).for_each(|w| found[w.data].push(number));
                }
                number += 1;
            }
        }
        let tasks = self.windows.iter().zip(found).filter(|(_, events)| !events.is_empty());
        Ok(tasks.map(|(window, events)| Task { window: *window, events }).collect())
    }

    /// Columns and rows that each footprint may reach into: left, top, right, bottom.
    fn boxes(&self, events: &[Event]) -> Result<Vec<Option<[f64; 4]>>, ReconcileError> {
        let way = self.way()?;
        let of = |event: &Event| {
            let (_, footprint) = event.usable()?;
            pixel_box(self.grid, &footprint.bounds()?, &way)
        };
        Ok(events.iter().map(of).collect())
    }

    fn way(&self) -> Result<Transform, ReconcileError> {
        Transform::new(&Crs::wgs84(), &self.grid.crs).map_err(|source| self.named(source))
    }

    fn named(&self, source: CrsError) -> ReconcileError {
        ReconcileError::Crs { crs: self.grid.crs.label(), source }
    }
}

/// A box of degrees in columns and rows, a little wider, since its edges bend; `None` where it has no image.
fn pixel_box(grid: &Grid, bounds: &Rect<f64>, way: &Transform) -> Option<[f64; 4]> {
    let (min, max, mid) = (bounds.min(), bounds.max(), bounds.center());
    let mut x = [min.x, mid.x, max.x, max.x, max.x, mid.x, min.x, min.x];
    let mut y = [min.y, min.y, min.y, mid.y, max.y, max.y, max.y, mid.y];
    way.apply(&mut x, &mut y).ok()?;
    let (mut left, mut top, mut right, mut bottom) =
        (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (x, y) in x.into_iter().zip(y) {
        let (col, row) = grid.col_row(x, y);
        (left, right) = (left.min(col), right.max(col));
        (top, bottom) = (top.min(row), bottom.max(row));
    }
    let (wide, high) = (1.0 + (right - left) / 50.0, 1.0 + (bottom - top) / 50.0);
    let reach = [left - wide, top - high, right + wide, bottom + high];
    reach.iter().all(|v| v.is_finite()).then_some(reach)
}

/// What one thread needs: open files and its own ways.
struct Worker<'a> {
    group: &'a Group<'a>,
    events: &'a [Event],
    readers: Vec<MosaicReader<'a>>,
    way: Transform,
    to_lonlat: Transform,
}

impl<'a> Worker<'a> {
    fn new(group: &'a Group<'a>, events: &'a [Event]) -> Result<Self, ReconcileError> {
        let readers = group.layers.iter().map(|layer| layer.mosaic.reader()).collect::<Result<_, _>>()?;
        let to_lonlat = Transform::to_own_lonlat(&group.grid.crs).map_err(|source| group.named(source))?;
        Ok(Self { group, events, readers, way: group.way()?, to_lonlat })
    }

    fn parts(&mut self, task: &Task) -> Result<Vec<Part>, ReconcileError> {
        let (group, window) = (self.group, &task.window);
        let mut grounds = Vec::with_capacity(task.events.len());
        for number in &task.events {
            let footprint = self.events[*number as usize].footprint.as_ref();
            // A box with an image has one of its ground too, but for a corner of the Earth: nothing is observed there.
            let ground = footprint.map(|f| self.ground(f)).transpose()?.flatten();
            grounds.push(ground.unwrap_or_else(|| geo::MultiPolygon::new(Vec::new())));
        }
        let footprints = Footprints::new(group.grid, window, grounds);
        let cells = cells_of(group.grid, window, &self.to_lonlat).map_err(|source| group.named(source))?;
        let mut parts: Vec<Part> = Vec::new();
        for (layer, reader) in group.layers.iter().zip(&self.readers) {
            let codes = reader.read(window)?;
            footprints.add_up(codes.view(), &cells, |number, class, amount| {
                if class == UNOBSERVED || class == OUTSIDE_RASTER {
                    return;
                }
                let event = task.events[number];
                if parts.last().is_none_or(|last| (last.event, last.day) != (event, layer.day)) {
                    parts.push(Part { event, day: layer.day, coca: Amount::default(), observed: Amount::default() });
                }
                if let Some(part) = parts.last_mut() {
                    part.observed += amount;
                    if layer.is_coca[usize::from(class)] {
                        part.coca += amount;
                    }
                }
            });
        }
        Ok(parts)
    }

    /// The footprint in the CRS of the masks.
    fn ground(&self, footprint: &Footprint) -> Result<Option<geo::MultiPolygon<f64>>, ReconcileError> {
        let ground = footprint.ground();
        if self.way.is_identity() {
            return Ok(Some(ground));
        }
        carry(&ground, &Crs::wgs84(), &self.way).map_err(|source| self.group.named(source))
    }
}

fn apart(events: &[Event], masks: &[DatedMask]) -> ReconcileError {
    let text = |b: Rect<f64>| format!("{:.3} to {:.3} E, {:.3} to {:.3} N", b.min().x, b.max().x, b.min().y, b.max().y);
    let boxes = events.iter().filter_map(|event| event.usable()?.1.bounds());
    let records = boxes.reduce(|a, b| {
        let (min, max) = (|x: f64, y: f64| x.min(y), |x: f64, y: f64| x.max(y));
        Rect::new(
            Coord { x: min(a.min().x, b.min().x), y: min(a.min().y, b.min().y) },
            Coord { x: max(a.max().x, b.max().x), y: max(a.max().y, b.max().y) },
        )
    });
    let first = masks.first().and_then(|mask| mask.mosaics.first()).and_then(|mosaic| extent(&mosaic.grid));
    ReconcileError::Apart {
        records: records.map_or_else(|| "nothing".to_owned(), text),
        masks: first.map_or_else(|| "an unknown place".to_owned(), text),
    }
}

/// Extent of a grid in degrees, by its corners.
fn extent(grid: &Grid) -> Option<Rect<f64>> {
    let way = Transform::new(&grid.crs, &Crs::wgs84()).ok()?;
    let [left, bottom, right, top] = grid.bounds();
    let (mut x, mut y) = ([left, right], [bottom, top]);
    way.apply(&mut x, &mut y).ok()?;
    Some(Rect::new(Coord { x: x[0], y: y[0] }, Coord { x: x[1], y: y[1] }))
}
