//! What the GDAL that is linked can do: version, drivers, PROJ with its data, cache.

use std::ffi::{CStr, c_char};
use std::path::PathBuf;

use gdal::version::VersionInfo;

/// Version as a number: 3.6.2 is 3060200.
pub fn version_number() -> u32 {
    VersionInfo::version_num().trim().parse().unwrap_or(0)
}

/// Whether polygons can be checked and mended (GEOS).
pub fn has_geos() -> bool {
    VersionInfo::has_geos()
}

/// The beginnings of names of virtual files that it understands, such as `/vsicurl/`.
pub fn virtual_prefixes() -> Vec<String> {
    // SAFETY: GDAL gives a list of strings that ends with a null pointer, and that is ours.
    unsafe { taken(gdal_sys::VSIGetFileSystemsPrefixes()) }
}

/// Bytes that the block cache may grow to.
pub fn cache_bytes() -> u64 {
    // SAFETY: takes nothing and gives a number.
    u64::try_from(unsafe { gdal_sys::GDALGetCacheMax64() }).unwrap_or(0)
}

/// Version of PROJ.
pub fn proj_version() -> (i32, i32, i32) {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: three numbers that live through the call.
    unsafe { gdal_sys::OSRGetPROJVersion(&mut major, &mut minor, &mut patch) };
    (major, minor, patch)
}

/// Folders that PROJ looks for its data in.
pub fn proj_folders() -> Vec<PathBuf> {
    // SAFETY: as of `virtual_prefixes`.
    unsafe { taken(gdal_sys::OSRGetPROJSearchPaths()) }.into_iter().map(PathBuf::from).collect()
}

/// The first `proj.db` in these folders.
pub fn proj_database(folders: &[PathBuf]) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join("proj.db")).find(|file| file.is_file())
}

/// The strings of a list of GDAL's, which is freed.
///
/// # Safety
/// `list` is null, or a list that ends with a null pointer and that nobody else uses.
unsafe fn taken(list: *mut *mut c_char) -> Vec<String> {
    let mut strings = Vec::new();
    if list.is_null() {
        return strings;
    }
    // SAFETY: as promised; nothing beyond the null pointer is read, and the list is freed once.
    unsafe {
        let mut at = list;
        while !(*at).is_null() {
            strings.push(CStr::from_ptr(*at).to_string_lossy().into_owned());
            at = at.add(1);
        }
        gdal_sys::CSLDestroy(list);
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_gdal_has_what_it_must_have() {
        assert!(version_number() >= 3_060_000, "{}", version_number());
        assert!(version_number() < 100_000_000);
        assert!(virtual_prefixes().iter().any(|prefix| prefix == "/vsimem/"));
        assert!(proj_version().0 >= 6 && cache_bytes() > 0);
    }
}
