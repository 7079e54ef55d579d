//! Any other raster: a stack with named bands, or a drone orthomosaic.

use std::path::Path;

use gdal::Metadata;
use gdal::raster::{ColorInterpretation, GdalDataType};
use jiff::civil::Date;

use super::{SceneError, add_sidecar};
use crate::io::raster::{Frame, Raster};
use crate::io::virtual_file::split;
use crate::scene::sensor::stack::{BandNames, DRONE_PIXEL_M, band_names, date_in_metadata, date_in_name};
use crate::scene::sensor::{DRONE, Decode, LANDSAT_C2_L2, SENTINEL2_L2A, STACK, landsat, sentinel2};
use crate::scene::source::{GIVEN, Scene, SceneBand, SceneOptions, ValidityLayer};
use crate::scene::{Band, Validity};

/// Metadata items that hold the date of acquisition, the surest first. `TIFFTAG_DATETIME` may be the day of writing.
const DATE_ITEMS: [&str; 4] = ["COCAL_DATE", "ACQUISITIONDATETIME", "DATE", "TIFFTAG_DATETIME"];
/// Metres per degree of latitude, for telling drones from satellites only.
const METRES_PER_DEGREE: f64 = 111_000.0;

/// Describes a plain raster.
pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene, SceneError> {
    let raster = Raster::open(path)?;
    let frame = raster.frame()?;
    let descriptions = descriptions(&raster)?;
    let names = band_names(&descriptions, options.sensor.as_deref());
    let (mut validity, used) = own_layers(&raster, &descriptions, options)?;
    let has_mask = validity.iter().any(|l| matches!(l.decode, Decode::Alpha | Decode::Mask));
    let (sensor, sensor_reason) = sensor(options, &frame, has_mask, &names);
    let chosen: Vec<(Band, usize)> = if options.bands.is_empty() {
        let unused = |index: &usize| !used.contains(index);
        (1..=descriptions.len()).filter(unused).map(|i| (names.bands[i - 1].clone(), i)).collect()
    } else {
        options.bands.clone()
    };
    let rules = Rules { options, sensor: &sensor, is_sentinel2: sentinel2::is_sentinel2(&descriptions) };
    let bands = chosen
        .into_iter()
        .map(|(band, index)| rules.band(&raster, band, index))
        .collect::<Result<Vec<_>, SceneError>>()?;
    require_distinct(path, &bands)?;
    let first = bands.first().map_or(1, |b| b.index);
    let (date, date_reason, mut notes) = date(&raster, path, options);
    if frame.south_up {
        notes.push("stored from south to north: rows are turned over".to_owned());
    }
    if !frame.is_north_up() {
        notes.push("rotated: resampled onto a north-up grid".to_owned());
    }
    if options.validity_band.as_ref().is_some_and(|v| v.file.is_none()) {
        // The given band goes first: it was asked for by name.
        validity.rotate_right(1);
    }
    let mut scene = Scene {
        id: split(path).1.rsplit_once('.').map_or_else(|| split(path).1, |(stem, _)| stem.to_owned()),
        path: path.to_owned(),
        sensor,
        sensor_reason,
        date,
        date_reason,
        grid: frame.grid(),
        block: raster.block(first)?,
        bands,
        validity,
        fill: Validity::NoData,
        files: raster.files(),
        notes,
    };
    if let Some(option) = &options.validity_band
        && let Some(file) = &option.file
    {
        add_sidecar(&mut scene, file, option)?;
    }
    Ok(scene)
}

/// A band by description (any case) or 1-based index.
pub(super) fn find_band(raster: &Raster, wanted: &str) -> Result<usize, SceneError> {
    let names = descriptions(raster)?;
    if let Some(at) = names.iter().position(|n| n.eq_ignore_ascii_case(wanted.trim())) {
        return Ok(at + 1);
    }
    match wanted.trim().parse::<usize>() {
        Ok(index) => raster.band(index).map(|_| index),
        Err(_) => Err(SceneError::BandsMissing {
            path: raster.path.clone(),
            missing: wanted.to_owned(),
            present: names.join(", "),
        }),
    }
}

/// Descriptions of all bands; a colour's name where there is none.
fn descriptions(raster: &Raster) -> Result<Vec<String>, SceneError> {
    (1..=raster.dataset.raster_count())
        .map(|index| {
            let band = raster.band(index)?;
            let text = band.description().unwrap_or_default().trim().to_owned();
            Ok(match band.color_interpretation() {
                _ if !text.is_empty() => text,
                ColorInterpretation::RedBand => "red".to_owned(),
                ColorInterpretation::GreenBand => "green".to_owned(),
                ColorInterpretation::BlueBand => "blue".to_owned(),
                _ => text,
            })
        })
        .collect()
}

/// Validity layers inside the raster, and the indices of bands that are such layers.
fn own_layers(
    raster: &Raster,
    descriptions: &[String],
    options: &SceneOptions,
) -> Result<(Vec<ValidityLayer>, Vec<usize>), SceneError> {
    let layer =
        |index: usize, decode: Decode, name: String| ValidityLayer { file: raster.path.clone(), index, decode, name };
    let mut layers = Vec::new();
    let mut given = None;
    let named = |index: usize| options.bands.iter().any(|(_, i)| *i == index);
    for (at, text) in descriptions.iter().enumerate().filter(|(at, _)| !named(at + 1)) {
        let index = at + 1;
        let interpretation = raster.band(index)?.color_interpretation();
        match text.to_ascii_uppercase().as_str() {
            "SCL" if options.validity_band.is_none() => {
                layers.push(layer(index, Decode::SceneClassification { clear: None }, format!("SCL (band {index})")));
            }
            "QA_PIXEL" => {
                let rules = landsat::qa_pixel(Validity::NoData);
                layers.push(layer(index, Decode::Bits(rules), format!("QA_PIXEL (band {index})")));
            }
            _ if interpretation == ColorInterpretation::AlphaBand => {
                layers.push(layer(index, Decode::Alpha, format!("alpha (band {index})")));
            }
            _ => {}
        }
    }
    let flags = raster.band(1)?.mask_flags().ok();
    if flags.is_some_and(|f| f.is_per_dataset() && !f.is_alpha() && !f.is_nodata()) {
        layers.push(layer(1, Decode::Mask, "internal mask".to_owned()));
    }
    if let Some(option) = options.validity_band.as_ref().filter(|o| o.file.is_none()) {
        let index = find_band(raster, option.band.as_deref().unwrap_or("SCL"))?;
        let decode = Decode::SceneClassification { clear: option.clear.clone() };
        given = Some(layer(index, decode, format!("band {index} (given)")));
    }
    layers.extend(given);
    let mut used: Vec<usize> = layers.iter().filter(|l| l.decode != Decode::Mask).map(|l| l.index).collect();
    // Where the user names another layer, the raster's own codes are still no reflectance.
    let codes = (1..).zip(descriptions).filter(|(index, text)| text.eq_ignore_ascii_case("SCL") && !named(*index));
    used.extend(codes.map(|(index, _)| index));
    Ok((layers, used))
}

fn sensor(options: &SceneOptions, frame: &Frame, has_mask: bool, names: &BandNames) -> (String, String) {
    if let Some(name) = &options.sensor {
        return (name.clone(), format!("given; {}", names.reason));
    }
    let unit = if frame.crs.geographic { METRES_PER_DEGREE } else { 1.0 };
    let pixel = frame.affine[1].hypot(frame.affine[4]) * unit;
    if has_mask && pixel < DRONE_PIXEL_M {
        return (DRONE.to_owned(), format!("a mask and pixels of {pixel:.3} m; {}", names.reason));
    }
    (STACK.to_owned(), format!("a plain raster; {}", names.reason))
}

/// How digital numbers of a plain raster become reflectance.
struct Rules<'a> {
    options: &'a SceneOptions,
    sensor: &'a str,
    is_sentinel2: bool,
}

impl Rules<'_> {
    fn band(&self, raster: &Raster, band: Band, index: usize) -> Result<SceneBand, SceneError> {
        let source = raster.band(index)?;
        let kind = source.band_type();
        if kind == GdalDataType::Unknown {
            return Err(SceneError::Unsupported {
                path: raster.path.clone(),
                what: format!("the pixel type of band {index} (complex numbers?)"),
                advice: "convert it to real numbers first",
            });
        }
        let own = (source.scale().unwrap_or(1.0), source.offset().unwrap_or(0.0));
        let (scale, offset, scale_reason) = self.scale(own, kind);
        if !scale.is_finite() || scale == 0.0 || !offset.is_finite() {
            return Err(SceneError::BadScale { path: raster.path.clone(), scale, offset });
        }
        let integer = is_integer(kind);
        let by_sensor = match self.sensor {
            SENTINEL2_L2A | LANDSAT_C2_L2 if integer => Some(0.0),
            _ if self.is_sentinel2 && integer => Some(sentinel2::NODATA),
            _ => None,
        };
        let nodata = source.no_data_value().or(by_sensor);
        let top = sentinel2::SATURATED;
        let saturates = kind == GdalDataType::UInt16 && nodata != Some(top);
        Ok(SceneBand {
            source_name: source.description().unwrap_or_default(),
            band,
            file: raster.path.clone(),
            index,
            data_type: kind.name(),
            scale,
            offset,
            scale_reason,
            nodata,
            saturated_at: (saturates && (self.is_sentinel2 || self.sensor == SENTINEL2_L2A)).then_some(top),
        })
    }

    /// The user's > the band's own > the sensor's table > by pixel type.
    fn scale(&self, own: (f64, f64), kind: GdalDataType) -> (f64, f64, String) {
        let integer = is_integer(kind);
        let (scale, offset, reason) = if own != (1.0, 0.0) {
            (own.0, own.1, "the band's own scale and offset".to_owned())
        } else if integer && self.sensor == LANDSAT_C2_L2 {
            (landsat::L2_SCALE, landsat::L2_OFFSET, "Landsat Collection 2 Level 2, as the sensor was given".to_owned())
        } else if integer && self.sensor == SENTINEL2_L2A {
            (sentinel2::SCALE, 0.0, "Sentinel-2 quantification 10000, no offset known".to_owned())
        } else {
            match kind {
                GdalDataType::UInt8 => (1.0 / 255.0, 0.0, "8 bits: 1/255 assumed".to_owned()),
                GdalDataType::UInt16 | GdalDataType::Int16 => (1e-4, 0.0, "16 bits: 1/10000 assumed".to_owned()),
                _ => (1.0, 0.0, format!("{}: taken as reflectance", kind.name())),
            }
        };
        match (self.options.scale, self.options.offset) {
            (None, None) => (scale, offset, reason),
            (Some(s), None) => (s, 0.0, "scale given, offset 0".to_owned()),
            (None, Some(o)) => (scale, o, format!("offset given, scale: {reason}")),
            (Some(s), Some(o)) => (s, o, GIVEN.to_owned()),
        }
    }
}

fn is_integer(kind: GdalDataType) -> bool {
    !matches!(kind, GdalDataType::Float32 | GdalDataType::Float64 | GdalDataType::Unknown)
}

fn require_distinct(path: &Path, bands: &[SceneBand]) -> Result<(), SceneError> {
    for (at, band) in bands.iter().enumerate() {
        if let Some(other) = bands[..at].iter().find(|b| b.band == band.band) {
            let (name, first, second) = (band.band.to_string(), other.index, band.index);
            return Err(SceneError::DuplicateBand { path: path.to_owned(), name, first, second });
        }
    }
    Ok(())
}

fn date(raster: &Raster, path: &Path, options: &SceneOptions) -> (Option<Date>, String, Vec<String>) {
    if let Some(date) = options.date {
        return (Some(date), "given".to_owned(), Vec::new());
    }
    let in_name = date_in_name(&split(path).1);
    let domains = ["", "IMAGERY"];
    let found = DATE_ITEMS.iter().find_map(|item| {
        let text = domains.iter().find_map(|domain| raster.dataset.metadata_item(item, domain))?;
        Some((date_in_metadata(&text)?, *item))
    });
    match (found, in_name) {
        (Some((date, item)), Some(name)) if date != name => {
            let note = format!("the file's name says {name}, its {item} says {date}");
            (Some(date), format!("{item} in the metadata"), vec![note])
        }
        (Some((date, item)), _) => (Some(date), format!("{item} in the metadata"), Vec::new()),
        (None, Some(date)) => (Some(date), "the file's name".to_owned(), Vec::new()),
        (None, None) => (None, "neither in the metadata nor in the file's name".to_owned(), Vec::new()),
    }
}
