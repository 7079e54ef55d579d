//! One row per municipality and year.
