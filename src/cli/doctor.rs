//! `cocal doctor`: whether this machine can do the work.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Output, print_json, print_line};
use crate::io::machine::{State, look};

/// Look at this machine: GDAL and its drivers, PROJ's data, threads, memory, room for temporary files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal doctor --out /data/out")]
pub(super) struct Doctor {
    /// The folder that outputs would go to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

impl Doctor {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let checks = look(&self.out);
        let problems = checks.iter().filter(|check| check.state == State::Problem).count();
        if output.json {
            print_json(&json!({ "ok": problems == 0, "checks": checks }))?;
        } else {
            for check in &checks {
                let state = match check.state {
                    State::Ok => "ok     ",
                    State::Warning => "warning",
                    State::Problem => "PROBLEM",
                };
                print_line(&format!("{state}  {:<17} {}", check.name, check.found));
                if !check.advice.is_empty() {
                    print_line(&format!("         {:<17} -> {}", "", check.advice));
                }
            }
        }
        if problems == 0 { Ok(()) } else { Err(Failure::Part { failed: problems, of: checks.len() }) }
    }
}
