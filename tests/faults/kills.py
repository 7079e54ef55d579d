"""SIGKILL at random moments, and two runs on one folder."""

import json
import os
import signal
import subprocess
import time


def kill_after(bench, command, seconds):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=max(seconds, 0.001))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode == -signal.SIGKILL


def runs(bench, options):
    """Killed runs, some several times on one folder, then one to the end: the bytes of a run that nobody killed."""
    kills, reused, round_ = 0, 0, 0
    while kills < options.kills:
        out = bench.folder("killed")
        for _ in range(bench.random.choice([1, 1, 2, 3])):
            kills += kill_after(bench, bench.command("--out", out, "--resume"), bench.random.uniform(0, bench.length))
            if os.path.exists(os.path.join(out, "run.json")):
                bench.check("kill: run", not bench.same(out), "run.json beside other bytes")
            else:
                torn = [n for n, c in bench.digest(out).items() if n in bench.truth and c != bench.truth[n]]
                bench.check("kill: run", not torn, f"half files: {torn}")
        done = bench.run("--out", out, "--resume", "--json")
        if not bench.check("kill: run", done.returncode == 0, done.stderr):
            continue
        reused += json.loads(done.stdout)["watched"]["reused"]
        differ = bench.same(out)
        bench.check("kill: run", not differ, f"round {round_}: {differ}")
        round_ += 1
    bench.check("kill: windows taken from journals", reused > 0, "no run took anything up")
    print(f"{kills} kills, {round_} runs to the end, {reused} windows taken up")


def tasks_and_merges(bench, options):
    """Killed tasks and merges: no half part, and the same bytes in the end."""
    plan, parts = os.path.join(bench.root, "kill.json"), bench.folder("kill-parts")
    done = bench.call("plan", bench.toml, "-o", plan, "--side", "1024", "--quiet", "--json")
    bench.check("kill: task", done.returncode == 0, done.stderr)
    last = json.loads(done.stdout)["tasks"] - 1
    task = [bench.binary, "task", plan, "--id", f"0-{last}", "-o", parts, "--quiet"]
    for _ in range(10):
        kill_after(bench, task, bench.random.uniform(0, bench.length))
    done = subprocess.run(task, capture_output=True, text=True)
    bench.check("kill: task", done.returncode == 0, done.stderr)
    out = bench.folder("kill-merged")
    merge = [bench.binary, "merge", plan, parts, "-o", out, "--quiet"]
    begun = time.monotonic()
    subprocess.run(merge, check=True, capture_output=True)
    length = time.monotonic() - begun
    for _ in range(10):
        out = bench.folder("kill-merged")
        kill_after(bench, merge, bench.random.uniform(0, length))
        done = subprocess.run(merge, capture_output=True, text=True)
        bench.check("kill: merge", done.returncode == 0 and not bench.same(out), done.stderr)


def two_on_one_folder(bench, options):
    """The second is refused while the first lives, and not when it is dead."""
    out = bench.folder("locked")
    first = subprocess.Popen(bench.command("--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(bench.length / 3)
    second = bench.run("--out", out)
    refused = second.returncode == 1 and f"process {first.pid}" in second.stderr
    bench.check("two runs", refused or first.poll() is not None, second.stderr)
    first.send_signal(signal.SIGSTOP)
    bench.check("two runs", bench.run("--out", out).returncode == 1, "a stopped process lost its lock")
    first.kill()
    first.wait()
    done = bench.run("--out", out)
    bench.check("two runs", done.returncode == 0 and not bench.same(out), done.stderr)
    open(os.path.join(out, ".cocal", "lock"), "wb").write(b"\xff\x00 rubbish" * 100)
    bench.check("two runs", bench.run("--out", out).returncode == 0, "rubbish in a lock file")


CASES = {"kills": runs, "task kills": tasks_and_merges, "lock": two_on_one_folder}
