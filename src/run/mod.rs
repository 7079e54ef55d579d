//! The only folder that knows rayon: plan, threads, imagery, training, mapping, provenance.
//!
//! [`job`] tells the story of `cocal run`; the other files are its chapters.

pub mod agreement;
pub mod assess;
pub mod associate;
pub mod batch;
pub mod budget;
pub mod cell_lots;
pub mod cell_tally;
pub mod doctor;
pub mod draw_sample;
pub mod error;
pub mod faults;
pub mod fit;
mod gather;
mod held;
pub mod imagery;
pub mod import;
pub mod job;
pub mod layers;
pub mod map;
pub mod map_rows;
pub mod model;
pub mod outputs;
pub mod plan;
pub mod prepare;
pub mod preview;
pub mod provenance;
pub mod publish;
pub mod reconcile;
pub mod report;
pub mod sample;
pub mod sample_zones;
pub mod single;
pub mod tally;
pub mod threads;
pub mod train;
mod viewers;
pub mod watch;
pub mod windows;
pub mod year_job;

pub use error::JobError;
