//! From the ground and the sky to digital numbers, for any window of the lattice of 10 m pixels.

use cocal::scene::Window;

use crate::landscape::{Bounds, Landscape, Neighbourhood, Object};
use crate::noise::{hash, noise_2d, normal};
use crate::sky::{self, Acquisition};
use crate::spectra::{BANDS, Spectrum, spectrum, texture};

/// Side of a pixel, metres.
pub const PIXEL: f64 = 10.0;
/// Sub-pixels along one side of a pixel.
pub const FINE: usize = 4;

/// How an instrument writes.
#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    /// Standard deviation of its noise at a reflectance of 0.25, digital numbers; 0.4 of that on black ground.
    pub noise: f32,
    /// How much of the covers' brightness texture is seen, from 0 to 1.
    pub shade: f32,
    /// Digital numbers are multiples of this (before the offset): a coarse instrument compresses well.
    pub quantum: f32,
    /// Whether the six 20 m bands and the classification are 20 m cells written twice in each direction.
    pub coarse_bands: bool,
    /// Whether each pixel is mixed from all its sub-pixels, or only where its corners differ (faster).
    pub every_sub_pixel: bool,
}

/// Bands with a ground resolution of 20 m.
const COARSE: [bool; 10] = [false, false, false, true, true, true, false, true, true, true];

/// Where a window lies, metres.
pub fn bounds(window: Window) -> Bounds {
    Bounds {
        min_x: window.col0 as f64 * PIXEL,
        max_x: window.col_end() as f64 * PIXEL,
        min_y: -(window.row_end() as f64) * PIXEL,
        max_y: -(window.row0 as f64) * PIXEL,
    }
}

/// The objects in each pixel of a window, with their share in sixteenths.
struct Mixture {
    /// Where the parts of each pixel start, and one past the last.
    starts: Vec<u32>,
    parts: Vec<(Object, u8)>,
}

/// The object at the middle of a sub-pixel, counted from the world's origin to the east and to the south.
pub fn sub_pixel(near: &Neighbourhood, col: i64, row: i64) -> Object {
    let step = PIXEL / FINE as f64;
    near.object_at((col as f64 + 0.5) * step, -(row as f64 + 0.5) * step)
}

impl Mixture {
    fn new(near: &Neighbourhood, window: Window, every_sub_pixel: bool) -> Self {
        let mut mixture = Self { starts: vec![0], parts: Vec::with_capacity(window.len()) };
        let corner = |row: usize, col: usize| near.object_at(col as f64 * PIXEL, -(row as f64) * PIXEL);
        let corners = |row: usize| -> Vec<Object> {
            if every_sub_pixel {
                Vec::new()
            } else {
                (window.col0..=window.col_end()).map(|c| corner(row, c)).collect()
            }
        };
        let mut above = corners(window.row0);
        for row in window.row0..window.row_end() {
            let below = corners(row + 1);
            for c in 0..window.cols {
                let pure =
                    !every_sub_pixel && [above[c + 1], below[c], below[c + 1]].iter().all(|object| *object == above[c]);
                if pure {
                    mixture.parts.push((above[c], 16));
                } else {
                    mixture.mix(near, row, window.col0 + c);
                }
                mixture.starts.push(mixture.parts.len() as u32);
            }
            above = below;
        }
        mixture
    }

    fn mix(&mut self, near: &Neighbourhood, row: usize, col: usize) {
        let start = self.parts.len();
        for k in 0..FINE * FINE {
            let object = sub_pixel(near, (col * FINE + k % FINE) as i64, (row * FINE + k / FINE) as i64);
            match self.parts[start..].iter_mut().find(|(known, _)| *known == object) {
                Some((_, share)) => *share += 1,
                None => self.parts.push((object, 1)),
            }
        }
    }

    fn of(&self, pixel: usize) -> &[(Object, u8)] {
        &self.parts[self.starts[pixel] as usize..self.starts[pixel + 1] as usize]
    }
}

/// Spectrum and texture of every object of a neighbourhood on one day.
struct Palette {
    fixed: [(Spectrum, (f32, f32)); 4],
    lots: Vec<(Spectrum, (f32, f32))>,
    parcels: Vec<(Spectrum, (f32, f32))>,
}

impl Palette {
    fn new(near: &Neighbourhood, scene: &Acquisition) -> Self {
        let of = |object| (spectrum(near, object, scene.day), texture(near.cover(object, scene.day)));
        Self {
            fixed: [Object::Water, Object::Village, Object::Road, Object::GalleryForest].map(of),
            lots: (0..near.lots.lots.len()).map(|n| of(Object::Lot(n as u32))).collect(),
            parcels: (0..near.parcels.len()).map(|n| of(Object::Parcel(n as u32))).collect(),
        }
    }

    fn of(&self, object: Object) -> &(Spectrum, (f32, f32)) {
        match object {
            Object::Water => &self.fixed[0],
            Object::Village => &self.fixed[1],
            Object::Road => &self.fixed[2],
            Object::GalleryForest => &self.fixed[3],
            Object::Lot(number) => &self.lots[number as usize],
            Object::Parcel(number) => &self.parcels[number as usize],
        }
    }
}

/// The ten bands and the scene classification of one window, each `rows * cols` numbers.
pub struct Planes {
    pub bands: Vec<Vec<u16>>,
    pub classification: Vec<u16>,
}

/// The ground of one window, ready for any number of acquisitions.
pub struct Site {
    window: Window,
    near: Neighbourhood,
    mixture: Mixture,
    instrument: Instrument,
}

impl Site {
    /// With [`Instrument::coarse_bands`] the window must start and end on even numbers.
    pub fn new(land: &Landscape, instrument: Instrument, window: Window) -> Self {
        let near = land.neighbourhood(bounds(window).grown(PIXEL));
        let mixture = Mixture::new(&near, window, instrument.every_sub_pixel);
        Self { window, near, mixture, instrument }
    }

    /// Makes one acquisition of the window.
    pub fn render(&self, scene: &Acquisition) -> Planes {
        let (window, land) = (self.window, &self.near.land);
        let palette = Palette::new(&self.near, scene);
        let mut seen = vec![[0.0_f32; 10]; window.len()];
        let mut above = vec![sky::Cover::default(); window.len()];
        for pixel in 0..window.len() {
            let (row, col) = (window.row0 + pixel / window.cols, window.col0 + pixel % window.cols);
            let (x, y) = ((col as f64 + 0.5) * PIXEL, -(row as f64 + 0.5) * PIXEL);
            let shade = normal(hash(land.stream(40), row as i64, col as i64)) as f32;
            let green = noise_2d(land.stream(41), x / 55.0, y / 55.0) as f32;
            above[pixel] = scene.cover(x, y);
            let ground = mixed(self.mixture.of(pixel), &palette, self.instrument.shade * shade, green);
            seen[pixel] = through(ground, above[pixel], scene);
        }
        let classification = classify(&seen, &above, scene, window);
        if self.instrument.coarse_bands {
            coarsen(&mut seen, window.cols);
        }
        digitise(&seen, classification, scene, self.instrument, window)
    }
}

/// The ground's reflectance in a pixel: its parts mixed linearly, each with its texture.
fn mixed(parts: &[(Object, u8)], palette: &Palette, shade: f32, green: f32) -> Spectrum {
    // Near infrared falls where visible and short-wave infrared light rise.
    const DRY: Spectrum = [0.8, 0.7, 1.0, 0.6, -0.3, -0.5, -0.5, -0.5, 0.8, 1.0];
    let mut sum = [0.0; 10];
    for (object, share) in parts {
        let (spectrum, (brightness, greenness)) = palette.of(*object);
        let weight = f32::from(*share) / 16.0;
        for k in 0..10 {
            sum[k] += weight * spectrum[k] * (1.0 + brightness * shade) * (1.0 - greenness * green * DRY[k]);
        }
    }
    sum
}

/// What reaches the sensor through shadow, cloud and haze.
fn through(ground: Spectrum, above: sky::Cover, scene: &Acquisition) -> Spectrum {
    const CLOUD: Spectrum = [0.56, 0.55, 0.55, 0.56, 0.57, 0.57, 0.58, 0.58, 0.44, 0.36];
    std::array::from_fn(|k| {
        let lit = ground[k] * (1.0 - 0.6 * above.shadow * (1.0 - above.cloud));
        (lit * (1.0 - above.cloud) + CLOUD[k] * above.cloud) * scene.gain[k] + scene.haze[k]
    })
}

/// Sen2Cor's scene classification: 0 no data, 3 shadow, 4 vegetation, 5 not vegetated, 6 water, 8 and 9 cloud, 10 cirrus.
///
/// Like the real one it misses the thinnest cloud and the faintest shadow, and it has cells of 20 m.
fn classify(seen: &[Spectrum], above: &[sky::Cover], scene: &Acquisition, window: Window) -> Vec<u16> {
    let class = |pixel: usize| -> u16 {
        let (row, col) = (window.row0 + pixel / window.cols, window.col0 + pixel % window.cols);
        let (x, y) = ((col as f64 + 0.5) * PIXEL, -(row as f64 + 0.5) * PIXEL);
        let s = &seen[pixel];
        let (red, nir) = (s[2], s[6]);
        match above[pixel] {
            _ if !scene.reaches(x, y) => 0,
            c if c.cloud > 0.65 => 9,
            c if c.cloud > 0.30 => 8,
            c if c.cloud > 0.08 => 10,
            c if c.shadow > 0.15 => 3,
            _ if nir < 0.09 && s[1] > nir => 6,
            _ if (nir - red) / (nir + red) > 0.42 => 4,
            _ => 5,
        }
    };
    let cols = window.cols;
    (0..seen.len()).map(|pixel| class((pixel / cols / 2 * 2) * cols + pixel % cols / 2 * 2)).collect()
}

/// Replaces the 20 m bands by the means of 2 x 2 pixels.
fn coarsen(seen: &mut [Spectrum], cols: usize) {
    for row in (0..seen.len() / cols).step_by(2) {
        for col in (0..cols).step_by(2) {
            let cell = [row * cols + col, row * cols + col + 1, (row + 1) * cols + col, (row + 1) * cols + col + 1];
            for k in (0..10).filter(|k| COARSE[*k]) {
                let mean = cell.iter().map(|p| seen[*p][k]).sum::<f32>() / 4.0;
                for pixel in cell {
                    seen[pixel][k] = mean;
                }
            }
        }
    }
}

/// Adds noise, rounds, adds the offset. 0 is kept for "no data".
fn digitise(
    seen: &[Spectrum],
    classification: Vec<u16>,
    scene: &Acquisition,
    instrument: Instrument,
    window: Window,
) -> Planes {
    let bands = (0..BANDS.len())
        .map(|k| {
            let seed = crate::noise::stream(scene.seed, 100 + k as u64);
            let cell = if instrument.coarse_bands && COARSE[k] { 2 } else { 1 };
            let number = |pixel: usize| -> u16 {
                let (row, col) = (window.row0 + pixel / window.cols, window.col0 + pixel % window.cols);
                let (x, y) = ((col as f64 + 0.5) * PIXEL, -(row as f64 + 0.5) * PIXEL);
                if !scene.reaches(x, y) {
                    return 0;
                }
                let noise = normal(hash(seed, (row / cell) as i64, (col / cell) as i64)) as f32;
                let reflectance = seen[pixel][k];
                // Bright ground is noisier than dark ground.
                let value = reflectance * 10_000.0 + instrument.noise * (0.4 + 2.4 * reflectance) * noise;
                let rounded = (value / instrument.quantum).round() * instrument.quantum;
                (rounded + scene.added()).clamp(1.0, 65_534.0) as u16
            };
            (0..seen.len()).map(number).collect()
        })
        .collect();
    Planes { bands, classification }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_window_is_the_same_inside_a_larger_one() {
        let land = Landscape::new(5);
        let plan = sky::Plan { date: (2023, 7, 9), cloudiness: 0.4, has_offset: true, swath_end: None };
        let scene = Acquisition::draw(plan, &mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
        for every_sub_pixel in [false, true] {
            let instrument = Instrument { noise: 30.0, shade: 1.0, quantum: 1.0, coarse_bands: true, every_sub_pixel };
            let whole = Site::new(&land, instrument, Window { row0: 0, col0: 0, rows: 96, cols: 120 }).render(&scene);
            let part = Site::new(&land, instrument, Window { row0: 30, col0: 44, rows: 20, cols: 60 }).render(&scene);
            for row in 0..20 {
                for k in 0..10 {
                    let from = (row + 30) * 120 + 44;
                    assert_eq!(whole.bands[k][from..from + 60], part.bands[k][row * 60..(row + 1) * 60]);
                }
            }
            assert!(whole.bands[6].iter().any(|v| *v != whole.bands[6][0]));
        }
    }
}
