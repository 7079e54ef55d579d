//! READ FIRST. The pure chain for one window of one census year:
//! tiles -> validity -> features -> class -> mask -> area table.
//!
//! Nothing here opens a file or starts a thread. The window comes with a halo (`read`) as wide as the widest neighbourhood
//! operation, and every output is cut to its core, so results do not depend on how a raster is cut into windows.

use ndarray::{Array2, s};

use crate::area::{self, AreaTable, CellArea, OUTSIDE_RASTER, UNOBSERVED, Zones};
use crate::classify::forest::Votes;
use crate::classify::model::Model;
use crate::classify::sieve;
use crate::features::recipe::Recipe;
use crate::features::{FeatureBlock, composite};
use crate::scene::{Tile, Validity, Window, validity};

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

/// A window of the project's grid, and the wider one that has to be read for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What the results are of.
    pub core: Window,
    /// `core` with its halo.
    pub read: Window,
}

/// What one window gives: rasters of its core, `[row, col]`.
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
    /// Pixels of the core by scene and [`Validity`], in the order of the tiles.
    pub states: Vec<[u64; Validity::ALL.len()]>,
}

/// Classifies a window from the tiles of a year, all on `cut.read`.
pub fn map_window(chain: &Chain<'_>, cut: &Cut, mut tiles: Vec<Tile>, cells: &CellArea) -> Mapped {
    for tile in &mut tiles {
        if chain.dilation > 0 {
            tile.validity = validity::dilate_clouds(tile.validity.view(), chain.dilation);
        }
    }
    let states = tiles.iter().map(|t| count_states(t, cut)).collect();
    let (rows, cols) = (cut.read.rows, cut.read.cols);
    let observations = composite::observations(&tiles, rows, cols);
    let mut class = unseen(&tiles, rows, cols);
    let mut percent = Array2::from_elem((rows, cols), UNOBSERVED);
    let alternative = classify(chain, &tiles, &observations, &mut class, &mut percent);
    remove_small_patches(chain, &mut class, &alternative, cells);

    let inside = s![
        cut.core.row0 - cut.read.row0..cut.core.row_end() - cut.read.row0,
        cut.core.col0 - cut.read.col0..cut.core.col_end() - cut.read.col0
    ];
    let class = class.slice(inside).to_owned();
    let coca = class.mapv(|c| match c {
        UNOBSERVED | OUTSIDE_RASTER => UNOBSERVED,
        c => u8::from(chain.model.coca[usize::from(c) - 1]),
    });
    let observations = observations.slice(inside).mapv(|n| n.min(254) as u8);
    Mapped { core: cut.core, coca, percent: percent.slice(inside).to_owned(), observations, states, class }
}

/// Hectares of a mapped window by municipality and class: the same codes that are written as the class raster.
pub fn tabulate(mapped: &Mapped, zones: &Zones, cells: &CellArea) -> AreaTable {
    area::tabulate(&mapped.core, mapped.class.view(), zones, cells)
}

/// Every pixel as not (yet) seen: [`OUTSIDE_RASTER`] where no scene reaches, else [`UNOBSERVED`].
fn unseen(tiles: &[Tile], rows: usize, cols: usize) -> Array2<u8> {
    let mut class = Array2::from_elem((rows, cols), OUTSIDE_RASTER);
    for tile in tiles {
        class.zip_mut_with(&tile.validity, |c, v| {
            if *v != Validity::OutsideScene {
                *c = UNOBSERVED;
            }
        });
    }
    class
}

/// Fills in class and percentage of the observed pixels; returns each pixel's best class that is not coca.
fn classify(
    chain: &Chain<'_>,
    tiles: &[Tile],
    observations: &Array2<u16>,
    class: &mut Array2<u8>,
    percent: &mut Array2<u8>,
) -> Array2<u8> {
    let mut alternative = Array2::from_elem(class.dim(), UNOBSERVED);
    let observed: Vec<u32> = (0..).zip(observations).filter(|(_, n)| **n > 0).map(|(pixel, _)| pixel).collect();
    let (Some(class), Some(percent), Some(other)) =
        (class.as_slice_mut(), percent.as_slice_mut(), alternative.as_slice_mut())
    else {
        return alternative;
    };
    let (mut block, mut votes) = (FeatureBlock::default(), Votes::default());
    for pixels in observed.chunks(BATCH) {
        chain.recipe.compute(tiles, pixels, &mut block);
        chain.model.vote(&block, &mut votes);
        let prediction = votes.predict(&chain.model.coca);
        for (i, pixel) in pixels.iter().map(|p| *p as usize).enumerate() {
            class[pixel] = prediction.class[i] + 1;
            other[pixel] = prediction.alternative[i] + 1;
            percent[pixel] = prediction.percent[i];
        }
    }
    alternative
}

/// Coca in patches below the minimum mapping unit becomes the next best class.
fn remove_small_patches(chain: &Chain<'_>, class: &mut Array2<u8>, alternative: &Array2<u8>, cells: &CellArea) {
    if chain.minimum_unit_mm2 == 0 {
        return;
    }
    let is_coca = |c: &u8| *c < OUTSIDE_RASTER && chain.model.coca[usize::from(*c) - 1];
    let coca = class.map(is_coca);
    let small = sieve::small_patches(coca.view(), chain.minimum_unit_mm2, |row, col| cells.square_mm(row, col));
    ndarray::Zip::from(class).and(&small).and(alternative).for_each(|c, small, other| {
        if *small {
            *c = *other;
        }
    });
}

fn count_states(tile: &Tile, cut: &Cut) -> [u64; Validity::ALL.len()] {
    let mut counts = [0; Validity::ALL.len()];
    let (row0, col0) = (cut.core.row0 - cut.read.row0, cut.core.col0 - cut.read.col0);
    for v in tile.validity.slice(s![row0..row0 + cut.core.rows, col0..col0 + cut.core.cols]) {
        counts[*v as usize] += 1;
    }
    counts
}
