//! Tests of forest.
