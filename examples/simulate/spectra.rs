//! Synthetic reflectance of every cover, and how it changes with the season and the harvest.
//!
//! The numbers are invented: shaped like those of tropical covers in general, fitted to no measurement. No published
//! reflectance of coca was found. Bands are B2 B3 B4 B5 B6 B7 B8 B8A B11 B12 of Sentinel-2.

use crate::landscape::{Cover, Day, Neighbourhood, Object};
use crate::lots::Lot;
use crate::noise::{hash, normal, unit};

pub const BANDS: [&str; 10] = ["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"];

/// Reflectance by band, in the order of [`BANDS`].
pub type Spectrum = [f32; 10];

const FOREST: Spectrum = [0.020, 0.038, 0.022, 0.062, 0.185, 0.235, 0.255, 0.270, 0.122, 0.050];
const OLD_REGROWTH: Spectrum = [0.023, 0.045, 0.028, 0.076, 0.205, 0.262, 0.288, 0.302, 0.145, 0.062];
const SHRUBS: Spectrum = [0.031, 0.060, 0.044, 0.098, 0.212, 0.262, 0.285, 0.302, 0.190, 0.094];
const GREEN_PASTURE: Spectrum = [0.038, 0.072, 0.060, 0.115, 0.215, 0.252, 0.278, 0.295, 0.250, 0.142];
const DRY_PASTURE: Spectrum = [0.057, 0.090, 0.102, 0.148, 0.200, 0.226, 0.246, 0.266, 0.300, 0.188];
const LEAFY_COCA: Spectrum = [0.032, 0.064, 0.042, 0.104, 0.222, 0.272, 0.300, 0.316, 0.174, 0.080];
const STRIPPED_COCA: Spectrum = [0.056, 0.080, 0.084, 0.124, 0.172, 0.196, 0.216, 0.232, 0.278, 0.204];
const OIL_PALM: Spectrum = [0.022, 0.043, 0.027, 0.070, 0.215, 0.285, 0.312, 0.328, 0.134, 0.053];
const BARE: Spectrum = [0.080, 0.110, 0.138, 0.168, 0.192, 0.208, 0.228, 0.246, 0.335, 0.272];
const BURNED: Spectrum = [0.045, 0.052, 0.062, 0.076, 0.092, 0.102, 0.114, 0.124, 0.195, 0.178];
const WATER: Spectrum = [0.055, 0.066, 0.056, 0.050, 0.042, 0.040, 0.038, 0.036, 0.018, 0.012];
const URBAN: Spectrum = [0.108, 0.122, 0.136, 0.150, 0.172, 0.184, 0.200, 0.208, 0.232, 0.218];

fn mix(a: Spectrum, b: Spectrum, share_of_b: f64) -> Spectrum {
    let t = share_of_b.clamp(0.0, 1.0) as f32;
    std::array::from_fn(|k| a[k] * (1.0 - t) + b[k] * t)
}

/// How dry the season is: 1 at the end of January, 0 at the end of July.
fn dryness(day: Day) -> f64 {
    0.5 + 0.5 * ((day.of_year - 30.0) / 365.25 * std::f64::consts::TAU).cos()
}

/// Share of leaves on a coca lot: stripped ("raspado") 4 to 6 times a year, back within some six weeks.
fn leaves(lot: &Lot, day: Day) -> f64 {
    let draw = |k: i64| unit(hash(lot.seed, k, 5));
    let interval = 365.25 / (4.0 + (draw(0) * 3.0).floor());
    let days = (f64::from(day.year) * 365.25 + day.of_year + draw(1) * interval) % interval;
    let grown = 1.0 - 0.88 * (-days / 18.0).exp();
    let density = 0.62 + 0.38 * draw(2);
    grown * density * if lot.is_young(day.year) { 0.55 } else { 1.0 }
}

fn coca(lot: &Lot, day: Day) -> Spectrum {
    // Some farmers weed, some do not: what shows between stripped bushes is soil or grass.
    let weeds = 0.45 * unit(hash(lot.seed, 9, 5)) * (1.0 - 0.5 * dryness(day));
    mix(mix(STRIPPED_COCA, GREEN_PASTURE, weeds), LEAFY_COCA, leaves(lot, day))
}

/// The spectrum of a cover on an object with this seed.
fn of_cover(cover: Cover, seed: u64, day: Day) -> Spectrum {
    let draw = |k: i64| unit(hash(seed, k, 6));
    match cover {
        Cover::PrimaryForest => mix(FOREST, OLD_REGROWTH, 0.25 * draw(0)),
        Cover::SecondaryRegrowth => {
            // From shrubs to nearly forest; older with each year.
            let age = 0.85 * draw(1) + 0.08 * f64::from(day.year - 2022);
            let young = mix(SHRUBS, GREEN_PASTURE, 0.35 * draw(2));
            mix(mix(young, OLD_REGROWTH, age * 1.4), FOREST, (age - 0.7).max(0.0))
        }
        Cover::Pasture => {
            let grazed = 0.45 * draw(3) + 0.5 * dryness(day);
            // Some pastures are half bush.
            mix(mix(GREEN_PASTURE, DRY_PASTURE, grazed), SHRUBS, 0.3 * draw(4).powi(3))
        }
        Cover::OilPalm => mix(OIL_PALM, SHRUBS, 0.4 * draw(5).powi(2)),
        Cover::BareSoil => {
            let soil = mix(BARE, BURNED, if draw(6) < 0.4 { 0.85 } else { 0.15 * draw(7) });
            // Weeds come up on bare ground in the course of the year.
            mix(soil, GREEN_PASTURE, 0.5 * draw(8) * day.of_year / 365.0)
        }
        Cover::Water => WATER,
        // A lot's spectrum comes from its harvests; this is the mean of the two states.
        Cover::Coca => mix(STRIPPED_COCA, LEAFY_COCA, 0.6),
        Cover::Urban => mix(URBAN, GREEN_PASTURE, 0.15),
    }
}

/// The spectrum of an object on a day, with what is particular to the object: no two pastures are alike.
pub fn spectrum(near: &Neighbourhood, object: Object, day: Day) -> Spectrum {
    let seed = match object {
        Object::Lot(number) => near.lot(number).seed,
        Object::Parcel(number) => near.parcels[number as usize].seed,
        _ => near.land.stream(30),
    };
    let cover = near.cover(object, day);
    // Standing forest is one: it has no parcels.
    let seed = if cover == Cover::PrimaryForest { near.land.stream(30) } else { seed };
    let base = match (object, cover) {
        (Object::Lot(number), Cover::Coca) => coca(near.lot(number), day),
        _ => of_cover(cover, seed, day),
    };
    let bright = 0.035 * normal(hash(seed, 90, 7));
    std::array::from_fn(|k| {
        let own = 0.03 * normal(hash(seed, 91 + k as i64, 7));
        base[k] * (1.0 + bright + own) as f32
    })
}

/// How strongly the pixels of a cover differ from each other: brightness, and greenness against dryness.
pub fn texture(cover: Cover) -> (f32, f32) {
    match cover {
        Cover::PrimaryForest => (0.050, 0.03),
        Cover::SecondaryRegrowth => (0.045, 0.07),
        Cover::Pasture => (0.035, 0.05),
        Cover::Coca => (0.045, 0.08),
        Cover::OilPalm => (0.040, 0.04),
        Cover::BareSoil => (0.045, 0.06),
        Cover::Water => (0.030, 0.01),
        Cover::Urban => (0.130, 0.06),
    }
}
