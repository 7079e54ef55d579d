"""A cocal project on a Dask cluster: ``cocal plan`` here, ``cocal task`` on the workers, ``cocal merge`` here.

Every machine must see the inputs and the folder of parts under the same paths, and have the same version of ``cocal``. A task is a
process of its own: one that is killed for want of memory does not take its worker with it, and is done again. The result has
the bytes of one ``cocal run`` (the timings in ``run.json`` aside).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from . import binary as program

#: Batches that wait on the scheduler for each thread of the cluster: enough to keep workers busy, few enough to stay light.
AHEAD = 4


@dataclass
class Result:
    """What became of a batch."""

    out: str
    tasks: int
    done: int = 0
    skipped: int = 0
    retried: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    merged: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 when everything was done, 1 when a part was not."""
        return 1 if self.failed or self.merged.get("exit_code", 1) else 0


def do_batch(binary: str | None, version: str, plan: str, parts: str, ids: Sequence[int], more: Sequence[str]) -> dict:
    """Does tasks of a plan on a worker. Runs there."""
    here = program.find(binary)
    found = program.version(here)
    if found != version:
        raise RuntimeError(f"{here} on this worker is {found}, the plan was made by {version}: install the same version")
    command = [here, "task", plan, "--id", ranges(ids), "-o", parts, "--quiet", *more]
    return program.call(command, accept=(0, 1))


def ranges(ids: Sequence[int]) -> str:
    """``3-7`` for numbers that follow each other, which batches do."""
    return f"{ids[0]}-{ids[-1]}" if len(ids) > 1 else str(ids[0])


def batches(tasks: int, per_call: int) -> list[list[int]]:
    """Numbers of tasks, so many at a time."""
    return [list(range(first, min(first + per_call, tasks))) for first in range(0, tasks, per_call)]


def run(
    project: str,
    client: Any,
    *,
    out: str = "out",
    work: str | None = None,
    binary: str | None = None,
    side: int | None = None,
    tasks_per_call: int | None = None,
    retries: int = 3,
    threads: int = 1,
    memory: str | None = None,
    on_error: str = "continue",
    progress: bool = True,
) -> Result:
    """Runs a project on the cluster of ``client`` (a ``distributed.Client``).

    ``work`` is the folder for the plan and the parts (default ``<out>.work``), which all workers must see; what is whole in it
    is not done again. ``threads`` and ``memory`` are those of one task. A batch that fails or whose worker dies is tried
    ``retries`` times more.
    """
    here = program.find(binary)
    out = os.path.abspath(out)
    work = os.path.abspath(work or out + ".work")
    plan, parts = os.path.join(work, "plan.json"), os.path.join(work, "parts")
    os.makedirs(parts, exist_ok=True)
    begun = time.monotonic()
    command = [here, "plan", project, "-o", plan, "--on-error", on_error, "--quiet"]
    command += ["--side", str(side)] if side else []
    planned = program.call(command, accept=(0, 1) if on_error == "continue" else (0,))
    if planned["exit_code"] and "tasks" not in planned:
        raise program.CocalError(command, planned["exit_code"], planned["said"])
    result = Result(out=out, tasks=planned["tasks"])
    more = ["--threads", str(threads)] + (["--memory", memory] if memory else [])
    slots = max(1, sum(client.nthreads().values()))
    per_call = tasks_per_call or max(1, min(16, result.tasks // (8 * slots)))
    todo = batches(result.tasks, per_call)
    version = program.version(here)

    def submit(ids: list[int]):
        # The path of the binary here says nothing of other machines unless it was named.
        return client.submit(do_batch, binary, version, plan, parts, ids, more, pure=False, retries=retries)

    _drive(client, todo, submit, result, retries, _Meter(result.tasks, progress))
    merge = [here, "merge", plan, parts, "-o", out, "--on-error", on_error, "--quiet"]
    result.merged = program.call(merge, accept=(0, 1))
    if "files" not in result.merged:
        raise program.CocalError(merge, result.merged["exit_code"], result.merged["said"])
    result.seconds = time.monotonic() - begun
    return result


def _drive(client: Any, todo: list[list[int]], submit: Callable, result: Result, retries: int, meter: "_Meter") -> None:
    """Keeps some batches on the cluster until all are done."""
    from distributed import as_completed

    waiting = list(reversed([(ids, retries) for ids in todo]))
    under_way: dict[Any, tuple[list[int], int]] = {}
    ready = as_completed()

    def fill() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values()))
        while waiting and len(under_way) < room:
            ids, left = waiting.pop()
            future = submit(ids)
            under_way[future] = (ids, left)
            ready.add(future)

    fill()
    try:
        while under_way:
            future = next(ready)
            ids, left = under_way.pop(future)
            again, failed = _take(future, ids, result)
            if again and left > 0:
                result.retried += len(again)
                waiting.extend(([task], left - 1) for task in reversed(again))
            else:
                result.failed.update(failed)
            meter.step(len(ids) - (len(again) if left > 0 else 0))
            fill()
    finally:
        client.cancel(list(under_way))
        meter.end()


def _take(future: Any, ids: list[int], result: Result) -> tuple[list[int], dict[int, str]]:
    """What a batch gave: the tasks that are to be done again, and why."""
    if future.status != "finished":
        cause = str(future.exception()) if future.status == "error" else f"the batch was {future.status}"
        return list(ids), {task: cause for task in ids}
    done = future.result()
    result.done += len(done.get("done", []))
    result.skipped += len(done.get("skipped", []))
    failed = {entry["id"]: entry["cause"] for entry in done.get("failed", [])}
    seen = set(done.get("done", [])) | set(done.get("skipped", [])) | set(failed)
    # One that stopped half-way says nothing of the rest.
    failed.update({task: done.get("said", "").strip() for task in ids if task not in seen})
    return sorted(failed), failed


class _Meter:
    """Progress on standard error: rate and time left on a terminal, a line a minute elsewhere."""

    def __init__(self, tasks: int, shown: bool):
        self.tasks, self.shown, self.done = tasks, shown, 0
        self.begun = self.told = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self, tasks: int) -> None:
        self.done += tasks
        now = time.monotonic()
        if self.shown and now - self.told >= (0.5 if self.terminal else 60.0):
            self.told = now
            self._tell(now)

    def _tell(self, now: float) -> None:
        rate = self.done / max(now - self.begun, 1e-9)
        left = (self.tasks - self.done) / rate if rate > 0 else float("inf")
        text = f"{self.done} of {self.tasks} tasks, {rate:.2f} a second, {left / 60:.1f} minutes left"
        print(f"\r{text}\x1b[K" if self.terminal else text, end="" if self.terminal else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.shown and self.terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """``cocal-dask PROJECT.toml --scheduler tcp://...``"""
    parser = argparse.ArgumentParser(
        prog="cocal-dask",
        description="Runs a cocal project on a Dask cluster.",
        epilog="Example: cocal-dask project.toml --scheduler tcp://10.0.0.1:8786 --out /shared/out",
    )
    parser.add_argument("project", metavar="PROJECT.toml")
    parser.add_argument("--scheduler", required=True, help="address of the scheduler, such as tcp://10.0.0.1:8786")
    parser.add_argument("--out", default="out", help="folder for the outputs (default: out)")
    parser.add_argument("--work", help="folder for plan and parts, seen by all workers (default: OUT.work)")
    parser.add_argument("--binary", help="the program cocal, on all machines (default: COCAL, then the path)")
    parser.add_argument("--side", type=int, help="rows and columns of a task at most, in pixels")
    parser.add_argument("--tasks-per-call", type=int, help="tasks of one call of cocal on a worker")
    parser.add_argument("--retries", type=int, default=3, help="how often a task is tried again (default: 3)")
    parser.add_argument("--threads", type=int, default=1, help="threads of one call (default: 1)")
    parser.add_argument("--memory", help="memory of one call, such as 2GiB")
    parser.add_argument("--on-error", choices=["stop", "continue"], default="continue")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    options = vars(parser.parse_args(arguments))
    from distributed import Client

    project, address, quiet = options.pop("project"), options.pop("scheduler"), options.pop("quiet")
    try:
        with Client(address, timeout=30) as client:
            result = run(project, client, progress=not quiet, **options)
    except (program.CocalError, FileNotFoundError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for task, cause in sorted(result.failed.items()):
        print(f"failed: task {task}: {cause}", file=sys.stderr)
    if result.merged.get("exit_code"):
        print(result.merged.get("said", "").strip(), file=sys.stderr)
    if not quiet:
        print(
            f"{result.tasks} tasks: {result.done} done, {result.skipped} were there, {result.retried} tried again, "
            f"{len(result.failed)} failed; {result.seconds:.1f} s; outputs in {result.out}"
        )
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
