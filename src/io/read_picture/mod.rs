//! Reading what a picture shows, at the size of the picture.
//!
//! A pixel of the picture looks into the source at a few points, so a scene of 10,980 x 10,980 pixels is never in memory, and
//! GDAL reads it decimated, from its overviews where there are any. Codes (validity, classes) are read of the very pixels.

mod codes;
mod points;
mod source;

use std::ops::Range;
use std::path::PathBuf;

use ndarray::s;

use self::points::Points;
use self::source::Source;
use super::scene::SceneError;
use crate::report::picture::Sight;
use crate::report::picture::composite::View;
use crate::scene::sensor::Decode;
use crate::scene::source::{SceneBand, ValidityLayer};
use crate::scene::{Band, Grid, Scene, Validity};

pub use codes::{CodeLayer, CodeReader, Kind, cells_of_rows};

/// From this many source pixels to a pixel of the picture on, there is more than one look.
const FINER: f64 = 1.5;

/// Reads rows of a picture from one scene. Holds its own GDAL handles: one for each thread.
pub struct PictureReader {
    path: PathBuf,
    points: Points,
    cols: usize,
    sources: Vec<Source>,
    /// Number of the source, source pixels from look to look, the band.
    bands: Vec<(usize, f64, SceneBand)>,
    layers: Vec<(usize, ValidityLayer, u32)>,
    fill: Validity,
}

impl PictureReader {
    /// Opens the files of a scene to draw `bands` on the pixels of `target`.
    ///
    /// # Errors
    /// [`SceneError::BandsMissing`] with the bands that there are; a file that cannot be opened; reference systems
    /// without a way between them.
    pub fn open(scene: &Scene, target: &Grid, bands: &[Band]) -> Result<Self, SceneError> {
        let missing: Vec<_> = bands.iter().filter(|b| scene.band(b).is_none()).map(Band::name).collect();
        if !missing.is_empty() {
            let (missing, present) = (missing.join(", "), scene.band_list());
            return Err(SceneError::BandsMissing { path: scene.path.clone(), missing, present });
        }
        let chosen: Vec<&SceneBand> = bands.iter().filter_map(|b| scene.band(b)).collect();
        let named = |source| SceneError::Crs { path: scene.path.clone(), source: Box::new(source) };
        let mut sources: Vec<Source> = Vec::new();
        let mut source = |file: &std::path::Path| -> Result<usize, SceneError> {
            if let Some(at) = sources.iter().position(|s| s.raster.path == file) {
                return Ok(at);
            }
            sources.push(Source::open(file)?);
            Ok(sources.len() - 1)
        };
        let files = chosen.iter().map(|b| source(&b.file)).collect::<Result<Vec<_>, _>>()?;
        let layer_files = scene.validity.iter().map(|l| source(&l.file)).collect::<Result<Vec<_>, _>>()?;
        let single = Points::new(target, &scene.grid.crs, 1).map_err(named)?;
        let mut finest = 0.0_f64;
        for file in &files {
            finest = finest.max(sources[*file].step(&single)?);
        }
        let points = Points::new(target, &scene.grid.crs, if finest < FINER { 1 } else { 2 }).map_err(named)?;
        let mut placed = Vec::new();
        for (file, band) in files.into_iter().zip(&chosen) {
            placed.push((file, sources[file].step(&points)?, (*band).clone()));
        }
        let products = || chosen.iter().map(|b| b.source_name.as_str());
        let with_bits =
            |(file, layer): (usize, &ValidityLayer)| (file, layer.clone(), layer.decode.saturation_bits(products()));
        let layers = layer_files.into_iter().zip(&scene.validity).map(with_bits).collect();
        let (path, cols, fill) = (scene.path.clone(), target.cols, scene.fill);
        Ok(Self { path, points, cols, sources, bands: placed, layers, fill })
    }

    /// Reads rows of the picture.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file, band and source window when pixels cannot be read.
    pub fn read(&self, rows: Range<usize>) -> Result<View, SceneError> {
        let named = |source| SceneError::Crs { path: self.path.clone(), source: Box::new(source) };
        let looks = self.points.rows(rows.clone()).map_err(named)?;
        let mut states = vec![Validity::Clear; looks.x.len()];
        for (file, layer, bits) in &self.layers {
            let codes = self.sources[*file].codes(layer.index, layer.decode == Decode::Mask, &looks)?;
            for (state, code) in states.iter_mut().zip(codes).filter(|(state, _)| state.is_observed()) {
                *state = code.map_or(Validity::NoData, |number| layer.decode.state(number, *bits));
            }
        }
        let mut bands = Vec::with_capacity(self.bands.len());
        for (file, step, band) in &self.bands {
            let numbers = self.sources[*file].measured(band.index, &looks, *step)?;
            let values: Vec<f32> = numbers.into_iter().map(|number| reflectance(band, number)).collect();
            for (state, value) in states.iter_mut().zip(&values).filter(|(state, _)| state.is_observed()) {
                *state = match value {
                    v if v.is_nan() => self.fill,
                    v if v.is_infinite() => Validity::Saturated,
                    _ => Validity::Clear,
                };
            }
            bands.push(values);
        }
        Ok(self.gather(rows.len(), &states, &bands))
    }

    /// The looks of each pixel as one: clear when more than half of them are, with the mean of those.
    fn gather(&self, rows: usize, states: &[Validity], bands: &[Vec<f32>]) -> View {
        let (side, cols) = (self.points.side, self.cols);
        let mut view = View::blank(bands.len(), rows, cols);
        for row in 0..rows {
            for col in 0..cols {
                let look = |i: usize, j: usize| (row * side + i) * cols * side + col * side + j;
                let looks = || (0..side).flat_map(|i| (0..side).map(move |j| look(i, j)));
                let clear = looks().filter(|at| states[*at].is_observed()).count();
                let sight = if 2 * clear > side * side { Sight::Clear } else { sight_of(looks().map(|at| states[at])) };
                view.sight[[row, col]] = sight;
                if sight == Sight::Clear {
                    for (value, band) in view.values.slice_mut(s![.., row, col]).iter_mut().zip(bands) {
                        let sum: f64 =
                            looks().filter(|at| states[*at].is_observed()).map(|at| f64::from(band[at])).sum();
                        *value = (sum / clear as f64) as f32;
                    }
                }
            }
        }
        view
    }
}

/// What is drawn of a pixel whose looks are mostly not clear: the more frequent of hidden and nothing.
fn sight_of(states: impl Iterator<Item = Validity>) -> Sight {
    let (mut hidden, mut nothing) = (0, 0);
    for state in states {
        match state {
            Validity::Clear => {}
            Validity::OutsideScene | Validity::NoData | Validity::SlcGap => nothing += 1,
            _ => hidden += 1,
        }
    }
    if hidden >= nothing { Sight::Hidden } else { Sight::Nothing }
}

/// Reflectance of a digital number; NaN without data, infinite where saturated.
fn reflectance(band: &SceneBand, number: f64) -> f32 {
    // A nodata value in the metadata is decimal text; f32 pixels hold it rounded, and then equality is exact.
    let nodata = band.nodata.map(|v| if band.data_type == "Float32" { f64::from(v as f32) } else { v });
    if !number.is_finite() || nodata.is_some_and(|v| number == v) {
        return f32::NAN;
    }
    if band.saturated_at.is_some_and(|top| number >= top) {
        return f32::INFINITY;
    }
    let value = (number * band.scale + band.offset) as f32;
    if value.is_finite() { value } else { f32::NAN }
}
