//! Blocks of a GeoTIFF, decoded without GDAL's block cache: twice as fast where it can be done.
//!
//! GDAL opens and understands the file; only the way from the bytes on the disk to the samples is taken here, and only for
//! what is common and simple: a local file, DEFLATE, whole samples of 8 or 16 bits, bands apart, no predictor or the
//! horizontal one (TIFF 6.0, section 14). One block is read both ways first: where they differ (another byte order, packed
//! bits), or at anything else that is unexpected, the caller goes through GDAL, which also words the errors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use gdal::Metadata;
use gdal::raster::{GdalDataType, RasterBand};
use libdeflater::Decompressor;

use super::raster::{Part, Raster};
use crate::scene::Window;

/// The largest block that is decoded here, in bytes: a file may claim any size.
const LARGEST: usize = 64 << 20;

/// The most bytes of decoded blocks that are kept of one file.
const MOST_KEPT: usize = 16 << 20;

/// A file whose blocks are decoded here. Not shared between threads.
pub(crate) struct Blocks {
    file: File,
    decompressor: Decompressor,
    /// Rows and columns of a block, and of the raster.
    block: (usize, usize),
    size: (usize, usize),
    bytes: usize,
    predictor: bool,
    compressed: Vec<u8>,
    plain: Vec<u8>,
    /// Decoded blocks by band, row and column, while they are kept.
    kept: Option<BTreeMap<(usize, usize, usize), Vec<u8>>>,
}

impl Blocks {
    /// The blocks of a raster, if they are of the kind that is decoded here; asked of the band `index`.
    pub(crate) fn open(raster: &Raster, index: usize) -> Option<Self> {
        let structure = |name: &str| raster.dataset.metadata_item(name, "IMAGE_STRUCTURE");
        let simple = raster.dataset.driver().short_name() == "GTiff"
            && structure("COMPRESSION")? == "DEFLATE"
            && (raster.dataset.raster_count() == 1 || structure("INTERLEAVE")? == "BAND");
        let band = raster.band(index).ok().filter(|_| simple)?;
        let bytes = match band.band_type() {
            GdalDataType::UInt8 => 1,
            GdalDataType::UInt16 => 2,
            _ => return None,
        };
        let (block_cols, block_rows) = band.block_size();
        let (cols, rows) = raster.dataset.raster_size();
        let length = block_cols.checked_mul(block_rows)?.checked_mul(bytes).filter(|n| (1..=LARGEST).contains(n))?;
        let mut blocks = Self {
            file: File::open(&raster.path).ok()?,
            decompressor: Decompressor::new(),
            block: (block_rows, block_cols),
            size: (rows, cols),
            bytes,
            predictor: match structure("PREDICTOR").as_deref() {
                None | Some("1") => false,
                Some("2") => true,
                Some(_) => return None,
            },
            compressed: Vec::new(),
            plain: vec![0; length],
            kept: None,
        };
        let window = Window { row0: 0, col0: 0, rows: block_rows.min(rows), cols: block_cols.min(cols) };
        let theirs = raster.numbers(Part { index, mask: false, window, south_up: false }).ok()?;
        (blocks.read((index, &band), window, Vec::new())? == theirs).then_some(blocks)
    }

    /// Decodes no block twice from now on, or forgets those that were kept.
    pub(crate) fn keep(&mut self, keep: bool) {
        self.kept = keep.then(BTreeMap::new);
    }

    /// Samples of a window of a band, row by row from the file's first row; `None` where GDAL has to be asked.
    /// They are put into `out`, whatever it holds.
    pub(crate) fn read(
        &mut self,
        (index, band): (usize, &RasterBand<'_>),
        window: Window,
        mut out: Vec<u16>,
    ) -> Option<Vec<u16>> {
        if window.is_empty() || window.row_end() > self.size.0 || window.col_end() > self.size.1 {
            return None;
        }
        // Every sample is overwritten below: blocks cover the window.
        out.resize(window.len(), 0);
        let (block_rows, block_cols) = self.block;
        for down in window.row0 / block_rows..window.row_end().div_ceil(block_rows) {
            for right in window.col0 / block_cols..window.col_end().div_ceil(block_cols) {
                let own =
                    Window { row0: down * block_rows, col0: right * block_cols, rows: block_rows, cols: block_cols };
                let (shared, key) = (own.intersection(&window)?, (index, down, right));
                match self.kept.as_mut().and_then(|kept| kept.remove(&key)) {
                    Some(bytes) => self.plain = bytes,
                    None => self.decode(band, (down, right))?,
                }
                self.copy(&own, shared, (&window, &mut out));
                if let Some(kept) = self.kept.as_mut().filter(|kept| kept.len() < MOST_KEPT / self.plain.len()) {
                    let next = vec![0; self.plain.len()];
                    kept.insert(key, std::mem::replace(&mut self.plain, next));
                }
            }
        }
        Some(out)
    }

    /// Leaves a block's bytes in `plain`, its predictor not yet undone.
    fn decode(&mut self, band: &RasterBand<'_>, (down, right): (usize, usize)) -> Option<()> {
        let item = |what: &str| band.metadata_item(&format!("BLOCK_{what}_{right}_{down}"), "TIFF");
        let (offset, length): (u64, usize) = (item("OFFSET")?.parse().ok()?, item("SIZE")?.parse().ok()?);
        if offset == 0 || length > 2 * LARGEST {
            return None;
        }
        self.compressed.resize(length, 0);
        self.file.seek(SeekFrom::Start(offset)).ok()?;
        self.file.read_exact(&mut self.compressed).ok()?;
        let found = self.decompressor.zlib_decompress(&self.compressed, &mut self.plain).ok()?;
        // The last strip of a file may be short.
        let rows = self.block.0.min(self.size.0 - down * self.block.0);
        (found >= rows * self.block.1 * self.bytes).then_some(())
    }

    /// Undoes the predictor of what a window needs of the decoded block, and copies it.
    fn copy(&self, own: &Window, shared: Window, (window, out): (&Window, &mut [u16])) {
        let (first, end) = (shared.col0 - own.col0, shared.col_end() - own.col0);
        for row in shared.row0..shared.row_end() {
            let line = &self.plain[(row - own.row0) * own.cols * self.bytes..][..end * self.bytes];
            let at = (row - window.row0) * window.cols + shared.col0 - window.col0;
            let out = &mut out[at..at + shared.cols];
            if self.bytes == 2 {
                let (line, _) = line.as_chunks::<2>();
                undo(line, |bytes| u16::from_le_bytes(*bytes), (first, self.predictor, u16::MAX), out);
            } else {
                undo(line, |byte| u16::from(*byte), (first, self.predictor, 0xff), out);
            }
        }
    }
}

/// Samples that are summed up at a time.
const RUN: usize = 8;

/// The samples of a row from `first` on: sums of all before, in as many bits as `mask` has, where there is a predictor.
#[inline(always)]
fn undo<T>(line: &[T], of: impl Fn(&T) -> u16, (first, predictor, mask): (usize, bool, u16), out: &mut [u16]) {
    let (before, line) = line.split_at(first);
    if !predictor {
        out.iter_mut().zip(line).for_each(|(out, sample)| *out = of(sample));
        return;
    }
    let mut sum = before.iter().fold(0_u16, |sum, step| sum.wrapping_add(of(step)));
    let (runs, rest) = line.as_chunks::<RUN>();
    let (out_runs, out_rest) = out.as_chunks_mut::<RUN>();
    for (out, run) in out_runs.iter_mut().zip(runs) {
        // Each doubling of the step is one instruction on all of them; one by one, every sum would wait for the last.
        let mut sums: [u16; RUN] = std::array::from_fn(|i| of(&run[i]));
        for step in [1, 2, 4] {
            let less = sums;
            sums[step..].iter_mut().zip(less).for_each(|(sum, before)| *sum = sum.wrapping_add(before));
        }
        *out = sums.map(|own| own.wrapping_add(sum) & mask);
        sum = out[RUN - 1];
    }
    for (out, step) in out_rest.iter_mut().zip(rest) {
        sum = sum.wrapping_add(of(step));
        *out = sum & mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::DriverManager;
    use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
    use std::path::Path;

    const ROWS: usize = 150;
    const COLS: usize = 133;

    fn write<T: GdalType + Copy>(path: &Path, options: &[&str], to: impl Fn(usize) -> T) {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let options = RasterCreationOptions::from_iter(options.iter().copied());
        let dataset = driver.create_with_band_type_with_options::<T, _>(path, COLS, ROWS, 2, &options).unwrap();
        for band in 1..=2 {
            let values = (0..ROWS * COLS).map(|i| to(i * 7919 * band % 70_001)).collect();
            let mut buffer = Buffer::new((COLS, ROWS), values);
            dataset.rasterband(band).unwrap().write((0, 0), (COLS, ROWS), &mut buffer).unwrap();
        }
        dataset.close().unwrap();
    }

    /// Whether the file is decoded here; if so, every window equals GDAL's.
    fn decoded(path: &Path) -> bool {
        let raster = Raster::open(path).unwrap();
        let Some(mut blocks) = Blocks::open(&raster, 1) else { return false };
        for (row0, col0, rows, cols) in [(0, 0, ROWS, COLS), (17, 31, 60, 70), (149, 132, 1, 1), (64, 0, 64, 64)] {
            let window = Window { row0, col0, rows, cols };
            for index in [1, 2] {
                let theirs = raster.numbers(Part { index, mask: false, window, south_up: false }).unwrap();
                let own = raster.band(index).unwrap();
                // Decoded anew, decoded to be kept, and as it was kept.
                for keep in [None, Some(true), None, Some(false)] {
                    keep.into_iter().for_each(|keep| blocks.keep(keep));
                    let memory = vec![7; 5_000];
                    assert_eq!(blocks.read((index, &own), window, memory).as_ref(), Some(&theirs), "{window:?}");
                }
            }
        }
        true
    }

    #[test]
    fn samples_equal_gdals_or_gdal_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        let tiled = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=32", "INTERLEAVE=BAND"];
        let cases: [(&[&str], bool); 8] = [
            (&["COMPRESS=DEFLATE", "PREDICTOR=2"], true),
            (&["COMPRESS=DEFLATE"], true),
            (&["COMPRESS=DEFLATE", "PREDICTOR=2", "BIGTIFF=YES"], true),
            (&["COMPRESS=DEFLATE", "PREDICTOR=2", "ENDIANNESS=BIG"], false),
            (&["COMPRESS=LZW"], false),
            (&[], false),
            (&["COMPRESS=DEFLATE", "NBITS=4"], false),
            (&["COMPRESS=DEFLATE", "SPARSE_OK=TRUE"], true),
        ];
        for (more, expected) in cases {
            let all: Vec<&str> = tiled.iter().chain(more).copied().collect();
            write(&path, &all, |i| i as u16);
            assert_eq!(decoded(&path), expected && !more.contains(&"NBITS=4"), "{more:?}, 16 bits");
            write(&path, &all, |i| i as u8);
            let alike = expected || more.contains(&"ENDIANNESS=BIG");
            assert_eq!(decoded(&path), alike, "{more:?}, 8 bits");
        }
        write(&path, &["COMPRESS=DEFLATE", "PREDICTOR=2", "BLOCKYSIZE=40", "INTERLEAVE=BAND"], |i| i as u16);
        assert!(decoded(&path), "strips");
        write(&path, &["COMPRESS=DEFLATE", "INTERLEAVE=PIXEL", "TILED=YES"], |i| i as u16);
        assert!(!decoded(&path), "pixel by pixel");
        write(&path, &["COMPRESS=DEFLATE", "INTERLEAVE=BAND"], |i| i as i16);
        assert!(!decoded(&path), "signed");
    }

    /// A block whose bytes were changed, or that lies beyond the end: GDAL's to tell.
    #[test]
    fn broken_blocks_are_left_to_gdal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tif");
        write(&path, &["COMPRESS=DEFLATE", "PREDICTOR=2", "BLOCKYSIZE=40", "INTERLEAVE=BAND"], |i| i as u16);
        let mut bytes = std::fs::read(&path).unwrap();
        let raster = Raster::open(&path).unwrap();
        let band = raster.band(1).unwrap();
        let offset: usize = band.metadata_item("BLOCK_OFFSET_0_2", "TIFF").unwrap().parse().unwrap();
        bytes[offset + 10..offset + 60].fill(0xff);
        std::fs::write(&path, &bytes).unwrap();
        let raster = Raster::open(&path).unwrap();
        let mut blocks = Blocks::open(&raster, 1).unwrap();
        let window = Window { row0: 0, col0: 0, rows: ROWS, cols: COLS };
        let mut read = |window| blocks.read((1, &raster.band(1).unwrap()), window, Vec::new());
        assert_eq!(read(window), None);
        assert!(read(Window { rows: 80, ..window }).is_some());
        assert_eq!(read(Window { rows: ROWS + 1, ..window }), None);
    }
}
