"""Rights that are lost, clocks that jump, memory that ends."""

import json
import os
import shutil
import stat

import common
import plans


def permissions(bench, options):
    """Without rights: root has them all, so the run is nobody's."""
    drop = shutil.which("setpriv")
    if os.geteuid() != 0 or not drop:
        bench.not_tested("permission", "rights can only be given up by root with setpriv")
        return
    nobody = [drop, "--reuid=65534", "--regid=65534", "--clear-groups"]
    os.chmod(bench.root, 0o755)
    out = bench.folder("closed")
    os.makedirs(out)
    done = bench.run("--out", out, under=nobody)
    bench.clean_failure("permission: outputs", done, out)
    bench.check("permission: outputs", out in done.stderr and "Permission denied" in done.stderr, done.stderr)
    # The folder is open, but a file of an earlier run in it, its journal, is another's.
    os.chmod(out, 0o777)
    bench.run("--out", out)
    done = bench.run("--out", out, under=nobody)
    bench.check("permission: another's outputs", done.returncode == 1 and ".cocal" in done.stderr, done.stderr)
    bench.check("permission: another's outputs", not bench.same(out), "another's outputs were changed")
    toml = bench.copy_project("unreadable")
    secret = bench.scenes(toml)[-1]
    for what, keep in ((secret, stat.S_IRWXU), (os.path.dirname(secret), stat.S_IRWXU)):
        case, out = "permission: input" if what == secret else "permission: folder of inputs", bench.folder("open")
        os.makedirs(out)
        os.chmod(out, 0o777)
        os.chmod(what, 0)
        done = bench.run("--out", out, under=nobody, project=toml)
        bench.check(case, done.returncode == 1 and "panicked" not in done.stderr, done.stderr)
        if what == secret:
            bench.check(case, os.path.basename(secret) in done.stderr, f"not named: {done.stderr}")
            bench.check(case, os.path.exists(os.path.join(out, "run.json")), "the rest was not done")
        stop = bench.folder("open-stop")
        os.makedirs(stop)
        os.chmod(stop, 0o777)
        done = bench.run("--out", stop, "--on-error", "stop", under=nobody, project=toml)
        bench.clean_failure(f"{case}, stop", done, stop)
        os.chmod(what, keep | 0o055 if what != secret else 0o644)
        again = bench.run("--out", out, "--resume", under=nobody, project=toml)
        right, _ = bench.undisturbed("unreadable-truth", toml)
        bench.check(case, again.returncode == 0 and not bench.same(out, bench.digest(right)), f"with rights: {again.stderr}")


DAY = 86_400
JUMPS = (DAY, -DAY, 30 * 365 * DAY, -30 * 365 * DAY, 3)


def clocks(bench, options):
    """Clocks that jump by seconds, a day, thirty years, in both directions, at random calls."""
    for seconds in JUMPS:
        for _ in range(4 if options.long else 1):
            faults = {"FAULT_CLOCK": seconds, "FAULT_SEED": bench.random.randrange(1 << 30)}
            out = bench.folder("clock")
            done = bench.run("--out", out, faults=faults, timeout=120)
            bench.check("clock jumps: run", done.returncode == 0 and not bench.same(out), f"{faults}: {done.stderr}")
        out = plans.through_plan(bench, bench.small, "clock-plan", ["0-3", "4-999"], faults=faults)
        differ = out and bench.same(out, bench.small_truth)
        bench.check("clock jumps: plan, task, merge", out is not None and not differ, f"{faults}: {differ}")


def dates_of_files(bench, options):
    """Inputs from the future and from before 1970; bytes that changed while size and date were put back."""
    toml = bench.copy_project("dated", bench.small)
    folder, out = os.path.dirname(toml), bench.folder("dated-out")
    first = bench.run("--out", out, "--json", project=toml)
    windows = json.loads(first.stdout)["watched"]["windows"]
    truth = bench.digest(out)
    inputs = [os.path.join(folder, name) for name in ("cocal.toml", "census.csv", "municipalities.geojson")] + bench.scenes(toml)
    for seconds in (4_000_000_000, -1_000_000_000, 0):
        for path in inputs:
            os.utime(path, (seconds, seconds))
        done = bench.run("--out", out, "--resume", "--json", project=toml)
        reused = json.loads(done.stdout)["watched"]["reused"] if done.returncode == 0 else done.stderr
        bench.check("dates of files", reused == windows and not bench.same(out, truth), f"{seconds}: {reused} of {windows}")
    # Journal and outputs from the future are no newer for that.
    for name in (".cocal/journal", "hectares.csv", "run.json"):
        os.utime(os.path.join(out, name), (4_000_000_000, 4_000_000_000))
    kept = {path: (os.stat(path), open(path, "rb").read()) for path in inputs}
    for path in inputs[1:]:
        case = f"dates of files: {os.path.basename(path)} changed and put back to its date"
        plan, parts = os.path.join(bench.root, "dated.json"), bench.folder("dated-parts")
        planned = bench.call("plan", toml, "-o", plan, "--quiet")
        bench.check(case, planned.returncode == 0, planned.stderr)
        change_in_place(path)
        os.utime(path, ns=(kept[path][0].st_atime_ns, kept[path][0].st_mtime_ns))
        assert os.stat(path).st_size == kept[path][0].st_size
        task = bench.call("task", plan, "--id", "0-1", "-o", parts, "--quiet")
        merge = bench.call("merge", plan, parts, "-o", bench.folder("dated-merged"), "--quiet")
        noticed = [done for done in (task, merge) if done.returncode == 1 and os.path.basename(path) in done.stderr]
        bench.check(case, noticed, f"task and merge did not notice: {task.stderr} {merge.stderr}")
        fresh = bench.folder("dated-fresh")
        again, right = bench.run("--out", out, "--resume", project=toml), bench.run("--out", fresh, project=toml)
        bench.check(case, again.returncode == right.returncode, f"{again.stderr} {right.stderr}")
        if right.returncode == 0:
            bench.check(case, not bench.same(out, bench.digest(fresh)), f"old figures: {bench.same(out, bench.digest(fresh))}")
        open(path, "wb").write(kept[path][1])
        again = bench.run("--out", out, "--resume", project=toml)
        bench.check(case, again.returncode == 0 and not bench.same(out, truth), f"put back: {again.stderr}")


def change_in_place(path):
    """Other bytes, the same number of them, that still make a whole file."""
    content = bytearray(open(path, "rb").read())
    if path.endswith(".csv"):
        # The last digit of the last figure.
        at = max(index for index, byte in enumerate(content) if chr(byte).isdigit())
        content[at] = ord("3") if content[at] != ord("3") else ord("4")
    elif path.endswith(".geojson"):
        # A far decimal of the first coordinate that has one.
        at = content.index(b".", content.index(b"coordinates")) + 4
        content[at] = ord("3") if content[at] != ord("3") else ord("4")
    else:
        import tiff

        tiff.blank(path, tiff.blocks(path)[3][0])
        return
    open(path, "wb").write(content)


def memory(bench, options):
    """A limit that the work does not fit into: it ends with words or a signal, leaves nothing half, and can be gone on with."""
    prlimit = shutil.which("prlimit")
    if not prlimit:
        bench.not_tested("out of memory", "there is no prlimit")
        return
    ends = {}
    for megabytes in (12, 20, 30, 40, 50, 60, 75, 90, 110, 130, 160, 200) if options.long else (20, 50, 90):
        case, out = "out of memory: run", bench.folder("memory")
        limit = [prlimit, f"--data={megabytes << 20}"]
        done = bench.run("--out", out, under=limit, timeout=120)
        ends[done.returncode] = ends.get(done.returncode, 0) + 1
        if done.returncode == 0:
            bench.check(case, not bench.same(out), "other bytes")
            continue
        bench.check(case, not bench.torn(out, bench.truth) and "panicked" not in done.stderr, f"{megabytes} MB: {done.stderr}")
        bench.check(case, done.stderr.strip(), f"{megabytes} MB: ends with {done.returncode} and no word")
        bench.check(case, not os.path.exists(os.path.join(out, "run.json")), f"{megabytes} MB: run.json is there")
        again = bench.run("--out", out, "--resume")
        bench.check(case, again.returncode == 0 and not bench.same(out), again.stderr)
        task_without_memory(bench, limit)
    print(f"out of memory: exit codes of runs {ends}")


def task_without_memory(bench, limit):
    """A task that runs out of memory has no part; those of others are untouched."""
    case, plan, parts = "out of memory: task", os.path.join(bench.root, "memory.json"), bench.folder("memory-parts")
    for command in (["plan", bench.small, "-o", plan, "--side", "512"], ["task", plan, "--id", "0-1", "-o", parts]):
        done = bench.call(*command, "--quiet")
        bench.check(case, done.returncode == 0, done.stderr)
    before = bench.digest(parts)
    done = bench.call("task", plan, "--id", "0-3", "-o", parts, "--quiet", under=limit, timeout=120)
    found = {name: content for name, content in bench.digest(parts).items() if not common.is_temporary(name)}
    bench.check(case, all(found.get(name) == content for name, content in before.items()), "parts of others changed")
    last = len(json.load(open(plan))["tasks"]) - 1
    again = bench.call("task", plan, "--id", f"0-{last}", "-o", parts, "--quiet")
    out = bench.folder("memory-merged")
    merged = bench.call("merge", plan, parts, "-o", out, "--quiet")
    whole = again.returncode == 0 and merged.returncode == 0 and not bench.same(out, bench.small_truth)
    bench.check(case, whole, f"{done.returncode}: {again.stderr} {merged.stderr}")


CASES = {"permissions": permissions, "clocks": clocks, "dates of files": dates_of_files, "memory": memory}
