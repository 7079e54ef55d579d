//! What leaves for publication: municipalities and cells of 1 km, from which no lot can be told; and the search for leaks.
//!
//! [`lots`] counts, [`suppress`] decides what is shown, [`tables`] and [`columns`] say what of a run's tables goes out,
//! [`snap`] takes digits off borders, [`outline`] draws lots where a reason lets them leave. [`check`] reads a folder as a
//! stranger would and says what it gives away. Everything here is pure; `run/publish.rs` tells the story.

pub mod check;
pub mod columns;
pub mod lots;
pub mod outline;
pub mod snap;
pub mod suppress;
pub mod tables;
