//! Flags of commands that map: how faults are met, and how much memory there is.

use super::Failure;
use super::log::{Kind, fields, tell_with};
use crate::io::loss::Failure as Fault;
use crate::run::batch::How;
use crate::run::budget::{cache_bytes, parse_bytes};
use crate::run::faults::OnError;

/// What a fault of an input means.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum OnErrorChoice {
    /// The first fault ends the run.
    Stop,
    /// What cannot be read is unobserved; the rest is done, the faults are listed, the exit code is 1.
    Continue,
}

/// Flags of commands that map.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Way {
    /// Where an input cannot be read: end at once, or do the rest and list what is missing.
    #[arg(long, value_name = "WHAT", value_enum)]
    on_error: Option<OnErrorChoice>,
    /// Memory that the command may take, such as 2GiB: windows and threads follow from it.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    memory: Option<u64>,
}

impl Way {
    /// What `--on-error` says, where it is given.
    pub(super) fn asked(&self) -> Option<OnError> {
        self.on_error.map(|choice| match choice {
            OnErrorChoice::Stop => OnError::Stop,
            OnErrorChoice::Continue => OnError::Continue,
        })
    }

    /// How the job is carried out; without `--on-error`, as `default` says. Sets GDAL's cache.
    pub(super) fn how(&self, default: OnError) -> How {
        if let Some(memory) = self.memory {
            crate::io::limit_cache_to((cache_bytes(memory) >> 20) as u32);
        }
        How { on_error: self.asked().unwrap_or(default), memory: self.memory }
    }
}

/// Lists what could not be done; then the command has failed in part.
pub(super) fn tell_faults(faults: &[Fault]) -> Result<(), Failure> {
    for Fault { what, cause, effect } in faults {
        // Most causes name the file already.
        let named = if cause.starts_with(what.as_str()) { cause.clone() } else { format!("{what}: {cause}") };
        let found = fields([
            ("what", what.as_str().into()),
            ("cause", cause.as_str().into()),
            ("effect", effect.as_str().into()),
        ]);
        tell_with(Kind::Failed, &format!("{named}; {effect}"), found);
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Incomplete(faults.len())) }
}
