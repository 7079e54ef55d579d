#!/usr/bin/env python3
"""The second half of `make bench-cluster`: a cluster of 1 to 1,000 workers, simulated event by event from what was measured on one machine.

    simulate_cluster.py [--years 10] [--dates 24] [--seed 1] [--dry]

Inputs are benches/cluster_costs.json (measured by benches/cluster.py, each with its command) and ASSUMED below (what no machine here can measure). Calls are formed
by the package's own code (python/cocal/batches.py) for Dask, and are ranges of equal length for Slurm. Writes docs/scale.png and the tables of docs/scale.md;
--dry prints only. Run it with the Python of scripts/cluster_venv.sh.
"""

import argparse
import heapq
import json
import math
import random
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python"))

from cocal.batches import Batches  # noqa: E402

PAGE, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.png"
BEGIN, END = "<!-- simulate-cluster: written by make bench-cluster -->", "<!-- end of simulate-cluster -->"
WORKERS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]

#: Land of Colombia in km2, and a task's side: 1,141,748 km2 at 10 m are 11.4e9 pixels.
LAND, SIDE = 1_141_748, 2_048

#: What cannot be measured on one machine: value, unit, where it is from.
ASSUMED = {
    "shared_bandwidth": (2_000, "million bytes a second of the store, all workers together", "assumed: a file system or a network of 20 Gbit/s"),
    "worker_bandwidth": (100, "million bytes a second of one worker", "assumed: ten workers share 10 Gbit/s of a machine"),
    "request_rate": (5_500, "GET requests a second", "documented by Amazon for S3, a prefix; a bucket with several prefixes gives more"),
    "slurm_start": (0.05, "seconds of slurmctld for each element that it starts", "assumed: 20 a second; sites of Slurm report 10 to 500"),
    "slurm_prolog": (1.0, "seconds until an element's first command", "assumed"),
    "slurm_requeue": (420, "seconds until an element of a lost node runs again", "documented: SlurmdTimeout 300, then cred_expire 120"),
    "dask_lost": (5, "seconds until a lost worker's call is given to another", "documented: at once where the connection breaks (worker-ttl 300 where it does not)"),
    "mean_life": (86_400, "seconds that a worker lives on average", "assumed: each is lost once a day, as on a spot market"),
    "back_after": (300, "seconds until another takes its place", "assumed"),
    "slow_share": (0.02, "share of workers that are slow", "assumed"),
    "slow_factor": (3.0, "times that they take longer", "assumed"),
    "spread": (0.25, "standard deviation of the logarithm of a task's seconds", "assumed: clouds, coasts, swath edges"),
}


@dataclass(frozen=True)
class Costs:
    """Seconds of everything, from measurements and assumptions."""

    values: dict

    def __getattr__(self, name):
        return self.values[name]


def costs():
    measured = {name: entry["value"] for name, entry in json.loads((ROOT / "benches" / "cluster_costs.json").read_text()).items()}
    return Costs({**measured, **{name: value for name, (value, *_) in ASSUMED.items()}})


@dataclass(frozen=True)
class Job:
    """Ground, years and dates."""

    years: int
    dates: int
    #: Whether inputs lie on an object store: then no digest is taken of them, and requests are counted.
    store: bool = False

    @property
    def mega(self):
        """Million pixels of all years."""
        return LAND * 1e6 / 100 * self.years / 1e6

    @property
    def tasks(self):
        return math.ceil(self.mega * 1e6 / SIDE**2)

    def input_megabytes(self, c):
        return self.mega * self.dates * c.scene_bytes / 1e6


@dataclass
class Outcome:
    """Seconds of each stage, and what the workers did meanwhile."""

    plan: float
    tasks: float
    merge: float
    busy: float = 0.0
    lost: int = 0
    #: Share of the time that the scheduler was at work.
    scheduler: float = 0.0
    #: Share of the workers' time that went into waiting for the store beyond what one alone waits.
    store: float = 0.0

    @property
    def all(self):
        return self.plan + self.tasks + self.merge


@dataclass(order=True)
class Event:
    at: float
    number: int
    what: str = field(compare=False)
    worker: int = field(compare=False)
    call: object = field(compare=False, default=None)


class Cluster:
    """Workers that take calls from one scheduler until all tasks are done."""

    def __init__(self, c, job, workers, kind, seed):
        self.c, self.job, self.workers, self.kind, self.random = c, job, workers, kind, random.Random(seed)
        self.slow = [c.slow_factor if self.random.random() < c.slow_share else 1.0 for _ in range(workers)]
        self.work = [math.exp(self.random.gauss(-c.spread**2 / 2, c.spread)) for _ in range(job.tasks)]
        self.mega = job.mega / job.tasks
        self.megabytes = job.input_megabytes(c) / job.tasks
        per_call = None if kind == "dask" else max(1, min(16, job.tasks // workers))
        self.batches = Batches(job.tasks, per_call=per_call)
        self.events, self.number, self.clock, self.active = [], 0, 0.0, 0
        self.scheduler_free = self.scheduler_busy = self.busy = self.waited = 0.0
        self.lost, self.again = 0, []

    def push(self, at, what, worker, call=None):
        self.number += 1
        heapq.heappush(self.events, Event(at, self.number, what, worker, call))

    def next_call(self):
        """Tasks of the next call; with Slurm ranges of equal length."""
        if self.again and self.again[0][0] <= self.clock:
            return heapq.heappop(self.again)[1]
        if self.kind == "dask":
            return self.batches.take(self.clock, self.workers)
        return self.batches.take(self.clock, 0) if self.batches.tasks else []

    def seconds(self, tasks, worker):
        """Seconds of a call on a worker, and those of them that it waits for others at the store."""
        c, job = self.c, self.job
        own = c.call + c.polygons + c.plan_task * job.tasks
        own += sum(self.work[task] for task in tasks) * self.mega * job.dates * c.pixel_date * self.slow[worker]
        megabytes = self.megabytes * len(tasks)
        alone = megabytes / c.worker_bandwidth
        rate = min(c.worker_bandwidth, c.shared_bandwidth / max(self.active, 1))
        if job.store:
            rate = min(rate, c.request_rate / c.requests / max(self.active, 1))
        read = megabytes / rate
        return own + read, read - alone

    def start(self, worker):
        """Gives a worker its next call, through the scheduler."""
        tasks = self.next_call()
        if not tasks:
            if self.again:
                self.push(max(self.again[0][0], self.clock) + 1e-6, "free", worker)
            return
        each, before = (self.c.dask_call, 0.0) if self.kind == "dask" else (self.c.slurm_start, self.c.slurm_prolog)
        begin = max(self.clock, self.scheduler_free)
        self.scheduler_free = begin + each
        self.scheduler_busy += each
        self.active += 1
        seconds, waits = self.seconds(tasks, worker)
        dies = self.random.expovariate(1 / self.c.mean_life)
        if dies < seconds:
            self.push(self.scheduler_free + before + dies, "lost", worker, (tasks, dies / seconds))
        else:
            self.waited += waits
            self.busy += seconds
            self.push(self.scheduler_free + before + seconds, "done", worker, (tasks, seconds))

    def run(self):
        """Seconds until the last task is done."""
        for worker in range(self.workers):
            self.push(0.0, "free", worker)
        end = 0.0
        while self.events:
            event = heapq.heappop(self.events)
            self.clock = event.at
            if event.what == "done":
                self.active -= 1
                self.batches.take_done(event.call[0], event.call[1])
                end = event.at
            elif event.what == "lost":
                # Parts that were finished are kept.
                self.active -= 1
                self.lost += 1
                tasks, share = event.call
                kept = int(share * len(tasks))
                self.batches.take_done(tasks[:kept])
                wait = self.c.dask_lost if self.kind == "dask" else self.c.slurm_requeue
                heapq.heappush(self.again, (event.at + wait, tasks[kept:]))
                self.push(event.at + self.c.back_after, "free", event.worker)
                continue
            self.start(event.worker)
        assert self.batches.finished(), "tasks were forgotten"
        return end


def simulate(c, job, workers, kind, seed):
    """All stages of a job."""
    cluster = Cluster(c, job, workers, kind, seed)
    tasks = cluster.run()
    # Local files are read once for their digests; of objects only both ends are.
    plan = 0.0 if job.store else job.input_megabytes(c) / c.digest
    merge = job.mega * c.merge_pixel + job.tasks * c.merge_part
    busy = cluster.busy / (tasks * workers)
    return Outcome(plan, tasks, merge, busy, cluster.lost, cluster.scheduler_busy / tasks, cluster.waited / (tasks * workers))


def hours(seconds):
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def by_workers(c, job, seed):
    """Rows of the table, and points of the plot."""
    rows = ["| workers | tasks, Dask | tasks, Slurm | workers at work, Dask | waiting at the store | the scheduler at work, Dask, Slurm | workers lost | all stages, Dask |", "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    points = []
    for workers in WORKERS:
        dask, slurm = (simulate(c, job, workers, kind, seed) for kind in ("dask", "slurm"))
        points.append((workers, dask, slurm))
        rows.append(
            f"| {workers:,} | {hours(dask.tasks)} | {hours(slurm.tasks)} | {100 * dask.busy:.0f} % | {100 * dask.store:.0f} % | "
            f"{100 * dask.scheduler:.1f} %, {100 * slurm.scheduler:.1f} % | {dask.lost} | {hours(dask.all)} |"
        )
    return rows, points


def limits(c, job):
    """Workers at which each thing that is shared becomes the limit."""
    call = 60.0 + c.call + c.polygons + c.plan_task * job.tasks
    each = job.dates * SIDE**2 / 1e6
    task = each * c.pixel_date
    megabytes = each * c.scene_bytes / 1e6
    own = task + megabytes / c.worker_bandwidth
    store = c.shared_bandwidth / (megabytes / own)
    requests = c.request_rate / (megabytes * c.requests / own)
    merge = job.mega * c.merge_pixel + job.tasks * c.merge_part
    total = job.tasks * own
    digest = job.input_megabytes(c) / c.digest
    yield "bandwidth of the store", f"{store:,.0f} workers", f"each reads {megabytes / own:.0f} MB/s"
    yield "requests of one prefix of an object store", f"{requests:,.0f} workers", f"each makes {megabytes * c.requests / own:.1f} a second"
    yield "Dask's scheduler", f"{call / c.dask_call:,.0f} workers", f"a call of {call:.0f} s takes {1e3 * c.dask_call:.1f} ms of it"
    yield "Slurm's controller", f"{16 * own / c.slurm_start:,.0f} workers", f"an element of 16 tasks lasts {16 * own:.0f} s"
    yield "the merge on one machine (as long as the tasks)", f"{total / merge:,.0f} workers", f"{hours(merge)}"
    if not job.store:
        yield "digests of local inputs on one machine (as long as the tasks)", f"{total / digest:,.0f} workers", f"{hours(digest)} for {job.input_megabytes(c) / 1e6:.1f} TB"


def draw(local, store):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.4), sharey=True)
    for axis, points, title in ((axes[0], local, "inputs on a shared file system"), (axes[1], store, "inputs on an object store")):
        workers = [w for w, *_ in points]
        first = points[0][1].tasks
        axis.loglog(workers, [first / w / 3600 for w in workers], color="0.7", linestyle=":", label="tasks, if nothing were shared")
        axis.loglog(workers, [d.tasks / 3600 for _, d, _ in points], marker="o", color="tab:green", label="tasks, Dask")
        axis.loglog(workers, [s.tasks / 3600 for *_, s in points], marker="s", color="tab:blue", label="tasks, Slurm")
        axis.loglog(workers, [d.all / 3600 for _, d, _ in points], marker="^", color="tab:red", label="plan, tasks and merge, Dask")
        axis.axhline(points[0][1].merge / 3600, color="tab:orange", linewidth=1, label="merge alone")
        if points[0][1].plan:
            axis.axhline(points[0][1].plan / 3600, color="tab:purple", linewidth=1, label="digests in the plan alone")
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("workers of one thread")
        axis.grid(True, which="major", color="0.9")
        axis.legend(fontsize=7)
    axes[0].set_ylabel("hours")
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry", action="store_true")
    given = parser.parse_args()
    c = costs()
    local = Job(given.years, given.dates)
    store = replace(local, store=True)
    lines = [
        f"Colombia, {LAND:,} km² at 10 m, {given.years} years of {given.dates} dates each: {local.mega / 1e3:,.0f} thousand million pixels in {local.tasks:,} tasks, "
        f"{local.input_megabytes(c) / 1e6:.0f} TB of inputs, {local.mega * c.part_bytes / 1e12:.2f} TB of parts, "
        f"{local.mega * given.dates * c.pixel_date / 3600:,.0f} processor hours.",
    ]
    local_rows, local_points = by_workers(c, local, given.seed)
    store_rows, store_points = by_workers(c, store, given.seed)
    lines += ["", "Inputs on a shared file system:", "", *local_rows, "", "Inputs on an object store:", "", *store_rows, ""]
    lines += ["| what is shared | is the limit from | because |", "| --- | ---: | --- |"]
    lines += [f"| {what} | {at} | {why} |" for what, at, why in limits(c, local)]
    measured = json.loads((ROOT / "benches" / "cluster_costs.json").read_text())
    lines += ["", "| number | value | unit | from |", "| --- | ---: | --- | --- |"]
    lines += [f"| `{name}` | {e['value']:g} | {e['unit']} | {e['from']} |" for name, e in sorted(measured.items())]
    lines += [f"| `{name}` | {value:g} | {unit} | {source} |" for name, (value, unit, source) in ASSUMED.items()]
    print("\n".join(lines))
    if not given.dry:
        draw(local_points, store_points)
        text = PAGE.read_text()
        before, rest = text.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
