"""A cocal project on a Dask cluster: ``cocal plan`` here, ``cocal task`` on the workers, ``cocal merge`` here.

Inputs, plan and parts lie where client and workers see them under the same paths. Every call of ``cocal task`` is a process
of its own: one that is killed for want of memory does not take its worker with it. A task's part is put in place whole or not
at all, and a whole part is left alone, so a task may be done twice, anywhere and in any order: the outputs have the bytes of
one ``cocal run`` (``timings`` in ``run.json`` aside).
"""

from __future__ import annotations

import os
import queue
import shutil
import time
import uuid
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from . import binary as program
from . import plans, worker
from .batches import Batches
from .errors import BinaryError, SchedulerLost, TasksFailed
from .plans import Settings
from .progress import Progress
from .worker import Answer, Call

#: Calls that the scheduler holds for each thread of a worker: the one that runs and the one that comes next.
AHEAD = 2

#: Seconds between two looks at how many workers there are.
LOOK = 5.0


@dataclass(frozen=True)
class Result:
    """What came of a job."""

    #: 0: everything was done; 1: the outputs are there, but a part of the work or an input failed and is listed.
    exit_code: int
    out: Path
    plan: Path
    parts: Path
    tasks: int
    #: Tasks done now, and those whose part was there before.
    done: int
    skipped: int
    #: Tasks without a part, with the cause.
    failed: dict[int, str]
    #: How often tasks were tried again, and calls of the program that were made.
    retried: int
    calls: int
    #: What could not be read in tasks that were done.
    losses: list[Any] = field(default_factory=list)
    #: What ``cocal merge --json`` printed.
    merged: dict[str, Any] = field(default_factory=dict)
    #: Seconds of plan, tasks and merge.
    seconds: dict[str, float] = field(default_factory=dict)


def run(
    project: str | os.PathLike[str],
    client: Client,
    *,
    out: str | os.PathLike[str] | None = None,
    work: str | os.PathLike[str] | None = None,
    plan: str | os.PathLike[str] | None = None,
    parts: str | os.PathLike[str] | None = None,
    binary: str | None = None,
    side: int | None = None,
    tasks_per_call: int | None = None,
    retries: int = 3,
    threads: int = 1,
    memory: str | None = None,
    on_error: str = "continue",
    progress: bool = True,
) -> Result:
    """Runs a project on the workers of ``client``.

    Args:
        project: The project file.
        client: A client of the cluster. Workers may come and go while the job runs.
        out: Folder for the outputs; without it that of the project, or ``out``.
        work: Folder for plan and parts, which all workers must see; without it ``OUT.work``, which is taken away after a job
            without a fault. Parts that an earlier job left there are not done again.
        plan: The plan; one that is there already is used as it is. Without it ``plan.json`` in ``work``, made anew.
        parts: Folder for the parts; without it ``parts`` in ``work``.
        binary: The program; without it that of the variable ``COCAL``, then ``cocal`` on the path, here and on each worker.
        side: Rows and columns of a task at most, in pixels.
        tasks_per_call: Tasks of one call; without it as many as take about a minute, fewer towards the end.
        retries: How often a task is tried again, alone, after a pause. A worker that is lost does not count: Dask gives its
            tasks to another one.
        threads: Threads of one call. Start workers with ``--nthreads`` so that both together are the machine's cores.
        memory: Memory of one call, such as ``"2GiB"``.
        on_error: ``"continue"``: what cannot be read and tasks that fail are unobserved in the outputs, and listed; the exit
            code is 1. ``"stop"``: the first of them ends the job.
        progress: Tell on standard error how far the job is.

    Raises:
        UsageError: Wrongly asked for.
        BinaryError: No program, or another version on a worker; no shared file system.
        CallError: ``cocal plan`` or ``cocal merge`` came to nothing.
        TasksFailed: With ``on_error="stop"``.
        SchedulerLost: The connection is gone.
    """
    settings = plans.check(
        plans.place(project, out, work, plan, parts),
        binary=binary, side=side, tasks_per_call=tasks_per_call, retries=retries, threads=threads, memory=memory, on_error=on_error, progress=progress,
    )  # fmt: skip
    here = program.find(binary)
    clock = time.monotonic()
    there = plan is not None and settings.plan.exists()
    made = plans.take(project, settings) if there else plans.make(here, project, settings)
    settings.parts.mkdir(parents=True, exist_ok=True)
    planned = time.monotonic()
    job = _Job(client, settings, program.version(here), made)
    job.carry_out()
    mapped = time.monotonic()
    code, said = plans.merge(here, settings)
    seconds = {"plan": planned - clock, "tasks": mapped - planned, "merge": time.monotonic() - mapped}
    code = 1 if job.batches.failed else code
    if code == 0 and settings.tidy:
        shutil.rmtree(settings.work, ignore_errors=True)
    skipped = len(job.skipped)
    return Result(
        code, settings.out, settings.plan, settings.parts, made.tasks, len(job.batches.done) - skipped, skipped,
        dict(sorted(job.batches.failed.items())), job.batches.retried, job.calls, job.losses, said, seconds,
    )  # fmt: skip


class _Job:
    """The tasks of a plan on their way through the cluster."""

    def __init__(self, client: Client, settings: Settings, version: str, plan: plans.Plan):
        self.client, self.settings, self.version = client, settings, version
        self.plan_bytes = settings.plan.stat().st_size
        self.name = uuid.uuid4().hex
        self.batches = Batches(plan.tasks, settings.retries, settings.tasks_per_call)
        self.progress = Progress(plan.tasks, plan.pixels, show=settings.progress)
        self.skipped: set[int] = set()
        self.losses: list[Any] = []
        self.calls = 0
        self.places = 0
        self._looked = -LOOK
        self._pending: dict[str, tuple[Future, Call]] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    def carry_out(self) -> None:
        """Does all tasks. Whatever ends this early also ends what runs on the workers."""
        try:
            while not self.batches.finished():
                self._look()
                self._submit()
                self._wait()
                skipped = len(self.skipped)
                self.progress.tell(len(self.batches.done) - skipped, skipped, len(self.batches.failed), self.places)
        finally:
            self.progress.clear()
            if self._pending:
                self._end()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked >= LOOK or self.places == 0:
            self.places, self._looked = sum(self.client.nthreads().values()), now

    def _submit(self) -> None:
        """Gives the scheduler as many calls as it needs to keep every worker busy, and no more: it stays quick, and the last
        calls are short."""
        while len(self._pending) < max(AHEAD * self.places, 1):
            tasks = self.batches.take(time.monotonic(), self.places)
            if not tasks:
                return
            key, self.calls = f"cocal-task-{self.name}-{self.calls}", self.calls + 1
            s = self.settings
            call = Call(
                self.name, self.version, str(s.plan), self.plan_bytes, str(s.parts), tuple(tasks), s.binary, s.threads, s.memory, s.on_error
            )
            # Dask's own retries would do the whole call again at once; here its tasks are tried again one by one, after a pause.
            future = self.client.submit(worker.do_tasks, call, key=key, pure=False, retries=0)
            self._pending[key] = future, call
            future.add_done_callback(lambda future: self._ended.put(future.key))

    def _wait(self) -> None:
        """Takes what has ended; waits for it, but not past the time of the next look."""
        pause = self.batches.next_pause(time.monotonic())
        try:
            key = self._ended.get(timeout=min(0.5, max(pause or 0.5, 0.01)))
            while True:
                self._take(key)
                key = self._ended.get_nowait()
        except queue.Empty:
            pass

    def _take(self, key: str) -> None:
        future, call = self._pending.pop(key)
        try:
            answer: Answer = future.result()
        except CancelledError as error:
            raise SchedulerLost(
                f"the scheduler dropped a call that it was given, or the connection is gone ({error}); run the same again: parts that are done are kept"
            ) from error
        except KilledWorker as error:
            # Dask gives up a call whose workers died several times: its tasks go on alone.
            answer = Answer("several workers", broken=f"the workers that did it died one after the other: {error}")
        except Exception as error:  # what Dask says of a call that it could not bring to a worker or back
            answer = Answer("a worker", broken=f"{type(error).__name__}: {error}")
        finally:
            future.release()
        if answer.fatal is not None:
            raise BinaryError(f"worker on {answer.where}: {answer.fatal}")
        # What is there although this job has tried it was done by a call that broke, or on a worker that was lost.
        self.skipped.update(task for task in answer.skipped if not self.batches.seen(task))
        self.batches.take_done(answer.skipped)
        self.batches.take_done(answer.done, answer.seconds)
        self.losses.extend(loss for loss in answer.losses if loss not in self.losses)
        rest = set(call.tasks) - set(answer.done) - set(answer.skipped)
        for task in sorted(rest):
            self._failed(task, answer.failed.get(task) or answer.broken or "the program said nothing of it", answer.where)

    def _failed(self, task: int, cause: str, where: str) -> None:
        again = self.batches.take_failed(task, cause, time.monotonic())
        self.progress.note(f"task {task} on {where}: {cause}; {'it is tried again' if again else 'given up'}")
        if not again and self.settings.on_error == "stop":
            raise TasksFailed(f"task {task}: {cause}; tried {self.settings.retries + 1} times")

    def _end(self) -> None:
        """Ends what was not waited for: calls in the queue, and processes on the workers."""
        futures = [future for future, _ in self._pending.values()]
        for step in (lambda: self.client.cancel(futures, force=True), lambda: self.client.run(worker.stop, self.name, on_error="ignore")):
            try:
                step()
            except Exception:  # a cluster that is gone must not hide why the job ended
                return
