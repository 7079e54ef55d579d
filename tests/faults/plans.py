"""Plans, tasks and merges in every order; journals, parts and plans whose bytes were changed."""

import json
import os
import shutil
import struct


def through_plan(bench, toml, name, ranges, expect=(0,), side="600", threads="2"):
    """The outputs of a plan whose tasks are done in these ranges; ``None`` where a step failed."""
    plan, parts, out = os.path.join(bench.root, name + ".json"), bench.folder(name + "-parts"), bench.folder(name)
    done = bench.call("plan", toml, "-o", plan, "--side", side, "--quiet", "--json")
    if done.returncode not in expect:
        return None
    last = json.loads(done.stdout)["tasks"] - 1
    for text in ranges:
        first, end = (int(n) for n in text.split("-"))
        done = bench.call("task", plan, "--id", f"{min(first, last)}-{min(end, last)}", "-o", parts, "--quiet", "--threads", threads)
        if done.returncode not in expect:
            print(done.stderr)
            return None
    done = bench.call("merge", plan, parts, "-o", out, "--quiet")
    return out if done.returncode in expect else None


def splits(bench, options):
    """Any split, order, number of threads and size of tasks gives the bytes of one run."""
    for side, threads, ranges in [
        ("512", "1", ["0-999"]), ("600", "2", ["3-5", "0-2", "6-999"]), ("1024", "2", ["0-999", "0-999"]), ("9000", "2", ["0-0"]),
    ]:
        out = through_plan(bench, bench.toml, "split", ranges, side=side, threads=threads)
        bench.check("plan: splits", out is not None and not bench.same(out), f"{side}, {ranges}: {out and bench.same(out)}")
    plan, parts = os.path.join(bench.root, "split.json"), os.path.join(bench.root, "split-parts")
    through_plan(bench, bench.toml, "split", ["0-999"], side="600")
    again = json.loads(bench.call("task", plan, "--id", "0-3", "-o", parts, "--json", "--quiet").stdout)
    bench.check("plan: a task twice", again["skipped"] == [0, 1, 2, 3] and not again["done"], str(again))
    two, out = bench.folder("two"), bench.folder("two-out")
    shutil.copytree(parts, two)
    for name in sorted(os.listdir(parts))[:3]:
        os.remove(os.path.join(parts, name))
    done = bench.call("merge", plan, parts, two, "-o", out, "--quiet")
    bench.check("plan: two folders", done.returncode == 0 and not bench.same(out), done.stderr)
    done = bench.call("merge", plan, parts, "-o", bench.folder("few"), "--quiet")
    bench.check("plan: missing parts", done.returncode == 1 and "0, 1, 2" in done.stderr, done.stderr)
    few = bench.folder("few")
    done = bench.call("merge", plan, parts, "-o", few, "--quiet", "--on-error", "continue")
    record = json.load(open(os.path.join(few, "run.json"))) if os.path.exists(os.path.join(few, "run.json")) else {}
    bench.check("plan: merged without some", done.returncode == 1 and record.get("failures"), done.stderr)
    other = os.path.join(bench.root, "other.json")
    text = open(bench.toml).read().replace("unit_ha = 0.3", "unit_ha = 0.4")
    toml = bench.copy_project("other")
    open(toml, "w").write(text)
    bench.call("plan", toml, "-o", other, "--side", "600", "--quiet")
    done = bench.call("merge", other, two, "-o", bench.folder("mixed"), "--quiet")
    bench.check("plan: parts of another plan", done.returncode == 1 and "no whole part" in done.stderr, done.stderr)
    usage = bench.call("task", plan, "--id", "100000", "-o", parts, "--quiet")
    bench.check("plan: no such task", usage.returncode == 2, usage.stderr)


def tampered(bench, options):
    """Bits flipped and ends cut off: refused or done again, never other figures."""
    out = bench.folder("tampered")
    bench.run("--out", out)
    journal = os.path.join(out, ".cocal", "journal")
    whole = open(journal, "rb").read()
    for _ in range(25):
        data = bytearray(whole)
        if bench.random.random() < 0.4:
            data = data[: bench.random.randrange(len(data))]
        for _ in range(bench.random.choice([0, 1, 1, 50])):
            if data:
                data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        if bench.random.random() < 0.2 and len(data) > 60:
            data[16:20] = struct.pack("<I", 0xFFFFFFFF)
        open(journal, "wb").write(data)
        done = bench.run("--out", out, "--resume")
        bench.check("tampered: journal", done.returncode == 0 and not bench.same(out), f"{done.stderr} {bench.same(out)}")
    plan, parts = os.path.join(bench.root, "split.json"), bench.folder("tampered-parts")
    bench.call("plan", bench.toml, "-o", plan, "--side", "600", "--quiet")
    bench.call("task", plan, "--id", "0-5", "-o", parts, "--quiet")
    last = json.loads(bench.call("plan", bench.toml, "-o", plan, "--side", "600", "--quiet", "--json").stdout)["tasks"] - 1
    bench.call("task", plan, "--id", f"0-{last}", "-o", parts, "--quiet")
    path = os.path.join(parts, sorted(os.listdir(parts))[1])
    whole = open(path, "rb").read()
    for _ in range(15):
        data = bytearray(whole)
        data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        open(path, "wb").write(data[: bench.random.choice([len(data), len(data) // 2, 0])])
        done = bench.call("merge", plan, parts, "-o", bench.folder("tampered-out"), "--quiet")
        bench.check("tampered: part", done.returncode == 1 and "panicked" not in done.stderr, done.stderr)
        again = bench.call("task", plan, "--id", "1", "-o", parts, "--quiet")
        bench.check("tampered: part", again.returncode == 0 and open(path, "rb").read() == whole, again.stderr)
    text = open(plan, "rb").read()
    for _ in range(60):
        data = bytearray(text)
        for _ in range(bench.random.choice([1, 1, 5])):
            data[bench.random.randrange(len(data))] = bench.random.choice(b'0123456789{}[]",:-e.ax')
        bad = os.path.join(bench.root, "bad.json")
        open(bad, "wb").write(data)
        done = bench.call("task", bad, "--id", "0", "-o", bench.folder("bad-parts"), "--quiet", timeout=60)
        bench.check("tampered: plan", done.returncode in (0, 1, 2) and "panicked" not in done.stderr, done.stderr)


CASES = {"splits": splits, "tampered": tampered}
