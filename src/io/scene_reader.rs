//! Reading a scene on the project's grid: reflectance and the validity of each pixel.
//!
//! A scene whose pixels lie on the target's lattice is read by whole pixels; any other is resampled by
//! `resample`. Bands of coarser files of the same product are replicated, never interpolated. The result
//! does not depend on how windows are cut.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use ndarray::{Array2, Array3, s};

use super::blocks::Blocks;
use super::crs::Transform;
use super::raster::{Frame, Part, Placement, Raster};
use super::resample::{Sampler, Source, enclosing};
use super::scene::SceneError;
use crate::scene::sensor::Decode;
use crate::scene::source::{SceneBand, ValidityLayer};
use crate::scene::{Band, Grid, RawTile, Scene, Tile, Validity, Window};

/// Most source pixels in memory while resampling; larger windows are cut in halves.
const MOST_SOURCE_PIXELS: usize = 1 << 21;
/// Most points at once.
const MOST_POINTS: usize = 1 << 20;
/// Points on each edge of a scene whose positions bound it in the target grid.
const EDGE_POINTS: usize = 33;

/// Reads windows of one scene. Holds its own GDAL handles: one for each thread and scene.
pub struct SceneReader {
    path: PathBuf,
    pub(super) rasters: Vec<Placed>,
    pub(super) bands: Vec<(usize, SceneBand)>,
    layers: Vec<(usize, ValidityLayer, u32)>,
    names: Vec<Band>,
    pub(super) fill: Validity,
    /// Of the scene, counted from 1970; 0 without a date.
    pub(super) day: i32,
    /// The scene's own pixels.
    pub(super) frame: Frame,
    pub(super) way: Way,
    /// Target pixels that the scene can touch.
    pub(super) footprint: Option<Window>,
    /// Memory for planes.
    pub(super) spare: Spare,
}

pub(super) struct Placed {
    pub(super) raster: Raster,
    pub(super) frame: Frame,
    pub(super) placement: Placement,
    /// Its blocks, where they are decoded without GDAL; not asked yet at first.
    pub(super) blocks: RefCell<Option<Option<Blocks>>>,
    /// Whether decoded blocks are kept.
    pub(super) keeps: bool,
}

pub(super) enum Way {
    /// Row and column of the scene's first pixel in the target grid.
    Lattice(i64, i64),
    Resample(Box<Sampler>),
}

/// Memory of planes that are done with, for those that are read next. A plane is large enough for the system to take it back
/// when it is freed, and to clear it page by page when it is asked for again.
#[derive(Clone, Debug, Default)]
pub struct Spare(Rc<RefCell<Vec<Vec<u16>>>>);

impl Spare {
    /// Some memory, with anything in it.
    pub(super) fn take(&self) -> Vec<u16> {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    /// Takes memory back: no more is given than was taken.
    pub(super) fn give(&self, numbers: Vec<u16>) {
        self.0.borrow_mut().push(numbers);
    }

    /// Keeps the memory of a tile in the place of what was kept before.
    pub fn keep(&self, tiles: Vec<RawTile>) {
        *self.0.borrow_mut() = tiles.into_iter().flat_map(RawTile::into_numbers).collect();
    }
}

/// Source pixels `[row0, row0 + rows) x [col0, col0 + cols)`, which may lie outside the scene.
type Rect = (i64, i64, usize, usize);
type Pixels = (Array3<f32>, Array2<Validity>);

impl SceneReader {
    /// Opens the files of a scene to read `bands`, in that order, on the `target` grid.
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
        let mut opened: Vec<(Raster, Frame)> = Vec::new();
        let band_files = chosen.iter().map(|b| open_once(&mut opened, &b.file)).collect::<Result<Vec<_>, _>>()?;
        let layer_files =
            scene.validity.iter().map(|l| open_once(&mut opened, &l.file)).collect::<Result<Vec<_>, _>>()?;
        // Only a raster of one file can be rotated; then its own affine is the scene's.
        let rotated = opened.iter().map(|(_, frame)| frame).find(|frame| !frame.is_north_up());
        let frame = rotated.cloned().unwrap_or_else(|| Frame::of_grid(&scene.grid));
        let place = |(raster, own): (Raster, Frame)| {
            let placement = raster.placement_in(&frame)?;
            Ok(Placed { raster, frame: own, placement, blocks: RefCell::new(None), keeps: false })
        };
        let rasters = opened.into_iter().map(place).collect::<Result<Vec<_>, SceneError>>()?;
        let products = || chosen.iter().map(|b| b.source_name.as_str());
        let with_bits =
            |(file, layer): (usize, &ValidityLayer)| (file, layer.clone(), layer.decode.saturation_bits(products()));
        let named = |source| SceneError::Crs { path: scene.path.clone(), source: Box::new(source) };
        let on_lattice = if frame.is_north_up() { target.lattice_offset(&scene.grid) } else { None };
        let way = match on_lattice {
            Some((row, col)) => Way::Lattice(row, col),
            None => Way::Resample(Box::new(Sampler::new(&frame, target).map_err(named)?)),
        };
        Ok(Self {
            path: scene.path.clone(),
            layers: layer_files.into_iter().zip(&scene.validity).map(with_bits).collect(),
            bands: band_files.into_iter().zip(chosen.iter().map(|b| (*b).clone())).collect(),
            rasters,
            names: bands.to_vec(),
            fill: scene.fill,
            day: scene.day(),
            frame,
            way,
            footprint: footprint(scene, target)?,
            spare: Spare::default(),
        })
    }

    /// The same, which takes memory for planes from what its thread has to spare.
    pub fn sharing(mut self, spare: &Spare) -> Self {
        self.spare = spare.clone();
        self
    }

    /// Target pixels that the scene can touch (a bound, never too small); `None` when it lies apart.
    pub fn footprint(&self) -> Option<Window> {
        self.footprint
    }

    /// Reads a window of the target grid. Unobserved pixels hold NaN.
    ///
    /// # Errors
    /// [`SceneError::Read`] with file, band and source window when pixels cannot be read.
    pub fn read(&mut self, window: Window) -> Result<Tile, SceneError> {
        let outside = !self.footprint.is_some_and(|f| overlaps(f, window));
        let (values, validity) = match &self.way {
            _ if outside => self.blank(window.rows, window.cols),
            Way::Lattice(row, col) => {
                self.source_pixels((window.row0 as i64 - row, window.col0 as i64 - col, window.rows, window.cols))?
            }
            Way::Resample(sampler) => {
                let (mut values, mut validity) = self.blank(window.rows, window.cols);
                self.resample(sampler, window, window, (&mut values, &mut validity))?;
                (values, validity)
            }
        };
        Ok(Tile { window, bands: self.names.clone(), values, validity })
    }

    fn blank(&self, rows: usize, cols: usize) -> Pixels {
        let values = Array3::from_elem((self.bands.len(), rows, cols), f32::NAN);
        (values, Array2::from_elem((rows, cols), Validity::OutsideScene))
    }

    /// Resamples `piece` of `whole` into the arrays of `whole`, in halves where it needs too many source pixels.
    fn resample(
        &self,
        sampler: &Sampler,
        whole: Window,
        piece: Window,
        out: (&mut Array3<f32>, &mut Array2<Validity>),
    ) -> Result<(), SceneError> {
        let n = sampler.points_per_pixel();
        if piece.len() > 1 && piece.len() * n > MOST_POINTS {
            return self.resample_halves(sampler, whole, piece, out);
        }
        let named = |source| SceneError::Crs { path: self.path.clone(), source: Box::new(source) };
        let points = sampler.points(piece).map_err(named)?;
        let Some(needed) = enclosing(&points) else { return Ok(()) };
        if piece.len() > 1 && needed.len() > MOST_SOURCE_PIXELS {
            return self.resample_halves(sampler, whole, piece, out);
        }
        let rect = (needed.row0 as i64, needed.col0 as i64, needed.rows, needed.cols);
        let (values, validity) = self.source_pixels(rect)?;
        let source = Source { window: needed, values: &values, validity: &validity };
        let mut pixel = vec![f32::NAN; self.bands.len()];
        for (i, points) in points.chunks_exact(n).enumerate() {
            let (row, col) = (piece.row0 - whole.row0 + i / piece.cols, piece.col0 - whole.col0 + i % piece.cols);
            let state = source.pixel(points, &mut pixel);
            out.1[[row, col]] = state;
            if state.is_observed() {
                pixel.iter().enumerate().for_each(|(band, value)| out.0[[band, row, col]] = *value);
            }
        }
        Ok(())
    }

    fn resample_halves(
        &self,
        sampler: &Sampler,
        whole: Window,
        piece: Window,
        out: (&mut Array3<f32>, &mut Array2<Validity>),
    ) -> Result<(), SceneError> {
        let (mut first, mut second) = (piece, piece);
        if piece.rows >= piece.cols {
            first.rows = piece.rows / 2;
            second.row0 += first.rows;
            second.rows -= first.rows;
        } else {
            first.cols = piece.cols / 2;
            second.col0 += first.cols;
            second.cols -= first.cols;
        }
        self.resample(sampler, whole, first, (&mut *out.0, &mut *out.1))?;
        self.resample(sampler, whole, second, out)
    }

    /// Pixels of the scene itself; those outside it are [`Validity::OutsideScene`].
    fn source_pixels(&self, rect: Rect) -> Result<Pixels, SceneError> {
        let (row0, col0, rows, cols) = rect;
        let (mut values, mut validity) = self.blank(rows, cols);
        let clip = |start: i64, length: usize, size: usize| {
            let (low, high) = (start.max(0), (start + length as i64).min(size as i64));
            (low < high).then_some((low, (high - low) as usize))
        };
        let (Some((top, height)), Some((left, width))) =
            (clip(row0, rows, self.frame.rows), clip(col0, cols, self.frame.cols))
        else {
            return Ok((values, validity));
        };
        let (at_row, at_col) = ((top - row0) as usize, (left - col0) as usize);
        let inner = s![at_row..at_row + height, at_col..at_col + width];
        let part = Window { row0: top as usize, col0: left as usize, rows: height, cols: width };
        let mut state = self.layer_states(part)?;
        if state.iter().any(|v| v.is_observed()) {
            for (at, (file, band)) in self.bands.iter().enumerate() {
                let read = self.band_values(*file, band, part)?;
                for (value, state) in read.iter().zip(&mut state) {
                    if !value.is_finite() && state.is_observed() {
                        *state = if value.is_nan() { self.fill } else { Validity::Saturated };
                    }
                }
                let mut whole = values.index_axis_mut(ndarray::Axis(0), at);
                whole.slice_mut(inner).assign(&read);
            }
        }
        validity.slice_mut(inner).assign(&state);
        for mut band in values.outer_iter_mut() {
            band.zip_mut_with(&validity, |value, state| {
                if !state.is_observed() {
                    *value = f32::NAN;
                }
            });
        }
        Ok((values, validity))
    }

    /// What the validity layers say; the first that objects gives the reason.
    pub(super) fn layer_states(&self, part: Window) -> Result<Array2<Validity>, SceneError> {
        let mut state = Array2::from_elem((part.rows, part.cols), Validity::Clear);
        for (file, layer, bits) in &self.layers {
            let of = |number| layer.decode.state(number, *bits);
            if layer.decode != Decode::Mask && self.coded_states((*file, layer.index), part, &mut state, of)? {
                continue;
            }
            let wanted = Wanted { index: layer.index, mask: layer.decode == Decode::Mask, part };
            let read = self.rasters[*file].read(wanted, Validity::NoData, of)?;
            state.zip_mut_with(&read, |now, new| {
                if now.is_observed() {
                    *now = *new;
                }
            });
        }
        Ok(state)
    }

    /// Reflectance of a band; NaN without data, infinite where saturated.
    pub(super) fn band_values(&self, file: usize, band: &SceneBand, part: Window) -> Result<Array2<f32>, SceneError> {
        // A nodata value in the metadata is decimal text; f32 pixels hold it rounded, and then equality is exact.
        let single = band.data_type == "Float32";
        let nodata = band.nodata.map(|v| if single { f64::from(v as f32) } else { v });
        let is_nodata = |number: f64| nodata.is_some_and(|v| number == v);
        let reflectance = |number: f64| {
            if !number.is_finite() || is_nodata(number) {
                return f32::NAN;
            }
            if band.saturated_at.is_some_and(|top| number >= top) {
                return f32::INFINITY;
            }
            let value = (number * band.scale + band.offset) as f32;
            if value.is_finite() { value } else { f32::NAN }
        };
        let wanted = Wanted { index: band.index, mask: false, part };
        self.rasters[file].read(wanted, f32::NAN, reflectance)
    }
}

/// A window of scene pixels of a band or its mask.
#[derive(Clone, Copy)]
struct Wanted {
    index: usize,
    mask: bool,
    part: Window,
}

impl Placed {
    /// Reads scene pixels of this raster, each of its pixels replicated; those that it does not reach are `absent`.
    fn read<O: Copy>(&self, wanted: Wanted, absent: O, convert: impl Fn(f64) -> O) -> Result<Array2<O>, SceneError> {
        let Placement { factor, row0, col0 } = self.placement;
        let Wanted { index, mask, part } = wanted;
        let south_up = self.frame.south_up;
        let own_rows = axis(part.row0, part.rows, row0, factor, self.frame.rows);
        let own_cols = axis(part.col0, part.cols, col0, factor, self.frame.cols);
        let (Some(rows), Some(cols)) = (span(&own_rows), span(&own_cols)) else {
            return Ok(Array2::from_elem((part.rows, part.cols), absent));
        };
        let window = Window { row0: rows.0, col0: cols.0, rows: rows.1, cols: cols.1 };
        let read = self.raster.read_or(Part { index, mask, window, south_up }, Some(absent), convert)?;
        if factor == 1 && (window.rows, window.cols) == (part.rows, part.cols) {
            return Ok(read);
        }
        Ok(Array2::from_shape_fn((part.rows, part.cols), |(r, c)| match (own_rows[r], own_cols[c]) {
            (Some(row), Some(col)) => read[[row - window.row0, col - window.col0]],
            _ => absent,
        }))
    }
}

/// The raster's own row (or column) of each scene row: `floor((scene - start) / factor)`.
pub(super) fn axis(first: usize, length: usize, start: i64, factor: usize, size: usize) -> Vec<Option<usize>> {
    let own = |i: usize| (first as i64 + i as i64 - start).div_euclid(factor as i64);
    (0..length).map(|i| usize::try_from(own(i)).ok().filter(|v| *v < size)).collect()
}

/// First and number of the rows that are there.
pub(super) fn span(own: &[Option<usize>]) -> Option<(usize, usize)> {
    let first = own.iter().flatten().next()?;
    let last = own.iter().flatten().next_back()?;
    Some((*first, last - first + 1))
}

fn open_once(opened: &mut Vec<(Raster, Frame)>, file: &std::path::Path) -> Result<usize, SceneError> {
    if let Some(at) = opened.iter().position(|(r, _)| r.path == file) {
        return Ok(at);
    }
    let raster = Raster::open(file)?;
    let frame = raster.frame()?;
    opened.push((raster, frame));
    Ok(opened.len() - 1)
}

pub(super) fn overlaps(a: Window, b: Window) -> bool {
    a.row0 < b.row_end() && b.row0 < a.row_end() && a.col0 < b.col_end() && b.col0 < a.col_end()
}

/// Target pixels that a scene can touch: a bound that is never too small, `None` when the scene lies apart.
///
/// # Errors
/// [`SceneError::Crs`] when there is no way from one reference system to the other.
pub fn footprint(scene: &Scene, target: &Grid) -> Result<Option<Window>, SceneError> {
    let named = |source| SceneError::Crs { path: scene.path.clone(), source: Box::new(source) };
    let transform = Transform::new(&scene.grid.crs, &target.crs).map_err(named)?;
    let (rows, cols) = (scene.grid.rows as f64, scene.grid.cols as f64);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..EDGE_POINTS {
        let t = i as f64 / (EDGE_POINTS - 1) as f64;
        for (col, row) in [(t * cols, 0.0), (t * cols, rows), (0.0, t * rows), (cols, t * rows)] {
            let (px, py) = scene.grid.xy(col, row);
            x.push(px);
            y.push(py);
        }
    }
    if transform.apply(&mut x, &mut y).is_err() || x.iter().chain(&y).any(|v| !v.is_finite()) {
        // Part of the scene has no place in the target's system: any pixel may be touched.
        return Ok(Some(target.window()));
    }
    let points: Vec<_> = x.iter().zip(&y).map(|(x, y)| target.col_row(*x, *y)).collect();
    let bound = |of: fn(&(f64, f64)) -> f64, size: usize| {
        let (low, high) = points.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        // Edges bend between the points: a margin of one hundredth and two pixels.
        let margin = (high - low) * 0.01 + 2.0;
        let (low, high) = ((low - margin).floor().max(0.0), (high + margin).ceil().min(size as f64));
        (low < high).then_some((low as usize, (high - low) as usize))
    };
    let (rows, cols) = (bound(|p| p.1, target.rows), bound(|p| p.0, target.cols));
    Ok(rows.zip(cols).map(|((row0, rows), (col0, cols))| Window { row0, col0, rows, cols }))
}
