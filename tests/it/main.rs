//! Integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod area;
mod data;
mod forest;
mod hectares;
mod invariants;
mod records;
mod run;
mod scenes;
