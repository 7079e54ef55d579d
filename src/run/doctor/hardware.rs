//! Threads, memory, instructions, open files.

use super::{Check, bytes};
use crate::io::machine::Machine;
use crate::run::budget::{Room, usual_bytes};
use crate::simd::{Level, LevelError, VARIABLE};

/// Files that a job of many scenes may hold open, and the least that any needs.
const MANY_FILES: u64 = 1_024;
const FEW_FILES: u64 = 64;

pub(super) fn threads(threads: usize, machine: &Machine) -> Check {
    let mut found = format!("{threads}");
    if let Some(processors) = machine.processors {
        found += &format!(" of {processors} processors");
    }
    if let Some(name) = &machine.processor {
        found += &format!(" ({name})");
    }
    if let Some(quota) = machine.quota {
        found += &format!(", the control group allows the time of {quota:.1}");
    }
    match machine.quota {
        Some(quota) if quota < 1.0 => {
            Check::warning("threads", found, "ask whoever runs the machine or the container for a whole processor")
        }
        _ => Check::ok("threads", found),
    }
}

pub(super) fn memory(threads: usize, machine: &Machine) -> Check {
    const NAME: &str = "memory";
    let Some(free) = machine.memory() else {
        let advice = "look yourself that there is enough, or give --memory";
        return Check::warning(NAME, "the system does not say how much is free", advice);
    };
    let known = [
        ("free on the machine", machine.available),
        ("allowed by the control group", machine.group_free),
        ("allowed by ulimit -v", machine.address_space),
    ];
    let each: Vec<String> =
        known.iter().filter_map(|(what, known)| known.map(|known| format!("{} {what}", bytes(known)))).collect();
    let found = each.join(", ");
    if let Err(least) = Room::of(Some(free), 1, 0) {
        return Check::problem(NAME, format!("{found}: too little for any run"), least.advice());
    }
    let usual = usual_bytes(threads);
    if usual <= free {
        return Check::ok(NAME, found);
    }
    let found = format!("{found}; {threads} threads usually take {}", bytes(usual));
    Check::warning(
        NAME,
        found,
        format!("give --memory {}MiB: windows and threads follow from it", (free / 10 * 9) >> 20),
    )
}

pub(super) fn instructions(chosen: Result<Level, LevelError>, here: &[Level]) -> Check {
    const NAME: &str = "instructions";
    let best = here.last().copied().unwrap_or(Level::Portable);
    match chosen {
        Err(error) => Check::problem(NAME, error.to_string(), format!("unset {VARIABLE}")),
        Ok(level) if level < best => {
            let found = format!("{level}, because {VARIABLE} says so; the processor has {best}");
            Check::warning(NAME, found, format!("unset {VARIABLE}: the results are the same, sooner"))
        }
        Ok(level) => Check::ok(NAME, format!("{level}, the most that cocal has for this processor")),
    }
}

pub(super) fn open_files(limit: Option<u64>) -> Check {
    const NAME: &str = "open files";
    let advice = "raise it with `ulimit -n 4096` before the run";
    match limit {
        None => Check::ok(NAME, "no limit is known"),
        Some(limit) if limit < FEW_FILES => {
            Check::problem(NAME, format!("{limit} at a time: too few for any run"), advice)
        }
        Some(limit) if limit < MANY_FILES => {
            Check::warning(NAME, format!("{limit} at a time: too few for many scenes on many threads"), advice)
        }
        Some(limit) => Check::ok(NAME, format!("{limit} at a time")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn with(available: u64, group_free: Option<u64>) -> Machine {
        Machine { available: Some(available), group_free, ..Machine::default() }
    }

    #[test]
    fn the_tightest_memory_decides() {
        let plenty = memory(2, &with(8 << 30, None));
        assert_eq!((plenty.state, plenty.found.as_str()), (State::Ok, "8192 MiB free on the machine"));
        let tight = memory(64, &with(64 << 30, Some(1 << 30)));
        assert_eq!(tight.state, State::Warning, "{tight:?}");
        assert_eq!(tight.advice.unwrap(), "give --memory 921MiB: windows and threads follow from it");
        let none = memory(1, &with(64 << 30, Some(50 << 20)));
        assert_eq!(none.state, State::Problem);
        assert!(none.found.contains("50 MiB allowed by the control group"), "{none:?}");
        assert_eq!(memory(1, &Machine::default()).state, State::Warning);
        // What the advice says can be given.
        assert!(Room::of(Some(921 << 20), 64, 0).is_ok());
    }

    #[test]
    fn less_than_the_processor_has_is_told() {
        let here = [Level::Portable, Level::Avx2];
        assert_eq!(instructions(Ok(Level::Avx2), &here).state, State::Ok);
        let forced = instructions(Ok(Level::Portable), &here);
        assert!(forced.state == State::Warning && forced.found.contains("the processor has avx2"), "{forced:?}");
        assert_eq!(instructions(Err(LevelError::Unknown("x".to_owned())), &here).state, State::Problem);
    }

    #[test]
    fn few_files_and_little_time_are_told() {
        let states = [None, Some(20_000), Some(256), Some(20)].map(|limit| open_files(limit).state);
        assert_eq!(states, [State::Ok, State::Ok, State::Warning, State::Problem]);
        let group = |quota| threads(1, &Machine { quota, processors: Some(8), ..Machine::default() });
        assert_eq!(group(Some(4.0)).state, State::Ok);
        let half = group(Some(0.5));
        assert_eq!(half.state, State::Warning);
        assert_eq!(half.found, "1 of 8 processors, the control group allows the time of 0.5");
    }
}
