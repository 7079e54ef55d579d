//! Masks with the day that they show, and which of their classes are coca.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::class_mosaic::{ClassMosaic, MosaicError, group_rasters};
use super::class_raster::{ClassRaster, ClassRasterError};
use crate::compare::mapped::is_coca_name;

/// Masks that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatedMasksError {
    /// A raster was refused.
    #[error(transparent)]
    Raster(#[from] ClassRasterError),
    /// Rasters of one day that cannot be one.
    #[error("masks of {date}: {source}")]
    Mosaic {
        /// The day.
        date: Date,
        /// Why.
        source: MosaicError,
    },
    /// Named classes without coca among them.
    #[error("{path} has the classes {classes}, and none begins with 'coca'; name the values that are with --class")]
    NoCoca {
        /// The file.
        path: PathBuf,
        /// Its classes.
        classes: String,
    },
    /// Rasters of one day whose classes differ.
    #[error(
        "{first} and {second} show one day, but coca is {here:?} in the one and {there:?} in the other; make them alike, or name the values with --class"
    )]
    Differ {
        /// The one file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// Values of coca in the first.
        here: Vec<u8>,
        /// And in the other.
        there: Vec<u8>,
    },
    /// A project without masks.
    #[error(
        "no mask named coca_YEAR.tif in {folder}; run the project first (cocal run), or name its folder with --out"
    )]
    NoneInFolder {
        /// Where they are looked for.
        folder: PathBuf,
    },
}

/// Masks of one day.
#[derive(Debug)]
pub struct DatedMask {
    /// The day that they show.
    pub date: Date,
    /// One for each lattice; they do not overlap.
    pub mosaics: Vec<ClassMosaic>,
    /// Values that are coca.
    pub coca: Vec<u8>,
}

/// Opens masks; rasters of one day become one, in the order given. In the order of days. `classes`: the values that are coca;
/// empty: those whose name begins with coca, and 1 in a raster without names.
///
/// # Errors
/// [`DatedMasksError`] naming the file.
pub fn open_masks(given: &[(Date, PathBuf)], classes: &[u8]) -> Result<Vec<DatedMask>, DatedMasksError> {
    let mut by_day: BTreeMap<Date, Vec<ClassRaster>> = BTreeMap::new();
    for (date, path) in given {
        by_day.entry(*date).or_default().push(ClassRaster::open(path)?);
    }
    let open = |(date, rasters): (Date, Vec<ClassRaster>)| {
        let coca = if classes.is_empty() { common_coca(&rasters)? } else { classes.to_vec() };
        let mosaics = group_rasters(rasters, None).map_err(|source| DatedMasksError::Mosaic { date, source })?;
        Ok(DatedMask { date, mosaics, coca })
    };
    by_day.into_iter().map(open).collect()
}

/// The values of coca in rasters of one day. A year that a raster says for itself does not matter here.
fn common_coca(rasters: &[ClassRaster]) -> Result<Vec<u8>, DatedMasksError> {
    let Some((first, others)) = rasters.split_first() else { return Ok(Vec::new()) };
    let here = coca_of(first)?;
    for other in others {
        let there = coca_of(other)?;
        if here != there {
            let (first, second) = (first.path.clone(), other.path.clone());
            return Err(DatedMasksError::Differ { first, second, here, there });
        }
    }
    Ok(here)
}

fn coca_of(raster: &ClassRaster) -> Result<Vec<u8>, DatedMasksError> {
    if raster.categories.is_empty() {
        return Ok(vec![1]);
    }
    let found: Vec<u8> =
        raster.categories.iter().filter(|(_, name)| is_coca_name(name)).map(|(code, _)| *code).collect();
    if found.is_empty() {
        let classes = raster.categories.iter().map(|(code, name)| format!("{code} {name}")).collect::<Vec<_>>();
        return Err(DatedMasksError::NoCoca { path: raster.path.clone(), classes: classes.join(", ") });
    }
    Ok(found)
}

/// The masks that `cocal run` wrote into a folder, `mask/coca_YEAR.tif`, with their years in order.
///
/// # Errors
/// [`DatedMasksError::NoneInFolder`].
pub fn masks_in_folder(folder: &Path) -> Result<Vec<(i16, PathBuf)>, DatedMasksError> {
    let folder = folder.join("mask");
    let year = |path: &Path| -> Option<i16> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("coca_")?.strip_suffix(".tif")?.parse().ok()
    };
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<(i16, PathBuf)> = entries.filter_map(|path| Some((year(&path)?, path))).collect();
    found.sort();
    if found.is_empty() { Err(DatedMasksError::NoneInFolder { folder }) } else { Ok(found) }
}
