"""What is done again when inputs or settings have changed between two runs in a folder: what the change touches, and no more."""

import json
import os
import shutil

import project as projects
import tiff


def changed_between_runs(bench, options):
    """Each change after the one before; the bytes are those of a fresh run."""
    toml = bench.copy_project("changed")
    folder, out = os.path.dirname(toml), bench.folder("changed-out")
    done = bench.run("--out", out, "--json", project=toml)
    windows = json.loads(done.stdout)["watched"]["windows"]
    layer = os.path.join(folder, "municipalities.geojson")

    def edit(change):
        content = json.load(open(layer))
        change(content["features"])
        json.dump(content, open(layer, "w"))

    def move_a_corner(features):
        ring = features[1]["geometry"]["coordinates"][0]
        while isinstance(ring[0][0], list):
            ring = ring[0]
        ring[1][0] += 1e-5

    def rename(features):
        features[0]["properties"]["MPIO_CNMBR"] = "Otro"

    def far_away_in_front(features):
        far = json.loads(json.dumps(features[0]))
        far["properties"] = {**far["properties"], "MPIO_CCNCT": "98099", "MPIO_CNMBR": "Lejos"}
        far["geometry"] = {"type": "Polygon", "coordinates": [[[-70, 1], [-69.9, 1], [-69.9, 1.1], [-70, 1.1], [-70, 1]]]}
        features.insert(0, far)

    def swap_names(features):
        one, other = features[1]["properties"], features[2]["properties"]
        features[1]["properties"], features[2]["properties"] = other, one

    def one_corner_of_a_scene():
        path = bench.scenes(toml)[-1]
        for band in tiff.blocks(path):
            tiff.blank(path, band[0])

    def another_census():
        path = os.path.join(folder, "census.csv")
        lines = open(path).read().splitlines()
        lines[-1] = lines[-1].rsplit(",", 1)[0] + ",77.25"
        open(path, "w").write("\n".join(lines) + "\n")

    def without_a_scene():
        os.remove(bench.scenes(toml)[-1])

    def with_it_again():
        name = os.path.basename(bench.scenes()[-1])
        shutil.copy2(os.path.join(bench.project, "tiles", name), os.path.join(folder, "tiles", name))

    def setting(old, new):
        return lambda: projects.change(toml, (old, new))

    def another_model():
        path = os.path.join(bench.root, "small-model")
        samples = os.path.join(folder, "training.geojson")
        done = bench.call("train", "--project", toml, "--samples", samples, "--class-field", "class", "--seed", "99", "--quiet",
                          "-o", path)
        assert done.returncode == 0, done.stderr
        shutil.move(path, os.path.join(folder, "model.cocal"))

    every, none = (lambda n: n == windows), (lambda n: n == 0)
    # The windows of a year; those that a polygon does not touch.
    half, some = (lambda n: n == windows // 2), (lambda n: 0 < n < windows)
    changes = [
        ("nothing", lambda: None, every),
        ("a figure of the census", another_census, every),
        ("a municipality's name", lambda: edit(rename), every),
        ("names of two municipalities change places", lambda: edit(swap_names), some),
        ("municipalities in another order", lambda: edit(list.reverse), lambda n: n <= windows),
        ("a municipality far away, first in the file", lambda: edit(far_away_in_front), lambda n: 0 < n <= windows),
        ("a municipality's corner", lambda: edit(move_a_corner), some),
        ("one corner of a scene, as a file", one_corner_of_a_scene, half),
        ("a scene less", without_a_scene, half),
        # Its windows are in the journal from before.
        ("that scene again", with_it_again, every),
        ("years", setting("census = [2023, 2024]", "census = [2024]"), lambda n: n == windows // 2),
        ("years again", setting("census = [2024]", "census = [2023, 2024]"), lambda n: n >= windows // 2),
        ("formats", setting("[validity]", '[output]\nformats = ["csv", "geojson"]\n[validity]'), every),
        ("coca classes", setting('coca_classes = ["coca"]', 'coca_classes = ["coca", "pasture"]'), lambda n: n <= windows),
        ("the minimum mapping unit", setting("unit_ha = 0.3", "unit_ha = 0.5"), none),
        ("dilation", setting("dilation_m = 40", "dilation_m = 60"), none),
        ("the model", another_model, none),
    ]
    for name, change, expected in changes:
        change()
        done = bench.run("--out", out, "--resume", "--json", project=toml)
        case, fresh = f"changed: {name}", bench.folder("changed-fresh")
        right = bench.run("--out", fresh, "--fresh", "--json", project=toml)
        if not bench.check(case, done.returncode == 0 and right.returncode == 0, f"{done.stderr} {right.stderr}"):
            continue
        reused = json.loads(done.stdout)["watched"]["reused"]
        bench.check(case, expected(reused), f"{reused} of {windows} windows were taken up")
        # What an earlier run wrote and this one does not (masks of a year that is not asked for) stays.
        own = bench.digest(fresh)
        found = {name: content for name, content in bench.digest(out).items() if name in own}
        differ = sorted(name for name in own if found.get(name) != own[name])
        bench.check(case, not differ, f"{differ}, {reused} windows taken up")
        print(f"changed: {name}: {reused} of {windows} windows taken up", flush=True)


def flags(bench, options):
    """Which finished windows a run takes up: those of one that did not come to its end, all with --resume, none with --fresh."""
    out = bench.folder("flags")
    journal = os.path.join(out, ".cocal", "journal")
    bench.run("--out", out, project=bench.small)
    whole = open(journal, "rb").read()
    for name, content, flag, expected in [
        ("after a run that came to its end", whole, [], lambda n: n == 0),
        ("--resume after it", whole, ["--resume"], lambda n: n == 8),
        ("--fresh after it", whole, ["--fresh"], lambda n: n == 0),
        ("after one that did not", whole[: len(whole) * 3 // 4], [], lambda n: 0 < n < 8),
        ("--fresh after one that did not", whole[: len(whole) * 3 // 4], ["--fresh"], lambda n: n == 0),
    ]:
        open(journal, "wb").write(content)
        done = bench.run("--out", out, *flag, "--json", project=bench.small)
        reused = json.loads(done.stdout)["watched"]["reused"]
        bench.check(f"flags: {name}", expected(reused) and not bench.same(out, bench.small_truth), f"{reused} windows taken up")
    before = {name: os.stat(os.path.join(out, name)) for name in os.listdir(out)}
    done = bench.run("--out", out, "--dry-run", project=bench.small)
    unchanged = all(os.stat(os.path.join(out, name)).st_mtime_ns == stat.st_mtime_ns for name, stat in before.items())
    bench.check("flags: --dry-run writes nothing", done.returncode == 0 and unchanged, done.stderr)


CASES = {"changed": changed_between_runs, "flags": flags}
