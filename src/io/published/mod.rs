//! Files of a folder that is to be published, as the leak checker sees them: by their content, whatever their names.

mod features;
mod page;
mod raster;
mod vector;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::crs::{CrsError, Transform, crs_from_text};
use super::table::read_written_table;
use crate::publish::check::document::{Content, Document, Geometry, Layer, Table};
use crate::publish::check::text::Names;
use crate::publish::check::{Rule, text};
use crate::scene::Crs;
use crate::territory::cell::CELL_EPSG;

/// A folder that cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// Not there, or not to be read.
    #[error("cannot look into {path}: {source}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it.
    #[error("{path} holds no file: nothing was examined")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// The plane of the cells.
    #[error(transparent)]
    Crs(#[from] CrsError),
}

/// A file, by its name below the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedFile {
    /// Name below the folder, with `/`.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// A link, a pipe or a device: it is not read.
    pub link: bool,
}

/// All files below a folder, by name.
///
/// # Errors
/// [`PublishedError`] where the folder cannot be read, or has no file.
pub fn files_below(folder: &Path) -> Result<Vec<PublishedFile>, PublishedError> {
    let mut files = Vec::new();
    walk(folder, "", &mut files)?;
    files.sort();
    if files.is_empty() { Err(PublishedError::Empty { path: folder.to_owned() }) } else { Ok(files) }
}

fn walk(folder: &Path, below: &str, files: &mut Vec<PublishedFile>) -> Result<(), PublishedError> {
    let named = |source| PublishedError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let entry = entry.map_err(named)?;
        let kind = entry.file_type().map_err(named)?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(PublishedFile { name, path: entry.path(), link: !kind.is_file() });
        }
    }
    Ok(())
}

/// Names that stand for the user and the machine that this runs on.
pub fn local_names() -> Names {
    let variable = |name: &str| std::env::var(name).ok();
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let last = home.as_deref().and_then(|h| h.rsplit(['/', '\\']).next()).map(str::to_owned);
    let users = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(variable).chain(last);
    let host = std::fs::read_to_string("/etc/hostname").ok().map(|text| text.trim().to_owned());
    let hosts = ["HOSTNAME", "COMPUTERNAME"].into_iter().filter_map(variable).chain(host);
    let unique = |names: &mut dyn Iterator<Item = String>| names.collect::<BTreeSet<_>>();
    Names::new(unique(&mut users.into_iter()), unique(&mut hosts.into_iter()))
}

/// Reads documents. One for a folder: it keeps the way to the plane of the cells.
pub struct DocumentReader {
    to_plane: Transform,
    names: Names,
}

impl DocumentReader {
    /// A reader that looks for these names where no text can be told from other bytes.
    ///
    /// # Errors
    /// [`PublishedError::Crs`] where PROJ does not know the plane of the cells.
    pub fn new(names: Names) -> Result<Self, PublishedError> {
        let plane = crs_from_text(&format!("EPSG:{CELL_EPSG}"))?;
        Ok(Self { to_plane: Transform::new(&Crs::wgs84(), &plane)?, names })
    }

    /// A file with what it holds.
    ///
    /// # Errors
    /// [`PublishedError::Read`] where it cannot be read at all.
    pub fn read(&self, file: &PublishedFile) -> Result<Document, PublishedError> {
        let mut document = Document {
            name: file.name.clone(),
            faults: Vec::new(),
            texts: vec![("name".to_owned(), format!(" {}", file.name))],
            pictures: Vec::new(),
            content: Content::Texts,
        };
        if file.name.split('/').any(|part| part.starts_with('.')) {
            document.faults.push((Rule::Hidden, file.name.clone()));
        }
        if file.link {
            document.faults.push((Rule::Link, file.name.clone()));
            return Ok(document);
        }
        let bytes =
            std::fs::read(&file.path).map_err(|source| PublishedError::Read { path: file.path.clone(), source })?;
        self.fill(&mut document, file, bytes);
        if let Content::Layers(layers) = &mut document.content {
            self.lay_on_plane(layers);
        }
        Ok(document)
    }

    fn fill(&self, document: &mut Document, file: &PublishedFile, bytes: Vec<u8>) {
        match kind(&bytes) {
            Kind::Raster => {
                raster::fill(document, &file.path);
                self.bytes(document, &bytes);
            }
            Kind::Vector => {
                vector::fill(document, &file.path);
                self.bytes(document, &bytes);
            }
            Kind::Closed(what) => document.faults.push((Rule::Closed, what.to_owned())),
            Kind::Text => match String::from_utf8(bytes) {
                Ok(text) => {
                    fill_text(document, file, &text);
                    // Scripts and styles of a page, XML: what no other look reaches.
                    if text.trim_start().starts_with('<') {
                        self.plain(document, text.as_bytes());
                    }
                }
                Err(error) => {
                    let text = decoded(error.as_bytes());
                    if start_of(&text).starts_with(['{', '[', '<']) {
                        fill_text(document, file, &text);
                        self.plain(document, text.as_bytes());
                    } else {
                        fill_table(document, file, None);
                    }
                }
            },
        }
    }

    /// What stands between the bytes of a file: texts that no reader of its format shows.
    fn bytes(&self, document: &mut Document, bytes: &[u8]) {
        let marks: [(&[u8], Rule, &str); 4] = [
            (b"Exif\0\0", Rule::PictureTags, "Exif"),
            (b"eXIf", Rule::PictureTags, "Exif"),
            (b"http://ns.adobe.com/xap", Rule::PictureTags, "XMP"),
            (b"GPSLatitude", Rule::Gps, "GPSLatitude"),
        ];
        for (mark, rule, what) in marks {
            if bytes.windows(mark.len()).any(|w| w == mark) {
                document.faults.push((rule, format!("{what} in its bytes")));
            }
        }
        self.plain(document, bytes);
    }

    /// Paths and names between other bytes.
    fn plain(&self, document: &mut Document, bytes: &[u8]) {
        let text = |byte: u8| (0x20..0x7f).contains(&byte) || byte >= 0xc2;
        for run in bytes.split(|b| !text(*b)).filter(|run| run.len() >= 6) {
            let run = String::from_utf8_lossy(run);
            for (rule, words) in text::find_plain(&self.names, &run) {
                let known = document.faults.iter().any(|(r, w)| *r == rule && *w == words);
                if !known {
                    document.faults.push((rule, words));
                }
            }
        }
    }

    /// Puts the corners of what may be a cell on the plane of the cells.
    fn lay_on_plane(&self, layers: &mut [Layer]) {
        for shape in layers.iter_mut().filter(|l| l.other_crs.is_none()).flat_map(|l| &mut l.shapes) {
            let Geometry::Ground(ground) = &shape.geometry else { continue };
            let [polygon] = ground.0.as_slice() else { continue };
            let corners = &polygon.exterior().0;
            if corners.len() != 5 || !polygon.interiors().is_empty() {
                continue;
            }
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = corners[..4].iter().map(|c| (c.x, c.y)).unzip();
            if self.to_plane.apply(&mut x, &mut y).is_ok() {
                shape.plane = Some([0, 1, 2, 3].map(|i| (x[i], y[i])));
            }
        }
    }
}

/// What a file is by its first bytes.
enum Kind {
    Raster,
    Vector,
    Text,
    Closed(&'static str),
}

fn kind(bytes: &[u8]) -> Kind {
    let starts = |with: &[u8]| bytes.starts_with(with);
    let closed: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "an archive or spreadsheet (ZIP)"),
        (b"\x1f\x8b", "an archive (gzip)"),
        (b"PAR1", "Parquet"),
        (b"7z\xbc\xaf", "an archive (7z)"),
        (b"%PDF", "a PDF"),
        (b"Rar!", "an archive (RAR)"),
        (b"COCAL", "a model"),
    ];
    if let Some((_, what)) = closed.iter().find(|(mark, _)| starts(mark)) {
        return Kind::Closed(what);
    }
    let pictures: [&[u8]; 8] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8"];
    if pictures.iter().any(|mark| starts(mark)) {
        return Kind::Raster;
    }
    // SQLite (GeoPackage), FlatGeobuf, shapefile and its table.
    let layers: [&[u8]; 3] = [b"SQLite format 3\0", b"fgb\x03", b"\0\0\x27\x0a"];
    let table = bytes.len() > 32 && bytes[0] == 3 && (1..=12).contains(&bytes[2]) && (1..=31).contains(&bytes[3]);
    if layers.iter().any(|mark| starts(mark)) || table {
        return Kind::Vector;
    }
    if bytes.contains(&0) && !starts(b"\xff\xfe") && !starts(b"\xfe\xff") {
        return Kind::Closed("bytes of an unknown kind");
    }
    Kind::Text
}

/// A text that is not in UTF-8: UTF-16 by its mark, or Latin-1.
fn decoded(bytes: &[u8]) -> String {
    let wide = |of: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A text without marks and blanks before it; a sequence of GeoJSON has record separators (RFC 8142).
fn start_of(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{1e}')
}

fn fill_text(document: &mut Document, file: &PublishedFile, text: &str) {
    let body = start_of(text);
    let lower = body.get(..body.len().min(2000)).unwrap_or(body).to_lowercase();
    if body.starts_with(['{', '[']) {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => features::fill(document, value),
            Err(error) => document.faults.push((Rule::Closed, format!("no JSON: {error}"))),
        }
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        page::fill(document, body);
    } else if body.starts_with('<') {
        lines(document, text);
        document.faults.push((Rule::Closed, "XML, which may hold any shape".to_owned()));
    } else {
        fill_table(document, file, Some(text));
    }
}

/// A table, or lines of text.
fn fill_table(document: &mut Document, file: &PublishedFile, text: Option<&str>) {
    let is_csv = file.name.to_lowercase().ends_with(".csv") || file.name.to_lowercase().ends_with(".tsv");
    match read_written_table(&file.path) {
        Ok(table) => {
            let rows = table.rows.into_iter().map(|row| (row.line, row.fields));
            document.content = Content::Table(Table { header: table.header, rows: rows.collect() });
        }
        Err(error) if is_csv || text.is_none() => {
            document.faults.push((Rule::Closed, text::without_folders(&error.to_string())));
            lines(document, text.unwrap_or_default());
        }
        Err(_) => lines(document, text.unwrap_or_default()),
    }
}

fn lines(document: &mut Document, text: &str) {
    document.texts.extend(text.lines().zip(1..).map(|(line, n): (&str, usize)| (format!("line {n}"), line.to_owned())));
}
