//! The scripts with which Slurm carries a plan out: text only.
//!
//! An array element does a range of tasks. One that is killed with its node is queued again (`--requeue`) and, since parts that
//! are whole are left alone, does the rest. An element in which a task failed ends with 1 and stands as failed in Slurm's
//! accounts. The merge waits for all elements to end, however they end (`afterany`), and says itself what is missing: with
//! `afterok` one task that cannot be done would leave a merge that never starts and stays in the queue.
//!
//! The scripts hold no path outside quotes and none in a comment or an `#SBATCH` line: a name with a space, a quote, a `%` or
//! even a line's end in it stays a name. Logs are relative to the folder, which `submit.sh` goes into first.

use crate::run::faults::OnError;

/// Slurm's own limit of an array where a cluster says nothing: `MaxArraySize` is 1001.
const USUAL_ARRAY: usize = 1_001;

/// Who makes the plan.
pub enum Planning {
    /// It is there, with so many tasks.
    Done(usize),
    /// A job before the array; `submit.sh` waits for it.
    Job {
        /// The folder that the project's path starts from.
        from: String,
        /// The project file.
        project: String,
        /// Rows and columns of a task at most.
        side: usize,
    },
}

/// What the scripts are made of. Paths are absolute: jobs start anywhere.
pub struct Jobs {
    /// Folder with the plan; parts and logs go there too.
    pub folder: String,
    /// Folder for the outputs.
    pub out: String,
    /// The program on the nodes.
    pub cocal: String,
    /// Who makes the plan.
    pub planning: Planning,
    /// Tasks of an array element.
    pub tasks_per_job: usize,
    /// Elements of an array at most; `None`: as many as the cluster says when they are submitted.
    pub array_size: Option<usize>,
    /// Elements that may run at a time.
    pub concurrent: Option<usize>,
    /// Processors of an element.
    pub cpus: usize,
    /// Memory of an element, in bytes.
    pub memory: Option<u64>,
    /// Further options of sbatch by name; their values are single words without quotes.
    pub options: Vec<(&'static str, String)>,
    /// What a fault means, where it was said.
    pub on_error: Option<OnError>,
}

/// Of a job's memory, what cocal may take: a tenth is for what the system counts and cocal does not know of.
pub fn share_of_memory(bytes: u64) -> u64 {
    bytes / 10 * 9
}

impl Jobs {
    /// Number of array elements, where it is known.
    pub fn elements(&self) -> Option<usize> {
        match self.planning {
            Planning::Done(tasks) => Some(tasks.div_ceil(self.tasks_per_job)),
            Planning::Job { .. } => None,
        }
    }

    /// The files by name: `tasks.sbatch`, `merge.sbatch`, `submit.sh`, and `plan.sbatch` where a job makes the plan.
    pub fn scripts(&self) -> Vec<(&'static str, String)> {
        let mut scripts =
            vec![("tasks.sbatch", self.tasks()), ("merge.sbatch", self.merge()), ("submit.sh", self.submit())];
        if let Planning::Job { from, project, side } = &self.planning {
            scripts.push(("plan.sbatch", self.plan(from, project, *side)));
        }
        scripts
    }

    fn head(&self, name: &str, log: &str) -> String {
        let mut lines = vec![
            "#!/bin/bash".to_owned(),
            format!("#SBATCH --job-name=cocal-{name}"),
            format!("#SBATCH --output=logs/{log}"),
            "#SBATCH --open-mode=append".to_owned(),
            "#SBATCH --requeue".to_owned(),
            "#SBATCH --ntasks=1".to_owned(),
            format!("#SBATCH --cpus-per-task={}", self.cpus),
        ];
        lines.extend(self.memory.map(|bytes| format!("#SBATCH --mem={}M", bytes >> 20)));
        lines.extend(self.options.iter().map(|(option, value)| format!("#SBATCH --{option}={value}")));
        lines.push("set -euo pipefail".to_owned());
        lines.push(format!("cd {}", quoted(&self.folder)));
        lines.join("\n")
    }

    /// Flags of every command of a job.
    fn flags(&self, on_error: Option<OnError>) -> String {
        let memory = self.memory.map(|bytes| format!(" --memory {}MiB", share_of_memory(bytes) >> 20));
        let on_error = on_error.map(|on_error| match on_error {
            OnError::Stop => " --on-error stop",
            OnError::Continue => " --on-error continue",
        });
        let (memory, on_error) = (memory.unwrap_or_default(), on_error.unwrap_or_default());
        format!("--threads \"${{SLURM_CPUS_PER_TASK:-{}}}\" --quiet{memory}{on_error}", self.cpus)
    }

    fn plan(&self, from: &str, project: &str, side: usize) -> String {
        format!(
            "{head}
plan=\"$PWD/plan.json\"
cd {from}
exec {cocal} plan {project} -o \"$plan\" --side {side} {flags}
",
            head = self.head("plan", "plan-%j.log"),
            from = quoted(from),
            cocal = quoted(&self.cocal),
            project = argument(project),
            flags = self.flags(self.on_error),
        )
    }

    fn tasks(&self) -> String {
        format!(
            "{head}
# Element N of this array does {per} tasks; $1 elements are in the arrays before it. A plan has a line for each task.
tasks={tasks}
first=$(( (${{1:-0}} + SLURM_ARRAY_TASK_ID) * {per} ))
last=$(( first + {per} - 1 ))
if [ \"$last\" -ge \"$tasks\" ]; then last=$(( tasks - 1 )); fi
if [ \"$first\" -gt \"$last\" ]; then exit 0; fi
echo \"tasks $first to $last on ${{SLURMD_NODENAME:-this machine}}, start ${{SLURM_RESTART_COUNT:-0}}\"
exec {cocal} task plan.json --id \"$first-$last\" -o parts {flags}
",
            head = self.head("tasks", "tasks-%A_%a.log"),
            per = self.tasks_per_job,
            tasks = self.count(),
            cocal = quoted(&self.cocal),
            flags = self.flags(self.on_error),
        )
    }

    fn merge(&self) -> String {
        format!(
            "{head}
# Tasks without a part end this with their numbers: run submit.sh again, and only those are done. To have the figures without
# them, with their ground unobserved, add --on-error continue below.
exec {cocal} merge plan.json parts -o {out} {flags}
",
            head = self.head("merge", "merge-%j.log"),
            cocal = quoted(&self.cocal),
            out = quoted(&self.out),
            // Stop is what a merge does unless it is told.
            flags = self.flags(self.on_error.filter(|on_error| *on_error == OnError::Continue)),
        )
    }

    /// The number of tasks, or the command that finds it.
    fn count(&self) -> String {
        match self.planning {
            Planning::Done(tasks) => tasks.to_string(),
            Planning::Job { .. } => "$(grep -c '^{\"id\":' plan.json)".to_owned(),
        }
    }

    fn submit(&self) -> String {
        let planning = match self.planning {
            Planning::Done(_) => "",
            Planning::Job { .. } => {
                "# The plan first, in a job of its own. One that is there stays: remove plan.json to have it made anew.
if [ ! -s plan.json ]; then
    echo 'plan: submitted; waiting for it'
    sbatch --parsable --wait plan.sbatch || give_up 'the plan was not made: see logs/plan-*.log'
fi
"
            }
        };
        let size = match self.array_size {
            Some(size) => format!("size={size}"),
            None => format!(
                "# Elements of one array: what the cluster allows.
size=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *\\([0-9][0-9]*\\).*/\\1/p')
size=${{size:-{USUAL_ARRAY}}}"
            ),
        };
        let (limit, chain) = match self.concurrent {
            // A limit is that of one array: the next one waits for it.
            Some(limit) => {
                (format!("%{limit}"), "    if [ -n \"$job\" ]; then set -- \"$@\" \"--dependency=afterany:$job\"; fi\n")
            }
            None => (String::new(), ""),
        };
        format!(
            "#!/bin/sh
# Submits the arrays and, after them, the merge. May be run again: parts that are whole are left alone.
set -eu
submitted=''
give_up() {{
    echo \"error: $1\" >&2
    if [ -n \"$submitted\" ]; then echo \"submitted so far; to take it back: scancel$submitted\" >&2; fi
    exit 1
}}
cd {folder}
mkdir -p parts logs
{planning}{size}
if [ \"$size\" -lt 1 ]; then give_up 'this cluster has no job arrays (MaxArraySize is 0)'; fi
tasks={tasks}
elements=$(( (tasks + {round}) / {per} ))
after=''
first=0
job=''
while [ \"$first\" -lt \"$elements\" ]; do
    count=$(( elements - first ))
    if [ \"$count\" -gt \"$size\" ]; then count=$size; fi
    set -- --parsable \"--array=0-$(( count - 1 )){limit}\"
{chain}    job=$(sbatch \"$@\" tasks.sbatch \"$first\") || give_up 'sbatch did not take the tasks'
    job=${{job%%;*}}
    echo \"tasks: job $job, $count elements\"
    after=\"$after:$job\"
    submitted=\"$submitted $job\"
    first=$(( first + count ))
done
job=$(sbatch --parsable \"--dependency=afterany$after\" merge.sbatch) || give_up 'sbatch did not take the merge'
echo \"merge: job ${{job%%;*}}, after the tasks\"
",
            folder = quoted(&self.folder),
            tasks = self.count(),
            round = self.tasks_per_job - 1,
            per = self.tasks_per_job,
        )
    }
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

/// A path as one word that is no option.
fn argument(path: &str) -> String {
    if path.starts_with('-') { quoted(&format!("./{path}")) } else { quoted(path) }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const NASTY: &str = "/data/it's \"a\" $(touch bad) `b` %j \\ * plan\n#SBATCH --account=bad\ntouch worse";

    fn jobs() -> Jobs {
        Jobs {
            folder: NASTY.to_owned(),
            out: format!("{NASTY} out"),
            cocal: format!("{NASTY}/cocal"),
            planning: Planning::Done(1_234),
            tasks_per_job: 10,
            array_size: Some(100),
            concurrent: Some(8),
            cpus: 4,
            memory: Some(4 << 30),
            options: vec![("time", "02:00:00".to_owned())],
            on_error: None,
        }
    }

    fn planned_by_a_job() -> Jobs {
        let planning = Planning::Job { from: NASTY.to_owned(), project: format!("-{NASTY}.toml"), side: 512 };
        Jobs { planning, array_size: None, concurrent: None, on_error: Some(OnError::Continue), ..jobs() }
    }

    fn of(jobs: &Jobs, name: &str) -> String {
        jobs.scripts().into_iter().find(|(n, _)| *n == name).map(|(_, text)| text).unwrap()
    }

    #[test]
    fn scripts_are_whole_whatever_names_hold() {
        for jobs in [jobs(), planned_by_a_job()] {
            for (name, text) in jobs.scripts() {
                let shell = if name == "submit.sh" { "sh" } else { "bash" };
                let checked = Command::new(shell).args(["-n", "-c", &text]).stdin(Stdio::null()).output().unwrap();
                assert!(checked.status.success(), "{name}: {}\n{text}", String::from_utf8_lossy(&checked.stderr));
                // Options end at the first command; the names come later.
                let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
                assert!(head.iter().all(|line| !line.contains("bad")), "{text}");
            }
        }
    }

    /// A shell reads the word back as the name that it was.
    #[test]
    fn a_quoted_name_is_the_name() {
        for name in [NASTY, "", "plain/name", "it's", "'", "a\\", "-x", "~", "ünï"] {
            for shell in ["sh", "bash"] {
                let said = Command::new(shell).args(["-c", &format!("printf %s {}", quoted(name))]).output().unwrap();
                assert_eq!(String::from_utf8_lossy(&said.stdout), name, "{shell}");
            }
        }
        assert_eq!((argument("-x"), argument("a b")), ("./-x".to_owned(), "'a b'".to_owned()));
    }

    #[test]
    fn numbers_and_options_stand_where_they_belong() {
        let tasks = of(&jobs(), "tasks.sbatch");
        for words in ["#SBATCH --mem=4096M\n", "#SBATCH --time=02:00:00\n", "#SBATCH --requeue\n", "tasks=1234\n"] {
            assert!(tasks.contains(words), "{words}: {tasks}");
        }
        assert!(tasks.contains("--memory 3686MiB\n") && !tasks.contains("--on-error"), "{tasks}");
        let submit = of(&jobs(), "submit.sh");
        assert!(
            submit.contains("size=100\n") && submit.contains("%8\"") && submit.contains("afterany:$job"),
            "{submit}"
        );
        assert_eq!(jobs().elements(), Some(124));
        let later = planned_by_a_job();
        assert_eq!(later.elements(), None);
        assert!(of(&later, "submit.sh").contains("--wait plan.sbatch"));
        assert!(of(&later, "tasks.sbatch").contains("--on-error continue\n"));
        assert!(of(&later, "merge.sbatch").contains("--on-error continue\n"));
        let stop = Jobs { on_error: Some(OnError::Stop), ..jobs() };
        assert!(of(&stop, "tasks.sbatch").contains("--on-error stop\n"));
        assert!(!of(&stop, "merge.sbatch").contains("--on-error stop"));
    }
}
