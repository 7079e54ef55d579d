#!/usr/bin/env python3
"""A job on a real Dask cluster: a scheduler and three workers as processes of their own. In the middle of the job one worker is killed
(SIGKILL) while it does a task, one call of `cocal task` is killed under another, and a fourth worker joins. Then a job that is interrupted
and begun again. The outputs must have the bytes of one `cocal run`.

    dask_cluster.py [--cocal PATH] [--work DIR] [--factor N]

Run it with a Python that has the package of python/ (scripts/test_cluster.sh makes one).
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from common import Failed, Processes, alive, children, is_task, main, must, project, reference, same, until

BIN = Path(sys.executable).parent


def parts_in(folder):
    return len(list(folder.glob("task-*.part")))


class Cluster:
    """A scheduler, and workers of one thread."""

    def __init__(self, processes, given):
        self.processes, self.given = processes, given
        self.file = given.work / "dask" / "scheduler.json"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self.file]
        processes.start("scheduler", BIN / "dask", *words)
        until("the scheduler's file", self.file.exists)

    def worker(self, name):
        """Starts a worker; killed ones are not started again, so that the cluster really has fewer."""
        words = ["worker", "--scheduler-file", self.file, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        environment = {**os.environ, "COCAL": str(self.given.cocal)}
        return self.processes.start(name, BIN / "dask", *words, "--local-directory", self.file.parent / "scratch", env=environment)

    def job(self, name, out, work, project_file):
        words = [project_file, "--scheduler-file", self.file, "--out", out, "--work", work, "--side", "512", "--tasks-per-call", "2", "--json"]
        return self.processes.start(name, BIN / "cocal-dask", *words, env={**os.environ, "COCAL": str(self.given.cocal)})


def task_of(worker):
    """The call of `cocal task` that a worker waits for; `None` where it waits for none."""
    return next((child for child in children(worker.pid) if is_task(child)), None)


def ended(processes, job, name, seconds=300.0):
    """The exit code of a job, and what it printed as JSON."""
    until(f"the end of the job\n{processes.said(name)[-2000:]}", lambda: job.poll() is not None, seconds)
    said = processes.said(name)
    begin = said.find("\n{")
    return job.returncode, json.loads(said[begin:]) if begin >= 0 else said


def killed(processes, cluster, given, project_file, expected):
    """A worker and a call are killed, a worker joins late."""
    out, work = given.work / "dask" / "out", given.work / "dask" / "work"
    workers = [cluster.worker(f"worker{number}") for number in range(3)]
    job = cluster.job("job", out, work, project_file)

    def in_the_middle(share):
        plan = work / "plan.json"
        must(job.poll() is None, f"the job ended before its middle:\n{processes.said('job')}")
        return plan.exists() and parts_in(work / "parts") >= share * plan.read_text().count('"key"')

    until("a tenth of the parts", lambda: in_the_middle(0.10), 120)
    call = until("a call on the first worker", lambda: task_of(workers[0]))
    workers[0].kill()
    workers[0].wait()
    until("the end of the killed worker's call", lambda: not alive(call))
    until("a call on the second worker", lambda: kill_call(workers[1]))
    late = cluster.worker("late")
    until("a call on the worker that came late", lambda: task_of(late) or must(job.poll() is None, "the job ended before it"), 120)
    code, said = ended(processes, job, "job")
    must(code == 0 and isinstance(said, dict), f"exit code {code}: {said}")
    must(said["done"] + said["skipped"] == said["tasks"] and not said["failed"], f"not all tasks were done: {said}")
    must(said["retried"] > 0, "no call was tried again although one was killed")
    return said, same(expected, out)


def kill_call(worker):
    """Kills the call that a worker waits for, if there is one."""
    call = task_of(worker)
    if call is not None:
        os.kill(call, signal.SIGKILL)
    return call


def interrupted(processes, cluster, given, project_file, expected):
    """A job is interrupted and begun again."""
    out, work = given.work / "dask" / "out2", given.work / "dask" / "work2"
    job = cluster.job("stopped", out, work, project_file)
    until("some parts", lambda: parts_in(work / "parts") >= 20 or must(job.poll() is None, f"ended: {processes.said('stopped')}"), 120)
    job.send_signal(signal.SIGINT)
    code, _ = ended(processes, job, "stopped", 30)
    must(code == 130, f"exit code {code} of an interrupted job\n{processes.said('stopped')[-2000:]}")
    must(not out.exists(), "an interrupted job left outputs")
    kept = parts_in(work / "parts")
    again = cluster.job("again", out, work, project_file)
    code, said = ended(processes, again, "again")
    must(code == 0 and isinstance(said, dict), f"exit code {code}: {said}")
    must(said["skipped"] >= kept > 0, f"{kept} parts were there, {said['skipped']} were taken")
    return said, same(expected, out)


def test(given):
    project_file = project(given)
    expected = reference(given, project_file)
    shutil.rmtree(given.work / "dask", ignore_errors=True)
    with Processes(given.work / "dask") as processes:
        cluster = Cluster(processes, given)
        try:
            first, files = killed(processes, cluster, given, project_file, expected)
            second, _ = interrupted(processes, cluster, given, project_file, expected)
        except Failed as failure:
            raise Failed(f"{failure}\n(logs: {processes.logs})") from None
    return (
        f"dask: {first['tasks']} tasks in {first['calls']} calls, a worker and a call killed, a worker came late, {first['retried']} tasks tried again; "
        f"an interrupted job went on from {second['skipped']} parts; {files} files as of one run"
    )


if __name__ == "__main__":
    main(test, __doc__)
