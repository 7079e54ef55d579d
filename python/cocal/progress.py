"""What is told of a job while it runs: a line that stands on a terminal, elsewhere one line a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

#: Seconds between two looks of a terminal's line, and between two lines elsewhere.
ON_TERMINAL, ELSEWHERE = 0.2, 60.0

#: So many notes are written; the rest is counted.
MOST_NOTES = 20


def time_left(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 86_400:.1f} days"


class Progress:
    """Tells how far a job is. Rate and time left are of what this job does, not of what was there before."""

    def __init__(self, tasks: int, pixels: int | None, *, show: bool, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        self.tasks, self.show, self.clock = tasks, show, clock
        #: Million pixels of a task, on average.
        self.each = pixels / tasks / 1e6 if pixels and tasks else None
        self.stream = stream if stream is not None else sys.stderr
        self.terminal = show and self.stream.isatty()
        self.begin = self.told = clock()
        self.width = 0
        self.notes = 0

    def line(self, done: int, skipped: int, failed: int, places: int) -> str:
        """The line as it stands now."""
        seconds = max(self.clock() - self.begin, 1e-9)
        parts = [f"{done + skipped} of {self.tasks} tasks"]
        if failed:
            parts.append(f"{failed} failed")
        parts.append(f"{places} workers' threads")
        if done:
            rate = done / seconds
            parts.append(f"{rate * self.each:.1f} Mpx/s" if self.each else f"{rate:.2f} tasks/s")
            parts.append(f"{time_left((self.tasks - done - skipped - failed) / rate)} left")
        return ", ".join(parts)

    def tell(self, done: int, skipped: int, failed: int, places: int) -> None:
        """Writes the line where it is time for it."""
        now = self.clock()
        if not self.show or now - self.told < (ON_TERMINAL if self.terminal else ELSEWHERE):
            return
        self.told = now
        self._write(self.line(done, skipped, failed, places))

    def _write(self, line: str) -> None:
        if self.terminal:
            self.stream.write("\r" + line.ljust(self.width))
            self.width = len(line)
        else:
            self.stream.write(line + "\n")
        self.stream.flush()

    def note(self, text: str) -> None:
        """A line that stays. After some, the rest is counted only."""
        self.notes += 1
        if not self.show or self.notes > MOST_NOTES:
            return
        self.clear()
        more = "; further notes of this kind are not shown" if self.notes == MOST_NOTES else ""
        self.stream.write(f"note: {text}{more}\n")
        self.stream.flush()

    def clear(self) -> None:
        """Takes the standing line away."""
        if self.terminal and self.width:
            self.stream.write("\r" + " " * self.width + "\r")
            self.stream.flush()
            self.width = 0
