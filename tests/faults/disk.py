"""Every call that writes fails in turn; file systems that are full for real."""

import os
import shutil
import subprocess

import common
from common import EACCES, EIO, ENOSPC, EROFS, general
from kills import calls_of

# What the system says of these errors, in the words of Rust or of GDAL.
WORDS = {
    ENOSPC: ("No space left on device",),
    EIO: ("Input/output error",),
    EACCES: ("Permission denied",),
    EROFS: ("Read-only file system",),
}


class Step:
    """A command that writes into a folder, and what is there after an undisturbed one."""

    def __init__(self, name, command, truth, after=()):
        self.name, self.command, self.truth = name, command, truth
        # Flags with which it is gone on with.
        self.after = after


def steps(bench):
    """The commands that write, each with the small project."""
    plan, parts = os.path.join(bench.root, "step", "plan.json"), os.path.join(bench.root, "step-parts")
    bench.folder("step")
    bench.folder("step-parts")
    os.makedirs(os.path.dirname(plan))
    for command in (["plan", bench.small, "-o", plan, "--side", "512"], ["task", plan, "--id", "0-7", "-o", parts]):
        done = bench.call(*command, "--quiet", "--threads", "1")
        assert done.returncode == 0, done.stderr

    def run(out):
        return bench.command("--out", out, "--threads", "1", project=bench.small)[1:]

    return [
        Step("run", run, bench.small_truth, after=["--resume"]),
        Step("plan", lambda out: ["plan", bench.small, "-o", os.path.join(out, "plan.json"), "--side", "512", "--quiet"],
             bench.digest(os.path.dirname(plan))),
        Step("task", lambda out: ["task", plan, "--id", "0-7", "-o", out, "--quiet", "--threads", "1"], bench.digest(parts)),
        Step("merge", lambda out: ["merge", plan, parts, "-o", out, "--quiet", "--threads", "1"], bench.small_truth),
    ]


def every_write(bench, options):
    """The N-th call that changes something fails: for every N with --long, else for one N of each kind."""
    for step in steps(bench):
        out = empty(bench, "counted")
        calls = calls_of(bench, step.command(out), out)
        numbers = [number for number, _, _ in calls]
        if not options.long:
            kinds = {}
            for number, name, path in calls:
                kinds.setdefault((name, general(path)), []).append(number)
            numbers = sorted(bench.random.choice(of_kind) for of_kind in kinds.values())
        caused = 0
        for turn, number in enumerate(numbers):
            faults = [
                {"FAULT_CALL": number, "FAULT_ERRNO": EIO},
                {"FAULT_CALL": number, "FAULT_ERRNO": ENOSPC, "FAULT_STAYS": 1, "FAULT_SHORT": number % 2},
                {"FAULT_CALL": number, "FAULT_ERRNO": bench.random.choice([EACCES, EROFS]), "FAULT_STAYS": 1},
            ]
            # One call alone is the hardest: all that comes after it would go well.
            for fault in faults if options.long else [faults[0], faults[1 + turn // 2 % 2]][:1 + turn % 2]:
                one_write(bench, step, fault, calls[number - 1])
                caused += 1
        print(f"every write, {step.name}: {len(calls)} calls, {caused} faults", flush=True)


def empty(bench, name):
    """A new folder: the commands that want one find it."""
    out = bench.folder(name)
    os.makedirs(out)
    return out


def harmless(name, path, code):
    """What may fail without harm: who holds the lock is told as a courtesy; a file that was only to try whether the folder can
    be written cannot be taken away, and the next run does."""
    courtesy = name in ("write", "ftruncate") and path.endswith("/.cocal/lock")
    return courtesy or name in ("unlink", "rmdir")


def one_write(bench, step, fault, call):
    code, (number, name, path) = fault["FAULT_ERRNO"], call
    case, out = f"every write: {step.name}, {os.strerror(code)}", empty(bench, "full")
    told = f"{name} of {general(path)} (call {number})"
    log = os.path.join(bench.root, "failed-calls")
    done = bench.call(*step.command(out), faults={"FAULT_UNDER": out, "FAULT_LOG": log, **fault})
    if done.returncode == 0:
        bench.check(case, harmless(name, path, code), f"{told} failed, and the exit code is 0")
        differ = [name for name in bench.same(out, step.truth) if not common.is_temporary(name)]
        bench.check(case, not differ, f"{told}: done with other bytes: {differ}")
    else:
        bench.clean_failure(f"{case}", done, out, step.truth)
        # Why GDAL could not write its side file it keeps to itself.
        words = [*WORDS[code], "side file"] if path.endswith(".aux.xml") else WORDS[code]
        bench.check(case, any(word in done.stderr for word in words), f"{told}: the cause is not told: {done.stderr}")
        bench.check(case, out in done.stderr, f"{told}: no file is named: {done.stderr}")
    again = bench.call(*step.command(out), *step.after)
    bench.check(case, again.returncode == 0, f"{told}, then without a fault: {again.stderr}")
    left = bench.same(out, step.truth)
    if step.name in ("plan", "task"):
        # Others may work in such a folder: what a dying process left there is nobody's to take away.
        left = [name for name in left if not common.is_temporary(name)]
    bench.check(case, not left, f"{told}, then without a fault: other files {left}")


def every_close(bench, options):
    """A file system that tells only when a file is closed that its bytes did not arrive (NFS, quotas): half of them are gone."""
    for step in steps(bench):
        out = empty(bench, "counted")
        log = os.path.join(bench.root, "calls")
        done = bench.call(*step.command(out), faults={"FAULT_UNDER": out, "FAULT_CLOSE": 1, "FAULT_LOG": log})
        assert done.returncode == 0, done.stderr
        calls = [line.split(" ", 2) for line in open(log).read().splitlines()]
        for number, _, path in calls if options.long else bench.random.sample(calls, min(len(calls), 12)):
            case, out = f"every close: {step.name}", empty(bench, "closed-badly")
            faults = {"FAULT_UNDER": out, "FAULT_CLOSE": 1, "FAULT_CALL": number, "FAULT_ERRNO": bench.random.choice([EIO, ENOSPC])}
            done = bench.call(*step.command(out), faults=faults)
            torn = bench.torn(out, step.truth)
            bench.check(case, not torn, f"close of {general(path)} (call {number}): exit code {done.returncode}, half files {torn}")
            again = bench.call(*step.command(out), *step.after)
            left = [name for name in bench.same(out, step.truth) if not common.is_temporary(name)]
            bench.check(case, again.returncode == 0 and not left, f"close of {general(path)} (call {number}), then again: {left} {again.stderr}")
        print(f"every close, {step.name}: {len(calls)} calls", flush=True)


def over_an_earlier_run(bench, options):
    """The outputs of an earlier run with other settings are there: each file is whole, of the one or of the other run, and
    run.json is there only when all are of one."""
    case, toml = "every write: over an earlier run", bench.copy_project("earlier", bench.small)
    text = open(toml).read()
    open(toml, "w").write(text.replace("minimum_mapping_unit_ha = 0.3", "minimum_mapping_unit_ha = 0.6"))
    kept, _ = bench.undisturbed("earlier-kept", toml)
    earlier = bench.digest(kept)
    out = bench.folder("over")
    shutil.copytree(kept, out)
    command = bench.command("--out", out, "--threads", "1", project=bench.small)[1:]
    calls = calls_of(bench, command, out)
    late = [call for call in calls if call[1] in ("rename", "chmod") or call[1] == "unlink" and call[2].endswith("run.json")]
    chosen = late if options.long else [late[0], late[-1], *bench.random.sample(late, 8)]
    for number, name, path in chosen:
        out = bench.folder("over")
        shutil.copytree(kept, out)
        faults = {"FAULT_UNDER": out, "FAULT_CALL": number, "FAULT_ERRNO": EIO}
        done = bench.call(*command, faults=faults)
        ok = bench.clean_failure(case, done, out, bench.small_truth, earlier)
        bench.check(case, ok, f"{name} of {general(path)} (call {number})")
        again = bench.call(*command, "--resume")
        bench.check(case, again.returncode == 0 and not bench.same(out, bench.small_truth), f"call {number}: {again.stderr}")
    print(f"over an earlier run: {len(chosen)} of {len(late)} calls that put in place")


def temporary_folder(bench, options):
    """TMPDIR is full, or not there."""
    case, folder = "disk: TMPDIR", empty(bench, "tmpdir")
    faults = {"TMPDIR": folder, "FAULT_UNDER": folder, "FAULT_CALL": 1, "FAULT_STAYS": 1}
    for name, step in ((step.name, step) for step in steps(bench)):
        for environment in (faults, {"TMPDIR": os.path.join(folder, "not-there")}):
            out = empty(bench, "with-tmpdir")
            done = bench.call(*step.command(out), faults=environment)
            if done.returncode:
                bench.clean_failure(case, done, out, step.truth)
            else:
                bench.check(case, not bench.same(out, step.truth), f"{name}: {done.stderr}")


def tmpfs(bench, options):
    """A file system that is really full, and is then made larger."""
    case, mount = "disk: a full tmpfs", os.path.join(bench.root, "tmpfs")
    os.makedirs(mount, exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "cocal-faults", mount], capture_output=True, text=True)
    if made.returncode != 0:
        bench.not_tested(case, f"mount -t tmpfs is refused here: {made.stderr.strip()}")
        return
    size = sum(len(content) for content in bench.truth.values()) // 1024
    failed = 0
    try:
        for part in (0.02, 0.2, 0.5, 0.9, 1.3, 1.6, 1.8, 1.9, 2.0) if options.long else (0.2, 0.9, 1.7):
            out = os.path.join(mount, "out")
            shutil.rmtree(out, ignore_errors=True)
            remount(mount, f"{max(64, int(size * part))}k")
            done = bench.run("--out", out)
            failed += done.returncode != 0
            if done.returncode:
                bench.clean_failure(case, done, out)
                bench.check(case, "No space left" in done.stderr, f"{part}: the cause is not told: {done.stderr}")
            remount(mount, f"{size * 8 + 8192}k")
            again = bench.run("--out", out, "--resume")
            bench.check(case, again.returncode == 0 and not bench.same(out), f"{part}: {again.stderr}")
        bench.check(case, failed > 1, "the file system was never too small")
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


def remount(mount, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", mount], check=True)


CASES = {
    "every write": every_write,
    "every close": every_close,
    "over an earlier run": over_an_earlier_run,
    "tmpdir": temporary_folder,
    "tmpfs": tmpfs,
}
