//! Integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod area;
mod assess;
mod associate;
mod bad_calls;
mod bad_input;
mod claim;
mod claim_sentences;
mod compare;
mod composites;
mod data;
mod doctor;
mod expect;
mod forest;
mod fuzz_corpus;
mod hectares;
mod imported;
mod invariants;
#[cfg(feature = "network")]
mod network;
mod outputs;
mod permanence;
mod preview;
mod publish;
mod real;
mod reconcile;
mod records;
mod records_beside;
mod report;
mod run;
mod sampling;
mod scenes;
mod slurm;
mod small_project;
mod trend;
mod validate;
mod virtual_files;
mod watching;
