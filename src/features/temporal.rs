//! Temporal statistics of a year: percentiles, amplitude, minima.
