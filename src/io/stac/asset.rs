//! Files as assets: where, what, how long, and which bytes.

use std::path::Path;

use serde_json::{Value, json};

use super::{StacError, name_in};
use crate::io::atomic::Staged;
use crate::io::digest::sha256_of_file;
use crate::project::Format;

/// What an asset is.
pub(super) struct About {
    pub title: String,
    pub media_type: &'static str,
    pub role: &'static str,
}

const CSV: &str = "text/csv";
const TABLES: [(&str, &str, &str); 7] = [
    ("hectares.csv", CSV, "Hectares by municipality, year and class"),
    ("comparison.csv", CSV, "Mapped hectares beside census and eradication records"),
    ("comparison_totals.csv", CSV, "The same for departments and the country"),
    ("change.csv", CSV, "Change between the labelled samples, with its error"),
    ("validation.csv", CSV, "Estimates held against the census"),
    ("validation_nulls.csv", CSV, "Estimates and nulls held against the census"),
    ("model.cocal", "application/octet-stream", "The classifier"),
];

/// Key and description of a file that is of all years; `None` for others.
pub(super) fn table_asset(name: &str) -> Option<(String, About)> {
    if let Some(format) = Format::ALL.into_iter().find(|format| format.file_name() == name) {
        let title = "Municipalities with their figures".to_owned();
        let key = format!("municipalities_{}", name.rsplit('.').next().unwrap_or_default());
        return Some((key, About { title, media_type: format.media_type(), role: "data" }));
    }
    let (name, media_type, title) = TABLES.into_iter().find(|(table, ..)| *table == name)?;
    let key = name.split('.').next().unwrap_or(name).to_owned();
    let role = if media_type == CSV { "data" } else { "metadata" };
    Some((key, About { title: title.to_owned(), media_type, role }))
}

/// A file as an asset, with the digest as a multihash (code 0x12 for SHA-256, length 0x20).
pub(super) fn asset(out: &Path, staged: &Staged, about: About) -> Result<Value, StacError> {
    let path = staged.staged_path();
    let length = std::fs::metadata(path).map_err(|source| StacError::Length { path: path.to_owned(), source })?.len();
    let digest = sha256_of_file(path)?.unwrap_or_default();
    Ok(json!({
        "href": format!("./{}", name_in(out, staged.path())),
        "type": about.media_type,
        "title": about.title,
        "roles": [about.role],
        "file:size": length,
        "file:checksum": format!("1220{digest}"),
    }))
}
