//! Finished work on disk, by what it was made of: a run that was killed takes it from here.
//!
//! A file that only grows. An entry is its length, its key, its bytes and a check sum; one that a dying process tore is cut off,
//! one whose check sum is wrong is as if it were not there. Keys are digests of everything that the work depends on, so an
//! entry is either right or not asked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::WriteError;

/// What work was made of.
pub type Key = [u8; 32];

/// The first bytes of the file.
const HEAD: &[u8] = b"cocal journal 1\n";

/// Bytes of an entry beside its own: length, key, check sum.
const AROUND: u64 = 4 + 32 + CHECK as u64;
const CHECK: usize = 16;

/// The key that says that everything before it is of a run that came to its end.
const DONE: Key = *b"everything is done and in place.";

/// An open journal.
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Where the bytes of each entry begin, and how many they are.
    entries: BTreeMap<Key, (u64, u32)>,
    /// One past the last whole entry.
    end: u64,
    last: Option<Key>,
}

impl Journal {
    /// Opens a journal, or begins it. What is no journal of this form is begun anew.
    ///
    /// # Errors
    /// [`WriteError::File`] where it can be neither read nor written.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let named = |source| WriteError::File { path: path.to_owned(), source };
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(named)?;
        let mut journal = Self { file, path: path.to_owned(), entries: BTreeMap::new(), end: 0, last: None };
        journal.scan().map_err(named)?;
        if journal.end == 0 {
            journal.clear()?;
        } else {
            journal.file.set_len(journal.end).map_err(named)?;
        }
        Ok(journal)
    }

    /// Opens a journal that is there without changing it; another process may be writing to it.
    pub fn look(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut journal = Self { file, path: path.to_owned(), entries: BTreeMap::new(), end: 0, last: None };
        journal.scan().ok()?;
        Some(journal)
    }

    /// Finds the whole entries.
    fn scan(&mut self) -> std::io::Result<()> {
        let length = self.file.metadata()?.len();
        let mut reader = BufReader::new(&self.file);
        let mut head = [0; HEAD.len()];
        if length < HEAD.len() as u64 || reader.read_exact(&mut head).is_err() || head != HEAD {
            return Ok(());
        }
        let mut at = HEAD.len() as u64;
        while length - at >= AROUND {
            let (mut size, mut key) = ([0; 4], [0; 32]);
            reader.read_exact(&mut size)?;
            reader.read_exact(&mut key)?;
            let size = u32::from_le_bytes(size);
            let next = at + AROUND + u64::from(size);
            if next > length {
                break;
            }
            reader.seek_relative(i64::from(size) + CHECK as i64)?;
            self.entries.insert(key, (at + 36, size));
            self.last = Some(key);
            at = next;
        }
        self.end = at;
        Ok(())
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// [`WriteError::File`].
    pub fn clear(&mut self) -> Result<(), WriteError> {
        (self.end, self.last) = (0, None);
        self.entries.clear();
        let started = self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| self.file.write_all(HEAD));
        started.map_err(|source| WriteError::File { path: self.path.clone(), source })?;
        self.end = HEAD.len() as u64;
        Ok(())
    }

    /// Whether it is of a run that came to its end.
    pub fn is_done(&self) -> bool {
        self.last == Some(DONE)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there is an entry of this key; its bytes may still be broken.
    pub fn holds(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    /// The bytes of an entry; `None` without one, or where its check sum is wrong. May be called by several threads.
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let (start, size) = *self.entries.get(key)?;
        let mut bytes = vec![0; size as usize + CHECK];
        read_at(&self.file, &mut bytes, start)?;
        let check = bytes.split_off(size as usize);
        (check == check_sum(key, &bytes)).then_some(bytes)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`WriteError::File`], mostly a full disk; the journal is then as it was.
    pub fn append(&mut self, key: &Key, bytes: &[u8]) -> Result<(), WriteError> {
        let named = |source| WriteError::File { path: self.path.clone(), source };
        let size =
            u32::try_from(bytes.len()).map_err(|_| named(std::io::Error::other("an entry of more than 4 GB")))?;
        let mut entry = Vec::with_capacity(bytes.len() + AROUND as usize);
        entry.extend(size.to_le_bytes());
        entry.extend(key);
        entry.extend(bytes);
        entry.extend(check_sum(key, bytes));
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(&entry));
        if let Err(source) = written {
            // A torn entry would be cut off by the next run too.
            let _ = self.file.set_len(self.end);
            return Err(named(source));
        }
        self.entries.insert(*key, (self.end + 36, size));
        self.end += entry.len() as u64;
        self.last = Some(*key);
        Ok(())
    }

    /// Marks the run as done. Where most of the journal is of no use any more, the rest is written anew.
    ///
    /// # Errors
    /// [`WriteError::File`].
    pub fn finish(&mut self, used: &[Key]) -> Result<(), WriteError> {
        let size = |key: &Key| self.entries.get(key).map_or(0, |(_, size)| u64::from(*size) + AROUND);
        let needed: u64 = used.iter().map(size).sum();
        if self.end > 2 * needed + (1 << 20) {
            self.rewrite(used)?;
        }
        self.append(&DONE, &[])
    }

    /// Keeps these entries only.
    fn rewrite(&mut self, used: &[Key]) -> Result<(), WriteError> {
        let named = |source| WriteError::File { path: self.path.clone(), source };
        let folder = super::atomic::parent(&self.path);
        let staged = tempfile::Builder::new().prefix(".cocal-").tempfile_in(folder).map_err(named)?;
        let mut fresh = Self::open(staged.path())?;
        for key in used {
            if let Some(bytes) = self.get(key).filter(|_| !fresh.holds(key)) {
                fresh.append(key, &bytes)?;
            }
        }
        staged.persist(&self.path).map_err(|e| named(e.error))?;
        fresh.path = self.path.clone();
        *self = fresh;
        Ok(())
    }
}

fn check_sum(key: &Key, bytes: &[u8]) -> [u8; CHECK] {
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update(bytes);
    let mut check = [0; CHECK];
    check.copy_from_slice(&hash.finalize()[..CHECK]);
    check
}

/// Reads without moving what other threads read by.
fn read_at(file: &File, bytes: &mut [u8], start: u64) -> Option<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileExt;
        file.read_exact_at(bytes, start).ok()
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::FileExt;
        let mut at = 0;
        while at < bytes.len() {
            match file.seek_read(&mut bytes[at..], start + at as u64) {
                Ok(n) if n > 0 => at += n,
                _ => return None,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        [number; 32]
    }

    #[test]
    fn entries_come_back_and_a_torn_one_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        for number in 1..=3 {
            journal.append(&key(number), &[number; 100]).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        // Wherever a dying process stopped, the entries before are there and the journal goes on.
        for length in 0..=whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let mut journal = Journal::open(&path).unwrap();
            let there = length.saturating_sub(HEAD.len()) / (100 + AROUND as usize);
            for number in 1..=3 {
                assert_eq!(journal.get(&key(number)).is_some(), usize::from(number) <= there, "{length}, {number}");
            }
            journal.append(&key(9), b"more").unwrap();
            assert_eq!(Journal::open(&path).unwrap().get(&key(9)).as_deref(), Some(&b"more"[..]));
        }
    }

    #[test]
    fn a_changed_byte_is_an_entry_less_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        (1..=3).for_each(|number| journal.append(&key(number), &[number; 40]).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&path, &changed).unwrap();
            let journal = Journal::open(&path).unwrap();
            for number in 1..=3 {
                assert!(journal.get(&key(number)).is_none_or(|bytes| bytes == [number; 40]), "{at}");
            }
        }
    }

    #[test]
    fn a_journal_of_old_work_is_written_anew_and_says_when_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        (1..=30).for_each(|number| journal.append(&key(number), &vec![number; 100_000]).unwrap());
        assert!(!journal.is_done());
        journal.finish(&[key(7), key(8)]).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 210_000);
        let mut journal = Journal::open(&path).unwrap();
        assert!(journal.is_done() && journal.holds(&key(7)) && !journal.holds(&key(1)));
        assert_eq!(journal.get(&key(8)).unwrap().len(), 100_000);
        journal.append(&key(1), b"x").unwrap();
        assert!(!Journal::open(&path).unwrap().is_done());
    }
}
