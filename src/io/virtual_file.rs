//! Small text files and folders, on disk or behind GDAL's `/vsi` names (`/vsizip/`, `/vsicurl/`).

use std::ffi::CString;
use std::path::{Path, PathBuf};

use super::gdal_log::watch;

/// Metadata files are small; a larger one is not what it claims to be.
const MOST_BYTES: i64 = 64 << 20;

/// Whether the path is one of GDAL's virtual names.
pub fn is_virtual(path: &Path) -> bool {
    path.to_string_lossy().starts_with("/vsi")
}

/// The text of a file; bytes that are not UTF-8 are replaced (metadata keys are ASCII).
///
/// # Errors
/// What the system or GDAL said.
pub fn read_text(path: &Path) -> Result<String, String> {
    let bytes = if is_virtual(path) { ingest(path)? } else { std::fs::read(path).map_err(|e| e.to_string())? };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The names in a folder, sorted.
///
/// # Errors
/// What the system or GDAL said.
pub fn list(folder: &Path) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = if is_virtual(folder) {
        super::fence::check_name(&folder.to_string_lossy())?;
        let found = watch(|| gdal::vsi::read_dir(folder, false))?;
        found.iter().map(|p| p.to_string_lossy().trim_end_matches('/').to_owned()).collect()
    } else {
        let entries = std::fs::read_dir(folder).map_err(|e| e.to_string())?;
        let named = entries.map(|e| e.map(|e| e.file_name().to_string_lossy().into_owned()));
        named.collect::<Result<_, _>>().map_err(|e| e.to_string())?
    };
    names.sort();
    Ok(names)
}

/// Whether a path is a folder. A virtual name with the ending of a file is taken for one without asking a server.
pub fn is_folder(path: &Path) -> bool {
    if !is_virtual(path) {
        return path.is_dir();
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_file = ["tif", "tiff", "jp2", "vrt", "img", "png", "jpg", "xml", "txt"].contains(&ending.as_str());
    !is_file && list(path).is_ok_and(|names| !names.is_empty())
}

/// Whether there is a file of this name.
pub fn exists(path: &Path) -> bool {
    if !is_virtual(path) {
        return path.exists();
    }
    let Ok(name) = c_name(path) else { return false };
    super::gdal_log::quiet_gdal();
    // SAFETY: both strings live through the call; a handle that was given is closed once.
    unsafe {
        let file = gdal_sys::VSIFOpenL(name.as_ptr(), c"rb".as_ptr());
        !file.is_null() && gdal_sys::VSIFCloseL(file) == 0
    }
}

/// Bytes of the ends of a virtual file that are looked at.
const ENDS: u64 = 1 << 16;

/// The length of a virtual file, and its first and last 64 KiB; `None` where there is no such file.
pub fn length_and_ends(path: &Path) -> Option<(u64, Vec<u8>)> {
    let name = c_name(path).ok()?;
    super::gdal_log::quiet_gdal();
    // SAFETY: the name lives through the call; the handle is used while it is open and closed once; no more is read than the
    // memory holds.
    unsafe {
        let file = gdal_sys::VSIFOpenL(name.as_ptr(), c"rb".as_ptr());
        if file.is_null() {
            return None;
        }
        let mut ends = Vec::new();
        // 2: from the end, as in C's fseek.
        gdal_sys::VSIFSeekL(file, 0, 2);
        let length: u64 = gdal_sys::VSIFTellL(file);
        for start in [0, length.saturating_sub(ENDS)] {
            let mut bytes = vec![0_u8; ENDS.min(length - start) as usize];
            gdal_sys::VSIFSeekL(file, start, 0);
            let found = gdal_sys::VSIFReadL(bytes.as_mut_ptr().cast(), 1, bytes.len(), file);
            bytes.truncate(found);
            ends.extend(bytes);
        }
        (gdal_sys::VSIFCloseL(file) == 0).then_some((length, ends))
    }
}

fn c_name(path: &Path) -> Result<CString, String> {
    super::fence::install();
    super::fence::check_name(&path.to_string_lossy())?;
    CString::new(path.to_string_lossy().as_bytes()).map_err(|e| e.to_string())
}

fn ingest(path: &Path) -> Result<Vec<u8>, String> {
    super::gdal_log::quiet_gdal();
    let name = c_name(path)?;
    let mut data: *mut u8 = std::ptr::null_mut();
    let mut size: gdal_sys::vsi_l_offset = 0;
    // SAFETY: GDAL allocates `data` with `size` bytes on success; it is copied and freed once.
    unsafe {
        let done = gdal_sys::VSIIngestFile(std::ptr::null_mut(), name.as_ptr(), &mut data, &mut size, MOST_BYTES);
        if done == 0 || data.is_null() {
            return Err(format!("no such file, or longer than {} MB", MOST_BYTES >> 20));
        }
        let bytes = std::slice::from_raw_parts(data, size as usize).to_vec();
        gdal_sys::VSIFree(data.cast());
        Ok(bytes)
    }
}

/// Folder and name of a file.
pub fn split(path: &Path) -> (PathBuf, String) {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    (super::atomic::parent(path).to_owned(), name)
}
