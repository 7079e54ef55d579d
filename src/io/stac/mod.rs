//! A run's folder as a SpatioTemporal Asset Catalog (STAC 1.1.0): `collection.json` with the tables and map layers, and an
//! `item_YEAR.json` with the rasters of each mapped year.
//!
//! Links are relative, and nothing in the files tells when or where they were made. `run.json` is an asset without size and
//! digest: it holds the times that the run took.

mod asset;
mod item;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::{Value, json};

use self::asset::{asset, table_asset};
use super::atomic::Staged;
use super::cog::Layer;
use super::cog::statistics::Statistics;
use super::crs::CrsError;
use super::digest::DigestError;
use super::project_grounds::carry_rectangle;
use super::rounded_ground::RoundedGround;
use crate::scene::Grid;

const VERSION: &str = "1.1.0";
const FILE: &str = "https://stac-extensions.github.io/file/v2.1.0/schema.json";
/// The collection's file name.
pub const COLLECTION: &str = "collection.json";

/// A catalog that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum StacError {
    /// The grid's reference system.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// A file that was just written cannot be read again.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// Its length is not known.
    #[error("cannot read {path}: {source}")]
    Length {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The JSON writer refused.
    #[error("cannot write the catalog: {0}")]
    Json(#[from] serde_json::Error),
}

/// What a catalog tells of.
pub struct Catalog<'a> {
    /// The project's name; may be empty.
    pub name: &'a str,
    /// The folder of the run.
    pub out: &'a Path,
    /// The grid of the rasters.
    pub grid: &'a Grid,
    /// The mapped years, rising.
    pub years: Vec<Year>,
    /// The run's files under their temporary names.
    pub staged: &'a [Staged],
    /// How the rasters were made, in one sentence.
    pub lineage: String,
}

/// A mapped year.
pub struct Year {
    /// The year.
    pub year: i16,
    /// First and last day whose scenes belong to it.
    pub days: (Date, Date),
    /// Its rasters: name, what it holds, and its statistics.
    pub layers: Vec<(&'static str, Layer, Statistics)>,
}

/// The name of a year's item.
pub fn item_name(year: impl std::fmt::Display) -> String {
    format!("item_{year}.json")
}

impl Catalog<'_> {
    /// Name and bytes of the collection and of its items.
    ///
    /// # Errors
    /// [`StacError`] naming a file that cannot be read, or the grid's reference system.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, StacError> {
        let footprint = RoundedGround::new(&carry_rectangle(self.grid)?);
        let mut files = vec![(COLLECTION.to_owned(), bytes(&self.collection(&footprint)?)?)];
        for year in &self.years {
            files.push((item_name(year.year), bytes(&item::item(self, year, &footprint)?)?));
        }
        Ok(files)
    }

    /// ASCII letters, digits and hyphens of the project's name.
    fn id(&self) -> String {
        let slug = slug(self.name);
        if slug.is_empty() { "cocal".to_owned() } else { slug }
    }

    fn collection(&self, footprint: &RoundedGround) -> Result<Value, StacError> {
        let mut assets = serde_json::Map::new();
        for staged in self.staged {
            if let Some((key, about)) = table_asset(&name_in(self.out, staged.path())) {
                assets.insert(key, asset(self.out, staged, about)?);
            }
        }
        let record = json!({
            "href": "./run.json", "type": "application/json", "title": "What the run was made of", "roles": ["metadata"],
        });
        assets.insert("run".to_owned(), record);
        let items = self.years.iter().map(|year| {
            json!({ "rel": "item", "href": format!("./{}", item_name(year.year)), "type": "application/geo+json" })
        });
        let root = json!({ "rel": "root", "href": format!("./{COLLECTION}"), "type": "application/json" });
        let links: Vec<Value> = [root].into_iter().chain(items).collect();
        let first = self.years.first().map(|year| start(year.days.0));
        let last = self.years.last().map(|year| end(year.days.1));
        Ok(json!({
            "type": "Collection",
            "stac_version": VERSION,
            "stac_extensions": [FILE],
            "id": self.id(),
            "title": self.title(),
            "description": "Coca masks of each mapped year and the hectares of each municipality, with their error where a \
                labelled sample allows one, beside census and eradication records. Land cover as seen, not offences: some \
                coca is lawful.",
            "keywords": ["land cover", "coca", "area estimation"],
            // No licence is known: that is for whoever publishes it to say.
            "license": "other",
            "extent": {
                "spatial": { "bbox": [footprint.bounds.corners().unwrap_or_default()] },
                "temporal": { "interval": [[first, last]] },
            },
            "links": links,
            "assets": assets,
        }))
    }

    fn title(&self) -> String {
        format!("cocal {}", self.name).trim_end().to_owned()
    }
}

/// ASCII letters and digits of a text in lower case, with hyphens and underscores between them.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
    let parts: String = text.chars().map(plain).collect();
    parts.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

fn start(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

fn end(day: Date) -> String {
    format!("{day}T23:59:59Z")
}

/// A file's name in the folder of the run, with `/` between its parts.
fn name_in(folder: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap_or(file);
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn bytes(value: &Value) -> Result<Vec<u8>, StacError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids() {
        assert_eq!(slug("Caquetá  2024 (prueba)"), "caquet-2024-prueba");
        assert_eq!(slug("bare_soil"), "bare_soil");
        assert_eq!(slug("--- "), "");
    }
}
