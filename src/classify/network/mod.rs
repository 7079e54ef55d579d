//! Networks in ONNX: over images (segmentation), over a pixel's dates (time series) or over a pixel's features.
//!
//! What a network says of a pixel must not depend on how a raster is cut into windows. So an image network sees patches that
//! lie on one lattice over the whole grid (`image`), and pixels are always given `PIXELS` at a time. What runs the
//! network is handed in ([`Engine`]); nothing here knows it.

mod image;
pub mod shape;

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::imported::best;
use crate::features::planar::{Pixels, Workspace};
use crate::features::recipe::Recipe;
use crate::scene::{RawTile, Validity, Window};
use crate::simd::Level;

/// Pixels that a network without a look around is given at a time; those that are missing are 0.
const PIXELS: usize = 1024;

/// The side of the patches of a network that takes any.
pub const SIDE: usize = 320;

const SIDES: RangeInclusive<usize> = 16..=2048;
const DATES: RangeInclusive<usize> = 1..=1000;
const FEATURES: RangeInclusive<usize> = 1..=256;
/// 254 and 255 are no classes in a map.
const CLASSES: RangeInclusive<usize> = 2..=253;

/// What goes in, as float32; missing values are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// `[1, feature, row, col]` to `[1, score, row, col]`.
    Image {
        /// Rows and columns of a patch.
        side: usize,
    },
    /// `[pixel, feature]` to `[pixel, score]`.
    Pixels,
    /// The bands at each date, `[pixel, band, date]` to `[pixel, score]`; a date that is not observed is interpolated.
    Series {
        /// Number of dates.
        dates: usize,
        /// Whether it is `[pixel, date, band]`.
        dates_first: bool,
    },
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scores {
    /// A score of each class: probabilities by the softmax.
    Logits,
    /// One score: the second class's probability by the logistic function.
    Logit,
    /// Probabilities of each class.
    Probabilities,
    /// The second class's probability.
    Probability,
}

/// A network and what it takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The ONNX file.
    pub bytes: Arc<[u8]>,
    /// What it takes.
    pub input: Input,
    /// What it gives.
    pub scores: Scores,
    /// Number of features.
    pub features: usize,
    /// Number of classes.
    pub classes: usize,
}

/// What runs a network; one for each thread.
pub trait Engine: Send {
    /// The output of one input of this shape.
    ///
    /// # Errors
    /// What the runtime says.
    fn run(&mut self, input: &[f32], shape: &[usize]) -> Result<Vec<f32>, String>;
}

/// A network that could not be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The runtime.
    #[error("the network cannot be run on input {shape:?}: {said}")]
    Run {
        /// Of the input.
        shape: Vec<usize>,
        /// What the runtime says.
        said: String,
    },
    /// An output of another size.
    #[error("the network made {found} numbers of input {shape:?}, not the {wanted} that its classes and pixels need")]
    Output {
        /// Of the input.
        shape: Vec<usize>,
        /// How many numbers came.
        found: usize,
        /// How many should have.
        wanted: usize,
    },
    /// No engine was handed in.
    #[error("nothing here can run a network")]
    NoEngine,
}

/// What one thread keeps from window to window.
#[derive(Default)]
pub struct Room {
    /// What runs the network.
    pub engine: Option<Box<dyn Engine>>,
    input: Vec<f32>,
    row: Vec<f64>,
}

/// Settled tiles of a year, and the dates that the year has in all.
#[derive(Clone, Copy)]
pub struct Year<'a> {
    /// The tiles, over all that is read.
    pub tiles: &'a [RawTile],
    /// Days of all dates of the year, rising.
    pub days: &'a [i32],
    /// Clear observations of each pixel.
    pub seen: &'a [u8],
    /// What the tiles lie over.
    pub read: Window,
    /// What results are asked for.
    pub window: Window,
}

/// What a network finds at a pixel: class and best class that is not coca, from 0, and the share of coca in 1 / 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The class.
    pub class: u8,
    /// The best class that is not coca.
    pub alternative: u8,
    /// Probability of coca in 1 / 65,535.
    pub share: u16,
}

/// How features are made, and in what memory.
pub struct Make<'a> {
    /// The instruction set.
    pub level: Level,
    /// The features.
    pub recipe: &'a Recipe,
    /// Memory.
    pub work: &'a mut Workspace,
}

impl Network {
    /// The rule that it breaks, if any.
    pub fn broken(&self) -> Option<&'static str> {
        let one = matches!(self.scores, Scores::Logit | Scores::Probability);
        let rules = [
            (CLASSES.contains(&self.classes), "a network has 2 to 253 classes"),
            (FEATURES.contains(&self.features), "a network takes 1 to 256 features"),
            (!one || self.classes == 2, "one score tells two classes apart"),
            (
                match self.input {
                    Input::Image { side } => SIDES.contains(&side),
                    Input::Pixels => true,
                    Input::Series { dates, .. } => DATES.contains(&dates),
                },
                "a network's images have 16 to 2,048 rows and columns, its series 1 to 1,000 dates",
            ),
        ];
        rules.iter().find(|(kept, _)| !kept).map(|(_, rule)| *rule)
    }

    /// Scores of a pixel.
    pub fn outputs(&self) -> usize {
        match self.scores {
            Scores::Logits | Scores::Probabilities => self.classes,
            Scores::Logit | Scores::Probability => 1,
        }
    }

    /// The pixels that the results of a window depend on, in a grid of so many rows and columns.
    pub fn reach(&self, window: &Window, (rows, cols): (usize, usize)) -> Window {
        match self.input {
            Input::Image { side } => image::reach(side, window, (rows, cols)),
            Input::Pixels | Input::Series { .. } => *window,
        }
    }

    /// Classifies the observed pixels of a window; `put` gets each pixel's number in what was read and what was found.
    ///
    /// # Errors
    /// [`NetworkError`]: the runtime fails, or gives other than it should.
    pub fn predict(
        &self,
        year: &Year<'_>,
        coca: &[bool],
        (make, room): (&mut Make<'_>, &mut Room),
        mut put: impl FnMut(usize, Found),
    ) -> Result<(), NetworkError> {
        if let Input::Image { side } = self.input {
            return self.patches(side, year, coca, (make, room), put);
        }
        let list = observed(year);
        for part in list.chunks(PIXELS) {
            let shape = self.fill(year, part, make, &mut room.input);
            let scores = self.run(room, &shape, PIXELS * self.outputs())?;
            for (pixel, scores) in part.iter().zip(scores.chunks_exact(self.outputs())) {
                put(*pixel as usize, self.found(scores.iter().copied(), coca, &mut room.row));
            }
        }
        Ok(())
    }

    /// The input of some pixels, and its shape.
    fn fill(&self, year: &Year<'_>, part: &[u32], make: &mut Make<'_>, input: &mut Vec<f32>) -> Vec<usize> {
        let Input::Series { dates, dates_first } = self.input else {
            input.clear();
            input.resize(PIXELS * self.features, 0.0);
            make.each(year.tiles, Pixels::List(part), |pixel, feature, value| {
                input[pixel * self.features + feature] = value;
            });
            return vec![PIXELS, self.features];
        };
        input.clear();
        input.resize(PIXELS * self.features * dates, 0.0);
        let mut observed: Vec<(i32, &RawTile)> = Vec::new();
        for (own, pixel) in input.chunks_exact_mut(self.features * dates).zip(part) {
            let pixel = *pixel as usize;
            observed.clear();
            let clear = |tile: &&RawTile| !tile.planes.is_empty() && tile.states()[pixel] == Validity::Clear;
            observed.extend(year.tiles.iter().filter(clear).map(|tile| (tile.day, tile)));
            observed.sort_by_key(|(day, _)| *day);
            for (date, day) in year.days.iter().enumerate() {
                let weights = between(&observed, *day);
                for band in 0..self.features {
                    let at = if dates_first { date * self.features + band } else { band * dates + date };
                    own[at] = weights.iter().map(|(tile, w)| w * tile.planes[band].reflectance(pixel)).sum();
                }
            }
        }
        let (first, second) = if dates_first { (dates, self.features) } else { (self.features, dates) };
        vec![PIXELS, first, second]
    }

    /// Runs `room.input`.
    fn run(&self, room: &mut Room, shape: &[usize], wanted: usize) -> Result<Vec<f32>, NetworkError> {
        let engine = room.engine.as_mut().ok_or(NetworkError::NoEngine)?;
        let failed = |said| NetworkError::Run { shape: shape.to_vec(), said };
        let scores = engine.run(&room.input, shape).map_err(failed)?;
        if scores.len() != wanted {
            return Err(NetworkError::Output { shape: shape.to_vec(), found: scores.len(), wanted });
        }
        Ok(scores)
    }

    /// From the scores of a pixel to its class. The class is that of the highest score, the first of equals.
    fn found(&self, scores: impl Iterator<Item = f32>, coca: &[bool], row: &mut Vec<f64>) -> Found {
        row.clear();
        row.extend(scores.map(f64::from));
        match self.scores {
            Scores::Logit => row[0] = 1.0 / (1.0 + (-row[0]).exp()),
            Scores::Logits => {
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.iter_mut().for_each(|score| *score = (*score - most).exp());
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|score| *score /= sum);
            }
            Scores::Probabilities | Scores::Probability => {}
        }
        if row.len() == 1 {
            row.insert(0, 1.0 - row[0]);
        }
        let class = best(row, |_| true);
        let share: f64 = row.iter().zip(coca).filter(|(_, coca)| **coca).map(|(p, _)| p).sum();
        Found {
            class,
            alternative: if coca.contains(&false) { best(row, |class| !coca[class]) } else { class },
            share: (share.clamp(0.0, 1.0) * 65_535.0).round() as u16,
        }
    }
}

impl Make<'_> {
    /// Gives each value that is there: the pixel's place in the list, the feature and the value.
    fn each(&mut self, tiles: &[RawTile], pixels: Pixels<'_>, mut put: impl FnMut(usize, usize, f32)) {
        self.recipe.each_block(self.level, tiles, pixels, self.work, |start, values, count| {
            for (feature, values) in values.chunks_exact(count).enumerate() {
                for (i, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
                    put(start + i, feature, *value);
                }
            }
        });
    }
}

/// Observed pixels of the window, by their numbers in what was read.
fn observed(year: &Year<'_>) -> Vec<u32> {
    let (read, window) = (&year.read, &year.window);
    let rows = (window.row0 - read.row0..).take(window.rows);
    let pixels = rows.flat_map(|row| {
        let first = row * read.cols + window.col0 - read.col0;
        first..first + window.cols
    });
    pixels.filter(|pixel| year.seen[*pixel] > 0).map(|pixel| pixel as u32).collect()
}

/// The observations that a day's value is made of, with their weights: its own (the first, where several scenes have it), or
/// those before and after it by their distance in days, or the nearest where one side has none.
fn between<'a>(observed: &[(i32, &'a RawTile)], day: i32) -> Vec<(&'a RawTile, f32)> {
    let after = observed.partition_point(|(own, _)| *own < day);
    match (after.checked_sub(1).map(|before| observed[before]), observed.get(after)) {
        (_, Some((own, tile))) if *own == day => vec![(*tile, 1.0)],
        (Some((first, before)), Some((last, tile))) => {
            let share = (day - first) as f32 / (last - first) as f32;
            vec![(before, 1.0 - share), (*tile, share)]
        }
        (Some((_, tile)), None) => vec![(tile, 1.0)],
        (None, Some((_, tile))) => vec![(*tile, 1.0)],
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
