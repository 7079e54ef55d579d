//! Work that can be stopped, gone on with, and done by many: what makes a window what it is, a journal of what is done, a plan
//! of tasks for other machines, and the way back from their parts to one result.
//!
//! A window's result depends on the bytes of the scenes and polygons that touch it, on the model and on the settings: its
//! *key* is the digest of these. Whatever is found under a key is that result, whoever made it and whenever.

pub mod keys;
pub mod merge;
pub mod plan_file;
pub mod planning;
pub mod prepared;
pub mod slurm;
pub mod survey;
pub mod task;
pub mod workplace;

use std::path::PathBuf;

use super::budget::Room;
use super::faults::OnError;

/// How a job is carried out; its figures do not depend on it, but for what cannot be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// What a fault of an input means for the rest.
    pub on_error: OnError,
    /// Memory that the job may take, in bytes; `None`: windows of the usual size on every thread.
    pub memory: Option<u64>,
}

/// What becomes of finished windows of an earlier run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// They are gone on with where that run did not come to its end.
    #[default]
    Unfinished,
    /// Whatever fits is taken, also of a run that came to its end.
    Always,
    /// They are thrown away.
    Never,
}

impl How {
    /// What windows may take, with so many threads and municipalities of so many vertices.
    ///
    /// # Errors
    /// Too little memory.
    pub fn room(&self, threads: usize, vertices: usize) -> Result<Room, super::budget::TooLittle> {
        Room::of(self.memory, threads, vertices)
    }
}

/// A plan or a part that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no plan, or a plan that breaks a rule.
    #[error("{path} is no plan that can be carried out: {rule}; make it anew with `cocal plan`")]
    Plan {
        /// The plan.
        path: PathBuf,
        /// What is wrong.
        rule: String,
    },
    /// A task that the plan does not have.
    #[error("the plan has {tasks} tasks, 0 to {}, and none of number {id}", tasks.saturating_sub(1))]
    NoTask {
        /// The number asked for.
        id: usize,
        /// How many there are.
        tasks: usize,
    },
    /// An input is not what it was when the plan was made.
    #[error("{path} is not what it was when the plan was made: {what}; put it back, or make the plan anew")]
    Input {
        /// The file.
        path: PathBuf,
        /// The difference.
        what: String,
    },
    /// A part that is not there or not whole.
    #[error(
        "{} of {tasks} tasks have no whole part: {}; do them with `cocal task`, or merge without them: --on-error continue",
        ids.len(), few(ids)
    )]
    Missing {
        /// Their numbers.
        ids: Vec<usize>,
        /// How many tasks there are.
        tasks: usize,
    },
}

/// Numbers in words, the first of many.
fn few(ids: &[usize]) -> String {
    let first: Vec<String> = ids.iter().take(20).map(ToString::to_string).collect();
    if ids.len() > first.len() { format!("{}, ...", first.join(", ")) } else { first.join(", ") }
}
