//! `cocal slurm`: what it writes, carried out by an `sbatch` that runs everything at once, one after the other.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::small_project::{SmallProject, Stack};

/// A folder that a shell must not fall over.
const JOBS: &str = "it's a \"job\" $(touch bad) %j";

/// Stands in for Slurm's: takes options, runs the script (each element of an array) with its log, prints a number.
const SBATCH: &str = r#"#!/bin/bash
set -u
array=; depends=; wait=
while [[ "$1" == --* ]]; do
    case "$1" in
        --array=*) array=${1#*=} ;;
        --dependency=*) depends=${1#*=} ;;
        --wait) wait=1 ;;
        --parsable) ;;
        *) echo "sbatch: unknown option $1" >&2; exit 1 ;;
    esac
    shift
done
script=$1; shift
number=$(( $(wc -l < "$FAKE/calls") + 1 ))
echo "$number $script array=$array depends=$depends $*" >> "$FAKE/calls"
if [ -e "$FAKE/refuse-$number" ]; then echo "sbatch: error: the account is used up" >&2; exit 1; fi
log=$(sed -n 's/^#SBATCH --output=//p' "$script")
export SLURM_CPUS_PER_TASK=$(sed -n 's/^#SBATCH --cpus-per-task=//p' "$script")
code=0
if [ -n "$array" ]; then
    range=${array%%%*}
    for element in $(seq "${range%-*}" "${range#*-}"); do
        file=${log//%A/$number}
        SLURM_ARRAY_JOB_ID=$number SLURM_ARRAY_TASK_ID=$element bash "$script" "$@" >> "${file//%a/$element}" 2>&1 || code=$?
    done
else
    bash "$script" "$@" >> "${log//%j/$number}" 2>&1 || code=$?
fi
echo "$number;somewhere"
[ -z "$wait" ] || exit "$code"
"#;

const SCONTROL: &str = "#!/bin/sh\necho 'MaxArraySize            = 1'\n";

/// A project of two years, which are two tasks, with a stand-in for Slurm.
struct Cluster {
    project: SmallProject,
    fake: PathBuf,
}

impl Cluster {
    fn new() -> Self {
        let mut project = SmallProject::new();
        Stack::good().write(&project.path("tiles/scene_2023-07-01.tif"));
        project.change("census = [2024]", "census = [2023, 2024]");
        let fake = project.path("fake");
        std::fs::create_dir(&fake).unwrap();
        for (name, text) in [("sbatch", SBATCH), ("scontrol", SCONTROL), ("calls", "")] {
            std::fs::write(fake.join(name), text).unwrap();
            std::fs::set_permissions(fake.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { project, fake }
    }

    fn path_variable(&self) -> String {
        format!("{}:{}", self.fake.display(), std::env::var("PATH").unwrap())
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.project.write("cocal.toml", &self.project.toml);
        let mut call = crate::data::cocal();
        call.current_dir(self.project.path("")).env("PATH", self.path_variable()).env("FAKE", &self.fake);
        call.args(["slurm", "cocal.toml", "-o", JOBS, "--out", "the $out", "--tasks-per-job", "1"]);
        call.args(arguments).output().unwrap()
    }

    /// Writes the scripts.
    fn written(&self, arguments: &[&str]) -> Value {
        let done = self.call(&[arguments, &["--json"]].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    /// Submits them from another folder; what submit.sh said.
    fn submit(&self) -> String {
        let mut call = Command::new("sh");
        call.arg(self.job("submit.sh")).current_dir("/").env("PATH", self.path_variable()).env("FAKE", &self.fake);
        let done = call.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn job(&self, name: &str) -> PathBuf {
        self.project.path(JOBS).join(name)
    }

    fn calls(&self) -> Vec<String> {
        self.project.text("fake/calls").lines().map(str::to_owned).collect()
    }

    fn logs(&self, name: &str) -> String {
        let all = std::fs::read_dir(self.job("logs")).unwrap().map(|entry| entry.unwrap().path());
        let named = all.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name));
        named.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// The outputs are those of one `cocal run`.
    fn assert_as_one_run(&self) {
        let done = self.project.call(&["run", "cocal.toml", "--out", "one", "--quiet"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let files = |folder: &Path| {
            let mut files = self.project.files();
            files.retain(|path, _| path.starts_with(folder) && !path.starts_with(folder.join(".cocal")));
            let strip = |(path, bytes): (PathBuf, Vec<u8>)| (path.strip_prefix(folder).unwrap().to_owned(), bytes);
            files.into_iter().map(strip).map(|(path, bytes)| without_timings(path, bytes)).collect::<Vec<_>>()
        };
        let (one, merged) = (files(&self.project.path("one")), files(&self.project.path("the $out")));
        assert!(one.len() > 8, "{one:?}");
        assert_eq!(one.iter().map(|f| &f.0).collect::<Vec<_>>(), merged.iter().map(|f| &f.0).collect::<Vec<_>>());
        let differ: Vec<_> = one.iter().zip(&merged).filter(|(a, b)| a.1 != b.1).map(|(a, _)| &a.0).collect();
        assert!(differ.is_empty(), "{differ:?}");
        assert!(!self.job("bad").exists() && !self.project.path("bad").exists());
    }
}

fn without_timings(path: PathBuf, bytes: Vec<u8>) -> (PathBuf, Vec<u8>) {
    if path != Path::new("run.json") {
        return (path, bytes);
    }
    let mut record: Value = serde_json::from_slice(&bytes).unwrap();
    record.as_object_mut().unwrap().remove("timings").expect("timings");
    (path, record.to_string().into_bytes())
}

#[test]
fn arrays_and_their_merge_give_what_one_run_gives() {
    let cluster = Cluster::new();
    let made = cluster.written(&["--concurrent", "3", "--time", "01:00:00", "--account", "coca"]);
    assert_eq!((&made["tasks"], &made["jobs"], &made["submitted"]), (&2.into(), &2.into(), &Value::Null));
    // A plan has a line for each task: the scripts of --plan-job count on it.
    let plan = std::fs::read_to_string(cluster.job("plan.json")).unwrap();
    assert_eq!(plan.lines().filter(|line| line.starts_with("{\"id\":")).count(), 2);
    let said = cluster.submit();
    // The cluster allows one element an array, so there are two; with a limit the second waits for the first.
    let expected = "tasks: job 1, 1 elements\ntasks: job 2, 1 elements\nmerge: job 3, after the tasks\n";
    assert_eq!(said, expected, "{:?}", cluster.calls());
    let calls = cluster.calls();
    assert_eq!(calls[0], "1 tasks.sbatch array=0-0%3 depends= 0");
    assert_eq!(calls[1], "2 tasks.sbatch array=0-0%3 depends=afterany:1 1");
    assert_eq!(calls[2].trim_end(), "3 merge.sbatch array= depends=afterany:1:2");
    assert!(std::fs::read_to_string(cluster.job("tasks.sbatch")).unwrap().contains("#SBATCH --account=coca\n"));
    cluster.assert_as_one_run();
}

#[test]
fn a_task_that_fails_leaves_a_merge_that_says_so_and_is_done_when_submitted_again() {
    let cluster = Cluster::new();
    cluster.written(&["--array-size", "100", "--on-error", "stop"]);
    let scene = cluster.project.path("tiles/scene_2023-07-01.tif");
    let away = cluster.project.path("away.tif");
    std::fs::rename(&scene, &away).unwrap();
    let said = cluster.submit();
    assert!(said.starts_with("tasks: job 1, 2 elements\nmerge: job 2"), "{said}");
    assert!(cluster.logs("tasks-1_0").contains("scene_2023-07-01.tif"), "{}", cluster.logs("tasks"));
    assert!(cluster.logs("merge").contains("1 of 2 tasks have no whole part: 0"), "{}", cluster.logs("merge"));
    assert!(!cluster.project.path("the $out/run.json").exists());
    std::fs::rename(&away, &scene).unwrap();
    cluster.submit();
    cluster.assert_as_one_run();
}

#[test]
fn the_plan_may_be_made_by_a_job_too() {
    let cluster = Cluster::new();
    let made = cluster.written(&["--plan-job", "--cpus-per-task", "2", "--memory-per-job", "2G"]);
    assert_eq!((&made["tasks"], &made["jobs"]), (&Value::Null, &Value::Null));
    assert!(!cluster.job("plan.json").exists());
    let said = cluster.submit();
    assert!(said.starts_with("plan: submitted; waiting for it\n") && said.contains("merge: job 4"), "{said}");
    cluster.assert_as_one_run();
    // Once it is there it stays.
    assert!(cluster.submit().starts_with("tasks: job 5"));
}

#[test]
fn a_cluster_that_refuses_is_told_with_what_was_submitted() {
    let cluster = Cluster::new();
    let done = cluster.call(&["--submit", "--json"]);
    let made: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done.status.code(), &made["submitted"][2]), (Some(0), &"merge: job 3, after the tasks".into()));
    std::fs::write(cluster.fake.join("refuse-5"), "").unwrap();
    let done = cluster.call(&["--submit"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{said}");
    for words in ["the account is used up", "sbatch did not take the tasks", "scancel 4", "submit.sh ended with 1"] {
        assert!(said.contains(words), "'{words}' is not in: {said}");
    }
    for wrong in [["--time", "soon"], ["--account", "a b"], ["--tasks-per-job", "0"], ["--side", "0"]] {
        assert_eq!(cluster.call(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}
