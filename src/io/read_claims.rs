//! Claims from a text file: a sentence a line.

use std::path::{Path, PathBuf};

use super::table::{TableError, text_of_file};

/// A file of claims that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadClaimsError {
    /// It is no text.
    #[error(transparent)]
    Text(#[from] TableError),
    /// Nothing but blank lines and comments.
    #[error("{path}: no claim: write a sentence a line; blank lines and lines that begin with # are skipped")]
    NoClaims {
        /// The file.
        path: PathBuf,
    },
}

/// A sentence and the line that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimLine {
    /// Line of the file, from 1.
    pub line: u64,
    /// The sentence, trimmed.
    pub claim: String,
}

/// Reads claims, with notes on the file's encoding. Blank lines and lines that begin with `#` are skipped.
///
/// # Errors
/// [`ReadClaimsError`] where the file cannot be read, is no text or has no claim.
pub fn read_claims(path: &Path) -> Result<(Vec<ClaimLine>, Vec<String>), ReadClaimsError> {
    let (text, notes) = text_of_file(path)?;
    let lines = text.lines().zip(1..).map(|(text, line)| ClaimLine { line, claim: text.trim().to_owned() });
    let claims: Vec<ClaimLine> = lines.filter(|l| !l.claim.is_empty() && !l.claim.starts_with('#')).collect();
    if claims.is_empty() {
        return Err(ReadClaimsError::NoClaims { path: path.to_owned() });
    }
    let notes = notes.into_iter().map(|n| format!("{}: {n}", path.display())).collect();
    Ok((claims, notes))
}
