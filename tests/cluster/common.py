"""What the tests on clusters share: a project that lasts some seconds, processes that end with the test, outputs compared."""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_tiles"

#: The sample's pixels are written so many times in each direction: 33 million pixels of 1 m, the same ground.
FACTOR = 10


class Failed(Exception):
    """What was expected and what was there."""


def options(doc):
    """The command line of a test."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cocal", type=Path, default=ROOT / "target" / "release" / "cocal", help="the program")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "cluster", help="folder for inputs that are kept and outputs that are not")
    parser.add_argument("--factor", type=int, default=FACTOR, help="pixels of the sample are written so many times in each direction")
    given = parser.parse_args()
    given.cocal, given.work = given.cocal.resolve(), given.work.resolve()
    if not os.access(given.cocal, os.X_OK):
        sys.exit(f"{given.cocal} is not there: cargo build --release")
    return given


def must(condition, what):
    """Ends the test where the condition does not hold."""
    if not condition:
        raise Failed(what)


def call(*words, code=0, **more):
    """Runs a command, which must end with this exit code; what it printed."""
    words = [str(word) for word in words]
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)
    if ended.returncode != code:
        raise Failed(f"{' '.join(words)}: exit code {ended.returncode}, not {code}\n{ended.stdout[-2000:]}{ended.stderr[-4000:]}")
    return ended.stdout


def until(what, condition, seconds=60.0):
    """Waits for a condition; what it gave."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def project(given):
    """A project of a size that a job has a middle, with its model; made where it is not there."""
    folder = given.work / f"sample_x{given.factor}"
    if (folder / "cocal.toml").exists():
        return folder / "cocal.toml"
    (folder / "tiles").mkdir(parents=True, exist_ok=True)
    size = f"{100 * given.factor}%"
    creation = ["TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", "ZLEVEL=1", "BLOCKXSIZE=512", "BLOCKYSIZE=512"]
    for tile in sorted((SAMPLE / "tiles").glob("*.tif")):
        words = [word for option in creation for word in ("-co", option)]
        call("gdal_translate", "-q", "-r", "nearest", "-outsize", size, size, *words, tile, folder / "tiles" / tile.name)
    for name in ("municipalities.geojson", "census.csv", "eradication.csv"):
        shutil.copy(SAMPLE / name, folder)
    labels = ["--samples", SAMPLE / "training.geojson", "--class-field", "class"]
    call(given.cocal, "train", "--project", SAMPLE / "cocal.toml", *labels, "--quiet", "-o", folder / "model.cocal")
    text = (SAMPLE / "cocal.toml").read_text()
    # Labelled units are pixels of the sample's own grid.
    text = re.sub(r"(?m)^\[\[assessment\]\](.|\n)*?\n\n", "", text)
    text = re.sub(r"(?m)^\[truth\](.|\n)*", "", text)
    text = re.sub(r"(?m)^\[classifier\](.|\n)*?\n\n", '[classifier]\nmodel = "model.cocal"\n\n', text)
    # A lot's least size in pixels stays as it was: a window looks around no further than that.
    text = re.sub(r"(?m)^minimum_mapping_unit_ha = .*", f"minimum_mapping_unit_ha = {0.1 / given.factor**2:.6f}", text)
    (folder / "cocal.toml.new").write_text(text)
    (folder / "cocal.toml.new").rename(folder / "cocal.toml")
    return folder / "cocal.toml"


def reference(given, project_file):
    """The outputs of one `cocal run` by this program, made anew."""
    out = given.work / "reference"
    shutil.rmtree(out, ignore_errors=True)
    call(given.cocal, "run", project_file, "--out", out, "--quiet")
    return out


def same(one, other):
    """Number of files that two folders of outputs have, which must have the same bytes (`timings` in `run.json` aside)."""
    names = [{p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and ".cocal" not in p.parts} for folder in (one, other)]
    must(names[0] == names[1], f"{one} and {other} have different files: {sorted(map(str, names[0] ^ names[1]))}")
    must(len(names[0]) > 20, f"{one} has only {len(names[0])} files")
    for name in sorted(names[0]):
        if name.name == "run.json":
            records = [json.loads((folder / name).read_text()) for folder in (one, other)]
            for record in records:
                must(record.pop("timings", None) is not None, f"{name}: no timings")
            must(records[0] == records[1], f"{name} differs: {differing(*records)}")
        else:
            must((one / name).read_bytes() == (other / name).read_bytes(), f"{name} of {one} and {other} differs")
    return len(names[0])


def differing(one, other):
    """Keys of two records that differ."""
    return [key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key)]


def children(pid):
    """Processes that this one has started and that have not ended."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text().split()]
        except OSError:
            pass
    return [child for child in found if alive(child)]


def alive(pid):
    """Whether a process runs: not gone, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def is_task(pid):
    """Whether a process is a call of `cocal task`."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return len(words) > 1 and words[0].endswith(b"cocal") and words[1] == b"task"


class Processes:
    """Processes that are ended when the test ends, however it ends."""

    def __init__(self, logs):
        self.logs, self.started = logs, []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name, *words, **more):
        """Starts a process; what it says goes to a file of its name."""
        with open(self.logs / f"{name}.log", "wb") as log:
            process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **more)
        self.started.append(process)
        return process

    def said(self, name):
        """What a process said so far."""
        return (self.logs / f"{name}.log").read_text(errors="replace")


def main(test, doc):
    """Runs a test; ends with 1 and says why where it fails."""
    given = options(doc)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        print(f"ok: {test(given)}", flush=True)
    except Failed as failure:
        sys.exit(f"failed: {failure}")
