"""Input as an attacker would give it: malformed rasters and GeoJSON that others collected, and files made here to be bad.

Of every command that could take a file: exit code 0, 1 or 2, no panic, no signal, under 10 seconds, under 1 GiB, and an error that names
the file.
"""

import glob
import os
import resource
import shutil
import struct
import subprocess
import zipfile

SECONDS, BYTES = 10, 1 << 30


def limited():
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def survives(bench, case, path, *arguments):
    """Runs a command on a file under the limits; what it gave."""
    command = [bench.binary, *arguments]
    name = os.path.basename(path)[:60]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, preexec_fn=limited)
    except subprocess.TimeoutExpired:
        bench.check(case, False, f"{arguments[0]} {path}: more than {SECONDS} s")
        return None
    said = done.stderr.decode(errors="replace")
    ok = done.returncode in (0, 1, 2) and "panicked" not in said and "memory allocation" not in said
    bench.check(case, ok, f"{' '.join(arguments)}: exit code {done.returncode}: {said[-400:]}")
    if done.returncode == 1:
        # What leaks is told on standard output, file by file.
        named = arguments[0] == "publish" or name[:20] in said or os.path.basename(path) in said
        bench.check(case, named, f"{' '.join(arguments)}: the error does not name the file: {said[-300:]}")
    return done


def folder_of_data():
    own = os.environ.get("COCAL_DATA") or os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "data")
    return os.path.join(own, "vectors")


def raster(bench, case, path, scratch):
    survives(bench, case, path, "inspect", path, "--quiet")
    survives(bench, case, path, "preview", path, "-o", os.path.join(scratch, "p.png"), "--quiet")
    layer = os.path.join(bench.project, "municipalities.geojson")
    survives(bench, case, path, "hectares", "--mask", path, "--municipalities", layer, "--code-field", "MPIO_CCNCT", "--year", "2024",
             "-o", os.path.join(scratch, "h.csv"), "--quiet")
    model = os.path.join(bench.project, "model.cocal")
    survives(bench, case, path, "classify", "--model", model, "-o", os.path.join(scratch, "c"), path, "--quiet")


def vector(bench, case, path, scratch):
    mask = os.path.join(bench.reference, "mask", "class_2024.tif")
    survives(bench, case, path, "hectares", "--mask", mask, "--municipalities", path, "--code-field", "code", "-o",
             os.path.join(scratch, "h.csv"), "--quiet")
    survives(bench, case, path, "train", "--project", bench.toml, "--samples", path, "--class-field", "class", "-o",
             os.path.join(scratch, "m.cocal"), "--quiet")
    published = os.path.join(scratch, "published")
    os.makedirs(published, exist_ok=True)
    copy = os.path.join(published, os.path.basename(path)[:40])
    shutil.copyfile(path, copy)
    survives(bench, case, copy, "publish", "--check", published, "--quiet")
    os.remove(copy)


def collected(bench, options):
    """Every file of the collections in the folder of real data."""
    data = folder_of_data()
    if not os.path.isdir(data):
        print(f"NOT TESTED: {data} is not there")
        bench.check("hostile: collections", os.environ.get("COCAL_REQUIRE_DATA") != "1", f"{data} is not there")
        return
    scratch = bench.folder("hostile")
    os.makedirs(scratch)
    files = [path for path in glob.glob(os.path.join(data, "**"), recursive=True) if os.path.isfile(path)]
    counts = {"rasters": 0, "vectors": 0, "others": 0}
    for path in sorted(files):
        if "malformed_tiff" in path:
            counts["rasters"] += 1
            raster(bench, "hostile: malformed rasters", path, scratch)
        elif path.endswith((".geojson", ".json")):
            counts["vectors"] += 1
            vector(bench, "hostile: GeoJSON", path, scratch)
        else:
            counts["others"] += 1
            survives(bench, "hostile: other files", path, "inspect", path, "--quiet")
    print(f"files: {counts}")
    bench.check("hostile: collections", counts["rasters"] > 100 and counts["vectors"] > 50, str(counts))


def tiff(path, width, height, bands=1, tile=None, bits=8):
    """A TIFF without pixels that claims a size."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 8), (262, 3, 1), (277, 3, bands), (284, 3, 2)]
    tags += [(322, 4, tile), (323, 4, tile), (324, 4, 8), (325, 4, 10)] if tile else [(273, 4, 8), (278, 4, height), (279, 4, 10)]
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in sorted(tags))
    open(path, "wb").write(b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", 0))


def made_here(bench, options):
    """Sizes, depths and numbers that no honest file has."""
    scratch = bench.folder("made")
    os.makedirs(scratch)
    at = lambda name: os.path.join(scratch, name)  # noqa: E731
    tiff(at("wide.tif"), 2**31 - 1, 2**31 - 1)
    tiff(at("block.tif"), 60000, 60000, tile=60000 // 16 * 16)
    tiff(at("bands.tif"), 100, 100, bands=65535)
    tiff(at("deep.tif"), 2**20, 2**20, tile=16)
    code = "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionCode>x</PixelFunctionCode>"
    head = '<VRTDataset rasterXSize="10" rasterYSize="10"><VRTRasterBand dataType="Byte" band="1"'
    source = "<SimpleSource><SourceFilename relativeToVRT=\"{}\">{}</SourceFilename></SimpleSource>"
    for name, inner in [("code.vrt", ' subClass="VRTDerivedRasterBand">' + code), ("own.vrt", ">" + source.format(1, "own.vrt")),
                        ("passwd.vrt", ">" + source.format(0, "/etc/passwd")), ("net.vrt", ">" + source.format(0, "/vsicurl/http://127.0.0.1:9/a.tif"))]:
        open(at(name), "w").write(f"{head}{inner}</VRTRasterBand></VRTDataset>")
    open(at("laughs.vrt"), "w").write('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><VRTDataset>&b;</VRTDataset>')
    open(at("nested.vrt"), "w").write("<VRTDataset>" + "<a>" * 200_000)
    for path in sorted(glob.glob(at("*.tif")) + glob.glob(at("*.vrt"))):
        raster(bench, "hostile: made rasters", path, scratch)
    feature = '{"type":"Feature","properties":{"code":"05001","class":"coca"},"geometry":%s}'
    collection = '{"type":"FeatureCollection","features":[%s]}'
    ring = "[[%s,%s],[-74,5],[-74,6],[%s,%s]]"
    texts = {
        "arrays.geojson": collection % (feature % ('{"type":"Polygon","coordinates":' + "[" * 1_000_000 + "]" * 1_000_000 + "}")),
        "rings.geojson": collection % (feature % ('{"type":"Polygon","coordinates":[' + ",".join(["[]"] * 1_000_000) + "]}")),
        "huge.geojson": collection % (feature % ('{"type":"Polygon","coordinates":[' + ring % ((1e308,) * 4) + "]}")),
        "nan.geojson": collection % (feature % ('{"type":"Polygon","coordinates":[' + ring % (("NaN",) * 4) + "]}")),
        "objects.geojson": '{"a":' * 500_000 + "1" + "}" * 500_000,
        "members.geojson": collection % (feature % "null").replace('"class"', '"' + "k" * 1_000_000 + '":1,"class"'),
        "truncated.geojson": collection[:40],
    }
    for name, text in texts.items():
        open(at(name), "w").write(text)
        vector(bench, "hostile: made GeoJSON", at(name), scratch)
    open(at("line.csv"), "wb").write(b"municipality_code,year,ha\n" + b"0" * 200_000_000)
    open(at("quotes.csv"), "wb").write(b'municipality_code,year,ha\n"' + b"1,\n" * 3_000_000)
    open(at("columns.csv"), "wb").write(b"a," * 2_000_000 + b"\n1\n")
    for path in sorted(glob.glob(at("*.csv"))):
        survives(bench, "hostile: made tables", path, "records", "check", path, "--quiet")
    with zipfile.ZipFile(at("bomb.zip"), "w", zipfile.ZIP_DEFLATED) as bomb:
        with bomb.open("a.geojson", "w", force_zip64=True) as member:
            for _ in range(2_000):
                member.write(b" " * 1_000_000)
        bomb.writestr("MTD_MSIL2A.xml", b" " * 200_000_000)
    survives(bench, "hostile: archives", at("bomb.zip"), "inspect", f"/vsizip/{at('bomb.zip')}/MTD_MSIL2A.xml", "--quiet")
    layer = f"/vsizip/{at('bomb.zip')}/a.geojson"
    mask = os.path.join(bench.reference, "mask", "class_2024.tif")
    survives(bench, "hostile: archives", at("bomb.zip"), "hectares", "--mask", mask, "--municipalities", layer, "--code-field", "code", "-o",
             at("h.csv"), "--quiet")
    for name, text in {"plan.json": "{}", "deep.json": "[" * 500_000, "tasks.json": '{"format":"cocal plan","tasks":[' + '{},' * 500_000}.items():
        open(at(name), "w").write(text)
        survives(bench, "hostile: plans", at(name), "task", at(name), "--id", "0", "-o", at("parts"), "--quiet")
    model = bytearray(open(os.path.join(bench.project, "model.cocal"), "rb").read())
    for number in range(60):
        changed = bytearray(model)
        for _ in range(bench.random.choice([1, 1, 4, 40])):
            changed[bench.random.randrange(len(changed))] = bench.random.choice([0, 1, 127, 128, 255])
        if number % 3 == 0:
            changed = changed[: bench.random.randrange(len(changed))]
        open(at("model.cocal"), "wb").write(changed)
        survives(bench, "hostile: models", at("model.cocal"), "model", "show", at("model.cocal"), "--quiet")
    shutil.rmtree(scratch, ignore_errors=True)


CASES = {"hostile collections": collected, "hostile files": made_here}
