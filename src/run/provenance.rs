//! What a run was made of: `run.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::threads::Threads;
use crate::io::digest::{DigestError, stamped_digest};
use crate::io::loss::Failure;
use crate::io::stamp::Stamp;

/// An input by its path and digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// As it was opened.
    pub path: PathBuf,
    /// What it was for: `scene`, `municipalities`, `samples`, `census`, ...
    pub role: String,
    /// SHA-256; absent for GDAL's virtual names.
    pub sha256: Option<String>,
    /// What it was like when the digest was taken.
    #[serde(skip)]
    pub stamp: Option<Stamp>,
}

/// Digests of files, in their order, each file once.
///
/// # Errors
/// [`DigestError`] naming the first file that cannot be read.
pub fn digest_inputs(threads: &Threads, files: &[(PathBuf, &'static str)]) -> Result<Vec<Input>, DigestError> {
    let mut seen = BTreeSet::new();
    let once: Vec<&(PathBuf, &'static str)> = files.iter().filter(|file| seen.insert(&file.0)).collect();
    threads
        .map(&once, |(path, role)| {
            let (sha256, stamp) = stamped_digest(path)?;
            Ok(Input { path: path.clone(), role: (*role).to_owned(), sha256, stamp: Some(stamp) })
        })
        .into_iter()
        .collect()
}

/// The text of `run.json`. All but `timings` is the same for every number of threads.
#[derive(Debug, Serialize)]
pub struct RunRecord {
    /// Name and version of the program.
    pub program: String,
    /// GDAL's version.
    pub gdal: String,
    /// The project as it was understood, defaults filled in.
    pub settings: Value,
    /// Whether a scene says of itself that it is made up (`SYNTHETIC=yes`).
    pub synthetic: bool,
    /// Every file read.
    pub inputs: Vec<Input>,
    /// Every file written, by its name in the folder, but for this one: what else lies there is of another run.
    pub outputs: Vec<String>,
    /// Scenes: sensor, date, scale and why, states of their pixels.
    pub scenes: Vec<Value>,
    /// The model: classes, features, accuracy.
    pub model: Value,
    /// The grid mapped on.
    pub grid: Value,
    /// Remarks.
    pub notes: Vec<String>,
    /// Parts of the work that could not be done, and what the figures have instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Seconds by stage, and the number of threads.
    pub timings: Timings,
}

/// Wall time by stage.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Timings {
    /// Number of threads.
    pub threads: usize,
    /// Seconds by stage.
    pub seconds: BTreeMap<&'static str, f64>,
    /// Seconds of all threads together, by what they did of a stage.
    pub thread_seconds: BTreeMap<&'static str, f64>,
}

/// A clock that is read at the end of each stage.
pub struct Clock {
    last: Instant,
    timings: Timings,
}

impl Clock {
    /// Starts the clock.
    pub fn start(threads: usize) -> Self {
        Self { last: Instant::now(), timings: Timings { threads, ..Timings::default() } }
    }

    /// The time since the last stage belongs to this one.
    pub fn stage(&mut self, name: &'static str) {
        let now = Instant::now();
        *self.timings.seconds.entry(name).or_default() += (now - self.last).as_secs_f64();
        self.last = now;
    }

    /// So many seconds of all threads together were this part of a stage.
    pub fn part(&mut self, name: &'static str, seconds: f64) {
        *self.timings.thread_seconds.entry(name).or_default() += seconds;
    }

    /// All stages.
    pub fn timings(self) -> Timings {
        self.timings
    }
}
