#!/usr/bin/env python3
"""`make bench-scale`: time and memory against pixels, dates, municipalities, trees, bands and threads, and at the full size.

    scale.py [--inputs DIR] [--side 2745] [--repeats 2] [--full-side 10980] [--no-full] [--dry]

Simulates tiles (kept in DIR, without it target/bench-inputs; 4 GB, two at a time), varies one quantity at a time, and writes the table
of docs/benchmarks.md: the fastest of REPEATS, the highest memory, and the exponent of a power law fitted to seconds of mapping (1:
they grow as the quantity does; 0: they do not). These runs map with a model that was trained before. Then one `cocal run` of the
full size with all its parts: 10 bands of six dates, which are one simulated date under six dates' names, or the simulator would take
longer than all the rest. Needs nothing but Python and cargo. --dry prints only. Compare within one run only.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench-scale: written by make bench-scale -->", "<!-- end of bench-scale -->"
BANDS = ["blue", "green", "red", "nir", "swir16", "swir22", "rededge071", "rededge075", "rededge078", "nir08"]
FULL_DATES = ["2024-01-21", "2024-03-16", "2024-05-10", "2024-07-04", "2024-08-28", "2024-10-22"]


def release():
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True)
    return Path(json.loads(out.stdout)["target_directory"]) / "release"


def call(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


class Tile:
    """A simulated project; made where it is not there."""

    def __init__(self, options, rows, cols, dates=1, municipalities=100):
        self.options, self.dates = options, dates
        self.folder = options.inputs / f"scale_{rows}x{cols}x{dates}_{municipalities}"
        size = ["--rows", rows, "--cols", cols, "--dates", dates, "--municipalities", municipalities]
        self.command = ["simulate", "tile", *size, "--seed", 1, "-o", self.folder]

    def make(self):
        if not (self.folder / "cocal.toml").exists():
            call(self.options.release / "examples" / self.command[0], *self.command[1:])

    def project(self, lines):
        """The project file with some lines more for the classifier."""
        text = (self.folder / "cocal.toml").read_text()
        path = self.folder / "scale.toml"
        path.write_text(re.sub(r"^seed = .*", lambda _: "\n".join(["seed = 7", *lines]), text, count=1, flags=re.M))
        return path

    def model(self, lines):
        """A model for as many dates, trained on this tile where it is not there."""
        name = re.sub(r"[^0-9a-z]+", "_", "_".join(["scale", self.folder.name, *lines]))
        path = self.options.inputs / f"{name}.cocal"
        if not path.exists():
            samples = ["--samples", self.folder / "training.geojson", "--class-field", "class"]
            project = self.project([*lines, "folds = 2"])
            call(self.options.release / "cocal", "train", "--project", project, *samples, "--quiet", "-o", path)
        return path


def timed(options, project, threads):
    """What the record of a run of the project says of its seconds, wall seconds and the peak in MiB."""
    out = options.inputs / "scale_out"
    command = [options.release / "cocal", "run", project, "--out", out, "--threads", threads, "--quiet"]
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
        except OSError:
            pass
        time.sleep(0.01)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return json.loads((out / "run.json").read_text())["timings"]["seconds"], time.perf_counter() - start, peak / 1024


def exponent(points):
    """Slope of log seconds over log quantity, by least squares."""
    xs, ys = [math.log(x) for x, *_ in points], [math.log(y) for _, y, *_ in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def series(options):
    """Name, then quantity, tile, threads and lines for the classifier of each of its runs."""
    side = options.side
    tile = lambda rows=side, dates=1, municipalities=100: Tile(options, rows, side, dates, municipalities)
    bands = lambda count: [f"bands = {json.dumps(BANDS[:count])}"]
    yield "million pixels", [(rows * side / 1e6, tile(rows), 2, []) for rows in (side // 2, side, 2 * side)]
    yield "dates", [(dates, tile(dates=dates), 2, []) for dates in (1, 2, 4)]
    yield "municipalities", [(count, tile(municipalities=count), 2, []) for count in (9, 90, 900)]
    yield "trees", [(count, tile(), 2, [f"trees = {count}"]) for count in (50, 200, 800)]
    yield "bands", [(count, tile(), 2, bands(count)) for count in (3, 6, 10)]
    yield "threads", [(threads, tile(), threads, []) for threads in (1, 2)]


def table(options, cases):
    """Lines of the table."""
    yield "| quantity | values | seconds of mapping | peak MiB | exponent of the seconds |"
    yield "| --- | --- | --- | --- | ---: |"
    for name, runs in cases:
        points = []
        for quantity, tile, threads, lines in runs:
            # A model is for so many dates, not for so many pixels.
            model = Tile(options, options.side, options.side, tile.dates).model(lines)
            project = tile.project([*lines, f"model = {json.dumps(str(model))}"])
            found = [timed(options, project, threads) for _ in range(options.repeats)]
            points.append((quantity, min(seconds["map"] for seconds, *_ in found), max(peak for *_, peak in found)))
        values, seconds = ", ".join(f"{x:.4g}" for x, *_ in points), ", ".join(f"{y:.2f}" for _, y, _ in points)
        peaks = ", ".join(f"{peak:.0f}" for *_, peak in points)
        yield f"| {name} | {values} | {seconds} | {peaks} | {exponent(points):.2f} |"


def full(options, tile):
    """One line on the full size: six dates, one simulated file under six names."""
    [scene] = (tile.folder / "tiles").glob("*.tif")
    text = (tile.folder / "cocal.toml").read_text()
    (tile.folder / "dates").mkdir(exist_ok=True)
    entries = ""
    for date in FULL_DATES:
        link = tile.folder / "dates" / f"S01_{date}.tif"
        link.unlink(missing_ok=True)
        os.link(scene, link)
        entries += f'[[scenes]]\npath = "dates/{link.name}"\ndate = "{date}"\n\n'
    project = tile.folder / "scale.toml"
    project.write_text(re.sub(r"^\[\[scenes\]\]\n(.+\n)+\n", entries, text, count=1, flags=re.M))
    seconds, wall, peak = timed(options, project, 2)
    parts = ", ".join(f"{name} {value:.1f} s" for name, value in sorted(seconds.items()))
    side, goal = options.full_side, "kept" if peak <= 512 else "**missed**"
    return (
        f"The full size, {side:,} x {side:,} pixels x 10 bands x 6 dates, 100 municipalities, two threads, one `cocal run` with training and\n"
        f"records: {wall:.0f} s ({parts}), peak memory **{peak:.0f} MiB** (goal 512: {goal}). The six dates are one simulated date's file under six names:\n"
        "as much to read, decode and compute, but the system reads one file's pages."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=ROOT / "target" / "bench-inputs")
    parser.add_argument("--side", type=int, default=2745)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--full-side", type=int, default=10_980)
    parser.add_argument("--no-full", dest="full", action="store_false")
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    options.inputs = options.inputs.resolve()
    options.inputs.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "cocal", "--example", "simulate"], cwd=ROOT, check=True)
    options.release = release()
    cases = list(series(options))
    large = [Tile(options, options.full_side, options.full_side)] if options.full else []
    tiles = {tile.folder: tile for tile in large + [run[1] for _, runs in cases for run in runs]}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Tile.make, tiles.values()))
    lines = []
    for line in table(options, cases):
        lines.append(line)
        print(line, flush=True)
    note = f"A tile of {options.side:,} x {options.side:,} pixels, 10 bands, one date, 100 municipalities, 200 trees, 8 classes, two threads; one thing varied at a time."
    made = note + "\n\n" + "\n".join(lines)
    for tile in large:
        line = full(options, tile)
        print(line)
        made += f"\n\n{line}"
    if not options.dry:
        page = PAGE.read_text()
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}")


if __name__ == "__main__":
    main()
