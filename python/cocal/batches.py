"""Which tasks go into the next call, which are tried again, and which are given up. Knows neither Dask nor processes.

A call of several tasks reads the plan once; a call of few loses little when its worker dies, and lets the last ones end at
the same time. So calls are as long as some tens of seconds, and become shorter towards the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

#: Seconds that a call shall take where the number of tasks was not given.
CALL_SECONDS = 60.0

#: Tasks of a call before it is known how long one takes.
FIRST = 2

#: Most tasks of a call: its numbers must fit a command line.
MOST = 1_000

#: Of what is left, each place gets at most this share at a time.
SHARE = 3.0


@dataclass
class Batches:
    """The tasks ``0`` to ``tasks - 1`` on their way through calls."""

    tasks: int
    #: Times that a task is tried again.
    retries: int = 3
    #: Most tasks of a call; ``None``: by how long they take.
    per_call: int | None = None
    #: Seconds before a task is tried again the first time; each further time twice as long.
    pause: float = 2.0
    done: set[int] = field(default_factory=set)
    #: Tasks that were given up, with the cause.
    failed: dict[int, str] = field(default_factory=dict)
    #: How often tasks were tried again.
    retried: int = 0
    _next: int = 0
    _tries: dict[int, int] = field(default_factory=dict)
    _again: list[tuple[float, int]] = field(default_factory=list)
    _seconds: float = 0.0
    _timed: int = 0

    def waiting(self) -> int:
        """Tasks that are in no call and not at their end."""
        return self.tasks - self._next + len(self._again)

    def finished(self) -> bool:
        """Whether every task is done or given up."""
        return len(self.done) + len(self.failed) >= self.tasks

    def seen(self, task: int) -> bool:
        """Whether it is done, or was tried and failed."""
        return task in self.done or task in self._tries

    def next_pause(self, now: float) -> float | None:
        """Seconds until a task may be tried again; ``None`` where none waits for that."""
        return max(0.0, min(at for at, _ in self._again) - now) if self._again else None

    def take(self, now: float, places: int) -> list[int]:
        """Tasks of the next call for one of so many places; none where all are on their way or must wait."""
        # Alone: whatever was wrong with the task must not take others with it.
        for number, (at, task) in enumerate(self._again):
            if at <= now:
                del self._again[number]
                return [task]
        left = self.tasks - self._next
        if left <= 0:
            return []
        size = min(self._most(), math.ceil(left / (SHARE * max(places, 1))), left)
        first, self._next = self._next, self._next + max(size, 1)
        return list(range(first, self._next))

    def _most(self) -> int:
        if self.per_call is not None:
            return max(1, self.per_call)
        if self._timed == 0:
            return FIRST
        each = max(self._seconds / self._timed, CALL_SECONDS / MOST)
        return max(1, min(MOST, round(CALL_SECONDS / each)))

    def take_done(self, tasks: Iterable[int], seconds: float | None = None) -> None:
        """These are done; they took so many seconds together where that is known."""
        tasks = [task for task in tasks if 0 <= task < self.tasks]
        self.done.update(tasks)
        for task in tasks:
            self.failed.pop(task, None)
        if seconds is not None and tasks:
            # Later calls count more: half of the weight is that of the last hundred tasks.
            keep = 0.5 ** (len(tasks) / 100)
            self._seconds, self._timed = self._seconds * keep + seconds, self._timed * keep + len(tasks)

    def take_failed(self, task: int, cause: str, now: float) -> bool:
        """This one failed; whether it is tried again."""
        if task in self.done:
            return True
        tries = self._tries[task] = self._tries.get(task, 0) + 1
        if tries > self.retries:
            self.failed[task] = cause
            return False
        self.retried += 1
        self._again.append((now + self.pause * 2 ** (tries - 1), task))
        return True


def ranges(tasks: Iterable[int]) -> list[str]:
    """Numbers as the command line takes them: ``0-15 40``."""
    out: list[list[int]] = []
    for task in sorted(set(tasks)):
        if out and task == out[-1][1] + 1:
            out[-1][1] = task
        else:
            out.append([task, task])
    return [f"{first}-{last}" if last > first else str(first) for first, last in out]
