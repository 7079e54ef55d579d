//! READ FIRST. The pure chain for one window of one census year:
//! tiles -> validity -> features -> class -> mask -> area table.
//!
//! Nothing here opens a file or starts a thread. It goes in two steps. [`classify_window`] looks at the window's own pixels
//! only (clouds around it are in the tiles' states), so every block of a file is decoded once. [`finish_window`] takes small
//! patches off, for which it looks at the *classes* of the windows around. So results do not depend on how a raster is cut
//! into windows.

use ndarray::{Array2, s};

use crate::area::{self, AreaTable, CellArea, OUTSIDE_RASTER, UNOBSERVED, Zones};
use crate::classify::Prediction;
use crate::classify::model::{Bench, Classifier, Model};
use crate::classify::network::{NetworkError, Year};
use crate::classify::sieve;
use crate::features::planar::Pixels;
use crate::features::recipe::Recipe;
use crate::scene::{RawTile, Validity, Window};

/// Pixels classified at a time: their features stay in the second-level cache.
const BATCH: usize = 4096;

/// What stays the same over all windows of a run.
pub struct Chain<'a> {
    /// The classifier.
    pub model: &'a Model,
    /// How its features are made from the tiles' bands.
    pub recipe: &'a Recipe,
    /// Cloud and shadow grow by so many pixels.
    pub dilation: usize,
    /// Patches of coca smaller than this are taken off, in square millimetres.
    pub minimum_unit_mm2: u64,
}

/// A window of the project's grid, and the wider one that small patches are looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What the results are of.
    pub core: Window,
    /// `core` with its halo.
    pub read: Window,
}

/// A classified window before small patches are taken off: rasters `[row, col]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// Where.
    pub window: Window,
    /// Class number, 1 for the model's first class; [`UNOBSERVED`], or [`OUTSIDE_RASTER`] where no scene reaches.
    pub class: Array2<u8>,
    /// The best class that is not coca; [`UNOBSERVED`] where `class` is no class.
    pub alternative: Array2<u8>,
    /// Probability of coca in per cent, 255 unobserved.
    pub percent: Array2<u8>,
    /// Number of clear observations (254: that many or more).
    pub observations: Array2<u8>,
    /// Pixels by scene and [`Validity`], in the order of the tiles.
    pub states: Vec<[u64; Validity::ALL.len()]>,
}

/// What one window gives: rasters `[row, col]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// Where.
    pub core: Window,
    /// Class number, 1 for the model's first class; [`UNOBSERVED`], or [`OUTSIDE_RASTER`] where no scene reaches.
    pub class: Array2<u8>,
    /// 1 coca, 0 not, 255 unobserved.
    pub coca: Array2<u8>,
    /// Probability of coca in per cent, 255 unobserved.
    pub percent: Array2<u8>,
    /// Number of clear observations (254: that many or more).
    pub observations: Array2<u8>,
    /// Pixels by scene and [`Validity`], in the order of the tiles.
    pub states: Vec<[u64; Validity::ALL.len()]>,
}

/// Classifies a window from the tiles of a year as they were read, which are settled here: of the window, or of so much around
/// it as a network looks at. `days` are the days of all dates of the year, counted from 1970 and rising. `bench` is kept from
/// window to window.
///
/// # Errors
/// [`NetworkError`]: the runtime of a network fails.
pub fn classify_window(
    chain: &Chain<'_>,
    window: Window,
    (tiles, days): (&mut [RawTile], &[i32]),
    bench: &mut Bench,
) -> Result<Classified, NetworkError> {
    tiles.iter_mut().for_each(|tile| tile.settle(chain.dilation));
    let tiles: &[RawTile] = tiles;
    if let Some(network) = chain.model.network() {
        let read = tiles.first().map_or(window, |tile| tile.window);
        let seen = observations(tiles, read.len());
        let year = Year { tiles, days, seen: &seen, read, window };
        let mut found = vec![(0, 0, 0); read.len()];
        chain.model.classify_window(network, chain.recipe, &year, bench, |pixel, class, other, percent| {
            found[pixel] = (class + 1, other + 1, percent);
        })?;
        return Ok(around_cut_off(window, &read, tiles, (&seen, &found)));
    }
    let shape = (window.rows, window.cols);
    let observations = observations(tiles, window.len());
    let mut out = Classified {
        window,
        class: unseen(tiles, shape),
        alternative: Array2::from_elem(shape, UNOBSERVED),
        percent: Array2::from_elem(shape, UNOBSERVED),
        observations: Array2::zeros((0, 0)),
        states: tiles.iter().map(|tile| count_states(tile.states())).collect(),
    };
    if let (Some(class), Some(other), Some(percent)) =
        (out.class.as_slice_mut(), out.alternative.as_slice_mut(), out.percent.as_slice_mut())
    {
        let layers = Layers { class, other, percent };
        classify(chain, tiles, &observations, bench, layers);
    }
    out.observations = Array2::from_shape_vec(shape, observations).unwrap_or_default();
    Ok(out)
}

/// What a network found, without the pixels around the window that it looked at.
fn around_cut_off(
    window: Window,
    read: &Window,
    tiles: &[RawTile],
    (seen, found): (&[u8], &[(u8, u8, u8)]),
) -> Classified {
    let shape = (window.rows, window.cols);
    let (row0, col0) = (window.row0 - read.row0, window.col0 - read.col0);
    let number = |(row, col)| (row0 + row) * read.cols + col0 + col;
    let outside = unseen(tiles, (read.rows, read.cols));
    let of = |observed: &dyn Fn(usize) -> u8, other: &dyn Fn((usize, usize)) -> u8| {
        Array2::from_shape_fn(shape, |(row, col)| {
            let pixel = number((row, col));
            if seen[pixel] > 0 { observed(pixel) } else { other((row0 + row, col0 + col)) }
        })
    };
    let states = |tile: &RawTile| {
        let rows = (0..window.rows).map(|row| count_states(&tile.states()[number((row, 0))..][..window.cols]));
        rows.fold([0; Validity::ALL.len()], |mut all, row| {
            all.iter_mut().zip(row).for_each(|(all, n)| *all += n);
            all
        })
    };
    Classified {
        window,
        class: of(&|pixel| found[pixel].0, &|at| outside[at]),
        alternative: of(&|pixel| found[pixel].1, &|_| UNOBSERVED),
        percent: of(&|pixel| found[pixel].2, &|_| UNOBSERVED),
        observations: Array2::from_shape_fn(shape, |at| seen[number(at)]),
        states: tiles.iter().map(states).collect(),
    }
}

/// Takes small patches off a classified window. `around` are the classified windows that the halo reaches, this one
/// among them; `cells` are the areas of the pixels of `cut.read`.
pub fn finish_window(
    chain: &Chain<'_>,
    cut: &Cut,
    (here, around): (&Classified, &[&Classified]),
    cells: &CellArea,
) -> Mapped {
    let mut class = here.class.clone();
    remove_small_patches(chain, cut, around, (&mut class, &here.alternative), cells);
    let mut is_coca = [UNOBSERVED; 256];
    is_coca.iter_mut().skip(1).zip(&chain.model.coca).for_each(|(code, coca)| *code = u8::from(*coca));
    Mapped {
        core: cut.core,
        coca: class.mapv(|c| is_coca[usize::from(c)]),
        percent: here.percent.clone(),
        observations: here.observations.clone(),
        states: here.states.clone(),
        class,
    }
}

/// Hectares of a mapped window by municipality and class: the same codes that are written as the class raster.
pub fn tabulate(mapped: &Mapped, zones: &Zones, cells: &CellArea) -> AreaTable {
    area::tabulate(&mapped.core, mapped.class.view(), zones, cells)
}

/// Every pixel as not (yet) seen: [`OUTSIDE_RASTER`] where no scene reaches, else [`UNOBSERVED`].
fn unseen(tiles: &[RawTile], shape: (usize, usize)) -> Array2<u8> {
    let mut class = vec![OUTSIDE_RASTER; shape.0 * shape.1];
    for tile in tiles {
        for (c, v) in class.iter_mut().zip(tile.states()) {
            *c = either(*v == Validity::OutsideScene, *c, UNOBSERVED);
        }
    }
    Array2::from_shape_vec(shape, class).unwrap_or_default()
}

/// `yes` where `which`, else `no`: in this form the compiler makes vector code of a loop, and no branches.
#[inline(always)]
fn either(which: bool, yes: u8, no: u8) -> u8 {
    let mask = u8::from(which).wrapping_neg();
    (yes & mask) | (no & !mask)
}

/// Number of clear observations of each pixel, 254 at most.
fn observations(tiles: &[RawTile], pixels: usize) -> Vec<u8> {
    let mut seen = vec![0_u8; pixels];
    for tile in tiles {
        for (n, v) in seen.iter_mut().zip(tile.states()) {
            *n = (*n + u8::from(*v == Validity::Clear)).min(254);
        }
    }
    seen
}

/// Rasters to be filled in, row by row.
struct Layers<'a> {
    class: &'a mut [u8],
    other: &'a mut [u8],
    percent: &'a mut [u8],
}

/// Fills in class, best class that is not coca, and percentage of the observed pixels.
fn classify(chain: &Chain<'_>, tiles: &[RawTile], seen: &[u8], bench: &mut Bench, layers: Layers<'_>) {
    let mut prediction = Prediction::default();
    let mut list = Vec::with_capacity(BATCH);
    for first in (0..seen.len()).step_by(BATCH) {
        let batch = &seen[first..seen.len().min(first + BATCH)];
        let observed = batch.iter().filter(|n| **n > 0).count();
        // Where so many are observed, it is quicker to classify all in one go and not to look at the others.
        let dense = match chain.model.classifier {
            Classifier::Forest(_) | Classifier::Imported(_) | Classifier::Network(_) => batch.len(),
            Classifier::Symmetric(_) => batch.len() / 2 + 1,
        };
        if observed >= dense {
            let run = Pixels::Run { first, count: batch.len() };
            chain.model.classify(chain.recipe, tiles, run, bench, &mut prediction);
            let range = first..first + batch.len();
            for (out, from, step) in [
                (&mut *layers.class, &prediction.class, 1),
                (&mut *layers.other, &prediction.alternative, 1),
                (&mut *layers.percent, &prediction.percent, 0),
            ] {
                for ((out, from), seen) in out[range.clone()].iter_mut().zip(from).zip(batch) {
                    *out = either(*seen > 0, from.wrapping_add(step), *out);
                }
            }
        } else if observed > 0 {
            list.clear();
            list.extend((first as u32..).zip(batch).filter(|(_, n)| **n > 0).map(|(pixel, _)| pixel));
            chain.model.classify(chain.recipe, tiles, Pixels::List(&list), bench, &mut prediction);
            for (i, pixel) in list.iter().map(|p| *p as usize).enumerate() {
                layers.class[pixel] = prediction.class[i] + 1;
                layers.other[pixel] = prediction.alternative[i] + 1;
                layers.percent[pixel] = prediction.percent[i];
            }
        }
    }
}

/// Coca in patches below the minimum mapping unit becomes the next best class.
fn remove_small_patches(
    chain: &Chain<'_>,
    cut: &Cut,
    around: &[&Classified],
    (class, alternative): (&mut Array2<u8>, &Array2<u8>),
    cells: &CellArea,
) {
    if chain.minimum_unit_mm2 == 0 {
        return;
    }
    let mut is_coca = [false; 256];
    is_coca.iter_mut().skip(1).zip(&chain.model.coca).for_each(|(code, coca)| *code = *coca);
    let mut coca = Array2::from_elem((cut.read.rows, cut.read.cols), false);
    for part in around {
        let Some(shared) = part.window.intersection(&cut.read) else { continue };
        let of = |w: &Window| {
            let (row, col) = (shared.row0 - w.row0, shared.col0 - w.col0);
            s![row..row + shared.rows, col..col + shared.cols]
        };
        let from = part.class.slice(of(&part.window));
        coca.slice_mut(of(&cut.read)).zip_mut_with(&from, |to, class| *to = is_coca[usize::from(*class)]);
    }
    if !coca.iter().any(|c| *c) {
        return;
    }
    let small = sieve::small_patches(coca.view(), chain.minimum_unit_mm2, |row, col| cells.square_mm(row, col));
    let (row, col) = (cut.core.row0 - cut.read.row0, cut.core.col0 - cut.read.col0);
    let small = small.slice(s![row..row + cut.core.rows, col..col + cut.core.cols]);
    ndarray::Zip::from(class).and(small).and(alternative).for_each(|c, small, other| {
        if *small {
            *c = *other;
        }
    });
}

fn count_states(states: &[Validity]) -> [u64; Validity::ALL.len()] {
    let mut counts = [0; Validity::ALL.len()];
    // Runs of one state are the rule: they are counted without a look at the table.
    for run in states.chunk_by(|a, b| a == b) {
        counts[run[0] as usize] += run.len() as u64;
    }
    counts
}
