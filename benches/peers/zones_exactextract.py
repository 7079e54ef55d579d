#!/usr/bin/env python3
"""Planar class coverage by municipality: cocal against exactextract (PyPI), both timed.

    zones_exactextract.py COCAL MASK.tif MUNICIPALITIES.geojson CODE_FIELD

Runs `cocal hectares --planar` and `exact_extract(..., ["unique", "frac", "count"])` and compares the covered pixels of
every class in every municipality. Exits 1 when the layers differ, or when any figure, however small, or any class total
differs by more than 1e-6 of itself. Needs exactextract, geopandas and rasterio (requirements.txt).
"""

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas
import rasterio
from exactextract import exact_extract

TOLERANCE = 1e-6


def run_cocal(cocal, mask, layer, field):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "planar.csv"
        start = time.perf_counter()
        subprocess.run(
            [cocal, "hectares", "--planar", "--quiet", "--mask", mask, "--municipalities", layer]
            + ["--code-field", field, "-o", str(out)],
            check=True,
        )
        seconds = time.perf_counter() - start
        with open(out, newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    return {(r["municipality_code"], int(r["class"])): float(r["planar_pixels"]) for r in rows}, seconds


def run_exactextract(mask, layer, field):
    with rasterio.open(mask) as source:
        polygons = geopandas.read_file(layer)
        if polygons.crs != source.crs:
            # A straight edge bends when it is transformed: cut it into pieces of about 1 km, as cocal does.
            polygons.geometry = polygons.segmentize(1 / 111.32 if polygons.crs.is_geographic else 1000)
            polygons = polygons.to_crs(source.crs)
    start = time.perf_counter()
    found = exact_extract(mask, polygons, ["unique", "frac", "count"], include_cols=[field], max_cells_in_memory=2**28)
    seconds = time.perf_counter() - start
    pixels = {}
    for feature in found:
        p = feature["properties"]
        for value, part in zip(p["unique"], p["frac"]):
            pixels[p[field], int(value)] = part * p["count"]
    return pixels, seconds


def main():
    cocal, mask, layer, field = sys.argv[1:5]
    ours, our_seconds = run_cocal(cocal, mask, layer, field)
    theirs, their_seconds = run_exactextract(mask, layer, field)
    keys = set(theirs) | {key for key, pixels in ours.items() if pixels > 0}
    if not keys:
        sys.exit("nothing to compare")
    apart = {k: abs(ours.get(k, 0.0) - theirs.get(k, 0.0)) / max(ours.get(k, 0.0), theirs.get(k, 0.0)) for k in keys}
    worst = max(keys, key=apart.get)
    totals = {}
    for key in keys:
        a, b = totals.get(key[1], (0.0, 0.0))
        totals[key[1]] = (a + ours.get(key, 0.0), b + theirs.get(key, 0.0))
    coca = [(a, b) for value, (a, b) in totals.items() if 1 <= value <= 23]
    coca_ours, coca_theirs = sum(a for a, _ in coca), sum(b for _, b in coca)
    worst_total = max(abs(a - b) / b for a, b in totals.values())
    print(f"municipalities {len({code for code, _ in keys})}, figures {len(keys)}")
    print(f"classes 1 to 23: cocal {coca_ours:.6f} pixels, exactextract {coca_theirs:.6f} pixels")
    print(f"all classes: cocal {sum(a for a, _ in totals.values()):.6f}, exactextract {sum(b for _, b in totals.values()):.6f}")
    print(f"largest relative difference: {apart[worst]:.2e} of a figure (at {worst}), {worst_total:.2e} of a class total")
    print(f"cocal {our_seconds:.2f} s (whole command), exactextract {their_seconds:.2f} s (without reading the polygons)")
    if apart[worst] > TOLERANCE or worst_total > TOLERANCE:
        sys.exit(1)


if __name__ == "__main__":
    main()
