#!/usr/bin/env python3
"""`make bench-records`: time and memory of the commands on records, at the size of Colombia.

    records.py [--inputs DIR] [--threads 2] [--repeats 3] [--dry]

Makes synthetic records of 1,122 municipalities x 24 years and 145,000 eradication events (kept in DIR, without it
target/bench-inputs/records), with yearly masks of some 0.7 km and polygons on a lattice, runs each command, and writes the table of
docs/benchmarks.md: the fastest of REPEATS and the highest memory. The ground, the codes and every figure are made up. Needs numpy and rasterio (benches/peers/requirements.txt) and
cargo. --dry prints only.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench-records: written by make bench-records -->", "<!-- end of bench-records -->"
YEARS = range(2001, 2025)
COLUMNS, ROWS = 34, 33
WEST, NORTH, STEP = -78.0, 9.0, 0.3


def codes():
    """1,122 codes in 33 departments, as many as Colombia has."""
    return [f"{1 + i // 34:02d}{1 + i % 34:03d}" for i in range(1122)]


def square(number):
    col, row = number % COLUMNS, number // COLUMNS
    return WEST + col * STEP, NORTH - row * STEP


def write(path, header, rows):
    with open(path, "w") as file:
        file.write(header + "\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)


def tables(folder, rng):
    """Census, eradication, spraying, substitution, seizures, prices, covariate and hectares."""
    names = codes()
    level = np.exp(rng.normal(3, 2.5, len(names))) * (rng.random(len(names)) < 0.3)
    years = list(YEARS)
    walk = np.exp(np.cumsum(rng.normal(0, 0.3, (len(names), len(years))), axis=1))
    census = np.round(level[:, None] * walk, 2)
    eradicated = np.round(census * rng.random(census.shape) * 0.4 * (rng.random(census.shape) < 0.5), 2)
    wide = "CODMPIO,MUNICIPIO," + ",".join(map(str, years))
    with_names = lambda values: ((code, f"M{code}", *row) for code, row in zip(names, values))
    write(folder / "census.csv", wide, with_names(census))
    write(folder / "covariate.csv", wide, with_names(np.round(rng.gamma(2, 100, census.shape), 1)))
    long = "municipality_code,year,method,eradicated_ha"
    write(folder / "eradication.csv", long, ((c, y, "manual", v) for c, row in zip(names, eradicated) for y, v in zip(years, row)))
    early = [i for i, y in enumerate(years) if y <= 2015]
    spraying = "municipality_code,year,sprayed_ha"
    write(folder / "spraying.csv", spraying, ((c, years[i], row[i]) for c, row in zip(names, eradicated) for i in early))
    write(folder / "substitution.csv", "municipality_code,year,substituted_ha", ((c, y, 1) for c in names[:400] for y in years))
    kilograms = np.round(rng.gamma(1, 50, (len(names), len(years))), 1)
    seized = ((c, y, p, v) for p in ["leaf", "cocaine"] for c, row in zip(names, kilograms) for y, v in zip(years, row))
    write(folder / "seizures.csv", "municipality_code,year,product,kg", seized)
    write(folder / "prices.csv", "year,product,price,unit", ((y, p, 1000 + y, "COP/kg") for p in ["leaf", "base"] for y in years))
    hectares = ((c, y, "coca", v) for c, row in zip(names, census) for y, v in zip(years, row))
    write(folder / "hectares.csv", "municipality_code,year,class,mapped_area_ha", hectares)


def events(folder, rng, count=145_000):
    header = "id,fecha_hecho,cod_muni,tipo_de_cultivo,unidad,cantidad,modalidad,longitude,latitude"
    names, rows = codes(), []
    for i in range(count):
        number = int(rng.integers(len(names)))
        west, north = square(number)
        lon, lat = west + rng.random() * STEP, north - rng.random() * STEP
        date = f"{rng.integers(2002, 2025)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        rows.append((i, date, names[number], "COCA", "HECTAREA", f"{rng.gamma(1.5, 2):.2f}", "MANUAL", f"{lon:.6f}", f"{lat:.6f}"))
    write(folder / "events.csv", header, rows)


def municipalities(folder):
    features = []
    for number, code in enumerate(codes()):
        west, north = square(number)
        ring = [[west, north], [west, north - STEP], [west + STEP, north - STEP], [west + STEP, north], [west, north]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": geometry})
    (folder / "municipalities.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def smooth(values, size):
    """Mean of a square of 2 * size + 1 pixels, three times: close to a Gaussian."""
    for axis in [0, 1] * 3:
        ends = [(0, 0), (0, 0)]
        ends[axis] = (size + 1, size)
        sums = np.cumsum(np.pad(values, ends, mode="wrap"), axis=axis)
        length = values.shape[axis]
        values = np.take(sums, range(2 * size + 1, 2 * size + 1 + length), axis) - np.take(sums, range(length), axis)
    return (values - values.mean()) / values.std()


def masks(folder, rng):
    """Coca in 1.5 % of the pixels, in stands that last and move a little from year to year; 3 % under clumps of cloud."""
    import rasterio
    from rasterio.transform import from_origin

    cell = 0.0064
    shape = (int(ROWS * STEP / cell), int(COLUMNS * STEP / cell))
    profile = dict(driver="GTiff", dtype="uint8", count=1, crs="EPSG:4326", transform=from_origin(WEST, NORTH, cell, cell), tiled=True)
    noise = lambda size: smooth(rng.standard_normal(shape), size)
    stands, change = noise(60) + 0.7 * noise(5), noise(4)
    for year in YEARS:
        change = 0.8 * change + 0.6 * noise(4)
        suited = stands + 0.25 * change
        codes_ = (suited > np.quantile(suited, 0.985)).astype("uint8")
        cloud = noise(12)
        codes_[cloud > np.quantile(cloud, 0.97)] = 255
        with rasterio.open(folder / f"stands_{year}.tif", "w", height=shape[0], width=shape[1], compress="deflate", nodata=255, **profile) as out:
            out.write(codes_, 1)


def make(folder):
    if (folder / "stands_2024.tif").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    tables(folder, rng)
    events(folder, rng)
    municipalities(folder)
    masks(folder, rng)


def commands(folder):
    """Name and arguments of each command."""
    at = lambda name: str(folder / name)
    census, eradication = ["--census", at("census.csv")], ["--eradication", at("eradication.csv")]
    spraying = ["--spraying", at("spraying.csv")]
    more = [*spraying, "--substitution", at("substitution.csv"), "--seizures", at("seizures.csv"), "--prices", at("prices.csv")]
    ground = ["--municipalities", at("municipalities.geojson"), "--code-field", "code"]
    dated = [f"{year}={at(f'stands_{year}.tif')}" for year in YEARS]
    by_year = [word for mask in dated for word in ("--mask", mask)]
    yield "compare, all records, neighbours", ["compare", "--hectares", at("hectares.csv"), *census, *eradication, *more, *ground, "--boundaries-neighbours", "auto", "-o", at("comparison.csv")]
    yield "compare, 145,000 events for eradication", ["compare", "--hectares", at("hectares.csv"), *census, "--eradication", at("events.csv"), "-o", at("comparison.csv")]
    yield "reconcile, 145,000 events, 24 masks", ["reconcile", "--records", at("events.csv"), *by_year, "-o", at("reconciled.csv")]
    yield "trend by municipality", ["trend", *census, *eradication, *spraying, "--by", "municipality", "-o", at("trend.csv")]
    yield "permanence, 24 masks", ["permanence", *by_year, "-o", at("permanence.geojson")]
    yield "associate, 999 permutations", ["associate", *census, *eradication, *spraying, *ground, "--boundaries-neighbours", "auto", "-o", at("association.csv")]
    yield "expect 2024", ["expect", *census, *eradication, *spraying, "--covariate", f"loss={at('covariate.csv')}", "--year", "2024", "-o", at("expected.csv")]
    yield "claim", ["claim", "coca grew 3 % in 2024", *census, *eradication]


def measured(words):
    """Seconds and peak MiB. Linux counts the parent's memory in the child's peak until the child is its own program: made inputs
    are made by a process of their own, so that this one stays small."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)} failed:\n{errors.decode()}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=ROOT / "target" / "bench-inputs" / "records")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    maker = multiprocessing.Process(target=make, args=(options.inputs,))
    maker.start()
    maker.join()
    subprocess.run(["cargo", "build", "--release", "--bin", "cocal"], cwd=ROOT, check=True)
    out = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True)
    cocal = str(Path(json.loads(out.stdout)["target_directory"]) / "release" / "cocal")
    lines = ["| command | seconds | peak MiB | under 10 s and 500 MB |", "| --- | ---: | ---: | --- |"]
    for name, words in commands(options.inputs):
        found = [measured([cocal, *words, "--threads", str(options.threads)]) for _ in range(options.repeats)]
        seconds, peak = min(s for s, _ in found), max(p for _, p in found)
        kept = "yes" if seconds < 10 and peak * 1.048576 < 500 else "**no**"
        lines.append(f"| {name} | {seconds:.2f} | {peak:.0f} | {kept} |")
        print(lines[-1], flush=True)
    if not options.dry:
        text = PAGE.read_text()
        before, rest = text.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
