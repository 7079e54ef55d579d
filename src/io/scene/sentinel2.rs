//! Sentinel-2 Level-2A in SAFE form: everything from `MTD_MSIL2A.xml`, the offset above all.

use std::path::{Path, PathBuf};

use roxmltree::Document;

use super::SceneError;
use crate::io::raster::{Frame, Raster};
use crate::io::virtual_file::{exists, read_text, split};
use crate::scene::sensor::{Decode, SENTINEL2_L2A, sentinel2, stack::date_in_metadata};
use crate::scene::source::{Scene, SceneBand, SceneOptions, ValidityLayer};
use crate::scene::{Band, Validity};

/// The first processing baseline whose digital numbers carry an offset.
const OFFSET_BASELINE: f64 = 4.0;

/// What the metadata say.
struct Metadata {
    path: PathBuf,
    baseline: String,
    quantification: f64,
    /// By `band_id`; empty when the metadata have none.
    offsets: Vec<(usize, f64)>,
    date_text: Option<String>,
    product: Option<String>,
    /// Image paths without extension, relative to the SAFE folder.
    images: Vec<String>,
}

impl Metadata {
    fn read(path: &Path) -> Result<Self, SceneError> {
        let bad = |message: String| SceneError::Metadata { path: path.to_owned(), message };
        Self::of_text(path, &read_text(path).map_err(bad)?)
    }

    /// What the text of a metadata file says; `path` is for messages.
    fn of_text(path: &Path, text: &str) -> Result<Self, SceneError> {
        let bad = |message: String| SceneError::Metadata { path: path.to_owned(), message };
        let document = Document::parse(text.trim_start_matches('\u{feff}')).map_err(|e| bad(e.to_string()))?;
        if document.root_element().tag_name().name().contains("Level-1C") {
            return Err(SceneError::Unsupported {
                path: path.to_owned(),
                what: "Sentinel-2 Level-1C".to_owned(),
                advice: "get the Level-2A product of the same scene, or make it with Sen2Cor",
            });
        }
        let missing =
            |field: &str, purpose| SceneError::MissingField { path: path.to_owned(), field: field.to_owned(), purpose };
        let value = |tag: &str| texts(&document, tag).next();
        let number = |text: String, field: &str| parse_number(path, text, field);
        let quantification = value("BOA_QUANTIFICATION_VALUE")
            .or_else(|| value("L2A_BOA_QUANTIFICATION_VALUE"))
            .ok_or_else(|| missing("BOA_QUANTIFICATION_VALUE", "surface reflectance"))?;
        let quantification = number(quantification, "BOA_QUANTIFICATION_VALUE")?;
        if quantification <= 0.0 {
            return Err(SceneError::BadField {
                path: path.to_owned(),
                field: "BOA_QUANTIFICATION_VALUE".to_owned(),
                value: quantification.to_string(),
                expected: "above zero",
            });
        }
        let mut offsets = Vec::new();
        for node in document.descendants().filter(|n| n.tag_name().name() == "BOA_ADD_OFFSET") {
            let id = node.attribute("band_id").ok_or_else(|| missing("BOA_ADD_OFFSET band_id", "the offset"))?;
            let id = number(id.to_owned(), "BOA_ADD_OFFSET band_id")?;
            let offset = number(node.text().unwrap_or_default().trim().to_owned(), "BOA_ADD_OFFSET")?;
            offsets.push((id as usize, offset));
        }
        let images: Vec<String> = ["IMAGE_FILE", "IMAGE_FILE_2A", "IMAGE_ID_2A"]
            .iter()
            .map(|tag| texts(&document, tag).collect::<Vec<_>>())
            .find(|found| !found.is_empty())
            .ok_or_else(|| missing("IMAGE_FILE", "finding the bands"))?;
        Ok(Self {
            path: path.to_owned(),
            baseline: value("PROCESSING_BASELINE").ok_or_else(|| missing("PROCESSING_BASELINE", "the offset"))?,
            quantification,
            offsets,
            date_text: value("PRODUCT_START_TIME").or_else(|| value("DATATAKE_SENSING_START")),
            product: value("PRODUCT_URI").or_else(|| value("PRODUCT_URI_2A")),
            images,
        })
    }

    /// The offset of a band in digital numbers; 0 where the metadata have no offsets at all.
    fn offset(&self, own: &str) -> Result<f64, SceneError> {
        if self.offsets.is_empty() {
            return Ok(0.0);
        }
        let id = sentinel2::BAND_IDS.iter().position(|b| *b == own);
        let found = self.offsets.iter().find(|(band, _)| Some(*band) == id).map(|(_, offset)| *offset);
        found.ok_or_else(|| SceneError::MissingField {
            path: self.path.clone(),
            field: format!("BOA_ADD_OFFSET of {own} (other bands have one)"),
            purpose: "surface reflectance",
        })
    }

    /// The finest image of a band (`B04`) or of `SCL`, with its resolution in metres.
    fn image(&self, own: &str) -> Option<(PathBuf, u32)> {
        let of_band = self.images.iter().filter_map(|image| {
            let mut parts = image.rsplit('_');
            let metres = parts.next()?.strip_suffix('m')?.parse::<u32>().ok()?;
            (parts.next()? == own).then_some((image, metres))
        });
        let mut found: Vec<_> = of_band.collect();
        found.sort_by_key(|(_, metres)| *metres);
        let folder = split(&self.path).0;
        let on_disk = |image: &String| {
            let with = |extension: &str| folder.join(format!("{image}.{extension}"));
            ["jp2", "tif", "JP2", "TIF"].iter().map(|e| with(e)).find(|file| exists(file))
        };
        found.into_iter().find_map(|(image, metres)| Some((on_disk(image)?, metres)))
    }

    /// Whether the metadata list an image of this band.
    fn lists(&self, own: &str) -> bool {
        self.images.iter().any(|image| image.rsplit('_').nth(1) == Some(own))
    }
}

/// Texts of all elements of this name, without outer blanks.
fn texts<'a>(document: &'a Document<'_>, tag: &str) -> impl Iterator<Item = String> + use<'a> {
    let tag = tag.to_owned();
    let named = document.descendants().filter(move |n| n.tag_name().name() == tag);
    named.filter_map(|n| n.text().map(|t| t.trim().to_owned())).filter(|t| !t.is_empty())
}

fn parse_number(path: &Path, text: String, field: &str) -> Result<f64, SceneError> {
    text.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| SceneError::BadField {
        path: path.to_owned(),
        field: field.to_owned(),
        value: text,
        expected: "a number",
    })
}

/// Reads metadata and asks them for what a product asks for: for fuzz targets.
pub(super) fn try_metadata(path: &Path, text: &str) {
    let Ok(metadata) = Metadata::of_text(path, text) else { return };
    for own in sentinel2::BAND_IDS {
        let _ = (metadata.offset(own), metadata.lists(own));
    }
    let _ = (parse_number(path, metadata.baseline, "baseline"), metadata.date_text.as_deref().map(date_in_metadata));
}

/// Describes a SAFE product.
pub(super) fn open(path: &Path, metadata: &Path, options: &SceneOptions) -> Result<Scene, SceneError> {
    let metadata = Metadata::read(metadata)?;
    let mut notes = Vec::new();
    let baseline: f64 = parse_number(&metadata.path, metadata.baseline.clone(), "PROCESSING_BASELINE")?;
    if baseline >= OFFSET_BASELINE && metadata.offsets.is_empty() {
        let text = "carries no BOA_ADD_OFFSET: 0 is taken; check that it was removed from the pixels";
        notes.push(format!("processing baseline {} {text}", metadata.baseline));
    }
    let (bands, frame, block) = open_bands(path, &metadata, &mut notes)?;
    let mut validity = Vec::new();
    match metadata.image("SCL") {
        Some((file, _)) => {
            Raster::open(&file)?.require_multiple(&frame)?;
            let decode = Decode::SceneClassification { clear: None };
            validity.push(ValidityLayer { file, index: 1, decode, name: "SCL".to_owned() });
        }
        None if options.validity_band.is_some() => notes.push("no SCL; only the given validity layer".to_owned()),
        None => {
            let what = "the scene classification (SCL): clouds would pass for ground".to_owned();
            return Err(SceneError::MissingPart { path: path.to_owned(), what });
        }
    }
    let (folder, _) = split(&metadata.path);
    let name = metadata.product.clone().unwrap_or_else(|| split(&folder).1);
    let date = metadata.date_text.as_deref().and_then(date_in_metadata);
    let mut files: Vec<PathBuf> = bands.iter().map(|b| b.file.clone()).collect();
    files.extend(validity.iter().map(|l| l.file.clone()));
    files.push(metadata.path.clone());
    Ok(Scene {
        id: name.trim_end_matches(".SAFE").to_owned(),
        path: path.to_owned(),
        sensor: SENTINEL2_L2A.to_owned(),
        sensor_reason: format!("MTD_MSIL2A.xml, processing baseline {}", metadata.baseline),
        date,
        date_reason: if date.is_some() { "PRODUCT_START_TIME in the metadata" } else { "none in the metadata" }
            .to_owned(),
        grid: frame.grid(),
        block,
        bands,
        validity,
        fill: Validity::NoData,
        files,
        notes,
    })
}

type OpenBands = (Vec<SceneBand>, Frame, (usize, usize));

fn open_bands(path: &Path, metadata: &Metadata, notes: &mut Vec<String>) -> Result<OpenBands, SceneError> {
    let mut bands = Vec::new();
    let mut rasters = Vec::new();
    let mut absent = Vec::new();
    for (own, common) in sentinel2::BANDS {
        let Some((file, metres)) = metadata.image(own) else {
            if metadata.lists(own) {
                absent.push(own);
            }
            continue;
        };
        let raster = Raster::open(&file)?;
        let offset = metadata.offset(own)?;
        bands.push(SceneBand {
            band: Band::new(common),
            source_name: own.to_owned(),
            data_type: raster.band(1)?.band_type().name(),
            file,
            index: 1,
            scale: 1.0 / metadata.quantification,
            offset: offset / metadata.quantification,
            scale_reason: reason(metadata, offset),
            nodata: Some(sentinel2::NODATA),
            saturated_at: Some(sentinel2::SATURATED),
        });
        rasters.push((metres, raster));
    }
    if !absent.is_empty() {
        notes.push(format!("listed in the metadata but not there: {}", absent.join(", ")));
    }
    rasters.sort_by_key(|(metres, _)| *metres);
    let Some((_, finest)) = rasters.first() else {
        return Err(SceneError::MissingPart { path: path.to_owned(), what: "every band image".to_owned() });
    };
    let (frame, block) = (finest.frame()?, finest.block(1)?);
    for (_, raster) in &rasters {
        raster.require_multiple(&frame)?;
    }
    Ok((bands, frame, block))
}

fn reason(metadata: &Metadata, offset: f64) -> String {
    let offset =
        if metadata.offsets.is_empty() { "no BOA_ADD_OFFSET".to_owned() } else { format!("BOA_ADD_OFFSET {offset}") };
    format!("BOA_QUANTIFICATION_VALUE {}, {offset} (baseline {})", metadata.quantification, metadata.baseline)
}
