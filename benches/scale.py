#!/usr/bin/env python3
"""`make bench-scale`: time and memory of mapping against pixels, dates, municipalities, trees, bands and threads.

    scale.py [--inputs DIR] [--side 2745] [--repeats 2]

Simulates tiles (kept in DIR, without it target/bench-inputs), varies one quantity at a time, and writes the table of
docs/benchmarks.md: the fastest of REPEATS, the highest memory, and the exponent of a power law fitted to seconds of mapping (1: they
grow as the quantity does; 0: they do not). Needs nothing but Python and cargo. Compare within one run only.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench-scale: written by make bench-scale -->", "<!-- end of bench-scale -->"


def release():
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True)
    return Path(json.loads(out.stdout)["target_directory"]) / "release"


def tile(options, rows, dates=1, municipalities=100):
    made = options.inputs / f"scale_{rows}x{options.side}x{dates}_{municipalities}"
    if not (made / "cocal.toml").exists():
        command = [release() / "examples" / "simulate", "tile", "--rows", rows, "--cols", options.side, "--dates", dates]
        command += ["--municipalities", municipalities, "--seed", 1, "-o", made]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return made


def timed(options, project, threads, changes):
    """Seconds of mapping and the peak in MiB of a run of the project with some lines changed."""
    text = (project / "cocal.toml").read_text()
    for pattern, line in changes:
        text = re.sub(pattern, line, text, count=1, flags=re.M)
    path = project / "scale.toml"
    path.write_text(text)
    out = options.inputs / "scale_out"
    command = [release() / "cocal", "run", path, "--out", out, "--threads", threads, "--quiet"]
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
    return json.loads((out / "run.json").read_text())["timings"]["seconds"]["map"], peak / 1024


def exponent(points):
    """Slope of log seconds over log quantity, by least squares."""
    xs, ys = [math.log(x) for x, *_ in points], [math.log(y) for _, y, *_ in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def series(options):
    """Name, then quantity, project, threads and changes of each of its runs."""
    side = options.side
    base = tile(options, side)
    trees = lambda count: [(r"^seed = .*", f"seed = 7\ntrees = {count}")]
    bands = ["blue", "green", "red", "nir", "swir16", "swir22"]
    with_bands = lambda count: [(r"^seed = .*", f"seed = 7\nbands = {json.dumps(bands[:count])}")]
    yield "million pixels", [(rows * side / 1e6, tile(options, rows), 2, []) for rows in (side // 2, side, 2 * side)]
    yield "dates", [(dates, tile(options, side, dates), 2, []) for dates in (1, 2, 4)]
    yield "municipalities", [(count, tile(options, side, 1, count), 2, []) for count in (10, 100, 1000)]
    yield "trees", [(count, base, 2, trees(count)) for count in (50, 200, 800)]
    yield "bands", [(count, base, 2, with_bands(count)) for count in (3, 6)]
    yield "threads", [(threads, base, threads, []) for threads in (1, 2)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=ROOT / "target" / "bench-inputs")
    parser.add_argument("--side", type=int, default=2745)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    options.inputs = options.inputs.resolve()
    options.inputs.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "cocal", "--example", "simulate"], cwd=ROOT, check=True)
    lines = ["| quantity | values | seconds of mapping | peak MiB | exponent of the seconds |", "| --- | --- | --- | --- | ---: |"]
    for name, cases in series(options):
        points = []
        for quantity, project, threads, changes in cases:
            runs = [timed(options, project, threads, changes) for _ in range(options.repeats)]
            points.append((quantity, min(seconds for seconds, _ in runs), max(peak for _, peak in runs)))
        values, seconds = ", ".join(f"{x:.4g}" for x, *_ in points), ", ".join(f"{y:.2f}" for _, y, _ in points)
        peaks = ", ".join(f"{peak:.0f}" for *_, peak in points)
        lines.append(f"| {name} | {values} | {seconds} | {peaks} | {exponent(points):.2f} |")
        print(lines[-1], flush=True)
    note = f"A tile of {options.side} x {options.side} pixels, 10 bands, one date, 100 municipalities, 200 trees, 8 classes, two threads; one thing varied at a time."
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{note}\n\n" + "\n".join(lines) + f"\n\n{END}{after}")


if __name__ == "__main__":
    main()
