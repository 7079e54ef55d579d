"""Inputs that are missing, broken, or change while they are read."""

import csv
import json
import os
import shutil

import plans
import project as projects
import tiff
from common import EIO

FIGURES = ("hectares.csv", "comparison.csv", "municipalities.geojson", "mask/")


def figures(outputs):
    """What is counted and drawn, without the digests of the inputs."""
    return {name: content for name, content in outputs.items() if name.startswith(FIGURES)}


def shares(out):
    rows = csv.DictReader(open(os.path.join(out, "hectares.csv"), encoding="utf-8"))
    return [float(row["observed_share"]) for row in rows if row.get("observed_share")]


def failures(out):
    path = os.path.join(out, "run.json")
    return json.load(open(path)).get("failures", []) if os.path.exists(path) else []


def missing(path):
    os.remove(path)


def rubbish(path):
    open(path, "wb").write(b"no raster at all" * 1000)


def empty(path):
    open(path, "wb").close()


def a_folder(path):
    os.remove(path)
    os.mkdir(path)


def half(path):
    os.truncate(path, os.path.getsize(path) // 2)


def torn(path):
    """A third of the way from the end, some blocks of two or three bands."""
    size = os.path.getsize(path)
    tiff.overwrite(path, size * 2 // 3, b"\xff" * 30_000)


def broken_from_the_start(bench, options):
    """A scene that is missing, rubbish, cut in half, or has a torn block: the rest is done and the fault is told."""
    for damage in (missing, rubbish, empty, a_folder, half, torn):
        case = f"input: {damage.__name__.replace('_', ' ')}"
        toml = bench.copy_project("broken")
        name = projects.name_scenes(toml)[-1]
        damage(os.path.join(os.path.dirname(toml), "tiles", name))
        out = bench.folder("broken-out")
        done = bench.run("--out", out, project=toml)
        bench.check(case, done.returncode == 1 and name in done.stderr and "panicked" not in done.stderr, done.stderr)
        bench.check(case, any(name in failure["what"] for failure in failures(out)), f"not listed: {failures(out)}")
        bench.check(case, sum(shares(out)) < sum(shares(bench.reference)), "no less ground is observed")
        again = bench.folder("broken-again")
        bench.run("--out", again, "--threads", "1", project=toml)
        bench.check(case, not bench.same(again, bench.digest(out)), "other bytes with one thread")
        cluster = plans.through_plan(bench, toml, "broken-plan", ["0-999"], expect=(0, 1))
        differ = cluster and bench.same(cluster, bench.digest(out))
        bench.check(case, cluster is not None and not differ, f"other bytes through a plan: {differ}")
        if damage in (missing, rubbish, empty, a_folder):
            without = as_without(bench, toml, name)
            bench.check(case, figures(bench.digest(out)) == without, "other figures than without that scene")
        stop = bench.folder("broken-stop")
        bench.clean_failure(f"{case}, stop", bench.run("--out", stop, "--on-error", "stop", project=toml), stop)
        # Put right, the run is gone on with.
        shutil.rmtree(os.path.join(os.path.dirname(toml), "tiles"))
        shutil.copytree(os.path.join(bench.project, "tiles"), os.path.join(os.path.dirname(toml), "tiles"))
        done = bench.run("--out", out, "--resume", "--json", project=toml)
        same = figures(bench.digest(out)) == figures(bench.truth)
        bench.check(case, done.returncode == 0 and same and not failures(out), f"put right: {done.stderr}")
        reused = json.loads(done.stdout)["watched"]["reused"] if done.returncode == 0 else 0
        bench.check(case, reused >= 20, f"put right: {reused} windows taken up")


def as_without(bench, toml, name):
    """Figures of the project without a scene."""
    other = bench.copy_project("without", toml)
    projects.change(other, (f'[[scenes]]\npath = "tiles/{name}"\n', ""))
    path, out = os.path.join(os.path.dirname(other), "tiles", name), bench.folder("without-out")
    shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
    done = bench.run("--out", out, project=other)
    bench.check("input: without a scene", done.returncode == 0, done.stderr)
    return figures(bench.digest(out))


def one_block(bench, options):
    """A block that cannot be decoded, or cannot be read from the disk, counts as no data does, to the byte."""
    case, bands = "input: one block", tiff.blocks(bench.scenes()[-1])
    read_by_nobody = 0
    for turn in range(12 if options.long else 3):
        block = bench.random.randrange(len(bands[0]))
        band = None if turn == 0 else bench.random.randrange(len(bands))
        chosen = [of_band[block] for of_band in bands] if band is None else [bands[band][block]]
        told, results = f"block {block} of band {band}", {}
        for name, change in (("torn", tiff.tear), ("blank", tiff.blank)):
            toml = bench.copy_project(name)
            for one in chosen:
                change(bench.scenes(toml)[-1], one)
            out = bench.folder(f"{name}-out")
            done = bench.run("--out", out, project=toml)
            results[name] = (done, figures(bench.digest(out)), failures(out))
        done, found, listed = results["torn"]
        if band is not None and done.returncode == 0 and not listed:
            # A band that no feature needs: what it holds does not matter.
            read_by_nobody += 1
            bench.check(case, found == figures(bench.truth), f"{told}: exit code 0 and other figures")
            continue
        bench.check(case, done.returncode == 1 and listed and "panicked" not in done.stderr, f"{told}: {done.stderr}")
        bench.check(case, results["blank"][0].returncode == 0, f"{told}: {results['blank'][0].stderr}")
        names = [name for name in found if found[name] != results["blank"][1].get(name)]
        bench.check(case, not names, f"{told}: torn and blank differ in {names}")
    print(f"one block: {read_by_nobody} in bands that the model does not need")


def bad_sectors(bench, options):
    """Reads that fail: once, which a second attempt gets over, and for ever."""
    path = os.path.realpath(bench.scenes()[-1])
    total = reads_of(bench, bench.toml, path)
    for times in (1, 10**9):
        for _ in range(12 if options.long else 3):
            at, out = bench.random.randint(1, total), bench.folder("sectors")
            case = f"input: reads that fail {'once' if times == 1 else 'from then on'}"
            faults = {"FAULT_READ": path, "FAULT_AT": at, "FAULT_READ_ERRNO": EIO, "FAULT_TIMES": times}
            done = bench.run("--out", out, faults=faults)
            told = f"read {at} of {total}: {done.stderr}"
            bench.check(case, done.returncode in (0, 1) and "panicked" not in done.stderr, told)
            if done.returncode == 0:
                bench.check(case, not bench.same(out), f"exit code 0 and other bytes; {told}")
            else:
                bench.check(case, os.path.basename(path) in done.stderr, f"not named; {told}")
            again = bench.run("--out", out, "--resume")
            bench.check(case, again.returncode == 0 and not bench.same(out), f"then without a fault: {again.stderr}; {told}")


def reads_of(bench, toml, path):
    """How often a file is read by a run."""
    log = os.path.join(bench.root, "reads")
    out = bench.folder("reads-out")
    done = bench.run("--out", out, project=toml, faults={"FAULT_READ": path, "FAULT_LOG": log})
    assert done.returncode == 0, done.stderr
    return sum(" read " in line for line in open(log))


ACTIONS = {
    "unlinked": "rm '{path}'",
    "cut short": "truncate -s 1000 '{path}'",
    "emptied and written anew": "cp '{path}' '{aside}' && cat '{aside}' > '{path}'; rm '{aside}'",
    "written over": "dd if=/dev/urandom of='{path}' bs=1000 count=200 seek=20 conv=notrunc status=none",
    "replaced": "cp '{other}' '{aside}' && mv '{aside}' '{path}'",
    "replaced by the same bytes": "cp '{path}' '{aside}' && mv '{aside}' '{path}'",
    "touched": "touch '{path}'",
    "made longer": "echo more >> '{path}'",
    "written over, date put back": "cp -p '{path}' '{aside}' && dd if=/dev/urandom of='{path}' bs=1000 count=200 seek=20 "
    "conv=notrunc status=none && touch -r '{aside}' '{path}'; rm -f '{aside}'",
}
HARMLESS = ("touched", "replaced by the same bytes", "emptied and written anew")


def while_it_is_read(bench, options):
    """A file that goes away, shrinks, is written over, replaced or touched at one of its reads."""
    toml = bench.copy_project("changing")
    tiles = bench.scenes(toml)
    path, kept, aside = os.path.realpath(tiles[-1]), os.path.join(bench.root, "kept.tif"), os.path.join(bench.root, "aside.tif")
    shutil.copy2(path, kept)
    truth, _ = bench.undisturbed("changing-truth", toml)
    truth, total = bench.digest(truth), reads_of(bench, toml, path)
    told_of, exits = total, {0: 0, 1: 0}
    for name, action in ACTIONS.items():
        for turn in range(10 if options.long else 2):
            # In one half of the cases among the first reads: opening, digest and samples of the values.
            at = bench.random.randint(1, 60) if turn % 2 == 0 else bench.random.randint(61, total)
            for policy in ("continue", "stop") if turn % 3 == 1 else ("continue",):
                case, out = f"while it is read: {name}", bench.folder("changing-out")
                command = action.format(path=path, other=tiles[0], aside=aside)
                faults = {"FAULT_READ": path, "FAULT_AT": at, "FAULT_DO": command}
                done = bench.run("--out", out, "--on-error", policy, project=toml, faults=faults)
                exits[done.returncode] = exits.get(done.returncode, 0) + 1
                look_at_change(bench, (case, f"{policy}, read {at} of {told_of}"), done, (out, truth, path, name))
                if policy == "stop" and done.returncode:
                    bench.clean_failure(case, done, out, truth)
                shutil.copy2(kept, path)
                again = bench.run("--out", out, "--resume", project=toml)
                differ = bench.same(out, truth)
                bench.check(case, again.returncode == 0 and not differ, f"read {at}, then put back: {differ} {again.stderr}")
    print(f"while it is read: {total} reads; exit codes {exits}")


def look_at_change(bench, told, done, of):
    (case, when), (out, truth, path, name) = told, of
    bench.check(case, done.returncode in (0, 1) and "panicked" not in done.stderr, f"{when}: {done.returncode} {done.stderr}")
    if done.returncode == 1:
        bench.check(case, os.path.basename(path) in done.stderr, f"{when}: the file is not named: {done.stderr}")
        return
    # It was changed before its digest was taken, or after the last of it was read: the figures are those of the bytes whose
    # digest is in run.json.
    digests = [{entry["path"]: entry["sha256"] for entry in json.loads(outputs["run.json"])["inputs"]}
               for outputs in (bench.digest(out), truth)]
    if digests[0] == digests[1]:
        bench.check(case, not bench.same(out, truth), f"{when}: other figures of the same bytes")
    elif name in HARMLESS:
        bench.check(case, False, f"{when}: another digest of the same bytes")
    else:
        fresh = bench.folder("changing-fresh")
        bench.run("--out", fresh, project=os.path.join(os.path.dirname(os.path.dirname(path)), "cocal.toml"))
        bench.check(case, not bench.same(out, bench.digest(fresh)), f"{when}: other figures than of the changed file")


CASES = {"broken": broken_from_the_start, "one block": one_block, "bad sectors": bad_sectors, "while read": while_it_is_read}
