//! Where: DIVIPOLA codes, municipalities and their neighbours, and the national lattice of cells.

pub mod cell;
pub mod divipola;
pub mod municipality;
pub mod neighbours;

pub use cell::{CellIndex, CellLattice};
pub use divipola::MunicipalityCode;
pub use municipality::Municipality;
pub use neighbours::Neighbours;
