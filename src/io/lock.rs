//! One run at a time in a folder. The system takes the lock off a process that dies, however it dies.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A folder that another process works in, or where no lock can be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Someone works there.
    #[error("another run works in {folder} ({holder}): wait for it, stop it, or choose another folder with --out")]
    Held {
        /// The output folder.
        folder: PathBuf,
        /// What the holder wrote of itself.
        holder: String,
    },
    /// The file system refuses.
    #[error("cannot lock {path}: {source}; choose a folder on a file system with locks")]
    Refused {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A lock that is held until this is dropped or the process ends. Its file stays: taking it away would let two in.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Who held it is of no use any more, and would make two outputs of the same differ.
        let _ = self.0.set_len(0);
    }
}

impl Lock {
    /// Takes the lock of `folder`, whose lock file is `path`.
    ///
    /// # Errors
    /// [`LockError::Held`] with the holder; [`LockError::Refused`].
    pub fn take(folder: &Path, path: &Path) -> Result<Self, LockError> {
        let refused = |source| LockError::Refused { path: path.to_owned(), source };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { folder: folder.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        // Who holds it is a courtesy: a disk without room for it does not matter.
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = write!(file, "process {} on {}", std::process::id(), host.trim());
        Ok(Self(file))
    }
}

/// The first line of a lock file, which anybody may have written to.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.take(200).read_to_string(&mut text);
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    if line.is_empty() { "a process that does not say its number".to_owned() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::fs::write(&path, "left by a dead process").unwrap();
        let first = Lock::take(folder.path(), &path).unwrap();
        let second = Lock::take(folder.path(), &path).unwrap_err().to_string();
        assert!(second.contains(&format!("process {}", std::process::id())), "{second}");
        drop(first);
        Lock::take(folder.path(), &path).unwrap();
    }
}
