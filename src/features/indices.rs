//! Spectral indices, each with its formula and source.
