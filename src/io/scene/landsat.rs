//! Landsat products: Collection 2 Level 2 (surface reflectance) and Level 1 (top-of-atmosphere reflectance).

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::mtl::Mtl;
use super::{SceneError, overrule};
use crate::io::raster::{Frame, Raster};
use crate::io::virtual_file::{list, split};
use crate::scene::sensor::landsat::{self, product_name};
use crate::scene::sensor::{BandName, Decode, LANDSAT_C2_L2, LANDSAT_L1, stack::date_in_name};
use crate::scene::source::{Scene, SceneBand, SceneOptions, ValidityLayer};
use crate::scene::{Band, Validity};

/// Groups of the MTL that hold Level-1 reflectance factors (Collection 1, Collection 2).
const L1_GROUPS: [&str; 2] = ["RADIOMETRIC_RESCALING", "LEVEL1_RADIOMETRIC_RESCALING"];
const L2_GROUP: &str = "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS";

/// The files of one product.
pub(super) struct Files {
    folder: PathBuf,
    /// What every file name begins with.
    product: String,
    metadata: Option<PathBuf>,
    /// Every name in the folder.
    names: Vec<String>,
}

impl Files {
    /// The product that a metadata file is of.
    pub(super) fn of_metadata(path: &Path) -> Result<Self, SceneError> {
        let (folder, name) = split(path);
        let names = list(&folder).map_err(|message| SceneError::Metadata { path: folder.clone(), message })?;
        let product = name[..name.len() - "_MTL.txt".len()].to_owned();
        Ok(Self { folder, product, metadata: Some(path.to_owned()), names })
    }

    /// The product that a file is a band of, or `None` for a raster that is not named so.
    pub(super) fn of_band(path: &Path, folder: &Path, name: &str) -> Result<Option<Self>, SceneError> {
        let Some(parts) = product_name(stem(name)).filter(|p| is_part(&p.ending)) else { return Ok(None) };
        // A folder that cannot be listed (/vsicurl/) has no product to find.
        let names = list(folder).unwrap_or_default();
        let metadata = metadata_of(&names, &parts.product).map(|n| folder.join(n));
        if metadata.is_none() && !is_level2(&parts.product) {
            return Err(SceneError::MissingPart {
                path: path.to_owned(),
                what: format!("{}_MTL.txt (for a plain raster give the sensor 'stack')", parts.product),
            });
        }
        Ok(Some(Self { folder: folder.to_owned(), product: parts.product, metadata, names }))
    }

    /// The one product of a folder, or `None`.
    pub(super) fn of_folder(folder: &Path, names: &[String]) -> Result<Option<Self>, SceneError> {
        let level2 = |p: &landsat::ProductName| is_level2(&p.product) && is_part(&p.ending);
        let found = names.iter().filter_map(|n| {
            let upper = n.to_ascii_uppercase();
            match upper.strip_suffix("_MTL.TXT").or_else(|| upper.strip_suffix("_MTL.XML")) {
                Some(product) => Some(n[..product.len()].to_owned()),
                None => product_name(stem(n)).filter(level2).map(|p| p.product),
            }
        });
        let mut products: Vec<String> = found.collect();
        products.sort();
        products.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        match products.as_slice() {
            [] => Ok(None),
            [product] => Ok(Some(Self {
                folder: folder.to_owned(),
                product: product.clone(),
                metadata: metadata_of(names, product).map(|n| folder.join(n)),
                names: names.to_vec(),
            })),
            many => Err(SceneError::ManyProducts { path: folder.to_owned(), products: many.join(", ") }),
        }
    }

    /// The file with one of these endings (`SR_B4`, `B4`), in their order.
    fn find(&self, endings: &[String]) -> Option<PathBuf> {
        let is = |name: &str, ending: &str| {
            let end = format!("{}_{ending}", self.product);
            is_image(name) && stem(name).eq_ignore_ascii_case(&end)
        };
        endings.iter().find_map(|e| self.names.iter().find(|n| is(n, e))).map(|n| self.folder.join(n))
    }

    /// A file by the name that the metadata give it, in any case.
    fn named(&self, name: &str) -> Option<PathBuf> {
        self.names.iter().find(|n| n.eq_ignore_ascii_case(name)).map(|n| self.folder.join(n))
    }
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn is_image(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".tif", ".tiff", ".jp2", ".vrt"].iter().any(|e| lower.ends_with(e))
}

/// Whether an ending is a band's or a quality layer's.
fn is_part(ending: &str) -> bool {
    let band = ending.strip_prefix("SR_").unwrap_or(ending).strip_prefix('B');
    band.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        || ["QA_PIXEL", "PIXEL_QA", "BQA", "QA_RADSAT", "RADSAT_QA"].contains(&ending)
}

fn is_level2(product: &str) -> bool {
    product.split('_').nth(1).is_some_and(|level| level.to_ascii_uppercase().starts_with("L2"))
}

fn metadata_of<'a>(names: &'a [String], product: &str) -> Option<&'a String> {
    ["_MTL.txt", "_MTL.xml"].iter().find_map(|end| {
        let wanted = format!("{product}{end}");
        names.iter().find(|n| n.eq_ignore_ascii_case(&wanted))
    })
}

/// What the metadata, or else the product's name, say of it.
struct Facts {
    mtl: Option<Mtl>,
    level2: bool,
    satellite: u8,
    table: &'static [BandName],
    date: Option<Date>,
    date_reason: &'static str,
}

impl Facts {
    fn read(path: &Path, files: &Files) -> Result<Self, SceneError> {
        Self::of(path, &files.product, files.metadata.as_deref().map(Mtl::read).transpose()?)
    }

    fn of(path: &Path, product: &str, mtl: Option<Mtl>) -> Result<Self, SceneError> {
        let get = |key: &str| mtl.as_ref().and_then(|m| m.get(key));
        let level2 = match get("PROCESSING_LEVEL").or_else(|| get("DATA_TYPE")) {
            Some(level) => level.starts_with("L2"),
            None => mtl.as_ref().is_some_and(|m| m.has_group(L2_GROUP)) || is_level2(product),
        };
        let last_digit = |text: &str| text.bytes().last().filter(u8::is_ascii_digit).map(|b| b - b'0');
        let satellite = get("SPACECRAFT_ID").and_then(last_digit);
        let satellite = satellite.or_else(|| last_digit(product.get(..4)?)).unwrap_or(0);
        let is_mss = get("SENSOR_ID").is_some_and(|s| s.starts_with("MSS"));
        let table = landsat::bands(satellite).filter(|_| !is_mss).ok_or_else(|| SceneError::Unsupported {
            path: path.to_owned(),
            what: format!("Landsat {satellite} {}", get("SENSOR_ID").unwrap_or("with this sensor")),
            advice: "TM, ETM+ and OLI (Landsat 4, 5, 7, 8, 9) are",
        })?;
        let (date, date_reason) = match get("DATE_ACQUIRED").and_then(|d| d.parse().ok()) {
            Some(date) => (Some(date), "DATE_ACQUIRED in the MTL file"),
            None => (date_in_name(product), "the product's name"),
        };
        Ok(Self { mtl, level2, satellite, table, date, date_reason })
    }

    /// Scale, offset and the reason for them.
    fn rescaling(&self, path: &Path, number: &str) -> Result<(f64, f64, String), SceneError> {
        let (mult, add) = (format!("REFLECTANCE_MULT_BAND_{number}"), format!("REFLECTANCE_ADD_BAND_{number}"));
        match &self.mtl {
            Some(mtl) if self.level2 && mtl.has_group(L2_GROUP) => {
                let scale = mtl.number(&[L2_GROUP], &mult, "surface reflectance")?;
                let offset = mtl.number(&[L2_GROUP], &add, "surface reflectance")?;
                Ok((scale, offset, format!("{mult} and {add} of {L2_GROUP}")))
            }
            _ if self.level2 => {
                Ok((landsat::L2_SCALE, landsat::L2_OFFSET, "Collection 2 Level-2 constants (LSDS-1619)".to_owned()))
            }
            Some(mtl) => {
                let purpose = "top-of-atmosphere reflectance";
                let elevation = mtl.number(&["IMAGE_ATTRIBUTES"], "SUN_ELEVATION", purpose)?;
                if elevation <= 0.0 || elevation > 90.0 {
                    return Err(SceneError::BadField {
                        path: mtl.path().to_owned(),
                        field: "SUN_ELEVATION".to_owned(),
                        value: elevation.to_string(),
                        expected: "a sun above the horizon (0 to 90 degrees)",
                    });
                }
                // rho = (M * DN + A) / sin(sun elevation): USGS, Landsat 7 Data Users Handbook (LSDS-1927).
                let sine = elevation.to_radians().sin();
                let scale = mtl.number(&L1_GROUPS, &mult, purpose)? / sine;
                let offset = mtl.number(&L1_GROUPS, &add, purpose)? / sine;
                Ok((scale, offset, format!("({mult} DN + {add}) / sin({elevation} degrees), top of atmosphere")))
            }
            None => Err(SceneError::MissingPart { path: path.to_owned(), what: "its MTL file".to_owned() }),
        }
    }
}

/// Asks metadata for what a product asks for: for fuzz targets.
pub(super) fn try_fields(mtl: Mtl) {
    let path = Path::new("product");
    let Ok(facts) = Facts::of(path, "LC08_L1TP_008059_20240110_20240122_02_T1", Some(mtl)) else { return };
    for (own, _) in facts.table {
        if let Ok((scale, offset, _)) = facts.rescaling(path, &own[1..]) {
            assert!(scale.is_finite() && offset.is_finite(), "reflectance that is no number");
        }
    }
}

/// Describes a Landsat product.
pub(super) fn open(path: &Path, files: &Files, options: &SceneOptions) -> Result<Scene, SceneError> {
    let facts = Facts::read(path, files)?;
    let date = options.date.or(facts.date);
    let fill = landsat::fill_state(facts.satellite, date);
    let (bands, frame, block) = open_bands(path, files, &facts)?;
    let (validity, mut notes) = layers(path, files, fill, options)?;
    for layer in &validity {
        require_same(&layer.file, &frame)?;
    }
    let has_radsat = validity.iter().any(|l| matches!(l.decode, Decode::Saturation { .. }));
    if !has_radsat {
        notes.push("no saturation layer (QA_RADSAT): the largest digital number is taken as saturated".to_owned());
    }
    if fill == Validity::SlcGap {
        notes.push("Landsat 7 after 31 May 2003: fill is called slc_gap, the outer margin too".to_owned());
    }
    let mut all: Vec<PathBuf> = bands.iter().map(|b| b.file.clone()).collect();
    all.extend(validity.iter().map(|l| l.file.clone()));
    all.extend(files.metadata.clone());
    let level = if facts.level2 { "Level 2" } else { "Level 1" };
    let source = files.metadata.as_ref().map_or_else(|| "file names".to_owned(), |m| split(m).1);
    let mut scene = Scene {
        id: files.product.clone(),
        path: path.to_owned(),
        sensor: if facts.level2 { LANDSAT_C2_L2 } else { LANDSAT_L1 }.to_owned(),
        sensor_reason: format!("Landsat {} {level}, by {source}", facts.satellite),
        date: facts.date,
        date_reason: facts.date_reason.to_owned(),
        grid: frame.grid(),
        block,
        bands,
        validity,
        fill,
        files: all,
        notes,
    };
    if !has_radsat {
        for band in &mut scene.bands {
            band.saturated_at = if band.data_type == "Byte" { Some(255.0) } else { Some(65_535.0) };
        }
    }
    overrule(&mut scene, options);
    Ok(scene)
}

type OpenBands = (Vec<SceneBand>, Frame, (usize, usize));

fn open_bands(path: &Path, files: &Files, facts: &Facts) -> Result<OpenBands, SceneError> {
    let mut bands = Vec::new();
    let mut first: Option<(Frame, (usize, usize))> = None;
    for (own, common) in facts.table {
        let number = &own[1..];
        let by_metadata = facts.mtl.as_ref().and_then(|m| m.get(&format!("FILE_NAME_BAND_{number}")));
        let endings = if facts.level2 { vec![format!("SR_{own}")] } else { vec![(*own).to_owned()] };
        let Some(file) = by_metadata.and_then(|n| files.named(n)).or_else(|| files.find(&endings)) else { continue };
        let raster = Raster::open(&file)?;
        match &first {
            Some((frame, _)) => raster.require_frame(frame)?,
            None => first = Some((raster.frame()?, raster.block(1)?)),
        }
        let (scale, offset, scale_reason) = facts.rescaling(path, number)?;
        bands.push(SceneBand {
            band: Band::new(common),
            source_name: if facts.level2 { format!("SR_{own}") } else { (*own).to_owned() },
            data_type: raster.band(1)?.band_type().name(),
            file,
            index: 1,
            scale,
            offset,
            scale_reason,
            nodata: Some(landsat::NODATA),
            saturated_at: None,
        });
    }
    match first {
        Some((frame, block)) => Ok((bands, frame, block)),
        None => Err(SceneError::MissingPart {
            path: path.to_owned(),
            what: format!("every band file ({}_{}...)", files.product, if facts.level2 { "SR_B" } else { "B" }),
        }),
    }
}

/// Quality layers: QA_PIXEL, pixel_qa or BQA, then saturation.
fn layers(
    path: &Path,
    files: &Files,
    fill: Validity,
    options: &SceneOptions,
) -> Result<(Vec<ValidityLayer>, Vec<String>), SceneError> {
    let one = |name: &str, decode: Decode| {
        let file = files.find(&[name.to_owned()])?;
        Some(ValidityLayer { file, index: 1, decode, name: name.to_owned() })
    };
    let quality = one("QA_PIXEL", Decode::Bits(landsat::qa_pixel(fill)))
        .or_else(|| one("pixel_qa", Decode::Bits(landsat::pixel_qa(fill))))
        .or_else(|| one("BQA", Decode::Bits(landsat::bqa(fill))));
    let saturation = one("QA_RADSAT", Decode::Saturation { shift: -1 })
        .or_else(|| one("radsat_qa", Decode::Saturation { shift: 0 }));
    let mut notes = Vec::new();
    if quality.is_none() {
        if options.validity_band.is_none() {
            let what = "a quality layer (QA_PIXEL, pixel_qa or BQA): clouds would pass for ground".to_owned();
            return Err(SceneError::MissingPart { path: path.to_owned(), what });
        }
        notes.push("no quality layer of its own; only the given one".to_owned());
    }
    Ok((quality.into_iter().chain(saturation).collect(), notes))
}

fn require_same(file: &Path, frame: &Frame) -> Result<(), SceneError> {
    Raster::open(file)?.require_frame(frame)
}
