//! `cocal doctor`: whether this machine can do the work.

use std::path::PathBuf;

use super::log::{Kind, fields, tell_with};
use super::{Failure, Output, print_json, print_line};
use crate::run::doctor::{Check, Diagnosis, State, examine};

/// Look at this machine, its GDAL and its folders: can they do the work, and what to do where they cannot.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal doctor --out /data/coca/out")]
pub(super) struct Doctor {
    /// Folder for outputs that is to be looked at [default: the current folder].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A machine that cannot do the work.
#[derive(Debug, thiserror::Error)]
#[error("this machine is not ready: {0}, see above")]
struct NotReady(String);

impl Doctor {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let found = examine(self.out.as_deref());
        if output.json {
            print_json(&found)?;
        } else if !output.quiet {
            found.checks.iter().for_each(|check| print_line(&line(check)));
        }
        if output.json || output.quiet {
            found.checks.iter().for_each(tell);
        }
        if !found.ok {
            return Err(NotReady(counted(found.problems, "problem")).into());
        }
        if !output.json && !output.quiet {
            print_line(&ready(&found));
        }
        Ok(())
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn ready(found: &Diagnosis) -> String {
    match found.warnings {
        0 => "ready".to_owned(),
        warnings => format!("ready, with {}", counted(warnings, "warning")),
    }
}

/// A check for people; what to do stands below it.
fn line(check: &Check) -> String {
    let state = match check.state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Problem => "problem",
    };
    let mut line = format!("{state:<8} {:<17} {}", check.name, check.found);
    if let Some(advice) = &check.advice {
        line += &format!("\n{:26} -> {advice}", "");
    }
    line
}

/// A warning or problem on standard error.
fn tell(check: &Check) {
    let kind = match check.state {
        State::Ok => return,
        State::Warning => Kind::Warning,
        State::Problem => Kind::Failed,
    };
    let advice = check.advice.as_deref().unwrap_or_default();
    let found = fields([("check", check.name.into()), ("advice", advice.into())]);
    tell_with(kind, &format!("{}: {}; {advice}", check.name, check.found), found);
}
