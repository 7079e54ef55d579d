//! What control groups allow: version 2 in one tree, version 1 in a tree for each resource.

use std::path::{Path, PathBuf};

/// The tightest limits of the process's groups and those above them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Group {
    /// Processors' worth of time.
    pub(super) quota: Option<f64>,
    /// Bytes that are still free.
    pub(super) free: Option<u64>,
}

/// Where a limit is larger than any machine, version 1 means that there is none.
const NO_LIMIT: u64 = 1 << 60;

impl Group {
    /// Reads `/proc/self/cgroup` and the limits below `/sys/fs/cgroup`.
    pub(super) fn below(root: &Path) -> Self {
        let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        let tree = root.join("sys/fs/cgroup");
        let mut found = Self::default();
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':');
            let (Some(_), Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
            if names.is_empty() {
                // A hybrid set-up has version 2 in a folder of its own.
                for base in [tree.clone(), tree.join("unified")] {
                    upwards(&base, path).iter().for_each(|group| found.tighten(version_2(group)));
                }
            }
            for name in names.split(',') {
                match name {
                    "memory" => upwards(&tree.join("memory"), path)
                        .iter()
                        .for_each(|group| found.tighten(Self { free: memory_1(group), quota: None })),
                    "cpu" => upwards(&tree.join("cpu"), path)
                        .iter()
                        .for_each(|group| found.tighten(Self { quota: quota_1(group), free: None })),
                    _ => {}
                }
            }
        }
        found
    }

    fn tighten(&mut self, other: Self) {
        self.free = [self.free, other.free].into_iter().flatten().min();
        self.quota = [self.quota, other.quota].into_iter().flatten().reduce(f64::min);
    }
}

/// A group's folder and those above it, up to the root of its tree. In a container the group's path may be that of the host:
/// then only the root is there.
fn upwards(base: &Path, path: &str) -> Vec<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    let inside = relative.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let mut folders: Vec<PathBuf> =
        if inside { relative.ancestors().map(|part| base.join(part)).collect() } else { Vec::new() };
    folders.push(base.to_owned());
    folders.retain(|folder| folder.is_dir());
    folders
}

fn number(folder: &Path, name: &str) -> Option<u64> {
    std::fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
}

fn version_2(group: &Path) -> Group {
    let quota = std::fs::read_to_string(group.join("cpu.max")).ok().and_then(|text| {
        let (quota, period) = text.trim().split_once(' ')?;
        share(quota.parse().ok()?, period.parse().ok()?)
    });
    // `max` is no number: no limit.
    let free = number(group, "memory.max").map(|most| free(group, most, "memory.current"));
    Group { quota, free }
}

fn memory_1(group: &Path) -> Option<u64> {
    let most = number(group, "memory.limit_in_bytes").filter(|most| *most < NO_LIMIT)?;
    Some(free(group, most, "memory.usage_in_bytes"))
}

fn quota_1(group: &Path) -> Option<f64> {
    // -1 is no number here: no limit.
    share(number(group, "cpu.cfs_quota_us")?, number(group, "cpu.cfs_period_us")?)
}

fn share(quota: u64, period: u64) -> Option<f64> {
    (period > 0).then(|| quota as f64 / period as f64)
}

/// What of `most` is not used; file pages that nobody uses are given back when memory is short.
fn free(group: &Path, most: u64, used: &str) -> u64 {
    let statistics = std::fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let of = |key: &str| statistics.lines().find_map(|line| line.strip_prefix(key)?.trim().parse::<u64>().ok());
    let idle = of("total_inactive_file ").or_else(|| of("inactive_file ")).unwrap_or(0);
    most.saturating_sub(number(group, used).unwrap_or(0).saturating_sub(idle))
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::*;

    #[test]
    fn the_tightest_group_of_version_2_counts() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/slurm/job_7\n"),
            ("sys/fs/cgroup/slurm/memory.max", "8000000000\n"),
            ("sys/fs/cgroup/slurm/memory.current", "1000000000\n"),
            ("sys/fs/cgroup/slurm/cpu.max", "400000 100000\n"),
            ("sys/fs/cgroup/slurm/job_7/memory.max", "4000000000\n"),
            ("sys/fs/cgroup/slurm/job_7/memory.current", "3000000000\n"),
            ("sys/fs/cgroup/slurm/job_7/memory.stat", "anon 5\ninactive_file 2000000000\n"),
            ("sys/fs/cgroup/slurm/job_7/cpu.max", "150000 100000\n"),
        ]);
        assert_eq!(Group::below(root.path()), Group { quota: Some(1.5), free: Some(3_000_000_000) });
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/../host/path\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(Group::below(root.path()), Group::default());
        std::fs::write(root.path().join("sys/fs/cgroup/memory.max"), "500\n").unwrap();
        std::fs::write(root.path().join("sys/fs/cgroup/cpu.max"), "50000 100000\n").unwrap();
        assert_eq!(Group::below(root.path()), Group { quota: Some(0.5), free: Some(500) });
    }

    #[test]
    fn version_1_has_a_tree_for_each() {
        let root = machine(&[
            ("proc/self/cgroup", "4:memory:/a/b\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000\n"),
            ("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "900\n"),
            ("sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(Group::below(root.path()), Group { quota: None, free: Some(400) });
    }
}
