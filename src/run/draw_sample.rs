//! A random sample of a map in one pass over its windows, in memory bounded by windows, strata and sample.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{PoisonError, RwLock};

use geo::MultiPolygon;
use ndarray::Array2;

use super::job::Progress;
use super::map::cells_of;
use super::sample_zones::{NOWHERE, Zone, Zoning, lattice_origin, municipality_of, number_of, pieces};
use super::tally::TallyError;
use super::threads::Threads;
use crate::accuracy::draw::{Candidate, Reservoir, below_limits};
use crate::area::{AreaTable, OUTSIDE_RASTER, UNOBSERVED, Zones, coverage, tabulate_patches};
use crate::io::class_mosaic::{ClassMosaic, MosaicReader};
use crate::io::crs::Transform;
use crate::io::project_grounds::project_grounds;
use crate::scene::Window;
use crate::scene::validity::dilate;

/// A zone, the part of a window that holds it, and where a municipality is meant the number of each pixel's.
type ZonePart = (Zone, Window, Option<Rc<Array2<u32>>>);

/// What pixels of one stratum have in common, as far as it is known while they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Zone, where strata are by zone.
    pub zone: Zone,
    /// Class, `None` for the buffer and for a simple random sample.
    pub class: Option<u8>,
}

/// Ground that is alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroundKey {
    /// Zone.
    pub zone: Zone,
    /// Whether it is in the buffer.
    pub near: bool,
    /// Class.
    pub class: u8,
}

/// How a map is sampled.
#[derive(Clone, Debug)]
pub struct Drawing<'a> {
    /// Seed.
    pub seed: u64,
    /// Candidates kept of each stratum: no stratum gets more units.
    pub most: usize,
    /// Pixels around the target classes that are a stratum of their own; 0 for none.
    pub buffer: usize,
    /// The target classes, which the buffer lies around.
    pub targets: Vec<u8>,
    /// Zones.
    pub zoning: Zoning<'a>,
    /// Ground that is not to be sampled, for each grid in its reference system, with every pixel that it touches.
    pub excluded: Vec<Vec<MultiPolygon<f64>>>,
    /// Whether strata are by zone.
    pub by_zone: bool,
    /// Whether there is one stratum only.
    pub simple: bool,
}

/// What one pass gives.
#[derive(Debug, Default)]
pub struct Seen {
    /// Pixels and hectares of all ground, [`UNOBSERVED`] included.
    pub grounds: BTreeMap<GroundKey, (u64, f64)>,
    /// Candidates of every stratum.
    pub reservoirs: BTreeMap<Kind, Reservoir>,
}

/// Goes over the map once.
///
/// # Errors
/// [`TallyError`] naming the raster or municipality.
pub fn draw_candidates(
    threads: &Threads,
    mosaics: &[ClassMosaic],
    drawing: &Drawing<'_>,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Seen, TallyError> {
    let pixels: usize = mosaics.iter().map(|m| m.windows().iter().map(Window::len).sum::<usize>()).sum();
    progress(Progress::Stage("sampling", pixels as u64));
    let mut seen = Seen::default();
    for (number, mosaic) in mosaics.iter().enumerate() {
        let zones = match &drawing.zoning {
            Zoning::Municipalities(layer) => Zones::new(&mosaic.grid, &project_grounds(layer, &mosaic.grid.crs)?),
            _ => Zones::new(&mosaic.grid, &[]),
        };
        let limits = RwLock::new(BTreeMap::new());
        let excluded = drawing.excluded.get(number).map(|grounds| Zones::new(&mosaic.grid, grounds));
        let job = Job { drawing, mosaic, zones, excluded, number, limits: &limits };
        let mut tables: BTreeMap<(Zone, bool), (AreaTable, Vec<u64>)> = BTreeMap::new();
        threads.map_in_order(
            &mosaic.windows(),
            || Worker::new(&job),
            |worker, window| worker.look(window).map(|part| (part, window.len())),
            |(part, pixels)| {
                for (key, table, counts) in part.grounds {
                    let sum = tables.entry(key).or_insert_with(|| (AreaTable::default(), vec![0; 256]));
                    sum.0.merge(&table);
                    counts.into_iter().for_each(|(class, n)| sum.1[usize::from(class)] += n);
                }
                let mut limits = limits.write().unwrap_or_else(PoisonError::into_inner);
                for (kind, own) in part.reservoirs {
                    let all = seen.reservoirs.entry(kind).or_insert_with(|| Reservoir::new(drawing.most));
                    all.merge(&own);
                    limits.insert(kind, all.limit());
                }
                progress(Progress::Step(pixels as u64));
                Ok::<(), TallyError>(())
            },
        )?;
        for ((zone, near), (table, counts)) in tables {
            for class in table.classes().into_iter().filter(|class| *class != OUTSIDE_RASTER) {
                let sum = seen.grounds.entry(GroundKey { zone, near, class }).or_default();
                sum.0 += counts[usize::from(class)];
                sum.1 += table.outside_hectares(class);
            }
        }
    }
    Ok(seen)
}

/// All that windows of one mosaic share.
struct Job<'a> {
    drawing: &'a Drawing<'a>,
    mosaic: &'a ClassMosaic,
    zones: Zones,
    excluded: Option<Zones>,
    number: usize,
    /// Priorities from which a stratum needs no further candidates. They only fall, so an old one does no harm.
    limits: &'a RwLock<BTreeMap<Kind, u64>>,
}

impl Job<'_> {
    fn no_way(&self, source: crate::io::crs::CrsError) -> TallyError {
        let path = self.mosaic.rasters().next().map(|r| r.path.clone()).unwrap_or_default();
        TallyError::Transform { path, source }
    }
}

/// Ground of a zone in a window, by class: its table and its pixels.
type GroundPart = ((Zone, bool), AreaTable, BTreeMap<u8, u64>);

#[derive(Default)]
struct Part {
    grounds: Vec<GroundPart>,
    reservoirs: BTreeMap<Kind, Reservoir>,
}

/// What one thread keeps from window to window.
struct Worker<'a> {
    job: &'a Job<'a>,
    reader: MosaicReader<'a>,
    to_lonlat: Transform,
}

impl<'a> Worker<'a> {
    fn new(job: &'a Job<'a>) -> Result<Self, TallyError> {
        let to_lonlat = Transform::to_own_lonlat(&job.mosaic.grid.crs).map_err(|source| job.no_way(source))?;
        Ok(Self { job, reader: job.mosaic.reader()?, to_lonlat })
    }

    fn look(&self, window: &Window) -> Result<Part, TallyError> {
        let (mut codes, near) = self.codes_and_buffer(window)?;
        let mut part = Part::default();
        if let Some(excluded) = self.excluded(window) {
            let pick = |wanted: bool| {
                let kept = ndarray::Zip::from(&codes).and(&excluded);
                kept.map_collect(|code, is| if *is == wanted { *code } else { OUTSIDE_RASTER })
            };
            let (inside, rest) = (pick(true), pick(false));
            self.take(&mut part, (Zone::Excluded, false), window, &inside)?;
            codes = rest;
        }
        if near.is_none() && matches!(self.job.drawing.zoning, Zoning::None) {
            self.take(&mut part, (Zone::Whole, false), window, &codes)?;
            return Ok(part);
        }
        for (zone, own, inside) in self.zones(window) {
            for buffer in [false, true] {
                if buffer && near.is_none() {
                    continue;
                }
                let mut layer = Array2::from_elem((own.rows, own.cols), OUTSIDE_RASTER);
                let (row, col) = (own.row0 - window.row0, own.col0 - window.col0);
                for ((r, c), code) in layer.indexed_iter_mut() {
                    let at = [row + r, col + c];
                    let is_near = near.as_ref().is_some_and(|near| near[at]);
                    if is_near == buffer && inside.as_ref().is_none_or(|zones| zones[at] == number_of(zone)) {
                        *code = codes[at];
                    }
                }
                self.take(&mut part, (zone, buffer), &own, &layer)?;
            }
        }
        Ok(part)
    }

    /// Pixels of which excluded ground holds a part; `None` where there are none.
    fn excluded(&self, window: &Window) -> Option<Array2<bool>> {
        let zones = self.job.excluded.as_ref().filter(|zones| zones.touching(window))?;
        let mut touched = Array2::from_elem((window.rows, window.cols), false);
        for run in zones.in_window(window).into_iter().flat_map(|zone| coverage(zones, zone, window)) {
            touched.slice_mut(ndarray::s![run.row, run.col0..run.col1]).fill(true);
        }
        Some(touched)
    }

    /// Classes of a window, and where they are in the buffer: observed, no target class, and near one.
    fn codes_and_buffer(&self, window: &Window) -> Result<(Array2<u8>, Option<Array2<bool>>), TallyError> {
        let Drawing { buffer, targets, .. } = self.job.drawing;
        if *buffer == 0 {
            return Ok((self.reader.read(window)?, None));
        }
        let wide = window.with_halo(*buffer, &self.job.mosaic.grid);
        let codes = self.reader.read(&wide)?;
        let mut near = dilate(codes.map(|code| targets.contains(code)).view(), *buffer);
        near.zip_mut_with(&codes, |near, code| {
            *near &= !targets.contains(code) && *code != UNOBSERVED && *code != OUTSIDE_RASTER;
        });
        let (row, col) = (window.row0 - wide.row0, window.col0 - wide.col0);
        let core = ndarray::s![row..row + window.rows, col..col + window.cols];
        Ok((codes.slice(core).to_owned(), Some(near.slice(core).to_owned())))
    }

    /// The zones of a window, each with the part of the window that holds it; numbers of municipalities by pixel.
    fn zones(&self, window: &Window) -> Vec<ZonePart> {
        match self.job.drawing.zoning {
            Zoning::None => vec![(Zone::Whole, *window, None)],
            Zoning::Cells(side) => {
                let (row0, col0) = lattice_origin(&self.job.mosaic.grid);
                let rows = pieces(window.row0, window.rows, row0, side);
                let cols = pieces(window.col0, window.cols, col0, side);
                let cell = |(row, (cell_row, rows)): (usize, (i64, usize))| {
                    cols.iter().map(move |(col, (cell_col, cols))| {
                        (Zone::Cell(cell_row, *cell_col), Window { row0: row, col0: *col, rows, cols: *cols }, None)
                    })
                };
                rows.iter().copied().flat_map(cell).collect()
            }
            Zoning::Municipalities(_) => {
                let numbers = Rc::new(municipality_of(&self.job.zones, window));
                let mut found: Vec<u32> = numbers.iter().copied().collect();
                found.sort_unstable();
                found.dedup();
                let zone = |n: u32| if n == NOWHERE { Zone::Outside } else { Zone::Municipality(n) };
                found.into_iter().map(|n| (zone(n), *window, Some(Rc::clone(&numbers)))).collect()
            }
        }
    }

    /// Counts a layer of codes and takes its candidates.
    fn take(
        &self,
        part: &mut Part,
        (zone, near): (Zone, bool),
        window: &Window,
        codes: &Array2<u8>,
    ) -> Result<(), TallyError> {
        let grid = &self.job.mosaic.grid;
        if codes.iter().all(|code| *code == OUTSIDE_RASTER) {
            return Ok(());
        }
        let cells = cells_of(grid, window, &self.to_lonlat).map_err(|source| self.job.no_way(source))?;
        let (table, pixels) = tabulate_patches(window, codes.view(), &cells);
        let mut limits = [0; 256];
        let known = self.job.limits.read().unwrap_or_else(PoisonError::into_inner).clone();
        for class in pixels.keys().copied().filter(|class| *class != UNOBSERVED && *class != OUTSIDE_RASTER) {
            let kind = self.kind(zone, near, class);
            let so_far = part.reservoirs.get(&kind).map_or(u64::MAX, Reservoir::limit);
            limits[usize::from(class)] = so_far.min(known.get(&kind).copied().unwrap_or(u64::MAX));
        }
        if zone.is_out() {
            limits = [0; 256];
        }
        let (row0, col0) = lattice_origin(grid);
        let origin = (row0 + window.row0 as i64, col0 + window.col0 as i64);
        below_limits((self.job.drawing.seed, origin), codes.view(), &mut limits, |(row, col), priority| {
            let class = codes[[row, col]];
            let most = self.job.drawing.most;
            let kind = self.kind(zone, near, class);
            let reservoir = part.reservoirs.entry(kind).or_insert_with(|| Reservoir::new(most));
            let at = ((window.row0 + row) as u32, (window.col0 + col) as u32);
            reservoir.push(Candidate { priority, grid: self.job.number as u32, at, class });
            let so_far = known.get(&kind).copied().unwrap_or(u64::MAX);
            reservoir.limit().min(so_far)
        });
        part.grounds.push(((zone, near), table, pixels));
        Ok(())
    }

    fn kind(&self, zone: Zone, near: bool, class: u8) -> Kind {
        let drawing = self.job.drawing;
        kind_of(drawing, GroundKey { zone, near, class })
    }
}

/// The stratum of some ground.
pub fn kind_of(drawing: &Drawing<'_>, ground: GroundKey) -> Kind {
    let zone = if drawing.by_zone { ground.zone } else { Zone::Whole };
    let class = (!ground.near && !drawing.simple).then_some(ground.class);
    Kind { zone: if drawing.simple { Zone::Whole } else { zone }, class }
}
