"""A small synthetic project, calls of cocal with faults, and the comparison with an undisturbed run."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Bench:
    """The program, a project with its undisturbed outputs, and the tally of cases."""

    def __init__(self, binary, simulate, seed):
        self.binary = os.path.abspath(binary)
        self.random = random.Random(seed)
        self.root = tempfile.mkdtemp(prefix="cocal-faults-")
        self.project = os.path.join(self.root, "project")
        self.make(simulate)
        self.shim = os.path.join(self.root, "faults.so")
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", self.shim, os.path.join(HERE, "faults.c"), "-ldl"], check=True
        )
        self.passed, self.failed = {}, []
        self.reference = os.path.join(self.root, "reference")
        begun = time.monotonic()
        done = self.run("--out", self.reference)
        assert done.returncode == 0, done.stderr
        self.length = time.monotonic() - begun
        self.truth = self.digest(self.reference)

    def make(self, simulate):
        command = [simulate, "tile", "--rows", "1500", "--cols", "2000", "--dates", "2", "--municipalities", "12"]
        subprocess.run([*command, "--seed", "11", "-o", self.project], check=True, capture_output=True)
        path = os.path.join(self.project, "cocal.toml")
        text = open(path).read().replace("minimum_mapping_unit_ha = 0.1", "minimum_mapping_unit_ha = 0.3")
        # A model of its own, so that kills do not all fall into the training.
        open(path, "w").write(text + "\n[validity]\ndilation_m = 40\n")
        model = os.path.join(self.project, "model.cocal")
        train = [self.binary, "train", "--project", path, "--samples", os.path.join(self.project, "training.geojson")]
        done = subprocess.run([*train, "--class-field", "class", "--quiet", "-o", model], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        text = open(path).read().replace('samples = "training.geojson"', 'model = "model.cocal"')
        open(path, "w").write(text.replace('class_field = "class"\n', "").replace('year_field = "year"\n', ""))

    @property
    def toml(self):
        return os.path.join(self.project, "cocal.toml")

    def scenes(self):
        tiles = os.path.join(self.project, "tiles")
        return sorted(os.path.join(tiles, name) for name in os.listdir(tiles) if name.endswith(".tif"))

    def command(self, *arguments, project=None):
        threads = [] if "--threads" in arguments else ["--threads", "2"]
        return [self.binary, "run", project or self.toml, "--quiet", *threads, *arguments]

    def call(self, *arguments, timeout=300, faults=None):
        """Any command of the program, with faults in its environment."""
        environment = dict(os.environ, RUST_BACKTRACE="0")
        if faults:
            environment.update({key: str(value) for key, value in faults.items()}, LD_PRELOAD=self.shim)
        return subprocess.run(
            [self.binary, *arguments], capture_output=True, text=True, timeout=timeout, env=environment, errors="replace"
        )

    def run(self, *arguments, project=None, **more):
        return self.call(*self.command(*arguments, project=project)[1:], **more)

    def folder(self, name):
        path = os.path.join(self.root, name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def copy_project(self, name):
        path = self.folder(name)
        shutil.copytree(self.project, path)
        return os.path.join(path, "cocal.toml")

    @staticmethod
    def digest(folder):
        """All outputs by name; of run.json what does not tell of time or place."""
        outputs = {}
        for base, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name != ".cocal"]
            for name in names:
                path = os.path.join(base, name)
                content = open(path, "rb").read()
                if name == "run.json":
                    record = json.loads(content)
                    record.pop("timings")
                    content = json.dumps(record, sort_keys=True).encode()
                outputs[os.path.relpath(path, folder)] = content
        return outputs

    def same(self, folder, truth=None):
        """The names of outputs that differ from the undisturbed ones."""
        truth, found = truth or self.truth, self.digest(folder)
        return sorted(name for name in truth.keys() | found.keys() if truth.get(name) != found.get(name))

    def check(self, case, ok, told=""):
        if ok:
            self.passed[case] = self.passed.get(case, 0) + 1
        else:
            self.failed.append((case, told))
            print(f"FAILED {case}: {told}"[:2000], flush=True)
        return ok

    def clean_failure(self, case, done, out):
        """A failure as it should be: exit code 1, words, no panic, nothing half-written under a final name."""
        ok = self.check(case, done.returncode == 1, f"exit code {done.returncode}: {done.stderr}")
        ok &= self.check(case, "error:" in done.stderr and "panicked" not in done.stderr, done.stderr)
        if os.path.exists(os.path.join(out, "run.json")):
            return ok & self.check(case, False, "run.json is there although the run failed")
        torn = [name for name, content in self.digest(out).items() if name in self.truth and content != self.truth[name]]
        leftovers = [name for name in torn if not os.path.basename(name).startswith(".cocal-")]
        return ok & self.check(case, not leftovers, f"other bytes under final names: {leftovers}")

    def end(self):
        shutil.rmtree(self.root, ignore_errors=True)
        total = sum(self.passed.values())
        print("\ncase | checks passed")
        for case, count in self.passed.items():
            print(f"{case} | {count}")
        print(f"{'FAILED' if self.failed else 'ok'}: {total} checks passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


def main(cases):
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    bench = Bench(options.binary, options.simulate, options.seed)
    print(f"an undisturbed run takes {bench.length:.2f} s", flush=True)
    for name, case in cases.items():
        if options.only and name not in options.only:
            continue
        begun = time.monotonic()
        case(bench, options)
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    sys.exit(bench.end())
