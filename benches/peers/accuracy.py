#!/usr/bin/env python3
"""Boosted symmetric trees beside CatBoost and scikit-learn's forest: held-out accuracy, and the time to train.

    python3 benches/peers/accuracy.py accuracy [DATA]    all on the same rows, codes and folds; three seeds each
    python3 benches/peers/accuracy.py training           50,000 samples x 30 features, 200 trees, two threads

DATA is the folder of real data; without it COCAL_DATA, then ../shared/data. Needs catboost, scikit-learn, pandas, rasterio and
geopandas. Arguments name=value go to cocal (see benches/symmetric.rs).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from catboost import CatBoostClassifier
from forest_sklearn import ROOT, folds_of_units, para, ranked
from sklearn.ensemble import RandomForestClassifier

SEEDS = (1, 2, 3)
GIVEN = [a for a in sys.argv[1:] if "=" in a]


def symmetric(*arguments):
    command = ["cargo", "bench", "-q", "--bench", "symmetric", "--", *map(str, arguments), *GIVEN]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def catboost(seed):
    settings = {"iterations": 200, "depth": 6, "learning_rate": 0.12, "border_count": 254, "thread_count": 2}
    return CatBoostClassifier(**settings, random_seed=seed, verbose=0, allow_writing_files=False)


def forest(seed):
    return RandomForestClassifier(100, random_state=seed, n_jobs=2)


def held_out(make, codes, labels, folds):
    right = []
    for seed in SEEDS:
        hits = 0
        for fold in np.unique(folds):
            train, test = folds != fold, folds == fold
            hits += np.sum(np.ravel(make(seed).fit(codes[train], labels[train]).predict(codes[test])) == labels[test])
        right.append(hits / len(labels))
    return np.mean(right)


def time_series(folder, name):
    """Features and labels of a set of labelled time series: one column a band and date, in order of the dates."""
    import pandas

    series = pandas.read_csv(folder / f"{name}_timeseries_long.csv")
    samples = pandas.read_csv(folder / f"{name}_samples.csv")
    key = samples.columns[0]
    bands = [c for c in series.columns if c not in (key, "label", "Index")]
    series["step"] = series.groupby(key).cumcount()
    wide = series.pivot(index=key, columns="step", values=bands)
    wide = wide.loc[samples[key]]
    whole = ~wide.isna().any(axis=1).to_numpy()
    # Places within half a degree are held out together.
    place = np.floor(samples[["longitude", "latitude"]].to_numpy() * 2)
    units = np.unique(place, axis=0, return_inverse=True)[1].ravel()
    labels = np.unique(samples["label"], return_inverse=True)[1]
    return wide.to_numpy()[whole], labels[whole], units[whole]


def tables(data):
    """(name, codes, labels, folds) of every labelled table and scene."""
    codes, labels, units = para(data)
    yield "Para, by polygon", codes, labels, folds_of_units(labels, units)
    for path in sorted((data / "tables" / "deafrica_cropmask").glob("*.txt")):
        table = np.loadtxt(path, skiprows=1)
        for kind, labels in (("classes", table[:, 0].astype(int)), ("crop or not", (table[:, 0] > 0).astype(int))):
            if len(np.unique(labels)) < 2:
                continue
            labels = np.unique(labels, return_inverse=True)[1]
            folds = np.empty(len(labels), int)
            for label in np.unique(labels):
                of_class = np.flatnonzero(labels == label)
                folds[of_class] = np.arange(len(of_class)) * 5 // len(of_class)
            yield f"{path.stem.removesuffix('_training_data')}, {kind}", ranked(table[:, 1:]), labels, folds
    folder = data / "tables" / "sits"
    for path in sorted(folder.glob("*_samples.csv")):
        name = path.stem.removesuffix("_samples")
        values, labels, units = time_series(folder, name)
        yield f"{name}, by half a degree", ranked(values), labels, crossed_folds(labels, units)


def crossed_folds(labels, units, count=5):
    """Whole units to folds, the largest first to the fold with fewest rows."""
    load, fold_of = np.zeros(count), {}
    names, sizes = np.unique(units, return_counts=True)
    for unit, size in sorted(zip(names, sizes), key=lambda pair: (-pair[1], pair[0])):
        fold_of[unit] = int(np.argmin(load))
        load[fold_of[unit]] += size
    return np.array([fold_of[unit] for unit in units])


def accuracy(data):
    print("| data, folds | rows x features | classes | cocal | CatBoost | forest | against forest | against CatBoost |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    differences = []
    for name, codes, labels, folds in tables(data):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as table:
            np.savetxt(table, np.column_stack([labels, folds, codes]), fmt="%d")
            table.flush()
            ours = np.mean([float(v) for v in re.findall(r"accuracy ([0-9.]+)", symmetric("--table", table.name))])
        cat, trees = (held_out(make, codes, labels, folds) for make in (catboost, forest))
        differences.append((ours - trees, ours - cat))
        print(
            f"| {name} | {len(labels)} x {codes.shape[1]} | {len(np.unique(labels))} | {ours:.4f} | {cat:.4f} | {trees:.4f}"
            f" | {ours - trees:+.4f} | {ours - cat:+.4f} |",
            flush=True,
        )
    against = np.array(differences)
    print(f"\nabove the forest on {np.sum(against[:, 0] > 0)} of {len(against)}, on average {against[:, 0].mean():+.4f}")
    print(f"against CatBoost on average {against[:, 1].mean():+.4f}")


def training():
    with tempfile.TemporaryDirectory() as folder:
        ours = symmetric("--train", folder, "rows=1", "features=1", "rate=0.12")
        codes = np.fromfile(Path(folder) / "codes.u16", "<u2").reshape(30, -1).T.astype(np.float32)
        labels = np.fromfile(Path(folder) / "class.u8", np.uint8)
    times, right = [], 0.0
    for seed in SEEDS:
        start = time.perf_counter()
        model = catboost(seed).fit(codes, labels)
        times.append(time.perf_counter() - start)
        right = np.mean(np.ravel(model.predict(codes)) == labels)
    mine = sorted(float(v) for v in re.findall(r"trained ([0-9.]+)", ours))
    print(ours, end="")
    print(f"CatBoost: {', '.join(f'{t:.3f}' for t in times)} s, {right:.4f} right")
    print(f"ratio of the medians: {np.median(times) / np.median(mine):.2f}")


if __name__ == "__main__":
    plain = [a for a in sys.argv[1:] if "=" not in a]
    if plain[:1] == ["training"]:
        training()
    elif plain[:1] == ["accuracy"]:
        accuracy(Path(plain[1] if len(plain) > 1 else os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data")))
    else:
        sys.exit(__doc__)
