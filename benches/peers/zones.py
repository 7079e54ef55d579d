#!/usr/bin/env python3
"""The zonal kernel beside exactextract and rasterstats, on the masks and polygons of benches/zones.rs, in one run.

    zones.py [--cocal COCAL] [--layer MUNICIPALITIES.geojson] [--cases stars,rough,...] [--repeats 3] [--keep DIR] [--json]

`cargo bench --bench zones -- --dump` makes the inputs, times the kernel and leaves its planar sums. Each case is then read by
exactextract (one thread) from memory and from a deflated GeoTIFF, with the one operation that is cheapest for it (`sum`) and with
what cocal gives (the coverage of every class); by rasterstats (pixel centres only, so its sums differ; 16 of the polygons, scaled to all); and by
`cocal hectares --planar` from the same file as a whole command. Exits 1 when any class in any polygon differs by more than 1e-7
(of itself, or of a thousandth of a pixel where it is smaller), or GDAL's sum of a polygon does: `raster zonal-stats` of GDAL 3.12 reads
the same files, fractional pixels (gdal_zonal.py). Both commands are timed whole, start included; GDAL's from when its library is loaded.
"""

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import gdal_zonal

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 1e-7


def kernel(folder, cases, layer, options):
    """Runs the bench; the seconds of each case as it prints them."""
    command = [options.bench] if options.bench else ["cargo", "bench", "--quiet", "--bench", "zones", "--"]
    command += ["--dump", folder, "--repeats", str(max(options.repeats, 5))]
    command += ["--layer", layer] if layer else []
    command += ["--only", cases[0]] if len(cases) == 1 else []
    text = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(": ")
        if "; zones " not in rest:
            continue
        words = rest.replace(",", "").replace("(", "").replace(")", "").split()
        found[name] = {key: float(words[words.index(key) + 1]) for key in ("zones", "planar", "geodesic")}
    return {case: found[case] for case in cases if case in found}


def written(folder, case, facts):
    """The mask as the GeoTIFF that a classification would leave, tiles of 512, DEFLATE."""
    import numpy
    import rasterio

    path = os.path.join(folder, f"{case}.tif")
    codes = numpy.fromfile(os.path.join(folder, f"{case}.u8"), dtype="uint8").reshape(facts["rows"], facts["cols"])
    with rasterio.open(
        path, "w", driver="GTiff", height=facts["rows"], width=facts["cols"], count=1, dtype="uint8", tiled=True,
        crs=f"EPSG:{facts['epsg']}", transform=rasterio.Affine(*facts["transform"]), compress="deflate",
        blockxsize=512, blockysize=512,
    ) as target:  # fmt: skip
        target.write(codes, 1)
    return path, codes


def median(repeats, work):
    """Median wall seconds, median processor seconds, last result."""
    wall, processor, result = [], [], None
    for _ in range(repeats):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        result = work()
        wall.append(time.perf_counter() - start)
        processor.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - before)
    return statistics.median(wall), statistics.median(processor), result


def beside_exactextract(path, codes, facts, polygons, repeats):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    a = facts["transform"]
    extent = (a[2], a[5] + a[4] * facts["rows"], a[2] + a[0] * facts["cols"], a[5])
    memory = NumPyRasterSource(codes, *extent)
    memory.srs_wkt = lambda: polygons.crs.to_wkt()
    cells = {"include_cols": ["zone"], "max_cells_in_memory": 2**28}
    times = {}
    for name, source, operations in (
        ("memory, sum", memory, ["sum"]),
        ("memory, classes", memory, ["unique", "frac", "count"]),
        ("file, sum", path, ["sum"]),
        ("file, classes", path, ["unique", "frac", "count"]),
    ):
        wall, processor, result = median(repeats, lambda: exact_extract(source, polygons, operations, **cells))
        times[name] = {"wall": wall, "processor": processor}
        times[name]["result"] = result
    return times


def disagreement(found, facts):
    """The largest difference of a class in a polygon, relative."""
    theirs = {}
    for feature in found:
        p = feature["properties"]
        for value, part in zip(p["unique"], p["frac"]):
            theirs[int(p["zone"]), int(value)] = part * p["count"]
    worst, compared = 0.0, 0
    for zone, sums in enumerate(facts["pixels"]):
        for value, ours in zip(facts["classes"], sums):
            other = theirs.get((zone, value), 0.0)
            worst = max(worst, abs(ours - other) / max(ours, other, 1e-3))
            compared += other > 0
    if not compared:
        sys.exit("nothing to compare")
    return worst


def command_on_file(cocal, path, layer, repeats):
    """Median wall seconds of `cocal hectares`, planar and geodesic, one thread."""
    seconds = {"planar": [], "geodesic": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(repeats):
            for way in seconds:
                out = os.path.join(folder, f"{way}{turn}.csv")
                run = [cocal, "hectares", "--quiet", "--threads", "1", "--mask", path, "--municipalities", layer]
                run += ["--code-field", "code", "-o", out] + (["--planar"] if way == "planar" else [])
                start = time.perf_counter()
                subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
                seconds[way].append(time.perf_counter() - start)
                with open(out, newline="", encoding="utf-8") as lines:
                    assert next(csv.reader(lines)), out
    return {way: statistics.median(all_) for way, all_ in seconds.items()}


def rasterstats_seconds(path, polygons, share):
    """Seconds of a part of the polygons, scaled to all of them."""
    from rasterstats import zonal_stats

    some = polygons.iloc[: max(1, int(len(polygons) * share))]
    start = time.perf_counter()
    zonal_stats(some.geometry, path, categorical=True, nodata=255)
    return (time.perf_counter() - start) * len(polygons) / len(some)


def measure(folder, case, ours, options):
    """All figures of one case."""
    import geopandas

    with open(os.path.join(folder, f"{case}.json"), encoding="utf-8") as text:
        facts = json.load(text)
    path, codes = written(folder, case, facts)
    polygons = geopandas.read_file(os.path.join(folder, f"{case}.geojson"))
    polygons = polygons.set_crs(facts["epsg"], allow_override=True)
    # Codes that `cocal hectares` takes: departments are 01 to 99.
    polygons["code"] = [f"{10 + zone // 900:02d}{1 + zone % 900:03d}" for zone in polygons["zone"]]
    layer = os.path.join(folder, f"{case}_codes.gpkg")
    polygons.to_file(layer, driver="GPKG")
    times = beside_exactextract(path, codes, facts, polygons, options.repeats)
    apart = disagreement(times["memory, classes"].pop("result"), facts)
    for entry in times.values():
        entry.pop("result", None)
    row = {"case": case, "kernel": ours, "exactextract": times, "apart": apart}
    row["command"] = command_on_file(options.cocal, path, layer, options.repeats) if options.cocal else None
    row["gdal"] = gdal_zonal.measure(path, layer, facts, options.repeats)
    share = min(1.0, 16 / len(polygons))
    row["rasterstats"] = {"seconds": rasterstats_seconds(path, polygons, share)} if options.rasterstats else None
    if row["gdal"]:
        row["apart"] = max(apart, row["gdal"]["apart"])
    row["ratio_kernel"] = times["memory, sum"]["processor"] / (ours["zones"] + ours["planar"])
    row["ratio_kernel_classes"] = times["memory, classes"]["processor"] / (ours["zones"] + ours["planar"])
    if row["command"]:
        row["ratio_file"] = times["file, sum"]["wall"] / row["command"]["planar"]
        row["ratio_file_classes"] = times["file, classes"]["wall"] / row["command"]["planar"]
        for peer in ("gdal", "rasterstats"):
            seconds = row[peer]["seconds"] if row[peer] else None
            row[f"ratio_{peer}"] = seconds / row["command"]["planar"] if seconds else None
    return row


def run(options):
    """Rows of all cases; `options` as of the command line."""
    cases = options.cases.split(",")
    if not options.layer:
        cases = [case for case in cases if case != "country"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        seconds = kernel(folder, cases, options.layer, options)
        return [measure(folder, case, ours, options) for case, ours in seconds.items()]


def show(row):
    kernel_seconds = row["kernel"]
    print(f"{row['case']}: zones {kernel_seconds['zones']:.4f} s, planar {kernel_seconds['planar']:.4f} s, geodesic {kernel_seconds['geodesic']:.4f} s")
    for name, entry in row["exactextract"].items():
        print(f"  exactextract, {name}: {entry['processor']:.3f} s processor, {entry['wall']:.3f} s wall")
    print(f"  kernel with zones against exactextract: {row['ratio_kernel']:.1f} times (sum), {row['ratio_kernel_classes']:.1f} (classes)")
    if row["command"]:
        print(f"  cocal hectares: planar {row['command']['planar']:.3f} s, geodesic {row['command']['geodesic']:.3f} s (whole command)")
        print(f"  from the file: {row['ratio_file']:.1f} times (sum), {row['ratio_file_classes']:.1f} (classes)")
    for peer in ("rasterstats", "gdal"):
        print(f"  {peer}: {row[peer] or 'not measured'}; {row.get(f'ratio_{peer}') or 0:.1f} times the whole command")
    print(f"  largest relative difference {row['apart']:.2e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cocal", help="the program; without it the command is not timed")
    parser.add_argument("--bench", help="the built bench, where cargo should not be asked")
    parser.add_argument("--layer", help="polygons of a country in longitude and latitude (GeoJSON)")
    parser.add_argument("--cases", default="stars,rough,municipalities,country")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", help="folder for the inputs")
    parser.add_argument("--no-rasterstats", dest="rasterstats", action="store_false")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = run(options)
    if options.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            show(row)
    if any(row["apart"] > TOLERANCE for row in rows):
        sys.exit("sums differ")


if __name__ == "__main__":
    main()
