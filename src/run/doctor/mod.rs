//! `cocal doctor`: whether this machine, its GDAL and its folders can do the work, and what to do where they cannot.
//!
//! Facts come from `io`; what they mean is decided here, in functions of the facts alone.

mod hardware;
mod places;
mod settings;
mod software;

use std::path::Path;

use serde::Serialize;

use crate::io::machine::Machine;
use crate::simd::Level;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// The work can be done, but slower or not all of it.
    Warning,
    /// The work cannot be done.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do; every warning and problem has it.
    pub advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Ok, found: found.into(), advice: None }
    }

    fn warning(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    fn problem(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Problem, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// Version of cocal.
    pub cocal: &'static str,
    /// Whether the work can be done.
    pub ok: bool,
    /// Number of warnings.
    pub warnings: usize,
    /// Number of problems.
    pub problems: usize,
    /// The checks.
    pub checks: Vec<Check>,
}

/// Looks at everything. Outputs are to go to `out`; without it, to a folder that is named later.
pub fn examine(out: Option<&Path>) -> Diagnosis {
    let machine = Machine::here();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let variables: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let forced = variables.iter().find(|(name, _)| name == crate::simd::VARIABLE).map(|(_, value)| value.as_str());
    let mut checks = software::checks();
    checks.push(hardware::threads(threads, &machine));
    checks.push(hardware::memory(threads, &machine));
    checks.push(hardware::instructions(Level::choose(forced), &Level::here()));
    checks.push(hardware::open_files(machine.open_files));
    checks.extend(places::checks(out));
    checks.extend(settings::checks(&variables, machine.memory()));
    of(checks)
}

fn of(checks: Vec<Check>) -> Diagnosis {
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let (warnings, problems) = (count(State::Warning), count(State::Problem));
    Diagnosis { cocal: env!("CARGO_PKG_VERSION"), ok: problems == 0, warnings, problems, checks }
}

/// Bytes for people.
fn bytes(count: u64) -> String {
    let mebibytes = count >> 20;
    if mebibytes >= 10_240 { format!("{} GiB", mebibytes >> 10) } else { format!("{mebibytes} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_do_not_stop_the_work_and_problems_do() {
        let (fine, so_so, bad) = (Check::ok("a", ""), Check::warning("b", "", "x"), Check::problem("c", "", "y"));
        let found = of(vec![fine.clone(), so_so.clone()]);
        assert_eq!((found.ok, found.warnings, found.problems), (true, 1, 0));
        assert!(!of(vec![fine, so_so, bad]).ok);
    }

    #[test]
    fn this_machine_is_looked_at_whole() {
        let found = examine(None);
        assert!(found.checks.len() > 15, "{found:?}");
        for check in &found.checks {
            assert!(!check.found.is_empty() && check.advice.is_some() == (check.state != State::Ok), "{check:?}");
        }
    }
}
