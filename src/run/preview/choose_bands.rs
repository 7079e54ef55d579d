//! Which bands of a scene become red, green and blue.

use crate::scene::{Band, Scene};

/// The composites of a scene without wishes, the first whose bands are there: vegetation in red, then true colour.
const COMPOSITES: [[&str; 3]; 2] = [["nir", "red", "green"], ["red", "green", "blue"]];

/// Bands that a scene does not have.
#[derive(Debug, thiserror::Error)]
#[error("{scene} has no band {missing}; it has: {present} (names or numbers, such as --bands nir,red,green)")]
pub struct UnknownBands {
    scene: String,
    missing: String,
    present: String,
}

/// The bands that were asked for, by name or 1-based number; none asked for: the scene's best.
///
/// # Errors
/// [`UnknownBands`] with those that there are.
pub fn choose_bands(scene: &Scene, wanted: &[String]) -> Result<Vec<Band>, UnknownBands> {
    if wanted.is_empty() {
        return Ok(default_bands(scene));
    }
    let found: Vec<Option<Band>> = wanted.iter().map(|name| find(scene, name)).collect();
    let missing: Vec<&str> =
        wanted.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        return Ok(found.into_iter().flatten().collect());
    }
    let describe = |(at, band): (usize, &crate::scene::SceneBand)| {
        let number = number(scene, at);
        let own = band.source_name.trim();
        let own = if own.is_empty() || own == band.band.name() { String::new() } else { format!(" ({own})") };
        format!("{number} {}{own}", band.band)
    };
    let present: Vec<String> = scene.bands.iter().enumerate().map(describe).collect();
    let (missing, present) = (missing.join(", "), present.join(", "));
    Err(UnknownBands { scene: scene.path.display().to_string(), missing, present })
}

fn default_bands(scene: &Scene) -> Vec<Band> {
    let composite = |names: &[&str; 3]| names.iter().map(|name| find(scene, name)).collect::<Option<Vec<Band>>>();
    COMPOSITES.iter().find_map(composite).unwrap_or_else(|| {
        let count = if scene.bands.len() >= 3 { 3 } else { 1 };
        scene.bands.iter().take(count).map(|b| b.band.clone()).collect()
    })
}

/// Number of a band as it is typed: its index in the raster, or its place in the list of a product of many files.
fn number(scene: &Scene, at: usize) -> usize {
    let one_file = scene.bands.iter().all(|b| b.file == scene.bands[0].file);
    if one_file { scene.bands[at].index } else { at + 1 }
}

fn find(scene: &Scene, name: &str) -> Option<Band> {
    let own = |name: &str| scene.band(&Band::new(name)).map(|b| b.band.clone());
    let product = || scene.bands.iter().find(|b| b.source_name.eq_ignore_ascii_case(name)).map(|b| b.band.clone());
    // Landsat 8 and 9 have the narrow near infrared only.
    let near = || if Band::new(name).name() == "nir" { own("nir08") } else { None };
    let numbered = || {
        let wanted: usize = name.parse().ok()?;
        (0..scene.bands.len()).find(|at| number(scene, *at) == wanted).map(|at| scene.bands[at].band.clone())
    };
    own(name).or_else(product).or_else(near).or_else(numbered)
}
