"""``cocal-dask``: a project on a Dask cluster, from the command line."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from . import __version__
from .errors import CocalError

#: What a shell calls a program that Ctrl-C ended.
INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="cocal-dask",
        description="Runs a cocal project on a Dask cluster: plan here, tasks on the workers, merge here. Client and workers see inputs, plan and parts under the same paths.",
        epilog="Exit codes: 0 done; 1 data or a part of the work failed; 2 wrong usage. A job that was ended goes on where it was.",
    )
    made.add_argument("project", metavar="PROJECT.toml")
    cluster = made.add_mutually_exclusive_group(required=True)
    cluster.add_argument("--scheduler", metavar="ADDRESS", help="of the scheduler, such as tcp://10.0.0.1:8786")
    cluster.add_argument("--scheduler-file", metavar="FILE", help="that the scheduler wrote")
    cluster.add_argument("--local", metavar="N", type=int, help="N workers of one thread on this machine")
    made.add_argument("--out", metavar="DIR", help="folder for the outputs [default: the project's own, or out]")
    made.add_argument("--work", metavar="DIR", help="folder for plan and parts [default: OUT.work, gone after a job without a fault]")
    made.add_argument("--plan", metavar="plan.json", help="the plan; one that is there is used as it is [default: plan.json in the work folder, made anew]")
    made.add_argument("--parts", metavar="DIR", help="folder for the parts [default: parts in the work folder]")
    made.add_argument("--binary", metavar="PATH", help="the program cocal, here and on the workers [default: the variable COCAL, or the path]")
    made.add_argument("--side", metavar="PIXELS", type=int, help="rows and columns of a task at most")
    made.add_argument("--tasks-per-call", metavar="N", type=int, help="tasks of one call of the program [default: about a minute of work]")
    made.add_argument("--retries", metavar="N", type=int, default=3, help="times that a task is tried again [default: 3]")
    made.add_argument("--threads", metavar="N", type=int, default=1, help="threads of one call [default: 1]")
    made.add_argument("--memory", metavar="SIZE", help="memory of one call, such as 2GiB")
    made.add_argument("--on-error", choices=("stop", "continue"), default="continue", help="what a fault means for the rest [default: continue]")
    made.add_argument("--wait", metavar="SECONDS", type=float, default=60.0, help="for the scheduler [default: 60]")
    made.add_argument("--json", action="store_true", help="print one JSON object with the result on standard output")
    made.add_argument("--quiet", action="store_true", help="no progress; errors remain")
    made.add_argument("--version", action="version", version=f"cocal-dask {__version__}")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; its exit code."""
    given = parser().parse_args(arguments)
    # A batch system ends a job with SIGTERM: the calls on the workers must end with it.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(given)
    except CocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        # No scheduler there, or a folder that cannot be made.
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped: parts that are done are kept; the same command goes on from them", file=sys.stderr)
        return INTERRUPTED


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _run(given: argparse.Namespace) -> int:
    # Here, so that --help and usage errors do not wait for Dask.
    from distributed import Client, LocalCluster

    from .dask import run

    with ExitStack() as held:
        if given.local is not None:
            cluster = held.enter_context(LocalCluster(n_workers=given.local, threads_per_worker=1, dashboard_address=None))
            client = held.enter_context(Client(cluster))
        elif given.scheduler_file is not None:
            client = held.enter_context(Client(scheduler_file=given.scheduler_file, timeout=given.wait))
        else:
            client = held.enter_context(Client(given.scheduler, timeout=given.wait))
        result = run(
            given.project, client, out=given.out, work=given.work, plan=given.plan, parts=given.parts, binary=given.binary, side=given.side,
            tasks_per_call=given.tasks_per_call, retries=given.retries, threads=given.threads, memory=given.memory, on_error=given.on_error,
            progress=not given.quiet,
        )  # fmt: skip
    if given.json:
        print(json.dumps(asdict(result), indent=2, default=os.fspath))
    elif not given.quiet:
        parts = [f"{result.done} tasks done", f"{result.skipped} were there"]
        parts += [f"{result.retried} times one was tried again"] if result.retried else []
        print(f"{result.out}: {', '.join(parts)}; {sum(result.seconds.values()):.0f} s, {result.seconds['merge']:.0f} of them merging")
    for task, cause in result.failed.items():
        print(f"failed: task {task}: {cause}; its pixels are unobserved in the outputs", file=sys.stderr)
    if given.quiet:
        for fault in result.merged.get("failures", ()):
            print(f"failed: {fault.get('what')}: {fault.get('cause')}; {fault.get('effect')}", file=sys.stderr)
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
