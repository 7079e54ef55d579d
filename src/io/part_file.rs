//! The result of a task: `task-000000012.part`, windows one after the other with a check sum at the end.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::{self, WriteError};
use super::journal::Key;

const HEAD: &[u8] = b"cocal part 1\n";
const CHECK: usize = 32;

/// The name of a task's part.
pub fn part_name(id: usize) -> String {
    format!("task-{id:09}.part")
}

/// The number of the task that a part is of, by its name.
pub fn id_of(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("task-")?.strip_suffix(".part")?;
    let id = digits.parse().ok()?;
    (part_name(id) == name).then_some(id)
}

/// A part that is being written, under a temporary name; it is gone when this is dropped before it is put in place.
pub struct PartWriter {
    file: BufWriter<tempfile::NamedTempFile>,
    hash: Sha256,
    path: PathBuf,
}

impl PartWriter {
    /// Begins the part of a task, of this key, in a folder.
    ///
    /// # Errors
    /// [`WriteError::File`].
    pub fn begin(folder: &Path, id: usize, key: &Key) -> Result<Self, WriteError> {
        let path = folder.join(part_name(id));
        let named = |source| WriteError::File { path: path.clone(), source };
        let file = tempfile::Builder::new().prefix(atomic::TEMPORARY).tempfile_in(folder).map_err(named)?;
        let mut part = Self { file: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), path };
        part.put(HEAD)?;
        part.put(key)?;
        Ok(part)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|source| WriteError::File { path: self.path.clone(), source })
    }

    /// Adds a window.
    ///
    /// # Errors
    /// [`WriteError::File`], mostly a full disk.
    pub fn add(&mut self, record: &[u8]) -> Result<(), WriteError> {
        self.put(&(record.len() as u64).to_le_bytes())?;
        self.put(record)
    }

    /// Gives the part its final name.
    ///
    /// # Errors
    /// [`WriteError::File`]; there is no part then.
    pub fn finish(mut self) -> Result<(), WriteError> {
        let named = |source| WriteError::File { path: self.path.clone(), source };
        let check = std::mem::take(&mut self.hash).finalize();
        self.file.write_all(&check).map_err(named)?;
        let file = self.file.into_inner().map_err(|e| named(e.into_error()))?;
        atomic::Staged::new(file.into_temp_path(), self.path.clone()).put()
    }
}

/// The windows of a part.
pub struct PartBytes {
    bytes: Vec<u8>,
}

/// Reads a part that is whole and of this key; `None` for any other, and where there is none.
pub fn read_part(path: &Path, key: &Key) -> Option<PartBytes> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    PartBytes::of(bytes, key)
}

impl PartBytes {
    /// A part from its bytes, if it is whole and of this key.
    pub fn of(mut bytes: Vec<u8>, key: &Key) -> Option<Self> {
        let end = bytes.len().checked_sub(CHECK).filter(|end| *end >= HEAD.len() + key.len())?;
        let whole = Sha256::digest(&bytes[..end])[..] == bytes[end..];
        let ours = bytes.starts_with(HEAD) && bytes[HEAD.len()..].starts_with(key);
        bytes.truncate(end);
        (whole && ours).then_some(PartBytes { bytes })
    }

    /// The windows in their order. A length that does not fit ends them.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[HEAD.len() + 32..];
        std::iter::from_fn(move || {
            let (length, after) = rest.split_at_checked(8)?;
            let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
            let (record, after) = after.split_at_checked(length)?;
            rest = after;
            Some(record)
        })
    }
}

/// The parts in a folder, by the numbers of their tasks.
///
/// # Errors
/// [`WriteError::Folder`] when it cannot be listed.
pub fn parts_in(folder: &Path) -> Result<Vec<(usize, PathBuf)>, WriteError> {
    let named = |source| WriteError::Folder { folder: folder.to_owned(), source };
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let entry = entry.map_err(named)?;
        if let Some(id) = id_of(&entry.file_name().to_string_lossy()) {
            parts.push((id, entry.path()));
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let (key, path) = ([7; 32], folder.path().join(part_name(12)));
        let mut part = PartWriter::begin(folder.path(), 12, &key).unwrap();
        [&b"one"[..], b"", b"three"].iter().for_each(|record| part.add(record).unwrap());
        assert!(parts_in(folder.path()).unwrap().is_empty());
        part.finish().unwrap();
        assert_eq!(parts_in(folder.path()).unwrap(), [(12, path.clone())]);
        let read = read_part(&path, &key).unwrap();
        assert_eq!(read.records().collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
        assert!(read_part(&path, &[8; 32]).is_none());
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(read_part(&path, &key).is_none());
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(read_part(&path, &key).is_none(), "{at}");
        }
    }

    #[test]
    fn names_tell_the_task() {
        assert_eq!((id_of("task-000000012.part"), id_of("task-1234567890.part")), (Some(12), Some(1_234_567_890)));
        for name in ["task-12.part", "task-+00000012.part", ".cocal-x", "task-000000012.part.bak", "task-.part"] {
            assert_eq!(id_of(name), None, "{name}");
        }
    }
}
