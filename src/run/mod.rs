//! The only folder that knows rayon: plan, threads, provenance.

pub mod threads;
