//! GDAL fenced in: the drivers that are needed and no others, no program code in files, no server that was not named, no
//! virtual raster that reaches beyond the input folders, no block of any size.
//!
//! Every file that a user names is opened here ([`open`]). What is refused says what to do.

mod names;
mod virtual_rasters;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Once, PoisonError, RwLock};

use gdal::errors::{GdalError, Result};
use gdal::{Dataset, DatasetOptions, DriverManager};

pub use names::check_name;

/// The drivers that stay: what satellites, drones, statistics offices and GIS tools give, and nothing that speaks to a server or
/// a database, runs code, or stands for a file elsewhere (but VRT, whose sources are checked).
const DRIVERS: [&str; 29] = [
    "GTiff",
    "COG",
    "VRT",
    "MEM",
    "JP2OpenJPEG",
    "JP2KAK",
    "JP2ECW",
    "JP2MrSID",
    "HFA",
    "ENVI",
    "EHdr",
    "PNG",
    "JPEG",
    "AAIGrid",
    "OGR_VRT",
    "Memory",
    "GeoJSON",
    "GeoJSONSeq",
    "TopoJSON",
    "ESRI Shapefile",
    "GPKG",
    "SQLite",
    "FlatGeobuf",
    "CSV",
    "Parquet",
    "KML",
    "LIBKML",
    "GML",
    "DXF",
];

/// A block of more bytes is refused: it would be in memory whole, whatever little of it is wanted.
const LARGEST_BLOCK: u64 = 256 << 20;

/// What the user allowed beyond the fence.
#[derive(Default)]
struct Allowed {
    /// Servers by name, with their port where it is not the usual one.
    hosts: BTreeSet<String>,
    /// Folders that virtual rasters may reach into.
    folders: Vec<PathBuf>,
    /// Whether they may reach anywhere.
    everywhere: bool,
}

static ALLOWED: RwLock<Allowed> =
    RwLock::new(Allowed { hosts: BTreeSet::new(), folders: Vec::new(), everywhere: false });

/// Lets GDAL speak to servers, as `data.example.org` or `localhost:9000`.
pub fn allow_hosts<'a>(hosts: impl IntoIterator<Item = &'a str>) {
    let mut allowed = ALLOWED.write().unwrap_or_else(PoisonError::into_inner);
    allowed.hosts.extend(hosts.into_iter().map(str::to_ascii_lowercase));
}

/// Lets virtual rasters reach into a folder, beside their own.
pub fn allow_folder(folder: &Path) {
    let Ok(folder) = folder.canonicalize() else { return };
    let mut allowed = ALLOWED.write().unwrap_or_else(PoisonError::into_inner);
    if !allowed.folders.contains(&folder) {
        allowed.folders.push(folder);
    }
}

/// Lets virtual rasters reach anywhere.
pub fn allow_everywhere() {
    ALLOWED.write().unwrap_or_else(PoisonError::into_inner).everywhere = true;
}

fn with_allowed<T>(look: impl FnOnce(&Allowed) -> T) -> T {
    look(&ALLOWED.read().unwrap_or_else(PoisonError::into_inner))
}

/// Takes the drivers that are not needed off, and code in files with them. May be called often.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let set = |key, value| {
            // It fails for a NUL byte only.
            let _ = gdal::config::set_config_option(key, value);
        };
        // No shared libraries from folders, no Python in pixel functions, whatever the environment says.
        set("GDAL_DRIVER_PATH", "disable");
        set("GDAL_VRT_ENABLE_PYTHON", "NO");
        set("GDAL_VRT_PYTHON_TRUSTED_MODULES", "");
        DriverManager::prevent_auto_registration();
        DriverManager::register_all();
        for index in (0..DriverManager::count()).rev() {
            if let Ok(driver) = DriverManager::get_driver(index)
                && !DRIVERS.contains(&driver.short_name().as_str())
            {
                DriverManager::deregister_driver(&driver);
            }
        }
    });
}

/// The drivers that are there, of those that are needed.
pub fn drivers() -> Vec<String> {
    install();
    (0..DriverManager::count()).filter_map(|at| DriverManager::get_driver(at).ok()).map(|d| d.short_name()).collect()
}

/// Opens a file that a user named.
///
/// # Errors
/// What GDAL says; a server that was not named, a virtual raster that reaches too far, a block that is too large.
pub fn open(path: &Path, options: DatasetOptions<'_>) -> Result<Dataset> {
    install();
    let text = path.to_string_lossy();
    names::check_name(&text).map_err(refused)?;
    virtual_rasters::check(path).map_err(refused)?;
    let dataset = Dataset::open_ex(path, options)?;
    check_blocks(&dataset).map_err(refused)?;
    Ok(dataset)
}

fn refused(msg: String) -> GdalError {
    GdalError::CplError { class: gdal_sys::CPLErr::CE_Failure, number: 0, msg }
}

fn check_blocks(dataset: &Dataset) -> std::result::Result<(), String> {
    let bands = dataset.raster_count();
    for index in 1..=bands {
        let Ok(band) = dataset.rasterband(index) else { continue };
        let (cols, rows) = band.block_size();
        let bytes = (cols as u64).saturating_mul(rows as u64).saturating_mul(band.band_type().bytes().into());
        if bytes > LARGEST_BLOCK {
            return Err(format!(
                "its blocks have {rows} x {cols} pixels, {} MiB each; 256 MiB are the most: tile it with \
                 gdal_translate -co TILED=YES",
                bytes >> 20
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_to_servers_or_runs_code_is_gone_and_what_is_needed_is_there() {
        let there = drivers();
        for name in ["GTiff", "VRT", "GeoJSON", "GPKG", "ESRI Shapefile", "CSV", "MEM"] {
            assert!(there.iter().any(|driver| driver == name), "{name}");
        }
        for name in ["HTTP", "WMS", "WCS", "PostgreSQL", "PostGISRaster", "WFS", "Zarr", "netCDF", "DERIVED", "STACIT"]
        {
            assert!(there.iter().all(|driver| driver != name), "{name}");
        }
        assert_eq!(gdal::config::get_config_option("GDAL_VRT_ENABLE_PYTHON", "").unwrap(), "NO");
    }
}
