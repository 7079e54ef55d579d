"""The program ``cocal`` on this machine: where it is, its version, and calls of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import BinaryError, CallError, UsageError

#: Names the program where it is not on the path.
VARIABLE = "COCAL"

#: So many characters of what a call wrote to standard error are kept, from its end.
KEPT = 2_000


def find(binary: str | os.PathLike[str] | None = None) -> str:
    """The program's path: the argument, then the variable ``COCAL``, then ``cocal`` on the path."""
    named = os.fspath(binary) if binary is not None else os.environ.get(VARIABLE) or "cocal"
    found = shutil.which(named)
    if found is None:
        raise BinaryError(
            f"{named} is no program on this machine: install cocal there, or name it in the variable {VARIABLE} or as `binary`"
        )
    return os.path.abspath(found)


def version(path: str) -> str:
    """What ``cocal --version`` prints."""
    try:
        said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BinaryError(f"{path} --version: {error}") from error
    if said.returncode != 0 or not said.stdout.startswith("cocal "):
        raise BinaryError(f"{path} --version: exit code {said.returncode}, {said.stdout.strip() or tail(said.stderr)!r}; is this cocal?")
    return said.stdout.strip()


def tail(text: str | None) -> str:
    """The end of what a program wrote, or that it wrote nothing."""
    return (text or "").strip()[-KEPT:] or "it wrote nothing to standard error"


def how_it_ended(code: int) -> str:
    """An exit code in words; a negative one is the signal that killed the process."""
    if code >= 0:
        return f"exit code {code}"
    hint = ", which may be for want of memory" if code == -9 else ""
    return f"killed by signal {-code}{hint}"


def call(command: Sequence[str], *, show: bool) -> tuple[int, dict[str, Any]]:
    """Runs a command of the program that prints one JSON object. Its standard error is shown, or kept for the message.

    Exit code 1 with an object means that a part of the work failed and is listed in it.
    """
    words = [*command, "--json", *([] if show else ["--quiet"])]
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=None if show else subprocess.PIPE, text=True)
    what = " ".join(Path(word).name if number == 0 else word for number, word in enumerate(command))
    if ended.returncode in (0, 1) and ended.stdout.strip():
        try:
            return ended.returncode, json.loads(ended.stdout)
        except ValueError as error:
            raise CallError(f"{what}: what it printed is no JSON: {error}") from error
    kind = UsageError if ended.returncode == 2 else CallError
    raise kind(f"{what}: {how_it_ended(ended.returncode)}" + ("" if show else f": {tail(ended.stderr)}"))
