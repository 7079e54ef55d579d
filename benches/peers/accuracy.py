#!/usr/bin/env python3
"""Our boosted symmetric trees beside scikit-learn's random forest and CatBoost, on the same grouped folds.

    python3 benches/peers/accuracy.py [--data DATA] [--folds 1,2,3] [--only WORD] [--markdown FILE] [--ours]
        [--binary BENCH] [name=value ...]
        held-out accuracy on labelled tables and on the labelled Sentinel-2 scene of Para; DATA is the folder of real data,
        without it COCAL_DATA, then ../shared/data. Each number after --folds deals the groups to five folds anew and seeds
        the models. name=value goes to our trainer (--ours leaves the peers out): that is how its defaults were found.
    python3 benches/peers/accuracy.py speed
        training, 50,000 samples x 30 features, 200 trees of depth 6, in turn with CatBoost, two threads each

Peers: scikit-learn's forest of 100 trees; CatBoost with 200 trees of depth 6, learning rate 0.12, 254 borders. Needs numpy,
scikit-learn and catboost; the scene also rasterio and geopandas.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from catboost import CatBoostClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

sys.path.insert(0, str(Path(__file__).resolve().parent))
from forest_sklearn import ROOT, para, ranked  # noqa: E402

FOLDS = 5
PARTS = 10


def bench_binary():
    command = ["cargo", "bench", "--bench", "symmetric", "--no-run", "--message-format", "json", "-q"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    made = [json.loads(line).get("executable") for line in lines if '"name":"symmetric"' in line]
    return [path for path in made if path][-1]


def deal(groups, labels, seed):
    """Whole groups to folds in a seeded order, each to the fold that has least of its commonest class."""
    random = np.random.default_rng(seed)
    names, group_of = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), labels.max() + 1))
    np.add.at(counts, (group_of, labels), 1)
    loads = np.zeros((FOLDS, labels.max() + 1))
    fold_of = np.empty(len(names), int)
    for group in random.permutation(len(names)):
        kind = counts[group].argmax()
        least = np.flatnonzero(loads[:, kind] == loads[:, kind].min())
        fold_of[group] = random.choice(least)
        loads[fold_of[group]] += counts[group]
    return fold_of[group_of]


def crop_tables(data):
    for path in sorted((data / "tables" / "deafrica_cropmask").glob("*.txt")):
        columns = path.open().readline().split()[1:]
        table = np.genfromtxt(path, skip_header=1)
        table = table[~np.isnan(table).any(1)]
        # The tables have no places. The rainfall of both seasons changes over tens of kilometres: rows of like rainfall, 10
        # by 10 parts of like size, stay together. (Runs of rows of one class would not do: the rows of the other class from
        # the same place would be in another fold, and a model that knows the place would be wrong for knowing it.)
        first, second = (table[:, columns.index(name)] for name in ("rain_S1", "rain_S2"))
        groups = parts(first, np.zeros(len(table), int))
        groups = groups * PARTS + parts(second, groups)
        yield path.stem.removesuffix("_training_data"), ranked(table[:, 1:]), (table[:, 0] > 0).astype(int), groups


def parts(values, within):
    """Part, of PARTS parts of like size, that each value lies in among those with the same `within`."""
    found = np.empty(len(values), int)
    for one in np.unique(within):
        own = np.flatnonzero(within == one)
        found[own[np.argsort(values[own], kind="stable")]] = np.arange(len(own)) * PARTS // len(own)
    return found


def series_tables(data):
    for path in sorted((data / "tables" / "sits").glob("*_samples.csv")):
        with open(path, newline="") as file:
            samples = list(csv.DictReader(file))
        names = sorted({sample["label"] for sample in samples})
        if len(names) < 2:
            continue
        series = {}
        with open(str(path).replace("_samples.csv", "_timeseries_long.csv"), newline="") as file:
            for row in csv.DictReader(file):
                bands = [float(value) for key, value in row.items() if key not in ("sample_id", "label", "Index")]
                series.setdefault(row["sample_id"], []).append((row["Index"], bands))
        dates = min(len(of_sample) for of_sample in series.values())
        values = np.array([np.ravel([b for _, b in sorted(series[s["sample_id"]])[:dates]]) for s in samples])
        labels = np.array([names.index(sample["label"]) for sample in samples])
        # Blocks of half a degree (a tenth for the small area of Rondonia) stay together.
        side = 0.1 if "rondonia" in path.stem else 0.5
        at = np.array([[float(s["longitude"]) // side, float(s["latitude"]) // side] for s in samples])
        groups = np.unique(at, axis=0, return_inverse=True)[1].ravel()
        yield path.stem.removesuffix("_samples"), np.clip((values + 1.6) * 20_000, 1, 65_535).astype(int), labels, groups


def tables(data):
    yield from crop_tables(data)
    yield from series_tables(data)
    codes, labels, units = para(data)
    yield "para", codes, labels, units


def ours(binary, codes, labels, folds, seed, given):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as table:
        np.savetxt(table, np.column_stack([labels, folds, codes]), fmt="%d")
        table.flush()
        command = [binary, "--table", table.name, str(seed), *given]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return np.array(text.split()[1:], int)


def theirs(make, codes, labels, folds):
    predicted = np.empty(len(labels), int)
    for fold in range(FOLDS):
        held = folds == fold
        predicted[held] = make().fit(codes[~held], labels[~held]).predict(codes[held]).ravel()
    return predicted


def forest(seed):
    return RandomForestClassifier(100, random_state=seed, n_jobs=2)


def catboost(seed):
    settings = {"iterations": 200, "depth": 6, "learning_rate": 0.12, "border_count": 254}
    return CatBoostClassifier(**settings, random_seed=seed, thread_count=2, verbose=0, allow_writing_files=False)


def accuracy(typed, binary):
    given = typed.data or Path(os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data"))
    seeds = [int(seed) for seed in typed.folds.split(",")]
    lines = ["| table | rows x features, classes | cocal | forest | CatBoost | - forest | - CatBoost | F1: cocal, forest, CatBoost |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    every = []
    for name, codes, labels, groups in tables(given):
        if typed.only not in name:
            continue
        right, f1 = [], []
        for seed in seeds:
            folds = deal(groups, labels, seed)
            made = [ours(binary, codes, labels, folds, seed, typed.settings)]
            if not typed.ours:
                made += [theirs(lambda: make(seed), codes, labels, folds) for make in (forest, catboost)]
            right.append([100 * np.mean(predicted == labels) for predicted in made])
            if labels.max() == 1:
                f1.append([100 * f1_score(labels, predicted) for predicted in made])
        mean = np.mean(right, axis=0)
        every.append(mean)
        cells = [f"{value:.2f}" for value in mean] + [f"{mean[0] - value:+.2f}" for value in mean[1:]]
        cells.append(", ".join(f"{value:.2f}" for value in np.mean(f1, axis=0)) if f1 else "")
        shape = f"{len(labels)} x {codes.shape[1]}, {labels.max() + 1}"
        lines.append(f"| {name} | {shape} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    mean = np.mean(every, axis=0)
    cells = [f"{value:.2f}" for value in mean] + [f"{mean[0] - value:+.2f}" for value in mean[1:]] + [""]
    lines.append("| mean | | " + " | ".join(cells) + " |")
    print(lines[-1])
    if typed.markdown:
        typed.markdown.write_text("\n".join(lines) + "\n")


def speed(binary):
    for classes in (2, 6):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([binary, "--dump", folder, str(classes)], check=True)
            labels = np.fromfile(Path(folder) / "class.u8", np.uint8)
            codes = np.fromfile(Path(folder) / "codes.u16", "<u2").reshape(-1, len(labels)).T.astype(np.float32)
            mine, other = [], []
            for _ in range(3):
                command = [binary, "--train", folder, str(classes), "2"]
                text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                mine.append(float(text.split("seconds")[1]))
                start = time.perf_counter()
                peer = catboost(1).fit(codes, labels)
                other.append(time.perf_counter() - start)
            fitted = np.mean(peer.predict(codes).ravel() == labels)
        print(f"{classes} classes: cocal {np.median(mine):.2f} s, CatBoost {np.median(other):.2f} s,"
              f" ratio {np.median(other) / np.median(mine):.1f}; {text.splitlines()[0]}, CatBoost {fitted:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", nargs="?", choices=["accuracy", "speed"], default="accuracy")
    parser.add_argument("settings", nargs="*", help="name=value for our trainer")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--folds", default="1,2,3")
    parser.add_argument("--only", default="")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--binary", help="the built bench; without it cargo builds it")
    typed = parser.parse_intermixed_args()
    binary = typed.binary or bench_binary()
    speed(binary) if typed.mode == "speed" else accuracy(typed, binary)


if __name__ == "__main__":
    main()
