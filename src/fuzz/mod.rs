//! Entries for fuzz targets: bytes that may be anything go in, and whatever a parser makes of them is used a little.
//!
//! One function for each target of `fuzz/`; the regression test of the corpus calls the same ones. An entry panics only for
//! a defect: of the parser, or where what was read and written again is not what it was. Nothing here is part of the
//! library's public face.

mod batch;
mod models;
mod places;
mod tables;
mod texts;

pub use batch::{journal, part, plan};
pub use models::{import, model};
pub use places::{geojson, tiff, vrt};
pub use tables::{events, outputs, records, survey, tables};
pub use texts::{claim, json, metadata, numbers, project, published};

/// An entry.
pub type Entry = fn(&[u8]);

/// All targets by their names, as `fuzz/fuzz_targets` has them.
pub const TARGETS: [(&str, Entry); 19] = [
    ("claim", claim),
    ("events", events),
    ("geojson", geojson),
    ("import", import),
    ("journal", journal),
    ("json", json),
    ("metadata", metadata),
    ("model", model),
    ("numbers", numbers),
    ("outputs", outputs),
    ("part", part),
    ("plan", plan),
    ("project", project),
    ("published", published),
    ("records", records),
    ("survey", survey),
    ("tables", tables),
    ("tiff", tiff),
    ("vrt", vrt),
];

/// The parts of an input that is several files in one, parted by lines of three equals signs.
fn parts(data: &[u8]) -> Vec<&[u8]> {
    const LINE: &[u8] = b"\n===\n";
    let mut rest = data;
    let mut parts = Vec::new();
    while let Some(at) = rest.windows(LINE.len()).position(|bytes| bytes == LINE) {
        parts.push(&rest[..at]);
        rest = &rest[at + LINE.len()..];
    }
    parts.push(rest);
    parts
}
