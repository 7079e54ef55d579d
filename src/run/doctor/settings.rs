//! Variables of the environment that change what cocal and GDAL do.

use super::{Check, bytes};
use crate::io::gdal_build::{cache_bytes, version_number};

/// Those that cocal, its tests and its Python package know, and what they are for.
const KNOWN: [(&str, &str); 6] = [
    ("COCAL_LOG", "what the log shows"),
    ("COCAL_SIMD", "which instructions are used"),
    ("COCAL_DATA", "tests only: where the real data are"),
    ("COCAL_REQUIRE_DATA", "tests only: real data must be there"),
    ("COCAL_BLESS", "tests only: writes the expected files anew"),
    ("COCAL_BENCH_OUT", "benchmarks only: where their outputs go"),
];

/// Versions whose own threads fail while they read: 3.6.0 to 3.7.0.
const BROKEN_THREADS: std::ops::RangeInclusive<u32> = 3_060_000..=3_070_099;

pub(super) fn checks(variables: &[(String, String)], memory: Option<u64>) -> Vec<Check> {
    let value = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut checks = vec![cache(value("GDAL_CACHEMAX"), cache_bytes(), memory)];
    checks.extend(value("GDAL_NUM_THREADS").map(|value| gdal_threads(value, version_number())));
    let mut ours: Vec<&(String, String)> = variables.iter().filter(|(name, _)| name.starts_with("COCAL_")).collect();
    ours.sort();
    checks.extend(ours.into_iter().map(|(name, value)| variable(name, value)));
    checks
}

fn variable(name: &str, value: &str) -> Check {
    const NAME: &str = "variable";
    match KNOWN.iter().find(|(known, _)| *known == name) {
        Some((_, what)) => Check::ok(NAME, format!("{name}={value}: {what}")),
        None => {
            let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
            let advice = format!("unset it, or mend its name; cocal reads {}", names.join(", "));
            Check::warning(NAME, format!("{name}={value}: cocal does not read a variable of this name"), advice)
        }
    }
}

/// GDAL's block cache; `limit` is what GDAL makes of the variable.
fn cache(set: Option<&str>, limit: u64, memory: Option<u64>) -> Check {
    const NAME: &str = "GDAL's cache";
    let found = match set {
        None => format!("up to {}", bytes(limit)),
        Some(value) => format!("up to {}, because GDAL_CACHEMAX={value}", bytes(limit)),
    };
    match memory {
        Some(memory) if limit > memory / 2 => {
            let advice = "unset GDAL_CACHEMAX, or set it to 192 (MiB): cocal reads each block once";
            Check::warning(NAME, format!("{found}, of {} of memory", bytes(memory)), advice)
        }
        _ => Check::ok(NAME, found),
    }
}

fn gdal_threads(value: &str, version: u32) -> Check {
    const NAME: &str = "GDAL's threads";
    let found = format!("GDAL_NUM_THREADS={value}");
    if BROKEN_THREADS.contains(&version) && value != "1" {
        let found = format!("{found}, and this GDAL fails at random while it reads with threads of its own");
        return Check::warning(NAME, found, "unset GDAL_NUM_THREADS: cocal has threads of its own");
    }
    Check::ok(NAME, found)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_misspelt_variable_is_told() {
        let variables = [("COCAL_SIMDD", "avx2"), ("HOME", "/x"), ("COCAL_LOG", "debug")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = checks(&variables, Some(64 << 30));
        let ours: Vec<_> = found.iter().filter(|check| check.name == "variable").collect();
        assert_eq!(ours.iter().map(|check| check.state).collect::<Vec<_>>(), [State::Ok, State::Warning]);
        assert!(ours[1].found.contains("COCAL_SIMDD") && ours[1].advice.as_ref().unwrap().contains("COCAL_SIMD,"));
    }

    #[test]
    fn a_cache_of_most_of_the_memory_is_told() {
        assert_eq!(cache(None, 192 << 20, Some(1 << 30)).state, State::Ok);
        assert_eq!(cache(Some("8000"), 8_000 << 20, None).state, State::Ok);
        let found = cache(Some("8000"), 8_000 << 20, Some(10 << 30));
        assert!(
            found.state == State::Warning && found.found.contains("8000 MiB, because GDAL_CACHEMAX=8000"),
            "{found:?}"
        );
    }

    #[test]
    fn threads_of_gdal_that_fail_are_told() {
        let state = |value, version| gdal_threads(value, version).state;
        assert_eq!(state("ALL_CPUS", 3_060_200), State::Warning);
        assert_eq!((state("1", 3_060_200), state("4", 3_080_000)), (State::Ok, State::Ok));
    }
}
