#!/usr/bin/env python3
"""`cocal classify` and `cocal run` beside plain decoding of the same bands, and beside the forests of scikit-learn and Orfeo ToolBox.

    whole.py --inputs DIR [--repeats 3] [--rows 5490] [--cols 5490]

Simulates a tile of one date and one of six in DIR where they are not there yet, trains a model on the first, and takes turns:
GDAL's decoding of the ten bands (rasterio, two threads, windows of 2,048 x 512), `cocal classify`, `cocal run`. Medians of wall
seconds; the highest memory. Decoding is all that a program of GDAL's could not leave out.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import otb
import rasterio
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parents[2]
BANDS = list(range(1, 11))


def release(name):
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True)
    return Path(json.loads(out.stdout)["target_directory"]) / "release" / name


def tile(folder, rows, cols, dates):
    """A simulated project; made where it is not there."""
    made = Path(folder) / f"tile_{rows}x{cols}x{dates}"
    if not (made / "cocal.toml").exists():
        command = [release("examples") / "simulate", "tile", "--rows", rows, "--cols", cols, "--dates", dates]
        command += ["--municipalities", 100, "--seed", 1, "-o", made]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return made, sorted((made / "tiles").glob("*.tif"))


def windows(path):
    with rasterio.open(path) as source:
        rows, cols = source.shape
    step = [(row, col) for row in range(0, rows, 512) for col in range(0, cols, 2048)]
    return [Window(col, row, min(2048, cols - col), min(512, rows - row)) for row, col in step]


def decode(paths, threads=2):
    """Seconds to decode all ten bands."""
    jobs = [(path, window) for path in paths for window in windows(path)]

    def work(first):
        sources = {}
        for path, window in jobs[first::threads]:
            if path not in sources:
                sources[path] = rasterio.open(path)
            sources[path].read(BANDS, window=window)

    start = time.perf_counter()
    running = [threading.Thread(target=work, args=(first,)) for first in range(threads)]
    [thread.start() for thread in running]
    [thread.join() for thread in running]
    return time.perf_counter() - start


def timed(command):
    """Wall seconds and peak memory in MiB (Linux; elsewhere 0)."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    peak = 0.0
    # What wait4 tells of a child's memory holds that of this program, from before it became another.
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max([peak] + [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")])
        except OSError:
            pass
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return seconds, peak


def sklearn_seconds(path, classes):
    """Seconds of rasterio and scikit-learn on a part of the tile, scaled to all of it; and of fitting, which is not counted."""
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.default_rng(1)
    with rasterio.open(path) as source, rasterio.open(classes) as map_:
        rows, cols = source.shape
        part = Window(0, 0, cols, rows // 8)
        bands, labels = source.read(BANDS, window=part), map_.read(1, window=part)
        pixels = random.choice(labels.size, 30_000, replace=False)
        forest = RandomForestClassifier(100, max_depth=20, n_jobs=2, random_state=1)
        forest.fit(bands.reshape(10, -1)[:, pixels].T, labels.ravel()[pixels])
        start = time.perf_counter()
        block = source.read(BANDS, window=part)
        found = forest.predict(block.reshape(10, -1).T).reshape(block.shape[1:])
        profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "compress": "deflate", "tiled": True}
        with rasterio.open(Path(classes).parent / "sklearn.tif", "w", height=part.height, width=cols, crs=source.crs,
                           transform=source.transform, **profile) as target:  # fmt: skip
            target.write(found.astype("uint8"), 1)
        seconds = time.perf_counter() - start
    return seconds * rows / part.height


def two_classes(samples, path):
    """The same training polygons of coca and of all the rest."""
    layer = json.loads(samples.read_text())
    for feature in layer["features"]:
        kind = feature["properties"]
        kind["class"] = "coca" if kind["class"] == "coca" else "other"
    path.write_text(json.dumps(layer))
    return path


def run(inputs, repeats, rows, cols):
    """All figures, as a dict."""
    cocal = release("cocal")
    one, [scene] = tile(inputs, rows, cols, 1)
    six, scenes = tile(inputs, rows, cols, 6)
    out = Path(inputs) / "out"
    samples = one / "training.geojson"
    models = {"classify": Path(inputs) / "model.cocal", "classify two classes": Path(inputs) / "model_of_two.cocal"}
    for model, of in zip(models.values(), (samples, two_classes(samples, Path(inputs) / "two_classes.geojson"))):
        train = [cocal, "train", "--project", one / "cocal.toml", "--samples", of, "--class-field", "class"]
        timed([*train, "--seed", 1, "--quiet", "-o", model])
    seconds = {}
    peak = {}

    def note(what, wall, memory=0.0):
        seconds.setdefault(what, []).append(wall)
        peak[what] = max(memory, peak.get(what, 0.0))

    # One date takes seconds, whose noise more turns take away.
    for _ in range(2 * repeats + 1):
        note("decode one", decode([scene]))
        note("decode one by one", decode([scene], threads=1))
        for threads in (2, 1):
            for what, model in models.items():
                command = [cocal, "classify", "--model", model, "-o", out / what, "--threads", threads, "--quiet", scene]
                note(f"{what} {threads}", *timed(command))
    for _ in range(repeats):
        note("decode six", decode(scenes))
        for threads in (2, 1):
            note(f"run {threads}", *timed([cocal, "run", six / "cocal.toml", "--out", out / "six", "--threads", threads, "--quiet"]))
            record = json.loads((out / "six" / "run.json").read_text())["timings"]
            note(f"run map {threads}", record["seconds"]["map"])
            note(f"run train {threads}", record["seconds"]["train"])
            note(f"share of hectares {threads}", record["thread_seconds"]["hectares"] / threads / record["seconds"]["map"])
    classes = next((out / "classify").glob("class_*.tif"))
    forest = sklearn_seconds(scene, classes)
    medians = {what: statistics.median(all_) for what, all_ in seconds.items()}
    return {"pixels": rows * cols, "seconds": medians, "peak_mib": peak, "sklearn": forest, "otb": otb.measure(scene, classes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=5490)
    parser.add_argument("--cols", type=int, default=5490)
    options = parser.parse_args()
    print(json.dumps(run(options.inputs, options.repeats, options.rows, options.cols), indent=1))


if __name__ == "__main__":
    main()
