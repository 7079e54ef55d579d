//! One acquisition: its day, its light, its clouds and their shadows, and how its numbers are stored.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::landscape::Day;
use crate::noise::fractal_2d;

/// One acquisition of the simulated sensor.
#[derive(Clone, Debug)]
pub struct Acquisition {
    /// `2023-02-14`.
    pub date: String,
    pub day: Day,
    /// Seed of its clouds and noise.
    pub seed: u64,
    /// Factor on the reflectance of each band: what atmospheric correction left over.
    pub gain: [f32; 10],
    /// Reflectance added by haze to each band.
    pub haze: [f32; 10],
    /// Clouds stand where the noise is above this.
    cloud_threshold: f64,
    /// From a cloud to its shadow, metres.
    shadow: [f64; 2],
    /// Whether digital numbers carry +1000 (Sentinel-2 from processing baseline 04.00).
    pub has_offset: bool,
    /// Where set, the swath ends on a slanting line at this `x`, metres; east of it there are no data.
    pub swath_end: Option<f64>,
}

/// What stands between the ground and the sensor, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cover {
    pub cloud: f32,
    pub shadow: f32,
}

/// What a scenario sets; the rest of an acquisition is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub date: (i32, u32, u32),
    /// From 0 (a clear sky) to 1 (overcast).
    pub cloudiness: f64,
    pub has_offset: bool,
    pub swath_end: Option<f64>,
}

impl Acquisition {
    pub fn draw(plan: Plan, rng: &mut ChaCha8Rng) -> Self {
        let (year, month, day) = plan.date;
        let bright = 1.0 + rng.random_range(-0.035..0.035_f32);
        let gain = std::array::from_fn(|_| bright + rng.random_range(-0.012..0.012_f32));
        let thick = rng.random_range(0.0..0.008_f32);
        // Haze scatters the short waves most.
        let haze = [1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.2, 0.05, 0.03].map(|k: f32| k * thick);
        let height = rng.random_range(320.0..620.0);
        Self {
            date: format!("{year:04}-{month:02}-{day:02}"),
            day: Day { year, of_year: day_of_year(year, month, day) },
            seed: rng.random(),
            gain,
            haze,
            cloud_threshold: 0.62 - 0.75 * plan.cloudiness,
            // The sun stands in the east-southeast at the time of overpass: shadows fall to the west-northwest.
            shadow: [-0.85 * height, 0.40 * height],
            has_offset: plan.has_offset,
            swath_end: plan.swath_end,
        }
    }

    fn cloud(&self, x: f64, y: f64) -> f32 {
        let thickness = fractal_2d(self.seed, x / 850.0, y / 850.0, 4) - self.cloud_threshold;
        (thickness / 0.13).clamp(0.0, 1.0) as f32
    }

    /// Cloud and shadow above a point. Thin cloud at the rim of thick cloud is part of it.
    pub fn cover(&self, x: f64, y: f64) -> Cover {
        let shadow = self.cloud(x - self.shadow[0], y - self.shadow[1]);
        Cover { cloud: self.cloud(x, y), shadow }
    }

    /// Whether the swath reaches a point.
    pub fn reaches(&self, x: f64, y: f64) -> bool {
        self.swath_end.is_none_or(|end| x < end + 0.2 * y)
    }

    /// What is added to digital numbers.
    pub fn added(&self) -> f32 {
        if self.has_offset { 1000.0 } else { 0.0 }
    }
}

fn day_of_year(year: i32, month: u32, day: u32) -> f64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
    f64::from(before + day + u32::from(leap && month > 2))
}
