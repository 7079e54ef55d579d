//! Tests of scenes: what is opened, and what is read of it.

mod bad_input;
pub mod build;
mod grids;
mod products;
mod stacks;
