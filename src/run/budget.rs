//! How much memory a job may take, and what follows from it: the size of windows, the number of threads, GDAL's cache.

use crate::run::windows::BAND_COLUMNS;

const MIB: u64 = 1 << 20;

/// What is there before any pixel is read: the program, its libraries, their tables, the model.
const PROGRAM: u64 = 96 * MIB;

/// What a thread has beside the planes of its window: features, the compressor's tables, decoded blocks.
const BESIDE_PLANES: u64 = 24 * MIB;

/// Planes of a window where memory does not matter.
const MOST_PLANES: u64 = 48 * MIB;

/// The least that a window of 128 x 128 pixels of many dates needs.
const LEAST_PLANES: u64 = 8 * MIB;

/// GDAL's block cache, the most and the least.
const CACHE: (u64, u64) = (192 * MIB, 16 * MIB);

/// A classified pixel that waits for its neighbours: four layers of a byte.
const HELD_BYTES: u64 = 4;

/// Rows of classified windows that wait at a time: three of 512 rows.
const HELD_ROWS: u64 = 3 * 512;

/// Memory that is too little for a job.
#[derive(Debug, thiserror::Error)]
#[error(
    "--memory {} MiB is too little: {} MiB are needed for one thread{}; give more",
    given / MIB, needed / MIB, if *polygons >= MIB { format!(", {} of them for the polygons", polygons / MIB) } else { String::new() }
)]
pub struct TooLittle {
    given: u64,
    needed: u64,
    polygons: u64,
}

impl TooLittle {
    /// What to do about it.
    pub fn advice(&self) -> String {
        format!("free memory, or have the limit raised, to {} MiB at least", self.needed / MIB)
    }
}

/// What windows may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Planes of one window on one thread, in bytes.
    pub plane_bytes: usize,
    /// Columns of a band of windows that wait for each other.
    pub band_columns: usize,
    /// Threads that work on windows at a time.
    pub threads: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { plane_bytes: MOST_PLANES as usize, band_columns: BAND_COLUMNS, threads: usize::MAX }
    }
}

/// GDAL's block cache for a job of so many bytes.
pub fn cache_bytes(memory: u64) -> u64 {
    (memory / 10).clamp(CACHE.1, CACHE.0)
}

/// What a job of so many threads takes where `--memory` is not given, without the polygons.
pub fn usual_bytes(threads: usize) -> u64 {
    PROGRAM + CACHE.0 + (MOST_PLANES + BESIDE_PLANES) * threads as u64 + HELD_BYTES * HELD_ROWS * BAND_COLUMNS as u64
}

impl Room {
    /// What is left for windows of `memory` bytes, with `threads` threads at most and polygons of `vertices` vertices.
    ///
    /// # Errors
    /// [`TooLittle`], with what would be enough.
    pub fn of(memory: Option<u64>, threads: usize, vertices: usize) -> Result<Self, TooLittle> {
        let Some(given) = memory else { return Ok(Self { threads, ..Self::default() }) };
        // As they were read and in pixel coordinates with their boxes (measured: docs/benchmarks.md).
        let polygons = 160 * vertices as u64;
        let fixed = PROGRAM + cache_bytes(given) + polygons;
        let least_held = HELD_BYTES * HELD_ROWS * 2_048;
        let least = fixed + LEAST_PLANES + BESIDE_PLANES + least_held;
        if given < least {
            return Err(TooLittle { given, needed: least, polygons });
        }
        let free = given - fixed;
        // A quarter for windows that wait for their neighbours, the rest for the threads.
        let band_columns = (free / 4 / (HELD_BYTES * HELD_ROWS)).clamp(2_048, BAND_COLUMNS as u64);
        let for_threads = free - HELD_BYTES * HELD_ROWS * band_columns;
        let threads = (for_threads / (LEAST_PLANES + BESIDE_PLANES)).clamp(1, threads as u64);
        let planes = (for_threads / threads - BESIDE_PLANES).min(MOST_PLANES);
        Ok(Self { plane_bytes: planes as usize, band_columns: band_columns as usize, threads: threads as usize })
    }
}

/// Bytes as people write them: `2GiB`, `512MB`, `1.5 GiB`, or a plain number of bytes.
///
/// # Errors
/// What is expected.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1_u64 << 40,
        _ => return Err(format!("'{text}' is no amount of memory; write it as 2GiB or 512MiB")),
    };
    let bytes = number.parse::<f64>().map(|n| n * factor as f64).unwrap_or(f64::NAN);
    if (1.0..1e18).contains(&bytes) {
        Ok(bytes as u64)
    } else {
        Err(format!("'{text}' is no amount of memory; write it as 2GiB or 512MiB"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_out_fits_what_there_is() {
        for given in [256, 300, 512, 1_024, 2_048, 8_192, 65_536].map(|n| n * MIB) {
            for wanted in [1, 2, 16, 128] {
                let room = Room::of(Some(given), wanted, 100_000).unwrap();
                let held = HELD_BYTES * HELD_ROWS * room.band_columns as u64;
                let threads = room.threads as u64 * (room.plane_bytes as u64 + BESIDE_PLANES);
                assert!(PROGRAM + cache_bytes(given) + 16_000_000 + held + threads <= given, "{given} {room:?}");
                assert!((1..=wanted).contains(&room.threads) && room.plane_bytes as u64 >= LEAST_PLANES);
            }
        }
        assert_eq!(Room::of(Some(4_096 * MIB), 2, 0).unwrap().plane_bytes, Room::default().plane_bytes);
        let error = Room::of(Some(256 * MIB), 2, 2_000_000).unwrap_err().to_string();
        assert!(error.contains("--memory 256 MiB is too little") && error.contains("for the polygons"), "{error}");
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, bytes) in [("2GiB", 2 << 30), ("512 MiB", 512 << 20), ("1.5g", 3 << 29), ("1000MB", 1_000_000_000)] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "GiB", "-1GiB", "1e400", "2 apples", "0", "1.2.3"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
