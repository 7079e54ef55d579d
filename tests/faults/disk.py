"""Every write fails once, a disk that is full for real, permissions that are lost, clocks that jump, memory that ends."""

import os
import shutil
import subprocess

ENOSPC, EIO, EACCES, EROFS = 28, 5, 13, 30


def count_calls(bench, command_of):
    out = bench.folder("counted")
    path = os.path.join(bench.root, "count")
    done = bench.call(*command_of(out), faults={"FAULT_UNDER": out, "FAULT_COUNT": path})
    assert done.returncode == 0, done.stderr
    return int(open(path).read())


def every_write(bench, options):
    """The N-th call that writes fails, for every N: once only, and from then on."""
    def command(out):
        return bench.command("--out", out, "--threads", "1")[1:]

    total = count_calls(bench, command)
    faults = [(n, 1, ENOSPC) for n in range(1, total + 1)] + [(n, 0, ENOSPC) for n in range(1, total + 1, 7)]
    faults += [(n, 1, EACCES) for n in range(1, total + 1, 11)] + [(n, 0, EIO) for n in range(3, total + 1, 13)]
    for number, stays, code in faults:
        out = bench.folder("full")
        done = bench.call(
            *command(out),
            faults={"FAULT_UNDER": out, "FAULT_CALL": number, "FAULT_STAYS": stays, "FAULT_ERRNO": code},
        )
        case = f"disk: every write, errno {code}"
        if done.returncode == 0:
            # What may fail without harm: who holds the lock is written there as a courtesy, leftovers are taken away.
            bench.check(case, not bench.same(out), f"call {number}: done with other bytes: {bench.same(out)}")
            continue
        bench.clean_failure(case, done, out)
        again = bench.run("--out", out, "--resume")
        bench.check(case, again.returncode == 0 and not bench.same(out), f"call {number}: {again.stderr}")
    print(f"{total} calls that write, {len(faults)} runs with a fault")


def tmpfs(bench, options):
    """A file system that is really full, and is then made larger."""
    mount = os.path.join(bench.root, "tmpfs")
    os.makedirs(mount, exist_ok=True)
    size = sum(len(content) for content in bench.truth.values()) // 1024
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "cocal-faults", mount], capture_output=True, text=True)
    if made.returncode != 0:
        required = os.environ.get("COCAL_REQUIRE_DATA") == "1"
        print(f"NOT TESTED: a full tmpfs cannot be mounted here: {made.stderr.strip()}")
        bench.check("disk: tmpfs", not required, "mount -t tmpfs is refused here")
        return
    try:
        for part in (0.05, 0.2, 0.5, 0.9, 1.3, 1.8):
            out = os.path.join(mount, "out")
            shutil.rmtree(out, ignore_errors=True)
            remount(mount, f"{max(64, int(size * part))}k")
            done = bench.run("--out", out)
            if done.returncode:
                bench.clean_failure("disk: tmpfs", done, out)
            remount(mount, f"{size * 8 + 8192}k")
            again = bench.run("--out", out, "--resume")
            bench.check("disk: tmpfs", again.returncode == 0 and not bench.same(out), again.stderr)
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


def remount(mount, size):
    subprocess.run(["mount", "-o", f"remount,size={size}", mount], check=True)


def permissions(bench, options):
    """Without rights: root has them all, so the run is nobody's."""
    drop = shutil.which("setpriv")
    if os.geteuid() != 0 or not drop:
        print("NOT TESTED: rights can only be given up by root with setpriv")
        return
    os.chmod(bench.root, 0o755)
    out = bench.folder("closed")
    os.makedirs(out)
    as_nobody = [drop, "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = subprocess.run(as_nobody + bench.command("--out", out), capture_output=True, text=True)
    bench.clean_failure("permission: outputs", done, out)
    toml = bench.copy_project("unreadable")
    secret = sorted(os.listdir(os.path.join(os.path.dirname(toml), "tiles")))[0]
    os.chmod(os.path.join(os.path.dirname(toml), "tiles", secret), 0)
    os.chmod(out, 0o777)
    done = subprocess.run(as_nobody + bench.command("--out", out, project=toml), capture_output=True, text=True)
    bench.check("permission: input", done.returncode == 1 and secret in done.stderr, done.stderr)
    bench.check("permission: input", os.path.exists(os.path.join(out, "run.json")), "the rest was not done")
    stop = bench.folder("closed-stop")
    os.makedirs(stop)
    os.chmod(stop, 0o777)
    command = as_nobody + bench.command("--out", stop, "--on-error", "stop", project=toml)
    bench.clean_failure("permission: input, stop", subprocess.run(command, capture_output=True, text=True), stop)


def clocks(bench, options):
    """Clocks that jump by seconds, a day, thirty years, in both directions."""
    for seconds in (-86400, 86400, 946080000, -946080000, 3):
        out = bench.folder("clock")
        done = bench.run("--out", out, faults={"FAULT_CLOCK": seconds}, timeout=60)
        bench.check("clock jumps", done.returncode == 0 and not bench.same(out), f"{seconds}: {done.stderr}")


def out_of_memory(bench, options):
    """A limit that the work does not fit into: it ends with words or a signal, leaves nothing half, and can be gone on with."""
    for megabytes in (20, 40, 60, 90, 120):
        out = bench.folder("memory")
        command = ["prlimit", f"--data={megabytes * 1024 * 1024}", *bench.command("--out", out)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode == 0:
            bench.check("out of memory", not bench.same(out), "other bytes")
            continue
        torn = [n for n, c in bench.digest(out).items() if n in bench.truth and c != bench.truth[n]] if os.path.isdir(out) else []
        bench.check("out of memory", not torn and "panicked" not in done.stderr, f"{megabytes} MB: {torn} {done.stderr}")
        again = bench.run("--out", out, "--resume")
        bench.check("out of memory", again.returncode == 0 and not bench.same(out), again.stderr)


CASES = {
    "every write": every_write,
    "tmpfs": tmpfs,
    "permissions": permissions,
    "clocks": clocks,
    "memory": out_of_memory,
}
