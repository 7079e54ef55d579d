"""Inputs that are missing, broken, or change under the work; and what is done again when they have changed between runs."""

import csv
import json
import os
import shutil

import plans


def shares(out):
    rows = csv.DictReader(open(os.path.join(out, "hectares.csv"), encoding="utf-8"))
    return [float(row["observed_share"]) for row in rows if row.get("observed_share")]


def broken_from_the_start(bench, options):
    """A scene that is missing, rubbish, cut in half, or has a torn block: the rest is done and the fault is told."""
    def missing(path):
        os.remove(path)

    def rubbish(path):
        open(path, "wb").write(b"no raster at all" * 1000)

    def empty(path):
        open(path, "wb").close()

    def half(path):
        os.truncate(path, os.path.getsize(path) // 2)

    def torn(path):
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            file.seek(size * 2 // 3)
            file.write(b"\xff" * 3000)

    for damage in (missing, rubbish, empty, half, torn):
        toml = bench.copy_project("broken")
        folder = os.path.join(os.path.dirname(toml), "tiles")
        names = sorted(name for name in os.listdir(folder) if name.endswith(".tif"))
        if damage is missing:
            # By its name; what a pattern does not find is not missing.
            text = open(toml).read()
            entries = "\n".join(f'[[scenes]]\npath = "tiles/{name}"' for name in names)
            start = text.index("[[scenes]]")
            open(toml, "w").write(text[:start] + entries + "\n" + text[text.index("[classifier]"):])
        damage(os.path.join(folder, names[0]))
        out, case = bench.folder("broken-out"), f"input: {damage.__name__}"
        done = bench.run("--out", out, project=toml)
        bench.check(case, done.returncode == 1 and names[0] in done.stderr and "panicked" not in done.stderr, done.stderr)
        record = json.load(open(os.path.join(out, "run.json")))
        bench.check(case, any(names[0] in failure["what"] for failure in record["failures"]), str(record.get("failures")))
        fewer = sum(shares(out)) <= sum(shares(bench.reference)) + 1e-9
        bench.check(case, fewer, "more ground is observed with a broken scene than with all")
        again = bench.folder("broken-again")
        bench.run("--out", again, "--threads", "1", project=toml)
        bench.check(case, not bench.same(again, bench.digest(out)), "other bytes with one thread")
        cluster = plans.through_plan(bench, toml, "broken-plan", ["0-999"], expect=(0, 1))
        bench.check(case, cluster is not None and not bench.same(cluster, bench.digest(out)), "other bytes through a plan")
        stop = bench.folder("broken-stop")
        bench.clean_failure(f"{case}, stop", bench.run("--out", stop, "--on-error", "stop", project=toml), stop)


def while_it_is_read(bench, options):
    """A file that goes away, shrinks, is written over, replaced or touched at its N-th read."""
    actions = {
        "unlinked": "rm '{path}'",
        "truncated": "truncate -s 1000 '{path}'",
        "written over": "dd if=/dev/urandom of='{path}' bs=1000 count=200 seek=20 conv=notrunc 2>/dev/null",
        "replaced": "cp '{other}' '{path}.new' && mv '{path}.new' '{path}'",
        "touched": "touch '{path}'",
        "date put back": "cp -p '{path}' /tmp/cocal-date.$$ && dd if=/dev/urandom of='{path}' bs=1000 count=200 seek=20 "
        "conv=notrunc 2>/dev/null && touch -r /tmp/cocal-date.$$ '{path}'; rm -f /tmp/cocal-date.$$",
    }
    for name, action in actions.items():
        for at in (2, 30, 90, 150, 260, 330):
            toml = bench.copy_project("changing")
            folder = os.path.join(os.path.dirname(toml), "tiles")
            tiles = sorted(os.path.join(folder, tile) for tile in os.listdir(folder) if tile.endswith(".tif"))
            path, kept = os.path.realpath(tiles[0]), os.path.join(bench.root, "kept.tif")
            shutil.copy2(path, kept)
            truth = plain(bench, toml)
            out, case = bench.folder("changing-out"), f"while it is read: {name}"
            faults = {"FAULT_READ": path, "FAULT_AT": at, "FAULT_DO": action.format(path=path, other=tiles[1])}
            done = bench.run("--out", out, project=toml, faults=faults)
            bench.check(case, done.returncode in (0, 1) and "panicked" not in done.stderr, f"{at}: {done.stderr}")
            if done.returncode == 0:
                # It was changed before its digest was taken, or after the last pixel was read, or only touched.
                told = json.load(open(os.path.join(out, "run.json")))["inputs"]
                digest = {entry["path"]: entry["sha256"] for entry in told}
                of_truth = {entry["path"]: entry["sha256"] for entry in json.load(open(os.path.join(truth, "run.json")))["inputs"]}
                if digest == of_truth:
                    bench.check(case, not bench.same(out, bench.digest(truth)), f"{at}: other figures of the same bytes")
            else:
                bench.check(case, tiles[0].split("/")[-1] in done.stderr, f"{at}: {done.stderr}")
            # Put back, the run is gone on with to the bytes of an undisturbed one.
            shutil.copy2(kept, path)
            again = bench.run("--out", out, "--resume", project=toml)
            differ = bench.same(out, bench.digest(truth))
            bench.check(case, again.returncode == 0 and not differ, f"{at}: {differ} {again.stderr}")


def plain(bench, toml):
    """Outputs of an undisturbed run of a copy of the project; paths in run.json are those of the copy."""
    truth = os.path.join(bench.root, "plain")
    if not os.path.exists(os.path.join(truth, "run.json")):
        done = bench.run("--out", truth, project=toml)
        assert done.returncode == 0, done.stderr
    return truth


def changed_between_runs(bench, options):
    """Only what a change touches is done again, and the bytes are those of a fresh run."""
    toml = bench.copy_project("changed")
    folder = os.path.dirname(toml)
    out = bench.folder("changed-out")
    done = bench.run("--out", out, "--json", project=toml)
    windows = json.loads(done.stdout)["watched"]["windows"]

    def settings(old, new):
        text = open(toml).read()
        assert old in text, old
        open(toml, "w").write(text.replace(old, new))

    def polygon():
        path = os.path.join(folder, "municipalities.geojson")
        layer = json.load(open(path))
        ring = layer["features"][0]["geometry"]["coordinates"][0]
        while isinstance(ring[0][0], list):
            ring = ring[0]
        ring[1][0] += 1e-5
        json.dump(layer, open(path, "w"))

    def census():
        path = os.path.join(folder, "census.csv")
        open(path, "a").write("")
        os.utime(path)

    def corner():
        # Another acquisition that covers a corner: cut from the first.
        import subprocess

        tiles = os.path.join(folder, "tiles")
        first = sorted(os.listdir(tiles))[0]
        name = first.replace(".tif", "b.tif")
        subprocess.run(
            ["gdal_translate", "-q", "-srcwin", "0", "0", "400", "300", "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE",
             os.path.join(tiles, first), os.path.join(tiles, name)], check=True, env={**os.environ, "LD_PRELOAD": ""},
        )
        aux = os.path.join(tiles, name + ".aux.xml")
        if os.path.exists(aux):
            os.remove(aux)

    changes = [
        ("nothing", lambda: None, lambda n: n == windows),
        ("census", census, lambda n: n == windows),
        ("a scene in a corner", corner, lambda n: 0 < n < windows),
        ("a municipality", polygon, lambda n: 0 < n < windows),
        ("the minimum mapping unit", lambda: settings("unit_ha = 0.3", "unit_ha = 0.5"), lambda n: n == 0),
        ("dilation", lambda: settings("dilation_m = 40", "dilation_m = 60"), lambda n: n == 0),
    ]
    for name, change, expected in changes:
        change()
        done = bench.run("--out", out, "--resume", "--json", project=toml)
        case = f"changed: {name}"
        if not bench.check(case, done.returncode == 0, done.stderr):
            continue
        reused = json.loads(done.stdout)["watched"]["reused"]
        bench.check(case, expected(reused), f"{reused} of {windows} windows were taken up")
        fresh = bench.folder("changed-fresh")
        bench.run("--out", fresh, "--fresh", project=toml)
        bench.check(case, not bench.same(out, bench.digest(fresh)), f"{bench.same(out, bench.digest(fresh))}")


CASES = {"broken": broken_from_the_start, "while read": while_it_is_read, "changed": changed_between_runs}
