#!/usr/bin/env python3
"""`make bench-cluster`: what a batch costs beside one `cocal run`, and what plans and merges of 100,000 tasks take.

    cluster.py [--inputs DIR] [--cocal PATH] [--simulate PATH] [--only speed,pixels,many,...] [--turns 3] [--side 10980] [--dates 12]
               [--tasks 100000] [--dry]

Writes the table of docs/benchmarks.md, and benches/cluster_costs.json, from which benches/simulate_cluster.py plans clusters. Inputs are kept in
DIR (target/bench-inputs/cluster; 2 GB). Run it with the Python of scripts/cluster_venv.sh. --dry prints only.

  speed    one job by `cocal run` on two threads and by Dask on two workers of one thread, in turns
  pixels   what a million pixels of a date cost in tasks, parts and the merge
  many     a plan of 100,000 tasks (a raster without pixels), all its tasks, their merge
  resume   a run that is killed in its middle and gone on with, beside one that is not
  calls    what a call of `cocal task` costs before its first pixel, by municipalities
  store    requests and bytes that a task reads from an object store
  dask     what the scheduler takes for a call
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "cluster"))

from common import Processes, same, until  # noqa: E402
from dask_cluster import Cluster  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks.md"
COSTS = ROOT / "benches" / "cluster_costs.json"
BEGIN, END = "<!-- bench-cluster: written by make bench-cluster -->", "<!-- end of bench-cluster -->"
PARTS = ["speed", "pixels", "many", "resume", "calls", "store", "dask"]


class Used:
    """What a command took: seconds on the wall and on processors, peak memory in MiB."""

    def __init__(self, command, **more):
        words = [str(word) for word in command]
        begin = time.perf_counter()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.out, err = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.perf_counter() - begin
        self.cpu, self.peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        if process.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit code {process.returncode}\n{err.decode(errors='replace')[-2000:]}")


class Bench:
    """Options, rows of the table, costs of the simulation."""

    def __init__(self, options):
        self.options, self.rows = options, []
        self.costs = json.loads(COSTS.read_text()) if COSTS.exists() else {}

    def cocal(self, *words):
        return Used([self.options.cocal, *words, "--quiet"])

    def row(self, what, measured, goal=""):
        self.rows.append(f"| {what} | {measured} | {goal} |")
        print(self.rows[-1], flush=True)

    def cost(self, name, value, unit, command):
        self.costs[name] = {"value": float(f"{value:.4g}"), "unit": unit, "from": f"measured: {command}"}


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    return path


def tasks_of(plan):
    """How many tasks a plan has, without taking it in whole."""
    with open(plan) as file:
        return sum(line.startswith('{"id":') for line in file)


def large(bench):
    """A simulated project of one date's file under so many dates' names."""
    o = bench.options
    folder = o.inputs / f"tile_{o.side}"
    if not (folder / "cocal.toml").exists():
        size = ["--rows", o.side, "--cols", o.side, "--dates", 1, "--municipalities", 100]
        Used([o.simulate, "tile", *size, "--seed", 1, "-o", folder])
    [scene] = (folder / "tiles").glob("S01_2024-01-21.tif")
    text, entries = (folder / "cocal.toml").read_text(), ""
    (folder / "dates").mkdir(exist_ok=True)
    for number in range(o.dates):
        link = folder / "dates" / f"S01_2024-{number % 12 + 1:02}-{number // 12 + 5:02}.tif"
        link.unlink(missing_ok=True)
        os.link(scene, link)
        entries += f'[[scenes]]\npath = "dates/{link.name}"\ndate = "{link.stem[4:]}"\n\n'
    project = folder / "cluster.toml"
    project.write_text(re.sub(r"^\[\[scenes\]\]\n(.+\n)+\n", entries, text, count=1, flags=re.M))
    return project


def speed(bench):
    o = bench.options
    project, out = large(bench), o.inputs / "out"
    with Processes(fresh(o.inputs / "speed")) as processes:
        cluster = Cluster(processes, argparse.Namespace(work=o.inputs, cocal=o.cocal))
        for name in ("one", "two"):
            cluster.worker(name)
        until("the workers", lambda: processes.said("scheduler").count("Register worker") >= 2)
        alone, dask, said = [], [], {}
        for turn in range(o.turns):
            run = bench.cocal("run", project, "--out", fresh(out), "--threads", 2, "--fresh")
            alone.append(run.wall)
            other = o.inputs / "out_dask"
            fresh(other.with_name("out_dask.work"))
            environment = {**os.environ, "COCAL": str(o.cocal)}
            words = [Path(sys.executable).parent / "cocal-dask", project, "--scheduler-file", cluster.file, "--out", fresh(other), "--quiet", "--json"]
            job = Used(words, env=environment)
            dask.append(job.wall)
            said = json.loads(job.out)
            print(f"turn {turn}: cocal run {alone[-1]:.1f} s, Dask {dask[-1]:.1f} s {said['seconds']}", file=sys.stderr)
        files = same(out, other)
    share = statistics.median(a / d for a, d in zip(alone, dask))
    seconds = ", ".join(f"{a:.0f} and {d:.0f}" for a, d in zip(alone, dask))
    parts = ", ".join(f"{name} {value:.1f}" for name, value in said["seconds"].items())
    row = f"{100 * share:.0f} % of its speed (seconds by turns: {seconds}; the last: {parts}; {said['tasks']} tasks in {said['calls']} calls; {files} files the same)"
    bench.row(f"Dask, two workers of one thread, beside `cocal run --threads 2`: {o.side:,} x {o.side:,} pixels, 10 bands, {o.dates} dates, training included", row, "90 %")


def pixels(bench):
    o = bench.options
    project = large(bench)
    plan, parts = o.inputs / "speed_plan.json", fresh(o.inputs / "speed_parts")
    begin = time.perf_counter()
    bench.cocal("run", project, "--dry-run", "--out", o.inputs / "never")
    size = (project.parent / "tiles" / "S01_2024-01-21.tif").stat().st_size * o.dates
    bench.cost("digest", size / 1e6 / (time.perf_counter() - begin), "million bytes of inputs a second, two threads", "`cocal run --dry-run`, files in the system's cache")
    bench.cocal("plan", project, "-o", plan)
    count = tasks_of(plan)
    mega = o.side**2 / 1e6
    done = bench.cocal("task", plan, "--id", f"0-{count - 1}", "-o", parts, "--threads", 1)
    name = f"{o.side} x {o.side} pixels, {o.dates} dates"
    bench.cost("pixel_date", done.cpu / mega / o.dates, "processor seconds per million pixels and date", f"`cocal task` of all tasks, {name}")
    merged = bench.cocal("merge", plan, parts, "-o", fresh(o.inputs / "speed_merged"), "--threads", 2)
    bench.cost("merge_pixel", merged.wall / mega, "seconds per million pixels of a year, two threads", f"`cocal merge`, {name}")
    size = sum(path.stat().st_size for path in parts.iterdir())
    bench.cost("part_bytes", size / mega, "bytes of parts per million pixels of a year", f"`cocal task`, {name}")
    scene = next((project.parent / "tiles").glob("*.tif")).stat().st_size
    bench.cost("scene_bytes", scene / mega, "bytes per million pixels and date, 10 bands of uint16, DEFLATE", f"`simulate tile`, {o.side} x {o.side}")


def empty_project(bench):
    """A project of windows without a pixel that was observed: what is left is what a task costs by itself."""
    o = bench.options
    side = 512 * int(o.tasks**0.5 + 0.999)
    folder = o.inputs / f"empty_{o.tasks}"
    small = o.inputs / "tile_600"
    if not (small / "cocal.toml").exists():
        Used([o.simulate, "tile", "--rows", 600, "--cols", 600, "--dates", 1, "--municipalities", 9, "--seed", 1, "-o", small])
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(small / "municipalities.geojson", folder)
    text = (
        '[territory]\nmunicipalities = "municipalities.geojson"\ncode_field = "MPIO_CCNCT"\n[years]\ncensus = [2024]\n'
        '[[scenes]]\npath = "{scene}"\n[classifier]\n{classifier}\nbands = ["red", "nir"]\n'
    )
    (small / "two.toml").write_text(text.format(scene="tiles/*.tif", classifier='samples = "training.geojson"\nclass_field = "class"\ntrees = 20'))
    labels = ["--samples", small / "training.geojson", "--class-field", "class"]
    bench.cocal("train", "--project", small / "two.toml", *labels, "-o", folder / "model.cocal")
    raster = folder / "empty_2024-06-01.tif"
    corner = [940_000, 230_000]
    place = ["-a_srs", "EPSG:32618", "-a_ullr", corner[0], corner[1], corner[0] + side, corner[1] - side, "-a_nodata", 0]
    options = ["SPARSE_OK=TRUE", "TILED=YES", "COMPRESS=DEFLATE", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "BIGTIFF=YES"]
    creation = [word for option in options for word in ("-co", option)]
    raster.unlink(missing_ok=True)
    Used(["gdal_create", "-q", "-of", "GTiff", "-outsize", side, side, "-bands", 2, "-ot", "UInt16", *place, *creation, raster])
    project = folder / "cocal.toml"
    scene = f'{raster.name}"\nbands = {{ red = 1, nir = 2 }}\nscale = 0.0001\noffset = 0\ndate = "2024-06-01'
    project.write_text(text.format(scene=scene, classifier='model = "model.cocal"').replace('bands = ["red", "nir"]\n', ""))
    return project


def many(bench):
    o = bench.options
    project = empty_project(bench)
    plan, parts = o.inputs / "many_plan.json", fresh(o.inputs / "many_parts")
    planned = bench.cocal("plan", project, "-o", plan, "--side", 1)
    count = tasks_of(plan)
    bench.row(f"`cocal plan` of {count:,} tasks", f"{planned.wall:.1f} s, {planned.peak:.0f} MiB; {plan.stat().st_size / 1e6:.0f} MB")
    done = bench.cocal("task", plan, "--id", f"0-{count - 1}", "-o", parts, "--threads", 2)
    bench.row("`cocal task` of all of them (no pixel observed), two threads", f"{done.wall:.0f} s, {1e3 * done.cpu / count:.1f} ms of a processor each, {done.peak:.0f} MiB")
    again = bench.cocal("task", plan, "--id", 7, "-o", parts, "--threads", 1)
    bench.row("a call of `cocal task` whose part is there, of that plan", f"{again.wall:.2f} s, {again.peak:.0f} MiB")
    small = o.inputs / "small_plan.json"
    bench.cocal("plan", project, "-o", small, "--side", 1_000_000)
    bench.cocal("task", small, "--id", 0, "-o", fresh(o.inputs / "small_parts"), "--threads", 2)
    least = bench.cocal("task", small, "--id", 0, "-o", o.inputs / "small_parts", "--threads", 1)
    bench.cost("plan_task", max(again.cpu - least.cpu, 0) / count, "processor seconds of a call per task of its plan", f"`cocal task`, plans of {count:,} tasks and of few")
    merged = bench.cocal("merge", plan, parts, "-o", fresh(o.inputs / "many_merged"), "--threads", 2)
    bench.row(f"`cocal merge` of {count:,} parts, two threads", f"{merged.wall:.0f} s, {1e3 * merged.wall / count:.2f} ms each, {merged.peak:.0f} MiB")
    bench.cost("merge_part", merged.wall / count, "seconds per part, two threads", f"`cocal merge` of {count:,} parts of 512 x 512 pixels, none observed")


def resume(bench):
    o = bench.options
    project, out = large(bench), o.inputs / "out_resumed"
    words = [str(o.cocal), "run", str(project), "--out", str(out), "--threads", "2", "--quiet"]
    whole = bench.cocal("run", project, "--out", fresh(out), "--threads", 2, "--fresh")
    fresh(out)
    begin = time.perf_counter()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    time.sleep(0.6 * whole.wall)
    process.send_signal(signal.SIGKILL)
    process.wait()
    first = time.perf_counter() - begin
    second = Used(words)
    over = first + second.wall - whole.wall
    row = f"{over:+.1f} s ({whole.wall:.0f} s at once; killed after {first:.0f}, {second.wall:.0f} more)"
    bench.row("a run that is killed in its middle and gone on with, beside one at once", row)
    third = Used([*words, "--resume"])
    bench.row("`cocal run --resume` where all windows are there", f"{third.wall:.1f} s")


def calls(bench):
    """Cost of a call before its first pixel: with 100 simulated municipalities, and with the country's where they are there."""
    o = bench.options
    plan, parts = o.inputs / "calls_plan.json", fresh(o.inputs / "calls_parts")
    sample = ROOT / "sample_tiles" / "cocal.toml"
    bench.cocal("plan", sample, "-o", plan)
    bench.cocal("task", plan, "--id", 0, "-o", parts)
    found = [bench.cocal("task", plan, "--id", 0, "-o", parts, "--threads", 1) for _ in range(9)]
    bench.cost("call", statistics.median(f.cpu for f in found), "processor seconds of a call", "`cocal task` of the sample, part there, median of 9")
    bench.row("a call of `cocal task` whose part is there, six municipalities", f"{statistics.median(f.wall for f in found):.2f} s, {found[0].peak:.0f} MiB")
    data = Path(os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data")) / "boundaries" / "mgn2018_municipios_detailed.geojson"
    if not data.exists():
        print(f"note: {data} is not there: the cost of the country's polygons stays as it was", file=sys.stderr)
        return
    text = (ROOT / "sample_tiles" / "cocal.toml").read_text()
    text = re.sub(r"(?m)^\[\[assessment\]\](.|\n)*", "", text)
    text = re.sub(r'"((?:tiles|training|census|eradication)[^"]*)"', lambda m: json.dumps(str(sample.parent / m[1])), text)
    project = o.inputs / "country.toml"
    project.write_text(text.replace('"municipalities.geojson"', json.dumps(str(data))))
    bench.cocal("plan", project, "-o", plan)
    bench.cocal("task", plan, "--id", 0, "-o", fresh(parts))
    country = [bench.cocal("task", plan, "--id", 0, "-o", parts, "--threads", 1) for _ in range(9)]
    cost = statistics.median(f.cpu for f in country) - statistics.median(f.cpu for f in found)
    bench.cost("polygons", max(cost, 0), "processor seconds of a call", "the same with Colombia's 1,122 municipalities (MGN 2018, 197,804 points)")
    bench.row("the same, 1,122 municipalities of Colombia", f"{statistics.median(f.wall for f in country):.2f} s, {country[0].peak:.0f} MiB")


def store(bench):
    """Requests that tasks make of an object store."""
    from object_store import Store, write_project

    o = bench.options
    base = fresh(o.inputs / "store")
    tiles = sorted((ROOT / "sample_tiles" / "tiles").glob("*.tif"))
    with Processes(base / "logs") as processes:
        made = Store(processes)
        made.put({tile.name: tile for tile in tiles})
        project = write_project(base / "project", [f"/vsis3/tiles/{tile.name}" for tile in tiles], made.address)
        plan = base / "plan.json"
        Used([o.cocal, "plan", project, "-o", plan, "--quiet"], env=made.environment)
        count = tasks_of(plan)
        before = processes.said("moto").count("GET /tiles/")
        Used([o.cocal, "task", plan, "--id", f"0-{count - 1}", "-o", base / "parts", "--quiet"], env=made.environment)
        requests = processes.said("moto").count("GET /tiles/") - before
    size = sum(tile.stat().st_size for tile in tiles)
    bench.cost("requests", requests / (size / 1e6), "requests per million bytes of scenes", f"`cocal task` of the sample through /vsis3/: {requests} requests, {size / 1e6:.1f} MB")
    bench.row("requests of an object store, the sample's tasks", f"{requests} for {len(tiles)} objects of {size / 1e6:.1f} MB")


def nothing(number):
    return number


def dask(bench):
    from distributed import Client

    count = 5_000
    with Processes(fresh(bench.options.inputs / "noop")) as processes:
        cluster = Cluster(processes, argparse.Namespace(work=bench.options.inputs, cocal=bench.options.cocal))
        for name in ("one", "two"):
            cluster.worker(name)
        with Client(scheduler_file=str(cluster.file)) as client:
            client.wait_for_workers(2, timeout=60)
            client.gather(client.map(nothing, range(100), pure=False))
            begin = time.perf_counter()
            client.gather(client.map(nothing, range(count), pure=False))
            each = (time.perf_counter() - begin) / count
    bench.cost("dask_call", each, "seconds of the scheduler per call", f"{count} functions that do nothing, two workers on the scheduler's machine")
    bench.row("Dask, a call that does nothing", f"{1e3 * each:.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=ROOT / "target" / "bench-inputs" / "cluster")
    parser.add_argument("--cocal", type=Path, default=ROOT / "target" / "release" / "cocal")
    parser.add_argument("--simulate", type=Path, default=ROOT / "target" / "release" / "examples" / "simulate")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--side", type=int, default=10_980)
    parser.add_argument("--dates", type=int, default=12)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    options.inputs, options.cocal = options.inputs.resolve(), options.cocal.resolve()
    options.inputs.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    for part in options.only.split(","):
        {"speed": speed, "pixels": pixels, "many": many, "resume": resume, "calls": calls, "store": store, "dask": dask}[part](bench)
    if options.dry:
        print(json.dumps(bench.costs, indent=2))
        return
    COSTS.write_text(json.dumps(bench.costs, indent=2, ensure_ascii=False) + "\n")
    if options.only == ",".join(PARTS):
        text = PAGE.read_text()
        before, rest = text.split(BEGIN)
        lines = ["| what | measured | goal |", "| --- | --- | --- |", *bench.rows]
        PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
