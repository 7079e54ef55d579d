#!/usr/bin/env python3
"""A program that behaves as ``cocal`` does towards this package, and fails as it is told.

The project file is a TOML file with a table ``[fake]``: ``tasks``, ``version``, ``plan_failures``, and by number of the task
``[fake.fail]``, ``[fake.kill]`` (so many times; -1: always) and ``[fake.sleep]`` (seconds).
"""

import json
import os
import signal
import sys
import time
import tomllib
from pathlib import Path


def flags(words):
    """Words by the flag before them; those before any flag under ``None``."""
    found, flag = {None: []}, None
    for word in words:
        if word.startswith("-"):
            flag = word
            found[flag] = []
        else:
            found[flag].append(word)
    return found


def again(project, kind, task, faults):
    """Whether this fault is to happen (again)."""
    times = faults.get(kind, {}).get(str(task), 0)
    tally = project.parent / f"{kind}-{task}"
    so_far = len(tally.read_text()) if tally.exists() else 0
    with tally.open("a") as file:
        file.write(".")
    return times < 0 or so_far < times


def plan(project, path, faults):
    tasks = [{"id": n, "window": {"rows": 10, "cols": 10}} for n in range(faults["tasks"])]
    failures = faults.get("plan_failures", [])
    path.write_text(json.dumps({"folder": os.getcwd(), "project": str(project), "failures": failures, "tasks": tasks}))
    print(json.dumps({"plan": str(path), "tasks": len(tasks), "pixels": 100 * len(tasks), "failures": failures}))
    return 1 if failures else 0


def do(project, ids, parts, faults):
    said = {"done": [], "skipped": [], "failed": [], "losses": []}
    with (project.parent / "calls").open("a") as file:
        file.write(f"{len(ids)}\n")
    for task in ids:
        part = parts / f"task-{task:09}.part"
        if part.exists():
            said["skipped"].append(task)
            continue
        time.sleep(faults.get("sleep", {}).get(str(task), 0))
        if again(project, "kill", task, faults):
            os.kill(os.getpid(), signal.SIGKILL)
        if again(project, "fail", task, faults):
            said["failed"].append({"id": task, "cause": f"no luck with {task}"})
            continue
        temporary = parts / f".cocal-{os.getpid()}-{task}"
        temporary.write_text(f"part {task}\n")
        temporary.rename(part)
        said["done"].append(task)
    print(json.dumps(said))
    return 1 if said["failed"] else 0


def merge(tasks, parts, out, on_error):
    missing = [n for n in range(tasks) if not (parts / f"task-{n:09}.part").exists()]
    if missing and on_error != "continue":
        print(f"error: {len(missing)} of {tasks} tasks have no whole part: {missing}", file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    found = [parts / f"task-{n:09}.part" for n in range(tasks) if n not in missing]
    (out / "result.txt").write_text("".join(part.read_text() for part in found))
    print(json.dumps({"files": ["result.txt"], "failures": [{"what": f"task {n}"} for n in missing]}))
    return 1 if missing else 0


def main():
    if sys.argv[1:] == ["--version"]:
        print(os.environ.get("FAKE_VERSION", "cocal 0.1.0"))
        return 0
    given = flags(sys.argv[2:])
    if "--bad" in given:
        return 2
    if sys.argv[1] == "plan":
        [project], [path] = given[None], given["-o"]
        return plan(Path(project), Path(path), tomllib.loads(Path(project).read_text())["fake"])
    path, *_ = given[None]
    read = json.loads(Path(path).read_text())
    project = Path(read["folder"], read["project"])
    faults = tomllib.loads(project.read_text())["fake"]
    if sys.argv[1] == "task":
        ids = [n for text in given["--id"] for n in range(int(text.split("-")[0]), int(text.split("-")[-1]) + 1)]
        return do(project, ids, Path(given["-o"][0]), faults)
    return merge(len(read["tasks"]), Path(given[None][1]), Path(given["-o"][0]), given["--on-error"][0])


if __name__ == "__main__":
    sys.exit(main())
