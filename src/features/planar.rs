//! Features of many pixels at once, plane by plane.
//!
//! A block of pixels goes through all steps (decode, sort the dates, composite, indices, percentiles) before the next one
//! starts, and is so small that it stays in the second-level cache. Each step is a loop over planes without branches, which
//! the compiler makes vector code of, once for each [`Level`]; the operations on a pixel are the same in all of them.

use super::indices::Index;
use super::recipe::{Over, Recipe, Series};
use crate::scene::Validity;
use crate::scene::raw::{Plane, RawTile};
use crate::simd::{Level, Work, dispatch};

/// Bytes of planes that a block works on.
const BLOCK_BYTES: usize = 320 << 10;

/// Pixels of a window, numbered row by row.
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// One after the other.
    Run {
        /// The first.
        first: usize,
        /// How many.
        count: usize,
    },
    /// These.
    List(&'a [u32]),
}

impl Pixels<'_> {
    /// Number of pixels.
    pub fn count(&self) -> usize {
        match self {
            Self::Run { count, .. } => *count,
            Self::List(list) => list.len(),
        }
    }

    fn part(&self, start: usize, count: usize) -> Self {
        match *self {
            Self::Run { first, .. } => Self::Run { first: first + start, count },
            Self::List(list) => Self::List(&list[start..start + count]),
        }
    }

    /// Calls `put` with each pixel's place in the block and in the window.
    #[inline(always)]
    fn each(self, mut put: impl FnMut(usize, usize)) {
        match self {
            Self::Run { first, count } => (0..count).for_each(|i| put(i, first + i)),
            Self::List(list) => list.iter().enumerate().for_each(|(i, pixel)| put(i, *pixel as usize)),
        }
    }
}

/// Memory that is kept from block to block.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// Clear observations of each pixel.
    counts: Vec<u16>,
    /// Reflectance `[band][date][pixel]`: NaN where not observed; after sorting infinite, and last.
    dates: Vec<f32>,
    /// Median of each band, `[band][pixel]`.
    composite: Vec<f32>,
    /// An index at each date, and how many dates have it.
    series: Vec<f32>,
    series_counts: Vec<u16>,
    /// The features, `[feature][pixel]`; NaN is missing.
    values: Vec<f32>,
    high: Vec<f32>,
}

impl Recipe {
    /// Gives the features of some pixels, block by block: `take(start, values, count)` gets the number of the block's first
    /// pixel among `pixels` and the values `[feature][pixel]` of its `count` pixels. Missing is NaN. Tiles are settled.
    pub fn each_block(
        &self,
        level: Level,
        tiles: &[RawTile],
        pixels: Pixels<'_>,
        work: &mut Workspace,
        mut take: impl FnMut(usize, &[f32], usize),
    ) {
        let live: Vec<Live<'_>> = tiles.iter().filter(|t| !t.planes.is_empty()).map(Live::of).collect();
        let planes = self.bands().len() * (live.len() + 1) + live.len() + self.steps.len() + 2;
        let most = (BLOCK_BYTES / 4 / planes).clamp(128, 2048) / 128 * 128;
        for start in (0..pixels.count()).step_by(most) {
            let count = most.min(pixels.count() - start);
            let part = pixels.part(start, count);
            dispatch(level, Block { recipe: self, tiles: &live, pixels: part, count, work });
            take(start, &work.values, count);
        }
    }
}

/// A tile's memory as flat slices.
struct Live<'a> {
    planes: &'a [Plane],
    states: &'a [Validity],
}

impl<'a> Live<'a> {
    fn of(tile: &'a RawTile) -> Self {
        Self { planes: &tile.planes, states: tile.states() }
    }
}

struct Block<'a, 'b> {
    recipe: &'a Recipe,
    tiles: &'a [Live<'a>],
    pixels: Pixels<'a>,
    count: usize,
    work: &'b mut Workspace,
}

impl Work for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { recipe, tiles, pixels, count: n, work } = self;
        let dates = tiles.len();
        count_observations(tiles, pixels, n, &mut work.counts);
        work.values.clear();
        work.values.resize(recipe.steps.len() * n, f32::NAN);
        let bands = recipe.bands().len();
        work.dates.resize(bands * dates * n, f32::NAN);
        work.composite.resize(bands * n, f32::NAN);
        if dates == 0 {
            return;
        }
        for band in (0..bands).filter(|band| recipe.uses[*band].read) {
            for (date, tile) in tiles.iter().enumerate() {
                let at = (band * dates + date) * n;
                decode(&tile.planes[band], tile.states, pixels, &mut work.dates[at..at + n]);
            }
        }
        index_series(recipe, dates, n, work);
        if dates == 1 {
            // The median of one date, and every percentile, is that date.
            std::mem::swap(&mut work.dates, &mut work.composite);
        }
        for band in (0..bands).filter(|band| dates > 1 && recipe.uses[*band].sorted) {
            let planes = &mut work.dates[band * dates * n..(band + 1) * dates * n];
            sort_dates(planes, n);
            let composite = &mut work.composite[band * n..(band + 1) * n];
            over(Over::Percentile(50.0), true, (planes, &work.counts), composite, &mut work.high);
        }
        for (f, (series, step, _)) in recipe.steps.iter().enumerate() {
            let out = &mut work.values[f * n..(f + 1) * n];
            match (*series, *step) {
                (Series::Reflectance(band), Over::Composite) => {
                    out.copy_from_slice(&work.composite[band * n..(band + 1) * n]);
                }
                (Series::Reflectance(band), step) => {
                    let sorted = if dates == 1 { &work.composite } else { &work.dates };
                    let planes = &sorted[band * dates * n..(band + 1) * dates * n];
                    over(step, false, (planes, &work.counts), out, &mut work.high);
                }
                (Series::Index(index, at), Over::Composite) => {
                    index_plane(index, at.map(|band| &work.composite[band * n..(band + 1) * n]), out);
                }
                (Series::Index(..), _) => {}
            }
        }
    }
}

#[inline(always)]
fn count_observations(tiles: &[Live<'_>], pixels: Pixels<'_>, n: usize, counts: &mut Vec<u16>) {
    counts.clear();
    counts.resize(n, 0);
    for tile in tiles {
        match pixels {
            Pixels::Run { first, count } => {
                for (sum, state) in counts.iter_mut().zip(&tile.states[first..first + count]) {
                    *sum += u16::from(*state == Validity::Clear);
                }
            }
            Pixels::List(_) => pixels.each(|i, pixel| counts[i] += u16::from(tile.states[pixel] == Validity::Clear)),
        }
    }
}

/// Reflectance of the observed pixels of a plane; NaN for the others.
#[inline(always)]
fn decode(plane: &Plane, states: &[Validity], pixels: Pixels<'_>, out: &mut [f32]) {
    match (plane, pixels) {
        (Plane::Numbers(numbers, decoding), Pixels::Run { first, count }) => {
            let (numbers, states) = (&numbers[first..first + count], &states[first..first + count]);
            for ((out, number), state) in out.iter_mut().zip(numbers).zip(states) {
                let value = decoding.reflectance(*number);
                *out = if *state == Validity::Clear { value } else { f32::NAN };
            }
        }
        _ => pixels.each(|i, pixel| {
            out[i] = if states[pixel] == Validity::Clear { plane.reflectance(pixel) } else { f32::NAN };
        }),
    }
}

/// The features that are statistics of an index over the dates. They come first: sorting loses which value is of which date.
#[inline(always)]
fn index_series(recipe: &Recipe, dates: usize, n: usize, work: &mut Workspace) {
    let mut held = None;
    for (f, (series, step, _)) in recipe.steps.iter().enumerate() {
        let (Series::Index(index, at), false) = (*series, *step == Over::Composite) else { continue };
        if held != Some(*series) {
            held = Some(*series);
            work.series.resize(dates * n, f32::NAN);
            work.series_counts.clear();
            work.series_counts.resize(n, 0);
            for date in 0..dates {
                let plane = |band: usize| &work.dates[(band * dates + date) * n..(band * dates + date + 1) * n];
                let out = &mut work.series[date * n..(date + 1) * n];
                index_plane(index, at.map(plane), out);
                for (sum, value) in work.series_counts.iter_mut().zip(out) {
                    *sum += u16::from(!value.is_nan());
                }
            }
            sort_dates(&mut work.series, n);
        }
        let out = &mut work.values[f * n..(f + 1) * n];
        over(*step, false, (&work.series, &work.series_counts), out, &mut work.high);
    }
}

#[inline(always)]
fn index_plane(index: Index, [a, b, c, d]: [&[f32]; 4], out: &mut [f32]) {
    let n = out.len();
    let (a, b, c, d) = (&a[..n], &b[..n], &c[..n], &d[..n]);
    // The index is fixed outside of the loop, so that each loop is straight code.
    macro_rules! plane {
        ($index:expr) => {
            for (i, out) in out.iter_mut().enumerate() {
                *out = $index.formula([a[i], b[i], c[i], d[i]]);
            }
        };
    }
    match index {
        Index::Nbr => plane!(Index::Nbr),
        Index::Ndmi => plane!(Index::Ndmi),
        Index::Ndvi => plane!(Index::Ndvi),
        Index::Ndre => plane!(Index::Ndre),
        Index::Evi => plane!(Index::Evi),
        Index::Bsi => plane!(Index::Bsi),
    }
}

/// Sorts the dates of each pixel, those without a value last (and then infinite): Batcher's odd-even merge sort.
#[inline(always)]
fn sort_dates(planes: &mut [f32], n: usize) {
    for value in planes.iter_mut() {
        *value = if value.is_nan() { f32::INFINITY } else { *value };
    }
    let dates = planes.len() / n.max(1);
    let mut span = 1;
    while span < dates {
        let mut step = span;
        while step >= 1 {
            let mut first = step % span;
            while first + step < dates {
                for i in 0..step.min(dates - first - step) {
                    if (first + i) / (span * 2) == (first + i + step) / (span * 2) {
                        let (low, high) = planes.split_at_mut((first + i + step) * n);
                        exchange(&mut low[(first + i) * n..(first + i + 1) * n], &mut high[..n]);
                    }
                }
                first += 2 * step;
            }
            step /= 2;
        }
        span *= 2;
    }
}

#[inline(always)]
fn exchange(low: &mut [f32], high: &mut [f32]) {
    for (a, b) in low.iter_mut().zip(high) {
        let (x, y) = (*a, *b);
        *a = if x < y { x } else { y };
        *b = if x < y { y } else { x };
    }
}

/// A statistic of sorted dates, `[date][pixel]`, of which each pixel has so many; NaN where it has none.
#[inline(always)]
fn over(step: Over, median: bool, (sorted, counts): (&[f32], &[u16]), out: &mut [f32], high: &mut Vec<f32>) {
    match step {
        Over::Composite => {}
        Over::Percentile(p) => percentile(p, median, (sorted, counts), out),
        Over::Amplitude => {
            high.clear();
            high.resize(out.len(), f32::NAN);
            percentile(90.0, false, (sorted, counts), high);
            percentile(10.0, false, (sorted, counts), out);
            out.iter_mut().zip(high).for_each(|(low, high)| *low = *high - *low);
        }
        Over::Minimum => percentile(0.0, false, (sorted, counts), out),
        Over::Maximum => percentile(100.0, false, (sorted, counts), out),
    }
}

/// As [`super::temporal::percentile`] and, for `median`, [`super::temporal::median`], with the same operations.
#[inline(always)]
fn percentile(p: f32, median: bool, (sorted, counts): (&[f32], &[u16]), out: &mut [f32]) {
    let n = out.len();
    out.fill(f32::NAN);
    let (fewest, most) = counts.iter().fold((u16::MAX, 0), |(low, high), c| (low.min(*c), high.max(*c)));
    for count in fewest.max(1)..=most {
        let dates = usize::from(count);
        let plane = |date: usize| &sorted[date * n..(date + 1) * n];
        let position = p / 100.0 * (dates - 1) as f32;
        let below = (position as usize).min(dates.saturating_sub(2));
        let (a, b) = (plane(below), plane((below + 1).min(dates - 1)));
        let part = position - below as f32;
        let lanes = out.iter_mut().zip(counts).zip(a).zip(b);
        if dates == 1 || p == 0.0 {
            let first = plane(0);
            out.iter_mut().zip(counts).zip(first).for_each(|((o, c), v)| *o = if *c == count { *v } else { *o });
        } else if p == 100.0 || (median && dates % 2 == 1) {
            let one = plane(if median { dates / 2 } else { dates - 1 });
            out.iter_mut().zip(counts).zip(one).for_each(|((o, c), v)| *o = if *c == count { *v } else { *o });
        } else if median {
            lanes.for_each(|(((o, c), a), b)| *o = if *c == count { 0.5 * (a + b) } else { *o });
        } else {
            lanes.for_each(|(((o, c), a), b)| *o = if *c == count { a + (b - a) * part } else { *o });
        }
    }
}
