#!/usr/bin/env python3
"""Held-out accuracy on the labelled Sentinel-2 scene of Para: `cocal train` beside scikit-learn's random forest.

    python3 benches/peers/para_sklearn.py [--cocal PATH] [DATA]

DATA is the folder of real data; without it COCAL_DATA, then ../shared/data beside the repository. PATH is the binary;
without it target/release/cocal, where cargo puts it.

Five seeds. `cocal train --json` says in which fold it held out each polygon; scikit-learn then trains on the same
pixels and folds. The pixels of a polygon are those covered by half or more, here by exactextract's count. cocal trains its
default, 200 boosted trees, scikit-learn a forest of 100. Features differ: scikit-learn sees the scene's 12 bands, cocal
also the indices that it makes of them.

Exits 1 when pixels or polygons differ between the two, or when cocal's mean accuracy is more than 0.01 below.
Needs exactextract, geopandas, numpy, rasterio and scikit-learn (requirements.txt).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import geopandas
import numpy as np
import rasterio
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterio.warp import transform_bounds
from sklearn.ensemble import RandomForestClassifier

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(1, 6)
TREES = 100
TOLERANCE = 0.01

# A project needs a date and a territory, and training uses neither here: the scene's date is not known, and the
# municipality is a rectangle around the scene with a code that no municipality has. The file says nothing of the offset of
# +1000 that Sentinel-2 carries since processing baseline 04.00, its numbers do: the darkest per cent of the darkest band is
# at 1,050. It moves no band's order, so scikit-learn does not care, but it does move the indices.
PROJECT = """\
[territory]
municipalities = "around.geojson"
code_field = "code"
name_field = "name"

[[scenes]]
path = {scene}
date = 2020-07-01          # made up
sensor = "sentinel-2-l2a"
scale = 1e-4
offset = -0.1

[classifier]
samples = {samples}
class_field = "class"
"""


def release_binary():
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    found = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Path(json.loads(found)["target_directory"]) / "release" / "cocal"


def write_project(folder, scene, samples):
    with rasterio.open(scene) as source:
        west, south, east, north = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    around = {
        "type": "Feature",
        "properties": {"code": "00001", "name": "around the scene"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (folder / "around.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [around]}))
    project = folder / "cocal.toml"
    # A JSON string is a TOML string too.
    project.write_text(PROJECT.format(scene=json.dumps(str(scene)), samples=json.dumps(str(samples))))
    return project


def train_cocal(cocal, project, samples, seed):
    command = [cocal, "train", "--project", project, "--samples", samples, "--class-field", "class"]
    command += ["--seed", seed, "--threads", 1, "--json", "--quiet", "-o", project.with_name(f"model_{seed}.cocal")]
    done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def labelled_pixels(scene, samples):
    """Bands, class and polygon (its number in the file, from 0) of each pixel that a polygon covers by half or more."""
    with rasterio.open(scene) as source:
        bands, valid = source.read(), (source.read_masks() > 0).all(axis=0)
        polygons = geopandas.read_file(samples).to_crs(source.crs)
        grid = NumPyRasterSource(np.ones(source.shape), *source.bounds, srs_wkt=source.crs.to_wkt())
    polygons["number"] = range(len(polygons))
    found = exact_extract(grid, polygons, ["cell_id", "coverage"], include_cols=["number", "class"])
    rows, labels, numbers = [], [], []
    for p in (feature["properties"] for feature in found):
        # Cells are numbered along the rows.
        cells = np.asarray(p["cell_id"], int)[np.asarray(p["coverage"]) >= 0.5]
        cells = cells[valid.ravel()[cells]]
        rows.append(bands.reshape(len(bands), -1)[:, cells].T)
        labels += [p["class"]] * len(cells)
        numbers += [p["number"]] * len(cells)
    return np.concatenate(rows), np.array(labels), np.array(numbers)


def folds_of(report, numbers):
    """Fold of each pixel as cocal dealt its polygon; -1 for one that is never held out, -2 for one that it has not."""
    fold_of = {int(number): -1 if fold is None else fold for number, fold in report["folds"].items()}
    return np.array([fold_of.get(number, -2) for number in numbers.tolist()])


def accuracy_sklearn(bands, labels, folds, seed):
    right = 0
    for fold in range(folds.max() + 1):
        held = folds == fold
        forest = RandomForestClassifier(n_estimators=TREES, n_jobs=1, random_state=seed)
        forest.fit(bands[~held], labels[~held])
        right += np.sum(forest.predict(bands[held]) == labels[held])
    return right / np.sum(folds >= 0)


def counts_cocal(report):
    """What both must agree on: pixels and polygons, in all and held out of each class."""
    held = {c["class"]: (c["pixels"], c["polygons"]) for c in report["held_out"]["classes"]}
    return {"pixels": report["pixels"], "polygons": len(report["folds"]), "held out (pixels, polygons)": held}


def counts_sklearn(labels, numbers, folds):
    held = {
        str(name): (int(np.sum(mine)), len(np.unique(numbers[mine])))
        for name in np.unique(labels)
        for mine in [(labels == name) & (folds >= 0)]
    }
    pixels = dict(Counter(labels.tolist()))
    return {"pixels": pixels, "polygons": len(np.unique(numbers)), "held out (pixels, polygons)": held}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cocal", type=Path)
    parser.add_argument("data", metavar="DATA", nargs="?", type=Path)
    typed = parser.parse_args()
    cocal = typed.cocal or release_binary()
    data = typed.data or Path(os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data"))
    folder = data.resolve() / "imagery" / "rstoolbox_para_brazil"
    scene = folder / "sen2_L2A_12band_uint16_x10000_utm21s_nearest.tif"
    samples = folder / "trainingPolygons_sen2_wgs84.geojson"
    for path in (cocal, scene, samples):
        if not path.exists():
            sys.exit(f"{path} is not there")

    bands, labels, numbers = labelled_pixels(scene, samples)
    ours, theirs, same = [], [], True
    with tempfile.TemporaryDirectory() as made:
        project = write_project(Path(made), scene, samples)
        print("seed | cocal  | scikit-learn | difference")
        for seed in SEEDS:
            report = train_cocal(cocal, project, samples, seed)
            folds = folds_of(report, numbers)
            mine, other = counts_cocal(report), counts_sklearn(labels, numbers, folds)
            ours.append(report["held_out"]["overall_accuracy"])
            theirs.append(accuracy_sklearn(bands, labels, folds, seed))
            print(f"{seed:4} | {ours[-1]:.4f} | {theirs[-1]:12.4f} | {ours[-1] - theirs[-1]:+.4f}", flush=True)
            for what in mine:
                if mine[what] != other[what]:
                    same = False
                    print(f"seed {seed}, {what} differ: cocal {mine[what]}, scikit-learn {other[what]}")
    difference = np.mean(ours) - np.mean(theirs)
    print(f"mean | {np.mean(ours):.4f} | {np.mean(theirs):12.4f} | {difference:+.4f}")
    print(f"classes: {', '.join(report['classes'])}; folds: {folds.max() + 1}")
    for name, counts, features in (("cocal", mine, len(report["features"])), ("scikit-learn", other, bands.shape[1])):
        print(f"{name}: {sum(counts['pixels'].values())} pixels in {counts['polygons']} polygons, {features} features")
    if not same:
        sys.exit("not the same pixels and polygons on both sides")
    if difference < -TOLERANCE:
        sys.exit(f"cocal's mean accuracy is more than {TOLERANCE} below scikit-learn's")


if __name__ == "__main__":
    main()
