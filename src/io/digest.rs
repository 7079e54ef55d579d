//! SHA-256 of input files, so that a figure can be traced to the bytes that it came from.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::stamp::Stamp;

/// An input that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub struct DigestError {
    path: PathBuf,
    source: std::io::Error,
}

/// SHA-256 of a file in hexadecimal; `None` for GDAL's virtual names (`/vsizip/...`, `/vsicurl/...`), which are no files here.
///
/// # Errors
/// [`DigestError`] naming the file.
pub fn sha256_of_file(path: &Path) -> Result<Option<String>, DigestError> {
    if path.to_string_lossy().starts_with("/vsi") {
        return Ok(None);
    }
    let named = |source| DigestError { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(named)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(named)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
    }
    Ok(Some(hexadecimal(&hash.finalize())))
}

/// The digest of a file, and the stamp that it had while it was read.
///
/// # Errors
/// [`DigestError`] naming the file; also when it is being written to.
pub fn stamped_digest(path: &Path) -> Result<(Option<String>, Stamp), DigestError> {
    let named = |source| DigestError { path: path.to_owned(), source };
    for _ in 0..ATTEMPTS {
        let before = Stamp::of(path).map_err(named)?;
        let digest = sha256_of_file(path)?;
        if Stamp::of(path).map_err(named)? == before {
            return Ok((digest, before));
        }
    }
    Err(named(std::io::Error::other("it changes while it is read; wait until it is whole")))
}

/// How often a file that changes is read again.
const ATTEMPTS: usize = 3;

/// SHA-256 of bytes in hexadecimal.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Gathers what makes a thing what it is: parts of any length, none of which can run into the next.
#[derive(Clone, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Takes a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// The digest of all parts in their order.
    pub fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Bytes in hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1: SHA-256 of "abc".
    #[test]
    fn abc_has_its_published_digest() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "abc").unwrap();
        let digest = sha256_of_file(file.path()).unwrap().unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256_of_file(Path::new("/vsicurl/x.tif")).unwrap(), None);
    }
}
