#!/usr/bin/env python3
"""Our forest beside scikit-learn's RandomForestClassifier, in one run on one machine.

    python3 benches/peers/forest_sklearn.py speed
        classification: both train 100 trees on the same samples and classify the same pixels
    python3 benches/peers/forest_sklearn.py accuracy [DATA]
        held-out accuracy, both on the same folds: the labelled scene of Para by polygon, tables of field labels
        (DATA is the folder of real data; without it COCAL_DATA, then ../shared/data)

Needs numpy and scikit-learn; `accuracy` also rasterio and geopandas. Speeds are the best of several runs, in Mpx/s of wall
time, and for one thread of processor time too, which a busy machine disturbs less.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

ROOT = Path(__file__).resolve().parents[2]
FEATURES = 30


def cargo_bench(*arguments):
    command = ["cargo", "bench", "-q", "--bench", "forest", "--", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def best_time(clock, run, repeats):
    times = []
    for _ in range(repeats):
        start = clock()
        run()
        times.append(clock() - start)
    return min(times)


def speed():
    with tempfile.TemporaryDirectory() as folder:
        ours = cargo_bench("--dump", folder)
        read = lambda name, kind: np.fromfile(Path(folder) / name, kind)
        train = read("train_codes.u16", "<u2").reshape(FEATURES, -1).T.astype(np.float32)
        labels = read("train_class.u8", np.uint8)
        # Blocks of 16,384 pixels, [feature][pixel] each.
        blocks = read("pixel_codes.u16", "<u2").reshape(-1, FEATURES, 16_384)
        pixels = np.ascontiguousarray(blocks.transpose(0, 2, 1).reshape(-1, FEATURES), dtype=np.float32)
        our_classes = read("pixel_class.u8", np.uint8)
    print("cocal")
    print("".join(f"  {line}\n" for line in ours.splitlines()), end="")

    forest = RandomForestClassifier(100, random_state=1, n_jobs=-1).fit(train, labels)
    few = pixels[: 1 << 17]
    theirs = {}
    for threads in (1, 2):
        forest.n_jobs = threads
        theirs[threads] = len(few) / best_time(time.perf_counter, lambda: forest.predict(few), 3) / 1e6
    forest.n_jobs = 1
    theirs["processor"] = len(few) / best_time(time.process_time, lambda: forest.predict(few), 3) / 1e6
    nodes = np.mean([tree.tree_.node_count for tree in forest.estimators_])
    print(f"scikit-learn\n  nodes a tree {nodes:.0f}")
    print(f"  threads 1: {theirs[1]:.3f} Mpx/s\n  threads 2: {theirs[2]:.3f} Mpx/s")
    print(f"  processor time, one thread: {theirs['processor']:.3f} Mpx/s")
    print(f"same class on {np.mean(forest.predict(few) == our_classes[: len(few)]):.3f} of the pixels")
    for threads in (1, 2):
        mine = float(re.search(rf"threads {threads}: ([0-9.]+)", ours)[1])
        print(f"ratio on {threads} thread(s), wall time: {mine / theirs[threads]:.1f}")
    if found := re.search(r"processor time, one thread: ([0-9.]+)", ours):
        print(f"ratio on one thread, processor time: {float(found[1]) / theirs['processor']:.1f}")


def compare_table(name, codes, labels, folds):
    """Held-out accuracy of both on the same rows, codes (0 to 65535) and folds, over ten seeds."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as table:
        np.savetxt(table, np.column_stack([labels, folds, codes]), fmt="%d")
        table.flush()
        ours = np.array(re.findall(r"accuracy ([0-9.]+)", cargo_bench("--table", table.name)), float)
    theirs = []
    for seed in range(1, 11):
        right = 0
        for fold in np.unique(folds):
            train, test = folds != fold, folds == fold
            forest = RandomForestClassifier(100, random_state=seed, n_jobs=-1).fit(codes[train], labels[train])
            right += np.sum(forest.predict(codes[test]) == labels[test])
        theirs.append(right / len(labels))
    mean, error = np.mean, lambda values: np.std(values, ddof=1) / np.sqrt(len(values))
    print(
        f"{name}: {len(labels)} rows x {codes.shape[1]}, cocal {mean(ours):.4f} ± {error(ours):.4f},"
        f" scikit-learn {mean(theirs):.4f} ± {error(theirs):.4f}, difference {mean(ours) - mean(theirs):+.4f}",
        flush=True,
    )
    return mean(ours), mean(theirs)


def folds_of_units(labels, units, count=5):
    """Whole units to folds, class by class, the largest first to the smallest fold."""
    fold_of = {}
    for label in np.unique(labels):
        load = np.zeros(count)
        names, sizes = np.unique(units[labels == label], return_counts=True)
        for unit in names[np.argsort(-sizes, kind="stable")]:
            fold_of[unit] = int(np.argmin(load))
            load[fold_of[unit]] += sizes[names == unit][0]
    return np.array([fold_of[unit] for unit in units])


def para(data):
    """Pixels of the labelled Sentinel-2 scene whose centre lies in a training polygon, with the polygon's number."""
    import geopandas
    import rasterio
    from rasterio.features import rasterize

    folder = data / "imagery" / "rstoolbox_para_brazil"
    with rasterio.open(folder / "sen2_L2A_12band_uint16_x10000.tif") as scene:
        polygons = geopandas.read_file(folder / "trainingPolygons_sen2_wgs84.geojson").to_crs(scene.crs)
        shapes = [(shape, number + 1) for number, shape in enumerate(polygons.geometry)]
        units = rasterize(shapes, scene.shape, transform=scene.transform, dtype="int32")
        bands = scene.read().astype(float) / 10_000
    inside = units > 0
    codes = np.clip(np.floor((bands[:, inside].T + 0.2) * 20_000 + 0.5), 0, 65_534) + 1
    names, labels = np.unique(polygons["class"].to_numpy()[units[inside] - 1], return_inverse=True)
    return codes, labels, units[inside]


def ranked(values):
    """Codes for features without a common scale: ranks, spread over the codes."""
    columns = [np.unique(column, return_inverse=True)[1] for column in values.T]
    return np.column_stack([1 + column * (65_000 // (column.max() + 1)) for column in columns])


def accuracy(data):
    codes, labels, units = para(data)
    compare_table("Para, by polygon", codes, labels, folds_of_units(labels, units))
    for path in sorted((data / "tables" / "deafrica_cropmask").glob("*.txt")):
        table = np.loadtxt(path, skiprows=1)
        # Neighbouring rows are often of one place: five runs of rows for each class, not rows at random.
        labels = table[:, 0].astype(int)
        folds = np.empty(len(labels), int)
        for label in np.unique(labels):
            of_class = np.flatnonzero(labels == label)
            folds[of_class] = np.arange(len(of_class)) * 5 // len(of_class)
        compare_table(f"{path.stem}, by runs of rows", ranked(table[:, 1:]), labels, folds)


if __name__ == "__main__":
    if sys.argv[1:] == ["speed"]:
        speed()
    elif sys.argv[1:2] == ["accuracy"] and len(sys.argv) < 4:
        given = sys.argv[2] if len(sys.argv) == 3 else os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data")
        accuracy(Path(given))
    else:
        sys.exit(__doc__)
