//! Where: DIVIPOLA codes and municipalities.

pub mod divipola;
pub mod municipality;

pub use divipola::MunicipalityCode;
pub use municipality::Municipality;
