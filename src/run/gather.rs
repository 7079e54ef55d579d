//! Labelled places to labelled pixels: the features of what each label covers, read neighbour by neighbour.

use std::collections::BTreeMap;

use geo::{BoundingRect, CoordsIter};

use super::imagery::{Imagery, Readers};
use super::plan::{YearPlan, window_around};
use super::threads::Threads;
use super::train::{TrainChoice, TrainError};
use crate::area;
use crate::classify::sample::{Place, Sample};
use crate::classify::training_set::TrainingSet;
use crate::features::FeatureBlock;
use crate::features::planar::{self, Workspace};
use crate::features::recipe::Recipe;
use crate::io::scene::SceneError;
use crate::scene::source::preferred_block;
use crate::scene::{RawTile, Window};

/// Pixels of the windows of neighbours that are read together, at most, but for a window that is larger alone.
const MOST_PIXELS: usize = 1 << 16;
/// Samples that are read together at most: the threads share them.
const MOST_SAMPLES: usize = 64;

/// Pixels of all samples.
pub(super) struct Gathered {
    pub(super) classes: Vec<String>,
    pub(super) set: TrainingSet,
    /// Number in the file of each unit.
    pub(super) numbers: Vec<u32>,
    outside: usize,
    unseen: usize,
    other_years: usize,
}

/// One sample in one year.
struct Visit<'a> {
    /// Its place in the order of samples and years.
    order: usize,
    sample: usize,
    year: &'a YearPlan,
    window: Window,
}

/// Pixels of one sample in one year.
struct Pixels {
    order: usize,
    sample: usize,
    block: FeatureBlock,
    /// Number of each pixel in the grid.
    places: Vec<u64>,
    inside: bool,
}

/// Labels, and what is to be known of the pixels that they cover.
struct Labels<'a> {
    imagery: &'a Imagery<'a>,
    samples: &'a [Sample],
    recipe: &'a Recipe,
    dilation: usize,
}

/// The observed pixels of all samples in the years that they are of, in the order of samples and years.
///
/// # Errors
/// [`TrainError`] when a scene cannot be read, or fewer than two classes or more than 250 have pixels.
pub(super) fn gather(
    threads: &Threads,
    imagery: &Imagery<'_>,
    years: &[YearPlan],
    samples: &[Sample],
    (recipe, choice): (&Recipe, &TrainChoice),
) -> Result<Gathered, TrainError> {
    let (mut visits, mut parts) = (Vec::new(), Vec::new());
    let (mut other_years, mut order) = (0, 0);
    for (sample, place) in samples.iter().enumerate() {
        let window = window_of(place, imagery);
        let before = order;
        for year in years.iter().filter(|y| place.year.is_none_or(|s| s == y.year)) {
            match window {
                Some(window) => visits.push(Visit { order, sample, year, window }),
                None => parts.push(nothing(order, sample, false)),
            }
            order += 1;
        }
        other_years += usize::from(order == before);
    }
    let labels = Labels { imagery, samples, recipe, dilation: choice.dilation };
    threads.map_in_order(
        &neighbours(imagery, visits),
        || Ok(imagery.readers()),
        |readers, visits| labels.pixels_of(readers, visits),
        |some| {
            parts.extend(some);
            Ok::<_, SceneError>(())
        },
    )?;
    parts.sort_by_key(|part| part.order);
    let gathered = join(samples, &parts, choice.block, other_years);
    let path = choice.samples.clone();
    match gathered.classes.len() {
        classes @ 0..=1 => {
            let Gathered { outside, unseen, .. } = gathered;
            Err(TrainError::Classes { path, classes, outside, unseen, years: other_years })
        }
        classes if classes > 250 => Err(TrainError::TooMany { path, classes }),
        _ => Ok(gathered),
    }
}

/// Visits of one year whose windows begin in the same blocks of the files, together.
fn neighbours<'a>(imagery: &Imagery<'_>, visits: Vec<Visit<'a>>) -> Vec<Vec<Visit<'a>>> {
    let mut by_cell: BTreeMap<(i16, usize, usize), Vec<Visit<'a>>> = BTreeMap::new();
    for visit in visits {
        let first = visit.year.scenes.first();
        let (rows, cols) = first.map_or((256, 256), |scene| preferred_block(&imagery.scenes[*scene]));
        let cell = (visit.year.year, visit.window.row0 / rows, visit.window.col0 / cols);
        by_cell.entry(cell).or_default().push(visit);
    }
    let mut groups: Vec<Vec<Visit<'a>>> = Vec::new();
    for of_cell in by_cell.into_values() {
        let mut pixels = usize::MAX;
        for visit in of_cell {
            pixels = pixels.saturating_add(visit.window.len());
            match groups.last_mut() {
                Some(group) if pixels <= MOST_PIXELS && group.len() < MOST_SAMPLES => group.push(visit),
                _ => {
                    pixels = visit.window.len();
                    groups.push(vec![visit]);
                }
            }
        }
    }
    groups
}

fn nothing(order: usize, sample: usize, inside: bool) -> Pixels {
    Pixels { order, sample, block: FeatureBlock::default(), places: Vec::new(), inside }
}

impl Labels<'_> {
    /// Features of the observed pixels of some samples of one year, read scene by scene.
    fn pixels_of(&self, readers: &mut Readers<'_>, visits: &[Visit<'_>]) -> Result<Vec<Pixels>, SceneError> {
        let wanted: Vec<Vec<(usize, usize)>> =
            visits.iter().map(|v| labelled_pixels(&self.samples[v.sample], self.imagery, &v.window)).collect();
        let scenes: Vec<Vec<usize>> = visits.iter().map(|v| self.imagery.scenes_at(v.year, &v.window)).collect();
        let mut tiles: Vec<Vec<RawTile>> = visits.iter().map(|_| Vec::new()).collect();
        for scene in visits.first().map_or(&[][..], |visit| &visit.year.scenes) {
            let touched: Vec<usize> =
                (0..visits.len()).filter(|&v| !wanted[v].is_empty() && scenes[v].contains(scene)).collect();
            let with_halo = |&v: &usize| {
                let window = visits[v].window;
                (window, window.with_halo(self.dilation, self.imagery.grid))
            };
            let windows: Vec<_> = touched.iter().map(with_halo).collect();
            if windows.is_empty() {
                continue;
            }
            for (v, mut tile) in touched.into_iter().zip(readers.raw_of_neighbours(*scene, &windows)?) {
                tile.settle(self.dilation);
                tiles[v].push(tile);
            }
        }
        let parts = visits.iter().zip(wanted).zip(tiles);
        Ok(parts.map(|((visit, wanted), tiles)| self.features(visit, wanted, &tiles)).collect())
    }

    fn features(&self, visit: &Visit<'_>, wanted: Vec<(usize, usize)>, tiles: &[RawTile]) -> Pixels {
        let (window, grid) = (visit.window, self.imagery.grid);
        let seen = |at: &(usize, usize)| tiles.iter().any(|tile| tile.validity[*at].is_observed());
        let observed: Vec<(usize, usize)> = wanted.into_iter().filter(seen).collect();
        if tiles.is_empty() {
            return nothing(visit.order, visit.sample, false);
        }
        let place = |(row, col): &(usize, usize)| ((window.row0 + row) * grid.cols + window.col0 + col) as u64;
        let numbers: Vec<u32> = observed.iter().map(|(row, col)| (row * window.cols + col) as u32).collect();
        let mut block = FeatureBlock::default();
        self.recipe.compute(tiles, planar::Pixels::List(&numbers), &mut Workspace::default(), &mut block);
        let places = observed.iter().map(place).collect();
        Pixels { order: visit.order, sample: visit.sample, block, places, inside: true }
    }
}

fn window_of(sample: &Sample, imagery: &Imagery<'_>) -> Option<Window> {
    match &sample.place {
        Place::Point { x, y } => {
            let (col, row) = imagery.grid.col_row(*x, *y);
            let inside = col >= 0.0 && row >= 0.0 && col < imagery.grid.cols as f64 && row < imagery.grid.rows as f64;
            inside.then_some(Window { row0: row as usize, col0: col as usize, rows: 1, cols: 1 })
        }
        Place::Ground(ground) => window_around(imagery.grid, ground.coords_iter().map(|c| (c.x, c.y)), 0),
    }
}

/// The pixels of a window, `(row, col)` in it, that a label is true of: at least half inside the polygon, or, where the
/// polygon is smaller than that, the one it covers most.
fn labelled_pixels(sample: &Sample, imagery: &Imagery<'_>, window: &Window) -> Vec<(usize, usize)> {
    let Place::Ground(ground) = &sample.place else { return vec![(0, 0)] };
    let fractions = area::pixel_fractions(ground, imagery.grid, window);
    let mostly: Vec<_> = fractions.iter().filter(|(_, _, f)| *f >= 0.5).map(|(r, c, _)| (*r, *c)).collect();
    if !mostly.is_empty() {
        return mostly;
    }
    let most = fractions.iter().max_by(|a, b| a.2.total_cmp(&b.2));
    most.map(|(r, c, _)| (*r, *c)).into_iter().collect()
}

/// Joins the samples' pixels into one set; classes are those with pixels, in alphabetical order.
fn join(samples: &[Sample], parts: &[Pixels], block_side: f64, other_years: usize) -> Gathered {
    let mut classes: Vec<String> =
        parts.iter().filter(|p| p.block.pixels > 0).map(|p| samples[p.sample].class.clone()).collect();
    classes.sort();
    classes.dedup();
    let features = parts.iter().map(|p| p.block.features).max().unwrap_or(0);
    let kept: Vec<&Pixels> = parts.iter().filter(|p| p.block.pixels > 0).collect();
    let blocks: Vec<FeatureBlock> = kept.iter().map(|p| p.block.clone()).collect();
    let pixel = kept.iter().flat_map(|part| part.places.iter().copied()).collect();
    let (mut class, mut unit, mut block, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::<u32>::new());
    let mut block_numbers = BTreeMap::new();
    for part in &kept {
        let sample = &samples[part.sample];
        if numbers.last() != Some(&sample.number) {
            numbers.push(sample.number);
        }
        let own = numbers.len() as u32 - 1;
        let class_number = classes.iter().position(|c| *c == sample.class).unwrap_or(0) as u8;
        let next = block_numbers.len() as u32;
        let in_block = *block_numbers.entry(block_of(sample, block_side, own)).or_insert(next);
        class.extend(std::iter::repeat_n(class_number, part.block.pixels));
        unit.extend(std::iter::repeat_n(own, part.block.pixels));
        block.extend(std::iter::repeat_n(in_block, part.block.pixels));
    }
    Gathered {
        classes,
        set: TrainingSet { features: FeatureBlock::joined(features, &blocks), class, unit, block, pixel },
        numbers,
        outside: parts.iter().filter(|p| !p.inside).count(),
        unseen: parts.iter().filter(|p| p.inside && p.block.pixels == 0).count(),
        other_years,
    }
}

/// The spatial block of a sample: the cell, `side` wide, that holds the middle of its bounding box; its own unit without blocks.
fn block_of(sample: &Sample, side: f64, unit: u32) -> (i64, i64) {
    let middle = match &sample.place {
        Place::Point { x, y } => Some((*x, *y)),
        Place::Ground(ground) => ground.bounding_rect().map(|r| (r.center().x, r.center().y)),
    };
    match middle {
        Some((x, y)) if side > 0.0 => ((x / side).floor() as i64, (y / side).floor() as i64),
        _ => (i64::from(unit), i64::MIN),
    }
}

impl Gathered {
    /// Remarks on samples that were not used.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut add = |count: usize, what: &str| {
            if count > 0 {
                notes.push(format!("{count} samples {what}"));
            }
        };
        add(self.outside, "lie outside the scenes of their year and were not used");
        add(self.unseen, "have no clear observation in their year and were not used");
        add(self.other_years, "are of years that are not mapped and were not used");
        notes
    }
}
