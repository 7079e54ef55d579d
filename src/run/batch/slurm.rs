//! The scripts with which Slurm carries a plan out.
//!
//! An array element does a range of tasks. One that is killed with its node is queued again (`--requeue`) and, since parts that
//! are whole are left alone, does the rest. The merge waits for the array to end, however it ends (`afterany`), and says itself
//! what is missing: with `afterok` one task that cannot be read would leave a merge that never starts.

use crate::run::faults::OnError;

/// What the scripts are made of. Paths are absolute: jobs start anywhere.
pub struct Jobs {
    /// Folder with the plan; parts and logs go there too.
    pub folder: String,
    /// Folder for the outputs.
    pub out: String,
    /// The program on the nodes.
    pub cocal: String,
    /// Number of tasks.
    pub tasks: usize,
    /// Tasks of an array element.
    pub tasks_per_job: usize,
    /// Elements of an array at most.
    pub array_size: usize,
    /// Elements that may run at a time.
    pub concurrent: Option<usize>,
    /// Processors of an element.
    pub cpus: usize,
    /// Memory of an element, in bytes.
    pub memory: Option<u64>,
    /// Further options of sbatch, by name.
    pub options: Vec<(&'static str, String)>,
    /// What a fault means.
    pub on_error: OnError,
}

impl Jobs {
    /// Number of array elements.
    pub fn elements(&self) -> usize {
        self.tasks.div_ceil(self.tasks_per_job)
    }

    fn head(&self, name: &str, log: &str) -> String {
        let mut lines = vec![
            "#!/bin/bash".to_owned(),
            format!("#SBATCH --job-name={name}"),
            format!("#SBATCH --output={}", directive(&format!("{}/logs/{log}", self.folder))),
            "#SBATCH --open-mode=append".to_owned(),
            "#SBATCH --requeue".to_owned(),
            "#SBATCH --ntasks=1".to_owned(),
            format!("#SBATCH --cpus-per-task={}", self.cpus),
        ];
        lines.extend(self.memory.map(|bytes| format!("#SBATCH --mem={}M", bytes >> 20)));
        lines.extend(self.options.iter().map(|(option, value)| format!("#SBATCH --{option}={}", directive(value))));
        lines.push("set -euo pipefail".to_owned());
        lines.push(format!("cd {}", quoted(&self.folder)));
        lines.join("\n")
    }

    /// Flags of every command of the job.
    fn flags(&self) -> String {
        // A tenth for what the system counts and the program does not know of.
        let memory = self.memory.map(|bytes| format!(" --memory {}MiB", (bytes >> 20) * 9 / 10));
        format!("--threads \"${{SLURM_CPUS_PER_TASK:-{}}}\" --quiet{}", self.cpus, memory.unwrap_or_default())
    }
}

/// The files by name: `tasks.sbatch`, `merge.sbatch`, `submit.sh`.
pub fn scripts(jobs: &Jobs) -> Vec<(&'static str, String)> {
    let (cocal, flags, last) = (quoted(&jobs.cocal), jobs.flags(), jobs.tasks.saturating_sub(1));
    let (per, array) = (jobs.tasks_per_job, jobs.array_size);
    let tasks = format!(
        "{head}
# Element N of this array does tasks N x {per} and on; FIRST is what the arrays before it have.
first=$(( (${{FIRST:-0}} + SLURM_ARRAY_TASK_ID) * {per} ))
last=$(( first + {per} - 1 ))
if [ \"$last\" -gt {last} ]; then last={last}; fi
exec {cocal} task plan.json --id \"$first-$last\" -o parts {flags}
",
        head = jobs.head("cocal-tasks", "tasks-%A_%a.log"),
    );
    let on_error = match jobs.on_error {
        OnError::Stop => "stop",
        OnError::Continue => "continue",
    };
    let merge = format!(
        "{head}
# Tasks without a part end this with their numbers: submit again, and only those are done. To have the figures without them:
#   {cocal} merge plan.json parts -o {out} --on-error continue
exec {cocal} merge plan.json parts -o {out} {flags}
",
        head = jobs.head("cocal-merge", "merge-%j.log"),
        out = quoted(&jobs.out),
    );
    let limit = jobs.concurrent.map(|n| format!("%{n}")).unwrap_or_default();
    let submit = format!(
        "#!/bin/sh
# Submits the arrays and, after them, the merge. May be run again: parts that are whole are left alone.
# Scenes that cannot be read: {on_error}.
set -eu
cd {folder}
mkdir -p parts logs
after=''
first=0
while [ \"$first\" -lt {elements} ]; do
    count=$(( {elements} - first ))
    if [ \"$count\" -gt {array} ]; then count={array}; fi
    job=$(sbatch --parsable --export=ALL,FIRST=\"$first\" --array=\"0-$(( count - 1 )){limit}\" tasks.sbatch)
    job=${{job%%;*}}
    echo \"tasks: job $job, $count elements\"
    after=\"$after:$job\"
    first=$(( first + count ))
done
job=$(sbatch --parsable --dependency=\"afterany$after\" merge.sbatch)
echo \"merge: job ${{job%%;*}}, after the tasks\"
",
        folder = quoted(&jobs.folder),
        elements = jobs.elements(),
    );
    vec![("tasks.sbatch", tasks), ("merge.sbatch", merge), ("submit.sh", submit)]
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Text as the value of an `#SBATCH` line, which knows double quotes only; a line's end in it would begin a line of script.
fn directive(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if one_line.chars().all(plain) { one_line } else { format!("\"{}\"", one_line.replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(folder: &str) -> Jobs {
        Jobs {
            folder: folder.to_owned(),
            out: "/data/it's out".to_owned(),
            cocal: "cocal".to_owned(),
            tasks: 1_234,
            tasks_per_job: 10,
            array_size: 100,
            concurrent: Some(8),
            cpus: 4,
            memory: Some(4 << 30),
            options: vec![("time", "02:00:00".to_owned()), ("account", "a b\necho bad".to_owned())],
            on_error: OnError::Continue,
        }
    }

    #[test]
    fn names_with_spaces_and_quotes_stay_one_word() {
        assert_eq!(
            (quoted("a/b.c"), quoted("a b"), quoted("it's")),
            ("a/b.c".into(), "'a b'".into(), r"'it'\''s'".into())
        );
        let written = scripts(&jobs("/data/my plan"));
        let of = |name: &str| written.iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_str()).unwrap();
        let tasks = of("tasks.sbatch");
        assert!(tasks.contains("cd '/data/my plan'") && tasks.contains("#SBATCH --mem=4096M"), "{tasks}");
        assert!(tasks.contains("--memory 3686MiB") && tasks.contains("last=1233;"), "{tasks}");
        assert!(tasks.lines().all(|line| !line.starts_with("echo bad")), "{tasks}");
        assert!(of("merge.sbatch").contains(r"-o '/data/it'\''s out'"));
        let submit = of("submit.sh");
        assert!(
            submit.contains("-lt 124 ]") && submit.contains("%8\"") && submit.contains("afterany$after"),
            "{submit}"
        );
    }
}
