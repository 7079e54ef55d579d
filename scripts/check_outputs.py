#!/usr/bin/env python3
"""Reads the outputs of a run with programs that others wrote, and compares what they read.

    check_outputs.py OUTDIR [--extension-schemas DIR]

rio-cogeo (strict) on every raster, numpy on their statistics; geojson-validator; GeoPandas and pyarrow on the GeoParquet, GDAL
(pyogrio) on GeoPackage and FlatGeobuf, every figure and every ground of them against the GeoJSON; pystac on the STAC catalog
(core schemas, which it brings along) and SHA-256 of every asset. The schemas of STAC's extensions are on the network and are
not validated here, unless DIR holds them: projection.json, raster.json, classification.json, file.json, processing.json
(https://github.com/stac-extensions).
"""

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path

import geojson_validator
import geopandas
import jsonschema
import numpy
import pyarrow.parquet
import pystac
import rasterio
from loguru import logger
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo import cog_validate
from shapely.geometry import MultiPolygon

LAYERS = ("class", "coca", "probability", "observations")
WRONG = []
# What geojson-validator finds is printed here, once.
logger.disable("geojson_validator")


def must(holds, message):
    if not holds:
        WRONG.append(message)


def check_rasters(out):
    paths = sorted((out / "mask").glob("*.tif"))
    must(len(paths) >= 4, f"{len(paths)} rasters in mask/")
    for path in paths:
        valid, errors, warnings = cog_validate(path, strict=True)
        must(valid and not errors and not warnings, f"{path.name} is no valid COG: {errors} {warnings}")
        with rasterio.open(path) as raster:
            values = raster.read(1)
            seen = values[values != raster.nodata].astype("float64")
            tags = raster.tags(1)
            for name, value in (("MINIMUM", seen.min()), ("MAXIMUM", seen.max()), ("MEAN", seen.mean()), ("STDDEV", seen.std()),
                                ("VALID_PERCENT", 100 * seen.size / values.size)):
                kept = float(tags[f"STATISTICS_{name}"])
                must(math.isclose(kept, value, rel_tol=1e-12, abs_tol=1e-12), f"{path.name}: {name} {kept}, numpy says {value}")
            must("STATISTICS_APPROXIMATE" not in tags, f"{path.name}: statistics are not exact")
            if path.name.startswith(("class", "coca")):
                colours = raster.colormap(1)
                for value in numpy.unique(seen.astype("uint8")):
                    must(f"CATEGORY_{value}" in tags, f"{path.name}: value {value} has no name")
                    must(colours[int(value)][3] == 255, f"{path.name}: value {value} has no colour")
                must(colours[255][3] == 0, f"{path.name}: what was not observed is not transparent")
    print(f"{len(paths)} rasters: COG (strict), statistics, names, colours")


def check_geojson(out):
    path = out / "municipalities.geojson"
    structure = geojson_validator.validate_structure(str(path), check_crs=True)
    must(not structure, f"{path.name}: {structure}")
    # Holes are right where they are: a municipality may surround another.
    geometries = geojson_validator.validate_geometries(str(path))
    must(not geometries["invalid"], f"{path.name}: {geometries['invalid']}")
    must(b"<" not in path.read_bytes(), f"{path.name}: markup is not escaped")
    print(f"{path.name}: structure and geometries; remarks: {geometries['problematic'] or 'none'}")
    with open(path, encoding="utf-8") as file:
        collection = json.load(file)
    layer = geopandas.read_file(path)
    layer.index = [feature["properties"]["municipality_code"] for feature in collection["features"]]
    figures = {feature["properties"]["municipality_code"]: feature["properties"] for feature in collection["features"]}
    return figures, layer.geometry


def same(a, b):
    if a is None or (isinstance(a, float) and math.isnan(a)):
        return b is None or (isinstance(b, float) and math.isnan(b))
    return a == b


def compare(name, frame, columns, geojson):
    """Every figure and ground of a table against the GeoJSON; `columns` goes from its names to the long ones."""
    figures, grounds = geojson
    code = next(short for short, long in columns.items() if long == "municipality_code")
    must(sorted(frame[code]) == sorted(figures), f"{name}: other municipalities than the GeoJSON")
    compared = 0
    for _, row in frame.iterrows():
        properties = figures[row[code]]
        must(set(columns.values()) == set(properties), f"{name}: other columns than the GeoJSON")
        for short, long in columns.items():
            value = None if row[short] is not None and row[short] != row[short] else row[short]
            must(same(properties[long], value), f"{name}: {row[code]} {short} is {value}, the GeoJSON has {properties[long]}")
            compared += 1
        ground = row.geometry
        must(ground.is_valid and ground.normalize().equals_exact(multi(grounds[row[code]], ground), 0), f"{name}: ground of {row[code]}")
    must(compared > 0, f"{name}: nothing was compared")
    print(f"{name}: {len(frame)} grounds and {compared} values as in the GeoJSON")


def multi(ground, like):
    wanted = MultiPolygon([ground]) if like.geom_type == "MultiPolygon" and ground.geom_type == "Polygon" else ground
    return wanted.normalize()


def check_parquet(out, geojson):
    path = out / "municipalities.parquet"
    file = pyarrow.parquet.ParquetFile(path)
    geo = json.loads(file.metadata.metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    must(geo["version"] == "1.1.0" and column["encoding"] == "WKB", f"{path.name}: {geo}")
    must("crs" not in column, f"{path.name}: a crs that need not be there")
    for corner in ("xmin", "ymin", "xmax", "ymax"):
        must(column["covering"]["bbox"][corner] == ["bbox", corner], f"{path.name}: covering of {corner}")
    names = [file.metadata.row_group(0).column(i).path_in_schema for i in range(file.metadata.num_columns)]
    boxes = []
    for group in range(file.metadata.num_row_groups):
        corner = [file.metadata.row_group(group).column(names.index(f"bbox.{c}")).statistics for c in ("xmin", "ymin", "xmax", "ymax")]
        must(all(s is not None and s.has_min_max for s in corner), f"{path.name}: row group {group} has no statistics")
        boxes.append((corner[0].min, corner[1].min, corner[2].max, corner[3].max))
    whole = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    must(whole == column["bbox"], f"{path.name}: bbox {column['bbox']}, the statistics say {whole}")
    frame = geopandas.read_parquet(path)
    must(str(frame.crs) == "OGC:CRS84", f"{path.name}: crs {frame.crs}")
    w, s, e, n = whole
    part = geopandas.read_parquet(path, bbox=(w, s, w + (e - w) / 10, n))
    must(0 < len(part) <= len(frame), f"{path.name}: {len(part)} municipalities in the western tenth")
    compare(path.name, frame, {c: c for c in frame.columns if c not in ("geometry", "bbox")}, geojson)


def check_vectors(out, geojson):
    file = pyarrow.parquet.ParquetFile(out / "municipalities.parquet")
    long = list(json.loads(file.metadata.metadata[b"columns"]))
    order = [c for c in file.schema_arrow.names if c in long]
    for name in ("municipalities.gpkg", "municipalities.fgb"):
        frame = geopandas.read_file(out / name, layer="municipalities")
        must(frame.crs.to_epsg() == 4326, f"{name}: crs {frame.crs}")
        short = [c for c in frame.columns if c != "geometry"]
        must(all(len(c) <= 10 and c.isascii() for c in short), f"{name}: a column's name is too long: {short}")
        compare(name, frame, dict(zip(short, order)), geojson)
    long_form = geopandas.read_file(out / "municipalities.gpkg", layer="figures")
    figures = geojson[0]
    years = sorted({int(c[-4:]) for c in order if c[-4:].isdigit()})
    must(len(long_form) == len(figures) * len(years), f"municipalities.gpkg: {len(long_form)} rows in figures")
    for _, row in long_form.iterrows():
        must(same(figures[row["mun_code"]][f"mapped_area_ha_{row['year']}"], row["map"]), f"figures: {row['mun_code']} {row['year']}")
    print(f"municipalities.gpkg: {len(long_form)} rows in figures")


def check_stac(out, schemas):
    collection = pystac.Collection.from_file(str(out / "collection.json"))
    items = list(collection.get_items())
    must(len(items) >= 1, "collection.json has no items")
    validator = JsonSchemaSTACValidator()
    assets = 0
    for thing, kind in [(collection, pystac.STACObjectType.COLLECTION)] + [(i, pystac.STACObjectType.ITEM) for i in items]:
        path = Path(thing.get_self_href())
        text = path.read_text(encoding="utf-8")
        must(str(out.resolve()) not in text, f"{path.name}: an absolute path")
        document = json.loads(text)
        validator.validate_core(document, kind, document["stac_version"])
        for link in document["links"]:
            must(link["href"].startswith("./") and (out / link["href"]).is_file(), f"{path.name}: link {link}")
        for key, asset in document["assets"].items():
            file = out / asset["href"]
            must(asset["href"].startswith("./") and file.is_file(), f"{path.name}: {key} is not there")
            if "file:checksum" in asset:
                data = file.read_bytes()
                must(asset["file:size"] == len(data), f"{path.name}: size of {key}")
                must(asset["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest(), f"{path.name}: digest of {key}")
            assets += 1
        for uri in document["stac_extensions"] if schemas else []:
            extension(schemas, uri, path.name, document)
    for item in items:
        must(set(LAYERS) <= set(item.assets), f"{item.id}: rasters {sorted(item.assets)}")
        bounds = rasterio.open(item.assets["class"].get_absolute_href()).bounds
        must(list(bounds) == item.properties["proj:bbox"], f"{item.id}: proj:bbox")
    how = "with the schemas of their extensions" if schemas else "core schemas (those of the extensions need the network: not validated)"
    print(f"STAC: {1 + len(items)} documents, {assets} assets, {how}")


def extension(folder, uri, name, document):
    schema = json.loads((folder / f"{uri.split('/')[3]}.json").read_text())
    if schema["$id"].rstrip("#") != uri:
        print(f"  {uri} held against {schema['$id']}")
        text = json.dumps(schema).replace(schema["$id"].rstrip("#"), uri)
        schema = json.loads(text)
    for error in jsonschema.Draft7Validator(schema).iter_errors(document):
        WRONG.append(f"{name}: {uri}: {error.message[:300]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--extension-schemas", type=Path)
    arguments = parser.parse_args()
    check_rasters(arguments.out)
    geojson = check_geojson(arguments.out)
    check_parquet(arguments.out, geojson)
    check_vectors(arguments.out, geojson)
    check_stac(arguments.out, arguments.extension_schemas)
    for line in WRONG[:50]:
        print(f"WRONG: {line}", file=sys.stderr)
    sys.exit(1 if WRONG else 0)


main()
