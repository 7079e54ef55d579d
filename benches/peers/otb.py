#!/usr/bin/env python3
"""Orfeo ToolBox's ImageClassifier with a random forest on a part of a tile.

    otb.py TILE CLASSES [--share 16]

TILE is a raster whose first ten bands are the features, CLASSES the map that cocal made of it. The forest (OpenCV's, the only one in
Debian's build: 100 trees, depth 20, leaves of one sample, no early end) learns 30,000 random pixels of the part under cocal's own
labels, the same as scikit-learn's in whole.py. Seconds of ImageClassifier as a whole command, file to file, with and without its
confidence map, scaled to the whole tile; learning is not counted. Debian builds OTB without OpenMP, so that its classifier runs in
one thread: two processes share the part, half of it each.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

BANDS = list(range(1, 11))
FEATURES = [f"b{band}" for band in BANDS]
LEARNER = ["-classifier", "rf", "-classifier.rf.max", "20", "-classifier.rf.min", "1", "-classifier.rf.nbtrees", "100"]
LEARNER += ["-classifier.rf.acc", "0", "-rand", "1", "-v", "0"]


def install():
    """Debian's package where it is not there and this is root; whether the tools are there."""
    if not shutil.which("otbcli_ImageClassifier") and shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "otb-bin"]):
            subprocess.run(["apt-get", *words], env=environment, stdout=subprocess.DEVNULL, check=False)
    return shutil.which("otbcli_ImageClassifier") is not None


def call(tool, *commands):
    """Wall seconds of one of the tools, run at once with each of the commands' words."""
    # A rasterio that is loaded here must not lend its PROJ and GDAL files to Debian's OTB.
    environment = {k: v for k, v in os.environ.items() if k not in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
    start = time.perf_counter()
    running = [subprocess.Popen([f"otbcli_{tool}", *map(str, words)], **pipes) for words in commands]
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        sys.exit(f"otbcli_{tool} failed:\n{''.join(said)}")
    return time.perf_counter() - start


def samples(bands, labels, path):
    """30,000 random pixels as the vector file that the learner takes (its labels are numbers)."""
    import geopandas

    pixels = np.random.default_rng(1).choice(labels.size, min(30_000, labels.size), replace=False)
    columns = dict(zip(FEATURES, bands.reshape(10, -1)[:, pixels].astype("float64")))
    points = geopandas.points_from_xy(pixels % labels.shape[1], pixels // labels.shape[1])
    geopandas.GeoDataFrame({**columns, "class": labels.ravel()[pixels].astype("int32")}, geometry=points, crs=3857).to_file(path, driver="GPKG")


def measure(tile, classes, share=16):
    """Seconds a tile, with and without the confidence map, and how often it says what cocal does; None where OTB is not."""
    if not install():
        return None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with rasterio.open(tile) as source, rasterio.open(classes) as map_:
            half = source.height // (2 * share)
            part = Window(0, 0, source.width, 2 * half)
            bands, labels = source.read(BANDS, window=part), map_.read(1, window=part)
            profile = {"driver": "GTiff", "dtype": bands.dtype, "count": 10, "crs": source.crs, "transform": source.transform}
            profile |= {"compress": "deflate", "predictor": 2, "tiled": True, "blockxsize": 512, "blockysize": 512}
            for i in range(2):
                with rasterio.open(folder / f"part{i}.tif", "w", width=part.width, height=half, **profile) as target:
                    target.write(bands[:, i * half : (i + 1) * half])
            scale = source.height / part.height
        points, model = folder / "samples.gpkg", folder / "forest.txt"
        samples(bands, labels, points)
        call("TrainVectorClassifier", ["-io.vd", points, "-io.out", model, "-feat", *FEATURES, "-cfield", "class", *LEARNER])
        read = [["-in", folder / f"part{i}.tif", "-model", model, "-ram", "512", "-progress", "0"] for i in range(2)]
        name = lambda what, i: f"{folder / f'{what}{i}.tif'}?&gdal:co:COMPRESS=DEFLATE&gdal:co:TILED=YES"
        plain = call("ImageClassifier", *([*read[i], "-out", name("plain", i), "uint8"] for i in range(2)))
        sure = lambda i: ["-out", name("class", i), "uint8", "-confmap", name("sure", i), "float"]
        confidence = call("ImageClassifier", *([*read[i], *sure(i)] for i in range(2)))
        with rasterio.open(folder / "plain0.tif") as found:
            same = float((found.read(1) == labels[:half]).mean())
    return {"plain": plain * scale, "confidence": confidence * scale, "share": share, "same": same}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tile")
    parser.add_argument("classes")
    parser.add_argument("--share", type=int, default=16)
    options = parser.parse_args()
    print(json.dumps(measure(options.tile, options.classes, options.share), indent=1))


if __name__ == "__main__":
    main()
