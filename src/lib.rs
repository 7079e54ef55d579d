//! `cocal`: from raster tiles to coca hectares per municipality, held against census and eradication records.
//!
//! The modules, in the order the data takes. A caller always stands above what it calls; imports run one way.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`territory`] | *where*: DIVIPOLA codes and the set of municipalities |
//! | [`scene`] | *what arrives*: grids, bands, tiles, validity, sensors |
//! | [`features`] | tile to features: indices and temporal statistics, with their sources |
//! | [`classify`] | features to classes and mask: the forest, the model file, the minimum mapping unit |
//! | [`area`] | mask to hectares: exact pixel coverage on the ellipsoid, the only pixel-to-area code |
//! | [`accuracy`] | what the classification is worth: the held-out error matrix |
//! | [`records`] | what others say: census, eradication, spraying, seizures |
//! | [`claim`] | a sentence held against the records: a listed grammar, a verdict, its figures and sources |
//! | [`compare`] | one row per municipality and year: mapped, census, eradication, null |
//! | [`trend`] | the two readings of one number: change and growth, each with its error |
//! | [`panel`] | eradication beside the later change of the census: an association, and what it cannot tell |
//! | [`expect`] | what one would expect of a census from the years before it, with intervals and nulls |
//! | [`permanence`] | cells of 1 km: permanent, intermittent, new, abandoned; enclaves, overlay with lands |
//! | [`reconcile`] | each eradication record beside what masks show of its ground |
//! | [`report`] | what people look at: the data of the page, its words, its pictures |
//! | [`publish`] | what may leave: cells of 1 km and municipalities from which no lot can be told; the search for leaks |
//! | [`pipeline`] | **read first**: the pure chain from tiles to an area table |
//! | [`io`] | the only folder that knows GDAL, CSV, GeoJSON and the file system |
//! | [`project`] | the project file: what was typed becomes what was checked |
//! | [`simd`] | the only folder that knows instruction sets |
//! | [`run`] | the only folder that knows rayon: plan, threads, provenance |
//! | [`cli`] | the only folder that knows clap, progress bars and printing |
//!
//! # Invariants
//!
//! 1. `gdal` is named only in `io/`, `rayon` only in `run/`, `clap` and printing only in `cli/` and `main.rs`.
//! 2. Figures are the same bytes for every thread count, block size and order of tiles.
//! 3. Masking never adds hectares; municipalities plus "outside" equal the tile.
//! 4. Unobserved never becomes zero.
//! 5. Memory is bounded by the number of threads times the window.
//! 6. Every output is written to a temporary name and renamed.
//! 7. Lots of individual farmers do not leave by default.

pub mod accuracy;
pub mod area;
pub mod claim;
pub mod classify;
pub mod cli;
pub mod compare;
pub mod expect;
pub mod features;
#[doc(hidden)]
pub mod fuzz;
pub mod io;
pub mod panel;
pub mod permanence;
pub mod pipeline;
pub mod project;
pub mod publish;
pub mod reconcile;
pub mod records;
pub mod report;
pub mod run;
pub mod scene;
pub mod simd;
pub mod territory;
pub mod trend;
