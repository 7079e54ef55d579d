"""Synthetic projects, calls of cocal with faults, and the comparison with an undisturbed run."""

import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import project as projects

HERE = os.path.dirname(os.path.abspath(__file__))
ENOSPC, EIO, EACCES, EROFS, ENOLCK = 28, 5, 13, 30, 37
TEMPORARY = ".cocal-"


class Bench:
    """The program, two projects with their undisturbed outputs, and the tally of cases.

    The project has 44 windows in two years, and a model that was trained beforehand. The small one has 8 and trains its model.
    """

    def __init__(self, binary, simulate, seed):
        self.binary, self.simulate = os.path.abspath(binary), os.path.abspath(simulate)
        self.random = random.Random(seed)
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="cocal-faults-"))
        self.shim = os.path.join(self.root, "faults.so")
        source = os.path.join(HERE, "faults.c")
        subprocess.run(["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"], check=True)
        self.passed, self.failed, self.untested = {}, [], []
        self.project = os.path.join(self.root, "project")
        self.toml = projects.make(self.binary, self.simulate, self.project, (540, 5400, 128), (1, 2))
        self.small = projects.make_small(self.binary, self.simulate, os.path.join(self.root, "small"))
        self.reference, self.length = self.undisturbed("reference", self.toml)
        self.truth = self.digest(self.reference)
        self.small_reference, self.small_length = self.undisturbed("small-reference", self.small)
        self.small_truth = self.digest(self.small_reference)

    def undisturbed(self, name, toml):
        out, begun = self.folder(name), time.monotonic()
        done = self.run("--out", out, project=toml)
        assert done.returncode == 0, done.stderr
        return out, time.monotonic() - begun

    def scenes(self, toml=None):
        tiles = os.path.join(os.path.dirname(toml or self.toml), "tiles")
        return sorted(os.path.join(tiles, name) for name in os.listdir(tiles) if name.endswith(".tif"))

    def command(self, *arguments, project=None):
        threads = [] if "--threads" in arguments else ["--threads", "2"]
        return [self.binary, "run", project or self.toml, "--quiet", *threads, *arguments]

    def call(self, *arguments, timeout=300, faults=None, under=()):
        """Any command of the program, with faults in its environment. ``under`` stands before it (prlimit, setpriv)."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FAULT_")}
        environment["RUST_BACKTRACE"] = "0"
        environment.update({key: str(value) for key, value in (faults or {}).items()})
        if any(key.startswith("FAULT_") for key in faults or {}):
            environment["LD_PRELOAD"] = self.shim
        command = [*under, self.binary, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, errors="replace")

    def run(self, *arguments, project=None, **more):
        return self.call(*self.command(*arguments, project=project)[1:], **more)

    def folder(self, name):
        """A path in the bench's folder with nothing at it."""
        path = os.path.join(self.root, name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def copy_project(self, name, toml=None):
        path = self.folder(name)
        shutil.copytree(os.path.dirname(toml or self.toml), path)
        return os.path.join(path, "cocal.toml")

    @staticmethod
    def digest(folder):
        """All outputs by name; of run.json what does not tell of time."""
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
        """The names of outputs that differ from the undisturbed ones; none when all are the same."""
        truth, found = truth or self.truth, self.digest(folder)
        return sorted(name for name in truth.keys() | found.keys() if truth.get(name) != found.get(name))

    def torn(self, folder, *truths):
        """Files under final names that are not whole: their bytes are of none of these runs."""
        found = self.digest(folder) if os.path.isdir(folder) else {}
        final = {name: content for name, content in found.items() if not is_temporary(name)}
        return sorted(name for name, content in final.items() if content not in [truth.get(name) for truth in truths])

    def check(self, case, ok, told=""):
        if ok:
            self.passed[case] = self.passed.get(case, 0) + 1
        else:
            self.failed.append((case, told))
            print(f"FAILED {case}: {told}"[:2000], flush=True)
        return ok

    def not_tested(self, case, why):
        """Says so loudly; where everything has to be tested it is a failure."""
        print(f"NOT TESTED {case}: {why}", flush=True)
        self.untested.append(case)
        if os.environ.get("COCAL_REQUIRE_DATA") == "1":
            self.check(case, False, f"not tested: {why}")

    def clean_failure(self, case, done, out, truth=None, earlier=None):
        """A failure as it should be: exit code 1, words, no panic, nothing half-written under a final name. ``earlier``: outputs
        that were in the folder before."""
        ok = self.check(case, done.returncode == 1, f"exit code {done.returncode}: {done.stderr}")
        ok &= self.check(case, "error:" in done.stderr and "panicked" not in done.stderr, done.stderr)
        torn = self.torn(out, truth or self.truth, *([earlier] if earlier else []))
        if os.path.exists(os.path.join(out, "run.json")):
            untouched = earlier is not None and not self.same(out, earlier)
            return ok & self.check(case, untouched, "run.json is there although the run failed")
        return ok & self.check(case, not torn, f"half files under final names: {torn}")

    def end(self):
        shutil.rmtree(self.root, ignore_errors=True)
        failures = {}
        for case, _ in self.failed:
            failures[case] = failures.get(case, 0) + 1
        cases = list(dict.fromkeys([*self.passed, *failures]))
        print("\ncase | checks passed | failed")
        for case in cases:
            print(f"{case} | {self.passed.get(case, 0)} | {failures.get(case, 0)}")
        total = sum(self.passed.values())
        print(f"{'FAILED' if self.failed else 'ok'}: {len(cases)} cases, {len(cases) - len(failures)} passed, {len(failures)} failed, "
              f"{len(self.untested)} not tested; {total} checks passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


def processor_seconds():
    """What the commands so far took of the processors, whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def is_temporary(name):
    """Whether a file is of the kind that a killed process may leave."""
    return os.path.basename(name).startswith((TEMPORARY, ".tmp"))


def general(path):
    """A path without what is drawn anew each time, and without a year."""
    path = re.sub(r"/(\.cocal-|\.tmp)[A-Za-z0-9]{6}(?=$|\.| )", r"/\1*", path.replace(" (deleted)", ""))
    return re.sub(r"/#\d+", "/#", re.sub(r"20\d\d", "*", path))


def main(cases):
    import argparse

    parser = argparse.ArgumentParser(description="Causes faults and looks at what is left.")
    parser.add_argument("binary")
    parser.add_argument("simulate")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    parser.add_argument("--long", action="store_true", help="every call, 100 kills of runs, many more changed bytes")
    parser.add_argument("--kills", type=int, help="kills of runs (10, with --long 100)")
    parser.add_argument("--only", nargs="*", metavar="CASE", help=", ".join(cases))
    options = parser.parse_args()
    options.kills = options.kills or (100 if options.long else 10)
    unknown = set(options.only or []) - set(cases)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}", flush=True)
    begun = time.monotonic()
    bench = Bench(options.binary, options.simulate, options.seed)
    print(f"projects: {time.monotonic() - begun:.0f} s; an undisturbed run takes {bench.length:.2f} s, of the small project "
          f"{bench.small_length:.2f} s", flush=True)
    for name, case in cases.items():
        if options.only and name not in options.only:
            continue
        begun, worked = time.monotonic(), processor_seconds()
        case(bench, options)
        print(f"{name}: {time.monotonic() - begun:.0f} s, {processor_seconds() - worked:.0f} s of processor", flush=True)
    sys.exit(bench.end())
