"""The program ``cocal``: where it is, which version, and one call of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any, Sequence


class CocalError(RuntimeError):
    """A call of ``cocal`` that failed: its exit code and what it said."""

    def __init__(self, command: Sequence[str], code: int, said: str):
        self.command, self.code, self.said = list(command), code, said
        killed = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        super().__init__(f"{command[0]} {command[1] if len(command) > 1 else ''}: {killed}\n{said.strip()}")

    def __reduce__(self):
        return (CocalError, (self.command, self.code, self.said))


def find(binary: str | None = None) -> str:
    """The program: the one that is named, that of ``COCAL`` in the environment, or the one on the path."""
    wanted = binary or os.environ.get("COCAL") or "cocal"
    found = shutil.which(wanted)
    if found is None:
        raise FileNotFoundError(f"no program {wanted!r} here: install cocal, name it with --binary, or set COCAL")
    return os.path.abspath(found)


def version(binary: str) -> str:
    """What ``cocal --version`` says."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CocalError([binary, "--version"], done.returncode, done.stderr)
    return done.stdout.strip()


def call(command: Sequence[str], accept: Sequence[int] = (0,)) -> dict[str, Any]:
    """Runs a command with ``--json`` and gives its object. Other exit codes than ``accept`` raise :class:`CocalError`."""
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in accept:
        raise CocalError(command, done.returncode, done.stderr)
    try:
        result = json.loads(done.stdout) if done.stdout.strip() else {}
    except json.JSONDecodeError as error:
        raise CocalError(command, done.returncode, f"no JSON object: {error}\n{done.stderr}") from error
    result["exit_code"], result["said"] = done.returncode, done.stderr
    return result
