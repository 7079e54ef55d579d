//! Whether the scenes of a project go together: one sensor, the same bands, one scale.

use super::plan::{PlanError, name};
use crate::scene::Band;
use crate::scene::sensor::LANDSAT_L1;
use crate::scene::source::{GIVEN, Scene};

/// The bands that every scene has; `wanted` names them.
///
/// # Errors
/// The same scene twice; scenes of different sensors; a named band that a scene lacks; scenes that differ in bands where
/// none are named, or in scale.
pub fn common_bands(scenes: &[Scene], wanted: &[Band]) -> Result<Vec<Band>, PlanError> {
    let Some(first) = scenes.first() else { return Ok(Vec::new()) };
    let of = |s: &Scene| s.bands.iter().map(|b| b.band.clone()).collect::<Vec<_>>();
    let bands = if wanted.is_empty() { of(first) } else { wanted.to_vec() };
    for (number, scene) in scenes.iter().enumerate() {
        if scenes[..number].iter().any(|s| s.path == scene.path) {
            return Err(PlanError::Twice(name(scene)));
        }
        if let Some(band) = wanted.iter().find(|b| scene.band(b).is_none()) {
            let (band, present) = (band.to_string(), scene.band_list());
            return Err(PlanError::NoBand { scene: name(scene), band, present });
        }
    }
    for other in &scenes[1..] {
        if first.sensor != other.sensor {
            return Err(PlanError::Sensors {
                first: name(first),
                first_sensor: first.sensor.clone(),
                second: name(other),
                second_sensor: other.sensor.clone(),
            });
        }
        let theirs = of(other);
        if wanted.is_empty() {
            let only_first = bands.iter().filter(|b| !theirs.contains(b));
            let only_other = theirs.iter().filter(|b| !bands.contains(b));
            let only: Vec<_> = only_first.chain(only_other).map(ToString::to_string).collect();
            if !only.is_empty() {
                return Err(PlanError::Bands { first: name(first), second: name(other), only: only.join(", ") });
            }
        }
        same_scale(first, other, &bands)?;
    }
    Ok(bands)
}

/// Two scenes of one sensor have one scale by band where they have one pixel type; only the offset changes (with the
/// processing baseline). Scales that the user gave for both are taken as they are.
fn same_scale(first: &Scene, other: &Scene, bands: &[Band]) -> Result<(), PlanError> {
    if first.sensor == LANDSAT_L1 {
        return Ok(()); // Level 1 gains are of the scene: they hold its sun elevation.
    }
    for (band, theirs) in bands.iter().filter_map(|b| first.band(b).zip(other.band(b))) {
        let given = band.scale_reason == GIVEN && theirs.scale_reason == GIVEN;
        if given || band.data_type != theirs.data_type {
            continue;
        }
        if (band.scale - theirs.scale).abs() > 1e-6 * band.scale.abs() {
            return Err(PlanError::Scale {
                first: name(first),
                first_scale: band.scale,
                first_reason: band.scale_reason.clone(),
                second: name(other),
                second_scale: theirs.scale,
                second_reason: theirs.scale_reason.clone(),
            });
        }
    }
    Ok(())
}
