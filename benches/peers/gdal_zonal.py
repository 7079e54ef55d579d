#!/usr/bin/env python3
"""GDAL's `raster zonal-stats` (GDAL 3.12 and later), which Debian 12 and the pinned rasterio are too old for.

    gdal_zonal.py RASTER LAYER OUT.geojson [--strategy feature|raster]

The library comes out of the wheel of a newer rasterio, which is unpacked beside the environment of the peers but not installed (it
asks for a newer Python, its libraries do not). Run as a program it calls the algorithm by GDAL's C interface in a process of its own,
fractional pixels, the sum by `zone`, and prints wall seconds from before the library is loaded: what the program `gdal` would take.
"""

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

WHEEL = "rasterio==1.5.2"
HOME = Path(__file__).resolve().parents[2] / "target" / "bench-gdal"
POINTER, WORDS = ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p)


def unpack():
    """Gets the wheel where it is not there; whether it is there now."""
    if not (HOME / "rasterio").exists():
        HOME.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
        if subprocess.run([*command, "-d", str(HOME), WHEEL], check=False).returncode:
            return False
        for wheel in HOME.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(HOME)
    return any((HOME / "rasterio.libs").glob("libgdal*"))


def library():
    """The library with the functions' types told, its drivers registered."""
    gdal = ctypes.CDLL(str(next((HOME / "rasterio.libs").glob("libgdal*"))))
    gdal.GDALVersionInfo.restype, gdal.GDALVersionInfo.argtypes = ctypes.c_char_p, [ctypes.c_char_p]
    gdal.CPLGetLastErrorMsg.restype = ctypes.c_char_p
    gdal.GDALGetGlobalAlgorithmRegistry.restype = POINTER
    gdal.GDALAlgorithmRegistryInstantiateAlgFromPath.restype = POINTER
    gdal.GDALAlgorithmRegistryInstantiateAlgFromPath.argtypes = [POINTER, WORDS]
    gdal.GDALAlgorithmParseCommandLineArguments.restype = ctypes.c_bool
    gdal.GDALAlgorithmParseCommandLineArguments.argtypes = [POINTER, WORDS]
    gdal.GDALAlgorithmRun.restype, gdal.GDALAlgorithmRun.argtypes = ctypes.c_bool, [POINTER] * 3
    gdal.GDALAlgorithmFinalize.restype, gdal.GDALAlgorithmFinalize.argtypes = ctypes.c_bool, [POINTER]
    gdal.GDALAllRegister()
    return gdal


def zonal(raster, layer, out, strategy):
    """Runs the algorithm; GDAL's version."""

    def words(*texts):
        return (ctypes.c_char_p * (len(texts) + 1))(*[str(text).encode() for text in texts], None)

    gdal = library()
    path = words("raster", "zonal-stats")
    algorithm = gdal.GDALAlgorithmRegistryInstantiateAlgFromPath(gdal.GDALGetGlobalAlgorithmRegistry(), path)
    given = ["--zones", layer, "--include-field", "zone", "--stat", "sum", "--pixels", "fractional"]
    given += ["--strategy", strategy, "--input", raster, "--output", out]
    done = algorithm and gdal.GDALAlgorithmParseCommandLineArguments(algorithm, words(*given))
    if not (done and gdal.GDALAlgorithmRun(algorithm, None, None) and gdal.GDALAlgorithmFinalize(algorithm)):
        sys.exit(f"raster zonal-stats: {gdal.CPLGetLastErrorMsg().decode()}")
    return gdal.GDALVersionInfo(b"RELEASE_NAME").decode()


def measure(raster, layer, facts, repeats):
    """Median seconds of the better strategy, which it is, and the largest relative difference from cocal's sums; None without GDAL."""
    if not unpack():
        return None
    data = {"PROJ_DATA": str(HOME / "rasterio" / "proj_data"), "GDAL_DATA": str(HOME / "rasterio" / "gdal_data")}
    environment = {**os.environ, **data, "GDAL_NUM_THREADS": "1"}
    best, apart = None, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for strategy in ("feature", "raster"):
            seconds = []
            for turn in range(repeats):
                out = Path(folder) / f"{strategy}{turn}.geojson"
                command = [sys.executable, __file__, raster, layer, str(out), "--strategy", strategy]
                told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
                seconds.append(json.loads(told)["seconds"])
            found = {"seconds": statistics.median(seconds), "strategy": strategy, "version": json.loads(told)["version"]}
            best = found if best is None or found["seconds"] < best["seconds"] else best
            for feature in json.loads(out.read_text())["features"]:
                theirs, zone = feature["properties"]["sum"] or 0.0, int(feature["properties"]["zone"])
                ours = sum(value * part for value, part in zip(facts["classes"], facts["pixels"][zone]))
                apart = max(apart, abs(ours - theirs) / max(ours, theirs, 1e-3))
    return {**best, "apart": apart}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raster")
    parser.add_argument("layer")
    parser.add_argument("out")
    parser.add_argument("--strategy", default="feature")
    options = parser.parse_args()
    start = time.perf_counter()
    version = zonal(options.raster, options.layer, options.out, options.strategy)
    print(json.dumps({"seconds": time.perf_counter() - start, "version": version}))


if __name__ == "__main__":
    main()
