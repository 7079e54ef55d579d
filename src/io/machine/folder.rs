//! What a folder allows: writing, room, locks, names put in the place of others.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was found out of a folder.
#[derive(Debug)]
pub struct Folder {
    /// The folder that was looked at: where the one asked for is not there yet, the first above it that is.
    pub path: PathBuf,
    /// Kind of the file system, such as `ext4` or `nfs4`; `None` where the system does not tell.
    pub kind: Option<String>,
    /// Free bytes; `None` where they are not known.
    pub free: Option<u64>,
    /// Whether a file can be made, written and put in the place of another: else what the system said.
    pub writable: Result<(), String>,
    /// Whether a lock keeps a second one out: else why not.
    pub locks: Result<(), String>,
}

/// Looks at a folder; what is written for that is taken away again.
pub fn look(folder: &Path) -> Folder {
    let path = nearest(folder);
    let writable = try_writing(&path).map_err(|e| e.to_string());
    let locks = if writable.is_ok() { try_locks(&path) } else { Err("nothing can be written there".to_owned()) };
    Folder { kind: kind(&path), free: free_bytes(&path), writable, locks, path }
}

/// The folder, or the first one above it that is there; whatever is no folder ends the search.
fn nearest(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    whole.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(&whole).to_owned()
}

fn try_writing(folder: &Path) -> std::io::Result<()> {
    let file = || tempfile::Builder::new().prefix(super::super::atomic::TEMPORARY).tempfile_in(folder);
    let (mut whole, mut earlier) = (file()?, file()?);
    whole.write_all(b"new")?;
    earlier.write_all(b"old")?;
    let name = earlier.into_temp_path();
    whole.persist(&name).map_err(|e| e.error)?;
    if std::fs::read(&name)? == b"new" {
        Ok(())
    } else {
        Err(std::io::Error::other("a file that was given another's name is not found under it"))
    }
}

fn try_locks(folder: &Path) -> Result<(), String> {
    let open = || -> std::io::Result<(tempfile::NamedTempFile, File)> {
        let file = tempfile::Builder::new().prefix(super::super::atomic::TEMPORARY).tempfile_in(folder)?;
        let again = File::options().read(true).write(true).open(file.path())?;
        Ok((file, again))
    };
    let (file, again) = open().map_err(|e| e.to_string())?;
    file.as_file().try_lock().map_err(|e| e.to_string())?;
    match again.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error.to_string()),
        Ok(()) => Err("two hold the same lock at the same time".to_owned()),
    }
}

/// Bytes that may be written into a folder without special rights.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// Not known on this system.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// The kind of the file system that a folder lies on, by the longest mount point above it.
fn kind(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    kind_in(&mounts, &folder.canonicalize().ok()?)
}

fn kind_in(mounts: &str, folder: &Path) -> Option<String> {
    let of = |line: &str| -> Option<(PathBuf, String)> {
        let (before, after) = line.split_once(" - ")?;
        let point = unescaped(before.split(' ').nth(4)?);
        Some((PathBuf::from(point), after.split(' ').next()?.to_owned()))
    };
    let above = mounts.lines().filter_map(of).filter(|(point, _)| folder.starts_with(point));
    // Of two mounted at one place the later one is seen.
    above.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind)
}

/// Spaces, tabs, line ends and backslashes stand as octal numbers.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, plain)| text.replace(code, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        let found = look(&folder.path().join("a/b/c"));
        assert_eq!(found.path, folder.path());
        assert!(found.writable.is_ok() && found.locks.is_ok(), "{found:?}");
        if cfg!(target_os = "linux") {
            assert!(found.free.is_some() && found.kind.is_some(), "{found:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind");
    }

    #[test]
    fn a_file_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        for path in [file.clone(), file.join("below")] {
            let found = look(&path);
            assert!(found.writable.is_err() && found.locks.is_err(), "{found:?}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"text");
    }

    #[test]
    fn the_longest_mount_point_tells_the_kind() {
        let mounts = "22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw
23 22 0:22 / /data rw - nfs4 server:/x rw
24 22 0:23 / /data rw master:2 - lustre server:/y rw
25 22 0:24 / /with\\040space rw - tmpfs none rw
";
        let kind = |path: &str| kind_in(mounts, Path::new(path)).unwrap();
        assert_eq!([kind("/database"), kind("/data/x"), kind("/with space/y")], ["overlay", "lustre", "tmpfs"]);
        assert_eq!(kind_in("nothing of the kind", Path::new("/")), None);
    }
}
