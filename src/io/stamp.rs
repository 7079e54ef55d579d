//! What tells that a file may have changed without reading it: its size, its times and its place on the disk.
//!
//! A stamp that is the same means the same bytes; one that is not means that the digest has to be taken again.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::digest::Fingerprint;
use super::virtual_file;

/// Size, times and number of a file. Times are nanoseconds since 1970.
///
/// The time of the last change of the file's entry (`changed`) cannot be set by hand, so that a file that was put back to its old
/// size and date is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Last change of its bytes.
    pub modified: i128,
    /// Last change of its entry; 0 where the system has none.
    pub changed: i128,
    /// Its number on the disk; 0 where the system has none.
    pub inode: u64,
}

impl Stamp {
    /// The stamp of a file. Of GDAL's virtual names: the size, and in the place of the date a digest of both ends, where rasters and
    /// archives keep their directories.
    ///
    /// # Errors
    /// What the system said.
    pub fn of(path: &Path) -> io::Result<Self> {
        if virtual_file::is_virtual(path) {
            let missing = "no such file, or its server does not answer";
            let (size, ends) =
                virtual_file::length_and_ends(path).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, missing))?;
            let mut print = Fingerprint::default();
            print.add(&ends);
            let digest = print.digest();
            let modified = digest[..8].iter().fold(0, |sum, byte| sum << 8 | i128::from(*byte));
            return Ok(Self { size, modified, changed: 0, inode: 0 });
        }
        Ok(Self::of_metadata(&std::fs::metadata(path)?))
    }

    #[cfg(unix)]
    fn of_metadata(file: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            size: file.size(),
            modified: nanoseconds(file.mtime(), file.mtime_nsec()),
            changed: nanoseconds(file.ctime(), file.ctime_nsec()),
            inode: file.ino(),
        }
    }

    #[cfg(not(unix))]
    fn of_metadata(file: &std::fs::Metadata) -> Self {
        let since = file.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self { size: file.len(), modified: since.map_or(0, |time| time.as_nanos() as i128), changed: 0, inode: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_put_back_to_its_date_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "one").unwrap();
        let (before, date) = (Stamp::of(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap());
        assert_eq!(Stamp::of(&path).unwrap(), before);
        // Some systems count time in steps of several milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(&path, "two").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(date).unwrap();
        let after = Stamp::of(&path).unwrap();
        assert_eq!((after.size, after.modified), (before.size, before.modified));
        assert_ne!(after, before);
    }
}
