#!/usr/bin/env python3
"""`make bench-report`: the report at the size of Colombia: 1,122 municipalities x 24 years.

    report.py [--inputs DIR] [--repeats 3] [--dry]

The borders are the real ones (DANE, MGN 2018) and so is the census (UNODC/SIMCI), both read from COCAL_DATA, without it from
../shared/data; mapped hectares, observed shares and estimates are made up from a seed, and the page says whose they are not: it has
no run.json. `cocal compare` and `cocal validate` make the folder (kept in DIR, without it target/bench-inputs/report), then
`cocal report` is timed (the fastest of REPEATS, the highest memory), and the page is opened in headless Chromium by
report/test/speed.mjs. Needs cargo, Node, Chromium; no Python package. --dry prints only.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench-report: written by make bench-report -->", "<!-- end of bench-report -->"
YEARS = range(2001, 2025)


def data_folder():
    folder = Path(os.environ.get("COCAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "boundaries").is_dir():
        sys.exit(f"{folder}: no boundaries; set COCAL_DATA to the folder of the real data")
    return folder


def made_up(data, folder):
    """Hectares and estimates around the census, as tables."""
    rng = random.Random(7)
    layer = json.loads((data / "boundaries" / "mgn2018_municipios_detailed.geojson").read_text())
    codes = {f["properties"]["MPIO_CCNCT"]: f["properties"]["MPIO_CNMBR"] for f in layer["features"]}
    census = {}
    with open(data / "census" / "simci_coca_ha_municipio_2001_2024_long.csv", newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            code = next(row[name] for name in row if name.lower() in ("municipality_code", "codmpio", "cod_mpio", "divipola"))
            year = int(next(row[name] for name in row if name.lower() in ("year", "ano", "año")))
            hectares = next(row[name] for name in row if name.lower() in ("coca_ha", "hectares", "ha", "hectareas"))
            census[code.zfill(5), year] = float(hectares or 0)
    with open(folder / "hectares.csv", "w", newline="") as file, open(folder / "estimates.csv", "w", newline="") as other:
        hectares, estimates = csv.writer(file), csv.writer(other)
        hectares.writerow(["municipality_code", "municipality_name", "year", "class", "mapped_area_ha", "observed_share", "unobserved_ha", "coverage_area_ha", "bound_low_ha", "bound_high_ha"])
        estimates.writerow(["municipality_code", "year", "adjusted_area_ha", "standard_error_ha"])
        for code, name in sorted(codes.items()):
            for year in YEARS:
                truth = census.get((code, year), 0.0)
                mapped = round(truth * rng.uniform(0.6, 1.8) + rng.expovariate(0.5), 4)
                share = round(1 - rng.betavariate(1, 12), 6)
                hidden = round(5e4 * (1 - share), 4)
                hectares.writerow([code, name, year, "coca", mapped, share, hidden, 5e4, mapped, round(mapped + hidden, 4)])
                if truth > 0:
                    error = 0.15 * truth + 5
                    estimates.writerow([code, year, round(max(0.0, rng.gauss(truth, error)), 4), round(error, 4)])
    return len(codes)


def run(*command):
    """Seconds and peak memory in MiB of a command."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}: failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=ROOT / "target" / "bench-inputs" / "report")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--binary", type=Path, help="a cocal that is built already")
    parser.add_argument("--dry", action="store_true")
    wanted = parser.parse_args()
    data, folder = data_folder(), wanted.inputs
    folder.mkdir(parents=True, exist_ok=True)
    binary = wanted.binary or ROOT / "target" / "release" / "cocal"
    if wanted.binary is None:
        subprocess.run(["cargo", "build", "--release", "--bin", "cocal"], cwd=ROOT, check=True)
    made_up(data, folder)
    census = data / "census" / "simci_coca_ha_municipio_2001_2024_wide.csv"
    manual = data / "eradication" / "saragarcia02_err_manual.csv"
    aerial = data / "eradication" / "saragarcia02_err_aerea.csv"
    run(binary, "compare", "--quiet", "--hectares", folder / "hectares.csv", "--census", census, "--eradication", manual, "--spraying", aerial, "-o", folder / "comparison.csv")
    run(binary, "validate", "--quiet", "--estimates", folder / "estimates.csv", "--census", census, "-o", folder / "validation.csv")
    borders = data / "boundaries" / "mgn2018_municipios_detailed.geojson"
    page = folder / "report.html"
    runs = [run(binary, "report", folder, "--quiet", "--municipalities", borders, "--code-field", "MPIO_CCNCT", "-o", page) for _ in range(wanted.repeats)]
    seconds, memory = min(r[0] for r in runs), max(r[1] for r in runs)
    shown = json.loads(subprocess.run(["node", str(ROOT / "report" / "test" / "speed.mjs"), str(page)], check=True, capture_output=True, text=True).stdout)
    lines = [
        "| what | measured | goal |",
        "| --- | --- | --- |",
        f"| `cocal report`, 1,122 municipalities x 24 years | {seconds:.2f} s | 5 s |",
        f"| its peak memory | {memory:.0f} MiB | 300 MB |",
        f"| size of the page | {page.stat().st_size / 1e6:.1f} MB | 15 MB |",
        *(f"| {what} | {measured} | {goal} |" for what, measured, goal in shown["rows"]),
    ]
    print("\n".join(lines))
    if not wanted.dry:
        text = PAGE.read_text()
        before, rest = text.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
