#!/usr/bin/env python3
"""The figures of `cocal run` on simulated tiles: time, memory, threads. Needs nothing but Python and cargo.

    python3 benches/run.py [--rows 10980] [--cols 10980] [--repeats 2] [--keep DIR]

Makes a tile of ROWS x COLS x 10 bands (and its scene classification) with 100 municipalities, and one of half the rows, with
examples/simulate; runs `cocal run` on them with one and two threads, by turns and in one go on the same machine; prints a
table of the fastest of each, and of the highest memory. Last, two runs of one thread each at the same time: no program scales better on
this machine than two that share nothing. Figures of one machine at one time: compare ratios, not seconds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def cargo_target():
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], check=True, capture_output=True)
    return os.path.join(json.loads(out.stdout)["target_directory"], "release")


def start(command):
    return time.monotonic(), subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(begun, process):
    """Wall seconds, processor seconds and peak memory (MiB) of a command."""
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    if status != 0:
        sys.exit(f"{' '.join(process.args)} failed:\n{errors.decode()}")
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return wall, used.ru_utime + used.ru_stime, peak


def simulated(folder, target, rows, cols):
    """A tile of so many rows, made where it is not there yet."""
    tile = os.path.join(folder, f"tile_{rows}x{cols}")
    if not os.path.exists(os.path.join(tile, "cocal.toml")):
        simulate = [os.path.join(target, "examples", "simulate"), "tile", "--rows", str(rows), "--cols", str(cols)]
        simulate += ["--municipalities", "100", "--dates", "1", "--seed", "1", "-o", tile]
        subprocess.run(simulate, check=True, stdout=subprocess.DEVNULL)
    return tile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10980)
    parser.add_argument("--cols", type=int, default=10980)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--keep", help="folder that keeps the simulated tiles from run to run")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "cocal", "--example", "simulate"], check=True)
    target = cargo_target()
    with tempfile.TemporaryDirectory() as temporary:
        tiles = {
            rows: simulated(options.keep or temporary, target, rows, options.cols)
            for rows in (options.rows // 2, options.rows)
        }

        def command(rows, threads, name):
            project, out = os.path.join(tiles[rows], "cocal.toml"), os.path.join(temporary, name)
            run = [os.path.join(target, "cocal"), "run", project, "--out", out, "--threads", str(threads), "--quiet"]
            return run, os.path.join(out, "run.json")

        results = {}
        for turn in range(options.repeats):
            for rows in tiles:
                for threads in (1, 2):
                    run, record = command(rows, threads, "out")
                    wall, processor, peak = finish(*start(run))
                    mapping = json.load(open(record))["timings"]["seconds"]["map"]
                    print(f"{rows} rows, {threads} threads: {wall:.1f} s, {peak:.0f} MiB", file=sys.stderr, flush=True)
                    results.setdefault((rows, threads), []).append((wall, processor, mapping, peak))
        both = [start(command(options.rows // 2, 1, name)[0]) for name in ("a", "b")]
        side_by_side = max(finish(*one)[0] for one in both)
    print_table(results, side_by_side, options)


def print_table(results, side_by_side, options):
    best = {key: min(runs) for key, runs in results.items()}
    peaks = {key: max(run[3] for run in runs) for key, runs in results.items()}
    print("| rows | threads | wall s | processor s | of it mapping (wall) | Mpx/s | peak MiB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (rows, threads), (wall, processor, mapping, _) in best.items():
        speed = rows * options.cols / wall / 1e6
        peak = peaks[rows, threads]
        print(f"| {rows} | {threads} | {wall:.1f} | {processor:.1f} | {mapping:.1f} | {speed:.2f} | {peak:.0f} |")
    full, half = options.rows, options.rows // 2
    for rows in (half, full):
        print(f"\nTwo threads against one, {rows} rows: {best[rows, 1][0] / best[rows, 2][0]:.2f} times")
    ceiling = 2 * best[half, 1][0] / side_by_side
    print(f"\nTwo runs of one thread at once, {half} rows: {side_by_side:.1f} s, {ceiling:.2f} times one: the ceiling here")
    print(f"\nPeak memory, two threads, {full} against {half} rows: {peaks[full, 2] / peaks[half, 2]:.3f} times")


if __name__ == "__main__":
    main()
