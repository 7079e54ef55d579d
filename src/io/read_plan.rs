//! A plan file on disk, and the folder that its paths start from.

use std::io::Read;
use std::path::{Path, PathBuf};

/// A plan of more bytes is none: tasks take some 300 each.
const MOST_BYTES: u64 = 8 << 30;

/// The bytes of a plan file.
///
/// # Errors
/// What the system said, or that it is too long.
pub fn read_plan(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::other("longer than 8 GiB: no plan of this program"));
    }
    Ok(bytes)
}

/// Paths as they are from another folder, which becomes the one that relative paths start from.
///
/// # Errors
/// What the system said of the folder.
pub fn work_from(folder: &Path, paths: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
    let from_here = paths.iter().map(std::path::absolute).collect::<std::io::Result<Vec<_>>>()?;
    std::env::set_current_dir(folder)?;
    Ok(from_here)
}
