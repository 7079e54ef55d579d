//! Annual composites: the median of the clear observations of a year, and how many there were.
