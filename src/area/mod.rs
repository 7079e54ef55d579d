//! Mask to hectares: the only pixel-to-area code.
//!
//! A figure here is a sum of products of two integers, the exact part of a pixel inside a polygon ([`mod@coverage`]) and
//! the area of that pixel on the ellipsoid ([`CellArea`]). Integers add up the same in every order, so a total does not
//! depend on threads, on windows or on the order of tiles, and what lies inside the municipalities and what lies
//! outside them add up to the raster without a remainder.

pub mod amounts;
pub mod cell_area;
pub mod coverage;
mod edge;
pub mod footprints;
pub mod hectares;
pub mod patches;
pub mod plane;
mod rows;
mod sums;
pub mod table;
pub mod tabulate;
pub mod zones;

pub use amounts::Amounts;
pub use cell_area::CellArea;
pub use coverage::{Run, pixel_fractions};
pub use footprints::Footprints;
pub use hectares::{HectaresRow, hectares_rows};
pub use patches::tabulate_patches;
pub use plane::EqualAreaPlane;
pub use table::AreaTable;
pub use tabulate::tabulate;
pub use zones::{Zones, coverage};

/// Class code of a pixel that the raster reaches but where nobody saw the ground. Never a zero.
pub const UNOBSERVED: u8 = 255;

/// Class code of a pixel that no raster reaches; it is no part of `coverage_area_ha`.
pub const OUTSIDE_RASTER: u8 = 254;
