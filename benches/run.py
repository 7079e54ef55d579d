#!/usr/bin/env python3
"""The figures of `cocal run` on simulated tiles: time, memory, threads. Needs nothing but Python and cargo.

    python3 benches/run.py [--rows 10980] [--cols 10980] [--keep DIR]

Makes a tile of ROWS x COLS x 10 bands (and its scene classification) with 100 municipalities, and one of half the rows, with
examples/simulate; runs `cocal run` on them with one and two threads, in one go on the same machine; prints a table. Figures
of one machine at one time: compare ratios, not seconds.
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


def measure(command):
    """Wall seconds, processor seconds and peak memory (MiB) of a command."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors.decode()}")
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return wall, used.ru_utime + used.ru_stime, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10980)
    parser.add_argument("--cols", type=int, default=10980)
    parser.add_argument("--keep", help="folder that keeps the simulated tiles from run to run")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "cocal", "--example", "simulate"], check=True)
    target = cargo_target()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        results = {}
        for rows in (options.rows // 2, options.rows):
            tile = os.path.join(folder, f"tile_{rows}x{options.cols}")
            if not os.path.exists(os.path.join(tile, "cocal.toml")):
                simulate = [os.path.join(target, "examples", "simulate"), "tile", "--rows", str(rows)]
                simulate += ["--cols", str(options.cols), "--municipalities", "100", "--dates", "1", "--seed", "1"]
                subprocess.run([*simulate, "-o", tile], check=True, stdout=subprocess.DEVNULL)
            for threads in (1, 2):
                out = os.path.join(temporary, f"out_{rows}_{threads}")
                run = [os.path.join(target, "cocal"), "run", os.path.join(tile, "cocal.toml"), "--out", out]
                wall, processor, peak = measure([*run, "--threads", str(threads), "--quiet"])
                stages = json.load(open(os.path.join(out, "run.json")))["timings"]["seconds"]
                results[rows, threads] = (wall, processor, peak, stages)
                print(f"done: {rows} rows, {threads} threads, {wall:.1f} s, {peak:.0f} MiB", file=sys.stderr)
    print_table(results, options)


def print_table(results, options):
    print("| rows | threads | wall s | processor s | of it mapping (wall) | Mpx/s | peak MiB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (rows, threads), (wall, processor, peak, stages) in results.items():
        speed = rows * options.cols / wall / 1e6
        print(f"| {rows} | {threads} | {wall:.1f} | {processor:.1f} | {stages['map']:.1f} | {speed:.2f} | {peak:.0f} |")
    full, half = options.rows, options.rows // 2
    print(f"\nTwo threads against one, {full} rows: {results[full, 1][0] / results[full, 2][0]:.2f} times")
    print(f"Peak memory, two threads, {full} against {half} rows: {results[full, 2][2] / results[half, 2][2]:.3f} times")


if __name__ == "__main__":
    main()
