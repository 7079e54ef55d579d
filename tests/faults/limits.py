"""Memory is a promise: jobs under a limit of the system that they are told of with --memory. Synthetic imagery."""

import glob
import json
import os
import resource
import shutil
import subprocess

SIDE = 10980


def limited(bench, command, mebibytes):
    """Runs a command whose data may not grow beyond the limit; its peak of resident memory in MiB too."""
    limit = mebibytes << 20

    def lower():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=lower)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024, said


def country(bench, bands_of):
    """Six dates of 10,980 x 10,980 pixels x 10 bands, as GeoTIFFs: a smaller tile set side by side."""
    folder = bench.folder("country")
    small = os.path.join(folder, "small")
    tiles = os.path.join(folder, "tiles")
    os.makedirs(tiles)
    subprocess.run([bands_of, "tile", "--rows", "1098", "--cols", "1098", "--dates", "6", "--municipalities", "12",
                    "--no-scl", "--seed", "3", "-o", small], check=True, capture_output=True)
    for path in sorted(glob.glob(os.path.join(small, "tiles", "*.tif"))):
        mosaic(path, os.path.join(tiles, os.path.basename(path)))
    for name in ("municipalities.geojson", "training.geojson", "census.csv", "eradication.csv", "cocal.toml"):
        shutil.copy(os.path.join(small, name), folder)
    return os.path.join(folder, "cocal.toml")


def mosaic(path, out):
    """One raster ten times as wide and high, of the same pixels."""
    info = json.loads(subprocess.run(["gdalinfo", "-json", path], check=True, capture_output=True, text=True).stdout)
    width, height = info["size"]
    left, pixel, _, top, _, down = info["geoTransform"]
    lines = [f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}"><SRS>{escape(info["coordinateSystem"]["wkt"])}</SRS>']
    lines.append(f"<GeoTransform>{left}, {pixel}, 0, {top}, 0, {down}</GeoTransform>")
    items = info["metadata"].get("", {})
    lines.append("<Metadata>" + "".join(f'<MDI key="{k}">{escape(v)}</MDI>' for k, v in items.items()) + "</Metadata>")
    for band in info["bands"]:
        lines.append(f'<VRTRasterBand dataType="{band["type"]}" band="{band["band"]}">')
        lines.append(f'<Description>{escape(band.get("description", ""))}</Description>')
        own = band.get("metadata", {}).get("", {})
        lines.append("<Metadata>" + "".join(f'<MDI key="{k}">{escape(v)}</MDI>' for k, v in own.items()) + "</Metadata>")
        for key, tag in (("noDataValue", "NoDataValue"), ("scale", "Scale"), ("offset", "Offset")):
            if key in band:
                lines.append(f"<{tag}>{band[key]}</{tag}>")
        for row in range(SIDE // height):
            for col in range(SIDE // width):
                lines.append(
                    f'<SimpleSource><SourceFilename>{path}</SourceFilename><SourceBand>{band["band"]}</SourceBand>'
                    f'<SrcRect xOff="0" yOff="0" xSize="{width}" ySize="{height}"/><DstRect xOff="{col * width}" '
                    f'yOff="{row * height}" xSize="{width}" ySize="{height}"/></SimpleSource>'
                )
        lines.append("</VRTRasterBand>")
    lines.append("</VRTDataset>")
    vrt = out + ".vrt"
    open(vrt, "w").write("\n".join(lines))
    options = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE", "PREDICTOR=2", "ZLEVEL=1", "INTERLEAVE=BAND",
               "NUM_THREADS=2", "BIGTIFF=IF_SAFER"]
    more = [word for option in options for word in ("-co", option)]
    subprocess.run(["gdal_translate", "-q", *more, vrt, out], check=True, env={**os.environ, "LD_PRELOAD": ""})
    os.remove(vrt)


def escape(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pixels(bench, options):
    """A Sentinel-2 square, ten bands, six dates."""
    toml = country(bench, options.simulate)
    for mebibytes in (2048, 320):
        out = bench.folder("country-out")
        command = bench.command("--out", out, "--memory", f"{mebibytes}MiB", project=toml)
        code, peak, said = limited(bench, command, mebibytes)
        bench.check("memory: 10,980 x 10,980 x 10 x 6", code == 0 and peak <= mebibytes, f"{mebibytes} MiB: {code}, {peak:.0f} MiB, {said}")
        print(f"10,980 x 10,980 x 10 bands x 6 dates under {mebibytes} MiB: peak {peak:.0f} MiB", flush=True)
    shutil.rmtree(os.path.dirname(toml), ignore_errors=True)
    bench.folder("country-out")


def polygons(bench, options):
    """Two million vertices."""
    toml = bench.copy_project("vertices")
    path = os.path.join(os.path.dirname(toml), "municipalities.geojson")
    layer = json.load(open(path))
    edges = sum(len(ring) - 1 for feature in layer["features"] for ring in rings(feature))
    per_edge = 2_000_000 // edges + 1
    vertices = 0
    for feature in layer["features"]:
        for ring in rings(feature):
            ring[:] = dense(ring, per_edge)
            vertices += len(ring)
    json.dump(layer, open(path, "w"))
    for mebibytes in (2048, 1024):
        out = bench.folder("vertices-out")
        command = bench.command("--out", out, "--memory", f"{mebibytes}MiB", project=toml)
        code, peak, said = limited(bench, command, mebibytes)
        bench.check("memory: 2,000,000 vertices", code == 0 and peak <= mebibytes, f"{mebibytes} MiB: {code}, {peak:.0f} MiB, {said}")
        print(f"{vertices} vertices under {mebibytes} MiB: peak {peak:.0f} MiB", flush=True)
    code, _, said = limited(bench, bench.command("--out", out, "--memory", "128MiB", "--fresh", project=toml), 4096)
    bench.check("memory: too little is refused", code == 1 and "too little" in said and "polygons" in said, f"{code} {said}")


def rings(feature):
    geometry = feature["geometry"]
    many = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [ring for polygon in many for ring in polygon]


def dense(ring, per_edge):
    out = []
    for (x0, y0), (x1, y1) in zip(ring, ring[1:]):
        out += [[x0 + (x1 - x0) * i / per_edge, y0 + (y1 - y0) * i / per_edge] for i in range(per_edge)]
    return out + [ring[-1]]


CASES = {"memory limit, polygons": polygons, "memory limit, pixels": pixels}
