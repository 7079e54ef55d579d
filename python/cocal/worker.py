"""What runs on a worker: one call of ``cocal task`` as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from . import binary
from .batches import ranges
from .errors import BinaryError

# Processes by the run that they belong to, and runs that were stopped.
_lock = threading.Lock()
_running: dict[str, set[subprocess.Popen[str]]] = {}
_stopped: set[str] = set()


@dataclass(frozen=True)
class Call:
    """Some tasks for a worker."""

    run: str
    version: str
    plan: str
    #: Bytes of the plan: the worker must see the very same file.
    plan_bytes: int
    parts: str
    tasks: tuple[int, ...]
    binary: str | None = None
    threads: int = 1
    memory: str | None = None
    on_error: str = "continue"


@dataclass
class Answer:
    """What came of a call."""

    where: str
    seconds: float = 0.0
    done: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    losses: list[Any] = field(default_factory=list)
    #: The call as a whole came to nothing: the process was killed, or ended before the first task.
    broken: str | None = None
    #: This worker cannot do any task of the plan.
    fatal: str | None = None


def where() -> str:
    """Machine and process, for messages."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def do_tasks(call: Call) -> Answer:
    """Does the tasks of a call. Never raises for what the program says: the client decides what is tried again."""
    answer = Answer(where())
    try:
        program = _checked(call)
    except (BinaryError, OSError) as error:
        answer.fatal = str(error)
        return answer
    begin = time.monotonic()
    try:
        code, out, err = _finish(call, _command(call, program))
    except OSError as error:
        # The system has no process or no memory to give: another worker may.
        answer.broken = f"{program}: {error}"
        return answer
    answer.seconds = time.monotonic() - begin
    said = _object(out)
    if code in (0, 1) and said is not None:
        answer.done, answer.skipped = list(said.get("done", [])), list(said.get("skipped", []))
        answer.failed = {int(task["id"]): str(task["cause"]) for task in said.get("failed", [])}
        answer.losses = list(said.get("losses", []))
    elif code == 2:
        answer.fatal = f"cocal task: {binary.how_it_ended(code)}: {binary.tail(err)}"
    else:
        answer.broken = f"cocal task: {binary.how_it_ended(code)}: {binary.tail(err)}"
    return answer


def _object(text: str) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _checked(call: Call) -> str:
    """The program, after a look at whether this machine can do the job at all."""
    program = binary.find(call.binary)
    own = _version(program, os.stat(program).st_mtime_ns)
    if own != call.version:
        raise BinaryError(f"{program} is {own}, the plan was made by {call.version}: install the same version on every worker")
    shared = "plan and parts must lie on a file system that client and workers share, under the same path"
    try:
        size = os.stat(call.plan).st_size
    except OSError as error:
        raise BinaryError(f"{call.plan}: {error.strerror}; {shared}") from error
    if size != call.plan_bytes:
        raise BinaryError(f"{call.plan} has {size} bytes here and {call.plan_bytes} on the client; {shared}")
    if not os.path.isdir(call.parts):
        raise BinaryError(f"{call.parts} is no folder here; {shared}")
    return program


@cache
def _version(program: str, _changed: int) -> str:
    return binary.version(program)


@cache
def _with_us() -> tuple[str, ...]:
    """Words before a command that end its process when the worker dies: none where the system has no such program."""
    tool = shutil.which("setpriv")
    words = (tool or "", "--pdeathsig", "KILL")
    if tool is None or subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        return ()
    return words


def _command(call: Call, program: str) -> list[str]:
    words = [*_with_us(), program, "task", call.plan, "-o", call.parts, "--json", "--quiet", "--threads", str(call.threads)]
    words += ["--on-error", call.on_error]
    if call.memory is not None:
        words += ["--memory", call.memory]
    return [*words, "--id", *ranges(call.tasks)]


def _finish(call: Call, command: list[str]) -> tuple[int, str, str]:
    """Exit code and what was written; a process of a run that was stopped is not started."""
    with _lock:
        if call.run in _stopped:
            return 1, "", "the run was stopped"
        # A session of its own: Ctrl-C at the terminal of a local cluster goes to the client, which says what is to end.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True
        )
        _running.setdefault(call.run, set()).add(process)
    try:
        out, err = process.communicate()
    finally:
        with _lock:
            _running.get(call.run, set()).discard(process)
    return process.returncode, out, err


def stop(run: str) -> int:
    """Ends the processes of a run on this worker; how many there were."""
    with _lock:
        _stopped.add(run)
        processes = list(_running.get(run, ()))
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
    return len(processes)
