//! Whether the numbers of a plain raster are reflectances: a check on a few windows, before hours of mapping.
//!
//! Digital numbers without a scale, and fill values that nobody declared, go through every later step without a sound:
//! features are cut at the ends of their scale, and each pixel still gets a class. Products with metadata are not doubted.

use super::SceneError;
use super::floor::{clear_samples, offset_warning};
use crate::classify::symmetric::Workers;
use crate::scene::source::GIVEN;
use crate::scene::{Band, Scene};

/// No surface or top-of-atmosphere reflectance lies outside: atmospheric correction over shadow reaches -0.2 (the lower end
/// of Landsat Collection 2), sun glint and clouds less than 2.
const POSSIBLE: std::ops::RangeInclusive<f32> = -0.3..=3.0;
/// From this share of a band's clear pixels on, its scale is wrong and not single pixels.
const MOST: f64 = 0.5;
/// From this share on, impossible pixels are no accident of the sensor.
const SOME: f64 = 0.001;
/// Even water and shadow reach this in their brightest band.
const DARK: f32 = 0.002;

/// Remarks on the values of a plain raster: a Sentinel-2 offset left in, or hardly any light. `bands` are those that will be
/// used. Up to nine windows are read; products with metadata are not doubted and not read.
///
/// # Errors
/// [`SceneError::NotReflectance`] and [`SceneError::UndeclaredFill`] where the values cannot be reflectances; these are
/// remarks where scale and offset were given by the user. [`SceneError::Read`] when pixels cannot be read.
pub fn check_values(scene: &Scene, bands: &[Band], workers: &impl Workers) -> Result<Vec<String>, SceneError> {
    let of_product = scene.bands.iter().any(|b| b.file != scene.path);
    if of_product || bands.is_empty() {
        return Ok(Vec::new());
    }
    let mut samples = clear_samples(scene, bands, workers)?;
    let mut notes = Vec::new();
    for (band, values) in bands.iter().zip(&samples) {
        match impossible(scene, band, values) {
            Some(error) if scene.band(band).is_some_and(|b| b.scale_reason == GIVEN) => notes.push(error.to_string()),
            Some(error) => return Err(error),
            None => {}
        }
    }
    let brightest = samples.iter().flatten().copied().fold(f32::NEG_INFINITY, f32::max);
    if brightest.is_finite() && brightest < DARK {
        notes.push(format!(
            "no reflectance above {brightest:.5}: is 0 an undeclared nodata value, or is the scale applied twice?"
        ));
    }
    notes.extend(offset_warning(scene, bands, &mut samples));
    Ok(notes)
}

/// What is wrong with the clear values of a band, if anything.
fn impossible(scene: &Scene, band: &Band, values: &[f32]) -> Option<SceneError> {
    let mut out: Vec<f32> = values.iter().copied().filter(|v| !POSSIBLE.contains(v)).collect();
    let share = out.len() as f64 / values.len().max(1) as f64;
    if share < SOME {
        return None;
    }
    out.sort_unstable_by(f32::total_cmp);
    let (path, name, percent) = (scene.path.clone(), band.to_string(), 100.0 * share);
    if share >= MOST {
        let reflectance = out[out.len() / 2];
        return Some(SceneError::NotReflectance { path, band: name, percent, reflectance });
    }
    let source = scene.band(band)?;
    let number = (f64::from(commonest(&out)) - source.offset) / source.scale;
    // f32 keeps seven digits: fill values are whole numbers below that.
    let number = if (number - number.round()).abs() < 1e-4 * number.abs() { number.round() } else { number };
    Some(SceneError::UndeclaredFill { path, band: name, percent, number })
}

/// The value that a sorted, non-empty slice holds most often; the lowest of equals.
fn commonest(sorted: &[f32]) -> f32 {
    let runs = sorted.chunk_by(|a, b| a.to_bits() == b.to_bits());
    let longest = runs.fold(&sorted[..1], |best, run| if run.len() > best.len() { run } else { best });
    longest[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_value_is_that_of_the_longest_run() {
        assert_eq!(commonest(&[-9999.0, -9999.0, -3.0, 5.0, 5.0]), -9999.0);
        assert_eq!(commonest(&[4.0]), 4.0);
    }
}
