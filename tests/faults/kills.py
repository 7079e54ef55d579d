"""SIGKILL at random moments, and two runs on one folder."""

import json
import os
import shutil
import signal
import subprocess
import time

import common


def kill_after(command, seconds):
    """Whether a command was killed after so many seconds; it may come to its end before."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=max(seconds, 0.001))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode == -signal.SIGKILL


def runs(bench, options):
    """Killed runs, some several times on one folder, then one to the end: the bytes of a run that nobody killed."""
    killed_runs(bench, "kill: run", options.kills, (bench.toml, bench.truth, bench.length))
    # This one trains its model, so that kills fall into the training and right after it.
    killed_runs(bench, "kill: run that trains", max(options.kills // 3, 5), (bench.small, bench.small_truth, bench.small_length))


def killed_runs(bench, case, wanted, of):
    toml, truth, length = of
    kills, rounds, reused, leftovers, most = 0, 0, [], 0, 0
    while kills < wanted and rounds < 3 * wanted + 10:
        out = bench.folder("killed")
        for _ in range(bench.random.choice([1, 1, 2, 3, 5])):
            flag = bench.random.choice([[], ["--resume"]])
            kills += kill_after(bench.command("--out", out, *flag, project=toml), bench.random.uniform(0, length))
            if os.path.exists(os.path.join(out, "run.json")):
                differ = [name for name in bench.same(out, truth) if not common.is_temporary(name)]
                bench.check(case, not differ, f"run.json is there beside other bytes: {differ}")
            torn = bench.torn(out, truth)
            bench.check(case, not torn, f"half files: {torn}")
            leftovers += any(common.is_temporary(name) for name in bench.digest(out)) if os.path.isdir(out) else 0
        done = bench.run("--out", out, "--resume", "--json", project=toml)
        rounds += 1
        if not bench.check(case, done.returncode == 0, done.stderr):
            continue
        watched = json.loads(done.stdout)["watched"]
        reused.append(watched["reused"])
        most = watched["windows"]
        bench.check(case, not bench.same(out, truth), f"round {rounds}: {bench.same(out, truth)}")
    some = sum(0 < number < most for number in reused)
    bench.check(case, kills >= wanted, f"only {kills} kills in {rounds} rounds")
    # The training may be most of the time of the small one.
    bench.check(case, most < 40 or some > 0, f"no run took up a part of another: {reused}")
    print(f"{case}: {kills} kills, {rounds} runs to the end, {some} of them took up a part of {most} windows ({sum(reused)} in "
          f"all); half-written files under temporary names after {leftovers} kills")


def steps(bench, options):
    """Killed plans, tasks and merges: no half file under a final name, and the same bytes in the end."""
    times = 25 if options.long else 4
    folder = bench.folder("kill-steps")
    os.makedirs(folder)
    plan, parts = os.path.join(folder, "plan.json"), os.path.join(folder, "parts")
    command = [bench.binary, "plan", bench.toml, "-o", plan, "--side", "1024", "--quiet"]
    length = timed(command)
    whole, kills = open(plan, "rb").read(), {"plan": 0, "task": 0, "merge": 0}
    for _ in range(times):
        os.remove(plan)
        kills["plan"] += kill_after(command, bench.random.uniform(0, length))
        bench.check("kill: plan", not os.path.exists(plan) or open(plan, "rb").read() == whole, "half a plan")
        subprocess.run(command, check=True, capture_output=True)
        bench.check("kill: plan", open(plan, "rb").read() == whole, "another plan")
    last = len(json.loads(whole)["tasks"]) - 1
    task = [bench.binary, "task", plan, "--id", f"0-{last}", "-o", parts, "--quiet", "--json"]
    length = timed(task)
    right = bench.digest(parts)
    shutil.rmtree(parts)
    for _ in range(times):
        kills["task"] += kill_after(task, bench.random.uniform(0, length))
        torn = [name for name, content in bench.digest(parts).items() if not common.is_temporary(name) and content != right.get(name)]
        bench.check("kill: task", not torn, f"half parts {torn}")
        if bench.random.random() < 0.3:
            shutil.rmtree(parts)
    done = json.loads(subprocess.run(task, capture_output=True, text=True, check=True).stdout)
    bench.check("kill: task", sorted(done["done"] + done["skipped"]) == list(range(last + 1)), str(done))
    found = bench.digest(parts)
    bench.check("kill: task", all(found.get(name) == content for name, content in right.items()), "other parts")
    merges(bench, ("kill: merge", plan, parts), times, kills)
    print(f"kills of plan, task, merge: {kills['plan']}, {kills['task']}, {kills['merge']}; {last + 1} tasks")


def merges(bench, where, times, kills):
    case, plan, parts = where
    out = bench.folder("kill-merged")
    merge = [bench.binary, "merge", plan, parts, "-o", out, "--quiet"]
    length = timed(merge)
    for _ in range(times):
        out = bench.folder("kill-merged")
        kills["merge"] += kill_after(merge, bench.random.uniform(0, length))
        torn = bench.torn(out, bench.truth)
        bench.check(case, not torn, f"half files {torn}")
        done = subprocess.run(merge, capture_output=True, text=True)
        bench.check(case, done.returncode == 0 and not bench.same(out), f"{done.stderr} {bench.same(out)}")


def timed(command):
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - begun


def two_on_one_folder(bench, options):
    """The second is refused while the first lives, and not when it is dead."""
    case, out = "two runs on one folder", bench.folder("locked")
    first = subprocess.Popen(bench.command("--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lock = os.path.join(out, ".cocal", "lock")
    until = time.monotonic() + 60
    while not (os.path.exists(lock) and os.path.getsize(lock)) and first.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    # From here on the first cannot come to its end before the second has looked.
    first.send_signal(signal.SIGSTOP)
    bench.check(case, first.poll() is None, "the first was too quick")
    for flags in ([], ["--resume"], ["--fresh"]):
        second = bench.run("--out", out, *flags)
        refused = second.returncode == 1 and f"process {first.pid}" in second.stderr and "panicked" not in second.stderr
        bench.check(case, refused, f"{second.returncode} {second.stderr}")
    plan, parts = os.path.join(bench.root, "locked.json"), bench.folder("locked-parts")
    for command in (["plan", bench.toml, "-o", plan, "--side", "9000"], ["task", plan, "--id", "0-1", "-o", parts]):
        done = bench.call(*command, "--quiet")
        bench.check(case, done.returncode == 0, done.stderr)
    merged = bench.call("merge", plan, parts, "-o", out, "--quiet")
    bench.check(case, merged.returncode == 1 and f"process {first.pid}" in merged.stderr, f"merge: {merged.stderr}")
    first.kill()
    first.wait()
    done = bench.run("--out", out)
    bench.check(case, done.returncode == 0 and not bench.same(out), f"after the first is dead: {done.stderr}")
    stale = {"of another process": b"process 1 on elsewhere", "rubbish": b"\xff\x00 rubbish" * 100, "empty": b"", "long": b"x" * 5_000_000}
    for name, content in stale.items():
        open(lock, "wb").write(content)
        done = bench.run("--out", out, "--resume")
        bench.check(case, done.returncode == 0 and not bench.same(out), f"a lock file that is {name}: {done.stderr}")
    no_locks(bench)


def no_locks(bench):
    """A file system that knows no locks, a lock that is a folder."""
    out = bench.folder("no-locks")
    log = calls_of(bench, bench.command("--out", out)[1:], out)
    number = next(n for n, name, _ in log if name == "flock")
    out = bench.folder("no-locks")
    faults = {"FAULT_UNDER": out, "FAULT_CALL": number, "FAULT_ERRNO": common.ENOLCK}
    bench.clean_failure("no locks", bench.run("--out", out, faults=faults), out)
    out = bench.folder("no-locks")
    os.makedirs(os.path.join(out, ".cocal", "lock"))
    bench.clean_failure("no locks", bench.run("--out", out), out)


def calls_of(bench, command, under):
    """The calls of a command that change something under a folder: number, name, path."""
    log = os.path.join(bench.root, "calls")
    done = bench.call(*command, faults={"FAULT_UNDER": under, "FAULT_LOG": log})
    assert done.returncode == 0, done.stderr
    lines = (line.split(" ", 2) for line in open(log, errors="replace").read().splitlines())
    return [(int(number), name, path) for number, name, path in lines]


CASES = {"kills": runs, "kills of steps": steps, "lock": two_on_one_folder}
