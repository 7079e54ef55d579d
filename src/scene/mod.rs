//! What arrives: pixel geometry, bands, tiles with their validity, and the sensors that they come from.
//!
//! Nothing here opens a file; `io` fills these types.

pub mod band;
pub mod grid;
pub mod raw;
pub mod sensor;
pub mod source;
pub mod tile;
pub mod validity;

pub use band::Band;
pub use grid::{Crs, Grid, Window};
pub use raw::RawTile;
pub use source::{Scene, SceneBand, SceneOptions};
pub use tile::Tile;
pub use validity::Validity;
