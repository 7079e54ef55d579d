#!/usr/bin/env python3
"""Imported models beside the libraries that made them, on random pixels: decisions, probabilities, speed.

    imported.py [--cocal COCAL] [--rows 1000000] [--speed-rows 100000] [--only WORD] [--keep DIR]

Trains LightGBM, XGBoost, CatBoost and a scikit-learn forest on a made-up table, saves each in its own format, imports it with
`cocal model import`, and predicts the same random rows on both sides. Exits 1 when a class differs or a probability by more
than 1e-6. Speed is of one thread each: the seconds that `cocal model predict --threads 1 --json` says for its work, against
the quickest of three calls of the library's own predict on the same rows of float32.

Needs numpy, scikit-learn, lightgbm, xgboost, catboost, onnxruntime and skl2onnx (requirements.txt).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FEATURES, CLASSES, ROUNDS = 10, 6, 100
TOLERANCE = 1e-6


def samples(classes, seed=1, rows=20_000):
    """A made-up table: classes are noisy functions of some features; a twentieth of the values is missing."""
    random = np.random.default_rng(seed)
    x = random.normal(0.3, 0.2, (rows, FEATURES)).astype(np.float32)
    score = np.stack([np.sin(3 * x[:, k] + k) + x[:, (k + 3) % FEATURES] * (k - 2) for k in range(classes)], axis=1)
    y = (score + random.normal(0, 0.3, score.shape)).argmax(axis=1)
    return x, y


def pixels(rows, seed=2, missing=0.0):
    random = np.random.default_rng(seed)
    x = random.normal(0.3, 0.3, (rows, FEATURES)).astype(np.float32)
    if missing:
        x[random.random(x.shape) < missing] = np.nan
    return x


def lightgbm_model(folder, classes):
    import lightgbm

    x, y = samples(classes)
    objective = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    booster = lightgbm.train({**objective, "num_leaves": 31, "verbose": -1, "seed": 1}, lightgbm.Dataset(x, y), ROUNDS)
    path = folder / f"lightgbm_{classes}.txt"
    booster.save_model(path)

    def predict(rows):
        p = booster.predict(rows, num_threads=1)
        return np.stack([1 - p, p], axis=1) if classes == 2 else p

    return path, predict


def xgboost_model(folder, classes, ending):
    import xgboost

    x, y = samples(classes)
    objective = {"objective": "binary:logistic"} if classes == 2 else {"objective": "multi:softprob", "num_class": classes}
    booster = xgboost.train({**objective, "max_depth": 6, "seed": 1, "nthread": 2}, xgboost.DMatrix(x, y), ROUNDS)
    path = folder / f"xgboost_{classes}.{ending}"
    booster.save_model(path)
    booster.set_param({"nthread": 1})

    def predict(rows):
        p = booster.inplace_predict(rows)
        return np.stack([1 - p, p], axis=1) if classes == 2 else p

    return path, predict


def catboost_model(folder, classes):
    from catboost import CatBoostClassifier

    x, y = samples(classes)
    model = CatBoostClassifier(iterations=200, depth=6, verbose=0, random_seed=1, thread_count=2, allow_writing_files=False)
    model.fit(x, y)
    path = folder / f"catboost_{classes}.json"
    model.save_model(str(path), format="json")

    def predict(rows):
        return model.predict_proba(rows, thread_count=1)

    # CatBoost goes through its values by column: a tenth faster than rows, and what a raster's bands are.
    predict.laid_out = np.asfortranarray
    return path, predict


def forest_model(folder, classes, depth):
    import onnxruntime
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    x, y = samples(classes)
    forest = RandomForestClassifier(100, max_depth=depth, random_state=1, n_jobs=2).fit(x, y)
    onnx = to_onnx(forest, x[:1], options={"zipmap": False})
    path = folder / f"forest_{classes}_{depth}.onnx"
    path.write_bytes(onnx.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    forest.set_params(n_jobs=1)
    return path, lambda rows: session.run(None, {"X": rows})[1], forest.predict_proba


def cocal_predict(cocal, model, table, folder):
    """Classes, probabilities, and the seconds of the work."""
    out = folder / "out.csv"
    command = [cocal, "model", "predict", model, table, "-o", out, "--threads", "1", "--json"]
    done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True)
    found = np.loadtxt(out, delimiter=",", skiprows=1)
    return found[:, 0].astype(int), found[:, 1:], json.loads(done.stdout)["seconds"]


def compare(name, made, options, folder):
    path, predict, *others = made
    model = folder / f"{path.name}.cocal"
    command = [options.cocal, "model", "import", path, "-o", model, "--quiet"]
    subprocess.run([str(word) for word in command], check=True)
    row = {"model": name}
    for kind, missing in (("values", 0.0), ("some missing", 0.05)):
        if missing and others:
            continue  # ONNX Runtime's forests say nothing of missing values.
        rows = pixels(options.rows, missing=missing)
        table = folder / "rows.npy"
        np.save(table, rows)
        classes, p, _ = cocal_predict(options.cocal, model, table, folder)
        theirs = np.asarray(predict(rows), dtype=float)
        row[kind] = {
            "decisions": int(np.sum(classes != theirs.argmax(axis=1))),
            "probability": float(np.abs(p - theirs).max()),
        }
        for other in others:
            of = other(rows)
            row["scikit-learn"] = int(np.sum(classes != of.argmax(axis=1)))
    rows = pixels(options.speed_rows)
    np.save(folder / "rows.npy", rows)
    laid_out = getattr(predict, "laid_out", np.asarray)(rows)
    seconds, ours = [], []
    for _ in range(3):
        start = time.perf_counter()
        predict(laid_out)
        seconds.append(time.perf_counter() - start)
        ours.append(cocal_predict(options.cocal, model, folder / "rows.npy", folder)[2])
    row["library_mpx_s"], row["cocal_mpx_s"] = (options.speed_rows / 1e6 / min(s) for s in (seconds, ours))
    if others:
        start = time.perf_counter()
        others[0](rows)
        row["scikit_mpx_s"] = options.speed_rows / 1e6 / (time.perf_counter() - start)
    return row


MODELS = {
    "LightGBM, 31 leaves x 6 classes": lambda folder: lightgbm_model(folder, CLASSES),
    "LightGBM, binary": lambda folder: lightgbm_model(folder, 2),
    "XGBoost, depth 6 x 6 classes (JSON)": lambda folder: xgboost_model(folder, CLASSES, "json"),
    "XGBoost, binary (UBJ)": lambda folder: xgboost_model(folder, 2, "ubj"),
    "CatBoost, 200 trees, binary": lambda folder: catboost_model(folder, 2),
    "CatBoost, 200 trees, 6 classes": lambda folder: catboost_model(folder, CLASSES),
    "scikit-learn forest, depth 20 (ONNX)": lambda folder: forest_model(folder, CLASSES, 20),
    "scikit-learn forest, depth 6, binary (ONNX)": lambda folder: forest_model(folder, 2, 6),
}


def run(options):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        wanted = [(name, make) for name, make in MODELS.items() if options.only.lower() in name.lower()]
        for name, make in wanted:
            yield compare(name, make(folder), options, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cocal", default=ROOT / "target" / "release" / "cocal")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--speed-rows", type=int, default=100_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    options = parser.parse_args()
    bad = False
    for row in run(options):
        print(json.dumps(row), flush=True)
        for kind in ("values", "some missing"):
            part = row.get(kind)
            bad |= bool(part) and (part["decisions"] > 0 or part["probability"] > TOLERANCE)
    if bad:
        sys.exit("decisions or probabilities differ")


if __name__ == "__main__":
    main()
