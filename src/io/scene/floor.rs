//! A check of the Sentinel-2 offset on the pixels themselves.

use crate::classify::symmetric::Workers;
use crate::io::scene::SceneError;
use crate::io::scene_reader::SceneReader;
use crate::scene::sensor::{SENTINEL2_L2A, STACK, sentinel2};
use crate::scene::{Band, Scene, Window};

/// Side of the sampled windows, in pixels; of three by three of them, so many are read as it takes to see enough.
const SIDE: usize = 128;
/// Clear pixels that are enough: a percent of them is some hundreds.
const ENOUGH: usize = 4 * SIDE * SIDE;
/// The middle first, then the corners, then the edges of three by three windows.
const ORDER: [usize; 9] = [4, 0, 8, 2, 6, 1, 7, 3, 5];
/// With the offset of +1000 left in, the darkest pixels of every band lie at 0.1 plus their reflectance; shadow,
/// water and forest bring the darkest band's to 0 to 0.05 without it.
const SUSPECT: std::ops::Range<f64> = 0.09..0.15;

/// A warning when a plain raster of Sentinel-2 bands seems to carry the +1000 of processing baseline 04.00: when even in the
/// darkest band the darkest 1 % of clear pixels lies near 0.1. Products with metadata, and rasters with an offset of their own,
/// are not doubted. `clear` holds values of each of `bands`.
pub(super) fn offset_warning(scene: &Scene, bands: &[Band], clear: &mut [Vec<f32>]) -> Option<String> {
    if !may_hold_offset(scene) {
        return None;
    }
    let common = bands.iter().zip(clear).filter(|(band, _)| band.is_common());
    let floors = common.filter_map(|(_, values)| lowest_percent(values));
    let darkest = floors.fold(f64::INFINITY, f64::min);
    let scale = scene.bands[0].scale;
    SUSPECT.contains(&darkest).then(|| {
        format!(
            "the darkest 1 % of pixels in the darkest band is at {darkest:.3}: an offset of +1000 (Sentinel-2 \
             processing baseline 04.00 and later) is probably still in; check, and give scale {scale} and offset -0.1"
        )
    })
}

/// A plain raster of Sentinel-2 bands without an offset of its own.
fn may_hold_offset(scene: &Scene) -> bool {
    let named = scene.bands.iter().any(|b| sentinel2::product_band(&b.source_name).is_some_and(|n| n != "B09"));
    let plain = scene.bands.iter().all(|b| b.file == scene.path);
    let known = scene.sensor == SENTINEL2_L2A || scene.sensor == STACK && named;
    known && plain && scene.bands.iter().all(|b| b.offset == 0.0)
}

/// Clear values of each band in up to nine windows of the scene, some of which are read side by side.
pub(super) fn clear_samples(
    scene: &Scene,
    bands: &[Band],
    workers: &impl Workers,
) -> Result<Vec<Vec<f32>>, SceneError> {
    let mut clear: Vec<Vec<f32>> = vec![Vec::new(); bands.len()];
    let windows = sample_windows((scene.grid.rows, scene.grid.cols), scene.block);
    // As many as are enough where all is clear; then, since mostly little is missing, two at a time.
    let (first, rest) = windows.split_at(windows.len().min(ENOUGH / (SIDE * SIDE)));
    for some in std::iter::once(first).chain(rest.chunks(2)) {
        for seen in workers.map(some.to_vec(), |window| clear_values(scene, bands, window)) {
            if clear.first().is_some_and(|values| values.len() < ENOUGH) {
                clear.iter_mut().zip(seen?).for_each(|(all, seen)| all.extend(seen));
            }
        }
        if clear.first().is_none_or(|values| values.len() >= ENOUGH) {
            break;
        }
    }
    Ok(clear)
}

/// Clear values of each band in a window.
fn clear_values(scene: &Scene, bands: &[Band], window: Window) -> Result<Vec<Vec<f32>>, SceneError> {
    let mut tile = SceneReader::open(scene, &scene.grid, bands)?.raw(window, window)?;
    tile.settle(0);
    let seen = || tile.states().iter().enumerate().filter(|(_, state)| state.is_observed()).map(|(pixel, _)| pixel);
    Ok(tile.planes.iter().map(|plane| seen().map(|pixel| plane.reflectance(pixel)).collect()).collect())
}

fn lowest_percent(values: &mut [f32]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let at = values.len() / 100;
    let (_, value, _) = values.select_nth_unstable_by(at, f32::total_cmp);
    Some(f64::from(*value))
}

/// Windows near the middle, the start and the end of both axes, each inside one block of the file where it fits: whatever part
/// of a block is wanted, all of it is decoded.
fn sample_windows(size: (usize, usize), block: (usize, usize)) -> Vec<Window> {
    let starts = |size: usize, block: usize| {
        let last = size.saturating_sub(SIDE);
        let inside = |at: usize| at.min((at / block.max(1) + 1) * block - SIDE.min(block)).min(last);
        let mut at = vec![0, inside(last / 2), inside(last)];
        at.dedup();
        at
    };
    let (height, width) = (SIDE.min(size.0), SIDE.min(size.1));
    let cols = starts(size.1, block.1);
    let one = |row0| cols.iter().map(move |col0| Window { row0, col0: *col0, rows: height, cols: width });
    let all: Vec<_> = starts(size.0, block.0).into_iter().flat_map(one).collect();
    if all.len() == ORDER.len() { ORDER.iter().map(|at| all[*at]).collect() } else { all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_windows_lie_inside_the_raster_and_inside_blocks() {
        for (size, block) in
            [((5490, 5490), (512, 512)), ((700, 900), (1, 900)), ((100, 90), (256, 256)), ((2000, 512), (512, 512))]
        {
            let windows = sample_windows(size, block);
            assert!((1..=9).contains(&windows.len()));
            for w in &windows {
                assert!(w.row_end() <= size.0 && w.col_end() <= size.1 && !w.is_empty(), "{w:?}");
                let apart = |first: usize, end: usize, block: usize| block < SIDE || first / block == (end - 1) / block;
                assert!(apart(w.row0, w.row_end(), block.0) && apart(w.col0, w.col_end(), block.1), "{w:?}");
            }
        }
        let nine = sample_windows((5490, 5490), (512, 512));
        assert_eq!((nine.len(), nine[0].row0, nine[0].col0), (9, 2681, 2681));
    }
}
