//! Geometry and rasters: what lies behind GDAL's readers is ours.

use super::Entry;
use crate::io::blocks::Blocks;
use crate::io::cog::layout::{Image, fields, head, with_items};
use crate::io::raster::{Part, Raster};
use crate::io::read_cells::{CellOptions, read_cells};
use crate::io::read_events::read_event_file;
use crate::io::read_municipalities::read_municipalities;
use crate::io::read_overlay::read_overlay;
use crate::io::read_points::read_points;
use crate::io::read_samples::read_samples;
use crate::io::scratch::Scratch;
use crate::scene::{Crs, Window};
use crate::territory::CellLattice;

/// A layer in GeoJSON; the first byte tells which of our readers takes it.
pub fn geojson(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    // Another format is GDAL's matter, and no target looks up an address.
    if text.first() != Some(&b'{') || text.windows(3).any(|bytes| bytes == b"://") {
        return;
    }
    let Some(folder) = Scratch::new() else { return };
    let Some(path) = folder.put("a.geojson", text) else { return };
    match kind {
        b'0' => drop(read_municipalities(&path, "code", None)),
        b'1' => drop(read_samples(&path, "class", Some("year"), &Crs::wgs84())),
        b'2' => drop(read_overlay(&path)),
        b'3' => drop(read_points(&path)),
        b'4' => drop(read_event_file(&path, Some("EPSG:4326"))),
        _ => {
            let options = CellOptions {
                id_field: None,
                year_columns: None,
                present_ha: 0.0,
                blank_is_zero: false,
                crs: None,
                lattice: CellLattice::KILOMETRE,
            };
            drop(read_cells(&path, &options));
        }
    }
}

/// A TIFF: our reader of its first directory, our writer of another, and our decoder of blocks beside GDAL's.
pub fn tiff(data: &[u8]) {
    let both: [Entry; 2] = [directory, blocks];
    both.iter().for_each(|part| part(data));
}

fn directory(data: &[u8]) {
    let Some(found) = fields(data) else { return };
    let more = with_items(&found, &[("STATISTICS_MEAN", "1".to_owned())]);
    let image = |side: usize, tiles: u32| Image { size: (side, side), lengths: vec![tiles; 2] };
    let written = head(&more, &[image(512, 9), image(256, 7)]);
    assert!(fields(&written).is_some(), "a directory that does not come back");
}

/// Most pixels and bytes of a block of a file that is tried.
const MOST: usize = 1 << 18;

fn blocks(data: &[u8]) {
    let Some(folder) = Scratch::new() else { return };
    let marks: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    if !marks.iter().any(|mark| data.starts_with(mark)) {
        return;
    }
    let Some(path) = folder.put("a.tif", data) else { return };
    let Ok(raster) = Raster::open(&path) else { return };
    let _ = raster.frame();
    let (cols, rows) = raster.dataset.raster_size();
    let Ok((block_rows, block_cols)) = raster.block(1) else { return };
    if rows.saturating_mul(cols) > MOST || block_rows.saturating_mul(block_cols) > MOST {
        return;
    }
    let Some(mut blocks) = Blocks::open(&raster, 1) else { return };
    for index in 1..=raster.dataset.raster_count().min(3) {
        let Ok(band) = raster.band(index) else { continue };
        let (row0, col0) = (rows / 3, cols / 2);
        for window in [
            Window { row0: 0, col0: 0, rows, cols },
            Window { row0, col0, rows: rows - row0, cols: cols - col0 },
            Window { row0: 0, col0: 0, rows: rows + 1, cols },
        ] {
            let Some(own) = blocks.read((index, &band), window, vec![7; 3]) else { continue };
            let part = Part { index, mask: false, window, south_up: false };
            let theirs = raster.numbers(part);
            assert!(theirs.is_ok_and(|theirs| theirs == own), "pixels that GDAL does not see: {window:?} of {index}");
        }
    }
}

/// A raster of two by two pixels, as text.
const GRID: &[u8] = b"ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2\n3 4\n";

/// A virtual raster: whatever it says, nothing outside its own folder is opened. `@OUT@` stands for a raster out there.
pub fn vrt(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // No target looks up an address.
    if text.contains("://") || text.contains("/vsi") {
        return;
    }
    let Some(folder) = Scratch::new() else { return };
    let (Some(out), Some(_)) = (folder.put("out.asc", GRID), folder.put("in/own.asc", GRID)) else { return };
    let text = text.replace("@OUT@", &out.to_string_lossy());
    let Some(path) = folder.put("in/a.vrt", text.as_bytes()) else { return };
    let Ok(raster) = Raster::open(&path) else { return };
    let reached =
        |file: std::path::PathBuf| file.canonicalize().is_ok_and(|file| Some(file) == out.canonicalize().ok());
    assert!(!raster.files().into_iter().any(reached), "a virtual raster that reaches out of its folder");
}
