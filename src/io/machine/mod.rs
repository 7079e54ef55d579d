//! What the machine gives a process: processors, memory, folders, limits.
//!
//! Linux tells these in files below `/proc` and `/sys`; elsewhere most of them are not known. The root is an argument so that
//! tests can lay out a machine of their own.

mod cgroup;
pub mod folder;

use std::path::Path;

/// What the machine gives this process; `None` where it is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Machine {
    /// Processors of the machine.
    pub processors: Option<usize>,
    /// Name of the processor.
    pub processor: Option<String>,
    /// Processors' worth of time that a control group allows.
    pub quota: Option<f64>,
    /// Bytes that can be had without swapping.
    pub available: Option<u64>,
    /// Bytes that a control group still allows.
    pub group_free: Option<u64>,
    /// Bytes of addresses that `ulimit -v` allows.
    pub address_space: Option<u64>,
    /// Files that may be open at a time.
    pub open_files: Option<u64>,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        Self::below(Path::new("/"))
    }

    /// The machine whose `/proc` and `/sys` lie below `root`.
    fn below(root: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
        let (cpuinfo, limits) = (text("proc/cpuinfo"), text("proc/self/limits"));
        let group = cgroup::Group::below(root);
        Self {
            processors: Some(cpuinfo.lines().filter(|line| line.starts_with("processor")).count()).filter(|n| *n > 0),
            processor: cpuinfo.lines().find_map(|line| after_colon(line, "model name")),
            quota: group.quota,
            available: kilobytes(&text("proc/meminfo"), "MemAvailable:"),
            group_free: group.free,
            address_space: limit(&limits, "Max address space"),
            open_files: limit(&limits, "Max open files"),
        }
    }

    /// Bytes that the process can have: the least of what is known.
    pub fn memory(&self) -> Option<u64> {
        [self.available, self.group_free, self.address_space].into_iter().flatten().min()
    }
}

fn after_colon(line: &str, key: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    (name.trim() == key).then(|| value.trim().to_owned())
}

/// A line of `/proc/meminfo` in bytes.
fn kilobytes(meminfo: &str, key: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The soft limit of a line of `/proc/self/limits`; `None` where there is none.
fn limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     
Max address space         unlimited            unlimited            bytes     
Max open files            1024                 524288               files     
";

    #[test]
    fn a_machine_without_groups_has_what_the_system_says() {
        let root = machine(&[
            ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2.10GHz\nprocessor\t: 1\nmodel name\t: Other\n"),
            ("proc/meminfo", "MemTotal:       24672684 kB\nMemAvailable:   20480 kB\n"),
            ("proc/self/limits", LIMITS),
        ]);
        let found = Machine::below(root.path());
        let expected = Machine {
            processors: Some(2),
            processor: Some("Some CPU @ 2.10GHz".to_owned()),
            available: Some(20_480 << 10),
            open_files: Some(1_024),
            ..Machine::default()
        };
        assert_eq!(found, expected);
        assert_eq!(found.memory(), Some(20_480 << 10));
    }

    #[test]
    fn nothing_known_is_no_fault() {
        let root = machine(&[("proc/meminfo", "MemAvailable: 99999999999999999999 kB\n"), ("proc/self/limits", "Max")]);
        assert_eq!(Machine::below(root.path()), Machine::default());
        assert_eq!(Machine::default().memory(), None);
    }

    #[test]
    fn this_machine_says_something() {
        let here = Machine::here();
        if cfg!(target_os = "linux") {
            assert!(here.memory().is_some_and(|bytes| bytes > 1 << 20) && here.open_files.is_some(), "{here:?}");
        }
    }
}
