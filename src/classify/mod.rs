//! Features to classes and mask.
