//! Tests of area.
