"""Plan and work folder of a job, on the client."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import binary
from .errors import CallError, UsageError


@dataclass(frozen=True)
class Settings:
    """How a job is carried out."""

    out: Path
    work: Path
    plan: Path
    parts: Path
    #: As it was named; workers look for it themselves.
    binary: str | None = None
    side: int | None = None
    tasks_per_call: int | None = None
    retries: int = 3
    threads: int = 1
    memory: str | None = None
    on_error: str = "continue"
    progress: bool = True
    #: Plan and parts are taken away after a job without a fault: nobody named their folder.
    tidy: bool = True


@dataclass(frozen=True)
class Plan:
    """What the client knows of a plan."""

    tasks: int
    pixels: int
    #: Inputs that could not be opened when it was made.
    failures: tuple[Any, ...] = ()


def out_of_project(project: Path) -> Path:
    """The folder that ``cocal run`` would take: the project's own setting, or ``out`` in the current folder."""
    try:
        named = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("out")
    except (OSError, ValueError) as error:
        raise UsageError(f"{project}: {error}") from error
    return project.parent / named if isinstance(named, str) else Path("out")


def place(
    project: str | os.PathLike[str],
    out: str | os.PathLike[str] | None,
    work: str | os.PathLike[str] | None,
    plan: str | os.PathLike[str] | None,
    parts: str | os.PathLike[str] | None,
) -> Settings:
    """Where everything lies, as absolute paths: workers start in folders of their own."""
    outputs = Path(out) if out is not None else out_of_project(Path(project))
    outputs = Path(os.path.abspath(outputs))
    folder = Path(os.path.abspath(work)) if work is not None else outputs.with_name(outputs.name + ".work")
    plan_file = Path(os.path.abspath(plan)) if plan is not None else folder / "plan.json"
    part_folder = Path(os.path.abspath(parts)) if parts is not None else folder / "parts"
    tidy = work is None and plan is None and parts is None
    return Settings(out=outputs, work=folder, plan=plan_file, parts=part_folder, tidy=tidy)


def make(program: str, project: str | os.PathLike[str], settings: Settings) -> Plan:
    """Makes the plan, anew each time: tasks of inputs that did not change have the same keys, so their parts still serve."""
    settings.plan.parent.mkdir(parents=True, exist_ok=True)
    command = [program, "plan", os.fspath(project), "-o", str(settings.plan), "--on-error", settings.on_error]
    command += ["--side", str(settings.side)] if settings.side else []
    command += ["--memory", settings.memory] if settings.memory else []
    _, said = binary.call(command, show=settings.progress)
    if "tasks" not in said:
        raise CallError(f"cocal plan: what it printed does not say how many tasks there are: {said}")
    return Plan(int(said["tasks"]), int(said.get("pixels", 0)), tuple(said.get("failures", ())))


def take(project: str | os.PathLike[str], settings: Settings) -> Plan:
    """A plan that was made before."""
    try:
        plan = json.loads(settings.plan.read_text(encoding="utf-8"))
        made_of = Path(plan["folder"]) / plan["project"]
        tasks = plan["tasks"]
        pixels = sum(task["window"]["rows"] * task["window"]["cols"] for task in tasks)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{settings.plan} is no plan of cocal: {error!r}; make it with `cocal plan`") from error
    if os.path.realpath(made_of) != os.path.realpath(project):
        raise UsageError(f"{settings.plan} is the plan of {made_of}, not of {project}; name another plan, or none")
    return Plan(len(tasks), pixels, tuple(plan.get("failures", ())))


def merge(program: str, settings: Settings) -> tuple[int, dict[str, Any]]:
    """Puts the parts together; exit code and what the program said."""
    command = [program, "merge", str(settings.plan), str(settings.parts), "-o", str(settings.out)]
    command += ["--on-error", settings.on_error]
    command += ["--memory", settings.memory] if settings.memory else []
    return binary.call(command, show=settings.progress)


def check(settings: Settings, **given: Any) -> Settings:
    """Settings with the rest of what was given, checked."""
    made = replace(settings, **given)
    for name, least in (("side", 1), ("tasks_per_call", 1), ("retries", 0), ("threads", 1)):
        value = getattr(made, name)
        if value is not None and value < least:
            raise UsageError(f"{name} is {value}: at least {least}")
    if made.on_error not in ("stop", "continue"):
        raise UsageError(f"on_error is {made.on_error!r}: stop or continue")
    return made
