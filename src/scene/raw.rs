//! A window of one scene as it comes from the file: digital numbers by band, and what the validity layers say.
//!
//! Mapping starts here and not from [`Tile`]: numbers of 16 bits take half the memory of reflectance, and
//! reflectance is made block by block where it is needed, while the block is in the cache.

use ndarray::{Array2, s};

use super::source::SceneBand;
use super::{Tile, Validity, Window, validity};
use crate::simd::{Level, Work, dispatch};

/// How digital numbers of 16 bits become reflectance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decoding {
    /// Reflectance per digital number.
    pub scale: f64,
    /// Reflectance at 0.
    pub offset: f64,
    /// The number without data.
    pub nodata: Option<u16>,
    /// From this number on, the detector was saturated.
    pub saturated_from: Option<u16>,
}

impl Decoding {
    /// The decoding of a band of unsigned integers of 8 or 16 bits; `None` where a number would become no finite
    /// reflectance.
    pub fn of(band: &SceneBand) -> Option<Self> {
        let whole = |v: f64| (v.fract() == 0.0 && (0.0..=65_535.0).contains(&v)).then_some(v as u16);
        let from = band.saturated_at.map(|v| v.max(0.0).ceil()).filter(|v| *v <= 65_535.0);
        let decoding = Self {
            scale: band.scale,
            offset: band.offset,
            nodata: band.nodata.and_then(whole),
            saturated_from: from.map(|v| v as u16),
        };
        let ends = [decoding.reflectance(0), decoding.reflectance(u16::MAX)];
        ends.iter().all(|v| v.is_finite()).then_some(decoding)
    }

    /// Reflectance of a number that is neither nodata nor saturated.
    #[inline(always)]
    pub fn reflectance(&self, number: u16) -> f32 {
        (f64::from(number) * self.scale + self.offset) as f32
    }

    /// The number says that the pixel holds no value.
    fn objection(&self, number: u16, fill: Validity) -> Option<Validity> {
        if self.nodata == Some(number) {
            return Some(fill);
        }
        self.saturated_from.is_some_and(|from| number >= from).then_some(Validity::Saturated)
    }
}

/// Whether numbers hold nodata, and whether some are saturated.
struct Objects<'a>(&'a Decoding, &'a [u16]);

impl Work for Objects<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self(decoding, numbers) = self;
        let (nodata, from) = (decoding.nodata.unwrap_or(0), decoding.saturated_from.unwrap_or(u16::MAX));
        let (has_nodata, has_from) = (decoding.nodata.is_some(), decoding.saturated_from.is_some());
        // Without an early end, this is vector code.
        let found =
            numbers.iter().fold((false, false), |(a, b), number| (a | (*number == nodata), b | (*number >= from)));
        (has_nodata && found.0) || (has_from && found.1)
    }
}

/// One band of a window, `[row, col]` row by row.
#[derive(Clone, Debug)]
pub enum Plane {
    /// Digital numbers.
    Numbers(Vec<u16>, Decoding),
    /// Reflectance; NaN without data, infinite where saturated.
    Reflectance(Vec<f32>),
}

impl Plane {
    /// Reflectance of a pixel; of no meaning where the pixel is not observed.
    #[inline(always)]
    pub fn reflectance(&self, pixel: usize) -> f32 {
        match self {
            Self::Numbers(numbers, decoding) => decoding.reflectance(numbers[pixel]),
            Self::Reflectance(values) => values[pixel],
        }
    }

    /// Gives clear pixels for which the band holds no value their reason; those near clouds too, since a missing value
    /// outweighs a doubtful one.
    fn object(&self, fill: Validity, states: &mut [Validity]) {
        const RUN: usize = 1024;
        let open = |state: &Validity| matches!(state, Validity::Clear | Validity::NearCloud);
        match self {
            Self::Numbers(numbers, decoding) => {
                let level = Level::current();
                for (numbers, states) in numbers.chunks(RUN).zip(states.chunks_mut(RUN)) {
                    if !dispatch(level, Objects(decoding, numbers)) {
                        continue;
                    }
                    for (number, state) in numbers.iter().zip(states).filter(|(_, state)| open(state)) {
                        *state = decoding.objection(*number, fill).unwrap_or(*state);
                    }
                }
            }
            Self::Reflectance(values) => {
                for (value, state) in values.iter().zip(states).filter(|(v, state)| !v.is_finite() && open(state)) {
                    *state = if value.is_nan() { fill } else { Validity::Saturated };
                }
            }
        }
    }
}

/// One scene inside one window of the project's grid, as read.
#[derive(Clone, Debug)]
pub struct RawTile {
    /// Where the planes lie in the project's grid.
    pub window: Window,
    /// One plane for each band; empty where no pixel of the window is observed.
    pub planes: Vec<Plane>,
    /// State of each pixel of `around`, `[row, col]`, by the validity layers; of `window` once settled.
    pub validity: Array2<Validity>,
    /// `window`, and so far around it as clouds may reach into it.
    pub around: Window,
    /// What a pixel without data is called.
    pub fill: Validity,
    /// Day of the scene, counted from 1970; 0 where it has no date.
    pub day: i32,
}

impl RawTile {
    /// Grows clouds by `dilation` pixels, cuts the states to the window and adds what the bands object.
    pub fn settle(&mut self, dilation: usize) {
        if dilation > 0 {
            self.validity = validity::dilate_clouds(self.validity.view(), dilation);
        }
        let (row0, col0) = (self.window.row0 - self.around.row0, self.window.col0 - self.around.col0);
        if self.around != self.window {
            let inside = s![row0..row0 + self.window.rows, col0..col0 + self.window.cols];
            self.validity = self.validity.slice(inside).to_owned();
            self.around = self.window;
        }
        if let Some(states) = self.validity.as_slice_mut() {
            self.planes.iter().for_each(|plane| plane.object(self.fill, states));
        }
    }

    /// The memory of its digital numbers, plane by plane.
    pub fn into_numbers(self) -> impl Iterator<Item = Vec<u16>> {
        self.planes.into_iter().filter_map(|plane| match plane {
            Plane::Numbers(numbers, _) => Some(numbers),
            Plane::Reflectance(_) => None,
        })
    }

    /// The states of a settled tile, row by row.
    pub fn states(&self) -> &[Validity] {
        self.validity.as_slice().unwrap_or_default()
    }
}

impl From<Tile> for RawTile {
    fn from(tile: Tile) -> Self {
        let planes = tile.values.outer_iter().map(|band| Plane::Reflectance(band.iter().copied().collect()));
        Self {
            window: tile.window,
            planes: planes.collect(),
            validity: tile.validity,
            around: tile.window,
            fill: Validity::NoData,
            day: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Validity::{Clear as C, Cloud as K, NearCloud as N, NoData as D, Saturated as S, SlcGap as G};
    use ndarray::array;

    fn decoding() -> Decoding {
        Decoding { scale: 1e-4, offset: -0.1, nodata: Some(0), saturated_from: Some(65_535) }
    }

    #[test]
    fn settling_grows_clouds_cuts_and_asks_the_bands() {
        let window = Window { row0: 10, col0: 21, rows: 1, cols: 4 };
        let around = Window { row0: 10, col0: 20, rows: 1, cols: 5 };
        let raw = |validity| RawTile {
            window,
            planes: vec![Plane::Numbers(vec![0, 5, 0, 65_535], decoding())],
            validity,
            around,
            fill: G,
            day: 0,
        };
        let mut settled = raw(array![[K, C, C, D, C]]);
        settled.settle(1);
        assert_eq!(settled.validity, array![[G, C, D, S]], "a missing value outweighs a cloud nearby");
        assert_eq!(settled.around, window);
        let mut plain = raw(array![[K, C, C, C, C]]);
        plain.settle(2);
        assert_eq!(plain.validity, array![[G, N, G, S]]);
    }

    #[test]
    fn a_band_without_a_missing_number_still_objects_where_it_is_saturated() {
        let window = Window { row0: 0, col0: 0, rows: 1, cols: 3 };
        let planes = vec![Plane::Numbers(vec![5, 65_535, 7], decoding())];
        let mut tile = RawTile { window, planes, validity: array![[C, C, C]], around: window, fill: D, day: 0 };
        tile.settle(0);
        assert_eq!(tile.validity, array![[C, S, C]]);
    }

    #[test]
    fn a_band_of_no_finite_reflectance_has_no_decoding() {
        let band = |scale: f64, nodata| SceneBand {
            band: super::super::Band::new("red"),
            source_name: String::new(),
            file: std::path::PathBuf::new(),
            index: 1,
            data_type: "UInt16".to_owned(),
            scale,
            offset: 0.0,
            scale_reason: String::new(),
            nodata,
            saturated_at: Some(70_000.0),
        };
        assert_eq!(Decoding::of(&band(1e40, None)), None);
        let odd = Decoding::of(&band(1e-4, Some(-9999.0))).unwrap();
        assert_eq!((odd.nodata, odd.saturated_from), (None, None));
        assert_eq!(odd.reflectance(2500), 0.25);
    }
}
