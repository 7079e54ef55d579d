//! Where: DIVIPOLA codes, municipalities and their neighbours.

pub mod divipola;
pub mod municipality;
pub mod neighbours;

pub use divipola::MunicipalityCode;
pub use municipality::Municipality;
pub use neighbours::Neighbours;
